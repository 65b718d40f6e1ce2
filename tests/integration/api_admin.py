# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""Users, settings, the probe, metrics, and events as the API has them."""

import json
import re
import socket
import time

from api import DOCUMENT, METRICS_TOKEN, PREFIX, fact, raw
from harness import check, equal, sha256
from openapi import described, rows


# ---- users ----------------------------------------------------------------

def users(site):
    found = site.admin.get("/users").json()["users"]
    return {u["username"]: u for u in found}


@fact
def users_are_added_changed_and_removed(site):
    name = site.name("clara")
    site.admin.post("/users", (200, 201), json={
        "username": name, "fullname": "Clara B.", "roles": ["annotator"],
        "password": "a good password"})
    equal((users(site)[name]["fullname"], users(site)[name]["roles"]),
          ("Clara B.", ["annotator"]), "the user")
    client = site.client()
    client.login(name, "a good password")
    equal(client.get("/auth/status").json()["role"], "annotator", "role")
    site.admin.ask("PATCH", "/users", 200, json={
        "username": name, "roles": ["reviewer", "annotator"],
        "fullname": "Clara"})
    told = client.get("/auth/status").json()
    equal((told["role"], sorted(told["roles"]), told["fullname"]),
          ("reviewer", ["annotator", "reviewer"], "Clara"), "changed")
    site.admin.ask("PATCH", "/users/" + name, 200, json={
        "fullname": "Clara Bow"})
    equal(users(site)[name]["fullname"], "Clara Bow", "named in the path")
    site.admin.ask("DELETE", "/users", 200, json={"username": name})
    check(name not in users(site), "still there")
    client.get("/auth/status", 401)
    site.client().login(name, "a good password", want=401)
    site.add_user(name, "user")
    site.admin.ask("DELETE", "/users/" + name, 200)
    site.admin.ask("DELETE", "/users/" + name, 404)
    check(name not in users(site), "still there")


@fact
def nothing_secret_is_told_of_users(site):
    text = site.admin.get("/users").body.decode()
    check("argon2" not in text and sha256("admin") not in text, text)


@fact
def wrong_users_are_refused(site):
    good = {"username": site.name("x"), "roles": ["user"], "password": "pw"}
    site.admin.post("/users", 409, json=dict(good, username="ADMIN"))
    for wrong in ({"username": "../x"}, {"username": ""}, {"roles": []},
                  {"roles": ["king"]}, {"roles": "admin"},
                  {"password": ""}, {"username": "x" * 65},
                  {"fullname": "x" * 256}):
        site.admin.post("/users", (400, 422), json=dict(good, **wrong))
    check(good["username"] not in users(site), "it was added")
    site.admin.ask("PATCH", "/users", 404, json={
        "username": "nobody-here", "fullname": "x"})
    site.admin.ask("DELETE", "/users", 404, json={"username": "nobody-here"})


@fact
def the_last_administrator_stays(site):
    site.admin.ask("DELETE", "/users", (400, 409),
                   json={"username": "admin"})
    site.admin.ask("PATCH", "/users", (400, 409), json={
        "username": "admin", "roles": ["user"]})
    check("admin" in users(site)["admin"]["roles"], "the last one")


@fact
def one_changes_ones_own_password(site):
    name = site.name("dora")
    site.add_user(name, "user")
    client = site.client(name)
    second = site.client(name)
    client.post("/auth/password", (400, 401, 403), json={
        "old_password": "wrong", "new_password": "fresh enough"})
    client.post("/auth/password", json={
        "old_password": name, "new_password": "fresh enough"})
    client.get("/auth/status")
    second.get("/auth/status", 401)
    site.client().login(name, want=401)
    site.client().login(name, "fresh enough")


# ---- settings, probe, metrics ---------------------------------------------

@fact
def settings_are_told_without_secrets(site):
    text = site.admin.get("/settings").body.decode()
    check("MAX_UPLOAD_MB" in text and "PUBLIC_READ" in text, text)
    for secret in (METRICS_TOKEN, site.world.store.server.password):
        check(secret not in text, "a secret: %s" % text)


