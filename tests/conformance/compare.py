#!/usr/bin/env python3
"""Compares what runners printed with the expected outcomes, and with each other. FORMAT.md says what is compared.

    compare.py BEHAVIOURS LANGUAGE=OUTPUT ...
"""
import base64
import json
import os
import re
import sys

ERRORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../bindings/swig/errors.i")
ROW = re.compile(r"^PPNB_ERROR\(PPN_E_(\w+), (\w+)\)", re.M)

# A plain success; what a behaviour expects otherwise is written in it.
PLAIN = {
    "code": "OK", "phase": "none", "retryable": False, "retry_after_ms": -1, "sent": "none", "error_status": 0,
    "stream_status": 0, "provider_code": "", "provider_type": "", "provider_message": "", "request_id": "", "attempts": 1,
    "attempt_codes": ["OK"], "status": 200, "trailers": [], "body": b"", "events": [], "lines": [], "messages": [],
    "last_event_id": "", "reconnect_ms": -1, "close_code": 0, "close_reason": "", "subprotocol": "",
}
MOST_SHOWN = 60
FIELDS = ["kind", "headers", *PLAIN]


def kinds():
    """The class of exceptions of each code, from the table that all bindings have."""
    with open(ERRORS, encoding="utf-8") as file:
        return {"OK": "NONE", **dict(ROW.findall(file.read()))}


def bytes_of(value):
    """What the script writes as a text, or as base64, a repetition or a list of these."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list):
        return b"".join(bytes_of(part) for part in value)
    if "base64" in value:
        return base64.b64decode(value["base64"], validate=True)
    return bytes_of(value["repeat"]) * value["times"]


def messages_of(messages, of_binary):
    return [[kind, data if kind == "text" else of_binary(data)] for kind, data in messages]


def expected_of(behaviour, kind_of_code):
    expected = {**PLAIN, **behaviour.get("expect", {})}
    if isinstance(expected["code"], str):
        expected["kind"] = kind_of_code.get(expected["code"], "NETWORK")
    if not isinstance(expected["body"], bytes) and not is_choice(expected["body"]):
        expected["body"] = bytes_of(expected["body"])
    expected["messages"] = messages_of(expected["messages"], bytes_of)
    return expected


def outcome_of(line):
    """A line of a runner, bytes decoded and what only this run has taken out."""
    outcome = json.loads(line)
    outcome["body"] = base64.b64decode(outcome["body"], validate=True)
    outcome["messages"] = messages_of(outcome["messages"], lambda data: base64.b64decode(data, validate=True))
    port = re.compile(r"(//127\.0\.0\.1:)\d+")
    outcome["headers"] = [[name, port.sub(r"\1PORT", value.replace(outcome["run"], "RUN"))]
                          for name, value in outcome["headers"]]
    return outcome


def read_outcomes(path):
    outcomes = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip():
                outcome = outcome_of(line)
                outcomes[outcome["name"]] = outcome
    return outcomes


def is_choice(value):
    return isinstance(value, dict) and ("one_of" in value or "between" in value)


def is_met(expected, value):
    if not is_choice(expected):
        return value == expected
    if "one_of" in expected:
        return value in expected["one_of"]
    least, most = expected["between"]
    return isinstance(value, int) and least <= value <= most


def shown(value):
    """Long values as their begin, for people."""
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}... ({len(text)} characters)"


def against_expectation(behaviours, outcomes, language):
    """Lines that tell how outcomes differ from what the script expects."""
    kind_of_code = kinds()
    found = []
    missing = [behaviour["name"] for behaviour in behaviours if behaviour["name"] not in outcomes]
    if missing:
        found.append(f"{len(missing)} without a line of {language}: {shown(' '.join(missing))}")
    for behaviour in behaviours:
        name = behaviour["name"]
        if name not in outcomes:
            continue
        for field, expected in expected_of(behaviour, kind_of_code).items():
            value = outcomes[name].get(field, "(missing)")
            if not is_met(expected, value):
                found.append(f"{name}: {field}\n    expected  {shown(expected)}\n    {language:<9} {shown(value)}")
    known = {behaviour["name"] for behaviour in behaviours}
    return found + [f"{name}: {language} tells of a behaviour that is not there" for name in outcomes if name not in known]


def against_each_other(behaviours, by_language):
    """Lines that tell where languages differ, one for each field, with every language's value."""
    found = []
    for behaviour in behaviours:
        expected = behaviour.get("expect", {})
        for field in FIELDS:
            values = {language: outcomes[behaviour["name"]].get(field, "(missing)")
                      for language, outcomes in by_language.items() if behaviour["name"] in outcomes}
            first = next(iter(values.values()), None)
            if not is_choice(expected.get(field)) and any(value != first for value in values.values()):
                found.append("\n".join([f"{behaviour['name']}: {field} differs",
                                        *(f"    {language:<9} {shown(value)}" for language, value in values.items())]))
    return found


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)["behaviours"]


def main(arguments):
    if len(arguments) < 2 or any("=" not in argument for argument in arguments[1:]):
        print(__doc__, file=sys.stderr)
        return 2
    behaviours = load(arguments[0])
    by_language = {language: read_outcomes(path) for language, _, path in (text.partition("=") for text in arguments[1:])}
    found = [line for language, outcomes in by_language.items()
             for line in against_expectation(behaviours, outcomes, language)]
    found += against_each_other(behaviours, by_language)
    if len(found) > MOST_SHOWN:
        found[MOST_SHOWN:] = [f"and {len(found) - MOST_SHOWN} more"]
    print("\n".join(found) if found else
          f"{len(behaviours)} behaviours, the same outcome in {', '.join(by_language)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
