"""Reads the bytes of a digest as a strict receiver would.

    complaints = mailcheck.check(raw)     # [] when there is nothing to say

raw is the message as it went over the wire, before dots were doubled. Each
complaint is one line. Nothing of glocal-mail's own code is used: this is the
other side.
"""

import base64
import email
import email.policy
import email.utils
import html
import html.parser
import re
import sys

ONCE = ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version",
        "Content-Type", "List-Id", "List-Unsubscribe", "Precedence",
        "Auto-Submitted", "X-Auto-Response-Suppress", "Feedback-ID")
AT_MOST_ONCE = ("Sender", "Reply-To", "Cc", "Bcc", "List-Unsubscribe-Post",
                "List-Help", "List-Owner", "List-Archive",
                "Content-Transfer-Encoding", "Return-Path")
LONGEST_LINE = 998
LONGEST_WORD = 75
LARGEST_HEADER = 12 * 1024
LARGEST_HTML = 102_400
WORD = re.compile(r"=\?([^?]*)\?([BbQq])\?([^?]*)\?=")
URL = re.compile(r"(?:https?://|mailto:)[!#-;=?-Z\\\[\]_a-z~^|{}%]+")


class _Page(html.parser.HTMLParser):
    """Links, headings and visible text of an HTML part."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.links, self.headings, self.text = [], [], []
        self._heading, self._hidden = None, 0

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        if tag in ("script", "form", "iframe", "object", "embed"):
            self.text.append(f"\0<{tag}>")
        if tag == "img" and (attrs.get("src") or "").startswith("data:"):
            self.text.append("\0data: image")
        if any(name.startswith("on") for name in attrs):
            self.text.append("\0event handler")
        if tag in ("h1", "h2", "h3"):
            self._heading = []
        if tag in ("style", "title"):
            self._hidden += 1

    def handle_endtag(self, tag):
        if tag in ("h1", "h2", "h3") and self._heading is not None:
            self.headings.append(squeeze("".join(self._heading)))
            self._heading = None
        if tag in ("style", "title") and self._hidden:
            self._hidden -= 1

    def handle_data(self, data):
        if not self._hidden:
            self.text.append(data)
        if self._heading is not None:
            self._heading.append(data)


def squeeze(text):
    """The text without any white space: folding may stand anywhere."""
    return re.sub(r"\s+", "", text)


def page(markup):
    """The parsed HTML part."""
    parsed = _Page()
    parsed.feed(markup)
    parsed.close()
    return parsed


def _bytes(raw):
    found = []
    if re.search(rb"[^\x20-\x7e\r\n\t]", raw):
        found.append("bytes that are not 7-bit text")
    if re.search(rb"\r(?!\n)|(?<!\r)\n", raw):
        found.append("a bare CR or LF")
    if not raw.endswith(b"\r\n"):
        found.append("no line end at the end")
    for number, line in enumerate(raw.split(b"\r\n"), 1):
        if len(line) > LONGEST_LINE:
            found.append(f"line {number} has {len(line)} bytes")
    header, separator, body = raw.partition(b"\r\n\r\n")
    if not separator or not body.strip():
        found.append("no body")
    if len(header) > LARGEST_HEADER:
        found.append(f"the header has {len(header)} bytes")
    return found


def decode_word(match):
    """The text of one encoded word, read alone and strictly."""
    charset, kind, text = match.groups()
    if kind in "Bb":
        raw = base64.b64decode(text, validate=True)
    else:
        raw = re.sub(rb"=([0-9A-F]{2})",
                     lambda m: bytes([int(m.group(1), 16)]),
                     text.replace("_", " ").encode("ascii"))
    return raw.decode(charset, "strict")


def _words(raw):
    """Encoded words (RFC 2047 sections 2 and 5)."""
    found = []
    for line in raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n"):
        matches = list(WORD.finditer(line))
        if matches and len(line) > 76:
            found.append(f"an encoded word in a line of {len(line)}: {line}")
        if not line.strip():
            found.append("a line of blanks in the header")
        for match in matches:
            if len(match.group()) > LONGEST_WORD:
                found.append(f"an encoded word of {len(match.group())} bytes")
            try:
                decode_word(match)
            except ValueError as why:
                found.append(f"'{match.group()}' does not decode: {why}")
    return found


def _fields(message):
    found = []
    for name in ONCE:
        if len(message.get_all(name, [])) != 1:
            found.append(f"{name} stands {len(message.get_all(name, []))} times")
    for name in AT_MOST_ONCE:
        if len(message.get_all(name, [])) > 1:
            found.append(f"{name} stands more than once")
    for name, value in message.items():
        found += [f"{name}: {defect!r}" for defect in value.defects]
    for name in ("From", "To"):
        addresses = getattr(message.get(name), "addresses", ())
        if len(addresses) != 1 or "@" not in addresses[0].addr_spec:
            found.append(f"{name} is not exactly one address")
    if not str(message.get("Subject", "")).strip():
        found.append("an empty subject")
    if not re.fullmatch(r"<[a-z2-7]{20,}@[a-z0-9.-]+>",
                        str(message.get("Message-ID", "")).strip()):
        found.append(f"Message-ID: {message.get('Message-ID')}")
    if getattr(message.get("Date"), "datetime", None) is None:
        found.append(f"Date: {message.get('Date')}")
    if message.get("Auto-Submitted") != "auto-generated":
        found.append(f"Auto-Submitted: {message.get('Auto-Submitted')}")
    if message.get("Precedence") != "bulk":
        found.append(f"Precedence: {message.get('Precedence')}")
    fields = str(message.get("Feedback-ID", "")).split(":")
    if not 1 <= len(fields) <= 4 or not 5 <= len(fields[-1]) <= 15:
        found.append(f"Feedback-ID: {message.get('Feedback-ID')}")
    return found


def _list_fields(raw):
    """RFC 2369, 2919 and 8058, read from the bytes."""
    header = raw.partition(b"\r\n\r\n")[0].decode("latin-1")
    rows = {}
    for line in re.split(r"\r\n(?![ \t])", header):
        name, _, value = line.partition(":")
        rows[name.lower()] = value.lstrip(" ")
    found = []
    unsubscribe = rows.get("list-unsubscribe", "")
    if "\r\n" in unsubscribe:
        found.append("List-Unsubscribe is folded")
    if not re.fullmatch(r"<[^<>\s]+>(,\s*<[^<>\s]+>)*", unsubscribe):
        found.append(f"List-Unsubscribe: {unsubscribe}")
    uris = re.findall(r"<([^<>]*)>", unsubscribe)
    https = [uri for uri in uris if uri.startswith("https://")]
    if len(https) > 1 or any(uri.startswith("http://") for uri in uris):
        found.append(f"List-Unsubscribe needs one https: {unsubscribe}")
    if not all(uri.startswith(("https://", "mailto:")) for uri in uris):
        found.append(f"List-Unsubscribe: {unsubscribe}")
    one_click = rows.get("list-unsubscribe-post")
    if (one_click is not None) != bool(https):
        found.append("List-Unsubscribe-Post must go with an https link")
    if one_click not in (None, "List-Unsubscribe=One-Click"):
        found.append(f"List-Unsubscribe-Post: {one_click}")
    if not re.search(r"<[^\s<>@]{1,255}>$", rows.get("list-id", "")):
        found.append(f"List-Id: {rows.get('list-id')}")
    for name in ("list-help", "list-owner", "list-archive"):
        if name in rows and not re.fullmatch(r"<[^<>\s]+>", rows[name]):
            found.append(f"{name}: {rows[name]}")
    if rows.get("list-help") is None and rows.get("list-owner") is None:
        found.append("neither List-Help nor List-Owner")
    return found, https


def parts(message):
    """(text, html or None) of a message, decoded."""
    bodies = {part.get_content_type(): part for part in message.walk()
              if not part.is_multipart()}
    both = [bodies.get(kind) for kind in ("text/plain", "text/html")]
    return [part and part.get_payload(decode=True).decode("utf-8", "strict")
            for part in both]


def _structure(message):
    found = []
    for part in message.walk():
        found += [f"{part.get_content_type()}: {d!r}" for d in part.defects]
        if not part.is_multipart():
            if part.get_content_charset() != "utf-8":
                found.append(f"charset {part.get_content_charset()}")
            if part.get("Content-Transfer-Encoding") not in (
                    "7bit", "quoted-printable", "base64"):
                found.append("Content-Transfer-Encoding: "
                             f"{part.get('Content-Transfer-Encoding')}")
    kinds = [part.get_content_type() for part in message.walk()]
    if kinds not in (["text/plain"],
                     ["multipart/alternative", "text/plain", "text/html"]):
        found.append(f"parts: {kinds}")
    return found


def encoded_parts(raw):
    """The body lines of each part as they stand in the bytes."""
    found = re.search(rb'boundary="([^"]+)"', raw.partition(b"\r\n\r\n")[0])
    if not found:
        return [raw]
    return raw.split(b"\r\n--" + found.group(1))[1:-1]


def _encoding(raw):
    found = []
    for part in encoded_parts(raw):
        header, _, body = part.partition(b"\r\n\r\n")
        if b"Content-Transfer-Encoding: 7bit" in header:
            continue
        if any(len(line) > 76 for line in body.split(b"\r\n")):
            found.append("an encoded line over 76 characters")
        if any(line.endswith((b" ", b"\t")) for line in body.split(b"\r\n")):
            found.append("a blank at the end of an encoded line")
    return found


def links_of_text(text):
    """The links of a text part, in order."""
    return [link.rstrip(".,;:!?)'") for link in URL.findall(text)]


def _content(text, markup, https):
    found = []
    if not text or not text.strip():
        found.append("the text part is empty")
        return found
    if any(link not in text for link in https):
        found.append("the text part lacks the unsubscribe link")
    if re.search(r"&(?:amp|lt|gt|quot|nbsp|#\d+);", text):
        found.append("the text part holds HTML entities")
    if any(line != line.rstrip() and line != "-- "
           for line in text.splitlines()):
        found.append("a blank at the end of a line of the text part")
    for name, part in (("text", text), ("html", markup or "")):
        if re.search("[\ufdd0-\ufdef\ufffd\ufffe]|{{|}}", part):
            found.append(f"a marker is left in the {name} part")
    if markup is None:
        return found
    parsed = page(markup)
    visible = squeeze("".join(parsed.text))
    if not visible:
        found.append("the html part is empty")
    if len(markup.encode("utf-8")) > LARGEST_HTML:
        found.append(f"the html part has {len(markup.encode())} bytes")
    found += [f"html: {bad}" for bad in re.findall("\0([^\0]*)",
                                                    "".join(parsed.text))]
    if any(link not in parsed.links for link in https):
        found.append("the html part lacks the unsubscribe link")
    found += _same(text, parsed)
    return found


def _same(text, parsed):
    """What one part says, the other says too: links and headings."""
    found = []
    for link in parsed.links:
        if not link.startswith(("https://", "http://", "mailto:", "#")):
            found.append(f"html links to {link}")
    in_html = {link for link in parsed.links if not link.startswith("#")}
    in_text = set(links_of_text(text))
    bare = re.sub(r"\s", "", text)
    for link in sorted(in_html - in_text):
        if link not in text and link.removeprefix("mailto:") not in bare:
            found.append(f"only the html part links to {link}")
    visible = squeeze("".join(parsed.text))
    for link in sorted(in_text - in_html):
        if squeeze(link) not in visible and link not in visible:
            found.append(f"only the text part links to {link}")
    for heading in parsed.headings:
        if heading and heading not in squeeze(text):
            found.append(f"only the html part says '{heading}'")
    return found


def check(raw):
    """Everything that is wrong with the message, as lines."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    found = _bytes(raw) + _words(raw) + _structure(message)
    found += _fields(message) + _encoding(raw)
    of_list, https = _list_fields(raw)
    found += of_list
    try:
        text, markup = parts(message)
    except ValueError as why:
        return found + [f"a part does not decode: {why}"]
    return found + _content(text, markup, https)


if __name__ == "__main__":
    worst = 0
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            for complaint in check(file.read()):
                print(f"{path}: {complaint}")
                worst = 1
    sys.exit(worst)
