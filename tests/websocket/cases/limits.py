"""9: large messages and many of them. 10: a large message in frames of 1300 bytes."""
from case import Section
from cases.framing import payload
from frames import BINARY, TEXT

SECTION = Section(9, "limits and performance")
AUTOMATIC = Section(10, "automatic fragmentation")
KIB, MIB = 1 << 10, 1 << 20
OPCODES = {"text": TEXT, "binary": BINARY}
_made = {}


def large(kind, size):
    """A payload of `size` bytes, made once: the pattern of 100,000 bytes and more is dear in Python."""
    if (kind, size) not in _made:
        block = payload(kind, 65521)  # a prime, so that no boundary of a power of two meets the pattern's
        _made[kind, size] = (block * (size // len(block) + 1))[:size]
    return _made[kind, size]


def echo(kind, size, fragment=None, piece=None):
    def play(peer):
        data = large(kind, size)
        wire = b"".join(peer.message(OPCODES[kind], data, fragment))
        if piece:
            # Not waited for: what is measured is many small reads, however the kernel groups them.
            peer.transport.send_in_pieces(wire, piece, apart=False)
        else:
            peer.send(wire)
        peer.expect([(kind, data)])
        peer.close()
    return play


def one_after_the_other(kind, size, count=1000):
    def play(peer):
        for at in range(count):
            peer.echo(kind, large(kind, size))
        peer.close()
    return play


def all_at_once(kind, size, count):
    """Sent without waiting for the echoes: nothing may be lost, doubled or out of order."""
    def play(peer):
        messages = [b"%08d" % at + large(kind, size)[8:] for at in range(count)]
        peer.send(b"".join(b"".join(peer.message(OPCODES[kind], message)) for message in messages))
        peer.expect([(kind, message) for message in messages])
        peer.close()
    return play


def slow_reader(peer):
    """The server sends and does not read. A client that keeps what it can not send has to stop reading."""
    one = large("binary", 65536)
    wire = b"".join(peer.message(BINARY, one))
    peer.transport.reading = False
    total = 1024
    taken = peer.transport.send(wire * total, limit_s=1)
    peer.transport.reading = True
    if taken == len(wire) * total:
        peer.notes.append("took 64 MiB that it could not answer")
    peer.send((wire * total)[taken:])
    peer.expect([("binary", one)] * total)
    peer.close()


WHOLE = (64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB)
for group, kind in ((1, "text"), (2, "binary")):
    for size in WHOLE:
        SECTION.add(group, f"a {kind} message of {size} bytes", "5.2", echo(kind, size))
for group, kind in ((3, "text"), (4, "binary")):
    for fragment in (64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB):
        SECTION.add(group, f"a {kind} message of 4 MiB in fragments of {fragment} bytes", "5.4",
                    echo(kind, 4 * MIB, fragment))
for group, kind in ((5, "text"), (6, "binary")):
    for piece in (64, 128, 256, 512, 1024, 2048):
        SECTION.add(group, f"a {kind} message of 1 MiB in TCP pieces of {piece} bytes", "5.2",
                    echo(kind, MIB, piece=piece))
for group, kind in ((7, "text"), (8, "binary")):
    for size in (0, 16, 64, 256, 1024, 4096):
        SECTION.add(group, f"1000 {kind} messages of {size} bytes, one after the other", "5.6",
                    one_after_the_other(kind, size))
for kind in OPCODES:
    SECTION.add(9, f"1000 {kind} messages of 4096 bytes at once", "5.6", all_at_once(kind, 4096, 1000))
    SECTION.add(9, f"10000 {kind} messages of 16 bytes at once", "5.6", all_at_once(kind, 16, 10000))
SECTION.add(10, "64 MiB in messages to a client whose echoes nobody reads for a while", "own: memory", slow_reader)
for kind in OPCODES:
    AUTOMATIC.add(1, f"a {kind} message of 64 KiB in frames of 1300 bytes", "5.4", echo(kind, 65536, 1300))
    AUTOMATIC.add(1, f"a {kind} message of 64 KiB in frames of 1300 bytes, cut at 1448", "5.4",
                  echo(kind, 65536, 1300, 1448))
