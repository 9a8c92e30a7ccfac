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
        checked = run("check", "--offline", site=self.site)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertEqual(checked.stderr, "")
        listed = run("subscriber", "list", "--json", site=self.site)
        sample = (self.site / "contacts.csv").read_text(encoding="utf-8")
        self.assertEqual(len(listed.stdout.splitlines()),
                         len(sample.splitlines()) - 1)

    def test_plain_site_says_what_is_missing(self):
        made = run("init", site=self.site)
        self.assertEqual(made.returncode, 0, made.stderr)
        checked = run("check", "--offline", site=self.site)
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

    def lose_database(self):
        for path in (self.site / "state").glob("glocal-mail.db*"):
            path.unlink()

    def test_lost_database_is_not_replaced(self):
        self.assertEqual(run("init", "--sample", site=self.site).returncode, 0)
        self.lose_database()
        database = self.site / "state" / "glocal-mail.db"
        for words in (["status"], ["subscriber", "list"],
                      ["subscriber", "import", "contacts.csv"],
                      ["send", "2026-04"], ["deliver"], ["check"]):
            refused = run(*words, site=self.site)
            self.assertEqual(refused.returncode, 66, words)
            self.assertIn("is its disk mounted?", refused.stderr, words)
            self.assertFalse(database.exists(), words)
        database.touch()
        refused = run("status", site=self.site)
        self.assertEqual(refused.returncode, 66)
        self.assertIn("is empty", refused.stderr)

    def test_init_makes_the_database_alone(self):
        self.assertEqual(run("init", "--sample", site=self.site).returncode, 0)
        self.lose_database()
        path = self.site / "glocal-mail.yaml"
        path.write_text(path.read_text() + "# mine\n")
        before = path.read_bytes()
        made = run("init", "--sample", site=self.site)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn("as they were", made.stdout)
        self.assertEqual(path.read_bytes(), before)
        listed = run("subscriber", "list", "--json", site=self.site)
        self.assertGreater(len(listed.stdout.splitlines()), 100)
        self.assertEqual(run("init", site=self.site).returncode, 73)

    def test_init_of_an_unfilled_site(self):
        self.assertEqual(run("init", site=self.site).returncode, 0)
        self.assertEqual(run("status", site=self.site).returncode, 0)
        self.lose_database()
        made = run("init", site=self.site)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(run("status", site=self.site).returncode, 0)

    def test_key_shows_that_a_database_was_there(self):
        self.assertEqual(run("init", "--sample", site=self.site).returncode, 0)
        seen = run("preview", "2026-04", "--as", "a@b.example", site=self.site)
        self.assertEqual(seen.returncode, 0, seen.stderr)
        self.lose_database()
        refused = run("init", "--sample", site=self.site)
        self.assertEqual(refused.returncode, 73)
        self.assertIn("--new-store", refused.stderr)
        made = run("init", "--sample", "--new-store", site=self.site)
        self.assertEqual(made.returncode, 0, made.stderr)

    def test_broken_off_init_is_repeated(self):
        self.assertEqual(run("init", "--sample", site=self.site).returncode, 0)
        self.lose_database()
        (self.site / "glocal-mail.yaml").unlink()
        (self.site / "contacts.csv").unlink()
        again = run("init", "--sample", site=self.site)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(run("check", "--offline", site=self.site).returncode, 0)

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
        checked = run("check", "--offline", site=self.site)
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
        checked = run("check", "--offline", site=self.site)
        self.assertEqual(checked.returncode, 65)
        self.assertIn("issues/2026-04/10-sumida-study-tour.en.md:2: unknown "
                      "key 'titel' (did you mean 'title'?)", checked.stderr)
        self.assertIn("there is no picture 'images/forum-halal.png'",
                      checked.stderr)

    def test_site_is_found(self):
        self.assertEqual(run("init", "--sample", site=self.site).returncode, 0)
        inside = self.site / "issues" / "2026-04"
        self.assertEqual(run("check", "--offline", cwd=inside).returncode, 0)
        outside = self.site.parent
        self.assertEqual(run("check", "--offline", cwd=outside).returncode, 78)
        named = run("check", "--offline", cwd=outside,
                    GLOCAL_MAIL_SITE=str(self.site))
        self.assertEqual(named.returncode, 0, named.stderr)


if __name__ == "__main__":
    unittest.main()
