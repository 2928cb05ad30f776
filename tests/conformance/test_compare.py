#!/usr/bin/env python3
"""The comparison finds what differs: a comparison that finds nothing would let every runner pass."""
import base64
import contextlib
import io
import json
import os
import tempfile
import unittest

import compare

SCRIPT = {"behaviours": [
    {"name": "good", "request": {}, "expect": {"body": {"base64": "AP8="}, "headers": [["Location", "/good/RUN/x"]]}},
    {"name": "bad", "request": {}, "expect": {"code": "CONNECT_FAILED", "attempts": {"one_of": [1, 2]}, "status": 0,
                                              "retry_after_ms": {"between": [5, 9]},
                                              "attempt_codes": ["CONNECT_FAILED"]}},
]}


def outcome(name, run, **fields):
    plain = {**compare.PLAIN, "name": name, "run": run, "kind": "NONE", "headers": []}
    plain["body"] = base64.b64encode(plain["body"]).decode()
    return plain | fields


def good(run="a-1", **fields):
    return outcome("good", run, **{"body": "AP8=", "headers": [["Location", f"/good/{run}/x"]]} | fields)


def bad(**fields):
    return outcome("bad", "a-2", **{"code": "CONNECT_FAILED", "kind": "CONNECTION", "status": 0, "retry_after_ms": 7,
                                    "attempt_codes": ["CONNECT_FAILED"]} | fields)


class Comparison(unittest.TestCase):
    def compared(self, **languages):
        with tempfile.TemporaryDirectory() as folder:
            script = os.path.join(folder, "script")
            with open(script, "w", encoding="utf-8") as file:
                json.dump(SCRIPT, file)
            arguments = [script]
            for language, lines in languages.items():
                arguments.append(f"{language}={os.path.join(folder, language)}")
                with open(os.path.join(folder, language), "w", encoding="utf-8") as file:
                    file.writelines(json.dumps(line) + "\n" for line in lines)
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                status = compare.main(arguments)
            return status, said.getvalue()

    def test_the_same_outcome_is_fine(self):
        self.assertEqual(self.compared(one=[good(), bad()], two=[good("b-7"), bad()])[0], 0)

    def test_each_field_counts(self):
        for change in ({"status": 201}, {"body": "AP4="}, {"headers": []}, {"attempts": 2}, {"code": "TIMEOUT"},
                       {"kind": "NETWORK"}, {"retryable": True}, {"lines": ["x"]}):
            status, said = self.compared(one=[good(**change), bad()])
            self.assertEqual(status, 1, change)
            self.assertIn("good: " + next(iter(change)), said)

    def test_kinds_follow_from_the_table_of_errors(self):
        status, said = self.compared(one=[good(), bad(kind="TIMEOUT")])
        self.assertEqual(status, 1)
        self.assertIn("'CONNECTION'", said)

    def test_a_choice_allows_each_of_its_values_and_no_other(self):
        self.assertEqual(self.compared(one=[good(), bad(attempts=1)], two=[good(), bad(attempts=2)])[0], 0)
        self.assertEqual(self.compared(one=[good(), bad(attempts=3)])[0], 1)

    def test_a_range_allows_what_lies_in_it(self):
        for ms, status in ((5, 0), (9, 0), (4, 1), (10, 1), ("7", 1)):
            self.assertEqual(self.compared(one=[good(), bad()], two=[good(), bad(retry_after_ms=ms)])[0], status, ms)

    def test_missing_and_unknown_lines_are_found(self):
        self.assertIn("1 without a line of one: 'bad'", self.compared(one=[good()])[1])
        self.assertIn("other", self.compared(one=[good(), bad(), outcome("other", "a-3")])[1])

    def test_missing_fields_are_found(self):
        line = good()
        del line["phase"]
        self.assertIn("good: phase", self.compared(one=[line, bad()])[1])

    def test_languages_are_compared_where_nothing_is_expected(self):
        status, said = self.compared(one=[good(), bad(headers=[["A", "1"]])], two=[good(), bad()])
        self.assertEqual(status, 1)
        self.assertIn("bad: headers differs", said)


if __name__ == "__main__":
    unittest.main()
