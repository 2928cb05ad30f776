"""ppn: retries, limits, the circuit breaker, and what -v tells of them."""
import base64
import json
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import support  # noqa: E402
from support import ppn  # noqa: E402
from test_ppn_request import ERROR_KEYS, REPORT_KEYS, one_report  # noqa: E402

# Nothing listens there.
NOWHERE = "http://127.0.0.1:1/"
AT_ONCE = ("--set", "backoff_factor=0")
VARIABLE = "PEPPERPY_NETWORK_MAX_RETRIES"


class Failing(support.ScriptedServer):
    """Fails the first `failures` requests with `status`, and answers those after them."""

    def __init__(self, failures, status="503 Busy"):
        self.requests = []
        self._failures = failures
        self._status = status
        super().__init__(self._answer)

    def _answer(self, connection):
        while (request := connection.read_request()) is not None:
            self.requests.append(request)
            failed = len(self.requests) <= self._failures
            connection.send(support.response(b"no", status=self._status) if failed else support.response(b"ok"))

    def keys(self):
        return [re.search(rb"(?i)\r\nidempotency-key: (\S+)", head)[1] for head, _ in self.requests]


class Retries(unittest.TestCase):
    def attempts(self, *arguments, environment=None):
        """(status, attempts) by the report; the server has seen as many requests."""
        with Failing(2) as server:
            process = ppn("request", "--report", *AT_ONCE, *arguments, server.url, environment=environment)
            report = one_report(process)
        self.assertEqual((process.returncode, list(report), report["error"]), (0, REPORT_KEYS, None))
        self.assertEqual(len(server.requests), report["attempts"])
        return report["status"], report["attempts"]

    def test_nothing_is_repeated_unless_it_is_asked_for(self):
        self.assertEqual(self.attempts(), (503, 1))
        with Failing(2) as server:
            self.assertEqual(ppn("stream", *AT_ONCE, server.url).returncode, 22)
            self.assertEqual(len(server.requests), 1)
        with Failing(2) as server:
            self.assertEqual(json.loads(ppn("bench", *AT_ONCE, "-c", "1", "-n", "1", server.url).stdout)["errors"], 1)
            self.assertEqual(len(server.requests), 1)

    def test_each_way_to_ask_for_retries(self):
        self.assertEqual(self.attempts("--retry", "2"), (200, 3))
        self.assertEqual(self.attempts("--retry", "1"), (503, 2))
        self.assertEqual(self.attempts("--set", "max_retries=2"), (200, 3))
        self.assertEqual(self.attempts(environment={VARIABLE: " 2 "}), (200, 3))
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(b'{"max_retries": 2}')
            file.flush()
            self.assertEqual(self.attempts("--config", file.name), (200, 3))
            self.assertEqual(self.attempts("--config", file.name, "--retry", "1"), (503, 2))

    def test_stream_and_bench_retry_too(self):
        with Failing(2) as server:
            process = ppn("stream", *AT_ONCE, "--retry", "2", server.url)
            self.assertEqual((process.returncode, process.stdout, len(server.requests)), (0, b"ok", 3))
        with Failing(2) as server:
            process = ppn("bench", *AT_ONCE, "--retry", "2", "-c", "1", "-n", "2", server.url)
            self.assertEqual((process.returncode, json.loads(process.stdout)["errors"]), (0, 0))
            self.assertEqual(len(server.requests), 4)

    def test_the_command_line_wins_over_the_environment(self):
        two = {VARIABLE: "2"}
        self.assertEqual(self.attempts("--retry", "0", environment=two), (503, 1))
        self.assertEqual(self.attempts("--set", "max_retries=1", environment=two), (503, 2))

    def test_an_environment_that_does_not_count_brings_no_retries(self):
        for environment in ({VARIABLE: ""}, {VARIABLE: "  "}, {VARIABLE: "2", "PEPPERPY_NETWORK_TRUST_ENV": "no"},
                            {VARIABLE: "many", "PEPPERPY_NETWORK_ENV_LENIENT": "true"}):
            with self.subTest(environment):
                self.assertEqual(self.attempts(environment=environment), (503, 1))
        self.assertEqual(self.attempts("--set", "trust_env=false", environment={VARIABLE: "2"}), (503, 1))

    def test_work_that_may_have_been_done_is_not_repeated(self):
        with Failing(1, "500 Oops") as server:
            process = ppn("request", *AT_ONCE, "--retry", "2", "-d", "a=b", server.url)
        self.assertEqual((process.returncode, len(server.requests)), (22, 1))

    def test_a_key_stays_the_same_over_the_attempts(self):
        with Failing(2, "500 Oops") as server:
            process = ppn("request", *AT_ONCE, "--retry", "2", "--set", "idempotency_header=Idempotency-Key", "-d", "a=b",
                          server.url)
        self.assertEqual((process.returncode, len(server.requests)), (0, 3))
        self.assertEqual(len(set(server.keys())), 1)
        self.assertEqual([body for _, body in server.requests], [b"a=b"] * 3)

    def test_an_error_counts_all_attempts(self):
        report = one_report(ppn("request", "--report", *AT_ONCE, "--retry", "2", NOWHERE))
        self.assertEqual((list(report), list(report["error"])), (REPORT_KEYS, ERROR_KEYS))
        self.assertEqual((report["attempts"], report["error"]["attempts"]), (3, 3))


