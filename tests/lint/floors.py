#!/usr/bin/env python3
"""Holds the code in src/ against the plan of the house, src/FLOORS.

    floors.py [TOP [BUILD]]

BUILD has the objects whose exported symbols are looked at.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "base"))
from verdict import Verdict, read_text, tracked_files  # noqa: E402

LINES_WANTED, LINES_MOST = 500, 600
FUNCTION_LINES_MOST = 60
CXX_ROOM = "render"

# First words of the headers that the system and the compiler bring: C, POSIX,
# Linux, the processor.
SYSTEM = set("""
    arpa assert complex cpuid ctype dirent dlfcn endian err errno execinfo
    fcntl fenv float fnmatch ftw getopt glob grp ifaddrs immintrin inttypes iso646
    langinfo libgen limits linux locale malloc math mntent net netdb netinet
    poll pthread pwd regex sched search semaphore setjmp signal spawn
    stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn
    string strings sys sysexits syslog termios threads time unistd utime wchar
    wctype
""".split())
SYSTEM_CXX = set("""
    algorithm array atomic cassert cctype cerrno climits cstdarg cstddef
    cstdint cstdio cstdlib cstring exception functional initializer_list
    iostream iterator limits map memory mutex new optional ostream set sstream
    stdexcept string string_view type_traits unordered_map unordered_set
    utility vector
