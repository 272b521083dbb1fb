"""table.py RESULTS: the medians of bench/forwarder as a table, and which targets they meet.

A line of RESULTS is "axis forwarder metric value", in the order of measuring, or "# TEXT" on how it
was measured. Machines drift while they measure, so forwarders are compared round by round: a ratio is
the median over the rounds of our figure by the peer's of the same round, +- its standard error. The
best peer of a metric may be another one in each line: we are compared with whoever is best at it.
"""

import collections
import math
import statistics
import sys

US = "netports"
# axis, metric, title, whether more is better
ROWS = [
    ("send1", "gbit", "bulk 1 stream, Gbit/s", True),
    ("send1", "cpu_per_gb", "... CPU s per GB", False),
    ("receive1", "gbit", "bulk 1 stream, reverse", True),
    ("receive1", "cpu_per_gb", "... CPU s per GB", False),
    ("send8", "gbit", "bulk 8 streams, Gbit/s", True),
    ("send8", "cpu_per_gb", "... CPU s per GB", False),
    ("receive8", "gbit", "bulk 8 streams, reverse", True),
    ("receive8", "cpu_per_gb", "... CPU s per GB", False),
    ("keepalive", "per_second", "keep-alive, 64 conns, requests/s", True),
    ("keepalive", "p50_us", "... p50, us", False),
    ("keepalive", "p99_us", "... p99, us", False),
    ("keepalive", "cpu_us", "... CPU us per request", False),
    ("reply16k", "per_second", "16 KB responses/s, 64 conns", True),
    ("reply16k", "cpu_us", "... CPU us per request", False),
    ("latency", "per_second", "one connection, requests/s", True),
    ("latency", "p50_us", "... p50, us", False),
    ("latency", "p99_us", "... p99, us", False),
    ("short", "per_second", "short connections/s", True),
    ("short", "failed", "... failed", False),
    ("short", "cpu_us", "... CPU us per connection", False),
    ("idle", "bytes_per_connection", "memory per idle connection, bytes", False),
    ("start", "rss_mb", "resident at start, MB", False),
    ("start", "pss_mb", "... PSS, MB", False),
]
# name, axes, metric, against (None: an absolute figure), limit; at least it where more is better
TARGETS = []
BULK = ("send1", "receive1", "send8", "receive8")
for axis in BULK:
    TARGETS += [
        (axis, "gbit", "installed", 2.0),
        (axis, "cpu_per_gb", "installed", 0.6),
        (axis, "gbit", "best", 1.05),
        (axis, "cpu_per_gb", "tuned", 1.0),
        (axis, "cpu_per_gb", "installed", 0.5),
    ]
TARGETS += [
    ("keepalive", "per_second", "installed", 0.95),
    ("keepalive", "per_second", "best", 1.05),
    ("keepalive", "p99_us", "best", 1.0),
    ("reply16k", "per_second", "best", 1.05),
    ("latency", "p50_us", "best", 1.0),
    ("short", "per_second", "installed", 0.95),
    ("short", "per_second", "best", 1.05),
    ("short", "failed", None, 0),
    ("idle", "bytes_per_connection", None, 256),
    ("start", "rss_mb", None, 8),
]


def figure(value):
    if value is None:
        return "-"
    if value >= 10000:
        return f"{value / 1000:.1f}k"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}".rstrip("0").rstrip(".")


def print_table(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for number, line in enumerate(lines):
        cells = [cell.ljust(width) for cell, width in zip(line, widths)]
        print("| " + " | ".join(cells) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    print()


class Results:
    def __init__(self, *paths):
        samples = collections.defaultdict(list)
        self.names = []
        self.errors = []
        self.notes = []
        for path in paths:
            with open(path, encoding="utf-8") as lines:
                self.read(lines, samples)
        self.samples = samples
        self.median = {key: statistics.median(values) for key, values in samples.items()}
        peers = [n for n in self.names if n.startswith(("haproxy", "nginx"))]
        self.tuned = [n for n in peers if "tuned" in n or "128k" in n]
        self.installed = [n for n in peers if n not in self.tuned]

    def read(self, lines, samples):
        for line in lines:
            if line.startswith("#"):
                self.notes.append(line.lstrip("# ").strip())
                continue
            words = line.split()
            try:
                axis, name, metric, value = words
                samples[axis, metric, name].append(float(value))
            except ValueError:
                self.errors.append(line.strip())
                continue
            if name not in self.names:
                self.names.append(name)

    def of(self, axis, metric, name):
        return self.median.get((axis, metric, name))

    def ratio(self, axis, metric, name):
        """Ours by the peer's, and its standard error (of a median: a quarter above the mean's)."""
        ours, theirs = (self.samples.get((axis, metric, n), []) for n in (US, name))
        pairs = [(a, b) for a, b in zip(ours, theirs) if a > 0 and b > 0]
        if not pairs or len(ours) != len(theirs):
            return None
        logs = [math.log(a / b) for a, b in pairs]
        error = 1.25 * statistics.stdev(logs) / math.sqrt(len(logs)) if len(logs) > 1 else None
        ratio = math.exp(statistics.median(logs))
        return ratio, error and ratio * error, name

    def against(self, axis, metric, more, kind):
        """The ratio to the peer of that kind that does best against us; None without any."""
        names = {"installed": self.installed, "tuned": self.tuned}.get(
            kind, self.installed + self.tuned)
        ratios = [r for r in (self.ratio(axis, metric, n) for n in names) if r]
        return (min if more else max)(ratios, default=None)


def ratio_text(ratio):
    if not ratio:
        return "-"
    return f"{ratio[0]:.2f}" + (f" +-{ratio[1]:.2f}" if ratio[1] is not None else "")


def main():
    results = Results(sys.argv[1])
    for error in results.errors:
        print(f" !     {error}", file=sys.stderr)
    rows = [r for r in ROWS if any((r[0], r[1], n) in results.median for n in results.names)]
    if not rows:
        sys.exit(" !     Nothing was measured")
    names = sorted(results.names, key=lambda n: (n != "direct", n != US))
    print_table([["medians", *names]] + [
        [title, *(figure(results.of(axis, metric, n)) for n in names)]
        for axis, metric, title, _ in rows])

    lines = [["netports against", "direct", "best as installed", "", "best tuned", ""]]
    for axis, metric, title, more in rows:
        installed = results.against(axis, metric, more, "installed")
        tuned = results.against(axis, metric, more, "tuned")
        lines.append([title, ratio_text(results.ratio(axis, metric, "direct")),
                      ratio_text(installed), installed[2] if installed else "",
                      ratio_text(tuned), tuned[2] if tuned else ""])
    print_table(lines)

    lines = [["target", "to reach", "reached", ""]]
    titles = {(axis, metric): (title, more) for axis, metric, title, more in rows}
    for axis, metric, against, limit in TARGETS:
        ours = results.of(axis, metric, US)
        if ours is None:
            continue
        title, more = titles[axis, metric]
        if title.startswith("..."):
            title = f"{titles[axis, next(r[1] for r in ROWS if r[0] == axis)][0]} {title}"
        reached = ours
        if against:
            compared = results.against(axis, metric, more, against)
            if not compared:
                continue
            reached = compared[0]
        met = reached >= limit if more else reached <= limit
        of = {"best": " of the best of all", "tuned": " of the best tuned",
              "installed": " of the best as installed", None: ""}[against]
        lines.append([title, f"{'>=' if more else '<='} {limit:g}{of}",
                      ratio_text(compared) if against else figure(reached),
                      "met" if met else "MISSED"])
    if len(lines) > 1:
        print_table(lines)


if __name__ == "__main__":
    main()
