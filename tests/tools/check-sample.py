#!/usr/bin/env python3
"""Checks the register and the sample site's content.

    tests/tools/check-sample.py [--config DIR] [SEED.txt]

Every complaint is one line, `file: what`; the status is 1 when there are any.
What is checked:

- the register: header, order, check digits, the known numbers of entries
- contacts: codes in the register, addresses unique and under .example, tags in
  the vocabulary, countries of two capitals, languages, bases that may be mailed
- articles: a pair of languages each, equal in what no language changes; tags,
  places and countries as above; images that exist, are shown by one article
  only, have alt text and caption, and are small PNG files of a common size
- with SEED, the text of the newsletter that the stories retell: no text of the
  issue has eight or more words in a row in common with it

The front matter is read by a reader of exactly the forms used here: scalars,
[lists], maps by language and the list of images. Anything else is a complaint.
"""

import argparse
import collections
import csv
import json
import pathlib
import re
import struct
import sys

LANGUAGES = ("en", "ja")
BASES = {"consent", "given_address", "business_relation", "published"}
ARTICLE_KEYS = {"title", "summary", "tags", "places", "countries", "images",
                "lead"}
SHARED_KEYS = ("tags", "places", "countries", "lead")
ISSUE_KEYS = {"title", "date", "languages", "subject", "preheader"}
CONTACT_HEADER = ["email", "name", "organisation", "department",
                  "municipality", "language", "tags", "countries", "basis"]
IMAGE_SIZE = (1200, 750)
IMAGE_BYTES = 60_000
RUN_WORDS = 8

complaints = []


def complain(path, what):
    complaints.append(f"{path}: {what}")


