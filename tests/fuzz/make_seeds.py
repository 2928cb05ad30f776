#!/usr/bin/env python3
"""Writes the seed corpora from tests/vectors and the lists below: make_seeds.py FOLDER makes FOLDER/<target>/*."""
import base64
import gzip
import hashlib
import json
import pathlib
import sys
import zlib

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"

URLS = """http://example.com/
https://example.com:8443/v1/chat/completions?stream=true&api_key=secret#part
http://127.0.0.1:80/a%20b//c/../d;x=1?y=[z]
http://[::1]:8080/
https://[2001:db8::ffff:1.2.3.4]/x
http://[fe80::1%25eth0]/
http://0x7f.1/
http://2130706433/
http://127.1/
http://user:password@example.com/
http://example.com:0/
http://example.com:65536/
http://example.com:080/
http://a..b/
http://.a/
http://a./
http://xn--bcher-kva.example/
http://b\u00fccher.example/
http://a b/
http://a\\b/
http://a/\r\nX: y
wss://example.com/socket?token=t
ws://LOCALHOST
ftp://example.com/
http:/example.com
http:///path
//example.com
http://example.com?query
HTTP://EXAMPLE.COM:80/%zz?a=b&&c=&=d&signature=abc"""

JSON_TEXTS = [
    "{}", "[]", "null", "true", " false ", "0", "-0", "-1.5e+10", "1E400", "123456789012345678901234567890",
    '"text \\u00e9 \\ud83d\\ude00 \\ud800 \\" \\\\ \\/ \\b\\f\\n\\r\\t"', '"\\u0000"',
    '{"a":1,"a":2,"":{"~":[1,2,{"/":null}]},"b":[true,false,null,"x",-1e-5]}',
    "[" * 100 + "]" * 100, "[" * 200 + "]" * 200, "01", "1.", ".5", "[1,]", '{"a"}', '{"a":1,}', '"\x01"', "nul",
    '\ufeff{"bom":1}', "[1] 2",
]
JSON_BYTES = [b'"\xff"', b'"\xc0\x80"', b'["\xed\xa0\x80"]', b'{"\x00":1}']

LINES = [b"a\nb\r\n\nlast", b"\xef\xbb\xbf{}\n{\"a\":1}\n", b"\r\n\r\r\n\n", b"x" * 30 + b"\ny", b"\r"]

# Retry-After-Ms, Retry-After and Date, a line each.
RETRY_AFTERS = [
    "250\n9\nSun, 25 Oct 2026 08:00:00 GMT", "1500.5", "\n120", "\n1.5", "\n172800", "\n0", "\n-1", "\n1e400", "\nNaN", "\nInf",
    "\n9223372036854775", "9223372036854775807", "9223372036854775808", "x\n9", "\nsoon",
    "\nSun, 25 Oct 2026 08:01:30 GMT", "\nSunday, 25-Oct-26 08:01:30 GMT\nSunday, 25-Oct-26 11:00:00 GMT",
    "\nSun Oct 25 08:01:30 2026\nSun Oct  5 08:01:30 2026", "\nThu, 01 Jan 1970 00:00:00 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    "Tuesday, 29-Feb-00 23:59:60 GMT", "Fri, 31 Dec 9999 23:59:60 GMT", "Sat, 01 Jan 0000 00:00:00 GMT",
]

RATE_FIELDS = [
    'RateLimit-Policy: "burst";q=100;w=1, "daily";q=1000;w=86400;qu="requests";pk=:dXNlcg==:\n'
    'RateLimit: "burst";r=0;t=1, "daily";r=3;t=4000',
    'ratelimit: "a";r=1;t=1;x;y=?0;z=%"f%c3%bc";d=@-5;n=-1.25;k=*t/k:~',
    'RateLimit: "a";r=1;t=1, b\nRateLimit-Policy: "a;q=1',
    "x-ratelimit-limit-requests: 60\nx-ratelimit-remaining-requests: 0\nx-ratelimit-reset-requests: 6m0s\n"
    "x-ratelimit-remaining-tokens_usage_based: -1\nx-ratelimit-reset-tokens_usage_based: 1h2m3.5s",
    "anthropic-ratelimit-input-tokens-remaining: 0\n"
    "anthropic-ratelimit-input-tokens-reset: 2025-11-24T18:30:00.25+02:30",
    "x-ratelimit-remaining: 0\nX-RateLimit-Reset: 1764000012345", "x-ratelimit-reset: 1764000012.5",
    "12ms", "2016-12-31T23:59:60Z", "99999999h", '"a"; r=1 ,\t"b\\\"";*=1',
]

