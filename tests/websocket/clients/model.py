"""A model of an echo client: right in every case, or wrong in one named way. It is what the harness is tested with.

Slow and small on purpose. It shares the writing of frames with the server and nothing else; the rules are its own.
"""
import base64
import codecs
import os
import select
import socket
import ssl
import struct
import time
import urllib.parse
import zlib

from deflate import TAIL
from frames import BINARY, CLOSE, CONT, PING, PONG, SENDABLE, TEXT, mask
from handshake import accept_of

FAULTS = ("deserts", "echoes_nothing", "echoes_twice", "echoes_wrong_bytes", "echoes_other_type", "no_pong",
          "wrong_pong", "no_mask", "same_mask", "long_form", "takes_reserved_bits", "takes_reserved_opcodes",
          "takes_stray_fragments", "takes_any_utf8", "late_utf8", "no_close", "other_close_code",
          "takes_any_close_code", "data_after_close", "keeps_tcp", "no_limit", "late_limit", "takes_masked",
          "takes_long_forms", "takes_any_answer", "always_0", "ignores_takeover", "comes_back", "sends_early",
          "inflates_control")

KEPT = []  # sockets that are never closed


class Failure(Exception):
    def __init__(self, name, code=None):
        super().__init__(name)
        self.name, self.code = name, code


