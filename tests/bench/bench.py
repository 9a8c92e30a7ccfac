#!/usr/bin/env python3
"""How fast, how large, and what limits: everything side by side in one run.

    tests/bench/bench.py [--json FILE] [--cache DIR] [--seconds N]
                         [--rounds N] [--short] [--only WORD]... [SIZE...]

The work is a tailored digest for each contact, rendered, composed, journalled
with every promise of the queue kept, and sent to build/fake-smtp on this
machine.  Beside it, in alternating rounds, smtp-source of Postfix sends as
many ready messages of the same size over as many kept connections to the same
server: it composes nothing and remembers nothing.  A ratio is the median of
the rounds' ratios; absolute figures are those of this machine in this minute.

  loopback   50 connections, no delay
  late       10 connections, every reply 20 ms late
  signed     DKIM; RSA-2048 beside `openssl speed`, Ed25519 beside smtp-source
  relay      through a Postfix that queues durably (needs root)
  size       SIZE contacts (10000 100000): import, planning, peak memory, and
             whether the last message costs what the first did
  contacts   the same SIZEs: import and export
  audience   SIZE contacts: counting and listing audiences, coverage

Depth is how many messages are in flight on a connection: max_unknown divided
by the connections.  "Limited by" names the thread that was busy, or waiting
for a CPU or the disk, for most of the time, with that share; or the machine,
when all its CPUs were busy; or the server.
"""

import argparse
import os
import pathlib
import platform
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "scenario"))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import audience
import process
from contacts import Contacts
from glocal_site import Site
from process import Clock, OutOfTime
from relay import Relay
from results import Goal, Results
from sender import KEYS, Sender, Way, count_signatures, write_message
from yardstick import Yardstick

DELAY_MS = 20
DEEP = 4
YARDSTICK = "smtp-source"
MILLION = 1_000_000
FEED = pathlib.Path(os.environ.get("BENCH_FEED",
                                    ROOT / "build" / "bench-feed"))


class Entry:
    """One contender of a comparison: run() is a sending."""

    def __init__(self, name, run, base=None, goal=None):
        self.name, self.run, self.base, self.goal = name, run, base, goal