CONFIG_JSON = [
    '{"timeout_ms":30000,"max_retries":3,"backoff_factor":1.5,"rate_limit":100,"retry_codes":[500,502,503]}',
    '{"verify_ssl":"no","trust_env":false,"rate_limit":"10/s:5","backoff_jitter":"full","user_agent":"\\u00e9"}',
    '{"base_url":"https://a.test/v1","api_key":"k","rate_limit_redis_url":"redis://u:p@a.test:6379/1"}',
    '{"timeout_ms":-1}', '{"backoff_factor":1e400}', '{"max_retries":"NaN"}', '{"tmeout":1}', '{"retry_codes":[399]}',
]
# Tried as the value of every row.
CONFIG_VALUES = [
    "0", "1", "3.5", "1e-5", "-1", "NaN", "Inf", "1e400", "0x10", "", " 7 ", "true", "off", "250ms", "2.5m", "none",
    "100", "10/s:5", "429,503", "full", "ratio", "tokens", "fail_fast", "share", "1.3", "redis://:p@a.test:1/2",
    "unix:///run/x", "https://a.test/v1", "http://u:p@a.test", "x-api-key", "a.test:80:127.0.0.1", "99999999999999999999",
]

# Frames of a server, as they come: RFC 6455 5.7, RFC 7692 7.2.3, and one of each fault.
WEBSOCKET_FRAMES = [
    b"\x81\x05Hello\x01\x03Hel\x80\x02lo", b"\x89\x05Hello\x8a\x05Hello\x88\x05\x03\xe8bye\xff",
    b"\x82\x7e\x01\x00" + b"b" * 256, b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + b"b" * 300,
    b"\x01\x02\xf0\x9f\x89\x00\x80\x02\x98\x80", b"\x81\x03a\xed\xa0", b"\x88\x00\x81\x01x", b"\x88\x01\x03",
    b"\x88\x02\x03\xed", b"\x91\x00", b"\x83\x00", b"\x81\x80\x00\x00\x00\x00", b"\x09\x00", b"\x89\x7e\x00\x7e", b"\x80\x00",
    b"\x01\x00\x81\x00", b"\x82\x7e\x00\x05", b"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", b"\x00",
    b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00", b"\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00",
    b"\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00\xc1\x05\xf2\x00\x11\x00\x00", b"\xc1\x00\xc2\x01\x00", b"\xc1\x01\x06",
]

# The fields of an answer to a WebSocket handshake.
HANDSHAKES = [
    "Upgrade: websocket\nConnection: keep-alive, Upgrade\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: other", "Connection: close\nUpgrade: h2c",
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits=10",
    'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits="9"; client_no_context_takeover',
    "Sec-WebSocket-Extensions: permessage-deflate\nSec-WebSocket-Extensions: foo; bar=1,, baz",
    'Sec-WebSocket-Extensions: a; b="\\c\\d" ; e , f', 'Sec-WebSocket-Extensions: a; b="', "Sec-WebSocket-Extensions: ,",
]

# How the bytes of a decoder are cut: see cuts.hpp.
CUTS = [b"\x00", b"\x01\x01", b"\x02\x03\x07", b"\x01\xff", b"\x03\x00\x02\x40"]


def bytes_of(case, name):
    if name + "_base64" in case:
        return base64.b64decode(case[name + "_base64"])
    return gzip.decompress(base64.b64decode(case[name + "_gz_base64"]))


