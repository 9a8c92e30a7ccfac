"""Which page is opened how, as pages.mjs reads it. A job has

name      of the picture and in complaints
file      the page
width     of the window in CSS pixels; at 200 % a window has half of them
scheme    light or dark
text      letters so many times as large
blocked   no picture is loaded
axe       look for barriers
picture   compare with a reference, which `reference` names
whole     to its end, not only the upper part
"""

WIDTHS = (320, 375, 600, 1200)
SCHEMES = ("light", "dark")


class Plan:
    def __init__(self, files):
        self.files, self.jobs = files, []

    def add(self, page, width, scheme="light", note="", **how):
        name = f"{page}-{width}-{scheme}{note}"
        self.jobs.append({
            "name": name, "page": page, "file": str(self.files[page]),
            "width": width, "scheme": scheme, "text": 1, "blocked": False,
            "axe": False, "picture": False, "reference": name, "whole": False, **how})


def short(files):
    plan = Plan(files)
    plan.add("digest-ja", 320, "light", axe=True, picture=True)
    plan.add("digest-en", 600, "dark", axe=True, picture=True, whole=True)
    plan.add("digest-en", 375, "light", "-blocked", blocked=True)
    plan.add("nostyle-ja", 320)
    plan.add("issue-ja", 320, "dark", axe=True, picture=True)
    return plan.jobs


def long(files):
    plan = Plan(files)
    for page in ("digest-ja", "digest-en", "issue-ja", "issue-en"):
        for width in WIDTHS:
            for scheme in SCHEMES:
                plan.add(page, width, scheme, picture=True,
                         axe=width in (320, 600), whole=width == 600 and
                         page.startswith("digest"))
        plan.add(page, 300, "light", "-zoomed")
        plan.add(page, 375, "light", "-text", text=2)
        plan.add(page, 600, "light", "-text", text=2, picture=True)
    for page in ("specimen-ja", "specimen-en"):
        plan.add(page, 320, "light", axe=True, picture=True)
        plan.add(page, 600, "dark", axe=True, picture=True)
        plan.add(page, 300, "light", "-zoomed")
        plan.add(page, 375, "light", "-text", text=2)
    for language in ("ja", "en"):
        add_programs(plan, language)
    for page in ("home-ja", "home-en", "story-ja", "story-en", "tag-ja",
                 "tag-en", "edition", "choose", "gallery"):
        plan.add(page, 320, "light", axe=True, picture=True)
        plan.add(page, 1200, "dark", axe=True, picture=True)
        plan.add(page, 300, "light", "-zoomed", axe=True)
        plan.add(page, 375, "dark", "-text", text=2, axe=True)
    return plan.jobs


def add_programs(plan, language):
    """The digest as mail programs show it that do less, or otherwise."""
    digest = f"digest-{language}"
    for scheme in SCHEMES:
        plan.add(digest, 600, scheme, "-blocked", blocked=True, picture=True)
        plan.add(digest, 320, scheme, "-blocked", blocked=True)
        plan.add(f"outlook-{language}", 600, "light", f"-{scheme}", axe=True,
                 picture=True, whole=True, reference=f"{digest}-600-dark")
    for width in WIDTHS:
        plan.add(f"nostyle-{language}", width, axe=True,
                 picture=width in (320, 600))
    plan.add(f"word-{language}", 800, picture=True, axe=True)
