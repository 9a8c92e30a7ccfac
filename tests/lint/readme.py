#!/usr/bin/env python3
"""Holds what README.md says against the tree: commands and their options,
targets of make, paths, configuration keys, links.

    readme.py [TOP]
"""

import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "base"))
from verdict import Verdict, read_text  # noqa: E402

README = "README.md"
TOP_FOLDERS = "src templates config tests systemd .ci build".split()
EVERYWHERE = {"--help", "--site"}
# A map whose keys a site chooses itself; the README writes NAME for them.
NAMED = "pace.groups"


class Page:
    """The README in pieces: prose, spans of code, and what one types."""

    def __init__(self, text):
        self.spans, self.prose, self.typed = [], [], []
        kind = None
        for number, line in enumerate(text.split("\n"), 1):
            fence = re.match(r" *```(\w*)", line)
            if fence:
                kind = fence.group(1) if kind is None else None
            elif kind is None:
                self.prose.append((number, line))
                self.spans += [(number, s)
                               for s in re.findall(r"`([^`]+)`", line)]
            elif kind == "sh":
                self.typed.append((number, line.strip()))
            elif kind == "console" and line.lstrip().startswith("$ "):
                self.typed.append((number, line.lstrip()[2:]))
        self.typed += self.spans


def read_commands(top):
    """{name: its options} from the command table."""
    table = read_text(top, "src/cli/commands.c")
    tables = {}
    for path in glob.glob(os.path.join(top, "src/cli/*.c")):
        text = read_text(top, os.path.relpath(path, top))
        for name, rows in re.findall(
                r"struct command_option (\w+)\[\] = \{(.*?)\n\};", text, re.S):
            tables[name] = {"--" + o for o in
                            re.findall(r"\{\s*\"([a-z-]+)\"", rows)}
    return {name: tables.get(options, set()) for name, options in re.findall(
        r"\{\s*\"[a-z]+\",\s*\"([a-z -]+)\",.*?(\w+),\s*cmd_\w+\s*\}", table,
        re.S)}


def check_commands(page, commands):
    out = []
    for number, typed in page.typed:
        words = re.split(r"\s+", re.sub(r"[|;&].*", "", typed))
        while words and words[0] in ("sudo", "-u") or \
                words[:2] == ["glocal-mail"] * 2:
            words.pop(0)
        if not words or os.path.basename(words[0]) != "glocal-mail":
            continue
        words = words[1:]
        if words[:1] == ["--site"]:
            words = words[2:]
        if not words or words[0] in EVERYWHERE or not words[0].isalpha():
            continue
        name = next((" ".join(words[:n]) for n in (2, 1)
                     if " ".join(words[:n]) in commands), None)
        where = f"{README}:{number}: "
        if name is None:
            out.append(f"{where}no command '{' '.join(words[:2])}'")
            continue
        out += [f"{where}'{name}' has no option {w}" for w in words
                if w.startswith("--")
                and w.split("=")[0] not in commands[name] | EVERYWHERE]
    return out


def check_targets(page, top):
    makefile = read_text(top, "Makefile")
    targets = set(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, re.M))
    out = []
    for number, typed in page.typed:
        for words in re.findall(r"(?:^|&& |sudo )make((?: [^&;|]+)?)", typed):
            out += [f"{README}:{number}: no target 'make {name}'"
                    for name in re.findall(r" ([a-z][a-z-]*)(?=\s|$)", words)
                    if name not in targets]
    return out


def check_paths(page, top):
    """Paths from the top, and rooms and their files without "src/"."""
    rooms = [name for name in os.listdir(os.path.join(top, "src"))
             if os.path.isdir(os.path.join(top, "src", name))]
    out = []
    for number, span in page.spans:
        first = span.split("/")[0]
        if "/" not in span or re.search(r"[\s$~@:…]|[A-Z]{2,}\.", span) or \
                first == "build" or first not in TOP_FOLDERS + rooms:
            continue
        if not any(glob.glob(os.path.join(top, base, span))
                   for base in ("", "src")):
            out.append(f"{README}:{number}: no file {span}")
    return out


def read_keys(top):
    """The keys of the commented file, as "relays.url"."""
    keys, above = set(), []
    for line in read_text(top, "config/glocal-mail.yaml").split("\n"):
        found = re.match(r"( *)#?([a-z_]+):(\s|$)", line)
        if not found:
            continue
        depth = len(found.group(1))
        above = [a for a in above if a[0] < depth]
        name = ".".join([a[1] for a in above])
        own = "NAME" if name == NAMED else found.group(2)
        above.append((depth, own))
        keys.add(".".join(a[1] for a in above))
    return keys


def check_keys(page, keys):
    """The table's keys exist, and each key stands in it."""
    told = {}
    for number, line in page.prose:
        cell = line.split("|")[1] if line.startswith("| `") else ""
        for key in re.findall(r"`([a-zA-Z_.]+)`", cell):
            told.setdefault(key, number)
    out = [f"{README}:{number}: no configuration key '{key}'"
           for key, number in told.items()
           if key not in keys]
    leaves = {k for k in keys
              if not any(other.startswith(k + ".") for other in keys)}
    return out + [f"{README}: the key '{key}' is not told"
                  for key in sorted(leaves - set(told))]


def slug(heading):
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


def check_links(page, top):
    anchors = {slug(line.lstrip("#")) for _, line in page.prose
               if re.match(r"#+ ", line)}
    out = []
    for number, line in page.prose:
        for link in re.findall(r"\]\(([^)\s]+)\)", line):
            path, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            if path and not os.path.exists(os.path.join(top, path)) or \
                    not path and anchor not in anchors:
                out.append(f"{README}:{number}: a link to nowhere: {link}")
    return out


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else "."
    page = Page(read_text(top, README))
    commands = read_commands(top)
    v = Verdict()
    v.tell("the command table can be read",
           [] if len(commands) else ["src/cli/commands.c: no command found"])
    v.tell("commands and options in the README exist",
           check_commands(page, commands))
    v.tell("make targets in the README exist", check_targets(page, top))
    v.tell("paths in the README exist", check_paths(page, top))
    v.tell("configuration keys in the README are those there are",
           check_keys(page, read_keys(top)))
    v.tell("links in the README lead somewhere", check_links(page, top))
    v.end()


if __name__ == "__main__":
    main()
