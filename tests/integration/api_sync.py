# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""Syncing by the API: anna is behind the web server, ben is another replica
of the same store, which a real WebDAV server keeps."""

import json
import os
import signal

from api import Site, fact
from harness import check, equal, sha256, tei, wait_until

FIVE = ["One.", "Two.", "Three.", "Four.", "Five."]
OURS = ["One.", "Two, ours.", "Three.", "Four.", "Five."]
THEIRS = ["One.", "Two, theirs.", "Three.", "Four.", "Five."]
SUMMARY = {"skipped", "uploaded", "downloaded", "deleted_local",
           "deleted_remote", "metadata_synced", "conflicts", "errors",
           "new_version", "duration_ms", "merged", "bytes_up", "bytes_down",
           "failures"}


def sync(site, client=None, **wish):
    """Sync to the end; answers the summary."""
    answer = (client or site.annotator).post("/sync", (200, 202), json=wish)
    if answer.status == 202:
        return finished(site, answer.json()["run_id"])
    return answer.json()


def finished(site, run_id):
    last = {}

    def over():
        last.update(site.annotator.get("/sync/runs/%d" % run_id).json())
        return last.get("ended_at") or last.get("outcome")
    wait_until(over, 60, "the end of run %d" % run_id)
    return last.get("summary") or last


def status(site, fresh=True):
    query = {"fresh": "1"} if fresh else {}
    return site.annotator.get("/sync/status", query=query).json()


def shared(site):
    """A letter that both replicas have."""
    one = site.letter(None, *FIVE)
    site.unlock(one)
    sync(site)
    site.ben.sync()
    return one, site.annotator.item(one)["doc_id"]


def clash(site, kind="modified_both"):
    """A conflict at anna's."""
    one, doc = shared(site)
    if kind == "deleted_remote":
        site.ben.ok("rm", one)
    else:
        site.ben.save(one, tei(doc, THEIRS))
    site.ben.sync()
    if kind == "deleted_local":
        site.annotator.remove(one)
    else:
        site.annotator.saved(tei(doc, OURS), one)
        site.unlock(one)
    sync(site)
    hits = [c for c in conflicts(site) if c["stable_id"] == one]
    equal(len(hits), 1, "conflicts of the record")
    equal(hits[0]["conflict_type"], kind, "conflict_type")
    return one, doc, hits[0]


def conflicts(site):
    answer = site.annotator.get("/sync/conflicts").json()
    equal(answer["total"], len(answer["conflicts"]), "total")
    return answer["conflicts"]


def resolve(site, one, resolution, want=200, **more):
    return site.annotator.post("/sync/resolve-conflict", want, json=dict(
        more, file_id=one, resolution=resolution))


def settle(site):
    """Both replicas are in step."""
    for _ in range(4):
        a, b = sync(site), site.ben.sync()
        if a["skipped"] and b["skipped"]:
            break
    equal(site.anna.digest(), site.ben.digest(), "state digests")


# ---- running --------------------------------------------------------------

@fact
def a_sync_sends_and_takes(site):
    one = site.letter(None, *FIVE)
    site.unlock(one)
    before = status(site)
    check(before["needs_sync"] and before["unsynced_count"] >= 1,
          "before: %s" % before)
    summary = sync(site)
    check(SUMMARY <= set(summary), "missing: %s" % (SUMMARY - set(summary)))
    check(summary["uploaded"] >= 1 and summary["errors"] == 0 and
          not summary["skipped"], "sent: %s" % summary)
    equal(site.annotator.item(one)["sync_status"], "synced", "sync_status")
    site.ben.sync()
    text = site.annotator.bytes(one)
    equal(site.ben.cat(one).encode(), text, "at ben's")
    doc = site.annotator.item(one)["doc_id"]
    site.ben.save(one, tei(doc, ["By ben."]))
    site.ben.sync()
    summary = sync(site)
    equal((summary["downloaded"], summary["uploaded"]), (1, 0), "taken")
    equal(site.annotator.bytes(one), tei(doc, ["By ben."]).encode(), "bytes")
    after = status(site)
    equal((after["needs_sync"], after["unsynced_count"],
           after["sync_in_progress"], after["remote_reachable"],
           after["remote_error"]), (False, 0, False, True, None), "after")
    equal(after["local_version"], after["remote_version"], "versions")
    equal(after["local_version"], summary["new_version"], "new_version")
    check(after["last_sync_time"], "last_sync_time")
    equal(after["last_summary"]["downloaded"], 1, "last_summary")


