"""How digests and pages of the archive look, in Chromium.

    BROWSER=build/browser          what fetch.sh filled
    UPDATE_PICTURES=1              write the references anew
"""

import fnmatch
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import look_plan
from look_site import HERE, Pages, environment_of

BROWSER = environment_of("BROWSER", HERE.parents[1] / "build/browser")
UPDATE = os.environ.get("UPDATE_PICTURES", "") not in ("", "0")
CLIENTS = "gmail.*,outlook.*,apple-mail.*,yahoo.*"
BROWSERS = 2  # at once
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
LEAST_LETTERS_PX = 14
TAKEN = HERE / "references/chromium.txt"  # which release took the pictures
VOID = {"meta", "link", "br", "img", "hr"}
INSIDE = {"tr": ("table", "tbody"), "td": ("tr",), "li": ("ul", "ol")}


def chromium():
    return shutil.which("chromium") or shutil.which("chromium-browser")


def why_not():
    """Why there is nothing to look with, or an empty text."""
    if not chromium():
        return "chromium is not installed (make test-browser installs it)"
    if not shutil.which("node") or not (BROWSER / "done").exists():
        return "what drives chromium is missing (make test-browser fetches it)"
    return ""


def version():
    """The release of Chromium, as TAKEN has it."""
    told = subprocess.run([chromium(), "--version"], capture_output=True,
                          text=True, check=True).stdout
    return re.search(r"\d+", told)[0] + "\n"


