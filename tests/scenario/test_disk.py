"""A full disk: what cannot be recorded is not sent (promise 7)."""

import collections
import contextlib
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import threading
import unittest

from fake_smtp import FakeSmtp, wait_for
from glocal_site import ISSUE, Site


class SmallDisk:
    """A file system of 24 MB in memory; needs root."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.filler = self.folder / "filler"

    def __enter__(self):
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=24m", "glocal-mail-test",
             self.folder], capture_output=True, check=False)
        if done.returncode != 0:
            raise unittest.SkipTest("cannot mount a file system here")
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.folder], check=True)

    def fill(self):
        with self.filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def free(self):
        self.filler.unlink()


@unittest.skipUnless(os.geteuid() == 0, "mounting needs root")
class DiskTest(unittest.TestCase):
    def setUp(self):
        self.outside = self.enterContext(tempfile.TemporaryDirectory())
        self.disk = self.enterContext(SmallDisk(
            self.enterContext(tempfile.TemporaryDirectory())))
        self.server = self.enterContext(FakeSmtp(
            self.outside, options=("--delay-ms", "30")))
        self.site = Site(self.disk.folder / "site", self.server.port)

    @contextlib.contextmanager
    def sending(self):
        """(a `send --wait` amid the mailing, the lines that it says)."""
        process = self.site.start("send", ISSUE, "--wait")
        said = []
        reader = threading.Thread(
            target=lambda: said.extend(process.stderr), daemon=True)
        reader.start()
        try:
            self.server.wait_events("accepted", 10)
            yield process, said
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            reader.join()
            process.stderr.close()

    def fill(self, said):
        self.disk.fill()
        wait_for("the alarm", lambda: any(
            "the disk is full" in line for line in list(said)))

    def test_disk_full(self):
        """Sending stops with one clear message, and goes on by itself."""
        with self.sending() as (process, said):
            self.fill(said)

            # Who asks is told too, although no alarm could be written.
            self.assertIn("is full", self.site.run("status", ISSUE).stdout)

            # What was in flight may still be accepted; nothing more comes.
            stopped = wait_for("silence", self.silence())
            self.assertLess(stopped, 40)
            self.disk.free()
            self.assertEqual(process.wait(60), 0)
        alarms = [line for line in said if "the disk is full" in line]
        self.assertEqual(len(alarms), 1, alarms)
        accepted = collections.Counter(
            m["rcpt"] for m in self.server.accepted())
        books = self.site.status()
        self.assertEqual(set(accepted.values()), {1})
        self.assertEqual(len(accepted), books["planned"])
        self.assertEqual(books["sent"], books["planned"])
        self.assertEqual(books["unknown"], 0)

    def test_the_operator_is_told(self):
        """By mail, once there is room to write it down."""
        operator = "operator@desk.example"
        self.site.configure(self.server.port,
                            extra=f"alarms: {{address: {operator}}}\n")
        with self.sending() as (process, said):
            self.fill(said)
            self.disk.free()
            self.assertEqual(process.wait(60), 0)
        told = [m for m in self.server.accepted() if m["rcpt"] == operator]
        self.assertEqual(len(told), 1)
        self.assertIn("nothing was sent from", self.alarm_text())

    def alarm_text(self):
        path = self.site.folder / "state" / "glocal-mail.db"
        with sqlite3.connect(path) as db:
            text, = db.execute(
                "SELECT text FROM alarm WHERE kind = 'store'").fetchone()
        db.close()
        return text

    def silence(self):
        """A condition: 100 looks in a row saw the same number accepted."""
        seen = []

        def same():
            seen.append(len(self.server.accepted()))
            return seen[-1] if seen[-100:].count(seen[-1]) == 100 else None
        return same

    def test_full_while_planning(self):
        """A plan that does not fit is not there at all."""
        self.site.run("send", ISSUE, "--dry-run")  # makes the site key
        self.disk.fill()
        done = self.site.run("send", ISSUE, status=None)
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("full", done.stderr)
        self.assertEqual(self.server.accepted(), [])
        self.disk.free()
        self.site.run("status", ISSUE, status=66)
        self.site.run("send", ISSUE)
        self.assertEqual(self.site.status()["sent"], 127)


if __name__ == "__main__":
    unittest.main()
