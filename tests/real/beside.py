"""What stands beside a Postfix: a greylist, and who knows the passwords."""

import base64
import os
import socketserver
import threading


class _Threads(socketserver.ThreadingMixIn):
    daemon_threads = True
    block_on_close = False


class _Tcp(_Threads, socketserver.TCPServer):
    allow_reuse_address = True


class _Unix(_Threads, socketserver.UnixStreamServer):
    pass


class _Service:
    def serve(self, server):
        self._server = server
        server.owner = self
        threading.Thread(target=server.serve_forever, args=(0.05,),
                         daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class _Policy(socketserver.StreamRequestHandler):
    """The protocol of Postfix's SMTPD_POLICY_README."""

    def handle(self):
        request = {}
        for line in self.rfile:
            name, separator, value = line.decode().rstrip("\n").partition("=")
            if separator:
                request[name] = value
                continue
            action = self.server.owner.decide(request)
            self.wfile.write(f"action={action}\n\n".encode())
            request = {}


class Greylist(_Service):
    """Defers each (sender, recipient) until it comes again."""

    def __init__(self):
        self.seen = {}  # (sender, recipient) -> times
        self._lock = threading.Lock()
        self.serve(_Tcp(("127.0.0.1", 0), _Policy))
        self.port = self._server.server_address[1]

    def decide(self, request):
        pair = request["sender"], request["recipient"]
        with self._lock:
            self.seen[pair] = self.seen.get(pair, 0) + 1
            again = self.seen[pair] > 1
        return "DUNNO" if again else "DEFER_IF_PERMIT 4.7.1 Greylisted"


class _Auth(socketserver.StreamRequestHandler):
    """The server side of Dovecot's authentication protocol."""

    def say(self, *fields):
        self.wfile.write("\t".join(fields).encode() + b"\n")

    def handle(self):
        for fields in (("VERSION", "1", "1"), ("MECH", "PLAIN", "plaintext"),
                       ("SPID", "1"), ("CUID", "1"), ("COOKIE", "0" * 32),
                       ("DONE",)):
            self.say(*fields)
        for line in self.rfile:
            word, *fields = line.decode().rstrip("\n").split("\t")
            given = [f[5:] for f in fields if f.startswith("resp=")]
            if word == "CONT":
                given = fields[1:2]
            if word not in ("AUTH", "CONT"):
                continue
            if not given:
                self.say("CONT", fields[0], "")
                continue
            _, user, password = base64.b64decode(given[0]).split(b"\0")
            answer = self.server.owner.judge(user.decode(), password.decode())
            self.say(answer, fields[0], f"user={user.decode()}")


class Passwords(_Service):
    """Knows one user, at the Unix socket `path`."""

    def __init__(self, path, user, password):
        self.known = user, password
        self.asked = []  # (user, password)
        path.unlink(missing_ok=True)
        self.serve(_Unix(str(path), _Auth))
        os.chmod(path, 0o666)

    def judge(self, user, password):
        self.asked.append((user, password))
        return "OK" if (user, password) == self.known else "FAIL"
