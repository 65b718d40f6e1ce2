# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""A replica that was away for long, while the store's history went on without
it."""

import datetime
import hashlib
import json
import os
import secrets

from harness import settle, tei


def head(store):
    name, = os.listdir(store.file("head"))
    return int(name[:12]), name[13:]


def publish(store, n=1, **change):
    """Commits without changes, by a hand that no replica knows."""
    version, parent = head(store)
    folder = store.file("commits", "00000000")
    first = "%012d-%s" % (version, parent)
    header = json.loads(open(os.path.join(folder, first + ".jsonl"), "rb")
                        .readline())
    ids = [parent] + header["ancestors"]
    for _ in range(n):
        header.update(version=version + 1, parent=ids[0], changes=0,
                      ancestors=ids[:16], nonce=secrets.token_hex(16),
                      txn=secrets.token_hex(16), counter=version + 1,
                      replica="00000000-0000-4000-8000-000000000000")
        header.update(change)
        data = json.dumps(header, sort_keys=True,
                          separators=(",", ":")).encode() + b"\n"
        ids = [hashlib.sha256(data).hexdigest()] + ids[:16]
        version += 1
        store.write(os.path.join(folder, "%012d-%s.jsonl" % (
            version, ids[0])), data)
    os.rename(store.file("head", first),
              store.file("head", "%012d-%s" % (version, ids[0])))


def pass_by(world, anna):
    """So many of anna's changes that the commits known so far are below the
    floor, and removed."""
    for n in range(3):
        names = [anna.write("r%d-%d.tei.xml" % (n, i), tei(
            "r%d-%d" % (n, i))) for i in range(60)]
        anna.ok("import", *names)
        anna.sync()
    floor = int(anna.meta("checkpoint"))
    publish(world.store, floor=floor)
    for f in world.store.files("commits"):
        if int(os.path.basename(f)[:12]) < floor:
            os.unlink(world.store.file(f))


def sleep(replica, days):
    """It was in step for the last time so many days ago."""
    then = datetime.datetime.now(datetime.timezone.utc) - \
        datetime.timedelta(days=days)
    replica.meta_put("last_success", then.strftime("%Y-%m-%dT%H:%M:%S.000Z"))


def go_away(world, anna, ben, days):
    """ben works, then sleeps; the floor passes him by.  Answers the record that
    he changed, the one that he deleted, and the one that he added."""
    one = anna.add("one.tei.xml", tei("one"))
    two = anna.add("two.tei.xml", tei("two"))
    settle(anna, ben)
    ben.save(one, tei("one", ["Ben's."]))
    ben.ok("rm", two)
    new = ben.add("new.tei.xml", tei("new", ["Ben's own."]))
    pass_by(world, anna)
    sleep(ben, days)
    return one, two, new


def pair_away(world, days):
    """anna, ben, and what go_away answers."""
    anna, ben = world.pair()
    return (anna, ben) + go_away(world, anna, ben, days)
