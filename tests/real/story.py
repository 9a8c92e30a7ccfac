"""What every scenario with a real server begins with and ends with."""

import collections
import hashlib
import pathlib
import re
import sqlite3
import tempfile
import unittest

import servers  # noqa: F401 (finds the modules of tests/scenario)
import mailcheck
from glocal_site import ISSUE, Site

DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
RETURN_PATH = re.compile(r"b\+1[a-z2-7]+\.([a-z2-7]+)\.([a-z2-7]+)\.[a-z2-7]+"
                         r"@bounce\.news\.example")


def number(text):
    """A number to the base 32, as tokens hold it."""
    value = 0
    for digit in text:
        value = value * 32 + DIGITS.index(digit)
    return value


class Story(unittest.TestCase):
    """A folder with the sample site in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        servers.let_through(self.folder)
        self.site = Site(self.folder / "site")
        self.readers = sorted(
            s["address"] for s in self.site.lines("subscriber", "list"))

    def started(self, server):
        """Starts a server, and shows its log when the test fails."""
        def end():
            server.stop()
            if any(error for _, error in self._outcome_errors()):
                print(server.log()[-4000:])
        self.addCleanup(end)
        server.start()
        return server

    def _outcome_errors(self):
        result = getattr(self._outcome, "result", None)
        return [e for e in getattr(result, "failures", []) +
                getattr(result, "errors", []) if e[0] is self]

    def use_relay(self, url, **keys):
        """Configures the site for one relay with these keys."""
        self.site.configure(1)
        path = self.site.folder / "glocal-mail.yaml"
        lines = [f'  - url: "{url}"', *(f"    {k}: {v}"
                                        for k, v in keys.items())]
        path.write_text(re.sub(r"(?<=relays:\n)  - .*\n(    .*\n)*",
                               lambda _: "\n".join(lines) + "\n",
                               path.read_text()))

    def ask(self, sql, *values):
        """Rows of the store, as dicts."""
        path = self.site.folder / "state" / "glocal-mail.db"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(sql, values)]

    def deliveries(self):
        """Subscriber, SHA-256 and Message-ID of each delivery, by address."""
        return {row["address"]: row for row in self.ask(
            "SELECT address, subscriber_id, mailing_id, sha256, message_id,"
            " state FROM delivery WHERE issue = ?", ISSUE)}

    def check_mail(self, address, top, octets, delivery):
        """One delivered mail is the one we composed, for this reader."""
        self.assertEqual(hashlib.sha256(octets).digest(), delivery["sha256"],
                         f"{address}: other bytes than were composed")
        self.assertEqual(mailcheck.check(octets), [], address)
        path = RETURN_PATH.fullmatch(top["return-path"].strip("<>"))
        self.assertIsNotNone(path, top["return-path"])
        self.assertEqual((number(path[1]), number(path[2])),
                         (delivery["subscriber_id"], delivery["mailing_id"]),
                         f"{address}: the return path of another reader")
        header = octets.partition(b"\r\n\r\n")[0].decode("ascii")
        mailto = re.search(r"<mailto:u\+1[a-z2-7]+\.([a-z2-7]+)\.", header)
        self.assertEqual(number(mailto[1]), delivery["subscriber_id"])
        self.assertIn(f"<{address}>", re.sub(r"\r\n[ \t]", " ", header))

    def check_boxes(self, boxes, added, wanted, unknown=()):
        """All of `wanted` has mail, once each but for `unknown`. Two files
        with one Received line were accepted once: a server that is killed may
        deliver again what is in its queue."""
        boxes.wait(len(wanted))
        deliveries, accepted = self.deliveries(), set()
        for address, top, octets in boxes.mails(added):
            accepted.add((address, top["received"]))
            self.check_mail(address, top, octets, deliveries[address])
        seen = collections.Counter(address for address, _ in accepted)
        self.assertEqual(set(seen), set(wanted))
        more = {address for address, count in seen.items() if count > 1}
        self.assertLessEqual(more, set(unknown))

    def unknown(self):
        """Whom the log names as in doubt."""
        return {a["address"] for a in self.site.log()
                if a["outcome"] == "unknown"}
