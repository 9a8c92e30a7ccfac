"""The scripted server itself: each phase, each action, each complaint."""

import hashlib
import os
import pathlib
import select
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
import unittest

from fake_smtp import BINARY, FakeSmtp, checksum, wait_for

BODY = b"Subject: test\r\n\r\n.dot\r\n..dots\r\n.\x20\r\nlast line\r\n"
STUFFED = BODY.replace(b"\r\n.", b"\r\n..")


class Client:
    """A raw client: sends what it is told, reads whole replies."""

    def __init__(self, smtp, banner="220"):
        self.sock = socket.create_connection(("127.0.0.1", smtp.port), 60)
        self.file = self.sock.makefile("rb")
        if banner:
            assert self.reply().startswith(banner)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def reply(self):
        lines = []
        while True:
            line = self.file.readline().decode("latin-1")
            lines.append(line)
            if not line or line[3:4] != "-":
                return "".join(lines)

    def say(self, line):
        self.send(line + "\r\n")
        return self.reply()

    def greet(self):
        return self.say("EHLO client.example")

    def envelope(self, rcpt="r@one.example", sender="s@two.example", more=""):
        first = self.say(f"MAIL FROM:<{sender}>{more}")
        return first[:3], self.say(f"RCPT TO:<{rcpt}>")[:3]

    def deliver(self, rcpt="r@one.example", body=STUFFED, more=""):
        """One whole transaction; the last reply code."""
        codes = self.envelope(rcpt, more=more)
        if codes != ("250", "250"):
            return codes[codes[0] == "250"]
        answer = self.say("DATA")
        if answer[:3] != "354":
            return answer[:3]
        self.send(body + b".\r\n")
        return self.reply()[:3]


class Case(unittest.TestCase):
    def serve(self, script="", *options, **how):
        smtp = FakeSmtp(script=script, options=options, **how)
        self.addCleanup(smtp.__exit__)
        return smtp

    def client(self, smtp, greet=True, **how):
        client = Client(smtp, **how)
        self.addCleanup(client.close)
        if greet:
            client.greet()
        return client


