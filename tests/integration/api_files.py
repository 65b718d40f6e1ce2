# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""Listing, serving, uploading, changing, deleting and restoring records."""

import os
import re
import time

from api import corpus, digest_of, fact, items_of
from harness import Skip, check, equal, tei

ITEM = {"id", "filename", "doc_id", "file_type", "label", "variant",
        "version", "is_gold_standard", "file_size", "created_at",
        "updated_at", "doc_collections", "doc_metadata", "is_locked",
        "access_control", "content_hash", "sync_status", "sync_reason"}


def group_of(client, doc, **query):
    found = [g for g in client.groups(**query) if g["doc_id"] == doc]
    check(len(found) == 1, "%d groups of %s" % (len(found), doc))
    return found[0]


# ---- the list -------------------------------------------------------------

@fact
def an_item_has_all_its_fields(site):
    one = site.letter()
    item = site.annotator.item(one)
    check(ITEM <= set(item), "missing: %s" % (ITEM - set(item)))
    text = site.annotator.bytes(one)
    equal(item["file_size"], len(text), "file_size")
    equal(item["content_hash"], digest_of(text), "content_hash")
    equal((item["file_type"], item["version"], item["is_gold_standard"]),
          ("tei", 1, False), "type, version, gold")
    equal(item["sync_status"], "pending_upload", "sync_status")


@fact
def a_document_is_a_group(site):
    doc = site.name()
    client = site.annotator
    page = client.uploaded(site.page(), doc_id=doc,
                           collections="Briefe,Optics")
    one = client.new(tei(doc), doc)
    client.change(page, doc_metadata={"place": "Göttingen"})
    group = group_of(client, doc)
    equal(group["pdf"]["id"], page, "pdf")
    equal([i["id"] for i in group["versions"]], [one], "versions")
    equal((group["gold"], group["variants"]), ([], {}), "gold, variants")
    equal(sorted(group["doc_collections"]), ["Briefe", "Optics"],
          "collections")
    equal(group["doc_metadata"], {"place": "Göttingen"}, "metadata")


@fact
def tei_inherit_the_collections_and_metadata_of_the_pdf(site):
    doc = site.name()
    client = site.annotator
    page = client.uploaded(site.page(), doc_id=doc)
    one = client.new(tei(doc), doc)
    client.change(page, doc_collections=["Letters"],
                  doc_metadata={"year": 1803})
    item = client.item(one)
    equal((item["doc_collections"], item["doc_metadata"]),
          (["Letters"], {"year": 1803}), "inherited")


def with_variant(doc, variant, text="One."):
    return tei(doc, [text]).replace(
        "</fileDesc>", "</fileDesc>\n  <encodingDesc><appInfo><application "
        "version=\"1\" ident=\"x\" type=\"extractor\"><label "
        "type=\"variant-id\">%s</label></application></appInfo>"
        "</encodingDesc>" % variant)


@fact
def tei_stand_under_gold_their_variant_or_versions(site):
    doc = site.name()
    client = site.reviewer
    plain = client.new(tei(doc), doc)
    one = client.new(with_variant(doc, "grobid"), doc)
    two = client.new(with_variant(doc, "llamore"), doc)
    group = group_of(client, doc)
    equal([i["id"] for i in group["versions"]], [plain], "versions")
    equal({k: [i["id"] for i in v] for k, v in group["variants"].items()},
          {"grobid": [one], "llamore": [two]}, "variants")
    client.change(one, is_gold_standard=True)
    group = group_of(client, doc)
    equal([i["id"] for i in group["gold"]], [one], "gold")
    equal(sorted(group["variants"]), ["llamore"], "variants left")
    equal(group["gold"][0]["variant"], "grobid", "its variant")


@fact
def the_list_is_of_one_variant_when_asked(site):
    doc = site.name()
    client = site.reviewer
    client.new(with_variant(doc, "grobid"), doc)
    other = client.new(with_variant(doc, "llamore"), doc)
    group = group_of(client, doc, variant="llamore")
    equal([i["id"] for i in items_of(group)], [other], "items")


@fact
def the_newest_stand_first(site):
    docs = []
    for _ in range(3):
        docs.append(site.name())
        site.annotator.new(tei(docs[-1]), docs[-1])
        time.sleep(0.01)
    listed = [g["doc_id"] for g in site.annotator.groups()
              if g["doc_id"] in docs]
    equal(listed, docs[::-1], "order")


@fact
def documents_with_a_pdf_alone_and_without_one_are_listed(site):
    alone, without = site.name(), site.name()
    page = site.annotator.uploaded(site.page(), doc_id=alone)
    one = site.annotator.new(tei(without), without)
    equal(group_of(site.annotator, alone)["pdf"]["id"], page, "a PDF alone")
    equal(group_of(site.annotator, without)["pdf"], None, "no PDF")
    equal(group_of(site.annotator, without)["versions"][0]["id"], one,
          "a TEI alone")


