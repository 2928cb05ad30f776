"""The fuzzing server against clients that others have written: it asks for nothing that only our own client does."""
import sys
import unittest

sys.dont_write_bytecode = True

import real_servers  # noqa: E402
import run_cases  # noqa: E402
from certificates import Certificate  # noqa: E402
from fuzzing_server import FAILED  # noqa: E402

SECTIONS = "1,2,4,5,7"


class Reference:
    server = None
    known = ()  # cases it fails by its own decision

    def setUp(self):
        missing = self.server.missing()
        if missing:
            self.skipTest(missing)

    def failures(self, sections, certificate=None):
        runner = run_cases.Runner(run_cases.choose(sections, None), run_cases.CommandClient(self.server.client()),
                                  certificate)
        return [result for result in runner.run_all(3, lambda result: None)
                if result["outcome"] == FAILED and result["id"] not in self.known]

    def test_it_passes(self):
        self.assertEqual([], self.failures(SECTIONS))

    def test_it_passes_over_tls(self):
        with Certificate() as certificate:
            self.assertEqual([], self.failures("1,2", certificate))


class PythonWebsockets(Reference, unittest.TestCase):
    server = real_servers.PythonWebsockets


class NpmWs(Reference, unittest.TestCase):
    server = real_servers.NpmWs
    known = ("5.14.3",)  # it leaves when more than some pongs wait to be written


if __name__ == "__main__":
    unittest.main()
