"""ppn ws when the other side is half gone, overloaded or flapping. Only structure is asserted, no upper wall times."""
import functools
import sys
import threading
import unittest

sys.dont_write_bytecode = True

from ppn_client import WEBSOCKET_ERROR, arguments, support  # noqa: E402
from scripted_websocket import (ScriptedWebSocket, closes_with, deaf, echoes_then, fin, refuses_with,  # noqa: E402
                                reset)

LIVELY = {"ping_interval_ms": 300, "pong_timeout_ms": 300}
ATTEMPTS = 3
RECONNECTS = {"reconnect": "on", "reconnect_attempts": ATTEMPTS}
# SEMANTICS 3.5.8: after the first, a delay is at least half of 500 ms. Half of that again is left to the clock.
SHORTEST_DELAY_S = 0.125


class Faults(unittest.TestCase):
    def play(self, *scripts, options=None, echo=True, stdin=b""):
        """(the ended process, the server)."""
        with ScriptedWebSocket(*scripts) as server:
            process = support.ppn(*arguments(server.url, options or {}, echo), stdin=stdin)
        return process, server

    def assert_ends(self, process, status, code=None):
        self.assertEqual(process.returncode, status, process.stderr)
        self.assertEqual(process.stderr.split(b":")[1:2], [f" {code}".encode()] if code else [], process.stderr)


class HalfOpen(Faults):
    def test_a_peer_that_stopped_is_found_by_ping(self):
        release = threading.Event()
        with ScriptedWebSocket(functools.partial(deaf, release=release)) as server:
            process = support.ppn(*arguments(server.url, LIVELY))
            release.set()
        self.assert_ends(process, WEBSOCKET_ERROR, "WS_PING_TIMEOUT")
        self.assertEqual(len(server.came), 1)

    def test_a_peer_that_stopped_is_found_while_much_waits_to_be_sent(self):
        """The kernel's buffers are full, so not even a ping gets out."""
        release = threading.Event()
        with ScriptedWebSocket(functools.partial(deaf, release=release)) as server:
            process = support.ppn(*arguments(server.url, LIVELY, echo=False), stdin=(b"x" * 8000 + b"\n") * 4000)
            release.set()
        self.assertEqual(process.returncode, WEBSOCKET_ERROR, process.stderr)
        self.assertRegex(process.stderr, rb"(?m)^ppn: (WS_PING_TIMEOUT|WS_QUEUE_FULL|WS_CLOSE_TIMEOUT): ")

    def test_an_end_of_tcp_without_a_close_is_an_error(self):
        for end in (reset, fin):
            with self.subTest(end.__name__):
                process, server = self.play(echoes_then(end))
                self.assertIn(process.returncode, (WEBSOCKET_ERROR, 42))
                self.assertEqual(len(server.came), 1)


class Reconnecting(Faults):
    def test_without_the_option_nothing_comes_back(self):
        for code in (1001, 1011, 1012, 1013):
            with self.subTest(code):
                self.assertEqual(len(self.play(closes_with(code))[1].came), 1)

    def test_an_overloaded_server_is_not_stormed(self):
        process, server = self.play(closes_with(1013), options=RECONNECTS)
        self.assert_ends(process, WEBSOCKET_ERROR, "WS_RECONNECT_EXHAUSTED")
        self.assertEqual(len(server.came), 1 + ATTEMPTS)
        for gap in server.gaps[1:]:
            self.assertGreater(gap, SHORTEST_DELAY_S)

    def test_clients_of_one_server_do_not_come_back_together(self):
        """Four clients lose their server at once; the first delay is random."""
        first = []
        for _ in range(4):
            process, server = self.play(closes_with(1013), closes_with(1000), options=RECONNECTS)
            self.assert_ends(process, 0)
            self.assertEqual(len(server.came), 2)
            first.append(server.gaps[0])
        self.assertGreater(max(first) - min(first), 0.002, first)

    def test_flapping_does_not_begin_the_count_anew(self):
        """Each connection opens and carries a message, and none of them lives long enough to count as stable."""
        for end in (reset, fin):
            with self.subTest(end.__name__):
                process, server = self.play(echoes_then(end), options=RECONNECTS)
                self.assert_ends(process, WEBSOCKET_ERROR, "WS_RECONNECT_EXHAUSTED")
                self.assertEqual(len(server.came), 1 + ATTEMPTS)

    def test_the_conversation_goes_on_after_a_reset(self):
        process, server = self.play(echoes_then(reset), echoes_then(lambda peer: peer.close()), options=RECONNECTS)
        self.assert_ends(process, 0)
        self.assertEqual(len(server.came), 2)

    def test_a_refusal_says_when_to_come_back(self):
        process, server = self.play(closes_with(1013), refuses_with("503 Service Unavailable", "Retry-After: 2"),
                                    closes_with(1000), options=RECONNECTS)
        self.assert_ends(process, 0)
        self.assertEqual(len(server.came), 3)
        self.assertGreater(server.gaps[1], 1.9)

    def test_codes_that_would_come_again_end_it(self):
        for code in (1002, 1003, 1007, 1008, 1009, 1010, 3000, 4000):
            with self.subTest(code):
                process, server = self.play(closes_with(code), options=RECONNECTS)
                self.assertEqual((process.returncode, len(server.came)), (WEBSOCKET_ERROR, 1), process.stderr)

    def test_a_normal_end_is_the_end(self):
        process, server = self.play(closes_with(1000), options=RECONNECTS)
        self.assertEqual((process.returncode, len(server.came)), (0, 1), process.stderr)

    def test_a_refusal_that_would_come_again_ends_it(self):
        for status in ("400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found"):
            with self.subTest(status):
                process, server = self.play(closes_with(1013), refuses_with(status), options=RECONNECTS)
                self.assertEqual((process.returncode, len(server.came)), (WEBSOCKET_ERROR, 2), process.stderr)


if __name__ == "__main__":
    unittest.main()