@fact
def the_list_comes_in_pages(site):
    for _ in range(5):
        site.letter()
    whole = [g["doc_id"] for g in site.annotator.groups()]
    paged, cursor = [], None
    for _ in range(len(whole) + 2):
        query = {"limit": 2}
        if cursor:
            query["cursor"] = cursor
        answer = site.annotator.get("/files/list", query=query).json()
        check(len(answer["files"]) <= 2, "a page of %d" %
              len(answer["files"]))
        paged += [g["doc_id"] for g in answer["files"]]
        cursor = answer.get("next_cursor")
        if not cursor:
            break
    equal(sorted(paged), sorted(whole), "all pages together")
    equal(paged, whole, "in the same order")


@fact
def the_list_is_of_a_collection_or_of_words_when_asked(site):
    doc = site.name("needle")
    client = site.annotator
    page = client.uploaded(site.page(), doc_id=doc, collections="Rare")
    other = site.letter()
    found = client.items(collection="Rare")
    check(page in found and other not in found, "collection: %s" % found)
    found = client.items(q=doc)
    check(page in found and other not in found, "q: %s" % found)
    equal(client.groups(collection="None of them"), [], "none")
    equal(client.groups(q="nowhere-to-be-found%_"), [], "none")


@fact
def collections_are_listed_with_what_they_hold(site):
    doc, name = site.name(), site.name("Samm" + "lung ä")
    site.annotator.uploaded(site.page(), doc_id=doc, collections=name)
    text = site.annotator.get("/collections").body.decode()
    check(name in text, "%s is not in %s" % (name, text))


# ---- serving --------------------------------------------------------------

@fact
def the_bytes_are_served_as_they_are(site):
    page = site.page()
    one = site.annotator.uploaded(page, "a page.pdf")
    answer = site.client().get("/files/" + one)
    equal(answer.body, page, "bytes")
    equal(answer.headers["Content-Type"], "application/pdf", "type")
    equal(answer.headers["Content-Length"], str(len(page)), "length")
    check(answer.headers["Content-Disposition"].startswith("inline"),
          "inline: %s" % answer.headers["Content-Disposition"])
    check("filename" in answer.headers["Content-Disposition"], "filename")
    letter = site.letter()
    answer = site.client().get("/files/" + letter)
    equal(answer.headers["Content-Type"].split(";")[0], "application/xml",
          "type of TEI")


@fact
def an_etag_saves_sending_it_again(site):
    one = site.letter()
    first = site.annotator.get("/files/" + one)
    tag = first.headers["ETag"]
    check(re.fullmatch('"[^"]+"', tag), "a strong tag: %s" % tag)
    for header in (tag, '"other", %s' % tag, "W/" + tag, "*"):
        again = site.annotator.ask("GET", "/files/" + one, 304,
                                   headers={"If-None-Match": header})
        equal(again.body, b"", "body of 304")
    site.annotator.ask("HEAD", "/files/" + one, 304,
                       headers={"If-None-Match": tag})
    site.annotator.get("/files/" + one,
                       headers={"If-None-Match": '"other"'})
    doc = site.annotator.item(one)["doc_id"]
    site.annotator.saved(tei(doc, ["Changed."]), one)
    changed = site.annotator.get("/files/" + one,
                                 headers={"If-None-Match": tag})
    check(changed.headers["ETag"] != tag, "another content, the same tag")


@fact
def a_single_range_is_served(site):
    one = site.letter()
    whole = site.annotator.bytes(one)
    size = len(whole)
    for asked, start, stop in (("0-9", 0, 10), ("10-", 10, size),
                               ("-7", size - 7, size),
                               ("5-999999", 5, size)):
        answer = site.annotator.ask("GET", "/files/" + one, 206,
                                    headers={"Range": "bytes=" + asked})
        equal(answer.body, whole[start:stop], "bytes=" + asked)
        equal(answer.headers["Content-Range"], "bytes %d-%d/%d" % (
            start, stop - 1, size), "Content-Range")
    answer = site.annotator.ask("GET", "/files/" + one, 416,
                                headers={"Range": "bytes=%d-" % size})
    equal(answer.headers.get("Content-Range", "bytes */%d" % size),
          "bytes */%d" % size, "what there is instead")
    for odd in ("lines=1-2", "bytes=5-2", "bytes=x"):
        answer = site.annotator.ask("GET", "/files/" + one, (200, 416),
                                    headers={"Range": odd})
        check(answer.status == 416 or answer.body == whole, odd)


@fact
def a_range_of_another_content_is_the_whole(site):
    one = site.letter()
    whole = site.annotator.get("/files/" + one)
    site.annotator.ask("GET", "/files/" + one, 206, headers={
        "Range": "bytes=0-4", "If-Range": whole.headers["ETag"]})
    answer = site.annotator.ask("GET", "/files/" + one, 200, headers={
        "Range": "bytes=0-4", "If-Range": '"other"'})
    equal(answer.body, whole.body, "whole")


@fact
def head_tells_of_the_bytes(site):
    page = site.page()
    one = site.annotator.uploaded(page)
    got = site.annotator.get("/files/" + one)
    head = site.annotator.ask("HEAD", "/files/" + one, 200)
    for name in ("Content-Length", "Content-Type", "ETag",
                 "Content-Disposition"):
        equal(head.headers[name], got.headers[name], name)


