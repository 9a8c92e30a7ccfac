"""smtp-source, the load generator of Postfix: what a client can do that has
nothing to decide, nothing to compose and nothing to remember.

Only the binary and its libraries are used.  Installing the package would set
up a mail server, so where /usr/sbin/smtp-source is missing the package is
fetched with `apt-get download` and unpacked into a folder of the build.
"""

import os
import pathlib
import shutil
import subprocess

PATIENCE_S = 60
# Where the real servers of tests/real are.
UNPACKED = pathlib.Path(os.environ.get(
    "REAL_SERVERS", pathlib.Path(__file__).resolve().parents[2] /
    "build" / "real")) / "root"


class Yardstick:
    """How smtp-source is started; `why` says what stands against it."""

    def __init__(self, cache, may_fetch=True):
        self.program, self.libraries, self.why = None, None, ""
        cache = pathlib.Path(cache) / "yardstick"
        self.program = shutil.which(
            "smtp-source", path=os.environ.get("PATH", "") + ":/usr/sbin")
        for top in () if self.program else (UNPACKED, cache):
            if self._unpacked(top) or \
                    (top == cache and may_fetch and self._fetch(cache)):
                self.program = str(top / "usr/sbin/smtp-source")
                self.libraries = str(top / "usr/lib/postfix")
                break
        if not self.program and not self.why:
            self.why = "it is not here, and nothing is fetched now"
        if self.program and not self._runs():
            self.program, self.why = None, "it does not start here"

    @staticmethod
    def _unpacked(cache):
        return (cache / "usr/sbin/smtp-source").exists()

    def _fetch(self, cache):
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            self.why = "it is not here, and no apt to fetch it with"
            return False
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(parents=True)
        try:
            subprocess.run(["apt-get", "-q", "download", "postfix"], cwd=cache,
                           stdin=subprocess.DEVNULL, capture_output=True,
                           timeout=PATIENCE_S, check=True)
            package = next(cache.glob("postfix_*.deb"))
            subprocess.run(["dpkg-deb", "-x", package, cache],
                           capture_output=True, timeout=PATIENCE_S, check=True)
            package.unlink()
        except (subprocess.SubprocessError, OSError, StopIteration):
            self.why = ("it is not here, and `apt-get download postfix` "
                        "failed")
            return False
        return self._unpacked(cache)

    def environment(self):
        if not self.libraries:
            return None
        return {**os.environ, "LD_LIBRARY_PATH": self.libraries}

    def _runs(self):
        """Without arguments it prints its usage: is every library there?"""
        try:
            done = subprocess.run([self.program], env=self.environment(),
                                  stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True,
                                  timeout=PATIENCE_S, check=False)
        except (subprocess.SubprocessError, OSError):
            return False
        return "usage:" in done.stderr

    def command(self, port, sessions, messages, file):
        """Sends `messages` copies of the message in `file`, each to its own
        recipient, over connections that stay open."""
        return [self.program, "-d", "-N", "-s", str(sessions),
                "-m", str(messages), "-f", "news@news.example",
                "-t", "kokusai@yardstick.example", "-F", str(file),
                f"127.0.0.1:{port}"]
