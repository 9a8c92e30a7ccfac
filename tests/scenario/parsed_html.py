"""HTML as a browser reads it: the tree that html5lib makes (Debian's
python3-html5lib), as a list of tags, texts and comments in their order.

    for page in parsed_html.read([path, ...]):
        page["nodes"]      # [["tag", name, {attribute: value}], ["text", …], …]
        page["errors"]     # codes of what the standard calls a parse error
"""

import functools
import json
import os
import re
import subprocess
import sys
import unittest

READER = """
import json, sys, html5lib
def walk(node, out):
    if isinstance(node.tag, str):
        out.append(["tag", node.tag, dict(node.attrib)])
        if node.text: out.append(["text", node.text])
    else:
        out.append(["comment", node.text or ""])
    for child in node:
        walk(child, out)
        if child.tail: out.append(["text", child.tail])
    return out
pages = []
for path in json.load(sys.stdin):
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    with open(path, encoding="utf-8") as f:
        root = parser.parse(f.read())
    pages.append({"nodes": walk(root, []),
                  "errors": [code for _, code, _ in parser.errors]})
json.dump(pages, sys.stdout)
"""

ADDRESSES = {"href", "src", "action", "formaction", "cite", "data", "poster",
             "background", "srcset", "longdesc", "manifest", "ping"}
HARMLESS = {"http", "https", "mailto", "cid"}
FORBIDDEN = {"script", "iframe", "object", "embed", "form", "input", "button",
             "base", "svg", "math", "applet", "frame", "frameset", "template"}


@functools.cache
def find_reader():
    """A Python that has html5lib: ours, else Debian's; None."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and subprocess.run(
                [python, "-c", "import html5lib"], capture_output=True,
                check=False).returncode == 0:
            return python
    return None


def read(paths):
    if find_reader() is None:
        raise unittest.SkipTest("python3-html5lib is not installed")
    done = subprocess.run(
        [find_reader(), "-c", READER], text=True, timeout=250, check=True,
        input=json.dumps([str(p) for p in paths]), capture_output=True)
    return json.loads(done.stdout)


def dangers(page, frames=False):
    """What a page holds that nothing we write may hold."""
    found = []
    for kind, *rest in page["nodes"]:
        if kind != "tag":
            continue
        name, attributes = rest
        if name in FORBIDDEN and not (frames and name == "iframe"):
            found.append(f"<{name}>")
        for key, value in attributes.items():
            bare = re.sub(r"[\x00-\x20\x7f-\x9f]", "", value).lower()
            scheme = re.match(r"([a-z][a-z0-9+.-]*):", bare)
            if key.lower().startswith("on"):
                found.append(f"<{name} {key}>")
            if key.lower() in ADDRESSES and scheme and (
                    scheme[1] not in HARMLESS):
                found.append(f"<{name} {key}={value!r}>")
            if key == "style" and re.search(r"url\(|expression|@import|:\s*"
                                            r"javascript", bare):
                found.append(f"<{name} style={value!r}>")
            if key == "http-equiv" and value.lower() == "refresh":
                found.append(f"<{name} {key}={value!r}>")
    return found
