"""What all lints share: the files they look at, and how they tell."""

import os
import subprocess
import sys

NOT_OURS = {".git", "node_modules", "__pycache__"}


def tracked_files(top):
    """Paths of the project's files from `top`, by git where git knows them."""
    if os.path.exists(os.path.join(top, ".git")):
        r = subprocess.run(
            ["git", "-C", top, "-c", "safe.directory=*", "ls-files", "-z",
             "--cached", "--others", "--exclude-standard"],
            stdin=subprocess.DEVNULL, capture_output=True)
        if r.returncode == 0:
            names = r.stdout.decode("utf-8", "surrogateescape").split("\0")
            return sorted({n for n in names
                           if n and os.path.lexists(os.path.join(top, n))})
    found = []
    for folder, folders, files in os.walk(top):
        here = os.path.relpath(folder, top)
        folders[:] = [f for f in folders if f not in NOT_OURS
                      and not (here == "." and f.startswith("build"))]
        found += [os.path.normpath(os.path.join(here, f)) for f in files]
    return sorted(found)


def read_text(top, path):
    """The text of a file; None when it is binary or a link."""
    full = os.path.join(top, path)
    if os.path.islink(full):
        return None
    with open(full, "rb") as f:
        raw = f.read()
    if b"\0" in raw:
        return None
    return raw.decode("utf-8", "surrogateescape")


class Verdict:
    """Tells one result per rule as TAP, each complaint as file:line: what."""

    def __init__(self):
        self.number = self.failed = 0

    def tell(self, rule, complaints, warnings=()):
        for text in warnings:
            print(f"# warning: {text}")
        for text in complaints:
            print(text)
        self.number += 1
        self.failed += bool(complaints)
        print(f"{'not ok' if complaints else 'ok'} {self.number} - {rule}")

    def skip(self, rule, reason):
        self.number += 1
        print(f"ok {self.number} - {rule} # SKIP {reason}")

    def end(self):
        print(f"1..{self.number}")
        sys.exit(1 if self.failed else 0)
