"""Small files, ASCII sources, nothing left for later."""
import re

LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MAX_LINES = 400


def check(tree):
    for name in tree.files("core", "capi", "examples", "tests"):
        lines = list(tree.lines(name))
        if len(lines) > MAX_LINES:
            tree.report(name, len(lines), f"has more than {MAX_LINES} lines")
        for line, text in lines:
            if LEFTOVER.search(text):
                tree.report(name, line, "leaves something for later")
            if not text.isascii():
                tree.report(name, line, "is not ASCII; write it as an escape")
