"""What a row of the proof lives in: a folder with messages, a state directory and outputs; and what can be read from them."""
import email
import email.policy
import json
import pathlib
import shutil
import signal
import subprocess
import time

POISON, INNOCENT = b"POISON-MARKER: a message that crashes the converter\r\n" * 50, b"Subject: hello\r\n\r\nGood morning.\r\n" * 200
POISON_ID = "<poison@proof.example>"
ENVELOPE = ["--message-id", POISON_ID, "--sender", "alice@proof.example", "--recipient", "bob@proof.example"]


class Broken(Exception):
    """A promise was broken; the sentence says which."""


def promise(kept, sentence):
    if not kept:
        raise Broken(sentence)


class World:
    """The folder that scenarios work in. It always has the same path, so that a state directory can be put back."""

    def __init__(self, root, programs, build):
        self.root = pathlib.Path(root)
        self.mapiguard, self.kill_at = self.root / "mapiguard", build / "proof" / "kill_at"
        for name in ("mapiguard", "mapiguard-worker"):  # a build that goes on meanwhile must not matter
            shutil.copy(programs / name, self.root / name)
        self.here = self.root / "world"
        self.state, self.inbox, self.out = self.here / "state", self.here / "in", self.here / "out"
        self.bin = self.root / "bin"
        self.bin.mkdir()
        for name in ("echo", "crash_on_marker", "sleep"):  # under root they run as nobody, who must reach them
            shutil.copy(build / "misbehave" / name, self.bin / name)
        self.reset()

    # -- putting things in place ---------------------------------------------------------------------------------
    def reset(self):
        shutil.rmtree(self.here, ignore_errors=True)
        for folder in (self.here, self.inbox, self.out):
            folder.mkdir()
        (self.inbox / "poison").write_bytes(POISON)
        (self.inbox / "innocent").write_bytes(INNOCENT)

    def save(self, name):
        shutil.rmtree(self.root / name, ignore_errors=True)
        shutil.copytree(self.here, self.root / name)

    def load(self, name):
        shutil.rmtree(self.here)
        shutil.copytree(self.root / name, self.here)

    # -- running mapiguard ---------------------------------------------------------------------------------------
    def command(self, *arguments):
        verb, *rest = map(str, arguments)
        return [str(self.mapiguard), verb, "--state", str(self.state), *rest]

    def convert_command(self, message, converter, output="result"):
        envelope = ENVELOPE if message == "poison" else []
        return self.command("convert", "--no-progress", "--converter", self.bin / converter, *envelope, "-o", self.out / output, self.inbox / message)

    def run(self, command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def convert(self, message, converter, output="result"):
        code, _, errors = self.run(self.convert_command(message, converter, output))
        promise(code in (0, 65, 69, 75), f"convert ended with {code}: {errors.strip()[-200:]}")
        return code

    def must(self, *arguments):
        code, text, errors = self.run(self.command(*arguments))
        promise(code == 0, f"'{' '.join(map(str, arguments))}' ended with {code}: {errors.strip()[-200:]}")
        return text

    def steps(self, command):
        """The kill points of a command: its steps, as kill_at lists them."""
        listing = self.root / "steps"
        code, _, errors = self.run([str(self.kill_at), "--list", str(listing), "--under", str(self.here), "--", *command])
        promise(code != 77, "ptrace is not allowed here")
        promise(code in (0, 65, 69, 75), f"the undisturbed run ended with {code}: {errors.strip()[-200:]}")
        return listing.read_text().splitlines()

    def kill(self, number, command):
        """Kills the command before that step; returns what the step was, or None when it ended before."""
        code, _, errors = self.run([str(self.kill_at), "--at", str(number), "--under", str(self.here), "--", *command])
        last = errors.strip().splitlines()[-1] if errors.strip() else ""
        return last.replace(str(self.here) + "/", "") if code == 137 else None

    def kill_in_flight(self, message):
        """A supervisor is killed while its worker has the message. Returns False when it would not start (held)."""
        run = subprocess.Popen(self.convert_command(message, "sleep", "never"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while run.poll() is None and time.monotonic() < deadline:
            if self.poison()["in_flight"]:
                run.send_signal(signal.SIGKILL)
                run.wait()
                return True
            time.sleep(0.02)
        run.kill()
        run.wait()
        return False

    # -- reading what is on record ---------------------------------------------------------------------------------
    def poison(self):
        return json.loads(self.must("poison", "list", "--json"))

    def row(self, message_id=POISON_ID):
        view = self.poison()
        rows = [r for r in view["poison_ids"] + view["held"] if r["message_id"] == message_id]
        return rows[0] if rows else {"crashes": 0, "blocked": False}

    def events(self, event_id=None):
        text = self.must("events", "--json", *(["--id", event_id] if event_id else []))
        return [json.loads(line) for line in text.splitlines()]

    def ndrs(self):
        return [json.loads(line) for line in self.must("ndr", "list", "--json").splitlines()]

    def ndr_files(self):
        folder = self.state / "ndr"
        return [p for sub in ("new", "cur") if (folder / sub).is_dir() for p in sorted((folder / sub).iterdir())]

    def exported_events(self):
        """events.jsonl: each line whole, or the last one cut by a kill is mended by the next export."""
        path = self.state / "events.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def temporary_files(self):
        return [p for p in self.out.rglob("*") if p.is_file() and p.name.startswith(".")]

    # -- promises that hold at every moment --------------------------------------------------------------------------
    def agree(self, charges_before=0):
        """Counters, events, quarantine and outbox agree: they were written in one transaction or not at all."""
        row, blocks, ndrs = self.row(), self.events(9681), self.ndrs()
        charges = len(self.events(9680))
        promise(charges == row["crashes"] + charges_before, f"{charges} events 9680, but {row['crashes']} charges on record")
        promise(len(blocks) == int(row["blocked"]), f"{len(blocks)} events 9681, blocked {row['blocked']}")
        promise(len(ndrs) == len(blocks), f"{len(ndrs)} rows in the outbox for {len(blocks)} blocks")
        if row["blocked"]:
            self.copy_is_whole()
        self.ndr_agrees(ndrs)
        return row

    def copy_is_whole(self):
        target = self.root / "exported"
        self.must("poison", "export", POISON_ID, "-o", target)
        promise(target.read_bytes() == POISON, "the quarantined copy differs from the message")
        target.unlink()

    def ndr_agrees(self, ndrs):
        files = self.ndr_files()
        promise(len(files) <= len(ndrs), f"{len(files)} NDRs delivered for {len(ndrs)} rows in the outbox")
        delivered = sum(1 for n in ndrs if n["state"] == "delivered")
        promise(len(files) >= delivered, f"{delivered} NDRs are said to be delivered, {len(files)} are there")
        for path in files:
            report = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            promise(report.get_content_type() == "multipart/report" and len(list(report.iter_parts())) >= 2, f"{path.name} is no whole delivery report")

    def output_is_whole(self, output, message):
        path = self.out / output
        promise(not path.exists() or path.read_bytes().endswith(message), f"{output} is there, but not whole")
        return path.exists()

    def blocked_properly(self, charges_before=0):
        """How every story of the poison message ends."""
        row = self.agree(charges_before)
        promise(row["blocked"] and row["crashes"] == 3, f"blocked {row['blocked']} with {row['crashes']} charges after all, 3 were due")
        self.must("ndr", "retry")
        promise(len(self.ndr_files()) == 1, f"{len(self.ndr_files())} NDRs in the end, 1 was due")
        self.exported_as_recorded()

    def exported_as_recorded(self):
        promise(self.convert("innocent", "echo", "another") == 0, "an innocent message was not converted")
        recorded, exported = self.events(), self.exported_events()
        count = lambda rows: [(e["event_id"], e["time"], e["text"]) for e in rows]
        promise(count(exported) == count(recorded), f"events.jsonl has {len(exported)} events, the database {len(recorded)}")

    def no_trace_of_flight(self):
        promise(not self.poison()["in_flight"], "a row is still in flight")
        promise(not self.temporary_files(), f"temporary files are left: {self.temporary_files()}")