class Limits(unittest.TestCase):
    def test_a_rate_that_is_used_up_is_a_failure_of_policy(self):
        for rate in ("1/h", "1/h:1", "60/h:1"):
            with self.subTest(rate), Failing(0) as server:
                process = ppn("request", "--report", "--rate", rate, "--set", "rate_limit_mode=fail_fast", server.url,
                              server.url)
                first, second = support.reports(process)
                self.assertEqual((process.returncode, first["status"], second["status"]), (49, 200, None))
                self.assertEqual((second["error"]["code"], second["attempts"]), ("RATE_LIMITED", 0))
                self.assertGreater(second["error"]["retry_after_ms"], 0)
                self.assertEqual(len(server.requests), 1)
                self.assertIn(b"ppn: RATE_LIMITED: ", process.stderr)

    def test_stream_and_bench_keep_the_rate(self):
        fast = ("--rate", "1/h", "--set", "rate_limit_mode=fail_fast")
        with Failing(0) as server:
            process = ppn("bench", *fast, "-c", "2", "-n", "3", server.url)
            self.assertEqual((process.returncode, json.loads(process.stdout)["errors"]), (49, 2))
            self.assertEqual(len(server.requests), 1)
        process = ppn("stream", *fast, "--set", "rate_limit_cost=7", NOWHERE)
        self.assertEqual(process.returncode, 49)
        self.assertIn(b"ppn: RATE_LIMIT_COST: ", process.stderr)

    def test_an_open_circuit_is_a_failure_of_policy(self):
        process = ppn("request", "--report", "-s", "--set", "circuit_breaker=true", "--set",
                      "circuit_breaker_connect_failures=2", NOWHERE, NOWHERE, NOWHERE)
        self.assertEqual(process.returncode, 49)
        self.assertEqual([report["error"]["code"] for report in support.reports(process)],
                         ["CONNECT_FAILED", "CONNECT_FAILED", "CIRCUIT_OPEN"])

    def test_wrong_values_are_named_before_anything_is_sent(self):
        for option, value, name in (("--retry", "many", "max_retries"), ("--retry", "11", "max_retries"),
                                    ("--retry", "-1", "max_retries"), ("--rate", "fast", "rate_limit"),
                                    ("--rate", "3/d", "rate_limit"), ("--rate", "3/s:", "rate_limit")):
            with self.subTest(option, value=value), Failing(0) as server:
                process = ppn("request", option, value, server.url)
                self.assertEqual((process.returncode, server.connections), (41, 0))
                self.assertTrue(process.stderr.startswith(f"ppn: CONFIG_ERROR: {name}: ".encode()), process.stderr)


class Options(unittest.TestCase):
    """Each option of the table, set to its default, by --set and by --config."""

    def test_each_option_is_taken(self):
        text = ppn("--list-options").stdout.decode()
        rows = re.findall(r'(?m)^(\w+)\n    .*\n    (\w+).*?, default "(.*?)"', text)
        self.assertGreater(len(rows), 80)
        self.assertEqual(len(rows), len(re.findall(r"(?m)^\w+$", text)))
        config = {}
        for name, kind, default in rows:
            config[name] = default if kind == "text" else json.loads(default)
            with self.subTest(name):
                process = ppn("request", "--set", f"{name}={default}", "ftp://x/")
                self.assertIn(b"ppn: UNSUPPORTED_SCHEME: ", process.stderr)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(config, file)
            file.flush()
            self.assertIn(b"ppn: UNSUPPORTED_SCHEME: ", ppn("request", "--config", file.name, "ftp://x/").stderr)


