"""tests/run counts right, fails when it must, and leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PASSING = "#!/bin/sh\necho 1..2; echo ok 1 - a; echo ok 2 - b\n"


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Runner(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.top)
        for folder in ("tests/unit", "tests/scenario", "build/unit", "tmp"):
            os.makedirs(os.path.join(self.top, folder))
        shutil.copy(os.path.join(HERE, "../run"),
                    os.path.join(self.top, "tests/run"))

    def write(self, path, text):
        full = os.path.join(self.top, path)
        with open(full, "w") as f:
            f.write(text)
        os.chmod(full, 0o755)
        return full

    def write_unit(self, name, script, source=""):
        self.write(f"build/unit/{name}", script)
        self.write(f"tests/unit/{name}.c", source)

    def start(self, *arguments):
        return subprocess.Popen(
            [os.path.join(self.top, "tests/run"), "--build", "build",
             *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
            env=dict(os.environ, TMPDIR=os.path.join(self.top, "tmp")))

    def run_all(self, *arguments):
        child = self.start(*arguments)
        told = child.communicate(timeout=60)[0]
        self.assertEqual(os.listdir(os.path.join(self.top, "tmp")), [])
        return child.returncode, told

    def assertEnds(self, status, last, *arguments):
        got, told = self.run_all(*arguments)
        self.assertEqual(told.splitlines()[-1], last, told)
        self.assertEqual(got, status, told)
        return told

    def test_passes(self):
        self.write_unit("test_a", PASSING)
        told = self.assertEnds(0, "2 passed, 0 failed")
        self.assertIn("build/unit/test_a", told)

    def test_counts_python(self):
        self.write("tests/scenario/test_b.py", (
            "import unittest\n"
            "class T(unittest.TestCase):\n"
            "    def test_good(self): pass\n"
            "    def test_bad(self): self.assertEqual(1, 2)\n"
            "    def test_none(self): self.skipTest('needs a moon')\n"
            "    def test_sub(self):\n"
            "        for i in range(3):\n"
            "            with self.subTest(i=i): self.assertEqual(i, 0)\n"))
        told = self.assertEnds(1, "1 passed, 3 failed, 1 skipped")
        self.assertIn("1 != 2", told)

    def test_the_end_tells_again_what_failed(self):
        """Of a log that was cut, its last lines are enough."""
        self.write("tests/scenario/test_b.py", (
            "import unittest\n"
            "class T(unittest.TestCase):\n"
            "    def test_bad(self):\n"
            "        for i in range(99): print('line', i)\n"
            "        self.assertEqual(1, 2)\n"))
        self.write_unit("test_a", PASSING)
        self.write_unit("test_c", "#!/bin/sh\necho ok 1 - a\n"
                        "echo not ok 2 - tea; echo cold >&2; exit 1\n")
        told = self.assertEnds(1, "3 passed, 2 failed")
        for cut in (told, told[told.index("slowest: "):]):
            self.assertIn("failed: T.test_bad", cut)
            self.assertIn("failed: tea", cut)
            self.assertRegex(cut, r"(?m)^FAILED tests/scenario/test_b\.py$")
            self.assertRegex(cut, r"(?m)^FAILED build/unit/test_c$")
            self.assertIn("AssertionError: 1 != 2", cut)
            self.assertIn("| cold", cut)
            self.assertIn("| line 98", cut)
        self.assertNotIn("| line 1\n", cut)
        self.assertNotIn("| ok 1", cut)
        self.assertNotIn("build/unit/test_a\n", cut)

    def test_names_the_slow_ones(self):
        self.write_unit("test_a", PASSING)
        self.write_unit("test_b", "#!/bin/sh\nsleep 1; echo ok 1 - b\n")
        told = self.assertEnds(0, "3 passed, 0 failed")
        self.assertRegex(told, r"\n2 modules in \d+ s\n"
                               r"slowest: test_b 1 s, test_a 0 s\n")
        self.assertNotIn("FAILED", told)

    def test_python_that_cannot_be_loaded_fails(self):
        self.write("tests/scenario/test_b.py", "import nothing_of_that_name\n")
        self.assertIn("nothing_of_that_name",
                      self.assertEnds(1, "0 passed, 1 failed"))

    def test_shows_why_it_was_skipped(self):
        self.write_unit("test_a", "#!/bin/sh\necho 'ok 1 - a # SKIP no moon'\n"
                                  "echo ok 2 - b\n")
        self.assertIn("no moon",
                      self.assertEnds(0, "1 passed, 0 failed, 1 skipped"))

    def test_what_counts_as_failed(self):
        cases = [
            ("echo ok 1 - a; echo not ok 2 - b; exit 1", "1 passed, 1 failed"),
            ("echo 1..3; echo ok 1 - a", "1 passed, 2 failed"),
            ("echo ok 1 - a; exit 3", "1 passed, 1 failed"),
            ("echo ok 1 - a; kill -SEGV $$", "1 passed, 1 failed"),
            ("true", "0 passed, 1 failed"),
            ("echo ok 1 - a; f=${ASAN_OPTIONS#*log_path=}; echo overflow "
             ">${f%%:*}.1", "1 passed, 1 failed"),
            ("echo ok 1 - a; setsid sleep 50 >/dev/null 2>&1 &",
             "1 passed, 1 failed"),
        ]
        for script, last in cases:
            with self.subTest(script=script):
                self.write_unit("test_a", f"#!/bin/sh\n{script}\n")
                self.assertEnds(1, last)

    @unittest.skipUnless(shutil.which("gcc"), "gcc is not installed")
    def test_report_about_a_grandchild_fails(self):
        cases = [
            ("int main(int n, char **v)\n{\n\tint *p = malloc(40);\n\tfree(p)"
             ";\n\treturn p[n] + (v == 0);\n}\n", "heap-use-after-free"),
            ("int main(int n, char **v)\n{\n\tint m = 0x7fffffff;\n"
             "\treturn m + n + (v == 0);\n}\n", "signed integer overflow"),
        ]
        for code, report in cases:
            with self.subTest(report=report):
                source = self.write("a.c", "#include <stdlib.h>\n" + code)
                program = os.path.join(self.top, "a")
                subprocess.run(
                    ["gcc", "-w", "-fsanitize=address,undefined",
                     "-static-libubsan", "-fno-sanitize-recover=undefined",
                     "-o", program, source],
                    check=True, stdin=subprocess.DEVNULL)
                self.write_unit("test_a", f"#!/bin/sh\n{program} 2>/dev/null\n"
                                "echo ok 1 - a\n")
                self.assertIn(report,
                              self.assertEnds(1, "1 passed, 1 failed"))

    def test_missing_binary_fails(self):
        self.write("tests/unit/test_a.c", "")
        self.assertEnds(1, "0 passed, 1 failed")

    def test_time_limit_ends_all_of_it(self):
        pid = os.path.join(self.top, "pid")
        self.write_unit("test_a", "#!/bin/sh\necho ok 1 - a\n"
                        f"setsid sleep 50 & echo $! >{pid}; wait\n",
                        "#define TIME_LIMIT_S 1\n")
        self.assertIn("not done after 1 s",
                      self.assertEnds(1, "1 passed, 1 failed"))
        with open(pid) as f:
            self.assertFalse(alive(int(f.read())))

    def test_interrupt_ends_all_of_it(self):
        pid = os.path.join(self.top, "pid")
        self.write_unit("test_a", "#!/bin/sh\n"
                        f"setsid sleep 50 & echo $! >{pid}.new; "
                        f"mv {pid}.new {pid}; wait\n")
        child = self.start()
        until = time.monotonic() + 30
        while not os.path.exists(pid) and time.monotonic() < until:
            time.sleep(0.02)
        child.send_signal(signal.SIGTERM)
        told = child.communicate(timeout=30)[0]
        self.assertEqual(child.returncode, 1, told)
        with open(pid) as f:
            self.assertFalse(alive(int(f.read())))

    def test_patterns_choose(self):
        self.write_unit("test_a", PASSING)
        self.write_unit("test_b", "#!/bin/sh\nexit 1\n")
        self.assertEnds(0, "2 passed, 0 failed", "test_a")
        self.assertEnds(1, "0 passed, 0 failed", "nothing")
        self.assertEqual(self.run_all("--list")[1],
                         "build/unit/test_a\nbuild/unit/test_b\n")


if __name__ == "__main__":
    unittest.main()
