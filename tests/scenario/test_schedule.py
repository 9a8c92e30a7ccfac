"""`send --at`: planned now, sent not before its time."""

import datetime
import time
import unittest

from fake_smtp import wait_for
from glocal_site import ISSUE, Scenario

UTC = datetime.timezone.utc


def soon(**ahead):
    """A moment so far ahead, in whole seconds, as RFC 3339."""
    moment = datetime.datetime.now(UTC) + datetime.timedelta(**ahead)
    return moment.replace(microsecond=0).isoformat()


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class ScheduleTest(Scenario):
    def test_waits_without_a_service_and_says_so(self):
        server = self.server()
        site = self.site(server)
        at = soon(hours=3)
        done = site.run("send", ISSUE, "--at", at, status=75)
        self.assertIn("nobody is there to send it", done.stdout)
        books = site.status()
        self.assertEqual((books["state"], books["queued"]), ("planned", 127))
        self.assertEqual(moment(books["start"]), moment(at))
        self.assertIn("starts at", site.run("status", ISSUE).stdout)
        self.assertIn("planned, starts at", site.run("status").stdout)
        self.assertEqual(server.accepted(), [])

        # Without --at it starts now.
        site.run("send", ISSUE)
        self.assert_all_once(site, server)
        self.assertNotIn("start", site.status())

    def test_the_service_starts_it_in_time(self):
        server = self.server()
        site = self.site(server)
        began = time.monotonic()
        site.run("send", ISSUE, "--at", soon(hours=3), status=75)
        took_s = time.monotonic() - began
        self.start(site, "deliver")
        wait_for("the service",
                 lambda: "deliver" in site.run("status").stdout)

        # The second time counts. It leaves time for what comes before it.
        at = soon(seconds=3 + 5 * took_s)
        done = site.run("send", ISSUE, "--at", at, status=75)
        self.assertIn("the service", done.stdout)
        self.assertIn("starts at", site.run("status", ISSUE).stdout)
        self.assertEqual(server.accepted(), [])
        wait_for("the end", lambda: site.is_finished())
        self.assert_all_once(site, server)
        first = min(moment(a["time"]) for a in site.log())
        self.assertGreaterEqual(first, moment(at))
        site.run("send", ISSUE, "--at", soon(hours=1), status=65)

    def test_paused_and_resumed_it_keeps_its_time(self):
        server = self.server()
        site = self.site(server)
        site.run("send", ISSUE, "--at", soon(hours=3), status=75)
        site.run("pause", ISSUE)
        site.run("resume", ISSUE)
        books = site.status()
        self.assertEqual(books["state"], "planned")
        self.assertIn("start", books)

    def test_cancelled_it_never_starts(self):
        server = self.server()
        site = self.site(server)
        site.run("send", ISSUE, "--at", soon(hours=3), status=75)
        site.run("cancel", ISSUE)
        books = site.status()
        self.assertEqual((books["state"], books["skipped"]),
                         ("cancelled", 127))
        site.run("send", ISSUE, "--at", soon(hours=1), status=65)
        self.assertEqual(server.accepted(), [])

    def test_a_limit_may_wait_too(self):
        server = self.server()
        site = self.site(server)
        site.run("send", ISSUE, "--limit", 5, "--at", soon(hours=3),
                 status=75)
        self.assertEqual(server.accepted(), [])

        # More of them, and now.
        site.run("send", ISSUE, "--limit", 7, status=75)
        self.assertEqual(len(server.accepted()), 7)

        # What has begun cannot start later.
        done = site.run("send", ISSUE, "--at", soon(hours=3), status=65)
        self.assertIn("has begun", done.stderr)

    def test_wrong_times(self):
        site = self.site(self.server())
        for words in (["--at", "soon"], ["--at", "2026-02-30 09:00"],
                      ["--at", "2020-01-01 09:00"],
                      ["--at", soon(hours=1), "--wait"],
                      ["--at", soon(hours=1), "--test", "a@b.example"]):
            with self.subTest(words=words):
                site.run("send", ISSUE, *words, status=64)
        site.run("status", ISSUE, status=66)


if __name__ == "__main__":
    unittest.main()
