#!/usr/bin/env python3
"""The Go module as it is installed, used by a project outside the tree: found by `replace`, built by the installed
pepperpy-network.pc, and refused when headers or library do not fit.

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

PROGRAM = """package main

import (
	"context"
	"fmt"
	"os"

	"pepperpy.ai/network"
)

func main() {
	api, err := network.NewAPIClient(os.Args[1], "demo-key", network.WithCaFile(os.Args[2]))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	defer api.Close()
	response, err := api.Get(context.Background(), "/v1/models")
	fmt.Println(response.Status, err, network.Version())
}
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
        (cls.project / "main.go").write_text(PROGRAM)
        (cls.project / "go.mod").write_text(
            "module outside\n\ngo 1.19\n\nrequire pepperpy.ai/network v0.0.0\n\n"
            f"replace pepperpy.ai/network => {cls.prefix}/share/pepperpy-network/go\n")

    def build(self, **more):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(self.libraries / "pkgconfig"), "GOFLAGS": "-mod=mod",
                       "GOPROXY": "off", "GOWORK": "off", "CGO_ENABLED": "1", **more}
        return subprocess.run([GO, "build", "-o", "outside", "."], cwd=self.project, env=environment, text=True,
                              capture_output=True, check=False, timeout=PATIENCE_S)

    def test_a_project_outside_the_tree_talks_to_a_server(self):
        built = self.build()
        self.assertEqual(built.returncode, 0, built.stderr)
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
                port = re.search(r"https_port=(\d+)", ready.read_text())[1]
                ran = subprocess.run([self.project / "outside", f"https://localhost:{port}", ca], text=True,
                                     capture_output=True, check=False, timeout=PATIENCE_S,
                                     env={**os.environ, "LD_LIBRARY_PATH": str(self.libraries)})
            finally:
                server.terminate()
                server.wait()
        self.assertRegex(ran.stdout + ran.stderr, r"^200 <nil> \d+\.\d+\.\d+\n$")

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
        ran = subprocess.run([self.project / "outside", "x", "y"], text=True, capture_output=True, check=False,
                             env={name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"})
        self.assertNotEqual(ran.returncode, 0)
        self.assertIn("libpepperpy_network.so", ran.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    BUILD, SERVER, GO = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
