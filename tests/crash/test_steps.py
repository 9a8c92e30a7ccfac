"""Kills the process at every step, restarts it, and wants the same end.

The steps are those of base/step.h; a run that counts them comes first. The
short form takes a spread of them, the long one (CRASH=long) each, and kills
some of the restarts as well. $STEP_SEED chooses the spread.
"""

import concurrent.futures
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import threading
import unittest

from mailing import LONG, STEP_PROGRAM, Mailings, Site

TIME_LIMIT_S = 1200
SPREAD = 8
AT_ONCE = 4
TRIES = 8
SEED = int(os.environ.get("STEP_SEED", "2026"))

# Name, configuration, options of the server.
FORMS = [
    ("one at a time", {"log_pages": 900}, ()),
    ("two in flight", {"max_unknown": 6}, ("--chunking",)),
    ("one connection", {"connections": 1}, ("--no-pipelining",)),
]


class StepTest(unittest.TestCase):
    def steps_of(self, mailings, options):
        """The names of the steps of an undisturbed run, in order."""
        with mailings.one(options) as mailing, \
                tempfile.TemporaryDirectory() as folder:
            trace = pathlib.Path(folder) / "trace"
            process = mailing.start(program=STEP_PROGRAM, STEP_TRACE=str(trace))
            _, said = process.communicate(timeout=100)
            self.assertIn(process.returncode, (0, 65), said)
            mailing.check()
            return trace.read_text().splitlines()

    def kill_at(self, mailings, options, steps):
        """Kills one run after the other at these steps; (how many died, how
        many steps the first one had if it did not)."""
        died, had = 0, None
        with mailings.one(options) as mailing:
            trace = mailing.site.folder.parent / "trace"
            for step in steps:
                process = mailing.start(
                    program=STEP_PROGRAM, STEP_KILL=str(step),
                    STEP_TRACE=str(trace))
                _, said = process.communicate(timeout=100)
                if process.returncode != -signal.SIGKILL:
                    self.assertIn(process.returncode, (0, 65), said)
                    if had is None and died == 0:
                        had = len(trace.read_text().splitlines())
                    continue
                died += 1
                if (mailing.site.folder / "state" / "runners").exists():
                    mailing.note_crash()
            mailing.finish()
        return died, had

    def kill_surely(self, mailings, options, steps, names):
        """How many died; the first run in any case. One that has fewer steps
        than were counted, as what is committed together varies, is done anew
        and killed at its last one, or at one before."""
        for tried in range(TRIES):
            try:
                died, had = self.kill_at(mailings, options, steps)
            except Exception as error:
                at = [names[step - 1] for step in steps if step <= len(names)]
                raise AssertionError(
                    f"killed at steps {steps}, about {at}") from error
            if had is None:
                return died
            steps = [max(1, had - tried * tried), *steps[1:]]
        self.fail(f"{TRIES} runs ended before the step they were to end at")

    def plan(self, count, dice):
        """Which steps to kill at: one run after the other."""
        if LONG:
            return [[step] for step in range(1, count + 1)] + \
                [[dice.randint(1, count), dice.randint(1, count // 2),
                  dice.randint(1, count // 2)] for _ in range(count // 5)]
        return [[step] for step in
                dice.sample(range(1, count + 1), min(SPREAD, count))]

    def run_form(self, name, config, options):
        dice = random.Random(f"{SEED} {name}")
        died = 0
        tell = threading.Lock()
        with Mailings(**config) as mailings, \
                concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            names = self.steps_of(mailings, options)
            plan = self.plan(len(names), dice)

            def one(steps):
                nonlocal died
                kills = self.kill_surely(mailings, options, steps, names)
                with tell:
                    died += kills
            for done in [pool.submit(one, steps) for steps in plan]:
                done.result()
        print(f"{name}: {len(names)} steps, {died} kills")
        self.assertGreaterEqual(died, len(plan))

    def test_every_step(self):
        for form in FORMS:
            with self.subTest(form=form[0]):
                self.run_form(*form)

    def make(self, folder, **environment):
        """`init --sample`; whether it was not killed."""
        done = subprocess.run(
            [STEP_PROGRAM, "--site", folder, "init", "--sample"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            env=dict(os.environ, **environment), timeout=100, check=False)
        made = done.returncode == 0 or "is a site already" in done.stderr
        if not made and done.returncode != -signal.SIGKILL:
            self.fail(f"init ended with {done.returncode}:\n{done.stderr}")
        return made

    def plan_making(self, count):
        every = range(1, count)
        return every if LONG else random.Random(SEED).sample(every, SPREAD)

    def test_making_a_site(self):
        """A site whose making was broken off is made by making it again."""
        with tempfile.TemporaryDirectory() as folder:
            trace = pathlib.Path(folder) / "trace"
            self.make(f"{folder}/0", STEP_TRACE=str(trace))
            names = trace.read_text().splitlines()
            wanted = Site(f"{folder}/0").lines("subscriber", "list")
            steps = [*self.plan_making(len(names)), len(names)]
            for step in steps:
                with self.subTest(step=step, name=names[step - 1]):
                    path = f"{folder}/{step}"
                    self.assertFalse(self.make(path, STEP_KILL=str(step)))
                    self.assertTrue(self.make(path))
                    self.assertEqual(
                        Site(path).lines("subscriber", "list"), wanted)
        print(f"init: {len(names)} steps, {len(steps)} kills")


if __name__ == "__main__":
    unittest.main()
