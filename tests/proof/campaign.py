"""What the kill campaigns share: a folder of messages, runs of mapiguard, and looks at what a run left behind."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

MAPIGUARD = os.environ.get("MAPIGUARD", "build/release/mapiguard")
CORPUS = pathlib.Path(os.environ.get("MAPIGUARD_SAMPLES", pathlib.Path(__file__).parents[2] / "corpus" / "samples"))


def fail(sentence):
    print("FAILED:", sentence)
    sys.exit(1)


def good_samples():
    """Samples of ours that convert with exit 0: (name, bytes)."""
    chosen = [p for p in sorted(CORPUS.iterdir()) if p.suffix in (".msg", ".tnef", ".dat", ".oft") and p.stat().st_size > 2000]
    return [(p.name, p.read_bytes()) for p in chosen]


def write_messages(folder, count, sources=None, padding=0):
    """`count` different messages: samples with a trailer of their own, which no reader of either format minds."""
    sources = sources or good_samples()
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        name, data = sources[i % len(sources)]
        (folder / f"{i:05d}-{name}").write_bytes(data + b"\0" * padding + f"unique {i:08d}".encode())


def convert(state, *arguments, **options):
    return subprocess.Popen([MAPIGUARD, "convert", "--state", str(state), "--no-progress", *map(str, arguments)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)


def tree(folder):
    """Name → digest of every file below `folder`, temporary files included."""
    root = pathlib.Path(folder)
    if not root.exists():
        return {}
    return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(root.rglob("*")) if p.is_file()}


def is_temporary(name):
    return os.path.basename(name).startswith(".")


def events(state, event_id=None):
    command = [MAPIGUARD, "events", "--json", "--state", str(state)] + (["--id", str(event_id)] if event_id else [])
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def poison(state):
    done = subprocess.run([MAPIGUARD, "poison", "list", "--json", "--state", str(state)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def processes_of(supervisor):
    """pids named mapiguard-worker in the session tree of `supervisor` (descendants, wherever their parent went)."""
    parents = {}
    names = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = pathlib.Path(f"/proc/{entry}/stat").read_text()
        except OSError:
            continue
        head, tail = fields.rsplit(")", 1)
        names[int(entry)] = head.split("(", 1)[1]
        parents[int(entry)] = int(tail.split()[1])
    below, again = {supervisor}, True
    while again:
        more = {pid for pid, parent in parents.items() if parent in below} - below
        below |= more
        again = bool(more)
    return [pid for pid in below if pid != supervisor and names.get(pid, "").startswith("mapiguard-worke")]


def is_locked_down(pid):
    """A worker proper, not the nursery or the init: it runs under seccomp."""
    try:
        return "\nSeccomp:\t2" in pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def alive(pids):
    return [pid for pid in pids if os.path.exists(f"/proc/{pid}") and not is_zombie(pid)]


def is_zombie(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def wait_until_gone(pids, seconds):
    deadline = time.monotonic() + seconds
    while alive(pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(pids)
