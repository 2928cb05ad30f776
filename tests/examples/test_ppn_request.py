"""ppn request: what it sends, what it reports, and its exit statuses."""
import base64
import contextlib
import json
import os
import pathlib
import re
import ssl
import sys
import tempfile
import threading
import unittest

sys.dont_write_bytecode = True

import support  # noqa: E402
from support import ppn  # noqa: E402

REPORT_KEYS = ["url", "status", "http_version", "headers", "trailers", "body_bytes", "reused", "attempts", "remote",
               "timings_ms", "error"]
TIMING_KEYS = ["pool", "dns", "connect", "tls", "send", "first_byte", "body", "total"]
ERROR_KEYS = ["code", "number", "message", "phase", "retryable", "retry_after_ms", "attempts"]


def one_report(process):
    lines = support.reports(process)
    assert len(lines) == 1, process
    return lines[0]


class Recorder(support.ScriptedServer):
    """Answers everything and keeps what was asked."""

    def __init__(self, data=None, unix_path=None):
        self.requests = []
        self._data = data or support.response(b"ok")
        super().__init__(self._answer, parallel=True, unix_path=unix_path)

    def _answer(self, connection):
        while (request := connection.read_request()) is not None:
            self.requests.append(request)
            connection.send(self._data)

    @property
    def head(self):
        return self.requests[-1][0].decode("latin-1").split("\r\n")

    @property
    def fields(self):
        pairs = [line.split(": ", 1) for line in self.head[1:]]
        return {name.lower(): value for name, value in pairs}

    @property
    def body(self):
        return self.requests[-1][1]


