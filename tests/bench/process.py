"""One process from start to end: its time, its memory, and what each of its
threads did, as the kernel counts it.

The threads of a sender bear the names of its stages.  Every few milliseconds
each one's counters are read from /proc; those that were read last count.  What
the process did after that is known for the whole process alone.
"""

import os
import resource
import select
import subprocess
import tempfile
import time

SAMPLE_S = 0.02
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class OutOfTime(Exception):
    """The time that the whole bench may take is over."""


class Clock:
    """The time that is left."""

    def __init__(self, seconds):
        self._end = time.monotonic() + seconds

    def left(self):
        return self._end - time.monotonic()

    def check(self):
        if self.left() <= 0:
            raise OutOfTime


class Thread:
    """The counters of one thread, in seconds."""

    def __init__(self, name):
        self.name = name
        self.run_s = self.wait_s = self.user_s = self.system_s = 0.0
        self.samples = self.on_disk = 0

    def read(self, folder):
        with open(f"{folder}/schedstat", encoding="ascii") as file:
            run_ns, wait_ns = file.read().split()[:2]
        with open(f"{folder}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        self.run_s, self.wait_s = int(run_ns) / 1e9, int(wait_ns) / 1e9
        self.user_s = int(fields[11]) * TICK_S
        self.system_s = int(fields[12]) * TICK_S
        self.samples += 1
        self.on_disk += fields[0] == "D"

    def engaged(self, seconds):
        """The share of the time in which it ran, wanted to run, or waited for
        the disk: 1 is a thread that never waits for anybody else."""
        disk = self.on_disk / self.samples if self.samples else 0
        return min(1.0, (self.run_s + self.wait_s) / seconds + disk)


class Run:
    """One process, from start to end; `statuses` are the exits it may have."""

    def __init__(self, command, clock, statuses=(0,), env=None):
        clock.check()
        self.rss_kb = 0
        self._threads = {}
        self._command = " ".join(str(word) for word in command)
        with tempfile.TemporaryFile() as output:
            before = read_machine()
            start = time.monotonic()
            process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, env=env)
            usage = self._wait(process, clock)
            self.seconds = time.monotonic() - start
            after = read_machine()
            output.seek(0)
            self.output = output.read().decode(errors="replace")
        self.cpu_s = usage.ru_utime + usage.ru_stime
        busy = after[0] - before[0]
        self.machine_busy = busy / max(busy + after[1] - before[1], 1)

        # The kernel counts our own image, which the child had before it took
        # its own: only a larger peak is the child's for sure.
        own_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if usage.ru_maxrss > own_kb:
            self.rss_kb = max(self.rss_kb, usage.ru_maxrss)
        if process.returncode not in statuses:
            raise RuntimeError(f"{self._command}: exit {process.returncode}\n"
                               f"{self.output}")

    def _wait(self, process, clock):
        """wait4, which alone tells what one child used, with an end."""
        handle = os.pidfd_open(process.pid)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        try:
            while not poll.poll(SAMPLE_S * 1000):
                self._sample(process.pid)
                if clock.left() <= 0:
                    process.kill()
                    process.wait()
                    raise OutOfTime
        finally:
            os.close(handle)
        _, code, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(code)
        return usage

    def _sample(self, pid):
        try:
            for tid in os.listdir(f"/proc/{pid}/task"):
                folder = f"/proc/{pid}/task/{tid}"
                with open(f"{folder}/comm", encoding="utf-8") as file:
                    name = file.read().strip()
                thread = self._threads.setdefault(tid, Thread(name))
                thread.name = name
                thread.read(folder)
            self.rss_kb = max(self.rss_kb, read_peak(pid))
        except (OSError, ValueError, IndexError):
            pass  # it has ended

    def threads(self):
        """Its threads in the order of their making; the first is the one that
        the process began with."""
        return [self._threads[tid] for tid in sorted(self._threads, key=int)]


def read_machine():
    """(seconds busy, seconds idle) of all CPUs since the start of time."""
    with open("/proc/stat", encoding="ascii") as file:
        counts = [int(word) * TICK_S for word in file.readline().split()[1:9]]
    idle = counts[3] + counts[4]
    return sum(counts) - idle, idle


def read_peak(pid):
    """The peak RSS of a process so far, in KiB."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def read_cpu(pid):
    """The CPU seconds of a running process so far."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S
