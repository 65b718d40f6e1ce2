# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""What holds for every endpoint: sessions, cookies, origins, refusals, HEAD,
request ids, and signing in."""

import json
import os
import re
import sqlite3
import time

from api import DOCUMENT, Client, digest_of, fact, raw
from harness import check, equal, sha256, tei

NONE = "Authentication required"
EXPIRED = "Session expired"


# ---- where things are -----------------------------------------------------

@fact
def health_answers_without_a_session_and_without_a_prefix(site):
    answer = site.client().get("/health")
    equal(answer.json()["status"], "ok", "status")
    program = site.anna.run("version", "--json").json()["version"]
    equal(answer.json()["version"], program, "version")


@fact
def everything_is_under_api_v1_and_under_api(site):
    client = site.admin
    for path in ("/files/list", "/auth/status", "/files/locks",
                 "/sync/conflicts", "/settings", "/collections", "/users"):
        one = client.get(path, prefix="/api/v1")
        other = client.get(path, prefix="/api")
        equal(other.json(), one.json(), path)
    site.client().refused(404, "Not Found", "GET", "/nowhere",
                          prefix="/api", described=False)


@fact
def an_unknown_route_is_404(site):
    for method in ("GET", "POST", "PATCH", "DELETE"):
        for path in ("/nowhere", "/files/x/nowhere", "/auth", "/sync/what",
                     "/sse/nothing", "/files/list/x"):
            answer = site.client().ask(method, path, 404, described=False)
            equal(answer.json(), {"detail": "Not Found"}, answer.what)


@fact
def a_wrong_method_is_405_and_names_the_right_ones(site):
    for path, method, allowed in (
            ("/files/list", "POST", {"GET", "HEAD"}),
            ("/auth/login", "GET", {"POST"}),
            ("/auth/status", "DELETE", {"GET", "HEAD"}),
            ("/sync/status", "PATCH", {"GET", "HEAD"}),
            ("/sync/conflicts", "POST", {"GET", "HEAD"}),
            ("/sync", "GET", {"POST"}),
            ("/users", "PUT", {"GET", "HEAD", "POST", "PATCH", "DELETE"}),
            ("/settings", "POST", {"GET", "HEAD", "PATCH"})):
        answer = site.admin.ask(method, path, 405, described=False)
        check(isinstance(answer.detail, str), str(answer))
        allow = {w.strip() for w in answer.headers["Allow"].split(",")}
        check(allowed <= allow and method not in allow,
              "%s: Allow is %s" % (answer.what, allow))


@fact
def each_answer_has_a_request_id_of_its_own(site):
    seen = set()
    for _ in range(20):
        seen.add(site.client().get("/health").headers["X-Request-Id"])
        seen.add(site.client().ask("GET", "/nowhere", 404, described=False)
                 .headers["X-Request-Id"])
    equal(len(seen), 40, "different ids")
    check(all(re.fullmatch("[0-9a-f]{16}", one) for one in seen),
          "16 hex digits: %s" % seen)


@fact
def head_works_wherever_get_does(site):
    one = site.letter()
    for route in DOCUMENT.all:
        if route.method != "get" or route.path == "/sse/subscribe":
            continue
        path = re.sub(r"\{id\}", one, route.path)
        path = re.sub(r"\{content_hash\}", "0" * 64, path)
        path = re.sub(r"\{\w+\}", "1", path)
        got = site.admin.ask("GET", path)
        head = site.admin.ask("HEAD", path)
        equal(head.status, got.status, "status of HEAD " + path)
        equal(head.body, b"", "body of HEAD " + path)
        equal(head.headers["Content-Type"], got.headers["Content-Type"],
              "type of HEAD " + path)


@fact
def an_answer_is_json_without_white_space_and_is_not_cached(site):
    answer = site.admin.get("/auth/status")
    equal(answer.body, json.dumps(answer.json(),
                                  separators=(",", ":")).encode(), "compact")
    equal(answer.headers["Content-Type"].split(";")[0], "application/json",
          "type")
    equal(answer.headers["Cache-Control"], "no-store", "Cache-Control")
    equal(answer.headers["X-Content-Type-Options"], "nosniff", "nosniff")


# ---- sessions -------------------------------------------------------------

def whoami(site, want, **headers):
    return site.client().ask("GET", "/auth/status", want, headers={
        k.replace("_", "-"): v for k, v in headers.items()})


@fact
def the_header_comes_before_the_cookie(site):
    admin, other = site.admin.session, site.annotator.session
    answer = whoami(site, 200, X_Session_Id=admin,
                    Cookie="sessionId=" + other)
    equal(answer.json()["username"], "admin", "the header's user")
    answer = whoami(site, 200, Cookie="sessionId=" + other)
    equal(answer.json()["username"], "annotator", "the cookie's user")


@fact
def an_empty_header_leaves_it_to_the_cookie(site):
    answer = whoami(site, 200, X_Session_Id="",
                    Cookie="sessionId=" + site.annotator.session)
    equal(answer.json()["username"], "annotator", "the cookie's user")


@fact
def an_invalid_header_is_not_rescued_by_a_valid_cookie(site):
    answer = whoami(site, 401, X_Session_Id="invented",
                    Cookie="sessionId=" + site.annotator.session)
    equal(answer.detail, EXPIRED, "detail")


@fact
def a_session_in_the_query_is_refused_but_for_streams(site):
    session = site.annotator.session
    for path in ("/files/list", "/files/locks", "/auth/status", "/sse/poll"):
        answer = site.client().ask("GET", path, described=False,
                                   query={"sessionId": session})
        check(400 <= answer.status < 500, "taken: %s" % answer)
        check(session not in answer.body.decode(), "told: %s" % answer)


@fact
def nobody_and_an_unknown_session_are_told_apart(site):
    client = site.client()
    client.refused(401, NONE, "GET", "/files/locks")
    client.refused(401, "Not authenticated", "GET", "/auth/status")
    client.session = "0123456789abcdef0123456789abcdef"
    client.refused(401, EXPIRED, "GET", "/files/locks")
    client.refused(401, EXPIRED, "GET", "/auth/status")


def age_sessions(site, user, seconds):
    """Make that user's sessions as if used so much earlier."""
    db = sqlite3.connect(site.anna.path("db", "auth.db"), timeout=30)
    with db:
        db.execute("UPDATE sessions SET used_ms = used_ms - ? "
                   "WHERE username = ?", (seconds * 1000, user))
    db.close()


