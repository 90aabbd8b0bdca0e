#!/usr/bin/python3
"""NDRs by SMTP to a real Postfix, which this test starts: plain, STARTTLS, TLS from the first byte, AUTH, down for a while,
refusing for ever and for now.

Exit 77 where that cannot be had: not root, or not installed."""
import email
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
import mail_servers
from harness import CRASH, PROGRAM, ToolTest
from mail_servers import DOVECOT, POSTFIX, Dovecot, Postfix, wait_until


class SmtpTest(ToolTest):
    tls = "none"

    def setUp(self):
        super().setUp()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mapiguard-mx-"))
        self.addCleanup(mail_servers.remove, self.home)
        os.chmod(self.home, 0o755)  # Postfix's own users must reach what is below
        self.postfix = Postfix(self.home / "mx", self.tls)
        self.addCleanup(self.postfix.stop)
        self.set("PoisonThreshold", "0")

    def set(self, name, value):
        self.run_tool("settings", "set", name, value)

    def use(self, port, scheme="smtp", host="localhost"):
        self.set("NDR Transport", f"{scheme}://{host}:{port}")

    def block(self, user, count=1):
        """Messages of user@test.example that kill their converter at once."""
        for number in range(count):
            name = f"poison-{user}-{number}"
            self.write(name, name.encode())
            self.convert("--converter", CRASH, "--sender", f"{user}@test.example", "--recipient", "bob@test.example",
                         "--message-id", f"<{name}@test.example>", "-o", "out", name, code=69)

    def ndrs(self):
        return self.run_tool("ndr", "list", "--json").json_lines()

    def states(self):
        return [row["state"] for row in self.ndrs()]

    def failures(self):
        return self.run_tool("events", "--json", "--id", "506").json_lines()

    def arrived(self, user, count):
        wait_until(lambda: len(self.postfix.mail(user)) >= count or None, f"{count} reports for {user}\n{self.postfix.log()}")
        wait_until(self.postfix.queue_is_empty, "Postfix has delivered all")
        mail = self.postfix.mail(user)
        self.assertEqual(len(mail), count)
        return [email.message_from_bytes(text) for text in mail]