class Plain(Case):
    def test_ledger_dump_and_counters(self):
        smtp = self.serve(dump=True)
        with smtplib.SMTP("127.0.0.1", smtp.port) as client:
            client.sendmail("s@a.example", ["r@a.example", "q@a.example"], BODY)
            client.sendmail("s@a.example", ["r@a.example"], BODY)
        first, second = smtp.accepted()
        self.assertEqual(first["rcpts"], ["r@a.example", "q@a.example"])
        self.assertEqual(first["from"], "s@a.example")
        self.assertEqual(first["bytes"], len(BODY))
        self.assertEqual(first["sha256"], hashlib.sha256(BODY).hexdigest())
        self.assertEqual(smtp.message(1), BODY)
        self.assertEqual((second["message"], second["transaction"]), (2, 2))
        smtp.wait_events("quit", 1)
        self.assertEqual(smtp.stop(), 0)
        stats = smtp.stats()
        self.assertEqual(stats["recipients"], 3)
        self.assertEqual(stats["distinct"], 2)
        self.assertEqual(stats["checksum"], checksum(
            ["r@a.example", "q@a.example", "r@a.example"]))
        self.assertEqual(stats["violations"], {})

    def test_counters_without_ledger(self):
        smtp = self.serve(log=False)
        rcpts = [f"r{i}@a.example" for i in range(20)]
        client = self.client(smtp)
        for rcpt in rcpts:
            self.assertEqual(client.deliver(rcpt), "250")
        stats = smtp.stats()
        self.assertEqual(stats["checksum"], checksum(reversed(rcpts)))
        self.assertEqual((stats["accepted"], stats["distinct"]), (20, 20))
        self.assertEqual(stats["open"], 1)

    def test_body_in_any_pieces(self):
        smtp = self.serve(dump=True)
        client = self.client(smtp)
        lines = [b"x" * (i % 90) for i in range(400)] + [b".", b"..", b".x."]
        body = b"\r\n".join(lines) + b"\r\n"
        wire = body.replace(b"\r\n.", b"\r\n..") + b".\r\n"
        for piece in (1, 2, 3, 255, 256, 257, 1000, len(wire)):
            with self.subTest(piece=piece):
                client.envelope()
                client.say("DATA")
                for i in range(0, len(wire), piece):
                    client.send(wire[i:i + piece])
                self.assertEqual(client.reply()[:3], "250")
                self.assertEqual(smtp.message(len(smtp.accepted())), body)
        self.assertEqual(smtp.violations(), [])

    def test_small_commands(self):
        client = self.client(self.serve(), greet=False)
        for line, code in (("MAIL FROM:<a@b.example>", "503"),
                           ("HELO x", "250"), ("NOOP", "250"), ("VRFY x", "252"),
                           ("HELP", "214"), ("XYZZY", "500"), ("BDAT 3", "500"),
                           ("MAIL FROM a@b.example", "501"), ("RSET", "250"),
                           ("DATA", "503"), ("QUIT", "221")):
            self.assertEqual(client.say(line)[:3], code, line)
        self.assertEqual(client.reply(), "")

    def test_features(self):
        all_of = ["PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8",
                  "ENHANCEDSTATUSCODES"]
        cases = [((), all_of),
                 (("--chunking",), all_of[:4] + ["CHUNKING"] + all_of[4:]),
                 (("--no-pipelining", "--size", "1000", "--no-8bitmime",
                   "--no-smtputf8", "--no-enhancedstatuscodes"), ["SIZE 1000"]),
                 (("--no-size",), [all_of[0]] + all_of[2:])]
        for options, offered in cases:
            with self.subTest(options=options):
                client = self.client(self.serve("", *options), greet=False)
                lines = client.greet().splitlines()
                self.assertEqual([line[4:] for line in lines[1:]], offered)
        client = self.client(self.serve("", "--no-ehlo"), greet=False)
        self.assertEqual(client.greet()[:3], "500")
        self.assertEqual(client.say("HELO x")[:3], "250")
        self.assertEqual(client.deliver(), "250")

    def test_enhanced_codes_can_be_left_out(self):
        client = self.client(self.serve("", "--no-enhancedstatuscodes"))
        self.assertEqual(client.say("NOOP"), "250 nothing done\r\n")

    def test_size(self):
        smtp = self.serve("", "--size", "100")
        client = self.client(smtp)
        self.assertEqual(client.deliver(more=" SIZE=101"), "552")
        self.assertEqual(client.deliver(body=b"x" * 60 + b"\r\n" + b"y" * 60 +
                                        b"\r\n"), "552")
        self.assertEqual(client.deliver(more=" SIZE=100"), "250")
        self.assertEqual(len(smtp.accepted()), 1)

    def test_bdat(self):
        smtp = self.serve("", "--chunking", dump=True)
        client = self.client(smtp)
        client.envelope()
        client.send(b"BDAT 5\r\nab\r\n.BDAT 0\r\nBDAT 3 LAST\r\n\r\nz")
        self.assertEqual([client.reply()[:3] for _ in range(3)], ["250"] * 3)
        self.assertEqual(smtp.message(1), b"ab\r\n.\r\nz")
        self.assertEqual(smtp.violations(), ["no-final-crlf"])
        client.send(b"BDAT 4 LAST\r\nabcd")
        self.assertEqual(client.reply()[:3], "503")
        client.say("RSET")
        client.envelope()
        client.send(b"BDAT 2\r\n\r\nDATA\r\nBDAT 0 LAST\r\n")
        self.assertEqual([client.reply()[:3] for _ in range(3)],
                         ["250", "503", "250"])
        self.assertEqual(len(smtp.accepted()), 2)

    def test_bdat_refused_chunk(self):
        smtp = self.serve("bdat times=1 reply 452 4.3.1 full\n", "--chunking")
        client = self.client(smtp)
        client.envelope()
        client.send(b"BDAT 2\r\n\r\nBDAT 2 LAST\r\n\r\n")
        self.assertEqual(client.reply()[:3], "452")
        self.assertEqual(client.reply()[:3], "503")
        self.assertEqual(smtp.accepted(), [])

    def test_delays(self):
        smtp = self.serve("", "--delay-ms", "60", "--body-delay-ms", "100")
        client = self.client(smtp)
        start = time.monotonic()
        client.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
        together = client.sock.recv(4096)
        self.assertGreaterEqual(time.monotonic() - start, 0.06)
        self.assertEqual([line[:3] for line in together.splitlines()],
                         [b"250", b"250", b"354"])
        start = time.monotonic()
        client.send(b"\r\n.\r\n")
        client.reply()
        self.assertGreaterEqual(time.monotonic() - start, 0.16)

    def test_ends_by_the_clock(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([BINARY, "--max-seconds", "1"], cwd=folder,
                                  stdout=subprocess.PIPE, timeout=20)
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.startswith(b'{"report":1,'))

    def test_stops_after(self):
        """Nobody hears of the message at which it stops before it goes on."""
        for log in (True, False):
            smtp = self.serve("", "--stop-after", "2", log=log)
            client = self.client(smtp)
            self.assertEqual(client.deliver(), "250")
            client.envelope()
            client.say("DATA")
            client.send(b"\r\n.\r\n")
            smtp.wait_stopped()
            self.assertEqual(select.select([client.sock], [], [], 0.1)[0], [])
            smtp.go_on()
            self.assertEqual(client.reply()[:3], "250")
            self.assertEqual(client.deliver(), "250")
            self.assertEqual(smtp.stats()["accepted"], 3)

    def test_ledger_survives_kill(self):
        smtp = self.serve()
        client = self.client(smtp)
        self.assertEqual(client.deliver(), "250")
        os.kill(smtp._process.pid, signal.SIGKILL)
        smtp._process.wait()
        self.assertEqual(len(smtp.accepted()), 1)


