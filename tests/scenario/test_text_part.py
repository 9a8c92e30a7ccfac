#!/usr/bin/env python3
"""The text part of a digest as a terminal shows it: at most 70 columns, broken
as Japanese is (kinsoku), links in lists, nothing of HTML or Markdown left.

Widths and rules are told here anew, from Unicode's tables and JIS X 4051."""

import email
import email.policy
import random
import re
import shutil
import unicodedata
import unittest

from glocal_site import ISSUE, Scenario, Site

COLUMNS = 70

# What begins no line, and what ends none.
NO_START = set("、。，．・：；？！゛゜ヽヾゝゞ々ー）］｝〕〉》」』】〙〗％‰℃"
               "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ｡｣､･ｧｨｩｪｫｬｭｮｯｰﾞﾟ"
               "…‥’”»")
NO_END = set("（［｛〔〈《「『【〘〖([{‘“«￥＄")

EMOJI = ["👩‍👩‍👧‍👦", "🏳️‍🌈", "🇯🇵", "👍🏽", "1️⃣", "👨🏿‍🚀", "❤️‍🔥", "🫱🏻‍🫲🏿", "😀"]
EMOJI_PART = (r"(?:[\U0001F1E6-\U0001F1FF]{2}|[0-9#*]\uFE0F?\u20E3|"
              r"[\u2190-\u2BFF\U0001F000-\U0001FAFF]\uFE0F?"
              r"[\U0001F3FB-\U0001F3FF]?)")
EMOJI_WHOLE = re.compile(rf"{EMOJI_PART}(?:\u200d{EMOJI_PART})+|"
                         r"[\U0001F1E6-\U0001F1FF]{2}|[0-9#*]\uFE0F?\u20E3|"
                         r"[\U0001F300-\U0001FAFF]\uFE0F?"
                         r"[\U0001F3FB-\U0001F3FF]?")


