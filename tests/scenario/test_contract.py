"""The contract for scripts, to the letter, from outside: exit statuses, keys of
the configuration and what each does, contacts as CSV, the JSON of each
listing, the files of a preview."""

import collections
import csv
import datetime
import email
import email.policy
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from fake_smtp import FakeSmtp
from glocal_site import ISSUE, ROOT, Site

TIME_LIMIT_S = 240

GREECE = "culture@embassy-greece.example"
MISATO_TOWN = "kokusai@town-misato-shimane.example"
STATUS_KEYS = ["issue", "state", "planned", "sent", "failed", "expired",
               "skipped", "held", "queued", "leased", "sending", "unknown"]
LOG_KEYS = ["time", "issue", "address", "attempt", "outcome", "code",
            "enhanced", "text", "relay", "tls", "message_id", "duration_ms"]
SUBSCRIBER_KEYS = ["address", "name", "state", "language", "municipality",
                   "tags", "countries"]
DATA = pathlib.Path(os.environ.get("GLOCAL_MAIL_DATA",
                                   ROOT.parent / "shared" / "data"))

EVERY_KEY = """\
sender:
  name: 地域連携室
  address: news@news.example
  reply_to: answers@news.example
  postal: 〒100-8919 東京都千代田区霞が関2-2-1
  contact: https://news.example/contact
bounce_domain: bounce.news.example
public_url: https://www.news.example
timezone: Europe/Athens
store: sqlite:state/glocal-mail.db
relays:
  - {{url: "smtp://127.0.0.1:{dead}", tls: opportunistic, connections: 3}}
  - {{url: "smtp://127.0.0.1:{port}", tls: off, connections: 2}}
pace: {{per_second: 0, groups: {{slow.example: {{connections: 1, per_second: 4}},
                               google: {{connections: 5, per_second: 50}}}}}}
retry: {{first: 1s, factor: 2, longest: 8h, give_up_after: 4d}}
on_unknown: hold
max_unknown: 2
dkim: [{{domain: news.example, selector: s1, key_file: keys/s1.pem}}]
tailoring: {{max_articles: 2, min_articles: 1, when_empty: fill}}
"""


def parse(octets):
    return email.message_from_bytes(octets, policy=email.policy.default)


class Contract(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def server(self, script="", name="smtp", **options):
        server = FakeSmtp(self.folder / name, script, **options)
        self.addCleanup(server.stop)
        return server

    def site(self, server=None, **config):
        return Site(self.folder / "site", server.port if server else 1,
                    **config)

    def few(self, server, **config):
        """A site with the sample's tags and issue, but three contacts."""
        site = self.site(server, sample=False, **config)
        sample = ROOT / "config" / "sample"
        site.run("tag", "import", sample / "tags.csv")
        shutil.copytree(sample / "issues", site.folder / "issues",
                        dirs_exist_ok=True)
        with open(sample / "contacts.csv", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file)
                    if row["email"] in (GREECE, MISATO_TOWN)]
        self.assertEqual(len(rows), 2)
        site.import_contacts(rows)
        site.run("subscriber", "add", "--email", "nobody@else.example",
                 "--basis", "consent")
        return site