@fact
def a_session_ends_an_hour_after_its_last_use(site):
    client = site.client("other")
    age_sessions(site, "other", 3000)
    client.get("/auth/status")
    age_sessions(site, "other", 3000)
    client.get("/auth/status")
    age_sessions(site, "other", 3700)
    client.refused(401, EXPIRED, "GET", "/auth/status")


@fact
def only_a_hash_of_a_session_is_stored(site):
    client = site.client("annotator")
    one = site.letter(client)
    client.lock("acquire_lock", one)
    for folder, _, names in os.walk(site.anna.path("db")):
        for name in names:
            with open(os.path.join(folder, name), "rb") as f:
                check(client.session.encode() not in f.read(),
                      "the session id is in %s" % name)
    client.post("/auth/logout")


@fact
def a_user_who_is_gone_is_nobody(site):
    site.add_user("passing", "annotator")
    client = site.client("passing")
    site.anna.ok("user", "remove", "passing")
    answer = client.ask("GET", "/files/locks", 401)
    check(answer.detail in (NONE, EXPIRED), str(answer))


# ---- the cookie -----------------------------------------------------------

def cookie_of(answer):
    parts = [p.strip() for p in answer.headers["Set-Cookie"].split(";")]
    name, _, value = parts[0].partition("=")
    return name, value, {p.partition("=")[0].lower(): p.partition("=")[2]
                         for p in parts[1:]}


