"""Workbooks: what a foreign writer saves, what Excel does that it does not, and
what is damaged or means harm."""

import functools
import io
import json
import os
import subprocess
import sys
import unittest
import zipfile

from glocal_site import ROOT, Scenario, Site

HEAD = ["メールアドレス", "氏名", "団体名", "団体コード", "部署", "興味", "国", "根拠"]
ROWS = [
    ["ｋ＠ｓａｋａｅ．ｅｘａｍｐｌｅ", "山田　太郎", "栄町", 123293, "総務課\n国際係",
     "文化・芸術；sports", None, "同意"],
    [],
    ["s@sapporo.example", "髙﨑 ①", "札幌市", 11002, None, "観光", "ギリシャ", None],
    ["m@misato.example", 2026, "美郷町", "324485", True, None, "ID", "名刺交換"],
    ["m@misato.lg.jp.", "&<>\"'", "美郷町", "324484", None, "スポ", "XX", "?"],
    ["s@sapporo.example", "=1+1", None, None, 0.1, None, None, None],
]
WRITER = """
import json, sys, openpyxl
book = openpyxl.Workbook()
book.remove(book.active)
for sheet in json.load(sys.stdin):
    page = book.create_sheet(sheet["title"])
    page.sheet_state = sheet["state"]
    for row in sheet["rows"]:
        page.append(row)
book.save(sys.argv[1])
"""
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK = (f'<workbook xmlns="{MAIN}" xmlns:r="{RELS}"><sheets>'
        '<sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>')
LINKS = ('<Relationships>'
         f'<Relationship Id="rId1" Type="{RELS}/worksheet"'
         ' Target="worksheets/sheet1.xml"/>'
         f'<Relationship Id="rId2" Type="{RELS}/sharedStrings"'
         ' Target="/xl/sharedStrings.xml"/></Relationships>')


@functools.cache
def find_writer():
    """A Python that has openpyxl: ours, else Debian's; None."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and subprocess.run(
                [python, "-c", "import openpyxl"], capture_output=True,
                check=False).returncode == 0:
            return python
    return None


def write_book(path, *sheets):
    """Each sheet is a title, rows and how it shows."""
    if find_writer() is None:
        raise unittest.SkipTest("python3-openpyxl is not installed")
    keys = ("title", "rows", "state")
    subprocess.run([find_writer(), "-c", WRITER, str(path)], timeout=100,
                   input=json.dumps([dict(zip(keys, s)) for s in sheets]),
                   text=True, check=True)


def package(sheet, strings="<sst/>", book=BOOK, links=LINKS):
    """A workbook by hand."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, text in (("xl/workbook.xml", book),
                           ("xl/_rels/workbook.xml.rels", links),
                           ("xl/sharedStrings.xml", strings),
                           ("xl/worksheets/sheet1.xml", sheet)):
            if text is not None:
                parts.writestr(name, text)
    return out.getvalue()


def inline(*texts):
    return "<row>" + "".join(f'<c t="inlineStr"><is><t>{t}</t></is></c>'
                             for t in texts) + "</row>"


