"""One accepted connection, plain or TLS: sends while it reads, so that neither side can block the other for ever."""
import contextlib
import select
import socket
import ssl
import struct
import time

from socket_diag import UnreadBytes

_PIECE = 1 << 18
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Limits:
    """How long a client may take where it has to do something."""
    wait_s = 20
    fast_s = 5  # to see a fault that is already there




class Transport:
    def __init__(self, accepted, context=None):
        self._unread = UnreadBytes(accepted)
        accepted.settimeout(Limits.wait_s)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(accepted, server_side=True) if context else accepted
        self._socket.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._socket.fileno(), select.POLLIN)
        self.inbox = bytearray()
        self.ended = ""  # how the client ended: "FIN" or "RST"
        self.reading = True

    def _read_some(self):
        """Whether anything came, the end included."""
        if self.ended:
            return False
        try:
            piece = self._socket.recv(_PIECE)
        except _LATER:
            return False
        except ssl.SSLError:
            piece = b""  # a TCP end without close_notify
        except OSError:
            self.ended = "RST"
            return True
        self.inbox += piece
        if not piece:
            self.ended = "FIN"
        return True

    def _wait(self, events, deadline):
        self._poll.modify(self._socket.fileno(), events)
        left = deadline - time.monotonic()
        return left > 0 and bool(self._poll.poll(left * 1000))

    def receive(self, limit_s=None):
        """Read something. False when nothing came within the limit, or nothing can come any more."""
        deadline = time.monotonic() + (limit_s or Limits.wait_s)
        while not self._read_some():
            if self.ended or not self._wait(select.POLLIN, deadline):
                return False
        return True

    def send(self, data, limit_s=None):
        """How many bytes the kernel took. Fewer than all: the client has gone, or took nothing within the limit."""
        view, sent = memoryview(data), 0
        deadline = time.monotonic() + (limit_s or Limits.wait_s)
        while sent < len(view):
            try:
                sent += self._socket.send(view[sent:sent + _PIECE])
                deadline = time.monotonic() + (limit_s or Limits.wait_s)
                continue
            except _LATER:
                pass
            except OSError:
                break
            if self.reading:
                self._read_some()
            listen = select.POLLIN if self.reading and not self.ended else 0
            if not self._wait(select.POLLOUT | listen, deadline):
                break
        return sent

    def send_in_pieces(self, data, size, apart=True):
        """Each piece in a segment of its own; `apart`: only after the client has read the one before."""
        for at in range(0, len(data), size):
            if self.send(data[at:at + size]) == 0:
                return
            if apart:
                self._unread.wait_until_none(Limits.wait_s)

    def wait_until_read(self, limit_s=None):
        return self._unread.wait_until_none(limit_s)

    def finish(self):
        """No more from us: close_notify where there is TLS, then FIN. What the client sends can still be read."""
        with contextlib.suppress(OSError, ValueError):
            if isinstance(self._socket, ssl.SSLSocket):
                with contextlib.suppress(*_LATER):
                    self._socket.unwrap()
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_WR)

    def reset(self):
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
        self.ended = self.ended or "RST"

    def close(self):
        self._unread.close()
        self._socket.close()
