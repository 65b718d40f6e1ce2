#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""Screenshots of each view, in light, in dark and on a phone, of a library as
two people have it who edit letters: "make screenshots" keeps them in
doc/screenshots/."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import page  # noqa: E402

ALDOUS = "aldous-1803-05-09"
BRENNER = "brenner-1803-04-17"
LETTERS = ("aldous-1803-05-20", "aldous-1803-06-02", "aldous-1803-07-14",
           "brenner-1803-05-28", "brenner-1803-07-30", "dollond-1802-11-06",
           "herschel-1802-09-19", "herschel-1803-01-12", "ramsden-1799-03-08",
           "utzschneider-1804-02-21")


class Person:
    """Somebody who works by the API, on a replica's web server."""

    def __init__(self, web, name, fullname, role="admin"):
        self.web = web
        web.replica.ok("user", "add", name, "--role", role, "--fullname",
                       fullname, stdin=(name + "\n").encode())
        self.session = web.login(name)

    def ask(self, method, path, body=None):
        status, _, answer = self.web.request(
            method, "/api/v1/" + path, body, session=self.session)
        page.check(status == 200, "%s %s: %d %s" % (method, path, status,
                                                    answer))
        return json.loads(answer)

    def edit(self, one, *pairs, **more):
        """Replace words in a text and save it."""
        text = self.web.replica.cat(one)
        for old, new in pairs:
            page.check(old in text, "%r is not in %s" % (old, one))
            text = text.replace(old, new, 1)
        self.ask("POST", "files/save", dict(more, xml_string=text,
                                            file_id=one))
        self.ask("POST", "files/release_lock", {"file_id": one})

    def set(self, one, **fields):
        self.ask("PATCH", "files/" + one, fields)


def record(replica, doc, kind="tei"):
    return next(k for k, r in replica.records().items()
                if r["doc_id"] == doc and r["file_type"] == kind)


def add_letters(site):
    site.add_samples()
    for i, doc in enumerate(LETTERS):
        site.anna.add(doc + ".pdf", page.pdf(doc))
        if i % 3:
            site.anna.add(doc + ".tei.xml", page.tei(
                doc, ["Sir,", "your letter of last week has reached me."]))


def tell_history(site, clara, ben):
    """A letter that both worked on, apart and together."""
    one = record(site.anna, ALDOUS)
    words = site.anna.cat(one).split("<body>")[1]
    first, last = "extant", "whether"
    page.check(first in words and last in words, "the sample has changed")
    both = (site.anna, site.ben, site.anna)

    clara.edit(one, (first, "still extant"))
    for replica in both:
        replica.run("sync")
    ben.edit(one, (last, "whether or not"))
    for replica in (site.ben, site.anna):
        replica.run("sync")
    clara.edit(one, ("still extant", "now extant"))
    ben.edit(one, ("whether or not", "if"))
    for replica in (site.ben, site.anna):
        replica.run("sync")
    clara.ask("POST", "sync/resolve-conflict",
              {"file_id": one, "resolution": "merge"})
    for replica in both:
        replica.run("sync")
    clara.edit(one, ("now extant", "extant"), new_version=True)
    return one


def disagree(site, clara, ben):
    """A conflict with a merge, and one about a deletion."""
    one = record(site.anna, BRENNER)
    gone = record(site.anna, "brenner-1803-06-28")

    ben.edit(one, ("Hochgeehrter", "Hochverehrter"))
    ben.set(one, label="Read against the copy in Jena")
    clara.edit(one, ("seit dem Tode", "seit dem Ableben"))
    clara.set(one, label="First reading")
    ben.ask("POST", "files/delete", {"files": [gone]})
    clara.set(gone, label="To be compared")
    for replica in (site.ben, site.anna):
        replica.run("sync")


def prepare(site):
    clara = Person(site.web, "clara", "Clara Weiss")
    ben = Person(site.on_the_web("ben"), "ben", "Ben Okafor")

    add_letters(site)
    for replica in (site.anna, site.ben):
        replica.run("sync")
    tell_history(site, clara, ben)
    for doc in LETTERS[:5]:
        clara.set(record(site.anna, doc, "pdf"),
                  doc_collections=["Correspondence", "Optics"])
    for replica in (site.anna, site.ben, site.anna):
        replica.run("sync")
    disagree(site, clara, ben)
    for replica, name in ((site.anna, "Göttingen"), (site.ben, "Jena")):
        clara.ask("PATCH", "replicas/" + replica.meta("replica"),
                  {"name": name})
    site.ben.add("herschel-1803-02-02.pdf", page.pdf("A letter"))
    site.ben.run("sync")
    clara.set(record(site.anna, LETTERS[6], "pdf"), label="Damaged by water")


if __name__ == "__main__":
    page.main("screenshots.mjs", prepare, ("nginx",))
