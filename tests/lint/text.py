#!/usr/bin/env python3
"""Looks at the text of every file of the project, and at its top level.

    text.py [TOP]
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "base"))
from verdict import Verdict, read_text, tracked_files  # noqa: E402

TOP_LEVEL = "Makefile README.md src templates config tests systemd".split()

# What hints at one machine or at how the project is organised, and does not
# belong into the product. Written in pieces: this file is looked at as well.
FORBIDDEN = [
    ("/wo" "rk/", "a path of one machine"),
    ("/tmp/" "plan", "a path of one machine"),
    ("/ro" "ot/", "a path of one machine"),
    (r"\bissue " r"#\d", "the number of a task"),
    (r"\bTO" r"DO\b", "a task"),
    (r"\bFIX" r"ME\b", "a task"),
    (r"\bXX" r"X\b", "a task"),
]
CODE = (".c", ".h", ".cc", ".py", ".sh", ".md", ".yaml", ".service", ".conf")

# Golden files, messages and what fuzzers eat are octets, not prose.
VERBATIM = re.compile(r"^tests/(golden|data|fuzz/corpus)/|\.(eml|png|jpe?g|snap)$")


def check_spaces(path, text):
    out = []
    lines = text.split("\n")
    markdown = path.endswith(".md")
    for number, line in enumerate(lines, 1):
        if "\r" in line:
            out.append(f"{path}:{number}: a carriage return")
        elif re.search(r"[ \t]$", line) and not (
                markdown and re.search(r"\S {2}$", line)):
            out.append(f"{path}:{number}: spaces at the end of the line")
        if re.match(r" +\t", line):
            out.append(f"{path}:{number}: spaces before a tab")
        if path.endswith((".py", ".md", ".yaml")) and line.startswith("\t"):
            out.append(f"{path}:{number}: a tab at the start")
    if text and not text.endswith("\n"):
        out.append(f"{path}:{len(lines)}: no newline at the end")
    if text.endswith("\n\n"):
        out.append(f"{path}:{len(lines) - 1}: empty lines at the end")
    return out


def check_encoding(path, text):
    return [f"{path}:{number}: not UTF-8"
            for number, line in enumerate(text.split("\n"), 1)
            if re.search("[\udc80-\udcff]", line)]


def check_words(path, text):
    out = []
    for number, line in enumerate(text.split("\n"), 1):
        for pattern, what in FORBIDDEN:
            m = re.search(pattern, line)
            if m:
                out.append(f"{path}:{number}: {m[0]!r} is {what}")
    return out


def check_top(files):
    """Complaints about the names that stand at the top level."""
    have = {f.split("/")[0] for f in files}
    return [f"{name}:1: not one of the names at the top: "
            f"{' '.join(TOP_LEVEL)}"
            for name in sorted(have)
            if not name.startswith(".") and name not in TOP_LEVEL]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../..")
    files = tracked_files(top)
    v = Verdict()
    spaces, encoding, words = [], [], []
    for path in files:
        if VERBATIM.search(path):
            continue
        text = read_text(top, path)
        if text is None:
            continue
        encoding += check_encoding(path, text)
        words += check_words(path, text)
        if path.endswith(CODE) or "." not in os.path.basename(path):
            spaces += check_spaces(path, text)
    v.tell("the top level is the plan's", check_top(files))
    v.tell("text is UTF-8", encoding)
    v.tell("no stray white space", spaces)
    v.tell("no words that do not belong here", words)
    v.end()


if __name__ == "__main__":
    main()
