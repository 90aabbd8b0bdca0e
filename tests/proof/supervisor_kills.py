#!/usr/bin/python3
"""kill -9 of the supervisor at random moments of a run: every output that is there is whole, nothing is charged, no
process is left, and the next run finishes what an undisturbed run would have made.

  supervisor_kills.py [--rounds N] [--messages N] [--mid-run N] [--isolation message|worker]
"""
import argparse
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

import campaign


def undisturbed(work, messages, isolation):
    began = time.monotonic()
    run = campaign.convert(work / "calm-state", "--isolation", isolation, "-o", work / "calm", messages)
    _, errors = run.communicate()
    if run.returncode != 0:
        campaign.fail(f"the undisturbed run ended with {run.returncode}: {errors.decode()[-500:]}")
    return campaign.tree(work / "calm"), time.monotonic() - began


def one_round(work, messages, calm, duration, dice, isolation):
    out, state = work / "out", work / "state"
    shutil.rmtree(out, ignore_errors=True)
    run = campaign.convert(state, "--isolation", isolation, "-o", out, messages)
    time.sleep(dice.uniform(0.02, duration))
    children = campaign.processes_of(run.pid)
    was_running = run.poll() is None
    run.send_signal(signal.SIGKILL)
    run.wait()
    if not campaign.wait_until_gone(children, 5):
        campaign.fail(f"processes outlived the supervisor: {campaign.alive(children)}")
    found = {name: digest for name, digest in campaign.tree(out).items() if not campaign.is_temporary(name)}
    for name, digest in found.items():
        if calm.get(name) != digest:
            campaign.fail(f"{name} differs from the undisturbed run after a kill")
    again = campaign.convert(state, "--isolation", isolation, "-o", out, messages)
    _, errors = again.communicate()
    if again.returncode != 0:
        campaign.fail(f"the run after a kill ended with {again.returncode}: {errors.decode()[-500:]}")
    if campaign.tree(out) != calm:
        extra = sorted(set(campaign.tree(out)) ^ set(calm))
        campaign.fail(f"the final tree differs from the undisturbed run's: {extra[:5]}")
    return was_running and 0 < len(found) < len(calm)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=50)
    arguments.add_argument("--messages", type=int, default=500)
    arguments.add_argument("--mid-run", type=int, help="how many kills must fall in mid-run (default 60 %%)")
    arguments.add_argument("--isolation", default="message")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    wanted = options.mid_run if options.mid_run is not None else options.rounds * 6 // 10
    dice = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="mapiguard-kills-") as folder:
        work = pathlib.Path(folder)
        campaign.write_messages(work / "messages", options.messages)
        calm, duration = undisturbed(work, work / "messages", options.isolation)
        mid_run = sum(one_round(work, work / "messages", calm, duration, dice, options.isolation) for _ in range(options.rounds))
        charges = campaign.events(work / "state", 9680)
        view = campaign.poison(work / "state")
        if charges or view["poison_ids"]:
            campaign.fail(f"{len(charges)} messages were charged for the supervisor's death")
        if view["in_flight"]:
            campaign.fail("rows of dead supervisors are still in flight")
    print(f"{options.rounds} kills of the supervisor, {mid_run} in mid-run of {options.messages} messages: "
          f"outputs whole, none charged, every next run finished with the undisturbed tree ({len(calm)} files)")
    if mid_run < wanted:
        campaign.fail(f"only {mid_run} kills fell in mid-run, {wanted} wanted")


if __name__ == "__main__":
    sys.exit(main())
