"""The wall clock jumps by a day, forward and back, while deliveries wait for
their next try: no hot loop, and nobody waits for a day.

The clock is libfaketime's; monotonic time runs on as it does in the world.
"""

import datetime
import glob
import os
import pathlib
import resource
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))

from mailing import Mailings  # noqa: E402

LIBRARY = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE_S = 100
CPU_MOST_S = 2.0  # an undisturbed run takes a tenth of it
IDLE_S = 4
IDLE_CPU_MOST_S = 0.4

# Everyone is put off twice, for about two seconds.
SCRIPT = "rcpt first=2 reply 450 4.2.0 later\n"
RETRY = {"first": "1500ms", "longest": "2s", "give_up": "5d"}


def wait_until(what, condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {PATIENCE_S} s for {what}")
        time.sleep(0.01)


def cpu_s(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@unittest.skipUnless(LIBRARY, "libfaketime is not installed")
class ClockTest(unittest.TestCase):
    def setUp(self):
        self.mailings = self.enterContext(
            Mailings(script=SCRIPT, readers=8, **RETRY))
        self.mailing = self.enterContext(self.mailings.one())
        self.clock = self.mailing.site.folder / "clock"
        self.set_clock("+0")

    def set_clock(self, offset):
        """Whole or not at all: the program reads it at any moment."""
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(offset + "\n")
        fresh.rename(self.clock)

    def start(self, *words):
        return self.mailing.start(
            *words, LD_PRELOAD=LIBRARY[0], FAKETIME_TIMESTAMP_FILE=str(
                self.clock), FAKETIME_NO_CACHE="1",
            FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1")

    def refused(self):
        return len(self.mailing.server.refused())

    def check_jump(self, offset):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = self.start()
        wait_until("refusals", lambda: self.refused() >= 8)
        self.set_clock(offset)
        _, said = process.communicate(timeout=PATIENCE_S)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertEqual(process.returncode, 0, said)
        self.assertLess(after.ru_utime + after.ru_stime
                        - before.ru_utime - before.ru_stime, CPU_MOST_S)
        self.mailing.check()
        times = [datetime.datetime.fromisoformat(a["time"][:19])
                 for a in self.mailing.site.log()]
        self.assertGreater(max(times) - min(times),
                           datetime.timedelta(hours=23))
        self.assertTrue(all(a["duration_ms"] >= 0
                            for a in self.mailing.site.log()))

    def test_forward(self):
        self.check_jump("+1d")

    def test_backward(self):
        self.check_jump("-1d")

    def test_back_between_runs(self):
        """What one run put off is due in the next, a day earlier."""
        self.start("send", "2026-04").communicate(timeout=PATIENCE_S)
        self.assertGreaterEqual(self.refused(), 8)
        self.set_clock("-1d")
        process = self.start()
        _, said = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0, said)
        self.mailing.check()

    def test_service_at_rest(self):
        """A service with nothing to do stays at rest through both jumps."""
        process = self.start("deliver")
        self.start("send", "2026-04", "--wait").communicate(
            timeout=PATIENCE_S)
        before = cpu_s(process)
        for offset in ("+1d", "-1d"):
            self.set_clock(offset)
            time.sleep(IDLE_S / 2)  # there is nothing to wait for: it rests
        self.assertLess(cpu_s(process) - before, IDLE_CPU_MOST_S)
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0, said)
        self.mailing.check()


if __name__ == "__main__":
    unittest.main()
