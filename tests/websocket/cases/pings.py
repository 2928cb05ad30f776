"""2: pings are answered with their payload; pongs nobody asked for are not answered."""
from case import Section
from frames import BINARY, PING, TEXT, fragments, frame, ping, pong, text

SECTION = Section(2, "pings and pongs")
ALL_BYTES = bytes(range(0xFE, 0x7F, -1))[:125]


def one(payload, chop=0):
    def play(peer):
        if chop:
            peer.chop(ping(payload), chop)
        else:
            peer.send(ping(payload))
        peer.expect(pongs=[payload])
        peer.close()
    return play


def too_long(peer):
    peer.send(frame(PING, b"x" * 126))
    peer.fails(1002)


def unsolicited(payload):
    def play(peer):
        peer.send(pong(payload))
        peer.echo("text", b"after the pong")
        peer.close()
    return play


def unsolicited_then_ping(peer):
    peer.send(pong(b"unasked"), ping(b"asked"))
    peer.expect(pongs=[b"asked"])
    peer.close()


def many(count, chop=0):
    def play(peer):
        payloads = [b"payload-%d" % at for at in range(count)]
        data = b"".join(map(ping, payloads))
        if chop:
            peer.chop(data, chop)
        else:
            peer.send(data)
        peer.expect(pongs=payloads, latest=True)
        peer.echo("text", b"still there")
        peer.close()
    return play


def one_after_the_other(peer):
    for at in range(10):
        peer.send(ping(b"payload-%d" % at))
        peer.expect(pongs=[b"payload-%d" % at])
    peer.close()


def between_messages(peer):
    parts = [text(b"one"), ping(b"1"), frame(BINARY, b"two"), ping(b"2"), text(b"")]
    peer.send(*parts)
    peer.expect([("text", b"one"), ("binary", b"two"), ("text", b"")], [b"1", b"2"], latest=True)
    peer.close()


def pong_inside_a_message(peer):
    first, last = fragments(TEXT, [b"one", b"two"])
    peer.send(first, pong(b"unasked"), last)
    peer.expect([("text", b"onetwo")])
    peer.close()


SECTION.add(1, "a ping without payload", "5.5.2", one(b""))
SECTION.add(2, "a ping with a text", "5.5.2, 5.5.3", one(b"Hello, world!"))
SECTION.add(3, "a ping with bytes that are no UTF-8", "5.5.2", one(bytes([0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00])))
SECTION.add(4, "a ping with 125 bytes", "5.5", one(ALL_BYTES))
SECTION.add(5, "a ping with 126 bytes", "5.5", too_long)
SECTION.add(6, "a ping with 125 bytes in octets", "5.5.2", one(ALL_BYTES, 1))
SECTION.add(7, "a pong nobody asked for", "5.5.3", unsolicited(b""))
SECTION.add(8, "a pong nobody asked for, with payload", "5.5.3", unsolicited(b"unsolicited"))
SECTION.add(9, "a pong nobody asked for, then a ping", "5.5.3", unsolicited_then_ping)
SECTION.add(10, "ten pings at once", "5.5.3", many(10))
SECTION.add(11, "ten pings in octets", "5.5.3", many(10, 1))
SECTION.add(12, "ten pings, each answered before the next", "5.5.2", one_after_the_other)
SECTION.add(13, "pings between messages in one packet", "5.5.2", between_messages)
SECTION.add(14, "a pong inside a fragmented message", "5.4, 5.5.3", pong_inside_a_message)
