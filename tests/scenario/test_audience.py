"""Audiences, segments, the vocabulary, organisations, municipalities,
hand-over and coverage: what an office does with its contacts in a year."""

import csv
import json
import sqlite3
import unittest

from glocal_site import ISSUE, ROOT, Scenario, Site

HEADER = ("email,name,organisation,department,municipality,language,tags,"
          "countries,basis").split(",")
FIELDS = ("organisation", "municipality", "state", "basis", "tags")
PLACES = {"matsue": "322016", "misato": "324485", "izumo": "322032",
          "shimane": "320005", "tottori": "312011"}


def contact(email, place="", tags="", basis="consent", **more):
    return dict.fromkeys(HEADER, "") | {
        "email": email, "municipality": PLACES.get(place, place),
        "organisation": place, "tags": tags, "basis": basis} | more


class Case(Scenario):
    """A site with the sample's tags, and contacts of the test's own."""

    def make(self, rows, port=1):
        site = Site(self.folder / "site", port, sample=False)
        site.run("tag", "import", ROOT / "config/sample/tags.csv")
        if rows:
            site.import_contacts(rows)
        return site

    def refused(self, site, status, *words):
        return site.run(*words, status=status).stderr

    def addresses(self, site, expression):
        return [row["address"] for row in
                site.lines("audience", "list", expression)]

    def assert_told(self, site, *commands):
        """The history holds, tells every contact as it is, step by step, and
        names these commands as its last ones."""
        said, last = {}, []
        for change in site.lines("subscriber", "history"):
            if change["command"] not in last[-1:]:
                last.append(change["command"])
            if change["subject"] != "subscriber":
                continue
            row = said.setdefault(change["subscriber"], {})
            for field in change["fields"]:
                if field["field"] in FIELDS:
                    self.assertEqual(row.get(field["field"], ""),
                                     field["old"], change)
                    row[field["field"]] = field["new"]
        self.assertEqual(last[-len(commands):], list(commands))
        for row in self.database(site).execute(
                "SELECT s.id, coalesce(o.name, ''),"
                " coalesce(o.municipality, ''), s.state, s.basis,"
                " (SELECT coalesce(group_concat(slug, ';'), '') FROM"
                "  (SELECT slug FROM tag t JOIN subscriber_tag st"
                "   ON st.tag_id = t.id WHERE st.subscriber_id = s.id"
                "   ORDER BY slug)) FROM subscriber s"
                " LEFT JOIN organisation o ON o.id = s.organisation_id"):
            self.assertEqual(
                tuple(said[row[0]].get(f, "") for f in FIELDS), row[1:])
        self.assertRegex(site.run("check", "--offline", status=None).stdout,
                         r"(?m)^history +ok$")

    def database(self, site):
        db = sqlite3.connect(site.folder / "state/glocal-mail.db")
        self.addCleanup(db.close)
        return db