def run_node(script, *words, text=""):
    done = subprocess.run(
        ["node", str(HERE / script), str(BROWSER), *map(str, words)],
        input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{script}: {done.stderr[-3000:]}")
    return json.loads(done.stdout)


class Nesting(html.parser.HTMLParser):
    """What is open at the wrong place, in a mail read by rule."""

    def __init__(self, text):
        super().__init__()
        self.open, self.faults = [], []
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        if tag in INSIDE and self.open[-1] not in INSIDE[tag]:
            self.faults.append(f"{self.getpos()[0]}: <{tag}> in "
                               f"<{self.open[-1]}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"{self.getpos()[0]}: </{tag}> closes "
                               f"<{self.open[-1] if self.open else ''}>")
        if tag in self.open:
            while self.open.pop() != tag:
                pass


class Look(unittest.TestCase):
    """The tests; `SHORT` takes a few pages instead of all."""

    SHORT = True
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.pages = Pages(folder, cls.SHORT)
        jobs = (look_plan.short if cls.SHORT else look_plan.long)(
            cls.pages.files)
        pictures = BROWSER / "pictures"
        if not cls.SHORT:
            shutil.rmtree(pictures, ignore_errors=True)
        if UPDATE:
            TAKEN.write_text(version())
        cls.jobs = {job["name"]: job for job in jobs}
        cls.results = {result["name"]: result for result in run_node(
            "pages.mjs", text=json.dumps({
                "chromium": chromium(), "jobs": jobs, "update": UPDATE,
                "browsers": BROWSERS,
                "pictures": str(pictures),
                "references": str(HERE / "references")}))}

    def complain(self, complaints):
        self.assertEqual("", "\n".join(complaints))

    def of(self, *beginnings):
        """The jobs of pages whose names begin so, with their results."""
        found = [(job, self.results[name]) for name, job in self.jobs.items()
                 if job["page"].startswith(beginnings)]
        self.assertTrue(found, beginnings)
        return found

    def test_mail_programs_know_what_is_used(self):
        mails = list(self.pages.leads)
        if not self.SHORT:
            self.assertEqual(len(mails), 10, "five stories, two languages")
            mails += [self.pages.files[f"specimen-{language}"]
                      for language in ("ja", "en")]
        found = run_node("mail_lint.mjs", CLIENTS, *mails)
        tolerated = json.loads((HERE / "tolerated.json").read_text())
        used, complaints = set(), set()
        for one in found:
            rule = [number for number, rule in enumerate(tolerated)
                    if rule["feature"] == one["feature"] and any(
                        fnmatch.fnmatch(one["client"], client)
                        for client in rule["clients"])]
            used.update(rule)
            if not rule:
                complaints.add(f"{pathlib.Path(one['file']).name}:"
                               f"{one['line']}: {one['client']} does not know "
                               f"{one['feature']} {' '.join(one['notes'])}")
        if not self.SHORT:
            complaints.update(
                f"tolerated.json: nothing needs {rule['feature']} any more"
                for number, rule in enumerate(tolerated) if number not in used)
        self.complain(sorted(complaints)[:40])

    def test_no_barriers(self):
        self.complain(f"{name}: {violation}"
                      for name, result in self.results.items()
                      for violation in result["violations"])

    def test_nothing_is_wider_than_the_window(self):
        self.complain(
            f"{name}: {result['width']}"
            for name, result in self.results.items()
            if result["width"]["needed"] > result["width"]["room"])

    def test_pictures_are_as_they_were(self):
        if self.SHORT and not UPDATE and version() != TAKEN.read_text():
            self.skipTest(f"the references were taken with Chromium "
                          f"{TAKEN.read_text().strip()}, this is "
                          f"{version().strip()}; make test-browser compares")
        self.complain(result["difference"] for result in self.results.values()
                      if result["difference"])

    def test_references_are_all_used(self):
        if self.SHORT:
            return
        have = {path.stem for path in (HERE / "references").glob("*.png")}
        want = {job["reference"] for job in self.jobs.values()
                if job["picture"]}
        self.assertEqual(have, want)

    def test_nothing_is_fetched(self):
        """No web font, style sheet or counter of somebody else's."""
        self.complain(f"{name}: {url}"
                      for name, result in self.results.items()
                      for url in result["requests"])
        for page, path in self.pages.files.items():
            if page.startswith(("digest", "specimen")):
                text = path.read_text(encoding="utf-8")
                for word in ("@import", "@font-face", "<link", "<script",
                             "url("):
                    self.assertNotIn(word, text, page)

    def test_words_stand_in_for_pictures(self):
        blocked = [(job, result) for job, result in self.of("digest")
                   if job["blocked"]]
        self.assertTrue(blocked)
        for job, result in blocked:
            self.assertTrue(result["images"], job["name"])
            for image in result["images"]:
                with self.subTest(job=job["name"], image=image):
                    self.assertFalse(image["loaded"])
                    self.assertTrue(image["alt"])
                    self.assertGreaterEqual(image["fontSize"],
                                            LEAST_LETTERS_PX)
                    self.assertGreaterEqual(image["height"],
                                            image["fontSize"])
                    self.assertGreaterEqual(image["contrast"], LEAST_CONTRAST)

    def test_pictures_are_there(self):
        self.complain(f"{job['name']}: {image}"
                      for job, result in self.of("digest", "issue", "nostyle")
                      for image in result["images"]
                      if not job["blocked"] and not image["loaded"])

    def test_preheader_is_there_and_not_seen(self):
        issue = (self.pages.site.folder / "issues/2026-04/issue.md").read_text(
            encoding="utf-8")
        words = re.search(r"preheader:\n  en: \"(.*)\"\n  ja: \"(.*)\"", issue)
        for job, result in self.of("digest", "nostyle", "outlook"
                                   if not self.SHORT else "digest"):
            text = words[1 + job["page"].endswith("ja")]
            self.assertEqual(result["preheader"]["seen"], 0, job["name"])
            self.assertTrue(result["preheader"]["text"].startswith(text))

    def test_word_gets_tables_that_are_closed(self):
        for page in ("digest", "word"):
            for language in ("ja", "en"):
                text = self.pages.files[f"{page}-{language}"].read_text(
                    encoding="utf-8")
                self.assertEqual(Nesting(text).faults, [], page)
        self.assertNotIn("[if", text)
