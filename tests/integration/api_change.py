# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""Changing, deleting and restoring records; their past."""

from api import fact
from harness import check, equal, pdf, sha256, tei


# ---- changing -------------------------------------------------------------

@fact
def a_change_is_answered_with_the_record(site):
    one = site.letter()
    item = site.annotator.change(one, label="Fair copy",
                                 file_metadata={"hand": "Clara"}).json()
    equal((item["id"], item["label"]), (one, "Fair copy"), "the Item")
    equal(site.annotator.item(one), item, "as the list has it")
    equal(site.annotator.change(one, label=None).json()["label"], None,
          "no label any more")
    site.annotator.change("nosuchrecord", 404, label="x")
    site.annotator.change(one, 422, label=5)
    site.annotator.change(one, 422, doc_collections="x")
    site.annotator.change(one, 422, doc_metadata=[])
    site.annotator.change(one, 422, is_gold_standard="perhaps")


@fact
def move_replaces_the_collections_and_copy_adds_one(site):
    client, doc = site.annotator, site.name()
    page = client.uploaded(site.page(), doc_id=doc, collections="Briefe")
    one = client.new(tei(doc), doc)
    ids = {"pdf_id": page, "xml_id": one}
    answer = client.post("/files/copy", json=dict(
        ids, destination_collection="Optics")).json()
    equal(answer, {"new_pdf_id": page, "new_xml_id": one}, "copy")
    equal(sorted(client.item(page)["doc_collections"]),
          ["Briefe", "Optics"], "after copy")
    answer = client.post("/files/move", json=dict(
        ids, destination_collection="Rare")).json()
    equal(answer, {"new_pdf_id": page, "new_xml_id": one}, "move")
    for either in (page, one):
        equal(client.item(either)["doc_collections"], ["Rare"],
              "after move")


@fact
def move_and_copy_want_a_pdf(site):
    one = site.letter()
    for what in ("move", "copy"):
        site.annotator.refused(
            404, "PDF file not found: nosuchrecord", "POST",
            "/files/" + what, json={"pdf_id": "nosuchrecord", "xml_id": one,
                                    "destination_collection": "x"})
        answer = site.annotator.post("/files/" + what, 400, json={
            "pdf_id": one, "xml_id": one, "destination_collection": "x"})
        check(answer.detail.startswith("Expected PDF file, got "),
              str(answer))


# ---- deleting and restoring -----------------------------------------------

@fact
def delete_skips_what_is_not_there(site):
    one, two = site.letter(), site.letter()
    equal(site.annotator.remove(one, "", "  ", "nosuchrecord", two,
                                "0" * 64).json(), {"result": "ok"}, "answer")
    items = site.annotator.items()
    check(one not in items and two not in items, "they are there")
    site.annotator.remove(one)
    site.annotator.remove()


@fact
def delete_does_all_or_nothing(site):
    mine, theirs, gold = site.letter(), site.letter(), site.gold()
    for one in (mine, theirs, gold):
        site.unlock(one)
    site.by("other").lock("acquire_lock", theirs)
    site.annotator.remove(mine, theirs, want=423)
    site.annotator.remove(mine, gold, want=403)
    items = site.annotator.items()
    check({mine, theirs, gold} <= set(items), "one of them is gone")
    site.by("other").lock("release_lock", theirs)
    site.annotator.remove(mine, theirs)


@fact
def what_is_deleted_is_in_the_trash_and_can_be_restored(site):
    client = site.annotator
    one = site.letter()
    text = client.bytes(one)
    client.remove(one)
    trash = client.get("/files/trash").json()
    check(one in str(trash), "not in the trash: %s" % trash)
    past = client.get("/files/%s/history" % one).json()["history"]
    item = client.post("/files/%s/restore" % one,
                       json={"version": past[0]["version"]}).json()
    equal(item["id"], one, "the Item")
    equal(client.bytes(one), text, "bytes")
    check(one not in str(client.get("/files/trash").json()), "still there")


@fact
def each_past_can_be_restored(site):
    client = site.annotator
    one = site.letter()
    doc = client.item(one)["doc_id"]
    texts = [client.bytes(one)]
    for n in range(3):
        client.saved(tei(doc, ["Edit %d." % n]), one)
        texts.append(client.bytes(one))
    past = client.get("/files/%s/history" % one).json()["history"]
    check(len(past) >= 3, "history: %s" % past)
    for text in texts[:-1]:
        hits = [p for p in past if sha256(text) in str(p)]
        check(hits, "not in the history: %s" % past)
        client.post("/files/%s/restore" % one,
                    json={"version": hits[0]["version"]})
        equal(client.bytes(one), text, "restored")
    client.post("/files/%s/restore" % one, 404, json={"version": 999999})
    client.post("/files/nosuchrecord/restore", 404, json={"version": 1})
    client.post("/files/%s/restore" % one, 422, json={"version": "x"})


@fact
def a_past_version_is_served_and_compared(site):
    client = site.annotator
    one = site.letter()
    doc = client.item(one)["doc_id"]
    old = client.bytes(one)
    client.saved(tei(doc, ["Another line."]), one)
    new = client.bytes(one)
    equal(client.get("/files/%s/versions/%s" % (one, sha256(old))).body,
          old, "the old bytes")
    client.get("/files/%s/versions/%s" % (one, "0" * 64), 404)
    other = site.letter()
    foreign = client.item(other)["content_hash"]
    client.get("/files/%s/versions/%s" % (one, foreign), 404)
    text = client.get("/files/%s/diff" % one, query={
        "from": sha256(old), "to": sha256(new)}).body.decode()
    check("Another line." in text, "diff: %s" % text)


@fact
def the_lineage_has_nodes_edges_and_heads(site):
    client = site.annotator
    one = site.letter()
    doc = client.item(one)["doc_id"]
    client.saved(tei(doc, ["Two of it."]), one)
    site.unlock(one)
    tree = client.get("/files/%s/lineage" % one).json()
    check(client.item(one)["content_hash"] in
          [n["content_hash"] for n in tree["nodes"]], "nodes: %s" % tree)
    check(len(tree["heads"]) >= 1, "heads: %s" % tree)


@fact
def pdf_bytes_are_no_text(site):
    one = site.annotator.uploaded(pdf("diff me"))
    content = site.annotator.item(one)["content_hash"]
    site.annotator.ask("GET", "/files/%s/diff" % one, (200, 400, 404),
                       query={"from": content, "to": content},
                       described=False)