class Xlsx(Scenario):
    def setUp(self):
        super().setUp()
        self.site = Site(self.folder / "site", sample=False)
        self.site.run("tag", "import", ROOT / "config/sample/tags.csv")
        self.path = self.folder / "list.xlsx"

    def take(self, *options, status=0):
        return self.site.run("subscriber", "import", self.path, *options,
                             status=status)

    def shown(self, address):
        out = self.site.run("subscriber", "export", "--format", "json").stdout
        found = [row for row in map(json.loads, out.splitlines())
                 if row["email"] == address]
        self.assertEqual(len(found), 1)
        return found[0]

    def test_the_same_as_csv(self):
        write_book(self.path, ("名簿", [HEAD, *ROWS], "visible"))
        table = self.folder / "list.csv"
        texts = [[("TRUE" if cell is True else "" if cell is None else
                   "" if cell == "=1+1" else str(cell))
                  for cell in row] for row in [HEAD, *ROWS]]
        table.write_text("".join(
            ",".join('"' + cell.replace('"', '""') + '"' for cell in row)
            + "\n" for row in texts))

        # The lines of the table are not those of the sheet: a cell has two.
        def told(path, *options, status=65):
            done = self.site.run("subscriber", "import", path, "--dry-run",
                                 *options, status=status)
            text = (done.stdout + done.stderr).replace(str(path), "FILE")
            return text

        sheet, lines = told(self.path), told(table)
        for line in range(3, 9):
            lines = lines.replace(f"FILE:{line}:", f"FILE:{line - 1}:")
            lines = lines.replace(f"line {line};", f"line {line - 1};")
        self.assertEqual(sheet, lines)
        for part in ("FILE:2: new k@sakae.example",
                     "FILE:6: unknown tag 'スポ' (did you mean 'sports'?)",
                     "FILE:6: municipality code '324484': the check digit",
                     "did you mean 'm@misato.lg.jp'", "unknown country 'XX'",
                     "FILE:7: the same address as in line 4"):
            self.assertIn(part, sheet)
        self.assertEqual(self.site.lines("subscriber", "list"), [])

    def test_taken(self):
        good = [HEAD, ROWS[0], [], ROWS[3]]
        good[3] = [*ROWS[3][:4], "企画課", *ROWS[3][5:]]
        write_book(self.path, ("古い", [["email"], ["old@x.example"]], "hidden"),
                   ("名簿", good, "visible"),
                   ("他", [["email"], ["other@x.example"]], "visible"))
        self.assertEqual(self.take().stdout, "contacts: 2 new\n")
        self.assertEqual(self.take().stdout, "contacts: 2 unchanged\n")
        row = self.shown("k@sakae.example")
        self.assertEqual((row["name"], row["municipality"], row["department"]),
                         ("山田　太郎", "123293", "総務課 国際係"))
        self.assertEqual(row["tags"], ["culture", "sports"])
        self.assertEqual(self.shown("m@misato.example")["name"], "2026")
        events = self.site.lines("consent", "show", "m@misato.example")
        self.assertEqual((events[0]["source"], events[0]["line"]),
                         (str(self.path), 4))
        self.assertIn("1 new", self.take("--sheet", "他").stdout)
        self.assertIn("1 new", self.take("--sheet", "古い").stdout)
        self.assertIn("has no sheet '新', but '古い', '名簿', '他'", self.take(
            "--sheet", "新", status=65).stderr)
        self.assertIn("are for text", self.take(
            "--encoding", "cp932", status=64).stderr)

        # Tags and places come the same way.
        write_book(self.path, ("A", [["tag", "label_en", "label_ja"],
                                     ["manga", "Comics", "漫画"]], "visible"))
        self.assertIn("1 new", self.site.run("tag", "import",
                                             self.path).stdout)

    def test_cells(self):
        strings = ('<x:sst xmlns:x="m"><x:si><x:t>email</x:t></x:si>'
                   "<x:si><x:r><x:t>美</x:t></x:r><x:r><x:rPr/><x:t>郷"
                   "</x:t></x:r><x:rPh sb='0'><x:t>みさと</x:t></x:rPh></x:si>"
                   "<x:si><x:t>企画_x000D_\n課_x005F_x0041_ _x1_</x:t></x:si>"
                   "<x:si><x:t xml:space='preserve'> name </x:t></x:si>"
                   "</x:sst>")
        sheet = (
            "<worksheet><sheetData>"
            '<row r="3"><c r="B3" t="s"><v>0</v></c><c t="s"><v>3</v></c>'
            '<c r="E3" t="inlineStr"><is><r><t>depart</t></r><r><t>ment</t>'
            '</r></is></c><c r="F3" t="str"><f>A1</f><v>municipality</v></c>'
            '<c r="XFD3" s="4"/></row>'
            '<row/><row r="9"><c r="F9"><v>1.1002E4</v></c>'
            '<c r="E9" t="s"><v>2</v></c>'
            '<c r="B9" t="str"><v>a@x.example</v></c>'
            '<c r="C9" t="s"><v>1</v></c></row>'
            "<row>" + '<c t="str"><v></v></c>' * 4 + "</row>"
            '<row><c r="B11" t="str"><v>b@x.example</v></c>'
            '<c r="C11"><v>0.1</v></c><c r="E11" t="b"><v>1</v></c>'
            '<c r="F11"><v>011002</v></c></row>'
            "</sheetData></worksheet>")
        self.path.write_bytes(package(sheet, strings))

        # A column without heading, in A and D, is no column.
        self.assertIn("unknown column ''", self.take(status=65).stderr)
        sheet = sheet.replace("<sheetData>", "<sheetData>"
                              '<row r="1"><c t="str"><v></v></c></row>')
        for old, new in (("B", "A"), ("C", "B"), ("E", "C"), ("F", "D")):
            for line in (3, 9, 11):
                sheet = sheet.replace(f'"{old}{line}"', f'"{new}{line}"')
        self.path.write_bytes(package(sheet, strings))
        self.assertIn("contacts: 2 new", self.take().stdout)
        row = self.shown("a@x.example")
        self.assertEqual((row["name"], row["department"]),
                         ("美郷", "企画 課_x0041_ _x1_"))
        self.assertEqual(row["municipality"], "011002")
        row = self.shown("b@x.example")
        self.assertEqual((row["name"], row["department"],
                          row["municipality"]), ("0.1", "TRUE", "011002"))
        self.assertEqual(self.site.lines(
            "consent", "show", "a@x.example"), [])

    def refused(self, data):
        self.path.write_bytes(data)
        done = self.take(status=65)
        self.assertEqual(self.site.lines("subscriber", "list"), [])
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 2, done.stderr)
        return lines[0].replace(str(self.path), "FILE")

    def test_refused(self):
        sheet = f"<s>{inline('email')}{inline('a@x.example')}</s>"
        whole = package(sheet)
        locked = bytearray(whole)
        for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            start = -1
            while (start := locked.find(mark, start + 1)) >= 0:
                locked[start + at] |= 1
        wrong = bytearray(whole)
        at = wrong.find(b"xl/worksheets/sheet1.xml") + 40
        wrong[at] ^= 0xff
        cases = (
            (b"\xd0\xcf\x11\xe0" + bytes(2000),
             "FILE: this is an old Excel workbook (.xls), or one with a pass"),
            (b'{"email":"a@x.example"}\n', "FILE: this is JSON; expected a"),
            (bytes(locked), "FILE: has a password; save it anew without"),
            (whole[:len(whole) // 2], "FILE: damaged: "),
            (bytes(wrong), "damaged: "),
            (package(sheet, book=None), "FILE: this is no .xlsx workbook"),
            (package(sheet, links="<x/>"),
             "FILE: damaged: the sheet is not there"),
            (package(None), "FILE: damaged: the sheet is not there"),
            (package(sheet, book="<workbook/>"), "FILE: has no sheet to read"),
            (package("<s/>"), "FILE: the file is empty; expected a header"),
            (package(sheet[:-8]), "FILE:2: damaged: "),
            (package(f"<s>{inline('email')}<row><c t='s'><v>7</v></c></row>"
                     "</s>"), "FILE:2: damaged: a text that is not there"),
            (package(f"<s>{inline('email')}<row><c r='IW2' t='str'><v>x</v>"
                     "</c></row></s>"), "FILE:2: more than 256 columns"),
            (package(f"<s>{inline('email')}{inline('a@x.example', 'x')}</s>"),
             "FILE:2: 2 columns, the header has 1"),
            (package("<!DOCTYPE s [<!ENTITY a 'aaaa'>]>" + sheet),
             "FILE: a document type"),
            (package("<s>" * 100), "FILE: nested too deep"),
            (package(f"<s>{inline('email')}{inline('x' * 300000)}</s>"),
             "FILE:2: a row of more than 256 KB"),
            (package(f"<s>{inline('email')}<row r='1048577'/></s>"),
             "more rows than a sheet has"),
            (package(sheet, "<sst><si><t>" + "x" * (65 << 20) +
                     "</t></si></sst>"),
             "FILE: more than 64 MB of texts"),
            (package("<s " + "x" * (3 << 20) + "='1'/>"),
             "FILE: damaged: an element that is larger"),
            (package(sheet, book="<workbook>" + " " * (5 << 20) +
                     "</workbook>"), "FILE: unpacks to more than 4 MB"),
        )
        for data, why in cases:
            with self.subTest(why):
                self.assertIn(why, self.refused(data))


if __name__ == "__main__":
    unittest.main()
