"""The bench runs to its end and tells what it is to tell; never how fast."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

# pylint: disable=wrong-import-position
import stages
from results import Goal

SIZES = (60, 120)


class Short(unittest.TestCase):
    def test_short_form(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "result.json")
            done = subprocess.run(
                [sys.executable, ROOT / "tests/bench/bench.py", "--short",
                 "--rounds", "1", "--json", file, "--cache", folder,
                 *map(str, SIZES)], stdin=subprocess.DEVNULL,
                capture_output=True, text=True, check=False, timeout=280)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            result = json.loads(file.read_text())
        rows = {row["what"]: row for row in result["rows"]}

        # Each way of sending has its stages, and what limits it.
        for name in ("50 connections, depth 1", "50 connections, depth 4",
                     "50 connections, depth 4, without CHUNKING",
                     "10 connections, 20 ms, depth 4",
                     "50 connections, RSA-2048", "50 connections, Ed25519"):
            with self.subTest(name=name):
                row = rows[name]
                self.assertGreater(row["per_second"], 0)
                self.assertIn("wire", row["stages"])
                self.assertTrue(row["limit"])
                self.assertIn(name, done.stdout)
                if result["yardstick"]:
                    self.assertGreater(row["ratio"], 0)
        self.assertRegex(rows["50 connections, RSA-2048"]["verdict"],
                         "^(met|missed by [0-9]+%)$")
        if not result["yardstick"]:
            self.assertIn("no smtp-source: ", done.stdout)

        # Everyone of each size was sent to, and the sizes are compared.
        counts = [row["count"] for row in result["rows"]
                  if row["what"] == "send all"]
        self.assertEqual([b - a for a, b in zip(SIZES, counts)],
                         [counts[0] - SIZES[0]] * 2)
        self.assertTrue(any(name.startswith("CPU a message") for name in rows))

        # So are those for contacts.
        for name in ("import, nothing new", "export as CP932",
                     f"export as JSON, CPU a contact, to {SIZES[0]}"):
            self.assertGreater(rows[name]["value"], 0)
        self.assertEqual([row["count"] for row in result["rows"]
                          if row["what"] == "count: one tag"], list(SIZES))
        self.assertIn("coverage, a contact, to 60", rows)
        self.assertRegex(done.stdout, r"\n[0-9]+ of [0-9]+ goals met\n")


class Judging(unittest.TestCase):
    def test_goals(self):
        self.assertEqual(Goal(1.2).judge(1.2), "met")
        self.assertEqual(Goal(2).judge(1.5), "missed by 25%")
        self.assertEqual(Goal(64, least=False).judge(64), "met")
        self.assertEqual(Goal(64, least=False).judge(80), "missed by 25%")

    def limit(self, machine_busy, delay_ms=0, **engaged):
        class Run:  # pylint: disable=too-few-public-methods
            pass
        run = Run()
        run.machine_busy = machine_busy
        return stages.find_limit(
            run, {name: {"engaged": share} for name, share in engaged.items()},
            delay_ms)

    def test_limits(self):
        self.assertEqual(self.limit(0.99, wire=0.5, store=0.9),
                         "the machine (store 90%)")
        self.assertEqual(self.limit(0.7, wire=0.95, store=0.2), "wire (95%)")
        self.assertEqual(self.limit(0.2, 20, wire=0.1, store=0.2),
                         "the server (store 20%)")
        self.assertEqual(self.limit(0.5, wire=0.5, store=0.6),
                         "waiting for one another (store 60%)")


if __name__ == "__main__":
    unittest.main()
