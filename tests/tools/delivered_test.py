#!/usr/bin/python3
"""delivered: the same mail once, and never not at all."""
import base64
import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from harness import DAMAGED, NO_INPUT, PROGRAM, USAGE, ToolTest, main

DUPLICATE = 99


class Delivered(ToolTest):
    def setUp(self):
        super().setUp()
        self.box = self.dir / "box"
        self.box.mkdir()
        self.count = 0

    def message(self, ident="<1@example.org>", body="a line\r\n", fields="", subject="hello"):
        head = f"From: a@example.org\r\nTo: b@example.net\r\nDate: Mon, 02 Jan 2006 15:04:05 +0000\r\nSubject: {subject}\r\n"
        return (fields + head + (f"Message-ID: {ident}\r\n" if ident else "") + "\r\n" + body).encode()

    def store(self, then="exit 0"):
        """A delivery command that keeps what it got in a file of its own."""
        self.count += 1
        return ["sh", "-c", f"cat > {self.box}/{self.count}; {then}"]

    def filter(self, mail, command=None, mailbox="anna", code=0, words=(), **more):
        return self.run_tool("delivered", "filter", "--mailbox", mailbox, *words, "--", *(command or self.store()), stdin=mail, code=code, **more)

    def got(self):
        return [p.read_bytes() for p in sorted(self.box.iterdir())]

    def rows(self, *words):
        return self.run_tool("delivered", "list", "--json", *words).json_lines()

    # -- once ----------------------------------------------------------------------------------------------------
    def test_same_mail_is_delivered_once_and_the_second_ends_with_99(self):
        self.filter(self.message())
        done = self.filter(self.message(), code=DUPLICATE)
        self.assertEqual(self.got(), [self.message()])
        self.assertIn("duplicate", done.errors)

    def test_copy_from_a_list_is_the_same_mail(self):
        body = "gr\u00fc\u00dfe\r\nzwei\r\n"
        mime = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
        direct = self.message(body=body, fields=mime + "8bit\r\n")
        way = ("Return-Path: <l-bounces@example.org>\r\nDelivered-To: anna\r\nReceived: from list by us; Mon, 2 Jan 2006 15:05:00 +0000\r\n"
               "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; b=abc=\r\nARC-Seal: i=1; cv=none; b=x\r\n"
               "List-Id: <l.example.org>\r\nList-Unsubscribe: <mailto:l-leave@example.org>\r\nX-BeenThere: l@example.org\r\n")
        by_list = self.message(body=base64.b64encode(body.encode()).decode() + "\r\n", fields=way + mime + "base64\r\n")
        self.filter(direct)
        self.filter(by_list, code=DUPLICATE)
        self.filter(by_list.replace(b"Z3", b"Y3", 1))  # another text
        self.assertEqual(len(self.got()), 2)

    def test_list_that_adds_a_footer_makes_another_mail_which_is_delivered(self):
        self.filter(self.message())
        self.filter(self.message(body="a line\r\n-- \r\nthe list\r\n"))
        self.assertEqual(len(self.got()), 2)

    def test_each_mailbox_gets_its_own(self):
        self.filter(self.message(), mailbox="anna@Example.org")
        self.filter(self.message(), mailbox="bert@example.org")
        self.filter(self.message(), mailbox="anna@example.ORG", code=DUPLICATE)

    def test_mail_without_an_id_is_known_by_its_content(self):
        self.filter(self.message(ident=None))
        self.filter(self.message(ident=None), code=DUPLICATE)
        self.filter(self.message(ident=None, body="another\r\n"))

    # -- holes ---------------------------------------------------------------------------------------------------
    def test_same_id_with_another_content_is_delivered_with_an_event(self):
        self.filter(self.message(body="harmless\r\n"))
        done = self.filter(self.message(body="important\r\n"), words=["--json"])
        self.assertEqual(done.json()["verdict"], "other_content")
        self.assertEqual(len(self.got()), 2)
        event, = self.run_tool("events", "--id", "514", "--json").json_lines()
        self.assertEqual((event["severity"], event["params"][2], event["ext"]["mailbox"]), ("warning", "<1@example.org>", "anna"))

    def test_sender_with_a_constant_id_loses_nothing(self):
        for i in range(5):
            self.filter(self.message(ident="$null", body=f"number {i}\r\n"))
        self.assertEqual(len(self.got()), 5)
        self.filter(self.message(ident="$null", body="number 3\r\n"), code=DUPLICATE)

    # -- the command ---------------------------------------------------------------------------------------------
    def test_exit_code_is_the_commands_and_only_0_marks(self):
        for code in (1, 75, 67, 99, 255):
            self.filter(self.message(), self.store(f"exit {code}"), code=code)
        self.filter(self.message())
        self.filter(self.message(), code=DUPLICATE)

    def test_command_ended_by_a_signal_gives_128_and_it(self):
        for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM):
            self.filter(self.message(), ["sh", "-c", f"kill -{int(number)} $$"], code=128 + number)
        self.filter(self.message())

    def test_command_that_cannot_be_run_gives_127_or_126(self):
        self.filter(self.message(), ["/nonexistent"], code=127)
        self.filter(self.message(), [str(self.dir)], code=126)
        self.filter(self.message())

    def test_command_that_reads_nothing_has_delivered_when_it_says_so(self):
        big = self.message(body="x" * 70 + "\r\n" * 200_000)
        self.filter(big, ["true"])
        self.filter(big, code=DUPLICATE)

    def test_arguments_and_environment_reach_the_command_as_they_are(self):
        done = self.filter(self.message(), ["sh", "-c", 'cat > /dev/null; printf "%s|" "$HELLO" "$@"', "sh", "--json", "a b", "--", "-x"],
                           env=self.environment(HELLO="there"))
        self.assertEqual(done.text, "there|--json|a b|--|-x|")

    def test_terminate_is_passed_on(self):
        process = self.start("delivered", "filter", "--mailbox", "anna", "--", "sh", "-c",
                             f"trap 'echo bye > {self.box}/bye; exit 3' TERM; touch {self.box}/up; while :; do sleep 0.05; done", stdin=subprocess.PIPE)
        process.stdin.write(self.message())
        process.stdin.close()
        process.stdin = None
        self.wait_until(lambda: (self.box / "up").exists(), "the command")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 3)
        self.assertTrue((self.box / "bye").exists())
        self.filter(self.message())

    def test_terminate_before_the_mail_is_whole_delivers_nothing(self):
        process = self.start("delivered", "filter", "--mailbox", "anna", "--", *self.store(), stdin=subprocess.PIPE)
        process.stdin.write(self.message()[:20])
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 143)
        self.assertEqual(self.got(), [])

    # -- two at once ---------------------------------------------------------------------------------------------
    def two_at_once(self, first_end, first_code, second_code):
        gate = self.dir / "gate"
        first = self.start("delivered", "filter", "--mailbox", "anna", "--", "sh", "-c",
                           f"cat > {self.box}/first; touch {self.dir}/up; while [ ! -e {gate} ]; do sleep 0.02; done; {first_end}", stdin=subprocess.PIPE)
        first.stdin.write(self.message())
        first.stdin.close()
        first.stdin = None
        self.wait_until(lambda: (self.dir / "up").exists(), "the first one's command")
        second = self.start("delivered", "filter", "--mailbox", "anna", "--", "sh", "-c", f"cat > {self.box}/second", stdin=subprocess.PIPE)
        second.stdin.write(self.message())
        second.stdin.close()
        second.stdin = None
        time.sleep(0.7)
        self.assertIsNone(second.poll(), "it waits")
        gate.touch()
        self.assertEqual((first.wait(20), second.wait(20)), (first_code, second_code))

    def test_second_waits_for_the_first_and_is_a_duplicate(self):
        self.two_at_once("exit 0", 0, DUPLICATE)
        self.assertEqual(os.listdir(self.box), ["first"])

    def test_second_delivers_when_the_first_fails(self):
        self.two_at_once("exit 75", 75, 0)
        self.assertTrue((self.box / "second").exists())

    def test_filter_that_was_killed_holds_nobody_up(self):
        first = self.start("delivered", "filter", "--mailbox", "anna", "--", "sh", "-c", f"touch {self.dir}/up; sleep 5", stdin=subprocess.PIPE)
        first.stdin.write(self.message())
        first.stdin.close()
        first.stdin = None
        self.wait_until(lambda: (self.dir / "up").exists(), "the first one's command")
        first.kill()
        began = time.monotonic()
        self.filter(self.message())
        self.assertLess(time.monotonic() - began, 4)
        self.assertEqual(len(self.got()), 1)

    def test_wait_is_bounded_and_ends_in_delivery(self):
        first = self.start("delivered", "filter", "--mailbox", "anna", "--", "sh", "-c", f"touch {self.dir}/up; sleep 30", stdin=subprocess.PIPE)
        first.stdin.write(self.message())
        first.stdin.close()
        first.stdin = None
        self.wait_until(lambda: (self.dir / "up").exists(), "the first one's command")
        done = self.filter(self.message(), words=["--wait", "1"])
        self.assertIn("another process", done.errors)
        self.assertEqual(len(self.got()), 1)
        first.send_signal(signal.SIGTERM)
        first.wait(20)

    # -- whatever fails: deliver -----------------------------------------------------------------------------------
    def test_mail_that_cannot_be_read_is_delivered_and_not_marked(self):
        for _ in range(2):
            done = self.filter(b"\x00\x01 no header at all")
            self.assertIn("delivered without", done.errors)
        self.assertEqual(len(self.got()), 2)
        self.assertEqual(self.rows(), [])

    def test_without_a_worker_the_mail_is_delivered(self):
        lonely = self.dir / "lonely"
        lonely.mkdir()
        shutil.copy(PROGRAM, lonely)
        env = self.environment()
        env.pop("MAPIGUARD_WORKER", None)
        done = subprocess.run([lonely / "mapiguard", "delivered", "filter", "--mailbox", "anna", "--", *self.store()], input=self.message(), env=env,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"delivered without", done.stderr)
        self.assertEqual(self.got(), [self.message()])

    def test_damaged_database_or_state_directory_means_delivery(self):
        self.filter(self.message())
        (self.state / "state.db").write_bytes(b"no database " * 1000)
        done = self.filter(self.message())
        self.assertIn("delivered without", done.errors)
        os.chmod(self.state, 0o777)
        self.assertIn("delivered without", self.filter(self.message()).errors)
        self.assertEqual(len(self.got()), 3)

    def test_damaged_partitions_mean_delivery(self):
        self.filter(self.message())
        for path in (self.state / "delivered").iterdir():
            if path.suffix in (".rows", ".index"):
                path.write_bytes(b"\xff" * path.stat().st_size)
        self.filter(self.message())
        self.filter(self.message(), code=DUPLICATE)
        self.assertEqual(self.run_tool("delivered", "stats", "--json").json()["damaged_files"], 1)

    def test_full_disk_means_delivery_of_the_whole_mail(self):
        big = self.message(body=("y" * 76 + "\r\n") * 100_000)  # more than is kept in memory
        self.filter(self.message(ident="<0@x>"))
        limit = ["sh", "-c", 'ulimit -f 2000; trap "" XFSZ; exec "$@"', "sh"]
        program = subprocess.run([*limit, PROGRAM, "delivered", "filter", "--mailbox", "anna", "--", "sh", "-c", "sha256sum"], input=big, env=self.environment(),
                                 capture_output=True, timeout=60)
        self.assertEqual(program.returncode, 0, program.stderr)
        self.assertIn(b"delivered without", program.stderr)
        expected = subprocess.run(["sha256sum"], input=big, capture_output=True, check=True).stdout
        self.assertEqual(program.stdout, expected)

    def test_large_mail_is_spooled_and_delivered_whole(self):
        big = self.message(body=("z" * 76 + "\r\n") * 300_000)
        self.filter(big)
        self.assertEqual(self.got(), [big])
        self.filter(big, code=DUPLICATE)

    # -- looking after it ------------------------------------------------------------------------------------------
    def test_list_filters_by_mailbox_and_limit(self):
        for i in range(3):
            self.filter(self.message(ident=f"<{i}@x>"), ["true"])
        self.filter(self.message(), ["true"], mailbox="bert")
        self.assertEqual([r["message_id"] for r in self.rows("--mailbox", "anna")], ["<0@x>", "<1@x>", "<2@x>"])
        self.assertEqual([r["message_id"] for r in self.rows("--mailbox", "anna", "--limit", "1")], ["<2@x>"])
        row, = self.rows("--mailbox", "bert")
        self.assertEqual((row["state"], row["submit_time"], row["size"], row["database"]),
                         ("delivered", "2006-01-02T15:04:05.000Z", len(self.message()), "mapiguard"))
        self.assertIn("<2@x>", self.run_tool("delivered", "list").text)

    def test_stats_tell_the_rules_of_the_era(self):
        self.filter(self.message(), ["true"])
        stats = self.run_tool("delivered", "stats", "--json").json()
        self.assertEqual((stats["rows"], stats["partitions"], stats["era"], stats["window_seconds"], stats["cleanup_milliseconds"]),
                         (1, 1, 2007, 168 * 3600, 3_600_000))
        self.run_tool("settings", "set", "Era", "2003")
        stats = self.run_tool("delivered", "stats", "--json").json()
        self.assertEqual((stats["era"], stats["window_seconds"], stats["cleanup_milliseconds"]), (2003, 3600, 60_000))
        self.assertIn("window         1 hours (rules of 2003)", self.run_tool("delivered", "stats").text)

    def test_expire_tells_what_went(self):
        self.filter(self.message(), ["true"])
        self.assertEqual(self.run_tool("delivered", "expire", "--json").json(), {"rows": 0, "files": 0})

    def test_rows_travel_with_a_mailbox_that_moves(self):
        self.filter(self.message(), ["true"])
        self.filter(self.message(), ["true"], mailbox="bert")
        self.run_tool("delivered", "export", "--mailbox", "anna", "-o", "anna.jsonl")
        lines = (self.dir / "anna.jsonl").read_text().splitlines()
        self.assertEqual([json.loads(line)["mailbox"] for line in lines], ["anna"])
        self.state = self.dir / "elsewhere"
        done = self.run_tool("delivered", "import", "anna.jsonl", "--mailbox", "anna2", "--json")
        self.assertEqual(done.json(), {"added": 1, "left_out": 0})
        self.assertEqual(self.run_tool("delivered", "import", "anna.jsonl", "--mailbox", "anna2", "--json").json(), {"added": 0, "left_out": 1})
        self.filter(self.message(), mailbox="anna2", code=DUPLICATE)
        self.filter(self.message(), mailbox="anna")

    def test_id_that_is_no_text_travels_too(self):
        odd = self.message(ident="<\x01\x7fx\u202e@y>").replace(b"@y", b"@\xff")
        self.filter(odd, ["true"])
        self.run_tool("delivered", "export", "--mailbox", "anna", "-o", "rows")
        self.state = self.dir / "elsewhere"
        self.run_tool("delivered", "import", "rows")
        self.filter(odd, code=DUPLICATE)

    def test_import_of_nonsense_adds_nothing_and_names_the_line(self):
        self.filter(self.message(), ["true"])
        good = self.run_tool("delivered", "export", "--mailbox", "anna", "-o", "-").out
        for bad in (b"{}", b"[]", b"x", good.strip().replace(b'"sha256": "', b'"sha256": "z'), b'{"mailbox": 7}'):
            self.write("bad", good.replace(b"anna", b"new") + bad + b"\n")
            self.assertIn("line 2", self.run_tool("delivered", "import", "bad", code=DAMAGED).errors)
        self.assertEqual(self.rows("--mailbox", "new"), [])
        self.run_tool("delivered", "import", "absent", code=NO_INPUT)

    def test_wrong_calls_are_refused(self):
        for words in (["filter", "--", "true"], ["filter", "--mailbox", "a"], ["stats", "--mailbox", "a"], ["export", "-o", "x"],
                      ["export", "--mailbox", "a"], ["list", "--wait", "3"], ["import"], ["list", "--limit", "0"], ["filter", "--mailbox", "", "--", "true"]):
            self.run_tool("delivered", *words, code=USAGE)
        self.assertEqual(self.files_below("state"), [])

    # -- with a delivery agent ---------------------------------------------------------------------------------------
    def with_agent(self, name, config, command):
        if not shutil.which(name):
            self.skipTest(f"no {name} here")
        (self.dir / "config").write_text(config)
        os.chmod(self.dir / "config", 0o600)
        inbox = self.dir / "inbox"
        inbox.mkdir()
        for _ in range(2):
            subprocess.run(command, input=self.message(), env=self.environment(HOME=str(self.dir)), check=True, timeout=60, cwd=self.dir)
        kept = [p for p in inbox.iterdir()]
        self.assertEqual(len(kept), 1)
        self.assertIn(b"a line", kept[0].read_bytes())
        self.assertFalse((self.dir / "default").exists(), "a duplicate must not fall through to the default mailbox")

    def test_procmail_delivers_once(self):
        recipe = (f"SHELL=/bin/sh\nDEFAULT={self.dir}/default\nLOGFILE={self.dir}/log\nMAPIGUARD_STATE={self.state}\n:0 w\n"
                  f"| {PROGRAM} delivered filter --mailbox anna -- sh -c 'cat > {self.dir}/inbox/$$' || test $? -eq 99\n")
        self.with_agent("procmail", recipe, ["procmail", "-p", "-m", str(self.dir / "config")])

    def test_shell_as_a_delivery_agent_delivers_once(self):
        line = f"{PROGRAM} delivered filter --mailbox anna -- sh -c 'cat > {self.dir}/inbox/$$' || test $? -eq 99"
        self.with_agent("sh", "", ["sh", "-c", line])


if __name__ == "__main__":
    main()
