#!/usr/bin/python3
"""Inputs that are empty, missing, unreadable, streams, or gone when their turn comes."""
import os
import subprocess
import threading
import unittest

from harness import DAMAGED, NO_INPUT, PROGRAM, USAGE, ToolTest, as_nobody, main


class Files(ToolTest):
    def test_missing_file_is_named_with_the_reason(self):
        done = self.convert("x.msg", code=NO_INPUT)
        self.assertEqual(done.errors, "mapiguard: cannot open 'x.msg': No such file or directory\n")

    def test_missing_file_does_not_stop_the_others(self):
        self.copy("a.msg")
        self.copy("c.msg")
        done = self.convert("-o", "out", "a.msg", "b.msg", "c.msg", code=NO_INPUT)
        self.assertEqual(self.files_below("out"), ["a.msg.eml", "c.msg.eml"])
        self.assertIn("cannot open 'b.msg'", done.errors)
        self.assertIn("2 converted, 1 failed", done.errors)

    def test_empty_file_is_no_message(self):
        self.write("empty.msg", b"")
        done = self.convert("empty.msg", code=DAMAGED)
        self.assertEqual(done.out, b"")

    def test_text_without_header_lines_is_no_message(self):
        self.write("note.txt", b"hello\nworld\n")
        self.convert("note.txt", code=DAMAGED)

    def test_mail_without_tnef_is_copied_unchanged(self):
        for mail in [self.mail(), self.mail().replace(b"\r\n", b"\n"), b"Subject: bytes \xff\n\n\x00\x01"]:
            self.write("m.eml", mail)
            self.assertEqual(self.convert("m.eml").out, mail)

    def test_damaged_input_does_not_stop_the_others(self):
        self.copy("in/a.msg")
        self.write("in/b.msg", b"\x00" * 4096)
        self.copy("in/c.msg")
        self.convert("-o", "out", "in", code=DAMAGED)
        self.assertEqual(self.files_below("out"), ["a.msg.eml", "c.msg.eml"])

    @unittest.skipIf(as_nobody() is None, "setpriv is not there")
    def test_unreadable_file_and_folder_do_not_stop_the_others(self):
        self.copy("in/a.msg")
        os.chmod(self.copy("in/b.msg"), 0)
        self.copy("in/shut/c.msg")
        os.chmod(self.dir / "in" / "shut", 0)
        os.chmod(self.dir, 0o777)
        done = self.convert("-o", "out", "in", "--report", "report.jsonl", code=NO_INPUT, prefix=as_nobody())
        self.assertEqual(self.files_below("out"), ["a.msg.eml"])
        self.assertIn("cannot open 'in/b.msg': Permission denied", done.errors)
        self.assertIn("cannot open 'in/shut': Permission denied", done.errors)
        self.assertEqual([(r["input"], r["exit"]) for r in self.reports()], [("in/a.msg", 0), ("in/b.msg", 66), ("in/shut", 66)])

    def test_file_that_vanishes_before_its_turn_is_an_error_of_its_own(self):
        for i in range(8):
            self.write(f"in/{i}", self.mail(str(i)))
        slow = self.start("convert", "--converter", "sh -c 'sleep 0.5; cat'", "-j", "1", "-o", "out", "in", "--report", "report.jsonl")
        self.wait_until(lambda: (self.dir / "report.jsonl").exists(), "the run began")
        os.unlink(self.dir / "in" / "7")
        slow.communicate(timeout=60)
        self.assertEqual(slow.returncode, NO_INPUT)
        self.assertEqual([r["exit"] for r in self.reports()], [0] * 7 + [66])

    def test_thousand_files_are_converted_in_one_call(self):
        for i in range(1000):
            self.write(f"in/{i:03}", self.mail(str(i)))
        self.convert("-o", "out", "in", "--isolation", "worker")
        self.assertEqual(len(self.files_below("out")), 1000)
        for i in [0, 123, 999]:
            self.assertEqual((self.dir / "out" / f"{i:03}.eml").read_bytes(), self.mail(str(i)))


class Streams(ToolTest):
    def test_standard_input_is_one_input(self):
        self.assertEqual(self.convert("-", stdin=self.mail()).out, self.mail())
        self.convert("-o", "x.eml", "-", stdin=self.mail())
        self.assertEqual((self.dir / "x.eml").read_bytes(), self.mail())

    def test_standard_input_can_be_given_once(self):
        self.convert("-o", "out", "-", "-", code=USAGE)

    def test_standard_input_from_a_file_is_read_from_where_it_stands(self):
        self.write("two", b"skipped" + self.mail())
        with open(self.dir / "two", "rb", buffering=0) as file:
            file.seek(7)
            done = subprocess.run([PROGRAM, "convert", "-"], stdin=file, capture_output=True, env=self.environment(), timeout=60)
        self.assertEqual((done.returncode, done.stdout), (0, self.mail()), done.stderr)

    def test_large_standard_input_arrives_whole(self):
        mail = self.mail(body="x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 150_000)
        self.assertEqual(self.convert("-", stdin=mail).out, mail)

    def test_empty_standard_input_is_no_message(self):
        self.convert("-", stdin=b"", code=DAMAGED)

    def test_closed_standard_input_is_an_input_error(self):
        done = self.convert("-", code=None, prefix=("sh", "-c", 'exec "$@" <&-', "sh"))
        self.assertEqual(done.code, NO_INPUT, done.err)

    def test_named_pipe_is_read_to_its_end(self):
        os.mkfifo(self.dir / "pipe")

        def feed():
            with open(self.dir / "pipe", "wb") as pipe:
                pipe.write(self.mail())

        writer = threading.Thread(target=feed)
        writer.start()
        self.assertEqual(self.convert("pipe").out, self.mail())
        writer.join(10)

    def test_device_is_an_input(self):
        self.convert("/dev/null", code=DAMAGED)


if __name__ == "__main__":
    main()
