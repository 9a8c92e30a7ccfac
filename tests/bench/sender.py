"""Sendings to the scripted server: ours from copies of a planned site, and the
yardstick's, both as the server saw them.

The time of a sending is the server's: from the first connection to the moment
the last message was there.  What a process does before and after that is in
`run.seconds` alone.
"""

import csv
import os
import pathlib
import shutil
import subprocess

import process
import stages
from fake_smtp import FakeSmtp
from glocal_site import ISSUE, Site, contacts

STATUS_SOME_LEFT = 75
NOT_YET = "2099-01-01T00:00:00Z"
KEYS = {"rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        "ed25519": ["-algorithm", "ED25519"]}


class Way:
    """How to send: connections, messages in flight on each, the server."""

    def __init__(self, connections, depth=1, delay_ms=0, chunking=True,
                 key=None):
        self.connections, self.depth = connections, depth
        self.delay_ms, self.chunking, self.key = delay_ms, chunking, key

    def sink_options(self):
        delay = ["--delay-ms", self.delay_ms] if self.delay_ms else []
        return delay + (["--chunking"] if self.chunking else [])

    def site_options(self):
        extra = ""
        if self.key:
            extra = (f"dkim: [{{domain: news.example, selector: {self.key}, "
                     f"key_file: keys/{self.key}.pem}}]\n")
        return {"connections": self.connections, "extra": extra,
                "max_unknown": self.connections * self.depth}


class Sending:
    """What one sending took."""

    def __init__(self, run, stats, count, way, sink_cpu_s, ours=True):
        self.run, self.count, self.way = run, count, way
        self.ours = ours
        self.rate = count / (stats["span_us"] / 1e6)
        self.bytes_each = stats["bytes"] / count
        self.cpu_us = run.cpu_s / count * 1e6
        self.sink_us = sink_cpu_s / count * 1e6
        self.stages = stages.cost(run, count)
        self.limit = stages.find_limit(run, self.stages, way.delay_ms)

    def facts(self):
        """What a row tells beside the rate."""
        facts = {"count": self.count, "seconds": round(self.run.seconds, 3),
                 "cpu_us": round(self.cpu_us, 1),
                 "peak_mb": round(self.run.rss_kb * 1024 / 1e6, 1),
                 "connections": self.way.connections,
                 "sink_us": round(self.sink_us, 1)}
        if self.ours:
            facts.update(depth=self.way.depth, stages=self.stages,
                         limit=self.limit)
        return facts


class Sender:
    """Makes planned sites in `folder`, and sends from copies of them."""

    def __init__(self, folder, cache, clock, yardstick):
        self.folder, self.cache = pathlib.Path(folder), pathlib.Path(cache)
        self.clock, self.yardstick = clock, yardstick
        self._sites = {}

    def prepare(self, size, key=None):
        """Import and plan; (run of import, run of planning, readers).  With a
        KEY what is planned is signed by it: planning settles that."""
        site = Site(self.folder / f"site.{size}.{key}")
        rows = self.contacts_file(size)
        if key:
            make_key(site.folder / "keys", key)
            site.configure(1, **Way(5, key=key).site_options())
        imported = process.Run(site.command("subscriber", "import", rows),
                               self.clock)
        planned = process.Run(site.command("send", ISSUE, "--at", NOT_YET),
                              self.clock, (STATUS_SOME_LEFT,))
        self._sites[size, key] = site
        if key:
            self._check_signature(size, key)
        return imported, planned, site.status()["planned"]

    def _check_signature(self, size, key):
        site, way = self.copy(size, key), Way(1, key=key)
        with FakeSmtp(self.folder / "one", dump=True) as sink:
            process.Run(self.command(site, sink.port, 1, way), self.clock,
                        (STATUS_SOME_LEFT,))
            if b"DKIM-Signature:" not in sink.message(1):
                raise RuntimeError(f"no signature by {key} in the message")

    def drop(self, size, key=None):
        shutil.rmtree(self._sites.pop((size, key)).folder)

    def contacts_file(self, size):
        """The contacts as CSV, kept for the next time."""
        path = self.cache / f"contacts.{size}.csv"
        if path.exists():
            return path
        self.cache.mkdir(parents=True, exist_ok=True)
        pid = os.fork()
        if pid == 0:  # a process of its own: the rows are many, we stay small
            status = 1
            try:
                write_contacts(path, size)
                status = 0
            finally:
                os._exit(status)
        if os.waitpid(pid, 0)[1] != 0:
            raise RuntimeError(f"{path} cannot be written")
        return path

    def copy(self, size, key=None):
        """A site that was planned and never sent."""
        target = self.folder / "copy"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self._sites[size, key].folder, target)
        os.sync()  # or our fsync would wait for the copy
        return Site(target)

    def command(self, site, port, count, way):
        site.configure(port, **way.site_options())
        return site.command("send", ISSUE, *(["--limit", count] if count else []))

    def ours(self, size, way, count=0):
        """Send to COUNT readers of the site of SIZE, 0: to all."""
        site = self.copy(size, way.key)
        with FakeSmtp(self.folder / "sink", log=False,
                      options=way.sink_options()) as sink:
            run = process.Run(self.command(site, sink.port, count, way),
                              self.clock, (0, STATUS_SOME_LEFT))
            sending = self._read(run, sink, way)
        if count and sending.count != count:
            raise RuntimeError(f"{count} to send, but {sending.count} came")
        books = site.status()
        if books["sent"] != sending.count or books["unknown"]:
            raise RuntimeError(f"{sending.count} came, but {books}")
        shutil.rmtree(site.folder)
        return sending

    def theirs(self, way, count, file):
        """Let smtp-source send COUNT copies of FILE."""
        with FakeSmtp(self.folder / "sink", log=False,
                      options=way.sink_options()) as sink:
            run = process.Run(
                self.yardstick.command(sink.port, way.connections, count, file),
                self.clock, env=self.yardstick.environment())
            return self._read(run, sink, way, ours=False)

    @staticmethod
    def _read(run, sink, way, ours=True):
        stats = sink.stats()
        if stats["violations"] or stats["accepted"] != stats["distinct"] or \
                not stats["accepted"]:
            raise RuntimeError(f"not sent as it should be: {stats}\n"
                               f"{run.output}")
        return Sending(run, stats, stats["accepted"], way,
                       process.read_cpu(sink.pid), ours)

    def feed(self, program, count, bytes_each):
        """Messages a second that the server takes from a client that does
        nothing else."""
        with FakeSmtp(self.folder / "sink", log=False,
                      options=["--chunking"]) as sink:
            process.Run([program, sink.port, 50, count, 4, bytes_each],
                        self.clock)
            return count / (sink.stats()["span_us"] / 1e6)


