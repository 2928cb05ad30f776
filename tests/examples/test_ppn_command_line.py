"""The command line of ppn: what it takes, what it refuses, and how it says so."""
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import support  # noqa: E402
from support import ppn  # noqa: E402

NOT_IN_THIS_VERSION = {
    "-F": "a=b", "--form": "a=b", "-x": "http://p", "--proxy": "http://p",
    "--noproxy": "*", "--compressed": None,
}
# Nothing listens there: a command line that is refused never gets as far as this.
URL = "http://127.0.0.1:1/"


class CommandLine(unittest.TestCase):
    def assert_usage_error(self, process, *words):
        self.assertEqual((process.returncode, process.stdout), (1, b""))
        self.assertTrue(process.stderr.startswith(b"ppn: USAGE: "), process.stderr)
        for word in words:
            self.assertIn(word.encode(), process.stderr)

    def test_help_and_version(self):
        for arguments, usage in ((("--help",), "usage: ppn request"), (("-h",), "usage: ppn request"),
                                 (("request", "--help"), "usage: ppn request [options] URL...\n\n"),
                                 (("stream", "-h"), "usage: ppn stream"), (("ws", "-h"), "usage: ppn ws"), (("bench", "--help"), "usage: ppn bench")):
            with self.subTest(arguments):
                process = ppn(*arguments)
                self.assertEqual((process.returncode, process.stderr), (0, b""))
                self.assertTrue(process.stdout.decode().startswith(usage))
                self.assertLessEqual(max(map(len, process.stdout.splitlines())), 110)
        process = ppn("--version")
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        self.assertRegex(process.stdout, rb"^ppn \d+\.\d+\.\d+, libpepperpy_network \d+\.\d+\.\d+\n$")

    def test_help_of_each_command_names_every_option_it_takes(self):
        common = ("-X", "-H", "-d", "--data-binary", "--json", "-u", "-s", "-v", "--resolve", "--cacert", "--capath",
                  "--cert", "--key", "-k", "--http1.1", "--max-time", "--connect-timeout", "--retry", "--rate", "--config",
                  "--set", "--list-options", "exit status: ")
        own = {"request": ("-o", "-i", "--report", "--report-body"),
               "stream": ("-o", "-i", "--report", "--sse", "--lines", "--chunk-size"), "bench": ("-c", "-n", "--stream")}
        for command, options in own.items():
            text = ppn(command, "--help").stdout.decode()
            for option in (*common, *options):
                with self.subTest(option, command=command):
                    self.assertRegex(text, rf"(?m)(^|[ ,]){option}\b" if option[0] == "-" else option)

    def test_help_of_ws_names_its_options_and_none_of_requests(self):
        text = ppn("ws", "--help").stdout.decode()
        for option in ("--echo", "--subprotocol", "--compressed", "-H", "-u", "-o", "-i", "-s", "-v", "--cacert", "--cert",
                       "-k", "--max-time", "--connect-timeout", "--config", "--set", "exit status: "):
            with self.subTest(option):
                self.assertRegex(text, rf"(?m)(^|[ ,]){option}\b" if option[0] == "-" else option)
        for option in ("--json", "--data", "--retry", "--rate", "--report-body", "--sse"):
            with self.subTest(option):
                self.assertNotRegex(text, rf"(?m)^ +(-., )?{option}\b")

    def test_no_command_shows_the_help_as_an_error(self):
        process = ppn()
        self.assertEqual((process.returncode, process.stdout), (1, b""))
        self.assertTrue(process.stderr.startswith(b"usage: ppn request"))

    def test_unknown_commands_and_options_are_named(self):
        self.assert_usage_error(ppn("fetch", URL), "fetch")
        for option in ("--nothing", "-Z", "--max-time=3"):
            with self.subTest(option):
                self.assert_usage_error(ppn("request", option, URL), option[:2])

    def test_options_of_later_versions_are_named_and_never_ignored(self):
        for option, value in NOT_IN_THIS_VERSION.items():
            for command in ("request", "stream", "bench"):
                with self.subTest(option, command=command):
                    arguments = [option] if value is None else [option, value]
                    self.assert_usage_error(ppn(command, *arguments, URL), option, "not in this version")

    def test_a_letter_of_a_later_version_is_found_among_others(self):
        self.assert_usage_error(ppn("request", "-svx", URL), "-x", "not in this version")

    def test_a_missing_value_is_named(self):
        for option in ("-X", "-H", "--json", "--max-time", "-o", "--set", "--retry", "--rate"):
            with self.subTest(option):
                self.assert_usage_error(ppn("request", URL, option), option, "needs a value")

    def test_malformed_values_are_named(self):
        for option, value in (("-H", "no colon"), ("-H", "Name:"), ("-H", "Name:  "), ("-H", ";"), ("--max-time", "soon"),
                              ("--max-time", "-1"), ("--max-time", ""), ("--max-time", "."), ("--max-time", "1e3"),
                              ("--connect-timeout", "1s"), ("-u", "nobody"), ("--set", "name"), ("--set", "=value"),
                              ("--chunk-size", "0"), ("--chunk-size", "many")):
            with self.subTest(option, value=value):
                self.assert_usage_error(ppn("stream", option, value, URL))

    def test_what_may_be_a_secret_is_not_repeated(self):
        for arguments in (("request", "-H", "Authorization Bearer hidden", URL), ("request", "-u", "hidden", URL),
                          ("request", "-Hhidden", URL), ("request", "--user=me:hidden", URL),
                          ("request", "--set", "hidden", URL), ("request", "--set", "=hidden", URL),
                          ("request", "-H", "Authorization: Bearer hidden\x01", URL),
                          ("request", "-v", "-H", "Authorization: Bearer hidden", "ftp://me:hidden@x/"),
                          ("request", "-H", "Authorization: Bearer hidden", "http://127.0.0.1:1/?api_key=hidden"),
                          ("http://me:hidden@127.0.0.1/",)):
            with self.subTest(arguments):
                process = ppn(*arguments)
                self.assertNotEqual(process.returncode, 0)
                self.assertTrue(process.stderr)
                self.assertNotIn(b"hidden", process.stdout + process.stderr)

    def assert_file_error(self, process, path):
        self.assertEqual((process.returncode, process.stdout), (1, b""))
        self.assertTrue(process.stderr.startswith(f"ppn: FILE: {path}: ".encode()), process.stderr)

    def test_files_that_can_not_be_read_are_named(self):
        for option, value in (("--config", "/nowhere.json"), ("-d", "@/nowhere"), ("--json", "@/nowhere"), ("-d", "@/"),
                              ("--data-binary", "@/nowhere"), ("--data-binary", "@/")):
            with self.subTest(option, value=value):
                self.assert_file_error(ppn("request", option, value, URL), value.lstrip("@"))

    def test_options_that_exclude_each_other(self):
        for arguments in (("request", "--sse", URL), ("request", "--lines", URL), ("request", "--chunk-size", "9", URL),
                          ("stream", "--sse", "--lines", URL), ("stream", "--report-body", URL), ("stream", URL, URL),
                          ("stream", "-o", "a", "-o", "b", URL), ("request", "-o", "a", "-o", "b", URL), ("request",),
                          ("stream",), ("request", "-d", "a", "--json", "{}", URL), ("request", "--markdown", URL)):
            with self.subTest(arguments):
                self.assert_usage_error(ppn(*arguments))

    def test_list_options_prints_the_table(self):
        process = ppn("--list-options")
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        lines = process.stdout.decode().splitlines()
        for name in ("timeout_ms", "connect_timeout_ms", "verify_ssl", "ca_file", "stream_idle_timeout_ms"):
            self.assertIn(name, lines)
        self.assertEqual(ppn("request", "--list-options").stdout, process.stdout)

    def test_an_output_that_can_not_be_written_is_named(self):
        with support.ScriptedServer(support.answer_everything(support.response(b"x")), parallel=True) as server:
            for command in ("request", "stream"):
                with self.subTest(command):
                    self.assert_file_error(ppn(command, "-o", "/nowhere/file", server.url), "/nowhere/file")
                    self.assert_file_error(ppn(command, "-o", "/dev/full", server.url), "/dev/full")
                    with open("/dev/full", "wb") as full:
                        process = subprocess.run([str(support.PPN), command, "--report", server.url], stdout=full,
                                                         stderr=subprocess.PIPE, timeout=support.DEADLINE_S,
                                                         check=False)
                    self.assertEqual(process.returncode, 1)
                    self.assertTrue(process.stderr.startswith(b"ppn: FILE: standard output: "), process.stderr)


