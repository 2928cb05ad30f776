"""What the tests of the programs share: where the programs are, running them, and servers to run them against.

Nothing here sleeps: servers say when they are ready, and every wait has a deadline.
"""
import contextlib
import json
import os
import pathlib
import select
import socket
import struct
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = pathlib.Path(os.environ.get("PPN_TEST_VECTORS", ROOT / "tests" / "vectors"))
BUILD = pathlib.Path(os.environ.get("PPN_BUILD_DIR", ROOT / "build" / "release"))
EXAMPLES = pathlib.Path(os.environ.get("PPN_EXAMPLES_DIR", BUILD / "bin"))
PPN = pathlib.Path(os.environ.get("PPN_COMMAND", EXAMPLES / "ppn"))
AI_SERVER = pathlib.Path(os.environ.get("PPN_AI_SERVER", EXAMPLES / "ppn-ai-server"))
LIBRARY = BUILD / "lib" / "libpepperpy_network.so"

DEADLINE_S = 60

# What the machine's user has set for programs like ours must not decide a test.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PEPPERPY_")}


def sanitizer():
    """The sanitizer of this build: address, thread, or nothing."""
    cache = BUILD / "CMakeCache.txt"
    lines = cache.read_text().splitlines() if cache.exists() else []
    return next((line.partition("=")[2] for line in lines if line.startswith("PPN_SANITIZE:")), "")


def run(*arguments, stdin=b"", environment=None, cwd=None):
    """Run a program to its end. Its output is bytes."""
    return subprocess.run([str(a) for a in arguments], input=stdin, capture_output=True, timeout=DEADLINE_S,
                          env={**ENVIRONMENT, **(environment or {})}, cwd=cwd, check=False)


def ppn(*arguments, **keywords):
    return run(PPN, *arguments, **keywords)


def reports(process):
    """The JSON lines on standard output. str.splitlines would also cut at U+2028, which JSON may hold as it is."""
    return [json.loads(line) for line in process.stdout.decode("utf-8").split("\n") if line]


class Child:
    """A program that is talked to while it runs."""

    def __init__(self, *arguments, environment=None, stdin=subprocess.DEVNULL):
        self.process = subprocess.Popen([str(a) for a in arguments], stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env={**ENVIRONMENT, **(environment or {})})
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def read_until(self, wanted):
        """Standard output up to and with `wanted`. What comes later stays for the next call."""
        deadline = time.monotonic() + DEADLINE_S
        descriptor = self.process.stdout.fileno()
        while wanted not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise TimeoutError(f"{wanted!r} did not come; there is {self._buffer!r}")
            piece = os.read(descriptor, 65536)
            if not piece:
                raise EOFError(f"the program ended before {wanted!r}; there is {self._buffer!r}, "
                               f"and on standard error {self.process.stderr.read()!r}")
            self._buffer += piece
        end = self._buffer.index(wanted) + len(wanted)
        found, self._buffer = self._buffer[:end], self._buffer[end:]
        return found

    def finish(self):
        """Wait for the end: (exit status, the rest of standard output, standard error)."""
        out, err = self.process.communicate(timeout=DEADLINE_S)
        out, self._buffer = self._buffer + out, b""
        return self.process.returncode, out, err


