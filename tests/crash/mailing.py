"""A small mailing in which most things that can go wrong do, and what must be
true of it after any crash.

    with Mailings() as mailings:
        with mailings.one() as mailing:
            mailing.start(STEP_KILL="7").wait()
            mailing.note_crash()
            mailing.finish()            # restarts, then looks at everything

The programs are those of $PLAIN_BUILD, by default build/ of this tree.
"""

import collections
import contextlib
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("PLAIN_BUILD", TESTS.parent / "build"))
os.environ["GLOCAL_MAIL"] = str(BUILD / "glocal-mail")
os.environ["FAKE_SMTP"] = str(BUILD / "fake-smtp")
sys.path.insert(0, str(TESTS / "scenario"))

from fake_smtp import FakeSmtp  # noqa: E402
from glocal_site import ISSUE, Site, contacts  # noqa: E402

LONG = os.environ.get("CRASH") == "long"
STEP_PROGRAM = BUILD / "step" / "glocal-mail"
SAMPLE = TESTS.parent / "config" / "sample"
PATIENCE_S = 100
LOG_PAGE_BYTES = 4096 + 24

# What the server does to the reader of this number, and the end of that.
TROUBLES = {
    1: ("rcpt {} first=1 reply 450 4.2.0 later", "sent"),
    2: ("rcpt {} reply 550 5.1.1 no such mailbox", "failed"),
    3: ("body {} first=1 close-mid 500", "sent"),
    4: ("body {} first=1 accept-then-close", "sent"),
    5: ("body {} first=1 reply 451 4.3.0 later", "sent"),
    6: ("body {} reply 554 5.6.0 not this one", "failed"),
    8: ("data {} first=1 reset", "sent"),
}
CUT_OFF = (3, 4)  # whose connection ends behind the last byte, once


def trouble_script(readers):
    return "".join(
        text.format(f"match={readers[number]['email']}") + "\n"
        for number, (text, _) in TROUBLES.items() if number < len(readers))


class Mailings:
    """Makes mailings of the same readers, each in a folder of its own."""

    def __init__(self, readers=12, script=None, log_pages=0, **config):
        """`log_pages`: so many are in the write-ahead log at least; from 1000
        on the next commit makes a checkpoint."""
        self.readers = contacts(readers)
        self.script = trouble_script(self.readers) if script is None \
            else script
        self.log_pages = log_pages
        self.config = dict(
            {"connections": 3, "first": "10ms", "longest": "30ms"}, **config)
        self.expected = {
            row["email"]: TROUBLES[number][1]
            if script is None and number in TROUBLES else "sent"
            for number, row in enumerate(self.readers)}
        self.cut_off = {self.readers[number]["email"] for number in CUT_OFF
                        if script is None and number < readers}

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        self._template = pathlib.Path(self._folder.name) / "template"
        site = Site(self._template, sample=False)
        site.run("tag", "import", SAMPLE / "tags.csv")
        shutil.copytree(SAMPLE / "issues", self._template / "issues",
                        dirs_exist_ok=True)
        site.import_contacts(self.readers)
        self.fill_log(site)
        site.run("preview", ISSUE, "--as", self.readers[0]["email"],
                 "--out", self._folder.name)  # makes the site key
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def fill_log(self, site):
        """Adds contacts that get no mail until the log is long enough."""
        log = site.folder / "state" / "glocal-mail.db-wal"
        for round_number in range(100):
            if log.stat().st_size >= self.log_pages * LOG_PAGE_BYTES:
                return
            site.import_contacts([
                {"email": f"n{round_number}.{i}@silent.example",
                 "language": "ja", "basis": "none"} for i in range(60)])
        raise AssertionError("the log stays short")

    @contextlib.contextmanager
    def one(self, server_options=()):
        folder = tempfile.TemporaryDirectory(dir=self._folder.name)
        with folder, FakeSmtp(pathlib.Path(folder.name) / "smtp", self.script,
                              options=server_options) as server:
            path = pathlib.Path(folder.name) / "site"
            shutil.copytree(self._template, path,
                            ignore=shutil.ignore_patterns("*.db-shm"))
            site = Site(path, server.port, **self.config)
            mailing = Mailing(self, site, server)
            try:
                yield mailing
            finally:
                mailing.end()


