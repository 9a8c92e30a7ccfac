"""What is done with contacts, for every size: seconds, peak memory, and whether
the last contact costs what the first did.

A measure is a row of MEASURES: its name, the words of the command, and the most
seconds that a million contacts may take (None: no goal).  They run in this
order in one site, which is empty at first; FILE stands for the contacts as CSV,
OUT for a file to write.
"""

import pathlib

import process
from glocal_site import ROOT, Site
from results import Goal

MILLION = 1_000_000
MOST_MB = 64
MOST_GROWTH = 1.3
MEASURES = [
    ("import", ("subscriber", "import", "FILE"), 20),
    ("import, nothing new", ("subscriber", "import", "FILE"), None),
    ("export as CSV", ("subscriber", "export", "--out", "OUT"), None),
    ("export as CP932", ("subscriber", "export", "--out", "OUT", "--encoding",
                         "cp932"), None),
    ("export as JSON", ("subscriber", "export", "--out", "OUT", "--format",
                        "json"), None),
]


class Contacts:
    """Measures in a site of each size, in `folder`."""

    def __init__(self, folder, clock, results):
        self.folder, self.clock = pathlib.Path(folder), clock
        self.results = results
        self._first = {}  # the smallest size and its seconds, by measure

    def measure(self, size, rows):
        """All measures with the SIZE contacts of the file ROWS."""
        site = Site(self.folder / f"contacts.{size}", sample=False)
        site.run("tag", "import", ROOT / "config/sample/tags.csv")
        words = {"FILE": rows, "OUT": self.folder / "contacts.out"}
        for name, command, most_s in MEASURES:
            run = process.Run(
                site.command(*(words.get(word, word) for word in command)),
                self.clock)
            self._tell(name, size, run, most_s)

    def _tell(self, name, size, run, most_s):
        goal = None
        if most_s and size >= MILLION:
            goal = Goal(most_s * size / MILLION, least=False, unit=" s")
        self.results.fact(name, size, run.seconds, "s", goal,
                          cpu_s=round(run.cpu_s, 3))
        if run.rss_kb:
            self.results.fact(f"{name}, peak memory", size,
                              run.rss_kb * 1024 / 1e6, "MB",
                              Goal(MOST_MB, least=False, unit=" MB"))
        first = self._first.setdefault(name, (size, run.cpu_s))
        if first[0] != size:
            self.results.fact(
                f"{name}, CPU a contact, to {first[0]:,}", size,
                run.cpu_s / size / (first[1] / first[0]), "x",
                Goal(MOST_GROWTH, least=False, unit=" x"))
