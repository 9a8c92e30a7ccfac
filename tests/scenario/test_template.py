#!/usr/bin/env python3
"""Templates: `template check` finds what is wrong in a site's own ones, `template
list` tells whose they are, and each of them can be replaced alone."""

import email
import email.policy
import json
import os
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from glocal_site import ISSUE, ROOT, Scenario, Site  # noqa: E402

TIME_LIMIT_S = 600
SHIPPED = ROOT / "templates"
READER = "culture@embassy-greece.example"
NAMES = sorted(p.name for p in SHIPPED.iterdir())


def shipped(name):
    return (SHIPPED / name).read_text(encoding="utf-8")


class Templates(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sample = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.sample.cleanup)
        os.rmdir(cls.sample.name)
        cls.site = Site(cls.sample.name)

    def setUp(self):
        super().setUp()
        self.own = self.site.folder / "templates"
        shutil.rmtree(self.own, ignore_errors=True)
        self.own.mkdir()

    def put(self, name, *changes, text=None):
        """A changed copy of a shipped file in the site."""
        if text is None:
            text = shipped(changes[0] if len(changes) == 1 else name)
        for old, new in changes if len(changes) != 1 else ():
            self.assertIn(old, text)
            text = text.replace(old, new, 1)
        (self.own / name).write_text(text, encoding="utf-8")

    def change(self, name, old, new):
        text = shipped(name)
        self.assertIn(old, text)
        (self.own / name).write_text(text.replace(old, new),
                                     encoding="utf-8")

    def check(self, status):
        """["file:line:column severity message"] without the folder."""
        done = self.site.run("template", "check", "--json", status=status)
        self.assertEqual(done.stderr, "")
        found = []
        for line in done.stdout.splitlines():
            item = json.loads(line)
            self.assertEqual(set(item), {"file", "line", "column", "severity",
                                         "message"})
            found.append("{}:{}:{} {} {}".format(
                item["file"].removeprefix("templates/"), item["line"],
                item["column"], item["severity"], item["message"]))
        return found

    def place(self, name, text):
        """"file:line:column" of a text in the site's own file."""
        whole = (self.own / name).read_text(encoding="utf-8")
        at = whole.index(text)
        line = whole.count("\n", 0, at) + 1
        return f"{name}:{line}:{at - whole.rfind(chr(10), 0, at)}"

    def assert_found(self, status, *wanted):
        found = self.check(status)
        for text in wanted:
            self.assertTrue(any(text in line for line in found),
                            f"{text!r} is not in {found}")
        return found


