"""examples/demo.sh with the programs of this build."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import support  # noqa: E402

DEMO = support.ROOT / "examples" / "demo.sh"


class Demo(unittest.TestCase):
    def test_every_step_comes_out_right_from_any_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            process = support.run(DEMO, "--build-dir", support.BUILD, cwd=folder)
            text = process.stdout.decode()
            self.assertEqual(process.returncode, 0, text + process.stderr.decode())
            self.assertNotIn("WRONG", text)
            self.assertRegex(text.splitlines()[-1], r"^\d\d steps as they should be, 0 wrong$")
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])

    def test_a_build_without_programs_makes_it_fail(self):
        with tempfile.TemporaryDirectory() as folder:
            process = support.run(DEMO, "--build-dir", folder)
        self.assertNotEqual(process.returncode, 0)

    def test_help_and_unknown_options(self):
        process = support.run(DEMO, "--help")
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        self.assertTrue(process.stdout.startswith(b"usage: examples/demo.sh"))
        self.assertEqual(support.run(DEMO, "--nothing").returncode, 2)
        self.assertEqual(support.run(DEMO, "--build-dir", "/nowhere/at/all").returncode, 2)


if __name__ == "__main__":
    unittest.main()
