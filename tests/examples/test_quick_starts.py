"""The example programs against the local AI server, and against servers that do wrong."""
import re
import sys
import threading
import unittest

sys.dont_write_bytecode = True

import support  # noqa: E402

C_PROGRAMS = ("quickstart", "dlopen_quickstart", "chat_stream", "chat_pull", "cancel")
POLICY_PROGRAMS = ("retry", "rate_limited_batch", "middleware_trace")
CPP_POLICY_PROGRAMS = tuple("cpp_" + name for name in POLICY_PROGRAMS)
CHATS = ("ws_chat", "cpp_ws_chat")
PROGRAMS = (*C_PROGRAMS, *CHATS, "ws_reconnect", "cpp_quickstart", "cpp_chat_stream", *POLICY_PROGRAMS,
            *CPP_POLICY_PROGRAMS)
STREAMS = ("chat_stream", "chat_pull", "cpp_chat_stream")
QUICK_STARTS = ("quickstart", "cpp_quickstart")


def token(text):
    return support.chunk(b'data: {"choices":[{"delta":{"content":"' + text + b'"}}]}\n\n')


class AgainstTheAiServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = support.AiServer().__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    def run_example(self, name, **environment):
        return support.run(support.EXAMPLES / name, environment={**self.server.environment, **environment})

    def test_quickstarts_print_the_model_and_the_completion(self):
        for name in QUICK_STARTS:
            with self.subTest(name):
                process = self.run_example(name)
                self.assertEqual((process.returncode, process.stderr), (0, b""))
                lines = process.stdout.decode().splitlines()
                self.assertRegex(lines[1], r"^  /data/0/id = .+")
                self.assertRegex(lines[3], r"^  /choices/0/message/content = .+")

    def test_quickstarts_of_c_and_cpp_print_the_same(self):
        c, cpp = (self.run_example(name).stdout for name in QUICK_STARTS)
        self.assertEqual(c, cpp)
        self.assertNotEqual(c, b"")

    def test_dlopen_quickstart_prints_the_model(self):
        process = self.run_example("dlopen_quickstart")
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        self.assertRegex(process.stdout.decode(), r"^loaded version \d+, first model: .+\n$")

    def test_dlopen_quickstart_does_not_need_the_library_to_start(self):
        process = self.run_example("dlopen_quickstart", PEPPERPY_DEMO_LIBRARY="/nowhere/libpepperpy_network.so")
        self.assertEqual(process.returncode, 1)
        self.assertIn(b"/nowhere/libpepperpy_network.so", process.stderr)

    def test_streams_print_the_text_of_the_unary_completion(self):
        unary = self.run_example("quickstart").stdout.decode().splitlines()[3].split(" = ", 1)[1]
        for name in STREAMS:
            with self.subTest(name):
                process = self.run_example(name)
                self.assertEqual((process.returncode, process.stderr), (0, b""))
                self.assertEqual(process.stdout.decode().strip(), unary.strip())

    def test_cancel_gets_one_completion_at_once(self):
        process = self.run_example("cancel")
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        shown = re.match(r"^(\d+) event\(s\), then 1 completion: CANCELLED, (\d+\.\d+) ms after the cancel\n$",
                         process.stdout.decode())
        self.assertTrue(shown, process.stdout)
        self.assertGreaterEqual(int(shown[1]), 1)
        self.assertLess(float(shown[2]), 50 if not support.sanitizer() else 1000)

    def lines_of(self, name):
        process = self.run_example(name)
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        return process.stdout.decode().splitlines()

    def test_retries_repeat_what_may_be_repeated(self):
        for name in ("retry", "cpp_retry"):
            with self.subTest(name):
                self.assertEqual([re.sub(r"in \d+ ms", "in N ms", line) for line in self.lines_of(name)], [
                    "GET fail=2&status=503&retry-after=0, no idempotency key",
                    "  attempt 1: status 503",
                    "  another attempt in N ms",
                    "  attempt 2: status 503",
                    "  another attempt in N ms",
                    "  attempt 3: status 200",
                    "POST fail=1&status=500, no idempotency key",
                    "  attempt 1: status 500",
                    "  no other attempt: unsafe_method",
                    "POST fail=1&status=500, with an idempotency key",
                    "  attempt 1: status 500",
                    "  another attempt in N ms",
                    "  attempt 2: status 200"])

    def test_a_batch_keeps_the_rate_and_the_order(self):
        for name in ("rate_limited_batch", "cpp_rate_limited_batch"):
            with self.subTest(name):
                lines = self.lines_of(name)
                self.assertEqual(lines[:12], [f"{done} of 12 done" for done in range(1, 13)])
                self.assertEqual(lines[12:24], [f"result {i}: status 200, index={i}" for i in range(12)])
                shown = re.match(r"^12 requests in (\d+) ms: 4 at once, then 20 a second$", lines[24])
                # The limit is exact: the twelfth request is the eighth after the burst, 50 ms apart.
                self.assertGreaterEqual(int(shown[1]), 399)
                self.assertEqual(len(lines), 25)

    def test_middleware_signs_traces_and_answers(self):
        for name in ("middleware_trace", "cpp_middleware_trace"):
            with self.subTest(name):
                lines = self.lines_of(name)
                trace = re.match(r"^  the server got traceparent: 00-([0-9a-f]{32})-([0-9a-f]{16})-01$", lines[6])
                self.assertTrue(trace, lines)
                self.assertEqual(lines[:6], [
                    "GET echo", "  request: before", "  attempt: number 1 waits for its signature",
                    "  attempt: signed by another thread", "  request: after, status 200",
                    "  the server got X-Signature: 1234"])
                self.assertEqual(lines[7:], [
                    "  attempts: 1", "GET cached", "  request: before", "  request: answered here",
                    "  request: after, status 200", "  attempts: 0"])

    def test_middleware_signs_each_attempt_of_a_server_that_is_not_there(self):
        for name in ("middleware_trace", "cpp_middleware_trace"):
            with self.subTest(name):
                process = support.run(support.EXAMPLES / name, "http://127.0.0.1:1", "key", "",
                                      environment={"PEPPERPY_NETWORK_MAX_RETRIES": "2",
                                                   "PEPPERPY_NETWORK_BACKOFF_FACTOR": "0"})
                self.assertEqual(process.returncode, 1)
                self.assertIn(b"middleware_trace: CONNECT_FAILED: ", process.stderr)
                self.assertEqual(process.stdout.count(b"signed by another thread"), 3)

    def test_a_conversation_over_a_websocket_prints_questions_and_answers(self):
        for name in CHATS:
            with self.subTest(name):
                first, said, second, more = self.lines_of(name)
                self.assertEqual((first, second), ("> Say something about pepper.", "> And about salt?"))
                self.assertTrue(said.startswith("You said: Say something about pepper. - "), said)
                self.assertTrue(more.startswith("You said: And about salt? - "), more)

    def test_a_lost_conversation_is_asked_again_with_a_new_token(self):
        cut = "You said: Tell me"
        *lines, unsent = self.lines_of("ws_reconnect")
        self.assertEqual(lines[:2], [f"connection 1: {cut}", f"connection 2: {cut}"])
        self.assertRegex(lines[2], f"^connection 3: {cut} about pepper. - .+")
        self.assertEqual((len(lines), unsent), (3, "0 message(s) not sent"))

    def test_a_conversation_that_is_lost_too_often_says_what_was_not_sent(self):
        process = self.run_example("ws_reconnect", PEPPERPY_DEMO_DROPS="9")
        self.assertEqual(process.returncode, 1)
        self.assertRegex(process.stderr, rb"^ws_reconnect: (WS_CLOSED|WS_RECONNECT_EXHAUSTED): ")
        lines = process.stdout.decode().splitlines()
        self.assertEqual([line.split(":")[0] for line in lines[:3]], ["connection 1", "connection 2", "connection 3"])
        self.assertEqual(lines[3:], ["1 message(s) not sent",
                                     '  {"type": "response.create", "input": "Tell me about pepper."}'])

    def test_arguments_win_over_the_environment(self):
        for name in PROGRAMS:
            with self.subTest(name):
                process = support.run(support.EXAMPLES / name, self.server.https_url, self.server.api_key,
                                      self.server.ca_file,
                                      environment={**self.server.environment, "PEPPERPY_DEMO_URL": "http://[",
                                                   "PEPPERPY_DEMO_KEY": "no", "PEPPERPY_DEMO_CA": "/nowhere"})
                self.assertEqual((process.returncode, process.stderr), (0, b""))

    def test_a_wrong_key_is_named(self):
        for name in (*QUICK_STARTS, *STREAMS, "cancel"):
            with self.subTest(name):
                process = self.run_example(name, PEPPERPY_DEMO_KEY="not-the-key")
                self.assertEqual(process.returncode, 1)
                self.assertIn(b": HTTP_UNAUTHORIZED: ", process.stderr)
                self.assertNotIn(b"not-the-key", process.stderr)
        process = self.run_example("ws_reconnect", PEPPERPY_DEMO_KEY="not-the-key")
        self.assertEqual(process.returncode, 1)
        self.assertIn(b": HTTP_UNAUTHORIZED: ", process.stderr)
        for name in CHATS:
            process = self.run_example(name, PEPPERPY_DEMO_KEY="not-the-key")
            self.assertEqual(process.returncode, 1)
            self.assertIn(b": WS_HANDSHAKE: ", process.stderr)

    def test_a_server_that_is_not_trusted_is_named(self):
        for name in PROGRAMS:
            with self.subTest(name):
                process = self.run_example(name, PEPPERPY_DEMO_CA="")
                self.assertEqual(process.returncode, 1)
                self.assertIn(b": CERT_UNTRUSTED: ", process.stderr)


