#!/usr/bin/env python3
"""One example program in every language, against one local AI server: the same output, as it is checked in.

    run.py --server PROGRAM --registry FILE NAME

A line of the registry is `LANGUAGE NAME=COMMAND`, or `LANGUAGE *=skip WHY`. Ends with 77 when no language is there.
"""
import argparse
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LANGUAGES = ("c", "cpp", "java", "csharp", "go")
PATIENCE_S = 60
KEY = "test-key"

# What differs from run to run, and nothing more: ports, times, random ids.
VARIABLE = (
    (re.compile(r"\blocalhost:\d+"), "localhost:PORT"),
    (re.compile(r"\bin \d+ ms\b"), "in N ms"),
    (re.compile(r"\b00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01\b"), "00-TRACE-SPAN-01"),
)


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("PEPPERPY_")}


class AiServer:
    def __init__(self, program, folder):
        self.ca = os.path.join(folder, "ca.pem")
        ready = os.path.join(folder, "ready")
        self.process = subprocess.Popen([program, "--quiet", "--api-key", KEY, "--ca-out", self.ca, "--ready-file", ready],
                                        env=clean_environment())
        deadline = time.monotonic() + PATIENCE_S
        while not os.path.exists(ready):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the AI server does not get ready")
            time.sleep(0.01)
        with open(ready, encoding="utf-8") as file:
            facts = dict(line.strip().split("=", 1) for line in file)
        self.url = f"https://localhost:{facts['https_port']}"

    def environment(self, **changes):
        return {**clean_environment(), "PEPPERPY_DEMO_URL": self.url, "PEPPERPY_DEMO_KEY": KEY,
                "PEPPERPY_DEMO_CA": self.ca, **changes}

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)


def normalised(text):
    for pattern, name in VARIABLE:
        text = pattern.sub(name, text)
    return text


def registered(path, name):
    """Command, None (not there) or a text that begins with skip, for each language."""
    commands = dict.fromkeys(LANGUAGES)
    named = set()
    with open(path, encoding="utf-8") as file:
        for line in filter(None, map(str.strip, file)):
            key, _, command = line.partition("=")
            language, program = key.split()
            named.add(language)
            if program in (name, "*"):
                commands[language] = command
    for language in commands:
        if commands[language] is None:
            commands[language] = f"missing: {name} is not registered" if language in named else "skip not built"
    return commands


def run(command, environment, *arguments):
    done = subprocess.run([*shlex.split(command), *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          env=environment, timeout=PATIENCE_S)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def differences(expected, output):
    """The first line that differs, with its number."""
    wanted, got = expected.splitlines(), output.splitlines()
    for number in range(max(len(wanted), len(got))):
        pair = [lines[number] if number < len(lines) else "(no line)" for lines in (wanted, got)]
        if pair[0] != pair[1]:
            return f"line {number + 1}\n    expected  {pair[0]}\n    got       {pair[1]}"
    return None if expected == output else "the last line has no end"


def check(name, command, server, expected):
    """Lines that tell what is wrong with the program of one language."""
    found = []
    status, out, err = run(command, server.environment())
    if status != 0 or err:
        found.append(f"exit status {status}, on standard error: {err.strip()[-2000:]}")
    if difference := differences(expected, normalised(out)):
        found.append(difference)
    status, out, err = run(command, server.environment(), "--help")
    if status != 0 or not out.startswith(f"usage: {name} ") or err:
        found.append(f"--help: exit status {status}: {(out + err).strip()[:200]}")
    status, out, err = run(command, server.environment(PEPPERPY_DEMO_CA=""))
    if status != 1 or not err.startswith(f"{name}: CERT_UNTRUSTED: "):
        found.append(f"without the CA: exit status {status}, on standard error: {err.strip()[:200]}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--registry", required=True)
    parser.add_argument("name")
    arguments = parser.parse_args()
    with open(os.path.join(HERE, "expected", f"{arguments.name}.txt"), encoding="utf-8") as file:
        expected = file.read()
    ran, failed = [], False
    with tempfile.TemporaryDirectory(prefix="examples-") as folder:
        server = AiServer(arguments.server, folder)
        try:
            for language, command in registered(arguments.registry, arguments.name).items():
                if command.startswith("skip "):
                    print(f"skipped: {language}: {command.removeprefix('skip ')}")
                    continue
                ran.append(language)
                found = [command] if command.startswith("missing: ") else check(arguments.name, command, server, expected)
                failed = failed or bool(found)
                for line in found:
                    print(f"{language}: {line}")
        finally:
            server.end()
    if not failed and ran:
        print(f"{arguments.name}: the same output in {', '.join(ran)}")
    return 1 if failed else 0 if ran else 77


if __name__ == "__main__":
    sys.exit(main())
