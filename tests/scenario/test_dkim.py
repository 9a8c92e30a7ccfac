"""Signed mail, read by verifiers that are not ours: Debian's python3-dkim, and
libmail-dkim-perl, which knows RSA alone."""

import collections
import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import mailcheck
from fake_smtp import FakeSmtp
from glocal_site import ISSUE, Site, contacts

# The keys of RFC 8463 appendix A: known to all, so nobody's secret.
RSA = """\
-----BEGIN RSA PRIVATE KEY-----
MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi
Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM
KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB
AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm
6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe
zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy
6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc
uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy
WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd
WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a
licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst
o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe
uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL
-----END RSA PRIVATE KEY-----
"""
ED25519 = """\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
"""
RECORDS = {
    "s1._domainkey.news.example.":
        "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR"
        "iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutA"
        "CDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2Ee"
        "C3Ip3G+2kryOTIKT+l/K4w3QIDAQAB",
    "s2._domainkey.news.example.":
        "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
}

# Runs where the verifier is installed: reads records and paths, and writes
# for each file a list with the verdict on each of its signatures.
VERIFIER = """
import json, sys, dkim
asked = json.load(sys.stdin)
def look_up(name, timeout=5):
    return asked["records"].get(name.decode(), "").encode()
def verify(message, index):
    try:
        return dkim.DKIM(message).verify(idx=index, dnsfunc=look_up)
    except dkim.DKIMException:
        return False
verdicts = []
for path in asked["paths"]:
    with open(path, "rb") as f:
        message = f.read()
    header = message.split(b"\\r\\n\\r\\n")[0].lower()
    count = (b"\\r\\n" + header).count(b"\\r\\ndkim-signature:")
    verdicts.append([verify(message, i) for i in range(count)])
json.dump(verdicts, sys.stdout)
"""

# The same in Perl; writes what became of each signature with RSA.
PERL_VERIFIER = """
use strict; use warnings;
use JSON::PP; use Mail::DKIM::Verifier; use Mail::DKIM::DNS; use Net::DNS;
my $asked = decode_json(join '', <STDIN>);
no warnings 'redefine';
*Mail::DKIM::DNS::query = sub {
    my $text = $asked->{records}{"$_[0]."} or return;
    my @strings = unpack '(A200)*', $text;
    return Net::DNS::RR->new(owner => $_[0], type => 'TXT',
                             txtdata => \\@strings);
};
my @verdicts;
for my $path (@{$asked->{paths}}) {
    my $verifier = Mail::DKIM::Verifier->new;
    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    $verifier->PRINT(<$file>);
    $verifier->CLOSE;
    push @verdicts, [map {$_->result} grep {$_->algorithm eq 'rsa-sha256'}
                     $verifier->signatures];
}
print encode_json(\\@verdicts);
"""


