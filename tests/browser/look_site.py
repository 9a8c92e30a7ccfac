"""The pages that are looked at, made by the real program out of the sample
site's April issue and of the specimen beside this file."""

import os
import pathlib
import re
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenario"))
from glocal_site import ISSUE, Site  # noqa: E402

SPECIMEN = "2026-05"
# Both get three stories, further pictures and a list of the other stories.
READERS = {"ja": "kokusai@town-misato-shimane.example",
           "en": "culture@embassy-greece.example"}
# A day on which nothing of this runs any more, so that nothing is sent.
NEVER = "2199-01-01 09:00"


class Pages:
    """The files, by name. `leads`: a digest per language and first story."""

    def __init__(self, folder, short):
        self.folder = pathlib.Path(folder)
        self.site = Site(self.folder / "site")
        self.files = {}
        for language in READERS:
            self.add_digest("digest", ISSUE, language)
        self.add_variants("en")
        self.add_variants("ja")
        self.leads = [self.files["digest-en"], self.files["digest-ja"]]
        if not short:
            self.add_specimen()
            self.add_gallery()
        self.add_archive(short)

    def add_digest(self, name, issue, language):
        done = self.site.run("preview", issue, "--as", READERS[language])
        self.files[f"{name}-{language}"] = pathlib.Path(
            done.stdout.splitlines()[0])

    def add_variants(self, language):
        """The digest as some mail programs see it, beside the real one."""
        whole = self.files[f"digest-{language}"]
        text = whole.read_text(encoding="utf-8")
        for name, change in (("nostyle", without_style), ("word", as_word),
                             ("outlook", as_outlook_com)):
            path = whole.with_name(f"{name}.html")
            path.write_text(change(text), encoding="utf-8")
            self.files[f"{name}-{language}"] = path

    def add_specimen(self):
        issues = self.site.folder / "issues"
        shutil.copytree(HERE / "specimen", issues / SPECIMEN)
        shutil.copytree(issues / ISSUE / "images",
                        issues / SPECIMEN / "images")
        for language in READERS:
            self.add_digest("specimen", SPECIMEN, language)

    def add_gallery(self):
        done = self.site.run("preview", ISSUE, "--all-editions")
        gallery = pathlib.Path(done.stdout.splitlines()[0])
        self.files["gallery"] = gallery
        seen = {}
        for number in range(1, len(list(gallery.parent.glob(
                "editions/*.html"))) + 1):
            page = gallery.parent / f"editions/{number}.html"
            text = page.read_text(encoding="utf-8")
            language = re.search(r'<html lang="(..)"', text)[1]
            lead = re.search(r"<h2[^>]*>(.*?)</h2>", text, re.S)[1]
            seen.setdefault((language, lead), page)
        self.leads = [seen[key] for key in sorted(seen)]

    def add_archive(self, short):
        web = self.folder / "web"
        if not short:
            self.site.run("send", ISSUE, "--at", NEVER, status=75)
        self.site.run("archive", ISSUE, "--out", web)
        issue = web / "issues" / ISSUE
        for language in READERS:
            self.files[f"issue-{language}"] = issue / f"{language}.html"
            self.files[f"home-{language}"] = web / f"{language}.html"
            self.files[f"tag-{language}"] = \
                web / f"tags/sister-city.{language}.html"
            self.files[f"story-{language}"] = \
                issue / f"local-partnership-forum.{language}.html"
        self.files["choose"] = web / "index.html"
        if not short:
            self.files["edition"] = smallest_edition(issue / "e")


def smallest_edition(folder):
    """The English page with the fewest bytes beside its own address, which is
    a random one."""
    pages = [(len(text.replace(path.stem, "")), text.replace(path.stem, ""),
              path) for path in folder.glob("*.html")
             for text in [path.read_text(encoding="utf-8")]
             if '<html lang="en"' in text and path.name != "index.html"]
    return min(pages)[2]


def without_style(text):
    return re.sub(r"<style.*?</style>", "", text, flags=re.S)


def as_word(text):
    """What Outlook on Windows, whose pages Word draws, reads of a mail."""
    text = re.sub(r"<!--\[if !mso\]><!-->.*?<!--<!\[endif\]-->", "", text,
                  flags=re.S)
    return re.sub(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", r"\1", text,
                  flags=re.S)


def as_outlook_com(text):
    """In dark mode Outlook.com marks what it changed, from the outside in."""
    return text.replace("<html ", "<html data-ogsc data-ogsb ", 1)


def environment_of(name, otherwise):
    return pathlib.Path(os.environ.get(name) or otherwise).resolve()
