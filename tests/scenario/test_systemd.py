"""The unit file is one that systemd understands and that gives little away."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
UNIT = "glocal-mail-deliver.service"
EXPOSURE_MOST = 2.0


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60,
                          env=dict(os.environ, SYSTEMD_COLORS="0"))


@unittest.skipUnless(shutil.which("systemd-analyze"),
                     "systemd-analyze is not installed")
class Unit(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        with open(os.path.join(TOP, "systemd", UNIT)) as f:
            self.text = f.read()

    def place(self, text):
        """Puts the unit down as `make install` would, its program at hand."""
        path = os.path.join(self.folder, UNIT)
        program = os.path.join(self.folder, "glocal-mail")
        shutil.copy("/bin/true", program)
        with open(path, "w") as f:
            f.write(text.replace("@BINDIR@", self.folder)
                    .replace("@SHARE@", "/usr/share/glocal-mail"))
        return path

    def test_verify_has_nothing_to_say(self):
        r = run("systemd-analyze", "verify", "--man=no", self.place(self.text))
        self.assertEqual((r.returncode, r.stdout), (0, ""))

    def test_verify_would_have_something_to_say(self):
        r = run("systemd-analyze", "verify", "--man=no",
                self.place(self.text.replace("WatchdogSec", "WatchdogMin")))
        self.assertIn("WatchdogMin", r.stdout)

    def exposure(self, text):
        r = run("systemd-analyze", "security", "--no-pager", "--offline=true",
                self.place(text))
        found = re.search(r"Overall exposure level.*?: ([\d.]+)", r.stdout)
        self.assertTrue(found, r.stdout)
        return float(found[1]), r.stdout

    def test_exposure_is_low(self):
        level, told = self.exposure(self.text)
        self.assertLess(level, EXPOSURE_MOST, told)

    def test_exposure_would_be_noticed(self):
        bare = re.sub(r"(?m)^(Protect|Restrict|Private|SystemCall|Capab).*\n",
                      "", self.text)
        self.assertGreater(self.exposure(bare)[0], EXPOSURE_MOST)


class Promises(unittest.TestCase):
    def test_unit_watches_and_restarts(self):
        with open(os.path.join(TOP, "systemd", UNIT)) as f:
            lines = f.read().splitlines()
        for line in ("Type=notify", "WatchdogSec=60", "Restart=on-failure",
                     "User=glocal-mail", "StateDirectory=glocal-mail",
                     "RestartPreventExitStatus=64 78"):
            self.assertIn(line, lines)

    @unittest.skipUnless(shutil.which("systemd-sysusers"),
                         "systemd-sysusers is not installed")
    def test_user_can_be_made(self):
        r = run("systemd-sysusers", "--dry-run", "--root=/nonexistent",
                os.path.realpath(os.path.join(TOP, "systemd/sysusers.conf")))
        self.assertIn("Creating user 'glocal-mail'", r.stdout)

    @unittest.skipUnless(shutil.which("systemd-tmpfiles"),
                         "systemd-tmpfiles is not installed")
    def test_site_is_found_under_etc(self):
        with tempfile.TemporaryDirectory() as root:
            os.mkdir(os.path.join(root, "etc"))
            r = run("systemd-tmpfiles", "--create", f"--root={root}",
                    "--prefix=/etc", os.path.realpath(
                        os.path.join(TOP, "systemd/tmpfiles.conf")))
            self.assertEqual((r.returncode, r.stdout), (0, ""))
            self.assertEqual(
                os.readlink(os.path.join(root, "etc/glocal-mail")),
                "/var/lib/glocal-mail")

    def test_user_and_site_fit_the_unit(self):
        with open(os.path.join(TOP, "systemd/sysusers.conf")) as f:
            self.assertRegex(f.read(), r"(?m)^u glocal-mail - ")
        with open(os.path.join(TOP, "systemd/tmpfiles.conf")) as f:
            self.assertRegex(
                f.read(),
                r"(?m)^d /var/lib/glocal-mail 0750 glocal-mail glocal-mail$")


if __name__ == "__main__":
    unittest.main()
