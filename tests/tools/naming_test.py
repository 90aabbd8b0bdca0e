#!/usr/bin/python3
"""Where the output of which input goes, and what is refused before anything is converted."""
import os
import subprocess
import threading

from harness import CANNOT_CREATE, NO_INPUT, PROGRAM, USAGE, ToolTest, main


class OneInput(ToolTest):
    def test_output_goes_to_standard_output(self):
        whole = self.convert(str(self.sample())).out
        self.assertIn(b"MIME-Version: 1.0", whole)
        self.assertEqual(self.convert("-o", "-", str(self.sample())).out, whole)

    def test_output_goes_to_the_file_given(self):
        self.convert("-o", "x.eml", str(self.sample()))
        self.assertEqual((self.dir / "x.eml").read_bytes(), self.convert(str(self.sample())).out)

    def test_existing_file_is_replaced(self):
        self.write("x.eml", b"old" * 100_000)
        self.convert("-o", "x.eml", str(self.sample()))
        self.assertTrue((self.dir / "x.eml").read_bytes().startswith(self.convert(str(self.sample())).out[:20]))
        self.assertNotIn(b"oldold", (self.dir / "x.eml").read_bytes())

    def test_existing_folder_takes_the_file_under_its_own_name(self):
        (self.dir / "out").mkdir()
        self.convert("-o", "out", str(self.sample()))
        self.assertEqual(self.files_below("out"), ["attachment-text.msg.eml"])
        self.convert("-o", "new/", str(self.sample()))
        self.assertEqual(self.files_below("new"), ["attachment-text.msg.eml"])

    def test_link_leads_to_the_file_that_is_replaced(self):
        self.write("real.eml", b"old")
        os.symlink("real.eml", self.dir / "link.eml")
        self.convert("-o", "link.eml", str(self.sample()))
        self.assertTrue((self.dir / "link.eml").is_symlink())
        self.assertIn(b"MIME-Version", (self.dir / "real.eml").read_bytes())

    def test_device_and_descriptor_are_written_to_as_they_are(self):
        self.convert("-o", "/dev/null", str(self.sample()))
        self.assertTrue(os.path.exists("/dev/null") and not os.path.isfile("/dev/null"))
        self.assertIn(b"MIME-Version", self.convert("-o", "/dev/stdout", str(self.sample())).out)

    def test_named_pipe_is_written_to_as_it_is(self):
        os.mkfifo(self.dir / "pipe")
        got = []
        reader = threading.Thread(target=lambda: got.append((self.dir / "pipe").read_bytes()))
        reader.start()
        self.convert("-o", "pipe", str(self.sample()))
        reader.join(10)
        self.assertIn(b"MIME-Version", got[0])

    def test_output_that_is_the_input_is_refused(self):
        path = self.copy("a.msg")
        os.link(path, self.dir / "hard.msg")
        os.symlink("a.msg", self.dir / "soft.msg")
        before = path.read_bytes()
        for output in ["a.msg", "./a.msg", "hard.msg", "soft.msg"]:
            self.assertIn("is the input", self.convert("-o", output, "a.msg", code=USAGE).errors)
        self.assertEqual(path.read_bytes(), before)

    def test_missing_folder_of_the_output_is_an_error(self):
        done = self.convert("-o", "no/such/x.eml", str(self.sample()), code=CANNOT_CREATE)
        self.assertIn("No such file or directory", done.errors)


