"""Contacts, tags, municipalities and suppressions on the command line."""

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

TOP = os.path.realpath(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
GLOCAL_MAIL = os.environ.get(
    "GLOCAL_MAIL", os.path.join(TOP, "build", "glocal-mail"))

SITE = """\
sender: {name: 地域連携課, address: news@news.example, postal: 東京都千代田区,
  contact: contact@news.example}
bounce_domain: bounce.news.example
public_url: https://news.example
relays:
  - {url: "smtp://127.0.0.1:2525", tls: off}
"""

CONTACTS = """\
email,name,organisation,department,municipality,language,tags,countries,basis
kokusai@misato.example,美郷,美郷町,企画課,324485,ja,sports;culture,ID;GR,consent
b@misato.example,"三郷, 太郎",三郷市,,112372,en,,,published
c@x.example,,,,,,,,none
"""


class Contacts(unittest.TestCase):
    def setUp(self):
        self.site = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.site)
        os.mkdir(os.path.join(self.site, "state"))
        self.write("glocal-mail.yaml", SITE)
        self.ok("init")
        self.ok("tag", "import", os.path.join(TOP, "config/sample/tags.csv"))

    def write(self, name, text):
        path = os.path.join(self.site, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def run_it(self, *words):
        return subprocess.run(
            [GLOCAL_MAIL, "--site", self.site, *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60)

    def ok(self, *words):
        r = self.run_it(*words)
        self.assertEqual(r.returncode, 0, r.stderr)
        return r

    def refused(self, status, *words):
        r = self.run_it(*words)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r.stderr

    def listing(self, *words):
        return [json.loads(line)
                for line in self.ok(*words, "--json").stdout.splitlines()]

    def test_import_twice(self):
        path = self.write("contacts.csv", CONTACTS)
        r = self.ok("subscriber", "import", "--dry-run", path)
        self.assertIn(f"{path}:2: new kokusai@misato.example\n", r.stdout)
        self.assertIn("dry run, nothing was changed; contacts: 3 new",
                      r.stdout)
        self.assertEqual(self.listing("subscriber", "list"), [])

        r = self.ok("subscriber", "import", path)
        self.assertEqual(r.stdout, "contacts: 3 new\n")
        self.assertIn(f"{path}:4: warning: ", r.stderr)
        self.assertIn("has the basis none", r.stderr)
        self.assertEqual(self.listing("subscriber", "list"), [
            {"address": "kokusai@misato.example", "name": "美郷",
             "state": "active", "language": "ja", "municipality": "324485",
             "tags": ["culture", "sports"], "countries": ["GR", "ID"]},
            {"address": "b@misato.example", "name": "三郷, 太郎",
             "state": "active", "language": "en", "municipality": "112372",
             "tags": [], "countries": []},
            {"address": "c@x.example", "name": "", "state": "active",
             "language": "ja", "municipality": "", "tags": [],
             "countries": []},
        ])
        self.assertEqual(self.ok("subscriber", "import", path).stdout,
                         "contacts: 3 unchanged\n")

    def test_faults_change_nothing(self):
        path = self.write("contacts.csv", CONTACTS + """\
d@x.example,,,,324484,ja,tourims,gr,consent
KOKUSAI@misato.example,,,,,,,,consent
bad,,,,,,,,consent
""")
        err = self.refused(65, "subscriber", "import", path)
        for line in (":5: municipality code '324484': the check digit "
                     "should be 5",
                     ":5: unknown tag 'tourims' (did you mean 'tourism'?)",
                     ":5: unknown country 'gr' (did you mean 'GR'?)",
                     ":6: the same address as in line 2; leave one of the "
                     "two",
                     ":7: address 'bad': a mail address has an @"):
            self.assertIn(path + line + "\n", err)
        self.assertTrue(err.endswith(
            "glocal-mail: subscriber import: 5 faults; nothing was changed\n"),
            err)
        self.assertEqual(self.listing("subscriber", "list"), [])

        # A dry run tells the verdict of each line all the same.
        r = self.run_it("subscriber", "import", "--dry-run", "--json", path)
        self.assertEqual(r.returncode, 65)
        self.assertEqual(
            [json.loads(line)["verdict"] for line in r.stdout.splitlines()],
            ["new", "new", "new", "refused", "refused", "refused"])
        self.refused(66, "subscriber", "import", path + ".missing")

    def test_filters_and_show(self):
        self.ok("subscriber", "import", self.write("c.csv", CONTACTS))
        for words, addresses in (
                (("--tag", "culture"), ["kokusai@misato.example"]),
                (("--language", "en"), ["b@misato.example"]),
                (("--municipality", "11237"), ["b@misato.example"]),
                (("--state", "removed"), [])):
            self.assertEqual(
                [row["address"]
                 for row in self.listing("subscriber", "list", *words)],
                addresses)
        self.assertIn("did you mean 'culture'", self.refused(
            64, "subscriber", "list", "--tag", "cultur"))
        table = self.ok("subscriber", "list").stdout.splitlines()
        self.assertTrue(table[0].startswith("ADDRESS"))
        self.assertEqual(table[-1], "3 subscribers")

        shown = self.ok("subscriber", "show", "KOKUSAI@misato.example").stdout
        self.assertIn("美郷町", shown)
        self.assertIn("granted consent by import", shown)
        self.assertIn("c.csv:2", shown)
        self.refused(67, "subscriber", "show", "nobody@x.example")

    def test_unsubscribed_stays_out(self):
        path = self.write("c.csv", CONTACTS)
        self.ok("subscriber", "import", path)
        self.ok("subscriber", "unsubscribe", "b@misato.example",
                "--evidence", "called on Monday")
        self.ok("subscriber", "remove", "kokusai@misato.example")
        states = {row["address"]: row["state"]
                  for row in self.listing("subscriber", "list")}
        self.assertEqual(states["b@misato.example"], "unsubscribed")
        self.assertEqual(states["kokusai@misato.example"], "removed")
        r = self.ok("subscriber", "import", path)
        self.assertIn(f"{path}:3: kept out b@misato.example (unsubscribed on ",
                      r.stdout)
        self.assertIn("contacts: 1 unchanged, 1 revived, 1 kept out",
                      r.stdout)
        self.assertEqual(
            [(row["address"], row["reason"], row["evidence"])
             for row in self.listing("suppress", "list")],
            [("b@misato.example", "unsubscribed", "called on Monday")])
        self.assertIn("subscriber reinstate", self.refused(
            65, "subscriber", "add", "--email", "b@misato.example"))
        self.ok("suppress", "remove", "b@misato.example")
        self.ok("subscriber", "add", "--email", "b@misato.example",
                "--basis", "consent")

    def test_add(self):
        self.ok("subscriber", "add", "--email", "n@x.example", "--name", "名",
                "--organisation", "松江市", "--municipality", "32201",
                "--language", "en", "--tags", "halal;culture",
                "--countries", "US", "--basis", "given_address")
        self.assertEqual(self.listing("subscriber", "list"), [
            {"address": "n@x.example", "name": "名", "state": "active",
             "language": "en", "municipality": "322016",
             "tags": ["culture", "halal"], "countries": ["US"]}])
        self.refused(65, "subscriber", "add", "--email", "N@x.example")
        self.refused(64, "subscriber", "add", "--name", "x")
        self.refused(65, "subscriber", "add", "--email", "m@x.example",
                     "--basis", "hearsay")

    def test_tags(self):
        self.ok("tag", "add", "gardens", "--en", "Gardens", "--ja", "庭園")
        tags = {row["tag"]: row for row in self.listing("tag", "list")}
        self.assertEqual(tags["gardens"]["label_ja"], "庭園")
        for slug in ("tourism sister-city culture economy halal sports "
                     "startup diplomatic-corps").split():
            self.assertIn(slug, tags)
        self.refused(65, "tag", "add", "Big Tag", "--en", "a", "--ja", "b")
        self.refused(64, "tag", "add", "tag", "--en", "a")

    def test_municipalities(self):
        self.ok("municipality", "import",
                os.path.join(TOP, "config/municipalities.csv"))
        rows = self.listing("municipality", "list")
        codes = {row["code"]: row for row in rows}
        self.assertEqual(sum(code[2:5] == "000" for code in codes), 47)
        self.assertEqual(codes["324485"]["prefecture"], "島根県")
        self.assertEqual(codes["112372"]["name"], "三郷市")
        shimane = self.listing("municipality", "list",
                               "--prefecture", "島根県")
        self.assertTrue(all(row["code"].startswith("32") for row in shimane))
        for name in ("島根", "32", "Shimane"):
            self.assertEqual(shimane, self.listing(
                "municipality", "list", "--prefecture", name))
        self.assertIn("did you mean '島根県'", self.refused(
            64, "municipality", "list", "--prefecture", "鳥根県"))

        # Both readings of a code that lost a digit at one end or the other.
        path = self.write("m.csv", "pref,city,citykana,lgcode\n"
                          "北海道,札幌市,さっぽろし,11002\n")
        self.assertEqual(self.ok("municipality", "import", path).stdout,
                         "municipalities: 1 unchanged\n")

    def test_circulating_registers(self):
        data = os.path.join(TOP, "../shared/data")
        if not os.path.exists(os.path.join(data, "localgovjp.csv")):
            self.skipTest("no other register at hand")
        with sqlite3.connect(
                os.path.join(self.site, "state/glocal-mail.db")) as store:
            store.execute("DELETE FROM municipality")
        store.close()
        for name, rows in (("localgovjp.csv", 1916), ("prefjp.csv", 47)):
            self.ok("municipality", "import", os.path.join(data, name))
        codes = [row["code"] for row in self.listing("municipality", "list")]
        self.assertGreaterEqual(len(codes), 1916 + 47)
        self.assertIn("010006", codes)

    def test_kill_while_importing(self):
        """An import that dies leaves all or nothing."""
        rows = 4000
        path = self.write("many.csv", "\n".join(
            ["email,tags,basis"] +
            [f"k{i}.x@x{i % 50}.example,culture;sports,consent"
             for i in range(rows)]) + "\n")
        command = [GLOCAL_MAIL, "--site", self.site, "subscriber", "import",
                   path]
        killed = 0
        for round in range(8):
            importer = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
            try:
                importer.wait(timeout=0.01 * 2 ** (round % 5))
            except subprocess.TimeoutExpired:
                importer.kill()
                importer.wait(timeout=30)
                killed += 1
            self.assertIn(len(self.listing("subscriber", "list")), (0, rows))
        self.assertGreater(killed, 0)
        self.ok("subscriber", "import", path)
        self.assertEqual(len(self.listing("subscriber", "list")), rows)


if __name__ == "__main__":
    unittest.main()
