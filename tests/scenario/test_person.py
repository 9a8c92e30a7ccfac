"""The rights of a person: everything in one file, and nothing left after an
erasure, in whatever file of the site, while a mailing is half sent."""

import json
import sqlite3
import unittest

from fake_smtp import wait_for
from glocal_site import ISSUE, Scenario, contacts

SENT, BUSY, QUEUED, FLYING = PEOPLE = [
    f"{name}.tanaka@town-misato.example"
    for name in ("aoi", "hana", "ren", "yui")]
NAMES = ["田中葵左衛門", "田中花左衛門", "田中蓮左衛門", "田中結左衛門"]


def row(address, name):
    return {"email": address, "name": name, "organisation": "美郷町",
            "municipality": "324485", "language": "ja", "tags": "culture",
            "countries": "ID", "basis": "consent"}


class PersonTest(Scenario):
    def prepare(self, site):
        """Contacts that moved within the pages of the database."""
        site.import_contacts(
            [row(*person) for person in zip(PEOPLE[:2], NAMES)]
            + contacts(300)
            + [row(*person) for person in zip(PEOPLE[2:], NAMES[2:])])
        for address, name in zip(PEOPLE, NAMES):
            site.run("subscriber", "edit", address, "--department", name * 9)
            site.run("subscriber", "edit", address, "--name", name,
                     "--department", "")
        (site.folder / "import.csv").unlink()
        (site.folder / "contacts.csv").unlink()
        self.leave_copies(site)

    def leave_copies(self, site):
        """What rows that moved leave in a page, made on purpose."""
        path = site.folder / "state/glocal-mail.db"
        db = sqlite3.connect(path)
        db.execute("PRAGMA secure_delete = OFF")
        with db:
            db.execute(
                "INSERT INTO alarm (kind, subject, text, raised_ms)"
                " VALUES ('x', 'x', ?, 1)", (" ".join(PEOPLE + NAMES),))
        with db:
            db.execute("DELETE FROM alarm WHERE kind = 'x'")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        self.assertIn(" ".join(NAMES).encode(), path.read_bytes())

    def assert_gone(self, site, *traces):
        """Every byte of every file, and every name of one."""
        for path in sorted(site.folder.rglob("*")):
            data = path.read_bytes().lower() if path.is_file() else b""
            for trace in traces:
                self.assertNotIn(trace, str(path).lower())
                self.assertNotIn(trace.encode(), data, path)

    def erase(self, site, address):
        return site.run("subscriber", "erase", address).stdout

    def test_erase_half_sent(self):
        server = self.server(
            f"rcpt match={BUSY} reply 450 4.2.0 {BUSY} of Tanaka is busy\n")
        site = self.site(server, first="1h", longest="1h", give_up="2d")
        self.prepare(site)
        site.run("send", ISSUE, "--test", SENT)
        site.run("preview", ISSUE, "--as", SENT)
        site.run("send", ISSUE, "--limit", "131", status=75)
        self.assertEqual(self.accepted(server)[SENT], 2)
        self.assertEqual(self.accepted(server)[QUEUED], 0)
        log = site.run("log", "--address", BUSY).stdout
        self.assertIn(f"{BUSY} of Tanaka is busy", log)
        before = site.status()

        self.assertEqual(self.erase(site, SENT), f"{SENT}: erased\n")
        for address in (BUSY, QUEUED):
            self.assertEqual(self.erase(site, address),
                             f"{address}: erased; 1 waiting mail skipped\n")
        self.assert_gone(site, *PEOPLE[:3], *NAMES[:3], "of tanaka")
        after = site.status()
        self.assertEqual(after["planned"], before["planned"])
        self.assertEqual(after["sent"], before["sent"])
        self.assertEqual(after["skipped"], before["skipped"] + 2)
        site.run("check", "--offline")

        # The rest gets its mail, and these three nothing more.
        site.run("send", ISSUE)
        self.assertTrue(site.is_finished())
        self.assertEqual(self.accepted(server)[SENT], 2)
        self.assertEqual(self.accepted(server)[BUSY], 0)
        self.assertEqual(self.accepted(server)[QUEUED], 0)
        self.assertEqual(self.accepted(server)[FLYING], 1)
        self.assert_gone(site, *PEOPLE[:3], *NAMES[:3], "of tanaka")

    def test_erase_in_flight(self):
        """The server answers after the erasure; that goes unrecorded."""
        server = self.server(f"body match={FLYING} drip 50\n")
        site = self.site(server)
        site.import_contacts([row(FLYING, NAMES[3])])
        (site.folder / "import.csv").unlink()
        (site.folder / "contacts.csv").unlink()
        process = self.start(site, "send", ISSUE, "--wait")
        wait_for("the message to be on the wire", lambda: any(
            FLYING in line and " sending " in line
            for line in site.run("queue", "--limit", "200", status=None)
            .stdout.splitlines()), process)
        self.assertEqual(self.erase(site, FLYING), f"{FLYING}: erased\n")
        self.assertEqual(process.wait(60), 0)
        self.assertEqual(site.status()["sent"], 128)
        self.assertEqual(self.accepted(server)[FLYING], 1)
        self.assertEqual([line["text"] for line in site.log()
                          if line["address"] == ""], [""])
        self.assertEqual(self.erase(site, FLYING),
                         f"{FLYING}: was erased already\n")
        self.assert_gone(site, FLYING, NAMES[3])

    def test_kept_out(self):
        server = self.server()
        site = self.site(server)
        site.import_contacts([row(SENT, NAMES[0])])
        left = self.erase(site, SENT.upper())
        self.assertIn("/import.csv: still holds the address", left)
        again = site.import_contacts([row(SENT, NAMES[0]),
                                      row(BUSY, NAMES[1])])
        self.assertIn(f"import.csv:2: kept out {SENT} (erased on ",
                      again.stdout)
        self.assertIn("1 new, 1 kept out", again.stdout)
        self.assertIn("was erased on", site.run(
            "subscriber", "add", "--email", SENT, status=65).stderr)
        self.assertIn("was erased on", site.run(
            "send", ISSUE, "--test", SENT, status=65).stderr)
        self.assertIn("was erased on", site.run(
            "subscriber", "export", SENT, status=65).stderr)
        site.run("subscriber", "show", SENT, status=67)
        self.assertIn("--evidence is missing", site.run(
            "subscriber", "reinstate", SENT, status=64).stderr)
        site.run("subscriber", "reinstate", SENT, "--evidence", "a letter")
        self.assertIn("consent granted consent by operator a letter",
                      site.run("subscriber", "show", SENT).stdout)

        # Nobody comes back because the key is lost.
        self.erase(site, BUSY)
        (site.folder / "state/site.key").unlink()
        self.assertIn("is gone", site.import_contacts(
            [row(BUSY, NAMES[1])], status=66).stderr)

    def test_export(self):
        server = self.server(f"rcpt match={BUSY} reply 550 5.1.1 who?\n")
        site = self.site(server)
        site.import_contacts([row(BUSY, NAMES[1]), row(SENT, NAMES[0])])
        site.run("send", ISSUE, "--test", BUSY, status=65)
        site.run("send", ISSUE, status=65)
        text = site.run("subscriber", "export", BUSY.upper()).stdout
        told = json.loads(text)
        self.assertEqual(told["address"], BUSY)
        self.assertEqual(told["subscriber"][0]["name"], NAMES[1])
        self.assertEqual(told["tag"][0]["slug"], "culture")
        self.assertEqual(told["organisation"][0]["name"], "美郷町")
        self.assertEqual(told["consent"][0]["line"], 2)
        self.assertEqual(told["suppression"][0]["reason"], "bounced")
        self.assertEqual([d["state"] for d in told["delivery"]], ["failed"])
        self.assertEqual([a["text"] for a in told["attempt"]],
                         ["who?", "who?"])
        self.assertTrue(told["attempt"][0]["started"].endswith("Z"))
        self.assertIn("lead", told["edition"][0]["spec"])
        self.assertTrue(f"<{BUSY}>" in told["blob"][0]["bytes"])
        self.assertEqual([a["command"] for a in told["act"]],
                         ["subscriber import", "delivery"])
        self.assertNotIn(SENT, text)
        again = json.loads(site.run("subscriber", "export", BUSY).stdout)
        self.assertEqual({**told, "exported": ""}, {**again, "exported": ""})
        site.run("suppress", "add", "z@x.example", "--evidence", "a call")
        told = json.loads(
            site.run("subscriber", "export", "z@x.example").stdout)
        self.assertEqual(told["suppression"][0]["evidence"], "a call")
        site.run("subscriber", "export", "nobody@x.example", status=67)


if __name__ == "__main__":
    unittest.main()
