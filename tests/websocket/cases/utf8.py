"""6: texts are UTF-8 (RFC 3629), and a client says so as soon as the bytes show that they are not."""
from case import Section
from cases import utf8_tables as tables
from cases.utf8_tables import first_fault
from frames import CONT, TEXT, fragments, frame, head, text

SECTION = Section(6, "UTF-8")
GREEK = "\u03ba\u1f79\u03c3\u03bc\u03b5".encode()
VALID = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!".encode()
REST = b"edited" * 20


def good(parts, chop=0):
    def play(peer):
        data = b"".join(fragments(TEXT, parts))
        if chop:
            peer.chop(data, chop)
        else:
            peer.send(data)
        peer.expect([("text", b"".join(parts))])
        peer.close()
    return play


def bad(parts, chop=0):
    def play(peer):
        data = b"".join(fragments(TEXT, parts))
        if chop:
            peer.chop(data, chop)
        else:
            peer.send(data)
        peer.fails(1007)
    return play


def octets(data):
    return [data[at:at + 1] for at in range(len(data))]


def fast_in_fragments(sound, wrong):
    """The wrong bytes end a fragment; the rest of the message comes when the client has failed."""
    def play(peer):
        peer.send(frame(TEXT, sound, fin=False), frame(CONT, wrong, fin=False))
        peer.fails_fast(1007, rest=frame(CONT, REST))
    return play


def fast_in_a_frame(data, chop):
    """One frame, sent up to the byte that can not be right. The rest comes when the client has failed."""
    def play(peer):
        fault = first_fault(data)
        peer.chop(head(TEXT, len(data) + len(REST)) + data[:fault], chop or len(data) + 20)
        peer.fails_fast(1007, rest=data[fault:] + REST)
    return play


def fast_octet_fragments(data):
    """Each byte is a fragment; the last one sent is the first that can not be right."""
    def play(peer):
        fault = first_fault(data)
        peer.send(*(frame(CONT if at else TEXT, data[at:at + 1], fin=False) for at in range(fault)))
        peer.fails_fast(1007, rest=frame(CONT, REST))
    return play


def binary_is_not_checked(peer):
    for _, data in tables.BROKEN:
        peer.send(frame(2, data))
        peer.expect([("binary", data)])
    peer.close()


def incomplete_at_the_end(data):
    """Every byte is right as far as it goes; only the end of the message shows that a sequence is missing."""
    def play(peer):
        peer.send(frame(TEXT, data, fin=False))
        peer.send(frame(CONT, b""))
        peer.fails(1007)
    return play


def control_frames_do_not_disturb(peer):
    parts = fragments(TEXT, octets(GREEK))
    pings = [b"\xff\xfe" + bytes([number]) for number in range(len(parts))]
    peer.send(b"".join(part + frame(9, ping) for part, ping in zip(parts, pings)))
    peer.expect([("text", GREEK)], pings, latest=True)
    peer.close()


def add(group, name, data):
    what = good([data]) if first_fault(data) is None and complete(data) else bad([data])
    SECTION.add(group, f"{name}: {data[:16].hex(' ')}{'...' if len(data) > 16 else ''}", "5.6, 8.1, RFC 3629", what)


def complete(data):
    try:
        data.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


SECTION.add(1, "an empty text", "5.6", good([b""]))
SECTION.add(1, "three empty fragments", "5.6", good([b"", b"", b""]))
SECTION.add(1, "a payload between two empty fragments", "5.6", good([b"", b"middle frame payload", b""]))
SECTION.add(2, "valid UTF-8 in one frame", "5.6", good([VALID]))
SECTION.add(2, "valid UTF-8 in two fragments, cut between characters", "5.6", good([VALID[:8], VALID[8:]]))
SECTION.add(2, "valid UTF-8 in two fragments, cut inside a character", "5.6", good([VALID[:7], VALID[7:]]))
SECTION.add(2, "valid UTF-8, a fragment for each byte", "5.6", good(octets(VALID)))
SECTION.add(2, "Greek letters, a fragment for each byte, each sent alone", "5.6", good(octets(GREEK), 1))
SECTION.add(2, "four bytes of a character in four fragments", "5.6", good(octets("\U0010ffff".encode())))
BROKEN_TEXT = GREEK + b"\xed\xa0\x80" + b"edited"
SECTION.add(3, "invalid UTF-8 in one frame", "8.1", bad([BROKEN_TEXT]))
SECTION.add(3, "invalid UTF-8, a fragment for each byte", "8.1", bad(octets(BROKEN_TEXT)))
SECTION.add(3, "invalid UTF-8 in one frame, in octets", "8.1", bad([BROKEN_TEXT], 1))
SECTION.add(3, "invalid in the second message, after a valid one", "8.1", lambda peer: (
    peer.echo("text", VALID), peer.send(text(BROKEN_TEXT)), peer.fails(1007)))
for wrong in (b"\xf4\x90\x80\x80", b"\xf4\x90", b"\xed\xa0\x80", b"\xed\xa0", b"\xc0\xaf", b"\xc0", b"\x80", b"\xff"):
    SECTION.add(4, f"fail fast in fragments: {wrong.hex(' ')}", "8.1", fast_in_fragments(GREEK, wrong))
    SECTION.add(4, f"fail fast in one frame: {wrong.hex(' ')}", "8.1", fast_in_a_frame(GREEK + wrong, 0))
    SECTION.add(4, f"fail fast in one frame, in octets: {wrong.hex(' ')}", "8.1", fast_in_a_frame(GREEK + wrong, 1))
for group, entries in tables.GROUPS.items():
    for name, data in entries:
        add(group, name, data)
for name, data in tables.BROKEN:
    if first_fault(data) is not None:
        SECTION.add(24, f"fail fast, a fragment for each byte, {name}: {data.hex(' ')}", "8.1",
                    fast_octet_fragments(data))
    else:
        SECTION.add(25, f"missing at the end of the message, {name}: {data.hex(' ')}", "8.1",
                    incomplete_at_the_end(data))
SECTION.add(26, "binary messages are not checked", "5.6", binary_is_not_checked)
SECTION.add(26, "pings with other bytes between the bytes of characters", "5.4, 5.6", control_frames_do_not_disturb)
