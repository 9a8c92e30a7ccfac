"""What commands answer: help, pipes that close, full disks, books in words."""

import os
import signal
import sqlite3
import subprocess
import unittest

from glocal_site import ISSUE, Scenario

FULL = "/dev/full"


class HelpTest(Scenario):
    def setUp(self):
        super().setUp()
        self.site = self.site(self.server())

    def test_help_of_a_command_has_two_names(self):
        said = self.site.run("help", "subscriber", "import").stdout
        self.assertEqual(
            said, self.site.run("subscriber", "import", "--help").stdout)
        self.assertIn("--dry-run", said)

    def test_help_of_a_group(self):
        for words in (["subscriber", "--help"], ["help", "subscriber"]):
            said = self.site.run(*words).stdout
            self.assertIn("subscriber unsubscribe ADDRESS", said)
            self.assertNotIn("tag list", said)
        self.site.run("subscriber", status=64)
        self.site.run("help", "subscribe", status=64)

    def test_each_group_stands_once(self):
        said = self.site.run("--help").stdout
        groups = [line for line in said.splitlines()
                  if line and line[0].isalpha() and " " not in line]
        self.assertEqual(groups, ["site", "contacts", "issue", "sending",
                                  "operators"])

    def test_version(self):
        self.assertRegex(self.site.run("--version").stdout,
                         r"^glocal-mail \d+\.\d+\n$")


class OutputTest(Scenario):
    def setUp(self):
        super().setUp()
        self.site = self.site(self.server())

    def run_into(self, output, *words):
        return subprocess.run(
            self.site.command(*words), stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.PIPE, text=True, timeout=60,
            check=False)

    def test_a_closed_pipe_ends_a_listing_quietly(self):
        for words in (["municipality", "list"], ["subscriber", "list"],
                      ["subscriber", "list", "--json"], ["log"], ["--help"]):
            read, write = os.pipe()
            os.close(read)
            done = self.run_into(write, *words)
            os.close(write)
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)

    @unittest.skipUnless(os.path.exists(FULL), "no /dev/full here")
    def test_a_full_disk_is_an_error(self):
        for words in (["municipality", "list"], ["subscriber", "list"],
                      ["status"], ["--help"], ["--version"],
                      ["send", "--help"]):
            with open(FULL, "w") as full:
                done = self.run_into(full, *words)
            self.assertEqual(done.returncode, 74, words)
            self.assertIn("standard output", done.stderr, words)


class StandingTest(Scenario):
    def test_resume_behind_a_limit(self):
        site = self.site(self.server())
        site.run("send", ISSUE, "--limit", "3", status=75)
        refused = site.run("resume", ISSUE, status=65)
        self.assertIn(f"send {ISSUE} --limit N", refused.stderr)
        site.run("pause", ISSUE)
        said = site.run("resume", ISSUE).stdout
        self.assertIn("the limit stays", said)
        self.assertNotIn("goes on", said)

    def test_resume_before_the_start(self):
        site = self.site(self.server())
        site.run("send", ISSUE, "--at", "2099-01-01 09:00", status=75)
        site.run("pause", ISSUE)
        said = site.run("resume", ISSUE).stdout
        self.assertIn("it starts 2099-01-01 09:00", said)

    def test_check_misses_the_site_key(self):
        site = self.site(self.server())
        site.run("check", "--offline")
        site.run("send", ISSUE, "--limit", "1", status=75)
        (site.folder / "state/site.key").unlink()
        self.assertIn("put it back from the backup",
                      site.run("check", "--offline", status=66).stderr)

    def test_log_tells_why_a_delivery_is_skipped(self):
        site = self.site(self.server())
        site.run("send", ISSUE, "--limit", "3", status=75)
        sent = {line["address"] for line in site.log()}
        address = next(s["address"] for s in site.lines("subscriber", "list")
                       if s["address"] not in sent)
        site.run("subscriber", "unsubscribe", address)
        site.run("send", ISSUE, "--wait")
        said = site.run("log", "--state", "skipped").stdout
        self.assertIn(address, said)
        self.assertIn("unsubscribed", said)
        self.assertEqual([line["reason"] for line
                          in site.log("--state", "skipped")],
                         ["unsubscribed"])
        self.assertIn("not planned yet",
                      site.run("log", "--issue", "1999", status=66).stderr)

    def test_since_when_somebody_left(self):
        site = self.site(self.server())
        address = site.lines("subscriber", "list")[0]["address"]
        site.run("subscriber", "unsubscribe", address)
        with sqlite3.connect(site.folder / "state/glocal-mail.db") as store:
            store.execute("UPDATE subscriber SET created_ms = 0")
        store.close()
        withdrawn = [line for line in
                     site.run("subscriber", "show", address).stdout.split("\n")
                     if "withdrawn" in line][0]
        when = " ".join(withdrawn.split()[1:3] if withdrawn.startswith(
            "consent") else withdrawn.split()[:2])
        self.assertIn(f"unsubscribed, since {when}",
                      site.run("subscriber", "show", address).stdout)

    def test_a_dead_runner_that_holds_nothing_is_not_shown(self):
        server = self.server("")
        site = self.site(server)
        deliver = self.start(site, "deliver")
        while "at work since" not in site.run("status").stdout:
            self.assertIsNone(deliver.poll())
        deliver.send_signal(signal.SIGKILL)
        deliver.wait()
        self.assertIn("runner: none at work", site.run("status").stdout)


if __name__ == "__main__":
    unittest.main()
