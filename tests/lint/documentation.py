"""Every public function and callback type stands under a comment of its own, and a function's comment answers the
questions that every caller has."""
import re

DECLARATION = re.compile(r"^(PPN_API\b|typedef\b[^;]*\(\s*PPN_CALL\s*\*|typedef\b[^;]*\(\s*\*\s*ppn_)")
ANSWERS = ("Thread:", "Blocks:", "May be called from:", "Since ")


def check(tree):
    for name in tree.files("capi/include", ends=(".h", ".h.in")):
        lines = tree.text(name).splitlines()
        for index, text in enumerate(lines):
            if not DECLARATION.match(text):
                continue
            comment = _comment_above(lines, index)
            if comment is None:
                tree.report(name, index + 1, "a public declaration without a comment right above it")
            elif text.startswith("PPN_API"):
                for answer in ANSWERS:
                    if answer not in comment:
                        tree.report(name, index + 1, f"the comment does not say: {answer}")


def _comment_above(lines, index):
    """The text of the comment that ends on the line before, on one line; None when there is none."""
    if index == 0 or not lines[index - 1].endswith("*/"):
        return None
    first = index - 1
    while first > 0 and "/*" not in lines[first]:
        first -= 1
    return " ".join(line.strip().removeprefix("/**").removeprefix("*").strip() for line in lines[first:index])