class Plain(SmtpTest):
    def test_report_arrives_from_the_null_sender(self):
        self.postfix.start()
        self.use(self.postfix.port)
        self.block("ada")
        report, = self.arrived("ada", 1)
        self.assertEqual(self.states(), ["delivered"])
        self.assertEqual(report["Return-Path"], "<>")
        self.assertEqual(report["Auto-Submitted"], "auto-replied")
        self.assertEqual(report["Message-ID"].strip("<").split("@")[0], "ndr." + self.ndrs()[0]["id"])
        self.assertEqual(report.get_content_type(), "multipart/report")
        self.assertEqual(report.get_payload(1).get_content_type(), "message/delivery-status")
        self.assertIn("ESMTP", report["Received"])

    def test_server_that_is_down_for_a_while_gets_each_report_once(self):
        self.use(self.postfix.port)
        self.block("ada", 6)
        self.run_tool("ndr", "retry")
        self.assertEqual(self.states(), ["queued"] * 6)
        self.assertIn("connect", self.ndrs()[0]["last_error"].lower())
        self.postfix.start()
        self.run_tool("ndr", "retry")
        self.run_tool("ndr", "retry")
        reports = self.arrived("ada", 6)
        self.assertEqual(len({report["Message-ID"] for report in reports}), 6)
        self.assertEqual(self.states(), ["delivered"] * 6)
        self.assertEqual(self.failures(), [])

    def test_refusal_for_ever_is_told_once_and_not_tried_again(self):
        self.postfix.start()
        self.use(self.postfix.port)
        self.block("nobody")
        self.assertEqual(self.states(), ["failed"])
        event, = self.failures()
        self.assertIn("550 5.1.1", event["text"])
        self.block("ada")  # a later delivery leaves it alone
        self.arrived("ada", 1)
        self.assertEqual(sorted(self.states()), ["delivered", "failed"])
        self.assertEqual(self.postfix.log().count("no such user"), 1)

    def test_refusal_for_now_is_tried_later(self):
        self.postfix.start()
        self.use(self.postfix.port)
        self.block("later")
        row, = self.ndrs()
        self.assertEqual((row["state"], row["tries"]), ("queued", 1))
        self.assertIn("450 4.2.1", row["last_error"])
        self.assertGreater(row["next_try"], row["created"])
        self.assertEqual(self.failures(), [])
        (self.postfix.config / "access").write_text("")
        self.run_tool("ndr", "retry")
        self.arrived("later", 1)

    def test_conversions_do_not_wait_for_a_server_that_says_nothing(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        self.use(silent.getsockname()[1], host="127.0.0.1")
        self.write("in/a-poison", b"POISON")
        for number in range(20):
            self.write(f"in/b-{number:02d}", b"innocent %d" % number)
        converter = "sh -c 'm=$(cat); case $m in POISON*) kill -SEGV $$;; esac; echo $m'"
        run = self.start("convert", "--converter", converter, "-j", "1", "--no-progress", "-o", "out", "in")
        self.wait_until(lambda: len(self.files_below("out")) == 20, "the innocent are converted while the report waits", 8)
        run.kill()


class Encrypted(SmtpTest):
    tls = "may"

    def setUp(self):
        super().setUp()
        self.postfix.start()
        self.use(self.postfix.port)

    def test_certificate_that_nobody_vouches_for_is_refused(self):
        self.block("ada")
        self.assertEqual(self.states(), ["queued"])
        self.assertIn("certificate", self.ndrs()[0]["last_error"].lower())
        self.assertEqual(self.postfix.mail("ada"), [])

    def test_certificate_of_the_named_authority_is_taken(self):
        self.set("SMTP CA File", str(self.postfix.certificate))
        self.block("ada")
        report, = self.arrived("ada", 1)
        self.assertIn("ESMTPS", report["Received"])

    def test_certificate_for_another_name_is_refused(self):
        self.set("SMTP CA File", str(self.postfix.certificate))
        self.use(self.postfix.port, host="127.0.0.1")
        self.block("ada")
        self.assertEqual(self.states(), ["queued"])
        self.assertEqual(self.postfix.mail("ada"), [])

    def test_tls_that_was_switched_off_is_not_spoken(self):
        self.set("SMTP TLS", "off")
        self.block("ada")
        report, = self.arrived("ada", 1)
        self.assertNotIn("ESMTPS", report["Received"])

    def test_tls_from_the_first_byte_is_spoken_to_smtps(self):
        self.set("SMTP CA File", str(self.postfix.certificate))
        self.use(self.postfix.wrapped, "smtps")
        self.block("ada")
        report, = self.arrived("ada", 1)
        self.assertIn("ESMTPS", report["Received"])

    def test_server_that_has_no_tls_gets_nothing_when_it_is_required(self):
        plain = Postfix(self.home / "plain", "none")
        self.addCleanup(plain.stop)
        plain.start()
        self.use(plain.port)
        self.set("SMTP TLS", "required")
        self.block("ada")
        self.assertEqual(self.states(), ["queued"])
        self.assertEqual(plain.mail("ada"), [])


@unittest.skipUnless(os.path.exists(DOVECOT), f"not installed: {DOVECOT}")
class Authenticated(SmtpTest):
    tls = "may"

    def setUp(self):
        super().setUp()
        self.dovecot = Dovecot(self.postfix.home, {"guard": "open sesame"})
        self.addCleanup(self.dovecot.stop)
        self.dovecot.start()
        self.postfix.start()
        self.use(self.postfix.submission)
        self.set("SMTP CA File", str(self.postfix.certificate))

    def credentials(self, password, mode=0o600):
        path = self.write("credentials", b"guard\n" + password + b"\n")
        os.chmod(path, mode)
        self.set("SMTP Credentials File", os.fsdecode(path))

    def test_password_from_the_file_opens_the_door(self):
        self.credentials(b"open sesame")
        self.block("ada")
        report, = self.arrived("ada", 1)
        self.assertIn("ESMTPSA", report["Received"])
        self.assertIn("sasl_username=guard", self.postfix.log())

    def test_nobody_is_served_without_a_password(self):
        self.block("ada")
        self.assertEqual(self.postfix.mail("ada"), [])
        self.assertNotIn("delivered", self.states())

    def test_wrong_password_waits_for_the_right_one(self):
        self.credentials(b"wrong")
        self.block("ada")
        row, = self.ndrs()
        self.assertEqual(row["state"], "queued")
        self.assertNotIn("wrong", row["last_error"])
        self.credentials(b"open sesame")
        self.run_tool("ndr", "retry")
        self.arrived("ada", 1)

    def test_file_that_others_may_read_is_not_used(self):
        self.credentials(b"open sesame", mode=0o644)
        self.block("ada")
        self.assertEqual(self.states(), ["queued"])
        self.assertIn("others", self.ndrs()[0]["last_error"])
        self.assertNotIn("sesame", self.ndrs()[0]["last_error"])


def main():
    why = mail_servers.reason_to_skip(POSTFIX)
    if why is None and subprocess.run(["openssl", "version"], capture_output=True).returncode != 0:
        why = "not installed: openssl"
    if why:
        print(f"skipped: {why}")
        return 77
    assert os.path.exists(PROGRAM), PROGRAM
    return 0 if unittest.main(verbosity=2, exit=False).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