@fact
def what_is_not_there_is_404(site):
    for one in ("nosuchrecord", "0" * 64, "x", "Ä"):
        answer = site.annotator.ask("GET", "/files/" + quoted(one), 404)
        equal(answer.detail, "File not found: " + one, "detail")


def quoted(text):
    import urllib.parse
    return urllib.parse.quote(text)


@fact
def a_content_that_is_gone_is_said_to_be(site):
    one = site.letter()
    content = site.annotator.item(one)["content_hash"]
    folder = os.path.join(site.anna.path("data"), content[:2])
    hits = [n for n in os.listdir(folder) if n.startswith(content)]
    path = os.path.join(folder, hits[0])
    os.rename(path, path + ".away")
    try:
        site.annotator.refused(404, "File content not found: " + one,
                               "GET", "/files/" + one)
    finally:
        os.rename(path + ".away", path)


@fact
def a_filename_with_anything_in_it_is_told(site):
    name = "Bücher & \"Briefe\".pdf"
    client = site.annotator
    one = client.post("/files/upload", form={
        "file": (name.replace('"', "%22"), site.page())}
        ).json()["filename"]
    head = client.get("/files/" + one).headers["Content-Disposition"]
    check("\n" not in head and head.count('"') % 2 == 0, head)


# ---- uploading ------------------------------------------------------------

@fact
def an_upload_becomes_a_record(site):
    page = site.page()
    answer = site.annotator.upload(page, "letter.pdf").json()
    equal(answer["type"], "pdf", "type")
    item = site.annotator.item(answer["filename"])
    equal((item["doc_id"], item["content_hash"], item["version"],
           item["file_type"]), (digest_of(page), digest_of(page), 1, "pdf"),
          "the record")
    shown = site.anna.show(answer["filename"])
    equal(shown["doc_id_type"], "custom", "doc_id_type")
    meta = shown["file_metadata"]
    equal(meta["original_filename"], "letter.pdf", "original_filename")
    check(meta["upload_source"], "upload_source: %s" % meta)


@fact
def an_upload_may_say_its_document_label_and_collections(site):
    doc = site.name()
    one = site.annotator.uploaded(site.page(), doc_id=doc, label="Scan",
                                  collections="Briefe,Optics")
    item = site.annotator.item(one)
    equal((item["doc_id"], item["label"], sorted(item["doc_collections"])),
          (doc, "Scan", ["Briefe", "Optics"]), "the record")


@fact
def the_same_again_is_the_same_record(site):
    page, doc = site.page(), site.name()
    one = site.annotator.uploaded(page, doc_id=doc)
    equal(site.annotator.uploaded(page, doc_id=doc), one, "again")
    check(site.annotator.uploaded(page, doc_id=site.name()) != one,
          "another document's")


@fact
def the_type_is_told_by_the_content(site):
    client = site.annotator
    equal(client.upload(b"junk\n" + site.page(), "x.xml").json()["type"],
          "pdf", "a PDF called .xml, after other bytes")
    equal(client.upload(tei(site.name()).encode(), "x.pdf").json()["type"],
          "xml", "XML called .pdf")
    schema = b'<grammar xmlns="http://relaxng.org/ns/structure/1.0">' \
        b"<start><empty/></start></grammar>"
    one = client.uploaded(schema, "a.rng")
    equal(client.item(one)["file_type"], "rng", "RelaxNG")


@fact
def other_types_are_refused(site):
    before = site.anna.ids()
    for data in (b"", b"hello", b"GIF89a", b"<open>", b"<a></b>",
                 b"x" * 1024 + b"%PDF-1.4", b"\0\0\0\0",
                 b"<!DOCTYPE html><p>no XML<br></p>"):
        site.annotator.refused(
            400, "Invalid file type. Allowed types: application/pdf, "
            "application/xml", "POST", "/files/upload",
            form={"file": ("x.pdf", data)})
    equal(site.anna.ids(), before, "records")


@fact
def an_upload_without_a_file_is_422(site):
    for form in ({"other": ("x.pdf", b"x")}, {"doc_id": "x"}, {}):
        site.annotator.post("/files/upload", 422, form=form)
    site.annotator.post("/files/upload", 422, json={"file": "x"})
    site.annotator.post("/files/upload", 422, body=b"nothing",
                        kind="multipart/form-data")


@fact
def an_upload_beyond_the_limit_is_413(site):
    if site.kind == "apache":
        raise Skip("a shared host refuses 128 KiB already: tus")
    before = site.anna.ids()
    site.annotator.upload(b"%PDF-1.4\n" + b"x" * (5 << 20), want=413)
    equal(site.anna.ids(), before, "records")


@fact
def real_documents_come_back_as_they_went(site):
    paths = corpus("pdf") + corpus("tei")
    if not paths:
        raise Skip("no corpus (STEMMA_CORPUS)")
    small = [p for p in paths if os.path.getsize(p) < 100_000]
    for path in small[::2]:
        with open(path, "rb") as f:
            data = f.read()
        answer = site.annotator.upload(data, os.path.basename(path)).json()
        equal(site.annotator.bytes(answer["filename"]), data, path)
        equal(answer["type"], path[-3:], path)
