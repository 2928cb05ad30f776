"""Frames of RFC 6455, section 5: writing any frame, a wrong one too, and reading those of a client strictly.

Nothing here is shared with the library that is tested: a fault of its framing can not hide in the same fault here.
"""
import dataclasses
import struct

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
KNOWN = (CONT, TEXT, BINARY, CLOSE, PING, PONG)
NAMES = {CONT: "continuation", TEXT: "text", BINARY: "binary", CLOSE: "close", PING: "ping", PONG: "pong"}

# RFC 6455 section 7.4 and the registry: what an endpoint may put into a Close frame.
SENDABLE = {1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)}


class Broken(Exception):
    """The client has sent what no client may send."""


@dataclasses.dataclass
class Frame:
    fin: bool
    rsv: int  # RSV1 is 4, RSV2 is 2, RSV3 is 1
    opcode: int
    payload: bytes
    key: bytes


def mask(data, key):
    """XOR with the repeated key (RFC 6455 section 5.3), as one operation on two large integers."""
    length = len(data)
    stream = (key * (length // 4 + 1))[:length]
    return (int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")).to_bytes(length, "little")


def head(opcode, length, fin=True, rsv=0, masked=False, form=None):
    """The first bytes of a frame. `form` forces 7, 16 or 64 bits of length, minimal or not."""
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    flag = 0x80 if masked else 0
    if form is None:
        form = 7 if length < 126 else 16 if length < 65536 else 64
    if form == 7:
        return struct.pack("!BB", first, flag | length)
    if form == 16:
        return struct.pack("!BBH", first, flag | 126, length)
    return struct.pack("!BBQ", first, flag | 127, length)


def frame(opcode, payload=b"", fin=True, rsv=0, key=None, form=None):
    """A frame of a server; with a `key` it is masked, which no server may do."""
    start = head(opcode, len(payload), fin, rsv, key is not None, form)
    return start + (payload if key is None else key + mask(payload, key))


def text(payload, **keywords):
    return frame(TEXT, payload, **keywords)


def binary(payload, **keywords):
    return frame(BINARY, payload, **keywords)


def ping(payload=b"", **keywords):
    return frame(PING, payload, **keywords)


def pong(payload=b"", **keywords):
    return frame(PONG, payload, **keywords)


def close(code=None, reason=b"", **keywords):
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason, **keywords)


def pieces(payload, size):
    return [payload[at:at + size] for at in range(0, len(payload), size)] or [b""]


def fragments(opcode, parts, rsv=0):
    """One message as frames, each part one of them. RSV1 belongs on the first (RFC 7692 section 6.1)."""
    last = len(parts) - 1
    return [frame(opcode if at == 0 else CONT, part, fin=at == last, rsv=rsv if at == 0 else 0)
            for at, part in enumerate(parts)]


def fragmented(opcode, payload, size, rsv=0):
    return b"".join(fragments(opcode, pieces(payload, size), rsv))


def parse(buffer):
    """The first frame of `buffer` and its length, or None while it is not whole. Raises Broken."""
    if len(buffer) < 2:
        return None
    first, second = buffer[0], buffer[1]
    length, at = second & 0x7F, 2
    if length == 126:
        if len(buffer) < 4:
            return None
        length, at = struct.unpack_from("!H", buffer, 2)[0], 4
        if length < 126:
            raise Broken(f"a length of {length} in 16 bits (5.2: the minimal form)")
    elif length == 127:
        if len(buffer) < 10:
            return None
        length, at = struct.unpack_from("!Q", buffer, 2)[0], 10
        if length < 65536 or length >> 63:
            raise Broken(f"a length of {length} in 64 bits (5.2: the minimal form, no most significant bit)")
    opcode = first & 0x0F
    if opcode not in KNOWN:
        raise Broken(f"opcode {opcode} (5.2: reserved)")
    if not second & 0x80:
        raise Broken(f"a {NAMES[opcode]} frame without a mask (5.1)")
    if opcode >= CLOSE and (length > 125 or not first & 0x80):
        raise Broken(f"a {NAMES[opcode]} frame that is fragmented or longer than 125 bytes (5.5)")
    if len(buffer) < at + 4 + length:
        return None
    key = bytes(buffer[at:at + 4])
    with memoryview(buffer) as view:
        payload = mask(view[at + 4:at + 4 + length], key)
    return Frame(bool(first & 0x80), first >> 4 & 7, opcode, payload, key), at + 4 + length


def parse_close(payload):
    """(code, reason) of a client's Close frame; the code is None when there is none (5.5.1)."""
    if not payload:
        return None, ""
    if len(payload) == 1:
        raise Broken("a Close frame with one byte of payload (5.5.1)")
    code = struct.unpack_from("!H", payload)[0]
    if code not in SENDABLE:
        raise Broken(f"a Close frame with code {code} (7.4)")
    try:
        return code, payload[2:].decode("utf-8")
    except UnicodeDecodeError:
        raise Broken("a Close frame whose reason is not UTF-8 (5.5.1)") from None
