"""7: the closing handshake."""
import struct

from case import Section
from frames import CLOSE, TEXT, close, fragments, frame, ping, text

SECTION = Section(7, "close handling")
# Each code that may be sent (7.4.1 and the registry), and codes that no endpoint may send (7.4.1, 7.4.2).
VALID = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
REGISTERED = (1012, 1013, 1014)
INVALID = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
OWN_LIMITS_S = 12  # 2 s for the server's FIN, with time for a loaded machine


def normal(code, reason=b""):
    def play(peer):
        peer.echo("text", b"Hello")
        peer.close(code, reason)
    return play


def wrong(payload, *codes):
    def play(peer):
        peer.send(frame(CLOSE, payload))
        peer.fails(*codes, names=("WS_PROTOCOL", "WS_INVALID_UTF8"))
    return play


def followed_by(*data):
    """What comes after a Close is not looked at (5.5.1, 1.4)."""
    def play(peer):
        peer.send(close(1000), *data)
        peer.await_close((1000,))
        peer.end()
    return play


def close_then(data):
    """The same, but after the client has answered; it may be gone already."""
    def play(peer):
        peer.send(close(1000))
        peer.await_close((1000,))
        peer.send(data)
        peer.end()
    return play


def within_a_message(*parts):
    def play(peer):
        peer.send(fragments(TEXT, [b"one", b"two"])[0], *parts)
        peer.await_close((1000,))
        peer.end()
    return play


def after_large_message(peer):
    peer.echo("text", b"x" * 262144)
    peer.close()


def behind_a_message(peer):
    """The message came before the Close: the echo may be lost, but the Close is answered."""
    peer.send(text(b"Hello"), close(1000))
    event = peer.next_event()
    if event == ("text", b"Hello"):
        event = peer.next_event()
    else:
        peer.notes.append("a message right before the Close was not answered")
    peer.transport.finish()
    if not event or event[:2] != ("close", 1000):
        peer.notes.append(f"{event} in place of a Close")
    peer.await_end()


def no_end_of_tcp(peer):
    """The server does not close TCP after the handshake: the client must not wait for ever (7.1.1)."""
    peer.send(close(1000))
    peer.await_close((1000,))
    peer.await_end(OWN_LIMITS_S)


def in_octets(peer):
    peer.chop(close(1000, b"good bye"), 1)
    peer.await_close((1000,))
    peer.end()


SECTION.add(1, "a message, then a Close", "7.1.2", normal(1000))
SECTION.add(1, "a Close, twice", "5.5.1", followed_by(close(1000)))
SECTION.add(1, "a Close, then a ping", "5.5.1", followed_by(ping(b"late")))
SECTION.add(1, "a Close, then a text", "5.5.1", followed_by(text(b"late")))
SECTION.add(1, "a Close, then garbage", "5.5.1", followed_by(b"\xff" * 100))
SECTION.add(1, "a Close in the middle of a message, then its rest", "5.5.1",
            within_a_message(close(1000), fragments(TEXT, [b"one", b"two"])[1]))
SECTION.add(1, "a ping after the client has answered the Close", "5.5.1", close_then(ping(b"late")))
SECTION.add(1, "a text after the client has answered the Close", "5.5.1", close_then(text(b"late")))
SECTION.add(1, "a Close after a message of 256 KiB", "7.1.2", after_large_message)
SECTION.add(2, "a Close right behind a message", "5.5.1", behind_a_message)
SECTION.add(2, "a Close in octets", "5.5.1", in_octets)
SECTION.add(3, "a Close without payload", "5.5.1", normal(None))
SECTION.add(3, "a Close with one byte", "5.5.1", wrong(b"a", 1002))
SECTION.add(3, "a Close with a code alone", "5.5.1", normal(1000))
SECTION.add(3, "a Close with a reason", "5.5.1", normal(1000, b"Hello World!"))
SECTION.add(3, "a Close with a reason of 123 bytes", "5.5", normal(1000, b"*" * 123))
SECTION.add(3, "a Close with a reason of 124 bytes", "5.5", wrong(struct.pack("!H", 1000) + b"*" * 124, 1002))
SECTION.add(3, "a Close with a reason of 123 bytes that ends in a character of four", "5.5.1",
            normal(1000, b"*" * 119 + "\U0001f336".encode()))
for name, reason in (("a surrogate", b"\xed\xa0\x80"), ("a byte that never occurs", b"good\xff"),
                     ("a cut character", b"Hello \xce"), ("an overlong slash", b"\xc0\xaf")):
    SECTION.add(5, f"a reason with {name}", "5.5.1, 8.1", wrong(struct.pack("!H", 1000) + reason, 1007, 1002))
for code in VALID:
    SECTION.add(7, f"a Close with {code}", "7.4.1", normal(code))
    SECTION.add(7, f"a Close with {code} and a reason", "7.4.1", normal(code, "gr\u00fc\u00dfe".encode()))
for code in INVALID:
    SECTION.add(9, f"a Close with {code}", "7.4.1, 7.4.2", wrong(struct.pack("!H", code), 1002))
    SECTION.add(9, f"a Close with {code} and a reason", "7.4.1, 7.4.2",
                wrong(struct.pack("!H", code) + b"reason", 1002))
for code in REGISTERED:
    SECTION.add(13, f"a Close with {code} of the registry", "7.4.2, 11.7", normal(code))
SECTION.add(14, "no end of TCP after the closing handshake", "7.1.1", no_end_of_tcp,
            options={"close_timeout_ms": 1000})
