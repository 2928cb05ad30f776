"""The programs that are compared, and one measured run of one of them."""
import json
import os
import re
import subprocess
import threading

from servers import JSON_BODY

UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}


class Program:
    """A client of ours that follows the convention `PROGRAM URL CA_FILE IN_FLIGHT SECONDS` and prints JSON."""

    def __init__(self, name, path):
        self.name, self.path = name, path

    def available(self):
        return os.access(self.path, os.X_OK)

    def command(self, url, ca_file, in_flight, seconds):
        return [self.path, url, ca_file, str(in_flight), str(seconds)]

    def read(self, text):
        report = json.loads(text)
        if report["body_bytes"] != report["requests"] * len(JSON_BODY):
            raise RuntimeError(f"{self.name}: {report['body_bytes']} body bytes in {report['requests']} answers")
        return report["requests"], report["errors"], report["seconds"]


class Wrk:
    """wrk reads answers but checks little; it verifies no certificate."""

    name = "wrk"

    def available(self):
        return any(os.access(os.path.join(folder, "wrk"), os.X_OK) for folder in os.environ["PATH"].split(":"))

    def command(self, url, ca_file, in_flight, seconds):
        return ["wrk", "-t1", f"-c{in_flight}", f"-d{max(1, round(seconds))}s", url]

    def read(self, text):
        requests, time, unit = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m)\b", text).groups()
        trouble = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
        errors = sum(map(int, trouble.groups())) if trouble else 0
        status = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        return int(requests), errors + (int(status[1]) if status else 0), float(time) * UNITS_S[unit]


def measure(peer, pin, url, ca_file, in_flight, seconds):
    """CPU time of the whole process, by the kernel's account of the child, so that no peer measures itself."""
    process = subprocess.Popen([*pin, *peer.command(url, ca_file, in_flight, seconds)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, text=True)
    limit = threading.Timer(seconds + 60, process.kill)
    limit.start()
    try:
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        limit.cancel()
    if process.returncode != 0:
        raise RuntimeError(f"{peer.name} ended with {process.returncode}: {text.strip()}")
    requests, errors, took = peer.read(text)
    if errors or not requests:
        raise RuntimeError(f"{peer.name}: {requests} requests, {errors} errors")
    return {"requests": requests, "seconds": took, "rps": requests / took,
            "cpu_us": (usage.ru_utime + usage.ru_stime) * 1e6 / requests, "peak_rss_kb": usage.ru_maxrss}
