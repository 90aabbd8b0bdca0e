#!/usr/bin/python3
"""Which of the ten planted bugs (converter/model/planted_bugs.h) plain and structure-aware fuzzing find in the same time.

  cmake --preset fuzz -B build/planted -DMAPIGUARD_PLANTED_BUGS=ON && cmake --build build/planted --target fuzz_convert
  planted.py build/planted/fuzz [--unit convert] [--seconds 600] [--work FOLDER]

Each bug tells its number before it misbehaves. Fuzzing goes on behind each death (libFuzzer's fork mode); both ways run at the same
time. Exit 1 when structure-aware fuzzing finds no more than plain fuzzing, or when a seed has a bug already.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
KINDS = ["off-by-one read", "use after free", "integer overflow in a length", "endless loop", "quadratic loop", "stack recursion",
         "double free", "uninitialised length", "unchecked count", "assert"]
TOLD = re.compile(rb"planted bug (\d+)")
# A stack overflow has to be reported on a stack of its own; one leak or slow allocation must not end a run.
SANITIZERS = "detect_leaks=0:allocator_may_return_null=1:use_sigaltstack=1:symbolize=0"


class Campaign:
    """One way of fuzzing: when it heard of which bug."""

    def __init__(self, target, seconds, plain, work):
        self.found, self.executions, self.started = {}, 0, time.monotonic()
        self.target, self.work, self.began = target, work, time.time()
        (work / "new").mkdir(parents=True, exist_ok=True)
        (work / "deaths").mkdir(exist_ok=True)
        command = ["nice", "-n", "19", str(target), str(work / "new"), str(HERE.parent / "corpus/samples"), "-fork=1", "-ignore_crashes=1",
                   "-ignore_ooms=1", "-ignore_timeouts=1", f"-dict={HERE / (target.name + '.dict')}", f"-max_total_time={seconds}",
                   "-timeout=5", "-rss_limit_mb=2048", "-max_len=65536", f"-artifact_prefix={work}/deaths/"]
        environment = dict(os.environ, MAPIGUARD_PLAIN_MUTATION="1" if plain else "0", ASAN_OPTIONS=SANITIZERS, UBSAN_OPTIONS=SANITIZERS)
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.log = open(work / "log", "wb", buffering=0)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.log.write(line)
            for number in TOLD.findall(line):
                self.found.setdefault(int(number), time.monotonic() - self.started)
            runs = re.match(rb"#(\d+): cov", line)
            if runs:
                self.executions = int(runs.group(1))

    def finish(self):
        self.process.wait()
        self.reader.join()
        self.log.close()
        self.name_timeouts()

    def name_timeouts(self):
        """Fork mode shows nothing of a time-out or of used-up memory but the input that it keeps."""
        for kept in sorted((self.work / "deaths").glob("timeout-*")) + sorted((self.work / "deaths").glob("oom-*")):
            again = subprocess.run([str(self.target), "-timeout=5", "-rss_limit_mb=2048", str(kept)], capture_output=True,
                                   env=dict(os.environ, ASAN_OPTIONS=SANITIZERS))
            when = kept.stat().st_mtime - self.began
            for number in TOLD.findall(again.stderr):
                self.found[int(number)] = min(self.found.get(int(number), when), when)


def seeds_are_clean(target):
    seeds = [str(path) for path in sorted((HERE.parent / "corpus/samples").iterdir())]
    result = subprocess.run([str(target), *seeds], capture_output=True)
    told = sorted({int(number) for number in TOLD.findall(result.stderr)})
    if told or result.returncode != 0:
        print(f"the seeds themselves have planted bugs {told} (exit {result.returncode})")
    return not told and result.returncode == 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("targets", type=pathlib.Path)
    parser.add_argument("--unit", default="convert")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--work", type=pathlib.Path)
    options = parser.parse_args()
    target = options.targets / options.unit
    if not seeds_are_clean(target):
        return 1
    work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="mapiguard-planted-"))
    ways = [Campaign(target, options.seconds, plain, work / name) for name, plain in (("plain", True), ("structure-aware", False))]
    for way in ways:
        way.finish()
    shown = [lambda number, way=way: f"{way.found[number]:6.0f} s" if number in way.found else "      -" for way in ways]
    print(f"{options.unit}, {options.seconds} s each, at the same time\n\n| bug | kind | plain | structure-aware |\n|---:|---|---:|---:|")
    for number, kind in enumerate(KINDS, 1):
        print(f"| {number} | {kind} | {shown[0](number)} | {shown[1](number)} |")
    plain, aware = (len(way.found) for way in ways)
    print(f"| | found | {plain} of {len(KINDS)} | {aware} of {len(KINDS)} |")
    print(f"\nexecutions: plain {ways[0].executions}, structure-aware {ways[1].executions}; deaths in {work}")
    return 0 if aware > plain else 1


if __name__ == "__main__":
    sys.exit(main())
