#!/usr/bin/python3
"""The life of a poison message as an administrator sees it: counts, block, quarantine, NDR, release, retry."""
import email
import email.policy
import hashlib
import os
import re
import unittest

from harness import BLOCKED, CRASH, CRASH_ON_POISON, NO_INPUT, TRY_AGAIN, USAGE, ToolTest, main

ROW = {"message_id", "sha256", "crashes", "blocked", "first_crash", "last_crash", "class", "signal", "stack", "build"}
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"


class PoisonTest(ToolTest):
    def message(self, name="poison", text="POISON"):
        self.write(name, self.mail(body=text))
        return name, hashlib.sha256(self.mail(body=text)).hexdigest()

    def kill(self, name, *codes, options=()):
        for code in codes:
            self.convert("--converter", CRASH, *options, name, code=code)

    def view(self):
        return self.run_tool("poison", "list", "--json").json()


class Sequence(PoisonTest):
    def test_four_runs_end_with_75_75_69_69_and_the_sender_is_told_once(self):
        name, digest = self.message()
        options = ["--sender", "alice@example.org", "--recipient", "bob@example.net", "--message-id", "<1@example.org>"]
        for code, crashes in [(75, 1), (75, 2), (69, 3), (69, 3)]:
            self.kill(name, code, options=options)
            row, = self.view()["poison_ids"]
            self.assertEqual((row["crashes"], row["blocked"], row["sha256"], row["message_id"]), (crashes, crashes == 3, digest, "<1@example.org>"))
        events = self.run_tool("events", "--json").json_lines()
        self.assertEqual([e["event_id"] for e in events if e["event_id"] in (9680, 9681)], [9680, 9680, 9680, 9681])
        for event in events:
            self.assertLessEqual({"time", "event_id", "source", "severity", "category", "params", "text", "ext"}, set(event))
            self.assertRegex(event["time"], TIME)
        block = [e for e in events if e["event_id"] == 9681][0]
        self.assertEqual((block["severity"], block["params"][2]), ("error", "<1@example.org>"))
        ndr, = self.run_tool("ndr", "list", "--json").json_lines()
        self.assertEqual((ndr["sender"], ndr["state"]), ("alice@example.org", "delivered"))
        reports = [p for p in (self.state / "ndr").rglob("*") if p.is_file()]
        self.assertEqual(len(reports), 1)
        parsed = email.message_from_bytes(reports[0].read_bytes(), policy=email.policy.default)
        self.assertEqual(parsed.get_content_type(), "multipart/report")
        self.assertIn("alice@example.org", parsed["To"])

    def test_blocked_message_starts_no_worker(self):
        name, _ = self.message()
        self.kill(name, 75, 75, 69)
        done = self.convert("--converter", f"sh -c 'touch {self.dir}/ran; cat'", name, code=BLOCKED)
        self.assertFalse((self.dir / "ran").exists())
        self.assertIn("mapiguard poison show", done.errors)

    def test_threshold_0_blocks_at_the_first_death(self):
        self.run_tool("settings", "set", "PoisonThreshold", "0")
        name, _ = self.message()
        self.kill(name, 69, 69)

    def test_conversion_that_succeeds_clears_the_count(self):
        name, _ = self.message()
        self.kill(name, 75, 75)
        self.convert("--converter", "cat", name)
        self.assertEqual(self.view()["poison_ids"], [])
        self.kill(name, 75, 75, 69)

    def test_poison_among_others_does_not_stop_them(self):
        for i in range(10):
            self.write(f"in/{i}", self.mail(str(i)))
        self.write("in/5x", self.mail(body="POISON"))
        done = self.convert("--converter", CRASH_ON_POISON, "-o", "out", "in", "-j", "3", code=TRY_AGAIN)
        self.assertEqual(self.files_below("out"), sorted(f"{i}.eml" for i in range(10)))
        self.assertIn("10 converted, 1 died", done.errors)

    def test_retries_are_made_at_once(self):
        name, _ = self.message()
        self.convert("--converter", CRASH, "--retries", "1", name, code=TRY_AGAIN)
        self.assertEqual(self.view()["poison_ids"][0]["crashes"], 2)

    def test_worst_of_several_counts(self):
        name, _ = self.message("in/a")
        self.kill("in/a", 75, 75, 69)
        self.write("in/b", self.mail(body="POISON too"))
        self.write("in/c", self.mail())
        self.convert("--converter", CRASH_ON_POISON, "-o", "out", "in", code=BLOCKED)
        self.convert("--converter", CRASH_ON_POISON, "-o", "out2", "in/b", "in/c", "in/none", code=TRY_AGAIN)
        self.convert("-o", "out3", "in/c", "in/none", code=NO_INPUT)