class SiteTest(Contract):
    def test_every_key_is_taken_and_does_something(self):
        dead = self.server(name="dead")
        dead.go_down()
        server = self.server(dump=True, options=("--delay-ms", "2"))
        site = self.site(server)
        (site.folder / "keys").mkdir()
        key = site.folder / "keys" / "s1.pem"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True,
                       capture_output=True)
        key.chmod(0o600)
        (site.folder / "glocal-mail.yaml").write_text(
            EVERY_KEY.format(dead=dead.port, port=server.port))
        checked = site.run("check", "--offline")
        self.assertEqual(checked.stderr, "")
        site.import_contacts([
            {"email": f"k{i}@slow.example", "basis": "consent"}
            for i in range(12)])
        site.run("send", ISSUE, "--wait")
        self.assertEqual(site.status()["sent"], 139)

        # The relay that is down did no harm; the other had its two.
        self.assertEqual({a["relay"] for a in site.log()
                          if a["outcome"] == "sent"},
                         {f"127.0.0.1:{server.port}"})
        self.assertLessEqual(server.stats()["open_max"], 2)

        # Four a second to one group, four at once after a lull.
        times = sorted(
            datetime.datetime.fromisoformat(a["time"].replace("Z", "+00:00"))
            for a in site.log("--domain", "slow.example"))
        self.assertEqual(len(times), 12)
        self.assertGreater((times[-1] - times[0]).total_seconds(), 1.5)

        for message in server.accepted():
            mail = parse(server.message(message["message"]))
            self.assertEqual(mail["From"].addresses[0].addr_spec,
                             "news@news.example")
            self.assertEqual(mail["From"].addresses[0].display_name,
                             "地域連携室")
            self.assertEqual(mail["Reply-To"], "answers@news.example")
            self.assertTrue(message["from"].endswith("@bounce.news.example"))
            self.assertRegex(mail["List-Unsubscribe"],
                             r"^<https://www\.news\.example/u/\S+>, "
                             r"<mailto:\S+@bounce\.news\.example\S*>$")
            self.assertRegex(mail["Date"], r"\+0[23]00$")
            self.assertRegex(mail["DKIM-Signature"], r"\bd=news\.example;")
            self.assertRegex(mail["DKIM-Signature"], r"\bs=s1;")
            for kind in ("plain", "html"):
                part = mail.get_body((kind,))
                if part is None:
                    continue
                text = part.get_content()
                self.assertIn("千代田区霞が関2-2-1", text)
                self.assertIn("https://news.example/contact", text)
        explained = site.lines("explain", ISSUE, GREECE)[0]
        self.assertLessEqual(len(explained["articles"]), 2)

    def test_durations_and_words(self):
        site = self.site()
        for good in ("1s", "5m", "2h", "4d"):
            site.configure(1, first="1s", longest=good, give_up="4d")
            self.assertEqual(site.run("check", "--offline").stderr, "")
        for words in ({"first": "5 minutes"}, {"longest": "-1s"},
                      {"on_unknown": "maybe"}):
            site.configure(1, **words)
            done = site.run("check", "--offline", status=78)
            self.assertRegex(done.stderr, r"glocal-mail\.yaml:\d+: ")

    def test_when_empty(self):
        server = self.server()
        site = self.few(server, extra="tailoring: {when_empty: skip}\n")
        for path in (site.folder / "issues" / ISSUE).glob("*.md"):
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub(r"(?m)^lead: true$", "lead: false", text),
                            encoding="utf-8")
        site.run("tag", "add", "gardens", "--en", "Gardens", "--ja", "庭園")
        site.import_contacts([{"email": "dull@else.example",
                               "tags": "gardens", "basis": "consent"}])
        site.run("send", ISSUE, "--wait")
        books = site.status()
        self.assertEqual((books["planned"], books["sent"], books["skipped"]),
                         (4, 3, 1))
        self.assertNotIn("dull@else.example",
                         [m["rcpt"] for m in server.accepted()])

    def test_hold_and_give_up(self):
        server = self.server(f"body match={GREECE} accept-then-close\n"
                             f"rcpt match={MISATO_TOWN} reply 451 4.7.1 no")
        site = self.few(server, on_unknown="hold", first="50ms",
                        longest="100ms", give_up="4s")
        site.run("send", ISSUE, "--wait", status=65)
        books = site.status()
        self.assertEqual((books["sent"], books["held"], books["expired"],
                          books["unknown"], books["state"]),
                         (1, 1, 1, 1, "finished"))

    def test_configuration_replaced_loses_nothing(self):
        server = self.server()
        site = self.site(server)
        before = site.run("subscriber", "list", "--json").stdout
        path = site.folder / "glocal-mail.yaml"
        text = path.read_text()
        for place in ("data/mail/book.db", str(self.folder / "out" / "b.db")):
            path.write_text(re.sub("^store: .*$", f"store: sqlite:{place}",
                                   text, flags=re.M))
            if place.startswith("data"):
                site.run("check", "--offline")
                after = site.run("subscriber", "list", "--json").stdout
                self.assertEqual(after, before)
                self.assertTrue((site.folder / place).exists())
                self.assertFalse(
                    (site.folder / "state" / "glocal-mail.db").exists())
        # A place of its own that has a database already is taken as it is.
        path.write_text(re.sub("^store: .*$", "store: sqlite:data/mail/book.db",
                               text, flags=re.M))
        site.run("send", ISSUE)
        self.assertEqual(site.status()["sent"], 127)

    def test_a_database_in_use_is_not_moved(self):
        server = self.server()
        site = self.site(server)
        runner = site.start("deliver")
        try:
            line = runner.stderr.readline()
            self.assertIn("delivering for", line)
            path = site.folder / "glocal-mail.yaml"
            text = path.read_text()
            path.write_text(text.replace("state/glocal-mail.db", "new.db"))
            done = site.run("subscriber", "list", status=75)
            self.assertIn("in use", done.stderr)
            self.assertFalse((site.folder / "new.db").exists())
            path.write_text(text)
            self.assertEqual(len(site.lines("subscriber", "list")), 127)
        finally:
            runner.terminate()
            runner.communicate(timeout=30)

    def test_every_sample_contact_can_be_mailed(self):
        site = self.site()
        listed = site.lines("subscriber", "list")
        done = site.run("send", ISSUE, "--dry-run")
        self.assertIn(f"would plan {len(listed)} readers", done.stdout)
        self.assertNotIn("skipped", done.stdout)


