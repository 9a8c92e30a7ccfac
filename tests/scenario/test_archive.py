"""The web archive: what mails link to, as a folder of files."""

import email
import email.policy
import html.parser
import os
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

import mailcheck
from glocal_site import ISSUE, Scenario

ATOM = "{http://www.w3.org/2005/Atom}"
VOID = {"meta", "link", "br", "img", "hr"}
BASE = "https://news.example/"
GREECE = "culture@embassy-greece.example"


class Page(html.parser.HTMLParser):
    """A page, and what is wrong with it."""

    def __init__(self, markup):
        super().__init__()
        self.faults, self.open, self.ids, self.links = [], [], [], []
        self.headings, self.text, self.lang, self.main = [], "", None, 0
        self.feed(markup)
        self.close()
        if not markup.startswith("<!DOCTYPE html>"):
            self.faults.append("no doctype")
        if self.open:
            self.faults.append(f"never closed: {self.open}")
        if self.main != 1 or self.headings.count(1) != 1 or not self.lang:
            self.faults.append("one main, one h1, one language")
        for before, after in zip(self.headings, self.headings[1:]):
            if after > before + 1:
                self.faults.append(f"h{before} is followed by h{after}")
        if len(set(self.ids)) != len(self.ids):
            self.faults.append(f"ids: {self.ids}")

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("script", "iframe", "form", "style") or any(
                name == "style" or name.startswith("on") for name in attrs):
            self.faults.append(f"{tag} {attrs}")
        if tag == "img" and not attrs.get("alt"):
            self.faults.append(f"no alt: {attrs}")
        self.lang = attrs["lang"] if tag == "html" else self.lang
        self.main += tag == "main"
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in attrs:
            self.ids.append(attrs["id"])
        self.links += [attrs[name] for name in ("href", "src")
                       if name in attrs]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> out of place")

    def handle_data(self, data):
        self.text += data


