"""What is exported comes back: import(export) changes nothing, whatever stands
in the fields; and no cell is a formula."""

import csv
import io
import json
import os
import random
import unittest

from glocal_site import ROOT, Scenario, Site

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
PIECES = ["=1+1", "+81", "-", "@SUM(A1)", "'", "''", "'=", '"', '""', ",", ";",
          "|", "、", " ", "　", "＝", "－", "＋１", "＠", "\\", "髙", "①", "ソ",
          "ー", "～", "a", "é", "𠮷", "👩‍👩‍👧", "が", "%s", "<b>", "ｶﾞ", "0",
          "#N/A", "NULL", "=cmd|' /C calc'!A0", "\u00a0", "\u200b", "﹦"]
NO_CP932 = set("é𠮷👩‍👧\u00a0\u200b﹦\u3099")


def write_cell(value):
    """A cell that import reads as `value`: the rule, told once more."""
    return "'" + value if value.lstrip("'").startswith(DANGEROUS) else value


class Export(Scenario):
    def new_site(self, name):
        site = Site(self.folder / name, sample=False)
        site.run("tag", "import", ROOT / "config/sample/tags.csv")
        return site

    def fill(self, site, count, pieces):
        """Contacts with hostile values, through a table of our own."""
        rng = random.Random(count)

        def text():
            return "".join(rng.choice(pieces)
                           for _ in range(rng.randrange(5))).strip(" 　\t")
        rows = [[write_cell(cell) for cell in (
            f"{rng.choice(['', '-', '=', '+'])}k{i}@x{i % 7}.example",
            text(), text(), text(),
            rng.choice(["", "324485", "011002"]), rng.choice(["ja", "en"]),
            rng.choice(["html", "text"]),
            ";".join(rng.sample(["culture", "sports", "halal"],
                                rng.randrange(3))),
            rng.choice(["", "GR", "ID;US"]),
            rng.choice(["consent", "published", "none"]))]
                for i in range(count)]
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow("email name organisation department municipality "
                        "language format tags countries basis".split())
        writer.writerows(rows)
        path = self.folder / "hostile.csv"
        path.write_text(out.getvalue(), encoding="utf-8", newline="")
        done = site.run("subscriber", "import", path)
        self.assertIn(f"contacts: {count} new", done.stdout)

    def test_import_of_export_is_the_identity(self):
        site = self.new_site("a")
        self.fill(site, 150, PIECES)
        whole = site.run("subscriber", "export", "--format", "json").stdout
        self.assertIn("=1+1", whole)
        for form, encoding in (("csv", "utf-8"), ("csv", "utf-8-bom"),
                               ("tsv", "utf-8"), ("tsv", "utf-16"),
                               ("csv", "utf-16")):
            with self.subTest(form=form, encoding=encoding):
                self.check_identity(site, whole, form, encoding)

    def test_cp932(self):
        site = self.new_site("a")
        self.fill(site, 60, [p for p in PIECES
                             if not set(p) & NO_CP932])
        whole = site.run("subscriber", "export", "--format", "json").stdout
        for form in ("csv", "tsv"):
            self.check_identity(site, whole, form, "cp932")

        # One character too many: nothing is written, and it is named.
        site.run("subscriber", "add", "--email", "z@x.example", "--name",
                 "𠮷田", "--organisation", "〜")
        path = self.folder / "no.csv"
        done = site.run("subscriber", "export", "--out", path, "--encoding",
                        "cp932", status=65)
        self.assertIn("no.csv:62: column name: '𠮷' (U+20BB7) cannot be "
                      "written in cp932", done.stderr)
        self.assertFalse(path.exists())
        self.assertEqual(site.run("subscriber", "export", "--encoding",
                                  "sjis", status=65).stdout, "")
        self.assertEqual([name for name in os.listdir(self.folder)
                          if ".new" in name], [])

    def check_identity(self, site, whole, form, encoding):
        path = self.folder / f"out.{form}"
        site.run("subscriber", "export", "--out", path, "--format", form,
                 "--encoding", encoding)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        count = len(whole.splitlines())

        # No cell is a formula to whoever reads the table.
        text = path.read_bytes().decode(
            {"utf-8-bom": "utf-8-sig"}.get(encoding, encoding))
        rows = list(csv.reader(io.StringIO(text, newline=""),
                               delimiter="\t" if form == "tsv" else ","))
        self.assertEqual(len(rows), count + 1)
        for row in rows:
            for cell in row:
                self.assertFalse(cell.startswith(DANGEROUS), cell)

        # To where it came from it brings nothing, elsewhere all.
        done = site.run("subscriber", "import", path)
        self.assertTrue(done.stdout.endswith(
            f"contacts: {count} unchanged\n"), done.stdout)
        other = self.new_site(f"b.{form}.{encoding}")
        other.run("subscriber", "import", path)
        self.assertEqual(other.run("subscriber", "export", "--format",
                                   "json").stdout, whole)
        self.assertEqual(
            other.run("subscriber", "export").stdout,
            site.run("subscriber", "export").stdout)

    def test_who_is_in_it(self):
        site = self.new_site("a")
        for name in "abc":
            site.run("subscriber", "add", "--email", f"{name}@x.example",
                     "--basis", "consent")
        site.run("subscriber", "unsubscribe", "a@x.example")
        site.run("subscriber", "remove", "b@x.example")
        rows = [json.loads(line)["email"] for line in site.run(
            "subscriber", "export", "--format", "json").stdout.splitlines()]
        self.assertEqual(rows, ["c@x.example"])
        for words, said in ((("--format", "xml"), "expected csv, tsv or json"),
                            (("--encoding", "cp933"), "did you mean 'cp932'"),
                            (("--format", "json", "--encoding", "cp932"),
                             "json is UTF-8")):
            self.assertIn(said, site.run("subscriber", "export", *words,
                                         status=64).stderr)
        site.run("subscriber", "export", "--out", "/nonexistent/x", status=73)


if __name__ == "__main__":
    unittest.main()
