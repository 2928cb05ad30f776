#!/usr/bin/env python3
"""lint.py RULE ROOT: applies one rule to the tree. Exit 0 clean, 1 something found, 77 the rule can not run here."""
import sys

import documentation
import error_codes
import folders
import formatting
import includes
import names
import reached
import text
import tree as tree_module

RULES = {module.__name__: module
         for module in (documentation, error_codes, folders, formatting, includes, names, reached, text)}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in RULES:
        print(f"usage: lint.py RULE ROOT; rules: {' '.join(RULES)}", file=sys.stderr)
        return 2
    tree = tree_module.Tree(sys.argv[2])
    reason = RULES[sys.argv[1]].check(tree)
    if reason:
        print("skipped:", reason)
        return 77
    print("\n".join(tree.found))
    return 1 if tree.found else 0


if __name__ == "__main__":
    sys.exit(main())
