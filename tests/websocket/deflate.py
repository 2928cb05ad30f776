"""permessage-deflate (RFC 7692) from the server's side: offers, answers, compressing, inflating."""
import dataclasses
import zlib

from frames import Broken

TAIL = b"\x00\x00\xff\xff"


@dataclasses.dataclass(frozen=True)
class Answer:
    """The parameters of a server's answer. Bits are None when the parameter is absent."""
    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int | None = None
    client_max_window_bits: int | None = None

    def header(self):
        parts = ["permessage-deflate"]
        for name in ("server_no_context_takeover", "client_no_context_takeover"):
            if getattr(self, name):
                parts.append(name)
        for name in ("server_max_window_bits", "client_max_window_bits"):
            if getattr(self, name) is not None:
                parts.append(f"{name}={getattr(self, name)}")
        return "; ".join(parts)

    def contradicts(self, offer):
        """Why this answer does not fit the offer (RFC 7692 section 7.1), or an empty text."""
        if self.client_max_window_bits is not None and "client_max_window_bits" not in offer:
            return "client_max_window_bits was not offered"
        if "server_no_context_takeover" in offer and not self.server_no_context_takeover:
            return "server_no_context_takeover was asked for"
        asked = offer.get("server_max_window_bits")
        if asked and (self.server_max_window_bits is None or self.server_max_window_bits > int(asked)):
            return f"a window of {asked} bits was asked for"
        return ""


def parse_offers(value):
    """The permessage-deflate offers of a Sec-WebSocket-Extensions field, each a dict of parameters."""
    offers = []
    for extension in value.split(","):
        name, *parameters = (part.strip() for part in extension.split(";"))
        if name != "permessage-deflate":
            continue
        offer = {}
        for parameter in parameters:
            key, _, setting = (part.strip() for part in parameter.partition("="))
            if key in offer:
                raise Broken(f"an offer with {key} twice (RFC 7692 section 7)")
            if key not in Answer.__dataclass_fields__:
                raise Broken(f"an offer with the unknown parameter {key} (RFC 7692 section 7)")
            offer[key] = setting.strip('"')
        offers.append(offer)
    return offers


class Compressor:
    """What a server sends. A window of 256 bytes, which zlib refuses to write, is held by matches at distance 1."""

    def __init__(self, answer):
        bits = answer.server_max_window_bits or 15
        self._reset = answer.server_no_context_takeover
        self._settings = {"wbits": -max(bits, 9), "strategy": zlib.Z_RLE if bits == 8 else zlib.Z_DEFAULT_STRATEGY}
        self._stream = None

    def __call__(self, payload):
        if not payload:
            return b"\x00"  # RFC 7692 section 7.2.3.6
        if self._stream is None or self._reset:
            self._stream = zlib.compressobj(level=6, **self._settings)
        data = self._stream.compress(payload) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        assert data.endswith(TAIL)
        return data[:-4]


class Inflater:
    """What a client sends. With a window below 15 bits the output is taken in small steps, for zlib notices a distance
    that is too large only where it has to look into its window."""

    def __init__(self, answer):
        self._bits = answer.client_max_window_bits or 15
        self._reset = answer.client_no_context_takeover
        self._stream = None

    def __call__(self, payload):
        if self._stream is None or self._reset or self._stream.eof:
            self._stream = zlib.decompressobj(wbits=-self._bits)
        step = 0 if self._bits == 15 else 32
        out, rest = [], payload + TAIL
        try:
            while True:
                out.append(self._stream.decompress(rest, step))
                rest = self._stream.unconsumed_tail
                if not rest and (not step or not out[-1]):
                    return b"".join(out)
        except zlib.error as error:
            raise Broken(f"a compressed message that does not inflate in a window of {self._bits} bits: {error}") \
                from None


def deflate(payload, level=9, bits=15, strategy=zlib.Z_DEFAULT_STRATEGY):
    """One message, compressed alone."""
    stream = zlib.compressobj(level=level, wbits=-bits, strategy=strategy)
    return (stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]
