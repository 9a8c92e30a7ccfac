"""`make demo` ends well, and what it names at its end is there."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

TOP = os.path.realpath(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.path.join(TOP, "build")


class Demo(unittest.TestCase):
    def setUp(self):
        self.build = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.build)
        for name, variable in (("glocal-mail", "GLOCAL_MAIL"),
                               ("fake-smtp", "FAKE_SMTP")):
            os.symlink(os.environ.get(variable, os.path.join(BUILD, name)),
                       os.path.join(self.build, name))

    def run_demo(self):
        return subprocess.run(
            [os.path.join(TOP, "tests/demo/demo.sh")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=90,
            env=dict(os.environ, BUILD=self.build))

    def test_demo_twice(self):
        for time in ("first", "second"):
            with self.subTest(time=time):
                r = self.run_demo()
                self.assertEqual(r.returncode, 0, r.stdout)
                paths = re.findall(r"(?m)^  (/\S+\.(?:eml|html|txt))$",
                                   r.stdout)
                self.assertEqual(len(paths), 4 * 3, r.stdout)
                for path in paths:
                    self.assertGreater(os.path.getsize(path), 200, path)

                # The pictures of the pages are found without a network.
                with open(next(p for p in paths
                               if p.endswith(".html"))) as f:
                    pictures = re.findall(r'src="file://([^"]+)"', f.read())
                self.assertTrue(pictures)
                for picture in pictures:
                    self.assertTrue(os.path.exists(picture), picture)

    def test_failure_shows(self):
        os.unlink(os.path.join(self.build, "fake-smtp"))
        os.symlink("/bin/false", os.path.join(self.build, "fake-smtp"))
        r = self.run_demo()
        self.assertEqual(r.returncode, 1, r.stdout)
        self.assertIn("demo: the mail server did not start", r.stdout)


if __name__ == "__main__":
    unittest.main()
