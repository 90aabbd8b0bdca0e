#!/usr/bin/python3
"""mapiguard torture, in small: what it prints and writes, what it refuses, and that nothing of it is left."""
import json
import os
import signal
import subprocess
import time

from harness import CANNOT_CREATE, CONFIG, USAGE, ToolTest, main

SMALL = ["torture", "--messages", "50", "--timeout", "1", "--seed", "11"]
WAYS = {"convert", "Guard", "convert --converter", "Guard with a converter", "convert, full disk"}
PROMISES = {"no message lost", "nothing duplicated", "no innocent charged", "at most ten in PoisonIDs", "no process left behind",
            "state directory sound"}


class Torture(ToolTest):
    def setUp(self):
        super().setUp()
        os.makedirs(self.state, mode=0o700)

    def nothing_is_left(self):
        self.assertEqual(os.listdir(self.state), [])
        self.assertEqual([name for name in os.listdir(self.dir) if "torture" in name], [])

    def test_all_promises_of_this_build_are_kept(self):
        done = self.run_tool(*SMALL, "--json", "--report", "report.json", code=None)
        report = done.json()
        broken = [row for row in report["rows"] if row["result"] != "ok"]
        self.assertEqual((done.code, report["ok"], broken), (0, True, []), done.errors)
        self.assertEqual(json.loads((self.dir / "report.json").read_text()), report)
        self.assertEqual(report["profile"], "quick")
        self.assertEqual(report["seed"], 11)
        self.assertTrue(report["sandbox"])
        for way in WAYS:
            rows = {row["promise"]: row for row in report["rows"] if row["way"] == way}
            self.assertLessEqual(PROMISES, set(rows), way)
            for promise, row in rows.items():
                self.assertGreater(row["checked"], 0, f"{promise}, {way}")
        figures = {figure["way"]: figure for figure in report["figures"]}
        self.assertEqual(set(figures), WAYS)
        self.assertGreater(figures["convert"]["worker_kills"] + figures["Guard"]["worker_kills"], 0)
        self.assertGreater(figures["Guard with a converter"]["killers"], 0)
        self.assertGreater(figures["convert, full disk"]["refused_writes"] + figures["convert, full disk"]["failed_runs"], 0)
        self.nothing_is_left()

    def test_record_of_the_deployment_is_not_touched(self):
        self.run_tool("poison", "list")
        before = {name: os.stat(self.state / name).st_mtime_ns for name in os.listdir(self.state)}
        done = self.run_tool(*SMALL, "--mix", "crash=10")
        self.assertIn("All promises are kept.", done.text)
        self.assertNotIn("convert, full disk", done.text)
        self.assertEqual({name: os.stat(self.state / name).st_mtime_ns for name in os.listdir(self.state)}, before)

    def test_interrupted_one_leaves_nothing(self):
        process = self.start(*SMALL, "--mix", "hang=20")
        self.wait_until(lambda: any("hang" in name for _, _, names in os.walk(self.state) for name in names), "a message that hangs")
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130, errors)
        self.assertLess(time.monotonic() - began, 15)
        self.nothing_is_left()
        listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
        self.assertNotIn(str(self.state), listing)

    def test_wrong_calls_are_refused(self):
        for words, says in [
            (["--profile", "slow"], "quick or soak"),
            (["--mix", "crash"], "NAME=PERCENT"),
            (["--mix", "crush=1"], "names no fault"),
            (["--mix", "crash=101"], "percentage"),
            (["--mix", "crash=1,crash=2"], "twice"),
            (["--mix", "crash=60,lie=40"], "90 at most"),
            (["--messages", "0"], "--messages"),
            (["now"], "no arguments"),
        ]:
            done = self.run_tool("torture", *words, code=USAGE)
            self.assertIn(says, done.errors)
        self.nothing_is_left()

    def test_bad_places_are_refused(self):
        os.chmod(self.state, 0o777)
        self.run_tool("torture", code=CONFIG)
        os.chmod(self.state, 0o700)
        self.run_tool("torture", "--report", "no/such/folder", code=CANNOT_CREATE)
        self.nothing_is_left()

    def test_helpers_are_no_verbs_to_be_seen(self):
        self.assertNotIn("torture-", self.run_tool("--help").text)
        self.run_tool("torture-converter", stdin=b"an ordinary message", code=65)


if __name__ == "__main__":
    main()
