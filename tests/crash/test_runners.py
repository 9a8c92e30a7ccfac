"""Several runners at one mailing: killed one by one or all at once, stopped,
or merely slow.  A lock that is held means life, however long nothing is heard;
a lock that is free means death, at once (head of queue/queue.h).

The final reply's ten minutes are scaled down to one.
"""

import random
import signal
import time
import unittest

from mailing import ISSUE, LONG, Mailings

TIME_LIMIT_S = 600
ROUNDS = 40 if LONG else 2
KINDS = (("send", ISSUE, "--wait"), ("send", ISSUE, "--wait"), ("deliver",))
RECOVER_S = 2  # how often a runner looks after the dead
SEEN_S = 15  # a busy machine takes a while to start a process
FINAL_S = 60
PATIENCE_S = 100


def wait_until(what, condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {PATIENCE_S} s for {what}")
        time.sleep(0.01)


class KilledRunnersTest(unittest.TestCase):
    def kill_in_rounds(self, all_at_once):
        dice = random.Random(f"runners {all_at_once}")
        connections = 4
        with Mailings(readers=60 if LONG else 30, connections=connections) \
                as mailings:
            for number in range(ROUNDS):
                with self.subTest(round=number), \
                        mailings.one(("--delay-ms", "10")) as mailing:
                    mailing.left_at_once = True
                    living = [mailing.start(*words) for words in KINDS]
                    kills = 0
                    for _ in range(3):
                        time.sleep(dice.uniform(0.02, 0.3))
                        victims = list(living) if all_at_once else \
                            [dice.choice(living)]
                        for victim in victims:
                            victim.kill()
                        for victim in victims:
                            victim.wait()
                            kills += victim.returncode == -signal.SIGKILL
                            kind = KINDS[living.index(victim)]
                            living[living.index(victim)] = \
                                mailing.start(*kind)
                    for process in living[:2]:
                        process.communicate(timeout=PATIENCE_S)
                        self.assertIn(process.returncode, (0, 65))
                    living[2].terminate()
                    living[2].communicate(timeout=PATIENCE_S)
                    mailing.finish()

                    # All of them together may hold so many rows in doubt.
                    self.assertLessEqual(
                        mailing.site.status()["unknown"],
                        kills * connections + len(mailing.cut_off))

    def test_one_by_one(self):
        self.kill_in_rounds(all_at_once=False)

    def test_all_at_once(self):
        self.kill_in_rounds(all_at_once=True)


class SlowRunnerTest(unittest.TestCase):
    """The server keeps its final reply to itself for a while."""

    CONNECTIONS = 3

    def mailing_with(self, readers, body_delay_ms):
        mailings = self.enterContext(Mailings(
            readers=readers, script="", connections=self.CONNECTIONS,
            max_unknown=6,
            extra=f"timeouts: {{final: {FINAL_S}s}}\n"))
        return self.enterContext(
            mailings.one(("--body-delay-ms", str(body_delay_ms))))

    def runners_of(self, mailing):
        """The runner that each SENDING row belongs to."""
        return [runner for runner, in mailing.query(
            "SELECT runner FROM delivery WHERE state = 'sending'")]

    def start_in_doubt(self, mailing):
        """A runner that waits for final replies."""
        slow = mailing.start()
        wait_until("rows in doubt", lambda: len(
            self.runners_of(mailing)) >= self.CONNECTIONS)
        return slow

    def unknown(self, mailing):
        return mailing.query("SELECT count(*) FROM attempt"
                             " WHERE outcome = 'unknown'")[0][0]

    def test_slow_but_living(self):
        """Nobody takes over, and the late reply is booked."""
        mailing = self.mailing_with(3, RECOVER_S * 1000 + 500)
        slow = self.start_in_doubt(mailing)
        other = mailing.start()
        for process in (slow, other):
            _, said = process.communicate(timeout=PATIENCE_S)
            self.assertEqual(process.returncode, 0, said)
        mailing.check()
        self.assertEqual(len(mailing.server.accepted()),
                         len(mailing.expected))
        self.assertEqual(mailing.site.status()["unknown"], 0)

    def test_stopped_but_living(self):
        """What does not even run keeps its rows while it has its lock."""
        mailing = self.mailing_with(6, 300)
        stopped = self.start_in_doubt(mailing)
        stopped.send_signal(signal.SIGSTOP)
        held = len(self.runners_of(mailing))
        other = mailing.start()
        end = time.monotonic() + 2 * RECOVER_S
        while time.monotonic() < end:  # nothing may happen in this time
            self.assertGreaterEqual(len(self.runners_of(mailing)), held)
            self.assertEqual(self.unknown(mailing), 0)
            time.sleep(0.05)
        stopped.send_signal(signal.SIGCONT)
        for process in (stopped, other):
            _, said = process.communicate(timeout=PATIENCE_S)
            self.assertEqual(process.returncode, 0, said)
        mailing.check()
        self.assertEqual(len(mailing.server.accepted()),
                         len(mailing.expected))
        self.assertEqual(mailing.site.status()["unknown"], 0)

    def check_death(self, other_lives):
        """Death is seen at once, long before anyone would give up waiting
        for the final reply."""
        mailing = self.mailing_with(3, 3000)
        dying = self.start_in_doubt(mailing)

        # Stopped it can settle nothing any more, and is not dead yet.
        dying.send_signal(signal.SIGSTOP)
        other = mailing.start() if other_lives else None
        if other_lives:
            wait_until("the other runner", lambda: len(mailing.query(
                "SELECT id FROM runner WHERE ended_ms IS NULL")) == 2)
        sending = len(self.runners_of(mailing))
        self.assertGreater(sending, 0)
        dying.kill()
        dying.wait()
        if not other_lives:
            mailing.note_crash()
        start = time.monotonic()
        other = other or mailing.start()
        wait_until("recovery", lambda: self.unknown(mailing) == sending)
        self.assertLess(time.monotonic() - start, SEEN_S)
        _, said = other.communicate(timeout=PATIENCE_S)
        self.assertEqual(other.returncode, 0, said)
        mailing.left_at_once = other_lives
        mailing.check()
        self.assertEqual(mailing.site.status()["unknown"], sending)

    def test_death_seen_by_the_next(self):
        self.check_death(other_lives=False)

    def test_death_seen_by_another(self):
        self.check_death(other_lives=True)


if __name__ == "__main__":
    unittest.main()