class AiServer:
    """The local AI server of examples/server, as a child process."""

    api_key = "test-key"

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        self.ca_file = folder / "ca.pem"
        ready_file = folder / "ready"
        self._log = open(folder / "log", "w+b")
        self._process = subprocess.Popen(
            [str(AI_SERVER), "--port", "0", "--plain-port", "0", "--ca-out", str(self.ca_file), "--ready-file",
             str(ready_file), "--api-key", self.api_key], stdin=subprocess.DEVNULL, stdout=self._log,
            stderr=self._log, env=ENVIRONMENT)
        values = self._wait_until_ready(ready_file)
        self.https_url = f"https://localhost:{values['https_port']}"
        self.http_url = f"http://127.0.0.1:{values['http_port']}"
        return self

    def _wait_until_ready(self, ready_file):
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            if ready_file.exists():
                return dict(line.split("=", 1) for line in ready_file.read_text().splitlines())
            # Ends at once when the server dies; a server that lives gets another look.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=0.02)
                break
        self.__exit__()
        raise RuntimeError("the AI server did not start")

    def stop(self):
        """End it with SIGTERM."""
        self._process.terminate()
        try:
            self._process.wait(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __exit__(self, *_):
        self.stop()
        self._log.close()
        self._folder.cleanup()

    @property
    def environment(self):
        """What the example programs read."""
        return {"PEPPERPY_DEMO_URL": self.https_url, "PEPPERPY_DEMO_KEY": self.api_key,
                "PEPPERPY_DEMO_CA": str(self.ca_file), "PEPPERPY_DEMO_LIBRARY": str(LIBRARY)}

    @property
    def trust(self):
        """Options of ppn for a verified and authenticated request."""
        return ("--cacert", self.ca_file, "-H", f"Authorization: Bearer {self.api_key}")


class Connection:
    """The server's end of one connection."""

    def __init__(self, plain):
        self._socket = plain
        self._socket.settimeout(DEADLINE_S)
        self._buffer = b""

    def wrap(self, context):
        """Go on under TLS. When the handshake fails, the socket stays, so that `close` ends it without a reset."""
        self._socket = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket.do_handshake()

    def peer_subject(self):
        """The common name in the certificate of the peer."""
        subject = self._socket.getpeercert()["subject"]
        return next(value for part in subject for name, value in part if name == "commonName")

    def read_request(self):
        """(head, body) of one request with a Content-Length, or None when the peer has gone."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._receive():
                return None
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        while len(self._buffer) < length:
            if not self._receive():
                return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return head, body

    def _receive(self):
        try:
            piece = self._socket.recv(65536)
        except ConnectionError:
            return False
        self._buffer += piece
        return bool(piece)

    def read_head(self):
        """The head of one request, or None when the peer has gone. What comes after it stays where it is."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._receive():
                return None
        return self._buffer.split(b"\r\n\r\n", 1)[0]

    def take(self, count):
        """The next `count` bytes, or None when the peer has gone before."""
        while len(self._buffer) < count:
            if not self._receive():
                return None
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def send(self, data):
        # A client that has refused the head goes away before it has read everything.
        with contextlib.suppress(ConnectionError):
            self._socket.sendall(data)

    def hold(self):
        """Wait for the peer to go."""
        with contextlib.suppress(OSError):
            while self._socket.recv(65536):
                pass

    def reset(self):
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def close(self):
        """Send FIN, then read what is left: unread bytes would turn the FIN into a reset."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self.hold()
        self._socket.close()


class ScriptedServer:
    """A plain server on the loopback interface, or on a Unix socket, that calls `serve(connection)` for each
    connection, one after another or, with `parallel`, each on a thread of its own. The connection is closed when
    `serve` returns."""

    def __init__(self, serve, parallel=False, unix_path=None):
        self._serve = serve
        self._parallel = parallel
        self._unix_path = unix_path
        self._threads = []
        self.failures = []
        self.connections = 0

    def __enter__(self):
        if self._unix_path:
            self._listener = socket.create_server(self._unix_path, family=socket.AF_UNIX)
        else:
            self._listener = socket.create_server(("127.0.0.1", 0))
            self.port = self._listener.getsockname()[1]
            self.url = f"http://127.0.0.1:{self.port}"
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *_):
        # shutdown wakes the thread that waits in accept.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in [self._acceptor, *self._threads]:
            thread.join(DEADLINE_S)
        if self.failures:
            raise self.failures[0]

    def _accept(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self._parallel:
                thread = threading.Thread(target=self._run, args=(plain,), daemon=True)
                self._threads.append(thread)
                thread.start()
            else:
                self._run(plain)

    def _run(self, plain):
        connection = Connection(plain)
        try:
            self._serve(connection)
        except Exception as failure:  # shown by __exit__, in the thread of the test
            self.failures.append(failure)
        connection.close()


def response(body=b"", status="200 OK", headers=()):
    """A complete HTTP/1.1 response."""
    fields = [f"Content-Length: {len(body)}", *headers]
    return f"HTTP/1.1 {status}\r\n".encode() + "".join(f + "\r\n" for f in fields).encode("latin-1") + b"\r\n" + body


def answer_everything(data):
    """A serve function: each request on a connection gets `data`."""
    def serve(connection):
        while connection.read_request() is not None:
            connection.send(data)
    return serve


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


EVENT_STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
