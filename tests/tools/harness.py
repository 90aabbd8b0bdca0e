"""What the tests of the command line share: a temporary state directory, runs of the program, inputs that misbehave.

MAPIGUARD names the program; the samples come from corpus/samples. Only the standard library is used."""
import atexit
import functools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "corpus" / "samples"
PROGRAM = os.path.abspath(os.environ.get("MAPIGUARD", ROOT / "build" / "release" / "mapiguard"))
TIMEOUT = 60  # seconds for one command: a hang is a failure

CRASH = """sh -c 'kill -SEGV $$'"""
# Dies only of a message that holds the word; others come back as they are.
CRASH_ON_POISON = """sh -c 'm=$(cat); case $m in *POISON*) kill -SEGV $$;; esac; echo "$m"'"""

USAGE, DAMAGED, NO_INPUT, BLOCKED, CANNOT_CREATE, IO, TRY_AGAIN, CONFIG = 64, 65, 66, 69, 73, 74, 75, 78


@functools.cache
def reachable_program():
    """A copy of the programs that every user may run, wherever the checkout is."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mapiguard-programs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.chmod(folder, 0o755)
    for program in (PROGRAM, *(os.path.join(os.path.dirname(PROGRAM), name) for name in ("mapiguard-worker", "mapiguard-hive"))):
        if os.path.exists(program):
            shutil.copy(program, folder)
    return str(folder / os.path.basename(PROGRAM))


class Done:
    """A command that has ended: code, out and err as bytes."""

    def __init__(self, process):
        self.code, self.out, self.err = process.returncode, process.stdout, process.stderr

    @property
    def text(self):
        return self.out.decode("utf-8")  # strict: what is printed is UTF-8

    @property
    def errors(self):
        return self.err.decode("utf-8")

    def json(self):
        return json.loads(self.text)

    def json_lines(self):
        return [json.loads(line) for line in self.text.splitlines()]


class ToolTest(unittest.TestCase):
    """Each test has a folder of its own, `self.dir`, and an empty state directory."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="mapiguard-test-"))
        self.addCleanup(remove_tree, self.dir)
        os.chmod(self.dir, 0o755)  # a converter of ours runs as nobody when the test is root's
        self.state = self.dir / "state"
        self.running = []
        self.addCleanup(self.end_running)

    # -- running -------------------------------------------------------------------------------------------------
    def environment(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith("MAPIGUARD_") or k == "MAPIGUARD_WORKER"}
        env.update(MAPIGUARD_STATE=str(self.state), TMPDIR=str(self.dir))
        env.update(more)
        return env

    def run_tool(self, *words, code=0, stdin=b"", env=None, prefix=(), **more):
        """Runs the program and checks its exit code (None: any)."""
        program = reachable_program() if prefix else PROGRAM
        process = subprocess.run([*prefix, program, *words], input=stdin, capture_output=True, timeout=TIMEOUT, cwd=self.dir,
                                 env=env or self.environment(), **more)
        done = Done(process)
        if code is not None:
            self.assertEqual(done.code, code, f"{words}\nstdout: {done.out[-2000:]}\nstderr: {done.err[-2000:]}")
        return done

    def convert(self, *words, **more):
        return self.run_tool("convert", *words, **more)

    def start(self, *words, **more):
        """Starts the program and lets it run; ended with the test."""
        options = dict(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.dir, env=self.environment())
        options.update(more)
        process = subprocess.Popen([PROGRAM, *words], **options)
        self.running.append(process)
        return process

    def end_running(self):
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.communicate()

    def wait_until(self, condition, what, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.01)
        self.fail(f"never happened: {what}")

    # -- inputs --------------------------------------------------------------------------------------------------
    def sample(self, name="attachment-text.msg"):
        return SAMPLES / name

    def copy(self, to, name="attachment-text.msg"):
        target = self.dir / to
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.sample(name), target)
        return target

    def write(self, name, content):
        """A file below self.dir; `name` may be bytes that are no text."""
        path = os.path.join(os.fsencode(self.dir), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def mail(self, subject="hello", body="a line", date="Mon, 02 Jan 2006 15:04:05 +0000"):
        return f"From: a@example.org\r\nTo: b@example.net\r\nDate: {date}\r\nSubject: {subject}\r\n\r\n{body}\r\n".encode()

    # -- looking -------------------------------------------------------------------------------------------------
    def files_below(self, folder):
        top = self.dir / folder
        return sorted(str(p.relative_to(top)) for p in top.rglob("*") if p.is_file()) if top.exists() else []

    def temporaries(self, folder):
        return [name for name in self.files_below(folder) if ".mapiguard-" in name]

    def reports(self, path="report.jsonl"):
        return [json.loads(line) for line in (self.dir / path).read_text().splitlines()]


def remove_tree(path):
    """Also what a test has made unreadable."""
    for folder, names, _ in os.walk(path):
        for name in names:
            full = os.path.join(folder, name)
            if not os.path.islink(full):
                os.chmod(full, 0o700)
    shutil.rmtree(path, ignore_errors=True)


def as_nobody():
    """Words before a command that make it run without root's rights, None where that cannot be had."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv"):
        return ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    return None


def main():
    unittest.main(verbosity=2)
