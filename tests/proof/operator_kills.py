#!/usr/bin/python3
"""kill -9, -SEGV and -TERM of workers from outside while messages are converted again and again: nobody is charged; what
was hit three times in a row alone is held, and everything else is converted.

  operator_kills.py [--kills N] [--messages N]
"""
import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import campaign

SIGNALS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM)


def kill_workers(run, dice, most):
    """Kills workers of `run` at random until it ends or `most` were killed."""
    kills = 0
    while run.poll() is None and kills < most:
        time.sleep(dice.uniform(0.001, 0.02))
        workers = [pid for pid in campaign.processes_of(run.pid) if campaign.is_locked_down(pid)]
        if not workers:
            continue
        try:
            os.kill(dice.choice(workers), dice.choice(SIGNALS))
            kills += 1
        except ProcessLookupError:
            pass
    return kills


def check(work, run, errors, calm):
    held = {row["sha256"] for row in campaign.poison(work / "state")["held"]}
    expected = 75 if held else 0
    if run.returncode != expected:
        campaign.fail(f"a run with {len(held)} held messages ended with {run.returncode}: {errors.decode()[-800:]}")
    made = campaign.tree(work / "out")
    wrong = [name for name, digest in made.items() if calm.get(name) != digest]
    if wrong:
        campaign.fail(f"{wrong[0]} differs from the undisturbed run")
    if len(calm) - len(made) != len(held):
        campaign.fail(f"{len(calm) - len(made)} messages have no output, but {len(held)} are held")
    return held


def release(work, held):
    for sha256 in held:
        subprocess.run([campaign.MAPIGUARD, "poison", "release", sha256, "--state", str(work / "state")], check=True, capture_output=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--kills", type=int, default=1000)
    arguments.add_argument("--messages", type=int, default=60)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    dice = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="mapiguard-operator-") as folder:
        work = pathlib.Path(folder)
        campaign.write_messages(work / "messages", options.messages, padding=4 << 20)
        calm_run = campaign.convert(work / "calm-state", "-o", work / "calm", work / "messages")
        if calm_run.wait() != 0:
            campaign.fail("the undisturbed run failed")
        calm = campaign.tree(work / "calm")
        kills = runs = holds = 0
        while kills < options.kills:
            shutil.rmtree(work / "out", ignore_errors=True)
            run = campaign.convert(work / "state", "-o", work / "out", work / "messages")
            kills += kill_workers(run, dice, options.kills - kills)
            _, errors = run.communicate()
            held = check(work, run, errors, calm)
            release(work, held)
            holds += len(held)
            runs += 1
        charges = campaign.events(work / "state", 9680)
        if charges:
            campaign.fail(f"{len(charges)} events 9680: {charges[0]}")
    print(f"{kills} kills of workers in {runs} runs of {options.messages} messages: no 9680, {holds} held after three in a row alone, "
          "everything else converted")


if __name__ == "__main__":
    sys.exit(main())
