"""ppn ws: what it sends, what it prints, and how it ends."""
import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import support  # noqa: E402
from peers import WebSocketServer  # noqa: E402
from support import ppn  # noqa: E402

QUESTION = '{"type":"response.create","input":"hello there"}'


async def echo_back(socket):
    """A serve function: every message goes back, until the client closes."""
    async for message in socket:
        await socket.send(message)


def unmasked(data, mask):
    """What a client has masked (RFC 6455 5.3), as one number because that is faster."""
    key = (mask * (len(data) // 4 + 1))[:len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(len(data), "big")


def echo_in_order(connection):
    """A serve function of a ScriptedServer: every frame goes back before the next is looked at, Close included. The one
    of python3-websockets answers a Close while its program still has messages to answer."""
    connection.send(accept_of(connection.read_head()) + b"\r\n")
    connection.read_request()
    while (head := connection.take(2)) is not None:
        size = head[1] & 0x7F
        extra = connection.take({126: 2, 127: 8}[size]) if size > 125 else b""
        mask = connection.take(4)
        data = connection.take(int.from_bytes(extra, "big") if extra else size)
        connection.send(bytes([head[0], size]) + extra + unmasked(data, mask))
        if head[0] & 0x0F == 8:
            return


def accept_of(head):
    """The bytes of a response that accepts this handshake, up to its last field."""
    key = next(line.split(": ")[1] for line in head.decode().split("\r\n")
               if line.lower().startswith("sec-websocket-key: "))
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n")


class Talk:
    """ppn ws as a child that is talked to through its standard input."""

    def __init__(self, *arguments):
        self.child = support.Child(support.PPN, "ws", *arguments, stdin=subprocess.PIPE)

    def __enter__(self):
        self.child.__enter__()
        return self

    def __exit__(self, *failure):
        self.child.__exit__(*failure)

    def say(self, text):
        self.child.process.stdin.write(text.encode() + b"\n")
        self.child.process.stdin.flush()

    def hear(self, text):
        return self.child.read_until(text.encode()).decode()

    def finish(self):
        """Ends the input."""
        return self.child.finish()


class HowItEnds(unittest.TestCase):
    def assert_ends(self, process, code, status):
        self.assertEqual(process.returncode, status, process.stderr)
        self.assertTrue(process.stderr.startswith(f"ppn: {code}: ".encode()), process.stderr)


class AgainstTheAiServer(HowItEnds):
    @classmethod
    def setUpClass(cls):
        cls.server = support.AiServer().__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    def url(self, query="", scheme="wss"):
        base = self.server.https_url if scheme == "wss" else self.server.http_url
        return base.replace("http", "ws", 1) + f"/v1/realtime?ms=0{query}"

    def answer(self, talk):
        """The events up to the end of an answer."""
        return [json.loads(line) for line in talk.hear('"response.completed"').splitlines()[:-1]]

    def test_a_conversation_over_verified_tls(self):
        with Talk(*self.server.trust, self.url()) as talk:
            self.assertEqual(json.loads(talk.hear("\n"))["type"], "session.created")
            for word in ("pepper", "salt"):
                talk.say(QUESTION.replace("hello there", word))
                created, *deltas = self.answer(talk)
                self.assertEqual(created["type"], "response.created")
                self.assertTrue("".join(d["delta"] for d in deltas).startswith(f"You said: {word} - "))
                talk.hear("\n")
            self.assertEqual(talk.finish(), (0, b"", b""))

    def test_the_server_closes_as_asked(self):
        for code in (1000, 1001):
            with self.subTest(code), Talk(*self.server.trust, self.url(f"&close={code}")) as talk:
                talk.say(QUESTION)
                self.answer(talk)
                talk.hear("\n")
                self.assertEqual(talk.child.process.wait(support.DEADLINE_S), 0)
                self.assertEqual(talk.child.process.stderr.read(), b"")
        for code in (1011, 1008, 4000):
            with self.subTest(code), Talk(*self.server.trust, self.url(f"&close={code}")) as talk:
                talk.say(QUESTION)
                self.answer(talk)
                self.assertEqual(talk.child.process.wait(support.DEADLINE_S), 48)
                error = talk.child.process.stderr.read()
                self.assertTrue(error.startswith(b"ppn: WS_CLOSED: "), error)
                self.assertIn(str(code).encode(), error)

    def test_a_dropped_connection_is_named_and_not_opened_again(self):
        for scheme in ("ws", "wss"):
            with self.subTest(scheme), Talk(*self.server.trust, self.url(f"&drop=2&key={scheme}", scheme)) as talk:
                talk.say(QUESTION)
                self.assertEqual(json.loads(talk.hear("\n"))["type"], "session.created")
                self.assertEqual(json.loads(talk.hear("\n"))["type"], "response.created")
                self.assertEqual(talk.child.process.wait(support.DEADLINE_S), 48)
                self.assertEqual(talk.child.process.stdout.read(), b"")
                self.assertTrue(talk.child.process.stderr.read().startswith(b"ppn: WS_CLOSED: "))

    def test_a_wrong_key_is_named_with_the_words_of_the_server(self):
        process = ppn("ws", "--cacert", self.server.ca_file, "-H", "Authorization: Bearer wrong", self.url())
        self.assert_ends(process, "WS_HANDSHAKE", 48)
        self.assertIn(b"401", process.stderr)
        self.assertIn(b'"code":"invalid_api_key"', process.stderr)
        self.assertNotIn(b"Bearer wrong", process.stderr)
        self.assertEqual(process.stdout, b"")

    def test_a_certificate_that_nobody_vouches_for(self):
        self.assert_ends(ppn("ws", self.url()), "CERT_UNTRUSTED", 43)
        process = ppn("ws", "-k", "-H", f"Authorization: Bearer {self.server.api_key}", self.url())
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertTrue(process.stderr.startswith(b"ppn: warning: -k"), process.stderr)

    def test_a_path_that_is_no_websocket(self):
        base = self.server.https_url.replace("https", "wss", 1)
        self.assert_ends(ppn("ws", *self.server.trust, base + "/echo"), "WS_HANDSHAKE", 48)
        self.assert_ends(ppn("ws", *self.server.trust, base + "/nowhere"), "WS_HANDSHAKE", 48)

    def test_verbose_shows_the_handshake_and_the_close_but_no_secret(self):
        process = ppn("ws", "-v", *self.server.trust, self.url("&token=sesame"))
        self.assertEqual(process.returncode, 0, process.stderr)
        for line in (b"> Authorization: ***", b"< HTTP/1.1 101", b"* WebSocket open\n",
                     b"* WebSocket closed, code 1000\n"):
            self.assertIn(line, process.stderr)
        self.assertNotIn(self.server.api_key.encode(), process.stderr)
        self.assertNotIn(b"sesame", process.stderr)

    def test_include_prints_the_head_of_the_response_first(self):
        process = ppn("ws", "-i", *self.server.trust, self.url())
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertTrue(process.stdout.startswith(b"HTTP/1.1 101\r\n"), process.stdout)


class Messages(HowItEnds):
    def test_lines_go_out_as_texts_and_the_end_of_the_input_closes(self):
        got = []

        async def serve(socket):
            async for message in socket:
                got.append(message)
            got.append((socket.close_code, socket.close_reason))

        lines = "one\n\n\u00e4 \U0001f336\r\n" + "x" * 200000 + "\nlast without end"
        with WebSocketServer(serve) as server:
            process = ppn("ws", server.url, stdin=lines.encode())
        self.assertEqual((process.returncode, process.stdout, process.stderr), (0, b"", b""))
        self.assertEqual(got, ["one", "", "\u00e4 \U0001f336\r", "x" * 200000, "last without end", (1000, "")])

    def test_what_the_server_sends_before_its_close_is_printed(self):
        with support.ScriptedServer(echo_in_order) as server:
            process = ppn("ws", server.url.replace("http", "ws", 1), stdin=b"one\ntwo\n")
        self.assertEqual((process.returncode, process.stdout, process.stderr), (0, b"one\ntwo\n", b""))

    def test_more_lines_than_the_queue_holds_are_sent_in_order(self):
        lines = b"".join(b"%d %s\n" % (i, b"x" * 1000) for i in range(5000))
        with support.ScriptedServer(echo_in_order) as server:
            process = ppn("ws", "--set", "websocket_send_queue_bytes=65536", server.url.replace("http", "ws", 1),
                          stdin=lines)
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        self.assertEqual(process.stdout, lines)

    def test_binary_messages_are_written_as_they_are(self):
        async def serve(socket):
            await socket.send(b"\x00\xff\n")
            await socket.send("text")
            await socket.send(b"\x01")
        with WebSocketServer(serve) as server, tempfile.NamedTemporaryFile() as file:
            with Talk("-o", file.name, server.url) as talk:
                self.assertEqual(talk.child.process.wait(support.DEADLINE_S), 0)
                self.assertEqual(talk.child.process.stdout.read(), b"")
            self.assertEqual(file.read(), b"\x00\xff\ntext\n\x01")

    def test_messages_are_printed_as_they_arrive(self):
        with WebSocketServer(echo_back) as server, Talk(server.url) as talk:
            for word in ("one", "two", "three"):
                talk.say(word)
                self.assertEqual(talk.hear("\n"), word + "\n")
            self.assertEqual(talk.finish(), (0, b"", b""))

    def test_a_line_that_is_no_utf8_is_named_and_nothing_after_it_is_sent(self):
        got = []

        async def serve(socket):
            async for message in socket:
                got.append(message)
        with WebSocketServer(serve) as server:
            self.assert_ends(ppn("ws", server.url, stdin=b"good\n\xff\nmore\n"), "INVALID_ARGUMENT", 41)
        self.assertEqual(got, ["good"])

    def test_a_line_above_the_limit_is_named(self):
        with WebSocketServer(echo_back) as server:
            process = ppn("ws", "--set", "websocket_max_message_bytes=1000", server.url, stdin=b"x" * 1001)
        self.assert_ends(process, "WS_MESSAGE_TOO_BIG", 48)

    def test_headers_credentials_and_subprotocols_go_with_the_handshake(self):
        seen = {}

        async def serve(socket):
            seen.update(headers=dict(socket.request_headers.raw_items()), subprotocol=socket.subprotocol)
        with WebSocketServer(serve, subprotocols=["second", "first"]) as server:
            process = ppn("ws", "--echo", "-v", "-H", "X-One: 1", "-u", "me:secret", "--subprotocol", "first",
                          "--subprotocol", "second", server.url)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(seen["headers"]["X-One"], "1")
        self.assertEqual(seen["headers"]["Authorization"], "Basic bWU6c2VjcmV0")
        self.assertEqual([name.strip() for name in seen["headers"]["Sec-WebSocket-Protocol"].split(",")],
                         ["first", "second"])
        self.assertIn(f"* WebSocket open, subprotocol {seen['subprotocol']}\n".encode(), process.stderr)


class Echo(HowItEnds):
    def test_each_message_goes_back_with_its_type_until_the_server_closes(self):
        messages = ["", "text", b"", b"\x00\xff", "\u00e4" * 1000, os.urandom(70000)]
        got = []

        async def serve(socket):
            for message in messages:
                await socket.send(message)
                got.append(await socket.recv())
            await socket.close(1000)
        for options in ((), ("--compressed",)):
            got.clear()
            with self.subTest(options), WebSocketServer(serve, compression="deflate") as server:
                process = ppn("ws", "--echo", *options, server.url, stdin=b"not read\n")
                self.assertEqual((process.returncode, process.stdout, process.stderr), (0, b"", b""))
                self.assertEqual(got, messages)

    def test_messages_of_16_mib_go_back_whole(self):
        data = os.urandom(16 << 20)
        got = []

        async def serve(socket):
            for _ in range(4):
                await socket.send(data)
            for _ in range(4):
                got.append(await socket.recv() == data)
        with WebSocketServer(serve, max_queue=None) as server:
            process = ppn("ws", "--echo", server.url)
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        self.assertEqual(got, [True] * 4)

    def test_compression_is_offered_only_when_asked_for(self):
        offers = []

        async def serve(socket):
            offers.append(socket.request_headers.get("Sec-WebSocket-Extensions"))
        with WebSocketServer(serve, compression="deflate") as server:
            for options in ((), ("--compressed",)):
                self.assertEqual(ppn("ws", "--echo", *options, server.url).returncode, 0)
        self.assertIsNone(offers[0])
        self.assertTrue(offers[1].startswith("permessage-deflate"), offers)


class Failures(HowItEnds):
    def test_urls_that_are_none_of_a_websocket_are_refused_before_anything_is_sent(self):
        for url, code in (("ftp://127.0.0.1:1/", "UNSUPPORTED_SCHEME"), ("http://127.0.0.1:1/", "UNSUPPORTED_SCHEME"),
                          ("ws://127.0.0.1:1/#part", "INVALID_URL"), ("ws://", "INVALID_URL"),
                          ("ws://127.0.0.1:99999/", "INVALID_URL")):
            with self.subTest(url):
                self.assert_ends(ppn("ws", url), code, 41)

    def test_headers_and_subprotocols_that_are_wrong_are_refused(self):
        for arguments in (("-H", "Sec-WebSocket-Key: x"), ("-H", "X: a\r\nb")):
            with self.subTest(arguments):
                self.assert_ends(ppn("ws", *arguments, "ws://127.0.0.1:1/"), "INVALID_HEADER", 41)
        for arguments in (("--subprotocol", "a b"), ("--subprotocol", "a", "--subprotocol", "a")):
            with self.subTest(arguments):
                self.assert_ends(ppn("ws", *arguments, "ws://127.0.0.1:1/"), "INVALID_ARGUMENT", 41)

    def test_what_belongs_to_requests_is_refused(self):
        for arguments in (("-X", "POST"), ("-d", "x"), ("--json", "{}"), ("--report",), ("--sse",), ("--lines",),
                          ("--chunk-size", "1"), ("--retry", "1"), ("--rate", "1/s"), ("-c", "1"), ("--stream",)):
            with self.subTest(arguments):
                process = ppn("ws", *arguments, "ws://127.0.0.1:1/")
                self.assert_ends(process, "USAGE", 1)
        self.assert_ends(ppn("ws", "ws://127.0.0.1:1/", "ws://127.0.0.1:1/"), "USAGE", 1)
        self.assert_ends(ppn("ws"), "USAGE", 1)
        for arguments in (("--echo",), ("--subprotocol", "a")):
            self.assert_ends(ppn("request", *arguments, "http://127.0.0.1:1/"), "USAGE", 1)

    def test_nobody_listens(self):
        self.assert_ends(ppn("ws", "ws://127.0.0.1:1/"), "CONNECT_FAILED", 42)

    def test_a_subprotocol_that_was_not_offered_is_refused(self):
        def serve(connection):
            connection.send(accept_of(connection.read_head()) + b"Sec-WebSocket-Protocol: other\r\n\r\n")
            connection.hold()
        with support.ScriptedServer(serve) as server:
            process = ppn("ws", "--subprotocol", "mine", server.url.replace("http", "ws", 1))
        self.assert_ends(process, "WS_HANDSHAKE", 48)

    def test_max_time_ends_it_wherever_it_is(self):
        async def silent(socket):
            await socket.wait_closed()

        def deaf(connection):
            connection.hold()
        with WebSocketServer(silent) as server, Talk("--max-time", "0.3", server.url) as talk:
            self.assertEqual(talk.child.process.wait(support.DEADLINE_S), 44)
            self.assertTrue(talk.child.process.stderr.read().startswith(b"ppn: TIMEOUT: "))
        with support.ScriptedServer(deaf) as server:
            self.assert_ends(ppn("ws", "--max-time", "0.3", server.url.replace("http", "ws", 1)), "TIMEOUT", 44)

    def test_an_interrupt_closes_as_going_away(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            ends = []

            async def serve(socket):
                await socket.send("hello")
                await socket.wait_closed()
                ends.append(socket.close_code)
            with self.subTest(number):
                with WebSocketServer(serve) as server, Talk(server.url) as talk:
                    talk.hear("hello\n")
                    talk.child.process.send_signal(number)
                    self.assertEqual(talk.child.process.wait(support.DEADLINE_S), 128 + number)
                    self.assertEqual(talk.child.process.stderr.read(), b"")
                self.assertEqual(ends, [1001])

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        async def serve(socket):
            await socket.send("one")
            await socket.recv()
            await socket.send("two")
            await socket.wait_closed()
        with WebSocketServer(serve) as server, Talk(server.url) as talk:
            talk.hear("one\n")
            talk.child.process.stdout.close()
            talk.say("go on")
            self.assertEqual(talk.child.process.wait(support.DEADLINE_S), -signal.SIGPIPE)
            self.assertEqual(talk.child.process.stderr.read(), b"")

    def test_a_server_that_breaks_the_protocol_is_named(self):
        def serve(connection):
            connection.send(accept_of(connection.read_head()) + b"\r\n" + frame)
            connection.hold()
        for frame, code in ((b"\x81\x03one\xc1\x00", "WS_PROTOCOL"), (b"\x81\x03one\x81\x01\xff", "WS_INVALID_UTF8"),
                            (b"\x81\x03one\x82\x7f" + (1 << 40).to_bytes(8, "big"), "WS_MESSAGE_TOO_BIG")):
            with self.subTest(code), support.ScriptedServer(serve) as server:
                with Talk(server.url.replace("http", "ws", 1)) as talk:
                    self.assertEqual(talk.hear("\n"), "one\n")
                    self.assertEqual(talk.child.process.wait(support.DEADLINE_S), 48)
                    error = talk.child.process.stderr.read()
                    self.assertTrue(error.startswith(f"ppn: {code}: ".encode()), error)


class Reconnecting(unittest.TestCase):
    def test_a_lost_connection_is_opened_again_when_asked_for(self):
        count = 0

        async def serve(socket):
            nonlocal count
            count += 1
            await socket.send(f"connection {count}")
            if count == 1:
                socket.transport.abort()
            else:
                await socket.close(1000)
        with WebSocketServer(serve) as server, \
                Talk("-v", "--set", "websocket_reconnect=on", server.url) as talk:
            self.assertEqual(talk.hear("\n"), "connection 1\n")
            self.assertEqual(talk.hear("\n"), "connection 2\n")
            self.assertEqual(talk.child.process.wait(support.DEADLINE_S), 0)
            self.assertIn(b"* WebSocket opens again in ", talk.child.process.stderr.read())


if __name__ == "__main__":
    unittest.main()
