"""The event streams of tests/vectors through the whole client: `ppn stream --sse` against a raw server."""
import base64
import json
import sys
import unittest

sys.dont_write_bytecode = True

import support  # noqa: E402

IMPLEMENTATION_DEFINED = "impl-defined-range"


def load():
    return json.loads((support.VECTORS / "sse_streams.json").read_text())["cases"]


def head(length):
    return (f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nContent-Length: {length}\r\n\r\n"
            ).encode()


class SseVectors(unittest.TestCase):
    def run_case(self, case):
        body = base64.b64decode(case["input_base64"])
        with support.ScriptedServer(support.answer_everything(head(len(body)) + body)) as server:
            process = support.ppn("stream", "--sse", "--report", server.url)
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        *events, end = support.reports(process)
        self.assertEqual([{key: event[key] for key in ("type", "data", "id")} for event in events], case["events"])
        self.assertEqual(end["end"], "ok")
        self.assertEqual(end["events"], len(case["events"]))
        self.assertEqual(end["last_event_id"], case["last_event_id"])
        if IMPLEMENTATION_DEFINED in case["tags"]:
            # Clamped or ignored, but never wrapped to a small number.
            self.assertTrue(end["retry"] is None or end["retry"] > 2**31)
        else:
            self.assertEqual(end["retry"], case["retry"])

    def test_each_stream_gives_the_expected_events(self):
        cases = load()
        self.assertGreater(len(cases), 50)
        for case in cases:
            with self.subTest(case["name"], note=case["note"]):
                self.run_case(case)


if __name__ == "__main__":
    unittest.main()