@fact
def login_sets_a_cookie_that_scripts_and_other_sites_do_not_get(site):
    client = site.client()
    answer = client.login("annotator")
    name, value, words = cookie_of(answer)
    equal(name, "sessionId", "name")
    equal(value, client.session, "value")
    check("httponly" in words, "HttpOnly: %s" % words)
    equal(words.get("samesite", "").lower(), "strict", "SameSite")
    check("secure" not in words, "Secure over plain http: %s" % words)
    check("/api/v1/files".startswith(words["path"]) and
          "/api/files".startswith(words["path"]) and words["path"] != "/",
          "Path: %s" % words)
    answer = client.post("/auth/logout")
    _, value, words = cookie_of(answer)
    check(value == "" or words.get("max-age") == "0", "it is taken back")


def by_cookie(site, name="annotator"):
    client = site.client(name)
    client.cookie, client.session = client.session, None
    return client


@fact
def a_change_by_cookie_must_come_from_the_same_origin(site):
    client = by_cookie(site)
    own = "http://127.0.0.1:%d" % site.port
    doc = site.name()
    for headers in ({}, {"Origin": "http://evil.example"},
                    {"Origin": "null"},
                    {"Sec-Fetch-Site": "cross-site"},
                    {"Sec-Fetch-Site": "same-site"},
                    {"Origin": own + ".evil.example"},
                    {"Origin": "http://evil.example",
                     "Sec-Fetch-Site": "same-site"}):
        answer = client.ask("POST", "/files/save", 403, headers=headers,
                            json={"xml_string": tei(doc), "file_id": doc})
        check(isinstance(answer.detail, str), str(answer))
    check(all(i["doc_id"] != doc for i in site.admin.items().values()),
          "it was saved")
    for headers in ({"Origin": own}, {"Sec-Fetch-Site": "same-origin"}):
        client.ask("POST", "/files/save", 200, headers=headers,
                   json={"xml_string": tei(doc), "file_id": doc,
                         "new_version": True})
    client.get("/files/locks", headers={"Origin": "http://evil.example"})


@fact
def a_change_by_header_may_come_from_anywhere(site):
    doc = site.name()
    site.annotator.ask(
        "POST", "/files/save", 200, json={
            "xml_string": tei(doc), "file_id": doc, "new_version": True},
        headers={"Origin": "http://client.example"})


# ---- signing in -----------------------------------------------------------

@fact
def login_tells_who_one_is(site):
    client = site.client()
    answer = client.login("admin").json()
    equal({k: answer[k] for k in ("username", "fullname", "role")},
          {"username": "admin", "fullname": "Administrator",
           "role": "admin"}, "login")
    del answer["sessionId"]
    equal(client.get("/auth/status").json(), answer, "status")
    check(len(client.session) >= 32, "a short session id")


@fact
def a_password_is_taken_as_it_is_or_as_its_hash(site):
    client = site.client()
    client.post("/auth/login", json={"username": "admin",
                                     "password": "admin"})
    client.post("/auth/login", json={"username": "admin",
                                     "passwd_hash": sha256("admin")})


@fact
def a_wrong_password_and_an_unknown_user_get_the_same_answer(site):
    client = site.client(address="127.0.0.7")
    for name, password in (("admin", "wrong"), ("nobody-" + site.name(),
                                                "admin")):
        client.refused(401, "Invalid credentials", "POST", "/auth/login",
                       json={"username": name, "password": password})
    client.refused(401, "Invalid credentials", "POST", "/auth/login", json={
        "username": "admin", "passwd_hash": sha256("admin").upper()})


@fact
def an_empty_name_or_password_is_400(site):
    for body in ({"username": "", "passwd_hash": sha256("admin")},
                 {"username": "admin", "passwd_hash": ""}):
        site.client().refused(400, "Missing username or password hash",
                              "POST", "/auth/login", json=body)


