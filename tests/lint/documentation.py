"""Every public function and callback type stands under a comment of its own."""
import re

DECLARATION = re.compile(r"^(PPN_API\b|typedef\b[^;]*\(\s*PPN_CALL\s*\*|typedef\b[^;]*\(\s*\*\s*ppn_)")


def check(tree):
    for name in tree.files("capi/include", ends=(".h", ".h.in")):
        before = ""
        for line, text in tree.lines(name):
            if DECLARATION.match(text) and not before.rstrip().endswith("*/"):
                tree.report(name, line, "a public declaration without a comment right above it")
            before = text
