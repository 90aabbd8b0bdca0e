#!/usr/bin/python3
"""mbox, Maildir and JSON."""
import email.utils
import hashlib
import json
import mailbox
import os
import unittest

from harness import DAMAGED, USAGE, ToolTest, main

TRAPS = ["From here", ">From there", ">>From everywhere", "From", "Fromage", " From x", ">", "", "From ", ".", "F", "\rFrom x"]


class Mbox(ToolTest):
    def unquoted(self, raw):
        """The messages of an mboxrd file, by a reader of our own: Python's keeps the quotes."""
        lines, messages = raw.split(b"\n"), []
        self.assertEqual(lines.pop(), b"")
        for line in lines:
            if line.startswith(b"From "):
                messages.append((line, []))
            else:
                messages[-1][1].append(line[1:] if line.lstrip(b">").startswith(b"From ") and line.startswith(b">") else line)
        for _, body in messages:
            self.assertEqual(body.pop(), b"")  # the empty line that ends a message
        return [(head, b"\n".join(body) + b"\n") for head, body in messages]

    def test_messages_stand_in_the_order_of_the_inputs(self):
        for i in range(40):
            self.write(f"in/{i:02}", self.mail(f"number {i}"))
        self.convert("--format", "mbox", "-o", "all.mbox", "in", "-j", "4")
        box = mailbox.mbox(self.dir / "all.mbox")
        self.assertEqual([m["Subject"] for m in box], [f"number {i}" for i in range(40)])
        box.close()

    def test_lines_that_look_like_a_beginning_are_quoted_and_come_back(self):
        body = "\r\n".join(TRAPS)
        mail = self.mail(body=body)
        self.write("m", mail)
        self.convert("--format", "mbox", "-o", "x.mbox", "m")
        raw = (self.dir / "x.mbox").read_bytes()
        (head, message), = self.unquoted(raw)
        self.assertEqual(message, mail.replace(b"\r\n", b"\n"))
        for trap in [b">From here", b">>From there", b">>>From everywhere", b"Fromage", b"> From x"]:
            self.assertEqual(trap in raw.split(b"\n"), trap != b"> From x", trap)

    def test_quoting_survives_any_division_into_pieces(self):
        mail = self.mail(body="\r\n".join(TRAPS * 40_000))  # much longer than one read
        self.write("m", mail)
        self.convert("--format", "mbox", "-o", "x.mbox", "m")
        (_, message), = self.unquoted((self.dir / "x.mbox").read_bytes())
        self.assertEqual(hashlib.sha256(message).digest(), hashlib.sha256(mail.replace(b"\r\n", b"\n")).digest())

    def test_message_without_a_last_line_end_gets_one(self):
        self.write("m", self.mail().rstrip())
        self.convert("--format", "mbox", "-o", "x.mbox", "m", "m2", code=None)
        self.assertTrue((self.dir / "x.mbox").read_bytes().endswith(b"a line\n\n"))

    def from_line(self, *options, mail):
        self.write("m", mail)
        self.convert("--format", "mbox", "-o", "x.mbox", *options, "m")
        return (self.dir / "x.mbox").read_bytes().split(b"\n")[0]

    def test_from_line_has_the_date_of_the_message_in_utc(self):
        for date, shown in [("Mon, 02 Jan 2006 15:04:05 -0700", "Mon Jan  2 22:04:05 2006"), ("2 Jan 06 15:04 EST", "Mon Jan  2 20:04:00 2006"),
                            ("Fri, 31 Dec 1999 23:59:60 +0000 (a comment)", "Sat Jan  1 00:00:00 2000"), ("31 Feb 2020 00:00:00 +0000", "Thu Jan  1 00:00:00 1970"),
                            ("nonsense", "Thu Jan  1 00:00:00 1970"), ("", "Thu Jan  1 00:00:00 1970")]:
            self.assertEqual(self.from_line(mail=self.mail(date=date)).decode(), f"From MAILER-DAEMON {shown}")

    def test_from_line_has_the_envelope_sender(self):
        self.assertTrue(self.from_line("--sender", "<a@example.org>", mail=self.mail()).startswith(b"From a@example.org Mon Jan  2"))
        self.assertTrue(self.from_line("--sender", "<>", mail=self.mail()).startswith(b"From MAILER-DAEMON "))

    def test_folded_date_is_found(self):
        mail = self.mail().replace(b"Date: Mon, 02 Jan", b"Date:\r\n Mon, 02\r\n\tJan")
        self.assertIn(b"Mon Jan  2 15:04:05 2006", self.from_line(mail=mail))

    def test_same_run_twice_gives_the_same_bytes(self):
        for i in range(10):
            self.copy(f"in/{i}.msg", "html-in-rtf.msg")
        for name in ["a.mbox", "b.mbox"]:
            self.convert("--format", "mbox", "-o", name, "in")
        self.assertEqual((self.dir / "a.mbox").read_bytes(), (self.dir / "b.mbox").read_bytes())

    def test_damaged_inputs_are_left_out(self):
        self.write("in/a", self.mail("one"))
        self.write("in/b", b"")
        self.write("in/c", self.mail("two"))
        self.convert("--format", "mbox", "-o", "x.mbox", "in", code=DAMAGED)
        box = mailbox.mbox(self.dir / "x.mbox")
        self.assertEqual([m["Subject"] for m in box], ["one", "two"])
        box.close()

    def test_nothing_converted_leaves_no_file_and_keeps_an_old_one(self):
        self.write("bad", b"")
        self.convert("--format", "mbox", "-o", "x.mbox", "bad", code=DAMAGED)
        self.assertFalse((self.dir / "x.mbox").exists())
        self.write("x.mbox", b"old")
        self.convert("--format", "mbox", "-o", "x.mbox", "bad", code=DAMAGED)
        self.assertEqual((self.dir / "x.mbox").read_bytes(), b"old")
        self.assertEqual(self.temporaries("."), [])

    def test_several_inputs_need_a_named_output_which_may_be_standard_output(self):
        for name in ["in/a", "in/b"]:
            self.write(name, self.mail(name))
        self.convert("--format", "mbox", "in", code=USAGE)
        out = self.convert("--format", "mbox", "-o", "-", "in").out
        self.assertEqual(out.count(b"\nSubject: in/"), 2)

    def test_folder_as_mbox_is_refused(self):
        (self.dir / "x").mkdir()
        self.convert("--format", "mbox", "-o", "x", str(self.sample()), code=USAGE)


