"""ppn: -L and --max-redirs."""
import sys
import unittest

sys.dont_write_bytecode = True

import support  # noqa: E402
from support import ppn  # noqa: E402
from test_ppn_request import one_report  # noqa: E402


class Redirecting(support.ScriptedServer):
    """Sends `hops` times to /next, then answers. Keeps the heads that it has read."""

    def __init__(self, hops, status="302 Found", location="/next"):
        self.heads = []
        self._hops = hops
        self._answers = (support.response(b"moved", status, [f"Location: {location}"]), support.response(b"here"))
        super().__init__(self._answer)

    def _answer(self, connection):
        while (request := connection.read_request()) is not None:
            self.heads.append(request[0])
            connection.send(self._answers[len(self.heads) > self._hops])


class Redirects(unittest.TestCase):
    def test_a_redirect_is_shown_unless_it_is_to_be_followed(self):
        for arguments, out, requests in ((), b"moved", 1), (("-L",), b"here", 2), (("--location",), b"here", 2), \
                (("--max-redirs", "5"), b"moved", 1):
            with self.subTest(arguments), Redirecting(1) as server:
                process = ppn("request", *arguments, server.url)
                self.assertEqual((process.returncode, process.stdout, process.stderr), (0, out, b""))
                self.assertEqual(len(server.heads), requests)

    def test_the_environment_does_not_follow_for_the_command(self):
        with Redirecting(1) as server:
            process = ppn("request", server.url, environment={"PEPPERPY_NETWORK_MAX_REDIRECTS": "5"})
            self.assertEqual(process.stdout, b"moved")

    def test_the_limit_is_curls_unless_another_is_given(self):
        for arguments, hops, status in (("-L",), 50, 0), (("-L",), 51, 45), (("-L", "--max-redirs", "3"), 3, 0), \
                (("-L", "--max-redirs", "3"), 4, 45):
            with self.subTest(arguments, hops=hops), Redirecting(hops) as server:
                process = ppn("request", *arguments, server.url)
                self.assertEqual(process.returncode, status)
                self.assertEqual(process.stderr.startswith(b"ppn: TOO_MANY_REDIRECTS: "), status == 45)
                self.assertEqual(len(server.heads), hops + (status == 0))

    def test_a_number_that_is_none_is_refused(self):
        for value in ("", "-1", "x", "1x"):
            process = ppn("request", "-L", "--max-redirs", value, "http://127.0.0.1:1/")
            self.assertEqual(process.returncode, 1)
            self.assertIn(b"--max-redirs", process.stderr)
        self.assertIn(b"max_redirects", ppn("request", "-L", "--max-redirs", "101", "http://127.0.0.1:1/").stderr)

    def test_the_report_names_the_url_that_was_asked_for(self):
        with Redirecting(1) as server:
            report = one_report(ppn("request", "-L", "--report", server.url + "/first"))
            self.assertEqual((report["url"], report["status"], report["attempts"]), (server.url + "/first", 200, 1))

    def test_methods_and_bodies_follow_the_status(self):
        for status, line, body in ("303 See", b"GET /next ", b""), ("307 Kept", b"POST /next ", b"a=b"):
            with self.subTest(status), Redirecting(1, status) as server:
                self.assertEqual(ppn("request", "-L", "-d", "a=b", server.url).stdout, b"here")
                self.assertTrue(server.heads[1].startswith(line))
                self.assertEqual(b"ontent-Length: 3" in server.heads[1], body != b"")

    def test_the_password_stays_with_its_host(self):
        with Redirecting(0) as other, Redirecting(1, location=other.url + "/there") as server:
            process = ppn("request", "-L", "-u", "name:a-password", "-H", "Cookie: a=1", "-H", "X-Kept: 1", server.url)
            self.assertEqual(process.stdout, b"here")
            self.assertIn(b"\r\nAuthorization: Basic ", server.heads[0])
            self.assertNotIn(b"uthorization", other.heads[0])
            self.assertNotIn(b"ookie", other.heads[0])
            self.assertIn(b"\r\nX-Kept: 1\r\n", other.heads[0])

    def test_streams_follow_too(self):
        with Redirecting(1) as server:
            self.assertEqual(ppn("stream", "-L", "--lines", server.url).stdout, b"here\n")


if __name__ == "__main__":
    unittest.main()
