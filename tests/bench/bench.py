#!/usr/bin/env python3
"""How fast and how large: import, planning, sending.

    tests/bench/bench.py [--json FILE] [--cache DIR] [--seconds N] [--runs N]
                         [SIZE...]

SIZE is a number of contacts (2000 100000).  They stand at the places of the
shipped register, beside the contacts of the sample site.  Each size is

  imported   from CSV into an empty site
  planned    `send --dry-run`: tailored, every edition rendered and proven,
             every delivery written, and all of it taken back
  sent       from a planned site to build/fake-smtp with PIPELINING over 20
             and 50 connections, and for sizes up to SMALL also with each
             reply 20 ms late; the sink must have accepted every reader once

Beside each sending, smtp-source sends as many ready messages of the same size
over as many kept connections to the same sink.  It keeps no books, and takes
part to tell what this machine can do in this minute.

Wall time is that of the whole process from start to end.  CPU time and peak
RSS are those the kernel gives for the process itself (wait4, and VmHWM every
few milliseconds); the server's CPU is not in it.  Sizes up to SMALL run --runs times (3): the median by wall time
counts.  When --seconds (330) are over, what is left is skipped and said so.
"""

import argparse
import csv
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "scenario"))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from fake_smtp import FakeSmtp
from glocal_site import ISSUE, Site, contacts
from yardstick import Yardstick

SMALL = 5000
CONNECTIONS = (20, 50)
DELAY_MS = 20
STATUS_UNFINISHED = 75


class OutOfTime(Exception):
    """The time that the whole run may take is over."""


class Clock:
    """The time that is left."""

    def __init__(self, seconds):
        self._end = time.monotonic() + seconds

    def left(self):
        return self._end - time.monotonic()

    def check(self):
        if self.left() <= 0:
            raise OutOfTime


class Run:
    """One process, from start to end."""

    def __init__(self, command, clock, status=0, env=None):
        clock.check()
        with tempfile.TemporaryFile() as output:
            self.rss_kb = 0
            start = time.monotonic()
            process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, env=env)
            code, usage = self._wait(process, clock)
            self.seconds = time.monotonic() - start
            output.seek(0)
            self.output = output.read().decode(errors="replace")
        self.cpu_s = usage.ru_utime + usage.ru_stime

        # The kernel counts our own image, which the child had before it took
        # its own: only a larger peak is the child's for sure.
        own_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.rss_kb = max(self.rss_kb,
                          usage.ru_maxrss if usage.ru_maxrss > own_kb else 0)
        if code != status:
            raise RuntimeError(f"{' '.join(map(str, command))}: exit {code}\n"
                               f"{self.output}")

    def _wait(self, process, clock):
        """wait4, which alone tells what one child used, with an end."""
        rounds = 0
        while True:
            pid, code, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(code)
                return process.returncode, usage
            rounds += 1
            if rounds % 8 == 0:
                self.rss_kb = max(self.rss_kb, read_peak(process))
            if clock.left() <= 0:
                process.kill()
                process.wait()
                raise OutOfTime
            time.sleep(0.001)


def read_peak(process):
    """The peak RSS of a process so far, in KiB; 0 when it has ended."""
    try:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def median(runs):
    """The run in the middle by wall time."""
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


class Table:
    """Rows for people now, and for programs at the end."""

    HEAD = ("what", "count", "seconds", "per second", "CPU µs each",
            "peak MiB", "KiB each", "of yardstick")
    FORM = "{:<34} {:>7} {:>8} {:>10} {:>11} {:>8} {:>8} {:>12}"

    def __init__(self):
        self.rows = []
        print(self.FORM.format(*self.HEAD), flush=True)

    def add(self, what, count, run, size_bytes=0, yardstick=None, **facts):
        rate = count / run.seconds
        row = {"what": what, "count": count,
               "seconds": round(run.seconds, 3), "per_second": round(rate, 1),
               "cpu_us_each": round(run.cpu_s / count * 1e6, 1),
               "peak_rss_kb": run.rss_kb, "bytes_each": round(size_bytes),
               **facts}
        ratio = ""
        if yardstick is not None:
            row["of_yardstick"] = round(rate * yardstick.seconds / count, 3)
            ratio = f"{row['of_yardstick']:.2f}"
        self.rows.append(row)
        print(self.FORM.format(
            what, count, f"{run.seconds:.2f}", f"{rate:,.0f}",
            f"{run.cpu_s / count * 1e6:,.0f}", f"{run.rss_kb / 1024:.1f}",
            f"{size_bytes / 1024:.1f}" if size_bytes else "", ratio),
            flush=True)
        return row


