"""`backup` and `restore`: a site as one file, and back, also in the middle of
a mailing."""

import collections
import email
import fcntl
import hashlib
import os
import re
import shutil
import sqlite3
import stat
import unittest

from glocal_site import ISSUE, Scenario, Site, contacts

SEAL = b"\nglocal-mail backup; SHA-256 of all before: "
SEAL_BYTES = len(SEAL) + 64 + 1
READERS = 350
PER_SECOND = 50  # so that the backup is in time


def seal(path):
    """Puts a new seal on a file whose old one does not fit any more."""
    data = path.read_bytes()
    path.write_bytes(
        data + SEAL + hashlib.sha256(data).hexdigest().encode() + b"\n")


def unseal(path):
    data = path.read_bytes()
    assert data[-SEAL_BYTES:].startswith(SEAL)
    path.write_bytes(data[:-SEAL_BYTES])


class BackupTest(Scenario):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "backup.glm"
        self.fresh = Site.__new__(Site)
        self.fresh.folder = self.folder / "fresh"

    def restore(self, *words, status=0):
        return self.fresh.run("restore", self.file, *words, status=status)

    def tree(self, folder):
        """Content and mode of all files but the state."""
        return {
            str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mode)
            for p in sorted(folder.rglob("*"))
            if p.is_file() and p.parent.name not in ("state", "runners")}

    def test_a_site_comes_back_whole(self):
        server = self.server()
        site = self.site(server)
        (site.folder / "keys").mkdir()
        (site.folder / "keys" / "relay.password").write_text("secret\n")
        (site.folder / "keys" / "relay.password").chmod(0o600)
        site.run("send", ISSUE)
        done = site.lines("backup", self.file)[0]
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)
        self.assertEqual(done["bytes"], self.file.stat().st_size)
        self.restore()
        self.assertEqual(self.tree(self.fresh.folder), self.tree(site.folder))
        for name in ("state/site.key", "keys/relay.password"):
            path = self.fresh.folder / name
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            self.assertEqual(path.read_bytes(),
                             (site.folder / name).read_bytes())
        self.assertEqual(os.stat(self.fresh.folder / "state").st_mode & 0o777,
                         0o700)
        self.assertEqual(self.fresh.status(), site.status())
        self.assertEqual(self.fresh.log(), site.log())
        self.assertEqual(self.fresh.status()["state"], "finished")

        # Nothing lies about, and the next backup has no backup in it.
        self.assertEqual([p.name for p in self.fresh.folder.glob(".*")], [])
        inner = self.fresh.folder / "inner.glm"
        files = self.fresh.lines("backup", inner)[0]["files"]
        self.assertEqual(files, done["files"])
        self.assertEqual(self.fresh.lines(
            "backup", inner, "--force")[0]["files"], files)

    def test_what_is_there_is_not_overwritten(self):
        site = self.site(self.server())
        self.file.write_text("precious")
        site.run("backup", self.file, status=73)
        self.assertEqual(self.file.read_text(), "precious")
        site.run("backup", self.file, "--force")
        site.run("backup", self.folder / "no" / "such", status=73)
        self.assertEqual(sorted(p.name for p in self.folder.glob("backup*")),
                         ["backup.glm"])
        before = self.tree(site.folder)
        self.fresh = site
        done = self.restore(status=73)
        self.assertIn("not empty", done.stderr)
        self.assertEqual(self.tree(site.folder), before)

    def test_devices_are_left_alone(self):
        site = self.site(self.server())
        os.mkfifo(self.file)
        self.assertIn("no plain file", site.run(
            "backup", self.file, "--force", status=73).stderr)
        self.assertTrue(stat.S_ISFIFO(self.file.lstat().st_mode))

    def test_what_a_killed_backup_left_is_replaced(self):
        site = self.site(self.server())
        left = self.folder / "backup.glm.part"
        left.write_text("half of it")
        left.chmod(0o644)
        site.run("backup", self.file)
        self.assertEqual(sorted(p.name for p in self.folder.glob("backup*")),
                         ["backup.glm"])
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        with left.open("w") as busy:
            fcntl.flock(busy, fcntl.LOCK_EX)
            self.assertIn("another backup", site.run(
                "backup", self.file, "--force", status=75).stderr)

    def test_other_tools_can_read_it(self):
        site = self.site(self.server())
        site.run("backup", self.file)
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as db:
            names = [row[0] for row in db.execute(
                "SELECT path FROM backup_file ORDER BY path")]
            self.assertIn("glocal-mail.yaml", names)
            self.assertIn(f"issues/{ISSUE}/issue.md", names)
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchone(),
                             ("ok",))
        db.close()

        # But nobody can take it for a site's database.
        shutil.copy(self.file, site.folder / "state" / "glocal-mail.db")
        for old in (site.folder / "state").glob("*-wal"):
            old.unlink()
        done = site.run("status", status=65)
        self.assertIn("is a backup", done.stderr)

    def test_bad_files_are_refused(self):
        server = self.server()
        site = self.site(server)
        site.run("send", ISSUE, "--limit", 5, status=75)
        site.run("backup", self.file)
        whole = self.file.read_bytes()

        def refused(status, word):
            done = self.restore(status=status)
            self.assertIn(word, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertFalse(self.fresh.folder.exists())

        for place in (20, 5000, len(whole) // 2, len(whole) - 100,
                      len(whole) - 10):
            bad = bytearray(whole)
            bad[place] ^= 0x10
            self.file.write_bytes(bad)
            with self.subTest(place=place):
                refused(65, "damaged")
        for size in (200, len(whole) // 2, len(whole) - 1):
            self.file.write_bytes(whole[:size])
            with self.subTest(size=size):
                refused(65, "damaged")
        for other in (b"", b"hello\n" * 50,
                      (site.folder / "state" / "glocal-mail.db").read_bytes()):
            self.file.write_bytes(other)
            refused(65, "no backup")
        self.file.unlink()
        refused(66, "No such file")

        # Of a newer program, and one that contradicts itself.
        for change, status, word in (
                ("INSERT INTO migration VALUES (999, 0)", 78, "newer"),
                ("UPDATE delivery SET edition_id = 12345", 65, "refer"),
                ("UPDATE backup_file SET path = '../../out'"
                 " WHERE path = 'tags.csv'", 65, "out")):
            self.file.write_bytes(whole)
            unseal(self.file)
            with sqlite3.connect(self.file) as db:
                db.execute(change)
            db.close()
            seal(self.file)
            with self.subTest(change=change):
                refused(status, word)
        self.file.write_bytes(whole)
        self.restore()

    def test_into_the_same_site(self):
        server = self.server()
        site = self.site(server)
        site.run("backup", self.file)
        key = (site.folder / "state" / "site.key")
        site.run("send", ISSUE)
        self.fresh = site
        runner = self.start(site, "deliver")
        while "deliver" not in site.run("status").stdout:
            self.assertIsNone(runner.poll())
        done = self.restore("--force", status=75)
        self.assertIn("runner is at work", done.stderr)
        runner.terminate()
        runner.wait(30)
        self.assertTrue(key.exists())
        aside = self.fresh.run("restore", self.file, "--force", "--json")
        site.run("status", ISSUE, status=66)
        old = re.search(r'"aside":\s*"([^"]+)"', aside.stdout).group(1)
        self.assertTrue(os.path.exists(
            os.path.join(old, "state", "glocal-mail.db")))

    def start_middle(self, **config):
        """Backup under load, then the site is lost; the server, what was
        accepted by then, and the books as they were in the backup."""
        server = self.server(options=("--delay-ms", "10"), dump=True)
        site = self.site(server, **config)
        site.import_contacts(contacts(READERS))
        site.run("pace", "per_second", PER_SECOND)
        runner = self.start(site, "send", ISSUE, "--wait")
        server.wait_events("accepted", 60)
        site.run("backup", self.file)
        at = len(server.accepted())
        server.wait_events("accepted", at + 150)
        runner.kill()
        runner.communicate()
        self.assertLess(len(server.accepted()), READERS)
        self.addresses = {s["address"]
                          for s in site.lines("subscriber", "list")}
        shutil.rmtree(site.folder)
        return server

    def ids(self, server):
        """Message-ID and List-Unsubscribe of all copies, by address."""
        found = collections.defaultdict(set)
        for number, event in enumerate(server.accepted(), 1):
            mail = email.message_from_bytes(server.message(number))
            found[mail["To"]].add(
                (mail["Message-ID"], mail["List-Unsubscribe"]))
            self.assertIn(event["rcpt"], mail["To"])
        return found

    def unknown(self, site):
        return collections.Counter(
            a["address"] for a in site.log() if a["outcome"] == "unknown")

    def test_in_the_middle_of_a_mailing(self):
        server = self.start_middle()
        done = self.restore("--json").stdout
        books = self.fresh.status()
        in_doubt = books["queued"]
        self.assertEqual((books["state"], books["unknown"]),
                         ("paused", in_doubt))
        self.assertEqual(books["leased"] + books["sending"], 0)
        self.assertIn(f'"in_doubt":{in_doubt}'.replace(" ", ""),
                      done.replace(" ", ""))
        told = self.fresh.run("status", ISSUE).stdout
        self.assertIn("restored from a backup", told)
        texts = {a["text"] for a in self.fresh.log()
                 if a["outcome"] == "unknown"}
        self.assertEqual(len(texts), 1)
        self.assertIn("restored from a backup of", texts.pop())

        # Nothing goes by itself.
        count = len(server.accepted())
        self.fresh.run("send", ISSUE, status=75)
        self.assertEqual(len(server.accepted()), count)
        self.fresh.run("pace", "reset")
        self.fresh.run("resume", ISSUE)
        self.fresh.run("send", ISSUE, "--wait")

        accepted = self.accepted(server)
        unknown = self.unknown(self.fresh)
        self.assertEqual(set(accepted), self.addresses)
        self.assertGreater(max(accepted.values()), 1)
        for address, copies in accepted.items():
            self.assertLessEqual(copies, 1 + unknown[address], address)
        for address, copies in self.ids(server).items():
            self.assertEqual(len(copies), 1, (address, copies))
        books = self.fresh.status()
        self.assertEqual((books["state"], books["sent"]),
                         ("finished", books["planned"]))
        self.assertEqual(server.violations(), [])

    def test_held_nobody_gets_it_twice(self):
        server = self.start_middle(on_unknown="hold")
        self.restore()
        books = self.fresh.status()
        held = books["held"]
        self.assertGreater(held, 150)
        self.assertEqual(books["queued"] + books["sending"], 0)
        self.fresh.run("resume", ISSUE)
        self.assertEqual(self.fresh.status()["state"], "finished")
        self.fresh.run("send", ISSUE, "--wait", status=65)
        self.assertEqual(set(self.accepted(server).values()), {1})

        # What the operator knows to be there counts as sent.
        some = next(a for a in server.accepted()[::-1])["rcpt"]
        self.fresh.run("retry", ISSUE, "--as-sent", "--address", some)
        self.assertEqual(self.fresh.status()["held"], held - 1)
        self.fresh.run("pace", "reset")
        self.fresh.run("retry", ISSUE, "--held")
        self.fresh.run("send", ISSUE, "--wait")
        self.assertEqual(set(self.accepted(server)), self.addresses)

    def test_the_wish_at_restoring_counts(self):
        self.start_middle()
        self.restore("--on-unknown", "never", status=64)
        self.restore("--on-unknown", "hold")
        self.assertGreater(self.fresh.status()["held"], 150)

    def test_numbers_are_not_given_twice(self):
        site = self.site(self.server())
        site.run("backup", self.file)
        self.restore()
        self.fresh.run("send", ISSUE, "--limit", 1, status=75)
        with sqlite3.connect(
                self.fresh.folder / "state" / "glocal-mail.db") as db:
            self.assertGreater(db.execute(
                "SELECT min(id) FROM mailing").fetchone()[0], 900)
        db.close()


if __name__ == "__main__":
    unittest.main()
