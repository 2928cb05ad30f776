"""The test of the tests: a client that is right passes every case, and one with a fault does not."""
import sys
import unittest

sys.dont_write_bytecode = True

import run_cases  # noqa: E402
from cases import SECTIONS, utf8_tables  # noqa: E402
from clients.model import FAULTS, ModelClient  # noqa: E402
from fuzzing_server import FAILED, NON_STRICT, OK  # noqa: E402
from ppn_client import PpnClient  # noqa: E402
from transport import Limits  # noqa: E402

# What a client with that fault gets, by case.
SEEN = {
    "deserts": {"1.1.1": FAILED, "3.1.1": FAILED, "7.3.1": FAILED, "14.1.1": FAILED, "15.4.3": FAILED},
    "echoes_nothing": {"1.1.2": FAILED, "5.2.1": FAILED, "6.5.1": FAILED, "12.1.3": FAILED},
    "echoes_twice": {"1.1.2": FAILED, "9.8.2": FAILED},
    "echoes_wrong_bytes": {"1.2.3": FAILED, "9.2.1": FAILED, "12.2.5": FAILED},
    "echoes_other_type": {"1.1.2": FAILED, "1.2.2": FAILED},
    "no_pong": {"2.1.1": FAILED, "2.10.1": FAILED, "5.3.1": FAILED},
    "wrong_pong": {"2.2.1": FAILED, "2.11.1": FAILED, "15.6.1": FAILED},
    "no_mask": {"1.1.2": FAILED, "2.2.1": FAILED},
    "same_mask": {"1.3.1": FAILED},
    "long_form": {"1.1.2": FAILED, "1.2.4": FAILED},
    "takes_reserved_bits": {"3.1.1": FAILED, "3.3.4": FAILED, "3.9.1": FAILED, "13.7.5": FAILED},
    "takes_reserved_opcodes": {"4.1.2": FAILED, "4.2.5": FAILED},
    "takes_stray_fragments": {"5.6.1": FAILED, "5.8.1": FAILED, "5.9.1": FAILED, "5.11.3": FAILED},
    "takes_any_utf8": {"6.3.1": FAILED, "6.12.1": FAILED, "6.20.1": FAILED, "6.25.1": FAILED},
    "late_utf8": {"6.3.1": OK, "6.4.1": NON_STRICT, "6.4.2": NON_STRICT, "6.24.1": NON_STRICT},
    "no_close": {"1.1.1": FAILED, "3.1.1": FAILED, "7.3.4": FAILED},
    "other_close_code": {"3.1.1": FAILED, "6.3.1": FAILED, "7.1.1": NON_STRICT, "15.4.1": FAILED},
    "takes_any_close_code": {"7.3.2": FAILED, "7.5.1": FAILED, "7.9.1": FAILED, "7.9.7": FAILED},
    "data_after_close": {"1.1.1": FAILED, "7.1.1": FAILED},
    "keeps_tcp": {"7.1.1": FAILED, "14.3.1": FAILED},
    "no_limit": {"15.5.4": FAILED, "13.9.1": FAILED},
    "late_limit": {"15.5.3": NON_STRICT, "15.5.4": OK, "15.5.6": NON_STRICT},
    "takes_masked": {"15.1.1": FAILED, "15.1.4": FAILED, "15.1.5": FAILED},
    "takes_long_forms": {"15.2.1": NON_STRICT, "15.2.9": OK, "15.2.4": NON_STRICT},
    "takes_any_answer": {"14.2.8": FAILED, "14.3.1": FAILED, "14.3.8": FAILED, "14.5.6": FAILED},
    "always_0": {"3.1.1": FAILED, "14.3.1": FAILED, "14.10.1": FAILED, "15.7.1": FAILED},
    "ignores_takeover": {"12.4.2": FAILED, "13.6.2": FAILED},
    "comes_back": {"1.1.1": FAILED, "14.5.13": FAILED},
    "sends_early": {"1.1.1": FAILED, "14.1.1": FAILED},
    "inflates_control": {"13.7.3": FAILED},
}


def run(cases, fault="", **keywords):
    """What was seen, by the id of the case."""
    client = ModelClient(PpnClient.judge_end, fault, **keywords)
    results = run_cases.Runner(cases, client).run_all(4, lambda result: None)
    return {result["id"]: result for result in results}


def every_case():
    return [case for section in SECTIONS for case in section.cases]


class Cases(unittest.TestCase):
    def test_ids_are_unique_and_each_case_names_its_rule(self):
        ids = [case.id for case in every_case()]
        self.assertEqual(len(ids), len(set(ids)))
        for case in every_case():
            self.assertTrue(case.description and case.rfc, case.id)

    def test_each_section_has_its_cases(self):
        counts = {}
        for section in SECTIONS:
            counts[section.number] = counts.get(section.number, 0) + len(section.cases)
        self.assertEqual(list(counts), [1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13, 14, 15])
        self.assertGreaterEqual(counts[6], 145)
        self.assertGreaterEqual(counts[9], 54)

    def test_the_sequences_of_bytes_agree_with_pythons_own_utf8(self):
        for data in (data for group in utf8_tables.GROUPS.values() for _, data in group):
            with self.subTest(data.hex()):
                if utf8_tables.first_fault(data) is not None:
                    self.assertRaises(UnicodeDecodeError, data.decode, "utf-8")
                elif utf8_tables.first_fault(data + b" ") is None:
                    data.decode("utf-8")
        for point in (0x0, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFE, 0xFFFF, 0x10000, 0x10FFFF):
            self.assertEqual(utf8_tables.encode(point), chr(point).encode())


class Clients(unittest.TestCase):
    def test_a_right_client_passes_every_case(self):
        wrong = [result for result in run(every_case()).values() if result["outcome"] != OK]
        self.assertEqual([], wrong)

    def test_every_offer_can_be_made(self):
        """What the answers of the cases do not fit, a client may refuse; whatever it offers, none of them is a trap."""
        deflated = [case for case in every_case() if case.options.get("deflate")]
        for offer in ("client_no_context_takeover; server_no_context_takeover; client_max_window_bits",
                      "server_max_window_bits=10", "client_no_context_takeover; client_max_window_bits=12"):
            with self.subTest(offer):
                wrong = [result for result in run(deflated, offer=offer).values() if result["outcome"] != OK]
                self.assertEqual([], wrong)

    def test_a_client_that_leaves_after_the_handshake_passes_no_case(self):
        right = [result for result in run(every_case(), "deserts").values() if result["outcome"] == OK]
        self.assertEqual([], right)

    def test_each_fault_is_seen(self):
        self.assertEqual(sorted(FAULTS), sorted(SEEN))
        cases = {case.id: case for case in every_case()}
        self.addCleanup(setattr, Limits, "wait_s", Limits.wait_s)
        self.addCleanup(setattr, Limits, "fast_s", Limits.fast_s)
        Limits.wait_s, Limits.fast_s = 2, 1  # who does nothing is waited for this long
        for fault, expected in SEEN.items():
            with self.subTest(fault):
                results = run([cases[name] for name in expected], fault)
                self.assertEqual(expected, {name: result["outcome"] for name, result in results.items()},
                                 [result["seen"] for result in results.values()])


if __name__ == "__main__":
    unittest.main()
