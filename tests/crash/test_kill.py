"""kill -9 at random moments: nobody is lost, and nobody is mailed twice whose
row was not SENDING at a kill (promises 2 and 6 of queue/queue.h).

$KILLS is how many in all, $KILL_SEED where the dice start. The long form
(CRASH=long) goes through 100,000 deliveries besides.
"""

import collections
import os
import pathlib
import random
import sqlite3
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(
    pathlib.Path(__file__).resolve().parents[1] / "scenario"))

LONG = os.environ.get("CRASH") == "long"
if LONG and "PLAIN_BUILD" in os.environ:
    os.environ["GLOCAL_MAIL"] = os.environ["PLAIN_BUILD"] + "/glocal-mail"

from fake_smtp import FakeSmtp  # noqa: E402
from glocal_site import ISSUE, Site, contacts  # noqa: E402

TIME_LIMIT_S = 1200
KILLS = int(os.environ.get("KILLS", "200" if LONG else "56"))
SEED = int(os.environ.get("KILL_SEED", "2026"))
SERIES = 8
READERS = 700
CONNECTIONS = 5
LONGEST_LIFE_S = 0.25  # most of them: from the first sign of work on
AT_WORK_SHARE = 0.8
PATIENCE_S = 60
MANY = 100_000
MANY_DEEP = {"connections": 20, "max_unknown": 80}
MANY_LIFE_S = 1.5


def rows_sending(site):
    """(address, begun) of the rows that are SENDING while no runner lives."""
    path = site.folder / "state" / "glocal-mail.db"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        found = database.execute(
            "SELECT address, begun_ms FROM delivery"
            " WHERE state = 'sending'").fetchall()
    database.close()
    return found


class KillTest(unittest.TestCase):
    doubts = 0

    def run_series(self, number, kills, runners, readers=READERS,
                   longest_life_s=LONGEST_LIFE_S, delay_ms=10, **config):
        dice = random.Random(SEED + number)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        with FakeSmtp(pathlib.Path(folder.name) / "smtp",
                      options=("--delay-ms", str(delay_ms))) as server:
            site = Site(pathlib.Path(folder.name) / "site", server.port,
                        **{"connections": CONNECTIONS, **config})
            most = config.get("max_unknown", CONNECTIONS)
            site.import_contacts(contacts(readers))
            if readers > READERS:
                site.run("send", ISSUE, "--limit", "1", status=75)
            in_doubt = set()
            done = 0
            while done < kills:
                told = server.told()
                living = [site.start("send", ISSUE, "--wait")
                          for _ in range(runners)]
                if dice.random() < AT_WORK_SHARE:
                    self.wait_for_work(server, told, living)
                time.sleep(dice.uniform(0.0, longest_life_s))
                for process in living:
                    process.kill()
                for process in living:
                    process.communicate()
                    done += process.returncode == -9
                if all(p.returncode != -9 for p in living):
                    break
                sending = rows_sending(site) if done else []
                self.assertLessEqual(len(sending), most)
                in_doubt.update(sending)
            site.run("send", ISSUE, "--wait", timeout=600)
            self.check(site, server, collections.Counter(
                address for address, _ in in_doubt))
        self.doubts += len(in_doubt)
        return done

    @staticmethod
    def wait_for_work(server, told, living):
        """However long it takes to start: a run that did nothing yet is no
        hard case."""
        end = time.monotonic() + PATIENCE_S
        while server.told() == told and time.monotonic() < end and \
                any(p.poll() is None for p in living):
            time.sleep(0.005)

    def check(self, site, server, in_doubt):
        books = site.status()
        accepted = collections.Counter(
            m["rcpt"] for m in server.accepted())
        unknown = collections.Counter(
            a["address"] for a in site.log() if a["outcome"] == "unknown")
        wanted = {s["address"] for s in site.lines("subscriber", "list")}

        # Nobody is lost.
        self.assertEqual(books["sent"], len(wanted))
        self.assertEqual(set(accepted), wanted)

        # The log names each row that was in doubt, and no other.
        self.assertEqual(unknown, in_doubt)
        self.assertEqual(books["unknown"], sum(in_doubt.values()))

        # Copies come from doubt alone.
        for address, copies in accepted.items():
            self.assertLessEqual(copies, 1 + in_doubt[address], address)
        self.assertEqual(server.violations(), [])

    def test_kills(self):
        done = 0
        for number in range(SERIES):
            with self.subTest(series=number):
                done += self.run_series(number, KILLS // SERIES, 1)
        self.assertGreaterEqual(done, KILLS * 9 // 10)
        self.assertGreaterEqual(self.doubts, KILLS // 4)

    def test_kills_of_two_runners(self):
        with self.subTest():
            self.run_series(SERIES, max(KILLS // 20, 2), 2)

    @unittest.skipUnless(LONG, "the long form alone")
    def test_kills_over_many(self):
        done = self.run_series(
            SERIES + 1, KILLS, 1, readers=MANY, longest_life_s=MANY_LIFE_S,
            delay_ms=0, **MANY_DEEP)
        print(f"{MANY} deliveries, {done} kills")
        self.assertGreaterEqual(done, KILLS // 10)


if __name__ == "__main__":
    unittest.main()
