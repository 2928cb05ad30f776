#!/usr/bin/env python3
"""Starts the scripted server, lets runners replay the behaviours, and compares what they print.

    run.py --server PROGRAM --behaviours FILE [--registry FILE] [--only LANGUAGE] [LANGUAGE=COMMAND ...]

COMMAND is written as in a shell; `skip WHY` in its place says that this language can not be run here. A registry has one
LANGUAGE=COMMAND a line. Ends with 77 when nothing could be run.
"""
import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time

import compare

PATIENCE_S = 240


def read_ready(path, server, deadline):
    while not os.path.exists(path):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the scripted server does not get ready")
        time.sleep(0.01)
    with open(path, encoding="utf-8") as file:
        return dict(line.strip().split("=", 1) for line in file)


def clean_environment():
    """Without the options that the environment would set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PEPPERPY_")}


class Server:
    def __init__(self, program, behaviours, folder):
        self.ca = os.path.join(folder, "ca.pem")
        ready = os.path.join(folder, "ready")
        self.process = subprocess.Popen([program, "--behaviours", behaviours, "--ready-file", ready, "--ca-out", self.ca])
        facts = read_ready(ready, self.process, time.monotonic() + PATIENCE_S)
        self.bases = [f"https://127.0.0.1:{facts['https_port']}", f"http://127.0.0.1:{facts['http_port']}"]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def replay(command, behaviours, server, output):
    """Lines that tell why the runner itself failed; none when it did not."""
    with open(output, "wb") as file:
        try:
            run = subprocess.run([*shlex.split(command), behaviours, *server.bases, server.ca], stdout=file, check=False,
                                 env=clean_environment(), timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            return [f"{command}: not finished after {PATIENCE_S} s"]
        except OSError as error:
            return [f"{command}: {error}"]
    return [f"{command}: exit status {run.returncode}"] if run.returncode != 0 else []


def registered(arguments):
    lines = list(arguments.runner)
    if arguments.registry:
        with open(arguments.registry, encoding="utf-8") as file:
            lines += [line.strip() for line in file if line.strip()]
    runners = dict(line.split("=", 1) for line in lines)
    return {language: command for language, command in runners.items() if arguments.only in (None, language)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--behaviours", required=True)
    parser.add_argument("--registry")
    parser.add_argument("--only")
    parser.add_argument("runner", nargs="*", metavar="LANGUAGE=COMMAND")
    arguments = parser.parse_args()
    runners = registered(arguments)
    for language in [name for name, command in runners.items() if command.startswith("skip ")]:
        print(f"skipped: {language}: {runners.pop(language).removeprefix('skip ')}")
    if not runners:
        return 77
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        server = Server(arguments.server, arguments.behaviours, folder)
        outputs = {language: os.path.join(folder, language) for language in runners}
        try:
            found = [line for language, command in runners.items()
                     for line in replay(command, arguments.behaviours, server, outputs[language])]
        finally:
            status = server.end()
        if status != 0:
            found.append(f"the scripted server ended with status {status}")
        print("\n".join(found), end="\n" if found else "")
        differs = compare.main([arguments.behaviours, *(f"{name}={path}" for name, path in outputs.items())])
        return 1 if found or differs else 0


if __name__ == "__main__":
    sys.exit(main())
