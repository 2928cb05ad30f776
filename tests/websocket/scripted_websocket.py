"""A WebSocket server whose connections follow scripts, for what happens over several of them: reconnecting, flapping.

It speaks through the same strict reader as the fuzzing server, so the client is held to the RFC here too.
"""
import contextlib
import socket
import threading
import time

from peer import Peer


class ScriptedWebSocket:
    """`scripts` are functions of a Peer, one for each connection in turn, the last one for all that follow. The
    handshake is left to them. `came` has the time of each connection."""

    def __init__(self, *scripts):
        self._scripts = scripts
        self.came, self.failures, self._threads = [], [], []

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"ws://127.0.0.1:{self._listener.getsockname()[1]}/"
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in [self._acceptor, *self._threads]:
            thread.join(60)
        if self.failures:
            raise self.failures[0]

    def _accept(self):
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            self.came.append(time.monotonic())
            script = self._scripts[min(len(self.came), len(self._scripts)) - 1]
            thread = threading.Thread(target=self._play, args=(accepted, script), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _play(self, accepted, script):
        peer = Peer(accepted)
        try:
            peer.read_request()
            peer.request.check()
            script(peer)
        except Exception as failure:  # shown by __exit__, in the thread of the test
            self.failures.append(failure)
        finally:
            peer.transport.close()

    @property
    def gaps(self):
        """Seconds between a connection and the next."""
        return [later - earlier for earlier, later in zip(self.came, self.came[1:])]


def closes_with(code):
    def script(peer):
        peer.accept()
        peer.close(code)
    return script


def echoes_then(end):
    """A message comes back, so the connection was open and in use; then `end`."""
    def script(peer):
        peer.accept()
        peer.echo("text", b"Hello")
        end(peer)
    return script


def reset(peer):
    peer.transport.reset()


def fin(peer):
    """TCP ends without a Close frame."""
    peer.transport.finish()
    while (event := peer.next_event()) and event[0] != "end":
        pass


def refuses_with(status, *fields):
    def script(peer):
        head = "".join(field + "\r\n" for field in (f"HTTP/1.1 {status}", "Content-Length: 0", *fields))
        peer.send(head.encode() + b"\r\n")
        peer.await_end()
    return script


def deaf(peer, release):
    """Neither reads nor writes after the handshake, until `release` is set."""
    peer.accept()
    if not release.wait(60):
        raise AssertionError("the client did not notice")
