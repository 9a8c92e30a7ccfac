#!/usr/bin/env python3
"""Holds the promises at the head of src/queue/queue.h against the tests: each
names those that prove it, as "room/test_file: name, name", and they are there
and are run.

    promises.py [TOP]
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "base"))
from verdict import Verdict, read_text  # noqa: E402

PAGE = "src/queue/queue.h"
NAMED = re.compile(r"\b(\w+/test_\w+)(?::\s+(\w+(?:,\s+\w+)*))?")


def read_promises(text):
    """[(line, number, text)] of the promises, and what stands behind them."""
    found, behind, inside = [], "", False
    for line_number, line in enumerate(text.split("\n"), 1):
        line = line.lstrip(" *")
        start = re.match(r"(\d+)\. (.*)", line)
        inside = bool(start) or (inside and line.strip() != "")
        if start:
            found.append([line_number, int(start[1]), start[2]])
        elif inside:
            found[-1][2] += " " + line
        elif found:
            behind += " " + line
    return found, behind


def run_names(top, stem):
    """Names of the tests that a module runs; None when there is no module."""
    for ending, pattern in (
            (".c", r"\b(?:TEST|cmocka_unit_test\w*)\(\s*test_(\w+)"),
            (".py", r"(?m)^    def test_(\w+)\(self")):
        path = f"tests/{stem}{ending}"
        if os.path.exists(os.path.join(top, path)):
            return set(re.findall(pattern, read_text(top, path)))
    return None


def check_names(top, line, text):
    out, where = [], f"{PAGE}:{line}: "
    for stem, names in NAMED.findall(text):
        have = run_names(top, stem)
        if have is None:
            out.append(f"{where}no module tests/{stem}")
        elif not names:
            out.append(f"{where}{stem} without the name of a test")
        else:
            out += [f"{where}{stem} runs no test_{name}"
                    for name in re.split(r",\s+", names) if name not in have]
    return out


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else \
        os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    verdict = Verdict()
    promises, behind = read_promises(read_text(top, PAGE))

    # Each has its number and its test.
    complaints = [] if promises else [f"{PAGE}:1: no promise in it"]
    for wanted, (line, number, text) in enumerate(promises, 1):
        if number != wanted:
            complaints.append(f"{PAGE}:{line}: promise {number} is at the "
                              f"place of {wanted}")
        if not NAMED.search(text):
            complaints.append(f"{PAGE}:{line}: promise {number} names no test")
    verdict.tell("every promise of the queue names a test", complaints)

    # And the tests are there.
    complaints = check_names(top, 1, behind)
    for line, _, text in promises:
        complaints += check_names(top, line, text)
    verdict.tell("the tests that promises name are run", complaints)
    verdict.end()


if __name__ == "__main__":
    main()
