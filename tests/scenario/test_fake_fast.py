"""The scripted server where nobody asked it to look closely: it must find the
same messages, count the same octets, and keep transactions in flight apart."""

import time
import unittest

from fake_smtp import checksum
from test_fake_smtp import Case


def stuffed(body):
    return (b"\r\n" + body).replace(b"\r\n.", b"\r\n..")[2:]


class Octets(Case):
    """Without a ledger only dots are looked at."""

    FILLER = (b"x" * 70 + b"\r\n") * 20
    BODIES = [
        FILLER,
        FILLER + b".\r\n..\r\n" + FILLER + b".x.\r\n",
        b"." * 3000 + b"\r\n",
        (b"." * 3 + b"\r\n") * 300,
        FILLER + b"\n.\r" + FILLER + b"\n.\r\r\n" + FILLER,
        FILLER + b"a\n.\nb\r.\r\r\n",
        b"\r\n" * 700,
        b"",
    ]

    def test_end_and_size(self):
        smtp = self.serve(log=False)
        client = self.client(smtp)
        total = 0
        for body in self.BODIES:
            wire = stuffed(body) + b".\r\n"
            for piece in (1, 3, 255, 256, 257, len(wire)):
                with self.subTest(body=body[:20], piece=piece):
                    client.envelope()
                    client.say("DATA")
                    for i in range(0, len(wire), piece):
                        client.send(wire[i:i + piece])
                    self.assertEqual(client.reply()[:3], "250")
                    total += len(body)
                    self.assertEqual(smtp.stats()["bytes"], total)

    def test_end_at_every_place(self):
        smtp = self.serve(log=False)
        client = self.client(smtp)
        total = 0
        for n in range(500, 800):
            body = b"y" * n + b"\r\n"
            client.envelope()
            client.say("DATA")
            client.send(body + b".\r\nRSET\r\n")
            self.assertEqual(client.reply()[:9], "250 2.0.0", n)
            self.assertEqual(client.reply()[:3], "250", n)
            total += len(body)
        self.assertEqual(smtp.stats()["bytes"], total)

    def test_flaws_only_when_asked(self):
        for options, wanted in (((), {}),
                                (("--judge",), {"bare-lf": 1, "bare-cr": 1})):
            smtp = self.serve("", *options, log=False)
            self.client(smtp).deliver(body=b"\r\na\nb\r\nc\rd\r\n")
            self.assertEqual(smtp.stats()["violations"], wanted)

    def test_chunks(self):
        smtp = self.serve("", "--chunking", log=False)
        client = self.client(smtp)
        rcpts = [f"r{i}@one.example" for i in range(30)]
        body = b"\r\n.\r\nBDAT 3\r\n" * 400
        wire = b"".join(
            b"MAIL FROM:<s@two.example>\r\nRCPT TO:<%s>\r\n"
            b"BDAT 100\r\n%sBDAT %d LAST\r\n%s" %
            (rcpt.encode(), body[:100], len(body) - 100, body[100:])
            for rcpt in rcpts)
        for i in range(0, len(wire), 7001):
            client.send(wire[i:i + 7001])
        for _ in range(4 * len(rcpts)):
            self.assertEqual(client.reply()[:3], "250")
        stats = smtp.stats()
        self.assertEqual(stats["bytes"], len(body) * len(rcpts))
        self.assertEqual(stats["checksum"], checksum(rcpts))
        self.assertEqual((stats["accepted"], stats["distinct"]), (30, 30))
        self.assertEqual(stats["violations"], {})


class InFlight(Case):
    """A reply is due some time after its own command came, not after the
    reply before it left."""

    DELAY_S = 0.5

    def send_apart(self, smtp, client, count):
        """Send transactions so that none arrives together with another; when
        each was sent."""
        times = []
        for i in range(count):
            times.append(time.monotonic())
            client.send(f"MAIL FROM:<s@two.example>\r\nRCPT TO:<r{i}@one.example>"
                        "\r\nBDAT 2 LAST\r\n\r\n")
            while smtp.stats()["accepted"] <= i:
                self.assertLess(time.monotonic(), times[0] + 20)
        return times

    def serve_late(self, script=""):
        return self.serve(script, "--chunking", "--delay-ms",
                          str(int(self.DELAY_S * 1000)), log=False)

    def test_delays_overlap(self):
        smtp = self.serve_late()
        client = self.client(smtp)
        sent = self.send_apart(smtp, client, 4)
        for at in sent:
            for _ in range(3):
                self.assertEqual(client.reply()[:3], "250")
            self.assertGreaterEqual(time.monotonic() - at, self.DELAY_S)
        self.assertLess(time.monotonic() - sent[0], 4 * self.DELAY_S)

    def test_order_is_kept(self):
        smtp = self.serve_late("rcpt match=r1@* reply 550 5.1.1 no\n"
                               "body match=r2@* stall 700\n")
        client = self.client(smtp)
        codes = []
        for i in range(4):
            client.send(f"MAIL FROM:<s@two.example>\r\nRCPT TO:<r{i}@one.example>"
                        "\r\nBDAT 2 LAST\r\n\r\nRSET\r\n")
        for _ in range(4 * 4):
            codes.append(client.reply()[:3])
        self.assertEqual(codes, ["250"] * 5 + ["550", "554"] + ["250"] * 9)
        self.assertEqual(smtp.stats()["accepted"], 3)


if __name__ == "__main__":
    unittest.main()
