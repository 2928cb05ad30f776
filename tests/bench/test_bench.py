#!/usr/bin/env python3
"""The benchmark itself: every row comes out of the smallest run, with figures that can be true.

usage: test_bench.py BUILD
"""
import json
import math
import os
import subprocess
import sys
import tempfile

import rows as catalogue

HERE = os.path.dirname(os.path.abspath(__file__))


def problems_of(summary):
    """What is wrong with one row."""
    for entry in summary["peers"]:
        name = f"{summary['row']}, {entry['peer']}"
        if "skipped" in entry:
            continue
        if not entry["figures"]:
            yield f"{name}: no figures"
        for key, figure in entry["figures"].items():
            values = [figure["lowest"], figure["median"], figure["highest"]]
            if not all(math.isfinite(value) and value >= 0 for value in values) or values != sorted(values):
                yield f"{name}: {key} is {values}"
        if entry["ours"] and len(entry["rounds"]) != 1:
            yield f"{name}: {len(entry['rounds'])} rounds instead of 1"
    if not any(entry.get("ours") for entry in summary["peers"]):
        yield f"{summary['row']}: we are not in it"


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bench.json")
        subprocess.run([os.path.join(HERE, "run.sh"), "--smoke", "--build", sys.argv[1], "--json", path], check=True)
        with open(path, encoding="utf-8") as file:
            summaries = json.load(file)["rows"]
    problems = [problem for summary in summaries for problem in problems_of(summary)]
    came = {summary["group"] for summary in summaries}
    problems += [f"no row of {group}" for group in catalogue.GROUPS
                 if group not in came and group != "bindings"]  # not every machine has every language
    budgets = sum(len(entry.get("budgets", ())) for summary in summaries for entry in summary["peers"])
    if not budgets:
        problems.append("no budget was judged")
    print("\n".join(problems) or f"{len(summaries)} rows, {budgets} budgets judged")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
