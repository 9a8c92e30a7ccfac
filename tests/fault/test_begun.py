"""No byte of a message leaves before its delivery is durably SENDING.

The server looks into the store the moment the first byte of a message is
there, while every commit takes 30 ms: what was sent ahead of its commit is
seen.
"""

import pathlib
import socketserver
import sqlite3
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))

from mailing import BUILD, Mailings  # noqa: E402,F401  sets the programs

from glocal_site import ISSUE, Site  # noqa: E402

TIME_LIMIT_S = 120
READERS = 127
CONNECTIONS = 8
FORMS = [
    # extensions, messages in flight on a connection
    ((), 1),
    (("PIPELINING",), 1),
    (("PIPELINING",), 4),
    (("PIPELINING", "CHUNKING"), 1),
    (("PIPELINING", "CHUNKING"), 4),
]


class Session(socketserver.StreamRequestHandler):
    """One connection; the server's `seen` lists (address, its state)."""

    def setup(self):
        super().setup()
        self.store = sqlite3.connect(
            f"file:{self.server.store}?mode=ro", uri=True)
        self.recipient = None

    def finish(self):
        self.store.close()
        super().finish()

    def look(self):
        row = self.store.execute("SELECT state FROM delivery WHERE address = ?",
                                 (self.recipient,)).fetchone()
        self.server.seen.append((self.recipient, row[0]))

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def take_data(self):
        self.say("354 go on")
        first = self.rfile.read(1)
        self.look()
        line = first + self.rfile.readline()
        while line not in (b".\r\n", b""):
            line = self.rfile.readline()
        self.say("250 2.0.0 accepted")

    def take_chunk(self, words):
        left = int(words[1])
        if left and self.recipient:
            self.rfile.read(1)
            self.look()
            left -= 1
        while left:
            left -= len(self.rfile.read(left))
        self.say("250 2.0.0 accepted")

    def handle(self):
        self.say("220 mx.example")
        for line in iter(self.rfile.readline, b""):
            words = line.decode().split()
            verb = words[0].upper()
            if verb == "EHLO":
                names = ("mx.example", *self.server.extensions)
                for i, name in enumerate(names):
                    self.say(f"250{' ' if i + 1 == len(names) else '-'}{name}")
            elif verb == "RCPT":
                self.recipient = line.decode().split("<")[1].split(">")[0]
                self.say("250 2.1.5 ok")
            elif verb == "DATA":
                self.take_data()
            elif verb == "BDAT":
                self.take_chunk(words)
            elif verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("250 2.0.0 ok")


class Witness(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, store, extensions):
        super().__init__(("127.0.0.1", 0), Session)
        self.store, self.extensions, self.seen = store, extensions, []
        threading.Thread(target=self.serve_forever, args=(0.05,),
                         daemon=True).start()

    def __exit__(self, *why):
        self.shutdown()
        super().__exit__(*why)


class BegunTest(unittest.TestCase):
    def send(self, extensions, depth):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name) / "site"
            with Witness(folder / "state" / "glocal-mail.db",
                         extensions) as server:
                site = Site(folder, server.server_address[1],
                            connections=CONNECTIONS,
                            max_unknown=CONNECTIONS * depth)
                site.run("send", ISSUE, "--at", "2099-01-01T00:00:00Z",
                         status=75)
                with site.start("send", ISSUE, "--wait", env={
                        "PATH": "/usr/bin:/bin", "FAULT": "fsync:1:SLOW:on",
                        "LD_PRELOAD": str(BUILD / "fault.so")}) as process:
                    _, said = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 0, said)
                return server.seen

    def test_begun_before_the_first_byte(self):
        for extensions, depth in FORMS:
            with self.subTest(extensions=extensions, depth=depth):
                seen = self.send(extensions, depth)
                self.assertEqual(len(seen), READERS)
                self.assertEqual([row for row in seen if row[1] != "sending"],
                                 [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
