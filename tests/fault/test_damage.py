"""A database that is damaged or must not be written is refused with one clear
line, before anyone is mailed for it, and is left as it is.
"""

import contextlib
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))

from mailing import ISSUE, LONG, Mailings  # noqa: E402

TIME_LIMIT_S = 600
PAGE_BYTES = 4096
SEED = int(os.environ.get("DAMAGE_SEED", "2026"))
PAGES_AT_A_TIME = None if LONG else 12
FLIPS = 150 if LONG else 10
PATIENCE_S = 100


@contextlib.contextmanager
def mounted_read_only(place):
    done = subprocess.run(["mount", "--bind", place, place],
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise unittest.SkipTest("cannot mount a file system here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", place], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", place], check=True)


class DamageTest(unittest.TestCase):
    def setUp(self):
        mailings = self.enterContext(Mailings(script=""))
        self.mailing = self.enterContext(mailings.one())
        self.site = self.mailing.site
        self.path = self.site.folder / "state" / "glocal-mail.db"
        self.log = self.path.with_name(self.path.name + "-wal")

        # A mailing with its first half sent, all in one file.
        self.site.run("send", ISSUE, "--limit", "4", status=75)
        with contextlib.closing(sqlite3.connect(self.path)) as store:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.whole = self.path.read_bytes()
        self.sent = len(self.mailing.server.accepted())

    def restore(self):
        for name in ("-wal", "-shm"):
            self.path.with_name(self.path.name + name).unlink(missing_ok=True)
        self.path.write_bytes(self.whole)

    def send(self):
        process = self.mailing.start()
        _, said = process.communicate(timeout=PATIENCE_S)
        return process.returncode, said

    def check_refused(self, statuses, words):
        """One line, nobody mailed, nothing changed."""
        before = self.path.read_bytes()
        status, said = self.send()
        self.assertIn(status, statuses, said)
        lines = said.splitlines()
        self.assertEqual(len(lines), 1, said)
        self.assertRegex(lines[0], rf"^glocal-mail: .*\.db.*({words})")
        self.assertEqual(len(self.mailing.server.accepted()), self.sent)
        self.assertEqual(self.path.read_bytes(), before)

    def test_garbage_for_a_header(self):
        self.path.write_bytes(b"This is a letter, not a database.\n" * 3
                              + self.whole[102:])
        self.check_refused((65,), "not a database")

    def test_truncated(self):
        for bytes_left in (1, 50, 511):
            with self.subTest(bytes_left=bytes_left):
                self.restore()
                self.path.write_bytes(self.whole[:bytes_left])
                self.check_refused((65, 66), "not a database|holds nothing"
                                             "|malformed")
        for pages in (1, 2, len(self.whole) // PAGE_BYTES // 2):
            with self.subTest(pages=pages):
                self.restore()
                self.path.write_bytes(self.whole[:pages * PAGE_BYTES])
                self.check_refused((65,), "malformed")

    def test_empty_or_gone(self):
        self.path.write_bytes(b"")
        self.check_refused((66,), "is empty")
        self.path.unlink()
        status, said = self.send()
        self.assertEqual(status, 66)
        self.assertIn("does not exist", said)
        self.assertFalse(self.path.exists())

    def test_log_of_another_database(self):
        """A write-ahead log that does not belong here is not believed."""
        self.log.write_bytes(b"\x37\x7f\x06\x82" + b"letter" * 4000)
        status, said = self.send()
        self.assertEqual(status, 0, said)
        self.mailing.check()

    def try_damage(self, what):
        """A run over damage ends in order; what it could read was right."""
        status, said = self.send()
        self.assertIn(status, (0, 65, 66, 70, 74, 75, 78), f"{what}: {said}")
        if status != 0 and "database" not in said:
            self.assertEqual(len([
                line for line in said.splitlines()
                if line.startswith("glocal-mail: ")]), 1, f"{what}: {said}")

    def test_pages_of_garbage(self):
        """Each page in its turn."""
        dice = random.Random(SEED)
        pages = range(1, len(self.whole) // PAGE_BYTES)
        for page in pages if LONG else dice.sample(pages, PAGES_AT_A_TIME):
            with self.subTest(page=page):
                self.restore()
                with self.path.open("r+b") as file:
                    file.seek(page * PAGE_BYTES)
                    file.write(dice.randbytes(PAGE_BYTES))
                self.try_damage(f"page {page}")

    def test_flipped_bytes(self):
        """Here and there a byte, as of a failing memory."""
        dice = random.Random(SEED)
        for number in range(FLIPS):
            with self.subTest(flip=number):
                self.restore()
                damaged = bytearray(self.whole)
                for _ in range(20):
                    damaged[dice.randrange(100, len(damaged))] ^= \
                        1 << dice.randrange(8)
                self.path.write_bytes(damaged)
                self.try_damage(f"flip {number}")

    @unittest.skipUnless(os.geteuid() == 0, "mounting needs root")
    def test_read_only(self):
        """The whole folder, and the file alone."""
        for place in (self.path.parent, self.path):
            with self.subTest(place=place.name), mounted_read_only(place):
                self.check_refused((73, 74, 77), "[Rr]ead-?only")


if __name__ == "__main__":
    unittest.main()
