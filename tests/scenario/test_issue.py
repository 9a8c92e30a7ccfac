#!/usr/bin/env python3
"""Writing an issue: `issue new`, `issue list`, `issue check` with all that it
finds, its links and its watch."""

import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from glocal_site import ISSUE, ROOT, Scenario, Site  # noqa: E402
from pictures import png  # noqa: E402

FRONT = """\
---
title: {title}
summary: {summary}
tags: {tags}
places: {places}
countries: []
{more}lead: {lead}
---

{body}
"""


def story(title="A story", summary="What it is about.", tags="[tourism]",
          places="[]", more="", lead="false", body="Words."):
    return FRONT.format(title=title, summary=summary, tags=tags, places=places,
                        more=more, lead=lead, body=body)


class Issue(Scenario):
    """A site with the sample's contacts and an issue of the test's own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sample = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.sample.cleanup)
        os.rmdir(cls.sample.name)
        Site(cls.sample.name)

    def setUp(self):
        super().setUp()
        shutil.copytree(self.sample.name, self.folder / "site",
                        dirs_exist_ok=True)
        self.site = Site(self.folder / "site")
        self.issue = self.site.folder / "issues" / "2026-07"
        self.issue.mkdir()
        (self.issue / "images").mkdir()
        self.write("issue.md", """\