@fact
def settings_are_changed_by_administrators(site):
    before = site.admin.get("/settings").json()
    site.admin.ask("PATCH", "/settings", 200, json={"SYNC_INTERVAL": "600"})
    check("600" in site.admin.get("/settings").body.decode(), "changed")
    site.admin.ask("PATCH", "/settings", 200, json={"SYNC_INTERVAL": "0"})
    equal(site.admin.get("/settings").json().keys(), before.keys(), "keys")
    for wrong in ({"SYNC_INTERVAL": "often"}, {"SYNC_INTERVAL": "-1"},
                  {"DATA_ROOT": "/etc"}, {"WEBDAV_BASE_URL": "file:///"}):
        site.admin.ask("PATCH", "/settings", (400, 403, 422), json=wrong)


@fact
def the_store_is_probed(site):
    text = site.admin.post("/store/probe", json={}).body.decode()
    check('"good"' in text or "good" in text, text)
    check(site.world.store.server.password not in text, "a secret")


@fact
def a_sound_store_needs_no_recovery(site):
    told = site.admin.post("/store/recover", json={"dry_run": True})
    check(site.world.store.server.password not in told.body.decode(),
          "a secret")


@fact
def replicas_have_names_that_people_here_give(site):
    site.annotator.post("/sync", (200, 202), json={})
    first = site.admin.get("/replicas").json()["replicas"][0]["replica"]
    site.admin.ask("PATCH", "/replicas/" + first, 200, json={"name": "Graz"})
    names = {r["replica"]: r["name"]
             for r in site.admin.get("/replicas").json()["replicas"]}
    equal(names[first], "Graz", "its name")
    site.admin.ask("PATCH", "/replicas/" + first, 200, json={"name": ""})


@fact
def metrics_are_prometheus_text(site):
    answer = site.admin.get("/metrics")
    lines = answer.body.decode().splitlines()
    check(len(lines) > 10, "%d lines" % len(lines))
    for line in lines:
        check(line.startswith("#") or not line or re.fullmatch(
            r"[a-z_:][a-zA-Z0-9_:]*(\{[^{}]*\})? [-+0-9.eE]+|.* (NaN|\+Inf)",
            line), "no metric: %s" % line)
    text = answer.body.decode()
    for word in ("record", "unsynced", "conflict", "sync"):
        check(word in text, "nothing of %s" % word)


@fact
def metrics_are_for_the_scrapers_token_too(site):
    nobody = site.client()
    nobody.get("/metrics", headers={
        "Authorization": "Bearer " + METRICS_TOKEN})
    nobody.get("/metrics", (401, 403), headers={
        "Authorization": "Bearer " + METRICS_TOKEN[:-1]})
    nobody.get("/metrics", (401, 403), headers={
        "Authorization": "Bearer "})


# ---- events ---------------------------------------------------------------

def pad(site):
    """mod_proxy_fcgi passes on what fills its buffer (stemma-http(7))."""
    return "pad=8192" if site.kind == "apache" else "pad=0"


def stream(site, session, **headers):
    """Open a stream; answers its socket and what came first."""
    s = socket.create_connection(("127.0.0.1", site.port), 10)
    head = "".join("%s: %s\r\n" % (k.replace("_", "-"), v)
                   for k, v in headers.items())
    s.sendall(("GET %s/sse/subscribe?%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
               "X-Session-Id: %s\r\n%s\r\n" % (
                   PREFIX, pad(site), session, head)).encode())
    return s, read_until(s, b"Stream connected")


def read_until(s, mark, seconds=10):
    data, deadline = b"", time.monotonic() + seconds
    while mark not in data:
        check(time.monotonic() < deadline, "no %r in %r" % (mark, data))
        more = s.recv(65536)
        check(more, "the stream ended: %r" % data)
        data += more
    return data


@fact
def a_stream_begins_at_once(site):
    begun = time.monotonic()
    s, data = stream(site, site.annotator.session)
    with s:
        check(time.monotonic() - begun < 3, "it took long")
        head = data.partition(b"\r\n\r\n")[0].decode().lower()
        check(head.startswith("http/1.1 200"), head)
        for line in ("content-type: text/event-stream; charset=utf-8",
                     "cache-control: no-cache", "x-request-id: "):
            check(line in head, "%s is not in %s" % (line, head))
        check(b"event: connected\n" in data, "%r" % data)
        DOCUMENT.seen["get", "/sse/subscribe"][200] += 1


