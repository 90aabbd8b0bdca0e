#!/usr/bin/python3
"""The torture can fail: each build that breaks a promise (cmake/proof.cmake) must end with 1 and have that promise's row
broken, and no other than those it touches. One line a build; exit 0 only if all were found.

  torture.py --build FOLDER [NAME]…
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

# Build → the faults that bring it to light, the promise that must be broken, and those that may be broken with it.
BROKEN = {
    "ndr": ("crash=5", "every killer blocked", set()),
    "charge": ("worker-kill=10", "no innocent charged", {"no message lost", "state directory sound"}),
    "half": ("crash=2", "no message lost", set()),
}
MESSAGES = 60


def torture(program, mix, folder):
    command = [program, "torture", "--messages", str(MESSAGES), "--mix", mix, "--seed", "1", "--timeout", "1", "--state", folder, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    if not done.stdout:
        raise SystemExit(f"{program} ended with {done.returncode} and said: {done.stderr[-2000:]}")
    return done.returncode, json.loads(done.stdout)


def trouble_with(build, name, folder):
    mix, promise, company = BROKEN[name]
    code, report = torture(build / f"broken-{name}" / "mapiguard", mix, folder)
    broken = {row["promise"] for row in report["rows"] if row["result"] == "broken"}
    if code != 1 or report["ok"]:
        return f"it ended with {code} and ok is {report['ok']}"
    if promise not in broken:
        return f"'{promise}' is not among what is broken: {sorted(broken)}"
    if broken - company - {promise}:
        return f"it found more broken than is: {sorted(broken)}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("name", nargs="*", default=list(BROKEN))
    options = parser.parse_args()
    failed = False
    for name in options.name:
        with tempfile.TemporaryDirectory(prefix="mapiguard-torture-") as folder:
            trouble = trouble_with(options.build.resolve(), name, folder)
            left = list(pathlib.Path(folder).iterdir())
        trouble = trouble or (f"it left {left}" if left else None)
        print(f"broken-{name}: {trouble or 'found out'}", flush=True)
        failed = failed or bool(trouble)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
