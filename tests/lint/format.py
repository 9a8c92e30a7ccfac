#!/usr/bin/env python3
"""Compares the C and C++ of the project with what clang-format makes of it.

    format.py [TOP]

Only with the release of clang-format that the style is written for: others
break the same lines elsewhere.
"""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "base"))
from verdict import Verdict, tracked_files  # noqa: E402

RELEASE = 14
RULE = "code is as clang-format leaves it"


def find_formatter():
    """Path of the formatter, or None and why there is none."""
    for name in (f"clang-format-{RELEASE}", "clang-format"):
        path = shutil.which(name)
        if not path:
            continue
        told = subprocess.run([path, "--version"], capture_output=True,
                              text=True).stdout
        found = re.search(r"version (\d+)", told)
        if found and int(found[1]) == RELEASE:
            return path, None
    return None, f"clang-format {RELEASE} is not installed"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../..")
    v = Verdict()
    formatter, reason = find_formatter()
    files = [f for f in tracked_files(top)
             if f.endswith((".c", ".h", ".cc"))]
    if not formatter:
        v.skip(RULE, reason)
    elif not files:
        v.tell(RULE, ["src/:1: there is no code"])
    else:
        r = subprocess.run(
            [formatter, "--style=file", "--dry-run", *files], cwd=top,
            capture_output=True, text=True)
        v.tell(RULE, [line for line in r.stderr.splitlines()
                      if re.match(r"\S+:\d+:\d+:|clang-format|error", line)]
               or ([r.stderr] if r.returncode else []))
    v.end()


if __name__ == "__main__":
    main()
