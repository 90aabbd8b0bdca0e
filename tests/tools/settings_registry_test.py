#!/usr/bin/python3
"""settings export-reg and import-reg, and the documents that are made from the table of settings."""
import re
import unittest

from harness import DAMAGED, NO_INPUT, ROOT, USAGE, ToolTest, main
import hives

MAILBOXES, FOLDERS = "EX1\\Private-aa", "EX1\\Public-bb"
NOTHING_SET = "nothing may have been set"


class SettingsRegistryTest(ToolTest):
    def rows(self):
        return {r["name"]: (r["value"], r["origin"]) for r in self.run_tool("settings", "list", "--json").json_lines()}

    def get(self, name):
        return self.run_tool("settings", "get", name).text.rstrip("\n")

    def import_keys(self, keys, *words, is_ansi=False, code=0):
        path = self.write("import.reg", hives.reg_text(keys, is_ansi)).decode()
        return self.run_tool("settings", "import-reg", *words, path, code=code)


class Export(SettingsRegistryTest):
    def test_export_is_what_regedit_writes(self):
        self.run_tool("settings", "set", "PoisonThreshold", "10")
        text = self.run_tool("settings", "export-reg").out
        self.assertEqual(text[:2], b"\xff\xfe")
        lines = text.decode("utf-16").split("\r\n")
        self.assertEqual(lines[0], "Windows Registry Editor Version 5.00")
        key = re.compile(r"^\[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIS\\[A-Z0-9-]+\\(Private|Public)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\]$")
        self.assertEqual([key.match(line).group(1) for line in lines if line.startswith("[")], ["Private", "Public"])
        self.assertIn('"PoisonThreshold"=dword:0000000a', lines)
        self.assertIn('"Track Duplicates"=dword:00000001', lines)

    def test_names_of_the_directory_stay_the_same(self):
        first = self.run_tool("settings", "export-reg").out
        self.assertEqual(self.run_tool("settings", "export-reg").out, first)
        other = self.run_tool("settings", "export-reg", "--state", str(self.dir / "other")).out
        self.assertNotEqual(other, first)

    def test_what_is_exported_comes_back_in_another_directory_in_both_encodings(self):
        for name, value in [("PoisonThreshold", "7"), ("Mapiguard\\NDR Transport", "maildir:C:\\\"odd\" path"), ("Mapiguard\\Era", "2003"),
                            ("Replication Folder Tree RMQ Timeout", "3600")]:
            self.run_tool("settings", "set", name, value)
        before = {name: value for name, (value, origin) in self.rows().items()}
        for number, form in enumerate([(), ("--ansi",)]):
            self.run_tool("settings", "export-reg", *form, "-o", "out.reg")
            state = str(self.dir / f"state{number}")
            self.run_tool("settings", "import-reg", "out.reg", "--state", state)
            after = {r["name"]: r["value"] for r in self.run_tool("settings", "list", "--json", "--state", state).json_lines()}
            self.assertEqual(after, before, form)


