"""The route /v1/realtime of the local AI server, against python3-websockets and against frames that break the rules."""
import asyncio
import json
import os
import socket
import ssl
import sys
import unittest
import urllib.error
import urllib.request

sys.dont_write_bytecode = True

import support  # noqa: E402
from peers import websockets  # noqa: E402

HANDSHAKE = ("GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer test-key\r\nUpgrade: websocket\r\n"
             "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def frame(opcode, payload=b"", first=0x80, mask=b"\x01\x02\x03\x04", length=None):
    """A client's frame: `first` holds FIN and the reserved bits, `length` the bytes of the length field."""
    if length is None:
        size = len(payload)
        length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big") if size < 65536 \
            else b"\x7f" + size.to_bytes(8, "big")
    head = bytes([first | opcode, length[0] | (0x80 if mask else 0)]) + length[1:]
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)) if mask else payload
    return head + (mask or b"") + masked


class RawClient:
    """A socket after the handshake; `frames()` yields (opcode, payload) of what the server sends."""

    def __init__(self, url, target):
        host, port = url.split("//")[1].split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=support.DEADLINE_S)
        self.socket.sendall(HANDSHAKE.format(target=target).encode())
        self._buffer = b""
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self.socket.recv(65536)
        self.head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _take(self, count):
        while len(self._buffer) < count:
            piece = self.socket.recv(65536)
            if not piece:
                return None
            self._buffer += piece
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def frames(self):
        while (head := self._take(2)) is not None:
            size = head[1]
            if size >= 126:
                size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
            yield head[0] & 0x0F, self._take(size)


class RealtimeServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = support.AiServer().__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        cls.key = {"Authorization": f"Bearer {cls.server.api_key}"}

    def url(self, query="", scheme="ws"):
        base = self.server.http_url if scheme == "ws" else self.server.https_url
        return base.replace("http", "ws", 1) + f"/v1/realtime?{query}&ms=0"

    def talk(self, conversation, query="", scheme="ws", headers=None, **options):
        """Runs conversation(socket) over one connection."""
        if scheme == "wss":
            options["ssl"] = ssl.create_default_context(cafile=self.server.ca_file)

        async def main():
            async with websockets.connect(self.url(query, scheme), compression=None,
                                          extra_headers=self.key if headers is None else headers, **options) as peer:
                return await conversation(peer)
        return asyncio.run(asyncio.wait_for(main(), support.DEADLINE_S))

    async def ask(self, peer, text="hello there"):
        await peer.send(json.dumps({"type": "response.create", "input": text}))
        events = []
        while not events or events[-1]["type"] not in ("response.completed", "error"):
            events.append(json.loads(await peer.recv()))
        return events

    def test_an_answer_is_created_streamed_and_completed(self):
        async def conversation(peer):
            return [json.loads(await peer.recv())] + await self.ask(peer)
        for scheme in ("ws", "wss"):
            with self.subTest(scheme):
                session, created, *deltas, completed = self.talk(conversation, scheme=scheme)
                self.assertEqual((session["type"], session["session"]["model"]), ("session.created", "pepper-mini"))
                self.assertEqual((created["type"], created["response"]["status"]), ("response.created", "in_progress"))
                self.assertGreater(len(deltas), 3)
                self.assertEqual({event["type"] for event in deltas}, {"response.output_text.delta"})
                self.assertEqual({event["response_id"] for event in deltas}, {created["response"]["id"]})
                text = "".join(event["delta"] for event in deltas)
                self.assertTrue(text.startswith("You said: hello there - "), text)
                self.assertEqual(completed["response"]["status"], "completed")
                self.assertEqual(completed["response"]["output_text"], text)
                self.assertEqual(completed["response"]["usage"]["output_tokens"], len(deltas))

    def test_a_session_is_updated_and_its_limit_cuts_answers(self):
        async def conversation(peer):
            await peer.recv()
            await peer.send(json.dumps({"type": "session.update",
                                        "session": {"instructions": "be brief", "max_output_tokens": 2}}))
            return [json.loads(await peer.recv())] + await self.ask(peer)
        updated, _, *deltas, completed = self.talk(conversation)
        self.assertEqual(updated["type"], "session.updated")
        self.assertEqual(updated["session"]["instructions"], "be brief")
        self.assertEqual([event["delta"] for event in deltas], ["You", " said:"])
        self.assertEqual(completed["response"]["status"], "incomplete")

    def test_wrong_events_are_answered_by_errors_and_the_session_goes_on(self):
        cases = (("{", "invalid_json"), ("[]", "invalid_json"), (b"{}", "invalid_json"),
                 ("{}", "missing_parameter"), ('{"type":7}', "invalid_value"),
                 ('{"type":"no.such","event_id":"mine"}', "unknown_event"),
                 ('{"type":"response.create"}', "missing_parameter"),
                 ('{"type":"response.create","input":7}', "invalid_value"),
                 ('{"type":"response.create","input":"x","max_output_tokens":0}', "invalid_value"),
                 ('{"type":"session.update"}', "missing_parameter"))

        async def conversation(peer):
            await peer.recv()
            answers = []
            for text, _ in cases:
                await peer.send(text)
                answers.append(json.loads(await peer.recv()))
            return answers, await self.ask(peer)
        answers, events = self.talk(conversation)
        for (text, code), answer in zip(cases, answers):
            with self.subTest(text):
                self.assertEqual((answer["type"], answer["error"]["code"]), ("error", code))
                self.assertEqual(answer["error"]["event_id"], "mine" if code == "unknown_event" else None)
        self.assertEqual(events[-1]["type"], "response.completed")

    def test_questions_that_come_during_an_answer_are_answered_in_order(self):
        async def conversation(peer):
            for i in range(40):
                await peer.send(json.dumps({"type": "response.create", "input": f"question {i}"}))
            texts = []
            while len(texts) < 40:
                event = json.loads(await peer.recv())
                if event["type"] == "response.completed":
                    texts.append(event["response"]["output_text"])
            return texts
        texts = self.talk(conversation)
        for i, text in enumerate(texts):
            self.assertTrue(text.startswith(f"You said: question {i} - "), text)

    def test_without_the_key_the_handshake_is_refused(self):
        for headers in ({}, {"Authorization": "Bearer other"}):
            with self.assertRaises(websockets.InvalidStatusCode) as refused:
                self.talk(lambda peer: peer.recv(), headers=headers)
            self.assertEqual(refused.exception.status_code, 401)
            self.assertEqual(refused.exception.headers["WWW-Authenticate"], "Bearer")

    def test_a_client_secret_opens_one_connection(self):
        request = urllib.request.Request(self.server.http_url + "/v1/realtime/client_secrets", b"", self.key)
        secret = json.load(urllib.request.urlopen(request, timeout=support.DEADLINE_S))["value"]
        headers = {"Authorization": f"Bearer {secret}"}
        self.assertEqual(json.loads(self.talk(lambda peer: peer.recv(), headers=headers))["type"], "session.created")
        with self.assertRaises(websockets.InvalidStatusCode) as refused:
            self.talk(lambda peer: peer.recv(), headers=headers)
        self.assertEqual(refused.exception.status_code, 401)
        request.remove_header("Authorization")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=support.DEADLINE_S)
        self.assertEqual(refused.exception.code, 401)

    def test_the_code_of_the_close_is_the_one_asked_for(self):
        async def conversation(peer):
            events = await self.ask(peer)
            await peer.wait_closed()
            return events, peer.close_code, peer.close_reason
        for code in (1000, 1001, 1011, 1012, 3000, 4999):
            for scheme in ("ws", "wss"):
                with self.subTest(code, scheme=scheme):
                    events, got, reason = self.talk(conversation, f"close={code}", scheme)
                    self.assertEqual((events[-1]["type"], got, reason), ("response.completed", code, "as asked"))

    def test_a_dropped_connection_has_no_close(self):
        async def conversation(peer):
            count = 0
            try:
                await peer.send('{"type":"response.create","input":"x"}')
                while True:
                    await peer.recv()
                    count += 1
            except websockets.ConnectionClosedError as failure:
                return max(count, 1), failure.rcvd  # the first one is lost when nothing can be sent any more
        for scheme in ("ws", "wss"):
            for count in (1, 4):
                with self.subTest(count, scheme=scheme):
                    self.assertEqual(self.talk(conversation, f"drop={count}&key={scheme}{count}", scheme),
                                     (count, None))

    def test_only_so_many_connections_are_dropped(self):
        async def conversation(peer):
            await peer.recv()
            try:
                return (await self.ask(peer))[-1]["type"]
            except websockets.ConnectionClosedError:
                return "dropped"
        ends = [self.talk(conversation, "drop=2&times=2&key=some") for _ in range(3)]
        self.assertEqual(ends, ["dropped", "dropped", "response.completed"])

    def test_wrong_parameters_and_handshakes_are_refused(self):
        for query in ("ms=10001", "drop=0", "drop=x", "close=999", "close=1005", "close=5000", "times=x"):
            with self.subTest(query), self.assertRaises(websockets.InvalidStatusCode) as refused:
                self.talk(lambda peer: peer.recv(), query)
            self.assertEqual(refused.exception.status_code, 400)
        request = urllib.request.Request(self.server.http_url + "/v1/realtime", headers=self.key)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=support.DEADLINE_S)
        self.assertEqual((refused.exception.code, refused.exception.headers["Sec-WebSocket-Version"]), (426, "13"))

    def test_only_the_subprotocol_it_has_is_chosen(self):
        async def conversation(peer):
            return peer.subprotocol
        self.assertEqual(self.talk(conversation, subprotocols=["other", "realtime"]), "realtime")
        self.assertIsNone(self.talk(conversation, subprotocols=["other"]))

    def test_fragments_are_joined_and_pings_between_them_answered(self):
        question = b'{"type":"response.create","input":"\xc3\xa4"}'
        with RawClient(self.server.http_url, "/v1/realtime?ms=0") as client:
            self.assertTrue(client.head.startswith(b"HTTP/1.1 101 "))
            self.assertIn(b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", client.head)
            frames = client.frames()
            self.assertEqual(json.loads(next(frames)[1])["type"], "session.created")
            cut = question.index(b"\xa4")  # inside a character
            for data in (frame(1, question[:cut], first=0), frame(9, b"life"), frame(0, b"", first=0),
                         frame(0, question[cut:]), frame(9, bytes(125)), frame(10, b"unasked")):
                for byte in data:
                    client.socket.sendall(bytes([byte]))
            events, pongs = [], []
            while not events or events[-1]["type"] != "response.completed":
                opcode, payload = next(frames)
                if opcode == 10:
                    pongs.append(payload)
                else:
                    events.append(json.loads(payload))
            while len(pongs) < 2:
                opcode, payload = next(frames)
                pongs.append(payload if opcode == 10 else None)
            self.assertEqual(pongs, [b"life", bytes(125)])
            self.assertTrue(events[-1]["response"]["output_text"].startswith("You said: \u00e4 - "))
            client.socket.sendall(frame(8, (4321).to_bytes(2, "big") + b"bye"))
            self.assertEqual(list(frames), [(8, (4321).to_bytes(2, "big"))])

    def test_a_close_without_code_is_answered_by_one(self):
        with RawClient(self.server.http_url, "/v1/realtime") as client:
            client.socket.sendall(frame(8))
            self.assertEqual(list(client.frames())[1:], [(8, b"")])

    def test_frames_that_break_the_rules_are_named_and_end_the_connection(self):
        cases = {
            "not masked": (frame(1, b"{}", mask=None), 1002),
            "reserved bit": (frame(1, b"{}", first=0xC0), 1002),
            "unknown opcode": (frame(3), 1002),
            "unknown control frame": (frame(11), 1002),
            "fragmented ping": (frame(9, first=0), 1002),
            "long ping": (frame(9, bytes(126)), 1002),
            "length in 2 bytes instead of 1": (frame(1, b"{}", length=b"\x7e\x00\x02"), 1002),
            "length in 8 bytes instead of 2": (frame(1, bytes(126), length=b"\x7f" + (126).to_bytes(8, "big")), 1002),
            "continuation of nothing": (frame(0, b"x"), 1002),
            "message inside a message": (frame(1, b"a", first=0) + frame(1, b"b"), 1002),
            "text that is no UTF-8": (frame(1, b"\xff"), 1007),
            "text that ends inside a character": (frame(1, b"\xc3", first=0) + frame(0, b""), 1007),
            "announced size above the limit": (frame(2, length=b"\x7f" + ((16 << 20) + 1).to_bytes(8, "big")), 1009),
            "sum of fragments above the limit": (frame(2, b"x", first=0) +
                                                 frame(0, length=b"\x7f" + (16 << 20).to_bytes(8, "big")), 1009),
            "close of one byte": (frame(8, b"x"), 1002),
            "close with a code that is never sent": (frame(8, (1005).to_bytes(2, "big")), 1002),
            "close with a reason that is no UTF-8": (frame(8, (1000).to_bytes(2, "big") + b"\xff"), 1007),
        }
        for name, (data, code) in cases.items():
            with self.subTest(name), RawClient(self.server.http_url, "/v1/realtime") as client:
                frames = client.frames()
                next(frames)
                client.socket.sendall(data + os.urandom(20000))
                self.assertEqual(next(frames), (8, code.to_bytes(2, "big")))
                client.socket.shutdown(socket.SHUT_WR)
                self.assertEqual(list(frames), [])

    def test_stopping_the_server_ends_conversations_without_a_close(self):
        server = support.AiServer()
        with server, RawClient(server.http_url, "/v1/realtime?ms=10000") as client:
            frames = client.frames()
            client.socket.sendall(frame(1, b'{"type":"response.create","input":"x"}'))
            self.assertEqual(json.loads(next(frames)[1])["type"], "session.created")
            self.assertEqual(json.loads(next(frames)[1])["type"], "response.created")
            server.stop()
            self.assertEqual(list(frames), [])

    def test_a_large_message_is_taken(self):
        text = "x" * (16 << 20)
        answer = self.talk(lambda peer: self.ask_after_greeting(peer, text), max_size=None)
        self.assertEqual(answer["error"]["code"], "invalid_json")

    async def ask_after_greeting(self, peer, text):
        await peer.recv()
        await peer.send(text)
        return json.loads(await peer.recv())


if __name__ == "__main__":
    unittest.main()
