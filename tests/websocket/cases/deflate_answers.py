"""13: permessage-deflate: every parameter of the server's answer, wrong answers, and wrong data."""
import functools
import zlib

from case import Section
from cases import samples
from deflate import Answer, deflate
from frames import BINARY, CONT, PING, TEXT, binary, fragments, frame, ping, text

SECTION = Section(13, "permessage-deflate: answers and faults")
HELLO = bytes.fromhex("f248cdc9c90700")         # RFC 7692 section 7.2.3.1
HELLO_AGAIN = bytes.fromhex("f200110000")       # 7.2.3.2, with the window of the one before
HELLO_STORED = bytes.fromhex("000500faff48656c6c6f00")  # 7.2.3.3
HELLO_FINAL = bytes.fromhex("f348cdc9c9070000")  # 7.2.3.4
HELLO_TWO_BLOCKS = bytes.fromhex("f24805000000ffffcac9c90700")  # 7.2.3.5
MIB = 1 << 20
INFLATES_WRONG = ("WS_PROTOCOL", "WS_INVALID_UTF8")


def converse(peer):
    """Messages that need the window of the one before, and one that is longer than every window."""
    for kind, data in (("text", samples.document(300)), ("text", samples.document(5000)),
                       ("text", samples.document(5000)), ("binary", samples.noise(2000)), ("text", b""),
                       ("text", samples.document(40000, 5)), ("text", samples.document(5000))):
        peer.echo(kind, data)
    peer.close()


def good(wire, *messages):
    def play(peer):
        peer.send(wire)
        peer.expect([("text", message) for message in messages])
        peer.close()
    return play


def bad(wire, *codes, names=None, before=()):
    def play(peer):
        peer.send(wire)
        peer.fails(*codes, names=names, before=before)
    return play


def every_cut(peer):
    """A compressed message in two fragments, cut at each byte, and with a ping between."""
    data = samples.document(200)
    packed = deflate(data)
    for at in range(len(packed) + 1):
        first, last = fragments(TEXT, [packed[:at], packed[at:]], rsv=4)
        peer.send(first, ping(b"%d" % at), last)
        peer.expect([("text", data)], [b"%d" % at])
    peer.close()


def mixed(peer):
    """A sender may leave any message uncompressed (RFC 7692 section 6)."""
    for at in range(6):
        data = samples.document(3000, at)
        peer.send(*peer.message(TEXT, data, compressed=bool(at % 2)))
        peer.expect([("text", data)])
    peer.close()


