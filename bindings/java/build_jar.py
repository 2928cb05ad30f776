#!/usr/bin/env python3
"""Compile the Java sources and put them into a jar with the native libraries, and the sources into another."""
import argparse
import pathlib
import shutil
import subprocess


def run(*command):
    subprocess.run([str(part) for part in command], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("javac", "jar", "sources", "generated", "work", "out", "sources-out", "pom"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--native", nargs="*", default=[], help="PLATFORM=FILE")
    parser.add_argument("--strip", default="")
    options = parser.parse_args()

    work = pathlib.Path(options.work)
    shutil.rmtree(work, ignore_errors=True)
    classes = work / "classes"
    classes.mkdir(parents=True)
    roots = [pathlib.Path(options.sources), pathlib.Path(options.generated)]
    files = work / "sources.txt"
    files.write_text("\n".join(sorted(f'"{path}"' for root in roots for path in root.rglob("*.java"))))
    run(options.javac, "--release", "17", "-encoding", "UTF-8", "-Xlint:all", "-Werror", "-g", "-d", classes, f"@{files}")

    # For tests of what happens without the native library.
    shutil.copytree(classes, work / "plain")
    for entry in options.native:
        platform, _, file = entry.partition("=")
        folder = classes / "native" / platform
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / pathlib.Path(file).name
        shutil.copyfile(file, target)
        if options.strip:
            run(options.strip, "--strip-unneeded", target)
    meta = classes / "META-INF/maven/ai.pepperpy/pepperpy-network"
    meta.mkdir(parents=True)
    shutil.copyfile(options.pom, meta / "pom.xml")
    run(options.jar, "--create", "--file", options.out, "-C", classes, ".")
    run(options.jar, "--create", "--file", options.sources_out, *(part for root in roots for part in ("-C", root, ".")))


if __name__ == "__main__":
    main()
