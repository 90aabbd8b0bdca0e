"""The hosts that a death is tried on: root and an ordinary user, with namespaces and without; and one case on one of them."""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess

import campaign
from world import promise

ORDINARY = 12345  # a user whom nothing belongs to


class Host:
    """What a command is run by there, and a folder that its user may use."""

    def __init__(self, name, folder, uid=None, namespaces=True, filter_program=None):
        self.name, self.uid, self.namespaces = name, uid, namespaces
        self.prefix = [str(filter_program)] if not namespaces else []
        if uid is not None:
            self.prefix = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *self.prefix]
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.give(self.folder)

    def give(self, path):
        if self.uid is not None:
            os.chown(path, self.uid, self.uid)

    def layers(self, programs):
        done = subprocess.run([*self.prefix, str(programs / "mapiguard"), "doctor", "--json", "--state", str(self.folder / "doctor")],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        promise(done.returncode in (0, 1), f"doctor ended with {done.returncode}: {done.stderr.strip()[-200:]}")
        return done.stdout


def hosts_of(root, filter_program):
    """All that this user can try: root tries them as an ordinary user, too."""
    if os.geteuid() != 0:
        return [Host("user", root / "user"), Host("user without namespaces", root / "user-bare", None, False, filter_program)]
    return [Host("root", root / "root"), Host("root without namespaces", root / "root-bare", None, False, filter_program),
            Host("user", root / "user", ORDINARY), Host("user without namespaces", root / "user-bare", ORDINARY, False, filter_program)]


class Case:
    """One message and one state directory of its own, on one host."""

    def __init__(self, host, name, programs, message):
        self.host, self.programs = host, programs
        self.here = host.folder / name
        self.here.mkdir()
        host.give(self.here)
        self.state, self.out, self.report = self.here / "state", self.here / "out", self.here / "report"
        self.message = self.here / "message"
        self.message.write_bytes(message + name.encode())
        self.neighbour = self.here / "neighbour"
        self.neighbour.write_bytes(message + b"neighbour of " + name.encode())

    def over(self):
        shutil.rmtree(self.here, ignore_errors=True)

    def words(self, verb, *arguments):
        return [*self.host.prefix, str(self.programs / "mapiguard"), verb, "--state", str(self.state), *map(str, arguments)]

    def convert_words(self, *arguments, message=None):
        self.report.unlink(missing_ok=True)
        return self.words("convert", "--no-progress", "--report", self.report, "-o", self.out, *arguments, message or self.message)

    def start(self, words):
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def end(self, run):
        """Its exit code and what it reported of its first input."""
        _, errors = run.communicate(timeout=120)
        self.errors = errors.decode(errors="replace").strip()[-200:]
        lines = self.report.read_text().splitlines() if self.report.exists() else []
        return run.returncode, json.loads(lines[0]) if lines else None

    def convert(self, *arguments, message=None):
        return self.end(self.start(self.convert_words(*arguments, message=message)))

    def read(self, *arguments):
        done = subprocess.run(self.words(*arguments, "--json"), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        promise(done.returncode == 0, f"{arguments[0]} ended with {done.returncode}: {done.stderr.strip()[-200:]}")
        return done.stdout

    def poison(self):
        return json.loads(self.read("poison", "list"))

    def charges(self):
        return len(self.read("events", "--id", "9680").splitlines())

    def standing(self):
        """(crashes, run_alone, held) of the message as the ledger has it."""
        digest = bytes.fromhex(campaign.hashlib.sha256(self.message.read_bytes()).hexdigest())
        with sqlite3.connect(f"file:{self.state / 'state.db'}?mode=ro", uri=True) as database:
            return database.execute("SELECT crashes, run_alone, held FROM suspects WHERE sha256 = ?", (digest,)).fetchone()

    def nobody_is_charged(self):
        promise(self.charges() == 0, "an event 9680 was written")
        view = self.poison()
        promise(not view["poison_ids"], f"charged: {view['poison_ids']}")

    def neighbour_is_converted(self, *arguments):
        code, _ = self.convert(*arguments, message=self.neighbour)
        promise(code == 0, f"another message ended with {code} afterwards: {self.errors}")
