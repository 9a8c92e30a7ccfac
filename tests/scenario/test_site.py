"""Making a site and checking it: init, init --sample, check."""

import os
import pathlib
import stat
import subprocess
import tempfile
import unittest

PROGRAM = os.path.abspath(os.environ.get("GLOCAL_MAIL", "build/glocal-mail"))


def run(*words, site=None, cwd=None, **environment):
    """The finished process of a command."""
    words = ["--site", str(site), *words] if site else list(words)
    plain = {k: v for k, v in os.environ.items() if k != "GLOCAL_MAIL_SITE"}
    return subprocess.run([PROGRAM, *words], cwd=cwd, capture_output=True,
                          text=True, timeout=60, stdin=subprocess.DEVNULL,
                          env=plain | environment)


class SiteTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.site = pathlib.Path(folder.name) / "some" / "site"

    def test_sample_site_is_whole(self):
        made = run("init", "--sample", site=self.site)
        self.assertEqual(made.returncode, 0, made.stderr)
        state = (self.site / "state").stat()
        self.assertEqual(stat.S_IMODE(state.st_mode), 0o700)
        checked = run("check", site=self.site)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertEqual(checked.stderr, "")
        listed = run("subscriber", "list", "--json", site=self.site)
        sample = (self.site / "contacts.csv").read_text(encoding="utf-8")
        self.assertEqual(len(listed.stdout.splitlines()),
                         len(sample.splitlines()) - 1)

    def test_plain_site_says_what_is_missing(self):
        made = run("init", site=self.site)
        self.assertEqual(made.returncode, 0, made.stderr)
        checked = run("check", site=self.site)
        self.assertEqual(checked.returncode, 78)
        for key in ("sender.name", "sender.address", "sender.postal",
                    "bounce_domain", "public_url", "relays.url"):
            self.assertRegex(checked.stderr,
                             rf"glocal-mail\.yaml:\d+: {key} must be filled")

    def test_site_is_made_once(self):
        self.assertEqual(run("init", site=self.site).returncode, 0)
        before = (self.site / "glocal-mail.yaml").read_bytes()
        again = run("init", "--sample", site=self.site)
        self.assertEqual(again.returncode, 73)
        self.assertIn("is a site already", again.stderr)
        self.assertEqual((self.site / "glocal-mail.yaml").read_bytes(), before)

    def test_configuration_may_be_replaced(self):
        self.assertEqual(run("init", "--sample", site=self.site).returncode, 0)
        (self.site / "glocal-mail.yaml").write_text(
            "sender: {name: N, address: n@news.example, postal: P}\n"
            "bounce_domain: b.news.example\n"
            "public_url: https://news.example\n"
            "relays: [{url: 'smtp://127.0.0.1:25', tls: off}]\n")
        listed = run("subscriber", "list", "--json", site=self.site)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertGreater(len(listed.stdout.splitlines()), 100)

    def test_all_complaints_come_in_one_run(self):
        self.assertEqual(run("init", "--sample", site=self.site).returncode, 0)
        path = self.site / "glocal-mail.yaml"
        path.write_text(path.read_text() + "stroe: x\npublic_url: y\n")
        checked = run("check", site=self.site)
        self.assertEqual(checked.returncode, 78)
        self.assertIn("unknown key 'stroe' (did you mean 'store'?)",
                      checked.stderr)
        self.assertIn("'public_url' is given twice", checked.stderr)

    def test_check_looks_at_issues(self):
        self.assertEqual(run("init", "--sample", site=self.site).returncode, 0)
        issue = self.site / "issues" / "2026-04"
        story = issue / "10-sumida-study-tour.en.md"
        story.write_text(story.read_text().replace("title:", "titel:", 1))
        (issue / "images" / "forum-halal.png").unlink()
        checked = run("check", site=self.site)
        self.assertEqual(checked.returncode, 65)
        self.assertIn("issues/2026-04/10-sumida-study-tour.en.md:2: unknown "
                      "key 'titel' (did you mean 'title'?)", checked.stderr)
        self.assertIn("there is no picture 'images/forum-halal.png'",
                      checked.stderr)

    def test_site_is_found(self):
        self.assertEqual(run("init", "--sample", site=self.site).returncode, 0)
        inside = self.site / "issues" / "2026-04"
        self.assertEqual(run("check", cwd=inside).returncode, 0)
        outside = self.site.parent
        self.assertEqual(run("check", cwd=outside).returncode, 78)
        named = run("check", cwd=outside, GLOCAL_MAIL_SITE=str(self.site))
        self.assertEqual(named.returncode, 0, named.stderr)


if __name__ == "__main__":
    unittest.main()
