"""A server that refuses, defers and hangs up at random."""

import unittest

from glocal_site import ISSUE, Scenario, Site, contacts

TIME_LIMIT_S = 240


class RoughTest(Scenario):
    """A server that refuses, defers and hangs up; in the end the books
    balance and every accepted address was accepted once."""

    def test_rough_server(self):
        script = ("rcpt sample=0.03 reply 550 5.1.1 no such user\n"
                  "rcpt first=2 odds=0.10 reply 450 4.2.1 later\n"
                  "mail odds=0.02 close\n"
                  "data odds=0.02 reset\n"
                  "body odds=0.03 close-mid 2000\n"
                  "connect odds=0.05 close\n")
        server = self.server(script)
        site = Site(self.folder / "site", server.port, connections=10)
        site.import_contacts(contacts(2000))
        site.run("send", ISSUE, "--wait", status=65)
        books = site.status()
        accepted = self.accepted(server)
        self.assertEqual(books["sent"], len(accepted))
        self.assertEqual(set(accepted.values()), {1})
        self.assertEqual(books["sent"] + books["failed"], books["planned"])
        self.assertTrue(20 < books["failed"] < 120, books)
        self.assertEqual(server.violations(), [])


if __name__ == "__main__":
    unittest.main()
