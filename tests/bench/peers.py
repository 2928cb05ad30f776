"""The programs that are compared, and one measured run of one of them."""
import json
import os
import re
import shutil
import subprocess
import threading

UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}
LONGEST_RUN_S = 180


class Program:
    """A program of this folder: prints one JSON object with operations, errors, body_bytes, seconds and cpu_s; one in
    a language that collects garbage, allocated_bytes as well."""

    def __init__(self, name, path, *arguments, environment=None, needs=None):
        self.name, self.command = name, [path, *map(str, arguments)]
        self.environment = environment or {}
        self.needs = needs or os.path.basename(path)  # what is not there when the program is not

    def missing(self):
        return None if os.access(self.command[0], os.X_OK) else f"no {self.needs}"

    def read(self, text):
        return json.loads(text)


class NodeProgram(Program):
    """A script of this folder for node, and the folder with the package that it measures."""

    def __init__(self, name, script, modules, package, *arguments):
        super().__init__(name, shutil.which("node") or "node", "--expose-gc", script, *arguments,
                         environment={"NODE_PATH": modules}, needs="node")
        self.modules, self.package = modules, package

    def missing(self):
        has_package = os.path.isdir(os.path.join(self.modules, self.package))
        return super().missing() or (None if has_package else f"no {self.package} of npm")


class Wrk:
    """wrk reads answers but checks little, and it verifies no certificate. It counts no body bytes."""

    name = "wrk"
    environment = {}

    def __init__(self, url, in_flight, seconds):
        self.command = ["wrk", "-t1", f"-c{in_flight}", f"-d{max(1, round(seconds))}s", url]

    def missing(self):
        return None if shutil.which("wrk") else "no wrk"

    def read(self, text):
        requests, time, unit = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m)\b", text).groups()
        trouble = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
        errors = sum(map(int, trouble.groups())) if trouble else 0
        status = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        return {"operations": int(requests), "errors": errors + (int(status[1]) if status else 0),
                "seconds": float(time) * UNITS_S[unit]}


def measure(peer, pin, check):
    """One run. `check` says what is wrong with the figures, or nothing. A program that does not account for its CPU
    time gets the kernel's account of the whole process."""
    process = subprocess.Popen([*pin, *peer.command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                               env={**os.environ, **peer.environment})
    limit = threading.Timer(LONGEST_RUN_S, process.kill)
    limit.start()
    try:
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        limit.cancel()
        process.stdout.close()
    if process.returncode != 0:
        raise RuntimeError(f"{peer.name} ended with {process.returncode}: {text.strip()}")
    figures = peer.read(text)
    if figures["errors"] or not figures["operations"]:
        raise RuntimeError(f"{peer.name}: {figures['operations']} operations, {figures['errors']} errors")
    wrong = check(figures) if "body_bytes" in figures else None
    if wrong:
        raise RuntimeError(f"{peer.name}: {wrong}")
    cpu_s = figures.setdefault("cpu_s", usage.ru_utime + usage.ru_stime)
    figures["cpu_us"] = cpu_s * 1e6 / figures["operations"]
    figures["wall_us"] = figures["seconds"] * 1e6 / figures["operations"]
    figures["per_s"] = figures["operations"] / figures["seconds"]
    if "allocated_bytes" in figures:
        figures["allocated_b"] = figures["allocated_bytes"] / figures["operations"]
    figures["peak_rss_kb"] = usage.ru_maxrss
    return figures
