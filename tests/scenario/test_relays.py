"""Several relays."""

import unittest

from glocal_site import ISSUE, Scenario

SECOND = '  - {{url: "smtp://127.0.0.1:{}", tls: off, connections: 5{}}}\n'


class RelaysTest(Scenario):
    def two(self, first, second, more=""):
        site = self.site(first)
        path = site.folder / "glocal-mail.yaml"
        text = path.read_text()
        head, tail = text.split("retry:", 1)
        path.write_text(head + SECOND.format(second, more) + "retry:" + tail)
        return site

    def test_the_second_waits_for_the_first_to_fail(self):
        first, second = self.server(), self.server(name="second")
        site = self.two(first, second.port)
        site.run("send", ISSUE)
        self.assertEqual(len(first.accepted()), 127)
        self.assertEqual(len(second.accepted()), 0)

    def test_the_second_serves_while_the_first_is_down(self):
        first, second = self.server(), self.server(name="second")
        site = self.two(first, second.port)
        first.go_down()
        site.run("send", ISSUE)
        self.assertEqual(len(second.accepted()), 127)

    def test_one_message_that_is_put_off_at_mail(self):
        """It is no slowdown of the relay, and is given up in the end."""
        server = self.server("mail match=b+1b.o.b.* reply 452 4.3.1 too big")
        site = self.site(server, give_up="2s")
        site.run("send", ISSUE, "--wait", status=65)
        books = site.status()
        self.assertEqual((books["sent"], books["expired"]), (126, 1))
        tried = [a for a in site.log() if a["outcome"] == "deferred"]
        self.assertGreater(len(tried), 1)
        self.assertEqual({a["text"] for a in tried}, {"too big"})

    def test_a_relay_that_puts_all_off_costs_no_attempt(self):
        server = self.server("mail after=20 times=4 reply 452 4.3.1 full")
        site = self.site(server)
        site.run("send", ISSUE, "--wait")
        self.assert_all_once(site, server)
        self.assertEqual({a["attempt"] for a in site.log()}, {1})

    def test_equal_ones_share(self):
        first, second = self.server(), self.server(name="second")
        site = self.two(first, second.port, ", priority: 1, "
                        "messages_per_connection: 4")
        site.run("send", ISSUE)
        counts = len(first.accepted()), len(second.accepted())
        self.assertEqual(sum(counts), 127)
        self.assertGreater(min(counts), 20)
        self.assertGreaterEqual(second.stats()["connections"],
                                counts[1] // 4)


if __name__ == "__main__":
    unittest.main()
