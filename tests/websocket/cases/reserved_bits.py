"""3: a reserved bit that no extension gave a meaning fails the connection."""
from case import Section
from deflate import deflate
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, fragments, frame, ping, text

SECTION = Section(3, "reserved bits")
BEFORE = ("text", b"before")


def alone(opcode, rsv, payload=b"Hello"):
    def play(peer):
        peer.send(frame(opcode, payload, rsv=rsv))
        peer.fails(1002)
    return play


def after_text(rsv, chop):
    """A message, the wrong frame, and a ping that must not be answered, in pieces of `chop` bytes."""
    def play(peer):
        data = text(BEFORE[1]) + text(b"Hello", rsv=rsv) + ping(b"later")
        if chop:
            peer.chop(data, chop)
        else:
            peer.send(data)
        peer.fails(1002, maybe=[BEFORE])
    return play


def after_answered_text(rsv):
    def play(peer):
        peer.echo(*BEFORE)
        peer.send(text(b"Hello", rsv=rsv), text(b"later"))
        peer.fails(1002)
    return play


def on_continuation(rsv):
    def play(peer):
        first, _ = fragments(TEXT, [b"one", b"two"])
        peer.send(first, frame(CONT, b"two", rsv=rsv))
        peer.fails(1002)
    return play


def seen_in_the_header(rsv):
    """The header alone tells: the payload is sent after the client has failed."""
    def play(peer):
        data = frame(BINARY, b"x" * 1000, rsv=rsv)
        peer.send(data[:4])
        peer.fails_fast(1002, rest=data[4:])
    return play


def compressed_without_agreement(peer):
    peer.send(text(deflate(b"Hello" * 100), rsv=4))
    peer.fails(1002)


for rsv in range(1, 8):
    SECTION.add(1, f"RSV {rsv:03b} on a text frame", "5.2", alone(TEXT, rsv))
    SECTION.add(1, f"RSV {rsv:03b} on a binary frame", "5.2", alone(BINARY, rsv))
    SECTION.add(2, f"RSV {rsv:03b} after a text, a ping behind it", "5.2", after_text(rsv, 0))
    SECTION.add(3, f"RSV {rsv:03b} after a text that was answered", "5.2", after_answered_text(rsv))
    SECTION.add(4, f"RSV {rsv:03b} after a text, in octets", "5.2", after_text(rsv, 1))
    SECTION.add(4, f"RSV {rsv:03b} after a text, in pieces of three bytes", "5.2", after_text(rsv, 3))
    SECTION.add(5, f"RSV {rsv:03b} on a ping", "5.2", alone(PING, rsv))
    SECTION.add(5, f"RSV {rsv:03b} on a pong", "5.2", alone(PONG, rsv))
    SECTION.add(6, f"RSV {rsv:03b} on a Close", "5.2", alone(CLOSE, rsv, b"\x03\xe8"))
    SECTION.add(7, f"RSV {rsv:03b} on a continuation", "5.2", on_continuation(rsv))
    SECTION.add(8, f"RSV {rsv:03b} seen in the header", "5.2", seen_in_the_header(rsv))
SECTION.add(9, "a compressed message without permessage-deflate", "5.2, RFC 7692 6", compressed_without_agreement)
