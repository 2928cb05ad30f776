"""ppn ws against servers that others have written: npm `ws`, python3-websockets, and nginx in between.

One class is one ctest: `test_interoperation.py WithNpmWs`. What is not installed ends with 77, which ctest calls
skipped.
"""
import itertools
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True

import real_servers  # noqa: E402
from certificates import Certificate  # noqa: E402
from ppn_client import WEBSOCKET_ERROR, arguments, support  # noqa: E402

MESSAGES = 7  # of every kind, which the servers send and compare


class Conversations:
    """What holds with each server. The server sends, compares the echoes, and closes."""

    server = None

    @classmethod
    def setUpClass(cls):
        cls.certificate = cls.enterClassContext(Certificate())

    def start(self, tls=False, deflate=False):
        return self.enterContext(self.server.start(certificate=self.certificate if tls else None, deflate=deflate))

    def ppn(self, server, path, *more, options=None, echo=True, stdin=b""):
        known = {**({"cacert": self.certificate.ca_file} if server.scheme == "wss" else {}), **(options or {})}
        words = arguments(server.url(path), known, echo)
        return support.ppn(*words[:-1], *more, words[-1], stdin=stdin)

    def assert_ends(self, process, status, code=None):
        self.assertEqual(process.returncode, status, process.stderr)
        self.assertEqual(process.stderr.split(b":")[1:2], [f" {code}".encode()] if code else [], process.stderr)

    def assert_clean(self, process, report, extensions=""):
        self.assert_ends(process, 0)
        self.assertEqual((report["right"], report["wrong"], report["code"]), (MESSAGES, 0, 1000), report)
        self.assertEqual(report["extensions"], extensions)

    def test_every_kind_of_message_is_echoed(self):
        for tls, deflate in itertools.product((False, True), repeat=2):
            with self.subTest(tls=tls, deflate=deflate):
                server = self.start(tls, deflate)
                process = self.ppn(server, "/drive", options={"deflate": deflate})
                self.assert_clean(process, server.report(), "permessage-deflate" if deflate else "")

    def test_an_offer_that_the_server_does_not_take(self):
        server = self.start(deflate=False)
        self.assert_clean(self.ppn(server, "/drive", options={"deflate": True}), server.report())

    def test_nothing_is_offered_unasked(self):
        server = self.start(deflate=True)
        self.assert_clean(self.ppn(server, "/drive"), server.report())

    def test_close_codes(self):
        server = self.start()
        for code, status in ((1000, 0), (1001, 0), (1003, WEBSOCKET_ERROR), (1008, WEBSOCKET_ERROR),
                             (1011, WEBSOCKET_ERROR), (1013, WEBSOCKET_ERROR), (3000, WEBSOCKET_ERROR),
                             (4999, WEBSOCKET_ERROR)):
            with self.subTest(code):
                process = self.ppn(server, f"/drive?code={code}")
                self.assertEqual(process.returncode, status, process.stderr)
                self.assertEqual(server.report()["code"], code)

    def test_the_server_chooses_a_subprotocol(self):
        server = self.start()
        process = self.ppn(server, "/drive", options={"subprotocols": ["chat.v1", "chat.v2"]})
        report = server.report()
        self.assert_clean(process, report)
        self.assertEqual(report["protocol"], "chat.v2")

    def test_a_header_of_the_user_reaches_the_server(self):
        server = self.start()
        process = self.ppn(server, "/drive", "-H", "X-Test: pepper")
        report = server.report()
        self.assert_clean(process, report)
        self.assertEqual(report["header"], "pepper")

    def test_lines_go_out_and_messages_come_back(self):
        """The input ends when the answers are there: a server may answer a Close before the messages in front of it."""
        server = self.start()
        lines = "one\n\ngr\u00fc\u00dfe\nbye\n".encode()
        words = arguments(server.url("/echo"), {}, echo=False)
        with support.Child(support.PPN, *words, stdin=subprocess.PIPE) as child:
            child.process.stdin.write(lines)
            child.process.stdin.flush()
            self.assertEqual(child.read_until(b"bye\n"), lines)
            status, rest, stderr = child.finish()
        self.assertEqual((status, rest), (0, b""), stderr)
        self.assertEqual(server.report()["code"], 1000)

    def test_a_certificate_nobody_vouches_for(self):
        server = self.start(tls=True)
        process = support.ppn("ws", "--echo", server.url("/drive"))
        self.assert_ends(process, 43, "CERT_UNTRUSTED")


class WithNpmWs(Conversations, unittest.TestCase):
    server = real_servers.NpmWs


class WithPythonWebsockets(Conversations, unittest.TestCase):
    server = real_servers.PythonWebsockets


class ThroughNginx(Conversations, unittest.TestCase):
    """nginx ends TLS and speaks plain to python3-websockets behind it."""

    class server(real_servers.PythonWebsockets):
        @classmethod
        def missing(cls):
            return super().missing() or real_servers.Nginx.missing()

        @classmethod
        def start(cls, certificate=None, deflate=False):
            return Proxied(certificate, deflate)

    def test_a_location_that_does_not_upgrade(self):
        server = self.start()
        process = self.ppn(server, "/plain/drive")
        self.assert_ends(process, WEBSOCKET_ERROR, "WS_HANDSHAKE")

    def test_a_server_that_is_down(self):
        server = self.start()
        process = self.ppn(server, "/nobody/drive")
        self.assert_ends(process, WEBSOCKET_ERROR, "WS_HANDSHAKE")
        self.assertIn(b"502", process.stderr)


class Proxied:
    def __init__(self, certificate, deflate):
        self._own = None if certificate else Certificate()
        self._certificate = certificate
        self.scheme = "wss" if certificate else "ws"
        self._behind = real_servers.PythonWebsockets.start(deflate=deflate)

    def __enter__(self):
        certificate = self._certificate or self._own.__enter__()
        self._behind.__enter__()
        self._nginx = real_servers.Nginx(self._behind.port, certificate).__enter__()
        return self

    def __exit__(self, *error):
        self._nginx.__exit__(*error)
        self._behind.__exit__(*error)
        if self._own:
            self._own.__exit__(*error)

    def url(self, path):
        return self._nginx.url(path, self.scheme == "wss")

    def report(self):
        return self._behind.report()


def main():
    chosen = [name for name in sys.argv[1:] if name in globals()]
    missing = [reason for name in chosen if (reason := globals()[name].server.missing())]
    if missing:
        print("skipped:", "; ".join(missing))
        sys.exit(77)
    for kind in (WithNpmWs, WithPythonWebsockets, ThroughNginx):
        if kind.server.missing():
            del globals()[kind.__name__]
    unittest.main()


if __name__ == "__main__":
    main()
