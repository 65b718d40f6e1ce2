# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""The page in a real browser: two replicas, real web servers, and a script of
kit.mjs that drives headless Chromium.

    #!/usr/bin/python3 -B
    import os, sys
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(
        __file__)), "..", "browser"))
    import page

    def prepare(site):                  # before the script starts
        site.anna.add("a.pdf", page.pdf("A"))

    page.main("library.mjs", prepare)

The script prints "ok NAME", "not ok NAME: why" or "skip NAME: why" for each
test, and those lines are handed on.  What a script wants done outside the
browser it asks for with act("name", ...) of kit.mjs, which is an @act here; a
test file may add its own, def name(site, ...).

Options: --only PATTERN (of names), --serve (prepare, say the address and wait;
nothing is run), --kind nginx (that web server alone), --keep.

All of it runs behind nginx; behind lighttpd and Apache those that kit.mjs's
everywhere() made, or all of them with STEMMA_ALL_SERVERS=1.

Users: admin, reviewer, annotator, user; the password is the name.  The browser
and npm's modules: CHROMIUM, STEMMA_NODE_MODULES (made by "tools/www-modules
--tests DIR", by default in the build folder's browser/).  STEMMA_SHOTS names a
folder that gets the screenshots.
"""

import argparse
import glob
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "integration"),
                os.path.join(HERE, "..", "bench")]

import harness  # noqa: E402
from harness import (Failed, Skip, TOP, World, check, end, end_all,  # noqa
                     pdf, spawn, tei)
from web import WebServer  # noqa: E402

KINDS = ("nginx", "lighttpd", "apache")
ROLES = ("admin", "reviewer", "annotator", "user")
ACTS = {}


def act(function):
    """Something that a script may ask for."""
    ACTS[function.__name__] = function
    return function


# ---- a site ---------------------------------------------------------------

class SubPath(WebServer):
    """nginx, with Stemma below /letters/, as its comments say."""

    def deployed(self):
        text = WebServer.deployed(self)
        for old, new in (
                ("location / {\n        root %s/www;" % self.path("share"),
                 "location /letters/ {\n        alias %s/www/;" %
                 self.path("share")),
                ("location /api/ {", "location /letters/api/ {")):
            check(old in text, "no %s in nginx's configuration" % old)
            text = text.replace(old, new)
        return text


class Site:
    """Anna's and Ben's replicas on one store; Anna's is on the web."""

    def __init__(self, kind, store="lighttpd", www=None):
        self.kind = kind
        self.www = www  # the page's folder, where it is not the source's
        self.world = World("page", store)
        self.anna, self.ben = self.world.pair()
        self.replicas = {"anna": self.anna, "ben": self.ben}
        self.webs = {}
        self.web = self.on_the_web("anna", kind)

    def replica(self, name):
        return self.replicas[name]

    def add_replica(self, name, **conf):
        """One more on the same store."""
        self.replicas[name] = self.world.replica(name, **conf)
        return self.replicas[name]

    def on_the_web(self, name, kind="lighttpd"):
        """That replica's web server, started with the first call."""
        if name not in self.webs:
            web = WebServer(kind, self.replica(name), page=self.www)
            for role in ROLES:
                web.add_user(role, role, (role,))
            self.webs[name] = web
        return self.webs[name]

    @property
    def address(self):
        return self.web.address + "/"

    def add_samples(self):
        """The samples, as somebody has them who has just begun; in step."""
        self.anna.ok("import", *sorted(
            glob.glob(os.path.join(TOP, "deploy", "samples", "*.pdf")) +
            glob.glob(os.path.join(TOP, "deploy", "samples", "*.xml"))))
        self.anna.sync()
        self.ben.sync()


# ---- what scripts may ask for ---------------------------------------------

@act
def stemma(site, name, *args, stdin=None):
    """Run the tool for a replica; answers what it printed."""
    return site.replica(name).ok(
        *args, stdin=stdin.encode() if stdin is not None else None).out


@act
def records(site, name):
    """All live records of a replica by stable_id."""
    return site.replica(name).records()


@act
def save(site, name, stable_id, text):
    """A new text for a record."""
    site.replica(name).save(stable_id, text)


@act
def add_tei(site, name, doc, *paragraphs, title="A letter"):
    """A TEI document; answers its stable_id."""
    return site.replica(name).add(doc + ".tei.xml", tei(
        doc, paragraphs or ("One.", "Two.", "Three."), title=title))


@act
def add_pdf(site, name, doc, text):
    """A PDF; answers its stable_id."""
    return site.replica(name).add(doc + ".pdf", pdf(text))


@act
def text_of(site, name, stable_id):
    return site.replica(name).cat(stable_id)


@act
def sync(site, name):
    """Sync a replica by the tool; answers the summary."""
    return site.replica(name).sync()


@act
def fill(site, name, n):
    """Many records at once, without contents."""
    from fill import fill as fill_library
    fill_library(os.path.join(site.replica(name).path("db"), "library.db"), n)


@act
def expire_sessions(site, name="anna"):
    """All sessions end, as after an hour without a request."""
    db = sqlite3.connect(os.path.join(site.replica(name).path("db"),
                                      "auth.db"), timeout=30)
    with db:
        db.execute("UPDATE sessions SET used_ms = 0")
    db.close()


@act
def stop_web(site, name="anna"):
    """The web server alone; the responders go on."""
    site.webs[name].stop_server()


@act
def start_web(site, name="anna"):
    site.webs[name].again()


@act
def kill_responder(site, responder, name="anna"):
    return site.webs[name].kill_responder(responder)


