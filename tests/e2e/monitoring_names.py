"""monitoring_names.py PAGE FILE...: whether each metric and label that FILE uses is on PAGE.

PAGE is a metrics page of the daemon; a FILE is a Grafana dashboard (.json) or Prometheus rules
(.yml). Prints a line for each name that is not there, and exits with 1 then. Also that a dashboard
is complete: panels have an id of their own, a query and a place that no other panel has.
"""

import json
import re
import sys

import yaml

# Labels and metrics that Prometheus adds to what it scrapes.
OWN_LABELS = {"instance", "job"}
OWN_METRICS = {"up": OWN_LABELS}
WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\[[^]]*\]|[A-Za-z_:][\w:]*|[\d.]+|=~|!~|!=|[<>=]=|\S')


def metrics_of_page(text):
    """The labels of each metric that has a sample."""
    metrics = {}
    for line in text.splitlines():
        if line.startswith("#") or not line:
            continue
        name, labels = re.fullmatch(r"(\w+)(?:\{(.*)\})? \S+", line).groups()
        metrics.setdefault(name, set()).update(re.findall(r'(\w+)="', labels or ""))
    return metrics


def names_in(expression):
    """What a PromQL expression uses: [(metric, labels of its selector)], and labels used elsewhere."""
    selectors, others = [], set()
    tokens = TOKEN.findall(expression)
    at = 0
    while at < len(tokens):
        token = tokens[at]
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        at += 1
        if not re.match(r"[A-Za-z_]", token) or token in WORDS:
            continue
        if following in ("(", "by", "without"):  # a function, an operator or what groups labels
            if token in ("by", "without", "on", "ignoring", "group_left", "group_right"):
                end = tokens.index(")", at)
                others.update(t for t in tokens[at:end] if re.match(r"\w", t))
                at = end
            continue
        labels = set()
        if following == "{":
            end = tokens.index("}", at)
            labels = {tokens[i] for i in range(at, end) if tokens[i + 1] in ("=", "=~", "!=", "!~")}
            at = end
        selectors.append((token, labels))
    return selectors, others


def check(page, where, expression, texts=()):
    """The names that are missing, a line each. `texts` may hold {{ label }} or {{ $labels.label }}."""
    faults = []
    selectors, others = names_in(expression)
    if not selectors:
        faults.append(f"{where}: no metric in: {expression}")
    for text in texts:
        others.update(re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}", text))
    known = set()
    for metric, labels in selectors:
        if metric in OWN_METRICS:
            has = OWN_METRICS[metric]
        elif metric in page:
            has = page[metric] | OWN_LABELS
        else:
            faults.append(f"{where}: no metric {metric}")
            continue
        known |= has
        faults += [f"{where}: no label {label} of {metric}" for label in sorted(labels - has)]
    if not faults:
        faults += [f"{where}: no label {label} in: {expression}" for label in sorted(others - known)]
    return faults


def rules_faults(page, path):
    with open(path, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    faults = []
    for rule in [rule for group in document["groups"] for rule in group["rules"]]:
        faults += check(page, rule["alert"], rule["expr"], rule["annotations"].values())
        faults += [f"{rule['alert']}: no {name}" for name in ("summary", "description")
                   if not rule["annotations"].get(name)]
    return faults


def dashboard_faults(page, path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    faults, ids, places = [], set(), set()
    for variable in document["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = re.fullmatch(r"label_values\((.+), (\w+)\)",
                                         variable["query"]["query"]).groups()
            faults += check(page, f"${variable['name']}", metric, ["{{" + label + "}}"])
    for panel in document["panels"]:
        title = panel["title"]
        if panel["id"] in ids:
            faults.append(f"{title}: id {panel['id']} is another panel's too")
        ids.add(panel["id"])
        grid = panel["gridPos"]
        cells = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"])
                 for y in range(grid["y"], grid["y"] + grid["h"])}
        if cells & places or max(x for x, _ in cells) >= 24:
            faults.append(f"{title}: its place is another panel's too, or beside the page")
        places |= cells
        if not panel["targets"]:
            faults.append(f"{title}: no query")
        for target in panel["targets"]:
            faults += check(page, title, target["expr"], [target["legendFormat"]])
    return faults


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        page = metrics_of_page(file.read())
    faults = []
    for path in sys.argv[2:]:
        faults += (dashboard_faults if path.endswith(".json") else rules_faults)(page, path)
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
