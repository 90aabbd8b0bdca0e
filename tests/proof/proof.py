#!/usr/bin/python3
"""Kills mapiguard just before each of its steps (writes, renames, messages to workers) and looks whether its promises hold,
at once and when the story goes on. One JSON object a row; exit 0 only if every row is ok and there are enough of them.

  proof.py --build FOLDER [--points N | --full] [--scenario NAME]… [--programs FOLDER] [--expect-broken TEXT]
"""
import argparse
import json
import pathlib
import sys
import tempfile
import time

import scenarios
from world import Broken, World

FEWEST_ROWS = 60
SHORT_POINTS, FULL_POINTS = 9, 48  # of a scenario, spread evenly over its steps
FULL_SECONDS = 220


def chosen(count, points):
    """`points` numbers out of 1 … count, the first and the last among them."""
    if count <= points:
        return list(range(1, count + 1))
    return sorted({1 + round(i * (count - 1) / (points - 1)) for i in range(points)})


def report(scenario, point, result, detail=""):
    """Prints the row; returns what is broken, None when nothing is."""
    print(json.dumps({"scenario": scenario.name, "point": point, "result": result, "detail": detail}, ensure_ascii=False), flush=True)
    return detail if result == "broken" else None


def one_row(world, scenario, number):
    world.load("template-" + scenario.name)
    step = f"step {number}"
    try:
        killed_at = world.kill(number, scenario.command(world))
        step = killed_at or step
        scenario.check(world)
    except Broken as broken:
        return report(scenario, step, "broken", str(broken))
    return report(scenario, step, "ok", "" if killed_at else "ended before it came that far")


def rows_of(world, scenario, points, deadline):
    world.reset()
    try:
        scenario.prepare(world)
        world.save("template-" + scenario.name)
        steps = world.steps(scenario.command(world))
    except Broken as broken:
        return [report(scenario, "preparation", "broken", str(broken))]
    rows = []
    for number in chosen(len(steps), points):
        if time.monotonic() > deadline:
            break
        rows.append(one_row(world, scenario, number))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--programs", type=pathlib.Path, help="folder of mapiguard, when it is not the build folder")
    parser.add_argument("--points", type=int, default=SHORT_POINTS)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--scenario", action="append", choices=[s.name for s in scenarios.ALL])
    parser.add_argument("--expect-broken", metavar="TEXT", help="exit 0 only if rows are broken and each of these says TEXT: the proof can fail")
    options = parser.parse_args()
    build = options.build.resolve()
    chosen_scenarios = [s for s in scenarios.ALL if not options.scenario or s.name in options.scenario]
    points = FULL_POINTS if options.full else options.points
    began = time.monotonic()
    rows = []
    with tempfile.TemporaryDirectory(prefix="mapiguard-proof-") as folder:
        pathlib.Path(folder).chmod(0o755)
        world = World(folder, (options.programs or build).resolve(), build)
        for done, scenario in enumerate(chosen_scenarios):
            share = (FULL_SECONDS - (time.monotonic() - began)) / (len(chosen_scenarios) - done)
            rows += rows_of(world, scenario, points, time.monotonic() + share)
    broken = [row for row in rows if row is not None]
    print(f"{len(rows)} rows, {len(broken)} broken, {time.monotonic() - began:.0f} s", file=sys.stderr)
    if options.expect_broken:
        return 0 if broken and all(options.expect_broken in row for row in broken) else 1
    if not options.scenario and len(rows) < FEWEST_ROWS:
        print(f"fewer than {FEWEST_ROWS} rows", file=sys.stderr)
        return 1
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
