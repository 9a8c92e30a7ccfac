"""The password of a relay reaches the relay, and nothing else."""

import base64
import os
import pathlib
import socketserver
import threading
import unittest

from glocal_site import ISSUE, Scenario, Site

PASSWORD = "correct-horse-7Q"


class Session(socketserver.StreamRequestHandler):
    """A server that refuses mail from whoever has not said AUTH PLAIN."""

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 x.example")
        for line in self.rfile:
            words = line.decode().split()
            verb = words[0].upper()
            if verb == "EHLO":
                self.say("250-x.example\r\n250 AUTH PLAIN")
            elif verb == "AUTH":
                if len(words) < 3:
                    self.say("334 ")
                    words.append(self.rfile.readline().decode().strip())
                self.server.said.append(base64.b64decode(words[2]))
                self.say("535 5.7.8 no such user")
            else:
                self.say("221 bye" if verb == "QUIT" else "530 5.7.0 AUTH")


class PasswordTest(Scenario):
    def test_only_the_relay_sees_it(self):
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        server.daemon_threads, server.said = True, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        site = Site(self.folder / "site", server.server_address[1])
        path = site.folder / "glocal-mail.yaml"
        path.write_text(path.read_text().replace(
            "    tls: off\n", "    tls: off\n    username: me\n"
            "    password_file: credential:relay\n"))
        self.assertIn("LoadCredential=relay",
                      site.run("send", ISSUE, status=78).stderr)

        # Who sends nothing needs no password.
        for words in (("pace",), ("subscriber", "list"), ("status",),
                      ("log",)):
            site.run(*words)
        text = path.read_text()
        path.write_text(text.replace("credential:relay", "gone"))
        site.run("status")
        self.assertIn("gone", site.run("send", ISSUE, status=78).stderr)
        path.write_text(text)
        credentials = self.folder / "credentials"
        credentials.mkdir()
        (credentials / "relay").write_text(PASSWORD + "\n")
        (credentials / "relay").chmod(0o600)
        os.environ["CREDENTIALS_DIRECTORY"] = str(credentials)
        self.addCleanup(os.environ.pop, "CREDENTIALS_DIRECTORY")
        done = site.run("send", ISSUE, status=75)
        self.assertIn(b"\0me\0" + PASSWORD.encode(), server.said)
        told = done.stdout + done.stderr
        for words in (["status"], ["status", "--json"], ["log", "--json"]):
            told += site.run(*words).stdout
        self.assertIn("5.7.8", told)
        files = [f for f in pathlib.Path(site.folder).rglob("*")
                 if f.is_file()]
        kept = told.encode() + b"".join(f.read_bytes() for f in files)
        for form in (PASSWORD.encode(),
                     base64.b64encode(b"\0me\0" + PASSWORD.encode())):
            self.assertNotIn(form, kept)


if __name__ == "__main__":
    unittest.main()
