#!/usr/bin/python3
"""Poison messages in rotation: more of them than PoisonIDs has places, so that each charge pushes another one out of the
view. All of them end blocked all the same. One JSON object a row, as of proof.py.

  rotation.py --build FOLDER
"""
import argparse
import json
import pathlib
import shutil
import sys
import tempfile
import time

import campaign
from world import Broken, promise

DEATHS = 3  # PoisonThreshold 2 must be exceeded
PLACES = 10


class Rotation:
    """`count` poison messages and as many innocent ones between them, converted one after another, again and again."""

    def __init__(self, folder, count, converter):
        self.count, self.here = count, pathlib.Path(folder) / f"{count}-{'command' if converter else 'worker'}"
        self.state, self.inbox, self.report = self.here / "state", self.here / "in", self.here / "report"
        self.converter = ["--converter", str(converter)] if converter else []
        self.inbox.mkdir(parents=True)
        for number in range(count):
            (self.inbox / f"{number:03d}-poison").write_bytes(b"plant crashed\nPOISON-MARKER %d" % number)
            (self.inbox / f"{number:03d}-innocent").write_bytes(b"echo\ninnocent %d" % number)

    def once_around(self, expected):
        """Each message once; `expected` of the poisonous ones. Returns how long it took."""
        began = time.monotonic()
        run = campaign.convert(self.state, "-j", "1", *self.converter, "--report", self.report, "-o", self.here / "out", self.inbox)
        _, errors = run.communicate()
        rows = [json.loads(line) for line in self.report.read_text().splitlines()]
        promise(len(rows) == 2 * self.count, f"{len(rows)} reports: {errors[-200:]}")
        for row in rows:
            due = "converted" if row["input"].endswith("innocent") else expected
            promise(row["outcome"] == due, f"{pathlib.Path(row['input']).name} is {row['outcome']} instead of {due}")
        self.report.unlink()
        return time.monotonic() - began

    def to_the_end(self):
        for death in range(1, DEATHS + 1):
            self.once_around("blocked" if death == DEATHS else "died")
            view = campaign.poison(self.state)
            promise(len(view["poison_ids"]) == min(self.count, PLACES), f"PoisonIDs shows {len(view['poison_ids'])}")
            promise(len(campaign.events(self.state, 9680)) == death * self.count, "the charges do not add up")
        self.once_around("blocked")
        promise(len(campaign.events(self.state, 9680)) == DEATHS * self.count, "a blocked message got a worker")
        promise(len(campaign.events(self.state, 9681)) == self.count, "there is not one event 9681 for each")
        promise(campaign.poison(self.state)["quarantined"] == self.count, "not all are in quarantine")
        return f"{self.count} blocked after {DEATHS} charges each, PoisonIDs shows {PLACES}, {self.count} innocent ones converted each time"

    def with_ten_places_alone(self):
        """Decisions from the ten entries alone, as Exchange made them: this is what the larger ledger is for."""
        campaign.convert(self.state, "-o", self.here / "first", self.inbox / "000-innocent", *self.converter).wait()
        run = campaign.subprocess.run([campaign.MAPIGUARD, "settings", "set", "--state", str(self.state), "Mapiguard\\Exact PoisonIDs", "1"], capture_output=True)
        promise(run.returncode == 0, "Exact PoisonIDs could not be set")
        for _ in range(DEATHS + 1):
            self.once_around("died")
        promise(not campaign.events(self.state, 9681), "one was blocked after all")
        return f"{self.count} in ten places evict each other and none is ever blocked: the test can fail"


def row(point, story):
    made = {"scenario": "rotation", "point": point, "result": "ok", "detail": ""}
    try:
        made["detail"] = story()
    except Broken as broken:
        made.update(result="broken", detail=str(broken))
    print(json.dumps(made, ensure_ascii=False), flush=True)
    return made["result"] == "ok"


def install(folder, build):
    """A mapiguard whose worker does what a message says (tests/guardian/escape_worker.cc), and the command that dies on a marker."""
    for name, source in (("mapiguard", "mapiguard"), ("mapiguard-worker", "trying-worker"), ("crash_on_marker", "misbehave/crash_on_marker")):
        shutil.copy(build / source, folder / name)
    campaign.MAPIGUARD = str(folder / "mapiguard")
    return folder / "crash_on_marker"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mapiguard-rotation-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        command = install(folder, options.build.resolve())
        rows = [row(f"{count}, {what}", Rotation(folder, count, converter).to_the_end)
                for count in (11, 100) for what, converter in (("our worker", None), ("a command", command))]
        exact = Rotation(folder, 12, command)
        rows.append(row("12, Exact PoisonIDs, a command", exact.with_ten_places_alone))
    print(f"{len(rows)} rotations, {rows.count(False)} broken, {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0 if all(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
