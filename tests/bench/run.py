#!/usr/bin/env python3
"""Compares the library with its peers in one run. Prints a table and writes JSON.

Rounds are interleaved, so that a disturbance meets every peer; a figure is the median of its rounds with the lowest
and the highest beside it.
"""
import argparse
import dataclasses
import json
import os
import resource
import shutil
import subprocess
import sys

import rows as catalogue
from peers import measure
from report import show, summarise, table, verdict
from servers import BenchServer, Files, Nginx

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SPARE_DESCRIPTORS = 100


def arguments():
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build/release"),
                        help="build folder (default: %(default)s)")
    parser.add_argument("--rows", help=f"only these, separated by commas: {', '.join(catalogue.GROUPS)}")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (default: 5)")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const=catalogue.QUICK, default=catalogue.FULL,
                      help="two short rounds, for a look")
    size.add_argument("--smoke", dest="size", action="store_const", const=catalogue.SMOKE,
                      help="shows only that every row works; its figures mean nothing")
    parser.add_argument("--json", help="where to write the figures (default: BUILD/bench.json)")
    options = parser.parse_args()
    options.groups = options.rows.split(",") if options.rows else list(catalogue.GROUPS)
    unknown = [group for group in options.groups if group not in catalogue.GROUPS]
    if unknown or (options.rounds is not None and options.rounds < 1):
        parser.error(f"unknown rows: {', '.join(unknown)}" if unknown else "--rounds must be 1 or more")
    if options.rounds:
        options.size = dataclasses.replace(options.size, rounds=options.rounds)
    return options


def pins():
    """Commands that pin (client, server) to a core each; empty where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return [], []
    return ["taskset", "-c", str(cores[0])], ["taskset", "-c", str(cores[1])]


def fit_descriptors(size):
    """No more idle streams than one process may have descriptors."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY or size.idle_streams + SPARE_DESCRIPTORS <= most:
        return size
    print(f"bench: {most} descriptors at most: {most - SPARE_DESCRIPTORS} idle streams, not {size.idle_streams}")
    return dataclasses.replace(size, idle_streams=most - SPARE_DESCRIPTORS)


def build_go_client(build):
    """Where there is no Go, its rows say so."""
    source, target = os.path.join(HERE, "bench_go_get.go"), os.path.join(build, "bin", "bench_go_get")
    if not shutil.which("go"):
        return
    if os.path.exists(target) and os.path.getmtime(target) > os.path.getmtime(source):
        return
    environment = {**os.environ, "GO111MODULE": "off", "GOCACHE": os.path.join(os.path.abspath(build), "go-cache"),
                   "CGO_ENABLED": "0"}
    subprocess.run(["go", "build", "-o", target, source], check=True, env=environment)


def install_npm_ws(build):
    """The peer that npm has, in a folder of this build. Without npm, or when it fails, its rows say so."""
    folder = os.path.join(os.path.abspath(build), "bench-npm")
    if os.path.isdir(os.path.join(folder, "node_modules", "ws")) or not shutil.which("npm"):
        return
    os.makedirs(folder, exist_ok=True)
    done = subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--no-package-lock",
                           "--ignore-scripts", "--silent", catalogue.NPM_WS], stdin=subprocess.DEVNULL, check=False,
                          timeout=120)
    if done.returncode != 0:
        print(f"bench: npm did not install {catalogue.NPM_WS}")


def run_group(group_rows, rounds, pin):
    """{row name: {peer name: [figures]}} and {row name: {peer name: why it is skipped}}"""
    runs = {row.name: {} for row in group_rows}
    skipped = {row.name: {} for row in group_rows}
    for number in range(rounds):
        for row in group_rows:
            if number >= row.rounds:
                continue
            for peer in row.peers:
                missing = peer.missing()
                if missing and peer.name not in row.ours:
                    skipped[row.name][peer.name] = missing
                    continue
                figures = measure(peer, pin, row.check)
                runs[row.name].setdefault(peer.name, []).append(figures)
                shown = ", ".join(show({"lowest": figures[key], "median": figures[key], "highest": figures[key],
                                        "unit": unit, "scale": scale}) for key, unit, scale in row.figures)
                print(f"round {number + 1}/{min(rounds, row.rounds)}  {row.name:22} {peer.name:18} {shown}", flush=True)
    return runs, skipped


def measure_groups(options, at, pin):
    summaries = []
    for group in options.groups:
        group_rows = list(catalogue.GROUPS[group](at, options.size))
        runs, skipped = run_group(group_rows, options.size.rounds, pin)
        summaries += [summarise(row, runs[row.name], skipped[row.name]) for row in group_rows]
    return summaries


def run(options, files):
    client_pin, server_pin = pins()
    nginx = Nginx(server_pin, files)
    try:
        server = BenchServer(server_pin, files, os.path.join(options.build, "bin", "bench_server"))
        try:
            echo = BenchServer(server_pin, files, os.path.join(options.build, "bin", "bench_echo_server"), "ws")
            try:
                return measure_groups(options, catalogue.Places(options.build, files, nginx, server, echo), client_pin)
            finally:
                echo.close()
        finally:
            server.close()
    finally:
        nginx.close()


def main():
    options = arguments()
    options.size = fit_descriptors(options.size)
    if not os.access(os.path.join(options.build, "bin", "bench_server"), os.X_OK):
        print(f"bench: {options.build} has no bench programs: build it with PPN_BUILD_BENCH=ON", file=sys.stderr)
        return 1
    files = Files(options.size.file_mib << 20)
    try:
        build_go_client(options.build)
        if "websocket" in options.groups:
            install_npm_ws(options.build)
        summaries = run(options, files)
    except (RuntimeError, OSError, subprocess.SubprocessError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    finally:
        files.close()
    pinned = bool(pins()[0])
    print(f"\n{table(summaries)}\n\n{verdict(summaries)}")
    print(f"client and server on a core each: {'yes' if pinned else 'no'}; load average {os.getloadavg()[0]:.2f}")
    path = options.json or os.path.join(options.build, "bench.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"size": dataclasses.asdict(options.size), "pinned": pinned, "load_average": os.getloadavg(),
                   "rows": summaries}, file, indent=1)
    print(f"figures: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
