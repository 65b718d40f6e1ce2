# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""A client of the HTTP API, and a site to ask: a library with users, behind a
real web server, with a store on a real WebDAV server.  Every answer that comes
through here is held against openapi.json."""

import base64
import hashlib
import http.client
import json
import os
import secrets
import socket
import sys
import time
import urllib.parse

import harness
from harness import Failed, World, brief, check, equal, pdf, sha256, tei
from openapi import Document
from web import API_KINDS, WebServer

DOCUMENT = Document()
PREFIX = "/api/v1"
ROLES = ("user", "annotator", "reviewer", "admin")
NOBODY = None
MAX_UPLOAD_MB = 4
METRICS_TOKEN = "a-token-for-the-scraper"


# ---- a client -------------------------------------------------------------

class Answer:
    def __init__(self, status, headers, body, what=""):
        self.status, self.headers, self.body = status, headers, body
        self.what = what

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failed("no JSON: %s" % self)

    @property
    def detail(self):
        return self.json()["detail"]

    def __str__(self):
        return "%s: %d %s" % (self.what, self.status, brief(self.body))


class Client:
    """One browser or program: at most one connection, and one session."""

    def __init__(self, site, address="127.0.0.1"):
        self.site = site
        self.port = site.port
        self.address = address
        self.session = None     # sent as X-Session-Id
        self.cookie = None      # sent as the cookie sessionId
        self.connection = None

    # -- asking

    def ask(self, method, path, want=None, query=None, headers=None,
            described=True, prefix=PREFIX, **body):
        """Send a request; `want` is a status, or some, that it must have."""
        data, kind = body_of(**body)
        head = {"Content-Type": kind} if kind else {}
        if self.session:
            head["X-Session-Id"] = self.session
        if self.cookie:
            head["Cookie"] = "sessionId=" + self.cookie
        head.update(headers or {})
        head = {k: v for k, v in head.items() if v is not None}
        url = path if path == "/health" else prefix + path
        if query:
            url += "?" + urllib.parse.urlencode(query)
        answer = self.send(method, url, data, head)
        self.site.note(str(answer))
        if described:
            DOCUMENT.check(method, path, answer.status, answer.headers,
                           answer.body)
            # A range that is none is refused by who sends the file.
            check(answer.headers.get("X-Request-Id") or
                  answer.status == 416, "no X-Request-Id: %s" % answer)
        if want is not None:
            wanted = (want,) if isinstance(want, int) else want
            check(answer.status in wanted, "want %s: %s" % (want, answer))
        return answer

    def send(self, method, url, data, head):
        """Once more on a new connection when the kept one had been closed."""
        for fresh in (self.connection is None, True):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection(
                        "127.0.0.1", self.port, timeout=60,
                        source_address=(self.address, 0))
                self.connection.request(method, url, data, head)
                got = self.connection.getresponse()
                return Answer(got.status, got.headers, got.read(),
                              "%s %s" % (method, url))
            except (OSError, http.client.HTTPException):
                self.close()
                if fresh:
                    raise
        raise Failed("%s %s was never answered" % (method, url))

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def get(self, path, want=200, **kw):
        return self.ask("GET", path, want, **kw)

    def post(self, path, want=200, **kw):
        return self.ask("POST", path, want, **kw)

    def refused(self, status, detail, method, path, **kw):
        """It must be refused with this status and this very text."""
        answer = self.ask(method, path, status, **kw)
        equal(answer.detail, detail, answer.what)
        return answer

    # -- what tests say again and again

    def login(self, name, password=None, want=200):
        answer = self.post("/auth/login", want, json={
            "username": name,
            "passwd_hash": sha256(password or name)})
        if answer.status == 200:
            self.session = answer.json()["sessionId"]
        return answer

    def groups(self, **query):
        return self.get("/files/list", query=query).json()["files"]

    def items(self, **query):
        """All records of the list by id, as the list has them."""
        found = {}
        for group in self.groups(**query):
            for item in items_of(group):
                found[item["id"]] = item
        return found

    def item(self, one):
        items = self.items()
        check(one in items, "%s is not in the list" % one)
        return items[one]

    def save(self, text, file_id="", want=200, **more):
        return self.post("/files/save", want, json=dict(
            {"xml_string": text, "file_id": file_id}, **more))

    def saved(self, text, file_id="", **more):
        """Save it; answers the id."""
        return self.save(text, file_id, **more).json()["hash"]

    def new(self, text, doc, **more):
        """Save it as a new record, which is no gold; answers the id."""
        return self.saved(text, doc, new_version=True, **more)

    def upload(self, data, name="some.pdf", want=200, **fields):
        return self.post("/files/upload", want, form=dict(
            fields, file=(name, data)))

    def uploaded(self, data, name="some.pdf", **fields):
        return self.upload(data, name, **fields).json()["filename"]

    def bytes(self, one):
        return self.get("/files/" + one).body

    def change(self, one, want=200, **fields):
        return self.ask("PATCH", "/files/" + one, want, json=fields)

    def remove(self, *ids, want=200):
        return self.post("/files/delete", want, json={"files": list(ids)})

    def lock(self, what, one, want=200):
        return self.post("/files/" + what, want, json={"file_id": one})


def items_of(group):
    found = [group["pdf"]] if group["pdf"] else []
    found += group["versions"] + group["gold"]
    for variant in group["variants"].values():
        found += variant
    return found


def body_of(json=None, body=None, form=None, kind=None):
    """The bytes of a request, and their type."""
    if form is not None:
        return form_data(form)
    if json is not None:
        return to_json(json), kind or "application/json"
    return body, kind


def to_json(value):
    return json.dumps(value, ensure_ascii=False).encode("utf-8",
                                                        "surrogatepass")


def form_data(fields):
    """multipart/form-data; a file is a pair of name and bytes."""
    mark = "-------" + secrets.token_hex(12)
    out = b""
    for name, value in fields.items():
        out += b"--%s\r\nContent-Disposition: form-data; name=\"%s\"" % (
            mark.encode(), name.encode())
        if isinstance(value, tuple):
            out += b"; filename=\"%s\"\r\nContent-Type: " \
                b"application/octet-stream" % value[0].encode()
            value = value[1]
        if isinstance(value, str):
            value = value.encode()
        out += b"\r\n\r\n" + value + b"\r\n"
    return out + b"--%s--\r\n" % mark.encode(), \
        "multipart/form-data; boundary=" + mark


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def raw(port, *pieces, timeout=20, pause=None):
    """Send bytes as they are; answers the status, and all that came back.

    Status 0: the connection was closed without an answer.
    """
    with socket.create_connection(("127.0.0.1", port), timeout) as s:
        try:
            for piece in pieces:
                s.sendall(piece)
                if pause:
                    time.sleep(pause)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return read_answer(s)


def read_answer(s):
    data = b""
    try:
        while True:
            more = s.recv(65536)
            if not more:
                break
            data += more
            if is_whole(data):
                break
    except ConnectionResetError:
        pass
    except socket.timeout:
        raise Failed("no answer to raw bytes: %r" % data[:300])
    words = data.split(b" ", 2)
    return (int(words[1]) if len(words) > 2 else 0), data


def is_whole(data):
    """Is a whole answer with a Content-Length there?"""
    head, mark, body = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return mark and len(body) >= int(line.split(b":")[1])
    return False


# ---- a site ---------------------------------------------------------------

class Site:
    """A library called anna's behind a web server, and what else is there."""

    def __init__(self, kind, **conf):
        self.kind = kind
        self.world = World("site-%s-%s" % (kind, secrets.token_hex(2)),
                           "lighttpd")
        self.telling = self.world
        self.number = 0
        self.anna = self.world.replica(
            "anna", MAX_UPLOAD_MB=MAX_UPLOAD_MB,
            METRICS_TOKEN=METRICS_TOKEN, **conf)
        for role in ROLES:
            self.add_user(role, role)
        self.add_user("other", "annotator")
        self.web = WebServer(kind, self.anna)
        self.port = self.web.port
        self.clients = {}
        self._ben = None

    def add_user(self, name, role):
        fullname = "Administrator" if name == "admin" else name.title()
        self.anna.ok("user", "add", name, "--role", role, "--fullname",
                     fullname, stdin=(name + "\n").encode())

    def note(self, text):
        self.telling.note(text)

    @property
    def ben(self):
        """Another replica of the same store, without a web server."""
        if self._ben is None:
            self._ben = self.world.replica("ben")
        return self._ben

    def client(self, name=NOBODY, address="127.0.0.1"):
        """A new client; signed in when it has a name."""
        client = Client(self, address)
        if name:
            client.login(name)
        return client

    def by(self, name):
        """The client of that user that all tests share."""
        if name not in self.clients:
            self.clients[name] = self.client(name)
        return self.clients[name]

    @property
    def admin(self):
        return self.by("admin")

    @property
    def annotator(self):
        return self.by("annotator")

    @property
    def reviewer(self):
        return self.by("reviewer")

    def name(self, stem="letter"):
        """A name that no document has yet."""
        self.number += 1
        return "%s-%d-%s" % (stem, self.number, secrets.token_hex(2))

    def letter(self, client=None, *paragraphs):
        """A new TEI document; answers its id."""
        doc = self.name()
        return (client or self.annotator).new(
            tei(doc, paragraphs or ("One.", "Two."), title=doc), doc)

    def gold(self):
        doc = self.name("gold")
        return self.reviewer.saved(tei(doc), doc)

    def unlock(self, one):
        """Let go of a lock that a save took."""
        for client in self.clients.values():
            client.ask("POST", "/files/release_lock",
                       json={"file_id": one})

    def page(self, text=None):
        """A new PDF as bytes."""
        return pdf(text or self.name("page"))

    def logs(self):
        """All that servers, responders, hub and store have said."""
        text = self.web.logs()
        for top, _, names in os.walk(self.anna.path("run")):
            for name in names:
                if name.endswith((".log", ".err", ".out")):
                    with open(os.path.join(top, name),
                              errors="replace") as f:
                        text += f.read()
        return text + "".join(self.world.store.server.requests())

    def close(self):
        for client in self.clients.values():
            client.close()
        self.world.close()