class Violations(Case):
    def violations(self, data, script="", options=(), replies=1, body=False):
        smtp = self.serve(script, *options)
        client = self.client(smtp)
        if body:
            client.envelope()
            client.say("DATA")
        client.send(data)
        codes = [client.reply()[:3] for _ in range(replies)]
        return smtp.violations(), codes

    def test_nested_mail_after_refused_rcpt(self):
        smtp = self.serve("rcpt match=bad@* reply 550 5.1.1 no\n")
        client = self.client(smtp)
        client.send("MAIL FROM:<one@b.example>\r\nRCPT TO:<bad@d.example>\r\n"
                    "DATA\r\n")
        self.assertEqual([client.reply()[:3] for _ in range(3)],
                         ["250", "550", "554"])
        self.assertEqual(smtp.violations(), [])
        client.send("MAIL FROM:<two@b.example>\r\nRCPT TO:<c@d.example>\r\n"
                    "DATA\r\n")
        self.assertEqual(client.reply(), "503 5.5.1 nested MAIL command\r\n")
        self.assertEqual([client.reply()[:3] for _ in range(2)], ["250", "354"])
        client.send(b"\r\n.\r\n")
        self.assertEqual(client.reply()[:3], "250")
        self.assertEqual(smtp.accepted()[0]["from"], "one@b.example")
        self.assertEqual(smtp.violations(), ["nested-mail"])
        self.assertEqual(client.deliver("bad@d.example"), "550")
        client.say("RSET")
        self.assertEqual(client.deliver(), "250")
        self.assertEqual(smtp.stats()["violations"], {"nested-mail": 1})

    def test_group_after_refused_mail_is_no_violation(self):
        smtp = self.serve("mail reply 451 4.3.0 later\n")
        client = self.client(smtp)
        client.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
        self.assertEqual([client.reply()[:3] for _ in range(3)],
                         ["451", "503", "503"])
        self.assertEqual(smtp.violations(), [])

    def test_pipelining(self):
        group = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"
        self.assertEqual(self.violations(group, replies=2)[0], [])
        self.assertEqual(
            self.violations(group, options=("--no-pipelining",), replies=2)[0],
            ["pipelining"])
        self.assertEqual(
            self.violations("NOOP\r\nRSET\r\n", replies=2)[0], ["pipelining"])
        self.assertEqual(
            self.violations(group + "DATA\r\n\r\n.\r\n", replies=4)[0],
            ["pipelining"])

    def test_octets_of_the_body(self):
        long = b"x" * 999
        cases = ((b"\r\na\nb\r\n", ["bare-lf"]), (b"\r\na\rb\r\n", ["bare-cr"]),
                 (b"\r\na\n.\nb\r\n", ["bare-lf"]),
                 (b"\r\na\r.\r\r\n", ["bare-cr"]),
                 (b"\r\n" + long + b"\r\n", ["long-line"]),
                 (b"\r\n" + long[1:] + b"\r\n", []),
                 (b"S: \xc3\xa4\r\n\r\n", ["8bit-header"]),
                 (b"S: \xc3\xa4\r\n", ["8bit-header"]),
                 (b"S: x\r\n\r\n\xc3\xa4\r\n", ["8bit-body"]),
                 (b"\r\n" + b"." * 5000 + b"\r\n", ["long-line"]),
                 (b"\r\n\r", ["bare-cr"]))
        for body, wanted in cases:
            for before in (0, 100, 253, 254, 255, 256, 257, 2000):
                filler = (b"X: " + b"y" * 60 + b"\r\n") * 40
                data = filler[-before:] if before else b""
                with self.subTest(body=body[:20], before=before):
                    # What is left of a cut line is a line as well.
                    end = b"" if body.endswith(b"\n") else b"\r\n"
                    found = self.violations(
                        data + body + end + b".\r\n", body=True)
                    self.assertEqual(found, (wanted, ["250"]))
                    # Followed by enough to be surveyed in whole blocks.
                    found = self.violations(
                        data + body + end + filler + b".\r\n", body=True)
                    self.assertEqual(found, (wanted, ["250"]))

    def test_declared_8bit(self):
        smtp = self.serve()
        client = self.client(smtp)
        body = b"S: \xc3\xa4\r\n\r\n\xc3\xa4\r\n"
        self.assertEqual(
            client.deliver(body=body, more=" BODY=8BITMIME SMTPUTF8"), "250")
        self.assertEqual(client.deliver("\u00e4@d.example"), "553")
        self.assertEqual(smtp.violations(), ["parameter"])

    def test_commands(self):
        cases = (("NOOP\n", "command-bare-lf", "250"),
                 ("RCPT TO:<a@b.example>\r\n", "out-of-order", "503"),
                 ("MAIL FROM:a@b.example\r\n", "syntax", "501"),
                 ("MAIL FROM:<a@b.example> X=1\r\n", "parameter", "555"),
                 ("NOOP " + "x" * 5000 + "\r\n", "command-too-long", "500"))
        for data, wanted, code in cases:
            with self.subTest(data=data[:30]):
                self.assertEqual(self.violations(data), ([wanted], [code]))
        self.assertEqual(self.violations(
            "MAIL FROM:<a@b.example> SIZE=1\r\n", options=("--no-size",)),
            (["parameter"], ["555"]))