class Audiences(Case):
    def test_count_and_list(self):
        site = self.make([
            contact("a@x.lg.jp.example", "matsue", "tourism"),
            contact("b@x.example", "misato", "tourism;culture",
                    language="en"),
            contact("c@x.example", "misato", "tourism", basis="none"),
            contact("d@x.example", "tottori", "tourism"),
            contact("e@x.example", "izumo", "tourism"),
        ])
        site.run("suppress", "add", "e@x.example")
        expression = "tag:tourism and prefecture:島根"
        self.assertEqual(site.lines("audience", "count", expression), [{
            "expression": expression, "matching": 4, "reachable": 2,
            "inactive": 0, "without_basis": 1, "suppressed": 1}])
        self.assertEqual(
            site.run("audience", "count", expression).stdout,
            "2 may be mailed, of 4 in this audience; the others: "
            "1 without a basis, 1 suppressed\n")
        self.assertEqual(
            self.addresses(site, expression + " and not language:en"),
            ["a@x.lg.jp.example"])
        self.assertEqual(self.addresses(site, "domain:lg.jp.example"),
                         ["a@x.lg.jp.example"])

        # A listing of contacts shows those who may not be mailed, too.
        self.assertEqual(
            [row["address"] for row in site.lines(
                "subscriber", "list", "--to", expression, "--state",
                "active")],
            ["a@x.lg.jp.example", "b@x.example", "c@x.example",
             "e@x.example"])

        for expression, fault in (
                ("tag:tourism and tag:cultur",
                 "column 17: unknown tag 'cultur' (did you mean 'culture'?)"),
                ("prefecture:島値", "did you mean '島根'?"),
                ("municipality:美郷町", "there are 3 places called '美郷町': "
                 "054348 (秋田県), 324485 (島根県), 454311 (宮崎県)"),
                ("tag:tourism culture", "column 13: 'culture' is no test")):
            for words in (("audience", "count"), ("audience", "list"),
                          ("send", ISSUE, "--to")):
                self.assertIn(fault,
                              self.refused(site, 64, *words, expression))

    def test_segments(self):
        site = self.make([contact("a@x.example", "matsue", "tourism"),
                          contact("b@x.example", "tottori", "halal")])
        self.assertEqual(
            site.run("segment", "add", "sanin",
                     "prefecture:島根 or prefecture:鳥取").stdout,
            "segment:sanin: new\n")
        site.run("segment", "add", "both", "segment:sanin and tag:halal")
        self.assertEqual(self.addresses(site, "segment:both"),
                         ["b@x.example"])
        self.assertEqual(
            [(row["name"], row["reachable"])
             for row in site.lines("segment", "list")],
            [("both", 1), ("sanin", 2)])
        self.assertIn("would contain itself", self.refused(
            site, 64, "segment", "add", "sanin", "segment:both"))
        self.assertIn("part of both", self.refused(
            site, 65, "segment", "remove", "sanin"))
        self.assertIn("did you mean 'sanin'", self.refused(
            site, 66, "segment", "remove", "sanim"))

        # One that names what is gone is told, and hides no other.
        self.database(site).executescript("DELETE FROM subscriber_tag;"
                                          "DELETE FROM tag WHERE slug='halal'")
        self.assertEqual(
            [(row["name"], row["reachable"])
             for row in site.lines("segment", "list")],
            [("both", None), ("sanin", 2)])
        site.run("segment", "remove", "both")
        site.run("segment", "remove", "sanin")
        self.assertEqual(site.lines("segment", "list"), [])


class Sending(Case):
    def test_further_mailings(self):
        server = self.server()
        site = self.site(server)
        everyone = {row["address"] for row in site.lines("subscriber",
                                                         "list")}
        shimane = set(self.addresses(site, "prefecture:島根"))
        self.assertEqual(len(shimane), 4)

        # A dry run counts and keeps nothing.
        done = site.run("send", ISSUE, "--to", "prefecture:島根", "--dry-run")
        self.assertIn("would plan 4 readers\n", done.stdout)
        self.assertIn("editions   4 different digests\n", done.stdout)
        self.refused(site, 66, "status", ISSUE)

        # The first mailing may be for an audience, too; a plain `send` then
        # plans nobody else.
        site.run("send", ISSUE, "--to", "prefecture:島根")
        site.run("send", ISSUE)
        self.assertEqual(set(self.accepted(server)), shimane)

        # Of those who overlap, only the ones without a delivery.
        tourism = set(self.addresses(site, "tag:tourism"))
        self.assertTrue(tourism & shimane and tourism - shimane)
        done = site.run("send", ISSUE, "--to",
                        "tag:tourism or prefecture:島根")
        self.assertIn(f"planned {len(tourism - shimane)} readers", done.stdout)
        done = site.run("send", ISSUE, "--to", "tag:tourism")
        self.assertIn("everyone in this audience has a delivery already",
                      done.stdout)
        status = site.run("status", ISSUE).stdout
        self.assertIn("mailing to prefecture:島根: finished", status)
        self.assertIn("mailing to tag:tourism or prefecture:島根: finished",
                      status)

        site.run("send", ISSUE, "--to", "everyone")
        self.assert_all_once(site, server)
        books = site.status()
        self.assertEqual((books["planned"], books["sent"]),
                         (len(everyone), len(everyone)))

    def test_others_stay_as_they_are(self):
        """What waits for its time, is limited or paused is not touched."""
        server = self.server()
        site = self.site(server)
        site.run("send", ISSUE, "--to", "prefecture:島根", "--limit", "1",
                 status=75)
        site.run("send", ISSUE, "--to", "tag:tourism", "--at", "23:59",
                 status=75)
        greece = self.addresses(site, "domain:embassy-greece.example")
        site.run("send", ISSUE, "--to", "domain:embassy-greece.example",
                 "--wait", status=75, timeout=30)
        self.assertEqual(len(self.accepted(server)), 1 + len(greece))

        # Nobody is left, but the rest of the issue is.
        site.run("send", ISSUE, "--to", "domain:embassy-greece.example",
                 status=75)
        self.assertIn("goes without it", self.refused(
            site, 64, "send", ISSUE, "--to", "everyone", "--replan"))

        site.run("pause", ISSUE)
        self.assertIn("is paused (operator)", self.refused(
            site, 75, "send", ISSUE, "--to", "everyone"))
        site.run("resume", ISSUE)
        site.run("cancel", ISSUE)
        books = site.status()
        self.assertEqual(books["skipped"] + books["sent"], books["planned"])

        # What was finished before was not cancelled: others may get it yet.
        site.run("send", ISSUE, "--to", "tag:sports", status=None)
        self.assertGreater(site.status()["planned"], books["planned"])

    def test_nobody(self):
        site = self.make([contact("a@x.example", "matsue", basis="none")])
        (site.folder / "issues").mkdir(exist_ok=True)
        (site.folder / "issues" / ISSUE).symlink_to(
            ROOT / "config/sample/issues" / ISSUE)
        self.assertIn("the audience has nobody who may be mailed",
                      self.refused(site, 65, "send", ISSUE, "--to",
                                   "prefecture:島根"))
        self.refused(site, 66, "status", ISSUE)