class Maildir(ToolTest):
    def test_messages_are_new_and_nothing_is_left_in_tmp(self):
        for i in range(20):
            self.write(f"in/{i}", self.mail(f"number {i}"))
        self.convert("--format", "maildir", "-o", "box", "in")
        box = mailbox.Maildir(self.dir / "box", create=False)
        self.assertEqual(sorted(m["Subject"] for m in box), sorted(f"number {i}" for i in range(20)))
        self.assertEqual([n for n in self.files_below("box") if not n.startswith("new/")], [])
        self.assertEqual(os.stat(self.dir / "box").st_mode & 0o777, 0o700)

    def test_same_run_twice_gives_the_same_names(self):
        for i in range(5):
            self.write(f"in/{i}", self.mail(f"number {i}"))
        self.convert("--format", "maildir", "-o", "box", "in")
        names = self.files_below("box")
        self.convert("--format", "maildir", "-o", "box", "in")
        self.assertEqual(self.files_below("box"), names)
        self.assertEqual(len(names), 5)

    def test_two_copies_of_a_message_stay_two(self):
        for name in ["in/a", "in/b"]:
            self.write(name, self.mail())
        self.convert("--format", "maildir", "-o", "box", "in")
        self.assertEqual(len(self.files_below("box")), 2)

    def test_name_holds_the_hash_and_the_file_the_date(self):
        self.write("m", self.mail())
        self.convert("--format", "maildir", "-o", "box", "m", "--report", "report.jsonl")
        path = self.dir / self.reports()[0]["output"]
        self.assertIn(hashlib.sha256(self.mail().replace(b"\r\n", b"\n")).hexdigest(), path.name)
        date = int(email.utils.parsedate_to_datetime("Mon, 02 Jan 2006 15:04:05 +0000").timestamp())
        self.assertEqual(int(os.stat(path).st_mtime), date)
        self.assertTrue(path.name.startswith(f"{date}."))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_standard_output_is_refused(self):
        self.convert("--format", "maildir", str(self.sample()), code=USAGE)
        self.convert("--format", "maildir", "-o", "-", str(self.sample()), code=USAGE)


class Json(ToolTest):
    def test_decoded_message_is_one_json_document(self):
        document = json.loads(self.convert("--format", "json", str(self.sample())).text)
        self.assertIsInstance(document, dict)
        self.assertTrue(document)

    def test_same_message_gives_the_same_bytes(self):
        runs = {self.convert("--format", "json", str(self.sample("html-in-rtf.msg"))).out for _ in range(3)}
        self.assertEqual(len(runs), 1)


if __name__ == "__main__":
    main()