---
title: {en: "July", ja: "7月号"}
date: 2026-07-01
languages: [en, ja]
---
""")

    def write(self, name, text):
        path = self.issue / name
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text, encoding="utf-8")

    def story(self, name="10-a", languages=("en", "ja"), **fields):
        for language in languages:
            self.write(f"{name}.{language}.md", story(**fields))

    def check(self, *words, status=0):
        """{(file, line, column): [(severity, message)]}"""
        done = self.site.run("issue", "check", "2026-07", "--json", *words,
                             status=status)
        found = {}
        self.order = []
        for line in done.stdout.splitlines():
            item = json.loads(line)
            place = (item["file"].removeprefix("issues/2026-07/"),
                     item["line"], item["column"])
            self.order.append((item["file"], item["line"], item["column"]))
            found.setdefault(place, []).append(
                (item["severity"], item["message"]))
        return found

    def assert_found(self, found, place, severity, pattern):
        for have in found.get(place, []):
            if have[0] == severity and re.search(pattern, have[1]):
                return
        self.fail(f"no {severity} {pattern!r} at {place} in {found}")


class TestNew(Issue):
    def test_a_month_from_the_last(self):
        made = self.site.run("issue", "new", "2026-08").stdout
        folder = self.site.folder / "issues" / "2026-08"
        self.assertIn(str(folder / "issue.md"), made)
        text = (folder / "issue.md").read_text(encoding="utf-8")
        self.assertIn('en: "July"', text.replace("August", "July"))
        self.assertIn('ja: "8月号"', text)
        self.assertIn("date: 2026-08-01", text)
        names = sorted(p.name for p in folder.iterdir())
        self.assertEqual(names, [
            "10-first-story.en.md", "10-first-story.ja.md",
            "20-second-story.en.md", "20-second-story.ja.md", "images",
            "issue.md"])

        # Nothing of it can be sent before it is filled in.
        found = self.site.run("issue", "check", "2026-08", status=65).stdout
        self.assertRegex(
            found, r"10-first-story\.en\.md:\d+:8: error: title is missing")
        self.assertRegex(found, r"story\.ja\.md:\d+:1: error: the story is "
                                r"empty")

    def test_filled_in_it_is_right(self):
        self.site.run("issue", "new", "2026-08")
        folder = self.site.folder / "issues" / "2026-08"
        for path in folder.glob("*-story.*.md"):
            text = path.read_text(encoding="utf-8")
            text = text.replace('title: ""', 'title: "T"')
            text = text.replace('summary: ""', 'summary: "S"')
            text = text.replace("tags: []", "tags: [tourism]")
            path.write_text(text + "\nA story.\n", encoding="utf-8")
        done = self.site.run("issue", "check", "2026-08")
        self.assertRegex(done.stdout, r"0 errors, \d+ warnings?; 127 readers, "
                                      r"\d+ different digests")
        out = self.folder / "out"
        self.site.run("preview", "2026-08", "--as",
                      "culture@embassy-greece.example", "--out", out)
        html = (out / "digest.html").read_text(encoding="utf-8")
        self.assertNotIn("in place of this note", html)

    def test_a_year_later(self):
        self.site.run("issue", "new", "2027-01")
        text = (self.site.folder / "issues" / "2027-01" /
                "issue.md").read_text(encoding="utf-8")
        self.assertIn('ja: "1月号"', text)
        self.assertIn('en: "January"', text)

    def test_an_existing_one_stays(self):
        before = (self.issue / "issue.md").read_bytes()
        done = self.site.run("issue", "new", "2026-07", status=73)
        self.assertIn("is there already", done.stderr)
        self.assertEqual((self.issue / "issue.md").read_bytes(), before)
        self.assertEqual(len(list(self.issue.iterdir())), 2)

    def test_what_is_no_month(self):
        for word in ("july", "2026-13", "../x", "2026-7"):
            self.site.run("issue", "new", word, status=64)

    def test_list(self):
        self.story()
        rows = self.site.lines("issue", "list")
        self.assertEqual([r["issue"] for r in rows], [ISSUE, "2026-07"])
        self.assertEqual(rows[1]["stories"], 1)
        self.assertEqual(rows[1]["languages"], ["en", "ja"])
        self.assertEqual(rows[0]["state"], "draft")
        self.assertIn("Monthly Glocal News", self.site.run(
            "issue", "list").stdout)


class TestCheck(Issue):
    def test_the_sample_is_right(self):
        done = self.site.run("issue", "check", ISSUE)
        self.assertEqual(
            done.stdout, "issue 2026-04: 0 errors, 0 warnings; 127 readers, "
                         "102 different digests\n")

    def test_every_fault_in_one_run_in_order(self):
        self.write("10-a.en.md", story(
            tags="[turism, culture]", places='["324486", 美郷町, Misato]',
            more="images:\n  - file: images/none.png\n"
                 "  - {file: images/bad.png, alt: B}\n",
            body="x\n\n<b>raw</b> and [a](ftp://x.example)"))
        self.write("images/bad.png", b"no picture")
        found = self.check(status=65)
        self.assertEqual(self.order, sorted(self.order))
        at = "10-a.en.md"
        self.assert_found(found, (at, 1, 1), "warning", "no 'ja' version")
        self.assert_found(found, (at, 4, 8), "error",
                          r"unknown tag 'turism' \(did you mean 'tourism'")
        self.assert_found(found, (at, 5, 10), "error", "check digit")
        self.assert_found(found, (at, 5, 20), "error",
                          "'美郷町' is a name; write its code: .*"
                          "324485 島根県 美郷町")
        self.assert_found(found, (at, 5, 25), "error",
                          "112372 埼玉県 三郷市.*324485 島根県 美郷町")
        self.assert_found(found, (at, 8, 5), "error", "alt is missing")
        self.assert_found(found, (at, 8, 11), "error",
                          "there is no picture 'images/none.png'")
        self.assert_found(found, (at, 9, 12), "error", "'images/bad.png' is "
                          "no JPEG, PNG or WebP")
        self.assert_found(found, (at, 15, 1), "error", "HTML is not shown")
        self.assert_found(found, (at, 15, 20), "error", "ftp://x.example")

    def test_text_for_people(self):
        self.story(tags="[turism]")
        done = self.site.run("issue", "check", "2026-07", status=65)
        self.assertIn("issues/2026-07/10-a.en.md:4:8: error: tags: unknown "
                      "tag 'turism'", done.stdout)
        self.assertIn("issue 2026-07: 2 errors, ", done.stdout)

    def test_a_place_that_the_register_has_not(self):
        total = sum(int(d) * w for d, w in zip("32599", range(6, 1, -1)))
        code = f"32599{(11 - total % 11) % 10}"
        self.story(places=f'["{code}"]')
        self.assert_found(
            self.check(), ("10-a.en.md", 5, 10), "warning",
            rf"the register has no '{code}' \(did you mean \d{{6}} .*\?\)")

    def test_what_is_meant_by_a_name(self):
        self.story(tags="[観光, Sports]", places="[Sumdia, 墨田市, Qqqqq]")
        found = self.check(status=65)
        at = "10-a.ja.md"
        self.assert_found(found, (at, 4, 8), "error", "mean 'tourism'")
        self.assert_found(found, (at, 4, 12), "error", "mean 'sports'")
        for column in (10, 18):
            self.assert_found(found, (at, 5, column), "error",
                              r"\(did you mean 131075 東京都 墨田区\?\)")
        self.assert_found(found, (at, 5, 23), "error", "code$")

    def test_a_text_that_is_too_large(self):
        self.story("10-a")
        self.story("20-b", body="x" * 500_001)
        found = self.check(status=65)
        for language in ("en", "ja"):
            self.assertEqual(
                found[(f"20-b.{language}.md", 1, 1)],
                [("error", "is larger than 500 KB, the most that is read; "
                           "make several stories of it")])
        self.assertNotIn(("10-a.en.md", 1, 1), found)
        self.site.run("send", "2026-07", status=65)

    def test_columns_behind_tabs_lists_and_quotes(self):
        self.write("10-a.en.md", story(body=(
            "日本語の[短い](https://bit.ly/x)リンク\n\n"
            "- one\n\n  - two\n    and [x](https://bit.ly/y)\n\n"
            "> quoted\n> and <https://bit.ly/z>\n\n"
            "a\tb [t](https://bit.ly/tab)")))
        self.write("10-a.ja.md", story())
        found = self.check()
        text = (self.issue / "10-a.en.md").read_text(encoding="utf-8")
        wanted = 0
        for number, line in enumerate(text.split("\n"), 1):
            at = line.find("https://bit.ly/")
            if at >= 0:
                self.assert_found(found, ("10-a.en.md", number, at + 1),
                                  "warning", "hides where the link leads")
                wanted += 1
        self.assertEqual(wanted, 4)

    def test_town_names(self):
        def warned(body, places="[]", language="en", **fields):
            for path in self.issue.glob("10-*"):
                path.unlink()
            self.write(f"10-a.{language}.md",
                       story(body=body, places=places, **fields))
            return [m for items in self.check().values() for _, m in items
                    if "name of several towns" in m or "told to be" in m]

        both = warned("A visit to Misato brought rain.")
        self.assertEqual(len(both), 1)
        self.assertIn("112372 埼玉県 三郷市", both[0])
        self.assertIn("324485 島根県 美郷町", both[0])
        self.assertEqual(warned("Misato in Shimane", '["324485"]'), [])
        self.assertEqual(len(warned("Misato", '["324485"]')), 1)
        self.assertRegex(
            warned("Misato in Shimane", '["112372"]')[0],
            "told to be in Shimane .324485 島根県 美郷町., but places has "
            "112372")
        self.assertEqual(warned("Ms. Misato Tanaka spoke."), [])
        self.assertEqual(len(warned("美郷町を訪ねた。", language="ja")), 1)
        self.assertEqual(warned("島根県美郷町を訪ねた。", language="ja"), [])
        self.assertEqual(warned("三郷市を訪ねた。", language="ja"), [])

    def test_subjects(self):
        def warned(subject):
            self.write("issue.md", f"""\
