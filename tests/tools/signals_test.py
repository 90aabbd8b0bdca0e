#!/usr/bin/python3
"""SIGINT, SIGTERM: abandoned cleanly, charged to nobody, nothing left behind."""
import os
import signal
import subprocess
import time

from harness import CRASH, ToolTest, main

SLOWLY = "sh -c 'cat > /dev/null; sleep 60'"


class Signals(ToolTest):
    def signal_during_conversion(self, number, *words):
        process = self.start("convert", "--converter", SLOWLY, *words)
        self.wait_until(lambda: self.run_tool("poison", "list", "--json").json()["in_flight"], "a message under way")
        began = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(out, b"")
        return process.returncode, err

    def nobody_is_charged(self):
        view = self.run_tool("poison", "list", "--json").json()
        self.assertEqual((view["poison_ids"], view["suspects"], view["held"], view["in_flight"]), ([], 0, [], []))
        self.assertEqual(self.run_tool("events", "--id", "9680", "--json").out, b"")

    def test_interrupt_ends_with_130_and_terminate_with_143(self):
        self.write("in/a", self.mail("a"))
        self.write("in/b", self.mail("b"))
        self.write("in/c", self.mail("c"))
        for number, code in [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]:
            got, err = self.signal_during_conversion(number, "-o", "out", "in")
            self.assertEqual(got, code, err)
            self.assertIn(b"interrupted", err)
            self.assertEqual(self.files_below("out"), [])
            self.nobody_is_charged()

    def test_interrupted_message_is_converted_by_the_next_run(self):
        self.write("m", self.mail())
        self.signal_during_conversion(signal.SIGTERM, "m")
        self.assertEqual(self.convert("m").out, self.mail())

    def test_what_was_done_before_stays_and_is_reported(self):
        for i in range(6):
            self.write(f"in/{i}", self.mail(str(i)))
        process = self.start("convert", "--converter", "sh -c 'm=$(cat); case $m in *\"Subject: 4\"*) sleep 60;; esac; echo \"$m\"'", "-j", "1", "-o", "out", "in",
                             "--report", "report.jsonl")
        self.wait_until(lambda: len(self.files_below("out")) >= 5, "four files and a temporary one")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(self.files_below("out"), ["0.eml", "1.eml", "2.eml", "3.eml"])
        self.assertEqual([r["input"] for r in self.reports()], ["in/0", "in/1", "in/2", "in/3"])
        self.nobody_is_charged()

    def test_waiting_for_standard_input_can_be_interrupted(self):
        process = self.start("convert", "-", stdin=subprocess.PIPE)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 130)
        process.stdin.close()
        process.stdin = None

    def test_waiting_for_a_writer_of_a_pipe_can_be_interrupted(self):
        os.mkfifo(self.dir / "pipe")
        process = self.start("convert", "pipe")
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 143)

    def test_following_events_ends_with_the_signal(self):
        process = self.start("events", "--follow")
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 130)

    def test_interrupted_retry_ends_at_once_and_changes_nothing(self):
        self.write("m", self.mail())
        for code in [75, 75, 69]:
            self.convert("--converter", CRASH, "m", code=code)
        before = self.run_tool("poison", "list", "--json").out
        process = self.start("poison", "retry", "--converter", SLOWLY)
        self.wait_until(lambda: any(p.name.startswith("mapiguard-replay") for p in self.dir.iterdir()), "the replay began")
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 130)
        self.assertEqual(self.run_tool("poison", "list", "--json").out, before)
        self.assertFalse([p for p in self.dir.iterdir() if p.name.startswith("mapiguard-replay")])

    def test_interrupted_mbox_is_not_written(self):
        for i in range(3):
            self.write(f"in/{i}", self.mail(str(i)))
        self.signal_during_conversion(signal.SIGINT, "--format", "mbox", "-o", "x.mbox", "in")
        self.assertEqual([n for n in self.files_below(".") if "mbox" in n or ".mapiguard-" in n], [])


if __name__ == "__main__":
    main()