@fact
def nothing_to_do_is_skipped(site):
    sync(site)
    summary = sync(site)
    equal((summary["skipped"], summary["uploaded"], summary["downloaded"]),
          (True, 0, 0), "summary")


@fact
def forced_it_looks_all_the_same(site):
    sync(site)
    version = status(site)["local_version"]
    summary = sync(site, force="yes")
    equal((summary["uploaded"], summary["errors"]), (0, 0), "summary")
    equal(status(site)["local_version"], version, "no new version")


@fact
def metadata_alone_sends_no_content(site):
    one, _ = shared(site)
    site.annotator.change(one, label="Fair copy")
    summary = sync(site)
    equal((summary["uploaded"], summary["metadata_synced"]), (0, 1),
          "summary")
    site.ben.sync()
    equal(site.ben.show(one)["label"], "Fair copy", "at ben's")


@fact
def a_deletion_goes_both_ways(site):
    one, _ = shared(site)
    other, _ = shared(site)
    site.annotator.remove(one)
    summary = sync(site)
    equal(summary["deleted_remote"], 1, "deleted_remote")
    site.ben.sync()
    check(one not in site.ben.ids(), "at ben's")
    site.ben.ok("rm", other)
    site.ben.sync()
    equal(sync(site)["deleted_local"], 1, "deleted_local")
    check(other not in site.annotator.items(), "at anna's")
    settle(site)


@fact
def a_plan_and_a_dry_run_change_nothing(site):
    sync(site)
    one = site.letter()
    site.unlock(one)
    before = site.anna.digest(), status(site)["remote_version"]
    plan = site.annotator.get("/sync/plan")
    check(one in plan.body.decode(), "not in the plan: %s" % plan)
    dry = site.annotator.post("/sync", json={"dry_run": True}).json()
    equal(dry["uploaded"], plan.json()["summary"]["uploaded"], "uploaded")
    check(dry["uploaded"] >= 1, "the dry run: %s" % dry)
    equal((site.anna.digest(), status(site)["remote_version"]), before,
          "state and store")
    sync(site)


@fact
def a_sync_wants_a_body_and_truth(site):
    site.annotator.post("/sync", 422)
    for wrong in ("perhaps", 2, [], {}):
        answer = site.annotator.post("/sync", 422, json={"force": wrong})
        equal(answer.detail[0]["loc"], ["body", "force"], "loc")


@fact
def who_does_not_wait_gets_a_run_to_ask_for(site):
    site.unlock(site.letter())
    answer = site.annotator.post("/sync", 202, json={}, headers={
        "Prefer": "respond-async"})
    run = finished(site, answer.json()["run_id"])
    check(run.get("uploaded", 0) >= 1, "run: %s" % run)
    site.annotator.get("/sync/runs/99999999", 404)


@fact
def two_at_once_are_409(site):
    site.unlock(site.letter())
    store = site.world.store.server.process
    store.send_signal(signal.SIGSTOP)
    try:
        answer = site.annotator.post("/sync", 202, json={}, headers={
            "Prefer": "respond-async"})
        site.by("other").post("/sync", 409, json={})
        equal(status(site, fresh=False)["sync_in_progress"], True,
              "sync_in_progress")
    finally:
        store.send_signal(signal.SIGCONT)
    finished(site, answer.json()["run_id"])
    equal(status(site)["sync_in_progress"], False, "afterwards")


