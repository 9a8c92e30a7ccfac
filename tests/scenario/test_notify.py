"""`deliver` tells systemd that it is ready, alive and leaving."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from fake_smtp import FakeSmtp

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
GLOCAL_MAIL = os.environ.get("GLOCAL_MAIL",
                             os.path.join(TOP, "build/glocal-mail"))
PATIENCE_S = 60


class Service(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.site = os.path.join(self.folder, "site")
        self.smtp = FakeSmtp(os.path.join(self.folder, "smtp"))
        self.addCleanup(self.smtp.stop)
        self.run_command("init", "--sample")
        with open(os.path.join(TOP, "tests/demo/glocal-mail.yaml")) as f:
            text = f.read().replace("@PORT@", str(self.smtp.port))
        with open(os.path.join(self.site, "glocal-mail.yaml"), "w") as f:
            f.write(text)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(os.path.join(self.folder, "notify"))
        self.socket.settimeout(PATIENCE_S)

    def run_command(self, *words):
        r = subprocess.run([GLOCAL_MAIL, "--site", self.site, *words],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=100)
        self.assertIn(r.returncode, (0, 75), r.stdout)
        return r.stdout

    def start(self):
        with open(os.path.join(self.folder, "output"), "w") as output:
            child = subprocess.Popen(
                [GLOCAL_MAIL, "--site", self.site, "deliver"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=dict(os.environ,
                         NOTIFY_SOCKET=os.path.join(self.folder, "notify"),
                         WATCHDOG_USEC="400000"))
        self.addCleanup(self.end, child)
        return child

    def end(self, child):
        if child.poll() is None:
            child.kill()
        child.wait()

    def output(self):
        with open(os.path.join(self.folder, "output")) as f:
            return f.read()

    def hear(self, wanted, most=2000):
        """Reads messages up to the first that has the line `wanted`."""
        for _ in range(most):
            try:
                told = self.socket.recv(4096).decode()
            except TimeoutError:
                self.fail(f"never heard {wanted}: {self.output()}")
            if wanted in told.split("\n"):
                return
        self.fail(f"heard much, but not {wanted}")

    def test_ready_alive_leaving(self):
        child = self.start()
        self.hear("READY=1")
        for _ in range(3):
            self.hear("WATCHDOG=1")
        child.send_signal(signal.SIGTERM)
        self.hear("STOPPING=1")
        self.assertEqual(child.wait(PATIENCE_S), 0, self.output())

    def test_delivers_what_send_left(self):
        self.run_command("send", "2026-04", "--limit", "1")
        child = self.start()
        self.hear("READY=1")

        # Like systemd, listen all the while: who is not heard waits.
        sender = subprocess.Popen(
            [GLOCAL_MAIL, "--site", self.site, "send", "2026-04"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, sender)
        while sender.poll() is None:
            self.hear("WATCHDOG=1")
        self.assertEqual(sender.returncode, 0, self.output())
        child.send_signal(signal.SIGTERM)
        self.hear("STOPPING=1")
        self.assertEqual(child.wait(PATIENCE_S), 0, self.output())
        readers = [r for m in self.smtp.accepted() for r in m["rcpts"]]
        self.assertGreater(len(readers), 100)
        self.assertEqual(len(readers), len(set(readers)))


if __name__ == "__main__":
    unittest.main()