@fact
def repeated_failures_are_slowed_down(site):
    name = site.name("victim")
    site.add_user(name, "user")
    client = site.client(address="127.0.0.9")
    for _ in range(40):
        answer = client.post("/auth/login", (401, 429), json={
            "username": name, "password": "wrong"})
        if answer.status == 429:
            break
    equal(answer.status, 429, "status after 40 failures")
    check(int(answer.headers["Retry-After"]) >= 1, "Retry-After")
    elsewhere = site.client(address="127.0.0.10")
    elsewhere.login("user")
    site.anna.ok("user", "remove", name)


@fact
def logout_ends_the_session_and_its_locks(site):
    client = site.client("annotator")
    one = site.letter(client)
    client.lock("acquire_lock", one)
    equal(site.by("other").lock("check_lock", one).json()["is_locked"],
          True, "locked before")
    equal(client.post("/auth/logout").json(), {"status": "logged_out"},
          "logout")
    client.refused(401, EXPIRED, "GET", "/auth/status")
    equal(site.by("other").lock("check_lock", one).json()["is_locked"],
          False, "locked after")


@fact
def logout_without_a_session_is_fine(site):
    equal(site.client().post("/auth/logout").json(),
          {"status": "logged_out"}, "nobody")
    client = site.client()
    client.session = "invented"
    client.post("/auth/logout")


@fact
def two_sessions_of_a_user_are_two(site):
    one, other = site.client("annotator"), site.client("annotator")
    check(one.session != other.session, "the same session")
    one.post("/auth/logout")
    other.get("/auth/status")
    other.post("/auth/logout")


# ---- what is wrong with a request -----------------------------------------

def invalid(site, client, path, kind, loc, **body):
    answer = client.ask("POST", path, 422, **body)
    errors = answer.detail
    check(any(e["type"] == kind and e["loc"] == loc for e in errors),
          "want %s at %s: %s" % (kind, loc, answer))
    check(all(e["msg"] for e in errors), "no msg: %s" % answer)
    return errors


@fact
def a_missing_field_is_422(site):
    errors = invalid(site, site.annotator, "/files/save", "missing",
                     ["body", "xml_string"], json={})
    check(len(errors) >= 1, "errors")
    invalid(site, site.annotator, "/files/heartbeat", "missing",
            ["body", "file_id"], json={"other": 1})
    invalid(site, site.client(), "/auth/login", "missing",
            ["body", "username"], json={"passwd_hash": "x"})


@fact
def all_that_is_wrong_is_told_at_once(site):
    errors = site.annotator.post("/files/move", 422, json={
        "pdf_id": 5, "xml_id": []}).detail
    equal({(e["type"], e["loc"][-1]) for e in errors},
          {("string_type", "pdf_id"), ("string_type", "xml_id"),
           ("missing", "destination_collection")}, "errors")
    equal([e["input"] for e in errors if e["loc"][-1] == "pdf_id"], [5],
          "input")


@fact
def texts_are_strict(site):
    for value in (5, True, ["x"], {"x": 1}, None, 1.5):
        errors = invalid(site, site.annotator, "/files/check_lock",
                         "string_type", ["body", "file_id"],
                         json={"file_id": value})
        equal(errors[0]["input"], value, "input")


@fact
def booleans_are_lax(site):
    for value in (True, "true", "yes", 1, "on", "1", "True", "YES"):
        doc = site.name()
        site.annotator.save(tei(doc), doc, new_version=value)
    for value in (False, "false", "no", 0, "off", "0"):
        doc = site.name()
        site.reviewer.save(tei(doc), doc, new_version=value)
    for value in ("maybe", 2, [], {}, "", 1.5):
        invalid(site, site.annotator, "/files/save", "bool_parsing",
                ["body", "new_version"], json={
                    "xml_string": tei("x"), "file_id": "x",
                    "new_version": value})


