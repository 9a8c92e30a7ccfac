"""The scripted SMTP server, for scenario tests.

    with FakeSmtp(folder, script="rcpt match=bad@* reply 550 5.1.1 no such") as smtp:
        send_to(smtp.port)
        assert [m["rcpt"] for m in smtp.accepted()] == ["a@one.example"]

The binary is $FAKE_SMTP, by default build/fake-smtp of this tree; its --help
tells what a script may say.  All files are made in `folder`.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("FAKE_SMTP", str(ROOT / "build" / "fake-smtp"))
PATIENCE_S = 60


def wait_for(what, condition, process=None):
    """Return the first true value of condition(); fail after PATIENCE_S."""
    end = time.monotonic() + PATIENCE_S
    while True:
        value = condition()
        if value:
            return value
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"fake-smtp ended with {process.returncode}")
        if time.monotonic() > end:
            raise TimeoutError(f"waited {PATIENCE_S} s for {what}")
        time.sleep(0.002)


class FakeSmtp:
    """One running server.  Options are given as on the command line."""

    def __init__(self, folder=None, script="", options=(), log=True, dump=False):
        self._own = None if folder else tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(folder or self._own.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._log = self.folder / "fake-smtp.jsonl"
        self._stats = self.folder / "fake-smtp.stats"
        self.dump = self.folder / "dump"
        port_file = self.folder / "fake-smtp.port"
        script_file = self.folder / "fake-smtp.script"
        for old in (port_file, self._stats):
            old.unlink(missing_ok=True)
        script_file.write_text(script)
        command = [BINARY, "--port-file", port_file, "--script", script_file,
                   "--stats", self._stats, "--max-seconds", "600"]
        if log:
            command += ["--log", self._log]
        if dump:
            self.dump.mkdir(exist_ok=True)
            command += ["--dump", self.dump]
        self._reports = 0
        self._place = None
        self._process = subprocess.Popen(
            [str(word) for word in [*command, *options]])
        try:
            wait_for("the port", port_file.exists, self._process)
            self.port = int(port_file.read_text())
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        if self._own:
            self._own.cleanup()

    @property
    def pid(self):
        return self._process.pid

    def events(self, kind=None):
        """The ledger so far, or its events of one kind, oldest first."""
        if not self._log.exists():
            return []
        lines = self._log.read_bytes().split(b"\n")[:-1]
        events = [json.loads(line) for line in lines]
        return [e for e in events if kind in (None, e["event"])]

    def told(self):
        """How long the ledger is: it grows with everything that happens."""
        return self._log.stat().st_size if self._log.exists() else 0

    def accepted(self):
        """A dict for each accepted message, oldest first."""
        return self.events("accepted")

    def refused(self):
        return self.events("refused")

    def violations(self):
        return [e["kind"] for e in self.events("violation")]

    def message(self, number):
        """The octets of an accepted message; needs dump=True."""
        return (self.dump / f"{number:06d}.eml").read_bytes()

    def wait_events(self, kind, count):
        """Wait until there are `count` events of a kind, and return them."""
        def enough():
            events = self.events(kind)
            return events if len(events) >= count else None
        return wait_for(f"{count} {kind} events", enough, self._process)

    def stats(self):
        """The counters now, or the final ones after stop()."""
        if self._process.poll() is None:
            self._reports += 1
            self._process.send_signal(signal.SIGUSR1)
            return wait_for("the counters", self._fresh_stats, self._process)
        return json.loads(self._stats.read_text())

    def _fresh_stats(self):
        if not self._stats.exists():
            return None
        stats = json.loads(self._stats.read_text())
        return stats if stats["report"] >= self._reports else None

    def _is_stopped(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "T"

    def wait_stopped(self):
        """Wait until --stop-after has stopped the server."""
        wait_for("the server to stop", self._is_stopped, self._process)

    def go_on(self):
        self._process.send_signal(signal.SIGCONT)

    def go_down(self):
        """End the server and keep its port: whoever connects is refused, and
        no other server gets it by chance. One may --listen there again."""
        self.stop()
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", self.port))

    def stop(self):
        """End the server and return its exit status; harmless twice."""
        if self._place:
            self._place.close()
            self._place = None
        if self._process.poll() is None:
            self._process.terminate()

            # No SIGCONT but where it is needed: the leak finder, which traces
            # its process at the end, would wait for ever.
            def ended():
                over = self._process.poll() is not None
                if not over and self._is_stopped():
                    self.go_on()
                return over
            try:
                wait_for("the server to end", ended)
            except TimeoutError:
                self._process.kill()
                self._process.wait()
        return self._process.returncode


def checksum(recipients):
    """What stats()["checksum"] must be after these were accepted."""
    total = 0
    for recipient in recipients:
        h = 0xCBF29CE484222325
        for octet in recipient.encode():
            h = (h ^ octet) * 0x100000001B3 % 2**64
        total += h
    return f"{total % 2**64:016x}"