class Vocabulary(Case):
    def test_rename_and_merge(self):
        server = self.server()
        site = self.site(server)
        db = self.database(site)
        frozen = "SELECT group_concat(hex(sha256)) FROM blob ORDER BY sha256"
        editions = "SELECT group_concat(spec) FROM edition ORDER BY id"
        had = {tag: set(self.addresses(site, "tag:" + tag))
               for tag in ("tourism", "crafts", "culture")}
        site.run("segment", "add", "t", "tag:tourism and not tag:crafts")
        site.run("send", ISSUE, "--limit", "3", status=75)
        before = [db.execute(sql).fetchone() for sql in (frozen, editions)]
        self.assertIn("tourism", before[1][0])

        done = site.run("tag", "rename", "tourism", "travel").stdout
        self.assertIn(f"tourism: now travel; {len(had['tourism'])} contacts "
                      "have it\n", done)
        self.assertIn("segment:t: changed\n", done)
        self.assertIn(f"issues/{ISSUE} still names 'tourism' in "
                      "10-sumida-study-tour, 40-toyama-new-york-reception: "
                      "write 'travel' there\n", done)
        self.assertEqual(set(self.addresses(site, "tag:travel")),
                         had["tourism"])
        done = site.run("tag", "merge", "crafts", "culture").stdout
        self.assertIn(f"{len(had['crafts'])} contacts had it\n", done)
        self.assertEqual(set(self.addresses(site, "tag:culture")),
                         had["culture"] | had["crafts"])
        self.assertEqual(site.lines("segment", "list")[0]["expression"],
                         "tag:travel and not tag:culture")
        tags = {row["tag"]: row for row in site.lines("tag", "list")}
        self.assertNotIn("crafts", tags)
        self.assertEqual(tags["travel"]["label_ja"], "観光")
        self.assertEqual(tags["culture"]["subscribers"],
                         len(had["culture"] | had["crafts"]))

        self.assert_told(site, "segment add", "tag rename", "tag merge")

        # What was planned is as it was, and is sent so.
        self.assertEqual(
            [db.execute(sql).fetchone() for sql in (frozen, editions)], before)
        site.run("send", ISSUE)
        self.assert_all_once(site, server)

    def test_refusals(self):
        site = self.make([contact("a@x.example", "matsue", "tourism"),
                          contact("b@x.example", "matsue", "tourism;halal")])
        for words, status, fault in (
                (("rename", "turism", "x"), 66, "did you mean 'tourism'?"),
                (("rename", "tourism", "halal"), 65,
                 "`tag merge tourism halal` makes one of both"),
                (("rename", "tourism", "Travel"), 65, "'Travel' is no tag"),
                (("merge", "tourism", "tourism"), 64, "one tag already"),
                (("merge", "tourism", "x"), 66, "unknown tag 'x'"),
                (("remove", "tourism"), 65,
                 "2 contacts have the tag 'tourism'")):
            self.assertIn(fault, self.refused(site, status, "tag", *words))
        site.run("segment", "add", "s", "tag:food")
        self.assertIn("the segment 's' names the tag 'food'", self.refused(
            site, 65, "tag", "remove", "food"))
        site.run("segment", "remove", "s")
        site.run("tag", "remove", "food")
        self.assert_told(site, "segment add", "segment remove", "tag remove")
        self.assertNotIn("food", [t["tag"] for t in site.lines("tag",
                                                               "list")])


