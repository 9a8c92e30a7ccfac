"""Before an issue goes: rehearsing it, and trying it on someone."""

import email
import email.header
import email.policy
import re
import unittest

import mailcheck
from glocal_site import ISSUE, Scenario

GREECE = "culture@embassy-greece.example"


def subject(raw):
    """The decoded Subject of a message, which has one."""
    head = raw.split(b"\r\n\r\n")[0].decode("ascii")
    found = re.findall(r"(?m)^Subject: (.*(?:\n .*)*)",
                       head.replace("\r\n", "\n"))
    assert len(found) == 1, head
    return str(email.header.make_header(email.header.decode_header(
        found[0].replace("\n", ""))))


def parsed(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


class Rehearsal(Scenario):
    def edit(self, site, name, old, new):
        path = site.folder / "issues" / ISSUE / name
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        path.write_text(text.replace(old, new), encoding="utf-8")

    def tags_of(self, site, name):
        """The tags of a story, which is about no place that reads English."""
        path, = (site.folder / "issues" / ISSUE).glob(f"{name}*.en.md")
        found = re.search(r"(?m)^tags: \[(.*)\]", path.read_text(
            encoding="utf-8"))
        return set(found[1].split(", "))

    def test_dry_run_measures_what_would_be_sent(self):
        server = self.server(dump=True)
        site = self.site(server)
        done = site.run("send", ISSUE, "--dry-run", "--limit", 100)
        self.assertIn("planned 127 = queued 127; "
                      "--limit lets 100 go", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^faults +none$")
        self.assertIn("0 digests are over 90 KB", done.stdout)
        told = re.search(r"(?m)^message +(\d+) KB +(\d+) KB +(\d+) KB +(\S+)",
                         done.stdout)
        site.run("send", ISSUE)
        sizes = sorted(len(server.message(n)) for n in range(1, 128))
        for group, size in zip((1, 2, 3), (sizes[0], sizes[63], sizes[-1])):
            self.assertAlmostEqual(int(told[group]), size / 1000, delta=1.5)
        done = site.run("send", ISSUE, "--dry-run")
        self.assertIn("planned already", done.stdout)

    def test_dry_run_tells_all_faults_at_once(self):
        server = self.server()
        site = self.site(server)
        long = "Sumida grows and grows. " * 5000
        self.edit(site, "10-sumida-study-tour.en.md", "\n---\n",
                  "\n---\n" + long + "\n\n")
        done = site.run("send", ISSUE, "--dry-run", status=65)
        broken = [s for s in site.lines("subscriber", "list")
                  if s["language"] == "en" and
                  (set(s["tags"]) & self.tags_of(site, "10-sumida") or
                   not s["tags"] + s["countries"])]
        self.assertGreater(len(broken), 3)
        self.assertIn(f"{len(broken)} digests cannot be sent", done.stdout)
        self.assertRegex(done.stdout, r"the HTML has \d+ bytes")
        site.run("send", ISSUE, status=65)
        site.run("status", ISSUE, status=66)
        self.assertEqual(server.events("connect"), [])

    def test_subject_with_fields(self):
        server = self.server(dump=True)
        site = self.site(server)
        self.edit(site, "issue.md",
                  'en: "Monthly Glocal News, April 2026: from',
                  'en: "{nam|You} and {department}: from')
        done = site.run("send", ISSUE, "--dry-run", status=65)
        self.assertRegex(done.stderr, r"issue\.md:\d+: subject: no such field "
                                      r"'{nam}' \(did you mean '{name}'\?\)")
        self.edit(site, "issue.md", "{nam|You} and {department}: from",
                  "News for {name|you}, {organisation|your town}: from")
        site.import_contacts([
            {"email": "a@x.example", "name": "", "organisation": "",
             "language": "en", "basis": "consent"},
            {"email": "b@x.example", "name": "渡邊 文",
             "organisation": "国際交流・多文化共生推進課 " * 4,
             "language": "en", "basis": "consent"}])

        # Frozen when planned, as all else.
        site.run("send", ISSUE, "--limit", 1, status=75)
        site.run("subscriber", "edit", "b@x.example", "--organisation",
                 "Elsewhere")
        self.edit(site, "issue.md", "your town", "nowhere")
        site.run("send", ISSUE)
        mails = {m["rcpt"]: server.message(n)
                 for n, m in enumerate(server.accepted(), 1)}
        subjects = {to: subject(raw) for to, raw in mails.items()}
        self.assertEqual(subjects["a@x.example"],
                         "News for you, your town: from Sumida to Salamina")
        self.assertEqual(subjects["b@x.example"],
                         "News for 渡邊 文, " +
                         ("国際交流・多文化共生推進課 " * 4).strip() +
                         ": from Sumida to Salamina")
        for raw in mails.values():
            self.assertEqual(mailcheck.check(raw), [])

    def test_test_mail_as_another_reader(self):
        server = self.server(dump=True)
        site = self.site(server)
        site.run("send", ISSUE, "--test", "boss@ministry.example", "--as",
                 GREECE)
        site.run("send", ISSUE, "--test", GREECE)
        self.assertEqual(dict(self.accepted(server)),
                         {"boss@ministry.example": 1, GREECE: 1})
        raw, own = server.message(1), server.message(2)
        self.assertEqual(mailcheck.check(raw), [])
        text, mine = (mailcheck.parts(parsed(r))[0] for r in (raw, own))
        self.assertEqual(subject(raw), subject(own))

        def stories(part):
            return re.findall(r"(?m)^\d+\. .*", part)
        self.assertEqual(stories(text), stories(mine))
        self.assertTrue(stories(text))
        self.assertNotIn(GREECE.encode(), raw)
        self.assertIn("boss@ministry.example", text)

        # Its links are nobody's.
        token = re.search(r"/u/1[a-z2-7]+\.([a-z2-7]+)\.", text)[1]
        self.assertEqual(token, "a")
        site.run("send", ISSUE, "--as", GREECE, status=64)
        site.run("suppress", "add", "no@x.example")
        site.run("send", ISSUE, "--test", "no@x.example", "--as", GREECE,
                 status=65)


if __name__ == "__main__":
    unittest.main()
