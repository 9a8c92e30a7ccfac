"""`send --replan`: the typo found after the first hundred."""

import collections
import contextlib
import email
import email.policy
import sqlite3
import unittest

from fake_smtp import wait_for
from glocal_site import ISSUE, Scenario, contacts

OLD = "Monthly Glocal News, April 2026: from Sumida to Salamina"
NEW = "Monthly Glocal News, April 2026: from Sumida to Salamis"
READERS = 200


class ReplanTest(Scenario):
    def setUp(self):
        super().setUp()
        self.seen = {}  # subject by the number of the message

    def english_site(self, server, **config):
        site = self.site(server, **config)
        rows = contacts(READERS)
        for row in rows:
            row["language"] = "en"
        site.import_contacts(rows)
        return site

    def mend(self, site):
        path = site.folder / "issues" / ISSUE / "issue.md"
        text = path.read_text()
        self.assertIn(OLD, text)
        path.write_text(text.replace(OLD, NEW))

    def subjects(self, server):
        """Subject of each accepted mail in English, oldest first."""
        found = []
        for number, event in enumerate(server.accepted(), 1):
            if number not in self.seen:
                head = server.message(number).partition(b"\r\n\r\n")[0]
                mail = email.message_from_bytes(
                    head, policy=email.policy.default)
                self.seen[number] = str(mail["Subject"])
            if "Monthly Glocal News, " in self.seen[number]:
                found.append((event["rcpt"], self.seen[number]))
        return found

    def hashes(self, site):
        """SHA-256 of the bytes of each attempt, by address."""
        found = collections.defaultdict(list)
        with sqlite3.connect(site.folder / "state" / "glocal-mail.db") as db:
            for address, sha256 in db.execute(
                    "SELECT d.address, a.sha256 FROM attempt a"
                    " JOIN delivery d ON d.id = a.delivery_id"
                    " ORDER BY a.id"):
                found[address].append(sha256)
        db.close()
        return found

    def newest_edition(self, site):
        with contextlib.closing(sqlite3.connect(
                site.folder / "state" / "glocal-mail.db")) as db:
            return db.execute("SELECT max(id) FROM edition").fetchone()[0]

    def test_after_the_first_hundred(self):
        # Two of the first were begun, and are tried again afterwards.
        retried = [r["email"] for r in contacts(READERS)[:2]]
        server = self.server(
            "".join(f"body match={r} first=1 reply 451 4.3.0 later\n"
                    for r in retried), dump=True)
        site = self.english_site(server, first="1h", longest="1h",
                                 give_up="2d")
        site.run("send", ISSUE, "--limit", 250, status=75)
        before = self.subjects(server)
        books = site.status()
        self.mend(site)

        # Without --replan the mailing stays as it was planned.
        site.run("send", ISSUE, "--limit", 10, status=75)
        self.assertEqual({s for _, s in self.subjects(server)}, {OLD})
        before = self.subjects(server)

        done = site.run("send", ISSUE, "--replan", "--dry-run")
        self.assertIn("would plan anew", done.stdout)
        books = site.status()
        done = site.run("send", ISSUE, "--replan", status=75)
        self.assertIn("2 that were begun keep their old content",
                      done.stdout)
        after = self.subjects(server)[len(before):]
        self.assertGreater(len(after), 20)
        self.assertEqual({s for _, s in after}, {NEW})
        now = site.status()
        self.assertEqual(now["planned"], books["planned"])
        self.assertEqual((now["sent"], now["queued"]),
                         (books["planned"] - 2, 2))

        # Promise 5: what was begun has the same bytes again.
        site.run("retry", ISSUE, "--deferred")
        site.run("send", ISSUE)
        last = self.subjects(server)[-2:]
        self.assertEqual({a for a, _ in last}, set(retried))
        self.assertEqual({s for _, s in last}, {OLD})
        hashes = self.hashes(site)
        for address in retried:
            self.assertEqual(len(hashes[address]), 2)
            self.assertEqual(len(set(hashes[address])), 1)
        self.assert_all_once(site, server)
        site.run("send", ISSUE, "--replan", status=65)

    def test_while_a_runner_is_at_work(self):
        server = self.server(options=("--delay-ms", "20",
                                      "--stop-after", "160"), dump=True)
        site = self.english_site(server)
        runner = self.start(site, "deliver")
        sender = self.start(site, "send", ISSUE, "--wait")
        server.wait_stopped()
        self.mend(site)
        before = self.newest_edition(site)
        replan = self.start(site, "send", ISSUE, "--replan", "--wait")
        wait_for("the new plan",
                 lambda: self.newest_edition(site) > before)
        server.go_on()
        self.assertEqual(replan.wait(60), 0)
        self.assertEqual(sender.wait(60), 0)
        runner.terminate()
        self.assertEqual(runner.wait(30), 0)
        self.assert_all_once(site, server)
        subjects = [s for _, s in self.subjects(server)]
        self.assertEqual(set(subjects), {OLD, NEW})
        self.assertGreater(subjects.count(NEW), 50)

        # What was on its way may overtake the first new ones, no more.
        first = subjects.index(NEW)
        self.assertLess(subjects[first:].count(OLD), 12)
        self.assertEqual(site.status()["unknown"], 0)
        self.assertEqual(server.violations(), [])

    def test_paused_it_stays_paused(self):
        server = self.server(options=("--stop-after", "20"), dump=True)
        site = self.english_site(server)
        sender = self.start(site, "send", ISSUE, "--wait")
        server.wait_stopped()
        site.run("pause", ISSUE)
        server.go_on()
        sender.wait(60)
        count = len(server.accepted())
        self.mend(site)
        done = site.run("send", ISSUE, "--replan", status=75)
        self.assertIn("resume", done.stdout)
        self.assertEqual(len(server.accepted()), count)
        site.run("resume", ISSUE)
        site.run("send", ISSUE)
        self.assertEqual(
            {s for _, s in self.subjects(server)[count:]}, {NEW})
        self.assert_all_once(site, server)

    def test_interests_of_now_count_and_the_audience_stays(self):
        server = self.server()
        site = self.english_site(server)
        row = contacts(READERS)[5]
        site.run("send", ISSUE, "--limit", 1, status=75)
        planned = site.status()["planned"]
        site.import_contacts([
            {**row, "language": "en", "tags": "sister-city",
             "countries": "GR"},
            {**row, "email": "later@new.example"}])
        site.run("send", ISSUE, "--replan")
        self.assertEqual(site.status()["sent"], planned)
        self.assertNotIn("later@new.example", self.accepted(server))
        explained = site.lines("explain", ISSUE, row["email"])[0]
        with sqlite3.connect(site.folder / "state" / "glocal-mail.db") as db:
            spec = db.execute(
                "SELECT e.spec FROM edition e JOIN delivery d"
                " ON d.edition_id = e.id WHERE d.address = ?",
                (row["email"],)).fetchone()[0]
        db.close()
        for article in explained["articles"]:
            self.assertIn(article["slug"], spec)

    def test_faults_change_nothing(self):
        server = self.server()
        site = self.site(server)
        site.run("send", ISSUE, "--replan", status=66)
        site.run("send", ISSUE, "--limit", 5, status=75)
        path = site.folder / "issues" / ISSUE / "issue.md"
        whole = path.read_text()
        path.write_text(whole.replace("subject:", "subjekt:"))
        site.run("send", ISSUE, "--replan", status=65)
        path.write_text(whole)
        self.assertEqual(len(server.accepted()), 5)
        site.run("send", ISSUE)
        wait_for("the end", site.is_finished)


if __name__ == "__main__":
    unittest.main()
