# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""Saving TEI in its five steps, and edit locks."""

import sqlite3

from api import encoded, fact
from api_files import with_variant
from harness import check, equal, sha256, tei

BARE = """<?xml version="1.0"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc>\
<titleStmt><title>x</title></titleStmt>\
<publicationStmt><p/></publicationStmt><sourceDesc><p/></sourceDesc>\
</fileDesc></teiHeader><text><body><p>%s</p></body></text></TEI>
"""


# ---- 1. decode and parse --------------------------------------------------

@fact
def xml_is_taken_as_text_or_base64(site):
    doc = site.name()
    text = tei(doc, ["Größe – groß."])
    one = site.annotator.new(encoded(text), doc, encoding="base64")
    equal(site.annotator.bytes(one), text.encode(), "bytes")
    one = site.annotator.saved(text.replace("groß", "klein"), one,
                               encoding=None)
    check("klein".encode() in site.annotator.bytes(one), "as text")


@fact
def what_is_no_xml_is_400(site):
    before = site.anna.ids()
    for text in ("<open>", "no xml", "<a></b>", "", "<a>&nosuch;</a>",
                 "<a>\x01</a>", "<a/><b/>"):
        answer = site.annotator.save(text, "x-doc", 400)
        check(answer.detail.startswith("Invalid XML: "), str(answer))
    answer = site.annotator.save("!!! no base64", "x-doc", (400, 422),
                                 encoding="base64")
    site.annotator.save(tei("x"), "x", 422, encoding="rot13")
    equal(site.anna.ids(), before, "records")


@fact
def no_external_entity_is_read(site):
    doc = site.name()
    secret = site.anna.write("secret.txt", "do-not-tell")
    text = tei(doc, ["&x;"]).replace(
        "?>", "?><!DOCTYPE TEI [<!ENTITY x SYSTEM \"file://%s\">]>" % secret,
        1)
    answer = site.reviewer.save(text, doc, (200, 400))
    if answer.status == 200:
        one = answer.json()["hash"]
        check(b"do-not-tell" not in site.annotator.bytes(one), "it was read")
    check("do-not-tell" not in answer.body.decode(), "it was told")


@fact
def a_bomb_of_entities_is_refused(site):
    lines = ['<!ENTITY a0 "ha">'] + [
        '<!ENTITY a%d "%s">' % (n, "&a%d;" % (n - 1) * 10)
        for n in range(1, 12)]
    text = tei("bomb", ["&a11;"]).replace(
        "?>", "?><!DOCTYPE TEI [%s]>" % "".join(lines), 1)
    answer = site.annotator.save(text, "bomb", 400)
    check(answer.detail.startswith("Invalid XML: "), str(answer))


# ---- 2. document key and variant ------------------------------------------

@fact
def the_key_is_in_the_text(site):
    doc = site.name()
    one = site.annotator.new(tei(doc), "other-hint")
    item = site.annotator.item(one)
    equal((item["doc_id"], item["filename"]), (doc, doc + ".v1.tei.xml"),
          "doc_id and filename")


@fact
def else_the_key_is_the_hint(site):
    doc = site.name()
    one = site.annotator.new(BARE % doc, doc)
    equal(site.annotator.item(one)["doc_id"], doc, "a plain hint")
    doc = site.name()
    one = site.annotator.new(BARE % doc, "/data/x/%s.tei.xml" % doc)
    equal(site.annotator.item(one)["doc_id"], doc, "a path")


@fact
def without_a_key_it_is_refused(site):
    answer = site.annotator.save(BARE % "x", "", 400)
    check(answer.detail.startswith("Cannot extract file_id from XML: "),
          str(answer))


@fact
def the_variant_is_in_the_text(site):
    doc = site.name()
    one = site.annotator.new(with_variant(doc, "grobid"), doc)
    item = site.annotator.item(one)
    equal((item["variant"], item["filename"]),
          ("grobid", doc + ".grobid.v1.tei.xml"), "variant and filename")


# ---- 3. the text carries the key ------------------------------------------

@fact
def the_key_is_written_into_the_text_and_nothing_else_changes(site):
    doc = site.name()
    text = BARE % "  odd   <!-- white -->space &amp; all"
    one = site.annotator.new(text, doc)
    stored = site.annotator.bytes(one).decode()
    mark = '<idno type="fileref">%s</idno>' % doc
    check(mark in stored, "no key: %s" % stored)
    head, _, rest = text.partition("</titleStmt>")
    check(stored.startswith(head) and stored.endswith(
        rest.partition("<publicationStmt>")[2]), "more was changed")
    equal(site.annotator.item(one)["content_hash"], sha256(stored), "hash")