def width(text):
    text = EMOJI_WHOLE.sub("〓", text)
    return sum(0 if unicodedata.combining(c) or
               unicodedata.category(c) in ("Mn", "Me", "Cf") else
               2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def is_one_word(line):
    """No place to break at: an address, or a word in ASCII."""
    bare = re.sub(r"^(?:[ >]|- |\d+\. |\[\d+\] )*", "", line)
    return bool(re.fullmatch(r"[!-~]+", bare))


def faults(text):
    """What is wrong with the lines of a text."""
    found = []
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        bare = re.sub(r"^(?:[ >]|- |\d+\. )*", "", line)
        if width(line) > COLUMNS and not is_one_word(line):
            found.append(f"{number}: {width(line)} columns: {line}")
        if line != line.rstrip() or "\t" in line or "\r" in line:
            found.append(f"{number}: white space: {line!r}")
        if bare and bare[0] in NO_START:
            found.append(f"{number}: begins with {bare[0]}: {line}")
        if bare and bare[-1] in NO_END:
            found.append(f"{number}: ends with {bare[-1]}: {line}")
        if unicodedata.combining(bare[:1] or "a") or bare[:1] in (
                "\u200d", "\ufe0f") or bare[-1:] == "\u200d":
            found.append(f"{number}: half a character: {line}")
    if "\n\n\n" in text or text.startswith("\n"):
        found.append("more empty lines than one")
    return found


def markup(text):
    """What is left of HTML or of Markdown."""
    return re.findall(r"</?[a-zA-Z!][^>]*>|&(?:#\d+|#x[\da-f]+|[a-z]+);|\*\*|"
                      r"\]\(|^#+ |\{\{|\}\}|```", text, re.M)


class TextPart(Scenario):
    def setUp(self):
        super().setUp()
        self.site = Site(self.folder / "site")

    def texts(self, issue=ISSUE):
        """The text of every edition that somebody gets."""
        out = self.folder / "all"
        shutil.rmtree(out, ignore_errors=True)
        self.site.run("preview", issue, "--all-editions", "--out", out)
        return {p.name: p.read_text(encoding="utf-8")
                for p in (out / "editions").glob("*.txt")}

    def assert_clean(self, texts):
        for name, text in texts.items():
            with self.subTest(edition=name):
                self.assertEqual(faults(text), [])
                self.assertEqual(markup(text), [])

    def write(self, body, title="T", language="ja"):
        issue = self.site.folder / "issues" / "2026-07"
        issue.mkdir(exist_ok=True)
        (issue / "issue.md").write_text("""\
---
title: {en: "July", ja: "7月号"}
date: 2026-07-01
languages: [en, ja]
---
""", encoding="utf-8")
        (issue / f"10-a.{language}.md").write_text(
            f"---\ntitle: \"{title}\"\nsummary: \"{title}\"\ntags: []\n"
            f"lead: true\n---\n\n{body}\n", encoding="utf-8")

    def text(self, language="ja"):
        reader = {"ja": "kokusai@town-misato-shimane.example",
                  "en": "culture@embassy-greece.example"}[language]
        out = self.folder / "out"
        self.site.run("preview", "2026-07", "--as", reader, "--out", out)
        text = (out / "digest.txt").read_text(encoding="utf-8")
        message = email.message_from_bytes(
            (out / "digest.eml").read_bytes(), policy=email.policy.default)
        self.assertEqual(
            message.get_body(("plain",)).get_content().splitlines(),
            text.splitlines())
        return text


class TestApril(TextPart):
    def test_all_editions_in_both_languages(self):
        texts = self.texts()
        self.assertGreater(len(texts), 100)
        self.assert_clean(texts)
        joined = "".join(texts.values())
        self.assertIn("配信停止", joined)
        self.assertIn("Unsubscribe", joined)

    def test_the_judge_can_judge(self):
        self.assertEqual(width("あa👩‍👩‍👧‍👦e\u0301ｱ"), 2 + 1 + 2 + 1 + 1)
        self.assertTrue(faults("あ" * 36))
        self.assertTrue(faults("あ\n。い"))
        self.assertTrue(faults("あ「\nい"))
        self.assertTrue(faults("あ \nい"))
        self.assertTrue(faults("a\n\n\nb"))
        self.assertFalse(faults("https://a.example/" + "a" * 100))
        self.assertTrue(markup("a<br>b"))
        self.assertTrue(markup("a &amp; b"))


class TestHardCases(TextPart):
    def paragraphs(self):
        """Each with something at every column about the seventieth."""
        tails = ["。", "」。", "』）。", "、と", "ー", "々", "っ", "！？", "……", "％",
                 "：", "・", "「い」", "（い）", "【い】", "『「い」』", "ﾞ", "℃",
                 "12,345円", "a.b", "ABC", "e\u0301", "か\u3099", "\u3000い"]
        for tail in tails + EMOJI:
            for head in range(31, 37):
                yield "あ" * head + tail + "い" * 40
                yield "a" + "あ" * head + tail + tail + "い" * 40

    def test_at_the_edge(self):
        paragraphs = list(self.paragraphs())
        self.assertGreater(len(paragraphs), 300)
        for start in range(0, len(paragraphs), 120):
            part = paragraphs[start:start + 120]
            self.write("\n\n".join(part))
            text = self.text()
            self.assertEqual(faults(text), [])
            squeezed = re.sub(r"\s", "", text)
            for paragraph in part:
                self.assertIn(re.sub(r"\s", "", paragraph), squeezed)

    def test_mixtures(self):
        chance = random.Random(70)
        pieces = ["東京", "ト", "ー", "ッ", "ﾃｽﾄ", "ｶﾞ", "A", "ab", "１２", "12", "、",
                  "。", "「", "」", "（", "）", "・", "！", "word ", "—", "…", "々",
                  "\u3000", " ", "％", "$5", "10%", "e\u0301", "한국", "中文",
                  *EMOJI]
        for _ in range(6):
            body = []
            for _ in range(60):
                line = "".join(chance.choice(pieces)
                               for _ in range(chance.randrange(20, 120)))
                # Heaps of marks have no place to break at.
                line = re.sub(r"[「（]{2,}", "「", line)
                line = re.sub(r"([、。」）・！…％ー々ッ]{2})[、。」）・！…％ー々ッ]+",
                              r"\1", line)
                line = re.sub(r"(?:[「（][、。」）・！…％ー々ッ])+", "語", line)
                body.append("語" + line.strip() + "語")
            self.write("\n\n".join(body))
            self.assertEqual(faults(self.text()), [])

    def test_lists_and_quotes(self):
        long = "あいうえお、" * 20 + "。"
        self.write(f"- {long}\n- {long}\n\n  {long}\n\n12. {long}\n\n> {long}\n"
                   f">\n> > {long}\n\n- a\n  - {long}\n\n## {long}\n\n"
                   f"    {'x' * 90}\n", title=long[:150])
        text = self.text()
        self.assertEqual(faults(text), [])
        self.assertRegex(text, r"(?m)^- あ.*\n  \S")
        self.assertRegex(text, r"(?m)^12\. あ.*\n    \S")
        self.assertRegex(text, r"(?m)^> あ.*\n> \S")
        self.assertRegex(text, r"(?m)^> > あ.*\n> > \S")

    def test_lines_of_an_author_are_no_blanks_in_japanese(self):
        self.write("東京の\n空は\n*青い*\nABC\nです。\n\nカタカナ\n\nline\nand line")
        text = self.text()
        self.assertIn("東京の空は青い ABC です。", text)
        self.assertIn("line and line", text)

    def test_links_stand_in_a_list(self):
        long = "https://a.example/" + "very-long/" * 9
        self.write(f"[長い名前]({long})と[短い](https://b.example/)、また"
                   f"[同じ]({long})。\n\n<https://c.example/>と"
                   "<desk@news.example>\n\n- [d](https://d.example/?a=1&b=2)")
        text = self.text()
        self.assertEqual(faults(text), [])
        self.assertIn("長い名前[1]と短い[2]、また同じ[1]。", text)
        self.assertIn("https://c.example/とdesk@news.example", text)
        self.assertIn(f"\n\n- d[3]\n\n[1]\n{long}\n[2] https://b.example/\n"
                      "[3] https://d.example/?a=1&b=2\n", text)

    def test_no_markup_is_left(self):
        self.write("**fett** *x* `code` ~~x~~ &amp; &lt;b&gt; &nbsp;\\<i\\>\n\n"
                   "# H\n\n```\nblock <x>\n```\n\n***\n\nText\\\nbreak")
        text = self.text()
        self.assertIn("fett x code", text)
        self.assertIn("& <b>", text)
        self.assertEqual(
            [m for m in markup(text) if m not in ("<b>", "<i>", "<x>")], [])


if __name__ == "__main__":
    unittest.main()