class CheckTest(Contract):
    def test_templates(self):
        site = self.site()
        own = site.folder / "templates"
        own.mkdir()
        header = (ROOT / "templates" / "header.html").read_text()
        (own / "header.html").write_text(header + "{{SENDER_NMAE}}\n")
        done = site.run("check", "--offline", status=65)
        self.assertRegex(done.stdout, r"(?m)^templates +wrong$")
        self.assertRegex(done.stderr, r"header\.html.*SENDER_NMAE")
        (own / "header.html").write_text(header)
        done = site.run("check", "--offline")
        self.assertRegex(done.stdout, r"(?m)^templates +ok$")

    def test_relays(self):
        server = self.server()
        site = self.site(server)
        done = site.run("check")
        self.assertRegex(done.stdout, r"(?m)^relays +ok$")
        self.assertRegex(done.stdout,
                         rf"127\.0\.0\.1:{server.port}: not encrypted; "
                         r"offers .*PIPELINING, SIZE 52428800")
        self.assertEqual(len(server.events("connect")), 1)
        self.assertEqual(server.accepted(), [])
        self.assertEqual(server.stats()["quits"], 1)
        server.go_down()
        done = site.run("check", status=75)
        self.assertRegex(done.stdout, r"(?m)^relays +wrong$")
        self.assertIn(f"127.0.0.1:{server.port}: ", done.stderr)
        done = site.run("check", "--offline")
        self.assertRegex(done.stdout, r"(?m)^relays +not looked at$")

    def test_a_relay_that_refuses_us(self):
        server = self.server("connect reply 554 5.7.1 go away")
        done = self.site(server).run("check", status=69)
        self.assertIn("554", done.stderr)
        self.assertIn("go away", done.stderr)

    def test_a_relay_without_tls(self):
        server = self.server()
        site = self.site(server)
        path = site.folder / "glocal-mail.yaml"
        path.write_text(path.read_text().replace("tls: off", "tls: require"))
        self.assertRegex(site.run("check", status=69).stdout,
                         r"(?m)^relays +wrong$")

    def test_a_silent_relay(self):
        server = self.server("connect stall")
        site = self.site(
            server, extra="timeouts: {connect: 300ms, greeting: 300ms}\n")
        self.assertIn("within the time allowed",
                      site.run("check", status=75).stderr)