@act
def stop_store(site):
    site.world.store.server.stop()


@act
def start_store(site):
    site.world.store.server.again()


@act
def web_of(site, name, kind="lighttpd"):
    """The address of a replica's page; started when it is not on the web."""
    return site.on_the_web(name, kind).address + "/"


@act
def below_a_path(site, name):
    """The address of a replica's page, on a web server that has another thing
    at its root."""
    web = SubPath("nginx", site.replica(name))
    web.add_user("anywhere", roles=("admin",))
    return web.address + "/letters/"


# ---- a script -------------------------------------------------------------

def modules():
    """Where npm's modules are; None: nowhere."""
    builds = [os.environ.get("top_builddir") or "",
              os.path.dirname(os.path.dirname(os.path.dirname(
                  harness.stemma_program())))]
    places = [os.environ.get("STEMMA_NODE_MODULES") or ""] + [
        os.path.join(b, "browser", "node_modules") for b in builds]
    for place in places:
        if os.path.isdir(os.path.join(place, "playwright-core")):
            return os.path.abspath(place)
    return None


def program(variable, *names):
    path = os.environ.get(variable)
    for name in names:
        path = path or shutil.which(name)
    if not path:
        raise Skip("%s is not installed" % names[0])
    return path


def environment(site, only, reduced):
    place = modules()
    if not place:
        raise Skip("no playwright-core: tools/www-modules --tests fetches it")
    return dict(os.environ, STEMMA_NODE_MODULES=place,
                STEMMA_PAGE=site.address, STEMMA_WORK=site.world.folder,
                STEMMA_ONLY="\n".join(only or ()), STEMMA_KIND=site.kind,
                STEMMA_REDUCED="1" if reduced else "",
                STEMMA_VENDOR="1" if os.path.isdir(os.path.join(
                    TOP, "www", "vendor")) else "",
                CHROMIUM=program("CHROMIUM", "chromium", "chromium-browser"))


def answer(site, line):
    """One request of the script, as JSON; an error is an answer too."""
    asked = json.loads(line)
    try:
        value = ACTS[asked["act"]](site, *asked["args"])
        return {"value": value}
    except Exception as e:
        return {"error": "%s: %s" % (asked["act"], harness.explain(e))}


class Script:
    """Reads what a script says until it ends."""

    def __init__(self, site, path, only, reduced):
        self.site = site
        self.bad = 0
        self.is_ended = False
        self.process = spawn(
            [program("NODE", "node", "nodejs"), path],
            env=environment(site, only, reduced), cwd=site.world.folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            preexec_fn=harness.die_with_parent)

    def hear(self, line):
        if line.startswith("do "):
            text = json.dumps(answer(self.site, line[3:])) + "\n"
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        elif line.startswith(("ok ", "not ok ", "skip ")):
            self.bad += line.startswith("not ok ")
            print(line, flush=True)
        elif line == "end":
            self.is_ended = True
        else:
            print("# " + line, file=sys.stderr, flush=True)

    def read(self):
        for raw in self.process.stdout:
            self.hear(raw.decode(errors="replace").rstrip("\n"))
        self.process.wait()
        end(self.process)
        return self.bad


def run_script(site, name, only, reduced=False):
    """Answers how many tests failed."""
    script = Script(site, os.path.join(HERE, name), only, reduced)
    bad = script.read()
    if not script.is_ended:
        print("not ok %s: it ended before its end" % name, flush=True)
        bad += 1
    if bad and harness.DEBUG:
        harness.tell(site.world)
    return bad


# ---- a test file ----------------------------------------------------------

def serve(site):
    print("%s  (admin/admin; Ctrl-C ends it)" % site.address, flush=True)
    print("# folder %s" % site.world.folder, file=sys.stderr, flush=True)
    while True:
        time.sleep(60)


def is_reduced(kind, args):
    """Does this web server get the smaller set?"""
    return kind != KINDS[0] and not args.kind and \
        os.environ.get("STEMMA_ALL_SERVERS", "0") != "1"


def one_kind(kind, script, prepare, args):
    site = None
    try:
        site = Site(kind)
        if prepare:
            prepare(site)
        if args.serve:
            serve(site)
        return run_script(site, script, args.only, is_reduced(kind, args))
    except Skip as e:
        print("skip %s[%s]: %s" % (script, kind, e), flush=True)
        return 0
    except Exception as e:
        traceback.print_exc()
        print("not ok %s[%s]: %s" % (
            script, kind, harness.explain(e).splitlines()[0]), flush=True)
        harness.tell(site and site.world)
        return 1
    finally:
        if site and not args.keep:
            site.world.close()


def options():
    parser = argparse.ArgumentParser(
        description="The page in a browser; the program is $STEMMA.")
    parser.add_argument("--only", metavar="PATTERN", action="append")
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--kind", action="append")
    parser.add_argument("--keep", action="store_true")
    return parser.parse_args()


def main(script, prepare=None, kinds=KINDS):
    """Run a script of this folder with each kind of web server."""
    args = options()
    signal.signal(signal.SIGTERM, harness.interrupted)
    signal.signal(signal.SIGHUP, harness.interrupted)
    World.top = harness.make_top()
    bad = 0
    try:
        for kind in args.kind or kinds:
            bad += one_kind(kind, script, prepare, args)
    except KeyboardInterrupt:
        print("# interrupted", file=sys.stderr)
        bad += 1
    finally:
        end_all()
        if not args.keep:
            shutil.rmtree(World.top, ignore_errors=True)
    sys.exit(1 if bad else 0)
