#!/usr/bin/env python3
"""Values that would like to be markup: names, titles, labels, captions and
addresses come out as the text that they are, on every page and in every mail.

Each page is made twice, with words and with hostile values in their places.
What a browser reads in the second must be what it reads in the first, with
the words replaced: the same elements, attributes, texts."""

import email
import email.header
import email.policy
import json
import re
import shutil
import unittest
import xml.etree.ElementTree

import parsed_html
from glocal_site import CONFIG, ISSUE, Scenario, Site
from pictures import png

TIME_LIMIT_S = 600
READER = "hostile@reader.example"

HOSTILE = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)'", "</style><script>x</script>", "{{STORY_TITLE}}",
    "{{#LEAD}}", "{{! x }}", "javascript:alert(1)", "data:text/html,<b>",
    "&lt;b&gt;&amp;&#60;", "<!--[if mso]>", "-->", "]]>", "</title></td>",
    "<![endif]-->", "`${x}`", "%s%n\\", "=?utf-8?B?PGI+?=", "\u200b<b\u200b>",
    "＜b＞", "</div></table></body>",
]
# The first and the last count most, for they stand beside the template's own.
TURNS = (0, 3, 7, 20)


# Bytes, where less is allowed than a title may have.
MOST = dict.fromkeys(("sender", "contact", "postal", "label", "name",
                      "organisation", "department"), 190)