class ContactsTest(Contract):
    def write(self, name, *lines):
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def test_import(self):
        server = self.server()
        site = self.site(server, sample=False)
        site.run("tag", "import", ROOT / "config" / "sample" / "tags.csv")
        bases = ("consent", "given_address", "business_relation", "published",
                 "none")
        path = self.write(
            "c.csv",
            "basis,countries,tags,language,municipality,department,"
            "organisation,name,email",
            *[f"{basis},GR;US,tourism;halal,en,324485,D,O,N,k{i}@x.example"
              for i, basis in enumerate(bases)])
        site.run("subscriber", "import", path)
        rows = site.lines("subscriber", "list")
        self.assertEqual(rows[0], {
            "address": "k0@x.example", "name": "N", "state": "active",
            "language": "en", "municipality": "324485",
            "tags": ["halal", "tourism"], "countries": ["GR", "US"]})
        self.assertEqual([list(row) for row in rows],
                         [SUBSCRIBER_KEYS] * len(bases))

        # The evidence: file, line, SHA-256, operator.
        shown = site.lines("subscriber", "show", "k1@x.example")[0]
        consent, = shown["consents"]
        self.assertEqual(consent["source"], str(path))
        self.assertEqual(consent["line"], 3)
        self.assertEqual(consent["sha256"],
                         hashlib.sha256(path.read_bytes()).hexdigest())
        self.assertNotEqual(consent["operator"], "")
        self.assertEqual(consent["basis"], "given_address")
        self.assertIn(consent["sha256"], site.run(
            "subscriber", "show", "k1@x.example").stdout)

        # Who has no basis is never planned.
        (site.folder / "issues").rmdir()
        (site.folder / "issues").symlink_to(
            ROOT / "config" / "sample" / "issues")
        site.run("send", ISSUE)
        self.assertEqual(collections.Counter(
            m["rcpt"] for m in server.accepted()), collections.Counter(
                f"k{i}@x.example" for i in range(4)))

    def test_refused_and_accepted(self):
        site = self.site()
        before = site.run("subscriber", "list", "--json").stdout
        head = "email,municipality,tags,countries,basis"
        for line, word in (("a@x.example,,turism,,consent", "tourism"),
                           ("a@x.example,,,gr,consent", "'GR'"),
                           ("a@x.example,324484,,,consent", "check digit"),
                           ("a@x.example,,,,hearsay", "basis")):
            done = site.run("subscriber", "import",
                            self.write("c.csv", head, line), status=65)
            self.assertRegex(done.stderr, rf"c\.csv:2: .*{word}")
        self.assertEqual(
            site.run("subscriber", "list", "--json").stdout, before)

        # A code whose check digit holds, in the register or not.
        known = {row["code"] for row in site.lines("municipality", "list")}
        code = next(five + digit for five in ("01999", "13998", "47997")
                    for digit in "0123456789"
                    if five + digit == self.whole(five))
        self.assertNotIn(code, known)
        site.run("subscriber", "import",
                 self.write("c.csv", head, f"a@x.example,{code},,,consent"))

        # Numbered addresses are normal; a pattern only warns.
        lines = [f"kokusai{i}@n.example,,,,consent" for i in range(1, 21)]
        done = site.run("subscriber", "import",
                        self.write("c.csv", head, *lines))
        self.assertIn("warning", done.stderr)
        self.assertEqual(len([r for r in site.lines("subscriber", "list")
                              if r["address"].endswith("@n.example")]), 20)
        self.assertIn("would plan 148 readers",
                      site.run("send", ISSUE, "--dry-run").stdout)

    @staticmethod
    def whole(five):
        total = sum(int(d) * w for d, w in zip(five, (6, 5, 4, 3, 2)))
        return five + str((11 - total % 11) % 10)

    def test_list_of_a_prefecture(self):
        site = self.site()
        codes = {row["municipality"] for row in site.lines(
            "subscriber", "list", "--municipality", "320005")}
        self.assertEqual({c[:2] for c in codes}, {"32"})
        self.assertIn("324485", codes)
        codes = {row["municipality"] for row in site.lines(
            "subscriber", "list", "--municipality", "324485")}
        self.assertEqual(codes, {"324485"})

    def test_circulating_registers(self):
        names = ("localgovjp.csv", "prefjp.csv")
        if not all((DATA / name).exists() for name in names):
            self.skipTest("no other register at hand (GLOCAL_MAIL_DATA)")
        site = self.site()
        for name in names:
            site.run("municipality", "import", DATA / name)
        codes = {row["code"] for row in site.lines("municipality", "list")}
        self.assertLessEqual({"010006", "324485", "112372"}, codes)


