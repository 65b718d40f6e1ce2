# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""Writers that edit and sync at once, and what the chain must say of them."""

import threading
import time

from harness import check, equal, in_step, settle, tei
from model import Chain, heads

WRITERS = 8


class Writer(threading.Thread):
    """Edits its own record and syncs until that is on the store."""

    def __init__(self, replica, stable_id, commits):
        super().__init__()
        self.replica, self.stable_id = replica, stable_id
        self.commits = commits
        self.acknowledged = []
        self.tries = 0
        self.longest = 0
        self.error = None

    def run(self):
        try:
            for n in range(self.commits):
                label = "%s-%d" % (self.replica.name, n)
                self.replica.set(self.stable_id, "label=" + label)
                self.publish()
                self.acknowledged.append(label)
        except Exception as e:
            self.error = e

    def publish(self):
        """Exit 0 is the acknowledgement; anything else: once more."""
        for _ in range(60):
            self.tries += 1
            begun = time.monotonic()
            result = self.replica.run("sync", timeout=600)
            self.longest = max(self.longest, time.monotonic() - begun)
            if result.exit == 0:
                return
            check(result.exit in (1, 3, 4), str(result))
            time.sleep(0.02)
        raise AssertionError("60 syncs without success: %s" % result)


def labels_in_chain(chain):
    """How often each label came newly into the chain."""
    seen, now = {}, {}
    for commit in chain:
        for change in commit.changes:
            record = change["record"]
            label = record["label"]
            if label and now.get(record["stable_id"]) != label:
                seen[label] = seen.get(label, 0) + 1
            now[record["stable_id"]] = label
    return seen


def begin(world):
    """As many replicas as writers, each with a record of its own."""
    replicas = [world.replica("w%d" % i) for i in range(WRITERS)]
    ids = [replicas[0].add("own-%d.tei.xml" % i, tei("own-%d" % i))
           for i in range(WRITERS)]
    settle(*replicas)
    return replicas, ids


def write_all(replicas, ids, commits):
    """Let all write; answers the writers, and their seconds."""
    writers = [Writer(r, i, commits) for r, i in zip(replicas, ids)]
    begun = time.monotonic()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    seconds = time.monotonic() - begun
    for writer in writers:
        check(not writer.error, "%s: %s" % (writer.replica.name,
                                            writer.error))
    return writers, seconds


def check_chain(world, before, writers, commits):
    """Each acknowledged commit is there once, and versions have no gaps."""
    equal(len(heads(world.store.path)), 1, "names in head/")
    chain = Chain(world.store.path).check_all()
    made = [c for c in chain if c.version > before.head_version]
    equal(len([c for c in made if c.changes]), WRITERS * commits,
          "commits that change something")
    equal([c.version for c in made],
          list(range(before.head_version + 1, chain.head_version + 1)),
          "versions without gaps")
    seen = labels_in_chain(chain)
    for writer in writers:
        equal(len(writer.acknowledged), commits, "acknowledged")
        for label in writer.acknowledged:
            equal(seen.get(label, 0), 1, "times that %s was committed" %
                  label)


def write_at_once(world, commits):
    """Eight writers, each with so many commits; nothing lost or doubled."""
    replicas, ids = begin(world)
    before = Chain(world.store.path)
    writers, seconds = write_all(replicas, ids, commits)
    check_chain(world, before, writers, commits)
    settle(*replicas)
    in_step(*replicas)
    print("# %s: %d commits in %.1f s, %d syncs, the longest %.1f s" % (
        world.kind, WRITERS * commits, seconds,
        sum(w.tries for w in writers), max(w.longest for w in writers)))
