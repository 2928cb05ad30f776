"""The opening handshake of RFC 6455, section 4, from the server's side."""
import base64
import binascii
import hashlib

from deflate import parse_offers
from frames import Broken

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept_of(key):
    return base64.b64encode(hashlib.sha1(key.encode("latin-1") + GUID).digest()).decode()


class Request:
    """What the client asked for."""

    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.line = lines[0]
        self.fields = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or name != name.strip():
                raise Broken(f"a header line {line!r}")
            self.fields.append((name.lower(), value.strip(" \t")))
        self.method, _, rest = self.line.partition(" ")
        self.target, _, self.version = rest.rpartition(" ")

    def check(self):
        """Broken when it is not what section 4.1 asks for."""
        self._require(self.method == "GET" and self.version == "HTTP/1.1", "GET and HTTP/1.1 (4.1, 2)")
        self._require(len(self.all("host")) == 1 and self.all("host")[0], "one Host (4.1, 4)")
        self._require("websocket" in self.tokens("upgrade"), "Upgrade: websocket (4.1, 5)")
        self._require("upgrade" in self.tokens("connection"), "Connection: Upgrade (4.1, 6)")
        self._require(self.all("sec-websocket-version") == ["13"], "Sec-WebSocket-Version: 13 (4.1, 9)")
        self._require(not self.all("content-length") and not self.all("transfer-encoding"), "no body")
        self.key = self._key()
        self.protocols = [p for v in self.all("sec-websocket-protocol") for p in self._split(v)]
        self._require(len(set(self.protocols)) == len(self.protocols), "each subprotocol once (4.1, 10)")
        self.offers = parse_offers(",".join(self.all("sec-websocket-extensions")))

    def _require(self, holds, what):
        if not holds:
            raise Broken(f"a request without: {what}")

    def _key(self):
        keys = self.all("sec-websocket-key")
        self._require(len(keys) == 1, "one Sec-WebSocket-Key (4.1, 7)")
        try:
            nonce = base64.b64decode(keys[0], validate=True)
        except binascii.Error:
            nonce = b""
        self._require(len(nonce) == 16, "a key of 16 bytes in base64 (4.1, 7)")
        return keys[0]

    @staticmethod
    def _split(value):
        return [token.strip() for token in value.split(",") if token.strip()]

    def all(self, name):
        return [value for field, value in self.fields if field == name]

    def tokens(self, name):
        return [token.lower() for value in self.all(name) for token in self._split(value)]


def answer(request, *extra, status="HTTP/1.1 101 Switching Protocols", without=(), replace=()):
    """The head of an answer. `without` names fields to leave out; `replace` gives other lines for a field."""
    fields = {"upgrade": ["Upgrade: websocket"], "connection": ["Connection: Upgrade"],
              "accept": [f"Sec-WebSocket-Accept: {accept_of(request.key)}"]}
    for name in without:
        del fields[name]
    fields.update(replace)
    lines = [status, *(line for part in fields.values() for line in part), *extra]
    return "".join(line + "\r\n" for line in lines).encode("latin-1") + b"\r\n"