class Places(Case):
    def test_organisations(self):
        site = self.make([
            contact("a@x.example", "matsue", organisation="国際課"),
            contact("b@x.example", "izumo", organisation="国際課"),
            contact("c@x.example", "izumo", organisation="国際交流課"),
        ])
        site.run("segment", "add", "s", "organisation:国際交流課")
        listed = site.lines("organisation", "list")
        self.assertEqual([(o["name"], o["municipality"], o["contacts"])
                          for o in listed],
                         [("国際交流課", "322032", 1), ("国際課", "322016", 1),
                          ("国際課", "322032", 1)])
        self.assertIn("there are 2 organisations '国際課'", self.refused(
            site, 64, "organisation", "rename", "国際課", "x"))
        self.assertIn("did you mean '国際交流課'", self.refused(
            site, 66, "organisation", "rename", "国際交琉課", "x"))
        self.assertIn("makes one of both", self.refused(
            site, 65, "organisation", "rename", "国際課", "国際交流課",
            "--municipality", "出雲市"))
        done = site.run("organisation", "merge", "国際交流課", "国際課",
                        "--into", "322032")
        self.assertEqual(done.stdout, "国際交流課: merged into 国際課, "
                         "1 contact\nsegment:s: changed\n")
        site.run("organisation", "rename", str(listed[1]["id"]), "文化 課")
        self.assertEqual(self.addresses(site, "segment:s"),
                         ["b@x.example", "c@x.example"])
        self.assertEqual(self.addresses(site, 'organisation:"文化 課"'),
                         ["a@x.example"])
        self.assert_told(site, "organisation merge", "organisation rename")

    def test_merger(self):
        site = self.make([
            contact("a@x.example", "misato", "tourism", organisation="企画課"),
            contact("b@x.example", "matsue", organisation="企画課"),
            contact("c@x.example", "misato", organisation="美郷町"),
        ])
        done = site.run("municipality", "merge", "324485", "322016")
        self.assertEqual(done.stdout,
                         "324485: merged into 322016, 2 contacts\n")
        shown = site.lines("municipality", "show", "324485")[0]
        self.assertEqual((shown["code"], shown["name"], shown["romaji"],
                          shown["merged"]),
                         ("322016", "松江市", "Matsue-shi", ["324485"]))
        self.assertEqual([c["address"] for c in shown["contacts"]],
                         ["a@x.example", "b@x.example", "c@x.example"])
        self.assertEqual(
            [(o["name"], o["contacts"])
             for o in site.lines("organisation", "list")],
            [("企画課", 2), ("美郷町", 1)])
        self.assertNotIn("324485", [
            row["code"] for row in site.lines("municipality", "list")])

        # An old list means the new code, and says so.
        done = site.import_contacts([
            contact("a@x.example", "misato", "tourism", organisation="企画課"),
            contact("d@x.example", "misato")])
        self.assertIn("1 new, 1 unchanged", done.stdout)
        self.assertIn(":3: warning: municipality 324485 was merged into "
                      "322016, which is taken", done.stderr)
        rows = site.lines("subscriber", "list")
        self.assertEqual({row["municipality"] for row in rows}, {"322016"})

        # So do the audience, and what was merged before.
        self.assertEqual(len(self.addresses(site, "municipality:324485")), 4)
        for words, status, fault in (
                (("324485", "322032"), 65, "was merged into 322016 already"),
                (("322032", "324485"), 65, "was merged into 322016 already"),
                (("322016", "322016"), 64, "is one municipality"),
                (("320005", "322016"), 65, "is a prefecture"),
                (("322011", "322032"), 65, "the check digit should be")):
            self.assertIn(fault, self.refused(
                site, status, "municipality", "merge", *words))
        site.run("municipality", "merge", "322016", "322032")
        self.assertEqual(
            site.lines("municipality", "show", "出雲市")[0]["merged"],
            ["322016", "324485"])
        site.run("subscriber", "add", "--email", "e@x.example",
                 "--municipality", "324485")
        self.assertEqual(
            {r["municipality"] for r in site.lines("subscriber", "list")},
            {"322032"})
        self.assert_told(site, "municipality merge", "subscriber add")

    def test_merger_and_issues(self):
        site = Site(self.folder / "site")
        done = site.run("municipality", "merge", "324485", "322016")
        self.assertIn(f"issues/{ISSUE} still names '324485' in "
                      "30-misato-bali-friendship: write '322016' there\n",
                      done.stdout)

    def test_coverage(self):
        site = self.make([
            contact("a@x.example", "matsue"),
            contact("b@x.example", "misato", basis="none"),
            contact("c@x.example", "izumo"),
            contact("d@x.example", "324493"),
            contact("e@x.example", "011029"),  # a ward of Sapporo
            contact("f@x.example", "132292"),  # 西東京市
        ])
        site.run("suppress", "add", "c@x.example")
        site.run("subscriber", "remove", "d@x.example")
        with open(ROOT / "config/municipalities.csv", encoding="utf-8") as f:
            register = list(csv.DictReader(f))
        rows = {r["prefecture"]: r for r in site.lines("coverage")}
        self.assertEqual(len(rows), 47)
        self.assertEqual(sum(r["municipalities"] for r in rows.values()),
                         47 + 1741)
        shimane = rows["島根県"]
        codes = [r["code"] for r in register if r["prefecture"] == "島根県"]
        self.assertEqual((shimane["code"], shimane["municipalities"],
                          shimane["reachable"]), ("320005", len(codes), 1))
        self.assertEqual(shimane["missing"],
                         [c for c in codes if c != "322016"])
        self.assertNotIn("011002", rows["北海道"]["missing"])
        self.assertNotIn("132292", rows["東京都"]["missing"])
        self.assertEqual(sum(r["reachable"] for r in rows.values()), 3)

        table = site.run("coverage").stdout.splitlines()
        self.assertEqual(table[-1].split(),
                         ["total", "1,788", "3", "1,785", "0.2", "%"])
        missing = {r["code"]: r for r in site.lines(
            "coverage", "--prefecture", "島根")}
        self.assertEqual(list(missing), shimane["missing"])
        shown = site.run("coverage", "--prefecture", "Shimane").stdout
        for name, why in (("美郷町", "1 without a basis"),
                          ("出雲市", "1 suppressed"),
                          ("邑南町", "1 unsubscribed or removed"),
                          ("浜田市", "no contact")):
            line = next(row for row in shown.splitlines() if name in row)
            self.assertTrue(line.endswith(why), line)
        self.assertTrue(shown.endswith(
            "島根県: 19 of 20 have nobody who may be mailed\n"))
        self.assertIn("did you mean '島根'", self.refused(
            site, 64, "coverage", "--prefecture", "島値"))

        # What was merged is no hole; a code that nobody knows is told.
        site.run("municipality", "merge", "324485", "322016")
        self.assertEqual(site.lines("coverage")[31]["municipalities"],
                         len(codes) - 1)
        site.import_contacts([contact("g@x.example", "015997")])
        self.assertIn("1 contact names a municipality that the register "
                      "does not have", site.run("coverage").stdout)


