#!/usr/bin/env python3
"""Runs an echo client against the cases of the fuzzing server and judges both its bytes and how it ends.

    run_cases.py [--sections 1,6] [--case 6.4.2 ...] [--client 'CMD {url} {options}'] [--tls] [--parallel N]
                 [--strict] [--report FILE.json] [--verbose]

Without --client it is `ppn ws --echo` of the build (PPN_BUILD_DIR or PPN_COMMAND). {options} becomes the case's options
as JSON. The last line is `N cases, N ok, N non-strict, N failed`; the exit status is 1 when one failed, and with
--strict when one was not strictly right.
"""
import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import queue
import shlex
import sys
import threading

sys.dont_write_bytecode = True

import certificates  # noqa: E402
import ppn_client  # noqa: E402
from cases import SECTIONS  # noqa: E402
from fuzzing_server import FAILED, NON_STRICT, OK, FuzzingServer  # noqa: E402

SKIPPED = "SKIPPED"
SKIP_STATUS = 77


class CommandClient:
    """Any program: {url} and {options} are put into its command line."""

    def __init__(self, command):
        self._words = shlex.split(command)

    def start(self, url, options):
        values = {"{url}": url, "{options}": json.dumps(options)}
        return ppn_client.run_to_its_end([values.get(word, word) for word in self._words])

    @staticmethod
    def judge_end(wanted, names, status, stderr):
        """Why the program's end is wrong, or an empty text."""
        if wanted == "any" or (status == 0) == (wanted == "clean"):
            return ""
        return f"ended with {status}, expected {'0' if wanted == 'clean' else 'an error'}: {stderr}"


class Runner:
    def __init__(self, cases, client, certificate=None):
        self._client, self._certificate = client, certificate
        self._results = {str(run): queue.Queue() for run in range(len(cases))}
        self._cases = cases
        self._server = FuzzingServer(cases, self._report, certificate and certificate.server_context())
        self._lost = queue.Queue()

    def _report(self, run, result):
        (self._results.get(run) or self._lost).put(result)

    def run(self, number):
        case = self._cases[number]
        scheme = "wss" if self._certificate else "ws"
        options = dict(case.options)
        if self._certificate:
            options["cacert"] = self._certificate.ca_file
        url = f"{scheme}://127.0.0.1:{self._server.port}/{case.id}?run={number}"
        status, stderr = self._client.start(url, options)
        result = {"id": case.id, "description": case.description, "rfc": case.rfc, "seconds": None}
        if status == SKIP_STATUS:
            return {**result, "outcome": SKIPPED, "seen": "the client has no such option"}
        try:
            result.update(self._results[str(number)].get(timeout=ppn_client.DEADLINE_S if status is not None else 1))
        except queue.Empty:
            lost = "" if self._lost.empty() else f"; {self._lost.get()['seen']}"
            return {**result, "outcome": FAILED,
                    "seen": f"the client ended with {status} before its case: {stderr}{lost}"}
        if self._server.conversations[str(number)] > 1:
            result.update(outcome=FAILED, seen=f"the client came back; {result['seen']}")
        if status is None:
            result.update(outcome=FAILED,
                          seen=f"the client did not end within {ppn_client.DEADLINE_S} s; {result['seen']}")
        elif result["outcome"] != FAILED:
            wrong = self._client.judge_end(result["exit"], result["error_names"], status, stderr)
            if wrong:
                result.update(outcome=FAILED, seen=f"{wrong}; {result['seen']}".strip("; "))
        return result

    def run_all(self, parallel, shown):
        with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
            results = []
            for result in pool.map(self.run, range(len(self._cases))):
                shown(result)
                results.append(result)
        self._server.close()
        return results


def choose(sections, names):
    wanted = {int(number) for number in sections.split(",")} if sections else None
    cases = [case for section in SECTIONS if wanted is None or section.number in wanted for case in section.cases]
    if names:
        cases = [case for case in cases if any(case.id == name or case.id.startswith(name + ".") for name in names)]
    if not cases:
        sys.exit("run_cases: there are no such cases")
    return cases


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sections", help="numbers, with commas between")
    parser.add_argument("--case", action="append", help="an id, or the start of several; may be given again")
    parser.add_argument("--client", help="the command of another client")
    parser.add_argument("--tls", action="store_true", help="over wss, with a certificate made at start")
    parser.add_argument("--parallel", type=int, default=3, help="clients at the same time")
    parser.add_argument("--strict", action="store_true", help="what is not strictly right fails")
    parser.add_argument("--report", help="write all results as JSON")
    parser.add_argument("--verbose", action="store_true", help="a line for each case")
    return parser.parse_args()


def main():
    options = arguments()
    client = CommandClient(options.client) if options.client else ppn_client.PpnClient()
    failing = (FAILED, NON_STRICT) if options.strict else (FAILED,)

    def shown(result):
        if options.verbose or result["outcome"] in (FAILED, NON_STRICT):
            print(f"{result['outcome']} {result['id']} {result['description']} [{result['rfc']}]"
                  f"{': ' if result['seen'] else ''}{result['seen']}", flush=True)

    with contextlib.ExitStack() as stack:
        certificate = stack.enter_context(certificates.Certificate()) if options.tls else None
        results = Runner(choose(options.sections, options.case), client, certificate).run_all(options.parallel, shown)
    if options.report:
        pathlib.Path(options.report).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    count = {outcome: sum(result["outcome"] == outcome for result in results)
             for outcome in (OK, NON_STRICT, FAILED, SKIPPED)}
    skipped = f", {count[SKIPPED]} skipped" if count[SKIPPED] else ""
    print(f"{len(results)} cases, {count[OK]} ok, {count[NON_STRICT]} non-strict, {count[FAILED]} failed{skipped}",
          flush=True)
    # Threads of conversations that hang must not hold the end back.
    os._exit(any(result["outcome"] in failing for result in results))


if __name__ == "__main__":
    assert threading.current_thread() is threading.main_thread()
    main()
