"""Byte sequences around the borders of UTF-8 (RFC 3629 section 3 and 4), computed rather than copied."""

# The first code point that needs n bytes by the original scheme, and n + 1 ends the list.
FIRST = (0x0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000, 0x80000000)


def encode(point, size=0):
    """By the original scheme of up to six bytes, surrogates included. `size` makes it longer than needed."""
    size = size or next(n for n in range(1, 7) if point < FIRST[n])
    if size == 1:
        return bytes([point])
    tail = [0x80 | point >> 6 * at & 0x3F for at in range(size - 1)]
    return bytes([0xFF << 8 - size & 0xFF | point >> 6 * (size - 1), *reversed(tail)])


# RFC 3629 section 4: how many bytes follow a first byte, and what the second one may be where that is less than 80..BF.
_FOLLOW = {**dict.fromkeys(range(0x80), 0), **dict.fromkeys(range(0xC2, 0xE0), 1),
           **dict.fromkeys(range(0xE0, 0xF0), 2), **dict.fromkeys(range(0xF0, 0xF5), 3)}
_SECOND = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}


def first_fault(data):
    """The number of bytes after which it is certain that `data` is no UTF-8, or None when nothing is wrong yet.
    Python's own incremental decoder sees a surrogate only at its third byte."""
    missing, low, high = 0, 0x80, 0xBF
    for at, byte in enumerate(data):
        if missing:
            if not low <= byte <= high:
                return at + 1
            missing, low, high = missing - 1, 0x80, 0xBF
        elif byte in _FOLLOW:
            missing, (low, high) = _FOLLOW[byte], _SECOND.get(byte, (0x80, 0xBF))
        else:
            return at + 1
    return None


def every_prefix(data):
    return [(f"the first {at} bytes of a word", data[:at]) for at in range(1, len(data) + 1)]


def of_points(name, *points):
    return [(f"{name} U+{point:04X}", encode(point)) for point in points]


SURROGATES = (0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF)
PAIRS = [(high, low) for high in (0xD800, 0xDB7F, 0xDB80, 0xDBFF) for low in (0xDC00, 0xDFFF)]
NON_CHARACTERS = [plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF)]
INCOMPLETE = [(size, encode(point)[:-1]) for point, size in
              ((0x0, 2), (0x800, 3), (0x10000, 4), (0x200000, 5), (0x4000000, 6), (0x7FF, 2), (0xFFFF, 3),
               (0x1FFFFF, 4), (0x3FFFFFF, 5), (0x7FFFFFFF, 6))]
INCOMPLETE[0] = (2, b"\xc2")
GREEK = "\u03ba\u1f79\u03c3\u03bc\u03b5".encode()

GROUPS = {
    5: [("a word", GREEK), ("ASCII", b"Hello World"), ("Latin letters", "\u00e4\u00f6\u00fc\u00df".encode()),
        ("Chinese", "\u4f60\u597d\u4e16\u754c".encode()), ("emoji", "\U0001f600\U0001f336".encode()),
        ("a byte order mark, which is kept", b"\xef\xbb\xbfx")],
    6: every_prefix(GREEK),
    7: of_points("first of its length", *FIRST[:4]),
    8: of_points("first of its length, too long for UTF-8", *FIRST[4:6]),
    9: of_points("last of its length", 0x7F, 0x7FF, 0xFFFF, 0x10FFFF),
    10: of_points("last of its length, beyond Unicode", 0x1FFFFF, 0x3FFFFFF, 0x7FFFFFFF),
    11: of_points("border", 0xD7FF, 0xE000, 0xFFFD, 0x10FFFF, 0x110000),
    12: [(f"{count} continuation bytes", bytes([0x80, 0xBF] * 4)[:count]) for count in range(1, 8)]
        + [("the last continuation byte", b"\xbf"), ("all continuation bytes", bytes(range(0x80, 0xC0)))],
    13: [(f"lonely starts of {size} bytes", b"".join(bytes([start, 0x20]) for start in starts)) for size, starts in
         ((2, range(0xC0, 0xE0)), (3, range(0xE0, 0xF0)), (4, range(0xF0, 0xF8)), (5, range(0xF8, 0xFC)),
          (6, range(0xFC, 0xFE)))],
    14: [(f"{size} bytes without the last", data) for size, data in INCOMPLETE],
    15: [("all of them in a row", b"".join(data for _, data in INCOMPLETE))],
    16: [("an impossible byte", b"\xfe"), ("an impossible byte", b"\xff"), ("impossible bytes", b"\xfe\xfe\xff\xff")],
    17: [(f"a slash in {size} bytes", encode(0x2F, size)) for size in range(2, 7)],
    18: [(f"overlong in {size} bytes", encode(FIRST[size - 1] - 1, size)) for size in range(2, 7)],
    19: [(f"NUL in {size} bytes", encode(0, size)) for size in range(2, 7)],
    20: of_points("a surrogate", *SURROGATES),
    21: [(f"surrogates U+{high:04X} U+{low:04X}", encode(high) + encode(low)) for high, low in PAIRS],
    22: of_points("no character, yet valid", *NON_CHARACTERS),
    23: of_points("special", 0x0, 0xFFF9, 0xFFFA, 0xFFFB, 0xFFFC, 0xFFFD, 0xFEFF),
}


def _wrong(data):
    try:
        data.decode("utf-8")
        return False
    except UnicodeDecodeError:
        return True


# What is no UTF-8, short enough for a fragment per byte, each once.
BROKEN = list({data: (name, data) for group in GROUPS.values() for name, data in group
               if len(data) <= 12 and _wrong(data)}.values())
