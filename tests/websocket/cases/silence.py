"""15, continued: servers that go silent. What ends the wait is a limit of the client."""
from cases.malice import SECTION
from frames import BINARY, TEXT, fragments, frame, head, text
from peer import Failed

__all__ = ["SECTION"]
CLOSE_LIMIT = {"options": {"close_timeout_ms": 500}}
LIVELY = {"options": {"ping_interval_ms": 300, "pong_timeout_ms": 300}}
TIMED_OUT = ("WS_PING_TIMEOUT",)


def no_answer_to_close(peer):
    """The client fails the connection; the server reads its Close, does not answer it and keeps TCP open."""
    peer.send(text(b"Hello", rsv=1))
    peer.exit, peer.error_names = "error", ("WS_PROTOCOL",)
    event = peer.next_event()
    if event and event[0] == "close":
        peer.await_end()
    elif not event or event[0] != "end":
        raise Failed(f"{event} where it had to fail")


def data_after_the_clients_close(peer):
    """The same, but the server goes on sending: the client must not look at it, and end."""
    peer.send(text(b"Hello", rsv=1))
    peer.exit, peer.error_names = "error", ("WS_PROTOCOL",)
    event = peer.next_event()
    if event and event[0] == "close":
        for _ in range(100):
            peer.send(text(b"later"))
        peer.await_end()


def stops_reading(peer):
    """The server neither reads nor answers the Close."""
    peer.transport.reading = False
    peer.send(text(b"Hello", rsv=1))
    peer.exit, peer.error_names = "error", ("WS_PROTOCOL",)
    peer.transport.reading = True
    event = peer.next_event()
    if event and event[0] == "close":
        peer.await_end()


def silent_after(*wire):
    """Nothing more comes after `wire`. Pings tell the client so; TCP ends without a Close (SEMANTICS 3.5.5)."""
    def play(peer):
        peer.send(*wire)
        peer.exit, peer.error_names = "error", TIMED_OUT
        pings = 0
        while True:
            event = peer.next_event()
            if event is None:
                raise Failed("the silence was not noticed")
            if event[0] == "ping":
                pings += 1
            elif event[0] == "end":
                break
            elif event[0] == "close":
                peer.notes.append("a Close to a server that is silent")
                peer.await_end()
                break
            else:
                raise Failed(f"{event[0]} of a message that never was whole")
        if not pings:
            raise Failed("ended without having pinged")
    return play


def lively(peer):
    """Pings are answered, and later messages as well: the connection stays. Six pings are two limits and more."""
    pings = 0
    while pings < 6:
        event = peer.next_event()
        if not event or event[0] != "ping":
            raise Failed(f"{event} in place of a ping")
        pings += 1
        peer.send(frame(10, event[1]))
    peer.echo("text", b"still there")
    peer.close()


def life_by_data(peer):
    """Pings are not answered, but each one is met by a message: any inbound byte proves life (SEMANTICS 3.5.5)."""
    pings = 0
    while pings < 6:
        event = peer.next_event()
        if not event or event[0] not in ("ping", "text"):
            raise Failed(f"{event} although data came")
        if event[0] == "ping":
            pings += 1
            peer.send(text(b"data"))
    peer.exit = "any"
    peer.send(frame(8, b"\x03\xe8"))
    while event and event[0] in ("ping", "text"):
        event = peer.next_event()
    if not event or event[:2] != ("close", 1000):
        raise Failed(f"{event} in place of a Close")
    peer.exit = "clean"
    peer.end()


def life_by_bytes(peer):
    """A message that comes one byte for each ping: it is not whole, but it lives."""
    data = text(b"slowly")
    for at in range(len(data)):
        event = peer.next_event()
        if not event or event[0] != "ping":
            raise Failed(f"{event} although bytes came")
        peer.send(data[at:at + 1])
    while event and event[0] == "ping":
        event = peer.next_event()
    if event != ("text", b"slowly"):
        raise Failed(f"{event} in place of the message")
    peer.close()


SECTION.add(9, "the client's Close is not answered", "7.1.1, own: deadlines", no_answer_to_close, **CLOSE_LIMIT)
SECTION.add(9, "data after the client's Close", "7.1.7", data_after_the_clients_close, **CLOSE_LIMIT)
SECTION.add(9, "the client's Close is not read", "7.1.1, own: deadlines", stops_reading, **CLOSE_LIMIT)
SECTION.add(10, "silence after the handshake", "5.5.2, own: life", silent_after(), **LIVELY)
SECTION.add(10, "silence in a frame header", "5.5.2, own: life", silent_after(b"\x82"), **LIVELY)
SECTION.add(10, "silence in a long frame header", "5.5.2, own: life", silent_after(head(BINARY, 70000)[:5]), **LIVELY)
SECTION.add(10, "silence in a payload", "5.5.2, own: life", silent_after(head(TEXT, 1000), b"x" * 999), **LIVELY)
SECTION.add(10, "silence between fragments", "5.5.2, own: life", silent_after(fragments(TEXT, [b"a", b"b"])[0]),
            **LIVELY)
SECTION.add(11, "pings that are answered", "5.5.2, own: life", lively, **LIVELY)
SECTION.add(11, "pings that are met by data", "5.5.2, own: life", life_by_data, **LIVELY)
SECTION.add(11, "pings that are met by a byte of a message", "5.5.2, own: life", life_by_bytes, **LIVELY)