class TestCheck(Templates):
    def test_what_is_shipped_is_right(self):
        self.assertEqual(
            self.site.run("template", "check").stdout,
            f"templates: 0 errors, 0 warnings; {len(NAMES)} files, 0 of the "
            "site's own\n")

    def test_copies_of_all_are_right(self):
        for name in NAMES:
            shutil.copy(SHIPPED / name, self.own / name)
        self.assertEqual(self.check(0), [])

    def test_unknown_markers_in_every_family(self):
        for name, old, new in (
                ("story.html", "{{IMAGE_CAPTION}}", "{{IMAGE_CAPTOIN}}"),
                ("footer.txt", "{{SENDER_POSTAL}}", "{{SENDER_POSTL}}"),
                ("confirm.en.txt", "{{VALID_UNTIL}}", "{{VALD_UNTIL}}"),
                ("archive_head.html", "{{W_SKIP}}", "{{W_SKIPP}}"),
                ("preview_gallery.html", "{{READERS}}", "{{READRES}}")):
            with self.subTest(template=name):
                self.change(name, old, new)
                self.assert_found(
                    65, f"{self.place(name, new)} error unknown marker "
                        f"'{new[2:-2]}' (did you mean '{old[2:-2]}'?)")
                (self.own / name).unlink()

    def test_faults_of_form(self):
        for name, old, new, at, text in (
                ("story.html", "{{/HAS_CAPTION}}", "", "{{#HAS_CAPTION}}",
                 "section 'HAS_CAPTION' is not closed"),
                ("story.html", "{{#HAS_CAPTION}}", "", "{{/HAS_CAPTION}}",
                 "closes what is not open here"),
                ("story.html", "{{IMAGE_CAPTION}}", "{{IMAGE_CAPTION:none}}",
                 "{{IMAGE_CAPTION:none}}", "must be escaped"),
                ("digest.html", "{{>FOOTER}}", "{{>FOTER}}", "{{>FOTER}}",
                 "no file for the include 'FOTER' (did you mean "
                 "'footer.html'?)"),
                ("also.txt", "{{ALSO_URL}}", "{{ALSO_URL", "{{ALSO_URL\n",
                 "has something behind its name")):
            with self.subTest(template=name, change=new or old):
                self.change(name, old, new)
                whole = (self.own / name).read_text(encoding="utf-8")
                self.assertIn(at, whole)
                found = self.assert_found(65, text)
                line = next(f for f in found if text in f)
                self.assertTrue(line.startswith(self.place(name, at)), line)
                (self.own / name).unlink()

    def test_markers_where_they_are_empty(self):
        self.change("header.html", "{{W_NEWSLETTER}}",
                    "{{W_NEWSLETTER}}{{STORY_TITLE}}")
        self.change("archive_home.html", "{{W_TOPICS}}",
                    "{{W_TOPICS}}{{TAG_LABEL}}")
        self.change("confirm.en.txt", "{{#NAMED}}", "{{#WORDING}}")
        self.change("digest.txt", "{{#STORIES}}\n{{>STORY}}\n{{/STORIES}}",
                    "{{>STORY}}")
        self.assert_found(
            65,
            f"{self.place('header.html', '{{STORY_TITLE}}')} error "
            "'STORY_TITLE' is empty here; it belongs into {{#LEAD}} or "
            "{{#STORIES}}",
            "'TAG_LABEL' is empty here; it belongs into {{#STORY_TAG}}",
            "digest.txt:8:1 error {{>STORY}} belongs into {{#LEAD}} or "
            "{{#STORIES}}; ")

    def test_a_scope_is_the_truth(self):
        """What the check calls empty is empty, and within it is not."""
        names = ("STORY_TITLE STORY_SUMMARY STORY_REASON STORY_NUMBER "
                 "IMAGE_URL ALSO_TITLE").split()
        marks = "".join(f"<i>{n}=[{{{{{n}}}}}]</i>" for n in names)
        self.change("header.html", "{{W_PUBLISHER}}", marks)
        self.change("text.html", "{{STORY_BODY_HTML:none}}", marks)
        html = self.preview()["digest.html"]
        for name in names:
            seen = re.findall(rf"<i>{name}=\[(.*?)\]</i>", html)
            self.assertEqual(seen[0], "", name)
            inside = name.startswith("STORY_")
            self.assertEqual(seen[1] != "", inside, name)

    def test_contexts_that_are_not_safe(self):
        for name, old, new, marker, text in (
                ("header.html", "<tr>", "<tr {{ISSUE_ID}}=1>", "{{ISSUE_ID}}",
                 "nothing can be escaped for it"),
                ("lead.html", 'alt="{{IMAGE_ALT}}"', "alt={{IMAGE_ALT}}",
                 "{{IMAGE_ALT}}", "in an attribute without quotes"),
                ("archive_head.html", "<title>",
                 "<script>x='{{PAGE_TITLE}}'</script><title>",
                 "{{PAGE_TITLE}}", "in a script"),
                ("text.html", "{{STORY_BODY_HTML:none}}",
                 '<i title="{{STORY_BODY_HTML:none}}"></i>',
                 "{{STORY_BODY_HTML:none}}", "within a tag"),
                ("greeting.html", "<tr>",
                 "<tr><td style=\"color:{{READER_NAME}}\"></td>",
                 "{{READER_NAME}}", "a personal field"),
                ("header.html", "<tr>", "<tr><td><form></form></td>",
                 "<form", "has no place in a mail")):
            with self.subTest(template=name, change=new):
                self.change(name, old, new)
                found = self.assert_found(65, text)
                line = next(f for f in found if text in f)
                self.assertTrue(line.startswith(self.place(name, marker)),
                                line)
                (self.own / name).unlink()

    def test_what_the_law_asks_for(self):
        for name, marker in (("footer.html", "{{SENDER_POSTAL}}"),
                             ("footer.txt", "{{UNSUBSCRIBE_URL}}"),
                             ("footer.html", "{{SENDER_CONTACT_HTML:none}}"),
                             ("confirm.ja.txt", "{{SENDER_NAME}}"),
                             ("confirm.en.txt", "{{UNSUBSCRIBE_URL}}")):
            with self.subTest(template=name, marker=marker):
                self.change(name, marker, "")
                self.assert_found(65, f"{name}:1:1 error ", "the law asks for "
                                                            "it")
                (self.own / name).unlink()
        self.change("digest.txt", "{{>FOOTER}}", "")
        self.assert_found(65, "digest.txt:1:1 error the postal address is "
                              "missing ({{SENDER_POSTAL}}); the law asks")

        # Words that are wrong do not hide it.
        self.change("strings.en.yaml", "why:", "whi:")
        self.assert_found(65, "digest.txt:1:1 error the postal address")
        (self.own / "digest.txt").unlink()
        self.put("strings.en.yaml", text=re.sub(
            r"(?m)^unsubscribe: .*", 'unsubscribe: ""',
            shipped("strings.en.yaml")))
        self.assert_found(65, self.place("strings.en.yaml", "unsubscribe:") +
                          " error the unsubscribe sentence is missing")

    def test_words(self):
        self.change("strings.ja.yaml", "why:", "whi:")
        self.change("strings.en.yaml", "{month} {year}", "{moth} {year}")
        self.change("archive_en.yaml", "{tag}", "{tga}")
        self.change("archive_ja.yaml", "1 2 3 4", "1 2 3")
        self.assert_found(
            65,
            self.place("strings.ja.yaml", "whi:") +
            " error unknown key 'whi' (did you mean 'why'?)",
            "strings.ja.yaml:1:1 error the key 'why' is missing",
            self.place("strings.en.yaml", '"{moth}') +
            " error issue_month: '{moth}' stands for nothing here (did you "
            "mean '{month}'?)",
            "tag_title: '{tga}' stands for nothing here (did you mean "
            "'{tag}'?)",
            "error months: must be twelve words")

    def test_theme(self):
        text = shipped("theme.yaml")
        text = re.sub(r'(?m)^ink: "\S+"', 'ink: "dark"', text)
        text = text.replace("{brand}", "{brnad}").replace("accent:", "acent:",
                                                          1)
        self.put("theme.yaml", text=text)
        self.assert_found(
            65, self.place("theme.yaml", "acent:") +
            " error unknown key 'acent' (did you mean 'accent'?)",
            "theme.yaml:1:1 error the key 'accent' is missing",)
        text = text.replace("acent:", "accent:", 1)
        self.put("theme.yaml", text=text)
        self.assert_found(65, self.place("theme.yaml", "ink:") +
                          " error ink: 'dark' is no colour")
        text = re.sub(r'(?m)^ink: "\S+"', 'ink: "#111111"', text)
        text = re.sub(r'(?m)^(font_en: ".*), sans-serif"', r'\1"', text)
        text = re.sub(r'(?m)^font_ja: "', 'font_ja: "url(x), ', text)
        text = re.sub(r'(?m)^line_height_en: .*', 'line_height_en: "wide"',
                      text)
        text = re.sub(r'(?m)^style_rule: "', 'style_rule: "background:url(x);',
                      text)
        self.put("theme.yaml", text=text)
        self.assert_found(
            65, "(did you mean '{brand}'?)",
            self.place("theme.yaml", "font_en:") + " error font_en: the last "
            "font must be one that every machine has",
            self.place("theme.yaml", "font_ja:") + " error font_ja: names of "
            "fonts are",
            self.place("theme.yaml", "line_height_en:") + " error "
            "line_height_en: a line's height is a number",
            self.place("theme.yaml", "style_rule:") + " error style_rule: a "
            "style of a mail fetches nothing")

    def test_the_archive_has_the_colours_of_the_theme(self):
        out = self.folder / "archive"
        theme = dict(re.findall(r'(?m)^(\w+): "(#\w+)"', shipped("theme.yaml")))
        self.put("theme.yaml", text=re.sub(
            r'(?m)^(ink|dark_ink): "#\w+"', r'\1: "#123456"',
            shipped("theme.yaml")))
        self.assertEqual(self.check(0), [])
        self.site.run("archive", ISSUE, "--out", out)
        style = (out / "style.css").read_text(encoding="utf-8")
        self.assertEqual(style.count("--ink:#123456"), 2)
        self.assertIn(f"--link:{theme['link']}", style)
        self.assertIsNone(re.search(r":\{", style))
        self.change("archive_style.css", "--ink:{ink}", "--ink:{inc}")
        self.assert_found(65, self.place("archive_style.css", ":root")
                          .rsplit(":", 1)[0] + ":1 error unknown colour "
                          "'{inc}' (did you mean '{ink}'?)")

    def test_what_is_left_out_is_said_and_no_error(self):
        self.change("story.html", "{{>TEXT}}", "{{STORY_BODY_HTML:none}}")
        self.change("header.txt", "{{W_PUBLISHER}}\n", "")
        found = self.check(0)
        self.assertEqual(found, [
            "header.txt:1:1 warning leaves out what the shipped file shows: "
            "W_PUBLISHER",
            "story.html:1:1 warning leaves out what the shipped file shows: "
            "HAS_REASON, STORY_REASON, HAS_SUMMARY, STORY_SUMMARY"])

        # What another file of the site shows instead is not left out.
        self.change("greeting.txt", "{{READER_GREETING}}",
                    "{{W_PUBLISHER}}\n{{READER_GREETING}}")
        self.assertNotIn("W_PUBLISHER", "".join(self.check(0)))

    def test_what_cannot_be_read_leaves_nothing_out(self):
        (self.own / "story.html").write_bytes(b"caf\xe9")
        self.assertEqual(self.check(65), [
            "story.html:1:1 error malformed UTF-8 (byte 0xe9); save the file "
            "as UTF-8"])

    def test_a_colour_that_nothing_uses(self):
        self.change("style.html", "{{T_DARK_ACCENT}}", "#ffffff")
        self.assertRegex("".join(self.check(0)), r"theme\.yaml:\d+:1 warning "
                         "dark_accent: no template uses")

    def test_files_that_nothing_reads(self):
        self.put("storry.html", text=shipped("story.html"))
        self.put("theme.yml", text=shipped("theme.yaml"))
        self.put("notes.md", text="notes\n")
        self.put("partner.html", text="<tr><td>{{ISSUE_ID}}</td></tr>\n")
        (self.own / "old").mkdir()
        found = self.assert_found(
            65, "storry.html:1:1 error unknown template 'storry.html' (did "
                "you mean 'story.html'?)",
            "notes.md:1:1 warning nothing reads this file",
            "theme.yml:1:1 ",
            "partner.html:1:1 warning nothing reads this file",
            "old:1:1 error is a folder")
        self.assertEqual(len(found), 5)

        # What a template of the site includes is read.
        for name in ("storry.html", "theme.yml", "notes.md"):
            (self.own / name).unlink()
        (self.own / "old").rmdir()
        self.change("digest.html", "{{>ARCHIVE}}", "{{>PARTNER}}{{>ARCHIVE}}")
        self.assertEqual(self.check(0), [])

    def test_for_people_and_in_the_other_checks(self):
        self.change("story.html", "{{IMAGE_CAPTION}}", "{{IMAGE_CAPTOIN}}")
        done = self.site.run("template", "check", status=65)
        place = self.place("story.html", "{{IMAGE_CAPTOIN}}")
        line = (f"templates/{place}: error: unknown marker 'IMAGE_CAPTOIN' "
                "(did you mean 'IMAGE_CAPTION'?)\n")
        self.assertIn(line, done.stdout)
        self.assertIn(f"templates: 1 error, 1 warning; {len(NAMES)} files, 1 "
                      "of the site's own\n", done.stdout)
        self.assertIn(line, self.site.run("issue", "check", ISSUE,
                                          status=65).stdout)
        done = self.site.run("check", "--offline", status=65)
        self.assertIn(f"templates/{place.rpartition(':')[0]}: unknown marker "
                      "'IMAGE_CAPTOIN'", done.stderr)

    def preview(self):
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        self.site.run("preview", ISSUE, "--as", READER, "--out", out)
        return {p.name: p.read_text(encoding="utf-8")
                for p in out.iterdir() if p.suffix in (".html", ".txt")}