def read_table(path, header):
    """Yields (line, row) of a CSV file; complains about its header."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames != header:
            complain(path, f"header is {rows.fieldnames}, not {header}")
            return
        for row in rows:
            if None in row or None in row.values():
                complain(f"{path}:{rows.line_num}", "wrong number of fields")
            else:
                yield rows.line_num, row


# ---- codes and the register

def check_digit(five):
    total = sum(w * int(d) for w, d in zip((6, 5, 4, 3, 2), five))
    return str((11 - total % 11) % 10)


def code_holds(code):
    return bool(re.fullmatch(r"\d{6}", code)) and code[5] == check_digit(code)


def check_register(path):
    codes = []
    kinds = collections.Counter()
    for line, row in read_table(path, ["code", "prefecture", "name", "kana",
                                      "romaji"]):
        code, name = row["code"], row["name"]
        if not code_holds(code):
            complain(f"{path}:{line}", f"check digit of {code} does not hold")
        if not re.fullmatch("[ぁ-ゖー]+", row["kana"]):
            complain(f"{path}:{line}", f"not hiragana: {row['kana']}")
        if not re.fullmatch("[A-Z][a-z]+(-[a-z]+)?( [A-Z][a-z]+-ku)?",
                            row["romaji"]):
            complain(f"{path}:{line}", f"no letters: {row['romaji']}")
        is_ward = re.search("市.+区$", name)
        kinds["prefectures" if code[2:5] == "000" else
              "wards" if is_ward else "municipalities"] += 1
        codes.append(code)
    if codes != sorted(set(codes)):
        complain(path, "codes are not sorted, or not unique")
    expected = {"prefectures": 47, "municipalities": 1741, "wards": 171}
    if kinds != expected:
        complain(path, f"has {dict(kinds)}, not {expected}")
    return set(codes)


# ---- tags and contacts

def check_tags(path):
    tags = [row["tag"] for _, row in
            read_table(path, ["tag", "label_en", "label_ja"])]
    for tag in tags:
        if not re.fullmatch(r"[a-z]+(-[a-z]+)*", tag):
            complain(path, f"tag {tag!r} is not lower case with hyphens")
    if len(tags) != len(set(tags)):
        complain(path, "a tag is there twice")
    return set(tags)


def check_interests(where, tags, countries, vocabulary):
    for tag in tags:
        if tag not in vocabulary:
            complain(where, f"unknown tag {tag!r}")
    for country in countries:
        if not re.fullmatch("[A-Z]{2}", country):
            complain(where, f"{country!r} is no country code")
    for values in (tags, countries):
        if len(values) != len(set(values)):
            complain(where, "an interest is there twice")


def check_code(where, code, register):
    if not code_holds(code):
        complain(where, f"check digit of {code!r} does not hold")
    elif code not in register:
        complain(where, f"{code} is not in the register")


def check_contacts(path, register, vocabulary):
    seen = {}
    for line, row in read_table(path, CONTACT_HEADER):
        where = f"{path}:{line}"
        address = row["email"]
        if not re.fullmatch(r"[a-z0-9.-]+@([a-z0-9-]+\.)+example", address):
            complain(where, f"{address!r} is no address under .example")
        if address in seen:
            complain(where, f"{address} is in line {seen[address]} too")
        seen[address] = line
        if row["municipality"]:
            check_code(where, row["municipality"], register)
        if row["language"] not in LANGUAGES:
            complain(where, f"unknown language {row['language']!r}")
        if row["basis"] not in BASES:
            complain(where, f"basis {row['basis']!r} cannot be mailed")
        if not row["name"] or not row["organisation"]:
            complain(where, "name or organisation is missing")
        check_interests(where, *([v for v in row[key].split(";") if v]
                                 for key in ("tags", "countries")), vocabulary)
    if len(seen) < 100:
        complain(path, f"only {len(seen)} contacts")


# ---- front matter

def read_value(text):
    """A scalar in double quotes, a flow list, true, false, or a plain one."""
    if text.startswith('"'):
        return json.loads(text)
    if text.startswith("["):
        if not text.endswith("]"):
            raise ValueError(f"list without end: {text}")
        return [read_value(item.strip())
                for item in text[1:-1].split(",") if item.strip()]
    if text in ("true", "false"):
        return text == "true"
    if not re.fullmatch(r"[\w./-]+", text):
        raise ValueError(f"wants quotes: {text}")
    return text


def read_pair(line):
    key, colon, value = line.partition(":")
    if not colon or not re.fullmatch(r"[a-z_]+", key):
        raise ValueError(f"no 'key: value': {line}")
    return key, value.strip()


def read_front_matter(path):
    """(fields, body); complains and returns ({}, "") when it cannot."""
    parts = path.read_text(encoding="utf-8").split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        complain(path, "no front matter between two lines '---'")
        return {}, ""
    fields, open_key = {}, None
    for number, line in enumerate(parts[1].splitlines(), 2):
        try:
            if line.startswith(("  - ", "    ")):
                key, value = read_pair(line[4:])
                if line.startswith("  - "):
                    fields[open_key] = fields[open_key] or []
                    fields[open_key].append({})
                fields[open_key][-1][key] = read_value(value)
            elif line.startswith("  "):
                key, value = read_pair(line[2:])
                fields[open_key] = fields[open_key] or {}
                fields[open_key][key] = read_value(value)
            else:
                key, value = read_pair(line)
                if key in fields:
                    raise ValueError(f"second '{key}'")
                open_key = None if value else key
                fields[key] = read_value(value) if value else None
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            complain(f"{path}:{number}", problem)
    return fields, parts[2]


# ---- issue and articles

def check_issue(path):
    fields, body = read_front_matter(path)
    if set(fields) != ISSUE_KEYS:
        complain(path, f"keys are {sorted(fields)}, not {sorted(ISSUE_KEYS)}")
        return []
    for key in ("title", "subject", "preheader"):
        if set(fields[key]) != set(LANGUAGES):
            complain(path, f"'{key}' is not there in each language")
    marks = re.findall(r"^<!-- (\w+) -->$", body, re.M)
    if sorted(marks) != sorted(LANGUAGES):
        complain(path, f"greeting's languages are {marks}")
    return [*fields["title"].values(), *fields["subject"].values(),
            *fields["preheader"].values(), *body.split("\n\n")]


def check_image(path, image):
    if set(image) != {"file", "alt", "caption"} or not all(image.values()):
        complain(path, f"an image wants file, alt and caption: {image}")
        return
    file = path.parent / image["file"]
    if not file.is_file():
        complain(path, f"{image['file']} does not exist")
        return
    head = file.read_bytes()[:24]
    if head[:8] != b"\x89PNG\r\n\x1a\n":
        complain(file, "is no PNG")
    elif struct.unpack(">II", head[16:24]) != IMAGE_SIZE:
        complain(file, f"is not {IMAGE_SIZE[0]} x {IMAGE_SIZE[1]} pixels")
    if file.stat().st_size > IMAGE_BYTES:
        complain(file, f"has {file.stat().st_size} bytes")


def check_article(path, register, vocabulary):
    fields, body = read_front_matter(path)
    if set(fields) != ARTICLE_KEYS:
        complain(path, f"keys are {sorted(fields)}, "
                       f"not {sorted(ARTICLE_KEYS)}")
        return None, []
    check_interests(path, fields["tags"], fields["countries"], vocabulary)
    for code in fields["places"]:
        check_code(path, code, register)
    if not isinstance(fields["lead"], bool):
        complain(path, "lead is neither true nor false")
    for image in fields["images"]:
        check_image(path, image)
    paragraphs = [p for p in body.split("\n\n") if p.strip()]
    if not 2 <= len(paragraphs) <= 4:
        complain(path, f"has {len(paragraphs)} paragraphs")
    texts = [fields["title"], fields["summary"], *paragraphs]
    for image in fields["images"]:
        texts += [image.get("alt", ""), image.get("caption", "")]
    return fields, texts


def check_pair(stem, by_language):
    if set(by_language) != set(LANGUAGES):
        complain(stem, f"is there in {sorted(by_language)} only")
        return
    first, second = (by_language[language] for language in LANGUAGES)
    for key in SHARED_KEYS:
        if first[key] != second[key]:
            complain(stem, f"languages differ in '{key}': "
                           f"{first[key]} and {second[key]}")
    files = [[image.get("file") for image in fields["images"]]
             for fields in (first, second)]
    if files[0] != files[1]:
        complain(stem, "languages differ in the files of the images")


def check_articles(folder, register, vocabulary):
    """Texts by file."""
    pairs = collections.defaultdict(dict)
    texts = {}
    for path in sorted(folder.glob("[0-9]*.md")):
        match = re.fullmatch(r"(\d+-[a-z0-9-]+)\.(\w+)\.md", path.name)
        if not match:
            complain(path, "is no NUMBER-slug.LANGUAGE.md")
            continue
        fields, texts[path] = check_article(path, register, vocabulary)
        if fields:
            pairs[folder / match[1]][match[2]] = fields
    for stem, by_language in pairs.items():
        check_pair(stem, by_language)
    shown = collections.Counter(
        image.get("file") for by_language in pairs.values()
        for image in by_language.get("en", {}).get("images", []))
    for name, times in shown.items():
        if times > 1:
            complain(folder, f"{name} is shown {times} times")
    for file in (folder / "images").glob("*"):
        if f"images/{file.name}" not in shown:
            complain(file, "is shown by no article")
    if len(pairs) != 5:
        complain(folder, f"has {len(pairs)} articles, not 5")
    return texts


# ---- own words

def words(text):
    return re.findall(r"\w+", text.lower().replace("’", "'").replace("'", ""))


def runs(text):
    """The runs of words in a text, each with the place where it starts."""
    all_words = words(text)
    for i in range(len(all_words) - RUN_WORDS + 1):
        yield tuple(all_words[i:i + RUN_WORDS])


def check_own_words(seed, texts):
    known = set(runs(seed.read_text(encoding="utf-8")))
    for path, parts in texts.items():
        for part in parts:
            for run in runs(part):
                if run in known:
                    complain(path, f"copied: {' '.join(run)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--config", type=pathlib.Path,
                        default=pathlib.Path(__file__).parents[2] / "config")
    parser.add_argument("seed", nargs="?", type=pathlib.Path)
    options = parser.parse_args()

    sample = options.config / "sample"
    issue = sample / "issues" / "2026-04"
    register = check_register(options.config / "municipalities.csv")
    vocabulary = check_tags(sample / "tags.csv")
    check_contacts(sample / "contacts.csv", register, vocabulary)
    texts = check_articles(issue, register, vocabulary)
    texts[issue / "issue.md"] = check_issue(issue / "issue.md")
    if options.seed and options.seed.exists():
        check_own_words(options.seed, texts)
    elif options.seed:
        print(f"{options.seed} is not here: own words not checked")

    for line in complaints:
        print(line)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
