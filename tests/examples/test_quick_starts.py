"""The example programs against the local AI server, and against servers that do wrong."""
import re
import sys
import threading
import unittest

sys.dont_write_bytecode = True

import support  # noqa: E402

C_PROGRAMS = ("quickstart", "dlopen_quickstart", "chat_stream", "chat_pull", "cancel")
PROGRAMS = (*C_PROGRAMS, "cpp_quickstart", "cpp_chat_stream")
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
