"""ppn bench: what it counts, how many requests are in flight, and how it ends."""
import json
import sys
import threading
import unittest

sys.dont_write_bytecode = True

import support  # noqa: E402
from support import chunk, ppn  # noqa: E402

KEYS = ["requests", "errors", "seconds", "rps", "cpu_us_per_request", "p50_ms", "p99_ms", "peak_rss_kb"]
STREAM_KEYS = ["streams", "errors", "events", "seconds", "events_per_second", "cpu_us_per_event", "p50_ms", "p99_ms",
               "peak_rss_kb"]
EVENTS = (support.EVENT_STREAM_HEAD + chunk(b"data: one\n\ndata: two\n\n") + chunk(b"data: three\n\n") +
          support.LAST_CHUNK)


def result(process):
    lines = support.reports(process)
    assert len(lines) == 1, process
    return lines[0]


class Requests(unittest.TestCase):
    def test_it_prints_one_object_with_all_figures(self):
        with support.ScriptedServer(support.answer_everything(support.response(b"ok")), parallel=True) as server:
            process = ppn("bench", "-c", "3", "-n", "50", server.url)
            self.assertLessEqual(server.connections, 3)
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        figures = result(process)
        self.assertEqual(list(figures), KEYS)
        self.assertEqual((figures["requests"], figures["errors"]), (50, 0))
        self.assertGreater(figures["seconds"], 0)
        self.assertAlmostEqual(figures["rps"] * figures["seconds"], 50, delta=1)
        self.assertGreater(figures["cpu_us_per_request"], 0)
        self.assertGreater(figures["p50_ms"], 0)
        self.assertGreaterEqual(figures["p99_ms"], figures["p50_ms"])
        self.assertGreater(figures["peak_rss_kb"], 1000)

    def test_as_many_requests_are_in_flight_as_asked(self):
        # Nothing is answered before the sixth request is here; with five in flight it would never come.
        together = threading.Barrier(6)

        def serve(connection):
            while connection.read_request() is not None:
                together.wait(support.DEADLINE_S)
                connection.send(support.response(b"ok"))
        with support.ScriptedServer(serve, parallel=True) as server:
            process = ppn("bench", "-c", "6", "-n", "12", server.url)
            self.assertEqual(server.connections, 6)
        self.assertEqual((process.returncode, result(process)["requests"]), (0, 12))

    def test_more_connections_than_a_client_has_by_default(self):
        together = threading.Barrier(150)

        def serve(connection):
            while connection.read_request() is not None:
                together.wait(support.DEADLINE_S)
                connection.send(support.response(b"ok"))
        with support.ScriptedServer(serve, parallel=True) as server:
            process = ppn("bench", "--concurrency", "150", "--requests", "150", server.url)
        self.assertEqual((process.returncode, result(process)["errors"]), (0, 0))

    def test_options_of_requests_are_sent_with_each(self):
        seen = []

        def serve(connection):
            while (request := connection.read_request()) is not None:
                seen.append(request)
                connection.send(support.response(b"ok"))
        with support.ScriptedServer(serve) as server:
            process = ppn("bench", "-c", "1", "-n", "3", "-X", "PUT", "-H", "X-A: b", "--json", "[1]",
                          server.url + "/p")
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        self.assertEqual(len(seen), 3)
        for head, body in seen:
            self.assertTrue(head.startswith(b"PUT /p HTTP/1.1\r\n"))
            self.assertIn(b"\r\nX-A: b", head)
            self.assertEqual(body, b"[1]")

    def test_a_setting_of_the_user_wins(self):
        process = ppn("bench", "-c", "5", "-n", "5", "--set", "max_connections_per_origin=1", "--set",
                      "max_pool_waiters=0", "http://127.0.0.1:1/")
        self.assertIn(process.returncode, (42, 44))
        self.assertEqual(result(process)["errors"], 5)


class Failures(unittest.TestCase):
    def test_refused_connections_are_errors_and_the_first_is_named(self):
        process = ppn("bench", "-c", "2", "-n", "5", "http://127.0.0.1:1/")
        self.assertEqual(process.returncode, 42)
        self.assertRegex(process.stderr, rb"^ppn: CONNECT_FAILED: [^\n]+\n$")
        figures = result(process)
        self.assertEqual((figures["requests"], figures["errors"]), (5, 5))
        self.assertEqual((figures["p50_ms"], figures["p99_ms"]), (None, None))
        self.assertEqual(ppn("bench", "-s", "-c", "2", "-n", "5", "http://127.0.0.1:1/").stderr, b"")

    def test_an_error_status_is_an_error(self):
        data = support.response(b"", status="503 Busy")
        with support.ScriptedServer(support.answer_everything(data), parallel=True) as server:
            process = ppn("bench", "-c", "2", "-n", "4", server.url)
        self.assertEqual((process.returncode, result(process)["errors"]), (22, 4))
        self.assertTrue(process.stderr.startswith(b"ppn: HTTP_UNAVAILABLE: the server answered with status 503"),
                        process.stderr)

    def test_bad_input_ends_it_before_anything_is_sent(self):
        for arguments, code, status in ((("ftp://x/",), "UNSUPPORTED_SCHEME", 41),
                                        (("-H", "X: a\r\nb", "http://127.0.0.1:1/"), "INVALID_HEADER", 41),
                                        (("--set", "no_such_option=1", "http://127.0.0.1:1/"), "CONFIG_ERROR", 41),
                                        (("--json", "{", "http://127.0.0.1:1/"), "JSON_PARSE", 45)):
            with self.subTest(code):
                process = ppn("bench", "-c", "2", "-n", "1000", *arguments)
                self.assertEqual((process.returncode, process.stdout), (status, b""))
                self.assertRegex(process.stderr.decode(), rf"^ppn: {code}: [^\n]+\n$")

    def test_wrong_numbers_are_usage_errors(self):
        for c, n in (("0", "1"), ("100001", "1"), ("x", "1"), ("", "1"), ("1", "0"), ("1", "1e3"), ("1", "-1"),
                     ("1", "1000000000001"), ("1", "99999999999999999999999")):
            self.assert_usage_error("-c", c, "-n", n)

    def test_what_does_not_belong_to_it_is_a_usage_error(self):
        for arguments in ((), ("-c", "1"), ("-n", "1")):
            self.assert_usage_error(*arguments)
        for arguments in (("-o", "f"), ("-i",), ("--report",), ("--report-body",), ("--sse",), ("--lines",),
                          ("http://127.0.0.1:1/",)):
            self.assert_usage_error("-c", "1", "-n", "1", *arguments)

    def assert_usage_error(self, *arguments):
        with self.subTest(arguments):
            process = ppn("bench", *arguments, "http://127.0.0.1:1/")
            self.assertEqual((process.returncode, process.stdout), (1, b""))
            self.assertTrue(process.stderr.startswith(b"ppn: USAGE: "), process.stderr)

    def test_its_options_go_with_no_other_command(self):
        for option in (("-c", "1"), ("-n", "1"), ("--stream",)):
            for command in ("request", "stream"):
                with self.subTest(option, command=command):
                    process = ppn(command, *option, "http://127.0.0.1:1/")
                    self.assertEqual((process.returncode, process.stdout), (1, b""))


