"""The `ppn ws` command as the client of a case: its arguments, and what its exit status and its error have to be."""
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "examples"))

import support  # noqa: E402  (where the build is)

SETTINGS = {"open_timeout_ms": "websocket_open_timeout_ms", "close_timeout_ms": "websocket_close_timeout_ms",
            "ping_interval_ms": "websocket_ping_interval_ms", "pong_timeout_ms": "websocket_pong_timeout_ms",
            "max_message_bytes": "websocket_max_message_bytes", "send_queue_bytes": "websocket_send_queue_bytes",
            "reconnect": "websocket_reconnect", "reconnect_attempts": "websocket_reconnect_attempts"}
ERROR_LINE = re.compile(r"ppn: ([A-Z0-9_]+): ")
WEBSOCKET_ERROR = 48
ANY_FAILURE = range(41, 50)
DEADLINE_S = 60  # the server's own waits are shorter


def arguments(url, options, echo=True):
    """The words after `ppn`."""
    words = ["ws"]
    if echo:
        words.append("--echo")
    for name, value in options.items():
        if name == "deflate":
            words += ["--compressed"] if value else []
        elif name == "subprotocols":
            words += [word for protocol in value for word in ("--subprotocol", protocol)]
        elif name == "cacert":
            words += ["--cacert", str(value)]
        else:
            shown = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
            words += ["--set", f"{SETTINGS[name]}={shown}"]
    return [*words, url]


def run_to_its_end(command):
    """(exit status or None at the deadline, the line of standard error that names the error, else its last)."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env=support.ENVIRONMENT)
    try:
        stderr = process.communicate(timeout=DEADLINE_S)[1]
        status = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        stderr, status = process.communicate()[1], None
    # The body of a refusal follows the line of the error.
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return status, next((line for line in lines if ERROR_LINE.match(line)), lines[-1] if lines else "")


class PpnClient:
    def __init__(self):
        if not os.access(support.PPN, os.X_OK):
            sys.exit(f"run_cases: {support.PPN} is not there")

    @staticmethod
    def start(url, options):
        return run_to_its_end([str(support.PPN), *arguments(url, options)])

    @staticmethod
    def judge_end(wanted, names, status, stderr):
        """Why the program's end is wrong, or an empty text."""
        if status not in (0, *ANY_FAILURE):
            return f"ended with {status}: {stderr}"
        if wanted == "any":
            return ""
        allowed = {"clean": (0,), "error": (WEBSOCKET_ERROR,), "failure": ANY_FAILURE}[wanted]
        if status not in allowed:
            return f"ended with {status}, expected {allowed[0]}: {stderr}"
        found = ERROR_LINE.match(stderr)
        if wanted != "clean" and not found:
            return f"said nothing of its error: {stderr!r}"
        if wanted != "clean" and names and found[1] not in names:
            return f"named it {found[1]}, expected {' or '.join(names)}"
        return ""
