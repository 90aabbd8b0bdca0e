#!/usr/bin/python3
"""Runs every benchmark in one go and prints the ratios beside their targets.

  run.py --build FOLDER [--json] [--quick] [--only WORD] [--messages FOLDER]

A and B take turns within this run, and medians are compared: a shared machine hits both alike. The exit code is 0 whether
targets are met or not (a busy machine is no failure of the code); --strict makes a missed target exit 1.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
FILES = 1000


class Row:
    """One answer: `better` says whether small or large values are good."""

    def __init__(self, key, question, value, unit, target, stretch, better="small", detail=""):
        self.key, self.question, self.value, self.unit = key, question, value, unit
        self.target, self.stretch, self.better, self.detail = target, stretch, better, detail

    def meets(self, goal):
        return goal is not None and (self.value <= goal if self.better == "small" else self.value >= goal)

    def as_json(self):
        return {"key": self.key, "question": self.question, "value": round(self.value, 4), "unit": self.unit, "target": self.target,
                "stretch": self.stretch, "better": self.better, "met": self.meets(self.target), "detail": self.detail}

    def as_text(self):
        sign = "≤" if self.better == "small" else "≥"
        if self.target is None:
            return f"{self.question:<66} {self.value:>9.2f} {self.unit:<3} {'no goal':<24} {'':<8} {self.detail}"
        state = "stretch" if self.meets(self.stretch) else "met" if self.meets(self.target) else "MISSED"
        goal = f"{sign} {self.target:g} (stretch {self.stretch:g})" if self.stretch is not None else f"{sign} {self.target:g}"
        return f"{self.question:<66} {self.value:>9.2f} {self.unit:<3} {goal:<24} {state:<8} {self.detail}"


class Bench:
    def __init__(self, build, messages, quick, work):
        self.build, self.quick, self.work = pathlib.Path(build).resolve(), quick, pathlib.Path(work)
        self.mapiguard, self.worker = self.build / "mapiguard", self.build / "mapiguard-worker"
        self.messages = self.make_messages()
        self.samples = messages_in(messages) if messages else sorted(self.messages.glob("ordinary-*.msg"))
        self.counter = 0

    # -- material ----------------------------------------------------------------------------------------------
    def make_messages(self):
        folder = self.work / "messages"
        folder.mkdir()
        subprocess.run([self.build / "bench" / "messages", folder], check=True)
        return folder

    def many_files(self):
        """A folder of different messages: the ordinary ones with a trailer of their own, which neither reader minds."""
        folder = self.work / "many"
        if not folder.exists():
            folder.mkdir()
            for i in range(200 if self.quick else FILES):
                source = self.samples[i % len(self.samples)]
                (folder / f"{i:05d}.msg").write_bytes(source.read_bytes() + f"variant {i}".encode())
        return folder

    def fresh(self, name):
        self.counter += 1
        return self.work / f"{name}-{self.counter}"

    # -- measuring ---------------------------------------------------------------------------------------------
    def program(self, name, *arguments):
        done = subprocess.run([self.build / "bench" / name, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"bench program {name} failed with {done.returncode}")
        return {series: statistics.median(v) if len(v) > 2 else v for series, v in json.loads(done.stdout).items()}

    def timed(self, command, cpu=None, expected=0):
        """Wall seconds of a command, on one processor when `cpu` says which."""
        pin = (lambda: os.sched_setaffinity(0, {cpu})) if cpu is not None else None
        began = time.monotonic()
        done = subprocess.run([str(c) for c in command], preexec_fn=pin, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        took = time.monotonic() - began
        if done.returncode != expected:
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
        return took

    def convert(self, isolation, inputs, cpu=None, jobs=None):
        out, state = self.fresh("out"), self.fresh("state")
        command = [self.mapiguard, "convert", "--state", state, "--no-progress", "--isolation", isolation, "-o", out]
        # What it wrote stays until the end: ext4 searches long for inodes where many have just been freed.
        return self.timed(command + (["-j", jobs] if jobs else []) + [inputs], cpu)

    def msgconvert_many(self, inputs, cpu):
        box = self.fresh("mbox")
        took = self.timed(["msgconvert", "--mbox", box, *sorted(inputs.iterdir())], cpu)
        box.unlink()
        return took

    # -- questions ---------------------------------------------------------------------------------------------
    def sandbox(self):
        m = self.program("sandbox_cost", self.fresh("state"), self.worker, *self.samples)
        detail = ", ".join(f"{name} {value:.0f} µs" for name, value in m.items())
        base = m["in_process"]
        yield Row("isolation_message_added_ms", "CPU that isolation 'message' adds to each message", (m["message"] - base) / 1000, "ms", 0.9, 0.4, detail=detail)
        yield Row("isolation_worker_depth_1", "sandboxed / in this process, CPU, isolation 'worker', depth 1", m["worker_depth_1"] / base, "×", 1.25, 1.15)
        yield Row("isolation_worker_depth_8", "the same, depth 8", m["worker_depth_8"] / base, "×", 1.10, 1.05)
        yield Row("sandbox_depth_1", "of it the sandbox: isolation 'worker' / 'none', depth 1", m["worker_depth_1"] / m["unguarded"], "×", None, None)
        yield Row("sandbox_depth_8", "the same, depth 8", m["worker_depth_8"] / m["unguarded"], "×", None, None)

    def cfb(self):
        m = self.program("cfb_read", *self.samples)
        yield Row("cfb_vs_libgsf", "compound file opened and read whole, faster than libgsf", m["libgsf"] / m["mapiguard"], "×", 10, 30, "large",
                  f"{m['mapiguard'] / len(self.samples):.1f} against {m['libgsf'] / len(self.samples):.1f} µs a file")

    def base64(self):
        m = self.program("base64")
        speed = {name: 50 * 1.048576 / value * 1e6 for name, value in m.items()}
        yield Row("base64_vs_gmime", "base64 of 50 MB in lines, faster than g_mime_encoding", m["gmime"] / m["mapiguard"], "×", 4, None, "large",
                  ", ".join(f"{name} {value:.0f} MB/s" for name, value in speed.items()))
        yield Row("base64_vs_memcpy", "the same, part of memcpy's speed", m["memcpy"] / m["mapiguard"], "×", 0.2, 0.5, "large")

    def record(self):
        folder = self.fresh("record")
        (folder / "inflight").mkdir(parents=True, mode=0o700)
        m = self.program("record", folder)
        (median, tail), scale = m["fill_clear_ns"], f"pwrite {m['pwrite_ns'][0]:.0f} ns, with fdatasync {m['fdatasync_ns'][0] / 1000:.0f} µs"
        yield Row("record_median_us", "record before work, filled and cleared, kill-safe: median", median / 1000, "µs", 0.1, None, detail=scale)
        yield Row("record_p999_us", "the same: p99.9", tail / 1000, "µs", 1, None)
        yield Row("durable_vs_lone", "durable mode per message vs a lone fdatasync, 32 callers", m["durable_us"] / m["lone_us"], "×", 0.1, 0.05,
                  detail=f"{m['durable_us']:.1f} against {m['lone_us']:.0f} µs")

    def recovery(self):
        m = self.program("recovery", self.fresh("state"), self.build / "bench" / "killer_worker")
        small, large = m["small_us"], m["large_us"]
        yield Row("recovery_p99_ms", "worker's death to the next message's reply, small worker: p99", small[1] / 1000, "ms", 5, 2,
                  detail=f"median {small[0] / 1000:.2f} ms")
        yield Row("recovery_large_p99_ms", "the same, a dying worker of 200 MB, for another caller: p99", large[1] / 1000, "ms", 5, None,
                  detail=f"median {large[0] / 1000:.2f} ms")
        base = m["rate_0"][0]
        for percent in (1, 10):
            rate = m[f"rate_{percent}"][0]
            yield Row(f"rate_{percent}_percent_killers", f"messages a second with {percent} % killers, part of those with none", rate / base, "×", None, None, "large",
                      f"{rate:.0f} against {base:.0f}")

    def bulk(self):
        files = self.many_files()
        times = {("message", 2): [], ("worker", 2): [], ("message", 1): [], ("worker", 1): []}
        peer = []
        for _ in range(2):  # msgconvert in the middle of ours
            for (isolation, cores), series in times.items():
                series += [self.convert(isolation, files, cpu=None if cores == 2 else 0, jobs=None if cores == 2 else 1) for _ in range(2)]
            peer.append(self.msgconvert_many(files, cpu=0))
        best = {key: statistics.median(series) for key, series in times.items()}
        base = statistics.median(peer)
        count = len(list(files.iterdir()))
        for (isolation, cores), target, stretch in ((("message", 2), 27, 54), (("worker", 2), 106, 160), (("message", 1), 24, 50), (("worker", 1), 100, 150)):
            took = best[isolation, cores]
            yield Row(f"bulk_{isolation}_{cores}", f"{count} files, isolation '{isolation}', {cores} core(s), faster than msgconvert", base / took, "×", target, stretch, "large",
                      f"{took:.2f} against {base:.2f} s")

    def one_file(self):
        small = min(self.samples, key=lambda p: p.stat().st_size)
        state, ours, peer = self.fresh("state"), [], []
        for _ in range(5 if self.quick else 15):
            ours.append(self.timed([self.mapiguard, "convert", "--state", state, small]))
            peer.append(self.timed(["msgconvert", "--outfile", "/dev/null", small]))
        a, b = statistics.median(ours), statistics.median(peer)
        yield Row("one_file", "one small file, start to finish, faster than msgconvert", b / a, "×", 10, 20, "large", f"{a * 1000:.1f} against {b * 1000:.1f} ms")

    def many_recipients(self):
        message, ours = self.messages / "recipients.msg", []
        state = self.fresh("state")
        for _ in range(7):
            ours.append(self.timed([self.mapiguard, "convert", "--state", state, message]))
        peer = self.timed(["msgconvert", "--outfile", "/dev/null", message])
        took = statistics.median(ours)
        yield Row("many_recipients_ms", "2,000 recipients (2.1 MB), start to finish", took * 1000, "ms", 20, 10, detail=f"msgconvert {peer * 1000:.0f} ms, {message.stat().st_size / 1e6:.1f} MB")

    def delivered(self):
        folder = self.fresh("delivered")
        folder.mkdir()
        m = self.program("delivered", folder)
        one, many, most = (m[f"deliver_{size}"] for size in ("10k", "1m", "10m"))
        plain = [m[f"sqlite_{size}"] for size in ("10k", "1m", "10m")]
        yield Row("delivered_10m_vs_10k", "check and mark of a delivery, 10 million rows / 10 thousand", most / one, "×", 2, 1.2,
                  detail=f"{one:.1f}, {many:.1f}, {most:.1f} µs with 10 k, 1 M, 10 M; a plain SQLite table {plain[0]:.1f}, {plain[1]:.1f}, {plain[2]:.1f}")
        yield Row("delivered_vs_sqlite", "the same with 10 million rows, faster than a plain SQLite table", plain[2] / most, "×", None, None, "large")
        yield Row("duplicate_10m_vs_10k", "a duplicate found, 10 million rows / 10 thousand", m["refuse_10m"] / m["refuse_10k"], "×", 2, 1.2,
                  detail=f"{m['refuse_10k']:.1f}, {m['refuse_1m']:.1f}, {m['refuse_10m']:.1f} µs")
        (busy, idle), (took, gone) = m["expiry_ms"], m["cleanup_ms_and_rows"]
        yield Row("expiry_pause_ms", "longest delivery while a million expired rows are removed", busy, "ms", 50, None,
                  detail=f"{idle:.1f} ms without; removing {gone:.0f} rows took {took:.0f} ms")

    def memory(self):
        m = self.program("worker_memory", self.fresh("state"), self.worker, self.samples[0], self.messages / "attachment.msg")
        idle, peak, size = m["idle_bytes"][0], m["peak_bytes"][0], m["input_bytes"][0]
        yield Row("worker_memory_mb", "50 MB attachment: peak of the worker over idle, beyond the input", max(0.0, (peak - idle - size) / 1e6), "MB", 8, 1,
                  detail=f"idle {idle / 1e6:.1f}, peak {peak / 1e6:.1f}, input {size / 1e6:.1f} MB")

    QUESTIONS = ("sandbox", "cfb", "base64", "record", "recovery", "one_file", "many_recipients", "memory", "delivered", "bulk")


def messages_in(folder):
    found = [p for p in sorted(pathlib.Path(folder).rglob("*.msg")) if 9_000 <= p.stat().st_size <= 60_000]
    if not found:
        sys.exit(f"no .msg of ordinary size in {folder}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=ROOT / "build" / "bench")
    parser.add_argument("--json", action="store_true", help="one JSON object a row instead of a table")
    parser.add_argument("--quick", action="store_true", help="fewer files and rounds")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--only", action="append", metavar="WORD", help=f"one of {', '.join(Bench.QUESTIONS)}; may repeat")
    parser.add_argument("--messages", help="folder of .msg files to use instead of our own of 25 KB")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="mapiguard-bench-") as work:
        bench = Bench(options.build, options.messages, options.quick, work)
        for name in options.only or Bench.QUESTIONS:
            for row in getattr(bench, name)():
                print(json.dumps(row.as_json(), ensure_ascii=False) if options.json else row.as_text(), flush=True)
                rows.append(row)
    rows = [row for row in rows if row.target is not None]
    missed = [row for row in rows if not row.meets(row.target)]
    if not options.json:
        print(f"\n{len(rows) - len(missed)} of {len(rows)} targets met; {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    return 1 if options.strict and missed else 0


if __name__ == "__main__":
    sys.exit(main())
