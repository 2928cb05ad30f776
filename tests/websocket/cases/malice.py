"""15: servers that break the framing, announce what they do not send, or cut a conversation at any byte."""
from case import Section
from frames import BINARY, CLOSE, CONT, PING, TEXT, binary, close, fragments, frame, head, ping, text
from peer import Failed

SECTION = Section(15, "malice")
KEY, ZERO_KEY = b"\x12\x34\x56\x78", bytes(4)
KIB = 1 << 10
LIMITED = {"options": {"max_message_bytes": 64 * KIB}}
# How a client may name the end of a connection that was not closed by the book.
ABNORMAL = ("WS_CLOSED", "WS_PROTOCOL", "CONNECTION_CLOSED", "CONNECTION_RESET", "READ_FAILED", "WRITE_FAILED")


def bad(wire, *codes, before=()):
    def play(peer):
        peer.send(wire)
        peer.fails(*(codes or (1002,)), before=before)
    return play


def announced(wire, *codes, rest=b"", tolerated=()):
    """The header alone is enough to fail; the payload never comes."""
    def play(peer):
        peer.send(wire)
        peer.fails_fast(*codes, rest=rest, tolerated=tolerated)
    return play


def not_minimal(wire, answer):
    """Section 5.2 binds who writes a length; SEMANTICS 3.5.3 makes the reader insist. To take it is not strict."""
    def play(peer):
        peer.send(wire)
        event = peer.next_event()
        if event == answer:
            peer.notes.append("took a length that is not in the minimal form")
            peer.exit = "any"
            if event[0] != "close":
                peer.close()
                peer.exit = "any"
        elif not event or event[0] not in ("close", "end") or event[0] == "close" and event[1] != 1002:
            raise Failed(f"{event}, expected a Close with 1002")
        else:
            peer.exit, peer.error_names = "error", ("WS_PROTOCOL",)
        if not peer.transport.ended:
            peer.end()
    return play


def total(*sizes):
    """Fragments that are each within the limit and together are not."""
    def play(peer):
        parts = fragments(BINARY, [b"x" * size for size in sizes])
        peer.send(*parts)
        peer.fails(1009)
    return play


def total_fails_fast(peer):
    """The header of the last fragment tells that the message will be too large."""
    peer.send(frame(BINARY, b"x" * 40 * KIB, fin=False), head(CONT, 40 * KIB))
    peer.fails_fast(1009, rest=b"x" * 40 * KIB)


def within_the_limit(*sizes):
    def play(peer):
        for _ in range(3):
            parts = [b"x" * size for size in sizes]
            peer.send(*fragments(BINARY, parts))
            peer.expect([("binary", b"".join(parts))])
        peer.close()
    return play


def many_pings(peer):
    """A flood of pings: answered as often as the client likes, with the last one (5.5.3)."""
    payloads = [b"%d" % at for at in range(20000)]
    peer.send(b"".join(map(ping, payloads)))
    peer.expect(pongs=payloads, latest=True)
    peer.echo("text", b"still there")
    peer.close()


def empty_fragments(peer):
    peer.send(frame(BINARY, b"", fin=False), frame(CONT, b"", fin=False) * 50000, frame(CONT, b"x"))
    peer.expect([("binary", b"x")])
    peer.close()


def empty_messages(peer):
    peer.send(text(b"") * 5000)
    peer.expect([("text", b"")] * 5000)
    peer.close()


# A conversation of each kind of frame. Where a cut lies tells which messages were whole.
CONVERSATION = [("text", text(b"Hello")), (None, ping(b"ping")),
                ("binary", b"".join(fragments(BINARY, [b"ab", b"cd"]))),
                (None, head(TEXT, 126)), ("text", b"x" * 126), (None, close(1000, b"done"))]
MESSAGES = {0: ("text", b"Hello"), 2: ("binary", b"abcd"), 4: ("text", b"x" * 126)}
WIRE = b"".join(part for _, part in CONVERSATION)


def whole_before(at):
    found, end = [], 0
    for number, (_, part) in enumerate(CONVERSATION):
        end += len(part)
        if end <= at and number in MESSAGES:
            found.append(MESSAGES[number])
    return found