PHASES = ("connect", "ehlo", "mail", "rcpt", "data", "body", "rset", "quit")


class Script(Case):
    def reach(self, smtp, phase):
        """Do all that comes before a phase, then what it answers to; that
        is no earlier than `client.since`."""
        since = time.monotonic()
        client = Client(smtp, banner=None)
        client.since = since
        self.addCleanup(client.close)
        if phase == "connect":
            return client
        self.assertEqual(client.reply()[:3], "220")
        if phase != "ehlo":
            client.greet()
        if phase in ("rcpt", "data", "body", "rset"):
            client.say("MAIL FROM:<s@two.example>")
        if phase in ("data", "body", "rset"):
            client.say("RCPT TO:<r@one.example>")
        if phase == "body":
            client.say("DATA")
        client.since = time.monotonic()
        client.send({"ehlo": "EHLO c.example\r\n", "rset": "RSET\r\n",
                     "mail": "MAIL FROM:<s@two.example>\r\n", "quit": "QUIT\r\n",
                     "rcpt": "RCPT TO:<r@one.example>\r\n", "data": "DATA\r\n",
                     "body": "\r\n.\r\n"}[phase])
        return client

    def each_phase(self, action):
        for phase in PHASES:
            with self.subTest(phase=phase):
                smtp = self.serve(f"{phase} {action}\n")
                yield phase, smtp, self.reach(smtp, phase)

    def test_reply(self):
        for phase, smtp, client in self.each_phase("reply 450 4.9.9 not  now"):
            self.assertEqual(client.reply(), "450 4.9.9 not  now\r\n")
            self.assertEqual(smtp.refused()[0]["code"], 450)
            self.assertEqual(smtp.refused()[0]["phase"], phase)
            self.assertEqual(smtp.accepted(), [])

    def test_reply_421_closes(self):
        for _, smtp, client in self.each_phase("reply 421 4.3.2 going"):
            self.assertEqual(client.reply()[:3], "421")
            self.assertEqual(client.reply(), "")
            self.assertEqual(smtp.events("hang-up")[0]["by"], "server")

    def test_multi(self):
        for _, _, client in self.each_phase("multi 550 3"):
            self.assertEqual(client.reply(), "550-line 1 of 3\r\n"
                             "550-line 2 of 3\r\n550 line 3 of 3\r\n")

    def test_close(self):
        for _, smtp, client in self.each_phase("close"):
            self.assertEqual(client.reply(), "")
            self.assertEqual(smtp.accepted(), [])

    def test_reset(self):
        for _, smtp, client in self.each_phase("reset"):
            with self.assertRaises(ConnectionResetError):
                client.reply()
            self.assertEqual(smtp.accepted(), [])

    def test_stall(self):
        for _, smtp, client in self.each_phase("stall"):
            client.sock.settimeout(0.1)
            with self.assertRaises(TimeoutError):
                client.reply()
            client.close()
            self.assertEqual(smtp.wait_events("hang-up", 1)[0]["by"], "client")
            self.assertEqual(smtp.accepted(), [])

    def test_stall_for_a_while(self):
        for phase, _, client in self.each_phase("stall 120"):
            if phase not in ("data", "quit", "connect"):
                client.send("NOOP\r\n")
            self.assertIn(client.reply()[:1], "23")
            self.assertGreaterEqual(time.monotonic() - client.since, 0.12)
            if phase not in ("data", "quit", "connect"):
                self.assertEqual(client.reply()[:3], "250")

    def test_drip(self):
        for _, _, client in self.each_phase("drip 2"):
            octets = len(client.reply())
            self.assertGreaterEqual(time.monotonic() - client.since,
                                    0.002 * (octets - 1))

    def test_garbage(self):
        for _, smtp, client in self.each_phase("garbage"):
            self.assertFalse(client.reply()[:3].isdigit())
            self.assertEqual(smtp.accepted(), [])

    def test_long(self):
        for _, _, client in self.each_phase("long 9000"):
            line = client.reply()
            self.assertEqual(len(line), 9002)
            self.assertIn(line[:1], "23")

    def test_early_data(self):
        smtp = self.serve("data early\n")
        client = self.client(smtp)
        self.assertEqual(client.envelope(), ("250", "250"))
        self.assertEqual(client.reply()[:3], "354")
        client.send(b"DATA\r\n\r\n.\r\n")
        self.assertEqual(client.reply()[:3], "250")

    def test_early_body(self):
        smtp = self.serve("body early\n")
        client = self.client(smtp)
        client.envelope()
        self.assertEqual(client.say("DATA")[:3], "354")
        self.assertEqual(client.reply()[:3], "250")
        self.assertEqual(smtp.accepted(), [])
        client.send(b"\r\n.\r\n")
        client.say("NOOP")
        self.assertEqual(len(smtp.accepted()), 1)

    def test_early_refusal(self):
        smtp = self.serve("body early 554 5.7.1 no thanks\n")
        client = self.client(smtp)
        client.envelope()
        client.say("DATA")
        self.assertEqual(client.reply(), "554 5.7.1 no thanks\r\n")
        client.send(b"\r\n.\r\n")
        client.say("NOOP")
        self.assertEqual(smtp.accepted(), [])
        self.assertEqual(smtp.refused()[0]["code"], 554)

    def test_accept_then_hang_up(self):
        smtp = self.serve("body accept-then-close\n")
        self.assertEqual(self.reach(smtp, "body").reply(), "")
        self.assertEqual(len(smtp.accepted()), 1)
        smtp = self.serve("body accept-then-reset\n")
        with self.assertRaises(ConnectionResetError):
            self.reach(smtp, "body").reply()
        self.assertEqual(len(smtp.accepted()), 1)

    def test_mid_body(self):
        for action in ("close-mid 1000", "reset-mid 1000", "close-mid"):
            with self.subTest(action=action):
                smtp = self.serve(f"body {action}\n")
                client = self.client(smtp)
                client.envelope()
                client.say("DATA")
                with self.assertRaises(OSError):
                    for _ in range(100000):
                        client.send(b"x" * 60 + b"\r\n")
                self.assertEqual(smtp.accepted(), [])
                hangup = smtp.wait_events("hang-up", 1)[0]
                self.assertEqual(hangup["point"], action.split()[0])

    def test_turned_away(self):
        client = self.client(self.serve("connect reply 554 5.7.1 no\n"),
                             greet=False, banner="554")
        self.assertEqual(client.greet()[:3], "503")
        self.assertEqual(client.say("QUIT")[:3], "221")

    def codes(self, script, rcpts, *options):
        client = self.client(self.serve(script, *options))
        found = []
        for rcpt in rcpts:
            found.append(client.deliver(rcpt))
            client.say("RSET")
        return found

    def test_conditions(self):
        a, b = "a@x.example", "b@y.example"
        later = "reply 451 4.7.1 later\n"
        cases = (
            ("match=*@X.example", [a, b, a], "451 250 451"),
            ("first=1", [a, b, a, b], "451 451 250 250"),
            ("first=2 match=a*", [a, b, a, a], "451 250 451 250"),
            ("times=1", [a, b, a], "451 250 250"),
            ("after=1", [a, b, a], "250 451 451"),
            ("every=2", [a] * 4, "250 451 250 451"),
            ("after=1 every=2", [a] * 5, "250 250 451 250 451"),
            ("txn=3", [a] * 4, "250 250 451 451"),
            ("odds=100%", [a], "451"))
        for phase in ("rcpt", "data", "body"):
            for condition, rcpts, wanted in cases:
                with self.subTest(phase=phase, condition=condition):
                    found = self.codes(f"{phase} {condition} {later}", rcpts)
                    self.assertEqual(found, wanted.split())

    def test_first_rule_wins(self):
        script = ("# a comment\n\n  rcpt match=a@* reply 550 5.1.1 gone\n"
                  "rcpt reply 451 4.1.1 later\n")
        self.assertEqual(self.codes(script, ["a@x.example", "b@x.example"]),
                         ["550", "451"])
        self.assertEqual(self.codes("any match=a@* reply 550 x\n",
                                    ["a@x.example", "b@x.example"]),
                         ["550", "250"])

    def test_mail_matches_the_sender(self):
        smtp = self.serve("mail match=s@* reply 550 5.7.1 no\n")
        self.assertEqual(self.client(smtp).deliver(), "550")

    def test_chance_is_repeatable(self):
        rcpts = [f"r{i}@x.example" for i in range(400)] * 2
        for word, same in (("odds", False), ("sample", True)):
            with self.subTest(word=word):
                script = f"rcpt {word}=25% reply 451 4.0.0 bad luck\n"
                found = self.codes(script, rcpts)
                self.assertEqual(found, self.codes(script, rcpts))
                self.assertNotEqual(
                    found, self.codes(script, rcpts, "--seed", "2"))
                self.assertEqual(found[:400] == found[400:], same)
                self.assertTrue(140 <= found.count("451") <= 260)

    def test_bad_scripts(self):
        cases = (
            ("rctp reply 550 x", "unknown phase 'rctp'"),
            ("rcpt", "no action"),
            ("rcpt refuse", "unknown action 'refuse'"),
            ("rcpt reply 99 x", "'99' is not a reply code"),
            ("rcpt reply", "'' is not a reply code"),
            ("rcpt times=0 close", "'times=0' is not a count"),
            ("rcpt first=x close", "'first=x' is not a count"),
            ("rcpt odds=2 close", "'odds=2' is not a share"),
            ("rcpt when=2 close", "unknown condition 'when='"),
            ("rcpt match= close", "'match=' is empty"),
            ("rcpt drip", "'drip' needs a number"),
            ("rcpt stall x", "'stall' needs a number"),
            ("rcpt close now", "'now' after the end of 'close'"),
            ("rcpt close-mid", "'close-mid' does not fit 'rcpt'"),
            ("quit early", "'early' does not fit 'quit'"))
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "bad")
            for line, wanted in cases:
                with self.subTest(line=line):
                    file.write_text(f"# one\n{line}\n")
                    done = subprocess.run([BINARY, "--script", file], text=True,
                                          stderr=subprocess.PIPE, timeout=20)
                    self.assertEqual(done.returncode, 65)
                    self.assertTrue(
                        done.stderr.startswith(f"{file}:2: {wanted}"),
                        done.stderr)

    def test_bad_options(self):
        for words in (["--delay-ms", "x"], ["--listen", "nowhere"], ["extra"],
                      ["--nonsense"]):
            done = subprocess.run([BINARY, *words], stderr=subprocess.PIPE,
                                  timeout=20)
            self.assertEqual(done.returncode, 64, words)
        done = subprocess.run([BINARY, "--log", "/nonexistent/x"],
                              stderr=subprocess.PIPE, timeout=20)
        self.assertEqual(done.returncode, 73)