class Lists(PoisonTest):
    def test_empty_view(self):
        self.assertEqual(self.view(), {"threshold": 2, "poison_ids": [], "suspects": 0, "quarantined": 0, "held": [], "in_flight": []})
        self.assertIn("PoisonThreshold 2", self.run_tool("poison", "list").text)

    def test_ten_newest_are_shown_newest_first(self):
        for i in range(12):
            self.write(f"m{i:02}", self.mail(str(i)))
            self.kill(f"m{i:02}", 75)
        view = self.view()
        digests = [hashlib.sha256(self.mail(str(i))).hexdigest() for i in range(12)]
        self.assertEqual([r["sha256"] for r in view["poison_ids"]], digests[:1:-1])
        self.assertEqual(view["suspects"], 12)
        for row in view["poison_ids"]:
            self.assertLessEqual(ROW, set(row))
            self.assertRegex(row["first_crash"], TIME)
            self.assertEqual((row["class"], row["signal"], row["message_id"]), ("crashed", 11, "sha256:" + row["sha256"]))

    def test_message_under_way_is_shown(self):
        self.write("m", self.mail())
        self.start("convert", "--converter", "sh -c 'cat; sleep 30'", "--message-id", "<slow@example.org>", "m")
        row = self.wait_until(lambda: self.view()["in_flight"], "the message is under way")[0]
        self.assertEqual((row["message_id"], row["sha256"]), ("<slow@example.org>", hashlib.sha256(self.mail()).hexdigest()))
        self.assertRegex(row["since"], TIME)

    def test_text_shows_hostile_message_ids_escaped(self):
        name, _ = self.message()
        self.kill(name, 75, options=["--message-id", "<\u202eevil\u2066@example.org>"])
        for words in [("poison", "list"), ("poison", "list", "--json"), ("events",), ("poison", "show", hashlib.sha256(self.mail(body="POISON")).hexdigest())]:
            out = self.run_tool(*words).text
            self.assertNotIn("\u202e", out)
            self.assertIn("evil", out)


class Administration(PoisonTest):
    def setUp(self):
        super().setUp()
        self.name, self.digest = self.message()
        self.kill(self.name, 75, 75, 69, options=["--message-id", "<1@example.org>"])

    def test_message_is_found_by_id_digest_and_prefix(self):
        for name in ["<1@example.org>", self.digest, self.digest[:8], "sha256:" + self.digest]:
            shown = self.run_tool("poison", "show", name, "--json").json()
            self.assertEqual((shown["sha256"], shown["blocked"], shown["quarantined"]), (self.digest, True, True))
            self.assertIsInstance(shown["crash_report"], dict)
        self.assertIn("blocked", self.run_tool("poison", "show", self.digest[:8]).text)

    def test_unknown_message_is_an_error(self):
        for action in ["show", "release", "forget", "retry"]:
            self.run_tool("poison", action, "ffffffff", code=NO_INPUT)
        self.run_tool("poison", "export", "ffffffff", "-o", "x", code=NO_INPUT)
        self.assertFalse((self.dir / "x").exists())

    def test_export_gives_the_bytes_back(self):
        self.run_tool("poison", "export", self.digest[:8], "-o", "copy")
        self.assertEqual((self.dir / "copy").read_bytes(), self.mail(body="POISON"))
        self.assertEqual(os.stat(self.dir / "copy").st_mode & 0o777, 0o600)
        self.assertEqual(self.run_tool("poison", "export", self.digest[:8], "-o", "-").out, self.mail(body="POISON"))
        self.run_tool("poison", "export", self.digest[:8], code=USAGE)

    def test_released_message_is_tried_again_and_its_copy_kept(self):
        self.run_tool("poison", "release", "<1@example.org>")
        view = self.view()
        self.assertEqual((view["poison_ids"], view["quarantined"]), ([], 1))
        self.convert("--converter", "cat", self.name)
        self.kill(self.name, 75, 75, 69)

    def test_forgotten_message_leaves_nothing(self):
        self.run_tool("poison", "forget", self.digest[:8])
        view = self.view()
        self.assertEqual((view["poison_ids"], view["quarantined"], view["suspects"]), ([], 0, 0))
        self.run_tool("poison", "show", self.digest, code=NO_INPUT)
        self.kill(self.name, 75)

    def test_retry_that_passes_releases(self):
        done = self.run_tool("poison", "retry", self.digest[:8])
        self.assertIn("passed, released", done.text)
        self.assertEqual(self.view()["poison_ids"], [])
        self.convert("--converter", "cat", self.name)

    def test_retry_that_dies_charges_nobody(self):
        before = self.view()
        events = self.run_tool("events", "--json").out
        for words in [("retry", self.digest[:8]), ("retry",)]:
            done = self.run_tool("poison", *words, "--converter", CRASH, "--json", code=TRY_AGAIN)
            row, = done.json_lines()
            self.assertEqual((row["outcome"], row["released"], row["verdict"]["class"], row["sha256"]), ("died", False, "crashed", self.digest))
        self.assertEqual(self.view(), before)
        self.assertEqual(self.run_tool("events", "--json").out, events)
        self.assertEqual([p for p in os.listdir(self.dir) if p.startswith("mapiguard-replay")], [])

    def test_retry_without_id_tries_all_that_are_shown(self):
        other, digest = self.message("other", "POISON two")
        self.kill(other, 75, 75, 69)
        done = self.run_tool("poison", "retry", "--converter", "sh -c 'm=$(cat); case $m in *two*) kill -SEGV $$;; esac; echo \"$m\"'", "--json", code=TRY_AGAIN)
        self.assertEqual({r["sha256"]: r["released"] for r in done.json_lines()}, {self.digest: True, digest: False})

    def test_retry_of_a_message_without_copy_says_so(self):
        name, digest = self.message("suspect", "POISON three")
        self.kill(name, 75)
        self.assertIn("no copy", self.run_tool("poison", "retry", digest[:8], code=NO_INPUT).errors)


