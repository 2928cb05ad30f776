#!/usr/bin/env python3
"""Compares the library with its peers in one run. Prints a table and writes JSON.

Keep-alive GET of 130 bytes of JSON, 64 in flight, one client thread, nginx on another core, plain and TLS 1.3
(ECDSA P-256). Rounds are interleaved, so that a disturbance meets every peer; a figure is the median of its rounds
with the lowest and the highest beside it.
"""
import argparse
import json
import os
import statistics
import sys

from peers import Program, Wrk, measure
from servers import Nginx

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OURS = "ppn"
IN_FLIGHT = 64
# What is measured, its URL scheme, and the budget in microseconds of CPU per request.
WORKS = (("GET plain", "http", 9.0), ("GET TLS 1.3", "https", 12.0))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build/release"),
                        help="build folder (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="two rounds of one second instead of five of two")
    parser.add_argument("--json", help="where to write the figures (default: BUILD/bench.json)")
    return parser.parse_args()


def pins():
    """Commands that pin (client, server) to a core each; empty where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return [], []
    return ["taskset", "-c", str(cores[0])], ["taskset", "-c", str(cores[1])]


def spread(runs, key):
    values = [run[key] for run in runs]
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def run_rounds(peers, rounds, seconds):
    client_pin, server_pin = pins()
    nginx = Nginx(server_pin)
    runs = {(work, peer.name): [] for work, _, _ in WORKS for peer in peers}
    try:
        for number in range(rounds):
            for work, scheme, _ in WORKS:
                for peer in peers:
                    run = measure(peer, client_pin, nginx.url(scheme), nginx.ca_file, IN_FLIGHT, seconds)
                    runs[work, peer.name].append(run)
                    print(f"round {number + 1}/{rounds}  {work:12} {peer.name:20} {run['cpu_us']:7.2f} us CPU/request  "
                          f"{run['rps']:9.0f} req/s", flush=True)
    finally:
        nginx.close()
    return runs


def summarise(peers, runs):
    rows = []
    for work, _, budget in WORKS:
        for peer in peers:
            measured = runs[work, peer.name]
            rows.append({"work": work, "peer": peer.name, "budget_cpu_us": budget if peer.name == OURS else None,
                         "cpu_us": spread(measured, "cpu_us"), "rps": spread(measured, "rps"),
                         "peak_rss_kb": max(run["peak_rss_kb"] for run in measured), "rounds": measured})
    return rows


def print_table(rows):
    ours = {row["work"]: row["cpu_us"]["median"] for row in rows if row["peer"] == OURS}
    print(f"\n{'work':12} {'client':20} {'CPU us/request':>22} {'req/s':>26} {'ppn / client':>13} {'budget':>7}")
    for row in rows:
        cpu, rps = row["cpu_us"], row["rps"]
        ratio = f"{ours[row['work']] / cpu['median']:.2f}" if row["work"] in ours else "-"
        budget = f"{row['budget_cpu_us']:.0f}" if row["budget_cpu_us"] else ""
        cpu_text = f"{cpu['median']:.2f} ({cpu['min']:.2f}-{cpu['max']:.2f})"
        rps_text = f"{rps['median']:.0f} ({rps['min']:.0f}-{rps['max']:.0f})"
        print(f"{row['work']:12} {row['peer']:20} {cpu_text:>22} {rps_text:>26} {ratio:>13} {budget:>7}")


def main():
    options = arguments()
    programs = os.path.join(options.build, "bin")
    peers = [Wrk(), Program("libcurl multi+epoll", os.path.join(programs, "bench_curl_get")),
             Program(OURS, os.path.join(programs, "bench_ppn_get"))]
    missing = [peer.name for peer in peers if not peer.available()]
    if missing:
        print(f"bench: not built (PPN_BUILD_BENCH=ON) or not installed: {', '.join(missing)}", file=sys.stderr)
        return 1
    try:
        rows = summarise(peers, run_rounds(peers, *((2, 1) if options.quick else (5, 2))))
    except RuntimeError as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    print_table(rows)
    path = options.json or os.path.join(options.build, "bench.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"in_flight": IN_FLIGHT, "pinned": bool(pins()[0]), "load_average": os.getloadavg(), "rows": rows},
                  file, indent=1)
    print(f"\nfigures: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
