#!/usr/bin/python3
"""analyze: registry exports, hives, state directories; its reports, also in a browser."""
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import unittest
import zlib

from harness import CRASH, DAMAGED, NO_INPUT, PROGRAM, ROOT, USAGE, ToolTest, main
import hives

KEY = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIS\\"
GUID = "0dd9a1b2-7c34-4c55-9d10-3f2f3d1c0a11"
MAILBOXES, FOLDERS, OTHER = f"EX1\\Private-{GUID}", "EX1\\Public-91f6c2de", "EX2\\Private-c0ffee00"
TROUBLED = {
    MAILBOXES: {"PoisonIDs": ["<a@example.org>", "<grüße@example.org>"], "PoisonThreshold": 5,
                "DeliveredTo Expiration in Hours": 2, "DeliveredTo Cleanup Interval in Seconds": 10_000},
    FOLDERS: {"Replication Folder Tree RMQ Timeout": 3600},
    OTHER: {"Track Duplicates": 1},
}
EXPECTED = {("track-duplicates-missing", MAILBOXES), ("poison-ids-present", MAILBOXES), ("poison-threshold-non-default", MAILBOXES),
            ("delivered-to-expiration-non-default", MAILBOXES), ("delivered-to-cleanup-non-default", MAILBOXES),
            ("delivered-to-cleanup-longer-than-expiration", MAILBOXES), ("rmq-timeout-present", FOLDERS)}
INTERNAL = 70
CHROMIUM = shutil.which("chromium")


def without_hivexsh():
    return hives.HIVEXSH is None


class AnalyzerTest(ToolTest):
    def reg(self, keys, is_ansi=False, name="a.reg"):
        return self.write(name, hives.reg_text(keys, is_ansi)).decode()

    def hive(self, keys, number=1, selected=None, name="SYSTEM"):
        path = self.dir / name
        below = {f"ControlSet{number:03}\\Services\\MSExchangeIS\\{key}": values for key, values in keys.items()}
        hives.make_hive(path, {"Select": {"Current": number if selected is None else selected}, **below})
        return str(path)

    def analyze(self, *words, code, **more):
        # The copy that every user may reach: root's hive reader runs as nobody.
        return self.run_tool("analyze", *words, code=code, prefix=("/usr/bin/env",), **more)

    def findings(self, *words, code):
        return self.analyze("--json", *words, code=code).json()


