#!/usr/bin/python3
"""The neighbour test: 10,000 messages, one in a hundred a killer, of ten kinds. Every innocent one is converted and none of
them charged; every killer is blocked after exactly three charges. One JSON object a row, as of proof.py.

  neighbours.py --build FOLDER [--messages N]

Converted by a queue that tries again what died (three times around, isolation `message`), and by one that asks for retries
(once around, isolation `worker`). The worker does what a message says (tests/guardian/escape_worker.cc).
"""
import argparse
import collections
import json
import pathlib
import shutil
import sys
import tempfile
import time

import campaign
from world import Broken, promise

EVERY = 100
DEATHS = 3
KINDS = ("crashed", "crashed.fpe", "aborted.exception", "stack_overflow", "out_of_memory.malloc", "cpu_limit", "output_limit",
         "sandbox_violation", "illegal_exit", "bad_reply")
LIMITS = ["--timeout", "2", "--memory", "128", "--output-limit", "8"]


def write_messages(inbox, count):
    """Name → what an innocent message's output must be; None for a killer."""
    expected = {}
    for number in range(count):
        name = f"{number:05d}"
        folder = inbox / name[:2]
        folder.mkdir(parents=True, exist_ok=True)
        killer = number % EVERY == EVERY // 2
        body = f"message {name} ".encode() * (1 + number % 97)
        text = f"plant {KINDS[number // EVERY % len(KINDS)]}\n".encode() + body if killer else b"echo\n" + body
        (folder / name).write_bytes(text)
        expected[f"{name[:2]}/{name}"] = None if killer else body
    return expected


class Queue:
    def __init__(self, here, inbox, expected):
        self.here, self.inbox, self.expected = here, inbox, expected
        self.state, self.out, self.report = here / "state", here / "out", here / "report"
        here.mkdir()

    def once_around(self, *arguments):
        """Outcome and charges of each message."""
        run = campaign.convert(self.state, *arguments, *LIMITS, "--report", self.report, "-o", self.out, self.inbox)
        _, errors = run.communicate()
        rows = [json.loads(line) for line in self.report.read_text().splitlines()]
        self.report.unlink()
        promise(len(rows) == len(self.expected), f"{len(rows)} reports: {errors[-300:]}")
        return {str(pathlib.Path(row["input"]).relative_to(self.inbox)): row for row in rows}

    def check_neighbours(self, rows):
        for name, body in self.expected.items():
            row = rows[name]
            if body is None:
                continue
            promise(row["outcome"] == "converted" and row["crashes"] == 0, f"innocent {name} is {row['outcome']}: {row['verdict']}")
            promise((self.out / f"{name}.eml").read_bytes() == body, f"the output of {name} is another's")

    def killers(self, rows):
        return [rows[name] for name, body in self.expected.items() if body is None]

    def check_killers(self, rows, outcome, charges):
        for row in self.killers(rows):
            promise(row["outcome"] == outcome and row["crashes"] == charges,
                    f"killer {row['input']} is {row['outcome']} with {row['crashes']} charges, not {outcome} with {charges}: {row['verdict']}")

    def check_end(self, kinds):
        killers = {row["sha256"] for row in kinds}
        charged = collections.Counter(event["params"][2] for event in campaign.events(self.state, 9680))
        promise(set(charged) == {f"sha256:{digest}" for digest in killers}, "others than the killers were charged")
        promise(set(charged.values()) == {DEATHS}, f"charges of a killer: {sorted(set(charged.values()))}")
        promise(len(campaign.events(self.state, 9681)) == len(killers), "there is not one event 9681 for each killer")
        view = campaign.poison(self.state)
        promise(view["quarantined"] == len(killers) and not view["held"] and not view["suspects"], f"on record: {view['suspects']} suspects, "
                f"{view['quarantined']} in quarantine, {len(view['held'])} held")
        return len(killers)


def again_and_again(queue):
    for death in range(1, DEATHS + 1):
        rows = queue.once_around("--isolation", "message")
        queue.check_neighbours(rows)
        queue.check_killers(rows, "blocked" if death == DEATHS else "died", death)
    return queue.check_end(queue.killers(rows))


def at_once(queue):
    rows = queue.once_around("--isolation", "worker", "--retries", str(DEATHS - 1))
    queue.check_neighbours(rows)
    queue.check_killers(rows, "blocked", DEATHS)
    return queue.check_end(queue.killers(rows))


def one_row(point, story, queue):
    row, began = {"scenario": "neighbours", "point": point, "result": "ok", "detail": ""}, time.monotonic()
    try:
        killers = story(queue)
        innocent = len(queue.expected) - killers
        row["detail"] = (f"{innocent} innocent messages converted, none charged; {killers} killers of {len(KINDS)} kinds blocked after "
                         f"{DEATHS} charges each; {time.monotonic() - began:.0f} s")
    except Broken as broken:
        row.update(result="broken", detail=str(broken))
    print(json.dumps(row, ensure_ascii=False), flush=True)
    return row["result"] == "ok"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--messages", type=int, default=10_000)
    options = parser.parse_args()
    build = options.build.resolve()
    with tempfile.TemporaryDirectory(prefix="mapiguard-neighbours-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        for program, source in (("mapiguard", "mapiguard"), ("mapiguard-worker", "trying-worker")):
            shutil.copy(build / source, folder / program)
        campaign.MAPIGUARD = str(folder / "mapiguard")
        inbox = folder / "in"
        expected = write_messages(inbox, options.messages)
        good = [one_row(point, story, Queue(folder / story.__name__, inbox, expected))
                for point, story in (("isolation message, three times around", again_and_again), ("isolation worker, two retries", at_once))]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
