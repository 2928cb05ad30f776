#!/usr/bin/env python3
"""javadoc_test.py JAVADOC JAR SOURCES GENERATED: the documentation of the public classes has no warning."""
import pathlib
import subprocess
import sys
import tempfile


def main():
    javadoc, jar, sources, generated = sys.argv[1:]
    if not pathlib.Path(javadoc).is_file():
        print("skipped: no javadoc")
        return 77
    files = [path for root in (sources, generated) for path in (pathlib.Path(root) / "ai/pepperpy/network").glob("*.java")]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.run([javadoc, "-quiet", "-Xdoclint:all", "-Werror", "-encoding", "UTF-8", "--release", "17",
                                  "-d", folder, "-cp", jar, *map(str, files)],
                                 capture_output=True, text=True, check=False)
        sys.stderr.write(process.stderr[-4000:])
        return 0 if process.returncode == 0 and not process.stderr else 1


if __name__ == "__main__":
    sys.exit(main())
