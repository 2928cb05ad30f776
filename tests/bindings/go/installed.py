#!/usr/bin/env python3
"""The Go module as it is installed, used by a project outside the tree as README.md tells: made by its commands, found by
`replace`, built by the installed pepperpy-network.pc, and refused when headers or library do not fit. The program is its tour.

usage: installed.py BUILD_DIR AI_SERVER GO"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

PATIENCE_S = 280

README = (pathlib.Path(__file__).resolve().parents[3] / "bindings" / "go" / "README.md").read_text()
# What the tour prints: a model, the pieces of an answer, and what went wrong on purpose.
TOUR_SAYS = r"""200 pepper-mini
(\{"id":"chatcmpl-.*\}
){3,}\[DONE\]
HTTP_TOO_MANY_REQUESTS 429 true \S+ true 3
true false
"""


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.prefix, cls.project = pathlib.Path(folder.name, "prefix"), pathlib.Path(folder.name, "project")
        for part in ("capi", "pkgconfig", "bindings/go"):
            subprocess.run(["cmake", f"-DCMAKE_INSTALL_PREFIX={cls.prefix}", "-P", f"{BUILD}/{part}/cmake_install.cmake"],
                           check=True, stdout=subprocess.DEVNULL)
        cls.libraries = next(cls.prefix.rglob("libpepperpy_network.so")).parent
        cls.project.mkdir()
        (cls.project / "main.go").write_text("\n".join(re.findall(r"^```go\n(.*?)^```$", README, re.M | re.S)))
        for command in re.findall(r"^    (go mod .*)$", README, re.M):
            words = command.replace("/usr/local", str(cls.prefix)).split()
            subprocess.run([GO, *words[1:]], cwd=cls.project, check=True, capture_output=True)

    def build(self, **more):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(self.libraries / "pkgconfig"), "GOFLAGS": "-mod=mod",
                       "GOPROXY": "off", "GOWORK": "off", "CGO_ENABLED": "1", **more}
        return subprocess.run([GO, "build", "-o", "outside", "."], cwd=self.project, env=environment, text=True,
                              capture_output=True, check=False, timeout=PATIENCE_S)

    def test_the_tour_of_the_readme_talks_to_a_server(self):
        with tempfile.TemporaryDirectory() as folder:
            ready, ca = pathlib.Path(folder, "ready"), os.path.join(folder, "ca.pem")
            server = subprocess.Popen([SERVER, "--port", "0", "--ca-out", ca, "--ready-file", ready],
                                      stdout=subprocess.DEVNULL)
            try:
                deadline = time.monotonic() + 60
                while not ready.exists():
                    self.assertIsNone(server.poll())
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.01)
                program = self.project / "main.go"
                tour = program.read_text()
                self.assertIn("https://localhost:8443", tour)
                port = re.search(r"https_port=(\d+)", ready.read_text())[1]
                program.write_text(tour.replace("localhost:8443", f"localhost:{port}"))
                built = self.build()
                program.write_text(tour)
                self.assertEqual(built.returncode, 0, built.stderr)
                ran = subprocess.run([self.project / "outside"], cwd=folder, text=True, capture_output=True, check=False,
                                     timeout=PATIENCE_S, env={**os.environ, "LD_LIBRARY_PATH": str(self.libraries)})
            finally:
                server.terminate()
                server.wait()
        self.assertEqual(ran.stderr, "")
        self.assertRegex(ran.stdout, f"^{TOUR_SAYS}$")

    def test_no_tests_are_installed(self):
        module = self.prefix / "share" / "pepperpy-network" / "go"
        self.assertTrue((module / "go.mod").exists())
        self.assertEqual(list(module.rglob("*_test.go")), [])

    def test_headers_of_another_version_are_refused(self):
        other = self.prefix / "other"
        header = next(self.prefix.rglob("pepperpy/network/version.h"))
        (other / "pepperpy" / "network").mkdir(parents=True)
        text = header.read_text().replace('"export.h"', "<pepperpy/network/export.h>")
        (other / "pepperpy" / "network" / "version.h").write_text(
            re.sub(r"(#define PPN_VERSION_MAJOR) \d+", r"\1 77", text))
        built = self.build(CGO_CPPFLAGS=f"-I{other}")
        self.assertNotEqual(built.returncode, 0)
        self.assertIn("do not fit this Go module", built.stderr)

    def test_a_library_that_is_not_there_is_named(self):
        built = self.build(PKG_CONFIG_PATH="/nowhere", PKG_CONFIG_LIBDIR="/nowhere")
        self.assertNotEqual(built.returncode, 0)
        self.assertIn("pepperpy-network", built.stderr)
        self.assertEqual(self.build().returncode, 0)
        ran = subprocess.run([self.project / "outside"], text=True, capture_output=True, check=False,
                             env={name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"})
        self.assertNotEqual(ran.returncode, 0)
        self.assertIn("libpepperpy_network.so", ran.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    BUILD, SERVER, GO = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
