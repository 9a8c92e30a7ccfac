"""The history of contacts on the command line: who changed what, taking it
back, and a chain that a stranger can follow by the page that describes it."""

import hashlib
import shutil
import sqlite3
import struct
import tempfile
import unittest

from fake_smtp import FakeSmtp
from glocal_site import Site

ADDRESS = "kokusai@misato.example"
ROW = {"email": ADDRESS, "name": "美郷", "organisation": "美郷町",
       "department": "企画課", "municipality": "324485", "language": "ja",
       "tags": "sports;culture", "countries": "ID", "basis": "consent"}


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def be64(*numbers):
    return struct.pack(f">{len(numbers)}Q", *numbers)


def follow_chain(db):
    """The last chain value, made from the rows by the rules at the head of
    src/store/store_history.h alone."""
    chain = bytes(32)
    for (number, act, subject, subscriber, line, undoes, salt, payload,
         digest, at_ms, *texts, source_sha256, act_salt, act_digest,
         ) in db.execute(
             "SELECT c.id, c.act_id, c.subject, c.subscriber_id, c.line,"
             " c.undoes, c.salt, c.payload, c.digest, a.at_ms, a.operator,"
             " a.command, a.source, a.source_sha256, a.salt, a.digest"
             " FROM change c JOIN act a ON a.id = c.act_id ORDER BY c.id"):
        if act_salt is not None:
            act_digest = sha256(
                act_salt, be64(at_ms),
                *(text.encode() + b"\0" for text in texts),
                source_sha256 or b"")
        if salt is not None:
            digest = sha256(salt, payload.encode())
        chain = sha256(
            chain, act_digest,
            be64(number, act, subscriber or 0, line, undoes or 0),
            subject.encode() + b"\0", digest)
    return chain.hex()


class History(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.site = Site(self.folder + "/site")

    def change(self, sql):
        db = sqlite3.connect(self.site.folder / "state/glocal-mail.db")
        with db:
            self.assertEqual(db.execute(sql).rowcount, 1)
        db.close()

    def chain(self):
        db = sqlite3.connect(self.site.folder / "state/glocal-mail.db")
        try:
            return follow_chain(db)
        finally:
            db.close()

    def show(self):
        return self.site.run("subscriber", "show", ADDRESS).stdout

    def edit(self, *words, status=0):
        return self.site.run("subscriber", "edit", ADDRESS, *words,
                             status=status)

    def test_story(self):
        self.site.import_contacts([ROW])
        self.edit("--department", "国際交流課", "--tags", "sports")
        self.site.run("subscriber", "unsubscribe", ADDRESS,
                      "--evidence", "mail of 2 April")
        story = self.show().split("story")[1].splitlines()
        said = [line[20:].strip() for line in story]
        told = [next((i for i, line in enumerate(said) if word in line), None)
                for word in (
                    "added (", "consent granted consent by import",
                    "department: 企画課 → 国際交流課; "
                    "tags: culture;sports → sports (",
                    "unsubscribed; suppressed: unsubscribed (",
                    "consent withdrawn consent by operator mail of 2 April")]
        self.assertNotIn(None, told, story)
        self.assertEqual(told[:3], sorted(told[:3]))
        self.assertIn("import.csv:2)", said[told[0]])

        history = self.site.lines("subscriber", "history", ADDRESS)
        self.assertEqual([h["command"] for h in history], [
            "subscriber import", "subscriber edit", "subscriber unsubscribe"])
        self.assertEqual(history[0]["line"], 2)
        self.assertTrue(history[0]["source"].endswith("/import.csv"))
        self.assertEqual(history[1]["fields"], [
            {"field": "department", "old": "企画課", "new": "国際交流課"},
            {"field": "tags", "old": "culture;sports", "new": "sports"}])
        self.assertEqual(len({h["operator"] for h in history} - {""}), 1)
        shown = self.site.lines("subscriber", "show", ADDRESS)[0]
        self.assertEqual(shown["changes"], history)
        self.assertEqual(len(shown["consents"]), 2)

    def test_undo(self):
        self.site.import_contacts([ROW])
        self.edit("--name", "佐藤", "--format", "text")
        done = self.site.run("subscriber", "undo", ADDRESS).stdout
        self.assertIn("is undone", done)
        self.assertIn("美郷", self.show())
        last = self.site.lines("subscriber", "history", ADDRESS)[-1]
        self.assertEqual(done.split("change ")[1].split()[0],
                         str(last["undoes"]))
        self.assertIn(f"subscriber undo of change {last['undoes']})",
                      self.show())
        self.assertIn("it added the contact", self.site.run(
            "subscriber", "undo", ADDRESS, status=65).stderr)
        self.assertIn("is no number of a change", self.site.run(
            "subscriber", "undo", ADDRESS, "x", status=64).stderr)
        self.site.run("subscriber", "undo", "nobody@x.example", status=67)

    def test_edit_refuses(self):
        self.site.import_contacts([ROW])
        before = self.site.lines("subscriber", "history", ADDRESS)
        self.assertIn("say what to change", self.edit(status=64).stderr)
        self.assertIn("--evidence and --wording go with --basis",
                      self.edit("--evidence", "x", status=64).stderr)
        self.assertIn("unknown tag 'sport' (did you mean 'sports'?)",
                      self.edit("--tags", "sport", status=65).stderr)
        self.assertIn("is another address", self.edit(
            "--email", "else@misato.example", status=65).stderr)
        self.assertIn("unchanged", self.edit("--name", "美郷").stdout)
        self.assertEqual(
            self.site.lines("subscriber", "history", ADDRESS), before)

    def test_chain(self):
        self.site.import_contacts([ROW])
        self.edit("--basis", "published", "--evidence", "a\tpage\\")
        self.edit("--name", "佐藤")
        self.site.run("subscriber", "undo", ADDRESS)
        self.site.run("suppress", "add", "z@x.example")
        everything = self.site.lines("subscriber", "history")
        checked = self.site.run("check", "--offline").stdout
        self.assertEqual([h["change"] for h in everything],
                         list(range(1, len(everything) + 1)))
        self.assertIn(f"{len(everything):,} changes, the last is sealed "
                      f"{everything[-1]['chain']}", checked)
        self.assertEqual(self.chain(), everything[-1]["chain"])

        # A word that is changed by hand is found, with its number.
        number = everything[-3]["change"]
        self.change("UPDATE change SET payload = replace(payload, '佐藤',"
                    f" '佐籐') WHERE id = {number}")
        found = self.site.run("check", "--offline", status=65)
        self.assertIn(f"change {number} (", found.stderr)
        self.assertIn("history        wrong", found.stdout)

    def test_delivery_suppresses(self):
        """A dead address is suppressed by what its server said."""
        self.site.import_contacts([ROW])
        script = f"rcpt match={ADDRESS} reply 550 5.1.1 no such"
        with FakeSmtp(script=script) as smtp:
            self.site.configure(smtp.port)
            self.site.run("send", "2026-04", "--wait", status=65)
        last = self.site.lines("subscriber", "history", ADDRESS)[-1]
        self.assertEqual((last["command"], last["operator"]),
                         ("delivery", ""))
        self.assertEqual(last["fields"][0],
                         {"field": "suppression", "old": "", "new": "bounced"})
        self.assertIn("suppressed: bounced (delivery)", self.show())
        self.assertIn("mail 2026-04 failed (address), 1 attempt", self.show())
        self.site.run("check", "--offline")


if __name__ == "__main__":
    unittest.main()
