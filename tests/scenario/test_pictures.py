#!/usr/bin/env python3
"""Pictures: what an author gives becomes what any mail program shows, hosted or
in the mail."""

import collections
import email
import email.policy
import hashlib
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from glocal_site import Scenario, Site  # noqa: E402
from pictures import Vips, png, png_of_rows, with_exif  # noqa: E402

READER = "culture@embassy-greece.example"
STORY = """\
---
title: T
summary: S
tags: [culture]
images:
{images}lead: true
---

Words.
"""
IMG = re.compile(r'<img src="([^"]*)" alt="([^"]*)" width="(\d+)" '
                 r'height="(\d+)" style="([^"]*)"')


def noisy(width, height):
    """A photograph, as far as sizes go: PNG cannot make it small."""
    dice = random.Random(1)
    grain = bytes(60 + value % 96 for value in range(256))
    line = dice.randbytes(6 * width).translate(grain)
    return png_of_rows(width, height, (
        line[3 * (y * 7 % width):][:3 * width] for y in range(height)))


class Pictures(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sample = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.sample.cleanup)
        os.rmdir(cls.sample.name)
        Site(cls.sample.name)
        cls.vips = Vips()

    def setUp(self):
        super().setUp()
        shutil.copytree(self.sample.name, self.folder / "site")
        self.site = Site(self.folder / "site")
        self.issue = self.site.folder / "issues" / "2026-07"
        (self.issue / "images").mkdir(parents=True)
        (self.issue / "issue.md").write_text(
            "---\ntitle: July\ndate: 2026-07-01\nlanguages: [en]\n---\n")

    def story(self, images):
        text = STORY.format(images="".join(
            f"  - {line}\n" for line in images))
        (self.issue / "10-a.en.md").write_text(text)

    def give(self, name, data):
        (self.issue / "images" / name).write_bytes(data)

    def preview(self):
        out = self.folder / "out"
        self.site.run("preview", "2026-07", "--as", READER, "--out", out)
        html = (out / "digest.html").read_text(encoding="utf-8")
        return out, IMG.findall(html)

    def ready(self, name, data):
        """What readers get of one picture."""
        self.give(name, data)
        self.story([f"{{file: images/{name}, alt: A}}"])
        out, shown = self.preview()
        self.assertEqual(len(shown), 1)
        url, _, width, height, _ = shown[0]
        made = (out / url).read_bytes()
        stem = pathlib.Path(name).stem
        digest = hashlib.sha256(made).hexdigest()[:16]
        self.assertRegex(url, rf"^images/{stem}-{digest}\.(png|jpg)$")
        self.assertEqual(list((out / "images").iterdir()), [out / url])
        shutil.rmtree(out)
        size = self.vips.size(made)

        # The pixels told to the page are those it has, in proportion.
        self.assertLessEqual(int(width), size[0])
        self.assertAlmostEqual(int(height), size[1] * int(width) / size[0],
                               delta=1)
        return url, made, size