class Bench:
    """All measurements, in a folder of their own."""

    def __init__(self, folder, options):
        self.folder = pathlib.Path(folder)
        self.options = options
        self.results = Results()
        self.clock = Clock(options.seconds)
        self.yardstick = Yardstick(options.cache, not options.short)
        self.sender = Sender(folder, options.cache, self.clock, self.yardstick)
        self.plans = []  # (readers, seconds)
        self.size = 200 if options.short else options.contacts
        self.file = self.folder / "ready.eml"

    def count(self, full, least=50):
        """How many messages instead of FULL where all is short."""
        return least if self.options.short else full

    def side_by_side(self, title, entries, rounds=None):
        """Each entry once in each round, then its row."""
        self.results.head(title)
        found = {entry.name: [] for entry in entries}
        try:
            for _ in range(rounds or self.options.rounds):
                for entry in entries:
                    found[entry.name].append(entry.run())
        except OutOfTime:
            self.results.note(f"{title}: cut short, no time is left")
        whole = min(len(runs) for runs in found.values())
        for entry in entries if whole else []:
            self.results.rate(
                entry.name, found[entry.name][:whole],
                found[entry.base][:whole] if entry.base in found else None,
                entry.base, entry.goal)

    def theirs(self, way, count):
        """smtp-source as the first entry, where there is one."""
        if not self.yardstick.program:
            return []
        return [Entry(YARDSTICK,
                      lambda: self.sender.theirs(way, count, self.file))]

    def ours(self, name, way, count, base, goal):
        return Entry(name, lambda: self.sender.ours(self.size, way, count),
                     base, goal)

    def prepare(self):
        """The site that most sendings start from, and a ready message as long
        as ours are."""
        self.sender.prepare(self.size)
        sizing = self.sender.ours(self.size, Way(10), 50)
        write_message(self.file, sizing.bytes_each)
        self.results.note(f"a message is {sizing.bytes_each / 1024:.1f} KiB "
                          "on the wire")
        if self.yardstick.why:
            self.results.note(f"no {YARDSTICK}: {self.yardstick.why}")
        if FEED.exists() and not self.options.short:
            most = self.sender.feed(FEED, 50000, round(sizing.bytes_each))
            self.results.note(f"the server takes {most:,.0f} messages a second"
                              " from a client that does nothing else")

    def loopback(self):
        count = self.count(30000)
        ways = (("depth 1", Way(50), Goal(1.2)),
                ("depth 4", Way(50, DEEP), Goal(2.0)),
                ("depth 1, without CHUNKING", Way(50, chunking=False), None),
                ("depth 4, without CHUNKING", Way(50, DEEP, chunking=False),
                 None))
        self.side_by_side(
            "loopback, 50 connections",
            self.theirs(Way(50), count) +
            [self.ours(f"50 connections, {name}", way, count, YARDSTICK, goal)
             for name, way, goal in ways],
            self.options.rounds + 2 if not self.options.short else None)

    def late(self):
        ways = (("depth 1", 1, 1500, 3.5), ("depth 4", DEEP, 6000, 12))
        self.side_by_side(
            f"every reply {DELAY_MS} ms late, 10 connections",
            self.theirs(Way(10, delay_ms=DELAY_MS), self.count(500)) +
            [self.ours(f"10 connections, {DELAY_MS} ms, {name}",
                       Way(10, depth, DELAY_MS), self.count(count),
                       YARDSTICK, Goal(goal))
             for name, depth, count, goal in ways])

    def signed(self):
        if not shutil.which("openssl"):
            self.results.note("nothing signed: no openssl here")
            return
        for key in KEYS:
            self.sender.prepare(self.size, key)
        cpus = os.cpu_count() or 1
        speed = f"openssl speed -multi {cpus} rsa2048"
        count = self.count(15000)
        self.side_by_side(
            "signed, 50 connections",
            [Entry(speed, lambda: count_signatures(cpus, 1))] +
            self.theirs(Way(50), count) +
            [self.ours("50 connections, RSA-2048", Way(50, key="rsa"),
                       self.count(10000), speed, Goal(0.8)),
             self.ours("50 connections, Ed25519", Way(50, key="ed25519"),
                       count, YARDSTICK, Goal(0.5))])
        for key in KEYS:
            self.sender.drop(self.size, key)

    def relay(self):
        if self.options.short:
            return
        relay = Relay(self.folder, self.sender)
        if relay.why:
            self.results.note(f"no relay: {relay.why}")
            return
        count, way = 3000, Way(10)
        entries = []
        with relay:
            if self.yardstick.program:
                entries.append(Entry(YARDSTICK, lambda: relay.theirs(
                    count, way, self.file)))
            entries.append(Entry("10 connections into Postfix", lambda:
                                 relay.ours(self.size, count, way),
                                 YARDSTICK, Goal(0.95)))
            self.side_by_side("through a durable Postfix, 10 connections",
                              entries)

    def grow(self):
        """The same for every size; what differs must not grow."""
        self.results.head("sizes, 50 connections, depth 4")
        first = None
        for size in self.options.sizes:
            try:
                rows = self.send_size(size)
            except OutOfTime:
                self.results.note(f"{size:,} contacts: no time is left")
                return
            if not first:
                first = rows
                continue
            for row, old, key, name, turn in (
                    (rows[0], first[0], "cpu_us", "CPU", 1),
                    (rows[1], first[1], "per_second", "time at 20 ms", -1)):
                self.results.fact(
                    f"{name} a message, to {first[0]['count']:,}",
                    row["count"], (row[key] / old[key]) ** turn, "x",
                    Goal(1.1, least=False, unit=" x"))
        self.judge_planning()

    def judge_planning(self):
        """A million, or what the two largest sizes say of it."""
        if len(self.plans) < 2:
            return
        (few, short), (many, long) = self.plans[-2:]
        each = max(long - short, 0) / (many - few)
        seconds = long + max(MILLION - many, 0) * each
        self.results.fact(
            "plan" if many >= MILLION else "plan, as far as this tells",
            max(many, MILLION), seconds, "s",
            Goal(10, least=False, unit=" s"))

    def send_size(self, size):
        imported, planned, readers = self.sender.prepare(size)
        self.results.fact("import", size, imported.seconds, "s")
        self.results.fact("plan", readers, planned.seconds, "s")
        self.plans.append((readers, planned.seconds))
        part = readers if size <= self.options.sizes[0] else min(
            readers, size // 5)
        late = self.sender.ours(size, Way(50, DEEP, DELAY_MS), part)
        whole = self.sender.ours(size, Way(50, DEEP))
        self.sender.drop(size)
        rows = [self.results.rate("send all", [whole]),
                self.results.rate(f"send, {DELAY_MS} ms", [late])]
        self.results.fact("peak memory, sending", readers, rows[0]["peak_mb"],
                          "MB", Goal(64, least=False, unit=" MB"))
        return rows

    def contacts(self):
        self.results.head("contacts")
        part = Contacts(self.folder, self.clock, self.results)
        for size in self.options.sizes:
            try:
                part.measure(size, self.sender.contacts_file(size))
            except OutOfTime:
                self.results.note(f"{size:,} contacts: no time is left")
                return

    def audiences(self):
        """Each size on a site of its own; a contact must cost the same."""
        self.results.head("audiences, on an idle site")
        first = None
        for size in self.options.sizes:
            site = Site(self.folder / f"audience.{size}")
            try:
                process.Run(site.command("subscriber", "import",
                                         self.sender.contacts_file(size)),
                            self.clock)
                found = audience.measure(site, size, self.clock, self.results)
            except OutOfTime:
                self.results.note(f"{size:,} contacts: no time is left")
                return
            finally:
                shutil.rmtree(site.folder)
            if first:
                audience.compare(*first, size, found, self.results,
                                 Goal(audience.SLOWER, least=False,
                                      unit=" x"))
            first = first or (size, found)

    def run(self):
        parts = {"loopback": self.loopback, "late": self.late,
                 "signed": self.signed, "relay": self.relay,
                 "size": self.grow, "contacts": self.contacts,
                 "audience": self.audiences}
        chosen = self.options.only or list(parts)
        try:
            if set(chosen) - {"size", "contacts", "audience"}:
                self.prepare()
            for name in chosen:
                parts[name]()
        except OutOfTime:
            self.results.note("the rest is left out, no time is left")


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, metavar="SIZE")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--cache", metavar="DIR",
                        default=ROOT / "build" / "bench")
    parser.add_argument("--seconds", type=float, default=360)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contacts", type=int, default=30000,
                        help="of the site of all parts but size")
    parser.add_argument("--short", action="store_true",
                        help="a few messages each: does it run?")
    parser.add_argument("--only", action="append", metavar="WORD",
                        choices=["loopback", "late", "signed", "relay", "size",
                                 "contacts", "audience"])
    options = parser.parse_args()
    options.sizes = options.sizes or [10000, 100000]
    return options


def main():
    options = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="bench.") as folder:
        bench = Bench(folder, options)
        bench.run()
        bench.results.summary()
    text = bench.results.json(cpus=os.cpu_count(), kernel=platform.release(),
                              yardstick=bool(bench.yardstick.program))
    if options.json:
        pathlib.Path(options.json).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