class Configuration(unittest.TestCase):
    def test_wrong_options_are_named_before_anything_is_sent(self):
        for name_and_value in ("no_such_option=1", "timeout_ms=soon", "timeout_ms=-1", "timeout_ms=86400001",
                               "verify_ssl=perhaps", "ca_file=/nowhere.pem"):
            with self.subTest(name_and_value), \
                    support.ScriptedServer(support.answer_everything(support.response())) as server:
                process = ppn("request", "--set", name_and_value, server.url)
                self.assertEqual((process.returncode, process.stdout), (41, b""))
                self.assertTrue(process.stderr.startswith(b"ppn: CONFIG_ERROR: "), process.stderr)
                self.assertEqual(server.connections, 0)

    def test_a_wrong_option_is_in_each_report(self):
        process = ppn("request", "--report", "--set", "no_such_option=1", URL, URL)
        lines = support.reports(process)
        self.assertEqual([line["error"]["code"] for line in lines], ["CONFIG_ERROR", "CONFIG_ERROR"])
        self.assertEqual(process.returncode, 41)

    def test_a_config_file_is_read_and_the_later_setting_wins(self):
        body = b"x" * 100
        with tempfile.NamedTemporaryFile(suffix=".json") as file, \
                support.ScriptedServer(support.answer_everything(support.response(body))) as server:
            file.write(b'{"max_response_bytes": 10}')
            file.flush()
            refused = ppn("request", "--config", file.name, server.url)
            taken = ppn("request", "--config", file.name, "--set", "max_response_bytes=1000", server.url)
            refused_again = ppn("request", "--set", "max_response_bytes=1000", "--config", file.name, server.url)
        self.assertIn(b"ppn: BODY_TOO_LARGE: ", refused.stderr)
        self.assertEqual(refused.returncode, 45)
        self.assertEqual((taken.returncode, taken.stdout), (0, body))
        self.assertEqual(refused_again.returncode, 45)

    def test_a_config_file_that_is_no_json_is_named(self):
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(b'{"timeout_ms": ')
            file.flush()
            process = ppn("request", "--config", file.name, URL)
        self.assertEqual(process.returncode, 45)
        self.assertTrue(process.stderr.startswith(b"ppn: JSON_PARSE: "), process.stderr)

    def test_an_environment_variable_that_can_not_be_understood_is_named(self):
        process = ppn("request", URL, environment={"PEPPERPY_NETWORK_VERIFY_SSL": "perhaps"})
        self.assertEqual(process.returncode, 41)
        self.assertTrue(process.stderr.startswith(b"ppn: CONFIG_ERROR: "), process.stderr)


if __name__ == "__main__":
    unittest.main()
