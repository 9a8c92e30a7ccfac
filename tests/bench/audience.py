"""How long it takes to count an audience, and that this grows as the contacts
do: what is selective too looks at every contact, once."""

import process

# From the simplest to one that asks everything.
EXPRESSIONS = (
    ("everyone", "everyone"),
    ("one tag", "tag:tourism"),
    ("three tests",
     "tag:tourism and prefecture:島根 and not language:en"),
    ("five tests",
     "domain:m324485.example or country:GR and not (tag:culture or tag:halal)"
     " and basis:business_relation"),
)
TIMES = 3
SLOWER = 1.5  # for one contact of many, against one of few


def measure(site, size, clock, results):
    """The rows of one size; {name: CPU seconds}."""
    words = [(f"count: {name}", ("audience", "count", expression))
             for name, expression in EXPRESSIONS]
    words += [("list: three tests",
               ("audience", "list", EXPRESSIONS[2][1], "--json")),
              ("coverage", ("coverage", "--json"))]
    found = {}
    for name, command in words:
        runs = [process.Run(site.command(*command), clock)
                for _ in range(TIMES)]
        best = min(runs, key=lambda run: run.seconds)
        found[name] = min(run.cpu_s for run in runs)
        results.fact(name, size, best.seconds, "s",
                     peak_mb=round(best.rss_kb * 1024 / 1e6, 1))
    return found


def compare(few, few_found, many, many_found, results, goal):
    """How much more CPU a contact costs among many."""
    for name, seconds in many_found.items():
        results.fact(f"{name}, a contact, to {few:,}", many,
                     seconds / many / (few_found[name] / few), "x", goal)