class AnswersTest(Contract):
    def test_status_and_log(self):
        server = self.server(f"body match={GREECE} times=1 accept-then-close\n"
                             f"rcpt match={MISATO_TOWN} first=1 reply 451 "
                             "4.7.1 later")
        site = self.few(server)
        site.run("status", ISSUE, status=66)
        site.run("send", ISSUE, "--wait")
        line, = site.run("status", ISSUE, "--json").stdout.splitlines()
        books = json.loads(line)
        self.assertEqual(list(books), STATUS_KEYS)
        self.assertEqual((books["issue"], books["state"], books["planned"],
                          books["sent"], books["unknown"]),
                         (ISSUE, "finished", 3, 3, 1))
        for key in STATUS_KEYS[2:]:
            self.assertIs(type(books[key]), int)

        log = site.log()
        self.assertEqual([list(a) for a in log], [LOG_KEYS] * 5)
        times = [datetime.datetime.strptime(a["time"],
                                            "%Y-%m-%dT%H:%M:%S.%fZ")
                 for a in log]
        self.assertEqual(times, sorted(times))
        tries = collections.defaultdict(list)
        for a in log:
            self.assertEqual(a["issue"], ISSUE)
            self.assertEqual(a["relay"], f"127.0.0.1:{server.port}")
            self.assertGreaterEqual(a["duration_ms"], 0)
            tries[a["address"]].append(a)
        self.assertEqual([(a["attempt"], a["outcome"], a["code"])
                          for a in tries[MISATO_TOWN]],
                         [(1, "deferred", 451), (2, "sent", 250)])
        self.assertEqual([(a["attempt"], a["outcome"])
                          for a in tries[GREECE]],
                         [(1, "unknown"), (2, "sent")])
        self.assertEqual(tries[MISATO_TOWN][0]["enhanced"], "4.7.1")
        for attempts in tries.values():
            self.assertEqual(len({a["message_id"] for a in attempts}), 1)
        middle = log[2]["time"]
        self.assertLess(len(site.log("--since", middle)), 5)

    def test_explain(self):
        site = self.site()
        line, = site.run(
            "explain", ISSUE, GREECE, "--json").stdout.splitlines()
        answer = json.loads(line)
        self.assertEqual(set(answer), {"articles", "omitted"})
        slugs = []
        for one in answer["articles"]:
            self.assertEqual(set(one), {"slug", "reasons"})
            self.assertTrue(one["reasons"])
            slugs.append(one["slug"])
        for one in answer["omitted"]:
            self.assertEqual(set(one), {"slug", "reason"})
            slugs.append(one["slug"])
        names = {re.fullmatch(r"\d+-(.+)\.(en|ja)\.md", p.name).group(1)
                 for p in (site.folder / "issues" / ISSUE).glob("*-*.md")}
        self.assertEqual(sorted(slugs), sorted(names))

    def test_preview(self):
        site = self.site()
        out = self.folder / "some" / "where"
        site.run("preview", ISSUE, "--as", GREECE, "--out", out)
        html = (out / "digest.html").read_text(encoding="utf-8")
        text = (out / "digest.txt").read_text(encoding="utf-8")
        mail = parse((out / "digest.eml").read_bytes())
        self.assertIn(GREECE, mail["To"])
        self.assertTrue(text.strip())
        shown = re.findall(r'<img[^>]*\bsrc="([^"]*)"', html)
        self.assertTrue(shown)
        for image in shown:
            self.assertTrue((out / image).is_file(), image)

    def test_send_exit_statuses(self):
        server = self.server(f"rcpt match={GREECE} reply 550 5.1.1 none\n"
                             f"rcpt match={MISATO_TOWN} times=1 reply 451 no")
        site = self.few(server, first="1s", longest="1s")
        self.assertIn("would plan 3 readers",
                      site.run("send", ISSUE, "--dry-run").stdout)
        site.run("status", ISSUE, status=66)
        site.run("send", ISSUE, "--test", "eyes@desk.example")
        self.assertEqual([m["rcpt"] for m in server.accepted()],
                         ["eyes@desk.example"])
        site.run("send", ISSUE, "--limit", 1, status=75)
        self.assertEqual(site.status()["state"], "paused")
        site.run("send", ISSUE, status=75)
        site.run("send", ISSUE, "--wait", status=65)
        self.assertEqual(site.status()["state"], "finished")
        site.run("send", ISSUE, status=65)
        site.run("send", "2026-13", status=66)
        site.run("send", status=64)
        site.run("send", ISSUE, "--limit", "many", status=64)

    def test_two_tests_are_two_mails(self):
        server = self.server(dump=True)
        site = self.few(server)
        for _ in range(2):
            site.run("send", ISSUE, "--test", GREECE)
        ids = {parse(server.message(i))["Message-ID"] for i in (1, 2)}
        self.assertEqual(len(ids), 2)


if __name__ == "__main__":
    unittest.main()