@fact
def lists_hold_texts(site):
    for value in ("one", 5, {"a": 1}):
        errors = site.annotator.post("/files/delete", 422,
                                     json={"files": value}).detail
        equal((errors[0]["type"], errors[0]["loc"]),
              ("list_type", ["body", "files"]), "error")
    errors = site.annotator.post("/files/delete", 422,
                                 json={"files": ["x", 5]}).detail
    equal((errors[0]["type"], errors[0]["loc"][:2]),
          ("string_type", ["body", "files"]), "error of an item")


@fact
def what_is_no_json_is_422(site):
    for data in (b"{", b"", b"{'a': 1}", b"\xff\xfe", b"{\"file_id\": \"x\"",
                 b"nothing", b"{\"file_id\":\"x\"} trailing"):
        errors = site.annotator.post("/files/check_lock", 422, body=data,
                                     kind="application/json").detail
        equal(errors[0]["loc"][0], "body", "where")
        check(errors[0]["type"] in ("json_invalid", "missing"),
              "type: %s" % errors)
    for data in (b"[]", b"5", b"null", b"\"x\""):
        site.annotator.post("/files/check_lock", 422, body=data,
                            kind="application/json")
    site.annotator.post("/sync", 422)


@fact
def unknown_fields_are_ignored(site):
    one = site.letter()
    site.by("other").post("/files/check_lock", json={
        "file_id": one, "else": [1, {"x": None}]})


@fact
def a_wrong_query_is_422(site):
    for path, query in (("/files/list", {"limit": "many"}),
                        ("/files/list", {"limit": "-1"}),
                        ("/files/list", {"refresh": "perhaps"}),
                        ("/sync/status", {"fresh": "perhaps"}),
                        ("/sync/history", {"limit": "0x10"})):
        answer = site.annotator.get(path, 422, query=query)
        error = answer.detail[0]
        equal(error["loc"], ["query", list(query)[0]], answer.what)
    answer = site.annotator.get("/files/list", 422,
                                query=(("variant", "a"), ("variant", "b")))
    equal(answer.detail[0]["loc"][0], "query", "a parameter twice")


# ---- ids ------------------------------------------------------------------

@fact
def a_record_is_found_by_its_content_too(site):
    one = site.letter()
    item = site.annotator.item(one)
    text = site.annotator.bytes(one)
    equal(digest_of(text), item["content_hash"], "content_hash")
    equal(site.annotator.bytes(item["content_hash"]), text, "bytes by hash")
    check(re.fullmatch("[abcdefghjkmnpqrstuvwxyz23456789]{12}", one),
          "12 characters of the alphabet: %s" % one)


@fact
def of_records_with_one_content_the_newest_live_one_counts(site):
    page = site.page()
    first = site.annotator.uploaded(page, doc_id=site.name())
    time.sleep(0.01)
    second = site.annotator.uploaded(page, doc_id=site.name())
    check(first != second, "two documents with one content")
    content = digest_of(page)
    site.annotator.change(content, label="found")
    equal([site.annotator.item(i)["label"] for i in (first, second)],
          [None, "found"], "labels")
    site.annotator.remove(second)
    site.annotator.change(content, label="the other")
    equal(site.annotator.item(first)["label"], "the other", "label")


@fact
def a_deleted_record_is_invisible(site):
    one = site.letter()
    content = site.annotator.item(one)["content_hash"]
    site.annotator.remove(one)
    check(one not in site.annotator.items(), "it is in the list")
    for what in (one, content):
        site.annotator.refused(404, "File not found: " + what, "GET",
                               "/files/" + what)
        site.annotator.change(what, 404, label="x")


@fact
def what_a_slow_sender_does_not_finish_does_not_hold_up_others(site):
    client = Client(site)
    begun = time.monotonic()
    status, _ = raw(site.port, b"POST /api/v1/auth/logout HTTP/1.1\r\n"
                    b"Host: 127.0.0.1\r\nContent-Length: 10\r\n\r\n{\"a\"",
                    b":1}   ", pause=0.3)
    equal(status, 200, "a slow sender's answer")
    client.get("/health")
    check(time.monotonic() - begun < 10, "it took long")
