"""`make install` puts down what is needed, `make uninstall` takes it away, and
the installed program finds its share by itself."""

import os
import shutil
import stat
import subprocess
import tempfile
import unittest

TOP = os.path.realpath(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.environ.get("GLOCAL_MAIL_BUILD", "build")


class Install(unittest.TestCase):
    def setUp(self):
        self.dest = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dest)

    def make(self, *words):
        """Runs make on what is built already: -o keeps it from compiling."""
        r = subprocess.run(
            ["make", "-s", "-C", TOP, "-o", f"{BUILD}/glocal-mail",
             f"BUILD={BUILD}", f"DESTDIR={self.dest}", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=60)
        self.assertEqual(r.returncode, 0, r.stdout)

    def files(self):
        return {os.path.relpath(os.path.join(folder, name), self.dest)
                for folder, _, names in os.walk(self.dest) for name in names}

    def test_files(self):
        self.make("install", "PREFIX=/usr")
        have = self.files()
        for name in ("bin/glocal-mail",
                     "lib/systemd/system/glocal-mail-deliver.service",
                     "lib/sysusers.d/glocal-mail.conf",
                     "lib/tmpfiles.d/glocal-mail.conf",
                     "share/glocal-mail/config/municipalities.csv",
                     "share/glocal-mail/config/glocal-mail.yaml",
                     "share/glocal-mail/config/sample/contacts.csv",
                     "share/glocal-mail/config/sample/issues/2026-04/issue.md",
                     "share/glocal-mail/templates/digest.html",
                     "share/glocal-mail/templates/digest.txt"):
            with self.subTest(file=name):
                self.assertIn("usr/" + name, have)

        # Nothing that only the source tree needs, and nothing elsewhere.
        self.assertEqual([n for n in have if "packages." in n
                          or "illustrations" in n], [])
        self.assertEqual([n for n in have if not n.startswith("usr/")], [])

        # Anyone may read it and nobody but the owner may change it.
        for name in have:
            mode = os.stat(os.path.join(self.dest, name)).st_mode
            wanted = 0o755 if name == "usr/bin/glocal-mail" else 0o644
            self.assertEqual(stat.S_IMODE(mode), wanted, name)

    def test_unit_names_the_program(self):
        self.make("install", "PREFIX=/opt/mail")
        path = "opt/mail/lib/systemd/system/glocal-mail-deliver.service"
        with open(os.path.join(self.dest, path)) as f:
            text = f.read()
        self.assertIn("ExecStart=/opt/mail/bin/glocal-mail --site "
                      "/var/lib/glocal-mail deliver\n", text)
        self.assertNotIn("@", text.replace("@system-service", "")
                         .replace("@privileged @resources", ""))

    def test_installed_program_makes_a_site(self):
        self.make("install", "PREFIX=/usr")
        site = os.path.join(self.dest, "site")
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith("GLOCAL_MAIL")}
        r = subprocess.run(
            [os.path.join(self.dest, "usr/bin/glocal-mail"), "--site", site,
             "init", "--sample"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=60, cwd=self.dest, env=environment)
        self.assertEqual(r.returncode, 0, r.stdout)
        for name in ("glocal-mail.yaml", "issues/2026-04/issue.md"):
            self.assertTrue(os.path.exists(os.path.join(site, name)), name)

    def test_uninstall_leaves_no_file(self):
        self.make("install")
        self.assertIn("usr/local/bin/glocal-mail", self.files())
        other = os.path.join(self.dest, "usr/local/bin/other")
        with open(other, "w"):
            pass
        self.make("uninstall")
        self.assertEqual(self.files(), {"usr/local/bin/other"})


if __name__ == "__main__":
    unittest.main()
