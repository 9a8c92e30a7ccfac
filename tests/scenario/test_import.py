"""Contacts as offices have them: spreadsheets in every form, Japanese headings,
slips, people twice; nothing is taken by halves."""

import json
import random
import unittest

from glocal_site import ROOT, Scenario, Site

HEAD = ["団体コード", "団体名", "氏名", "メールアドレス", "部署", "興味", "備考"]
ROWS = [
    ["324485", "美郷町", "美郷　太郎", "kokusai@misato.example",
     "企画課,国際係", "文化・芸術;スポーツ", "四月から"],
    ["11002", "札幌市", "髙﨑 ①", "ｓ＠ｓａｐｐｏｒｏ．ｅｘａｍｐｌｅ", "国際部",
     "観光\nculture", 'いわゆる"担当"'],
]


def table(delimiter=",", rows=ROWS, end="\r\n"):
    """Rows as a spreadsheet saves them."""
    def cell(text):
        if any(c in text for c in f'{delimiter}"\r\n'):
            return '"' + text.replace('"', '""') + '"'
        return text
    return "".join(delimiter.join(map(cell, row)) + end
                   for row in [HEAD, *rows])


class Import(Scenario):
    def setUp(self):
        super().setUp()
        self.site = Site(self.folder / "site", sample=False)
        self.site.run("tag", "import", ROOT / "config/sample/tags.csv")

    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def imported(self, path, *options, status=0):
        return self.site.run("subscriber", "import", path, *options,
                             status=status)

    def verdicts(self, path, *options, status=0):
        done = self.imported(path, "--json", *options, status=status)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def shown(self):
        return {row["address"]: row
                for row in self.site.lines("subscriber", "list")}

    def test_every_form_is_the_same(self):
        forms = [("utf-8", ","), ("utf-8-sig", ","), ("utf-8", "\t"),
                 ("utf-16", "\t"), ("utf-16-le", ","), ("utf-16-be", ";"),
                 ("cp932", ","), ("cp932", "\t"), ("utf-8", "|")]
        first = self.write("first.csv", table())
        done = self.imported(first, "--map", "備考=-")
        self.assertEqual(done.stdout, "contacts: 2 new\n")
        rows = self.shown()
        self.assertEqual(rows["kokusai@misato.example"]["name"], "美郷　太郎")
        self.assertEqual(rows["kokusai@misato.example"]["tags"],
                         ["culture", "sports"])
        self.assertEqual(rows["s@sapporo.example"]["municipality"], "011002")
        self.assertEqual(rows["s@sapporo.example"]["name"], "髙﨑 ①")
        self.assertEqual(rows["s@sapporo.example"]["tags"],
                         ["culture", "tourism"])
        for encoding, delimiter in forms:
            with self.subTest(encoding=encoding, delimiter=delimiter):
                path = self.write("form.csv",
                                  table(delimiter).encode(encoding))
                done = self.imported(path, "--map", "備考=-")
                self.assertTrue(done.stdout.endswith(
                    "contacts: 2 unchanged\n"), done.stdout)
        self.assertIn("read as utf-8, columns separated by '|'", done.stdout)

        # What cannot be told must be named, and what is named counts.
        path = self.write("euc.csv", table().replace("髙﨑 ①", "高崎")
                          .encode("euc-jp"))
        done = self.imported(path, "--map", "備考=-", status=65)
        self.assertIn("--encoding", done.stderr)
        done = self.imported(path, "--map", "備考=-", "--encoding", "euc-jp")
        self.assertIn("1 changed, 1 unchanged", done.stdout)
        self.assertIn("did you mean 'cp932'", self.imported(
            path, "--encoding", "cp923", status=64).stderr)
        self.assertIn("is no delimiter", self.imported(
            path, "--delimiter", "ab", status=64).stderr)

    def test_unknown_columns(self):
        path = self.write("c.csv", table())
        done = self.imported(path, status=65)
        self.assertIn(f"{path}:1: unknown column '備考'; --map '備考=FIELD' "
                      "says what it is, --map '備考=-' passes over it",
                      done.stderr)
        path = self.write("c.csv", "連絡先,呼び名\na@x.example,アオイ\n")
        self.imported(path, "--map", "連絡先=email", "--map", "呼び名=name")
        self.assertEqual(self.shown()["a@x.example"]["name"], "アオイ")
        self.assertIn("there is no field 'nmae'", self.imported(
            path, "--map", "連絡先=email", "--map", "呼び名=nmae",
            status=65).stderr)

    def test_dry_run_shows_the_difference(self):
        self.imported(self.write("a.csv", "email,name,tags,basis\n"
                                 "a@x.example,Aoi,culture,consent\n"
                                 "b@x.example,Ben,,consent\n"
                                 "out@x.example,Out,,consent\n"
                                 "bad@x.example,Bad,,consent\n"))
        self.site.run("subscriber", "unsubscribe", "out@x.example")
        self.site.run("suppress", "add", "bad@x.example")
        text = ("email,name,tags,basis\n"
                "a@x.example,葵,culture;sports,consent\n"
                "b@x.example,Ben,,consent\n"
                "out@x.example,Out,,consent\n"
                "bad@x.example,Bad,,consent\n"
                "new@x.example,New,,consent\n")
        path = self.write("b.csv", text)
        before = self.shown()
        done = self.imported(path, "--dry-run")
        self.assertIn(f"{path}:2: changed a@x.example: name Aoi -> 葵, "
                      "tags culture -> culture;sports\n", done.stdout)
        self.assertIn(f"{path}:3: unchanged b@x.example\n", done.stdout)
        self.assertIn(f"{path}:4: kept out out@x.example (unsubscribed on ",
                      done.stdout)
        self.assertIn(f"{path}:5: kept out bad@x.example (suppressed on ",
                      done.stdout)
        self.assertIn(f"{path}:6: new new@x.example\n", done.stdout)
        self.assertIn("dry run, nothing was changed; contacts: 1 new, "
                      "1 changed, 1 unchanged, 2 kept out", done.stdout)
        self.assertEqual(self.shown(), before)

        # The same for programs, refused lines too.
        path = self.write("b.csv", text + "c@x.example,,turism,\n"
                          "a@gmial.com,,,consent\n")
        rows = {row["line"]: row for row in self.verdicts(
            path, "--dry-run", status=65)}
        self.assertEqual(rows[2]["changes"], [
            {"field": "name", "old": "Aoi", "new": "葵"},
            {"field": "tags", "old": "culture", "new": "culture;sports"}])
        self.assertEqual([rows[n]["verdict"] for n in range(2, 9)],
                         ["changed", "unchanged", "kept out", "kept out",
                          "new", "refused", "new"])
        self.assertIn("did you mean 'tourism'", rows[7]["why"])
        self.assertIn("did you mean 'gmail.com'", rows[8]["warnings"][0])
        self.assertEqual(rows[6]["warnings"], [])
        self.assertEqual(self.shown(), before)

    def test_reinstate(self):
        path = self.write("a.csv", "email,name,basis\n"
                          "a@x.example,Aoi,business_relation\n"
                          "b@x.example,Ben,published\n"
                          "c@x.example,Cho,consent\n")
        self.imported(path)
        self.site.run("subscriber", "unsubscribe", "a@x.example")
        self.site.run("suppress", "add", "b@x.example")
        self.assertIn("subscriber reinstate ADDRESS --evidence TEXT",
                      self.imported(path).stdout)

        # One by one, with evidence, and only whom there is something of.
        again = ("subscriber", "reinstate")
        for words, status, said in (
                (("a@x.example",), 64, "--evidence is missing"),
                (("a@x.example", "--evidence", " "), 64,
                 "--evidence is missing"),
                (("z@x.example", "--evidence", "x"), 67, "is no subscriber"),
                (("c@x.example", "--evidence", "x"), 65,
                 "is an active subscriber")):
            self.assertIn(said, self.site.run(*again, *words,
                                              status=status).stderr)
        self.assertEqual(self.shown()["a@x.example"]["state"], "unsubscribed")
        for name in "ab":
            self.site.run(*again, f"{name}@x.example",
                          "--evidence", "mail of 2 April")
        self.assertEqual(self.site.lines("suppress", "list"), [])
        self.assertEqual(self.shown()["a@x.example"]["state"], "active")
        done = self.imported(path, "--json")
        self.assertEqual([json.loads(line)["verdict"]
                          for line in done.stdout.splitlines()],
                         ["changed", "unchanged", "unchanged"])

        # Both are on record, the first with a basis of its own.
        shown = self.site.run("subscriber", "show", "a@x.example").stdout
        self.assertIn("mail of 2 April", shown)
        rows = [json.loads(line) for line in self.site.run(
            "subscriber", "history", "a@x.example",
            "--json").stdout.splitlines()]
        row = [r for r in rows if r["command"] == "subscriber reinstate"][0]
        self.assertIn("mail of 2 April", json.dumps(row))
        self.assertIn("unsubscribed", json.dumps(row))
        self.site.run("check", "--offline", status=None)
        self.assertIn("mail of 2 April", self.site.run(
            "subscriber", "show", "b@x.example").stdout)

    def test_hostile_files(self):
        """Random bytes in place of some: a fault with a line, or contacts;
        never a crash, and never a part of the file."""
        rng = random.Random(20260401)
        good = table().encode("cp932")
        for turn in range(40):
            data = bytearray(good * (1 + turn % 3))
            for _ in range(rng.randrange(1, 6)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            path = self.write("hostile.csv", bytes(data))
            done = self.imported(path, "--map", "備考=-", "--dry-run",
                                 status=None)
            self.assertIn(done.returncode, (0, 65), done.stderr)
            if done.returncode == 65:
                self.assertRegex(done.stderr, r"hostile\.csv(:\d+)?: ")
        self.assertEqual(self.shown(), {})


if __name__ == "__main__":
    unittest.main()
