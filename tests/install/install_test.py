#!/usr/bin/env python3
"""install_test.py BUILD_DIR VERSION LIBDIR: installs into a new place and uses it from there, as users would."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class Install(unittest.TestCase):
    build = version = libdir = ""

    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.mkdtemp(prefix="ppn-install-")
        cls.addClassCleanup(shutil.rmtree, cls.work)
        first = os.path.join(cls.work, "first")
        subprocess.run(["cmake", "--install", cls.build, "--prefix", first], check=True, stdout=subprocess.DEVNULL)
        # Used from another place than it was installed to: nothing in the tree may know its prefix.
        cls.prefix = os.path.join(cls.work, "moved")
        shutil.move(first, cls.prefix)
        cls.lib = os.path.join(cls.prefix, cls.libdir)

    def run_ok(self, *command, **environment):
        run = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                             timeout=100, env=os.environ | environment)
        self.assertEqual(run.returncode, 0, f"{' '.join(command)}\n{run.stdout}{run.stderr}")
        return run.stdout

    def configure(self, name, wanted):
        command = ["cmake", "-G", "Ninja", "-S", os.path.join(HERE, "cmake-consumer"), "-B",
                   os.path.join(self.work, name), f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DWANTED_VERSION={wanted}"]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)

    def test_pkg_config_consumer_builds_and_runs(self):
        path = os.path.join(self.lib, "pkgconfig")
        flags = self.run_ok("pkg-config", "--cflags", "--libs", "pepperpy-network", PKG_CONFIG_PATH=path).split()
        program = os.path.join(self.work, "consumer")
        self.run_ok("cc", "-std=c99", "-pedantic", "-Wall", "-Werror", os.path.join(HERE, "pkgconfig-consumer/main.c"),
                    "-o", program, *flags)
        self.assertEqual(self.run_ok(program, LD_LIBRARY_PATH=self.lib), f"pepperpy-network {self.version}\n")

    def test_pkg_config_consumer_of_the_wrapper_builds_and_runs(self):
        path = os.path.join(self.lib, "pkgconfig")
        flags = self.run_ok("pkg-config", "--cflags", "--libs", "pepperpy-network", PKG_CONFIG_PATH=path).split()
        for standard in ("c++17", "c++20"):
            program = os.path.join(self.work, f"wrapper-{standard}")
            self.run_ok("c++", f"-std={standard}", "-pedantic", "-Wall", "-Wextra", "-Werror",
                        os.path.join(HERE, "pkgconfig-consumer/main.cpp"), "-o", program, *flags)
            self.assertEqual(self.run_ok(program, LD_LIBRARY_PATH=self.lib),
                             f"pepperpy-network {self.version} CONNECT_FAILED\n")

    def test_pkg_config_refuses_a_version_that_is_too_new(self):
        run = subprocess.run(["pkg-config", "--exists", "pepperpy-network >= 999"], check=False,
                             env=os.environ | {"PKG_CONFIG_PATH": os.path.join(self.lib, "pkgconfig")})
        self.assertNotEqual(run.returncode, 0)

    def test_cmake_consumer_builds_and_runs(self):
        run = self.configure("cmake", self.version)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        folder = os.path.join(self.work, "cmake")
        self.run_ok("cmake", "--build", folder)
        self.assertEqual(self.run_ok(os.path.join(folder, "consumer")), f"pepperpy-network {self.version}\n")
        self.assertEqual(self.run_ok(os.path.join(folder, "wrapper")),
                         f"pepperpy-network {self.version} CONNECT_FAILED\n")

    def test_cmake_refuses_a_version_that_is_too_new(self):
        major, minor, _ = self.version.split(".")
        for wanted in ("999.0", f"{major}.{int(minor) + 1}"):
            run = self.configure(f"refused-{wanted}", wanted)
            self.assertNotEqual(run.returncode, 0, wanted)
            self.assertIn("not accepted", run.stderr.replace("\n", " "))

    def test_library_lies_under_its_three_names(self):
        names = [name for name in os.listdir(self.lib) if name.startswith("libpepperpy_network.so")]
        self.assertEqual(len(names), 3, names)

    def test_nothing_but_the_public_parts_is_installed(self):
        for folder, _, files in os.walk(self.prefix):
            for name in files:
                self.assertRegex(os.path.relpath(os.path.join(folder, name), self.prefix),
                                 r"^(bin/ppn|include/pepperpy/(network/(cpp/)?)?\w+\.(h|hpp)|.*/libpepperpy_network\.so[.\d]*"
                                 r"|.*/pkgconfig/pepperpy-network\.pc|.*/cmake/PepperPyNetwork/[\w-]+\.cmake"
                                 r"|share/pepperpy-network/csharp/PepperPy\.Network\.[\d.]+\.nupkg"
                                 r"|share/pepperpy-network/java/(README\.md|pom\.xml|pepperpy-network-[\d.]+(-sources|-javadoc)?\.jar)"
                                 r"|share/pepperpy-network/go/.*\.(go|mod|c|cpp|cxx|h|hpp|i|md))$")

    def test_command_finds_the_library_beside_it(self):
        self.assertIn("ppn", self.run_ok(os.path.join(self.prefix, "bin/ppn"), "--help", LD_LIBRARY_PATH=""))


if __name__ == "__main__":
    Install.build, Install.version, Install.libdir = sys.argv[1:4]
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[4:]])
