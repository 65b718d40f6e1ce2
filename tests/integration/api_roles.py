# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""Who may do what: each role, and nobody, tries each kind of act."""

from api import NOBODY, ROLES, fact
from harness import check, equal, tei

EVERYBODY = (NOBODY,) + ROLES
SIGNED_IN = ROLES
WRITERS = ("annotator", "reviewer", "admin")
REVIEWERS = ("reviewer", "admin")
ADMINS = ("admin",)


def only(site, may, act, denied=403, text=None):
    """Each role tries; the others are refused, in words."""
    for role in EVERYBODY:
        client = site.by(role)
        answer = act(client)
        what = "%s: %s" % (role or "nobody", answer)
        if role in may:
            check(200 <= answer.status < 300, "refused: " + what)
        elif role is NOBODY:
            equal((answer.status, answer.detail),
                  (401, "Authentication required"), what)
        else:
            equal(answer.status, denied, what)
            equal(answer.detail, text or answer.detail, what)


@fact
def everybody_lists_and_reads_what_is_public(site):
    one = site.letter()
    item = site.annotator.item(one)
    for path in ("/files/list", "/files/" + one, "/collections"):
        only(site, EVERYBODY, lambda c: c.ask("GET", path))
    content = item["content_hash"]
    for path in ("/files/%s/history" % one, "/files/%s/lineage" % one,
                 "/files/%s/versions/%s" % (one, content),
                 "/files/%s/diff?from=%s&to=%s" % (one, content, content),
                 "/files/trash"):
        only(site, SIGNED_IN, lambda c: c.ask("GET", path))


@fact
def signed_in_users_see_the_state_of_the_sync(site):
    for path in ("/sync/status", "/sync/conflicts", "/sync/history",
                 "/files/locks", "/sse/poll"):
        only(site, SIGNED_IN, lambda c: c.ask("GET", path))


@fact
def annotators_take_locks(site):
    one = site.letter()
    site.unlock(one)

    def act(client):
        answer = client.ask("POST", "/files/acquire_lock",
                            json={"file_id": one})
        if answer.status == 200:
            client.lock("release_lock", one)
        return answer
    only(site, WRITERS, act, text="Access denied: You don't have "
         "permission to edit this document")


@fact
def annotators_upload(site):
    only(site, WRITERS, lambda c: c.ask("POST", "/files/upload", form={
        "file": ("a.pdf", site.page())}))


@fact
def annotators_create_and_edit_versions(site):
    def create(client):
        doc = site.name()
        return client.ask("POST", "/files/save", json={
            "xml_string": tei(doc), "file_id": doc, "new_version": True})
    only(site, WRITERS, create, text="Only annotators or reviewers can "
         "create version files")
    one = site.letter()

    def edit(client):
        site.unlock(one)
        return client.ask("POST", "/files/save", json={
            "xml_string": tei("edited", [site.name()]), "file_id": one})
    only(site, WRITERS, edit, text="Only annotators or reviewers can edit "
         "version files")


@fact
def reviewers_create_gold_standards(site):
    def act(client):
        doc = site.name()
        return client.ask("POST", "/files/save", json={
            "xml_string": tei(doc), "file_id": doc})
    only(site, REVIEWERS, act, text="Only reviewers can create new gold "
         "standard files")


@fact
def annotators_make_new_versions(site):
    one = site.letter()
    doc = site.annotator.item(one)["doc_id"]

    def act(client):
        site.unlock(one)
        return client.ask("POST", "/files/save", json={
            "xml_string": tei(doc, [site.name()]), "file_id": one,
            "new_version": True})
    only(site, WRITERS, act, text="Only annotators or reviewers can create "
         "version files")


@fact
def annotators_change_delete_and_restore(site):
    one = site.letter()
    site.unlock(one)
    only(site, WRITERS, lambda c: c.ask(
        "PATCH", "/files/" + one, json={"label": site.name()}))

    def remove(client):
        target = site.letter()
        site.unlock(target)
        return client.ask("POST", "/files/delete", json={"files": [target]})
    only(site, WRITERS, remove)

    def restore(client):
        target = site.letter()
        site.unlock(target)
        site.annotator.remove(target)
        past = site.annotator.get("/files/%s/history" % target).json()
        return client.ask("POST", "/files/%s/restore" % target, json={
            "version": past["history"][0]["version"]})
    only(site, WRITERS, restore)


@fact
def annotators_move_and_copy(site):
    doc = site.name()
    page = site.annotator.uploaded(site.page(), doc_id=doc)
    one = site.annotator.new(tei(doc), doc)
    site.unlock(one)
    for what in ("move", "copy"):
        only(site, WRITERS, lambda c: c.ask("POST", "/files/" + what, json={
            "pdf_id": page, "xml_id": one,
            "destination_collection": "Briefe"}))


@fact
def annotators_run_a_sync(site):
    only(site, WRITERS, lambda c: c.ask("POST", "/sync",
                                        json={"dry_run": True}))