class Hangups(Case):
    def test_client_goes(self):
        smtp = self.serve()
        for point in ("connect", "idle", "mail", "rcpt", "body"):
            client = self.client(smtp, greet=False)
            if point != "connect":
                client.greet()
            if point in ("mail", "rcpt", "body"):
                client.say("MAIL FROM:<s@two.example>")
            if point in ("rcpt", "body"):
                client.say("RCPT TO:<r@one.example>")
            if point == "body":
                client.say("DATA")
                client.send("\r\n")
            client.close()
        found = smtp.wait_events("hang-up", 5)
        self.assertEqual(sorted(e["point"] for e in found),
                         ["body", "connect", "idle", "mail", "rcpt"])
        self.assertEqual({e["by"] for e in found}, {"client"})

    def test_half_closed_client_gets_its_replies(self):
        smtp = self.serve("", "--delay-ms", "30")
        client = self.client(smtp)
        client.send("NOOP\r\n")
        client.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(client.reply()[:3], "250")

    def test_many_at_once(self):
        smtp = self.serve()
        clients = [self.client(smtp) for _ in range(100)]
        for i, client in enumerate(clients):
            self.assertEqual(client.deliver(f"r{i}@one.example"), "250")
        self.assertEqual(smtp.stats()["open_max"], 100)
        wait_for("the ledger", lambda: len(smtp.accepted()) == 100)


if __name__ == "__main__":
    unittest.main()