class Ndr(PoisonTest):
    def test_none_without_sender_or_for_the_null_sender(self):
        for name, options in [("a", ()), ("b", ("--sender", "<>")), ("c", ("--sender", ""))]:
            self.message(name, "POISON " + name)
            self.kill(name, 75, 75, 69, options=options)
        self.assertEqual(self.run_tool("ndr", "list", "--json").out, b"")
        reasons = [e["ext"]["ndr"] for e in self.run_tool("events", "--id", "9681", "--json").json_lines()]
        self.assertEqual(len(reasons), 3)
        self.assertTrue(all(reasons))

    def test_transport_that_fails_keeps_the_report_for_a_retry(self):
        self.run_tool("settings", "set", "Mapiguard\\NDR Transport", "sendmail:" + str(self.dir / "no-such-sendmail"))
        name, _ = self.message()
        self.kill(name, 75, 75, 69, options=["--sender", "alice@example.org"])
        row, = self.run_tool("ndr", "list", "--json").json_lines()
        self.assertNotEqual(row["state"], "delivered")
        self.assertTrue(row["last_error"])
        self.assertIn("alice@example.org", self.run_tool("ndr", "list").text)
        self.run_tool("settings", "set", "Mapiguard\\NDR Transport", "maildir:" + str(self.dir / "ndr-box"))
        self.run_tool("ndr", "retry")
        row, = self.run_tool("ndr", "list", "--json").json_lines()
        self.assertEqual(row["state"], "delivered")
        self.assertEqual(len([p for p in (self.dir / "ndr-box").rglob("*") if p.is_file()]), 1)

    def test_dropped_report_is_not_sent(self):
        self.run_tool("settings", "set", "Mapiguard\\NDR Transport", "sendmail:" + str(self.dir / "no-such-sendmail"))
        name, _ = self.message()
        self.kill(name, 75, 75, 69, options=["--sender", "alice@example.org"])
        row, = self.run_tool("ndr", "list", "--json").json_lines()
        self.run_tool("ndr", "drop", row["id"])
        self.assertEqual([r["state"] for r in self.run_tool("ndr", "list", "--json").json_lines()], ["dropped"])

    def test_unknown_report_is_an_error(self):
        self.assertNotEqual(self.run_tool("ndr", "drop", "nonsense", code=None).code, 0)
        self.assertNotEqual(self.run_tool("ndr", "retry", "nonsense", code=None).code, 0)


class Events(PoisonTest):
    def test_filters(self):
        name, _ = self.message()
        self.kill(name, 75, 75, 69)
        self.assertEqual(len(self.run_tool("events", "--id", "9680", "--json").json_lines()), 3)
        self.assertEqual(self.run_tool("events", "--id", "4711", "--json").out, b"")
        self.assertEqual(len(self.run_tool("events", "--id", "9681", "--since", "1h").text.splitlines()), 1)
        self.assertEqual(self.run_tool("events", "--since", "2200-01-01").out, b"")
        last = self.run_tool("events", "--id", "9680", "--json").json_lines()[-1]["time"]
        self.assertIn(last, [e["time"] for e in self.run_tool("events", "--id", "9680", "--since", last, "--json").json_lines()])

    def test_text_is_one_line_an_event(self):
        name, _ = self.message()
        self.kill(name, 75)
        for line in self.run_tool("events").text.splitlines():
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT[\d:.]+Z  (error|warning|information)  \d+  \S")

    def test_followed_events_are_shown_as_they_come(self):
        process = self.start("events", "--follow", "--id", "9680", "--json")
        name, digest = self.message()
        self.kill(name, 75)
        line = process.stdout.readline()
        self.assertIn(digest.encode(), line)
        process.terminate()
        self.assertEqual(process.wait(20), 143)


if __name__ == "__main__":
    main()
