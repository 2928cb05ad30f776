"""14: every answer a server can give to the opening handshake (RFC 6455 section 4.1)."""
import functools

from case import Section
from frames import close, ping, text
from handshake import accept_of, answer
from peer import HANDSHAKE, Failed

SECTION = Section(14, "opening handshake")
add = functools.partial(SECTION.add, accepts=False)
OTHER = accept_of("AAAAAAAAAAAAAAAAAAAAAA==")


def good(*extra, **keywords):
    def play(peer):
        peer.accept(*extra, **keywords)
        peer.echo("text", b"Hello")
        peer.close()
    return play


def wrong(*extra, **keywords):
    def play(peer):
        peer.accept(*extra, **keywords)
        peer.refused()
    return play


def with_accept(make):
    def play(peer):
        peer.accept(replace={"accept": make(accept_of(peer.request.key))}.items())
        peer.refused()
    return play


def frames_with_the_answer(peer):
    peer.send(answer(peer.request), text(b"one"), ping(b"two"))
    peer.expect([("text", b"one")], [b"two"])
    peer.close()


def close_with_the_answer(peer):
    peer.send(answer(peer.request), close(1000))
    peer.await_close((1000,))
    peer.end()


def half_a_frame_with_the_answer(peer):
    data = text(b"Hello")
    peer.chop(answer(peer.request) + data[:3], 10000)
    peer.send(data[3:])
    peer.expect([("text", b"Hello")])
    peer.close()


def in_octets(peer):
    peer.chop(answer(peer.request) + text(b"Hello"), 1)
    peer.expect([("text", b"Hello")])
    peer.close()


def interim_then_echo(peer):
    peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" + answer(peer.request), ping(b"there?"))
    event = peer.next_event()
    if event == ("pong", b"there?"):
        peer.close()
        return
    if not event or event[0] != "end":
        raise Failed(f"{event} after an interim answer")
    peer.exit = "any"
    peer.notes.append("an interim answer before the 101 was not taken (RFC 9110 15.2)")


def chosen(name):
    def play(peer):
        if peer.request.protocols != ["chat", "superchat"]:
            raise Failed(f"offered {peer.request.protocols}")
        peer.accept(f"Sec-WebSocket-Protocol: {name}")
        peer.echo("text", b"Hello")
        peer.close()
    return play


def ambiguous(*extra, **keywords):
    """What the RFC leaves open, or tells servers only: taken and used, or refused, but nothing between."""
    def play(peer):
        peer.send(answer(peer.request, *extra, **keywords), ping(b"there?"))
        event = peer.next_event()
        if event == ("pong", b"there?"):
            peer.close()
            return
        peer.exit, peer.error_names = "error", HANDSHAKE
        if not event or event[0] != "end":
            raise Failed(f"{event} after the answer")
    return play


def with_both_right(peer):
    field = f"Sec-WebSocket-Accept: {accept_of(peer.request.key)}"
    ambiguous(replace={"accept": [field, field]}.items())(peer)


add(1, "the plainest answer", "4.2.2", good())
add(1, "Connection: keep-alive, Upgrade", "4.1", good(
    replace={"connection": ["Connection: keep-alive, Upgrade"]}.items()))
add(1, "two Connection fields", "4.1", good(
    replace={"connection": ["Connection: keep-alive", "Connection: upgrade"]}.items()))
add(1, "UPGRADE: WebSocket", "4.1", good(replace={"upgrade": ["UPGRADE: WebSocket"]}.items()))
add(1, "names in small letters without a blank", "RFC 9112 5", good(
    replace={"upgrade": ["upgrade:websocket"], "connection": ["connection:upgrade"]}.items()))
add(1, "blanks and tabs around values", "RFC 9112 5", good(
    replace={"upgrade": ["Upgrade: \t websocket \t"], "connection": ["Connection:  Upgrade "]}.items()))
add(1, "a 101 without a reason", "RFC 9112 4", good(status="HTTP/1.1 101 "))
add(1, "another reason", "RFC 9112 4", good(status="HTTP/1.1 101 Web Socket Protocol Handshake"))
add(1, "fields nobody knows", "RFC 9110 5.1", good("X-Unknown: value", "Date: Thu, 01 Jan 1970 00:00:00 GMT",
                                                           "Set-Cookie: a=b; Path=/", "Server:"))