class OnTheCommandLine(unittest.TestCase):
    def test_help_is_printed(self):
        for name in PROGRAMS:
            with self.subTest(name):
                process = support.run(support.EXAMPLES / name, "--help")
                self.assertEqual((process.returncode, process.stderr), (0, b""))
                self.assertTrue(process.stdout.startswith(b"usage: " + name.removeprefix("cpp_").encode() + b" "))

    def test_unknown_options_and_too_many_arguments_are_refused(self):
        for name in PROGRAMS:
            for arguments in (("--nothing",), ("a", "b", "c", "d")):
                with self.subTest(name, arguments=arguments):
                    process = support.run(support.EXAMPLES / name, *arguments)
                    self.assertEqual((process.returncode, process.stdout), (1, b""))
                    self.assertTrue(process.stderr.startswith(b"usage: "))

    def test_a_url_that_does_not_fit_is_refused(self):
        for name in C_PROGRAMS:
            with self.subTest(name):
                process = support.run(support.EXAMPLES / name, "http://127.0.0.1/" + "a" * 2000, "key", "",
                                      environment={"PEPPERPY_DEMO_LIBRARY": str(support.LIBRARY)})
                self.assertEqual(process.returncode, 1)
                self.assertIn(b": INVALID_ARGUMENT", process.stderr)