class HandOver(Case):
    OLD, NEW = "tanaka@town.example", "suzuki@town.example"

    def make_old(self, basis="consent", **more):
        return self.make([contact(
            self.OLD, "misato", "tourism;culture", basis, name="田中",
            department="企画課", countries="GR", language="en", **more)])

    def show(self, site, address):
        return site.lines("subscriber", "show", address)[0]

    def test_consent_stays_behind(self):
        site = self.make_old()
        done = site.run("subscriber", "hand-over", self.OLD, self.NEW,
                        "--name", "鈴木")
        self.assertIn("new, takes over organisation and 3 interests",
                      done.stdout)
        self.assertIn("gets no mail yet: consent does not pass", done.stdout)
        new = self.show(site, self.NEW)
        self.assertEqual(
            {key: new[key] for key in (
                "name", "organisation", "department", "municipality",
                "language", "tags", "countries", "state", "basis",
                "consents")},
            {"name": "鈴木", "organisation": "misato", "department": "企画課",
             "municipality": "324485", "language": "en",
             "tags": ["culture", "tourism"], "countries": ["GR"],
             "state": "active", "basis": "none", "consents": []})
        old = self.show(site, self.OLD)
        self.assertEqual((old["state"], old["name"], old["basis"]),
                         ("removed", "田中", "consent"))
        self.assertEqual([c["event"] for c in old["consents"]], ["granted"])
        self.assertEqual(self.addresses(site, "everyone"), [])

        # With a basis it is written to.
        site.run("subscriber", "edit", self.NEW, "--basis", "consent",
                 "--evidence", "mail of 3 April")
        self.assertEqual(self.addresses(site, "everyone"), [self.NEW])
        self.assert_told(site, "subscriber hand-over", "subscriber edit")

    def test_bases(self):
        """given, stored, method and evidence on record"""
        for given, had, has, evidence in (
                (None, "published", "published",
                 "address of the office, taken over from subscriber 1"),
                (None, "business_relation", "none", None),
                ("given_address", "consent", "given_address", "card, 1 April"),
                ("none", "published", "none", None)):
            with self.subTest(given=given, had=had):
                self.setUp()
                site = self.make_old(had)
                words = ["--basis", given] if given else []
                if evidence and given:
                    words += ["--evidence", evidence]
                site.run("subscriber", "hand-over", self.OLD, self.NEW, *words)
                new = self.show(site, self.NEW)
                self.assertEqual(new["basis"], has)
                self.assertEqual(
                    [(c["event"], c["basis"], c["method"], c["source"])
                     for c in new["consents"]],
                    [("granted", has, "hand-over", evidence)]
                    if evidence else [])
                self.assertNotIn(self.OLD, json.dumps(new))

    def test_waiting_mail(self):
        server = self.server()
        site = self.site(server)
        old = "kokusai@town-misato-shimane.example"
        site.run("send", ISSUE, "--limit", "1", status=75)
        done = site.run("subscriber", "hand-over", old, self.NEW, "--basis",
                        "consent", "--evidence", "mail of 2 April")
        self.assertIn(f"{old}: removed; 1 waiting mail skipped", done.stdout)
        site.run("send", ISSUE)
        site.run("send", ISSUE, "--to", "municipality:324485")
        accepted = self.accepted(server)
        self.assertEqual((accepted[old], accepted[self.NEW]), (0, 1))

    def test_refusals(self):
        site = self.make_old()
        site.import_contacts([contact("there@x.example")])
        site.run("suppress", "add", "barred@x.example")
        for words, status, fault in (
                (("x@x.example", self.NEW), 67, "is no subscriber"),
                ((self.OLD, "there@x.example"), 65, "a subscriber already"),
                ((self.OLD, "barred@x.example"), 65, "is suppressed"),
                ((self.OLD, self.OLD.upper()), 65, "is the same address"),
                ((self.OLD, "postmaster@x.example"), 65, "read by nobody"),
                ((self.OLD, "bad"), 65, "a mail address has an @"),
                ((self.OLD, self.NEW, "--basis", "concent"), 64,
                 "did you mean 'consent'?"),
                ((self.OLD, self.NEW, "--basis", "consent"), 64,
                 "needs --evidence")):
            self.assertIn(fault, self.refused(
                site, status, "subscriber", "hand-over", *words))
        self.assertEqual(self.show(site, self.OLD)["state"], "active")

        # An old address that bounced hands over all the same, once.
        site.run("suppress", "add", self.OLD)
        site.run("subscriber", "hand-over", self.OLD, self.NEW)
        self.assertIn("is removed, there is nothing to hand over",
                      self.refused(site, 65, "subscriber", "hand-over",
                                   self.OLD, "third@town.example"))


if __name__ == "__main__":
    unittest.main()
