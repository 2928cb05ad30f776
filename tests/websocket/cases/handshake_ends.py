"""14, continued: answers of HTTP, answers that are cut, come in pieces, never come or never end."""
from cases.handshake_answers import SECTION, add
from frames import text
from handshake import answer
from peer import HANDSHAKE
from transport import Limits

BROKEN_HEAD = (*HANDSHAKE, "HTTP_PROTOCOL", "CONNECTION_CLOSED", "CONNECTION_RESET", "READ_FAILED", "HEADERS_TOO_LARGE")
TOO_LATE = (*HANDSHAKE, "TIMEOUT", "FIRST_BYTE_TIMEOUT", "CONNECT_TIMEOUT", "READ_TIMEOUT")
TOO_MUCH = 2 << 20
ANSWER_BYTES = 129  # of the plainest answer
__all__ = ["SECTION"]


def raw(data):
    def play(peer):
        peer.send(data)
        peer.transport.finish()
        peer.refused(names=BROKEN_HEAD, exit_as="failure")
    return play


def status(line, *fields, body=b""):
    """An answer of HTTP. The server leaves the connection open: the client has everything and ends it."""
    def play(peer):
        head = "".join(field + "\r\n" for field in (line, f"Content-Length: {len(body)}", *fields))
        peer.send(head.encode() + b"\r\n" + body)
        peer.refused()
    return play


def endless(head, piece):
    """More than any client has to keep. It must end the connection, not take it all."""
    def play(peer):
        peer.send(head)
        sent = 0
        while sent < TOO_MUCH and not peer.transport.ended and peer.transport.send(piece):
            sent += len(piece)
            # What lies in the kernel's buffers was not taken by the client.
            if not peer.transport.wait_until_read(Limits.fast_s):
                break
        peer.refused(names=BROKEN_HEAD, exit_as="failure")
        if sent >= TOO_MUCH:
            peer.notes.append(f"took {sent} bytes of it")
    return play


def split_at(at):
    """The answer in two segments, the second after the client has read the first."""
    def play(peer):
        data = answer(peer.request)
        peer.chop(data[:at], len(data))
        peer.send(data[at:], text(b"Hello"))
        peer.expect([("text", b"Hello")])
        peer.close()
    return play


def cut_at(at, reset=False):
    """The answer ends early."""
    def play(peer):
        peer.send(answer(peer.request)[:at])
        peer.exit, peer.error_names = "failure", BROKEN_HEAD
        if reset:
            peer.transport.reset()
            return
        peer.transport.finish()
        peer.refused(names=BROKEN_HEAD, exit_as="failure")
    return play


def silent(peer):
    """No answer at all: the client's limit for the opening ends it."""
    peer.refused(names=TOO_LATE, exit_as="failure")


def silent_after_half(peer):
    peer.send(answer(peer.request)[:40])
    silent(peer)


def upgraded(line):
    def play(peer):
        peer.accept(status=line)
        peer.refused()
    return play


LOGIN = b'{"error":"who are you?"}'
for line, fields in (("200 OK", ()), ("204 No Content", ()), ("301 Moved Permanently", ("Location: /elsewhere",)),
                     ("307 Temporary Redirect", ("Location: ws://127.0.0.1:1/",)), ("400 Bad Request", ()),
                     ("401 Unauthorized", ('WWW-Authenticate: Bearer realm="x"',)), ("403 Forbidden", ()),
                     ("404 Not Found", ()), ("408 Request Timeout", ()), ("426 Upgrade Required", ("Upgrade: h2c",)),
                     ("429 Too Many Requests", ("Retry-After: 1",)), ("500 Internal Server Error", ()),
                     ("503 Service Unavailable", ("Retry-After: 1",))):
    add(5, f"status {line}", "4.1", status(f"HTTP/1.1 {line}", *fields, body=b"" if line[0] == "2" else LOGIN))
add(5, "200 with all the fields of a 101", "4.1", upgraded("HTTP/1.1 200 OK"))
add(5, "status 403 with a body in chunks", "4.1", raw(
    b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n0\r\n\r\n"))
add(5, "status 403 with a body until the end", "4.1", raw(b"HTTP/1.1 403 Forbidden\r\n\r\nHello"))
add(5, "status 403 with a body that ends early", "4.1", raw(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 99\r\n\r\nHi"))
for name, data in (("nothing", b""), ("a frame", text(b"Hello")), ("noise", bytes(range(128, 256)) * 4),
                   ("HTTP/2", b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)),
                   ("a TLS alert", b"\x15\x03\x01\x00\x02\x02\x46"),
                   ("a line of another protocol", b"220 smtp ready\r\n"),
                   ("a status that is no number", b"HTTP/1.1 abc Switching\r\n\r\n"),
                   ("HTTP/0.9", b"<html>Hello</html>\r\n\r\n")):
    add(6, f"{name} in place of an answer", "4.1", raw(data))
add(7, "a head without end", "own: limits", endless(
    b"HTTP/1.1 101 Switching Protocols\r\n", b"X-Field: value\r\n" * 1000))
add(7, "a field without end", "own: limits", endless(b"HTTP/1.1 101 Switching Protocols\r\nX-Field: ", b"v" * 16000))
add(7, "a status line without end", "own: limits", endless(b"HTTP/1.1 101 ", b"v" * 16000))
add(7, "a 403 with a body without end", "own: limits", endless(
    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 99999999999\r\n\r\n", b"v" * 16000))
IMPATIENT = {"options": {"open_timeout_ms": 500}}
add(8, "no answer", "own: deadlines", silent, **IMPATIENT)
add(8, "half an answer", "own: deadlines", silent_after_half, **IMPATIENT)
for at in range(1, ANSWER_BYTES):
    add(9, f"an answer in two segments, cut after {at} bytes", "4.1", split_at(at))
for at in range(ANSWER_BYTES):
    add(10, f"an answer that ends after {at} bytes", "4.1", cut_at(at))
for at in (0, 1, 60, ANSWER_BYTES - 1):
    add(11, f"an answer with a reset after {at} bytes", "4.1", cut_at(at, reset=True))