class WhatIsSent(unittest.TestCase):
    def ask(self, *arguments, **keywords):
        with Recorder() as server:
            process = ppn("request", *arguments, server.url + "/path?q=1", **keywords)
            self.assertEqual((process.returncode, process.stdout), (0, b"ok"), process.stderr)
            self.server = server
        return server

    def test_a_plain_get(self):
        server = self.ask()
        self.assertEqual(server.head[0], "GET /path?q=1 HTTP/1.1")
        self.assertEqual(server.fields["host"], f"127.0.0.1:{server.port}")
        self.assertNotIn("content-length", server.fields)
        self.assertNotIn("authorization", server.fields)

    def test_the_version_that_there_is_may_be_named(self):
        self.assertEqual(self.ask("--http1.1").head[0], "GET /path?q=1 HTTP/1.1")

    def test_method_and_headers(self):
        for arguments in (("-X", "PATCH", "-H", "X-A: b", "-H", "X-Empty;"), ("-XPATCH", "-HX-A:   b \t", "-HX-Empty;")):
            with self.subTest(arguments):
                server = self.ask(*arguments)
                self.assertEqual(server.head[0], "PATCH /path?q=1 HTTP/1.1")
                self.assertEqual(server.fields["x-a"], "b")
                self.assertIn("x-empty", [line.split(":")[0].lower() for line in server.head[1:]])

    def test_a_header_that_is_given_twice_is_sent_twice(self):
        server = self.ask("-H", "X-A: 1", "-H", "X-A: 2")
        self.assertEqual([line for line in server.head if line.lower().startswith("x-a:")], ["X-A: 1", "X-A: 2"])

    def test_headers_that_have_a_default_are_replaced(self):
        server = self.ask("-H", "User-Agent: mine", "-H", "accept: text/plain")
        for field in ("user-agent: mine", "accept: text/plain"):
            name = field.split(":")[0] + ":"
            self.assertEqual([line.lower() for line in server.head if line.lower().startswith(name)], [field])

    def test_data_is_a_form_and_makes_a_post(self):
        server = self.ask("-d", "a=1", "--data", "b=2")
        self.assertEqual(server.head[0], "POST /path?q=1 HTTP/1.1")
        self.assertEqual(server.body, b"a=1&b=2")
        self.assertEqual(server.fields["content-type"], "application/x-www-form-urlencoded")
        self.assertEqual(server.fields["content-length"], "7")

    def test_a_content_type_of_the_user_wins(self):
        server = self.ask("-d", "x", "-H", "content-type: text/plain")
        self.assertEqual(server.fields["content-type"], "text/plain")
        self.assertEqual(sum(line.lower().startswith("content-type:") for line in server.head), 1)

    def test_data_of_a_file_loses_its_line_ends_and_binary_data_keeps_them(self):
        content = b"one\r\ntwo\n\x80\xff"
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            self.assertEqual(self.ask("-d", "@" + file.name).body, b"onetwo\x80\xff")
            self.assertEqual(self.ask("--data-binary", "@" + file.name).body, content)
        self.assertEqual(self.ask("-d", "@-", stdin=content).body, b"onetwo\x80\xff")
        self.assertEqual(self.ask("--data-binary", "@-", stdin=content + b"\0").body, content + b"\0")

    def test_binary_data_of_a_file_can_be_one_of_several_pieces(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"1\r\n")
            file.flush()
            binary = ("--data-binary", "@" + file.name)
            self.assertEqual(self.ask(*binary, "-d", "b").body, b"1\r\n&b")
            self.assertEqual(self.ask("-d", "b", *binary).body, b"b&1\r\n")
            self.assertEqual(self.ask(*binary, *binary).body, b"1\r\n&1\r\n")

    def test_binary_data_of_what_is_no_file_on_a_disk_is_read_first(self):
        with tempfile.TemporaryDirectory() as folder:
            pipe = pathlib.Path(folder, "pipe")
            os.mkfifo(pipe)
            writer = threading.Thread(target=pipe.write_bytes, args=(b"through a pipe",))
            writer.start()
            self.assertEqual(self.ask("--data-binary", f"@{pipe}").body, b"through a pipe")
            writer.join(support.DEADLINE_S)
        self.assertEqual(self.ask("--data-binary", "@/proc/version").body, pathlib.Path("/proc/version").read_bytes())

    def test_a_file_that_is_too_large_for_memory_is_sent_from_the_disk(self):
        heads = []

        def refuse(connection):
            heads.append(connection.read_head())
            connection.send(support.response(b"no", status="413 Content Too Large", headers=["Connection: close"]))

        with tempfile.NamedTemporaryFile() as file, support.ScriptedServer(refuse) as server:
            file.truncate(1 << 40)
            process = ppn("request", "--report", "--data-binary", "@" + file.name, server.url)
        self.assertEqual(one_report(process)["status"], 413)
        self.assertIn(b"Content-Length: 1099511627776", heads[0].split(b"\r\n"))

    def test_json_is_sent_with_its_type(self):
        for arguments, keywords in ((("--json", '{"a": 1}'), {}), (("--json", "@-"), {"stdin": b'{"a": 1}'}),
                                    (("--json", '{"a":', "--json", " 1}"), {})):
            with self.subTest(arguments):
                server = self.ask(*arguments, **keywords)
                self.assertEqual(server.body, b'{"a": 1}')
                self.assertEqual(server.head[0], "POST /path?q=1 HTTP/1.1")
                self.assertEqual(server.fields["content-type"], "application/json")
                self.assertEqual(server.fields["accept"], "application/json")

    def test_json_types_of_the_user_win(self):
        server = self.ask("--json", "[]", "-H", "Accept: text/plain", "-H", "Content-Type: application/x-json")
        self.assertEqual(server.fields["accept"], "text/plain")
        self.assertEqual(server.fields["content-type"], "application/x-json")

    def test_user_and_password_are_basic_credentials(self):
        for password in ("pw", "pw1", "pw12", "p:w", ""):
            with self.subTest(password):
                server = self.ask("-u", "me:" + password)
                wanted = base64.b64encode(f"me:{password}".encode()).decode()
                self.assertEqual(server.fields["authorization"], "Basic " + wanted)

    def test_an_authorization_header_of_the_user_wins(self):
        server = self.ask("-u", "me:pw", "-H", "Authorization: Bearer x")
        self.assertEqual(server.fields["authorization"], "Bearer x")

    def test_a_resolved_name_is_not_asked_from_dns(self):
        with Recorder() as server:
            process = ppn("request", "--resolve", "other.invalid:1:127.0.0.9", "--resolve",
                          f"some.invalid:{server.port}:127.0.0.1", f"http://some.invalid:{server.port}/")
            self.assertEqual((process.returncode, process.stdout), (0, b"ok"), process.stderr)
            self.assertEqual(server.fields["host"], f"some.invalid:{server.port}")

    def test_each_of_several_resolved_addresses_is_taken(self):
        with Recorder() as server:
            process = ppn("request", "--resolve", f"some.invalid:{server.port}:127.0.0.1,[::1]",
                          f"http://some.invalid:{server.port}/")
            self.assertEqual((process.returncode, process.stdout), (0, b"ok"), process.stderr)

    def test_a_name_with_several_addresses_is_reached_by_one_that_answers(self):
        with Recorder() as server:
            for given in (("--resolve", f"some.invalid:{server.port}:127.0.0.9,127.0.0.1"),
                          ("--resolve", f"*:{server.port}:127.0.0.9", "--resolve", f"*:{server.port}:127.0.0.1")):
                process = ppn("request", *given, f"http://some.invalid:{server.port}/")
                self.assertEqual((process.returncode, process.stdout), (0, b"ok"), process.stderr)

    def test_a_unix_socket_stands_for_every_host(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "server")
            with Recorder(unix_path=path) as server:
                process = ppn("request", "--report", "--unix-socket", path, "http://some.invalid/path")
            self.assertEqual(one_report(process)["remote"], path)
            self.assertEqual(server.fields["host"], "some.invalid")
            process = ppn("request", "--unix-socket", path + "-none", "http://some.invalid/path")
            self.assertEqual(process.returncode, 42)
            self.assertIn(b"ppn: CONNECT_FAILED: ", process.stderr)

    def test_verbose_shows_the_exchange_without_its_secrets(self):
        data = support.response(b"ok", headers=("Set-Cookie: sid=hidden", "X-Seen: yes"))
        with Recorder(data) as server:
            process = ppn("request", "-v", "-u", "me:hidden", "-H", "X-Api-Key: hidden", "-H", "X-Plain: hidden",
                          "-H", "Accept: text/seen", server.url + "/path?api_key=hidden&q=seen")
        text = process.stderr.decode()
        self.assertEqual((process.returncode, process.stdout), (0, b"ok"))
        self.assertIn("> GET /path?api_key=REDACTED&q=seen HTTP/1.1\n", text)
        for line in ("> Authorization: ***", "> X-Api-Key: ***", "> X-Plain: ***", "> Accept: text/seen", "< HTTP/1.1 200", "< Set-Cookie: ***",
                     "< X-Seen: yes"):
            self.assertIn(line + "\n", text)
        self.assertRegex(text, r"\* .*total \d+\.\d ms")
        self.assertNotIn("hidden", text)
        self.assertNotIn(base64.b64encode(b"me:hidden").decode(), text)


