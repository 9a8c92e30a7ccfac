"""kill -9 at random moments: nobody is lost, and nobody is mailed twice whose
row was not SENDING at a kill (promises 2 and 6 of queue/queue.h).

$KILLS is how many in all (200), $KILL_SEED where the dice start.
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

from fake_smtp import FakeSmtp  # noqa: E402
from glocal_site import ISSUE, Site, contacts  # noqa: E402

TIME_LIMIT_S = 240
KILLS = int(os.environ.get("KILLS", "200"))
SEED = int(os.environ.get("KILL_SEED", "2026"))
SERIES = 8
READERS = 700
CONNECTIONS = 5
LONGEST_LIFE_S = 0.35


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
    def run_series(self, number, kills, runners):
        dice = random.Random(SEED + number)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        with FakeSmtp(pathlib.Path(folder.name) / "smtp",
                      options=("--delay-ms", "10")) as server:
            site = Site(pathlib.Path(folder.name) / "site", server.port,
                        connections=CONNECTIONS)
            site.import_contacts(contacts(READERS))
            in_doubt = set()
            done = 0
            while done < kills:
                living = [site.start("send", ISSUE, "--wait")
                          for _ in range(runners)]
                time.sleep(dice.uniform(0.0, LONGEST_LIFE_S))
                for process in living:
                    process.kill()
                for process in living:
                    process.communicate()
                    done += process.returncode == -9
                if all(p.returncode != -9 for p in living):
                    break
                sending = rows_sending(site) if done else []
                self.assertLessEqual(len(sending), CONNECTIONS)
                in_doubt.update(sending)
            site.run("send", ISSUE, "--wait")
            self.check(site, server, collections.Counter(
                address for address, _ in in_doubt))
        return done

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

    def test_kills_of_two_runners(self):
        with self.subTest():
            self.run_series(SERIES, max(KILLS // 20, 2), 2)


if __name__ == "__main__":
    unittest.main()