def bomb(size, codes=(1009,)):
    """Zeros, a thousand times smaller on the wire. The client's limit is 1 MiB."""
    def play(peer):
        stream = zlib.compressobj(level=9, wbits=-15)
        packed = b"".join(stream.compress(bytes(MIB)) for _ in range(size // MIB))
        packed += stream.flush(zlib.Z_SYNC_FLUSH)
        peer.send(binary(packed[:-4], rsv=4))
        peer.fails(*codes)
    return play


def bomb_in_fragments(peer):
    packed = deflate(bytes(4 * MIB))
    peer.send(*fragments(BINARY, [packed[at:at + 100] for at in range(0, len(packed), 100)], rsv=4))
    peer.fails(1009)


def just_small_enough(peer):
    data = samples.document(MIB)
    peer.send(*peer.message(TEXT, data))
    peer.expect([("text", data)])
    peer.close()


def a_byte_too_many(peer):
    peer.send(*peer.message(TEXT, samples.document(MIB + 1)))
    peer.fails(1009)


def wrong_text_fails_fast(peer):
    """Invalid UTF-8 in the first of two fragments that each inflate by themselves."""
    stream = zlib.compressobj(wbits=-15)
    first = stream.compress(b"Hello \xff") + stream.flush(zlib.Z_SYNC_FLUSH)
    peer.send(frame(TEXT, first, fin=False, rsv=4))
    peer.fails_fast(1007, rest=frame(CONT, deflate(b"world")))


def declined(peer):
    """The server takes no extension: messages go as they are, and RSV1 is reserved again."""
    peer.accept()
    peer.echo("text", samples.document(5000))
    peer.send(text(HELLO, rsv=4))
    peer.fails(1002)


def refused(value):
    def play(peer):
        peer.accept(f"Sec-WebSocket-Extensions: {value}")
        peer.refused()
    return play


add = functools.partial(SECTION.add, options={"deflate": True})
TAKEOVER = [(server, client) for server in (False, True) for client in (False, True)]
for group, bits in ((1, [(None, None)]), (2, [(bits, None) for bits in range(8, 16)]),
                    (3, [(None, bits) for bits in range(8, 16)]), (4, [(bits, bits) for bits in range(8, 16)]),
                    (5, [(8, 15), (15, 8), (9, 12), (12, 9), (10, 15), (15, 10)])):
    for server_bits, client_bits in bits:
        for server, client in TAKEOVER:
            answer = Answer(server, client, server_bits, client_bits)
            # zlib can not compress with a window of 256 bytes; who can not, refuses (7.1.2.2).
            add(group, answer.header(), "RFC 7692 7.1", converse, answer=answer, may_refuse=client_bits == 8)

RESET = {"answer": Answer(True, True)}
add(6, "the sample of the RFC", "RFC 7692 7.2.3.1", good(text(HELLO, rsv=4), b"Hello"), **RESET)
add(6, "the sample with the window of the one before", "RFC 7692 7.2.3.2",
    good(text(HELLO, rsv=4) + text(HELLO_AGAIN, rsv=4), b"Hello", b"Hello"), answer=Answer())
add(6, "the sample in a block without compression", "RFC 7692 7.2.3.3", good(text(HELLO_STORED, rsv=4), b"Hello"))
add(6, "the sample in a final block", "RFC 7692 7.2.3.4", good(text(HELLO_FINAL, rsv=4), b"Hello"), **RESET)
add(6, "final blocks in one message after the other", "RFC 7692 7.2.3.4",
    good(text(HELLO_FINAL, rsv=4) * 3, b"Hello", b"Hello", b"Hello"), **RESET)
add(6, "the sample in two blocks", "RFC 7692 7.2.3.5", good(text(HELLO_TWO_BLOCKS, rsv=4), b"Hello"), **RESET)
add(6, "an empty message of one byte", "RFC 7692 7.2.3.6", good(text(b"\x00", rsv=4), b""))
add(6, "the sample in fragments of three bytes", "RFC 7692 6.1",
    good(b"".join(fragments(TEXT, [HELLO[:3], HELLO[3:6], HELLO[6:]], rsv=4)), b"Hello"), **RESET)
add(6, "the sample between empty fragments", "RFC 7692 6.1",
    good(b"".join(fragments(TEXT, [b"", HELLO, b"", b""], rsv=4)), b"Hello"), **RESET)
add(6, "fixed codes alone", "RFC 1951", good(text(deflate(samples.document(999), strategy=zlib.Z_FIXED), rsv=4),
                                             samples.document(999)), **RESET)
add(6, "Huffman codes alone", "RFC 1951",
    good(text(deflate(samples.document(999), strategy=zlib.Z_HUFFMAN_ONLY), rsv=4), samples.document(999)), **RESET)
add(6, "uncompressed messages between compressed ones", "RFC 7692 6", mixed)
add(6, "a compressed message cut at each byte, a ping between", "RFC 7692 6.1, RFC 6455 5.4", every_cut, **RESET)
add(7, "RSV1 on a continuation", "RFC 7692 6.1", bad(
    frame(TEXT, HELLO[:3], fin=False, rsv=4) + frame(CONT, HELLO[3:], rsv=4), 1002))
add(7, "RSV1 on a continuation of an uncompressed message", "RFC 7692 6.1", bad(
    frame(TEXT, b"Hel", fin=False) + frame(CONT, b"lo", rsv=4), 1002))
add(7, "RSV1 on a ping", "RFC 7692 6.1", bad(frame(PING, HELLO, rsv=4), 1002))
add(7, "RSV1 on a Close", "RFC 7692 6.1", bad(frame(8, b"\x03\xe8", rsv=4), 1002))
for rsv in (1, 2, 3, 5, 6, 7):
    add(7, f"RSV {rsv:03b} on a text", "RFC 6455 5.2", bad(text(HELLO, rsv=rsv), 1002))
for name, data in (("a reserved block type", b"\x07"), ("an invalid code", b"\xff" * 20),
                   ("a stored length without its complement", b"\x00\x05\x00\x05\x00Hello"),
                   ("a distance before the start", bytes.fromhex("fa0f000011")), ("noise", samples.noise(500, 9)),
                   ("a gzip stream", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + HELLO)):
    try:
        zlib.decompressobj(wbits=-15).decompress(data + b"\x00\x00\xff\xff")
    except zlib.error:
        add(8, f"data that does not inflate: {name}", "RFC 7692 7.2.2",
            bad(binary(data, rsv=4), 1007, 1002, names=INFLATES_WRONG), **RESET)
add(8, "data that does not inflate, after a good message", "RFC 7692 7.2.2",
    bad(text(HELLO, rsv=4) + binary(b"\x07", rsv=4), 1007, 1002, names=INFLATES_WRONG, before=[("text", b"Hello")]),
    **RESET)
add(8, "a text that inflates to invalid UTF-8", "RFC 6455 8.1", bad(text(deflate(b"Hello \xff"), rsv=4), 1007), **RESET)
add(8, "a text that inflates to half a character", "RFC 6455 8.1", bad(text(deflate(b"Hello \xce"), rsv=4), 1007),
    **RESET)
add(8, "invalid UTF-8 in the first fragment", "RFC 6455 8.1", wrong_text_fails_fast, **RESET)
LIMITED = {"options": {"deflate": True, "max_message_bytes": MIB}}
add(9, "2 MiB of zeros against a limit of 1 MiB", "own: limits", bomb(2 * MIB), **LIMITED)
add(9, "64 MiB of zeros against a limit of 1 MiB", "own: limits", bomb(64 * MIB), **LIMITED)
add(9, "zeros in small fragments against a limit of 1 MiB", "own: limits", bomb_in_fragments, **LIMITED)
add(9, "a message of 1 MiB, the limit", "own: limits", just_small_enough, **LIMITED)
add(9, "a message of a byte more than the limit", "own: limits", a_byte_too_many, **LIMITED)
add(10, "the offer is not taken", "RFC 7692 5.1", declined, accepts=False)
for value in ("permessage-deflate; unknown", "permessage-deflate; server_no_context_takeover=1",
              "permessage-deflate; client_no_context_takeover=true", "permessage-deflate; server_max_window_bits",
              "permessage-deflate; server_max_window_bits=7", "permessage-deflate; server_max_window_bits=16",
              "permessage-deflate; server_max_window_bits=015", "permessage-deflate; client_max_window_bits=7",
              "permessage-deflate; client_max_window_bits=16", "permessage-deflate; client_max_window_bits",
              "permessage-deflate; server_max_window_bits=abc", "permessage-deflate; server_max_window_bits=",
              "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
              "permessage-deflate; server_max_window_bits=10; server_max_window_bits=11",
              "permessage-deflate, permessage-deflate", "permessage-deflate, x-other", "x-webkit-deflate-frame"):
    add(11, f"an answer of {value}", "RFC 7692 5.1, 7.1", refused(value), accepts=False)
