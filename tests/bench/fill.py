# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""Fill a library with many records at once, for measurements: rows as
`stemma import` makes them, put straight into library.db.  Their contents are
not there; the library believes that it has them, and that they were sent, so
that the next sync publishes the records alone.
"""

import hashlib
import json
import os
import sqlite3
import sys
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "integration"))
from model import stable_id  # noqa: E402

NOW = "2026-01-31T12:34:56.789Z"
PLACES = ("Jena", "Weimar", "Halle", "Erfurt", "Gotha", "Leipzig")

FILES = """INSERT INTO files (stable_id, id, generation, filename, doc_id,
    doc_id_type, file_type, mime_type, file_size, label, variant, version,
    is_gold_standard, doc_collections, doc_metadata, file_metadata, deleted,
    created_at, created_by, updated_at, local_modified_at, sync_status,
    revision) VALUES (?, ?, 0, ?, ?, 'fileref', 'tei', 'application/xml', ?,
    NULL, NULL, 1, 0, ?, ?, ?, 0, ?, 'anna', ?, ?, 'pending_upload', 1)"""


def rows(n):
    for i in range(n):
        doc = "letter-%07d" % i
        content = hashlib.sha256(b"content %d" % i).hexdigest()
        name = doc + ".tei.xml"
        stamp = "2026-01-%02dT%02d:%02d:%02d.%03dZ" % (
            1 + i % 28, i % 24, i % 60, i // 60 % 60, i % 1000)
        yield (stable_id(doc, "tei", None, content), content, name, doc,
               4000 + i % 5000,
               json.dumps(["letters-%d" % (i % 20)]),
               json.dumps({"place": PLACES[i % len(PLACES)]},
                          separators=(",", ":")),
               json.dumps({"original_filename": name,
                           "upload_source": "cli"}, separators=(",", ":")),
               stamp, stamp, stamp)


def fill(path, n):
    """n records more into the library at `path`."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA recursive_triggers = OFF")
    with db:
        db.executemany(FILES, rows(n))
        db.execute("INSERT OR IGNORE INTO storage_refs (id, file_type, refs, "
                   "file_size, present) SELECT id, file_type, 1, "
                   "file_size, 1 FROM files")
        db.execute("INSERT OR IGNORE INTO uploads SELECT id, file_type, 0, "
                   "file_size FROM files")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def new_replica_id(path):
    """A copied library becomes a replica of its own."""
    db = sqlite3.connect(path)
    with db:
        db.execute("UPDATE sync_metadata SET value = ? "
                   "WHERE key = 'replica'", (str(uuid.uuid4()),))
    db.close()
