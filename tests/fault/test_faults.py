"""Lets the N-th write, fsync, send or malloc of a run fail, and the power.

The run must go on by itself, or end with one clear line and a status that
means something; a restart without faults must reach the same end as ever.
The short form takes a spread of N, the long one (CRASH=long) every write,
fsync and send, and a good many mallocs; $FAULT_SEED chooses which.
"""

import concurrent.futures
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))

from mailing import BUILD, LONG, Mailings  # noqa: E402

TIME_LIMIT_S = 2400
FAULT = str(BUILD / "fault.so")
SEED = int(os.environ.get("FAULT_SEED", "2026"))
AT_ONCE = 6
PATIENCE_S = 100

# How memory that is out ends a run: we abort; ctemplate and libfyaml have
# manners of their own, in planning and rendering, where nothing is at stake.
FOREIGN_ENDS = {
    -signal.SIGABRT: "out of memory|returned null pointer, aborting",
    -signal.SIGSEGV: "^$",
    1: "Check failed: ",
}
ON_S = 2.5  # how long a run that cannot go on is left alone

# Kind, error, whether it lasts; how many of them short and long (None: all).
FORMS = [
    ("write", "ENOSPC", False, 4, None),
    ("write", "ENOSPC", True, 1, 60),
    ("write", "EIO", False, 2, None),
    ("write", "EIO", True, 2, 60),
    ("fsync", "EIO", False, 3, None),
    ("fsync", "EIO", True, 2, 30),
    ("fsync", "CUT", False, 3, None),
    ("fsync", "TEAR", False, 3, None),
    ("send", "ECONNRESET", False, 3, None),
    ("send", "ECONNRESET", True, 1, 10),
    ("send", "CUT", False, 4, None),
    ("malloc", "ENOMEM", False, 6, 600),
    ("malloc", "ENOMEM", True, 2, 60),
]


class FaultTest(unittest.TestCase):
    def count(self, mailings):
        """How many calls of each kind an undisturbed run makes."""
        with mailings.one() as mailing, \
                tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "counts"
            process = mailing.start(LD_PRELOAD=FAULT, FAULT_COUNTS=str(path))
            _, said = process.communicate(timeout=PATIENCE_S)
            self.assertIn(process.returncode, (0, 65), said)
            mailing.check()
            return {kind: int(number) for kind, number in
                    (line.split() for line in path.read_text().splitlines())}

    def end(self, process, told, on):
        """Waits for the end; what cannot go on is asked to leave, twice."""
        if on:
            until = time.monotonic() + PATIENCE_S
            while not told.exists() and process.poll() is None \
                    and time.monotonic() < until:
                time.sleep(0.01)
            for _ in range(2):
                try:
                    return process.communicate(timeout=ON_S)[1]
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGTERM)
        return process.communicate(timeout=PATIENCE_S)[1]

    def judge(self, kind, error, status, said):
        """The end of a run is one that its operator can understand."""
        lines = [line for line in said.splitlines()
                 if line.startswith("glocal-mail: ")]
        if error in ("CUT", "TEAR"):
            self.assertEqual(status, -signal.SIGKILL, said)
        elif kind == "malloc" and status in FOREIGN_ENDS:
            self.assertRegex(said, FOREIGN_ENDS[status])
        else:
            self.assertIn(status, (0, *range(64, 79)), said)
            least = 0 if status in (0, 65, 75) else 1
            self.assertIn(len(lines), (least, 1), said)

    def inject(self, mailings, kind, error, number, on):
        """One run with one fault; whether it came to that."""
        with mailings.one() as mailing:
            told = mailing.site.folder / "told"
            process = mailing.start(
                LD_PRELOAD=FAULT, FAULT_TOLD=str(told),
                FAULT=f"{kind}:{number}:{error}{':on' if on else ''}")
            mailing.left_at_once = on
            said = self.end(process, told, on)
            if not told.exists() and process.returncode in (0, 65):
                mailing.check()
                return False
            self.judge(kind, error, process.returncode, said)
            mailing.alarms_stay = on and "an alarm stays: " in said
            mailing.note_crash()
            mailing.finish()
            return True

    def choose(self, form, calls):
        """The numbers of the calls that are to fail."""
        every = range(1, calls + 1)
        wanted = form[4] if LONG else form[3]
        if wanted is None:
            return list(every)
        dice = random.Random(f"{SEED} {form[:3]}")
        return dice.sample(every, min(wanted, calls))

    def test_faults(self):
        with Mailings() as mailings, \
                concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            counts = self.count(mailings)
            runs = {form: [(number, pool.submit(
                self.inject, mailings, *form[:2], number, form[2]))
                for number in self.choose(form, counts[form[0]])]
                for form in FORMS}
            for (kind, error, on, *_), started in runs.items():
                happened = 0
                for number, run in started:
                    with self.subTest(fault=f"{kind}:{number}:{error}", on=on):
                        happened += run.result()
                print(f"{kind} {error}{' from then on' if on else ''}: "
                      f"{counts[kind]} calls, {happened} faults")
                self.assertGreaterEqual(happened, len(started) // 2)


if __name__ == "__main__":
    unittest.main()