@fact
def annotators_resolve(site):
    for role in EVERYBODY:
        wanted = 404 if role in WRITERS else 403 if role else 401
        site.by(role).post("/sync/resolve-conflict", wanted, json={
            "file_id": "nosuchrecord", "resolution": "local_wins"})
        site.by(role).post("/sync/unresolve", wanted, json={
            "file_id": "nosuchrecord"})


@fact
def gold_standards_are_for_reviewers(site):
    def crown(client):
        one = site.letter()
        site.unlock(one)
        return client.ask("PATCH", "/files/" + one,
                          json={"is_gold_standard": True})
    only(site, REVIEWERS, crown)
    gold = site.gold()
    site.unlock(gold)
    doc = site.annotator.item(gold)["doc_id"]

    def edit(client):
        site.unlock(gold)
        return client.ask("POST", "/files/save", json={
            "xml_string": tei(doc, [site.name()]), "file_id": gold})
    only(site, REVIEWERS, edit,
         text="Only reviewers can edit gold standard files")
    site.unlock(gold)
    only(site, REVIEWERS, lambda c: c.ask(
        "PATCH", "/files/" + gold, json={"label": site.name()}))

    def remove(client):
        target = site.gold()
        site.unlock(target)
        return client.ask("POST", "/files/delete", json={"files": [target]})
    only(site, REVIEWERS, remove)


@fact
def a_gold_standard_is_not_locked_by_annotators(site):
    gold = site.gold()
    site.unlock(gold)
    site.annotator.refused(
        403, "Access denied: You don't have permission to edit this document",
        "POST", "/files/acquire_lock", json={"file_id": gold})
    site.reviewer.lock("acquire_lock", gold)
    site.reviewer.lock("release_lock", gold)


@fact
def administrators_alone_see_users_and_settings(site):
    for path in ("/users", "/settings", "/metrics"):
        only(site, ADMINS, lambda c: c.ask("GET", path))
    for role in (NOBODY, "user", "annotator", "reviewer"):
        wanted = 403 if role else 401
        client = site.by(role)
        client.post("/store/probe", wanted, json={})
        client.post("/store/recover", wanted, json={})
        client.post("/users", wanted, json={
            "username": "x", "roles": ["admin"], "password": "x"})
        client.ask("PATCH", "/users", wanted, json={
            "username": role or "user", "roles": ["admin"]})
        client.ask("DELETE", "/users", wanted, json={"username": "admin"})
        client.ask("PATCH", "/settings", wanted, json={})


# ---- one's own documents --------------------------------------------------

def owned(site, **access):
    """A record that says who may do what with it."""
    one = site.letter()
    site.unlock(one)
    site.annotator.change(one, file_metadata={
        "access_control": dict({"owner": "annotator"}, **access)})
    return one


@fact
def what_is_private_is_for_its_owner_and_administrators(site):
    one = owned(site, visibility="private", editability="editable")
    for role in EVERYBODY:
        client = site.by(role)
        may = role in ("annotator", "admin")
        equal(one in client.items(), may, "%s lists it" % role)
        wanted = 200 if may else (403, 404)
        client.get("/files/" + one, wanted)
        past = wanted if role else 401
        client.get("/files/%s/history" % one, past)
        client.get("/files/%s/lineage" % one, past)
        if role in WRITERS:
            client.change(one, 200 if may else (403, 404), label=role)


@fact
def what_is_private_is_not_found_by_its_content_either(site):
    one = owned(site, visibility="private", editability="editable")
    content = site.annotator.item(one)["content_hash"]
    for path in ("/files/" + content,
                 "/files/%s/versions/%s" % (one, content),
                 "/files/%s/diff?from=%s&to=%s" % (one, content, content)):
        site.by("other").get(path, (403, 404), described=False)
        site.client().get(path, (401, 403, 404), described=False)
    site.annotator.get("/files/" + content)


@fact
def what_is_protected_is_written_by_its_owner_and_administrators(site):
    one = owned(site, visibility="public", editability="protected")
    doc = site.annotator.item(one)["doc_id"]
    for role in ("reviewer", "other"):
        client = site.by(role)
        client.get("/files/" + one)
        client.change(one, 403, label="x")
        client.remove(one, want=403)
        client.save(tei(doc, ["mine"]), one, 403)
        client.lock("acquire_lock", one, 403)
    for role in ("annotator", "admin"):
        client = site.by(role)
        client.change(one, label=role)
        client.save(tei(doc, [role]), one)
        client.lock("release_lock", one)


@fact
def an_owner_is_not_changed_by_others(site):
    one = owned(site, visibility="public", editability="protected")
    site.by("other").change(one, 403, file_metadata={
        "access_control": {"owner": "other"}})
    site.by("other").change(one, 403, doc_metadata={
        "access_control": {"owner": "other"}})
    site.by("other").post("/files/%s/restore" % one, (403, 404),
                          json={"version": 1})
