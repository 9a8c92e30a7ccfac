"""A second person says that an issue may go."""

import os
import subprocess
import unittest

from glocal_site import ISSUE, Scenario

DEMAND = "require_approval: true\n"


class Approval(Scenario):
    def run_as(self, who, site, *words, status=0):
        environment = {k: v for k, v in os.environ.items()
                       if k not in ("SUDO_USER", "LOGNAME")}
        done = subprocess.run(
            site.command(*words), stdin=subprocess.DEVNULL, timeout=100,
            capture_output=True, text=True, check=False,
            env=dict(environment, USER=who))
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def edit(self, site, name, old, new):
        path = site.folder / "issues" / ISSUE / name
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        path.write_text(text.replace(old, new), encoding="utf-8")

    def test_two_people(self):
        server = self.server()
        site = self.site(server, extra=DEMAND)
        done = self.run_as("aoi", site, "send", ISSUE, status=77)
        self.assertIn("not approved", done.stderr)
        self.run_as("aoi", site, "approve", ISSUE)
        done = self.run_as("aoi", site, "send", ISSUE, status=77)
        self.assertIn("approved by aoi alone", done.stderr)
        self.run_as("ken", site, "approve", ISSUE)
        site.run("status", ISSUE, status=66)
        self.assertEqual(server.events("connect"), [])
        self.run_as("aoi", site, "send", ISSUE)
        self.assert_all_once(site, server)

    def test_it_binds_to_the_letter(self):
        server = self.server()
        site = self.site(server, extra=DEMAND)
        self.run_as("ken", site, "approve", ISSUE)
        self.edit(site, "10-sumida-study-tour.en.md", "Sumida", "Sumeda")
        done = self.run_as("aoi", site, "send", ISSUE, status=77)
        self.assertRegex(done.stderr, r"changed since ken approved it \(.*\): "
                                      r"10-sumida-study-tour.en.md changed;")
        self.assertEqual(done.stderr.count("\n"), 1)
        self.edit(site, "10-sumida-study-tour.en.md", "Sumeda", "Sumida")

        templates = site.folder / "templates"
        templates.mkdir(exist_ok=True)
        (templates / "extra.txt").write_text("extra\n")
        site.configure(server.port, extra=DEMAND +
                       "tailoring: {max_articles: 3}\n")
        done = self.run_as("aoi", site, "send", ISSUE, status=77)
        self.assertIn("tailoring (configuration) changed", done.stderr)
        self.assertIn("templates/extra.txt is new", done.stderr)
        (templates / "extra.txt").unlink()
        site.configure(server.port, extra=DEMAND)
        self.run_as("aoi", site, "send", ISSUE, "--limit", 3, status=75)
        self.assertEqual(len(server.accepted()), 3)

        # What is planned goes on; anew needs a new approval.
        self.edit(site, "10-sumida-study-tour.en.md", "Sumida", "Sumeda")
        done = self.run_as("aoi", site, "send", ISSUE, "--replan", status=77)
        self.assertIn("it needs a new", done.stderr)
        self.run_as("ken", site, "approve", ISSUE)
        self.run_as("aoi", site, "send", ISSUE, "--replan")
        self.assert_all_once(site, server)

    def test_pictures_are_content(self):
        site = self.site(self.server(), extra=DEMAND)
        self.run_as("ken", site, "approve", ISSUE)
        picture = next((site.folder / "issues" / ISSUE / "images").iterdir())
        picture.write_bytes(picture.read_bytes() + b"\0")
        done = self.run_as("aoi", site, "send", ISSUE, status=77)
        self.assertIn("the pictures changed", done.stderr)

    def test_show_and_withdraw(self):
        site = self.site(self.server(), extra=DEMAND)
        done = self.run_as("ken", site, "approve", ISSUE, "--show")
        self.assertIn("nobody has approved it", done.stdout)
        self.run_as("ken", site, "approve", ISSUE)
        again = self.run_as("ken", site, "approve", ISSUE)
        self.assertIn("already", again.stdout)
        self.run_as("mai", site, "approve", ISSUE)
        rows = site.lines("approve", ISSUE, "--show")
        self.assertEqual([r["operator"] for r in rows], ["mai", "ken"])
        self.assertEqual(len({r["sha256"] for r in rows}), 1)
        self.run_as("aoi", site, "approve", ISSUE, "--withdraw")
        self.assertEqual({r["withdrawn_by"] for r in
                          site.lines("approve", ISSUE, "--show")}, {"aoi"})
        done = self.run_as("aoi", site, "send", ISSUE, status=77)
        self.assertIn("not approved", done.stderr)
        self.run_as("aoi", site, "approve", ISSUE, "--withdraw", status=66)
        self.run_as("ken", site, "approve", ISSUE)
        self.run_as("aoi", site, "send", ISSUE)

    def test_a_faulty_issue_is_not_approved(self):
        site = self.site(self.server())
        self.edit(site, "issue.md", "subject:", "subjekt:")
        done = site.run("approve", ISSUE, status=65)
        self.assertIn("did you mean 'subject'", done.stderr)
        self.edit(site, "issue.md", "subjekt:", "subject:")
        self.assertEqual(site.lines("approve", ISSUE, "--show"), [])


if __name__ == "__main__":
    unittest.main()