@fact
def a_text_with_the_right_key_is_stored_as_it_is(site):
    doc = site.name()
    text = tei(doc).replace("\n", "\r\n")
    one = site.annotator.new(text, doc)
    equal(site.annotator.bytes(one), text.encode(), "bytes")


# ---- 4., 5. which record --------------------------------------------------

@fact
def a_save_replaces_the_content(site):
    client = site.annotator
    one = site.letter()
    doc = client.item(one)["doc_id"]
    answer = client.save(tei(doc, ["New."]), one).json()
    equal(answer, {"status": "saved", "hash": one}, "answer")
    equal(client.bytes(one), tei(doc, ["New."]).encode(), "bytes")
    content = client.item(one)["content_hash"]
    answer = client.save(tei(doc, ["Newer."]), content).json()
    equal(answer, {"status": "saved", "hash": one}, "by its content")


@fact
def the_record_says_the_document_not_the_text(site):
    client = site.annotator
    one = site.letter()
    doc = client.item(one)["doc_id"]
    answer = client.save(tei("quite-another", ["New."]), one).json()
    equal(answer["hash"], one, "the record")
    equal(client.item(one)["doc_id"], doc, "its doc_id")
    equal([k for k, i in client.items().items()
           if i["doc_id"] == "quite-another"], [], "another document")


@fact
def new_version_makes_a_record(site):
    client, doc = site.annotator, site.name()
    first = client.new(tei(doc), doc)
    answer = client.save(tei(doc, ["Second."]), first,
                         new_version=True).json()
    equal(answer["status"], "new", "status")
    item = client.item(answer["hash"])
    equal((item["version"], item["filename"]), (2, doc + ".v2.tei.xml"),
          "version and filename")
    equal(client.bytes(first), tei(doc).encode(), "the first as it was")
    third = client.saved(tei(doc, ["Third."]), first, new_version=True)
    equal(client.item(third)["version"], 3, "max + 1")


@fact
def beside_a_gold_of_its_variant_it_is_a_new_version(site):
    doc = site.name()
    one = site.reviewer.saved(tei(doc), doc)
    answer = site.annotator.save(tei(doc, ["Mine."]), doc).json()
    equal(answer["status"], "new", "status")
    equal(site.annotator.item(answer["hash"])["is_gold_standard"], False,
          "no gold")
    equal(site.annotator.bytes(one), tei(doc).encode(), "the gold")


@fact
def the_first_of_a_document_by_a_reviewer_is_its_gold(site):
    doc = site.name()
    answer = site.reviewer.save(tei(doc), doc).json()
    equal(answer["status"], "new_gold", "status")
    item = site.reviewer.item(answer["hash"])
    equal((item["is_gold_standard"], item["filename"]),
          (True, doc + ".tei.xml"), "gold and filename")


@fact
def a_save_may_have_a_label(site):
    doc = site.name()
    one = site.annotator.new(tei(doc), doc, label="Draft")
    equal(site.annotator.item(one)["label"], "Draft", "label")


@fact
def if_hash_keeps_what_one_has_not_seen(site):
    client = site.annotator
    one = site.letter()
    item = client.item(one)
    doc, seen = item["doc_id"], item["content_hash"]
    client.saved(tei(doc, ["By hand."]), one, if_hash=seen)
    client.save(tei(doc, ["Late."]), one, 412, if_hash=seen)
    equal(client.bytes(one), tei(doc, ["By hand."]).encode(), "bytes")


@fact
def a_pdf_is_not_saved_over(site):
    page = site.page()
    one = site.annotator.uploaded(page)
    site.annotator.save(tei(site.name()), one, 400)
    equal(site.annotator.bytes(one), page, "the PDF")


@fact
def saving_takes_the_lock(site):
    one = site.letter()
    check(one in site.annotator.get("/files/locks").json()["locked_files"],
          "not locked by the save")
    doc = site.annotator.item(one)["doc_id"]
    site.by("other").refused(423, "Failed to acquire lock", "POST",
                             "/files/save", json={
                                 "xml_string": tei(doc, ["Theirs."]),
                                 "file_id": one})
    site.annotator.lock("release_lock", one)
    site.by("other").saved(tei(doc, ["Theirs."]), one)
    site.by("other").lock("release_lock", one)


@fact
def what_the_tool_saved_is_there_at_once(site):
    one = site.letter()
    site.unlock(one)
    doc = site.annotator.item(one)["doc_id"]
    site.anna.save(one, tei(doc, ["By the tool."]))
    equal(site.annotator.bytes(one), tei(doc, ["By the tool."]).encode(),
          "bytes")
    equal(site.anna.cat(one), tei(doc, ["By the tool."]), "and back")


