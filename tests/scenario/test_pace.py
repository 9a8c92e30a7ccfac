"""How fast, and who waits for whom."""

import time
import unittest

from glocal_site import ISSUE, Scenario


class PaceTest(Scenario):
    def test_a_group_that_asks_for_it_waits_alone(self):
        server = self.server("rcpt first=1 match=*tottori* "
                             "reply 421 4.7.28 too many")
        site = self.site(server, first="20s", longest="30s")
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