class AgainstScriptedServers(unittest.TestCase):
    def test_tokens_are_printed_as_they_arrive(self):
        for name in STREAMS:
            with self.subTest(name):
                printed = threading.Event()

                def serve(connection):
                    connection.read_request()
                    connection.send(support.EVENT_STREAM_HEAD + token(b"first"))
                    # The second token is not sent before the first was seen on the program's output.
                    if printed.wait(support.DEADLINE_S):
                        connection.send(token(b" second") + support.chunk(b"data: [DONE]\n\n") + support.LAST_CHUNK)

                with support.ScriptedServer(serve) as server, \
                        support.Child(support.EXAMPLES / name, server.url, "key", "") as child:
                    self.assertEqual(child.read_until(b"first"), b"first")
                    printed.set()
                    self.assertEqual(child.finish(), (0, b" second\n", b""))

    def test_a_stream_without_its_done_is_an_error(self):
        data = support.EVENT_STREAM_HEAD + token(b"half") + support.LAST_CHUNK
        for name in STREAMS:
            with self.subTest(name), support.ScriptedServer(support.answer_everything(data)) as server:
                process = support.run(support.EXAMPLES / name, server.url, "key", "")
                self.assertEqual((process.returncode, process.stdout), (1, b"half\n"))
                self.assertIn(b": STREAM_TRUNCATED: ", process.stderr)

    def test_cancel_ends_a_stream_that_goes_on_and_is_silent(self):
        def serve(connection):
            connection.read_request()
            connection.send(support.EVENT_STREAM_HEAD + token(b"first"))
            connection.hold()
        with support.ScriptedServer(serve) as server:
            process = support.run(support.EXAMPLES / "cancel", server.url, "key", "")
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        self.assertTrue(process.stdout.startswith(b"1 event(s), then 1 completion: CANCELLED, "), process.stdout)

    def test_cancel_says_when_there_was_nothing_to_cancel(self):
        data = support.response(b"", headers=("Content-Type: text/event-stream",))
        with support.ScriptedServer(support.answer_everything(data)) as server:
            process = support.run(support.EXAMPLES / "cancel", server.url, "key", "")
        self.assertEqual((process.returncode, process.stdout), (1, b""))
        self.assertEqual(process.stderr, b"cancel: OK: it ended before it was cancelled\n")

    def test_a_connection_that_ends_inside_the_stream_is_an_error(self):
        def serve(connection):
            connection.read_request()
            connection.send(support.EVENT_STREAM_HEAD + token(b"half"))
        for name in STREAMS:
            with self.subTest(name), support.ScriptedServer(serve) as server:
                process = support.run(support.EXAMPLES / name, server.url, "key", "")
                self.assertEqual((process.returncode, process.stdout), (1, b"half\n"))
                self.assertIn(b"_TRUNCATED: ", process.stderr)

    def test_escapes_in_a_token_are_undone(self):
        data = (support.EVENT_STREAM_HEAD + token(rb"a\n\"b\"\\\/c") + support.chunk(b"data: [DONE]\n\n") +
                support.LAST_CHUNK)
        for name in STREAMS:
            with self.subTest(name), support.ScriptedServer(support.answer_everything(data)) as server:
                process = support.run(support.EXAMPLES / name, server.url, "key", "")
                self.assertEqual((process.returncode, process.stdout), (0, b'a\n"b"\\/c\n'))


if __name__ == "__main__":
    unittest.main()
