#!/usr/bin/env python3
"""Nothing that SWIG could not name is in a signature of what it wrote: no SWIGTYPE_ where a language can see it."""
import os
import re
import sys
import tempfile
import unittest

BUILD = os.environ.get("PPN_BINDINGS_BUILD_DIR", "")

# Java and C#: one file for each class, and a type without a name is one of its own. Go: one file with everything, in
# which private helpers may speak of anything.
VISIBLE = {
    ".java": re.compile(r"\bSWIGTYPE_"),
    ".cs": re.compile(r"\bSWIGTYPE_"),
    ".go": re.compile(r"^\s*(?:func\s+(?:\([^)]*\)\s*)?(?=[A-Z])|type\s+(?=[A-Z])).*\b(?i:swigtype_)"),
}
OF_BUILDS = {"target", "obj", "bin", "CMakeFiles"}


def nameless_types(root):
    """Places in generated sources below `root`, and how many of them were read."""
    found, read = [], 0
    for folder, below, names in os.walk(root):
        below[:] = sorted(set(below) - OF_BUILDS)
        for name in sorted(names):
            pattern = VISIBLE.get(os.path.splitext(name)[1])
            if pattern is None:
                continue
            read += 1
            path = os.path.join(folder, name)
            if name.startswith("SWIGTYPE_"):
                found.append(f"{path}: a type without a name")
            with open(path, encoding="utf-8", errors="replace") as file:
                found += [f"{path}:{number}: {line.strip()[:120]}" for number, line in enumerate(file, 1)
                          if pattern.search(line)]
    return found, read


class Generated(unittest.TestCase):
    def test_a_type_without_a_name_is_found(self):
        for name, text in (("SWIGTYPE_p_x.java", "class A {}"), ("A.java", "long f(SWIGTYPE_p_ppn_client c);"),
                           ("A.cs", "internal SWIGTYPE_p_void F();"), ("a.go", "func F(a SwigType_p_x) int {"),
                           ("a.go", "type SWIGTYPE_p_x interface {"), ("a.go", "func (c C) F(a SWIGTYPE_p_x) {")):
            with tempfile.TemporaryDirectory() as folder:
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text + "\n")
                self.assertEqual(len(nameless_types(folder)[0]), 1, (name, text))

    def test_names_are_fine(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("A.java", "long f(long client);"), ("a.go", "func F(a uintptr) int {"),
                               ("wrap.cpp", "static swig_type_info *SWIGTYPE_p_x;")):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text + "\n")
            self.assertEqual(nameless_types(folder), ([], 2))

    def test_what_was_built_has_none(self):
        found, read = nameless_types(BUILD)
        if read == 0:
            self.skipTest("no binding was built")
        self.assertEqual(found, [])


if __name__ == "__main__":
    program = unittest.main(exit=False)
    if not program.result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if program.result.skipped else 0)