class Registry(AnalyzerTest):
    def test_findings_are_those_of_the_rules_for_every_server_and_database(self):
        found = self.findings("--reg", self.reg(TROUBLED), code=2)
        self.assertEqual({(f["rule"], f["setting"].removeprefix(KEY).rpartition("\\")[0]) for f in found}, EXPECTED)
        for finding in found:
            self.assertEqual(list(finding), ["rule", "category", "setting", "value", "title", "explanation", "fix"])
            self.assertTrue(finding["fix"] and all(finding["fix"]))
        by_rule = {f["rule"]: f for f in found}
        self.assertIsNone(by_rule["track-duplicates-missing"]["value"])
        self.assertEqual(by_rule["poison-ids-present"]["value"], ["<a@example.org>", "<grüße@example.org>"])
        self.assertEqual(by_rule["rmq-timeout-present"]["value"], 3600)
        self.assertEqual(by_rule["rmq-timeout-present"]["setting"], KEY + FOLDERS + "\\Replication Folder Tree RMQ Timeout")

    def test_exit_code_is_that_of_the_worst_finding(self):
        fine = {"Track Duplicates": 1}
        for values, code in [(fine, 0), ({**fine, "PoisonThreshold": 3}, 0), ({**fine, "PoisonIDs": ["a"]}, 1), ({}, 2)]:
            self.analyze("--reg", self.reg({MAILBOXES: values}), code=code)
        self.assertEqual(self.findings("--reg", self.reg({MAILBOXES: fine}), code=0), [])

    def test_both_encodings_give_the_same_findings(self):
        self.assertEqual(self.findings("--reg", self.reg(TROUBLED), code=2), self.findings("--reg", self.reg(TROUBLED, is_ansi=True), code=2))

    def test_standard_input_is_a_registry_too(self):
        done = self.analyze("--json", "--reg", "-", code=2, stdin=hives.reg_text(TROUBLED))
        self.assertEqual(len(done.json()), len(EXPECTED))

    def test_broken_text_is_told_with_its_line(self):
        path = self.write("bad.reg", hives.reg_text(TROUBLED) + "\"PoisonThreshold\"=dword:zz\r\n".encode("utf-16-le")).decode()
        done = self.analyze("--reg", path, code=DAMAGED)
        self.assertRegex(done.errors, r"bad\.reg'?: line \d+: dword: takes one to eight hexadecimal digits")

    def test_file_without_an_information_store_is_refused(self):
        for content in [b"", b"hello", hives.reg_text({"ParametersSystem": {"a": 1}}), (ROOT / "corpus/samples/plain-ansi.msg").read_bytes()]:
            self.analyze("--reg", self.write("x.reg", content).decode(), code=DAMAGED)

    def test_no_file_and_two_sources_are_errors(self):
        self.analyze("--reg", str(self.dir / "nothing.reg"), code=NO_INPUT)
        self.analyze("--reg", self.reg(TROUBLED), "--state", str(self.state), code=USAGE)

    def test_text_cut_anywhere_never_crashes_anything(self):
        whole = hives.reg_text(TROUBLED)
        for end in range(0, len(whole), len(whole) // 20):
            self.assertIn(self.analyze("--reg", self.write("cut.reg", whole[:end]).decode(), code=None).code, (0, 1, 2, DAMAGED), end)


@unittest.skipIf(without_hivexsh(), "hivexsh (libhivex-bin), which makes the hives, is not installed")
class Hive(AnalyzerTest):
    def test_hive_and_text_give_the_same_findings(self):
        self.assertEqual(self.findings("--hive", self.hive(TROUBLED), code=2), self.findings("--reg", self.reg(TROUBLED), code=2))

    def test_selected_control_set_counts_and_is_named_current(self):
        path = self.hive({MAILBOXES: {"PoisonIDs": ["<a@example.org>"], "Track Duplicates": 1}}, number=3)
        found = self.findings("--hive", path, code=1)
        self.assertEqual([f["setting"] for f in found], [KEY + MAILBOXES + "\\PoisonIDs"])

    def test_hive_without_the_selected_set_is_refused(self):
        done = self.analyze("--hive", self.hive(TROUBLED, number=1, selected=2), code=DAMAGED)
        self.assertIn("ControlSet002", done.errors)

    def test_file_that_is_no_hive_is_refused(self):
        for content in [b"", b"regf", b"regf" + bytes(5000), hives.empty_hive(), hives.reg_text(TROUBLED)]:
            done = self.analyze("--hive", self.write("no.hive", content).decode(), code=DAMAGED)
            self.assertIn("no.hive", done.errors)

    def test_damaged_hive_never_crashes_anything(self):
        whole = (self.dir / self.hive(TROUBLED)).read_bytes()
        chance = random.Random(20070105)
        for number in range(30):
            damaged = bytearray(whole)
            for _ in range(chance.randrange(1, 40)):
                damaged[chance.randrange(0x1000, len(damaged))] = chance.randrange(256)
            done = self.analyze("--hive", self.write("damaged", bytes(damaged)).decode(), code=None)
            self.assertIn(done.code, (0, 1, 2, DAMAGED), f"variant {number}: {done.errors}")


class HiveReader(AnalyzerTest):
    """The process that reads a hive is believed nothing."""

    def analyze_with(self, reader, code):
        programs = self.dir / "programs"
        programs.mkdir(exist_ok=True)
        os.chmod(programs, 0o755)
        for name in ("mapiguard", "mapiguard-worker"):
            if not (programs / name).exists():
                shutil.copy(os.path.join(os.path.dirname(PROGRAM), name), programs)
        (programs / "mapiguard-hive").write_text("#!/bin/sh\n" + reader + "\n")
        os.chmod(programs / "mapiguard-hive", 0o755)
        hive = self.write("SYSTEM", b"any").decode()
        done = subprocess.run([programs / "mapiguard", "analyze", "--json", "--hive", hive], capture_output=True, timeout=60, env=self.environment())
        self.assertEqual(done.returncode, code, (reader, done.stderr))
        self.assertEqual(done.stdout, b"")
        return done.stderr.decode()

    def test_reader_that_dies_is_the_files_fault(self):
        self.assertIn("died of it", self.analyze_with("kill -SEGV $$", DAMAGED))
        self.assertIn("died of it", self.analyze_with("exit 3", DAMAGED))
        self.assertIn("died of it", self.analyze_with("true", DAMAGED))

    def test_reader_that_lies_is_found_out(self):
        for lie in ("echo hello", "printf 'MGRG\\001\\377\\377\\377\\377'", "printf 'MGRG\\001\\001\\000\\000\\000'", "head -c 100000 /dev/zero"):
            self.assertIn("is no registry", self.analyze_with(lie, INTERNAL))


class StateDirectory(AnalyzerTest):
    def own(self, *words):
        """Findings about the settings; those about this host depend on it."""
        done = self.analyze("--json", *words, code=None)
        self.assertIn(done.code, (0, 1, 2), done.errors)
        return {f["rule"]: f for f in done.json() if f["setting"].startswith(KEY)}

    def test_new_directory_has_nothing_wrong_with_its_settings(self):
        self.assertEqual(self.own(), {})

    def test_settings_are_analyzed_as_a_registry_is(self):
        self.run_tool("settings", "unset", "Track Duplicates")
        self.run_tool("settings", "set", "PoisonThreshold", "3")
        self.run_tool("settings", "set", "Mapiguard\\Era", "2003")
        found = self.own()
        self.assertEqual(set(found), {"track-duplicates-missing", "poison-threshold-non-default", "setting-non-default"})
        self.assertRegex(found["setting-non-default"]["setting"], r"\\Private-[0-9a-f-]{36}\\Mapiguard\\Era$")
        self.assertIn("mapiguard settings set 'Track Duplicates' 1", found["track-duplicates-missing"]["fix"])

    def test_poison_messages_are_a_warning_with_their_ids(self):
        self.convert("--converter", CRASH, "--message-id", "<poison@example.org>", "-o", "x.eml", str(self.sample()), code=None)
        self.assertEqual(self.own()["poison-ids-present"]["value"], ["<poison@example.org>"])

    def test_directory_in_memory_is_a_warning(self):
        mounts = [line.split() for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()]
        memory = [m[4] for m in mounts if " - tmpfs " in " ".join(m) and m[4] == "/dev/shm"]
        if not memory:
            self.skipTest("/dev/shm is no tmpfs here")
        state = memory[0] + "/mapiguard-analyze-test"
        self.addCleanup(shutil.rmtree, state, ignore_errors=True)
        rules = [f["rule"] for f in self.analyze("--json", "--state", state, code=None).json()]
        self.assertIn("state-directory-volatile", rules)

    def test_layers_that_doctor_misses_are_warnings(self):
        missing = sorted(l["name"] for l in self.run_tool("doctor", "--json", code=None).json()["sandbox"] if not l["active"])
        done = self.analyze("--json", code=None)
        self.assertEqual(sorted(f["setting"].removeprefix("sandbox: ") for f in done.json() if f["rule"] == "sandbox-layer-missing"), missing)

    def test_full_quarantine_is_a_warning(self):
        self.run_tool("settings", "set", "PoisonThreshold", "0")
        self.run_tool("settings", "set", "Mapiguard\\Quarantine Max MiB", "1")
        large = self.write("large.msg", bytes(950_000)).decode()
        self.convert("--converter", CRASH, "-o", "x.eml", large, code=None)
        rules = [f["rule"] for f in self.analyze("--json", code=None).json()]
        self.assertIn("quarantine-near-limit", rules)


class Since(AnalyzerTest):
    def test_what_is_new_changed_and_gone_is_marked(self):
        before = self.analyze("--json", "--reg", self.reg({MAILBOXES: {"PoisonThreshold": 5, "PoisonIDs": ["a"], "Track Duplicates": 1}}), code=1)
        self.write("before.json", before.out)
        after = self.reg({MAILBOXES: {"PoisonThreshold": 7, "DeliveredTo Expiration in Hours": 24, "Track Duplicates": 1}})
        found = {f["rule"]: f for f in self.findings("--reg", after, "--since", "before.json", code=0)}
        self.assertEqual({rule: f["change"] for rule, f in found.items()},
                         {"poison-threshold-non-default": "changed", "delivered-to-expiration-non-default": "new", "poison-ids-present": "gone"})
        self.assertEqual(found["poison-threshold-non-default"]["before"], 5)
        self.assertIn("recent change", self.analyze("--reg", after, "--since", "before.json", code=0).text)

    def test_file_that_is_no_report_is_refused(self):
        self.write("odd.json", b'{"a": 1}')
        self.analyze("--reg", self.reg(TROUBLED), "--since", "odd.json", code=DAMAGED)


def png_size(content):
    return struct.unpack(">II", content[16:24])


def png_rows(content):
    """The unfiltered rows of a screenshot's pixels, as bytes: enough to see whether it is blank."""
    data, at = b"", 8
    while at < len(content):
        length, = struct.unpack(">I", content[at:at + 4])
        if content[at + 4:at + 8] == b"IDAT":
            data += content[at + 8:at + 8 + length]
        at += 12 + length
    return zlib.decompress(data)


class Page(AnalyzerTest):
    def page(self):
        hostile = {**TROUBLED, "EX<script>alert(1)</script>\\Private-\"x\"": {"PoisonIDs": ["<img src=x onerror=alert(1)>"]}}
        self.analyze("--reg", self.reg(hostile), "--html", "report.html", code=2)
        return self.dir / "report.html"

    def test_page_is_alone_and_escapes_what_it_shows(self):
        text = self.page().read_text()
        self.assertEqual(re.findall(r"(?:src|href)\s*=|url\(|@import|https?:", text.replace("&lt;img src=x", "")), [])
        self.assertEqual(len(re.findall("<script", text)), 1)
        self.assertIn("&lt;img src=x onerror=alert(1)&gt;", text)

    @unittest.skipIf(CHROMIUM is None, "chromium is not installed")
    def test_browser_shows_it_in_narrow_and_wide_windows_without_scrolling_sideways(self):
        page = self.page()
        probe = page.read_text().replace("</body>", "<script>document.title=document.documentElement.scrollWidth+' of '+innerWidth+', '"
                                         "+document.querySelectorAll('article:not([hidden])').length+' shown, filters '"
                                         "+(document.querySelector('.filters').hidden?'off':'on')</script></body>")
        self.write("probe.html", probe.encode())
        for width in (500, 1400):  # headless Chromium has no narrower window for a DOM; the picture below is of 400
            title = re.search("<title>(.*?)</title>", self.chromium("--dump-dom", f"--window-size={width},900", page=self.dir / "probe.html")).group(1)
            scrolled, window, shown = re.match(r"(\d+) of (\d+), (\d+) shown, filters on", title).groups()
            self.assertLessEqual(int(scrolled), int(window), width)
            self.assertEqual(int(shown), len(EXPECTED) + 2)
        for width in (400, 1400):
            picture = self.dir / f"{width}.png"
            self.chromium(f"--screenshot={picture}", f"--window-size={width},1200", "--hide-scrollbars", page=page)
            self.assertEqual(png_size(picture.read_bytes()), (width, 1200))
            self.assertGreater(len(set(png_rows(picture.read_bytes())[::97])), 20, "something is to be seen")

    def chromium(self, *words, page):
        done = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self.dir}/profile", *words, page.as_uri()],
                              capture_output=True, timeout=120, cwd=self.dir, env={**self.environment(), "HOME": str(self.dir)})
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return done.stdout.decode()


