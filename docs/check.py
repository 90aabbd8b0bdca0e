#!/usr/bin/python3
"""Every link of the documents leads somewhere; every file and test of ours that they name exists: check.py [ROOT]"""
import pathlib
import re
import subprocess
import sys

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
QUOTED = re.compile(r"`([A-Za-z0-9_.*/{},-]+)`")
TEST = re.compile(r"`([A-Z]\w*(?:Test|Property))\.(\w+)`")
FENCE = re.compile(r"^```.*?^```", re.S | re.M)


def documents(root):
    listing = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "*.md"], capture_output=True, text=True)
    if listing.returncode == 0:
        return [root / name for name in listing.stdout.splitlines() if (root / name).exists()]
    return [p for p in root.rglob("*.md") if "build" not in p.relative_to(root).parts]


def names_a_file(name, tops):
    """A path of ours: it begins with a top folder of the tree and is no pattern with a placeholder."""
    first = name.split("/")[0]
    return "/" in name and first in tops and not any(c in name for c in "{},<>") and first != "build"


def exists(base, name):
    return any(True for _ in base.glob(name)) if "*" in name else (base / name).exists() or any(base.glob(name + ".*"))


def tests_of(root):
    """Suite.Name of every GoogleTest case."""
    macro = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.M)
    return {f"{suite}.{name}" for source in (root / "tests").rglob("*_test.cc") for suite, name in macro.findall(source.read_text())}


def check(root, document, tops, tests):
    text = document.read_text()
    where = document.relative_to(root)
    for target in LINK.findall(text):
        if "://" not in target and not target.startswith("mailto:") and not (document.parent / target).exists():
            yield f"{where}: link to {target} leads nowhere"
    for name in QUOTED.findall(FENCE.sub("", text)):
        if names_a_file(name, tops) and not exists(root, name) and not exists(document.parent, name):
            yield f"{where}: there is no {name}"
    for suite, name in TEST.findall(text):
        if f"{suite}.{name}" not in tests:
            yield f"{where}: there is no test {suite}.{name}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[1])
    tops = {p.name for p in root.iterdir() if p.is_dir()}
    all_documents = documents(root)
    tests = tests_of(root)
    problems = [problem for document in all_documents for problem in check(root, document, tops, tests)]
    for problem in problems:
        print("BROKEN:", problem)
    print(f"{len(all_documents)} documents, {len(problems)} problems")
    return 1 if problems or not all_documents else 0


if __name__ == "__main__":
    sys.exit(main())