def write(folder, inputs):
    folder.mkdir(parents=True, exist_ok=True)
    for data in inputs:
        if len(data) <= 1 << 16:
            (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def http1():
    for number, case in enumerate(json.loads((VECTORS / "http1_responses.json").read_text())["cases"]):
        flags = (1 if case["request_method"] == "HEAD" else 0) | (8 if case["after"] == "close" else 0)
        for more in (0, 2, 4):
            yield bytes([flags | more]) + CUTS[number % len(CUTS)] + bytes_of(case, "response")


def sse():
    for number, case in enumerate(json.loads((VECTORS / "sse_streams.json").read_text())["cases"]):
        for flags in (0, 1):
            yield bytes([flags]) + CUTS[number % len(CUTS)] + bytes_of(case, "input")


def lines():
    for number, text in enumerate(LINES):
        for flags in (0, 1):
            yield bytes([flags]) + CUTS[number % len(CUTS)] + text


def config():
    yield from (text.encode() for text in CONFIG_JSON)
    for row in range(256):
        yield bytes([row]) + CONFIG_VALUES[row % len(CONFIG_VALUES)].encode()
    for value in CONFIG_VALUES:
        yield from (bytes([row]) + value.encode() for row in range(0, 96, 7))


def redaction():
    texts = [b"", b"Authorization: Bearer abc, sk-12345678", b"%25%2", b"a=b&token=c;key=d#e", b"+/==__--", *(
        line.encode() for line in URLS.split("\n"))]
    for number, text in enumerate(texts):
        for secret in (b"password", b"a%41%25 +/&=sk-x", b"\xfb\xff\xfe\x00\r\n\"%?9" + bytes([number]), b"aaaaaaaaaaaa"):
            yield bytes([len(secret) - 8]) + secret + text


def websocket_frames():
    for number, frames in enumerate(WEBSOCKET_FRAMES):
        for flags in (0, 1, 2, 7, 18):
            yield bytes([flags]) + CUTS[number % len(CUTS)] + frames


def websocket_handshake():
    for number, text in enumerate(HANDSHAKES):
        for flags in (b"\x00\x3f\x0f", b"\x03\x3f\x0f", b"\x04\x12\x05", b"\x00\x3f\x0d", bytes([number, number, 7])):
            yield flags + text.encode()


def websocket_inflate():
    payloads = [b"", b"\x00", b"\x03\x00" * 3, b"\x00\x05\x00\xfa\xffHello\x00", b"Hello", b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"]
    for level in (0, 1, 6, 9):
        for text in (b"Hello", b"words that come again, " * 40, bytes(range(256)) * 4, bytes(2_000_000)):
            packer = zlib.compressobj(level, wbits=-15)
            payloads.append((packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4][:8000])
            packer = zlib.compressobj(level, wbits=-9)
            payloads.append((packer.compress(text) + packer.flush())[:8000])
    for number, payload in enumerate(payloads):
        for flags in (0, 1, 14, 15 + 16, 14 + 5 * 32):
            yield bytes([flags]) + CUTS[number % len(CUTS)] + payload


def main():
    out = pathlib.Path(sys.argv[1])
    write(out / "http1", http1())
    write(out / "sse", sse())
    write(out / "lines", lines())
    write(out / "redaction", redaction())
    write(out / "websocket_frames", websocket_frames())
    write(out / "websocket_handshake", websocket_handshake())
    write(out / "websocket_inflate", websocket_inflate())
    write(out / "url", [line.encode() for line in URLS.split("\n")] + [b"http://" + b"a" * 2049 + b"/"])
    write(out / "retry_after", [text.encode() for text in RETRY_AFTERS])
    write(out / "rate_headers", [text.encode() for text in RATE_FIELDS])
    write(out / "config", config())
    write(out / "json", [text.encode() for text in JSON_TEXTS] + JSON_BYTES)


if __name__ == "__main__":
    main()
