"""Who gets what, seen before anything is sent: explain and preview."""

import html.parser
import json
import re
import unittest

from glocal_site import ISSUE, Scenario, Site

SHIMANE = "kokusai@town-misato-shimane.example"
GREECE = "culture@embassy-greece.example"


class Links(html.parser.HTMLParser):
    """The addresses that a page refers to, and how often tags occur."""

    def __init__(self, markup):
        super().__init__()
        self.links, self.tags = [], []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("href", "src"):
                self.links.append(value)


class Tailoring(Scenario):
    def setUp(self):
        super().setUp()
        self.sample = Site(self.folder / "site")

    def chosen(self, address):
        done = self.sample.run("explain", ISSUE, address, "--json")
        return {a["slug"]: a["reasons"]
                for a in json.loads(done.stdout)["articles"]}

    def audience(self):
        done = self.sample.run("explain", ISSUE, "--audience", "--json")
        return json.loads(done.stdout)

    def stories(self):
        """What the front matter of each story says, by slug."""
        found = {}
        for path in sorted((self.sample.folder / "issues" / ISSUE).glob(
                "[0-9]*.en.md")):
            head = path.read_text(encoding="utf-8").split("\n---")[0]
            found[re.sub(r"^\d+-|\.en\.md$", "", path.name)] = {
                key: set(re.findall(r"[\w-]+", values)) for key, values in
                re.findall(r"(?m)^(tags|places|countries|lead): (.*)$", head)}
        return found

    def kinds(self, story, reader):
        """The kinds of reasons for which a reader gets a story, by hand."""
        place, tags, countries = (
            reader[key] for key in ("municipality", "tags", "countries"))
        places = story.get("places", set())
        kinds = set()
        if place in places:
            kinds.add("municipality")
        elif place and place[:2] in {code[:2] for code in places}:
            kinds.add("prefecture")
        if set(tags) & story.get("tags", set()):
            kinds.add("tag")
        if set(countries) & story.get("countries", set()):
            kinds.add("country")
        if not tags and not countries:
            return kinds or {"everything"}
        return kinds | ({"lead"} if story.get("lead") == {"true"} else set())

    def test_the_audience_is_the_sum_of_its_readers(self):
        readers = self.sample.lines("subscriber", "list")
        counts, kinds = {}, {}
        for slug, story in self.stories().items():
            for reader in readers:
                found = self.kinds(story, reader)
                counts[slug] = counts.get(slug, 0) + bool(found)
                for kind in found:
                    kinds[slug, kind] = kinds.get((slug, kind), 0) + 1
        told = self.audience()
        self.assertEqual(told["readers"], len(readers))
        self.assertEqual({s["slug"]: s["readers"] for s in told["stories"]},
                         counts)
        self.assertEqual(sum(s["first"] for s in told["stories"]),
                         len(readers))
        self.assertEqual({(s["slug"], r["reason"]): r["readers"]
                          for s in told["stories"] for r in s["reasons"]},
                         kinds)
        text = self.sample.run("explain", ISSUE, "--audience").stdout
        self.assertIn(f"{len(readers)} readers: {told['editions']} editions",
                      text)
        for slug, count in counts.items():
            self.assertRegex(text, rf"(?m)^{slug} +{count} ")

    def test_who_gets_little_is_named(self):
        self.sample.import_contacts([
            {"email": "fan@startup.example", "name": "Fan", "language": "en",
             "tags": "startup", "countries": "ZW", "basis": "consent"}])
        told = self.audience()
        chosen = self.chosen("fan@startup.example")
        own = sum(r != ["lead"] for r in chosen.values())
        self.assertLessEqual(own, 1)
        self.assertIn({"address": "fan@startup.example",
                       "stories": len(chosen), "own": own}, told["scant"])
        self.assertEqual(told["nothing"] + told["little"],
                         len(told["scant"]))
        for scant in told["scant"][:3]:
            self.assertEqual(len(self.chosen(scant["address"])),
                             scant["stories"])

    def test_all_are_told_of_even_when_it_is_planned(self):
        before = self.audience()
        self.sample.run("send", ISSUE, "--at", "23:59", status=75)
        self.assertEqual(self.audience(), before)

    def test_weights(self):
        self.assertIn("country:ID", self.chosen(SHIMANE)
                      ["misato-bali-friendship"])
        self.sample.configure(1, extra="tailoring:\n  weights:\n"
                              "    municipality: 0\n    prefecture: 0\n"
                              "    country: 0\n")
        for reasons in self.chosen(SHIMANE).values():
            self.assertFalse([r for r in reasons if not
                              r.startswith(("tag:", "lead", "fill"))])
        self.sample.configure(1, extra="tailoring:\n  weights:\n"
                              "    country: 50\n")
        self.assertEqual(next(iter(self.chosen(GREECE))),
                         "misato-salamina-marathon")
        self.sample.configure(1, extra="tailoring:\n  weights:\n"
                              "    prefecture: 2\n    tags: 1\n")
        done = self.sample.run("explain", ISSUE, GREECE, status=78)
        self.assertRegex(done.stderr, r"glocal-mail.yaml:\d+: .*prefecture")
        self.assertRegex(done.stderr, r"did you mean '[a-z.]*tag'")

    def test_diff(self):
        done = self.sample.run("preview", ISSUE, "--diff", SHIMANE, GREECE)
        rows = [re.split(r" {2,}", line) for line in
                done.stdout.splitlines()]
        self.assertIn(["language", "ja", "en"], rows)
        self.assertTrue([r for r in rows if r[:3] ==
                         ["misato-bali-friendship", "1", "2"]], done.stdout)
        self.assertIn("municipality:324485", done.stdout)
        a, b = self.chosen(SHIMANE), self.chosen(GREECE)
        same = [s for s in a if b.get(s) == a[s] and
                list(a).index(s) == list(b).index(s)]
        for slug in same:
            self.assertRegex(done.stdout, rf"the same for both: .*{slug}")
        done = self.sample.run("preview", ISSUE, "--diff", GREECE, GREECE)
        self.assertIn("no story differs", done.stdout)
        for wrong in (["--diff", GREECE], ["--as", GREECE, GREECE], [],
                      ["--as", GREECE, "--all-editions"]):
            self.sample.run("preview", ISSUE, *wrong, status=64)

    def test_who_is_no_subscriber_is_told(self):
        out = self.folder / "out"
        for address, told in ((GREECE, ""), (
                "gerece@x.example", "gerece@x.example is no subscriber: this "
                "is what a reader without interests gets\n")):
            done = self.sample.run("preview", ISSUE, "--as", address, "--out",
                                   out)
            self.assertEqual(done.stderr, told)
        done = self.sample.run("explain", ISSUE, "tag:tourism", status=64)
        self.assertIn("add --audience", done.stderr)

    def test_a_reader_of_text_gets_no_page(self):
        out = self.folder / "out"
        look = ("preview", ISSUE, "--as", GREECE, "--out", out)
        self.sample.run(*look)
        self.assertTrue((out / "digest.html").exists())
        self.sample.run("subscriber", "edit", GREECE, "--format", "text")
        self.assertNotIn("digest.html", self.sample.run(*look).stdout)
        self.assertFalse((out / "digest.html").exists())
        self.assertTrue((out / "digest.txt").exists())

    def test_gallery(self):
        out = self.folder / "gallery"
        self.sample.run("preview", ISSUE, "--all-editions", "--out", out)
        told = self.audience()
        index = (out / "index.html").read_text(encoding="utf-8")
        links = Links(index)
        self.assertIn(f"{told['editions']} editions", index)
        self.assertEqual(links.tags.count("section"), told["editions"])
        self.assertNotIn("script", links.tags)
        self.assertEqual(links.links.count("editions/1.html"), 2)
        self.assertIn('src="editions/1.html"', index)
        self.assertEqual(sum(int(n) for n in
                             re.findall(r"\. (\d+) readers? \(", index)),
                         told["readers"])
        for link in links.links:
            self.assertTrue((out / link).is_file(), link)
        page = (out / "editions" / "1.html").read_text(encoding="utf-8")
        for link in Links(page).links:
            if link.startswith("../"):
                self.assertTrue((out / "editions" / link).is_file(), link)
        self.assertIn("../images/", page)

        # Made anew, nothing of the old one stays; and nothing else is lost.
        (out / "editions" / "999.html").write_text("old")
        self.sample.run("preview", ISSUE, "--all-editions", "--out", out)
        self.assertFalse((out / "editions" / "999.html").exists())
        done = self.sample.run("preview", ISSUE, "--all-editions", "--out",
                               self.sample.folder, status=73)
        self.assertIn("a folder of its own", done.stderr)
        self.assertTrue((self.sample.folder / "glocal-mail.yaml").exists())


if __name__ == "__main__":
    unittest.main()
