"""A site in a folder of the test's own, driven by the real program.

    site = Site(folder, smtp.port)          # the sample site
    site.run("send", "2026-04", "--wait")
    assert site.status()["sent"] == 127

The program is $GLOCAL_MAIL, by default build/glocal-mail of this tree.
"""

import collections
import csv
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from fake_smtp import FakeSmtp

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("GLOCAL_MAIL", str(ROOT / "build" / "glocal-mail"))
ISSUE = "2026-04"
OPEN = ("queued", "leased", "sending")
CLOSED = ("sent", "failed", "expired", "skipped", "held")

CONFIG = """\
sender:
  name: Local Partnership Cooperation Division
  address: news@news.example
  reply_to: desk@news.example
  postal: 2-2-1 Kasumigaseki, Chiyoda-ku, Tokyo 100-8919
  contact: desk@news.example
bounce_domain: bounce.news.example
public_url: https://news.example
timezone: Asia/Tokyo
store: sqlite:state/glocal-mail.db
relays:
  - url: "smtp://127.0.0.1:{port}"
    tls: off
    connections: {connections}
retry: {{first: {first}, factor: 2, longest: {longest}, give_up_after: {give_up}}}
on_unknown: {on_unknown}
max_unknown: {max_unknown}
"""


class Site:
    """A site; `port` is that of its relay."""

    def __init__(self, folder, port=1, sample=True, **config):
        self.folder = pathlib.Path(folder)
        if not self.folder.exists():
            self.run("init", *(["--sample"] if sample else []))
        self.configure(port, **config)

    def configure(self, port, extra="", connections=5, first="50ms",
                  longest="200ms", give_up="60s", on_unknown="resend",
                  max_unknown=None):
        text = CONFIG.format(
            port=port, connections=connections, first=first, longest=longest,
            give_up=give_up, on_unknown=on_unknown,
            max_unknown=max_unknown or connections)
        (self.folder / "glocal-mail.yaml").write_text(text + extra)

    def command(self, *words):
        return [PROGRAM, "--site", str(self.folder), *map(str, words)]

    def start(self, *words, **options):
        """The running program, as a Popen."""
        return subprocess.Popen(
            self.command(*words), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            **options)

    def run(self, *words, status=0, timeout=100):
        """Run to the end; `status` is what it must exit with (None: any)."""
        done = subprocess.run(
            self.command(*words), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout, check=False)
        if status is not None and done.returncode != status:
            raise AssertionError(
                f"{' '.join(map(str, words))}: exit {done.returncode}, "
                f"expected {status}\n{done.stdout}{done.stderr}")
        return done

    def lines(self, *words):
        """The JSON objects that a listing command prints."""
        return [json.loads(line)
                for line in self.run(*words, "--json").stdout.splitlines()]

    def status(self, issue=ISSUE):
        """The books, once they are seen to balance."""
        books = self.lines("status", issue)[0]
        total = sum(books[state] for state in OPEN + CLOSED)
        if books["planned"] != total:
            raise AssertionError(f"the books do not balance: {books}")
        return books

    def log(self, *words):
        return self.lines("log", *words)

    def is_finished(self, issue=ISSUE):
        return all(self.status(issue)[state] == 0 for state in OPEN)

    def import_contacts(self, rows, status=0):
        """Write rows (dicts) as CSV and import them."""
        path = self.folder / "import.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return self.run("subscriber", "import", path, status=status)


def contacts(count):
    """`count` contacts at the places of the shipped register."""
    with open(ROOT / "config" / "municipalities.csv", encoding="utf-8") as file:
        places = list(csv.DictReader(file))
    tags = ["tourism", "sister-city", "culture", "economy", "halal", "sports",
            "startup"]
    rows = []
    for i in range(count):
        place = places[i % len(places)]
        rows.append({
            "email": f"kokusai{i // len(places)}@m{place['code']}.example",
            "name": "国際交流担当",
            "organisation": place["name"],
            "municipality": place["code"],
            "language": "en" if i % 10 == 0 else "ja",
            "tags": ";".join(sorted({tags[i % 7], tags[i * 5 % 7]})),
            "countries": ["", "GR", "ID", "US"][i % 4],
            "basis": "business_relation",
        })
    return rows


class Scenario(unittest.TestCase):
    """A folder, and a server and a site where the test wants them."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def server(self, script="", name="smtp", **options):
        server = FakeSmtp(self.folder / name, script, **options)
        self.addCleanup(server.stop)
        return server

    def site(self, server, **config):
        return Site(self.folder / "site", server.port, **config)

    def start(self, site, *words):
        process = site.start(*words)

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.addCleanup(end)
        return process

    def accepted(self, server):
        return collections.Counter(m["rcpt"] for m in server.accepted())

    def assert_all_once(self, site, server, but=()):
        """Everyone was accepted exactly once, `but` not at all."""
        wanted = {s["address"] for s in site.lines("subscriber", "list")}
        self.assertEqual(self.accepted(server),
                         collections.Counter(wanted - set(but)))
