#!/usr/bin/env python3
"""exports.py LIBRARY INCLUDE_DIR: the library shows to the linker what the headers declare, and nothing else."""
import os
import re
import subprocess
import sys
import unittest

# The name is the last word before the parameters; attributes and return type stand between.
DECLARED = re.compile(r"\bPPN_API\b[^;(]*?\b(\w+)\s*\(")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|^\s*#[^\n]*", re.S | re.M)
# What the library may ask the loader for. Poco's NetSSL, Crypto and Util would cost load time and share global state.
MAY_NEED = re.compile(r"^(libPoco(Foundation|Net|JSON)|libssl|libcrypto|libz|libhiredis|libstdc\+\+|libm|libgcc_s|libc|"
                      r"ld-linux.*)\.so\b")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Exports(unittest.TestCase):
    library = include_dir = ""

    @classmethod
    def setUpClass(cls):
        lines = output("nm", "-D", "--defined-only", cls.library).splitlines()
        cls.exported = {line.split()[-1].split("@")[0] for line in lines}
        cls.dynamic = output("readelf", "-dW", cls.library)
        cls.declared = set()
        for folder, _, files in os.walk(cls.include_dir):
            for name in files:
                if name.endswith(".h"):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        cls.declared.update(DECLARED.findall(COMMENT.sub("", file.read())))

    def test_there_is_something_to_compare(self):
        self.assertIn("ppn_version_string", self.declared)

    def test_every_export_has_our_prefix(self):
        self.assertEqual([name for name in sorted(self.exported) if not name.startswith("ppn_")], [])

    def test_every_declared_function_is_exported(self):
        self.assertEqual(sorted(self.declared - self.exported), [])

    def test_every_export_is_declared(self):
        self.assertEqual(sorted(self.exported - self.declared), [])

    def test_soname_carries_the_abi_version(self):
        with open(os.path.join(self.include_dir, "pepperpy/network/version.h"), encoding="utf-8") as file:
            abi = re.search(r"define PPN_ABI_VERSION (\d+)", file.read())[1]
        self.assertIn(f"Library soname: [libpepperpy_network.so.{abi}]", self.dynamic)

    def test_library_stays_mapped_and_binds_at_load(self):
        self.assertRegex(self.dynamic, r"FLAGS_1.*\bNOW\b")
        self.assertRegex(self.dynamic, r"FLAGS_1.*\bNODELETE\b")

    def test_library_needs_no_more_than_it_should(self):
        needed = re.findall(r"Shared library: \[([^\]]+)\]", self.dynamic)
        self.assertEqual([name for name in needed if not MAY_NEED.match(name)], [])


if __name__ == "__main__":
    Exports.library, Exports.include_dir = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[3:]])