""".split())


def read_plan(top):
    """{room: floor}, {foreign word: rooms}, complaints."""
    floors, foreign, complaints = {}, {}, []
    with open(os.path.join(top, "src/FLOORS"), encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.split("#", 1)[0].strip()
            if not line:
                continue
            m = re.fullmatch(r"(\d+)\s+(\w+)\s*(?::\s*(.+))?", line)
            if not m:
                complaints.append(f"src/FLOORS:{number}: cannot read {line!r}")
                continue
            if m[2] in floors:
                complaints.append(f"src/FLOORS:{number}: {m[2]} stands twice")
            floors[m[2]] = int(m[1])
            for word in (m[3] or "").split():
                foreign.setdefault(word, set()).add(m[2])
    return floors, foreign, complaints


def source_files(top, floors):
    """[(room, name, path)] of the code in src/, and complaints."""
    files, complaints = [], []
    for path in tracked_files(top):
        parts = path.split("/")
        if parts[0] != "src" or path == "src/FLOORS":
            continue
        if len(parts) != 3:
            complaints.append(f"{path}:1: code lives in src/ROOM/FILE")
        elif parts[1] not in floors:
            complaints.append(
                f"{path}:1: src/FLOORS knows no room {parts[1]}/")
        elif not parts[2].endswith((".c", ".h", ".cc")):
            complaints.append(f"{path}:1: neither .c, .h nor .cc")
        elif parts[2].endswith(".cc") and parts[1] != CXX_ROOM:
            complaints.append(f"{path}:1: C++ is for {CXX_ROOM}/ alone")
        else:
            files.append((parts[1], parts[2], path))
    return files, complaints


def check_inside(floors, room, target):
    """What is wrong with `room` including "target", or None."""
    m = re.fullmatch(r"(\w+)/\w+\.h", target)
    if not m:
        return f'say "{target}" as "room/file.h"'
    other = m[1]
    if other not in floors:
        return f"src/FLOORS knows no room {other}/"
    if other == room or floors[other] < floors[room]:
        return None
    if floors[other] == floors[room]:
        return f"{room}/ and {other}/ are strangers on floor {floors[room]}"
    return (f"{room}/ is on floor {floors[room]} and must not include "
            f"{other}/ on floor {floors[other]}")


def check_outside(foreign, room, name, target):
    """What is wrong with `room` including <target>, or None."""
    word = re.split(r"[/.]", target)[0]
    if word in foreign:
        if room in foreign[word]:
            return None
        return f"<{target}> is for {', '.join(sorted(foreign[word]))}/ alone"
    if word in SYSTEM or (name.endswith(".cc") and word in SYSTEM_CXX):
        return None
    return f"<{target}> belongs to no room in src/FLOORS"


def check_includes(top, files, floors, foreign):
    inside, outside = [], []
    for room, name, path in files:
        for number, line in enumerate(read_text(top, path).split("\n"), 1):
            m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not m:
                continue
            if m[1] == '"':
                what = check_inside(floors, room, m[2])
                if not what and not os.path.exists(
                        os.path.join(top, "src", m[2])):
                    what = f'there is no "{m[2]}"'
                inside += [f"{path}:{number}: {what}"] if what else []
            else:
                what = check_outside(foreign, room, name, m[2])
                outside += [f"{path}:{number}: {what}"] if what else []
    return inside, outside


def check_stems(files):
    seen, complaints = {}, []
    for room, name, path in files:
        stem, ending = os.path.splitext(name)
        kind = "header" if ending == ".h" else "source"
        for (other_room, other_kind), other in seen.get(stem, {}).items():
            if other_room != room or other_kind == kind:
                complaints.append(
                    f"{path}:1: the stem {stem} is taken by {other}")
        seen.setdefault(stem, {})[(room, kind)] = path
    return complaints


def check_lengths(top, files):
    complaints, warnings = [], []
    for _, _, path in files:
        lines = read_text(top, path).split("\n")
        count = len(lines) - 1
        if count > LINES_MOST:
            complaints.append(f"{path}:{count}: {count} lines; "
                              f"at most {LINES_MOST}, split it")
        elif count > LINES_WANTED:
            warnings.append(f"{path}:{count}: {count} lines; "
                            f"better under {LINES_WANTED}")
        if path.endswith(".h"):
            continue
        start = None
        for number, line in enumerate(lines, 1):
            if line == "{":
                start = number
            elif line == "}" and start:
                if number - start - 1 > FUNCTION_LINES_MOST:
                    warnings.append(
                        f"{path}:{start}: a function of {number - start - 1} "
                        f"lines; at most {FUNCTION_LINES_MOST}")
                start = None
    return complaints, warnings


def line_of(top, path, symbol):
    """The line where a function or object of this name is defined."""
    for number, line in enumerate(read_text(top, path).split("\n"), 1):
        if re.match(rf"(?:\S.*\W)?{re.escape(symbol)}\W", line):
            return number
    return 1


def prefixes_of(room, stem, files):
    """The stems a file's symbols may begin with: its own, and that of the
    header it is a part of (db_sqlite.c implements db.h)."""
    headers = {name[:-2] for r, name, _ in files
               if r == room and name.endswith(".h")}
    words = stem.split("_")
    return [stem] + [p for n in range(1, len(words))
                     if (p := "_".join(words[:n])) in headers]


def exported(top, objects):
    """[(object, symbol)] of what the linker lets other files see."""
    r = subprocess.run(["nm", "-A", "-g", "--defined-only", *objects],
                       cwd=top, capture_output=True, text=True, check=True)
    rows = (line.rsplit(None, 2) for line in r.stdout.splitlines())
    return [(where.split(":")[0], symbol) for where, kind, symbol in rows
            if kind in "TDBRSGC"
            and not symbol.startswith(("__odr_", "__asan", "__ubsan"))]


def check_symbols(top, build, files):
    """Complaints, and how many objects there were to look at."""
    sources = {os.path.join(build, room, f"{name}.o"): (room, name, path)
               for room, name, path in files if not name.endswith(".h")
               and path != "src/cli/main.c"}
    objects = [o for o in sources if os.path.exists(os.path.join(top, o))]
    complaints = []
    for object_, symbol in exported(top, objects) if objects else []:
        room, name, path = sources[object_]
        good = prefixes_of(room, os.path.splitext(name)[0], files)
        if not any(symbol == p or symbol.startswith(p + "_") for p in good):
            complaints.append(
                f"{path}:{line_of(top, path, symbol)}: exports {symbol}, "
                f"which does not begin with {'_ or '.join(good)}_")
    return complaints, len(objects)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../..")
    build = sys.argv[2] if len(sys.argv) > 2 else \
        os.environ.get("GLOCAL_MAIL_BUILD", "build")
    v = Verdict()
    floors, foreign, complaints = read_plan(top)
    v.tell("the plan is readable", complaints)
    files, complaints = source_files(top, floors)
    v.tell("every file is in a room of the plan", complaints)
    inside, outside = check_includes(top, files, floors, foreign)
    v.tell("rooms include themselves and lower floors", inside)
    v.tell("foreign libraries stay in their rooms", outside)
    v.tell("file stems are unique", check_stems(files))
    v.tell("files are short", *check_lengths(top, files))
    complaints, looked = check_symbols(top, build, files)
    if looked:
        v.tell("exported symbols begin with their file's stem", complaints)
    else:
        v.skip("exported symbols begin with their file's stem",
               f"no objects in {build}/")
    v.end()


if __name__ == "__main__":
    main()
