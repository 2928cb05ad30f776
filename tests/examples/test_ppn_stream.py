"""ppn stream: events, lines and chunks as they arrive, and every way a stream can end."""
import base64
import json
import signal
import sys
import tempfile
import threading
import unittest

sys.dont_write_bytecode = True

import support  # noqa: E402
from support import LAST_CHUNK, chunk, ppn  # noqa: E402

CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
KINDS = {"sse": ("--sse",), "lines": ("--lines",), "chunks": ("--chunk-size", "1000"), "default": ()}


def stream(data, *arguments):
    """Run ppn stream against a server that sends `data` and closes."""
    def serve(connection):
        if connection.read_request() is not None:
            connection.send(data)
    with support.ScriptedServer(serve) as server:
        return ppn("stream", *arguments, server.url)


class Pieces(unittest.TestCase):
    def test_the_data_of_each_event_is_printed_on_a_line(self):
        data = support.EVENT_STREAM_HEAD + chunk(b"data: a\ndata: b\n\n: comment\nevent: x\ndata: c\n\n") + LAST_CHUNK
        process = stream(data, "--sse")
        self.assertEqual((process.returncode, process.stdout, process.stderr), (0, b"a\nb\nc\n", b""))

    def test_the_report_of_events(self):
        data = support.EVENT_STREAM_HEAD + chunk(
            b'id: 7\nevent: tick\nretry: 50\ndata: "quoted" \xc3\xa9\n\ndata: b\n\nid: 8\n\n') + LAST_CHUNK
        process = stream(data, "--sse", "--report")
        self.assertEqual(process.returncode, 0)
        self.assertEqual(support.reports(process),
                         [{"type": "tick", "data": '"quoted" \u00e9', "id": "7", "retry": 50},
                          {"type": "message", "data": "b", "id": "7", "retry": None},
                          {"end": "ok", "events": 2, "last_event_id": "8", "retry": 50}])

    def test_lines_and_their_report(self):
        data = CHUNKED_HEAD + chunk(b'{"a":1}\r\n\n{"b"') + chunk(b":2}\nlast") + LAST_CHUNK
        self.assertEqual(stream(data, "--lines").stdout, b'{"a":1}\n{"b":2}\nlast\n')
        self.assertEqual(support.reports(stream(data, "--lines", "--report")),
                         [{"line": '{"a":1}'}, {"line": '{"b":2}'}, {"line": "last"},
                          {"end": "ok", "lines": 3, "bytes": 18}])

    def test_chunks_are_raw_and_no_larger_than_asked(self):
        body = bytes(range(256)) * 40
        data = CHUNKED_HEAD + chunk(body) + LAST_CHUNK
        self.assertEqual(stream(data).stdout, body)
        self.assertEqual(stream(data, "--chunk-size", "100").stdout, body)
        *pieces, end = support.reports(stream(data, "--chunk-size", "100", "--report"))
        self.assertEqual(b"".join(base64.b64decode(piece["data_base64"]) for piece in pieces), body)
        for piece in pieces:
            self.assertLessEqual(piece["bytes"], 100)
        self.assertEqual(end, {"end": "ok", "chunks": len(pieces), "bytes": len(body)})

    def test_include_puts_the_head_before_the_data(self):
        process = stream(CHUNKED_HEAD + chunk(b"x") + LAST_CHUNK, "-i")
        self.assertEqual(process.stdout, b"HTTP/1.1 200\r\nContent-Type: application/octet-stream\r\n"
                                         b"Transfer-Encoding: chunked\r\n\r\nx")

    def test_output_goes_to_the_file(self):
        with tempfile.NamedTemporaryFile() as file:
            process = stream(CHUNKED_HEAD + chunk(b"body") + LAST_CHUNK, "-o", file.name)
            self.assertEqual((process.returncode, process.stdout), (0, b""))
            self.assertEqual(file.read(), b"body")


