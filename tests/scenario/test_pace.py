"""How fast, and who waits for whom."""

import csv
import time
import unittest

from glocal_site import ISSUE, Scenario, contacts


class PaceTest(Scenario):
    def test_a_group_that_asks_for_it_waits_alone(self):
        server = self.server("rcpt first=1 match=*tottori* "
                             "reply 421 4.7.28 too many")
        site = self.site(server, first="2h", longest="2h", give_up="2d")
        site.run("send", ISSUE, status=75)
        books = site.status()
        self.assertEqual((books["sent"], books["queued"]), (126, 1))
        held = [row["group"] for row in site.lines("pace") if row["held"]]
        self.assertEqual(held, ["pref-tottori.example"])
        self.assertIn("asks us to slow down", site.run("status").stdout)

        # Another runner keeps to it, until an operator says otherwise.
        site.run("retry", ISSUE, "--deferred")
        site.run("send", ISSUE, status=75)
        self.assertEqual(site.status()["queued"], 1)
        site.run("pace", "go", "pref-tottori.example")
        self.assertNotIn("slow down", site.run("status").stdout)
        site.run("send", ISSUE)
        self.assertEqual(site.status()["sent"], 127)

    def test_a_slow_domain_does_not_slow_others(self):
        """R-THR-6: every fourth reader is where replies take two seconds; who
        is elsewhere does not wait behind them."""
        server = self.server("body match=*@slow.example stall 2000")
        site = self.site(server, connections=10)
        rows = contacts(1200)
        for i, row in enumerate(rows):
            if i % 4 == 0:
                row["email"] = f"reader{i}@slow.example"
        file = self.folder / "rows.csv"
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        site.run("subscriber", "import", file)
        others = 127 + 900
        began = time.monotonic()
        self.start(site, "send", ISSUE, "--wait")
        while True:
            taken = self.accepted(server)
            slow = sum(a.endswith("@slow.example") for a in taken)
            if len(taken) - slow == others:
                break
            self.assertLess(time.monotonic() - began, 90, (len(taken), slow))
            time.sleep(0.05)

        # All of the slow ones would take ten connections a minute; had the
        # others waited behind them, most would be through by now.
        self.assertLess(slow, 100)

    def test_limits_changed_while_a_mailing_is_under_way(self):
        server = self.server()
        site = self.site(server, extra="pace: {per_second: 2}\n")
        sender = self.start(site, "send", ISSUE)
        server.wait_events("accepted", 3)
        site.run("pace", "per_second", 0)
        began, rest = time.monotonic(), 127 - len(server.accepted())
        self.assertEqual(sender.wait(90), 0)

        # By the pace it had begun with the rest would take a minute.
        self.assertLess(time.monotonic() - began, rest / 2)
        self.assert_all_once(site, server)

    def test_limits_changed_by_an_operator(self):
        server = self.server()
        site = self.site(server)
        site.run("pace", "group", "pref-nara.example", "per_second", 3)
        site.run("pace", "per_second", 40)
        rows = {row["group"]: row for row in site.lines("pace")}
        self.assertEqual(rows[""]["per_second"], 40)
        self.assertTrue(rows["pref-nara.example"]["changed"])
        began = time.monotonic()
        site.run("send", ISSUE)
        self.assertGreater(time.monotonic() - began, 1.8)
        site.run("pace", "reset")
        self.assertFalse(any(r["changed"] for r in site.lines("pace")))
        for words in (["per_second"], ["per_second", "fast"],
                      ["connections", 3], ["group", "google", "colour", 1],
                      ["blink"]):
            with self.subTest(words=words):
                site.run("pace", *words, status=64)


if __name__ == "__main__":
    unittest.main()