class Verbose(unittest.TestCase):
    def told(self, *arguments):
        process = ppn(*arguments)
        return re.findall(r"(?m)^\* \d+\.\d ms: (.*)$", process.stderr.decode())

    def test_the_steps_of_a_call_with_a_retry(self):
        with Failing(1) as server:
            process = ppn("request", "-v", *AT_ONCE, "--retry", "1", server.url)
        steps = re.findall(r"(?m)^\* \d+\.\d ms: (.*)$", process.stderr.decode())
        self.assertEqual([re.sub(r"sent: \d+", "sent: N", step) for step in steps], [
            f"begin GET {server.url}/", "attempt 1", f"connected to 127.0.0.1:{server.port}", "request sent: N bytes",
            "first byte: status 503", "end of attempt 1, status 503, 2 bytes",
            "retry in 0 ms (backoff), status 503, status_retryable, HTTP_UNAVAILABLE", "attempt 2",
            f"uses the connection to 127.0.0.1:{server.port} again", "request sent: N bytes", "first byte: status 200",
            "end of attempt 2, status 200, 2 bytes", "end of the call, status 200, 2 bytes"])
        self.assertEqual(process.stdout, b"ok")

    def test_a_delay_of_the_server_is_told_with_its_source(self):
        data = support.response(b"", status="429 Slow", headers=("Retry-After-Ms: 3",))
        with support.ScriptedServer(support.answer_everything(data)) as server:
            steps = self.told("request", "-v", "--retry", "1", server.url)
        # What the server asks for, a bit more by chance, rounded up.
        self.assertRegex("\n".join(steps), r"\nretry in [34] ms \(retry_after_ms\), status 429, status_retryable, HTTP_TOO_MANY_REQUESTS\n")
        self.assertEqual(steps[-1], "end of the call, status 429, 0 bytes, max_retries")

    def test_a_wait_for_the_limiter_is_told(self):
        # The second request would wait for an hour: it is ended as soon as it has said so.
        with Failing(0) as server, subprocess.Popen(
                [str(support.PPN), "request", "-v", "--rate", "1/h", "--max-time", "86400", "--set",
                 "rate_limit_max_wait_ms=86400000", "-u", "me:hidden", server.url, server.url],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=support.ENVIRONMENT) as process:
            seen = []
            for line in process.stderr:
                seen.append(line.decode())
                if "waits for" in seen[-1]:
                    process.kill()
        self.assertRegex(seen[-1], r"^\* \d+\.\d ms: waits for the rate limiter: \d{7} ms, http://127\.0\.0\.1:\d+#\w+\n$")
        self.assertNotIn("hidden", "".join(seen))
        self.assertNotIn(base64.b64encode(b"me:hidden").decode(), "".join(seen))

    def test_streams_are_told_too(self):
        with Failing(0) as server:
            process = ppn("stream", "-v", server.url)
        self.assertEqual((process.returncode, process.stdout), (0, b"ok"))
        lines = process.stderr.decode().splitlines()
        self.assertRegex("\n".join(lines), r"first piece of the stream\n(?s:.*)end of the call, status 200, 2 bytes\n")
        # Times are known once the stream has ended.
        self.assertRegex(lines[-1], r"^\* 127\.0\.0\.1:\d+, new connection; .* total \d+\.\d ms$")

    def test_no_step_shows_a_secret(self):
        with Failing(1) as server:
            process = ppn("request", "-v", *AT_ONCE, "--retry", "1", "-u", "me:hidden", "-H",
                          "X-Api-Key: hidden", "-d", "hidden", server.url + "/?api_key=hidden")
        self.assertEqual(process.returncode, 0)
        self.assertIn(b" ms: retry in ", process.stderr)
        self.assertNotIn(b"hidden", process.stderr)

    def test_without_it_there_are_none(self):
        with Failing(1) as server:
            self.assertEqual(ppn("request", *AT_ONCE, "--retry", "1", server.url).stderr, b"")


if __name__ == "__main__":
    unittest.main()
