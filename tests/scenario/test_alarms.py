"""Alarms reach the operator: by mail, and by a hook."""

import base64
import email
import email.policy
import os
import sqlite3
import unittest

from fake_smtp import wait_for
from glocal_site import ISSUE, Scenario

OPERATOR = "operator@desk.example"
HOOK = """#!/bin/sh
{{
printf '%s\\n' "$0" "$#" "$1" "$2"
cat
}} >>"{told}"
{then}
"""
MAIL = f"alarms: {{address: {OPERATOR}}}\n"
TRIP = "breaker: {least: 5, share_pct: 50}\n"
REFUSE = f"body match={OPERATOR} reply 250 2.0.0 ok\n" \
    "rcpt match=*desk.example reply 250 2.1.5 ok\n" \
    "rcpt reply 550 5.7.1 not from you\n"


class BreakerTest(Scenario):
    def test_too_many_failures(self):
        """Not one by one to the end of a list that is wrong."""
        server = self.server("rcpt odds=70% times=100 reply 550 5.1.1 nobody")
        site = self.site(server, extra="breaker: {failed_least: 30, "
                         "failed_pct: 40}\n")
        site.run("send", ISSUE, status=75)
        books = site.status()
        self.assertEqual(books["state"], "paused")
        self.assertGreater(books["queued"], 40)
        said = site.run("status", ISSUE).stdout
        self.assertIn("too many fail", said)
        self.assertRegex(said, r"[0-9]+ of the last 30 deliveries failed")
        server.stop()

        # A list that was mended goes on from there.
        again = self.server(name="again")
        site.configure(again.port, extra="breaker: {failed_least: 30, "
                       "failed_pct: 40}\n")
        site.run("resume", ISSUE)
        site.run("send", ISSUE, status=65)
        after = site.status()
        self.assertEqual(after["failed"], books["failed"])
        self.assertEqual(after["sent"] + after["failed"], 127)

    def test_some_failures(self):
        server = self.server("rcpt odds=20% reply 550 5.1.1 nobody")
        site = self.site(server, extra="breaker: {failed_least: 30, "
                         "failed_pct: 60}\n")
        site.run("send", ISSUE, status=65)
        self.assertEqual(site.status()["state"], "finished")