@fact
def a_store_that_is_away_is_told(site):
    sync(site)
    site.unlock(site.letter())
    store = site.world.store.server
    store.stop()
    try:
        state = status(site)
        equal(state["remote_reachable"], False, "remote_reachable")
        check(state["remote_error"], "remote_error: %s" % state)
        check(state["needs_sync"], "needs_sync: %s" % state)
        answer = site.annotator.post("/sync", 502, json={})
        check(answer.detail.startswith("Sync failed: "), str(answer))
        check(store.password not in answer.body.decode(), "a password")
    finally:
        store.again()
    equal(sync(site)["errors"], 0, "errors")
    equal(status(site)["remote_reachable"], True, "remote_reachable")


@fact
def past_runs_and_commits_are_told(site):
    one, _ = shared(site)
    answer = site.annotator.get("/sync/history", query={"limit": 5}).json()
    check(1 <= len(answer["runs"]) <= 5, "runs: %s" % answer)
    run = answer["runs"][0]["run_id"]
    told = site.annotator.get("/sync/runs/%d" % run).json()
    equal(told["run_id"], run, "run_id")
    site.annotator.get("/sync/history", 422, query={"limit": "none"})


@fact
def the_end_of_a_sync_is_an_event(site):
    last = site.annotator.get("/sse/poll").json()["last"]
    site.unlock(site.letter())
    summary = sync(site)
    found = {}

    def told():
        answer = site.by("user").get("/sse/poll", query={"since": last})
        for event in answer.json()["events"]:
            found[event["event"]] = event["data"]
        return "syncComplete" in found
    wait_until(told, 10, "syncComplete")
    equal(json.loads(found["syncComplete"])["new_version"],
          summary["new_version"], "its summary")


# ---- conflicts ------------------------------------------------------------

@fact
def a_conflict_shows_both_sides(site):
    one, doc, conflict = clash(site)
    equal((conflict["doc_id"], conflict["local_hash"],
           conflict["remote_hash"]),
          (doc, sha256(tei(doc, OURS)), sha256(tei(doc, THEIRS))),
          "the conflict")
    check(conflict["local_modified_at"] and conflict["remote_modified_at"],
          "times: %s" % conflict)
    equal(status(site)["conflicts"], len(conflicts(site)), "conflicts")
    equal(site.annotator.item(one)["sync_status"], "conflict", "its state")
    text = site.annotator.get("/sync/conflicts/" + one).body.decode()
    for part in ("Two, ours.", "Two, theirs.",
                 sha256(tei(doc, FIVE, title=doc))):
        check(part in text, "%s is not in %s" % (part, text[:2000]))
    resolve(site, one, "local_wins")
    settle(site)


@fact
def what_is_in_no_conflict_has_none(site):
    one = site.letter()
    for what in (one, "nosuchrecord", "0" * 64):
        site.annotator.get("/sync/conflicts/" + what, 404)
        resolve(site, what, "local_wins", 404)


@fact
def local_wins(site):
    one, doc, _ = clash(site)
    answer = resolve(site, one, "local_wins").json()
    check(answer["message"], "message")
    settle(site)
    equal(site.ben.cat(one), tei(doc, OURS), "at ben's")
    check(sha256(tei(doc, THEIRS)) in site.ben.ok(
        "history", one, "--json").out, "their side is lost")


@fact
def remote_wins_by_the_hash_too(site):
    one, doc, conflict = clash(site)
    resolve(site, conflict["local_hash"], "remote_wins")
    settle(site)
    equal(site.annotator.bytes(one), tei(doc, THEIRS).encode(), "bytes")
    check(sha256(tei(doc, OURS)) in site.anna.ok(
        "history", one, "--json").out, "our side is lost")


@fact
def keep_both_makes_a_variant(site):
    one, doc, _ = clash(site)
    answer = resolve(site, one, "keep_both", 400)
    equal(answer.detail, "new_variant required for keep_both resolution",
          "detail")
    resolve(site, one, "keep_both", new_variant="anna-" + doc)
    settle(site)
    texts = [site.ben.cat(k) for k, r in site.ben.records().items()
             if r["doc_id"] == doc]
    equal(sorted(map(sha256, texts)),
          sorted([sha256(tei(doc, OURS)), sha256(tei(doc, THEIRS))]),
          "both contents at ben's")