class SeveralInputs(ToolTest):
    def test_without_a_folder_they_are_refused(self):
        self.copy("in/a.msg")
        for words in [(str(self.sample()), str(self.sample("draft.msg"))), ("in",), ("-o", "-", "in"), ("-o", "/dev/null", "in")]:
            self.assertIn("-o PATH", self.convert(*words, code=USAGE).errors)

    def test_paths_below_a_folder_are_kept(self):
        for name in ["in/a.msg", "in/deep/er/b.msg", "in/c d.msg"]:
            self.copy(name)
        self.convert("-o", "out", "in")
        self.assertEqual(self.files_below("out"), ["a.msg.eml", "c d.msg.eml", "deep/er/b.msg.eml"])

    def test_files_keep_their_base_names(self):
        self.copy("one/a.msg")
        self.copy("two/b.oft")
        self.convert("-o", "out", "one/a.msg", str(self.dir / "two" / "b.oft"), "-", stdin=self.mail())
        self.assertEqual(self.files_below("out"), ["a.msg.eml", "b.oft.eml", "stdin.eml"])

    def test_json_has_its_own_ending(self):
        self.copy("in/a.msg")
        self.convert("--format", "json", "-o", "out", "in")
        self.assertEqual(self.files_below("out"), ["a.msg.json"])

    def test_two_inputs_with_one_name_are_refused_before_anything_is_done(self):
        self.copy("one/a.msg")
        self.copy("two/a.msg")
        for words in [("one/a.msg", "two/a.msg"), ("one", "two"), ("one", "one"), ("one/a.msg", "one/a.msg")]:
            done = self.convert("-o", "out", *words, code=USAGE)
            self.assertIn("a.msg.eml", done.errors)
        self.assertFalse((self.dir / "out").exists())
        self.assertFalse(self.state.exists())

    def test_file_where_another_input_needs_a_folder_is_refused(self):
        self.copy("one/a.msg")
        self.copy("two/a.msg.eml/b.msg")
        self.convert("-o", "out", "one", "two", code=USAGE)

    def test_output_that_would_replace_an_input_is_refused(self):
        self.copy("d/a.msg")
        self.write("d/a.msg.eml", self.mail())
        self.assertIn("is the input", self.convert("-o", "d", "d/a.msg", "d/a.msg.eml", code=USAGE).errors)
        self.assertEqual((self.dir / "d/a.msg.eml").read_bytes(), self.mail())

    def test_output_folder_below_the_input_is_left_out(self):
        self.copy("in/a.msg")
        for _ in range(2):
            self.convert("-o", "in/out", "in")
            self.assertEqual(self.files_below("in"), ["a.msg", "out/a.msg.eml"])

    def test_state_directory_below_the_input_is_left_out(self):
        self.state = self.dir / "in" / "state"
        self.copy("in/a.msg")
        for _ in range(2):
            self.convert("-o", "out", "in")
            self.assertEqual(self.files_below("out"), ["a.msg.eml"])

    def test_folders_that_are_not_there_yet_are_shared_by_many_jobs(self):
        for folder in range(100):
            for name in range(4):
                self.copy(f"in/{folder:03}/{name}.msg")
        for attempt in range(3):
            self.convert("-j", "8", "--isolation", "worker", "-o", f"out{attempt}", "in")
            self.assertEqual(len(self.files_below(f"out{attempt}")), 400)

    def test_mbox_and_report_below_the_input_are_left_out(self):
        self.copy("in/a.msg")
        for _ in range(2):
            self.convert("--format", "mbox", "-o", "in/all.mbox", "--report", "in/report.jsonl", "in")
            self.assertEqual([r["input"] for r in self.reports("in/report.jsonl")], ["in/a.msg"])

    def test_output_folder_that_is_the_input_is_refused(self):
        self.copy("in/a.msg")
        self.convert("-o", "in", "in", code=USAGE)
        self.convert("-o", "./in/", "in", code=USAGE)

    def test_links_below_a_folder_are_not_followed(self):
        self.copy("else/b.msg")
        self.copy("in/a.msg")
        os.symlink(self.dir / "else" / "b.msg", self.dir / "in" / "file.msg")
        os.symlink(self.dir / "else", self.dir / "in" / "folder")
        os.symlink("..", self.dir / "in" / "loop")
        os.mkfifo(self.dir / "in" / "pipe")
        self.convert("-o", "out", "in")
        self.assertEqual(self.files_below("out"), ["a.msg.eml"])

    def test_link_given_by_name_is_followed(self):
        self.copy("else/b.msg")
        os.symlink("else", self.dir / "folder")
        os.symlink("else/b.msg", self.dir / "file.msg")
        self.convert("-o", "out", "folder", "file.msg")
        self.assertEqual(self.files_below("out"), ["b.msg.eml", "file.msg.eml"])

    def test_folder_without_files_is_an_error(self):
        (self.dir / "empty" / "er").mkdir(parents=True)
        self.assertIn("no files in 'empty'", self.convert("-o", "out", "empty", code=NO_INPUT).errors)

    def test_file_where_a_folder_is_needed_is_an_error(self):
        self.copy("in/sub/a.msg")
        self.write("out/sub", b"a file")
        self.convert("-o", "out", "in", code=CANNOT_CREATE)
        self.write("plain", b"a file")
        self.convert("-o", "plain", "in", code=CANNOT_CREATE)

    def test_name_too_long_with_its_ending_is_an_error_of_that_input(self):
        long = "x" * 252
        self.copy("in/" + long)
        self.copy("in/a.msg")
        done = self.convert("-o", "out", "in", code=CANNOT_CREATE)
        self.assertIn("too long", done.errors)
        self.assertEqual(self.files_below("out"), ["a.msg.eml"])

    def test_order_is_that_of_the_bytes(self):
        for name in ["b", "a", "a/x", "Z", "é", "10", "9"]:
            self.write("in/" + name + ".d/m" if "/" in name else "in/" + name + "m", self.mail())
        self.convert("-o", "out", "in", "--report", "report.jsonl", "-j", "4")
        names = [r["input"] for r in self.reports()]
        self.assertEqual(names, sorted(names, key=lambda n: n.encode()))