@functools.cache
def find_verifier():
    """A Python that has the verifier: ours, else Debian's; None."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and subprocess.run(
                [python, "-c", "import dkim, nacl"], capture_output=True,
                check=False).returncode == 0:
            return python
    return None


def verify(paths):
    """For each file the verdicts on its signatures, from the top."""
    if find_verifier() is None:
        raise unittest.SkipTest("python3-dkim is not installed")
    asked = json.dumps({"records": RECORDS, "paths": [str(p) for p in paths]})
    done = subprocess.run([find_verifier(), "-c", VERIFIER], input=asked,
                          capture_output=True, text=True, timeout=100,
                          check=True)
    return json.loads(done.stdout)


def verify_by_perl(paths):
    """For each file the verdicts on its RSA signatures: "pass" is good."""
    if subprocess.run(["perl", "-MMail::DKIM::Verifier", "-e", "1"],
                      capture_output=True, check=False).returncode != 0:
        raise unittest.SkipTest("libmail-dkim-perl is not installed")
    asked = json.dumps({"records": RECORDS, "paths": [str(p) for p in paths]})
    done = subprocess.run(["perl", "-e", PERL_VERIFIER], input=asked,
                          capture_output=True, text=True, timeout=100,
                          check=True)
    return json.loads(done.stdout)


def keys(*selectors):
    """The part of the configuration that names these keys."""
    lines = [f"  - {{domain: news.example, selector: {s}, key_file: {s}.pem}}\n"
             for s in selectors]
    return "dkim:\n" + "".join(lines) if lines else ""


def signatures(message):
    """The selectors of its signatures, from the top."""
    header = message.split(b"\r\n\r\n")[0].replace(b"\r\n ", b" ")
    return [line.split(b" s=")[1].split(b";")[0].decode()
            for line in header.split(b"\r\n")
            if line.startswith(b"DKIM-Signature:")]


class DkimTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def server(self, script="", **options):
        server = FakeSmtp(self.folder / "smtp", script, dump=True, **options)
        self.addCleanup(server.stop)
        return server

    def site(self, port, *selectors):
        site = Site(self.folder / "site", port)
        for name, key in (("s1", RSA), ("s2", ED25519)):
            path = site.folder / f"{name}.pem"
            path.write_text(key)
            path.chmod(0o600)
        site.configure(port, extra=keys(*selectors))
        return site

    def messages(self, server):
        return [server.message(m["message"]) for m in server.accepted()]

    def test_all_mail_verifies(self):
        server = self.server()
        site = self.site(server.port, "s1", "s2")
        site.import_contacts(contacts(100))
        site.run("send", ISSUE)
        messages = self.messages(server)
        self.assertGreater(len(messages), 200)
        for message in messages:
            self.assertEqual(signatures(message), ["s1", "s2"])
            self.assertEqual(mailcheck.check(message), [])
        self.assertEqual(verify(sorted(server.dump.glob("*.eml"))),
                         [[True, True]] * len(messages))

    def test_all_mail_verifies_elsewhere(self):
        server = self.server()
        site = self.site(server.port, "s2", "s1")
        site.run("send", ISSUE)
        paths = sorted(server.dump.glob("*.eml"))
        self.assertEqual(len(paths), 127)
        self.assertEqual(verify_by_perl(paths), [["pass"]] * len(paths))
        broken = self.folder / "broken.eml"
        broken.write_bytes(paths[0].read_bytes() + b"PS\r\n")
        self.assertEqual(verify_by_perl([broken]), [["fail"]])

    def test_what_relays_may_do_and_forgers_may_not(self):
        server = self.server()
        site = self.site(server.port, "s1", "s2")
        site.run("send", ISSUE, "--limit", 1, status=75)
        message = self.messages(server)[0]
        header, body = message.split(b"\r\n\r\n", 1)
        middle = len(body) // 2
        other = b"A" if body[middle:middle + 1] != b"A" else b"B"
        variants = {
            "as it came": (message, True),
            "a trace on top": (b"Received: from a by b; Wed, 01 Apr 2026 "
                               b"18:00:00 +0900\r\n" + message, True),
            "empty lines at its end": (message + b"\r\n\r\n", True),
            "another byte": (message[:-len(body) + middle] + other
                             + body[middle + 1:], False),
            "another subject": (message.replace(b"\r\nSubject: ",
                                                b"\r\nSubject: Re: "), False),
            "a second From": (header + b"\r\nFrom: <x@x.example>\r\n\r\n"
                              + body, False),
            "a second way out": (header + b"\r\nList-Unsubscribe: "
                                 b"<https://x.example>\r\n\r\n" + body, False),
            "a Cc": (header + b"\r\nCc: <x@x.example>\r\n\r\n" + body, False),
            "a line more": (message + b"PS\r\n", False),
        }
        paths = []
        for i, (text, _) in enumerate(variants.values()):
            paths.append(self.folder / f"{i}.eml")
            paths[-1].write_bytes(text)
        for (name, (_, good)), verdict in zip(variants.items(), verify(paths)):
            with self.subTest(name):
                self.assertEqual(verdict, [good, good])

    def test_each_attempt_has_the_same_bytes(self):
        server = self.server(
            "body first=1 sample=20% accept-then-close\n")
        site = self.site(server.port, "s1", "s2")
        site.run("send", ISSUE, "--wait")
        copies = collections.defaultdict(list)
        for message in server.accepted():
            copies[message["rcpt"]].append(server.message(message["message"]))
        again = [two for two in copies.values() if len(two) > 1]
        self.assertGreater(len(again), 10)
        for two in again:
            self.assertEqual(two[0], two[1])
            self.assertEqual(signatures(two[0]), ["s1", "s2"])

    def test_tests_and_previews_are_signed(self):
        server = self.server()
        site = self.site(server.port, "s2")
        site.run("send", ISSUE, "--test", "reader@reader.example")
        site.run("preview", ISSUE, "--as", "reader@reader.example",
                 "--out", self.folder / "out")
        paths = [*server.dump.glob("*.eml"), self.folder / "out/digest.eml"]
        self.assertEqual(len(paths), 2)
        for path in paths:
            self.assertEqual(signatures(path.read_bytes()), ["s2"])
        self.assertEqual(verify(paths), [[True]] * 2)

    def test_mails_that_carry_their_pictures(self):
        """images: inline; previews, tests, and every mail that was sent."""
        server = self.server()
        site = self.site(server.port, "s1", "s2")
        site.configure(server.port,
                       extra=keys("s1", "s2") + "images: inline\n")
        site.run("send", ISSUE, "--test", "reader@reader.example")
        site.run("send", ISSUE)
        reader = self.accepted_of(server, "html")
        site.run("preview", ISSUE, "--as", reader, "--out",
                 self.folder / "out")
        sent = sorted(server.dump.glob("*.eml"))
        self.assertEqual(len(sent), 128)
        paths = [*sent, self.folder / "out" / "digest.eml"]
        carrying = 0
        for path in paths:
            message = path.read_bytes()
            self.assertEqual(signatures(message), ["s1", "s2"])
            carrying += message.count(b"Content-ID:") > 1
        self.assertIn(b"multipart/related", paths[-1].read_bytes())
        self.assertGreater(carrying, 100)
        self.assertEqual(verify(paths), [[True, True]] * len(paths))
        self.assertEqual(verify_by_perl(paths), [["pass"]] * len(paths))

        # A byte in a picture is signed, too.
        message = bytearray(paths[-1].read_bytes())
        at = message.rindex(b"Content-ID:")
        at = message.index(b"\r\n\r\n", at) + 100
        message[at] = ord("A") if message[at] != ord("A") else ord("B")
        broken = self.folder / "broken.eml"
        broken.write_bytes(message)
        self.assertEqual(verify([broken]), [[False, False]])
        self.assertEqual(verify_by_perl([broken]), [["fail"]])

    def accepted_of(self, server, kind):
        """One whose mail has a part of that kind."""
        for message in server.accepted():
            if (f"text/{kind}".encode() in server.message(message["message"])
                    and message["rcpt"] != "reader@reader.example"):
                return message["rcpt"]
        return self.fail(f"nobody gets {kind}")

    def test_a_mailing_keeps_its_keys(self):
        """Keys that change between attempts would change the bytes."""
        server = self.server()
        site = self.site(server.port, "s1")
        site.run("send", ISSUE, "--limit", 5, status=75)

        # One more key signs from the next mailing on.
        site.configure(server.port, extra=keys("s2", "s1"))
        site.run("send", ISSUE, "--limit", 5, status=75)
        self.assertEqual([signatures(m) for m in self.messages(server)],
                         [["s1"]] * 10)

        # Without its key the mailing waits; nothing fails.
        for rest in (("s2",), ()):
            site.configure(server.port, extra=keys(*rest))
            done = site.run("send", ISSUE, status=78)
            self.assertIn("dkim: the key s1 of news.example is configured no "
                          "more", done.stderr)
            books = site.status()
            self.assertEqual((books["sent"], books["queued"]), (10, 117))

        # With it, it goes on.
        site.configure(server.port, extra=keys("s1"))
        site.run("send", ISSUE)
        self.assertEqual([signatures(m) for m in self.messages(server)],
                         [["s1"]] * 127)

    def test_a_mailing_notices_another_key_under_the_same_name(self):
        server = self.server()
        site = self.site(server.port, "s1")
        site.run("send", ISSUE, "--limit", 5, status=75)
        path = site.folder / "s1.pem"
        path.write_text(ED25519)
        done = site.run("send", ISSUE, status=78)
        self.assertIn(f"dkim: {path} holds another key than the one that this "
                      "mailing was planned with (s1 of news.example)",
                      done.stderr)
        books = site.status()
        self.assertEqual((books["sent"], books["queued"]), (5, 122))
        path.write_text(RSA)
        site.run("send", ISSUE)
        self.assertEqual(site.status()["sent"], 127)

    def test_check_looks_at_keys(self):
        site = self.site(1, "s2")
        self.assertRegex(site.run("check", "--offline").stdout,
                         r"(?m)^signing +ok$")
        site.configure(1, extra=keys("s1"))
        done = site.run("check", "--offline")
        self.assertIn("s1.pem: warning: an RSA key of 1024 bits; receivers "
                      "advise 2048", done.stderr)
        key = site.folder / "s1.pem"
        key.chmod(0o640)
        done = site.run("check", "--offline", status=77)
        self.assertRegex(done.stdout, r"(?m)^signing +wrong$")
        self.assertIn(f"signing: dkim: {key}: others may read it (mode 0640); "
                      "make it 0600", done.stderr)
        key.chmod(0o600)
        key.write_text("no key\n")
        done = site.run("check", "--offline", status=78)
        self.assertIn(f"{key}: it holds no private key in PEM", done.stderr)
        self.assertIn("it holds no private key in PEM",
                      site.run("send", ISSUE, status=78).stderr)


if __name__ == "__main__":
    unittest.main()