@fact
def a_merge_may_be_given(site):
    one, doc, _ = clash(site)
    resolve(site, one, "merge", 409)
    both = tei(doc, ["One.", "Two, ours and theirs.", "Three."])
    resolve(site, one, "merge", xml_string=both)
    settle(site)
    equal(site.ben.cat(one), both, "at ben's")
    one, doc, _ = clash(site)
    resolve(site, one, "merge", 400, xml_string="<no xml")
    equal(len([c for c in conflicts(site) if c["stable_id"] == one]), 1,
          "still in conflict")
    resolve(site, one, "remote_wins")
    settle(site)


@fact
def a_deletion_against_an_edit_is_a_conflict(site):
    for kind, resolution in (("deleted_remote", "local_wins"),
                             ("deleted_local", "remote_wins")):
        one, doc, conflict = clash(site, kind)
        side = "remote_hash" if kind == "deleted_remote" else "local_hash"
        check(kind == "deleted_remote" or conflict["remote_hash"],
              "their content: %s" % conflict)
        check(side in conflict, "a side is missing: %s" % conflict)
        resolve(site, one, resolution)
        settle(site)
        check(one in site.ben.ids(), "%s: it is gone at ben's" % kind)
        check(one in site.annotator.items(), "%s: gone at anna's" % kind)


@fact
def a_resolution_may_be_taken_back_until_the_next_sync(site):
    one, doc, _ = clash(site)
    resolve(site, one, "remote_wins")
    site.annotator.post("/sync/unresolve", json={"file_id": one})
    equal([c["stable_id"] for c in conflicts(site)
           if c["stable_id"] == one], [one], "in conflict again")
    equal(site.annotator.bytes(one), tei(doc, OURS).encode(), "our side")
    resolve(site, one, "remote_wins")
    settle(site)
    site.annotator.post("/sync/unresolve", 404, json={"file_id": one})


@fact
def a_resolution_is_one_of_four(site):
    answer = resolve(site, "nosuchrecord", "perhaps", 422)
    equal(answer.detail[0]["loc"], ["body", "resolution"], "loc")
    site.annotator.post("/sync/resolve-conflict", 422,
                        json={"file_id": "x"})


# ---- with libraries of their own ------------------------------------------

def alone(site, **conf):
    """Another site behind the same kind of server."""
    other = Site(site.kind, **conf)
    other.telling = site.telling
    return other


@fact
def many_deletions_want_a_word(site):
    small = alone(site)
    try:
        ids = [small.letter() for _ in range(30)]
        for one in ids:
            small.unlock(one)
        sync(small)
        small.ben.sync()
        for one in ids[:25]:
            small.ben.ok("rm", one)
        small.ben.sync("--confirm-deletions")
        answer = small.annotator.post("/sync", 428, json={})
        check("delet" in answer.detail.lower(), str(answer))
        equal(len(small.annotator.items()), 30, "records")
        summary = sync(small, confirm_deletions=True)
        equal(summary["deleted_local"], 25, "deleted_local")
        equal(len(small.annotator.items()), 5, "records")
    finally:
        small.close()


@fact
def a_content_that_is_not_kept_here_can_be_had(site):
    one, doc = shared(site)
    text = site.annotator.bytes(one)
    content = sha256(text)
    folder = site.anna.path("data", content[:2])
    for name in os.listdir(folder):
        if name.startswith(content):
            os.unlink(os.path.join(folder, name))
    site.annotator.get("/files/" + one, 404)
    item = site.annotator.post("/files/%s/fetch" % one).json()
    equal((item["id"], item["content_hash"]), (one, content), "the Item")
    equal(site.annotator.bytes(one), text, "bytes")
    site.annotator.post("/files/nosuchrecord/fetch", 404)


@fact
def reading_may_be_for_users_alone(site):
    closed = alone(site, PUBLIC_READ="no")
    try:
        one = closed.letter()
        nobody = closed.client()
        for path in ("/files/list", "/files/" + one, "/collections"):
            nobody.refused(401, "Authentication required", "GET", path)
            closed.by("user").get(path)
        nobody.get("/health")
    finally:
        closed.close()
