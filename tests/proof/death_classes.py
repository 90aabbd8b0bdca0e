#!/usr/bin/python3
"""The death classes: each one produced for real, in our own converter and in external ones, as root and as an ordinary
user, with namespaces and without; which class it was given, and whether the message was charged. One JSON object a row as of
proof.py, and the matrix on stderr. Exit 0 only if every class and every charge is the expected one.

  death_classes.py --build FOLDER --faults FOLDER [--only TEXT]
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import shutil
import sys
import tempfile
import threading
import time

import campaign
import death_stories
import hosts
from world import Broken, promise

LIMITS = ["--timeout", "1", "--memory", "128", "--output-limit", "4"]
AT_ONCE = 4  # most of the slow ones wait

Expected = collections.namedtuple("Expected", "classes outcome exit")
CHARGED = lambda *classes: Expected(classes, "died", 75)
HELD = lambda *classes: Expected(classes, "held", 75)  # uncharged, run again alone, and held after three in a row
CONVERTED, DAMAGED = Expected((), "converted", 0), Expected((), "damaged", 65)

# A plant's class is its name up to the dot, charged, but for these.
PLANTS = {
    "hung.idle": CHARGED("hung"),  # alone and for the second time
    "bad_reply.twice": CONVERTED,  # its first reply is a good one
    "killed_by_operator": HELD("killed_by_operator"),
    "killed_by_operator.forged": HELD("killed_by_operator"),
    "unexplained_kill": HELD("unexplained_kill"),
    "supervisor_died": None,  # a story
}
# tests/misbehave/README.md
COMMANDS = {
    "echo": CONVERTED, "garbage": CONVERTED, "ignore_stdin": CONVERTED, "flood_stderr": CONVERTED, "kill_parent": CONVERTED,
    "kill_group": CONVERTED, "exit_65": DAMAGED,
    "segv": CHARGED("crashed"), "null_call": CHARGED("crashed"), "half_then_segv": CHARGED("crashed"), "divide": CHARGED("crashed"),
    "abort": CHARGED("aborted"), "throw": CHARGED("aborted"), "stack_overflow": CHARGED("crashed", "stack_overflow"),
    "allocate": CHARGED("out_of_memory", "aborted"), "spin": CHARGED("cpu_limit"), "sleep": CHARGED("hung"),
    "ignore_sigterm": CHARGED("hung"), "flood_output": CHARGED("output_limit"), "exit_3": CHARGED("illegal_exit"),
    "no_output": CHARGED("bad_reply"), "close_stdout": CHARGED("bad_reply"), "kill_self": HELD("unexplained_kill"),
    "stop_self": HELD("unexplained_kill"),
}


def plants():
    """Every plant that the build knows, as its table has it, so that none can be added without a row here."""
    source = (pathlib.Path(__file__).parents[2] / "guardian" / "plant.cc").read_text()
    names = re.findall(r'^    \{\{"([a-z_.0-9]+)", "', source, re.M)
    promise(len(names) > 30, f"only {len(names)} plants found in guardian/plant.cc")
    return {name: PLANTS.get(name, CHARGED(name.split(".")[0])) for name in names if PLANTS.get(name, True)}


def check_death(case, expected, arguments):
    """Runs it and compares; returns the class that it was given."""
    code, report = case.convert(*arguments, *LIMITS)
    verdict = report and report["verdict"]
    given = verdict["class"] if verdict else "none"
    promise(code == expected.exit, f"exit {code} instead of {expected.exit} ({given}): {case.errors}")
    promise(report["outcome"] == expected.outcome, f"outcome {report['outcome']} instead of {expected.outcome} ({given})")
    promise(given in (expected.classes or ("none",)), f"class {given} instead of {' or '.join(expected.classes) or 'none'}: {verdict and verdict['detail']}")
    charged = expected.outcome == "died"
    promise(bool(verdict and verdict["charged"]) == charged, f"charged {verdict and verdict['charged']}")
    view = case.poison()
    promise(case.charges() == int(charged), f"{case.charges()} events 9680")
    promise([r["crashes"] for r in view["poison_ids"]] == [1] * int(charged), f"on record: {view['poison_ids']}")
    promise(len(view["held"]) == int(expected.outcome == "held"), f"{len(view['held'])} held")
    return given


class Death:
    """A row of the matrix: how a death is produced, and what must come of it."""

    def __init__(self, how, expected, arguments, neighbour_arguments):
        self.how, self.expected, self.arguments, self.neighbour_arguments = how, expected, arguments, neighbour_arguments
        self.group = expected.classes[0] if expected.classes else expected.outcome

    def try_on(self, case):
        given = check_death(case, self.expected, self.arguments)
        case.neighbour_is_converted(*self.neighbour_arguments)
        charge = {"died": "charged", "held": "held, not charged"}.get(self.expected.outcome, self.expected.outcome)
        return given if given != "none" else self.group, charge


class Story:
    """One that takes more than a command: see death_stories.py."""

    def __init__(self, row):
        self.group, self.how, self.tell = row

    def try_on(self, case):
        return self.group, self.tell(case)


def rows_for(programs):
    rows = [Death(f"plant {name}", expected, ["--plant", name], []) for name, expected in plants().items()]
    echo = ["--converter", str(programs / "bin" / "echo")]
    rows += [Death(f"command {name}", expected, ["--converter", str(programs / "bin" / name)], echo) for name, expected in COMMANDS.items()]
    return rows + [Story(row) for row in death_stories.ALL]


class Matrix:
    def __init__(self):
        self.lock, self.cells, self.broken = threading.Lock(), {}, 0

    def add(self, row, host, death_class, charge, broken):
        with self.lock:
            self.broken += bool(broken)
            self.cells[row.group, row.how, host.name] = "BROKEN" if broken else charge
            point = f"{row.how}, {host.name}"
            print(json.dumps({"scenario": "death", "point": point, "result": "broken" if broken else "ok",
                              "detail": broken or f"{death_class}: {charge}"}, ensure_ascii=False), flush=True)

    def show(self, names):
        shown = sorted({key[:2] for key in self.cells})
        print(f"{'class':<20}{'produced by':<38}" + "".join(f"{name:<26}" for name in names), file=sys.stderr)
        for group, how in shown:
            print(f"{group:<20}{how:<38}" + "".join(f"{self.cells.get((group, how, name), '-'):<26}" for name in names), file=sys.stderr)


def try_cell(matrix, row, host, number, programs, message):
    case = hosts.Case(host, f"{number:03d}", programs, message)
    try:
        matrix.add(row, host, *row.try_on(case), None)
        case.over()
    except Broken as broken:
        matrix.add(row, host, row.group, "", str(broken))


def look_at_host(matrix, host, programs):
    """A host that has no namespaces must still work, and say so."""
    row = Story(("sandbox", "what doctor says", None))
    try:
        said = {layer["name"]: layer["active"] for layer in json.loads(host.layers(programs))["sandbox"]}
        promise(host.namespaces or not said["pid namespace"], "it says that there is a pid namespace, which cannot be")
        promise(said["seccomp"], "there is no seccomp")
        missing = ", ".join(name for name, active in said.items() if not active)
        matrix.add(row, host, "missing", missing or "nothing", None)
        matrix.cells[row.group, row.how, host.name] = "misses " + ("namespaces" if "namespace" in missing else missing or "nothing")
    except Broken as broken:
        matrix.add(row, host, "sandbox", "", str(broken))


def install(root, build, faults):
    """The programs where every user reaches them; a build that goes on meanwhile must not matter."""
    programs = root / "programs"
    (programs / "bin").mkdir(parents=True)
    for name in ("mapiguard", "mapiguard-worker"):
        shutil.copy(faults / name, programs / name)
    for name in (*COMMANDS, "echo_slowly"):
        shutil.copy(build / "misbehave" / name, programs / "bin" / name)
    shutil.copy(build / "proof" / "without_namespaces", programs / "without_namespaces")
    return programs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--faults", required=True, type=pathlib.Path, help="the build whose mapiguard knows --plant")
    parser.add_argument("--only", default="", help="rows whose name holds this")
    options = parser.parse_args()
    began, matrix = time.monotonic(), Matrix()
    message = campaign.good_samples()[0][1]
    with tempfile.TemporaryDirectory(prefix="mapiguard-deaths-") as folder:
        root = pathlib.Path(folder)
        root.chmod(0o755)
        programs = install(root, options.build.resolve(), options.faults.resolve())
        places = hosts.hosts_of(root, programs / "without_namespaces")
        for host in places:
            look_at_host(matrix, host, programs)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            rows = [row for row in rows_for(programs) if options.only in row.how]
            cells = [pool.submit(try_cell, matrix, row, host, number, programs, message) for number, row in enumerate(rows) for host in places]
            for cell in cells:
                cell.result()
        matrix.show([host.name for host in places])
    print(f"{len(matrix.cells)} deaths, {matrix.broken} broken, {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 1 if matrix.broken or not matrix.cells else 0


if __name__ == "__main__":
    sys.exit(main())
