"""Through a Postfix on this machine that queues durably: every message is
synced to its queue before it is accepted, and then discarded.

The server is that of tests/real, unpacked and not installed; it needs root.
"""

import pathlib
import shutil
import sys
import time

import process
from glocal_site import ISSUE

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "real"))

# pylint: disable=wrong-import-position
import postfix
import servers

QUEUES = ("incoming", "active", "deferred")
STATUS_SOME_LEFT = 75


class Passing:
    """How long a number of messages took into the relay."""

    def __init__(self, run, count):
        self.run, self.count = run, count
        self.rate = count / run.seconds

    def facts(self):
        return {"count": self.count, "seconds": round(self.run.seconds, 3),
                "cpu_us": round(self.run.cpu_s / self.count * 1e6, 1),
                "peak_mb": round(self.run.rss_kb * 1024 / 1e6, 1)}


class Relay:
    """`why` says what stands against it."""

    def __init__(self, folder, sender):
        self.folder, self.sender = pathlib.Path(folder) / "relay", sender
        self.why = postfix.why_not()
        self._server = None

    def __enter__(self):
        self.folder.mkdir()
        servers.let_through(self.folder)
        self._server = postfix.Postfix(self.folder / "postfix",
                                       ["nobody@nowhere.example"])
        self._server.start()
        return self

    def __exit__(self, *_):
        self._server.stop()
        shutil.rmtree(self.folder)

    def _drain(self):
        """Wait until what it took is gone: else it is busy with the last
        sending in the next one."""
        queue = self.folder / "postfix" / "queue"
        end = time.monotonic() + min(60, max(self.sender.clock.left(), 1))
        while any(path.is_file() for name in QUEUES
                  for path in (queue / name).rglob("*")):
            if time.monotonic() > end:
                raise process.OutOfTime
            time.sleep(0.02)

    def ours(self, size, count, way):
        site = self.sender.copy(size)
        run = process.Run(
            self.sender.command(site, self._server.port, count, way),
            self.sender.clock, (0, STATUS_SOME_LEFT))
        sent = site.status(ISSUE)["sent"]
        if sent != count:
            raise RuntimeError(f"{sent} of {count} went through Postfix:\n"
                               f"{run.output}{self._server.log()[-2000:]}")
        shutil.rmtree(site.folder)
        self._drain()
        return Passing(run, count)

    def theirs(self, count, way, file):
        yardstick = self.sender.yardstick
        run = process.Run(
            yardstick.command(self._server.port, way.connections, count, file),
            self.sender.clock, env=yardstick.environment())
        self._drain()
        return Passing(run, count)
