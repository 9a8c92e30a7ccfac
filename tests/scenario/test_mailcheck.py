"""mailcheck itself: silent about a sound digest, not about a flawed one."""

import base64
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import mailcheck  # noqa: E402

LINK = "https://news.example/u/1b.c.b.abc"
TEXT = f"""墨田区を歩く

記事の本文です。 https://news.example/a

配信停止: {LINK}
"""
PAGE = f"""<html><body><h2>墨田区を<br>歩く</h2><p>記事の本文です。
<a href="https://news.example/a">続き</a></p>
<a href="{LINK}">配信停止</a></body></html>
"""
HEADER = f"""Date: Wed, 01 Apr 2026 09:00:00 +0900
From: News <news@news.example>
To: =?UTF-8?B?5aKo55Sw?= <a@b.example>
Subject: =?UTF-8?B?5aKo55Sw?=
Message-ID: <abcdefghijklmnopqrstuvwxyz@news.example>
List-Id: News <list.news.example>
List-Unsubscribe: <{LINK}>, <mailto:u+1@b.example?subject=unsubscribe>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
List-Owner: <mailto:desk@news.example>
Precedence: bulk
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
Feedback-ID: 2026-04:digest:ja:newsexample
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_x"
"""


def part(kind, text):
    body = base64.encodebytes(text.replace("\n", "\r\n").encode("utf-8"))
    return (f"--=_x\nContent-Type: text/{kind}; charset=\"utf-8\"\n"
            f"Content-Transfer-Encoding: base64\n\n{body.decode()}\n")


def message(header=HEADER, text=TEXT, page=PAGE):
    whole = header + "\n" + part("plain", text) + part("html", page)
    return (whole + "--=_x--\n").replace("\n", "\r\n").encode("utf-8")


FLAWS = {
    "a field twice": (HEADER + "Subject: again\n", TEXT, PAGE),
    "a field missing": (HEADER.replace("Precedence: bulk\n", ""), TEXT, PAGE),
    "a raw name": (HEADER.replace("From: News", "From: 墨田"), TEXT, PAGE),
    "two in To": (HEADER.replace("<a@b.example>", "<a@b.example>, c@d.example"),
                  TEXT, PAGE),
    "a split character": (HEADER.replace("=?UTF-8?B?5aKo55Sw?=\nM",
                                         "=?UTF-8?B?5aI=?=\nM"), TEXT, PAGE),
    "a long word": (HEADER.replace("Subject: ", "Subject: =?UTF-8?Q?"
                                   + "a" * 70 + "?=\n "), TEXT, PAGE),
    "folded unsubscribe": (HEADER.replace(", <mailto:u", ",\n <mailto:u"),
                           TEXT, PAGE),
    "http unsubscribe": (HEADER.replace("<https:", "<http:"), TEXT, PAGE),
    "no one-click": (HEADER.replace("List-Unsubscribe-Post: List-Unsubscribe="
                                    "One-Click\n", ""), TEXT, PAGE),
    "wrong one-click": (HEADER.replace("=One-Click", "=one"), TEXT, PAGE),
    "long header": (HEADER + "X-Y: a\n" * 3000, TEXT, PAGE),
    "long line": (HEADER + "X-Y: " + "a" * 1000 + "\n", TEXT, PAGE),
    "bad id": (HEADER.replace("<abc", "<ab c"), TEXT, PAGE),
    "bad feedback": (HEADER.replace("newsexample", "n"), TEXT, PAGE),
    "empty text": (HEADER, "\n", PAGE),
    "empty page": (HEADER, TEXT, f'<a href="{LINK}"></a>'
                   '<a href="https://news.example/a"></a>'),
    "link in text only": (HEADER, TEXT + "https://x.example/\n", PAGE),
    "link in page only": (HEADER, TEXT, PAGE.replace(
        "</body>", '<a href="https://x.example/">x</a></body>')),
    "heading in page only": (HEADER, TEXT, PAGE.replace("歩く", "走る")),
    "no unsubscribe link": (HEADER, TEXT.replace(LINK, ""), PAGE),
    "script": (HEADER, TEXT, PAGE + "<script>x</script>"),
    "javascript": (HEADER, TEXT, PAGE + '<a href="javascript:x">x</a>'),
    "entity in text": (HEADER, TEXT + "a &amp; b\n", PAGE),
    "marker": (HEADER, TEXT + "{{NAME}}\n", PAGE),
    "blank at an end": (HEADER, TEXT + "a \n", PAGE),
}


class MailcheckTest(unittest.TestCase):
    def test_sound(self):
        self.assertEqual(mailcheck.check(message()), [])

    def test_flaws(self):
        for name, (header, text, page) in FLAWS.items():
            with self.subTest(name):
                self.assertNotEqual(
                    mailcheck.check(message(header, text, page)), [])

    def test_bytes(self):
        sound = message()
        for name, flawed in {
                "bare LF": sound.replace(b"\r\n", b"\n", 1),
                "bare CR": sound.replace(b"\r\n", b"\r", 1),
                "8-bit": sound.replace(b"News", b"N\xe9ws", 1),
                "no end": sound[:-2],
                "no closing boundary": sound[:-len(b"--=_x--\r\n")],
        }.items():
            with self.subTest(name):
                self.assertNotEqual(mailcheck.check(flawed), [])


if __name__ == "__main__":
    unittest.main()
