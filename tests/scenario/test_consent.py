"""Consent as the law wants it: what people were shown, asking them to confirm,
and how long what is known of them is kept."""

import email
import email.policy
import re
import sqlite3
import unittest

import test_text_part as text_part
from glocal_site import ISSUE, Scenario

HANA = "hana@town-misato.example"
REN = "ren@embassy.example"


class ConsentTest(Scenario):
    def wording(self, site, text, name="form", language="ja", **options):
        path = self.folder / "wording.txt"
        path.write_text(text)
        words = [f"--{key}={value}" for key, value in options.items()]
        return site.run("consent", "wording", "add", name,
                        f"--language={language}", f"--file={path}", *words)

    def ask(self, site, address, *words):
        return site.run("subscriber", "add", "--email", address, "--confirm",
                        *words).stdout

    def mails(self, server, site):
        """What was accepted since the server began, as messages."""
        site.run("send", ISSUE)
        return {m["rcpt"]: email.message_from_bytes(
            server.message(m["message"]), policy=email.policy.default)
                for m in server.accepted()}

    def link(self, message, mark="c"):
        text = message.get_content()
        return re.search(f"https://news.example/{mark}/(\\S+)", text)[1]

    def events(self, site, address):
        return site.lines("consent", "show", address)

    def test_wordings(self):
        site = self.site(self.server())
        self.assertIn("form in ja: new", self.wording(
            site, "毎月お送りします。\n", **{"from": "2025-04-01"}).stdout)
        site.run("subscriber", "add", "--email", HANA, "--basis", "consent",
                 "--wording", "form", "--evidence", "form of 3 May")
        self.assertIn("form in ja: unchanged",
                      self.wording(site, "毎月お送りします。\n").stdout)
        self.assertIn("form in ja: changed",
                      self.wording(site, "毎週お送りします。\n").stdout)
        self.wording(site, "Monthly.\n", language="en")
        site.run("subscriber", "edit", HANA, "--basis", "given_address",
                 "--wording", "form", "--evidence", "a card")

        # Each event goes on saying what was shown then.
        first, second = self.events(site, HANA)
        self.assertEqual(first["wording_text"], "毎月お送りします。\n")
        self.assertEqual(first["source"], "form of 3 May")
        self.assertEqual(second["wording_text"], "毎週お送りします。\n")
        shown = site.run("consent", "show", HANA).stdout
        self.assertIn("granted consent by operator", shown)
        self.assertIn("      毎月お送りします。", shown)
        old, new = [w for w in site.lines("consent", "wording", "list")
                    if w["language"] == "ja"]
        self.assertEqual(old["from"], "2025-03-31T15:00:00.000Z")
        self.assertEqual(old["to"], new["from"])
        self.assertIsNone(new["to"])
        self.assertEqual(first["wording_sha256"], old["sha256"])
        self.assertIn(old["sha256"],
                      site.run("consent", "wording", "list").stdout)
        self.assertIn("form", site.run("subscriber", "export", HANA).stdout)
        self.assertEqual(
            [h["subject"] for h in site.lines("subscriber", "history")
             if h["command"] == "consent wording add"], ["wording"] * 3)

    def test_wording_of_an_import(self):
        site = self.site(self.server())
        self.wording(site, "毎月\n")
        path = self.folder / "forms.csv"
        path.write_text(f"email,language,basis\n{HANA},ja,consent\n"
                        f"{REN},en,consent\n")
        words = ("subscriber", "import", path, "--wording", "form")
        self.assertIn("no wording 'form' in en",
                      site.run(*words, status=65).stderr)
        site.run("subscriber", "show", HANA, status=67)
        self.wording(site, "Monthly\n", language="en")
        site.run(*words)
        self.assertEqual([self.events(site, address)[0]["wording_text"]
                          for address in (HANA, REN)], ["毎月\n", "Monthly\n"])

    def test_wordings_refused(self):
        site = self.site(self.server())
        self.wording(site, "文\n")
        for words, why in (
                (("consent", "wording", "add", "Form", "--language=ja",
                  f"--file={self.folder}/wording.txt"), "is no name"),
                (("consent", "wording", "add", "form", "--language=ja",
                  "--file=/dev/null"), "the text is empty"),
                (("subscriber", "add", "--email", HANA, "--basis", "consent",
                  "--wording", "forms"), "no wording 'forms' in ja"),
                (("subscriber", "add", "--email", HANA, "--basis", "consent",
                  "--wording", "form", "--language", "en"),
                 "no wording 'form' in en")):
            self.assertIn(why, site.run(*words, status=65).stderr)
        (self.folder / "wording.txt").write_text("他の文\n")
        self.assertIn("must begin later", site.run(
            "consent", "wording", "add", "form", "--language=ja",
            f"--file={self.folder}/wording.txt", "--from=2020-01-01",
            status=65).stderr)
        self.assertEqual(len(site.lines("consent", "wording", "list")), 1)
        site.run("subscriber", "show", HANA, status=67)

    def test_double_opt_in(self):
        server = self.server(dump=True)
        site = self.site(server)
        self.wording(site, "毎月お送りします。\n")
        self.assertIn("is asked to confirm until", self.ask(
            site, HANA, "--name", "田中花", "--tags", "culture",
            "--wording", "form", "--evidence", "the page"))
        self.ask(site, REN, "--language", "en")
        pending = site.lines("subscriber", "list", "--state", "pending")
        self.assertEqual([p["address"] for p in pending], [HANA, REN])

        # The one mail that they get is the question.
        mails = self.mails(server, site)
        self.assertEqual(self.accepted(server)[HANA], 1)
        self.assertEqual(self.accepted(server)[REN], 1)
        mail = mails[HANA]
        self.assertEqual(mail["Subject"], "配信登録のご確認")
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        for words in ("田中花 様", "毎月お送りします。", "配信停止",
                      "Local Partnership Cooperation Division",
                      "2-2-1 Kasumigaseki", "desk@news.example",
                      "https://news.example/u/"):
            self.assertIn(words, mail.get_content())
        english = mails[REN].get_content()
        self.assertIn("Please confirm", mails[REN]["Subject"])
        self.assertNotIn("Dear", english)
        self.assertNotIn("What you agree to", english)

        token = self.link(mail)
        self.assertIn(f"{HANA}: confirmed", site.run(
            "subscriber", "confirm", token).stdout)
        self.assertIn("was confirmed already", site.run(
            "subscriber", "confirm",
            f"https://news.example/c/{token}").stdout)
        asked, granted = self.events(site, HANA)
        self.assertEqual((asked["event"], granted["event"]),
                         ("requested", "granted"))
        self.assertEqual(granted["method"], "confirmation")
        self.assertEqual(granted["wording_text"], "毎月お送りします。\n")
        story = site.run("subscriber", "show", HANA).stdout
        self.assertIn("added, to be confirmed", story)
        self.assertIn("confirmed (", story)
        (site.folder / "issues/2026-05").symlink_to(
            site.folder / "issues/2026-04")
        site.run("send", "2026-05")
        self.assertEqual(self.accepted(server)[HANA], 2)
        self.assertEqual(self.accepted(server)[REN], 1)

    def test_links_that_do_not_count(self):
        server = self.server(dump=True)
        site = self.site(server, extra="confirm_within: 1m\n")
        self.ask(site, HANA)
        self.ask(site, REN)
        mails = self.mails(server, site)
        token = self.link(mails[HANA])
        other = "b" if token[-5] == "a" else "a"
        for wrong in (token[:-1], token[:-5] + other + token[-4:], "x", "",
                      self.link(mails[HANA], "u"),
                      self.link(mails[REN])[:8] + token[8:]):
            self.assertIn("no link of ours", site.run(
                "subscriber", "confirm", wrong, status=65).stderr)
        site.run("subscriber", "unsubscribe", HANA)
        self.assertIn("unsubscribed since", site.run(
            "subscriber", "confirm", token, status=65).stderr)
        site.run("suppress", "add", REN)
        self.assertIn("is suppressed", site.run(
            "subscriber", "confirm", self.link(mails[REN]),
            status=65).stderr)

        # An import does not confirm for them.
        site.run("suppress", "remove", REN)
        done = site.import_contacts([{"email": REN, "name": "Ren",
                                      "basis": "consent"}])
        self.assertIn("1 changed", done.stdout)
        self.assertEqual([p["address"] for p in site.lines(
            "subscriber", "list", "--state", "pending")], [REN])
        self.assertIn("consent alone", site.run(
            "subscriber", "add", "--email", "x@x.example", "--confirm",
            "--basis", "published", status=64).stderr)

    def test_lines_are_folded(self):
        server = self.server(dump=True)
        site = self.site(server)
        self.wording(site, "長い同意の文です、" * 30 + "\n")
        self.ask(site, HANA, "--language", "ja", "--wording", "form")
        text = self.mails(server, site)[HANA].get_content()
        text = text.replace("\r\n", "\n")
        self.assertIn("お申し込みを受け付けました", text.replace("\n", ""))
        self.assertEqual(text_part.faults(text.rstrip("\n")), [])

    def test_template_of_the_site(self):
        server = self.server(dump=True)
        site = self.site(server)
        needed = ["{{SENDER_NAME}}", "{{SENDER_POSTAL}}", "{{SENDER_CONTACT}}",
                  "{{CONFIRM_URL}}", "{{UNSUBSCRIBE_URL}}"]
        (site.folder / "templates").mkdir()
        own = site.folder / "templates/confirm.ja.txt"
        for left_out in needed:
            own.write_text("Subject: 確認\n" + "\n".join(
                word for word in needed if word != left_out))
            why = f"templates/confirm.ja.txt: the marker {left_out} is missing"
            self.assertIn(why, site.run(
                "subscriber", "add", "--email", HANA, "--confirm",
                status=65).stderr)
            self.assertIn(why.replace(".txt:", ".txt:1:"), site.run(
                "check", "--offline", status=65).stderr)
        own.write_text("確認\n" + "\n".join(needed))
        self.assertIn("must begin with 'Subject: '", site.run(
            "check", "--offline", status=65).stderr)
        own.write_text("Subject: 確認\n{{NAEM}}" + "\n".join(needed))
        self.assertIn("unknown marker 'NAEM' (did you mean 'NAME'?)", site.run(
            "check", "--offline", status=65).stderr)
        own.write_text("Subject: 町の確認\n" + "\n".join(needed))
        site.run("check", "--offline")
        self.ask(site, HANA)
        self.assertEqual(self.mails(server, site)[HANA]["Subject"],
                         "町の確認")

    def sql(self, site, sql):
        db = sqlite3.connect(site.folder / "state/glocal-mail.db")
        try:
            with db:
                return db.execute(sql).fetchall()
        finally:
            db.close()

    def test_purge(self):
        server = self.server(
            f"rcpt match={HANA} reply 550 5.1.1 no {HANA} here\n"
            "rcpt match=culture@embassy-greece.example reply 450 4.2.0 later\n")
        site = self.site(server, first="1h", longest="1h", give_up="2d")
        for address, evidence in ((HANA, "a card"), (REN, "a letter")):
            site.run("subscriber", "add", "--email", address, "--name", "花",
                     "--basis", "consent", "--evidence", evidence)
        site.run("send", ISSUE, "--test", REN)
        site.run("send", ISSUE, status=75)
        site.run("subscriber", "unsubscribe", REN)
        (site.folder / "contacts.csv").unlink()
        before = site.status()
        self.assertIn("nothing is older", site.run("purge").stdout)

        def purge(keep, *words):
            site.configure(server.port, extra=f"retention: {{{keep}}}\n",
                           first="1h", longest="1h", give_up="2d")
            return site.run("purge", *words).stdout

        # A mailing that is not finished stays as it is; the notice goes.
        shown = purge("delivery: 1ms", "--dry-run")
        self.assertRegex(shown, "delivery +notices +1\n")
        self.assertNotIn("deliveries", shown)
        site.run("cancel", ISSUE)
        shown = purge("delivery: 1ms", "--dry-run")
        self.assertRegex(shown, "delivery +deliveries +129\n")
        self.assertNotIn("history", shown)
        self.assertEqual(len(site.log("--address", HANA)), 1)
        self.assertEqual(purge("delivery: 1ms"),
                         shown.replace("dry run, nothing was changed\n", ""))
        after = site.status()
        self.assertEqual((after["planned"], after["sent"], after["failed"]),
                         (before["planned"], before["sent"],
                          before["failed"]))
        self.assertEqual(site.log("--address", HANA), [])
        self.assertEqual(self.sql(site, "SELECT count(*) FROM attempt"
                                        " WHERE text <> ''"), [(0,)])
        self.assertEqual(
            self.sql(site, "SELECT length(bytes) FROM blob JOIN notice"
                           " USING (sha256)"), [(0,)])

        # Then what changes said; the chain holds, and contacts stay.
        self.assertIn("nothing is older", purge("history: 0s"))
        self.assertRegex(purge("history: 1ms"), "history +changes +")
        self.assertIn("history        ok",
                      site.run("check", "--offline").stdout)
        self.assertEqual({h["erased"] for h in
                          site.lines("subscriber", "history")}, {True})

        # Consent at last, of who left a year after the last mail; what keeps
        # people out stays.
        site.configure(server.port, extra="retention: {consent: 30d}\n")
        self.assertIn("'30d' is not within 365d", site.run(
            "check", "--offline", status=78).stderr)
        self.sql(site, "UPDATE consent SET at_ms = 1")
        self.assertIn("nothing is older", purge("consent: 365d"))
        self.sql(site, "UPDATE delivery SET begun_ms = 1")
        self.assertRegex(purge("consent: 365d"), "consent +consents +2\n")
        self.assertEqual(self.events(site, REN), [])
        self.assertEqual(len(self.events(site, HANA)), 1)
        self.assertIn("kept out", site.import_contacts(
            [{"email": REN, "basis": "consent"}]).stdout)
        (site.folder / "import.csv").unlink()
        for path in site.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"a letter", path.read_bytes(), path)

    def test_purge_of_pending(self):
        server = self.server(dump=True)
        site = self.site(server)
        for address in (HANA, REN, "mio@town-misato.example"):
            self.ask(site, address, "--name", "田中花子", "--tags", "culture",
                     "--organisation", f"{address}の会",
                     "--evidence", "the page")
        token = self.link(self.mails(server, site)["mio@town-misato.example"])
        site.run("suppress", "add", REN,
                 "--evidence", "a call")

        def purge(keep, *words):
            site.configure(server.port,
                           extra=f"retention: {{pending: {keep}}}\n")
            return site.run("purge", *words).stdout

        # By default some months; 0s is never; who confirmed is no longer one.
        site.run("subscriber", "confirm", token)
        self.assertIn("nothing is older", site.run("purge").stdout)
        self.assertIn("nothing is older", purge("1d"))
        self.assertIn("nothing is older", purge("0s"))
        self.assertRegex(purge("1ms", "--dry-run"),
                         "pending +unconfirmed contacts +1\n")
        site.run("subscriber", "show", HANA)
        self.assertRegex(purge("1ms"), "pending +unconfirmed contacts +1\n")
        self.assertIn("nothing is older", purge("1ms"))

        # Nothing of them is left, and the history tells that it went.
        site.run("subscriber", "show", HANA, status=67)
        for path in site.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(HANA.encode(), path.read_bytes(), path)
        last = site.lines("subscriber", "history")[-1]
        self.assertEqual(last["command"], "purge")
        self.assertEqual(last["fields"], [
            {"field": "state", "old": "pending", "new": "erased"}])
        self.assertIn("history        ok",
                      site.run("check", "--offline").stdout)
        self.assertEqual(self.sql(
            site, "SELECT c.address, event FROM consent c JOIN subscriber s ON"
                  " s.id = subscriber_id WHERE s.state = 'erased'"),
            [("(never confirmed)", "requested")])

        # They may come anew; the others are what they were.
        self.assertIn("1 new", site.import_contacts(
            [{"email": HANA, "basis": "consent"}]).stdout)
        self.assertIn("pending", site.run("subscriber", "show", REN).stdout)
        self.assertIn("active", site.run(
            "subscriber", "show", "mio@town-misato.example").stdout)


if __name__ == "__main__":
    unittest.main()