class Mailing:
    """One of them: a site, its server, and the doubts that crashes left."""

    def __init__(self, mailings, site, server):
        self.site, self.server = site, server
        self.expected = mailings.expected
        self.cut_off = mailings.cut_off
        self.connections = mailings.config["connections"]
        self.max_unknown = mailings.config.get(
            "max_unknown", mailings.config["connections"])
        self.crashes = 0
        self._in_doubt = set()  # once, however many crashes see them
        self.doubts = collections.Counter()
        self.left_at_once = False  # by a second signal, whence more doubts
        self.alarms_stay = False  # what was over could not be written
        self.processes = []

    def start(self, *words, program=None, **environment):
        """`send --wait`, or `words`, with more in its environment."""
        command = self.site.command(*(words or ("send", ISSUE, "--wait")))
        if program is not None:
            command[0] = str(program)
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace",
            env=dict(os.environ, **environment))
        self.processes.append(process)
        return process

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def query(self, sql):
        """Rows of the store, read without touching it."""
        path = self.site.folder / "state" / "glocal-mail.db"
        with contextlib.closing(
                sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            return store.execute(sql).fetchall()

    def rows_sending(self):
        return self.query("SELECT address, begun_ms FROM delivery"
                          " WHERE state = 'sending'")

    def note_crash(self):
        """To be called when no runner lives: what is SENDING is in doubt, and
        is no more than was allowed (promise 6)."""
        sending = self.rows_sending()
        if len(sending) > self.max_unknown:
            raise AssertionError(f"{len(sending)} rows are SENDING, "
                                 f"{self.max_unknown} may be")
        self.crashes += 1
        self._in_doubt.update(sending)
        self.doubts = collections.Counter(
            address for address, _ in self._in_doubt)

    def finish(self):
        """A plain restart without trouble reaches the one end there is."""
        process = self.start()
        output, said = process.communicate(timeout=PATIENCE_S)
        if process.returncode not in (0, 65):
            raise AssertionError(
                f"the restart ended with {process.returncode}:\n"
                f"{output}{said}")
        self.check()

    def check(self):
        """Everything that must hold at the end (design: promises 1-3, 5-8)."""
        books = self.site.status()  # balances, or raises
        states = dict(self.query("SELECT address, state FROM delivery"))
        log = self.site.log()
        accepted = self.server.accepted()
        copies = collections.Counter(m["rcpt"] for m in accepted)
        unknown = collections.Counter(
            a["address"] for a in log if a["outcome"] == "unknown")
        sent = {a for a, state in self.expected.items() if state == "sent"}
        wrong = {
            "not as expected": set(states.items())
            ^ set(self.expected.items()),
            "lost": sent - set(copies),
            "mailed for nothing": set(copies) - sent,
            "more copies than doubts": {
                a: n for a, n in copies.items() if n > 1 + unknown[a]},
            "doubts that the log does not name": self.doubts - unknown,
            "doubts without a reason": self.unfounded(unknown),
            "copies with other bytes": {
                m["rcpt"] for m in accepted
                if m["sha256"] != next(
                    o["sha256"] for o in accepted
                    if o["rcpt"] == m["rcpt"])},
            "numbers of attempts": self.misnumbered(log),
            "protocol violations": self.server.violations(),
            "alarms left": [] if self.alarms_stay else self.query(
                "SELECT text FROM alarm WHERE cleared_ms IS NULL"),
        }
        wrong = {what: found for what, found in wrong.items() if found}
        if wrong or books["state"] != "finished" or \
                books["unknown"] != sum(unknown.values()):
            raise AssertionError(f"{wrong}\n{books}")

    def unfounded(self, unknown):
        """Doubts that neither a crash nor the server gave a reason for. With
        several messages in flight all share a lost connection's fate."""
        deep = self.max_unknown > self.connections or self.left_at_once
        return {address: count
                for address, count in (unknown - self.doubts).items()
                if not deep and (count > 1 or address not in self.cut_off)}

    @staticmethod
    def misnumbered(log):
        numbers = collections.defaultdict(list)
        for attempt in log:
            numbers[attempt["address"]].append(attempt["attempt"])
        return {address: found for address, found in numbers.items()
                if found != list(range(1, len(found) + 1))}
