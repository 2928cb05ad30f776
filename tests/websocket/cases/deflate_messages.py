"""12: messages under permessage-deflate, by kind of content, size, and cut into frames."""
import functools

from case import Section
from cases import samples
from frames import BINARY, TEXT

SECTION = Section(12, "permessage-deflate: messages")
SIZES = (16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072)
KINDS = {1: ("JSON", "text", samples.document), 2: ("noise", "binary", samples.noise),
         3: ("base64", "text", samples.base64_text)}
COUNT = 10


def echo(kind, make, size, fragment=None, chop=0):
    def play(peer):
        for seed in range(COUNT):
            data = make(size, seed)
            wire = b"".join(peer.message(TEXT if kind == "text" else BINARY, data, fragment))
            if chop:
                peer.chop(wire, chop)
            else:
                peer.send(wire)
            peer.expect([(kind, data)])
        peer.close()
    return play


def at_once(peer):
    messages = [samples.document(2000, seed) for seed in range(200)]
    peer.send(*(part for data in messages for part in peer.message(TEXT, data)))
    peer.expect([("text", data) for data in messages])
    peer.close()


def compresses(peer):
    """What is worth it is compressed on the way back too."""
    peer.echo("text", samples.document(65536))
    if not peer.last_was_compressed:
        peer.notes.append("64 KiB of JSON came back uncompressed")
    peer.close()


add = functools.partial(SECTION.add, options={"deflate": True})
for group, (name, kind, make) in KINDS.items():
    for size in SIZES:
        add(group, f"{COUNT} messages of {size} bytes of {name}", "RFC 7692 6, 7.2", echo(kind, make, size))
for group, fragment in ((4, 61), (5, 256), (6, 1300)):
    for size in SIZES[2:]:
        add(group, f"{COUNT} messages of {size} bytes of JSON in frames of {fragment} bytes", "RFC 7692 6.1",
            echo("text", samples.document, size, fragment))
add(7, "small messages in fragments of a byte", "RFC 7692 6.1", echo("text", samples.document, 300, 1))
add(7, "small messages in octets", "RFC 7692 6.1", echo("text", samples.document, 100, None, 1))
add(8, "200 messages at once", "RFC 7692 7.2", at_once)
add(9, "the client compresses", "RFC 7692 6.1", compresses)
