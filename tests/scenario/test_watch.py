#!/usr/bin/env python3
"""`issue check --watch` on a terminal: what is seen there, and when."""

import fcntl
import os
import re
import select
import signal
import socket
import struct
import sys
import termios
import time
import unicodedata
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fake_smtp import PATIENCE_S  # noqa: E402
from glocal_site import PROGRAM  # noqa: E402
from test_issue import Issue, story  # noqa: E402

PART = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|.|\n", re.S)


class Terminal:
    """As much of a terminal as is needed: rows of cells, a cursor that wraps
    late, as real ones do, and no other control sequences than are known."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.row = self.column = self.scrolled = 0
        self.late = False

    def feed(self, text):
        for part in PART.finditer(text):
            if part[2]:
                self.control(part[1], part[2])
            elif part[0] == "\r":
                self.column, self.late = 0, False
            elif part[0] == "\n":
                self.down()
            else:
                self.put(part[0])

    def control(self, number, letter):
        if letter == "H" and not number:
            self.row = self.column = 0
        elif letter == "J" and number == "2":
            self.cells = [[" "] * self.columns for _ in range(self.rows)]
        elif letter == "J" and not number:
            self.clear_line()
            for row in range(self.row + 1, self.rows):
                self.cells[row] = [" "] * self.columns
        elif letter == "K" and not number:
            self.clear_line()
        else:
            raise AssertionError(f"unknown control {number}{letter}")
        self.late = self.late and letter == "K"

    def clear_line(self):
        line = self.cells[self.row]
        line[self.column:] = [" "] * (self.columns - self.column)

    def down(self):
        self.late = False
        if self.row + 1 < self.rows:
            self.row += 1
        else:
            self.scrolled += 1
            self.cells = self.cells[1:] + [[" "] * self.columns]

    def put(self, character):
        wide = unicodedata.east_asian_width(character) in "WF"
        if self.late or self.column + 1 + wide > self.columns:
            self.down()
            self.column = 0
        self.cells[self.row][self.column] = character
        if wide:
            self.cells[self.row][self.column + 1] = ""
        self.column += 1 + wide
        if self.column == self.columns:
            self.column, self.late = self.columns - 1, True

    def lines(self):
        return [line for line in ("".join(row).rstrip() for row in self.cells)
                if line]


class TestTerminal(Issue):
    def watch(self, rows=24, columns=100, *words):
        try:
            terminal, far = os.openpty()
        except OSError as error:
            self.skipTest(f"no pseudo terminal: {error}")
        fcntl.ioctl(far, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))
        self.shown = Terminal(rows, columns)
        self.terminal = terminal
        self.child = os.fork()
        if self.child == 0:
            os.login_tty(far) if hasattr(os, "login_tty") else login(far)
            os.execv(PROGRAM, [PROGRAM, "--site", str(self.site.folder),
                               "issue", "check", "2026-07", "--watch",
                               *words])
        os.close(far)
        self.addCleanup(os.close, terminal)
        self.addCleanup(self.end)

    def end(self):
        if self.child:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
            self.child = None

    def read_until(self, condition):
        """The lines on the screen once the condition holds of them."""
        end = time.monotonic() + PATIENCE_S
        text = b""
        while True:
            ready, _, _ = select.select([self.terminal], [], [],
                                        max(0, end - time.monotonic()))
            self.assertTrue(ready, f"waited: {self.shown.lines()}")
            text += os.read(self.terminal, 65536)
            whole = text.decode("utf-8", "ignore")
            if not whole.endswith("\x1b[J"):
                continue
            self.shown.feed(whole)
            text = b""
            if condition(self.shown.lines()):
                return self.shown.lines()

    def leave(self):
        os.write(self.terminal, b"\x03")
        _, status = os.waitpid(self.child, 0)
        self.child = None
        return os.waitstatus_to_exitcode(status)

    def test_a_save_draws_the_report_anew(self):
        self.story(tags="[turism]")
        self.watch()
        lines = self.read_until(lambda shown: shown)
        self.assertEqual(len(lines), 4)
        self.assertIn("10-a.en.md:4:8: error: tags: unknown tag 'turism'",
                      lines[0])
        self.assertRegex(lines[-2], "^issue 2026-07: 2 errors, 0 warnings$")
        self.assertRegex(lines[-1], r"^checked at \d\d:\d\d:\d\d, watching "
                                    r"until Ctrl-C$")

        # Nothing of the longer report is left.
        self.story(tags="[culture]", languages=("ja",))
        lines = self.read_until(lambda shown: "1 error," in shown[-2])
        self.assertEqual(len(lines), 3)
        self.story(tags="[culture]")
        lines = self.read_until(lambda shown: "0 errors," in shown[-2])
        self.assertNotIn("turism", "".join(lines))
        self.assertEqual(self.shown.scrolled, 0)
        self.assertEqual(self.leave(), 0)

    def test_the_same_report_shows_that_it_is_new(self):
        self.story(tags="[turism]")
        self.watch()
        first = self.read_until(lambda shown: shown)
        while True:
            time.sleep(0.3)
            self.story(tags="[turism]")
            again = self.read_until(lambda shown: shown)
            if again[-1] != first[-1]:
                break
        self.assertEqual(again[:-1], first[:-1])

    def test_more_than_fits(self):
        for number in range(10, 40):
            self.story(f"{number}-a{number}", tags="[turism]")
        self.watch(12, 61)
        lines = self.read_until(lambda shown: shown)
        self.assertIn("10-a10.en.md:4:8", lines[0])
        self.assertEqual(lines[-2], "issue 2026-07: 60 errors, 0 warnings")
        rest = int(re.fullmatch(r"… and (\d+) more", lines[-3])[1])
        told = sum(": error: " in line for line in lines)
        self.assertEqual(told + rest, 60)
        self.assertGreaterEqual(told, 3)
        self.assertEqual(self.shown.scrolled, 0)

    def test_lines_that_fill_the_row(self):
        """The last character of a full row stays, and nothing else does."""
        def text(lines):
            return "".join(lines).replace(" ", "").split("checkedat")[0]

        self.story(tags="[turism]")
        shown = set()
        for columns in range(40, 70):
            self.watch(30, columns)
            shown.add(text(self.read_until(lambda lines: lines)))
            self.story(tags="[turism]")
            shown.add(text(self.read_until(lambda lines: lines)))
            self.end()
        self.assertEqual(len(shown), 1)

    def test_ctrl_c_ends_it_while_it_waits_for_a_server(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        self.story(body=f"[a page](http://127.0.0.1:"
                        f"{silent.getsockname()[1]}/x)")
        self.watch(24, 80, "--links")
        guest, _ = silent.accept()
        self.addCleanup(guest.close)
        begin = time.monotonic()
        self.assertNotEqual(self.leave(), 0)
        self.assertLess(time.monotonic() - begin, 5)


def login(far):
    os.setsid()
    fcntl.ioctl(far, termios.TIOCSCTTY, 0)
    for fd in range(3):
        os.dup2(far, fd)


if __name__ == "__main__":
    unittest.main()