def make_key(folder, name):
    """A new key of the kind NAME, as FOLDER/NAME.pem."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.pem"
    subprocess.run(["openssl", "genpkey", *KEYS[name], "-out", path],
                   stdin=subprocess.DEVNULL, capture_output=True, check=True)
    path.chmod(0o600)


def write_contacts(path, size):
    rows = contacts(size)
    new = path.with_suffix(".new")
    with new.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    new.rename(path)


def write_message(path, size_bytes):
    """About this many octets on the wire, CRLF counted; no line begins with a
    dot."""
    line = "x" * 74 + "\n"
    path.write_text("Subject: yardstick\n\n" +
                    line * round((size_bytes - 22) / (len(line) + 1)))


class Signatures:
    """A number of signatures a second, as if it were a sending."""

    def __init__(self, rate):
        self.rate = rate

    @staticmethod
    def facts():
        return {}


def count_signatures(cpus, seconds):
    """RSA-2048 signatures by `openssl speed` with a process for each of
    CPUS."""
    done = subprocess.run(
        ["openssl", "speed", "-seconds", str(seconds), "-multi", str(cpus),
         "rsa2048"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=True)
    for line in done.stdout.splitlines():
        words = line.split()
        if words[:3] == ["rsa", "2048", "bits"]:
            return Signatures(float(words[5]))
    raise RuntimeError(f"openssl speed says nothing:\n{done.stdout}")
