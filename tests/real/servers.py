"""Where the real servers are, and what all of them share.

They are looked for in $REAL_SERVERS (by default build/real of this tree, as
tests/real/fetch.sh leaves it), then in the system. A test that finds none, or
is not root, is skipped and says why.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "scenario"))

UNPACKED = pathlib.Path(os.environ.get(
    "REAL_SERVERS", ROOT / "build" / "real")) / "root"
PATIENCE_S = 30
# Present on every Debian; nobody else may run under it.
OWNER, GROUP = "uucp", "games"


def why_not(binary):
    """Why `binary` (a path below /) cannot be tested with; "" when it can."""
    if os.geteuid() != 0:
        return "needs root"
    if not find(binary):
        return f"no {binary}: `make test-real` fetches it"
    return ""


def find(binary):
    """(the tree's top, the path) of a server's file; None when there is none."""
    for top in (UNPACKED, pathlib.Path("/")):
        if (top / binary).exists():
            return top, top / binary
    return None


def library(name):
    """The path of a shared library; None when there is none."""
    for top in (UNPACKED, pathlib.Path("/")):
        for path in top.glob(f"usr/lib/*-linux-gnu*/{name}"):
            return path
    return None


def environment(top):
    """Lets programs of an unpacked tree find their libraries."""
    if str(top) == "/":
        return dict(os.environ)
    folders = [top / "usr/lib/postfix", *(top / "usr/lib").glob("*-linux-gnu*"),
               *(top / "lib").glob("*-linux-gnu*")]
    return dict(os.environ,
                LD_LIBRARY_PATH=":".join(str(f) for f in folders))


def let_through(folder):
    """Lets servers that give up root reach what is theirs in `folder`."""
    for path in (folder, *folder.parents):
        mode = path.stat().st_mode
        if not mode & 0o001:
            path.chmod(mode & 0o7777 | 0o011)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, condition, patience_s=PATIENCE_S):
    """The first true value of condition()."""
    end = time.monotonic() + patience_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {patience_s} s for {what}")
        time.sleep(0.01)


def greets(port, implicit_tls=False):
    """Whether a server answers there."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as s:
            return implicit_tls or s.recv(4).startswith(b"220")
    except OSError:
        return False


def end_group(process):
    """Ends a server that leads its own process group."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def without_top(path, added):
    """(the headers of the names `added` that a server put on top, the rest
    as it went over the wire) of a delivered file."""
    lines = path.read_bytes().split(b"\n")
    top, at = {}, 0
    while at < len(lines):
        name, _, value = lines[at].partition(b":")
        if name.decode("ascii", "replace").lower() not in added:
            break
        at += 1
        while lines[at][:1] in (b" ", b"\t"):
            value += lines[at]
            at += 1
        top[name.decode("ascii").lower()] = value.decode("ascii").strip()
    return top, b"\r\n".join(lines[at:])


class Mailboxes:
    """Maildirs as DOMAIN/USER below `folder`."""

    def __init__(self, folder):
        self.folder = folder

    def files(self):
        return list(self.folder.glob("*/*/new/*"))

    def count(self):
        """How many mailboxes have mail."""
        return len({path.parent for path in self.files()})

    def wait(self, count):
        wait_for(f"mail in {count} boxes",
                 lambda: self.count() >= count)

    def mails(self, added):
        """(address, headers the server added, the octets sent), each."""
        for path in self.files():
            address = f"{path.parts[-3]}@{path.parts[-4]}"
            yield address, *without_top(path, added)
