#!/usr/bin/python3
"""--report: the schema of the contract, the order, what happens to errors; --strict."""
import hashlib
import json
import unittest

from harness import CRASH, DAMAGED, ROOT, TRY_AGAIN, ToolTest, main

KEYS = {"input", "outcome", "exit", "message_id", "sha256", "output", "bytes_in", "bytes_out", "milliseconds", "crashes", "verdict", "defects"}
OURS = {"error", "stderr", "defects_dropped"}
OUTCOMES = {"converted", "damaged", "died", "held", "blocked", "error"}


class Report(ToolTest):
    def check_schema(self, report):
        self.assertLessEqual(KEYS, set(report))
        self.assertLessEqual(set(report), KEYS | OURS)
        self.assertIsInstance(report["input"], str)
        self.assertIn(report["outcome"], OUTCOMES)
        for key in ["exit", "bytes_in", "bytes_out", "crashes"]:
            self.assertIsInstance(report[key], int)
        self.assertIsInstance(report["milliseconds"], (int, float))
        self.assertTrue(report["message_id"] is None or isinstance(report["message_id"], str))
        self.assertTrue(report["output"] is None or isinstance(report["output"], str))
        self.assertTrue(report["sha256"] is None or len(report["sha256"]) == 64)
        if report["verdict"] is not None:
            self.assertEqual(set(report["verdict"]), {"class", "charged", "signal", "detail"})
            self.assertIsInstance(report["verdict"]["charged"], bool)
        for defect in report["defects"]:
            self.assertEqual(set(defect), {"severity", "where", "what"})
            self.assertIn(defect["severity"], {"info", "repaired", "loss"})
        self.assertEqual(report["error"] is None, report["outcome"] == "converted")

    def one(self, *words, code, **more):
        self.convert("--report", "report.jsonl", *words, code=code, **more)
        reports = self.reports()
        self.assertEqual(len(reports), 1)
        self.check_schema(reports[0])
        return reports[0]

    def test_converted(self):
        report = self.one("-o", "x.eml", str(self.sample()), code=0)
        whole = self.sample().read_bytes()
        self.assertEqual(report["outcome"], "converted")
        self.assertEqual(report["sha256"], hashlib.sha256(whole).hexdigest())
        self.assertEqual((report["bytes_in"], report["bytes_out"]), (len(whole), (self.dir / "x.eml").stat().st_size))
        self.assertEqual(report["output"], "x.eml")
        self.assertIsNone(report["verdict"])
        self.assertGreater(report["milliseconds"], 0)

    def test_standard_output_has_no_path(self):
        self.assertIsNone(self.one(str(self.sample()), code=0)["output"])

    def test_damaged(self):
        self.write("bad", b"\x00" * 100)
        report = self.one("-o", "x.eml", "bad", code=DAMAGED)
        self.assertEqual((report["outcome"], report["output"], report["bytes_out"], report["crashes"]), ("damaged", None, 0, 0))
        self.assertTrue(report["error"]["message"])

    def test_died_and_blocked(self):
        for crashes in [1, 2]:
            report = self.one("--converter", CRASH, str(self.sample()), code=TRY_AGAIN)
            self.assertEqual((report["outcome"], report["crashes"]), ("died", crashes))
            self.assertEqual((report["verdict"]["class"], report["verdict"]["charged"], report["verdict"]["signal"]), ("crashed", True, 11))
        report = self.one("--converter", CRASH, str(self.sample()), code=69)
        self.assertEqual((report["outcome"], report["crashes"], report["verdict"]["class"]), ("blocked", 3, "crashed"))
        report = self.one("--converter", CRASH, str(self.sample()), code=69)
        self.assertEqual((report["outcome"], report["verdict"]), ("blocked", None))
        self.assertIn("poison show " + report["sha256"][:16], report["error"]["hint"])

    def test_missing_input(self):
        report = self.one("gone", code=66)
        self.assertEqual((report["outcome"], report["sha256"]), ("error", None))
        self.assertIn("No such file", report["error"]["message"])

    def test_trusted_message_id_is_reported(self):
        self.assertEqual(self.one("--message-id", "<1@example.org>", str(self.sample()), code=0)["message_id"], "<1@example.org>")

    def test_message_id_found_inside_is_reported(self):
        self.write("m", b"Message-ID: <inside@example.org>\r\n" + self.mail())
        self.assertIn(self.one("m", code=0)["message_id"], [None, "<inside@example.org>"])

    def test_standard_error_of_the_converter_is_kept(self):
        report = self.one("--converter", "sh -c 'cat; echo \"so \x1b[1m it is\" >&2'", str(self.sample()), code=0)
        self.assertIn("so \\x1B[1m it is", report["stderr"])
        report = self.one("--converter", "sh -c 'cat; head -c 100000 /dev/zero | tr \"\\0\" x >&2; echo END >&2'", str(self.sample()), code=0)
        self.assertLessEqual(len(report["stderr"]), 4200)
        self.assertIn("END", report["stderr"])

    def test_lines_stand_in_the_order_of_the_inputs(self):
        for i in range(60):
            self.write(f"in/{i:02}", self.mail(str(i)) if i % 7 else b"")
        self.convert("-o", "out", "in", "-j", "4", "--report", "report.jsonl", code=DAMAGED)
        self.assertEqual([r["input"] for r in self.reports()], [f"in/{i:02}" for i in range(60)])
        self.assertEqual([r["exit"] for r in self.reports()], [0 if i % 7 else DAMAGED for i in range(60)])
        for report in self.reports():
            self.check_schema(report)

    def test_standard_error_holds_nothing_but_reports_and_the_summary(self):
        self.write("in/a", self.mail())
        self.write("in/b", b"")
        done = self.convert("-o", "out", "in", "--report", "-", code=DAMAGED)
        lines = done.errors.splitlines()
        self.assertEqual([json.loads(line)["outcome"] for line in lines[:2]], ["converted", "damaged"])
        self.assertTrue(all(line.startswith("mapiguard: ") for line in lines[2:]))

    def test_old_report_is_replaced(self):
        self.write("report.jsonl", b"x" * 100_000)
        self.one(str(self.sample()), code=0)


class Strict(ToolTest):
    """Samples that lose something: those whose index row says degraded."""

    def lossy(self):
        for row in (ROOT / "corpus" / "samples" / "INDEX.tsv").read_text().splitlines():
            cells = row.split("\t")
            if "degraded" not in cells:
                continue
            self.convert("-o", "/dev/null", "--report", "report.jsonl", str(self.sample(cells[0])), code=None)
            report = self.reports()[0]
            if report["exit"] == 0 and any(d["severity"] == "loss" for d in report["defects"]):
                return cells[0]
        self.skipTest("no sample loses anything")

    def test_loss_is_exit_65_and_the_output_is_written(self):
        name = self.lossy()
        done = self.convert("-o", "x.eml", str(self.sample(name)))
        self.assertIn("not all of it is in the output", done.errors)
        self.convert("-o", "y.eml", "--strict", "--report", "report.jsonl", str(self.sample(name)), code=DAMAGED)
        self.assertEqual((self.dir / "x.eml").read_bytes(), (self.dir / "y.eml").read_bytes())
        self.assertEqual((self.reports()[0]["outcome"], self.reports()[0]["exit"]), ("converted", DAMAGED))

    def test_message_without_loss_passes(self):
        self.convert("--strict", "-o", "x.eml", str(self.sample()))


if __name__ == "__main__":
    main()