class Streams(unittest.TestCase):
    def test_events_are_counted(self):
        with support.ScriptedServer(support.answer_everything(EVENTS), parallel=True) as server:
            process = ppn("bench", "--stream", "-c", "2", "-n", "7", server.url)
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        figures = result(process)
        self.assertEqual(list(figures), STREAM_KEYS)
        self.assertEqual((figures["streams"], figures["errors"], figures["events"]), (7, 0, 21))
        self.assertAlmostEqual(figures["events_per_second"] * figures["seconds"], 21, delta=1)
        self.assertGreater(figures["p50_ms"], 0)

    def test_the_latency_is_that_of_the_first_event(self):
        def serve(connection):
            connection.read_request()
            connection.send(support.EVENT_STREAM_HEAD + chunk(b"data: one\n\n"))
            connection.hold()
        with support.ScriptedServer(serve) as server:
            process = ppn("bench", "--stream", "-c", "1", "-n", "1", "--max-time", "1.5", server.url)
        self.assertEqual(process.returncode, 44)
        figures = result(process)
        self.assertEqual((figures["errors"], figures["events"]), (1, 1))
        self.assertGreaterEqual(figures["seconds"], 1.5)
        self.assertLess(figures["p50_ms"], 1500)

    def test_events_before_a_broken_end_count_and_the_stream_is_an_error(self):
        def serve(connection):
            if connection.read_request() is not None:
                connection.send(support.EVENT_STREAM_HEAD + chunk(b"data: one\n\n"))
        with support.ScriptedServer(serve) as server:
            process = ppn("bench", "--stream", "-c", "1", "-n", "2", server.url)
        self.assertEqual(process.returncode, 47)
        figures = result(process)
        self.assertEqual((figures["streams"], figures["errors"], figures["events"]), (2, 2, 2))

    def test_a_refused_stream_is_named(self):
        data = support.response(b"{}", status="401 No", headers=("Content-Type: application/json",))
        with support.ScriptedServer(support.answer_everything(data), parallel=True) as server:
            process = ppn("bench", "--stream", "-c", "1", "-n", "1", server.url)
        self.assertEqual((process.returncode, result(process)["events"]), (22, 0))
        self.assertTrue(process.stderr.startswith(b"ppn: HTTP_UNAUTHORIZED: "), process.stderr)
        self.assertIsNone(result(process)["cpu_us_per_event"])


class AgainstTheAiServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = support.AiServer().__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    def test_completions_over_verified_tls(self):
        question = {"stream": True, "messages": [{"role": "user", "content": "pepper"}]}
        url = self.server.https_url + "/v1/chat/completions?ms=0"
        arguments = ("-c", "4", "-n", "20", *self.server.trust, "--json", json.dumps(question), url)
        plain = ppn("bench", *arguments)
        self.assertEqual((plain.returncode, plain.stderr), (0, b""))
        self.assertEqual((result(plain)["requests"], result(plain)["errors"]), (20, 0))
        streamed = ppn("bench", "--stream", *arguments)
        self.assertEqual((streamed.returncode, streamed.stderr), (0, b""))
        one = support.reports(ppn("stream", "--sse", "--report", *arguments[4:]))[-1]
        self.assertEqual(result(streamed)["events"], 20 * one["events"])

    def test_verification_is_on(self):
        process = ppn("bench", "-c", "1", "-n", "1", self.server.https_url + "/v1/models")
        self.assertEqual(process.returncode, 43)
        self.assertTrue(process.stderr.startswith(b"ppn: CERT_UNTRUSTED: "), process.stderr)

    def test_percentiles_are_those_of_the_requests(self):
        process = ppn("bench", "-c", "1", "-n", "3", *self.server.trust, self.server.https_url + "/slow?ms=40")
        figures = result(process)
        for name in ("p50_ms", "p99_ms"):
            # Off by at most 1/256.
            self.assertGreaterEqual(figures[name], 40 * 255 / 256)
            self.assertLessEqual(figures[name], figures["seconds"] * 1000 * 257 / 256)


if __name__ == "__main__":
    unittest.main()