@fact
def an_echo_comes_back_in_order(site):
    s, _ = stream(site, site.annotator.session)
    with s:
        time.sleep(0.3)
        texts = ["one", "two\nlines: yes", "event: forged\n\ndata: x", "ä",
                 ""]
        equal(site.annotator.post("/sse/test/echo", json=texts).json(),
              {"status": "ok", "messages_sent": 5}, "answer")
        site.annotator.post("/sse/test/echo", json=["the last"])
        data = read_until(s, b"the last").decode().replace("\r", "")
    found = re.findall(r"^event: (.*)$", data, re.M)
    equal(found.count("test"), 6, "events: %s" % data)
    check("forged" not in found, "forged: %s" % data)
    check(data.index("one") < data.index("two") < data.index("ä"), "order")
    check("data: two\ndata: lines: yes" in data, "lines: %s" % data)


@fact
def an_echo_is_heard_by_its_user_alone(site):
    marks = {}
    for who in ("annotator", "user"):
        marks[who] = site.by(who).get("/sse/poll").json()["last"]
    site.annotator.post("/sse/test/echo", json=["a private word"])
    time.sleep(0.3)
    for who, since in marks.items():
        text = site.by(who).get("/sse/poll",
                                query={"since": since}).body.decode()
        equal("a private word" in text, who == "annotator", who)
    site.annotator.post("/sse/test/echo", 422, json={"x": 1})
    site.annotator.post("/sse/test/echo", 422, json=["x", 5])


@fact
def a_change_is_an_event_to_everybody(site):
    last = site.by("user").get("/sse/poll").json()["last"]
    one = site.letter()
    time.sleep(0.5)
    events = site.by("user").get("/sse/poll", query={
        "since": last}).json()["events"]
    check(any(e["event"] == "fileChanged" and one in e["data"]
              for e in events), "events: %s" % events)


@fact
def a_stream_takes_its_session_from_the_query(site):
    status, data = raw(site.port, (
        "GET %s/sse/subscribe?sessionId=invented HTTP/1.0\r\n"
        "Host: 127.0.0.1\r\n\r\n" % PREFIX).encode())
    equal(status, 401, "an invented one")
    check(b"Session expired" in data, "%r" % data)
    s = socket.create_connection(("127.0.0.1", site.port), 10)
    with s:
        client = site.client("annotator")
        s.sendall(("GET %s/sse/subscribe?%s&sessionId=%s HTTP/1.1\r\n"
                   "Host: 127.0.0.1\r\nConnection: close\r\n\r\n" % (
                       PREFIX, pad(site), client.session)).encode())
        read_until(s, b"Stream connected")
        client.post("/auth/logout")
        ends(s)


def ends(s, seconds=10):
    """The stream ends: logout does that."""
    s.settimeout(seconds)
    try:
        while s.recv(65536):
            pass
    except socket.timeout:
        check(False, "the stream goes on after logout")
    except OSError:
        pass


# ---- the document ---------------------------------------------------------

def the_checker_refuses_what_is_not_described(site):
    """A checker that takes anything would prove nothing."""
    error = {"$ref": "#/components/schemas/Error"}
    for wrong in ({}, {"detail": 5}, {"detail": "x", "else": 1}, [], None):
        check(DOCUMENT.errors(error, wrong), "%r is taken" % wrong)
    equal(DOCUMENT.errors(error, {"detail": "x"}), [], "a right one")
    stable = {"$ref": "#/components/schemas/StableId"}
    check(DOCUMENT.errors(stable, "l0o1"), "letters that no id has")
    check(DOCUMENT.errors({"type": "integer"}, True), "true is no integer")


def the_responders_have_the_routes_that_are_described(site):
    ours, theirs = rows(), described(DOCUMENT)
    equal(sorted(set(ours) - set(theirs)), [], "not in openapi.json")
    equal(sorted(set(theirs) - set(ours)), [], "in no responder")
    for row, need in ours.items():
        equal(theirs[row], need, "x-need of %s %s" % row)


def each_route_was_answered(site):
    equal(json.dumps(DOCUMENT.never_answered()), "[]", "without a 2xx")


LAST = (the_checker_refuses_what_is_not_described,
        the_responders_have_the_routes_that_are_described,
        each_route_was_answered)
