"""The fuzzing server's side of one conversation: what a case sends, and what it holds the client to."""
import codecs

import frames
from deflate import Answer, Compressor, Inflater
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, Broken
from handshake import Request, answer
from transport import Limits, Transport

MAX_HEAD = 65536
HANDSHAKE = ("WS_HANDSHAKE",)
ERROR_NAMES = {1002: "WS_PROTOCOL", 1007: "WS_INVALID_UTF8", 1009: "WS_MESSAGE_TOO_BIG"}


class Failed(Exception):
    """What the client did is not what the RFC asks for."""


def show(payload):
    text = repr(bytes(payload[:24]))[1:]
    return text if len(payload) <= 24 else f"{text}... ({len(payload)} bytes)"


class Peer:
    def __init__(self, accepted, context=None):
        self.transport = Transport(accepted, context)
        self.request = None
        self.answered = None  # the parameters of permessage-deflate that were agreed on
        self.notes = []       # why the case is not strictly right
        # How the client's program has to end: clean, error (a WebSocket error), failure (any), any.
        self.exit, self.error_names = "clean", ()
        self._compress = self._inflate = None
        self._opcode, self._parts, self._compressed = None, [], False
        self._closed = False
        self._keys = []

    # The opening handshake.

    def read_request(self):
        while b"\r\n\r\n" not in self.transport.inbox:
            if len(self.transport.inbox) > MAX_HEAD or not self.transport.receive():
                raise Failed(f"no request came: {show(self.transport.inbox)}")
        head, _, rest = bytes(self.transport.inbox).partition(b"\r\n\r\n")
        if rest:
            raise Failed(f"sent before the handshake was answered: {show(rest)}")
        self.transport.inbox.clear()
        self.request = Request(head)
        return self.request.target

    def agree(self, wanted=None):
        """Answer the offer of permessage-deflate; the field to send. `wanted` may contradict the offer."""
        if not self.request.offers:
            raise Failed("permessage-deflate was not offered")
        offer = self.request.offers[0]
        if wanted is None:
            bits = offer.get("server_max_window_bits")
            wanted = Answer(server_no_context_takeover="server_no_context_takeover" in offer,
                            server_max_window_bits=int(bits) if bits else None)
        self.answered = wanted
        self._compress, self._inflate = Compressor(wanted), Inflater(wanted)
        return "Sec-WebSocket-Extensions: " + wanted.header()

    def accept(self, *extra, **keywords):
        self.send(answer(self.request, *extra, **keywords))

    # Sending.

    def send(self, *data):
        self.transport.send(b"".join(data))

    def chop(self, data, size=1):
        self.transport.send_in_pieces(data, size)

    def message(self, opcode, payload, size=None, compressed=True):
        """The bytes of one message, compressed when that was agreed on, in frames of `size` bytes."""
        rsv = 0
        if self._compress and compressed:
            payload, rsv = self._compress(payload), 4
        return frames.fragments(opcode, frames.pieces(payload, size), rsv) if size else \
            [frames.frame(opcode, payload, rsv=rsv)]

    # Reading.

    def next_event(self, limit_s=None):
        """("text" or "binary", payload), ("ping", payload), ("pong", payload), ("close", code, reason),
        ("end", "FIN" or "RST"), or None when nothing came in time."""
        while True:
            found = frames.parse(self.transport.inbox)
            if found:
                frame, length = found
                del self.transport.inbox[:length]
                event = self._take(frame)
                if event:
                    return event
            elif self.transport.ended:
                if self.transport.inbox:
                    raise Broken(f"an end in the middle of a frame: {show(self.transport.inbox)}")
                return "end", self.transport.ended
            elif not self.transport.receive(limit_s):
                if not self.transport.ended:
                    return None

    def _take(self, frame):
        if self._closed:
            raise Broken(f"a {frames.NAMES[frame.opcode]} frame after its Close (5.5.1)")
        self._keys.append(frame.key)
        if len(self._keys) == 3 and len(set(self._keys)) == 1:
            raise Broken("the same masking key in each frame (5.3)")
        compressed = bool(frame.rsv & 4)
        if frame.rsv & 3 or compressed and (not self._inflate or frame.opcode not in (TEXT, BINARY)):
            raise Broken(f"reserved bits {frame.rsv} in a {frames.NAMES[frame.opcode]} frame (5.2)")
        if frame.opcode == CLOSE:
            self._closed = True
            return "close", *frames.parse_close(frame.payload)
        if frame.opcode in (PING, PONG):
            return frames.NAMES[frame.opcode], frame.payload
        return self._take_data(frame, compressed)

    def _take_data(self, frame, compressed):
        if (frame.opcode == CONT) != (self._opcode is not None):
            raise Broken(f"a {frames.NAMES[frame.opcode]} frame where none belongs (5.4)")
        if frame.opcode != CONT:
            self._opcode, self._parts, self._compressed = frame.opcode, [], compressed
        self._parts.append(frame.payload)
        if not frame.fin:
            return None
        payload = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self.last_was_compressed = self._compressed
        if self._compressed:
            payload = self._inflate(payload)
        opcode, self._opcode = self._opcode, None
        if opcode == TEXT:
            try:
                codecs.utf_8_decode(payload, "strict", True)
            except UnicodeDecodeError:
                raise Broken(f"a text that is not UTF-8: {show(payload)} (5.6)") from None
        return frames.NAMES[opcode], payload

    # What the client is held to.

    def expect(self, messages=(), pongs=(), latest=False):
        """These messages and these pongs, each in their order. `latest`: the last pong is enough (5.5.3)."""
        messages, pongs = list(messages), list(pongs)
        while messages or pongs:
            event = self._expected_event(f"{len(messages)} messages and {len(pongs)} pongs missing")
            if event[0] == "ping":
                self.send(frames.pong(event[1]))
            elif event[0] == "pong":
                while latest and len(pongs) > 1 and pongs[0] != event[1]:
                    del pongs[0]
                if not pongs or pongs[0] != event[1]:
                    raise Failed(f"a pong with {show(event[1])}, expected {show(pongs[0]) if pongs else 'none'}")
                del pongs[0]
            elif event[0] in ("text", "binary"):
                if not messages or messages[0] != event:
                    wanted = f"{messages[0][0]} {show(messages[0][1])}" if messages else "none"
                    raise Failed(f"a {event[0]} message {show(event[1])}, expected {wanted}")
                del messages[0]
            else:
                raise Failed(f"{event}, with {len(messages)} messages and {len(pongs)} pongs missing")

    def _expected_event(self, why):
        event = self.next_event()
        if event is None:
            raise Failed(f"nothing within {Limits.wait_s} s: {why}")
        return event

    def echo(self, kind, payload):
        """Send one message whole and expect it back."""
        self.send(*self.message(TEXT if kind == "text" else BINARY, payload))
        self.expect([(kind, payload)])

    def close(self, code=1000, reason=b""):
        """A normal end, begun by us: Close, its echo, and the end of TCP."""
        self.send(frames.close(code, reason))
        self.await_close((code,) if code is not None else (None, 1000))
        self.exit = "clean" if code in (1000, 1001) else "any" if code is None else "error"
        self.end()

    def await_close(self, codes):
        event = self._expected_event("no Close")
        while event[0] in ("ping", "pong"):
            event = self._expected_event("no Close")
        if event[0] != "close":
            raise Failed(f"{event[0]} {show(event[1]) if event[0] != 'end' else event[1]} in place of a Close")
        if event[1] not in codes:
            self.notes.append(f"a Close with {event[1]}, typically {codes[0]} (5.5.1)")

    def end(self):
        """Our end of TCP, and the client's."""
        self.transport.finish()
        self.await_end()

    def await_end(self, limit_s=None):
        event = self.next_event(limit_s)
        while event and event[0] in ("ping", "pong"):
            event = self.next_event(limit_s)
        if event is None:
            raise Failed(f"TCP was not closed within {limit_s or Limits.wait_s} s")
        if event[0] != "end":
            raise Failed(f"{event[0]} in place of the end of TCP")

    def fails(self, *codes, before=(), maybe=(), pongs=(), names=None, tolerated=()):
        """The client must fail the connection (7.1.7): a Close with one of `codes`, and the end of TCP. It answers the
        messages `before` the fault; those in `maybe` it may. Codes that are `tolerated` are not strictly right."""
        allowed, echoed, pongs = [*before, *maybe], [], list(pongs)
        self.exit = "error"
        self.error_names = names or tuple(ERROR_NAMES[code] for code in codes if code in ERROR_NAMES)
        while True:
            event = self._expected_event("the connection was not failed")
            if event[0] == "pong" and event[1] in pongs:
                pongs.remove(event[1])
            elif event[0] in ("text", "binary") and allowed[len(echoed):len(echoed) + 1] == [event]:
                echoed.append(event)
            elif event[0] == "close":
                wrong = f"a Close with {event[1]} {event[2]!r}, expected {', '.join(map(str, codes))}"
                if event[1] in tolerated:
                    self.notes.append(wrong)
                elif event[1] not in codes:
                    raise Failed(wrong)
                break
            elif event[0] == "end":
                self.notes.append("closed TCP without a Close frame (7.1.7)")
                break
            elif event[0] != "ping":
                raise Failed(f"answered with {event[0]} {show(event[1])} where it had to fail")
        if len(echoed) < len(before):
            self.notes.append(f"{len(before) - len(echoed)} messages before the fault were not answered")
        if event[0] == "close":
            self.send(frames.close(event[1]))
            self.end()

    def fails_fast(self, *codes, rest=b"", **keywords):
        """As `fails`, but before `rest` was sent."""
        if not self.transport.inbox and not self.transport.receive(Limits.fast_s) and not self.transport.ended:
            self.notes.append("did not fail before the rest of the message was there")
            self.send(rest)
        self.fails(*codes, **keywords)

    def refused(self, names=HANDSHAKE, exit_as="error", limit_s=None):
        """The client must end the connection and say nothing, for it never was a WebSocket (4.1)."""
        self.exit, self.error_names = exit_as, names
        event = self.next_event(limit_s)
        if event is None:
            raise Failed(f"the answer was taken, or TCP not closed within {limit_s or Limits.wait_s} s")
        if event[0] == "close":
            self.notes.append("sent a Close on a connection that was not established")
            self.end()
        elif event[0] != "end":
            raise Failed(f"sent {event[0]} on a connection that was not established")