HOSTILE = [b"esc\x1b[31mred", b"new\nline", b"\xff\xfe", "bidi\u202etxt".encode(), b"quote\"back\\slash", b"tab\there", b" ", b"-o"]


class HostileNames(ToolTest):
    def test_names_are_opened_and_kept_by_their_bytes_and_shown_escaped(self):
        for name in HOSTILE:
            self.write(b"in/" + name, b"not a message \x00\x01")
            self.write(b"good/" + name, self.mail())
        done = self.convert("-o", "out", "good", "--report", "report.jsonl")
        self.assertEqual(sorted(os.listdir(os.fsencode(self.dir) + b"/out")), sorted(n + b".eml" for n in HOSTILE))
        done = self.convert("-o", "out2", "in", "--report", "report2.jsonl", code=65)
        for raw in [done.err.replace(b"\n", b""), (self.dir / "report.jsonl").read_bytes().replace(b"\n", b"")]:
            self.assertFalse([b for b in raw if b < 0x20 or b == 0x7F], raw)
            self.assertNotIn("\u202e", raw.decode("utf-8"))
        self.assertEqual(len(self.reports()), len(HOSTILE))
        self.assertTrue(all(r["exit"] == 0 for r in self.reports()))
        self.assertEqual(len(done.err.splitlines()), len(done.err.decode().splitlines()))
        self.assertTrue(all(line.startswith(b"mapiguard: ") for line in done.err.splitlines()))

    def test_hostile_name_given_by_itself(self):
        for name in HOSTILE:
            path = self.write(name, self.mail())
            out = subprocess.run([PROGRAM, "convert", path], capture_output=True, env=self.environment(), timeout=60)
            self.assertEqual(out.returncode, 0, out.stderr)
            self.assertEqual(out.stdout, self.mail())

    def test_missing_hostile_name_is_escaped_in_the_complaint(self):
        done = self.convert(b"no\x1b]0;title\x07\nsuch", code=NO_INPUT)
        self.assertIn(b"no\\x1B]0;title\\x07\\x0Asuch", done.err)


if __name__ == "__main__":
    main()
