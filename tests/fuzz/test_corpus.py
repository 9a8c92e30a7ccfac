"""The corpora of the fuzz targets, replayed: what once crashed does no more."""

import os
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("GLOCAL_MAIL_BUILD", "build/san")
TARGETS = sorted(path.stem[5:]
                 for path in (ROOT / "tests/fuzz").glob("fuzz_*.c"))


class Corpus(unittest.TestCase):
    def test_replay(self):
        self.assertTrue(TARGETS)
        for target in TARGETS:
            with self.subTest(target=target):
                inputs = sorted((ROOT / "tests/fuzz/corpus" / target).iterdir())
                self.assertTrue(inputs)
                done = subprocess.run(
                    [BUILD / "fuzz" / f"replay_{target}", *inputs],
                    stdin=subprocess.DEVNULL, capture_output=True, text=True,
                    timeout=100, check=False)
                self.assertEqual(done.returncode, 0, done.stderr[-3000:])
                self.assertEqual(done.stdout, f"{len(inputs)} inputs\n")

    def test_every_corpus_has_its_target(self):
        self.assertEqual(
            TARGETS, sorted(os.listdir(ROOT / "tests/fuzz/corpus")))


if __name__ == "__main__":
    unittest.main()