def cut(at, reset=False):
    """The connection ends after `at` bytes. What was whole may still be answered; nothing else may be."""
    def play(peer):
        peer.exit, peer.error_names = "failure", ABNORMAL
        peer.chop(WIRE[:at], len(WIRE))
        if reset:
            peer.transport.reset()
            return
        peer.transport.finish()
        allowed = whole_before(at)
        while True:
            event = peer.next_event()
            if event is None:
                peer.notes.append("TCP was not closed after its end")
                return
            if event[0] == "end":
                return
            if event[0] in ("text", "binary"):
                if allowed[:1] != [event]:
                    peer.notes.append(f"answered {event[0]} that was not whole")
                    return
                del allowed[0]
            elif event[0] == "close" and event[1] == 1000:
                raise Failed("a normal Close although none came")
    return play


for name, wire in (("text", text(b"Hello", key=KEY)), ("binary", binary(b"Hello", key=KEY)),
                   ("empty text", text(b"", key=KEY)), ("text with a key of zeros", text(b"Hello", key=ZERO_KEY)),
                   ("ping", ping(b"ping", key=KEY)), ("Close", close(1000, key=KEY)),
                   ("continuation", frame(TEXT, b"a", fin=False) + frame(CONT, b"b", key=KEY))):
    SECTION.add(1, f"a masked {name}", "5.1", bad(wire))
SECTION.add(1, "a masked frame seen in its header", "5.1", announced(head(BINARY, 100, masked=True), 1002,
                                                                    rest=KEY + b"x" * 100))
for form, lengths in ((16, (0, 1, 125)), (64, (0, 1, 125, 126, 65535))):
    for length in lengths:
        SECTION.add(2, f"a length of {length} in {form} bits", "5.2",
                    not_minimal(binary(b"x" * length, form=form), ("binary", b"x" * length)))
SECTION.add(2, "a ping with its length in 16 bits", "5.2, 5.5", not_minimal(ping(b"ping", form=16), ("pong", b"ping")))
SECTION.add(2, "a ping with its length in 64 bits", "5.2, 5.5", not_minimal(ping(b"ping", form=64), ("pong", b"ping")))
SECTION.add(2, "a Close with its length in 16 bits", "5.2, 5.5",
            not_minimal(close(1000, form=16), ("close", 1000, "")))
for name, wire in (("the most significant bit of a length", head(BINARY, 1 << 63)),
                   ("a length of all ones", head(TEXT, (1 << 64) - 1)), ("a ping of 2^63 bytes", head(PING, 1 << 63)),
                   ("a Close of 2^40 bytes", head(CLOSE, 1 << 40))):
    SECTION.add(3, name, "5.2, 5.5", announced(wire, 1002, tolerated=(1009,)))
for power in (31, 32, 40, 62):
    SECTION.add(4, f"a message of 2^{power} bytes is announced", "7.4.1, own: limits",
                announced(head(BINARY, 1 << power), 1009))
SECTION.add(4, "a text of 2^63 - 1 bytes is announced", "7.4.1, own: limits",
            announced(head(TEXT, (1 << 63) - 1), 1009))
SECTION.add(4, "a second fragment of 2^63 - 1 bytes: the sum does not fit into 64 bits", "7.4.1, own: limits",
            announced(frame(BINARY, b"x" * 100, fin=False) + head(CONT, (1 << 63) - 1), 1009))
SECTION.add(5, "a message of the limit", "own: limits", within_the_limit(64 * KIB), **LIMITED)
SECTION.add(5, "fragments that are the limit together", "own: limits", within_the_limit(40 * KIB, 24 * KIB), **LIMITED)
SECTION.add(5, "a message of the limit and a byte", "7.4.1", announced(head(BINARY, 64 * KIB + 1), 1009,
                                                                             rest=b"x" * (64 * KIB + 1)), **LIMITED)
SECTION.add(5, "fragments of the limit and a byte", "7.4.1", total(40 * KIB, 24 * KIB + 1), **LIMITED)
SECTION.add(5, "many fragments beyond the limit", "7.4.1", total(*[KIB] * 65), **LIMITED)
SECTION.add(5, "a last fragment that is announced too large", "7.4.1", total_fails_fast, **LIMITED)
SECTION.add(6, "20000 pings at once", "5.5.3", many_pings)
SECTION.add(6, "50000 empty fragments", "5.4", empty_fragments)
SECTION.add(6, "5000 empty messages", "5.6", empty_messages)
for at in range(len(WIRE)):
    SECTION.add(7, f"a conversation that ends after {at} bytes", "7.1.5", cut(at))
for at in (0, 1, 5, 9, len(WIRE) - 1):
    SECTION.add(8, f"a conversation with a reset after {at} bytes", "7.1.5", cut(at, reset=True))
