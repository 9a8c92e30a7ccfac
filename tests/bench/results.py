"""What was measured: rows for people now, for programs at the end, and what
each says of a goal."""

import json
import statistics

import stages


class Goal:
    """A bound that a value must reach (`least`) or keep."""

    def __init__(self, bound, least=True, unit=""):
        self.bound, self.least, self.unit = bound, least, unit

    def __str__(self):
        return f"{'≥' if self.least else '≤'} {self.bound:g}{self.unit}"

    def judge(self, value):
        """"met", or by how much of the bound it is missed."""
        if value >= self.bound if self.least else value <= self.bound:
            return "met"
        return f"missed by {abs(value / self.bound - 1):.0%}"


class Results:
    """The table; `rows` is what goes into JSON."""

    FORM = "{:<44} {:>9} {:>10} {:>8} {:>8}  {:<15} {:>7} {:>6}  {}"
    HEAD = ("what", "messages", "per second", "ratio", "goal", "verdict",
            "CPU µs", "MB", "limited by")

    def __init__(self):
        self.rows, self.notes = [], []

    def head(self, title):
        print(f"\n{title}")
        print(self.FORM.format(*self.HEAD), flush=True)

    def note(self, text):
        self.notes.append(text)
        print(text, flush=True)

    def _print(self, *cells):
        print(self.FORM.format(*cells).rstrip(), flush=True)

    def fact(self, what, count, value, unit, goal=None, **more):
        """A single value, such as seconds or megabytes."""
        row = {"what": what, "count": count, "value": round(value, 4),
               "unit": unit, **more}
        cells = [f"{value:,.2f} {unit}", "", ""]
        if goal:
            row["goal"], row["verdict"] = str(goal), goal.judge(value)
            cells[1:] = [str(goal), row["verdict"]]
        self.rows.append(row)
        self._print(what, f"{count:,}", "", *cells, "", "", "")

    def rate(self, what, runs, base=None, base_name="", goal=None):
        """The median of RUNS; its ratio is that of each to the run of BASE in
        the same round."""
        rates = [run.rate for run in runs]
        middle = statistics.median_low(rates)
        shown = runs[rates.index(middle)]
        row = {"what": what, "per_second": round(statistics.median(rates), 1),
               "rates": [round(rate, 1) for rate in rates]}
        ratio = ""
        if base:
            row["of"] = base_name
            row["ratio"] = round(statistics.median(
                run.rate / other.rate for run, other in zip(runs, base)), 3)
            ratio = f"{row['ratio']:.2f}"
        if base and goal:
            row["goal"], row["verdict"] = str(goal), goal.judge(row["ratio"])
        row.update(shown.facts())
        self.rows.append(row)
        self._print(what, f"{row.get('count', 0):,}",
                    f"{row['per_second']:,.0f}", ratio,
                    row.get("goal", ""), row.get("verdict", ""),
                    f"{row.get('cpu_us', 0):.0f}" if "cpu_us" in row else "",
                    f"{row.get('peak_mb', 0):.0f}" if "peak_mb" in row else "",
                    row.get("limit", ""))
        if "stages" in row:
            print(f"    {stages.describe(row['stages'])}; server "
                  f"{row['sink_us']:.0f}", flush=True)
        return row

    def verdicts(self):
        return [row for row in self.rows if "verdict" in row]

    def summary(self):
        """One line for each goal that was missed, and a count."""
        judged = self.verdicts()
        missed = [row for row in judged if row["verdict"] != "met"]
        print(f"\n{len(judged) - len(missed)} of {len(judged)} goals met")
        for row in missed:
            value = row.get("ratio", row.get("value"))
            print(f"  {row['what']}: {value:.2f}, goal {row['goal']}: "
                  f"{row['verdict']}")

    def json(self, **more):
        return json.dumps({"rows": self.rows, "notes": self.notes, **more},
                          ensure_ascii=False)
