"""The April issue through a real Exim, which is stricter than most about who
may speak when."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                ".."))
import exim  # noqa: E402
from certificates import Authority  # noqa: E402
from story import ISSUE, Story  # noqa: E402

TIME_LIMIT_S = 300
USER, PASSWORD = "news", "correct horse"


@unittest.skipIf(exim.why_not(), exim.why_not())
class EximTest(Story):
    def server(self, addresses, **options):
        server = exim.Exim(self.folder / "exim", addresses, **options)
        return self.started(server)

    def test_everyone_gets_the_composed_bytes(self):
        server = self.server(self.readers)
        self.site.configure(server.port)
        self.site.run("send", ISSUE)
        self.check_boxes(server.boxes, exim.ADDED, self.readers)
        self.assertNotIn("synchronization", server.log())

    def test_unknown_recipients_between_others(self):
        gone = self.readers[2::5]
        listed = sorted(set(self.readers) - set(gone))
        server = self.server(listed)
        self.site.configure(server.port, connections=2)
        self.site.run("send", ISSUE, "--wait", status=65)
        self.check_boxes(server.boxes, exim.ADDED, listed)
        refused = [a for a in self.site.log() if a["outcome"] == "failed"]
        self.assertEqual(sorted(a["address"] for a in refused), gone)
        self.assertEqual({(a["code"], a["enhanced"]) for a in refused},
                         {(550, "5.1.1")})

    def test_few_mails_per_connection(self):
        """421 to the eleventh mail costs no attempt and no mail."""
        server = self.server(self.readers, settings=(
            "smtp_accept_max_per_connection = 10\n"))
        self.site.configure(server.port, connections=3)
        self.site.run("send", ISSUE, "--wait")
        self.check_boxes(server.boxes, exim.ADDED, self.readers)
        self.assertEqual([a["outcome"] for a in self.site.log()],
                         ["sent"] * len(self.readers))

    def test_starttls_and_auth(self):
        authority = Authority(self.folder / "ca")
        server = self.server(self.readers, login=(USER, PASSWORD),
                             certificate=authority.issue("localhost"))
        password = self.folder / "password"
        password.write_text(PASSWORD + "\n")
        password.chmod(0o600)
        self.use_relay(f"smtp://localhost:{server.port}", tls="require",
                       ca_file=authority.ca_file, username=USER,
                       password_file=password)
        self.site.run("send", ISSUE)
        self.check_boxes(server.boxes, exim.ADDED, self.readers)
        self.assertEqual({a["tls"] for a in self.site.log()}, {"TLSv1.3"})
        self.assertIn("A=plain:news", server.log())


if __name__ == "__main__":
    unittest.main()
