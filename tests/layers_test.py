#!/usr/bin/python3
"""Checks what no compiler does: who includes whom (cmake/layers.txt), that the public headers need nothing but the standard
library, that the converter stays a pure function, sizes of files, names of tests.

  layers_test.py [ROOT]      exit 1 when something is broken
"""
import pathlib
import re
import subprocess
import sys

CODE = {".h", ".cc", ".c"}
MOST_LINES, MANY_LINES, MOST_README_LINES = 700, 500, 15
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
STANDARD = re.compile(r"[a-z_]+$|(stddef|stdint|stdbool)\.h$")  # <vector>, and what C needs
TEST = re.compile(r"^\s*(TEST|TEST_F|TEST_P|TYPED_TEST)\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.M)
# A fact has several words, the suite's among them: TruncatedTrailingRecordIsIgnored, Escape.IsRefused.
FACT = re.compile(r"(?:[A-Z0-9][a-z0-9]*){3,}$")
# The converter opens no file, reads no environment or clock, prints nothing, never aborts.
IMPURE_HEADERS = {"fstream", "iostream", "filesystem", "unistd.h", "fcntl.h", "thread", "random", "sys/stat.h", "sys/mman.h"}
IMPURE_CALLS = re.compile(r"\b(getenv|setenv|system_clock|steady_clock|clock_gettime|gettimeofday|fopen|printf|abort|exit|"
                          r"g_printerr?|g_file_get_contents)\s*(\(|::now)")
TABLE_ROW = re.compile(r"\s*\{.*\},?\s*(//.*)?$")
COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)


def read_layers(text):
    layers = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            folder, _, allowed = line.partition(":")
            layers[folder.strip()] = set(allowed.split())
    return layers


def layer_of(path, layers):
    """The longest named folder that holds `path`, or None."""
    holding = [folder for folder in layers if path.startswith(folder + "/")]
    return max(holding, key=len, default=None)


def edges_of(path, text, known):
    """(target path or None, as written, bracket) for each include of a file of ours."""
    for bracket, name in INCLUDE.findall(text):
        if bracket == "<":
            yield (f"include/{name}" if name.startswith("mapiguard/") else None), name, bracket
        else:
            yield (name if name in known else None), name, bracket


def check_includes(path, text, layers, known):
    layer = layer_of(path, layers)
    if layer is None:
        return [f"{path}: in no folder that cmake/layers.txt names"]
    problems = []
    for target, name, bracket in edges_of(path, text, known):
        if target is None:
            if bracket == '"':
                problems.append(f'{path}: "{name}" is not written from the root of the project')
            elif layer == "include" and not STANDARD.match(name):
                problems.append(f"{path}: a public header may include the standard library alone, not <{name}>")
            continue
        to = layer_of(target, layers)
        if to != layer and "*" not in layers[layer] and to not in layers[layer]:
            problems.append(f"{path}: {layer} may not include {to} ({name})")
    return problems


def check_purity(path, text):
    if not path.startswith("converter/"):
        return []
    problems = [f"{path}: the converter is pure, <{name}> is not" for _, name in INCLUDE.findall(text) if name in IMPURE_HEADERS]
    code = COMMENT_OR_STRING.sub(" ", text)
    return problems + [f"{path}: the converter is pure, {call[0]}() is not" for call in IMPURE_CALLS.findall(code)]


def check_ownership(path, text):
    """GObjects live in GRef alone."""
    if path == "base/gref.h" or path.split("/")[0] in ("tests", "fuzz", "bench"):
        return []
    return [f"{path}: g_object_unref belongs into base/gref.h"] if "g_object_unref" in COMMENT_OR_STRING.sub(" ", text) else []


def lines_of_code(text):
    """Rows of a table are data."""
    return sum(1 for line in text.splitlines() if not TABLE_ROW.match(line))


def check_shape(path, text):
    problems = []
    lines = lines_of_code(text)
    if lines > MOST_LINES:
        problems.append(f"{path}: {lines} lines; is this two things? (at most {MOST_LINES})")
    if path.endswith(".h") and "#pragma once" not in text:
        problems.append(f"{path}: no #pragma once")
    return problems


