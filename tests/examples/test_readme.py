"""What README.md says: its quick starts compile and run, its tables are those of the programs."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import support  # noqa: E402

README = (support.ROOT / "README.md").read_text(encoding="utf-8")


def block_between(begin, end):
    return README.split(begin, 1)[1].split(end, 1)[0].strip()


def code_rows():
    """Number and name of each code in the public header."""
    header = (support.ROOT / "capi/include/pepperpy/network/error.h").read_text(encoding="utf-8")
    return {name: int(number) for name, number in re.findall(r"PPN_E_(\w+) = (\d+)", header)}


class QuickStart:
    """The program between ```<fence> and ```, as it stands there."""

    @classmethod
    def setUpClass(cls):
        cls.server = support.AiServer().__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        source = pathlib.Path(folder.name, "quick_start." + cls.fence)
        cls.program = pathlib.Path(folder.name, "quick_start")
        source.write_text(cls.text(), encoding="utf-8")
        compiler = subprocess.run(
            [*cls.compiler, "-pedantic", "-Wall", "-Wextra", "-Werror", f"-I{support.BUILD}/include",
             str(source), f"-L{support.LIBRARY.parent}", "-lpepperpy_network",
             f"-Wl,-rpath,{support.LIBRARY.parent}", "-o", str(cls.program)],
            capture_output=True, timeout=support.DEADLINE_S, check=False)
        if compiler.returncode != 0:
            raise AssertionError(compiler.stderr.decode())

    @classmethod
    def text(cls):
        return block_between(f"```{cls.fence}\n", "```")

    def test_it_is_short(self):
        self.assertLessEqual(len(self.text().splitlines()), 30)


@unittest.skipIf(support.sanitizer(), "a program of a user brings no runtime of a sanitizer")
class QuickStartInC(QuickStart, unittest.TestCase):
    fence = "c"
    compiler = ("cc", "-std=c99")

    def test_it_prints_a_model(self):
        models = support.response(b'{"data": [{"id": "pepper-1"}]}')
        with support.ScriptedServer(support.answer_everything(models)) as server:
            process = support.run(self.program, server.url)
        self.assertEqual((process.returncode, process.stdout, process.stderr), (0, b"first model: pepper-1\n", b""))

    def test_it_names_what_is_wrong(self):
        process = support.run(self.program, self.server.https_url + "/v1/models")
        self.assertEqual((process.returncode, process.stdout), (1, b""))
        self.assertTrue(process.stderr.startswith(b"CERT_UNTRUSTED: "), process.stderr)


@unittest.skipIf(support.sanitizer(), "a program of a user brings no runtime of a sanitizer")
class QuickStartInCpp(QuickStart, unittest.TestCase):
    fence = "cpp"
    compiler = ("c++", "-std=c++17")

    def test_it_prints_a_model_and_the_events_of_a_completion(self):
        process = support.run(self.program, self.server.http_url + "/v1", self.server.api_key)
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        lines = process.stdout.splitlines()
        self.assertRegex(lines[0], rb"^first model: .+")
        self.assertGreater(len(lines), 3)
        self.assertTrue(lines[1].startswith(b"{"))
        self.assertEqual(lines[-1], b"[DONE]")

    def test_it_names_what_is_wrong(self):
        for url, key, code in ((self.server.https_url, self.server.api_key, b"CERT_UNTRUSTED: "),
                               (self.server.http_url, "wrong", b"HTTP_UNAUTHORIZED: "),
                               ("http://api.example.test", "key", b"CONFIG_ERROR: ")):
            with self.subTest(url):
                process = support.run(self.program, url + "/v1", key)
                self.assertEqual(process.returncode, 1)
                self.assertNotIn(b"[DONE]", process.stdout)
                self.assertTrue(process.stderr.startswith(code), process.stderr)


class Tables(unittest.TestCase):
    def test_the_option_table_is_that_of_the_library(self):
        table = support.ppn("--list-options", "--markdown").stdout.decode().strip()
        self.assertEqual(block_between("<!-- options: begin -->", "<!-- options: end -->"), table,
                         "replace the table in README.md with the output of ppn --list-options --markdown")

    def test_the_report_it_shows_has_the_keys_of_a_real_one(self):
        shown = json.loads(re.search(r"^\{\"url\".*?^ .*\}$", README, re.M | re.S)[0])
        real = support.reports(support.ppn("request", "--report", "ftp://x/"))[0]
        self.assertEqual(list(shown), list(real))
        self.assertEqual(list(shown["timings_ms"]), list(real["timings_ms"]))
        for key in real["error"]:
            self.assertIn(f"`{key}`", README)

    def test_the_error_table_names_codes_of_its_categories(self):
        numbers = code_rows()
        rows = re.findall(r"^\| (\d)xx \| [^|]+\| (\d+)[^|]*\| ([^|]+)\|$", README, re.M)
        self.assertGreater(len(rows), 5)
        for digit, status, examples in rows:
            for name in re.findall(r"`(\w+)`", examples):
                with self.subTest(name):
                    self.assertEqual(numbers[name] // 100, int(digit))
            if digit != "6":
                self.assertEqual(int(status), 40 + int(digit))

    def test_the_names_of_functions_and_constants_exist(self):
        headers = "".join(path.read_text(encoding="utf-8")
                          for path in (support.ROOT / "capi/include").rglob("*.h*"))
        for name in sorted(set(re.findall(r"\b(?:ppn|PPN)_\w+", README))):
            with self.subTest(name):
                self.assertRegex(headers, rf"\b{name}\b" if not name.endswith("_") else name)

    def test_the_files_it_names_exist(self):
        for name in re.findall(r"(?:examples|tests|capi)/[\w./]+", README):
            with self.subTest(name):
                self.assertTrue((support.ROOT / name.rstrip(".")).exists())


if __name__ == "__main__":
    unittest.main()
