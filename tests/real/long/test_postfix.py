"""A real Postfix that encrypts, asks for a password, greylists, has limits
and is restarted amid a run."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                ".."))
import postfix  # noqa: E402
from beside import Greylist, Passwords  # noqa: E402
from certificates import Authority  # noqa: E402
from story import ISSUE, Story  # noqa: E402

TIME_LIMIT_S = 300
USER, PASSWORD = "news", "correct horse"


class PostfixStory(Story):
    def server(self, **settings):
        server = postfix.Postfix(self.folder / "postfix", self.readers,
                                 **settings)
        return self.started(server)

    def check_all(self, server):
        self.check_boxes(server.boxes, postfix.ADDED, self.readers)

    def attempts(self):
        return self.ask("SELECT outcome, blame, phase, code, enhanced, text"
                        " FROM attempt WHERE delivery_id IS NOT NULL")

    def nobody_suffers(self):
        """All are still waiting."""
        books = self.site.status()
        self.assertEqual((books["queued"], books["unknown"]),
                         (len(self.readers), 0), books)


@unittest.skipIf(postfix.why_not(), postfix.why_not())
class EncryptedTest(PostfixStory):
    """STARTTLS and AUTH; without them nobody may send."""

    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder / "ca")
        self.password_file = self.folder / "password"
        self.say_password(PASSWORD)

    def say_password(self, password):
        self.password_file.write_text(password + "\n")
        self.password_file.chmod(0o600)

    def encrypting(self, name="localhost"):
        certificate, key = self.authority.issue(name)
        server = self.server(
            smtpd_tls_security_level="may", smtpd_tls_cert_file=certificate,
            smtpd_tls_key_file=key, smtpd_tls_auth_only="yes",
            smtpd_sasl_auth_enable="yes", smtpd_sasl_type="dovecot",
            smtpd_sasl_path="private/auth",
            smtpd_client_restrictions="permit_sasl_authenticated, reject")
        self.passwords = Passwords(
            self.folder / "postfix/queue/private/auth", USER, PASSWORD)
        self.addCleanup(self.passwords.stop)
        return server

    def trust(self, server, ca_file, scheme="smtp"):
        """Configures the site for the server."""
        self.use_relay(f"{scheme}://localhost:{server.port}", tls="require",
                       ca_file=ca_file, username=USER,
                       password_file=self.password_file)

    def test_starttls_and_auth(self):
        server = self.encrypting()
        self.trust(server, self.authority.ca_file)
        self.site.run("send", ISSUE)
        self.check_all(server)
        self.assertEqual(set(self.passwords.asked), {(USER, PASSWORD)})
        self.assertEqual({a["tls"] for a in self.site.log()}, {"TLSv1.3"})

    def refused(self, server, alarm):
        """The relay gets no password and no mail, and nobody fails."""
        done = self.site.run("send", ISSUE, status=75)
        self.assertRegex(done.stderr, alarm)
        self.nobody_suffers()
        self.assertEqual(self.passwords.asked, [])
        self.assertEqual(server.boxes.count(), 0)

    def test_certificate_of_another_authority(self):
        server = self.encrypting()
        self.trust(server, Authority(self.folder / "other").ca_file)
        self.refused(server, "cannot be used: .*certificate verification")
        self.trust(server, self.authority.ca_file)
        self.site.run("send", ISSUE, "--wait")
        self.check_all(server)

    def test_certificate_of_another_name(self):
        server = self.encrypting("mx.relay.example")
        self.trust(server, self.authority.ca_file)
        self.refused(server, "cannot be used: .*does not match")

    def test_no_encryption_offered(self):
        server = self.server()
        self.passwords = Passwords(self.folder / "auth", USER, PASSWORD)
        self.addCleanup(self.passwords.stop)
        self.trust(server, self.authority.ca_file)
        self.refused(server, "cannot be used: STARTTLS not supported")

    def test_wrong_password(self):
        server = self.encrypting()
        self.trust(server, self.authority.ca_file)
        self.say_password("battery staple")
        done = self.site.run("send", ISSUE, status=75)
        self.assertIn("535", done.stderr)
        self.nobody_suffers()
        self.say_password(PASSWORD)
        self.site.run("send", ISSUE, "--wait")
        self.check_all(server)


@unittest.skipIf(postfix.why_not(), postfix.why_not())
class LimitTest(PostfixStory):
    LIMIT = 30_000

    def too_large(self, phase, **settings):
        """Only the mails under the limit arrive; the others fail, and
        nobody is suppressed for it."""
        server = self.server(message_size_limit=self.LIMIT, **settings)
        self.site.configure(server.port)
        self.site.run("send", ISSUE, "--wait", status=65)
        failed = [a for a in self.attempts() if a["outcome"] == "failed"]
        self.assertEqual({(a["blame"], a["phase"]) for a in failed},
                         {("content", phase)})
        sent = {d["address"] for d in self.deliveries().values()
                if d["state"] == "sent"}
        self.assertEqual(len(sent) + len(failed), len(self.readers))
        self.assertGreater(len(sent), 0)
        self.check_boxes(server.boxes, postfix.ADDED, sent)
        self.assertEqual(self.site.lines("suppress", "list"), [])
        return server, failed

    def test_size_is_announced(self):
        server, failed = self.too_large("mail")
        self.assertNotIn("too big", server.log())
        self.assertEqual({a["code"] for a in failed}, {0})

    def test_size_is_not_announced(self):
        _, failed = self.too_large(
            "final", smtpd_discard_ehlo_keywords="size")
        self.assertEqual({(a["code"], a["enhanced"]) for a in failed},
                         {(552, "5.3.4")})


@unittest.skipIf(postfix.why_not(), postfix.why_not())
class LaterTest(PostfixStory):
    def test_greylisting(self):
        greylist = Greylist()
        self.addCleanup(greylist.stop)
        server = self.server(smtpd_recipient_restrictions="check_policy_service"
                             f" inet:127.0.0.1:{greylist.port}")
        self.site.configure(server.port)
        self.site.run("send", ISSUE, "--wait")
        self.check_all(server)
        deferred = [a for a in self.attempts() if a["outcome"] == "deferred"]
        self.assertEqual(len(deferred), len(self.readers))
        self.assertEqual({(a["code"], a["enhanced"]) for a in deferred},
                         {(450, "4.7.1")})
        self.assertEqual(set(greylist.seen.values()), {2})

    def test_fewer_connections_than_we_want(self):
        """421 to the surplus connections costs nobody a mail."""
        server = self.server(smtpd_client_connection_count_limit=2,
                             smtpd_client_event_limit_exceptions="")
        self.site.configure(server.port, connections=6)
        done = self.site.run("send", ISSUE, "--wait")
        self.assertNotIn("alarm", done.stderr)
        self.check_all(server)
        self.assertIn("concurrency limit exceeded", server.log())

    def test_fewer_mails_than_we_want(self):
        """Past its rate the server says 450; later it takes the rest."""
        server = self.server(smtpd_client_message_rate_limit=50,
                             anvil_rate_time_unit="3s",
                             smtpd_client_event_limit_exceptions="")
        self.site.configure(server.port, longest="1s")
        done = self.site.run("send", ISSUE, "--wait")
        self.check_all(server)
        self.assertIn("slows us down: 450", done.stderr)
        self.assertEqual({a["code"] for a in self.attempts()}, {250})

    def test_restarts_amid_a_run(self):
        server = self.server()
        self.site.configure(server.port, extra="pace: {per_second: 40}\n")
        process = self.site.start("send", ISSUE, "--wait")
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        for count in (20, 50, 80):
            server.boxes.wait(count)
            server.stop()
            self.assertIsNone(process.poll(), "the run is over too early")
            server.start()
        self.assertEqual(process.wait(60), 0)
        self.check_boxes(server.boxes, postfix.ADDED, self.readers,
                         self.unknown())
        books = self.site.status()
        self.assertEqual(books["sent"], len(self.readers))


if __name__ == "__main__":
    unittest.main()
