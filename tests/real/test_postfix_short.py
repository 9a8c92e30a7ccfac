"""The April issue through a real Postfix, in a few seconds."""

import unittest

import postfix
from story import ISSUE, Story

UNLISTED_EVERY = 7


@unittest.skipIf(postfix.why_not(), postfix.why_not())
class PostfixTest(Story):
    def server(self, addresses, **settings):
        server = postfix.Postfix(self.folder / "postfix", addresses, **settings)
        return self.started(server)

    def test_everyone_gets_the_composed_bytes(self):
        server = self.server(self.readers)
        self.site.configure(server.port)
        self.site.run("send", ISSUE)
        self.assertEqual(self.site.status()["sent"], len(self.readers))
        self.check_boxes(server.boxes, postfix.ADDED, self.readers)
        log = self.site.log()
        self.assertEqual({a["code"] for a in log}, {250})
        for attempt in log:
            self.assertRegex(attempt["text"], "queued as [0-9A-Za-z]+")

    def test_unknown_recipients_between_others(self):
        """Whoever is refused amid pipelined transactions drags nobody along:
        no mail goes to one reader under another's return path."""
        gone = self.readers[3::UNLISTED_EVERY]
        listed = sorted(set(self.readers) - set(gone))
        server = self.server(self.readers)
        server.stop()
        server.admit(listed)
        server.start()
        self.site.configure(server.port, connections=2)
        self.site.run("send", ISSUE, "--wait", status=65)
        books = self.site.status()
        self.assertEqual((books["sent"], books["failed"]),
                         (len(listed), len(gone)))
        self.check_boxes(server.boxes, postfix.ADDED, listed)
        log = self.site.log()
        self.assertEqual(len(log), len(self.readers), "some were tried twice")
        refused = [a for a in log if a["outcome"] == "failed"]
        self.assertEqual(sorted(a["address"] for a in refused), gone)
        self.assertEqual({(a["code"], a["enhanced"]) for a in refused},
                         {(550, "5.1.1")})
        suppressed = self.site.run("suppress", "list").stdout
        self.assertEqual([a for a in self.readers if a in suppressed], gone)


if __name__ == "__main__":
    unittest.main()