add(1, "a head of 200 fields", "RFC 9110 5.4", good(*(f"X-Field-{at}: {'v' * 50}" for at in range(190))))
add(1, "frames in the packet of the answer", "4.1", frames_with_the_answer)
add(1, "a Close in the packet of the answer", "4.1", close_with_the_answer)
add(1, "half a frame in the packet of the answer", "4.1", half_a_frame_with_the_answer)
add(1, "an interim answer first", "RFC 9110 15.2", interim_then_echo)
add(1, "an answer in octets", "4.1", in_octets)
PROTOCOLS = {"options": {"subprotocols": ["chat", "superchat"]}}
add(2, "the first subprotocol", "4.1", chosen("chat"), **PROTOCOLS)
add(2, "the second subprotocol", "4.1", chosen("superchat"), **PROTOCOLS)
add(2, "no subprotocol of two", "4.1", ambiguous(), **PROTOCOLS)
add(2, "a subprotocol of other case", "4.1", wrong("Sec-WebSocket-Protocol: CHAT"), **PROTOCOLS)
add(2, "both subprotocols", "4.1, 11.3.4", wrong("Sec-WebSocket-Protocol: chat, superchat"), **PROTOCOLS)
add(2, "a subprotocol that is not one of the two", "4.1", wrong("Sec-WebSocket-Protocol: other"), **PROTOCOLS)
add(2, "a subprotocol where none was offered", "4.1", wrong("Sec-WebSocket-Protocol: chat"))
add(2, "an extension nobody offered", "4.1", wrong("Sec-WebSocket-Extensions: x-other"))
add(2, "permessage-deflate that was not offered", "4.1", wrong("Sec-WebSocket-Extensions: permessage-deflate"))
add(3, "no Upgrade", "4.1", wrong(without=["upgrade"]))
add(3, "Upgrade: h2c", "4.1", wrong(replace={"upgrade": ["Upgrade: h2c"]}.items()))
add(3, "Upgrade: websocketx", "4.1", wrong(replace={"upgrade": ["Upgrade: websocketx"]}.items()))
add(3, "no Connection", "4.1", wrong(without=["connection"]))
add(3, "Connection: close", "4.1", wrong(replace={"connection": ["Connection: close"]}.items()))
add(3, "Connection: not-upgrade", "4.1", wrong(replace={"connection": ["Connection: not-upgrade"]}.items()))
add(3, "no Accept", "4.1", wrong(without=["accept"]))
add(3, "the Accept of another key", "4.1", with_accept(lambda good: [f"Sec-WebSocket-Accept: {OTHER}"]))
add(3, "an empty Accept", "4.1", with_accept(lambda good: ["Sec-WebSocket-Accept:"]))
add(3, "an Accept in other case", "4.1", with_accept(lambda good: ["Sec-WebSocket-Accept: " + good.swapcase()]))
add(3, "an Accept without its padding", "4.1",
            with_accept(lambda good: ["Sec-WebSocket-Accept: " + good.rstrip("=")]))
add(3, "an Accept with more behind it", "4.1", with_accept(lambda good: [f"Sec-WebSocket-Accept: {good}x"]))
add(3, "two Accepts, the wrong one first", "4.1, 11.3.3",
            with_accept(lambda good: [f"Sec-WebSocket-Accept: {OTHER}", f"Sec-WebSocket-Accept: {good}"]))
add(3, "two Accepts, the wrong one last", "4.1, 11.3.3",
            with_accept(lambda good: [f"Sec-WebSocket-Accept: {good}", f"Sec-WebSocket-Accept: {OTHER}"]))
add(4, "two Accepts that are both right", "11.3.3", with_both_right)
add(4, "HTTP/1.0 101", "4.2.2", ambiguous(status="HTTP/1.0 101 Switching Protocols"))
add(4, "a 101 with Content-Length: 0", "RFC 9110 8.6", ambiguous("Content-Length: 0"))
add(4, "a 101 with Transfer-Encoding: chunked", "RFC 9112 6.1", ambiguous("Transfer-Encoding: chunked"))
add(4, "a subprotocol field without a value", "11.3.4", ambiguous("Sec-WebSocket-Protocol:"))
add(4, "an extension field without a value", "11.3.2", ambiguous("Sec-WebSocket-Extensions:"))
add(4, "Upgrade: websocket, h2c", "4.1", ambiguous(replace={"upgrade": ["Upgrade: websocket, h2c"]}.items()))
