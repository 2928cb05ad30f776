#!/usr/bin/env python3
"""The scripted server as runners meet it: how it starts and ends, and how requests choose their answers."""
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import run  # noqa: E402

SERVER = os.environ["PPN_SCRIPTED_SERVER"]
STEPS = {"plain": [[{"respond": 200, "body": "at ${here} of ${http}"}]],
         "two": [[{"respond": 503}], [{"respond": 200, "body": "second"}]],
         "echo": [[{"echo": ["X-One", "X-None", "idempotency-key?"]}], [{"echo": ["idempotency-key?"]}]],
         "parts": [[{"send": ["HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", {"base64": "AP8="},
                              {"repeat": "ab", "times": 2}], "cut": 1}]],
         "stalls": [[{"stall": True}]],
         "cut_off": [[{"send": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}, {"close": "notify"}]]}


def written(folder, script):
    path = os.path.join(folder, "script.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(script if isinstance(script, str) else json.dumps(script))
    return path


class Started(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        script = {"behaviours": [{"name": name, "answers": answers} for name, answers in STEPS.items()]}
        self.server = run.Server(SERVER, written(folder.name, script), folder.name)
        self.addCleanup(self.server.process.wait)
        self.addCleanup(self.server.process.kill)
        self.address = ("127.0.0.1", int(self.server.bases[1].rsplit(":", 1)[1]))

    def connection(self):
        connection = http.client.HTTPConnection(*self.address, timeout=run.PATIENCE_S)
        self.addCleanup(connection.close)
        return connection

    def ask(self, path, connection=None, **keywords):
        connection = connection or self.connection()
        connection.request("GET", path, **keywords)
        response = connection.getresponse()
        return response.status, response.read()

    def test_the_path_chooses_the_behaviour(self):
        self.assertEqual(self.ask("/plain/a"), (200, f"at /plain/a of {self.server.bases[1]}".encode()))
        for path in ("/nothing/a", "/plain", "/plain/", "/"):
            self.assertEqual(self.ask(path)[0], 404, path)

    def test_each_run_is_counted_by_itself_and_no_request_is_answered_twice(self):
        connection = self.connection()
        self.assertEqual([self.ask("/two/a", connection)[0], self.ask("/two/a?x=1", connection)[0]], [503, 200])
        self.assertEqual(self.ask("/two/b"), (503, b""))
        self.assertEqual(self.ask("/two/a"), (599, b"unexpected request 3\n"))

    def test_an_echo_tells_what_was_asked(self):
        head = {"X-One": "1", "Idempotency-Key": "k"}
        self.assertEqual(self.ask("/echo/a/b?c=d", headers=head, body=b"\x00body"),
                         (200, b"GET /b?c=d\nx-one: 1\nx-none: (absent)\nidempotency-key: first\n\n\x00body"))
        self.assertEqual(self.ask("/echo/a", headers=head)[1], b"GET \nidempotency-key: same\n\n")
        self.ask("/echo/b", headers=head)
        self.assertEqual(self.ask("/echo/b", headers={"Idempotency-Key": "l"})[1], b"GET \nidempotency-key: other\n\n")

    def test_bytes_are_put_together(self):
        self.assertEqual(self.ask("/parts/a"), (200, b"\x00\xffabab"))

    def test_a_cut_body_ends_with_its_connection(self):
        with self.assertRaises(http.client.IncompleteRead):
            self.ask("/cut_off/a")

    def test_it_ends_while_connections_stall(self):
        for request in (b"", b"GET /stalls/a HTTP/1.1\r\n\r\n", b"GET /plain/a HTTP"):
            connection = socket.create_connection(self.address)
            self.addCleanup(connection.close)
            connection.sendall(request)
        self.assertEqual(self.server.end(), 0)


class Refused(unittest.TestCase):
    def said(self, *arguments):
        done = subprocess.run([SERVER, *arguments], capture_output=True, text=True, check=False, timeout=run.PATIENCE_S)
        return done.returncode, done.stdout + done.stderr

    def test_help_is_printed(self):
        status, said = self.said("--help")
        self.assertEqual((status, said.split()[:2]), (0, ["usage:", "ppn-scripted-server"]))

    def test_wrong_arguments_are_named(self):
        for arguments in ((), ("--behaviours",), ("--nothing",), ("--behaviours", "x", "y"),
                          ("--behaviours", "x", "--port", "65536")):
            status, said = self.said(*arguments)
            self.assertEqual(status, 1, arguments)
            self.assertIn("usage: ", said)

    def test_a_script_that_can_not_be_played_is_named(self):
        step = {"name": "odd_one", "answers": [[{"dance": 1}]]}
        twice = [{"name": "odd_one"}, {"name": "odd_one"}]
        with tempfile.TemporaryDirectory() as folder:
            self.assertIn("/nowhere", self.said("--behaviours", "/nowhere")[1])
            for script, name in (("{", ""), ({}, "no behaviours"), ({"behaviours": [step]}, "odd_one"),
                                 ({"behaviours": twice}, "odd_one"),
                                 ({"behaviours": [{"name": "odd_one", "answers": [[{"close": "slowly"}]]}]}, "odd_one")):
                status, said = self.said("--behaviours", written(folder, script))
                self.assertEqual(status, 1, said)
                self.assertIn(name, said)


if __name__ == "__main__":
    unittest.main()