class AlarmTest(Scenario):
    said = b""

    def hook(self, then=""):
        """A program that writes down what it is told."""
        self.told = self.folder / "told"
        path = self.folder / "hook"
        path.write_text(HOOK.format(told=self.told, then=then))
        path.chmod(0o755)
        return f"alarms: {{hook: {path}}}\n"

    def calls(self):
        return self.told.read_text() if self.told.exists() else ""

    def mails(self, server):
        return [email.message_from_bytes(server.message(number),
                                         policy=email.policy.default)
                for number, event in enumerate(server.accepted(), 1)
                if event["rcpt"] == OPERATOR]

    def notices(self, site):
        with sqlite3.connect(site.folder / "state" / "glocal-mail.db") as db:
            found = db.execute("SELECT kind, state FROM notice").fetchall()
        db.close()
        return found

    def test_a_block_is_told_by_mail(self):
        server = self.server(REFUSE, dump=True)
        site = self.site(server, extra=MAIL + TRIP)
        site.run("send", ISSUE, status=75)
        self.assertEqual(site.status()["state"], "paused")
        mail, = self.mails(server)
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertEqual(mail["To"], OPERATOR)
        self.assertIn("policy 2026-04", mail["Subject"])
        text = mail.get_content()
        self.assertIn("not from you", text)
        self.assertIn("glocal-mail resume 2026-04", " ".join(text.split()))
        self.assertIn("警報", text)
        for name in ("List-Unsubscribe", "List-Id", "Feedback-ID"):
            self.assertNotIn(name, mail)
        event = next(e for e in server.accepted() if e["rcpt"] == OPERATOR)
        self.assertEqual(event["from"], "news@news.example")
        raw = server.message(server.accepted().index(event) + 1)
        self.assertTrue(all(len(line) <= 78 and line.isascii()
                            for line in raw.split(b"\r\n")))
        base64.b64decode(raw.split(b"\r\n\r\n", 1)[1], validate=False)
        self.assertEqual(self.notices(site), [("alarm", "sent")])

        # Once; when it is cleared and comes again, again.
        site.run("send", ISSUE, status=75)
        self.assertEqual(len(self.mails(server)), 1)
        site.run("resume", ISSUE)
        site.run("send", ISSUE, status=75)
        self.assertEqual(len(self.mails(server)), 2)
        self.assertEqual(server.violations(), [])

    def test_a_hook_gets_words_and_text(self):
        server = self.server(REFUSE)
        site = self.site(server, extra=self.hook() + TRIP)
        site.run("send", ISSUE, status=75)
        told = wait_for("the hook", lambda: self.calls().count("\n") >= 5
                        and self.calls())
        lines = told.splitlines()
        self.assertEqual(lines[1:4], ["2", "policy", ISSUE])
        self.assertIn("not from you", lines[4])

    def test_a_relay_that_is_down(self):
        """The mail waits its turn; the hook does not."""
        server = self.server(dump=True)
        port = server.port
        site = self.site(server, extra=self.hook()[:-2] +
                         f", address: {OPERATOR}}}\n")
        server.go_down()
        site.run("send", ISSUE, status=75)
        wait_for("the hook", lambda: "127.0.0.1" in self.calls())
        self.assertIn("\nrelay\n", self.calls())
        self.assertEqual([n[0] for n in self.notices(site)], ["alarm"])

        # Down again within the hour is not told again.
        count = self.calls().count("\nrelay\n")
        site.run("send", ISSUE, status=75)
        self.assertEqual(self.calls().count("\nrelay\n"), count)
        again = self.server(name="again", dump=True,
                            options=("--listen", f"127.0.0.1:{port}"))
        site.run("send", ISSUE)
        self.assertEqual(len(self.mails(again)), 1)
        self.assertNotIn("alarm:", site.run("status").stdout)

    def test_a_hook_that_fails_harms_nothing(self):
        for then, status in (("exit 3", "exit status 3"),
                             ("kill -9 $$", "signal 9")):
            with self.subTest(then=then):
                server = self.server(REFUSE, name=f"smtp{status[-1]}")
                site = self.site(server, extra=self.hook(then) + TRIP)
                site.configure(server.port, extra=self.hook(then) + TRIP)
                runner = self.start(site, "deliver")
                site.run("send", ISSUE, "--limit", 1, status=None)
                site.run("resume", ISSUE, status=None)
                site.run("send", ISSUE, status=75)
                wait_for("the hook", self.calls)
                wait_for("its end", lambda: self.heard(runner, status))
                runner.terminate()
                self.assertEqual(runner.wait(30), 0)
                self.told.unlink()
                self.fresh()

    def test_a_hook_that_hangs_does_not_hold_up_the_run(self):
        server = self.server(REFUSE)
        site = self.site(server, extra=self.hook("sleep 300") + TRIP)
        done = site.run("send", ISSUE, status=75, timeout=25)
        self.assertIn("policy", self.calls())
        self.assertIn("takes too long; killed", done.stderr)

    def fresh(self):
        """The next site begins anew."""
        os.rename(self.folder / "site",
                  self.folder / f"old{len(os.listdir(self.folder))}")

    def heard(self, runner, words):
        os.set_blocking(runner.stderr.fileno(), False)
        try:
            self.said += os.read(runner.stderr.fileno(), 65536)
        except BlockingIOError:
            pass
        return words.encode() in self.said

    def test_a_hook_must_be_a_program(self):
        path = self.folder / "hook"
        path.write_text("no program")
        site = self.site(self.server(),
                         extra=f"alarms: {{hook: {path}}}\n")
        done = site.run("check", "--offline", status=78)
        self.assertIn("may not be run", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