class Import(SettingsRegistryTest):
    def test_known_names_are_taken_and_others_reported(self):
        done = self.import_keys({MAILBOXES: {"PoisonThreshold": 4, "Deletion Thread Period": 60000, "PoisonIDs": ["<a>"]},
                                 FOLDERS: {"Replication Folder Tree RMQ Timeout": 7200}}, "--json")
        self.assertEqual([(r["name"], r["result"]) for r in done.json_lines()],
                         [("PoisonThreshold", "imported"), ("Deletion Thread Period", "unknown"), ("PoisonIDs", "skipped"),
                          ("Replication Folder Tree RMQ Timeout", "imported")])
        self.assertIn("read only", [r for r in done.json_lines() if r["name"] == "PoisonIDs"][0]["note"])
        self.assertEqual(self.rows()["PoisonThreshold"], ("4", "imported"))
        self.assertEqual(self.get("Replication Folder Tree RMQ Timeout"), "7200")

    def test_ansi_file_says_the_same(self):
        self.import_keys({MAILBOXES: {"PoisonThreshold": 4, "Mapiguard\\Database Name": "Größe"}}, is_ansi=True)
        self.assertEqual((self.get("PoisonThreshold"), self.get("Mapiguard\\Database Name")), ("4", "Größe"))

    def test_value_outside_its_range_is_kept_and_used_as_documented(self):
        """Each rule of the documents: clamped to the nearest bound, or replaced."""
        for kind, name, stored, used in [
                (MAILBOXES, "Track Duplicates", 1177, "24"), (MAILBOXES, "Track Duplicates", 0, "1"), (MAILBOXES, "Track Duplicates", 1176, "1176"),
                (MAILBOXES, "DeliveredTo Expiration in Hours", 0, "1"), (MAILBOXES, "DeliveredTo Expiration in Hours", 876_001, "876000"),
                (MAILBOXES, "DeliveredTo Cleanup Interval in Seconds", 0, "1"),
                (FOLDERS, "Replication Folder Tree RMQ Timeout", 3599, "3600"), (FOLDERS, "Replication Folder Tree RMQ Timeout", 2_592_001, "2592000"),
                (MAILBOXES, "Mapiguard\\On Poison", "explode", "ndr")]:
            done = self.import_keys({kind: {name: stored}})
            self.assertEqual(self.get(name), used, (name, stored))
            warned = f"{name}: the stored value" in done.errors
            self.assertEqual(warned, str(stored) != used, (name, stored))

    def test_deletion_unsets_one_value_or_all_below_a_key(self):
        self.run_tool("settings", "set", "PoisonThreshold", "9")
        self.run_tool("settings", "set", "Mapiguard\\Era", "2003")
        key = "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIS\\" + MAILBOXES
        self.write("one.reg", f'REGEDIT4\r\n\r\n{key}]\r\n"PoisonThreshold"=-\r\n'.encode())
        self.run_tool("settings", "import-reg", "one.reg")
        self.assertEqual(self.rows()["PoisonThreshold"], ("2", "default"))
        self.assertEqual(self.get("Mapiguard\\Era"), "2003")
        self.write("below.reg", f'REGEDIT4\r\n\r\n[-{key[1:]}\\Mapiguard]\r\n'.encode())
        self.run_tool("settings", "import-reg", "below.reg")
        self.assertEqual(self.get("Mapiguard\\Era"), "2007")
        self.assertEqual(self.rows()["Track Duplicates"], ("1", "set"))
        self.write("all.reg", f'REGEDIT4\r\n\r\n[-{key[1:]}]\r\n'.encode())
        self.run_tool("settings", "import-reg", "all.reg")
        self.assertEqual(self.rows()["Track Duplicates"], ("1", "default"))

    def test_file_with_an_error_changes_nothing(self):
        for tail, said in [('"PoisonThreshold"="four"', "must be REG_DWORD"), ('"Mapiguard\\\\Era"=dword:xyz', "hexadecimal"),
                           ('"Mapiguard\\\\On Poison"=dword:1', "must be REG_SZ"), ("nonsense", "neither a key")]:
            text = f'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIS\\{MAILBOXES}]\r\n"PoisonThreshold"=dword:9\r\n{tail}\r\n'
            self.write("bad.reg", text.encode())
            done = self.run_tool("settings", "import-reg", "bad.reg", code=DAMAGED)
            self.assertRegex(done.errors, f"line 5: .*{said}")
            self.assertEqual(self.get("PoisonThreshold"), "2", NOTHING_SET)

    def test_several_databases_must_be_chosen_from(self):
        keys = {"EX1\\Private-aa": {"PoisonThreshold": 3}, "EX1\\Private-bb": {"PoisonThreshold": 4}, "EX2\\Private-cc": {"PoisonThreshold": 5}}
        done = self.import_keys(keys, code=USAGE)
        for name in ("EX1\\Private-aa", "EX1\\Private-bb", "EX2\\Private-cc", "--server"):
            self.assertIn(name, done.errors)
        self.import_keys(keys, "--server", "EX1", code=USAGE)
        self.assertEqual(self.get("PoisonThreshold"), "2", NOTHING_SET)
        self.import_keys(keys, "--server", "ex1", "--database", "BB")
        self.assertEqual(self.get("PoisonThreshold"), "4")
        self.import_keys(keys, "--server", "EX2")
        self.assertEqual(self.get("PoisonThreshold"), "5")
        self.import_keys(keys, "--server", "EX1", "--database", "Private-aa")
        self.assertEqual(self.get("PoisonThreshold"), "3")
        self.assertIn("EX2", self.import_keys(keys, "--server", "EX9", code=USAGE).errors)

    def test_name_in_the_wrong_kind_of_database_is_left_out(self):
        done = self.import_keys({FOLDERS: {"PoisonThreshold": 9}}, "--json")
        self.assertEqual(done.json()["result"], "skipped")
        self.assertEqual(self.get("PoisonThreshold"), "2")

    def test_file_that_is_none_is_told_from_a_bad_one(self):
        self.run_tool("settings", "import-reg", "absent.reg", code=NO_INPUT)
        self.write("other.reg", hives.reg_text({"ParametersSystem": {"PoisonThreshold": 9}}))
        self.assertIn("names no information store", self.run_tool("settings", "import-reg", "other.reg", code=DAMAGED).errors)


class Documents(SettingsRegistryTest):
    def test_page_of_settings_is_up_to_date(self):
        self.assertTrue((ROOT / "docs/settings.md").read_text() == self.run_tool("settings", "list", "--markdown").text,
                        "write it again: mapiguard settings list --markdown > docs/settings.md")

    def test_manual_page_of_settings_is_up_to_date(self):
        self.assertTrue((ROOT / "docs/man/mapiguard-settings.5").read_text() == self.run_tool("settings", "list", "--man").text,
                        "write it again: mapiguard settings list --man > docs/man/mapiguard-settings.5")

    def test_they_name_every_setting(self):
        page, manual = (ROOT / "docs/settings.md").read_text(), (ROOT / "docs/man/mapiguard-settings.5").read_text().replace("\\e", "\\").replace("\\-", "-")
        for name in self.rows():
            self.assertTrue(f"| `{name}` |" in page and f".B {name}\n" in manual, name)


if __name__ == "__main__":
    main()
