"""ppn: the line that says on a terminal how far long work is. Servers answer when the test has seen it."""
import contextlib
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.dont_write_bytecode = True

import support  # noqa: E402

CLEARED = b"\r\x1b[K"


class OnATerminal:
    """A program whose standard error is a terminal."""

    def __init__(self, *arguments):
        self._terminal, slave = os.openpty()
        self.process = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=slave, env=support.ENVIRONMENT)
        os.close(slave)
        self.seen = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        os.close(self._terminal)

    def _read(self):
        deadline = time.monotonic() + support.DEADLINE_S
        if not select.select([self._terminal], [], [], max(0, deadline - time.monotonic()))[0]:
            raise TimeoutError(f"there is {self.seen!r}")
        # The end of the last writer is an error here.
        with contextlib.suppress(OSError):
            piece = os.read(self._terminal, 65536)
            self.seen += piece
            return bool(piece)
        return False

    def read_until(self, pattern, times=1):
        while len(re.findall(pattern, self.seen)) < times:
            if not self._read():
                raise EOFError(f"the program ended; there is {self.seen!r}")

    def finish(self):
        """(exit status, standard output); `seen` is complete then."""
        while self._read():
            pass
        out = self.process.communicate(timeout=support.DEADLINE_S)[0]
        return self.process.returncode, out


class Progress(unittest.TestCase):
    def holding(self, before=b"", after=support.response(b"ok")):
        """A server that sends `before`, and `after` once `seen` is set; and `seen`."""
        seen = threading.Event()

        def serve(connection):
            while connection.read_request() is not None:
                connection.send(before)
                if not seen.wait(support.DEADLINE_S):
                    return
                connection.send(after)
        return support.ScriptedServer(serve, parallel=True), seen

    def assert_cleared(self, terminal):
        self.assertTrue(terminal.seen.endswith(CLEARED), terminal.seen)
        # No line is longer than what it is cleared with, and none is left by a line end.
        self.assertNotIn(b"\n", terminal.seen)

    def test_several_urls(self):
        server, seen = self.holding()
        with server, OnATerminal(support.PPN, "request", server.url, server.url) as terminal:
            terminal.read_until(rb"\rppn: 1 of 2, \d+ s\x1b\[K", times=2)
            seen.set()
            self.assertEqual(terminal.finish(), (0, b"okok"))
            self.assert_cleared(terminal)

    def test_a_download_to_a_file(self):
        for command in ("request", "stream"):
            server, seen = self.holding(before=b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab", after=b"cd")
            line = rb"\rppn: 1 of 1, \d+ s\x1b\[K" if command == "request" else rb"\rppn: 2 bytes\x1b\[K"
            with self.subTest(command), tempfile.TemporaryDirectory() as folder, server, \
                    OnATerminal(support.PPN, command, "-o", folder + "/body", server.url) as terminal:
                terminal.read_until(line)
                seen.set()
                self.assertEqual(terminal.finish(), (0, b""))
                self.assert_cleared(terminal)
                self.assertEqual(pathlib.Path(folder, "body").read_bytes(), b"abcd")

    def test_bench(self):
        server, seen = self.holding()
        with server, OnATerminal(support.PPN, "bench", "-c", "2", "-n", "3", server.url) as terminal:
            terminal.read_until(rb"\rppn: 0 of 3, errors: 0\x1b\[K")
            seen.set()
            status, out = terminal.finish()
            self.assertEqual(status, 0)
            self.assertIn(b'"requests":3,"errors":0,', out)
            self.assert_cleared(terminal)

    def test_an_error_line_is_written_on_a_clear_line(self):
        server, seen = self.holding(after=support.response(b"no", status="503 Busy"))
        with server, OnATerminal(support.PPN, "request", "--report", server.url, "http://127.0.0.1:1/") as terminal:
            terminal.read_until(rb"\rppn: 1 of 2, ")
            seen.set()
            self.assertEqual(terminal.finish()[0], 42)
        self.assertRegex(terminal.seen, rb"\x1b\[Kppn: CONNECT_FAILED: [^\r\n]*\r\n$")

    def test_it_is_not_shown_with_silent_and_on_no_terminal(self):
        server, seen = self.holding()
        with server, OnATerminal(support.PPN, "request", "-s", server.url, server.url) as silent, \
                OnATerminal(support.PPN, "request", server.url) as single, \
                support.Child(support.PPN, "request", server.url, server.url) as piped, \
                OnATerminal(support.PPN, "request", server.url, server.url) as shown:
            # By then the others, which began earlier, would have shown theirs.
            shown.read_until(rb"\rppn: 1 of 2, ", times=3)
            seen.set()
            self.assertEqual((silent.finish(), silent.seen), ((0, b"okok"), b""))
            self.assertEqual((single.finish(), single.seen), ((0, b"ok"), b""))
            self.assertEqual(piped.finish(), (0, b"okok", b""))
            self.assertEqual(shown.finish(), (0, b"okok"))

    def test_it_is_drawn_at_most_five_times_a_second(self):
        server, seen = self.holding()
        with server:
            began = time.monotonic()
            with OnATerminal(support.PPN, "bench", "-c", "1", "-n", "1", server.url) as terminal:
                terminal.read_until(rb"\rppn: ", times=4)
                self.assertGreaterEqual(time.monotonic() - began, 0.79)
                seen.set()
                terminal.finish()


if __name__ == "__main__":
    unittest.main()
