#!/usr/bin/python3
"""settings, doctor, the state directory, and several processes on one of them."""
import json
import os
import stat
import subprocess
import unittest

from harness import CONFIG, CRASH_ON_POISON, PROGRAM, TRY_AGAIN, USAGE, ToolTest, as_nobody, main


class Settings(ToolTest):
    def get(self, name):
        return self.run_tool("settings", "get", name).text.rstrip("\n")

    def test_names_and_defaults_are_those_of_exchange(self):
        rows = {r["name"]: r for r in self.run_tool("settings", "list", "--json").json_lines()}
        for name, value in [("PoisonThreshold", "2"), ("Track Duplicates", "1"), ("DeliveredTo Expiration in Hours", "168"),
                            ("DeliveredTo Cleanup Interval in Seconds", "3600"), ("Mapiguard\\Exact PoisonIDs", "0"), ("Mapiguard\\Durable", "0")]:
            self.assertEqual(rows[name]["value"], value, name)
            self.assertEqual(self.get(name), value)
        self.assertIn("PoisonThreshold", self.run_tool("settings", "list").text)

    def test_set_get_unset(self):
        self.run_tool("settings", "set", "PoisonThreshold", "5")
        self.assertEqual(self.get("PoisonThreshold"), "5")
        self.assertEqual(self.run_tool("settings", "get", "PoisonThreshold", "--json").json()["origin"], "set")
        self.run_tool("settings", "unset", "PoisonThreshold")
        self.assertEqual(self.get("PoisonThreshold"), "2")

    def test_value_that_is_none_is_refused(self):
        for name, value in [("PoisonThreshold", "many"), ("PoisonThreshold", "-1"), ("PoisonIDs", "x"), ("NoSuchSetting", "1")]:
            self.assertTrue(self.run_tool("settings", "set", name, value, code=USAGE).errors)
        self.assertEqual(self.get("PoisonThreshold"), "2")

    def test_imcea_domain_reaches_the_converter(self):
        self.run_tool("settings", "set", "Mapiguard\\IMCEA Domain", "imcea.example.org")
        self.assertEqual(self.get("Mapiguard\\IMCEA Domain"), "imcea.example.org")


class Doctor(ToolTest):
    def test_health_is_one_object(self):
        done = self.run_tool("doctor", "--json", code=None)
        found = done.json()
        self.assertEqual(done.code, 0 if found["ok"] else 1)
        self.assertTrue(found["sandbox"] and found["state"])
        for layer in found["sandbox"]:
            self.assertEqual(set(layer), {"name", "active", "detail"})
            self.assertTrue(layer["active"] or layer["detail"], "a layer that is missing says why")
        self.assertEqual(found["ok"], all(l["active"] for l in found["sandbox"]) and all(f["ok"] for f in found["state"]))

    def test_text_names_every_layer(self):
        done = self.run_tool("doctor", code=None)
        for layer in self.run_tool("doctor", "--json", code=None).json()["sandbox"]:
            self.assertIn("sandbox: " + layer["name"], done.text)

    def test_damaged_database_needs_care(self):
        self.run_tool("settings", "list")
        database = next(p for p in self.state.iterdir() if p.suffix == ".db")
        database.write_bytes(b"not a database at all" * 1000)
        for name in list(self.state.iterdir()):
            if name.name.startswith(database.name + "-"):
                name.unlink()
        self.assertIn(self.run_tool("doctor", code=None).code, [1, CONFIG])


class StateDirectory(ToolTest):
    def test_it_is_made_private(self):
        self.convert("-o", "x.eml", str(self.sample()))
        self.assertEqual(stat.S_IMODE(self.state.stat().st_mode), 0o700)

    def test_option_goes_before_the_environment(self):
        self.run_tool("settings", "set", "PoisonThreshold", "7", "--state", "other")
        self.assertFalse(self.state.exists())
        self.assertEqual(self.run_tool("settings", "get", "PoisonThreshold", "--state=other").text, "7\n")

    @unittest.skipIf(as_nobody() is None, "setpriv is not there")
    def test_xdg_folder_is_the_users_default(self):
        os.chmod(self.dir, 0o777)
        for more, folder in [({"XDG_STATE_HOME": str(self.dir / "xdg")}, "xdg/mapiguard"), ({"HOME": str(self.dir)}, ".local/state/mapiguard")]:
            env = {k: v for k, v in self.environment().items() if k not in ("MAPIGUARD_STATE", "XDG_STATE_HOME")} | more
            self.run_tool("settings", "list", env=env, prefix=as_nobody())
            self.assertEqual(stat.S_IMODE((self.dir / folder).stat().st_mode), 0o700)

    def test_group_writable_directory_is_refused(self):
        self.state.mkdir()
        os.chmod(self.state, 0o770)
        for words in [("settings", "list"), ("convert", str(self.sample())), ("doctor",), ("poison", "list")]:
            self.assertTrue(self.run_tool(*words, code=CONFIG).errors)

    @unittest.skipIf(os.geteuid() != 0 or as_nobody() is None, "only root can make somebody else's")
    def test_somebody_elses_directory_is_refused(self):
        self.state.mkdir(mode=0o700)
        os.chown(self.state, 65534, 65534)
        self.run_tool("settings", "list", code=CONFIG)

    def test_file_is_no_directory(self):
        self.write("state", b"")
        self.run_tool("settings", "list", code=CONFIG)


class Sharing(ToolTest):
    def test_several_processes_share_a_state_directory(self):
        for p in range(4):
            for i in range(15):
                self.write(f"in{p}/{i}", self.mail(f"{p} {i}", body="POISON" if i == 7 else "fine"))
        processes = [self.start("convert", "--converter", CRASH_ON_POISON, "-o", f"out{p}", f"in{p}", "-j", "2") for p in range(4)]
        for p, process in enumerate(processes):
            _, err = process.communicate(timeout=120)
            self.assertEqual(process.returncode, TRY_AGAIN, err)
            self.assertEqual(len(self.files_below(f"out{p}")), 14)
        view = self.run_tool("poison", "list", "--json").json()
        self.assertEqual(sorted(r["crashes"] for r in view["poison_ids"]), [1, 1, 1, 1])
        self.assertEqual(view["in_flight"], [])

    def test_one_message_in_many_processes_is_counted_exactly(self):
        self.write("m", self.mail(body="POISON"))
        processes = [self.start("convert", "--converter", CRASH_ON_POISON, "m") for _ in range(6)]
        codes = []
        for process in processes:
            process.communicate(timeout=120)
            codes.append(process.returncode)
        self.assertEqual(sorted(codes), [69, 69, 69, 69, 75, 75])
        ids = [e["event_id"] for e in self.run_tool("events", "--json").json_lines()]
        self.assertEqual((ids.count(9680), ids.count(9681)), (3, 1))

    def test_first_use_by_many_at_once_makes_one_directory(self):
        processes = [subprocess.Popen([PROGRAM, "settings", "list", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment())
                     for _ in range(8)]
        for process in processes:
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
            self.assertGreater(len([json.loads(line) for line in out.splitlines()]), 5)


if __name__ == "__main__":
    main()
