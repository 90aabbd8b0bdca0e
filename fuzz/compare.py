#!/usr/bin/python3
"""Plain against structure-aware mutation at equal time: the same target, seeds, dictionary and seconds, both at once.

  compare.py TARGETS [--unit msg] [--seconds 300] [--work FOLDER]

TARGETS is the folder of a fuzz build (build/fuzz/fuzz). Prints covered edges, features, inputs kept and executions of both; exit 1 when
structure-aware mutation covers no more edges than plain mutation.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
DONE = re.compile(r"#(\d+)\s+DONE\s+cov: (\d+) ft: (\d+) corp: (\d+)")


def start(target, unit, seconds, plain, work):
    (work / "new").mkdir(parents=True, exist_ok=True)
    command = ["nice", "-n", "19", str(target), str(work / "new"), str(HERE.parent / "corpus/samples")]
    seeds = HERE / "seeds" / unit
    command += [str(seeds)] if seeds.is_dir() else []
    command += [f"-dict={HERE / (unit + '.dict')}", f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
                "-max_len=65536", f"-artifact_prefix={work}/"]
    environment = dict(os.environ, MAPIGUARD_PLAIN_MUTATION="1" if plain else "0")
    with open(work / "log", "wb") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def figures(work):
    text = (work / "log").read_text(errors="replace")
    found = DONE.findall(text)
    if not found:
        sys.exit(f"no result; the log ends with:\n{text[-2000:]}")
    return [int(number) for number in found[-1]]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("targets", type=pathlib.Path)
    parser.add_argument("--unit", default="msg")
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--work", type=pathlib.Path)
    options = parser.parse_args()
    work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="mapiguard-compare-"))
    ways = {"plain": True, "structure-aware": False}
    running = {}
    for name, plain in ways.items():
        running[name] = start(options.targets / options.unit, options.unit, options.seconds, plain, work / name)
    for process in running.values():
        process.wait()
    edges = {}
    print(f"{options.unit}, {options.seconds} s each, at the same time")
    for name in ways:
        runs, edges[name], features, kept = figures(work / name)
        print(f"  {name:16} {edges[name]:6} edges {features:7} features {kept:6} inputs {runs:8} executions")
    gain = 100.0 * (edges["structure-aware"] - edges["plain"]) / edges["plain"]
    print(f"  structure-aware mutation covers {gain:+.1f} % edges")
    return 0 if gain > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