class Documents(AnalyzerTest):
    def test_every_rule_that_the_documents_name_exists(self):
        rules = {row["rule"] for row in self.run_tool("analyze", "--rules", "--json").json_lines()}
        text = (ROOT / "docs/five-documents.md").read_text()
        named = set(re.findall(r"rule `([a-z0-9-]+)`", text))
        self.assertTrue(named)
        self.assertEqual(named - rules, set())
        from_documents = {row["rule"] for row in self.run_tool("analyze", "--rules", "--json").json_lines()
                          if row["source"] in ("The Track Duplicates registry entry is missing", "PoisonIDs", "Replication Folder Tree RMQ Timeout",
                                               "How to Configure Duplicate Message Detection in Exchange 2007")}
        self.assertEqual(from_documents - named, set(), "a rule that is from a document stands in the table")

    def test_words_that_the_table_quotes_stand_in_the_rule(self):
        rows = {row["rule"]: json.dumps(row, ensure_ascii=False) for row in self.run_tool("analyze", "--rules", "--json").json_lines()}
        for line in (ROOT / "docs/five-documents.md").read_text().splitlines():
            for rule, quoted in re.findall(r'rule `([a-z0-9-]+)`: "([^"]+)"', line):
                self.assertIn(quoted, rows[rule], line)


if __name__ == "__main__":
    main()