def check_tests(path, text):
    problems = []
    for _, suite, name in TEST.findall(text):
        if "DISABLED" in name or "DISABLED" in suite:
            problems.append(f"{path}: {suite}.{name} is switched off: mend it or delete it")
        elif not FACT.match(suite.removesuffix("Test") + name):
            problems.append(f"{path}: {suite}.{name} is no fact (TruncatedTrailingRecordIsIgnored)")
    if re.search(r"GTEST_SKIP\(\)\s*;", text):
        problems.append(f"{path}: a skipped test does not say why")
    return problems


def check_readmes(root, files):
    problems = []
    for folder in sorted({str(pathlib.PurePath(f).parts[0]) for f in files if "/" in f} - {"include", "cmake"}):
        readme = root / folder / "README.md"
        if not readme.exists():
            problems.append(f"{folder}/README.md is missing")
        elif len(readme.read_text().splitlines()) > MOST_README_LINES:
            problems.append(f"{folder}/README.md: more than {MOST_README_LINES} lines")
    return problems


def sources_of(root):
    """Tracked files, and new ones that no rule ignores; without git, every file."""
    listing = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    names = listing.stdout.splitlines() if listing.returncode == 0 else \
        [str(p.relative_to(root)) for p in root.rglob("*") if "build" not in p.relative_to(root).parts]
    return sorted(n for n in set(names) if pathlib.PurePath(n).suffix in CODE and (root / n).is_file())


def check(root):
    layers = read_layers((root / "cmake/layers.txt").read_text())
    files = sources_of(root)
    known = set(files)
    problems, long_files = [], []
    for path in files:
        text = (root / path).read_text()
        problems += check_includes(path, text, layers, known) + check_purity(path, text) + check_ownership(path, text)
        problems += check_shape(path, text) + check_tests(path, text)
        if MANY_LINES < lines_of_code(text) <= MOST_LINES:
            long_files.append(f"{path} ({lines_of_code(text)} lines)")
    return files, problems + check_readmes(root, files), long_files


def check_the_checks():
    """What must be found is found, what must not is not: a check that cannot fail checks nothing."""
    layers = read_layers("# comment\ninclude:\nbase: include\nguardian: base include\nconverter: base include\ntests: *\n")
    known = {"base/bytes.h", "converter/read.h"}
    fine = [check_includes("guardian/a.cc", '#include "base/bytes.h"\n#include <mapiguard/convert.h>\n#include <poll.h>', layers, known),
            check_includes("tests/x_test.cc", '#include "converter/read.h"', layers, known),
            check_includes("include/mapiguard/a.h", "#include <vector>\n#include <stdint.h>", layers, known),
            check_purity("converter/a.cc", '// abort() is for others\nauto s = "printf(";'),
            check_tests("t", "TEST(Cfb, TruncatedTrailingRecordIsIgnored) {\nTEST_P(A, X500AddressIsKept) {\nTEST_P(Escape, IsRefused)")]
    broken = [check_includes("guardian/a.cc", '#include "converter/read.h"', layers, known),
              check_includes("base/a.cc", '#include "bytes.h"', layers, known),
              check_includes("elsewhere/a.cc", "", layers, known),
              check_includes("include/mapiguard/a.h", "#include <glib.h>", layers, known),
              check_includes("include/mapiguard/a.h", "#include <boost/optional.hpp>", layers, known),
              check_purity("converter/a.cc", "#include <fstream>"), check_purity("converter/a.cc", "std::getenv(name);"),
              check_ownership("converter/a.cc", "g_object_unref(x);"), check_shape("a.h", "int x;\n" * 2),
              check_shape("a.cc", "\n" * 701), check_tests("t", "TEST(Cfb, Basic) {"), check_tests("t", "TEST(Cfb, DISABLED_ItAllWorksWell) {"),
              check_tests("t", "GTEST_SKIP();")]
    assert not any(fine), [f for f in fine if f]
    assert all(broken), [i for i, b in enumerate(broken) if not b]


def main():
    check_the_checks()
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[1])
    files, problems, long_files = check(root)
    for name in long_files:
        print("long:", name)
    for problem in problems:
        print("BROKEN:", problem)
    print(f"{len(files)} files, {len(problems)} problems")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main())