def tree(folder):
    """The bytes of all files, by path."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*") if path.is_file()}


class Archive(Scenario):
    def setUp(self):
        super().setUp()
        self.smtp = self.server(dump=True)
        self.sample = self.site(self.smtp)
        self.out = self.folder / "web"

    def archive(self, *words, status=0):
        return self.sample.run("archive", *words, "--out", self.out,
                               status=status)

    def page(self, name):
        return Page((self.out / name).read_text(encoding="utf-8"))

    def parts(self, number):
        return mailcheck.parts(email.message_from_bytes(
            self.smtp.message(number), policy=email.policy.default))

    def assert_whole(self):
        """Each page is right, and all links lead to something."""
        pages = {path: self.page(path.relative_to(self.out))
                 for path in self.out.rglob("*.html")}
        for path, page in pages.items():
            self.assertEqual(page.faults, [], path)
            for link in page.links:
                name, _, place = link.partition("#")
                if re.match("[a-z]+:", link):
                    continue
                target = (path.parent / name).resolve() if name else path
                self.assertTrue(target.is_file(), f"{path}: {link}")
                if place:
                    self.assertIn(place, pages[target].ids)
        return pages

    def test_links_of_mails_lead_somewhere(self):
        self.sample.run("send", ISSUE)
        self.archive("--all")
        pages = self.assert_whole()
        seen = set()
        for number, event in enumerate(self.smtp.accepted(), 1):
            text, markup = self.parts(number)
            for part in filter(None, (text, markup)):
                links = set(re.findall(
                    rf"{BASE}issues/[^\s\"<>]+", part))
                self.assertGreaterEqual(len(links), 2)
                for link in links:
                    name, _, place = link[len(BASE):].partition("#")
                    self.assertTrue((self.out / name).is_file(), link)
                    if place:
                        self.assertIn(
                            place, pages[self.out / name].ids)
            own, = set(re.findall(rf"{BASE}(issues/{ISSUE}/e/1[a-z2-7]{{26}}"
                                  r"\.html)", text))
            seen.add(own)
            if event["rcpt"] == GREECE:
                greece = own, text
        self.assertEqual(
            seen, {f"issues/{ISSUE}/e/{path.name}" for path in
                   (self.out / "issues" / ISSUE / "e").glob("1*")})
        listed = self.page(f"issues/{ISSUE}/e/index.html").links
        self.assertFalse([link for link in listed if link.startswith("1")])

        # The page holds the reader's stories in their order, and no reader.
        own, text = greece
        page = (self.out / own).read_text(encoding="utf-8")
        titles = re.findall(r"(?m)^\d+\. (.*)", text)
        found = re.findall(r'<article id="([^"]+)"', page)
        self.assertEqual(len(found), len(titles))
        flat = re.sub(r"\s+", " ", Page(page).text)
        places = [flat.index(title[:40]) for title in titles]
        self.assertEqual(places, sorted(places))
        self.assertIn("Because you follow: ", flat)
        self.assertIn('content="noindex"', page)
        for path in self.out.rglob("*.html"):
            markup = path.read_text(encoding="utf-8")
            for word in ("embassy-greece", "Head of the Cultural", "/u/1",
                         "/p/1"):
                self.assertNotIn(word, markup)
        for path in (self.out / "issues" / ISSUE).glob("*.html"):
            self.assertNotIn("/e/1", path.read_text(encoding="utf-8"))

    def test_both_languages(self):
        path = next((self.sample.folder / "issues" / ISSUE).glob(
            "10-*.ja.md"))
        path.unlink()
        self.archive(ISSUE)
        self.assert_whole()
        for code, other in ("en", "ja"), ("ja", "en"):
            for name in (f"{code}.html", f"issues/{ISSUE}/{code}.html",
                         f"issues/{ISSUE}/sumida-study-tour.{code}.html",
                         f"tags/tourism.{code}.html"):
                page = self.page(name)
                self.assertEqual(page.lang, code)
                twin = name.replace(f"{code}.html", f"{other}.html")
                self.assertIn(twin.split("/")[-1], page.links)
        markup = (self.out / "issues" / ISSUE / "ja.html").read_text(
            encoding="utf-8")
        self.assertIn('<article id="sumida-study-tour" lang="en">', markup)
        self.assertIn('<article id="misato-bali-friendship" lang="ja">',
                      markup)
        self.assertIn("2026年4月1日", markup)

    def test_feed(self):
        self.archive(ISSUE)
        for code in "en", "ja":
            feed = xml.etree.ElementTree.parse(
                self.out / f"feed.{code}.xml").getroot()
            self.assertEqual(feed.tag, ATOM + "feed")
            ids = [e.text for e in feed.iter(ATOM + "id")]
            self.assertEqual(len(ids), len(set(ids)))
            self.assertEqual(len(feed.findall(ATOM + "entry")), 5)
            self.assertTrue(feed.find(f"{ATOM}author/{ATOM}name").text)
            for node in [feed] + feed.findall(ATOM + "entry"):
                for name in "title", "id", "updated":
                    self.assertEqual(len(node.findall(ATOM + name)), 1)
                self.assertRegex(node.find(ATOM + "updated").text,
                                 r"^2026-04-01T00:00:00\+09:00$")
                link, = (n.get("href") for n in node.findall(ATOM + "link")
                         if n.get("rel") == "alternate")
                self.assertTrue(
                    (self.out / link.removeprefix(BASE)).is_file(), link)

    def test_same_state_same_bytes(self):
        self.archive(ISSUE)
        first = tree(self.out)
        stamp = self.out.stat().st_ino
        done = self.archive(ISSUE)
        self.assertIn("nothing has changed", done.stdout)
        self.assertEqual(self.out.stat().st_ino, stamp)
        shutil.rmtree(self.out)
        self.archive(ISSUE)
        self.assertEqual(tree(self.out), first)
        self.assertEqual([p.name for p in self.folder.glob("web*")], ["web"])

    def test_what_was_sent_stays(self):
        """Old mails keep their pages, whatever becomes of the folder."""
        self.sample.run("send", ISSUE, "--limit", 20, status=75)
        self.archive("--all")
        issue = self.sample.folder / "issues" / ISSUE
        story = next(issue.glob("10-*.en.md"))
        story.write_text(story.read_text(encoding="utf-8").replace(
            "Old craft, new ideas", "New craft, old ideas"), encoding="utf-8")
        before = tree(self.out)
        self.archive("--all")
        self.assertEqual(tree(self.out), before)
        self.sample.run("send", ISSUE, "--replan")
        self.archive("--all")
        self.assert_whole()
        page = (self.out / "issues" / ISSUE / "en.html").read_text(
            encoding="utf-8")
        self.assertIn("New craft, old ideas", page)
        for number in range(1, 128):
            own, = set(re.findall(rf"{BASE}(issues/{ISSUE}/e/1\w+\.html)",
                                  self.parts(number)[0]))
            page = (self.out / own).read_text(encoding="utf-8")
            for title in ("Old craft, new ideas", "New craft, old ideas"):
                self.assertEqual(title in self.parts(number)[0],
                                 title in page, number)

        # Without the folder, from the store and the pictures there are.
        before = tree(self.out)
        shutil.rmtree(issue)
        self.archive("--all")
        self.assertEqual(tree(self.out), before)

    def test_issues_come_together(self):
        issues = self.sample.folder / "issues"
        self.archive(ISSUE)
        shutil.copytree(issues / ISSUE, issues / "2026-05")
        text = (issues / "2026-05" / "issue.md").read_text(encoding="utf-8")
        (issues / "2026-05" / "issue.md").write_text(
            text.replace("2026-04-01", "2026-05-01").replace(
                "April 2026\"", "May 2026 & <more>\""), encoding="utf-8")
        self.archive("2026-05")
        self.assert_whole()
        home = (self.out / "en.html").read_text(encoding="utf-8")
        self.assertLess(home.index("issues/2026-05/"),
                        home.index("issues/2026-04/"))
        self.assertIn("May 2026 &amp; &lt;more&gt;", home)
        self.assertNotIn("<more>", "".join(
            p.read_text(encoding="utf-8") for p in self.out.rglob("*ml")))
        self.assertEqual((self.out / "tags" / "tourism.en.html").read_text(
            encoding="utf-8").count("issues/2026-05/"), 2)

        # What is not planned is no part of "all", but stays where it is.
        self.sample.run("send", ISSUE)
        before = tree(self.out)
        self.archive("--all")
        self.assertTrue(set(before) < set(tree(self.out)))
        shutil.rmtree(self.out)
        self.archive("--all")
        self.assertFalse((self.out / "issues" / "2026-05").exists())

    def test_refusals_change_nothing(self):
        self.archive("--all", status=66)
        self.archive("2026-99", status=66)
        self.archive("../x", status=64)
        self.archive(status=64)
        self.archive(ISSUE, "--all", status=64)
        self.assertFalse(self.out.exists())
        self.out.mkdir()
        (self.out / "mine.txt").write_text("mine")
        done = self.archive(ISSUE, status=73)
        self.assertIn("a folder of its own", done.stderr)
        self.assertEqual(set(tree(self.out)), {"mine.txt"})
        (self.out / "mine.txt").unlink()
        self.archive(ISSUE)
        before = tree(self.out)
        story = next((self.sample.folder / "issues" / ISSUE).glob(
            "10-*.en.md"))
        story.write_text("---\ntitel: x\n---\n", encoding="utf-8")
        self.archive(ISSUE, status=65)
        self.assertEqual(tree(self.out), before)
        self.assertEqual([p.name for p in self.folder.glob("web*")], ["web"])

    def test_own_templates(self):
        own = self.sample.folder / "templates"
        own.mkdir(exist_ok=True)
        (own / "archive_foot.html").write_text(
            "</main>\n<p>OUR FOOT {{SENDER_NAMES}}</p>\n</body>\n</html>\n")
        done = self.archive(ISSUE, status=65)
        self.assertIn("archive_foot.html:2: unknown marker", done.stderr)
        done = self.sample.run("check", "--offline", status=65)
        self.assertIn("archive_foot.html:2", done.stderr)
        (own / "archive_foot.html").write_text(
            "</main>\n<p>OUR FOOT {{SENDER_NAME}}</p>\n</body>\n</html>\n")
        self.archive(ISSUE)
        self.assertIn("OUR FOOT", self.page("en.html").text)

    def test_valid_html(self):
        program = os.environ.get("HTML_VALIDATE") or shutil.which(
            "html-validate")
        if program is None:
            self.skipTest("html-validate (npm) is not there")
        self.sample.run("send", ISSUE)
        self.archive("--all")
        config = self.folder / "htmlvalidate.json"
        config.write_text('{"extends": ["html-validate:recommended"],'
                          ' "rules": {"long-title": "off"}}')
        done = subprocess.run(
            [program, "--config", config, f"{self.out}/**/*.html"],
            capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
