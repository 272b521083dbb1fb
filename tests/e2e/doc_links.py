#!/usr/bin/env python3
"""doc_links.py DIRECTORY: names each link of the Markdown files below DIRECTORY whose file or heading
is not there. Links to other hosts are not looked at. Exit status 1 when one is wrong."""

import pathlib
import re
import sys


def text_of(path):
    """The file without its fenced code."""
    return re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors_of(path):
    """What GitHub makes of the headings: lower case, no punctuation, a hyphen for each blank."""
    anchors = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *$", text_of(path), flags=re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        base = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        anchor, copies = base, 0
        while anchor in anchors:
            copies += 1
            anchor = f"{base}-{copies}"
        anchors.add(anchor)
    return anchors


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    documents = [
        path
        for path in sorted(root.rglob("*.md"))
        if not any(part == "build" or part.startswith(".") for part in path.relative_to(root).parts)
    ]
    seen = wrong = 0
    for path in documents:
        for link in re.findall(r"\]\(([^)\s]+)\)", text_of(path)):
            if re.match(r"[a-z]+:", link):
                continue
            seen += 1
            file, _, anchor = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            if not target.exists():
                problem = "no such file"
            elif anchor and anchor not in anchors_of(target):
                problem = "no such heading"
            else:
                continue
            wrong += 1
            print(f"{path.relative_to(root)}: {link}: {problem}", file=sys.stderr)
    if seen == 0:
        sys.exit("No link was found in any document")
    sys.exit(1 if wrong else 0)


main()
