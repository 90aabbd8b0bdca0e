#!/usr/bin/env python3
"""Every fuzz target has words and seeds, none of them is left over, and the folder's lists of units agree.

  fuzz_targets_test.py SOURCE
"""
import pathlib
import re
import sys
import unittest

FUZZ = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".") / "fuzz"
LARGEST_SEED = 64 << 10  # they are in the repository for ever
DICT_LINE = re.compile(r'^(#.*|\s*|([A-Za-z0-9_]+=)?"([^"\\]|\\\\|\\"|\\x[0-9A-Fa-f]{2})+")$')


def units():
    sources = [p for p in FUZZ.glob("*.cc") if p.stem != "replay_main" and not p.stem.endswith("_support")]
    return {p.stem for p in sources if "LLVMFuzzerTestOneInput" in p.read_text()}


class FuzzTargets(unittest.TestCase):
    def test_each_target_has_a_dictionary_that_the_fuzzers_can_read(self):
        self.assertEqual({p.stem for p in FUZZ.glob("*.dict")}, units())
        for path in sorted(FUZZ.glob("*.dict")):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                self.assertRegex(line, DICT_LINE, f"{path.name}:{number}")

    def test_each_target_has_small_seeds(self):
        self.assertEqual({p.name for p in (FUZZ / "seeds").iterdir()}, units())
        for unit in sorted(units()):
            seeds = [p for p in (FUZZ / "seeds" / unit).iterdir() if p.is_file()]
            self.assertTrue(seeds, f"{unit} has no seed")
            for seed in seeds:
                self.assertLessEqual(seed.stat().st_size, LARGEST_SEED, seed)


if __name__ == "__main__":
    unittest.main()