def hostile(turn, field):
    words = HOSTILE[turn:] + HOSTILE[:turn]
    words.insert(1, f"Zq{field}q")
    while len(" ".join(words).encode()) > MOST.get(field, 480):
        words.pop(len(words) // 2)
    return " ".join(words)


def word(field):
    return f"Zq{field}q"


def markdown(text):
    """Markdown that shows this text."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


FIELDS = ("sender postal contact name organisation department label issue "
          "preheader greeting title summary body alt caption alt2 caption2 "
          "also").split()


class Values:
    """The value of each field; `turn` None: words."""

    def __init__(self, turn=None):
        self.of = {f: word(f) if turn is None else hostile(turn, f)
                   for f in FIELDS}

    def __getitem__(self, field):
        return self.of[field]

    def put_in(self, text):
        """A text of the page with words, as it must be with these values."""
        return re.sub(r"Zq(\w+)q", lambda m: self.of[m[1]], text)


def build(folder, values):
    """A site, with its values in all places that there are for some."""
    site = Site(folder)
    if folder.name != "words":
        # With the same key links are the same.
        shutil.copy(folder.parent / "words" / "state" / "site.key",
                    site.folder / "state" / "site.key")
    quoted = json.dumps
    config = CONFIG.format(port=1, connections=1, first="1s", longest="1s",
                           give_up="60s", on_unknown="hold", max_unknown=1)
    for key, field in (("name", "sender"), ("postal", "postal"),
                       ("contact", "contact")):
        config = re.sub(rf"(?m)^  {key}: .*",
                        lambda _, k=key, f=field: f"  {k}: "
                        + quoted(values[f], ensure_ascii=False), config)
    (site.folder / "glocal-mail.yaml").write_text(config, encoding="utf-8")
    site.run("tag", "add", "hostility", "--en", values["label"], "--ja",
             values["label"])
    site.import_contacts([{
        "email": READER, "name": values["name"], "language": "en",
        "organisation": values["organisation"], "tags": "hostility",
        "department": values["department"], "basis": "consent"}])
    shutil.rmtree(site.folder / "issues")
    issue = site.folder / "issues" / ISSUE
    (issue / "images").mkdir(parents=True)
    for name in ("a", "b", "c"):
        (issue / "images" / f"{name}.png").write_bytes(png(700, 400))
    (issue / "issue.md").write_text(f"""\
---
title: {quoted(values["issue"])}
subject: "A plain subject"
preheader: {quoted(values["preheader"])}
date: 2026-04-01
languages: [en, ja]
---

<!-- en -->

{markdown(values["greeting"])}

<!-- ja -->

{markdown(values["greeting"])}
""", encoding="utf-8")
    for language in ("en", "ja"):
        (issue / f"10-a.{language}.md").write_text(f"""\
---
title: {quoted(values["title"])}
summary: {quoted(values["summary"])}
tags: [hostility]
images:
  - {{file: "images/a.png", alt: {quoted(values["alt"])},
     caption: {quoted(values["caption"])}}}
  - row:
      - {{file: "images/b.png", alt: {quoted(values["alt2"])},
         caption: {quoted(values["caption2"])}}}
      - {{file: "images/c.png", alt: {quoted(values["alt2"])}}}
---

{markdown(values["body"])} and [a link](<https://a.example/?q='"%3Cb%3E&x={{{{X}}}}>)
""", encoding="utf-8")
        (issue / f"20-b.{language}.md").write_text(f"""\
---
title: {quoted(values["also"])}
summary: S
tags: []
---

Words.
""", encoding="utf-8")
    return site


def make(site, out):
    """All pages and texts of the site, below `out`."""
    site.run("preview", ISSUE, "--as", READER, "--out", out / "mail")
    site.run("preview", ISSUE, "--all-editions", "--out", out / "all")
    site.run("send", ISSUE, "--at", "2099-01-01 09:00", status=None)
    site.run("archive", ISSUE, "--out", out / "archive")
    message = email.message_from_bytes(
        (out / "mail" / "digest.eml").read_bytes(),
        policy=email.policy.default)
    (out / "eml.html").write_text(
        message.get_body(("html",)).get_content(), encoding="utf-8")
    (out / "eml.txt").write_text(
        message.get_body(("plain",)).get_content(), encoding="utf-8")
    return message


def name_pages(out):
    """{name: path}; editions by their number, for their addresses differ."""
    pages = {}
    for path in sorted(out.rglob("*")):
        if path.suffix not in (".html", ".txt", ".xml"):
            continue
        name = str(path.relative_to(out))
        if "/e/" in name and not name.endswith("index.html"):
            continue
        pages[name] = path
    return pages


class TestPages(Scenario):
    @classmethod
    def setUpClass(cls):
        if parsed_html.find_reader() is None:
            raise unittest.SkipTest("python3-html5lib is not installed")

    def setUp(self):
        super().setUp()
        self.plain = self.folder / "plain"
        self.words = make(build(self.folder / "words", Values()), self.plain)
        self.pages = name_pages(self.plain)
        html = [n for n in self.pages if n.endswith(".html")]
        self.trees = dict(zip(html, parsed_html.read(
            self.pages[n] for n in html)))

    def edition_of(self, out):
        """The reader's own page in the archive: who else follows the tag?"""
        pages = [p for p in (out / "archive" / "issues" / ISSUE / "e").iterdir()
                 if re.search(r'class="reason">[^<]*' + word("label"),
                              p.read_text(encoding="utf-8"))]
        self.assertEqual(len(pages), 1)
        return pages[0]

    def assert_same_tree(self, name, tree, values):
        want = self.trees[name]
        self.assertEqual(tree["errors"], want["errors"], name)
        self.assertEqual(len(tree["nodes"]), len(want["nodes"]), name)
        for have, plain in zip(tree["nodes"], want["nodes"]):
            text = json.loads(values_in(json.dumps(plain), values))
            if have[0] == "text":
                have, text = without_size(have), without_size(text)
            self.assertEqual(have, text, name)

    def test_every_page_is_the_same_with_other_words(self):
        self.assertGreater(len(self.trees), 20)
        for name, tree in self.trees.items():
            self.assertEqual(parsed_html.dangers(tree, "all/" in name), [],
                             name)
        for turn in TURNS:
            values = Values(turn)
            out = self.folder / f"out{turn}"
            message = make(build(self.folder / f"site{turn}", values), out)
            pages = name_pages(out)
            self.assertEqual(sorted(pages), sorted(self.pages))
            html = [n for n in pages if n.endswith(".html")]
            for name, tree in zip(html, parsed_html.read(
                    pages[n] for n in html)):
                with self.subTest(page=name, turn=turn):
                    self.assertEqual(
                        parsed_html.dangers(tree, "all/" in name), [])
                    self.assert_same_tree(name, tree, values)
            own = [self.edition_of(self.plain), self.edition_of(out)]
            trees = parsed_html.read(own)
            self.trees["own"] = trees[0]
            self.assertEqual(parsed_html.dangers(trees[1]), [])
            self.assert_same_tree("own", trees[1], values)
            self.assert_texts(pages, values, turn)
            self.assert_feeds(pages, values)
            self.assert_header(message, values)

    def assert_texts(self, pages, values, turn):
        """Lines break elsewhere; all else is the same, with no line more that
        is not folded."""
        for name, path in pages.items():
            if not name.endswith(".txt"):
                continue
            with self.subTest(page=name, turn=turn):
                have = path.read_text(encoding="utf-8")
                want = values.put_in(
                    self.pages[name].read_text(encoding="utf-8"))
                self.assertEqual(squeeze(have), squeeze(want))
                self.assertEqual(len(have.splitlines()), have.count("\n"))

    def assert_feeds(self, pages, values):
        feeds = [n for n in pages if n.endswith(".xml")]
        self.assertEqual(len(feeds), 2)
        for name in feeds:
            have, want = (list(xml.etree.ElementTree.parse(page).iter())
                          for page in (pages[name], self.pages[name]))
            self.assertEqual(
                [(e.tag, e.attrib, e.text) for e in have],
                [(e.tag, {k: values.put_in(v) for k, v in e.attrib.items()},
                  e.text and values.put_in(e.text)) for e in want])

    def assert_header(self, message, values):
        self.assertEqual(message.keys(), self.words.keys())
        for key in ("Subject", "From", "To"):
            self.assertEqual(header(message, key),
                             values.put_in(header(self.words, key)))


class TestRefusals(Scenario):
    """What no text for readers may hold is refused where it comes in."""

    UNFIT = {"a line feed": "a\nb", "a return": "a\rb", "an escape": "a\x1bb",
             "a bidi control": "a\u202eb", "a bidi isolate": "a\u2066b",
             "a line separator": "a\u2028b", "a noncharacter": "a\ufdd0" "1b",
             "another": "a\uffffb", "a control": "a\x85b"}
    LINKS = ["javascript:alert(1)", "JaVaScRiPt:alert(1)",
             "java&#x73;cript:alert(1)", "data:text/html,x", "vbscript:x",
             "&#32;javascript:x", "//evil.example/x", "file:///etc/passwd",
             "https:evil", "view-source:https://a.example"]

    def setUp(self):
        super().setUp()
        self.folder_of = build(self.folder / "words", Values())
        self.story = (self.folder_of.folder / "issues" / ISSUE /
                      "10-a.en.md")
        self.text = self.story.read_text(encoding="utf-8")

    def test_text_of_stories(self):
        for field in ("title", "summary", "alt", "caption", "body"):
            for what, unfit in self.UNFIT.items():
                if field == "body" and unfit in ("a\nb", "a\rb"):
                    continue
                for form in (unfit, None if field == "body"
                             else json.dumps(unfit)[1:-1]):
                    if form is None or (form == unfit and "\n" in form):
                        continue
                    with self.subTest(field=field, what=what, form=form):
                        self.story.write_text(
                            self.text.replace(word(field), form),
                            encoding="utf-8", newline="")
                        done = self.folder_of.run(
                            "preview", ISSUE, "--as", READER, "--out",
                            self.folder / "out", status=65)
                        self.assertRegex(done.stderr, r"10-a\.en\.md:\d+: ")

    def test_links_of_stories(self):
        for link in self.LINKS:
            for form in (f"[x]({link})", f"<{link}>", f"[x][1]\n\n[1]: {link}"):
                with self.subTest(link=link, form=form):
                    self.story.write_text(
                        self.text.replace(word("body"), form),
                        encoding="utf-8")
                    out = self.folder / "out"
                    shutil.rmtree(out, ignore_errors=True)
                    done = self.folder_of.run(
                        "preview", ISSUE, "--as", READER, "--out", out,
                        status=None)
                    if done.returncode == 65:
                        self.assertRegex(done.stderr, r"10-a\.en\.md:\d+: ")
                        continue
                    # It may be no link at all; then it is text.
                    page, = parsed_html.read([out / "digest.html"])
                    self.assertEqual(parsed_html.dangers(page), [])
                    self.assertNotIn("evil", json.dumps(
                        [n for n in page["nodes"] if n[0] == "tag"]))

    def test_contacts_and_labels(self):
        site = self.folder_of
        for what, unfit in self.UNFIT.items():
            with self.subTest(what):
                site.run("tag", "add", "other", "--en", unfit, "--ja", "x",
                         status=65)
                for field in ("name", "organisation", "department"):
                    row = {"email": "x@x.example", "basis": "consent",
                           "name": "N", "organisation": "O",
                           "department": "D", field: unfit}
                    done = site.import_contacts([row], status=None)
                    if done.returncode == 65:
                        self.assertIn("import.csv:2: ", done.stderr)
                        continue
                    # The lines of a cell become one; nothing else is taken.
                    self.assertIn(what, ("a line feed", "a return"), field)
                    shown = site.run("subscriber", "show", "x@x.example",
                                     "--json").stdout
                    value = json.loads(shown)[field]
                    self.assertEqual(value, " ".join(unfit.split()))


class TestConfirmations(Scenario):
    def ask(self, folder, values):
        server = self.server(name=f"smtp-{folder}", dump=True)
        site = build(self.folder / folder, values)
        config = site.folder / "glocal-mail.yaml"
        config.write_text(config.read_text(encoding="utf-8").replace(
            "127.0.0.1:1", f"127.0.0.1:{server.port}"), encoding="utf-8")
        wording = self.folder / "wording.txt"
        wording.write_text(f"I agree, {values['body']}.\n", encoding="utf-8")
        site.run("consent", "wording", "add", "form", "--language", "en",
                 "--file", wording)
        site.run("subscriber", "add", "--email", "new@reader.example",
                 "--name", values["name"], "--language", "en", "--wording",
                 "form", "--confirm")
        site.run("send", ISSUE, "--limit", 1, status=None)
        number, = [m["message"] for m in server.accepted()
                   if m["rcpt"] == "new@reader.example"]
        return email.message_from_bytes(server.message(number),
                                        policy=email.policy.default)

    def test_no_line_more_and_no_header_more(self):
        words = self.ask("words", Values())
        for turn in TURNS:
            values = Values(turn)
            message = self.ask(f"site{turn}", values)
            self.assertEqual(message.keys(), words.keys())
            self.assertEqual(message.get_content_type(), "text/plain")
            self.assertEqual(message["Subject"], words["Subject"])
            for key in ("From", "To"):
                self.assertEqual(header(message, key),
                                 values.put_in(header(words, key)))
            have = re.sub(r"(?m)^It is good until.*", "",
                          message.get_content())
            want = re.sub(r"(?m)^It is good until.*", "",
                          words.get_content())
            links = re.compile(r"https://news\.example/\S+")
            self.assertEqual(squeeze(links.sub("L", have)),
                             squeeze(links.sub("L", values.put_in(want))))
            self.assertEqual(len(have.splitlines()), have.count("\n"))


def header(message, key):
    """A field as RFC 2047 reads it: encoded words stand close together. (The
    parser of email.policy.default puts blanks between those of a name.)"""
    raw = dict(message.raw_items())[key]
    text = str(email.header.make_header(email.header.decode_header(raw)))
    if key == "Subject":
        return text
    name, address = re.fullmatch(r"(.*?) ?<([^<>]+@[^<>]+)>", text).groups()
    if "=?" not in raw:
        name = re.sub(r"\\(.)", r"\1", name.strip('"'))
    return f"{name} <{address}>"


def values_in(text, values):
    """Within JSON."""
    return re.sub(r"Zq(\w+)q", lambda m: json.dumps(values[m[1]])[1:-1], text)


def without_size(node):
    return [re.sub(r"\(\d+ KB\)", "(KB)", part) for part in node]


def squeeze(text):
    return re.sub(r"\s+", "", text)


if __name__ == "__main__":
    unittest.main()