class WhatIsReported(unittest.TestCase):
    def test_a_report_has_all_its_keys_in_their_form(self):
        data = support.response(b"hello", headers=("X-A: caf\xe9", "X-B: \u00c3\u00a9"))
        with Recorder(data) as server:
            process = ppn("request", "--report-body", server.url + "/a")
            report = one_report(process)
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        self.assertEqual(list(report), REPORT_KEYS + ["body_base64"])
        self.assertEqual(list(report["timings_ms"]), TIMING_KEYS)
        self.assertEqual(report["url"], server.url + "/a")
        self.assertEqual((report["status"], report["http_version"]), (200, "HTTP/1.1"))
        # Bytes that are no UTF-8 are read as ISO 8859-1; C3 A9 is UTF-8.
        self.assertEqual(report["headers"], [["Content-Length", "5"], ["X-A", "caf\xe9"], ["X-B", "\xe9"]])
        self.assertEqual((report["trailers"], report["body_bytes"], report["body_base64"]), ([], 5, "aGVsbG8="))
        self.assertEqual((report["reused"], report["attempts"], report["error"]), (False, 1, None))
        self.assertEqual(report["remote"], f"127.0.0.1:{server.port}")
        self.assertIsNone(report["timings_ms"]["tls"])
        for part in ("connect", "send", "first_byte", "total"):
            self.assertGreaterEqual(report["timings_ms"][part], 0)

    def test_a_second_request_reuses_the_connection(self):
        with Recorder() as server:
            lines = support.reports(ppn("request", "--report", server.url + "/1", server.url + "/2"))
            self.assertEqual(server.connections, 1)
        self.assertEqual([line["reused"] for line in lines], [False, True])
        self.assertIsNone(lines[1]["timings_ms"]["connect"])

    def test_an_http_status_is_no_failure_of_a_report(self):
        with Recorder(support.response(b"{}", status="429 Slow", headers=("Retry-After: 7",))) as server:
            process = ppn("request", "--report", server.url)
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        self.assertEqual((one_report(process)["status"], one_report(process)["error"]), (429, None))

    def test_an_error_has_all_its_keys_and_no_head(self):
        process = ppn("request", "--report", "http://127.0.0.1:1/")
        report = one_report(process)
        self.assertEqual(list(report), REPORT_KEYS)
        self.assertEqual(list(report["error"]), ERROR_KEYS)
        self.assertEqual([report[key] for key in ("status", "http_version", "headers", "trailers", "body_bytes", "remote")],
                         [None, None, [], [], 0, None])
        error = report["error"]
        self.assertEqual((error["code"], error["number"], error["phase"]), ("CONNECT_FAILED", 203, "connect"))
        self.assertEqual((error["retryable"], error["retry_after_ms"], error["attempts"]), (True, None, 1))
        self.assertTrue(error["message"])
        self.assertEqual(process.returncode, 42)
        self.assertEqual(process.stderr.decode(), f"ppn: CONNECT_FAILED: {error['message']}\n")

    def test_trailers_are_apart_from_headers(self):
        data = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n" + support.chunk(b"body") +
                b"0\r\nX-Sum: 7\r\nX-Sum: 8\r\n\r\n")
        with Recorder(data) as server:
            report = one_report(ppn("request", "--report", server.url))
        self.assertEqual(report["trailers"], [["X-Sum", "7"], ["X-Sum", "8"]])
        self.assertNotIn("X-Sum", dict(report["headers"]))
        self.assertEqual(report["body_bytes"], 4)

    def test_an_error_tells_the_phase_in_which_it_came(self):
        def silent(connection):
            connection.hold()

        def half(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")

        def no_http(connection):
            connection.read_request()
            connection.send(b"SSH-2.0-server\r\n\r\n")

        cases = (
            (silent, "ftp://127.0.0.1:{port}/", (), "UNSUPPORTED_SCHEME", "validate", 41),
            (silent, "http://name.invalid:{port}/", (), "DNS_FAILED", "dns", 42),
            (silent, "http://127.0.0.1:1/", (), "CONNECT_FAILED", "connect", 42),
            (silent, "https://127.0.0.1:{port}/", ("--connect-timeout", "0.2"), "CONNECT_TIMEOUT", "tls", 42),
            (silent, "https://127.0.0.1:{port}/", ("--max-time", "0.2"), "TIMEOUT", "tls", 44),
            (silent, "http://127.0.0.1:{port}/", ("--max-time", "0.2"), "TIMEOUT", "first_byte", 44),
            (no_http, "http://127.0.0.1:{port}/", (), "HTTP_PROTOCOL", "first_byte", 45),
            (half, "http://127.0.0.1:{port}/", (), "BODY_TRUNCATED", "body", 45),
        )
        for serve, url, arguments, code, phase, status in cases:
            with self.subTest(code, phase=phase), support.ScriptedServer(serve) as server:
                process = ppn("request", "--report", *arguments, url.format(port=server.port))
                report = one_report(process)
                self.assertEqual(list(report), REPORT_KEYS)
                self.assertEqual(list(report["timings_ms"]), TIMING_KEYS)
                self.assertEqual(list(report["error"]), ERROR_KEYS)
                self.assertEqual((report["error"]["code"], report["error"]["phase"], process.returncode),
                                 (code, phase, status))

    def test_bad_input_is_reported_before_anything_is_sent(self):
        cases = [
            (("ftp://127.0.0.1/",), "UNSUPPORTED_SCHEME"), (("file:///etc/passwd",), "UNSUPPORTED_SCHEME"),
            (("",), "INVALID_URL"), (("http://",), "INVALID_URL"), (("URL/a b",), "INVALID_URL"),
            (("URL/a\r\nX-Injected: 1",), "INVALID_URL"), (("URL/\x7f",), "INVALID_URL"),
            (("http://2130706433/",), "INVALID_URL"), (("http://me:pw@127.0.0.1/",), "INVALID_URL"),
            (("-H", "X-A: b\r\nX-Injected: 1", "URL"), "INVALID_HEADER"), (("-H", "X-A: b\nc", "URL"), "INVALID_HEADER"),
            (("-H", "Bad Name: v", "URL"), "INVALID_HEADER"), (("-H", ": v", "URL"), "INVALID_HEADER"),
            (("-H", "Content-Length: 5", "URL"), "INVALID_HEADER"), (("-H", "Host: other", "URL"), "INVALID_HEADER"),
            (("-X", "GE T", "URL"), "INVALID_ARGUMENT"), (("-X", "GET\r\n", "URL"), "INVALID_ARGUMENT"),
            (("-X", "", "URL"), "INVALID_ARGUMENT"), (("-X", "CONNECT", "URL"), "INVALID_ARGUMENT"),
            (("--json", '{"a":', "URL"), "JSON_PARSE"), (("--json", "", "URL"), "JSON_PARSE"),
        ]
        for arguments, code in cases:
            with self.subTest(arguments, code=code), Recorder() as server:
                process = ppn("request", "--report", *(a.replace("URL", server.url) for a in arguments))
                report = one_report(process)
                self.assertEqual(report["error"]["code"], code)
                self.assertEqual(process.returncode, 40 + report["error"]["number"] // 100)
                self.assertEqual(server.connections, 0)
                self.assertNotIn(b"Injected", process.stderr)

    def test_a_wrong_url_among_others_spoils_only_its_own_line(self):
        with Recorder() as server:
            process = ppn("request", "--report", server.url, "ftp://x/", server.url)
        self.assertEqual([line["error"] and line["error"]["code"] for line in support.reports(process)],
                         [None, "UNSUPPORTED_SCHEME", None])
        self.assertEqual(process.returncode, 41)


class HowItEnds(unittest.TestCase):
    def test_the_body_of_an_error_status_is_printed_and_the_exit_status_is_22(self):
        for status, name in (("404 Not Found", "HTTP_NOT_FOUND"), ("503 Busy", "HTTP_UNAVAILABLE")):
            with self.subTest(status), Recorder(support.response(b"why", status=status)) as server:
                process = ppn("request", server.url)
                self.assertEqual((process.returncode, process.stdout), (22, b"why"))
                self.assertTrue(process.stderr.startswith(f"ppn: {name}: ".encode()), process.stderr)

    def test_the_last_failure_of_several_urls_counts(self):
        with Recorder(support.response(b"x", status="404 No")) as missing, Recorder() as good:
            self.assertEqual(ppn("request", missing.url, good.url).returncode, 22)
            self.assertEqual(ppn("request", "ftp://x/", missing.url, good.url).returncode, 22)
            self.assertEqual(ppn("request", missing.url, "ftp://x/", good.url).returncode, 41)

    def test_silent_hides_the_error_line_and_show_error_brings_it_back(self):
        self.assertEqual(ppn("request", "-s", "ftp://x/").stderr, b"")
        self.assertEqual(ppn("request", "-s", "ftp://x/").returncode, 41)
        self.assertTrue(ppn("request", "-sS", "ftp://x/").stderr.startswith(b"ppn: UNSUPPORTED_SCHEME: "))

    def test_a_truncated_body_is_printed_as_far_as_it_came_and_named(self):
        def serve(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        with support.ScriptedServer(serve, parallel=True) as server:
            process = ppn("request", server.url)
            self.assertEqual((process.returncode, process.stdout), (45, b"half"))
            self.assertTrue(process.stderr.startswith(b"ppn: BODY_TRUNCATED: "), process.stderr)
            report = one_report(ppn("request", "--report", server.url))
        self.assertEqual((report["status"], report["body_bytes"]), (200, 4))
        self.assertEqual((report["error"]["code"], report["error"]["phase"]), ("BODY_TRUNCATED", "body"))

    def test_a_server_that_says_nothing_is_named_by_the_timeout(self):
        def serve(connection):
            connection.read_request()
            connection.hold()
        with support.ScriptedServer(serve, parallel=True) as server:
            process = ppn("request", "--max-time", "0.2", server.url)
            self.assertEqual((process.returncode, process.stdout), (44, b""))
            self.assertTrue(process.stderr.startswith(b"ppn: TIMEOUT: "), process.stderr)

    def test_a_body_that_stalls_is_named_by_the_read_timeout(self):
        def serve(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            connection.hold()
        with support.ScriptedServer(serve) as server:
            process = ppn("request", "--set", "read_timeout_ms=200", server.url)
        self.assertEqual((process.returncode, process.stdout), (44, b"half"))
        self.assertTrue(process.stderr.startswith(b"ppn: READ_TIMEOUT: "), process.stderr)

    def test_include_puts_the_head_before_the_body(self):
        with Recorder(support.response(b"body", status="201 Made", headers=("X-A: b",))) as server:
            process = ppn("request", "-i", server.url)
        self.assertEqual(process.stdout, b"HTTP/1.1 201\r\nContent-Length: 4\r\nX-A: b\r\n\r\nbody")

    def test_output_files_belong_to_the_urls_in_order(self):
        with tempfile.TemporaryDirectory() as folder, Recorder(support.response(b"body")) as server:
            first, second = pathlib.Path(folder, "1"), pathlib.Path(folder, "2")
            process = ppn("request", "-o", first, "-o", second, *[server.url] * 3)
            self.assertEqual((process.returncode, process.stdout), (0, b"body"))
            self.assertEqual((first.read_bytes(), second.read_bytes()), (b"body", b"body"))
            process = ppn("request", "--report", "-o", first, server.url)
            self.assertEqual(one_report(process)["body_bytes"], 4)


class ClientCertificates(unittest.TestCase):
    """A server that asks for a certificate, and tells whose it got."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        for name in ("server", "client"):
            made = support.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                               "-nodes", "-days", "1", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
                               "-keyout", cls.folder / f"{name}.key", "-out", cls.folder / f"{name}.pem")
            assert made.returncode == 0, made.stderr
        cls.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.context.load_cert_chain(cls.folder / "server.pem", cls.folder / "server.key")
        cls.context.load_verify_locations(cls.folder / "client.pem")
        cls.context.verify_mode = ssl.CERT_REQUIRED

    def ask(self, *arguments):
        def serve(connection):
            with contextlib.suppress(OSError):
                connection.wrap(self.context)
                subject = connection.peer_subject()
                while connection.read_request() is not None:
                    connection.send(support.response(subject.encode()))
        with support.ScriptedServer(serve) as server:
            return ppn("request", *arguments, f"https://127.0.0.1:{server.port}/")

    def test_certificate_and_key_are_presented(self):
        for option in ("--cert", "-E"):
            process = self.ask("--cacert", self.folder / "server.pem", option, self.folder / "client.pem", "--key",
                               self.folder / "client.key")
            self.assertEqual((process.returncode, process.stdout), (0, b"client"), process.stderr)

    def test_a_server_that_gets_none_is_named(self):
        process = self.ask("--cacert", self.folder / "server.pem")
        self.assertEqual((process.returncode, process.stdout), (43, b""), process.stderr)

    def test_a_folder_of_certificates_is_trusted(self):
        trusted = self.folder / "trusted"
        trusted.mkdir(exist_ok=True)
        (trusted / "server.pem").write_bytes((self.folder / "server.pem").read_bytes())
        self.assertEqual(support.run("openssl", "rehash", trusted).returncode, 0)
        process = self.ask("--capath", trusted, "--cert", self.folder / "client.pem", "--key",
                           self.folder / "client.key")
        self.assertEqual((process.returncode, process.stdout), (0, b"client"), process.stderr)

    def test_files_that_are_no_certificate_or_key_are_named(self):
        for arguments in (("--cert", "/nowhere", "--key", self.folder / "client.key"),
                          ("--cert", self.folder / "client.pem", "--key", self.folder / "server.key"),
                          ("--cacert", self.folder / "client.key"), ("--cert", self.folder / "client.key")):
            with self.subTest(arguments):
                process = ppn("request", *arguments, "https://127.0.0.1:1/")
                self.assertEqual((process.returncode, process.stdout), (41, b""))
                self.assertTrue(process.stderr.startswith(b"ppn: CONFIG_ERROR: "), process.stderr)


class AgainstTheAiServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = support.AiServer().__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    def test_a_completion_over_verified_tls(self):
        question = {"model": "demo", "messages": [{"role": "user", "content": "pepper"}]}
        process = ppn("request", "--report-body", *self.server.trust, "--json", json.dumps(question),
                      self.server.https_url + "/v1/chat/completions")
        report = one_report(process)
        self.assertEqual((report["status"], report["error"]), (200, None))
        self.assertGreater(report["timings_ms"]["tls"], 0)
        answer = json.loads(base64.b64decode(report["body_base64"]))
        self.assertTrue(answer["choices"][0]["message"]["content"])
        self.assertIn("usage", answer)

    def test_no_key_is_refused_by_the_server(self):
        process = ppn("request", "--cacert", self.server.ca_file, "--json", "{}",
                      self.server.https_url + "/v1/chat/completions")
        self.assertEqual(process.returncode, 22)
        self.assertTrue(process.stderr.startswith(b"ppn: HTTP_UNAUTHORIZED: "), process.stderr)

    def test_certificates_are_refused_by_name(self):
        port = self.server.https_url.rsplit(":", 1)[1]
        cases = (((), self.server.https_url, "CERT_UNTRUSTED"),
                 (("--cacert", self.server.ca_file, "--resolve", f"other.invalid:{port}:127.0.0.1"),
                  f"https://other.invalid:{port}", "CERT_HOSTNAME"))
        for arguments, base, code in cases:
            with self.subTest(code):
                process = ppn("request", "--report", *arguments, base + "/v1/models")
                self.assertEqual(process.returncode, 43)
                self.assertEqual(one_report(process)["error"]["code"], code)

    def test_insecure_is_loud_and_works(self):
        process = ppn("request", "-k", "-H", f"Authorization: Bearer {self.server.api_key}",
                      self.server.https_url + "/v1/models")
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"ppn: warning: -k", process.stderr)
        self.assertIn("data", json.loads(process.stdout))

    def test_pins_and_revocation_lists_are_spelled_as_curl_spells_them(self):
        url = self.server.https_url + "/v1/models"
        pins = "sha256//" + "A" * 43 + "="
        process = ppn("request", "--report", *self.server.trust, "--pinnedpubkey", pins, url)
        error = one_report(process)["error"]
        self.assertEqual((process.returncode, error["code"]), (43, "PIN_MISMATCH"))
        right = re.search(r"sha256//\S{44}", error["message"]).group()
        process = ppn("request", "--report", *self.server.trust, "--pinnedpubkey", pins + ";" + right, url)
        self.assertIsNone(one_report(process)["error"])
        for option, word in (("--crlfile", b"crl_file"), ("--cert", b"client_cert_file"), ("--capath", b"ca_dir"),
                             ("--pinnedpubkey", b"pinned_public_keys")):
            with self.subTest(option):
                process = ppn("request", option, "/dev/null", url)
                self.assertEqual(process.returncode, 41)
                self.assertTrue(process.stderr.startswith(b"ppn: CONFIG_ERROR: " + word), process.stderr)

    def test_verbose_tells_version_cipher_and_a_server_that_was_not_verified(self):
        url = self.server.https_url + "/v1/models"
        told = ppn("request", "-v", *self.server.trust, url).stderr
        self.assertRegex(told, rb"\n\* \S+, TLSv1\.3 TLS_\w+, new connection;")
        self.assertIn(b" NOT VERIFIED, new connection;", ppn("request", "-v", "-k", url).stderr)

    def test_two_urls_share_one_tls_connection(self):
        url = self.server.https_url + "/v1/models"
        first, second = support.reports(ppn("request", "--report", *self.server.trust, url, url))
        self.assertEqual((first["reused"], second["reused"]), (False, True))
        self.assertIsNone(second["timings_ms"]["tls"])

    def test_faults_of_the_server_are_named(self):
        for path, arguments, code, status in (("/truncate", (), "BODY_TRUNCATED", 45),
                                              ("/stall", ("--max-time", "0.3"), "TIMEOUT", 44)):
            with self.subTest(path):
                process = ppn("request", "--report", *self.server.trust, *arguments, self.server.https_url + path)
                self.assertEqual(one_report(process)["error"]["code"], code)
                self.assertEqual(process.returncode, status)

    def test_a_large_body_arrives_whole(self):
        process = ppn("request", *self.server.trust, self.server.https_url + "/bytes?n=3000000")
        self.assertEqual((process.returncode, len(process.stdout)), (0, 3000000))


if __name__ == "__main__":
    unittest.main()
