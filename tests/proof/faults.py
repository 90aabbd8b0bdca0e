#!/usr/bin/python3
"""A full disk (ENOSPC) and a broken one (EIO) at each call of mapiguard that changes a file: it says what and where, and when
the disk is well again nothing is lost, nothing twice, nobody charged wrongly. One JSON object a row, as of proof.py.

  faults.py --build FOLDER [--points N] [--scenario NAME]… [--programs FOLDER]
"""
import argparse
import errno
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import scenarios
from proof import chosen
from world import Broken, World, promise

POINTS, SECONDS = 8, 150
# What a command may end with: as without the fault, or with a code that says what went wrong.
ENDS = (0, 65, 66, 69, 70, 73, 74, 75, 78)
FAULTS = (("ENOSPC", errno.ENOSPC, True), ("EIO", errno.EIO, False))


class FaultyWorld(World):
    """A copy that the disk did not take may be missing, if an event says so: the message is blocked all the same."""

    def copy_is_whole(self):
        if not self.events(503):
            super().copy_is_whole()


class Durable(scenarios.Convert):
    """With Mapiguard\\Durable no message is handed to a worker before its record is on the disk."""

    name = "convert"

    def prepare(self, world):
        world.must("settings", "set", "Mapiguard\\Durable", "1")


def run_with(world, command, **environment):
    env = dict(os.environ, LD_PRELOAD=str(world.fail_io), FAIL_UNDER=str(world.here), **environment)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, env=env)
    return done.returncode, done.stderr.decode(errors="replace")


def calls_of(world, command):
    listing = world.root / "calls"
    listing.unlink(missing_ok=True)
    code, errors = run_with(world, command, FAIL_LIST=str(listing))
    promise(code in (0, 65, 69, 75), f"the undisturbed run ended with {code}: {errors[-200:]}")
    return listing.read_text().splitlines()


def one_row(world, scenario, call, fault):
    name, number, stays = fault
    world.load("template-" + scenario.name)
    position = call.split()[0]
    more = {"FAIL_ON": "1"} if stays else {}
    row = {"scenario": scenario.name, "point": f"{name} {call.replace(str(world.here) + '/', '')}", "result": "ok", "detail": ""}
    try:
        code, errors = run_with(world, scenario.command(world), FAIL_AT=position, FAIL_ERRNO=str(number), **more)
        row["detail"] = f"exit {code}"
        promise(code in ENDS, f"ended with {code}: {errors[-300:]}")
        if code in (73, 74, 78):
            promise(str(world.here) in errors, f"ended with {code} and did not say where: {errors[-300:]}")
        scenario.check(world)
    except Broken as broken:
        row.update(result="broken", detail=str(broken))
    print(json.dumps(row, ensure_ascii=False), flush=True)
    return row["result"] == "ok"


def rows_of(world, scenario, points, deadline):
    world.reset()
    scenario.prepare(world)
    world.save("template-" + scenario.name)
    calls = calls_of(world, scenario.command(world))
    for fault in FAULTS:
        for number in chosen(len(calls), points):
            if time.monotonic() > deadline:
                return
            yield one_row(world, scenario, calls[number - 1], fault)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--programs", type=pathlib.Path)
    parser.add_argument("--points", type=int, default=POINTS)
    parser.add_argument("--scenario", action="append")
    options = parser.parse_args()
    build, began, rows = options.build.resolve(), time.monotonic(), []
    every = [*scenarios.ALL, Durable()]
    wanted = [s for s in every if not options.scenario or s.name in options.scenario]
    with tempfile.TemporaryDirectory(prefix="mapiguard-faults-") as folder:
        pathlib.Path(folder).chmod(0o755)
        world = FaultyWorld(folder, (options.programs or build).resolve(), build)
        world.fail_io = build / "proof" / "libfail_io.so"
        for done, scenario in enumerate(wanted):
            share = (SECONDS - (time.monotonic() - began)) / (len(wanted) - done)
            rows += list(rows_of(world, scenario, options.points, time.monotonic() + share))
    print(f"{len(rows)} rows, {rows.count(False)} broken, {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0 if rows and all(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
