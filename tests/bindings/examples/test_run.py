#!/usr/bin/env python3
"""The comparison of the examples finds what differs, and only that."""
import os
import shlex
import sys
import tempfile
import unittest

import run

TRACE = "00-f4f47e0b3deef3376c9c4e8c517aa829-92e16b856060cd05-01"
# Stands for a program: prints what it is told to, and behaves as examples have to.
PROGRAM = """
import os, sys
if sys.argv[-1] == "--help":
    print("usage: {name} [URL]")
elif not os.environ["PEPPERPY_DEMO_CA"]:
    sys.exit("{name}: CERT_UNTRUSTED: no")
else:
    sys.stdout.write({output!r})
    sys.stderr.write({error!r})
    sys.exit({status})
"""


class FakeServer:
    def environment(self, **changes):
        return {**run.clean_environment(), "PEPPERPY_DEMO_CA": "ca.pem", **changes}


def program(output="one\n", name="quickstart", error="", status=0):
    code = PROGRAM.format(output=output, name=name, error=error, status=status)
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


class Examples(unittest.TestCase):
    def test_ports_times_and_ids_may_differ_and_nothing_else(self):
        self.assertEqual(run.normalised(f"GET https://localhost:1234/v1, in 7 ms, {TRACE}"),
                         "GET https://localhost:PORT/v1, in N ms, 00-TRACE-SPAN-01")
        for text in ("status 200", "12 requests", f"00-{'0' * 32}-92e16b856060cd05-01", "in 7 s", TRACE[:-1] + "0"):
            self.assertEqual(run.normalised(text), text)

    def test_the_same_output_is_fine(self):
        self.assertEqual(run.check("quickstart", program(), FakeServer(), "one\n"), [])

    def test_what_differs_is_found(self):
        for wrong in (program("two\n"), program("one"), program("one\ntwo\n"), program(""), program(status=3),
                      program(error="warning\n")):
            self.assertEqual(len(run.check("quickstart", wrong, FakeServer(), "one\n")), 1, wrong)
        self.assertEqual(len(run.check("quickstart", program(name="Quickstart"), FakeServer(), "one\n")), 2)

    def test_the_registry_tells_which_programs_are_there(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "registry")
            with open(path, "w", encoding="utf-8") as file:
                file.write("c retry=/bin/retry\ngo *=skip no Go\n\njava quickstart=java -cp a=b Quickstart\n")
            self.assertEqual(run.registered(path, "quickstart"), {
                "c": "missing: quickstart is not registered", "cpp": "skip not built",
                "java": "java -cp a=b Quickstart", "csharp": "skip not built", "go": "skip no Go"})


if __name__ == "__main__":
    unittest.main()