class Model:
    def __init__(self, url, options, fault="", offer="client_max_window_bits"):
        assert not fault or fault in FAULTS
        self._url, self._options, self._fault, self._offer = urllib.parse.urlsplit(url), options, fault, offer
        self._socket = None
        self._in, self._out = bytearray(), bytearray()
        self._ended = self._closed = False
        self._parts, self._opcode, self._size = [], None, 0
        self._pending = self._compressed = False
        self._deflate = {}
        self._pinged = 0

    def run(self):
        """(exit status, the name of the error)."""
        name = self._converse()
        if self._fault == "comes_back":
            Model(self._url.geturl(), self._options).run()
        return (0 if not name or self._fault in ("always_0", "deserts") else 48), name

    def _converse(self):
        try:
            self._connect()
            self._shake_hands()
            if self._fault == "deserts":
                return ""
            self._communicate()
            return ""
        except Failure as failure:
            if failure.code:
                self._say_close(failure.code)
                self._linger(self._options.get("close_timeout_ms", 5000) / 1000)
            return failure.name
        except OSError:
            return "CONNECTION_RESET"
        finally:
            if self._fault == "keeps_tcp":
                KEPT.append(self._socket)
            elif self._socket:
                self._socket.close()

    # The opening handshake.

    def _connect(self):
        plain = socket.create_connection((self._url.hostname, self._url.port), 10)
        if self._url.scheme == "wss":
            context = ssl.create_default_context(cafile=self._options["cacert"])
            plain = context.wrap_socket(plain, server_hostname=self._url.hostname)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.setblocking(False)
        self._socket = plain

    def _shake_hands(self):
        key = base64.b64encode(os.urandom(16)).decode()
        fields = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        if self._options.get("deflate"):
            fields.append(f"Sec-WebSocket-Extensions: permessage-deflate; {self._offer}")
        if self._options.get("subprotocols"):
            fields.append("Sec-WebSocket-Protocol: " + ", ".join(self._options["subprotocols"]))
        target = self._url.path + ("?" + self._url.query if self._url.query else "")
        lines = [f"GET {target} HTTP/1.1", f"Host: {self._url.netloc}", *fields, "", ""]
        self._out += "\r\n".join(lines).encode()
        if self._fault == "sends_early":
            self._send(TEXT, b"early")
        deadline = time.monotonic() + self._options.get("open_timeout_ms", 10000) / 1000
        status, answer = self._read_head(deadline)
        while status.startswith("HTTP/1.1 103"):
            status, answer = self._read_head(deadline)
        if self._fault != "takes_any_answer":
            self._check(status, answer, key)

    def _read_head(self, deadline):
        while b"\r\n\r\n" not in self._in:
            if len(self._in) > 65536 or self._ended or time.monotonic() > deadline or \
                    len(self._in) > 7 and not self._in.startswith(b"HTTP/1."):
                raise Failure("WS_HANDSHAKE")
            self._step(deadline)
        head, _, rest = bytes(self._in).partition(b"\r\n\r\n")
        self._in = bytearray(rest)
        status, *lines = head.decode("latin-1").split("\r\n")
        answer = {}
        for line in lines:
            name, _, value = line.partition(":")
            answer.setdefault(name.lower(), []).append(value.strip(" \t"))
        return status, answer

    def _check(self, status, answer, key):
        def tokens(name):
            return [token.strip().lower() for value in answer.get(name, ()) for token in value.split(",")]
        protocols = answer.get("sec-websocket-protocol", [])
        extensions = answer.get("sec-websocket-extensions", [])
        if status.split(" ")[:2] != ["HTTP/1.1", "101"] or tokens("upgrade") != ["websocket"] or \
                "upgrade" not in tokens("connection") or answer.get("sec-websocket-accept") != [accept_of(key)] or \
                any(value not in self._options.get("subprotocols", ()) for value in protocols) or \
                len(protocols) > 1 or len(extensions) > 1:
            raise Failure("WS_HANDSHAKE")
        for value in extensions:
            self._agree(value)

    def _agree(self, value):
        name, *parameters = (part.strip() for part in value.split(";"))
        agreed = dict(parameter.partition("=")[::2] for parameter in parameters)
        sound = name == "permessage-deflate" and self._options.get("deflate") and len(agreed) == len(parameters)
        for parameter, setting in agreed.items():
            if parameter.endswith("_max_window_bits"):
                sound = sound and setting in [str(bits) for bits in range(8, 16)]
            else:
                sound = sound and not setting and parameter.endswith("_no_context_takeover")
            sound = sound and parameter.startswith(("server_", "client_"))
        # zlib can not compress with a window of 256 bytes.
        if not sound or agreed.get("client_max_window_bits") == "8":
            raise Failure("WS_HANDSHAKE")
        self._deflate = {"agreed": agreed, "in": None, "out": None}

    # Bytes.

    def _step(self, deadline):
        """Send and receive what is possible, waiting until then at most."""
        readable = len(self._out) < 1 << 20 and not self._ended
        left = max(0, deadline - time.monotonic())
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            left = 0
        select.select([self._socket] if readable else [], [self._socket] if self._out else [], [], left)
        try:
            if self._out:
                del self._out[:self._socket.send(bytes(self._out[:1 << 18]))]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        if readable:
            try:
                piece = self._socket.recv(1 << 18)
                self._in += piece
                self._ended = not piece
                self._heard = time.monotonic()
                self._pinged = 0
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass

    def _linger(self, limit_s):
        deadline = time.monotonic() + limit_s
        try:
            while not self._ended and time.monotonic() < deadline:
                self._in.clear()
                self._step(deadline)
        except OSError:
            pass

    def _send(self, opcode, payload, rsv=0):
        length = len(payload)
        long = self._fault == "long_form" and opcode in (TEXT, BINARY)
        size = bytes([0x80 | length]) if length < 126 and not long else \
            struct.pack("!BH", 0xFE, length) if length < 65536 and not long else struct.pack("!BQ", 0xFF, length)
        key = b"\x01\x02\x03\x04" if self._fault == "same_mask" else os.urandom(4)
        if self._fault == "no_mask":
            size, key = bytes([size[0] & 0x7F]) + size[1:], b""
        self._out += bytes([0x80 | rsv << 4 | opcode]) + size + key + (mask(payload, key) if key else payload)

    def _say_close(self, code):
        if self._fault != "no_close":
            code = 1001 if self._fault == "other_close_code" else code
            self._send(CLOSE, b"" if code is None else struct.pack("!H", code))
            if self._fault == "data_after_close":
                self._send(TEXT, b"late")

    # Frames.

    def _communicate(self):
        interval = self._options.get("ping_interval_ms", 20000) / 1000
        limit = self._options.get("pong_timeout_ms", 20000) / 1000
        self._heard = time.monotonic()
        while not self._closed:
            if self._take_frame():
                continue
            if self._ended:
                raise Failure("WS_CLOSED")
            wait = self._pinged + limit if self._pinged else self._heard + interval
            self._step(wait)
            if time.monotonic() >= wait:
                if self._pinged:
                    raise Failure("WS_PING_TIMEOUT")
                self._send(PING, struct.pack("!Q", time.monotonic_ns()))
                self._pinged = time.monotonic()
        self._linger(2)
        if self._code not in (None, 1000, 1001):
            raise Failure("WS_CLOSED")

    def _take_frame(self):
        data = self._in
        if len(data) < 2:
            return False
        fin, rsv, opcode, masked, short = data[0] >> 7, data[0] >> 4 & 7, data[0] & 15, data[1] >> 7, data[1] & 127
        self._check_first_bytes(fin, rsv, opcode, masked, short)
        at = 2 + {126: 2, 127: 8}.get(short, 0)
        if len(data) < at:
            return False
        length = int.from_bytes(data[2:at], "big") if at > 2 else short
        if self._fault != "takes_long_forms" and (at == 4 and length < 126 or at == 10 and length < 65536):
            raise Failure("WS_PROTOCOL", 1002)
        if length >> 63:
            raise Failure("WS_PROTOCOL", 1002)
        at += 4 * masked
        if opcode < CLOSE:
            if opcode != CONT or self._opcode is None:
                self._start(opcode or BINARY, rsv)
            total = self._size + length
            if total > self._limit() and self._fault not in ("no_limit", "late_limit"):
                raise Failure("WS_MESSAGE_TOO_BIG", 1009)
            if total > 1 << 26 and self._fault in ("no_limit", "late_limit") and self._ended:
                raise Failure("WS_CLOSED")
            self._check_text_so_far(data[at:at + length])
        if len(data) < at + length:
            return False
        payload = bytes(data[at:at + length])
        if masked:
            payload = mask(payload, bytes(data[at - 4:at]))
        del data[:at + length]
        self._take(fin, rsv, opcode, payload)
        return True

    def _limit(self):
        return self._options.get("max_message_bytes", 1 << 24)

    def _check_first_bytes(self, fin, rsv, opcode, masked, short):
        known = (CONT, TEXT, BINARY, CLOSE, PING, PONG)
        allowed = 4 if self._deflate and (opcode in (TEXT, BINARY) or self._fault == "inflates_control") else 0
        if rsv & ~allowed and self._fault != "takes_reserved_bits" or \
                opcode not in known and self._fault != "takes_reserved_opcodes" or \
                masked and self._fault != "takes_masked" or opcode >= CLOSE and (not fin or short > 125):
            raise Failure("WS_PROTOCOL", 1002)
        if (opcode == CONT) != (self._opcode is not None) and opcode < CLOSE and not self._started(opcode) and \
                self._fault != "takes_stray_fragments":
            raise Failure("WS_PROTOCOL", 1002)

    def _started(self, opcode):
        """Whether the frame at hand has started the message already: its header is looked at more than once."""
        return opcode != CONT and self._pending

    def _start(self, opcode, rsv):
        if not self._pending:
            self._pending, self._opcode, self._parts, self._size = True, opcode, [], 0
            self._compressed = bool(rsv & 4 and self._deflate)
            self._utf8, self._checked = codecs.getincrementaldecoder("utf-8")(), 0

    def _check_text_so_far(self, seen):
        """As much of the frame as is there, each byte once."""
        if self._opcode != TEXT or self._compressed or self._fault in ("takes_any_utf8", "late_utf8"):
            return
        fresh = bytes(seen[self._checked:])
        self._checked += len(fresh)
        try:
            self._utf8.decode(fresh)
        except UnicodeDecodeError:
            raise Failure("WS_INVALID_UTF8", 1007) from None
        undecided = self._utf8.getstate()[0]
        if undecided[:1] == b"\xed" and undecided[1:2] >= b"\xa0":  # a surrogate, which Python sees a byte later
            raise Failure("WS_INVALID_UTF8", 1007)

    def _take(self, fin, rsv, opcode, payload):
        if opcode == CLOSE:
            self._take_close(payload)
        elif opcode == PING:
            if self._fault != "no_pong":
                self._send(PONG, payload + b"?" if self._fault == "wrong_pong" else payload)
        elif opcode < CLOSE:
            self._pending, self._checked = False, 0
            self._parts.append(payload)
            self._size += len(payload)
            if self._compressed:
                self._check_inflated(fin, payload)
            if fin:
                self._deliver()

    def _check_inflated(self, fin, payload):
        state, agreed = self._deflate, self._deflate["agreed"]
        if state["in"] is None:
            state["in"] = zlib.decompressobj(wbits=-15)
        if len(self._parts) == 1:
            state["text"] = b""
        try:
            for piece in (payload, TAIL if fin else b""):
                while piece:
                    if state["in"].eof:
                        state["in"] = zlib.decompressobj(wbits=-15)
                    state["text"] += state["in"].decompress(piece, 1 << 16)
                    piece = state["in"].unconsumed_tail or state["in"].unused_data
                    if len(state["text"]) > self._limit() and self._fault != "no_limit":
                        raise Failure("WS_MESSAGE_TOO_BIG", 1009)
        except zlib.error:
            raise Failure("WS_PROTOCOL", 1007) from None
        try:
            codecs.getincrementaldecoder("utf-8")().decode(state["text"] if self._opcode == TEXT else b"", False)
        except UnicodeDecodeError:
            raise Failure("WS_INVALID_UTF8", 1007) from None
        if fin and ("server_no_context_takeover" in agreed or self._fault == "ignores_takeover"):
            state["in"] = None

    def _deliver(self):
        opcode, self._opcode = self._opcode, None
        payload = self._deflate["text"] if self._compressed else b"".join(self._parts)
        self._parts = []
        if self._fault == "late_limit" and len(payload) > self._limit():
            raise Failure("WS_MESSAGE_TOO_BIG", 1009)
        if opcode == TEXT and self._fault != "takes_any_utf8":
            try:
                payload.decode("utf-8")
            except UnicodeDecodeError:
                raise Failure("WS_INVALID_UTF8", 1007) from None
        if self._fault == "echoes_wrong_bytes" and payload:
            payload = payload[:-1] + b"?"
        if self._fault == "echoes_other_type":
            opcode = TEXT + BINARY - opcode
        for _ in range({"echoes_nothing": 0, "echoes_twice": 2}.get(self._fault, 1)):
            self._send(opcode, *self._pack(payload))

    def _pack(self, payload):
        if not self._deflate or len(payload) < 100:
            return payload, 0
        agreed = self._deflate["agreed"]
        if self._deflate["out"] is None or "client_no_context_takeover" in agreed:
            self._deflate["out"] = zlib.compressobj(1, wbits=-int(agreed.get("client_max_window_bits") or 15))
        packed = self._deflate["out"].compress(payload) + self._deflate["out"].flush(zlib.Z_SYNC_FLUSH)
        return packed[:-4], 4

    def _take_close(self, payload):
        self._code = struct.unpack_from("!H", payload)[0] if len(payload) > 1 else None
        if self._fault != "takes_any_close_code":
            if len(payload) == 1 or self._code is not None and self._code not in SENDABLE:
                raise Failure("WS_PROTOCOL", 1002)
            try:
                payload[2:].decode("utf-8")
            except UnicodeDecodeError:
                raise Failure("WS_PROTOCOL", 1007) from None
        elif self._code not in SENDABLE:
            self._code = None
        self._say_close(self._code)
        self._closed = True


class ModelClient:
    """What run_cases.Runner asks of a client, in this process. Errors are written as `ppn` writes them."""

    def __init__(self, judge_end, fault="", offer="client_max_window_bits"):
        self.judge_end, self._fault, self._offer = judge_end, fault, offer

    def start(self, url, options):
        status, name = Model(url, options, self._fault, self._offer).run()
        return status, f"ppn: {name}: a model" if name else ""
