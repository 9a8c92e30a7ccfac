#!/usr/bin/env python3
"""Takes apart the messages that some readers received.

    unpack.py DUMP OUT SITE PUBLIC_URL ADDRESS...

Looks in the folder DUMP for the message of each ADDRESS, and writes it to OUT
as ADDRESS.eml, .html and .txt. The HTML is the received one, but its pictures
are those of SITE's issue folder, so that a browser shows them offline.
"""

import email
import email.policy
import os
import re
import shutil
import sys


def messages(folder):
    """{address of the reader: (path, message)}"""
    found = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if not name.endswith(".eml"):
            continue
        with open(path, "rb") as f:
            message = email.message_from_binary_file(
                f, policy=email.policy.default)
        for address in message["To"].addresses:
            found[address.addr_spec] = (path, message)
    return found


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace("\r\n", "\n"))
    return path


def first_story(text):
    """The first line of a text part that a reader would call a headline."""
    rows = [r.strip() for r in text.splitlines()]
    for row in rows:
        found = re.match(r"(?:■|◆|●|1\.|#+)\s*(.+)", row)
        if found:
            return found[1]
    return None


def with_local_pictures(html, site, public):
    """Pictures lead to where the site keeps those that it made ready."""
    ready = os.path.abspath(os.path.join(site, "state", "pictures"))
    return re.sub(
        re.escape(public) + r"/issues/[^/\"]+/images/[^\"]*-([0-9a-f]{16}\.\w+)",
        rf"file://{ready}/\1", html)


def main():
    dump, out, site, public, *wanted = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    found = messages(dump)
    missing = [a for a in wanted if a not in found]
    for address in wanted:
        if address in missing:
            continue
        path, message = found[address]
        base = os.path.join(out, address)
        print(f"{address}: {message['Subject']}")
        print("  " + shutil.copy(path, base + ".eml"))
        html = message.get_body(("html",))
        if html:
            print("  " + write(base + ".html", with_local_pictures(
                html.get_content(), site, public)))
        text = message.get_body(("plain",))
        print("  " + write(base + ".txt", text.get_content()))
        story = first_story(text.get_content())
        if story:
            print(f"  first story: {story}")
        print()
    for address in missing:
        print(f"unpack.py: no message for {address} in {dump}",
              file=sys.stderr)
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
