#!/usr/bin/python3
"""The line at the foot of a terminal, and the summary."""
import os
import pty
import re

from harness import DAMAGED, ToolTest, main


class Progress(ToolTest):
    def on_terminal(self, *words):
        """Runs convert with standard error on a terminal; gives the exit code and what the terminal got."""
        ours, theirs = pty.openpty()
        process = self.start("convert", *words, stderr=theirs, stdout=None)
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # EIO: the other side is closed
                break
            if not piece:
                break
            shown += piece
        os.close(ours)
        return process.wait(60), shown.decode("utf-8")

    def slow_inputs(self):
        for i in range(8):
            self.write(f"in/{i}", self.mail(str(i)))
        self.write("in/8", b"REJECT")
        return ["--converter", "sh -c 'm=$(cat); sleep 0.1; case $m in REJECT*) exit 65;; esac; echo \"$m\"'", "-j", "1", "-o", "out", "in"]

    def test_terminal_shows_how_far_it_is_and_what_went_wrong(self):
        code, shown = self.on_terminal(*self.slow_inputs())
        self.assertEqual(code, DAMAGED)
        lines = re.findall(r"\r\x1b\[K(\d+)/9 \((\d+) %\)  \d+/s", shown)
        self.assertGreater(len(lines), 1)
        done = [int(n) for n, _ in lines]
        self.assertEqual(done, sorted(done))
        self.assertRegex(shown, r"\d+ s left")
        self.assertTrue(shown.endswith("mapiguard: 9 of 9 inputs: 8 converted, 1 damaged\r\n"), shown[-200:])

    def test_complaints_stand_on_lines_of_their_own(self):
        _, shown = self.on_terminal(*self.slow_inputs())
        last = re.sub(r"\r\x1b\[K", "\r", shown.replace("\r\n", "\n"))
        complaints = [line.rpartition("\r")[2] for line in last.split("\n") if "in/8" in line]
        self.assertEqual(len(complaints), 1)
        self.assertTrue(complaints[0].startswith("mapiguard: in/8: "), complaints)

    def test_no_progress_is_obeyed(self):
        _, shown = self.on_terminal("--no-progress", *self.slow_inputs())
        self.assertNotIn("\x1b", shown)

    def test_one_input_shows_nothing(self):
        code, shown = self.on_terminal("-o", "x.eml", str(self.sample()))
        self.assertEqual((code, shown), (0, ""))

    def test_without_a_terminal_success_is_silent(self):
        for i in range(3):
            self.write(f"in/{i}", self.mail(str(i)))
        self.assertEqual(self.convert("-o", "out", "in").err, b"")


if __name__ == "__main__":
    main()
