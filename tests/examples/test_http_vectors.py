"""The HTTP/1.1 responses of tests/vectors through the whole client: `ppn request` against a raw server."""
import base64
import json
import sys
import unittest
import zlib

sys.dont_write_bytecode = True

import support  # noqa: E402

PLAIN = support.response(b"plain")


def load():
    return json.loads((support.VECTORS / "http1_responses.json").read_text())["cases"]


def response_bytes(case):
    if "response_base64" in case:
        return base64.b64decode(case["response_base64"])
    return zlib.decompress(base64.b64decode(case["response_gz_base64"]), wbits=31)


def server_for(case):
    """The first request gets the bytes of the case; a second one, on whichever connection, gets a plain answer."""
    state = {"asked": 0}

    def serve(connection):
        while connection.read_request() is not None:
            state["asked"] += 1
            if state["asked"] > 1:
                connection.send(PLAIN)
                continue
            connection.send(response_bytes(case))
            if case["after"] == "close":
                return
            if case["after"] == "reset":
                connection.reset()
                return
    return support.ScriptedServer(serve, parallel=True)


def fields(pairs):
    found = {}
    for name, value in pairs:
        found.setdefault(name.lower(), []).append(value)
    return found


class HttpVectors(unittest.TestCase):
    def check_accepted(self, case, first, expected_body):
        expected = case["expected"]
        self.assertIsNone(first["error"])
        self.assertEqual(first["status"], expected["status"])
        self.assertEqual(base64.b64decode(first["body_base64"]), expected_body)
        self.assertEqual(first["body_bytes"], len(expected_body))
        headers = fields(first["headers"])
        for name, value in expected.get("headers", {}).items():
            self.assertEqual(headers.get(name), value if isinstance(value, list) else [value])
        for name in expected.get("headers_absent", ()):
            self.assertNotIn(name, headers)
        trailers = fields(first["trailers"])
        for name, value in expected.get("trailers", {}).items():
            self.assertEqual(trailers.get(name), [value])

    def run_case(self, case):
        expected = case["expected"]
        with server_for(case) as server:
            process = support.ppn("request", "--report-body", "-X", case["request_method"], "--max-time", "20",
                                  server.url + "/first", server.url + "/second")
        first, second = support.reports(process)
        self.assertIsNone(second["error"], "the client can not go on")
        self.assertEqual(second["status"], 200)
        accepted = first["error"] is None
        if accepted:
            self.assertEqual(process.returncode, 0)
        else:
            self.assertEqual(process.returncode, 40 + first["error"]["number"] // 100)
            self.assertNotEqual(first["error"]["code"], "TIMEOUT", "an answer must not depend on patience")
        if case["level"] != "may":
            self.assertEqual(accepted, expected["accept"], first["error"])
        if accepted and expected["accept"]:
            self.check_accepted(case, first, base64.b64decode(expected["body_base64"]))
        elif accepted and "if_accepted_body_base64" in expected:
            self.assertEqual(base64.b64decode(first["body_base64"]),
                             base64.b64decode(expected["if_accepted_body_base64"]))
        if not accepted or not expected["keepalive"]:
            self.assertFalse(second["reused"], "the connection must not carry another request")
        elif case["level"] == "must":
            self.assertTrue(second["reused"], "the connection can carry another request")

    def test_each_response_is_taken_or_refused_as_expected(self):
        cases = load()
        self.assertGreater(len(cases), 100)
        for case in cases:
            with self.subTest(case["name"], reason=case["expected"]["reason"]):
                self.run_case(case)


if __name__ == "__main__":
    unittest.main()
