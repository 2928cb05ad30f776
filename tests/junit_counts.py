#!/usr/bin/env python3
"""Prints `passed failed skipped` of a ctest JUnit report.

A test that did not run counts as skipped only when it said so itself or was disabled; a missing program is a failure,
although ctest files it under "skipped" too.
"""
import sys
import xml.etree.ElementTree as ElementTree

passed = failed = skipped = 0
for case in ElementTree.parse(sys.argv[1]).getroot().iter("testcase"):
    skip = case.find("skipped")
    if case.find("failure") is not None or case.find("error") is not None:
        failed += 1
    elif case.get("status") == "run":
        passed += 1
    elif case.get("status") == "disabled" or (skip is not None and skip.get("message", "").startswith("SKIP_")):
        skipped += 1
        print("skipped:", case.get("name"), file=sys.stderr)
    else:
        failed += 1
        print("not run:", case.get("name"), file=sys.stderr)
print(passed, failed, skipped)
