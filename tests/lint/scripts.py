#!/usr/bin/env python3
"""Reads every script without running it, so that none has a broken line.

    scripts.py [TOP]
"""

import ast
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "base"))
from verdict import Verdict, read_text, tracked_files  # noqa: E402


def language(path, text):
    first = text.split("\n", 1)[0]
    if path.endswith(".py") or (first.startswith("#!") and "python" in first):
        return "python"
    shell = re.match(r"#!.*\b(bash|sh)\b", first)
    if shell or path.endswith(".sh"):
        return shell[1] if shell else "sh"
    return None


def check_python(path, text):
    try:
        ast.parse(text)
    except SyntaxError as e:
        return [f"{path}:{e.lineno}: {e.msg}"]
    return []


def check_shell(top, path, shell):
    r = subprocess.run([shell, "-n", os.path.join(top, path)],
                       stdin=subprocess.DEVNULL, capture_output=True,
                       text=True)
    if r.returncode == 0:
        return []
    where = re.search(r"(?:line )?(\d+): (.*)", r.stderr)
    return [f"{path}:{where[1]}: {where[2]}" if where
            else f"{path}:1: {r.stderr.strip()}"]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../..")
    broken, closed = [], []
    for path in tracked_files(top):
        text = read_text(top, path)
        kind = language(path, text) if text else None
        if not kind:
            continue
        broken += check_python(path, text) if kind == "python" \
            else check_shell(top, path, kind)
        if text.startswith("#!") and \
                not os.access(os.path.join(top, path), os.X_OK):
            closed.append(f"{path}:1: begins with #! but is not executable")
    v = Verdict()
    v.tell("scripts can be read", broken)
    v.tell("scripts can be started", closed)
    v.end()


if __name__ == "__main__":
    main()
