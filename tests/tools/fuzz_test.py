#!/usr/bin/python3
"""mapiguard fuzz and minimize, as someone meets them who looks for bugs in a converter."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from harness import DAMAGED, NO_INPUT, PROGRAM, SAMPLES, USAGE, ToolTest, main, reachable_program

BUILD = pathlib.Path(PROGRAM).parent
PLUGIN = BUILD / "libtrouble-plugin.so"
# Dies by SIGSEGV of what holds the word POISON; in a process of its own, as the command itself.
CRASH_ON_MARKER = os.path.join(os.path.dirname(reachable_program()), "crash_on_marker") + " POISON"
shutil.copy(BUILD / "misbehave" / "crash_on_marker", os.path.dirname(reachable_program()))


class FuzzTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.corpus = self.dir / "corpus"
        self.corpus.mkdir()
        self.findings = self.dir / "findings"

    def fuzz(self, *words, seconds=4, **more):
        return self.run_tool("fuzz", *words, "--seconds", str(seconds), "-o", str(self.findings), str(self.corpus), **more)

    def groups(self):
        return sorted(p for p in self.findings.iterdir() if not p.name.startswith("."))

    def state_of_campaign(self):
        return json.loads((self.findings / ".campaign" / "state.json").read_text())


class Commands(FuzzTest):
    def test_each_group_of_deaths_gets_a_folder_with_input_report_and_the_way_to_see_it_again(self):
        (self.corpus / "killer.txt").write_bytes(b"some words, then POISON and more words")
        self.fuzz("--converter", CRASH_ON_MARKER)
        group, = self.groups()
        self.assertRegex(group.name, r"^crashed-[0-9a-f]{12}$")
        self.assertEqual({p.name for p in group.iterdir()}, {"input.txt", "report.json", "README.md"})
        self.assertIn(b"POISON", (group / "input.txt").read_bytes())
        report = json.loads((group / "report.json").read_text())
        self.assertEqual((report["outcome"], report["exit"], report["verdict"]["class"], report["verdict"]["signal"]), ("died", 75, "crashed", 11))
        self.assertIs(report["verdict"]["charged"], False)
        self.assertEqual(report["seen_again"], 2)
        self.assertTrue(any("crash_on_marker" in frame["module"] for frame in report["stack"]), report["stack"])
        again = (group / "README.md").read_text()
        self.assertIn(f"{CRASH_ON_MARKER} < input.txt", again)
        self.assertIn(f"mapiguard convert --report - --converter '{CRASH_ON_MARKER}' input.txt", again)

    def test_nobody_is_charged(self):
        (self.corpus / "killer").write_bytes(b"POISON")
        self.fuzz("--converter", CRASH_ON_MARKER, seconds=1)
        self.assertFalse(self.state.exists(), "the state directory is not even made")

    def test_a_campaign_goes_on_where_it_ended(self):
        (self.corpus / "plain").write_bytes(b"nothing in it")
        self.fuzz("--converter", "cat", seconds=1)
        first = self.state_of_campaign()
        self.fuzz("--converter", "cat", seconds=1)
        second = self.state_of_campaign()
        self.assertGreater(first["runs"], 0)
        self.assertGreater(second["runs"], first["runs"])
        self.assertGreater(second["next_seed"], first["next_seed"])
        self.assertGreaterEqual(second["seconds"], first["seconds"] + 0.9)

    def test_another_target_needs_another_folder(self):
        (self.corpus / "plain").write_bytes(b"nothing in it")
        self.fuzz("--converter", "cat", seconds=1)
        done = self.fuzz("--converter", "cat -", seconds=1, code=USAGE)
        self.assertIn("another target: --converter 'cat'", done.errors)

    def test_a_folder_with_other_things_in_it_is_left_alone(self):
        self.write("findings/letter.txt", b"mine")
        (self.corpus / "plain").write_bytes(b"nothing in it")
        done = self.fuzz("--converter", "cat", seconds=1, code=USAGE)
        self.assertIn("other things", done.errors)
        self.assertEqual(self.files_below("findings"), ["letter.txt"])

    def test_a_signal_ends_it_cleanly_with_what_it_found(self):
        (self.corpus / "killer").write_bytes(b"POISON")
        process = subprocess.Popen([PROGRAM, "fuzz", "--converter", CRASH_ON_MARKER, "-o", self.findings, self.corpus],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment())
        deadline = time.monotonic() + 30
        while not list(self.findings.glob("crashed-*/report.json")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertIn(b"crashed-", out)
        self.assertGreater(self.state_of_campaign()["died"], 0)

    def test_exit_codes_that_mean_damaged_are_no_finding(self):
        (self.corpus / "plain").write_bytes(b"nothing in it")
        self.fuzz("--converter", "sh -c 'exit 3'", "--reject-exit", "3", seconds=1)
        self.assertEqual(self.groups(), [])
        self.assertEqual(self.state_of_campaign()["died"], 0)

    def test_an_assertion_names_its_group(self):
        (self.corpus / "plain").write_bytes(b"nothing in it")
        said = "prog: file.c:12: function: Assertion `x > 0' failed."
        script = self.dir / "asserts"
        script.write_text(f"#!/bin/sh\necho \"{said}\" >&2\nkill -ABRT $$\n".replace("`", "\\`"))
        script.chmod(0o755)
        done = self.fuzz("--converter", str(script), "--json", seconds=1)
        group, = done.json_lines()
        self.assertIn("Assertion", group["place"])
        self.assertEqual(group["death"], "aborted, signal 6")

    def test_a_corpus_without_a_file_is_an_error(self):
        done = self.fuzz("--converter", "cat", seconds=1, code=NO_INPUT)
        self.assertIn("there is no input in the corpus", done.errors)

    def test_a_target_is_a_converter_or_a_plug_in_not_both(self):
        self.fuzz("--converter", "cat", "--plugin", str(PLUGIN), code=USAGE)


class PlugIns(FuzzTest):
    def test_coverage_keeps_what_reaches_something_new(self):
        (self.corpus / "seed").write_bytes(b"mane")
        self.fuzz("--plugin", str(PLUGIN), seconds=2)
        self.assertGreater(self.state_of_campaign()["runs"], 100)

    def test_deaths_of_two_stacks_are_two_groups(self):
        (self.corpus / "one").write_bytes(b"crash")
        (self.corpus / "two").write_bytes(b"again")
        self.fuzz("--plugin", str(PLUGIN), seconds=2)
        names = [g.name for g in self.groups()]
        self.assertEqual(len([n for n in names if n.startswith("crashed-")]), 2, names)
        report = json.loads((self.groups()[0] / "report.json").read_text())
        self.assertTrue(any(f["function"] and "write_to_nothing" in f["function"] for f in report["stack"]), report["stack"])


class OwnConverter(FuzzTest):
    def test_without_a_target_our_own_converter_is_fuzzed(self):
        for name in ("html-only.msg", "winmail-rtf.tnef", "meeting-series.msg"):
            if (SAMPLES / name).exists():
                shutil.copy(SAMPLES / name, self.corpus)
        self.fuzz(seconds=5)
        self.assertEqual(self.groups(), [])
        state = self.state_of_campaign()
        self.assertGreater(state["converted"], 0)
        self.assertEqual(state["died"], 0)
        self.assertGreater(len(list((self.findings / ".campaign" / "inputs").iterdir())), 0, "mutants with new defects are kept")


class Minimize(FuzzTest):
    def minimize(self, *words, **more):
        return self.run_tool("minimize", *words, "-o", "small", **more)

    def test_a_killer_becomes_small_and_keeps_no_words(self):
        sample = (SAMPLES / "body-all-three.msg").read_bytes()
        killer = self.write("killer.msg", sample + b"POISON")
        done = self.minimize("--converter", CRASH_ON_MARKER, os.fsdecode(killer), "--json")
        told = done.json()
        small = (self.dir / "small").read_bytes()
        self.assertEqual((told["bytes_before"], told["bytes_after"], told["class"]), (len(sample) + 6, len(small), "crashed"))
        self.assertIn(b"POISON", small)
        self.assertLess(len(small), 64)
        self.assertEqual((self.dir / "small.seed").read_bytes(), small)

    def test_the_test_case_compiles_and_survives_a_target_that_is_mended(self):
        killer = self.write("killer", b"what leads to POISON here")
        self.minimize("--converter", CRASH_ON_MARKER, os.fsdecode(killer))
        (self.dir / "target.cc").write_text("#include <cstddef>\n#include <cstdint>\n"
                                            'extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t*, std::size_t size) { return size == 6 ? 0 : 1; }\n')
        subprocess.run(["g++", "-std=c++17", "small.test.cc", "target.cc", "-o", "case", "-lgtest", "-lgtest_main", "-lpthread"], cwd=self.dir, check=True)
        done = subprocess.run(["./case"], cwd=self.dir, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("IsSurvived", done.stdout)

    def test_what_kills_nobody_cannot_be_minimized(self):
        plain = self.write("plain", b"nothing in it")
        done = self.minimize("--converter", "cat", os.fsdecode(plain), code=DAMAGED)
        self.assertIn("nothing dies of it", done.errors)
        self.assertFalse((self.dir / "small").exists())

    def test_what_convert_blocks_is_minimized_by_itself_when_that_is_set(self):
        self.run_tool("settings", "set", "Minimize Blocked", "60")
        self.run_tool("settings", "set", "PoisonThreshold", "0")
        killer = self.write("killer.msg", (SAMPLES / "body-all-three.msg").read_bytes() + b"POISON")
        done = self.convert("--converter", CRASH_ON_MARKER, os.fsdecode(killer), code=69)
        small = [p for p in (self.state / "minimized").iterdir() if "." not in p.name]
        self.assertEqual(len(small), 1)
        self.assertIn(b"POISON", small[0].read_bytes())
        self.assertLess(small[0].stat().st_size, 64)
        self.assertIn("was minimized from", done.errors)


if __name__ == "__main__":
    main()
