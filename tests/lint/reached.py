"""Every error code is reached by a test: by one that provokes it, or, while nothing in the core makes it yet, by hand.

tests/capi/error_codes_reached.txt names a test for each code. The test has to exist and to speak of the code; the word
`rehearsed` stands for ppn_error_new, and is no longer taken once the core makes the code."""
import re

TABLE = "core/base/error_code.hpp"
LIST = "tests/capi/error_codes_reached.txt"
REHEARSAL = ("tests/capi/rehearsal_test.cpp", "every_code_can_be_rehearsed")
MAKERS = ("core/codec", "core/io", "core/http", "core/client", "capi/src")
ENUM = re.compile(r"enum class ErrorCode[^{]*\{(.*?)\};", re.S)
ENUMERATOR = re.compile(r"^\s*(\w+)\s*=\s*\d+\s*,", re.M)
CASE = re.compile(r"^BOOST_(?:AUTO|FIXTURE|DATA)_TEST_CASE\(\s*(\w+)", re.M)


def body_of(text, name):
    """The source of a test case with what follows it up to the next one; None when there is no such case."""
    cases = list(CASE.finditer(text))
    for number, case in enumerate(cases):
        if case[1] == name:
            end = cases[number + 1].start() if number + 1 < len(cases) else len(text)
            return text[case.start():end]
    return None


def speaks_of(text, code):
    return re.search(rf'\bPPN_E_{code}\b|"{code}"|\bErrorCode::{code.lower()}\b', text) is not None


def made_in_core(tree, code):
    making = re.compile(rf"(?<!case )\bErrorCode::{code.lower()}\b")
    return next((name for name in tree.files(*MAKERS)
                 if any(making.search(line) for _, line in tree.code_lines(name))), None)


def check(tree):
    codes = [name.upper() for name in ENUMERATOR.findall(ENUM.search(tree.text(TABLE))[1])]
    known = set(tree.files("tests"))
    listed = set()
    for number, line in tree.lines(LIST):
        if not line.strip() or line.startswith("#"):
            continue
        code, _, where = line.partition(" ")
        where = where.strip()
        if code in listed or code not in codes:
            tree.report(LIST, number, f"{code} is {'there twice' if code in listed else 'no code'}")
            continue
        listed.add(code)
        if where == "rehearsed":
            maker = made_in_core(tree, code)
            if maker:
                tree.report(LIST, number, f"{code} is made by {maker}: name the test that provokes it")
            continue
        file, _, case = where.partition(":")
        body = body_of(tree.text(file), case) if file in known else None
        if body is None:
            tree.report(LIST, number, f"there is no test {where}")
        elif not speaks_of(body, code):
            tree.report(LIST, number, f"{where} does not speak of {code}")
    for code in codes:
        if code != "OK" and code not in listed:
            tree.report(LIST, 1, f"no test for {code}")
    if REHEARSAL[0] not in known or body_of(tree.text(REHEARSAL[0]), REHEARSAL[1]) is None:
        tree.report(LIST, 1, f"{REHEARSAL[0]}:{REHEARSAL[1]}, which rehearses every code, is gone")
