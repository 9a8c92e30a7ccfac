"""Every lint finds what it is there to find: each case breaks one rule in a
small tree that is otherwise in order."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
GOOD = {
    "Makefile": "all:\n\ttrue\n",
    "README.md": "# A house\n",
    "src/FLOORS": "0 base\n1 model\n2 store : sqlite3\n2 yaml : libfyaml\n"
                  "2 render : ctemplate\n",
    "src/base/err.h": "int err_set(void);\n",
    "src/base/err.c": '#include "base/err.h"\n\n#include <stdio.h>\n\n'
                      "int\nerr_set(void)\n{\n\treturn 0;\n}\n",
    "src/store/db.h": '#include "base/err.h"\n',
    "src/store/db_sqlite.c": '#include "store/db.h"\n\n#include <sqlite3.h>\n'
                             "\nint db_open(void);\n\n"
                             "int\ndb_open(void)\n{\n\treturn 0;\n}\n",
    "src/render/render.cc": "#include <ctemplate/a.h>\n#include <string>\n",
    "templates/digest.txt": "{{TITLE}}\n",
    "config/packages.sh": "#!/bin/sh\ntrue\n",
    "tests/a.py": "#!/usr/bin/env python3\nprint()\n",
    "systemd/a.service": "[Unit]\n",
}
LONG = "/* line */\n" * 601


class Tree(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.top)
        shutil.copy(os.path.join(HERE, "../../.clang-format"), self.top)
        for path, text in GOOD.items():
            self.write(path, text)

    def write(self, path, text):
        full = os.path.join(self.top, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(full, 0o755 if text[:2] in ("#!", b"#!") else 0o644)

    def lint(self, name):
        r = subprocess.run(
            [sys.executable, os.path.join(HERE, name), self.top, "build"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(r.stderr, "")
        return r.returncode, r.stdout

    def compile(self, path):
        """Builds the object of one source, as the Makefile would."""
        target = os.path.join(self.top, "build",
                              os.path.relpath(path, "src") + ".o")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        subprocess.run(["cc", "-c", "-Isrc", "-o", target, path],
                       cwd=self.top, check=True)

    def assertFinds(self, name, complaint):
        status, told = self.lint(name)
        self.assertIn(complaint, told)
        self.assertEqual(status, 1, told)


class AllIsWell(Tree):
    def test_good_tree_passes(self):
        self.compile("src/base/err.c")
        self.compile("src/store/db_sqlite.c")
        for name in ("floors.py", "text.py", "format.py", "scripts.py"):
            with self.subTest(lint=name):
                status, told = self.lint(name)
                self.assertEqual(status, 0, told)
                self.assertNotIn("not ok", told)


class Floors(Tree):
    CASES = [
        ("src/FLOORS", "0 base\nstore\n", "src/FLOORS:2: cannot read"),
        ("src/FLOORS", GOOD["src/FLOORS"] + "3 base\n",
         "src/FLOORS:6: base stands twice"),
        ("src/attic/a.c", "", "src/attic/a.c:1: src/FLOORS knows no room"),
        ("src/main.c", "", "src/main.c:1: code lives in src/ROOM/FILE"),
        ("src/base/notes.txt", "", "notes.txt:1: neither .c, .h nor .cc"),
        ("src/base/a.cc", "", "src/base/a.cc:1: C++ is for render/ alone"),
        ("src/base/a.c", '\n#include "store/db.h"\n',
         "src/base/a.c:2: base/ is on floor 0 and must not include store/"),
        ("src/yaml/a.c", '#include "store/db.h"\n',
         "src/yaml/a.c:1: yaml/ and store/ are strangers on floor 2"),
        ("src/base/a.c", '#include "attic/a.h"\n',
         "src/base/a.c:1: src/FLOORS knows no room attic/"),
        ("src/base/a.c", '#include "err.h"\n',
         'src/base/a.c:1: say "err.h" as "room/file.h"'),
        ("src/base/a.c", '#include "base/gone.h"\n',
         'src/base/a.c:1: there is no "base/gone.h"'),
        ("src/yaml/a.c", "#include <sqlite3.h>\n",
         "src/yaml/a.c:1: <sqlite3.h> is for store/ alone"),
        ("src/base/a.c", "#include <zlib.h>\n",
         "src/base/a.c:1: <zlib.h> belongs to no room"),
        ("src/base/a.c", "#include <string_view>\n",
         "src/base/a.c:1: <string_view> belongs to no room"),
        ("src/model/err.h", "", "src/model/err.h:1: the stem err is taken"),
        ("src/base/a.c", LONG, "src/base/a.c:601: 601 lines; at most 600"),
    ]

    def test_finds(self):
        for path, text, complaint in self.CASES:
            with self.subTest(path=path, text=text[:40]):
                self.write(path, text)
                self.assertFinds("floors.py", complaint)
                if path in GOOD:
                    self.write(path, GOOD[path])
                else:
                    os.unlink(os.path.join(self.top, path))

    def test_warns_of_long_functions(self):
        self.write("src/base/a.c",
                   "void\na_b(void)\n{\n" + "\t;\n" * 61 + "}\n")
        status, told = self.lint("floors.py")
        self.assertIn("# warning: src/base/a.c:3: a function of 61", told)
        self.assertEqual(status, 0, told)

    def test_finds_foreign_prefix(self):
        self.write("src/base/err.c", "int\nset_err(void)\n{\n\treturn 0;\n}\n")
        self.compile("src/base/err.c")
        self.assertFinds("floors.py", "src/base/err.c:2: exports set_err")

    def test_counts_missing_objects_as_skipped(self):
        self.assertIn("# SKIP no objects in build/", self.lint("floors.py")[1])


class Text(Tree):
    CASES = [
        ("NEWS", "", "NEWS:1: not one of the names at the top"),
        ("docs/a.md", "", "docs:1: not one of the names at the top"),
        ("src/base/a.c", "\n \n", "src/base/a.c:2: spaces at the end"),
        ("src/base/a.c", "int a;\r\n", "src/base/a.c:1: a carriage return"),
        ("src/base/a.c", "  \tint a;\n", "src/base/a.c:1: spaces before a"),
        ("tests/b.py", "\tpass\n", "tests/b.py:1: a tab at the start"),
        ("src/base/a.c", "int a;", "src/base/a.c:1: no newline at the end"),
        ("src/base/a.c", "int a;\n\n", "a.c:2: empty lines at the end"),
        ("src/base/a.c", b"\n/* \xff */\n", "src/base/a.c:2: not UTF-8"),
        ("src/base/a.c", "/* see /wo" "rk/x */\n", "is a path of one machine"),
        ("README.md", "As is" "sue " "#7 says.\n", "is the number of a task"),
        ("README.md", "TO" "DO\n", "README.md:1: 'TO" "DO' is a task"),
    ]

    def test_finds(self):
        for path, text, complaint in self.CASES:
            with self.subTest(path=path, text=text):
                self.write(path, text)
                self.assertFinds("text.py", complaint)
                if path in GOOD:
                    self.write(path, GOOD[path])
                else:
                    os.unlink(os.path.join(self.top, path))

    def test_looks_at_new_files_but_not_at_ignored_ones(self):
        if not shutil.which("git"):
            self.skipTest("git is not installed")
        subprocess.run(["git", "init", "-q", self.top], check=True)
        self.write(".gitignore", "/out/\n")
        self.write("out/a.c", "int a;")
        self.assertEqual(self.lint("text.py")[0], 0)
        self.write("src/base/a.c", "int a;")
        self.assertFinds("text.py", "src/base/a.c:1: no newline")


class Format(Tree):
    def test_finds(self):
        if "# SKIP" in self.lint("format.py")[1]:
            self.skipTest("no clang-format of the right release")
        self.write("src/base/a.c", "int a( void ){return 1;}\n")
        self.assertFinds("format.py", "src/base/a.c:1:")


class Scripts(Tree):
    CASES = [
        ("tests/b.py", "def f(:\n", "tests/b.py:1: "),
        ("tests/run", "#!/usr/bin/env python3\n\nif\n", "tests/run:3: "),
        ("config/b.sh", "#!/bin/sh\nif true\n", "config/b.sh:"),
        (".ci/run", "#!/bin/bash\n)\n", ".ci/run:2: "),
    ]

    def test_finds(self):
        for path, text, complaint in self.CASES:
            with self.subTest(path=path):
                self.write(path, text)
                self.assertFinds("scripts.py", complaint)
                os.unlink(os.path.join(self.top, path))

    def test_finds_script_that_cannot_be_started(self):
        os.chmod(os.path.join(self.top, "tests/a.py"), 0o644)
        self.assertFinds("scripts.py", "tests/a.py:1: begins with #! but")


class Promises(Tree):
    TREE = {
        "tests/unit/test_queue.c":
            "static void\ntest_once(void **s)\n{\n}\n"
            "static void\ntest_left_out(void **s)\n{\n}\n"
            "int\nmain(void)\n{\n\tcmocka_unit_test(test_once);\n}\n",
        "tests/crash/test_kill.py":
            "class T:\n    def test_kills(self):\n        pass\n",
    }
    HEAD = ("/*\n * The promises:\n *  1. One.\n *       {}\n"
            " *  2. Two,\n *     of two lines.  {}\n *\n * Locks. {}\n */\n")
    ONCE = "unit/test_queue: once"
    KILLS = "crash/test_kill: kills (-9)"
    CASES = [
        (("nothing", KILLS, ""), "queue.h:3: promise 1 names no test"),
        ((ONCE, "", ""), "queue.h:5: promise 2 names no test"),
        ((ONCE + ", twice", KILLS, ""), "queue.h:3: unit/test_queue runs no "
                                        "test_twice"),
        (("unit/test_queue: left_out", KILLS, ""), "runs no test_left_out"),
        ((ONCE, "crash/test_kill: deaths", ""),
         "queue.h:5: crash/test_kill runs no test_deaths"),
        ((ONCE, "crash/test_killed: kills", ""),
         "queue.h:5: no module tests/crash/test_killed"),
        ((ONCE, "crash/test_kill", ""),
         "queue.h:5: crash/test_kill without the name"),
        ((ONCE, KILLS, "crash/test_locks: all"),
         "no module tests/crash/test_locks"),
        ((ONCE + "\n *  3. Three. " + ONCE, KILLS, ""),
         "promise 3 is at the place of 2"),
    ]

    def setUp(self):
        super().setUp()
        for path, text in self.TREE.items():
            self.write(path, text)

    def test_finds(self):
        for words, complaint in self.CASES:
            with self.subTest(words=words):
                self.write("src/queue/queue.h", self.HEAD.format(*words))
                self.assertFinds("promises.py", complaint)
        self.write("src/queue/queue.h", "int a;\n")
        self.assertFinds("promises.py", "no promise in it")

    def test_takes_what_is_right(self):
        self.write("src/queue/queue.h", self.HEAD.format(
            self.ONCE, self.KILLS, self.KILLS + ", " + self.ONCE))
        status, told = self.lint("promises.py")
        self.assertEqual(status, 0, told)


class Readme(Tree):
    TREE = {
        "src/cli/commands.c":
            'const struct command commands[] = {\n'
            '\t{ "issue", "preview", "ISSUE", "writes", 1, 1, STORE,\n'
            '\t    cmd_preview_options, cmd_preview },\n'
            '\t{ "contacts", "tag list", "", "shows", 0, 0, STORE, NULL,\n'
            '\t    cmd_tag_list },\n};\n',
        "src/cli/cmd_preview.c":
            'const struct command_option cmd_preview_options[] = {\n'
            '\t{ "as", "ADDRESS", "whose" },\n\t{ NULL, NULL, NULL },\n};\n',
        "config/glocal-mail.yaml": "relays:\n  -\n    url:\n    #tls: off\n",
    }
    KEYS = "| `relays.url` `relays.tls` | where |\n"
    CASES = [
        ("`glocal-mail prevue 2026-04`", "README.md:4: no command 'prevue"),
        ("`glocal-mail preview 2026-04 --at x`", "'preview' has no option --at"),
        ("`glocal-mail tag list --as x`", "'tag list' has no option --as"),
        ("```console\n$ glocal-mail --site x tag lost\n```",
         "README.md:5: no command 'tag lost'"),
        ("```sh\nsudo -u glocal-mail glocal-mail list\n```",
         "README.md:5: no command 'list'"),
        ("```sh\nmake && sudo make instal\n```", "no target 'make instal'"),
        ("See `src/base/er.h`.", "README.md:4: no file src/base/er.h"),
        ("See `base/er.h`.", "README.md:4: no file base/er.h"),
        ("| `relays.urls` | x |", "no configuration key 'relays.urls'"),
        ("See [there](#no-house).", "a link to nowhere: #no-house"),
        ("See [there](tests/no.py).", "a link to nowhere: tests/no.py"),
    ]
    RIGHT = ("`glocal-mail preview 2026-04 --as x` and `base/err.[ch]`, "
             "`make all`, [up](#a-house)\n")

    def setUp(self):
        super().setUp()
        for path, text in self.TREE.items():
            self.write(path, text)

    def test_finds(self):
        for text, complaint in self.CASES:
            with self.subTest(text=text):
                self.write("README.md", f"# A house\n\n{self.KEYS}{text}\n")
                self.assertFinds("readme.py", complaint)

    def test_takes_what_is_right(self):
        self.write("README.md", f"# A house\n\n{self.KEYS}{self.RIGHT}")
        status, said = self.lint("readme.py")
        self.assertEqual(status, 0, said)

    def test_finds_key_that_is_not_told(self):
        self.write("README.md", "# A house\n\n| `relays.url` | where |\n")
        self.assertFinds("readme.py", "the key 'relays.tls' is not told")


if __name__ == "__main__":
    unittest.main()
