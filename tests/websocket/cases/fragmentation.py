"""5: messages in fragments, control frames between them, and fragments that belong to nothing."""
from case import Section
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, fragments, frame, ping, pong, text

SECTION = Section(5, "fragmentation")
PARTS = [b"fragment1", b"fragment2"]
WHOLE = ("text", b"fragment1fragment2")
DOUBLE = [("text", b"fragment1fragment2"), ("text", b"fragment3fragment4")]
FIVE = [b"fragment%d" % at for at in range(1, 6)]


def send(peer, how, frames):
    if how == "octets":
        peer.chop(b"".join(frames), 1)
    elif how == "frames":
        for part in frames:
            peer.chop(part, len(part))
    else:
        peer.send(*frames)


def good(how, frames, messages, pongs=(), latest=True):
    def play(peer):
        send(peer, how, frames)
        peer.expect(messages, pongs, latest)
        peer.close()
    return play


def bad(how, frames, before=(), maybe=(), pongs=()):
    def play(peer):
        send(peer, how, frames)
        peer.fails(1002, before=before, maybe=maybe, pongs=pongs)
    return play


def pause_between(peer):
    """The message is not delivered before its last fragment: a ping in between is answered first."""
    first, second, last = fragments(TEXT, [b"a", b"b", b"c"])
    peer.send(first, second, ping(b"between"))
    peer.expect(pongs=[b"between"])
    peer.send(last)
    peer.expect([("text", b"abc")])
    peer.close()


def close_inside_a_message(peer):
    peer.send(fragments(TEXT, PARTS)[0], close(1000))
    peer.await_close((1000,))
    peer.end()


def continuation_seen_in_the_header(peer):
    data = frame(CONT, b"x" * 1000)
    peer.send(data[:4])
    peer.fails_fast(1002, rest=data[4:])


WAYS = ("whole", "frames", "octets")
ONE, TWO = fragments(TEXT, PARTS)
for opcode, name in ((PING, "ping"), (PONG, "pong"), (CLOSE, "Close")):
    body = b"\x03\xe8" if opcode == CLOSE else b"x"
    SECTION.add(1, f"a fragmented {name}", "5.4, 5.5",
                bad("whole", [frame(opcode, body, fin=False), frame(CONT, b"y")]))
    SECTION.add(1, f"a {name} without FIN, alone", "5.4, 5.5", bad("whole", [frame(opcode, body, fin=False)]))
    SECTION.add(1, f"a {name} without FIN inside a message", "5.4, 5.5",
                bad("whole", [ONE, frame(opcode, body, fin=False), TWO]))
for how in WAYS:
    SECTION.add(2, f"a text in two fragments, {how}", "5.4", good(how, [ONE, TWO], [WHOLE]))
    SECTION.add(3, f"a ping between two fragments, {how}", "5.4, 5.5.2",
                good(how, [ONE, ping(b"ping"), TWO], [WHOLE], [b"ping"]))
    SECTION.add(4, f"a pong between two fragments, {how}", "5.4, 5.5.3", good(how, [ONE, pong(b"pong"), TWO], [WHOLE]))
    SECTION.add(5, f"five fragments with two pings between, {how}", "5.4, 5.5.2",
                good(how, [fragments(TEXT, FIVE)[0], ping(b"p1"), *fragments(TEXT, FIVE)[1:3], ping(b"p2"),
                           *fragments(TEXT, FIVE)[3:]], [("text", b"".join(FIVE))], [b"p1", b"p2"]))
    SECTION.add(6, f"a final continuation without a start, {how}", "5.4",
                bad(how, [frame(CONT, b"lost"), text(b"Hello")]))
    SECTION.add(7, f"an open continuation without a start, {how}", "5.4",
                bad(how, [frame(CONT, b"lost", fin=False), text(b"Hello")]))
    SECTION.add(8, f"a continuation after a whole message, {how}", "5.4",
                bad(how, [ONE, TWO, frame(CONT, b"lost"), text(b"later")], maybe=[WHOLE]))
    SECTION.add(9, f"a new text within a message, {how}", "5.4",
                bad(how, [ONE, text(b"new"), TWO]))
    SECTION.add(10, f"a new binary within a message, {how}", "5.4",
                bad(how, [ONE, frame(BINARY, b"new"), TWO]))
    SECTION.add(11, f"a new open text within a message, {how}", "5.4",
                bad(how, [ONE, frame(TEXT, b"new", fin=False), TWO]))
    SECTION.add(12, f"two messages in fragments, {how}", "5.4",
                good(how, [*fragments(TEXT, PARTS), *fragments(TEXT, [b"fragment3", b"fragment4"])], DOUBLE))
SECTION.add(13, "empty fragments", "5.4", good("whole", fragments(TEXT, [b"", b"", b""]), [("text", b"")]))
SECTION.add(13, "empty fragments around a payload", "5.4",
            good("whole", fragments(BINARY, [b"", b"", b"x", b"", b""]), [("binary", b"x")]))
SECTION.add(13, "an empty first and a final payload", "5.4",
            good("octets", fragments(TEXT, [b"", b"last"]), [("text", b"last")]))
SECTION.add(14, "nothing is delivered before the last fragment", "5.4", pause_between)
SECTION.add(14, "a thousand fragments of a byte", "5.4",
            good("whole", fragments(BINARY, [b"x"] * 1000), [("binary", b"x" * 1000)]))
SECTION.add(14, "a ping after each of a hundred fragments", "5.4, 5.5.3",
            good("whole", [part + ping(b"%d" % at) for at, part in enumerate(fragments(BINARY, [b"x"] * 100))],
                 [("binary", b"x" * 100)], [b"%d" % at for at in range(100)]))
SECTION.add(15, "a Close inside a message", "5.5.1", close_inside_a_message)
SECTION.add(16, "a stray continuation seen in its header", "5.4", continuation_seen_in_the_header)
