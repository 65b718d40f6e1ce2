# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""Uploads in pieces: tus 1.0."""

import base64
import hashlib
import os

from api import digest_of, encoded, fact
from harness import check, equal, tei

TUS = {"Tus-Resumable": "1.0.0"}


def pairs(**fields):
    return ",".join("%s %s" % (k, encoded(v)) for k, v in fields.items())


def begin(client, size, want=201, headers=None, **fields):
    head = dict(TUS, **{"Upload-Length": str(size)})
    if fields:
        head["Upload-Metadata"] = pairs(**fields)
    head.update(headers or {})
    answer = client.post("/files/uploads", want, headers=head)
    return path_of(answer) if answer.status == 201 else answer


def path_of(answer):
    where = answer.headers["Location"]
    check("/files/uploads/" in where, "Location: %s" % where)
    return "/files/uploads/" + where.rpartition("/")[2]


def append(client, path, offset, data, want=204, **headers):
    head = dict(TUS, **{"Upload-Offset": str(offset)})
    head.update({k.replace("_", "-"): v for k, v in headers.items()})
    return client.ask("PATCH", path, want, headers=head, body=data,
                      kind="application/offset+octet-stream")


def ask_offset(client, path):
    answer = client.ask("HEAD", path, 200, headers=TUS)
    return int(answer.headers["Upload-Offset"])


def by_pieces(client, data, size=60_000, **fields):
    """All of it; answers the id."""
    path = begin(client, len(data), **fields)
    answer = None
    for at in range(0, len(data), size):
        answer = append(client, path, at, data[at:at + size])
    return answer.headers["Stemma-Id"]


@fact
def the_server_says_what_uploads_in_pieces_it_takes(site):
    answer = site.client().ask("OPTIONS", "/files/uploads", (200, 204))
    equal(answer.headers["Tus-Version"], "1.0.0", "Tus-Version")
    words = set(answer.headers["Tus-Extension"].replace(" ", "").split(","))
    check({"creation", "checksum", "termination", "expiration"} <= words,
          "extensions: %s" % words)
    check("sha1" in answer.headers["Tus-Checksum-Algorithm"], "sha1")
    equal(int(answer.headers["Tus-Max-Size"]), 4 << 20, "Tus-Max-Size")
    chunk = int(answer.headers["Stemma-Chunk-Size"])
    check(chunk > 0, "Stemma-Chunk-Size")
    if site.kind == "apache":
        check(chunk < 131072, "it passes a limit of 128 KiB: %d" % chunk)


@fact
def an_upload_in_pieces_becomes_a_record(site):
    client = site.annotator
    data, doc = site.page() + os.urandom(200_000), site.name()
    one = by_pieces(client, data, filename="big.pdf", doc_id=doc,
                    label="Scan", collections="Briefe")
    item = client.item(one)
    equal((item["doc_id"], item["label"], item["doc_collections"],
           item["content_hash"]), (doc, "Scan", ["Briefe"],
                                   digest_of(data)), "the record")
    equal(client.bytes(one), data, "bytes")


@fact
def an_upload_in_pieces_may_be_a_save(site):
    client = site.annotator
    one = site.letter()
    item = client.item(one)
    text = tei(item["doc_id"], ["x" * 150_000]).encode()
    got = by_pieces(client, text, file_id=one,
                    if_hash=item["content_hash"])
    equal(got, one, "the same record")
    equal(client.bytes(one), text, "its new bytes")
    got = by_pieces(client, text.replace(b"x", b"y"), file_id=one,
                    new_version="true")
    check(got != one, "a new version is a new record")
    equal(client.item(got)["version"], 2, "version")


@fact
def an_upload_goes_on_where_it_was_cut(site):
    client = site.annotator
    data = site.page()
    path = begin(client, len(data), filename="x.pdf")
    append(client, path, 0, data[:100])
    equal(ask_offset(client, path), 100, "offset")
    append(client, path, 50, data[50:], 409)
    append(client, path, 0, data, 409)
    equal(ask_offset(client, path), 100, "offset after refusals")
    last = append(client, path, 100, data[100:])
    equal(client.bytes(last.headers["Stemma-Id"]), data, "bytes")


@fact
def a_piece_with_a_wrong_checksum_is_not_kept(site):
    client = site.annotator
    data = site.page()
    path = begin(client, len(data), filename="x.pdf")
    good = base64.b64encode(hashlib.sha1(data[:100]).digest()).decode()
    append(client, path, 0, b"x" * 100, 460,
           Upload_Checksum="sha1 " + good)
    equal(ask_offset(client, path), 0, "offset")
    append(client, path, 0, data[:100], 400, Upload_Checksum="nosuch " + good)
    append(client, path, 0, data[:100], Upload_Checksum="sha1 " + good)
    equal(ask_offset(client, path), 100, "offset")


@fact
def a_proxy_that_knows_no_patch_is_no_obstacle(site):
    client = site.annotator
    data = site.page()
    path = begin(client, len(data), filename="x.pdf")
    head = dict(TUS, **{"Upload-Offset": "0",
                        "X-HTTP-Method-Override": "PATCH"})
    answer = client.post(path, 204, headers=head, body=data,
                         kind="application/offset+octet-stream")
    equal(client.bytes(answer.headers["Stemma-Id"]), data, "bytes")


@fact
def an_upload_can_be_given_up(site):
    client = site.annotator
    path = begin(client, 1000, filename="x.pdf")
    client.ask("DELETE", path, 204, headers=TUS)
    client.ask("HEAD", path, (404, 410), headers=TUS)
    append(client, path, 0, b"x", (404, 410))


@fact
def an_upload_is_its_users_alone(site):
    data = site.page()
    path = begin(site.annotator, len(data), filename="x.pdf")
    for other in ("other", "admin", "reviewer"):
        append(site.by(other), path, 0, data, (403, 404))
        site.by(other).ask("DELETE", path, (403, 404), headers=TUS)
    equal(ask_offset(site.annotator, path), 0, "offset")


@fact
def tus_refuses_what_is_wrong(site):
    client = site.annotator
    begin(client, 5 << 20, 413, filename="x.pdf")
    begin(client, 10, 412, headers={"Tus-Resumable": "0.2.2"})
    begin(client, "many", 400)
    begin(client, -5, 400)
    begin(client, 10, 400, headers={"Upload-Metadata": "filename %%%"})
    path = begin(client, 100, filename="x.pdf")
    client.ask("PATCH", path, 415, headers=dict(
        TUS, **{"Upload-Offset": "0"}), body=b"x", kind="text/plain")
    append(client, path, 0, b"x" * 101, (400, 413))
    client.ask("HEAD", "/files/uploads/nosuchupload", 404, headers=TUS)
    path = begin(client, 10, filename="x.pdf")
    append(client, path, 0, b"0123456789", 400)