class AsItArrives(unittest.TestCase):
    def test_every_kind_is_printed_before_more_is_sent(self):
        pieces = {"sse": (b"data: one\n\n", b"one\n", b"data: two\n\n", b"two\n"),
                  "lines": (b"one\n", b"one\n", b"two\n", b"two\n"),
                  "chunks": (b"one", b"one", b"two", b"two"), "default": (b"one", b"one", b"two", b"two")}
        for kind, (first, first_seen, second, second_seen) in pieces.items():
            with self.subTest(kind):
                printed = threading.Event()

                def serve(connection):
                    connection.read_request()
                    connection.send((support.EVENT_STREAM_HEAD if kind == "sse" else CHUNKED_HEAD) + chunk(first))
                    if printed.wait(support.DEADLINE_S):
                        connection.send(chunk(second) + LAST_CHUNK)

                with support.ScriptedServer(serve) as server, \
                        support.Child(support.PPN, "stream", *KINDS[kind], server.url) as child:
                    self.assertEqual(child.read_until(first_seen), first_seen)
                    printed.set()
                    self.assertEqual(child.finish(), (0, second_seen, b""))

    def test_reports_are_printed_before_more_is_sent(self):
        printed = threading.Event()

        def serve(connection):
            connection.read_request()
            connection.send(support.EVENT_STREAM_HEAD + chunk(b"data: one\n\n"))
            if printed.wait(support.DEADLINE_S):
                connection.send(LAST_CHUNK)

        with support.ScriptedServer(serve) as server, \
                support.Child(support.PPN, "stream", "--sse", "--report", server.url) as child:
            self.assertEqual(json.loads(child.read_until(b"\n"))["data"], "one")
            printed.set()
            status, out, _ = child.finish()
        self.assertEqual((status, json.loads(out)["end"]), (0, "ok"))