---
title: {{en: "July", ja: "7月号"}}
date: 2026-07-01
languages: [en, ja]
subject:
  ja: "{subject}"
---
""")
            return [m for (file, line, column), items in self.check().items()
                    for _, m in items
                    if (file, line, column) == ("issue.md", 6, 7)]

        self.story()
        self.assertEqual(warned("地" * 36), [])
        self.assertIn("74 columns wide", warned("地" * 37)[0])
        self.assertIn("capitals", warned("BIG NEWS FOR ALL")[0])
        self.assertIn("exclamation", warned("今月号！　必見！")[0])
        self.assertEqual(warned("今月号！"), [])
        self.assertIn("answer", warned("Re: 今月号")[0])

    def test_links_that_look_like_spam(self):
        self.story(body="[www.a.example](https://b.example/x)\n\n"
                        "[a.example](https://www.a.example/x)\n\n"
                        "[words](http://192.0.2.1/)\n\n"
                        "[here](https://a.example/)\n\n"
                        "see https://a.example/bare now\n\n"
                        "Wonderful!!!")
        found = self.check()
        at = "10-a.en.md"
        self.assert_found(found, (at, 10, 17), "warning",
                          "shows a.example but leads to b.example")
        self.assertNotIn((at, 12, 13), found)
        self.assert_found(found, (at, 14, 9), "warning", "a number")
        self.assert_found(found, (at, 16, 8), "warning", "'here' does not say")
        self.assert_found(found, (at, 18, 5), "warning", "is no link")
        self.assert_found(found, (at, 20, 10), "warning", "exclamation")

    def test_links_to_no_address(self):
        self.story(body="[the desk](mailto:desk) [a desk](mailto:a@b.example"
                        "?subject=x) <c@d.example>")
        told = [m for items in self.check().values() for _, m in items
                if "mail cannot go there" in m]
        self.assertEqual(told, ["a mail cannot go there: 'desk': a mail "
                                "address has an @"] * 2)

    def test_stars_that_stay(self):
        self.story(body="これは**「重要」**です\n\n\\*\\*meant\\*\\*")
        found = self.check()
        self.assert_found(found, ("10-a.en.md", 10, 4), "warning",
                          r"literal '\*\*'")
        self.assertNotIn(12, [place[1] for place in found])

    def test_pictures(self):
        self.write("images/small.png", png(300, 200))
        self.write("images/tall.png", png(600, 1500))
        self.write("images/unused.png", png(10, 10))
        self.story(more="images:\n  - {file: images/small.png, alt: A}\n"
                        "  - {file: images/tall.png, alt: B}\n")
        found = self.check()
        self.assert_found(found, ("10-a.en.md", 8, 12), "warning",
                          "only 300 pixels wide")
        self.assert_found(found, ("10-a.en.md", 9, 12), "warning",
                          "2.5 times as high as wide")
        self.assert_found(found, ("images/unused.png", 1, 1), "warning",
                          "no story shows")

    def test_a_picture_in_an_entry_that_is_wrong(self):
        self.write("images/a.png", png(600, 400))
        self.write("images/tall.png", png(100, 3000))
        self.story(more="images:\n  - row: [{file: images/a.png, alt: A}]\n"
                        "  - {file: images/tall.png, alt: B}\n")
        found = self.check(status=65)
        self.assert_found(found, ("10-a.en.md", 8, 10), "error", "a row must")
        self.assertNotIn(("images/a.png", 1, 1), found)
        self.assertEqual(found[("10-a.en.md", 9, 12)], [(
            "warning", "'images/tall.png' is 30.0 times as high as wide: "
                       "readers scroll past it; crop it")])

    def test_a_picture_whose_name_is_for_no_address(self):
        self.write("images/調印式.png", png(700, 400))
        self.story(more="images:\n  - {file: images/調印式.png, alt: A}\n")
        self.assert_found(self.check(status=65), ("10-a.en.md", 8, 12),
                          "error", "'images/調印式.png' is no name for a "
                          "picture: .* rename the file")

    def test_a_picture_too_large_to_be_read(self):
        self.write("images/huge.jpg", b"\xff\xd8\xff" + bytes(20_000_001))
        self.story(more="images:\n  - {file: images/huge.jpg, alt: A}\n")
        self.assert_found(self.check(status=65), ("10-a.en.md", 8, 12),
                          "error", "has 20 MB; save it with at most 20 MB")

    def test_readers(self):
        issue = self.issue / "issue.md"
        issue.write_text(issue.read_text(encoding="utf-8").replace(
            "date:", "max_articles: 1\ndate:"), encoding="utf-8")
        self.story(tags="[tourism]")
        self.story("20-b", tags="[]")
        found = self.check()
        self.assert_found(found, ("20-b.en.md", 4, 1), "warning",
                          "no reader gets this story")
        messages = [m for _, m in found[("issue.md", 1, 1)]]
        told = [m for m in messages if "no story concerns" in m]
        self.assertIn("what fills up (when_empty: fill)", told[0])
        self.assertEqual(len(told), 1)
        address = re.search(r"explain 2026-07 (\S+?)`", told[0])[1]
        self.assertIn("glocal-mail explain 2026-07", told[0])
        self.site.run("explain", "2026-07", address)

    def test_a_story_that_concerns_nobody(self):
        self.story(tags="[tourism]")
        self.story("20-b", tags="[]")
        self.story("30-c", tags="[]", lead="true")
        told = {place: items for place, items in self.check().items()
                if any("concerns no reader" in m for _, m in items)}
        self.assertEqual(list(told), [("20-b.en.md", 4, 1)])

    def test_sizes_of_digests(self):
        paragraph = "Twenty words of text stand in this line here.\n\n"
        self.story(lead="true", body=paragraph * 1080)
        self.assert_found(self.check(), ("issue.md", 1, 1), "warning",
                          "the HTML of .* is over 90 KB")
        self.story(lead="true", body=paragraph * 2000)
        self.assert_found(self.check(status=65), ("issue.md", 1, 1), "error",
                          "cut off what is beyond 102400")

    def test_no_such_issue(self):
        self.site.run("issue", "check", "2031-01", status=66)


class TestLaw(Issue):
    """What the law asks for, taken away line by line (Act 26/2002)."""

    NEEDED = {
        "footer.html": ["{{SENDER_NAME}}", "{{SENDER_POSTAL}}",
                        "{{SENDER_CONTACT_HTML:none}}", "{{W_UNSUBSCRIBE}}",
                        "{{UNSUBSCRIBE_URL}}"],
        "footer.txt": ["{{SENDER_NAME}}", "{{SENDER_POSTAL}}",
                       "{{SENDER_CONTACT}}", "{{W_UNSUBSCRIBE}}",
                       "{{UNSUBSCRIBE_URL}}"],
    }

    def test_each_line_blocks_the_send(self):
        own = self.site.folder / "templates"
        own.mkdir(exist_ok=True)
        self.story()
        for name, markers in self.NEEDED.items():
            shipped = (ROOT / "templates" / name).read_text(encoding="utf-8")
            for marker in markers:
                with self.subTest(template=name, marker=marker):
                    self.assertIn(marker, shipped)
                    (own / name).write_text(shipped.replace(marker, ""),
                                            encoding="utf-8")
                    found = self.check(status=65)
                    self.assert_found(found, (f"templates/{name}", 1, 1),
                                      "error", "the law asks for it")
                    done = self.site.run("send", "2026-07", status=65)
                    self.assertIn("the law asks for it", done.stderr)
                    self.assertIn("glocal-mail template check", done.stderr)
            (own / name).unlink()
        self.assertEqual(self.site.run("status", "2026-07", "--json",
                                       status=None).stdout, "")

    def test_all_that_is_missing_at_once(self):
        own = self.site.folder / "templates"
        own.mkdir(exist_ok=True)
        self.story()
        (own / "footer.txt").write_text("nothing\n")
        found = self.check(status=65)[("templates/footer.txt", 1, 1)]
        self.assertEqual([severity for severity, _ in found],
                         5 * ["error"] + ["warning"])


class Pages(http.server.BaseHTTPRequestHandler):
    """Pages of all kinds; counts what is asked."""

    asked = []
    lock = threading.Lock()
    busy = most_busy = 0

    def answer(self):
        with Pages.lock:
            Pages.asked.append((self.command, self.path))
        status = {"/alive": 200, "/gone": 404, "/forbidden": 403,
                  "/no-head": 405 if self.command == "HEAD" else 200,
                  "/moved": 302, "/file": 302, "/loop": 302}[self.path]
        self.send_response(status)
        target = {"/moved": "/alive", "/file": "file:///etc/passwd",
                  "/loop": "/loop"}.get(self.path)
        if target:
            self.send_header("Location", target)
        self.send_header("Content-Length", "5" if status == 200 else "0")
        self.end_headers()
        if status == 200 and self.command == "GET":
            self.wfile.write(b"hello")

    do_GET = do_HEAD = answer

    def log_message(self, *args):
        pass


class TestLinks(Issue):
    def setUp(self):
        super().setUp()
        Pages.asked = []
        self.pages = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Pages)
        thread = threading.Thread(target=self.pages.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.pages.server_close)
        self.addCleanup(self.pages.shutdown)
        self.base = f"http://127.0.0.1:{self.pages.server_port}"

    def test_links(self):
        names = ["alive", "gone", "forbidden", "no-head", "moved", "file",
                 "loop"]
        self.write("10-a.en.md", story(body="\n\n".join(
            [f"[the page {name}]({self.base}/{name})" for name in names] +
            ["[a mail](mailto:desk@news.example)",
             "[nobody](http://127.0.0.1:1/)",
             f"[again]({self.base}/alive#part)"])))
        self.write("10-a.ja.md", story())

        # Without --links nothing is asked.
        self.check()
        self.assertEqual(Pages.asked, [])

        found = self.check("--links", status=65)
        lines = {name: 10 + 2 * i for i, name in enumerate(names)}
        said = {place[1]: [item for item in items
                           if "number" not in item[1]]
                for place, items in found.items()
                if place[0] == "10-a.en.md"}
        self.assertRegex(said[lines["gone"]][0][1], r"dead link: .*\(404\)")
        self.assertEqual(said[lines["gone"]][0][0], "error")
        self.assertRegex(said[lines["forbidden"]][0][1], "could not be checked"
                                                         r" \(403\)")
        self.assertEqual(said[lines["forbidden"]][0][0], "warning")
        for name in ("alive", "no-head", "moved"):
            self.assertEqual(said.get(lines[name], []), [], name)
        self.assertNotEqual(said[lines["file"]], [])
        self.assertRegex(said[lines["loop"]][0][1], "redirects without end")
        self.assertRegex(said[lines["loop"] + 4][0][1], "nobody answers")
        self.assert_found(found, ("10-a.en.md", lines["gone"], 17), "error",
                          "dead link")

        # One page is asked for once, HEAD first.
        self.assertEqual(Pages.asked.count(("HEAD", "/no-head")), 1)
        self.assertEqual(Pages.asked.count(("GET", "/no-head")), 1)
        self.assertEqual(Pages.asked.count(("GET", "/alive")), 0)

        # What was alive is not asked again, what was not is.
        Pages.asked.clear()
        self.check("--links", status=65)
        self.assertNotIn(("HEAD", "/alive"), Pages.asked)
        self.assertIn(("HEAD", "/gone"), Pages.asked)


class TestWatch(Issue):
    def test_a_save_makes_a_report(self):
        self.story(tags="[turism]")
        run = self.site.start("issue", "check", "2026-07", "--watch")
        self.addCleanup(run.stdout.close)
        self.addCleanup(run.stderr.close)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)

        def report():
            lines = []
            for line in run.stdout:
                lines.append(line)
                if line.startswith("issue 2026-07:"):
                    return "".join(lines)
            self.fail(f"it ended: {lines}")

        self.assertIn("unknown tag 'turism'", report())
        self.story(tags="[culture]")
        self.assertIn("issue 2026-07: 0 errors", report())

        # As editors do: written beside, then renamed.
        (self.issue / "10-a.en.md.tmp").write_text(
            story(tags="[cultur]"), encoding="utf-8")
        os.replace(self.issue / "10-a.en.md.tmp", self.issue / "10-a.en.md")
        self.assertIn("did you mean 'culture'", report())

        # A template counts, a picture too.
        (self.issue / "images" / "x.png").write_bytes(png(10, 10))
        self.assertIn("no story shows this picture", report())

        # A folder that goes is told, one that comes in its place is watched.
        os.rename(self.issue, self.folder / "away")
        self.assertIn("there is no such issue folder", report())
        shutil.copytree(self.folder / "away", self.folder / "fresh")
        (self.folder / "fresh" / "10-a.en.md").write_text(
            story(tags="[culture]"), encoding="utf-8")
        os.rename(self.folder / "fresh", self.issue)
        self.assertIn("issue 2026-07: 0 errors", report())
        self.story(tags="[sprots]")
        self.assertIn("did you mean 'sports'", report())
        (self.folder / "own").mkdir()
        (self.folder / "own" / "footer.txt").write_text("nothing\n")
        os.rename(self.folder / "own", self.site.folder / "templates")
        self.assertIn("templates/footer.txt:1:1: error", report())

        # It does nothing while nothing happens: its own caches are no change.
        used = pathlib.Path(f"/proc/{run.pid}/stat").read_text().split()[13:15]
        run.send_signal(signal.SIGTERM)
        rest = run.stdout.read()
        self.assertEqual(run.wait(timeout=20), 0)
        self.assertEqual(rest, "")
        self.assertLess(sum(map(int, used)) / os.sysconf("SC_CLK_TCK"), 20)


if __name__ == "__main__":
    unittest.main()