class TestOverride(Templates):
    """Each file alone, changed, and seen where it should be."""

    MARK = "Changed-by-the-site"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()

        # A plan, so that the archive has pages of editions.
        cls.site.run("send", ISSUE, "--at", "2099-01-01 09:00", status=None)

    def changed(self, name):
        """A copy of the file that shows MARK somewhere."""
        text = shipped(name)
        if name == "theme.yaml":
            return re.sub(r'(?m)^(style_\w+: ")', r"\1--m:" + self.MARK + ";",
                          text)
        if name.endswith(".yaml"):
            return re.sub(r'(?m)^(newsletter: ")', rf"\1{self.MARK} ", text)
        if name.endswith(".css"):
            return f"/* {self.MARK} */\n{text}"
        if name.startswith("confirm."):
            return text + self.MARK + "\n"
        if name == "style.html":
            return text.replace("</style>", f".{self.MARK}{{}}</style>")
        if name in ("digest.html", "archive_foot.html",
                    "preview_gallery.html", "archive_choose.html"):
            return text.replace("</body>", self.MARK + "</body>")
        if name.endswith(".txt") or name.startswith("archive_"):
            return text.rstrip("\n") + "\n" + self.MARK + "\n"
        if name == "gallery.html":
            return text.replace("</table>\n</div>",
                                f"</table>{self.MARK}\n</div>")
        if name == "title.html":
            return text.replace("</span>", f"{self.MARK}</span>")
        if name == "text.html":
            return text + f"<p>{self.MARK}</p>\n"
        return re.sub(r"</td>(?![\s\S]*</td>)", f"{self.MARK}</td>", text)

    def outcome(self, name):
        """What is made with this template, as one text."""
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        if name.startswith("archive_"):
            self.site.run("archive", ISSUE, "--out", out)
        elif name.startswith("preview_"):
            self.site.run("preview", ISSUE, "--all-editions", "--out", out)
        else:
            for reader in (READER, "kokusai@town-misato-shimane.example"):
                self.site.run("preview", ISSUE, "--as", reader, "--out",
                              out / reader)
        return "\n".join(
            path.read_text(encoding="utf-8") for path in out.rglob("*")
            if path.suffix in (".html", ".txt", ".css", ".xml"))

    def test_each_file_alone(self):
        for name in NAMES:
            if name.startswith("confirm."):
                continue
            with self.subTest(template=name):
                (self.own / name).write_text(self.changed(name),
                                             encoding="utf-8")
                self.assertIn(self.MARK,
                              (self.own / name).read_text(encoding="utf-8"))
                self.assertEqual(self.check(0), [])
                self.assertTrue(self.MARK in self.outcome(name))
                (self.own / name).unlink()
        for name in ("story.html", "archive_issue.html"):
            self.assertFalse(self.MARK in self.outcome(name))

    def test_confirmations(self):
        server = self.server(dump=True)
        site = self.site = Site(self.folder / "site", server.port)
        self.own = site.folder / "templates"
        self.own.mkdir()
        for language in ("en", "ja"):
            name = f"confirm.{language}.txt"
            (self.own / name).write_text(self.changed(name), encoding="utf-8")
            site.run("subscriber", "add", "--email", f"{language}@new.example",
                     "--language", language, "--confirm")
        self.assertEqual(self.check(0), [])
        site.run("send", ISSUE, "--limit", 1, status=None)
        texts = {m["rcpt"]: email.message_from_bytes(
            server.message(m["message"]), policy=email.policy.default)
            .get_content() for m in server.accepted()
            if m["rcpt"].endswith("@new.example")}
        self.assertEqual(sorted(texts), ["en@new.example", "ja@new.example"])
        for text in texts.values():
            self.assertIn(self.MARK, text)

    def test_list(self):
        self.put("story.html", text=shipped("story.html") + "<!-- -->\n")
        shutil.copy(SHIPPED / "lead.html", self.own)
        self.put("partner.html", text="x\n")
        rows = {r["file"]: r for r in self.site.lines("template", "list")}
        self.assertEqual(sorted(rows), sorted(NAMES + ["partner.html"]))
        self.assertEqual(rows["story.html"], {
            "file": "story.html", "of": "digest", "origin": "own"})
        self.assertEqual(rows["lead.html"]["origin"], "own, unchanged")
        self.assertEqual(rows["partner.html"]["origin"], "added")
        self.assertEqual(rows["confirm.ja.txt"], {
            "file": "confirm.ja.txt", "of": "confirmation",
            "origin": "shipped"})
        self.assertRegex(self.site.run("template", "list").stdout,
                         r"(?m)^story\.html +digest +own$")

    def test_an_editors_copy_is_no_template(self):
        self.put("story.html~", text="{{NONSENSE}}")
        self.put(".story.html.swp", text="\x00")
        self.assertEqual(self.check(0), [])


if __name__ == "__main__":
    unittest.main()