SITES = {}


def site(kind):
    """The site behind that server, which the tests of a file share."""
    if kind not in SITES:
        close_sites()
        SITES[kind] = Site(kind)
    return SITES[kind]


def close_sites():
    for kind in list(SITES):
        SITES.pop(kind).close()


# ---- the runner -----------------------------------------------------------

FACTS = []


def fact(function):
    """Register a test; run once for each web server."""
    FACTS.append(function)
    return function


def register(servers=API_KINDS, last=()):
    """All facts behind one server, then all behind the next."""
    for kind in servers:
        for function in FACTS + list(last):
            harness.TESTS.append((
                "%s[%s]" % (function.__name__, kind), "file",
                with_site(function, kind)))


def with_site(function, kind):
    def run(world):
        one = site(kind)
        one.telling = world
        try:
            function(one)
        except Exception:
            print("# " + one.web.tail().replace("\n", "\n#   "),
                  file=sys.stderr)
            raise
    run.__name__ = function.__name__
    return run


def main(servers=API_KINDS, last=()):
    register(servers, last)
    try:
        harness.main()
    finally:
        close_sites()


# ---- the corpus -----------------------------------------------------------

def corpus(kind):
    """Paths of real documents, or none: "pdf", "tei"."""
    top = os.environ.get("STEMMA_CORPUS") or os.path.join(
        os.path.dirname(harness.TOP), "shared", "corpus")
    folder = os.path.join(top, kind)
    if not os.path.isdir(folder):
        return []
    return sorted(os.path.join(folder, name) for name in os.listdir(folder)
                  if name.endswith((".pdf", ".xml")))


def digest_of(data):
    return hashlib.sha256(data).hexdigest()
