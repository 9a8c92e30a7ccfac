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


class Yardstick:
    """How smtp-source is started; `why` says what stands against it."""

    def __init__(self, cache):
        self.program, self.libraries, self.why = None, None, ""
        cache = pathlib.Path(cache)
        found = shutil.which("smtp-source",
                             path=os.environ.get("PATH", "") + ":/usr/sbin")
        if found:
            self.program = found
        elif self._unpacked(cache) or self._fetch(cache):
            self.program = str(cache / "usr/sbin/smtp-source")
            self.libraries = str(cache / "usr/lib/postfix")
        if self.program and not self._runs():
            self.program, self.why = None, "smtp-source does not start here"

    @staticmethod
    def _unpacked(cache):
        return (cache / "usr/sbin/smtp-source").exists()

    def _fetch(self, cache):
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            self.why = "no smtp-source here, and no apt to fetch it with"
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
            self.why = ("no smtp-source here, and `apt-get download postfix` "
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