class Bench:
    """All measurements, in a folder of its own."""

    def __init__(self, folder, options, table):
        self.folder = pathlib.Path(folder)
        self.clock = Clock(options.seconds)
        self.runs = options.runs
        self.table = table
        self.yardstick = Yardstick(options.cache)

    def repeat(self, size, measure):
        """The median of several runs of a small size, or the only run."""
        return median([measure(i)
                       for i in range(self.runs if size <= SMALL else 1)])

    def run_size(self, size):
        """Import, plan, and send in every way."""
        rows = self.folder / f"{size}.csv"
        write_contacts(rows, size)
        site = self.import_contacts(size, rows)
        readers = self.plan(size, site)
        rows.unlink()

        # A server that is not there: planned, kept, and nothing sent.
        site.configure(1)
        Run(site.command("send", ISSUE), self.clock, STATUS_UNFINISHED)
        delays = (0, DELAY_MS) if size <= SMALL else (0,)
        for delay in delays:
            for connections in CONNECTIONS:
                self.send(size, readers, site, connections, delay)
        shutil.rmtree(site.folder)

    def import_contacts(self, size, rows):
        sites = []

        def measure(number):
            site = Site(self.folder / f"{size}.{number}")
            sites.append(site)
            return Run(site.command("subscriber", "import", rows), self.clock)

        self.table.add(f"import {size:,}", size, self.repeat(size, measure))
        for site in sites[1:]:
            shutil.rmtree(site.folder)
        return sites[0]

    def plan(self, size, site):
        readers = sum(1 for _ in site.lines("subscriber", "list"))
        run = self.repeat(size, lambda _: Run(
            site.command("send", ISSUE, "--dry-run"), self.clock))
        self.table.add(f"plan {size:,}", readers, run)
        return readers

    def send(self, size, readers, planned, connections, delay):
        """Ours, then the yardstick with messages of the size ours had."""
        options = ["--delay-ms", delay] if delay else []
        name = f"{size:,}, {connections} connections"
        name += f", {delay} ms" if delay else ""
        sizes = []

        def ours(_):
            site = Site(copy_of(planned.folder, self.folder / "site"))
            with FakeSmtp(self.folder / "sink", log=False,
                          options=options) as sink:
                site.configure(sink.port, connections=connections)
                run = Run(site.command("send", ISSUE), self.clock)
                stats = sink.stats()
            if (stats["accepted"], stats["distinct"]) != (readers, readers) \
                    or stats["violations"]:
                raise RuntimeError(f"{readers} readers, but {stats}")
            sizes.append(stats["bytes"] / readers)
            shutil.rmtree(site.folder)
            return run

        def theirs(_):
            with FakeSmtp(self.folder / "sink", log=False,
                          options=options) as sink:
                return Run(self.yardstick.command(
                    sink.port, connections, readers, file), self.clock,
                    env=self.yardstick.environment())

        run = self.repeat(size, ours)
        yard = None
        if self.yardstick.program:
            file = self.folder / "ready.eml"
            write_message(file, sizes[0])
            yard = self.repeat(size, theirs)
        facts = {"connections": connections, "delay_ms": delay}
        self.table.add(f"send {name}", readers, run, sizes[0], yard, **facts)
        if yard is not None:
            self.table.add("  smtp-source", readers, yard, sizes[0], **facts)


def write_contacts(path, size):
    """In a process of its own, for the rows are many and we stay small."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            rows = contacts(size)
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(pid, 0)[1] != 0:
        raise RuntimeError(f"{path} cannot be written")


def write_message(path, size_bytes):
    """About this many octets on the wire, CRLF counted; no line begins with a
    dot."""
    line = "x" * 74 + "\n"
    path.write_text("Subject: yardstick\n\n" +
                    line * round((size_bytes - 22) / (len(line) + 1)))


def copy_of(source, target):
    shutil.copytree(source, target)
    return target


def compare_memory(rows):
    """Memory must not grow with the audience: (smallest, largest size) peak
    of each way of sending that both have."""
    peaks = {}
    for row in rows:
        if row["what"].startswith("send"):
            key = (row["connections"], row["delay_ms"])
            peaks.setdefault(key, []).append(row)
    for (connections, _), of in sorted(peaks.items()):
        low = min(of, key=lambda row: row["count"])
        high = max(of, key=lambda row: row["count"])
        if low is not high:
            yield {"connections": connections, "counts": [low["count"],
                                                          high["count"]],
                   "peak_rss_kb": [low["peak_rss_kb"], high["peak_rss_kb"]],
                   "ratio": round(high["peak_rss_kb"] / low["peak_rss_kb"], 3)}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, metavar="SIZE")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--cache", metavar="DIR", help="keeps smtp-source",
                        default=ROOT / "build" / "yardstick")
    parser.add_argument("--seconds", type=float, default=330)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    table = Table()
    skipped = False
    with tempfile.TemporaryDirectory(prefix="bench.") as folder:
        bench = Bench(folder, options, table)
        for size in options.sizes or [2000, 100000]:
            try:
                bench.run_size(size)
            except OutOfTime:
                skipped = True
                print(f"{size:,}: the rest is skipped, {options.seconds:g} s "
                      "are over")
    if bench.yardstick.why:
        print(f"no yardstick: {bench.yardstick.why}")
    memory = list(compare_memory(table.rows))
    for of in memory:
        print(f"peak RSS at {of['connections']} connections: "
              f"{of['counts'][1]:,} readers need {of['ratio']:.2f} times what "
              f"{of['counts'][0]:,} need")
    result = json.dumps({"rows": table.rows, "memory": memory,
                         "skipped": skipped, "cpus": os.cpu_count()})
    if options.json:
        pathlib.Path(options.json).write_text(result + "\n", encoding="utf-8")
    print(result)
    return 75 if skipped else 0


if __name__ == "__main__":
    sys.exit(main())
