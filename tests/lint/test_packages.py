"""config/packages.sh against an apt of paper: nothing here installs a thing."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIG = os.path.join(HERE, "../../config")

# Tells that what `have` names is installed.
DPKG_QUERY = r"""#!/bin/sh
for name; do
    case $name in -*|'$'*) continue ;; esac
    grep -qx "$name" "$PAPER/have" && echo "$name ii "
    grep -qx "$name" "$PAPER/removed" && echo "$name rc "
done
exit 1
"""
# Writes down how it was called; ends with the next status in `statuses`.
APT_GET = r"""#!/bin/sh
[ "$DEBIAN_FRONTEND" = noninteractive ] || exit 9
echo "$*" >>"$PAPER/calls"
echo "told by apt"
status=$(head -n 1 "$PAPER/statuses"); sed -i 1d "$PAPER/statuses"
exit "${status:-0}"
"""
SUDO = '#!/bin/sh\necho "sudo $*" >>"$PAPER/sudo"\nshift\nexec "$@"\n'


class Packages(unittest.TestCase):
    def setUp(self):
        self.paper = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.paper)
        self.bin = os.path.join(self.paper, "bin")
        os.mkdir(self.bin)
        for tool in ("dirname", "fold", "sed", "mktemp", "rm", "cat", "env",
                     "grep", "head"):
            os.symlink(shutil.which(tool), os.path.join(self.bin, tool))
        shutil.copy(os.path.join(CONFIG, "packages.sh"), self.paper)
        self.write("packages.one", "# a list\n\nalpha\nbeta  # why\ngamma")
        for name in ("have", "removed", "calls", "statuses", "sudo"):
            self.write(name, "")
        self.tool("dpkg-query", DPKG_QUERY)
        self.tool("apt-get", APT_GET)
        self.tool("id", "#!/bin/sh\necho 0\n")

    def write(self, name, text):
        with open(os.path.join(self.paper, name), "w") as f:
            f.write(text)

    def read(self, name):
        with open(os.path.join(self.paper, name)) as f:
            return f.read()

    def tool(self, name, text):
        path = os.path.join(self.bin, name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o755)

    def run_it(self, *lists):
        r = subprocess.run(
            ["/bin/sh", os.path.join(self.paper, "packages.sh"),
             *(lists or ["one"])], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=30,
            env={"PATH": self.bin, "PAPER": self.paper,
                 "TMPDIR": self.paper})
        left = [n for n in os.listdir(self.paper) if n.startswith("deps.")]
        self.assertEqual(left, [])
        return r

    def test_nothing_missing_is_silent(self):
        self.write("have", "alpha\nbeta\ngamma\n")
        r = self.run_it()
        self.assertEqual((r.returncode, r.stdout, r.stderr), (0, "", ""))
        self.assertEqual(self.read("calls"), "")

    def test_installs_what_is_missing(self):
        self.write("have", "beta\n")
        self.write("removed", "gamma\n")
        r = self.run_it()
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertIn("  alpha gamma\n", r.stdout)
        calls = self.read("calls").splitlines()
        self.assertEqual(len(calls), 1)
        self.assertRegex(calls[0], r"install -y --no-install-recommends "
                                   r"alpha gamma$")

    def test_fetches_the_index_only_when_needed(self):
        self.write("statuses", "100\n0\n0\n")
        r = self.run_it()
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertEqual([re.search(r"(install|update)", c)[1]
                          for c in self.read("calls").splitlines()],
                         ["install", "update", "install"])

    def test_failure_names_packages_and_shows_apt(self):
        self.write("statuses", "100\n0\n100\n")
        r = self.run_it()
        self.assertEqual(r.returncode, 69)
        self.assertIn("  alpha beta gamma\n", r.stderr)
        self.assertIn("told by apt", r.stderr)

    def test_without_apt(self):
        os.unlink(os.path.join(self.bin, "apt-get"))
        os.unlink(os.path.join(self.bin, "dpkg-query"))
        r = self.run_it()
        self.assertEqual(r.returncode, 69)
        self.assertIn("no apt", r.stderr)
        self.assertIn("  alpha beta gamma\n", r.stderr)

    def test_without_root_and_sudo(self):
        self.tool("id", "#!/bin/sh\necho 1000\n")
        r = self.run_it()
        self.assertEqual(r.returncode, 69)
        self.assertIn("not root", r.stderr)
        self.assertIn("  alpha beta gamma\n", r.stderr)
        self.assertEqual(self.read("calls"), "")

    def test_sudo_that_wants_a_password(self):
        self.tool("id", "#!/bin/sh\necho 1000\n")
        self.tool("sudo", "#!/bin/sh\nexit 1\n")
        r = self.run_it()
        self.assertEqual(r.returncode, 69)
        self.assertIn("password", r.stderr)

    def test_with_sudo(self):
        self.tool("id", "#!/bin/sh\necho 1000\n")
        self.tool("true", "#!/bin/sh\nexit 0\n")
        self.tool("sudo", SUDO)
        self.assertEqual(self.run_it().returncode, 0)
        self.assertIn("alpha beta gamma", self.read("calls"))
        self.assertIn("apt-get", self.read("sudo"))

    def test_unknown_list(self):
        self.assertEqual(self.run_it("two").returncode, 66)
        self.assertEqual(self.run_it("one", "two").returncode, 66)


class Lists(unittest.TestCase):
    def test_lists_hold_package_names(self):
        names = [n for n in os.listdir(CONFIG)
                 if n.startswith("packages.") and n != "packages.sh"]
        self.assertIn("packages.build", names)
        for name in names:
            with open(os.path.join(CONFIG, name)) as f:
                words = [w for line in f
                         if (w := line.split("#")[0].strip())]
            with self.subTest(list=name):
                self.assertTrue(words)
                self.assertEqual(len(words), len(set(words)))
                for word in words:
                    self.assertRegex(word, r"^[a-z0-9][a-z0-9+.-]+$")


if __name__ == "__main__":
    unittest.main()