class HowItEnds(unittest.TestCase):
    def assert_ends(self, process, code, status):
        self.assertEqual(process.returncode, status, process.stderr)
        self.assertTrue(process.stderr.startswith(f"ppn: {code}: ".encode()), process.stderr)

    def test_a_connection_that_ends_early_is_named_after_what_arrived(self):
        for kind, head, data, seen in (("sse", support.EVENT_STREAM_HEAD, b"data: one\n\n", b"one\n"),
                                       ("lines", CHUNKED_HEAD, b"one\n", b"one\n"),
                                       ("chunks", CHUNKED_HEAD, b"one", b"one")):
            with self.subTest(kind):
                process = stream(head + chunk(data), *KINDS[kind])
                self.assertEqual(process.stdout, seen)
                self.assertNotEqual(process.returncode, 0)
                self.assertRegex(process.stderr, rb"^ppn: (BODY|STREAM)_TRUNCATED: ")
                *_, end = support.reports(stream(head + chunk(data), *KINDS[kind], "--report"))
                self.assertIn(end["end"], ("BODY_TRUNCATED", "STREAM_TRUNCATED"))

    def test_a_refused_event_stream_shows_status_and_reason(self):
        data = support.response(b'{"error":"no key"}', status="401 No", headers=("Content-Type: application/json",))
        process = stream(data, "--sse")
        self.assert_ends(process, "HTTP_UNAUTHORIZED", 22)
        self.assertEqual(process.stdout, b"")
        self.assertIn(b'{"error":"no key"}', process.stderr)
        process = stream(data, "--sse", "--report")
        self.assert_ends(process, "HTTP_UNAUTHORIZED", 46)
        self.assertEqual(support.reports(process),
                         [{"end": "HTTP_UNAUTHORIZED", "events": 0, "last_event_id": "", "retry": None}])

    def test_chunks_of_an_error_page_are_printed_and_the_status_is_the_failure(self):
        process = stream(support.response(b"page", status="500 No"))
        self.assertEqual(process.stdout, b"page")
        self.assert_ends(process, "HTTP_SERVER_ERROR", 22)

    def test_another_media_type_is_no_event_stream(self):
        process = stream(support.response(b"<html>", headers=("Content-Type: text/html",)), "--sse")
        self.assert_ends(process, "CONTENT_TYPE", 45)

    def test_no_content_is_an_empty_stream(self):
        process = stream(b"HTTP/1.1 204 No Content\r\n\r\n", "--sse", "--report")
        self.assertEqual(process.returncode, 0)
        self.assertEqual([line["end"] for line in support.reports(process)], ["ok"])

    def test_a_profile_ends_the_stream_at_its_marker(self):
        text = b'data: {"choices":[]}\n\ndata: [DONE]\n\n'
        process = stream(support.EVENT_STREAM_HEAD + chunk(text), "--sse", "--profile", "openai")
        self.assertEqual((process.returncode, process.stdout, process.stderr), (0, b'{"choices":[]}\n', b""))
        process = stream(support.EVENT_STREAM_HEAD + chunk(b"data: 1\n\n") + LAST_CHUNK, "--sse", "--profile", "openai")
        self.assertEqual(process.returncode, 47)
        self.assertIn(b"ppn: STREAM_TRUNCATED: ", process.stderr)

    def test_an_error_inside_a_stream_is_named_with_its_text(self):
        error = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
        process = stream(support.EVENT_STREAM_HEAD + chunk(error) + LAST_CHUNK, "--sse", "--profile", "anthropic")
        self.assertEqual(process.returncode, 47)
        self.assertEqual(process.stderr, b"ppn: STREAM_ERROR_EVENT: the stream reports an error: Overloaded "
                                         b"(overloaded_error)\n")

    def test_reconnect_goes_on_after_the_last_event(self):
        requests = []

        def serve(connection):
            request = connection.read_request()
            if request is None:
                return
            requests.append(request)
            if len(requests) == 1:
                connection.send(support.EVENT_STREAM_HEAD + chunk(b"retry: 1\nid: 7\ndata: a\n\n"))
            elif len(requests) == 2:
                connection.send(support.EVENT_STREAM_HEAD + chunk(b"data: b\n\n") + LAST_CHUNK)
            else:
                connection.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        with support.ScriptedServer(serve) as server:
            process = ppn("stream", "--sse", "--reconnect", server.url)
        self.assertEqual((process.returncode, process.stdout, process.stderr), (0, b"a\nb\n", b""))
        self.assertEqual([b"Last-Event-ID: 7" in head for head, _ in requests], [False, True, True])

    def test_retry_repeats_a_stream_that_breaks_before_its_first_event(self):
        requests = []

        def serve(connection):
            if connection.read_request() is not None:
                requests.append(1)
                body = chunk(b": wait\n") if len(requests) == 1 else chunk(b"data: a\n\n") + LAST_CHUNK
                connection.send(support.EVENT_STREAM_HEAD + body)
        with support.ScriptedServer(serve) as server:
            process = ppn("stream", "--sse", "--retry", "2", "--set", "backoff_factor=0", server.url)
        self.assertEqual((process.returncode, process.stdout), (0, b"a\n"), process.stderr)
        self.assertEqual(len(requests), 2)

    def test_a_head_that_was_shown_is_not_taken_back_by_a_retry(self):
        requests, shown = [], threading.Event()

        def serve(connection):
            if connection.read_request() is not None:
                requests.append(1)
                connection.send(support.EVENT_STREAM_HEAD + chunk(b": wait\n"))
                shown.wait(support.DEADLINE_S)
        with support.ScriptedServer(serve) as server:
            words = ("stream", "--sse", "--retry", "2", "--set", "backoff_factor=0", "-i", server.url)
            with support.Child(support.PPN, *words) as child:
                child.read_until(b"\r\n\r\n")
                shown.set()
                status, _, stderr = child.finish()
        self.assertEqual((status, len(requests)), (47, 1), stderr)

    def test_a_silent_stream_is_ended_by_the_idle_timeout(self):
        def serve(connection):
            connection.read_request()
            connection.send(support.EVENT_STREAM_HEAD + chunk(b"data: one\n\n"))
            connection.hold()
        with support.ScriptedServer(serve) as server:
            process = ppn("stream", "--sse", "--set", "stream_idle_timeout_ms=200", server.url)
        self.assertEqual(process.stdout, b"one\n")
        self.assert_ends(process, "STREAM_IDLE_TIMEOUT", 44)

    def test_max_time_ends_a_stream_too(self):
        def serve(connection):
            connection.read_request()
            connection.send(support.EVENT_STREAM_HEAD + chunk(b"data: one\n\n"))
            connection.hold()
        with support.ScriptedServer(serve) as server:
            process = ppn("stream", "--sse", "--max-time", "0.3", server.url)
        self.assertEqual((process.returncode, process.stdout), (44, b"one\n"))

    def test_an_event_that_is_too_large_is_named(self):
        data = support.EVENT_STREAM_HEAD + chunk(b"data: " + b"x" * 5000 + b"\n\n") + LAST_CHUNK
        process = stream(data, "--sse", "--set", "max_event_bytes=1000", "--set", "max_line_bytes=1000")
        self.assert_ends(process, "STREAM_EVENT_TOO_LARGE", 47)

    def test_bad_input_ends_it_before_anything_is_sent(self):
        for arguments, code, status in ((("ftp://x/",), "UNSUPPORTED_SCHEME", 41),
                                        (("-H", "X: a\r\nb", "http://127.0.0.1:1/"), "INVALID_HEADER", 41),
                                        (("--set", "no_such_option=1", "http://127.0.0.1:1/"), "CONFIG_ERROR", 41),
                                        (("--json", "{", "http://127.0.0.1:1/"), "JSON_PARSE", 45)):
            with self.subTest(code):
                process = ppn("stream", "--sse", "--report", *arguments)
                self.assert_ends(process, code, status)
                self.assertEqual([line["end"] for line in support.reports(process)], [code])

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        gone = threading.Event()

        def serve(connection):
            connection.read_request()
            connection.send(CHUNKED_HEAD + chunk(b"one"))
            if gone.wait(support.DEADLINE_S):
                connection.send(chunk(b"two") + chunk(b"three"))
                connection.hold()

        with support.ScriptedServer(serve) as server, support.Child(support.PPN, "stream", server.url) as child:
            child.read_until(b"one")
            child.process.stdout.close()
            gone.set()
            self.assertEqual(child.process.wait(support.DEADLINE_S), -signal.SIGPIPE)
            self.assertEqual(child.process.stderr.read(), b"")

    def test_an_interrupt_cancels_the_stream(self):
        def serve(connection):
            connection.read_request()
            connection.send(support.EVENT_STREAM_HEAD + chunk(b"data: one\n\n"))
            connection.hold()
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number), support.ScriptedServer(serve) as server, \
                    support.Child(support.PPN, "stream", "--sse", "--report", server.url) as child:
                child.read_until(b"\n")
                child.process.send_signal(number)
                status, out, err = child.finish()
                self.assertEqual((status, err), (128 + number, b""))
                self.assertEqual(json.loads(out), {"end": "CANCELLED", "events": 1, "last_event_id": "", "retry": None})


class AgainstTheAiServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = support.AiServer().__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    def test_a_streamed_completion_over_verified_tls(self):
        question = {"model": "demo", "stream": True, "messages": [{"role": "user", "content": "pepper"}]}
        process = ppn("stream", "--sse", "--report", *self.server.trust, "--json", json.dumps(question),
                      self.server.https_url + "/v1/chat/completions")
        *events, end = support.reports(process)
        self.assertEqual((process.returncode, end["end"], end["events"]), (0, "ok", len(events)))
        self.assertEqual(events[-1]["data"], "[DONE]")
        self.assertGreater(len(events), 2)
        for event in events[:-1]:
            self.assertIn("choices", json.loads(event["data"]))

    def test_a_dripping_body_arrives_whole(self):
        process = ppn("stream", *self.server.trust, self.server.https_url + "/drip?n=5&ms=1")
        self.assertEqual(process.returncode, 0)
        self.assertTrue(process.stdout)


if __name__ == "__main__":
    unittest.main()