class TestReady(Pictures):
    def test_a_photograph(self):
        photo = self.vips.convert(noisy(2000, 1400), ".jpg[Q=95]")
        url, made, size = self.ready("photo.jpg", photo)
        self.assertTrue(url.endswith(".jpg"))
        self.assertEqual(size, (1200, 840))
        self.assertLessEqual(len(made), 200_000)

    def test_it_stands_upright_and_tells_nothing(self):
        def pixel(x, y):
            return (250, 10, 10) if x < 30 and y < 30 else (10, 10, 250)

        lying = with_exif(self.vips.convert(png(800, 600, pixel),
                                            ".jpg[Q=95]"), 6)
        self.assertIn(b"SECRET CAMERA", lying)
        _, made, size = self.ready("lying.jpg", lying)
        self.assertEqual(size, (600, 800))
        self.assertNotIn(b"SECRET", made)
        self.assertNotIn(b"Exif", made)

        # Turned by 90 degrees, the upper left corner is the upper right.
        red, _, blue = self.vips.pixel(made, 590, 10)
        self.assertTrue(red > 200 > blue, (red, blue))
        red, _, blue = self.vips.pixel(made, 10, 10)
        self.assertTrue(blue > 200 > red, (red, blue))

    def test_png_loses_its_remarks(self):
        given = png(400, 300, text=b"SECRET AUTHOR")
        url, made, _ = self.ready("drawn.png", given)
        self.assertTrue(url.endswith(".png"))
        self.assertNotIn(b"SECRET", made)

    def test_png_without_remarks_stays(self):
        given = png(900, 300)
        _, made, _ = self.ready("drawn.png", given)
        self.assertEqual(made, given)

    def test_webp(self):
        url, made, size = self.ready(
            "photo.webp", self.vips.convert(noisy(900, 500), ".webp"))
        self.assertTrue(url.endswith(".jpg"))
        self.assertEqual(made[:3], b"\xff\xd8\xff")
        self.assertEqual(size, (900, 500))
        listed = [row for row in self.site.lines("issue", "list")
                  if row["issue"] == "2026-07"]
        self.assertEqual([row["errors"] for row in listed], [0])
        url, made, _ = self.ready("logo.webp", self.vips.convert(
            png(300, 200, lambda x, y: (0, 90, 0, 255 * (x > 9)), alpha=True),
            ".webp[lossless]"))
        self.assertTrue(url.endswith(".png"))
        self.assertEqual(self.vips.pixel(made, 0, 0)[3], 0)

    def test_nothing_becomes_larger(self):
        _, _, size = self.ready("icon.jpg", self.vips.convert(
            png(64, 48), ".jpg"))
        self.assertEqual(size, (64, 48))

    def test_what_is_damaged_or_no_picture(self):
        whole = noisy(800, 600)
        cut = whole[:len(whole) // 2]
        for name, data in (("cut.png", cut), ("x.jpg", b"GIF89a nothing"),
                           ("x.png", b"<svg/>"), ("x.webp", b"")):
            with self.subTest(name):
                self.give(name, data)
                self.story([f"{{file: images/{name}, alt: A}}"])
                done = self.site.run("preview", "2026-07", "--as", READER,
                                     status=65)
                self.assertIn(
                    f"10-a.en.md:6: 'images/{name}' is no JPEG, PNG or WebP "
                    "picture, or it is damaged", done.stderr)

    def test_made_once(self):
        photo = self.vips.convert(noisy(1300, 900), ".jpg[Q=90]")
        url, made, _ = self.ready("a.jpg", photo)
        cache = self.site.folder / "state" / "pictures"
        before = {p.name: p.stat().st_mtime_ns for p in cache.iterdir()}
        self.assertEqual(len(before), 2)

        # The same picture under another name is not made again.
        (self.issue / "images" / "a.jpg").unlink()
        other, again, _ = self.ready("b.jpg", photo)
        self.assertEqual(again, made)
        self.assertEqual(other.replace("/b-", "/a-"), url)
        self.assertEqual(before, {p.name: p.stat().st_mtime_ns
                                  for p in cache.iterdir()})

        # What is damaged or lost in the cache is made again.
        for path in cache.glob("*.jpg"):
            path.write_bytes(b"\xff\xd8\xff damaged")
        _, again, _ = self.ready("b.jpg", photo)
        self.assertEqual(again, made)


class TestRows(Pictures):
    def widths(self, shown):
        return [int(width) for _, _, width, _, _ in shown]

    def archived(self):
        """How many pictures fill the row of each, on all pages that show the
        story."""
        out = self.folder / "web"
        self.site.run("archive", "2026-07", "--out", out)
        issue = out / "issues" / "2026-07"
        rows = [re.findall(r'<figure class="of(\d)">\s*<img src="images/(.)-',
                           (issue / name).read_text(encoding="utf-8"))
                for name in ("en.html", "a.en.html")]
        self.assertEqual(rows[0], rows[1])
        return [number + name for number, name in rows[0]]

    def setUp(self):
        super().setUp()
        for name in "abcde":
            self.give(f"{name}.png", png(1200, 750))

    def test_as_the_author_says(self):
        image = "{{file: images/{0}.png, alt: {0}}}".format
        self.story([image("a"),
                    f"row: [{image('b')}, {image('c')}, {image('d')}]",
                    image("e")])
        out, shown = self.preview()
        self.assertEqual([alt for _, alt, _, _, _ in shown], list("abcde"))
        self.assertEqual(self.widths(shown), [600, 168, 168, 168, 536])
        html = (out / "digest.html").read_text(encoding="utf-8")
        self.assertEqual(html.count("min-width:33.33%"), 3)
        self.assertEqual(html.count('<td width="184"'), 3)
        self.assertEqual(html.count("min-width:100%"), 1)
        self.assertEqual(self.archived(), ["1a", "3b", "3c", "3d", "1e"])

    def test_a_row_first(self):
        self.story(["row: [{file: images/a.png, alt: a}, "
                    "{file: images/b.png, alt: b}]"])
        _, shown = self.preview()
        self.assertEqual(self.widths(shown), [260, 260])
        self.assertEqual(self.archived(), ["2a", "2b"])

    def test_without_rows_in_twos(self):
        self.story([f"{{file: images/{name}.png, alt: {name}, caption: C}}"
                    for name in "abcd"])
        out, shown = self.preview()
        self.assertEqual(self.widths(shown), [600, 260, 260, 260])
        self.assertEqual((out / "digest.html").read_text(
            encoding="utf-8").count(">C</td>"), 4)
        self.assertEqual(self.archived(), ["1a", "2b", "2c", "2d"])

    def test_a_small_one_in_a_row(self):
        self.give("a.png", png(100, 50))
        self.story(["row: [{file: images/a.png, alt: a}, "
                    "{file: images/b.png, alt: b}]"])
        _, shown = self.preview()
        self.assertEqual(self.widths(shown), [100, 260])
        self.assertIn("max-width:100px", shown[0][4])


def read(path):
    return email.message_from_bytes(pathlib.Path(path).read_bytes(),
                                    policy=email.policy.default)


class TestInline(Pictures):
    def setUp(self):
        super().setUp()
        for name in "abc":
            self.give(f"{name}.png", png(1200, 750 + ord(name)))
        self.give("d.jpg", self.vips.convert(noisy(1600, 900), ".jpg"))
        self.story([f"{{file: images/{name}, alt: A}}"
                    for name in ("a.png", "b.png", "d.jpg")])

    def check_mail(self, message):
        """What stands in the HTML is in the mail, and nothing else."""
        self.assertEqual(message.get_content_type(), "multipart/alternative")
        text, related = message.iter_parts()
        self.assertEqual(text.get_content_type(), "text/plain")
        self.assertEqual(related.get_content_type(), "multipart/related")
        self.assertEqual(related.get_param("type"), "text/html")
        html, *pictures = related.iter_parts()
        shown = re.findall(r'<img src="cid:([^"]+)"', html.get_content())
        ids = [part["Content-ID"].strip("<>") for part in pictures]
        self.assertEqual(sorted(set(shown)), sorted(ids))
        self.assertNotIn("http", "".join(shown))
        for part in pictures:
            data = part.get_content()
            self.vips.size(data)
            self.assertIn(hashlib.sha256(data).hexdigest()[:16],
                          part["Content-ID"])
            self.assertEqual(part.get_content_disposition(), "inline")
        return pictures

    def test_mails_carry_their_pictures(self):
        self.site.configure(1, "images: inline\n")
        out, shown = self.preview()
        for url, *_ in shown:
            self.assertTrue((out / url).exists(), url)
        raw = (out / "digest.eml").read_bytes()
        pictures = self.check_mail(read(out / "digest.eml"))
        self.assertEqual(len(pictures), 3)
        self.assertLessEqual(len(raw), 1_000_000)
        body = raw.split(b"\r\n\r\n", 1)[1]
        self.assertLessEqual(max(map(len, body.split(b"\r\n"))), 78)
        self.assertNotIn(b" \r\n", body)
        self.assertTrue(raw.isascii())

    def test_many_pictures_fit_into_one_mail(self):
        names = []
        for i in range(9):
            name = f"p{i}.jpg"
            self.give(name, self.vips.convert(
                noisy(1000, 800 + i), ".jpg[Q=90]"))
            names.append(name)
        self.story([f"{{file: images/{name}, alt: A}}" for name in names])
        self.site.configure(1, "images: inline\n")
        out, shown = self.preview()
        self.assertEqual(len(shown), 9)
        self.assertLessEqual((out / "digest.eml").stat().st_size, 1_000_000)
        done = self.site.run("issue", "check", "2026-07", "--json")
        self.assertIn("with pictures inside have over 256 KB", done.stdout)

    def test_every_attempt_has_the_same_bytes(self):
        server = self.server(
            "body first=1 sample=30% accept-then-close\n", dump=True)
        self.site.configure(server.port, "images: inline\n")
        self.site.run("send", "2026-07", "--limit", "40", status=75)

        # The author's pictures and the cache go; what was planned stays.
        for path in (self.issue / "images").iterdir():
            path.write_bytes(png(9, 9))
        shutil.rmtree(self.site.folder / "state" / "pictures")
        self.site.run("send", "2026-07", "--wait")
        copies = collections.defaultdict(list)
        for message in server.accepted():
            copies[message["rcpt"]].append(server.message(message["message"]))
        self.assertEqual(len(copies), 127)
        self.assertGreater(
            sum(len(same) == 2 for same in copies.values()), 10)
        seen = set()
        for same in copies.values():
            self.assertEqual(len(set(same)), 1)
            mail = email.message_from_bytes(
                same[0], policy=email.policy.default)
            if mail.is_multipart():
                seen.add(frozenset(
                    part["Content-ID"] for part in self.check_mail(mail)))
        self.assertEqual(len(seen), 1)

    def test_hosted_is_the_default(self):
        self.site.configure(1)
        out, _ = self.preview()
        message = read(out / "digest.eml")
        html = message.get_body(("html",)).get_content()
        urls = re.findall(r'<img src="([^"]+)"', html)
        self.assertEqual(len(urls), 3)
        for url in urls:
            self.assertRegex(url, r"^https://news\.example/issues/2026-07/"
                                  r"images/[a-z]-[0-9a-f]{16}\.(png|jpg)$")


if __name__ == "__main__":
    unittest.main()
