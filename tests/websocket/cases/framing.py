"""1: text and binary messages of the sizes where the length changes its form."""
from case import Section
from frames import BINARY, TEXT, fragmented

SECTION = Section(1, "framing")
SIZES = (0, 125, 126, 127, 128, 65535, 65536)


def payload(kind, size):
    # Every byte value in binary messages; a text is UTF-8, so ASCII that tells where it was cut.
    return bytes(48 + at % 75 for at in range(size)) if kind == "text" else bytes(at % 256 for at in range(size))


def whole(kind, size):
    def play(peer):
        peer.echo(kind, payload(kind, size))
        peer.close()
    return play


def in_pieces(kind, size, piece):
    def play(peer):
        data = payload(kind, size)
        peer.chop(b"".join(peer.message(TEXT if kind == "text" else BINARY, data)), piece)
        peer.expect([(kind, data)])
        peer.close()
    return play


def all_forms(peer):
    for kind in ("text", "binary"):
        for size in SIZES:
            peer.echo(kind, payload(kind, size))
    peer.close()


def fragments_of_each_form(peer):
    data = payload("binary", 3 * 65536)
    for size in (1000, 65535, 65536):
        peer.send(fragmented(BINARY, data, size))
        peer.expect([("binary", data)])
    peer.close()


for group, kind in ((1, "text"), (2, "binary")):
    for size in SIZES:
        SECTION.add(group, f"{kind} message of {size} bytes", "5.2, 5.6", whole(kind, size))
    SECTION.add(group, f"{kind} message of 65536 bytes in pieces of 997", "5.2", in_pieces(kind, 65536, 997))
SECTION.add(3, "every size after the other on one connection", "5.2", all_forms)
SECTION.add(3, "fragments with each form of length", "5.2, 5.4", fragments_of_each_form)
for size in (0, 1, 125, 126, 127):
    SECTION.add(4, f"binary message of {size} bytes, byte by byte", "5.2", in_pieces("binary", size, 1))
