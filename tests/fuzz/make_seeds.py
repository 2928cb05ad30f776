#!/usr/bin/env python3
"""Writes the seed corpora from tests/vectors and the lists below: make_seeds.py FOLDER makes FOLDER/<target>/*."""
import base64
import gzip
import hashlib
import json
import pathlib
import sys

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


def redaction():
    texts = [b"", b"Authorization: Bearer abc, sk-12345678", b"%25%2", b"a=b&token=c;key=d#e", b"+/==__--", *(
        line.encode() for line in URLS.split("\n"))]
    for number, text in enumerate(texts):
        for secret in (b"password", b"a%41%25 +/&=sk-x", b"\xfb\xff\xfe\x00\r\n\"%?9" + bytes([number]), b"aaaaaaaaaaaa"):
            yield bytes([len(secret) - 8]) + secret + text


def main():
    out = pathlib.Path(sys.argv[1])
    write(out / "http1", http1())
    write(out / "sse", sse())
    write(out / "lines", lines())
    write(out / "redaction", redaction())
    write(out / "url", [line.encode() for line in URLS.split("\n")] + [b"http://" + b"a" * 2049 + b"/"])
    write(out / "json", [text.encode() for text in JSON_TEXTS] + JSON_BYTES)


if __name__ == "__main__":
    main()
