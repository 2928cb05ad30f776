#!/usr/bin/env python3
"""javadoc_test.py JAVADOC SOURCES GENERATED: the documentation of the public classes has no warning."""
import pathlib
import subprocess
import sys
import tempfile


def main():
    javadoc, sources, generated = sys.argv[1:]
    if not pathlib.Path(javadoc).is_file():
        print("skipped: no javadoc")
        return 77
    files = [path for root in (sources, generated) for path in pathlib.Path(root).rglob("*.java")]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.run([javadoc, "-quiet", "-Xdoclint:all", "-Werror", "-encoding", "UTF-8", "--release", "17",
                                  "-d", folder, "-exclude", "ai.pepperpy.network.internal", *map(str, files)],
                                 capture_output=True, text=True, check=False)
        of_ours = [line for line in process.stderr.splitlines() if "/internal/" not in line]
        sys.stderr.write("\n".join(of_ours) + "\n")
        return 0 if process.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
