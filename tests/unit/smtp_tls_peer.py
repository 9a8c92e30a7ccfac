"""A mail server with TLS for test_smtp_tls: smtp_tls_peer.py MODE CERT KEY.

Serves one connection on 127.0.0.1. Prints its port, then each command as it
was received, with "tls " before it when it came encrypted, and for a message
"body BYTES SHA256" of what came before the dot, dots undone.
MODE: starttls, smtps, stripped (offers AUTH but no TLS), refuses-tls,
refuses-password, no-auth.
"""

import hashlib
import socket
import ssl
import sys


class Peer:
    def __init__(self, mode, connection, context):
        self.mode = mode
        self.connection = connection
        self.context = context
        self.encrypted = False
        if mode == "smtps":
            self.encrypt()
        self.file = self.connection.makefile("rb")

    def encrypt(self):
        self.connection = self.context.wrap_socket(
            self.connection, server_side=True)
        self.encrypted = True

    def say(self, text):
        self.connection.sendall(text.encode() + b"\r\n")

    def offers(self):
        lines = ["x.example", "PIPELINING", "SIZE 50000000"]
        if self.mode not in ("stripped", "smtps") and not self.encrypted:
            # What is offered before TLS must be forgotten.
            lines[1:] = ["STARTTLS", "SIZE 10"]
            if self.mode == "refuses-tls":
                lines[2:] = []
        elif self.mode == "starttls":
            lines[2:] = ["AUTH PLAIN LOGIN"]
        elif self.mode != "no-auth":
            lines.append("AUTH PLAIN LOGIN")
        return "\r\n".join(
            f"250{' ' if i + 1 == len(lines) else '-'}{line}"
            for i, line in enumerate(lines))

    def take_body(self):
        self.say("354 go on")
        digest, count = hashlib.sha256(), 0
        for line in self.file:
            if line == b".\r\n":
                break
            line = line[1:] if line.startswith(b".") else line
            digest.update(line)
            count += len(line)
        print("body", count, digest.hexdigest(), flush=True)
        self.say("250 2.0.0 taken")

    def start_tls(self):
        if self.mode == "refuses-tls":
            self.say("454 4.7.0 no TLS now")
            return
        self.say("220 go on")
        self.encrypt()
        self.file = self.connection.makefile("rb")

    def serve(self):
        self.say("220 x.example")
        while line := self.file.readline():
            command = line.decode("latin-1").rstrip("\r\n")
            print(("tls " if self.encrypted else "") + command, flush=True)
            verb = command.split(" ")[0].upper()
            if verb == "EHLO":
                self.say(self.offers())
            elif verb == "STARTTLS":
                self.start_tls()
            elif verb == "AUTH" and self.mode == "refuses-password":
                self.say("535 5.7.8 who are you")
            elif verb == "AUTH" and command.count(" ") == 1:
                self.say("334 ")
                self.file.readline()
                self.say("235 2.7.0 welcome")
            elif verb == "AUTH":
                self.say("235 2.7.0 welcome")
            elif verb == "DATA":
                self.take_body()
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 2.0.0 fine")


def main():
    mode, certificate, key = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(60)
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
    connection.settimeout(60)
    try:
        Peer(mode, connection, context).serve()
    except OSError as error:
        print("end", type(error).__name__, flush=True)


main()
