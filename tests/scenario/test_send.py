"""The main job from end to end: `send` against the scripted server."""

import collections
import email
import os
import subprocess
import unittest

import mailcheck
from glocal_site import ISSUE, PROGRAM, Scenario, Site

GREECE = "culture@embassy-greece.example"
MISATO_TOWN = "kokusai@town-misato-shimane.example"
MISATO_CITY = "kokusai@city-misato-saitama.example"


class SendTest(Scenario):
    def test_everyone_gets_one_good_mail(self):
        server = self.server(dump=True)
        site = self.site(server)
        site.run("send", ISSUE)
        books = site.status()
        self.assertEqual(books["state"], "finished")
        self.assertEqual(books["sent"], books["planned"])
        self.assert_all_once(site, server)
        self.assertEqual(server.violations(), [])
        ids = set()
        for message in server.accepted():
            octets = server.message(message["message"])
            self.assertEqual(mailcheck.check(octets), [], message["rcpt"])
            mail = email.message_from_bytes(octets)
            self.assertIn(f"<{message['rcpt']}>", mail["To"])
            ids.add(mail["Message-ID"])
        self.assertEqual(len(ids), books["planned"])

        # Once more: nobody is mailed twice.
        site.run("send", ISSUE)
        self.assert_all_once(site, server)

    def test_nobody_elses_address_is_in_a_mail(self):
        server = self.server(dump=True)
        site = self.site(server)
        site.run("send", ISSUE)
        addresses = [s["address"] for s in site.lines("subscriber", "list")]
        for message in server.accepted():
            octets = server.message(message["message"])
            mail = email.message_from_bytes(octets)
            text = octets.decode("ascii") + "".join(
                part.get_payload(decode=True).decode() for part in mail.walk()
                if part.get_content_maintype() == "text")
            for address in addresses:
                if address != message["rcpt"]:
                    self.assertNotIn(address, text)

    def test_refused_for_now_is_retried(self):
        server = self.server("rcpt first=1 match=*pref* reply 451 4.7.1 later")
        site = self.site(server)
        done = site.run("send", ISSUE, "--wait")
        self.assertIn("0 failed", done.stdout)
        self.assert_all_once(site, server)
        log = site.log()
        deferred = [a for a in log if a["outcome"] == "deferred"]
        self.assertGreater(len(deferred), 40)
        self.assertEqual({a["code"] for a in deferred}, {451})
        self.assertEqual({a["enhanced"] for a in deferred}, {"4.7.1"})
        tries = collections.Counter(a["address"] for a in log)
        self.assertEqual(set(tries.values()), {1, 2})

    def test_refused_for_good_fails_and_suppresses(self):
        script = (f"rcpt match={GREECE} reply 550 5.1.1 no such user\n"
                  f"rcpt match={MISATO_CITY} reply 550 5.7.1 policy")
        server = self.server(script)
        site = self.site(server)
        site.run("send", ISSUE, status=65)
        books = site.status()
        self.assertEqual(books["failed"], 2)
        self.assertEqual(books["state"], "finished")
        self.assert_all_once(site, server, but=(GREECE, MISATO_CITY))
        suppressed = site.run("suppress", "list").stdout
        self.assertIn(GREECE, suppressed)
        self.assertNotIn(MISATO_CITY, suppressed)

    def test_a_policy_block_does_not_burn_the_list(self):
        server = self.server("rcpt reply 550 5.7.1 you are blocked")
        site = self.site(server)
        done = site.run("send", ISSUE, status=75)
        self.assertIn("paused (policy)", done.stdout)
        books = site.status()
        self.assertEqual(books["state"], "paused")
        self.assertTrue(20 <= books["failed"] <= 30, books)
        self.assertIn("mend the cause", site.run("status").stdout)
        again = self.server(name="again")
        site.configure(again.port)
        site.run("retry", ISSUE)
        site.run("resume", ISSUE)
        site.run("send", ISSUE)
        self.assert_all_once(site, again)
        self.assertNotIn("mend the cause", site.run("status").stdout)

    def test_who_said_no_gets_no_test(self):
        server = self.server()
        site = self.site(server)
        site.run("suppress", "add", GREECE)
        site.run("send", ISSUE, "--test", GREECE, status=65)
        site.run("send", ISSUE, "--test", MISATO_CITY, "--dry-run", status=64)
        self.assertEqual(server.events("connect"), [])

    def test_a_site_named_from_where_we_are(self):
        server = self.server()
        site = self.site(server)
        subprocess.run(
            [os.path.abspath(PROGRAM), "--site", site.folder.name, "send",
             ISSUE], cwd=site.folder.parent, check=True, timeout=60,
            stdin=subprocess.DEVNULL, capture_output=True)
        self.assert_all_once(site, server)

    def test_same_bytes(self):
        """Every attempt of a delivery has the same bytes (promise 5)."""
        server = self.server(
            "body first=1 sample=30% accept-then-close\n", dump=True)
        site = self.site(server)
        site.run("send", ISSUE, "--wait")
        copies = collections.defaultdict(set)
        for message in server.accepted():
            copies[message["rcpt"]].add(
                server.message(message["message"]))
        self.assertEqual({len(v) for v in copies.values()}, {1})
        twice = [n for n in self.accepted(server).values() if n == 2]
        self.assertGreater(len(twice), 10)
        self.assertEqual(site.status()["unknown"], len(twice))

    def test_lost_key_is_not_replaced(self):
        server = self.server()
        site = self.site(server)
        site.run("send", "2026-04", "--limit", "3", status=75)
        key = site.folder / "state" / "site.key"
        key.unlink()
        for words in (["send", "2026-04"], ["deliver"],
                      ["preview", "2026-04", "--as", "a@b.example"]):
            refused = site.run(*words, status=66)
            self.assertIn("put it back from the backup", refused.stderr)
            self.assertFalse(key.exists())

    def test_unknown_is_held_on_demand(self):
        server = self.server(f"body match={GREECE} first=1 accept-then-close")
        site = self.site(server, on_unknown="hold")
        site.run("send", ISSUE, "--wait", status=65)
        books = site.status()
        self.assertEqual((books["held"], books["unknown"]), (1, 1))
        self.assert_all_once(site, server)
        site.run("retry", ISSUE, "--as-sent")
        self.assertEqual(site.status()["held"], 0)
        self.assert_all_once(site, server)

    def test_stories_fit_the_reader(self):
        site = Site(self.folder / "site")

        def order(address):
            explained = site.lines("explain", ISSUE, address)[0]
            return [a["slug"] for a in explained["articles"]]
        self.assertEqual(order(MISATO_TOWN)[0], "misato-bali-friendship")
        self.assertEqual(order(MISATO_CITY)[0], "misato-salamina-marathon")
        self.assertEqual(order(GREECE)[0], "misato-salamina-marathon")
        self.assertEqual(len(order("nobody@else.example")), 5)

    def test_limit_lets_some_go_and_pauses(self):
        server = self.server()
        site = self.site(server)
        site.run("send", ISSUE, "--limit", 10, status=75)
        self.assertEqual(len(server.accepted()), 10)
        self.assertEqual(site.status()["state"], "paused")
        site.run("send", ISSUE, "--limit", 5, status=75)
        self.assertEqual(len(server.accepted()), 15)
        site.run("send", ISSUE)
        self.assert_all_once(site, server)

    def test_dry_run_changes_nothing(self):
        server = self.server()
        site = self.site(server)
        done = site.run("send", ISSUE, "--dry-run")
        self.assertIn("would plan 127 readers", done.stdout)
        site.run("status", ISSUE, status=66)
        self.assertEqual(server.events("connect"), [])

    def test_test_mail_is_outside_the_books(self):
        server = self.server(dump=True)
        site = self.site(server)
        site.run("send", ISSUE, "--test", GREECE)
        self.assertEqual(dict(self.accepted(server)), {GREECE: 1})
        self.assertEqual(mailcheck.check(server.message(1)), [])
        site.run("status", ISSUE, status=66)
        site.run("send", ISSUE)
        self.assertEqual(self.accepted(server)[GREECE], 2)

    def test_an_issue_with_a_fault_is_not_planned(self):
        server = self.server()
        site = self.site(server)
        path = (site.folder / "issues" / ISSUE /
                "10-sumida-study-tour.en.md")
        path.write_text(path.read_text(encoding="utf-8").replace(
            "title:", "titel:"), encoding="utf-8")
        done = site.run("send", ISSUE, status=65)
        self.assertRegex(done.stderr, r"10-sumida-study-tour\.en\.md:\d+: .*"
                                      r"did you mean 'title'")
        self.assertEqual(done.stderr.count("titel"), 1, done.stderr)
        self.assertRegex(done.stderr,
                         rf"(?m)^issues/{ISSUE}/10-sumida-study-tour")
        self.assertRegex(done.stderr, r"faults?, see above\n$")
        self.assertEqual(server.events("connect"), [])

    def test_a_relay_that_is_down_loses_nothing(self):
        server = self.server()
        site = self.site(server)
        server.go_down()
        done = site.run("send", ISSUE, status=75)
        self.assertIn("nothing is lost", done.stderr)
        again = self.server(name="again")
        site.configure(again.port)
        site.run("send", ISSUE)
        self.assert_all_once(site, again)

    def test_a_relay_that_slows_us_down_costs_nobody_a_try(self):
        server = self.server("mail every=20 reply 450 4.7.1 too much mail")
        site = self.site(server)
        done = site.run("send", ISSUE)
        self.assertIn("slows us down", done.stderr)
        self.assert_all_once(site, server)
        self.assertEqual({a["outcome"] for a in site.log()}, {"sent"})

    def test_a_relay_that_refuses_us_fails_nobody(self):
        for number, (reply, told) in enumerate((
                ("mail reply 530 5.7.0 authentication required", "530"),
                ("mail reply 550 5.7.1 relaying denied", "550"),
                ("ehlo reply 550 5.7.1 go away", "550"))):
            with self.subTest(reply=reply):
                server = self.server(reply, name=f"refusing{number}")
                site = Site(self.folder / f"site{number}", server.port)
                done = site.run("send", ISSUE, status=75)
                self.assertIn(told, done.stderr)
                books = site.status()
                self.assertEqual((books["failed"], books["queued"]), (0, 127))
                self.assertIn("refuses us", site.run("status").stdout)
                again = self.server(name=f"again{number}")
                site.configure(again.port)
                site.run("retry", ISSUE, "--deferred")
                site.run("send", ISSUE, "--wait")
                self.assert_all_once(site, again)
                self.assertNotIn("alarm", site.run("status").stdout)

    def test_a_final_reply_that_does_not_come(self):
        """Given up by the time that is configured: in doubt, and sent again;
        elsewhere in the dialogue there is no doubt."""
        for phase, unknown in (("data", 0), ("body", 1)):
            with self.subTest(phase=phase):
                server = self.server(f"{phase} match={GREECE} first=1 stall",
                                     name=phase)
                site = Site(self.folder / f"site-{phase}", server.port,
                            extra="timeouts: {data: 2s, final: 2s}\n")
                site.run("send", ISSUE, "--wait")
                self.assert_all_once(site, server)
                attempts = site.log("--address", GREECE)
                self.assertEqual(
                    [a["outcome"] for a in attempts],
                    ["unknown" if unknown else "deferred", "sent"])
                self.assertIn("time allowed", attempts[0]["text"])
                self.assertGreaterEqual(attempts[0]["duration_ms"], 2000)

    def test_an_international_domain_goes_out_as_a_labels(self):
        server = self.server(options=("--no-smtputf8",))
        site = self.site(server)
        site.import_contacts([{"email": "info@例え.example",
                               "basis": "consent"}])
        site.run("send", ISSUE)
        self.assertEqual(
            self.accepted(server)["info@xn--r8jz45g.example"], 1)
        self.assertEqual(site.status()["sent"], 128)
        self.assertEqual(server.violations(), [])

    def test_an_alarm_ends_when_its_relay_is_back(self):
        server = self.server("connect reply 554 5.7.1 go away")
        site = self.site(server)
        site.run("send", ISSUE, status=75)
        said = site.run("status").stdout
        self.assertEqual(said.count(f"127.0.0.1:{server.port}"), 1, said)
        server.go_down()
        self.server(name="back", options=(
            "--listen", f"127.0.0.1:{server.port}"))
        site.run("send", ISSUE, "--wait")
        self.assertNotIn("alarm", site.run("status").stdout)


if __name__ == "__main__":
    unittest.main()
