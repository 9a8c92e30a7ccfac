"""Pausing, cancelling, interrupting and unsubscribing under way."""

import contextlib
import datetime
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from fake_smtp import wait_for
from glocal_site import ISSUE, Scenario, contacts


class ControlTest(Scenario):
    """Pausing, cancelling and unsubscribing while a mailing is under way."""

    # The server stops by itself, until it is told to go on: what a test does
    # meanwhile may take as long as it likes. The last message before has no
    # reply yet, so with the others in flight no more than these were begun.
    AT = 10
    SLOW = {"options": ("--delay-ms", "20", "--stop-after", str(AT))}
    BEGUN_MOST = AT - 1 + 5

    def under_way(self, server, site):
        """A `send` that is in the middle of it, and waits for the server."""
        process = self.start(site, "send", ISSUE, "--wait")
        server.wait_stopped()
        return process

    def start_test(self, site):
        """`send --test`, once its notice waits to be sent."""
        process = self.start(site, "send", ISSUE, "--test",
                             "editor@news.example")
        path = site.folder / "state" / "glocal-mail.db"

        def waits():
            with contextlib.closing(sqlite3.connect(path)) as store:
                return store.execute("SELECT count(*) FROM notice"
                                     ).fetchone()[0]
        wait_for("the notice", waits)
        return process

    def test_pause_and_resume(self):
        server = self.server(**self.SLOW)
        site = self.site(server)
        process = self.under_way(server, site)
        site.run("pause", ISSUE)
        server.go_on()
        self.assertEqual(process.wait(60), 75)
        paused = len(server.accepted())
        self.assertLessEqual(paused, self.BEGUN_MOST)
        self.assertEqual(site.status()["state"], "paused")
        site.run("send", ISSUE, status=75)
        self.assertEqual(len(server.accepted()), paused)
        site.run("resume", ISSUE)
        site.run("send", ISSUE)
        self.assert_all_once(site, server)

    def test_cancel(self):
        server = self.server(**self.SLOW)
        site = self.site(server)
        process = self.under_way(server, site)
        before = datetime.datetime.now(datetime.timezone.utc).isoformat()[:23]
        site.run("cancel", ISSUE)

        # All that is not SENDING is taken back at once.
        books = site.status()
        self.assertGreaterEqual(books["skipped"], 127 - self.BEGUN_MOST)
        self.assertEqual(books["queued"] + books["leased"], 0)
        server.go_on()
        process.wait(60)
        self.assertEqual(site.status()["skipped"], books["skipped"])
        books = site.status()
        self.assertEqual(books["state"], "cancelled")
        self.assertEqual(books["sent"], len(server.accepted()))
        skipped = site.log("--state", "skipped")
        self.assertEqual(len(skipped), books["skipped"])
        self.assertGreaterEqual(min(line["time"] for line in skipped), before)
        site.run("send", ISSUE, status=65)

    def test_unsubscribe_while_queued(self):
        server = self.server(**self.SLOW)
        site = self.site(server)
        waiting = [s["address"] for s in site.lines("subscriber", "list")][-9:]
        process = self.under_way(server, site)
        for address in waiting:
            site.run("subscriber", "unsubscribe", address)
        server.go_on()
        process.wait(60)
        self.assert_all_once(site, server, but=waiting)
        self.assertEqual(site.status()["skipped"], len(waiting))

    def test_interrupted_send_finishes_what_is_in_flight(self):
        server = self.server(**self.SLOW)
        site = self.site(server)
        process = self.under_way(server, site)
        process.send_signal(signal.SIGINT)
        server.go_on()
        self.assertEqual(process.wait(60), 75)
        books = site.status()
        self.assertEqual(books["leased"] + books["sending"], 0)
        self.assertEqual(books["sent"], len(server.accepted()))
        self.assertEqual(books["unknown"], 0)
        site.run("send", ISSUE)
        self.assert_all_once(site, server)

    def test_a_lost_terminal_doubles_nothing(self):
        server = self.server(**self.SLOW)
        site = self.site(server)
        process = self.under_way(server, site)
        process.send_signal(signal.SIGHUP)
        server.go_on()
        self.assertEqual(process.wait(60), 75)
        site.run("send", ISSUE)
        self.assert_all_once(site, server)
        self.assertEqual(site.status()["unknown"], 0)

    def test_a_service_reads_its_configuration_anew(self):
        server, second = self.server(), self.server(name="second")
        site = self.site(server, extra="pace: {per_second: 5}\n")
        said = self.folder / "said"
        with said.open("w") as file:
            process = subprocess.Popen(
                site.command("deliver"), stdin=subprocess.DEVNULL,
                stdout=file, stderr=file)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for("the service", lambda: "delivering" in said.read_text())
        sender = self.start(site, "send", ISSUE)
        server.wait_events("accepted", 3)

        # What is wrong is told, and the old pace stays.
        site.configure(server.port, extra="pace: {per_second: fast}\n")
        process.send_signal(signal.SIGHUP)
        wait_for("the complaint",
                 lambda: "stays as it was" in said.read_text())
        self.assertIn("pace.per_second", said.read_text())
        began, count = time.monotonic(), len(server.accepted())
        server.wait_events("accepted", count + 12)
        self.assertGreater(time.monotonic() - began, 1)

        # The rest goes faster than by the old pace, by another relay.
        site.configure(second.port)
        rest = 127 - len(server.accepted())
        process.send_signal(signal.SIGHUP)
        began = time.monotonic()
        sender.wait(60)
        self.assertLess(time.monotonic() - began, rest / 5)
        self.assertGreater(len(second.accepted()), rest / 2)
        self.assertEqual(
            len(server.accepted()) + len(second.accepted()), 127)
        self.assertEqual(site.status()["sent"], 127)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)

    def test_nohup_is_obeyed(self):
        server = self.server(**self.SLOW)
        site = self.site(server)
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGHUP, before)
        process = self.under_way(server, site)
        process.send_signal(signal.SIGHUP)
        server.go_on()
        self.assertEqual(process.wait(60), 0)
        self.assert_all_once(site, server)

    def test_one_issue_does_not_wait_for_another(self):
        server = self.server("rcpt match=*pref-tokyo* first=1 reply 451 later")
        site = self.site(server, first="1h", longest="1h", give_up="2d")
        self.start(site, "send", ISSUE, "--wait")
        server.wait_events("accepted", 120)
        issues = site.folder / "issues"
        shutil.copytree(issues / ISSUE, issues / "2026-05")
        site.run("send", "2026-05")
        self.assertEqual(site.status("2026-05")["sent"], 127)

    def test_a_test_does_not_wait_for_the_mailing(self):
        server = self.server(options=("--body-delay-ms", "300",
                                      "--stop-after", "2"))
        site = self.site(server, connections=2)
        self.under_way(server, site)
        test = self.start_test(site)
        server.go_on()
        self.assertEqual(test.wait(60), 0)
        self.assertLess(len(server.accepted()), 60)
        site.run("cancel", ISSUE)

    def test_a_test_overtakes_a_long_mailing(self):
        """Of 2,000 that are under way, few go before it."""
        started = 50
        server = self.server(options=("--delay-ms", "20",
                                      "--stop-after", str(started)))
        site = self.site(server)
        site.import_contacts(contacts(2000))
        self.start(site, "deliver")
        sender = self.start(site, "send", ISSUE)
        server.wait_stopped()
        test = self.start_test(site)
        server.go_on()
        self.assertEqual(test.wait(60), 0)
        order = [m["rcpt"] for m in server.accepted()]
        place = order.index("editor@news.example")
        self.assertLess(len(order), 2000)
        self.assertLess(place - started, 400)
        site.run("cancel", ISSUE)
        sender.wait(60)

    def test_the_queue_shows_notices(self):
        server = self.server("rcpt match=editor@* reply 451 4.3.0 later")
        site = self.site(server, first="1h", longest="1h", give_up="2d")
        site.run("send", ISSUE, "--test", "editor@news.example", status=75)
        row, = site.lines("queue")
        self.assertEqual((row["kind"], row["address"], row["attempts"]),
                         ("test", "editor@news.example", 1))
        self.assertEqual(row["code"], 451)
        shown = site.run("queue").stdout
        self.assertIn(f"{ISSUE} (test)", shown)
        self.assertNotIn("… and", shown)

    def test_a_limit_holds_while_a_runner_is_at_work(self):
        server = self.server()
        site = self.site(server)
        self.start(site, "deliver")
        site.run("send", ISSUE, "--limit", 5, status=75)
        self.assertEqual(len(server.accepted()), 5)
        site.run("send", ISSUE, "--limit", 2, status=75)
        self.assertEqual(len(server.accepted()), 7)

    def test_a_limit_counts_whom_no_relay_took(self):
        server = self.server()
        site = self.site(server)
        server.stop()
        for _ in range(3):
            site.run("send", ISSUE, "--limit", 5, status=75)
        again = self.server(name="again")
        site.configure(again.port)
        site.run("send", ISSUE, "--limit", 5, status=75)
        self.assertEqual(len(again.accepted()), 5)

    def test_who_must_not_be_mailed_is_not_retried(self):
        server = self.server("rcpt times=1 reply 550 5.1.1 nobody here")
        site = self.site(server)
        site.run("send", ISSUE, status=65)
        said = site.run("retry", ISSUE).stdout
        self.assertIn("0 deliveries are due now", said)
        self.assertIn("1 delivery stays as it was: suppressed", said)
        self.assertEqual(site.status()["failed"], 1)
        site.run("send", ISSUE, status=65)
        site.run("suppress", "remove",
                 site.lines("suppress", "list")[0]["address"])
        self.assertIn("1 delivery is due now", site.run("retry", ISSUE).stdout)
        site.run("send", ISSUE)
        self.assertEqual(site.status()["sent"], 127)

    def test_a_pass_tries_each_once(self):
        server = self.server("rcpt reply 451 4.3.0 later")
        site = self.site(server, first="10ms", longest="10ms")
        site.run("send", ISSUE, status=75)
        self.assertEqual({a["attempt"] for a in site.log()}, {1})

    def test_second_signal_leaves_at_once(self):
        server = self.server("body stall", name="stalling")
        site = self.site(server)
        process = self.start(site, "send", ISSUE)
        server.wait_events("connect", 5)
        wait_for("messages in flight",
                 lambda: site.status()["sending"] == 5)
        process.send_signal(signal.SIGTERM)
        with self.assertRaises(Exception):
            process.wait(0.3)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 75)
        books = site.status()
        self.assertEqual(books["sending"], 0)
        self.assertEqual(books["unknown"], 5)
        again = self.server(name="again")
        site.configure(again.port)
        site.run("send", ISSUE, "--wait")
        self.assert_all_once(site, again)

    def test_second_signal_doubts_only_what_was_sent(self):
        """No byte of these bodies was sent: nobody can have got them."""
        server = self.server("rcpt stall", name="stalling")
        site = self.site(server, on_unknown="hold")
        process = self.start(site, "send", ISSUE)
        server.wait_events("connect", 5)
        wait_for("messages in flight",
                 lambda: site.status()["sending"] == 5)
        process.send_signal(signal.SIGTERM)
        with self.assertRaises(Exception):
            process.wait(0.3)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(10), 75)
        books = site.status()
        self.assertEqual((books["unknown"], books["held"]), (0, 0))
        self.assertEqual(books["queued"], 127)

    def test_two_sends_and_a_runner(self):
        server = self.server(options=("--delay-ms", "30"))
        site = self.site(server)
        runner = self.start(site, "deliver")
        sends = [self.start(site, "send", ISSUE, "--wait") for _ in range(2)]
        self.assertEqual([s.wait(60) for s in sends], [0, 0])
        runner.send_signal(signal.SIGTERM)
        self.assertEqual(runner.wait(30), 0)
        self.assert_all_once(site, server)

    def test_a_dead_runner_is_taken_over(self):
        server = self.server(**self.SLOW)
        site = self.site(server)
        first = self.under_way(server, site)
        second = self.start(site, "send", ISSUE, "--wait")
        first.kill()
        server.go_on()
        self.assertEqual(second.wait(60), 0)
        self.assertEqual(set(self.accepted(server)), {
            s["address"] for s in site.lines("subscriber", "list")})
        doubles = {a for a, n in self.accepted(server).items() if n > 1}
        unknown = {a["address"] for a in site.log()
                   if a["outcome"] == "unknown"}
        self.assertLessEqual(doubles, unknown)


if __name__ == "__main__":
    unittest.main()
