"""`check --contacts` asks DNS whether the domains of contacts take mail."""

import unittest

from fake_dns import FakeDns
from glocal_site import Scenario, Site

ZONE = {
    "mx.example": {"MX": [(20, "b.mx.example"), (10, "a.mx.example")]},
    "a.mx.example": {"A": ["192.0.2.1"]},
    "b.mx.example": {"A": ["192.0.2.2"]},
    "second.example": {"MX": [(10, "gone.example"), (20, "a.mx.example")]},
    "host.example": {"A": ["192.0.2.3"]},
    "six.example": {"AAAA": ["2001:db8::1"]},
    "six-mx.example": {"MX": [(10, "six.example")]},
    "alias.example": {"CNAME": ["mx.example"]},
    "null.example": {"MX": [(0, "")]},
    "empty.example": {"TXT": []},
    "dead.example": {"MX": [(10, "gone.example"), (20, "empty.example")]},
    "broken.example": "broken",
    "half.example": {"MX": [(10, "broken.example")]},
    "xn--r8jz45g.example": {"A": ["192.0.2.4"]},
}
FINE = ["mx.example", "second.example", "host.example", "six.example",
        "six-mx.example", "alias.example", "例え.example"]
DEAD = {
    "null.example": "says that it takes no mail (null MX)",
    "empty.example": "has no mail host",
    "dead.example": "has no mail host (gone.example has no address)",
    "gone.example": "does not exist",
}
UNKNOWN = ["broken.example", "half.example"]


class Domains(Scenario):
    def check(self, site, dns, status):
        done = site.run("check", "--offline", "--contacts", "--dns-server",
                        dns.server, status=status)
        return done.stdout

    def fill(self, domains, **more):
        site = Site(self.folder / "site", sample=False)
        rows = [{"email": f"{name}@{domain}", "basis": "consent"}
                for domain in domains for name in "ab"]
        site.import_contacts(rows + [
            {"email": f"x@{domain}", "basis": basis}
            for domain, basis in more.items()])
        return site

    def test_answers(self):
        site = self.fill(FINE + list(DEAD) + UNKNOWN)
        with FakeDns(ZONE) as dns:
            text = self.check(site, dns, 65)
            for domain, said in DEAD.items():
                self.assertIn(f" {domain} {said}: a@{domain}, b@{domain}\n",
                              text)
            for domain in UNKNOWN:
                self.assertIn(f" {domain} gave no answer (", text)
            for domain in FINE:
                self.assertNotIn(f" {domain} ", text)
            self.assertIn("contacts       wrong", text)
            self.assertIn(f"{len(FINE + UNKNOWN) + len(DEAD)} domains", text)

            # What is known is not asked again, what is not, is.
            before = len(dns.asked)
            again = self.check(site, dns, 65)
            self.assertIn(f", {len(UNKNOWN)} of them asked about now", again)
            self.assertEqual(
                {name for name, kind in dns.asked[before:] if kind == "MX"},
                set(UNKNOWN))
            self.assertIn(" null.example says", again)

            # Each question is asked once, but for those without an answer.
            first = dns.asked[:before]
            self.assertEqual(
                [q for q in first if q[1] == "MX" and
                 q[0] not in UNKNOWN and first.count(q) > 1], [])

    def test_who_is_looked_at(self):
        site = self.fill(["mx.example"])
        for email, basis in (("n@gone.example", "none"),
                             ("r@gone.example", "consent"),
                             ("u@gone.example", "consent"),
                             ("s@gone.example", "consent")):
            site.run("subscriber", "add", "--email", email, "--basis", basis)
        site.run("subscriber", "remove", "r@gone.example")
        site.run("subscriber", "unsubscribe", "u@gone.example")
        site.run("suppress", "add", "s@gone.example")
        with FakeDns(ZONE) as dns:
            text = self.check(site, dns, 0)
            self.assertIn("1 domain, 1 of them asked about now", text)
            self.assertIn("contacts       ok", text)
            self.assertEqual(dns.asked, [("mx.example", "MX"),
                                         ("a.mx.example", "A")])

            # Without --contacts nobody is asked.
            site.run("check", "--offline")
            self.assertEqual(len(dns.asked), 2)

    def test_wrong_use(self):
        site = self.fill(["mx.example"])
        self.assertIn("is no name server", site.run(
            "check", "--offline", "--contacts", "--dns-server", "nowhere",
            status=64).stderr)
        self.assertIn("goes with --contacts", site.run(
            "check", "--dns-server", "127.0.0.1", status=64).stderr)


if __name__ == "__main__":
    unittest.main()