# ---- locks ----------------------------------------------------------------

@fact
def a_lock_is_taken_refreshed_and_released(site):
    client, one = site.annotator, site.letter()
    site.unlock(one)
    for _ in range(2):
        equal(client.lock("acquire_lock", one).body, b'"OK"', "answer")
    check(one in client.get("/files/locks").json()["locked_files"], "mine")
    check(one not in
          site.by("other").get("/files/locks").json()["locked_files"],
          "not theirs")
    equal(client.lock("heartbeat", one).json(),
          {"status": "lock_refreshed"}, "heartbeat")
    equal(client.lock("release_lock", one).json(), {
        "action": "released",
        "message": "Lock successfully released for " + one}, "release")
    equal(client.lock("release_lock", one).json(), {
        "action": "already_released",
        "message": "Lock was already released for " + one}, "again")
    equal(client.lock("release_lock", "nosuchrecord").json(), {
        "action": "already_released", "message":
        "File not found - lock already released: nosuchrecord"}, "none")
    equal(client.lock("release_lock", "/data/no/such.tei.xml").json(), {
        "action": "already_released", "message": "File not found - lock "
        "already released: /data/no/such.tei.xml"}, "a path")


@fact
def others_see_whose_lock_it_is_and_not_its_session(site):
    one = site.letter()
    site.unlock(one)
    other = site.by("other")
    for ask in (one, "nosuchrecord"):
        equal(other.lock("check_lock", ask).json(),
              {"is_locked": False, "locked_by": None}, "free or unknown")
    site.annotator.lock("acquire_lock", one)
    equal(other.lock("check_lock", one).json(),
          {"is_locked": True, "locked_by": "annotator"}, "theirs")
    equal(site.annotator.lock("check_lock", one).json(),
          {"is_locked": False, "locked_by": None}, "own")
    equal((other.item(one)["is_locked"],
           site.annotator.item(one)["is_locked"]), (True, False), "list")


@fact
def another_does_not_get_a_lock_that_is_held(site):
    one = site.letter()
    other = site.by("other")
    other.refused(423, "Could not acquire lock for " + one, "POST",
                  "/files/acquire_lock", json={"file_id": one})
    other.refused(409, "Failed to refresh lock. It may have been acquired "
                  "by another session.", "POST", "/files/heartbeat",
                  json={"file_id": one})
    other.lock("release_lock", one, 409)
    other.change(one, (200, 423), label="x")
    check(one in site.annotator.get("/files/locks").json()["locked_files"],
          "still held")


@fact
def a_second_session_of_the_same_user_is_another(site):
    one = site.letter()
    second = site.client("annotator")
    second.lock("acquire_lock", one, 423)
    equal(second.lock("check_lock", one).json(),
          {"is_locked": True, "locked_by": "annotator"}, "theirs")
    second.post("/auth/logout")


@fact
def a_lock_is_of_the_record_whatever_its_id(site):
    one = site.letter()
    site.unlock(one)
    content = site.annotator.item(one)["content_hash"]
    site.annotator.lock("acquire_lock", content)
    check(one in site.annotator.get("/files/locks").json()["locked_files"],
          "by its content")
    site.by("other").lock("acquire_lock", one, 423)
    doc = site.annotator.item(one)["doc_id"]
    site.annotator.saved(tei(doc, ["Other content."]), one)
    site.by("other").lock("acquire_lock", one, 423)


@fact
def what_is_not_there_is_not_locked(site):
    for what in ("acquire_lock", "heartbeat"):
        site.annotator.refused(404, "File not found: nosuchrecord", "POST",
                               "/files/" + what,
                               json={"file_id": "nosuchrecord"})


@fact
def a_lock_ends_ninety_seconds_after_its_last_refresh(site):
    one = site.letter()
    age_locks(site, one, 85)
    site.by("other").lock("acquire_lock", one, 423)
    site.annotator.lock("heartbeat", one)
    age_locks(site, one, 85)
    site.by("other").lock("acquire_lock", one, 423)
    age_locks(site, one, 10)
    site.by("other").lock("acquire_lock", one)
    site.annotator.lock("heartbeat", one, 409)
    site.by("other").lock("release_lock", one)


def age_locks(site, one, seconds):
    """As if that time had passed for this lock."""
    db = sqlite3.connect(site.anna.path("db", "library.db"), timeout=30)
    with db:
        db.execute("UPDATE locks SET expires_ms = expires_ms - ? "
                   "WHERE stable_id = ?", (seconds * 1000, one))
    db.close()
