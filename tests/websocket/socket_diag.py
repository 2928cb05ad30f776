"""How many bytes the other end of a loopback connection has not read yet, as sock_diag(7) tells it.

With it a server sends the next piece when the client has read the one before: pieces stay pieces, and nobody sleeps.
"""
import contextlib
import socket
import struct
import time

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_INET_DIAG_MSG_RQUEUE = struct.Struct("=16x 4x 48x 4x I")  # nlmsghdr, inet_diag_msg up to idiag_rqueue


class UnreadBytes:
    """Asks about the client of one accepted IPv4 connection."""

    def __init__(self, accepted):
        client, server = accepted.getpeername(), accepted.getsockname()
        anything = 0xFFFFFFFF
        request = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, anything)
        request += struct.pack("!HH4s12x4s12x", client[1], server[1], socket.inet_aton(client[0]),
                               socket.inet_aton(server[0])) + struct.pack("=III", 0, anything, anything)
        self._query = struct.pack("=IHHII", 16 + len(request), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0) + request
        self._netlink = None
        with contextlib.suppress(OSError):  # without it pieces may arrive together, which is no fault
            self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG)
            self._netlink.settimeout(1)

    def count(self):
        """Bytes the client has not taken; none when it has gone or the kernel does not tell."""
        if self._netlink is None:
            return 0
        try:
            self._netlink.send(self._query)
            answer = self._netlink.recv(4096)
        except OSError:
            return 0
        kind = struct.unpack_from("=4xH", answer)[0]
        return _INET_DIAG_MSG_RQUEUE.unpack_from(answer)[0] if kind == _SOCK_DIAG_BY_FAMILY else 0

    def wait_until_none(self, limit_s):
        """Whether the client has taken everything within the limit."""
        deadline = time.monotonic() + limit_s
        while self.count():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.00002)  # lets the client run; the count ends the wait, no time that was guessed
        return True

    def close(self):
        if self._netlink is not None:
            self._netlink.close()
