# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""The store's formats, read once more from their description
(doc/INTERFACES.md) and not from the program: what a test says about a chain,
a digest or a checkpoint does not come from the code that made it.
"""

import glob
import gzip
import hashlib
import json
import os
import re
import sqlite3
import tempfile

from harness import check, equal

COLUMNS = (
    "stable_id", "id", "generation", "filename", "doc_id", "doc_id_type",
    "file_type", "mime_type", "file_size", "label", "variant", "version",
    "is_gold_standard", "doc_collections", "doc_metadata", "file_metadata",
    "deleted", "created_at", "created_by", "updated_at")
EXTENSIONS = {"pdf": "pdf", "tei": "tei.xml", "rng": "rng"}
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
ZERO = "0" * 64


class Raw(str):
    """A JSON number as it was written."""


def parse(text):
    return json.loads(text, parse_int=Raw, parse_float=Raw)


def canon(value):
    """Canonical JSON: keys by bytes, no white space, numbers as written."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: k.encode())
        return "{%s}" % ",".join(
            json.dumps(k, ensure_ascii=False) + ":" + canon(value[k])
            for k in keys)
    if isinstance(value, list):
        return "[%s]" % ",".join(canon(v) for v in value)
    return json.dumps(value, ensure_ascii=False)


def column_text(value):
    """A column as the digest sees it; None for NULL."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (dict, list)):
        return canon(value)
    return str(value)


def record_digest(record):
    """SHA-256 over the columns, each a netstring, NULL a '-'."""
    h = hashlib.sha256()
    for column in COLUMNS:
        text = column_text(record[column])
        if text is None:
            h.update(b"-")
        else:
            data = text.encode()
            h.update(b"%d:%s," % (len(data), data))
    return int.from_bytes(h.digest(), "big")


def state_digest(records):
    """The sum modulo 2^256, in hexadecimal."""
    return "%064x" % (sum(map(record_digest, records)) % 2 ** 256)


def stable_id(doc_id, file_type, variant, content_id, salt=0):
    key = "\0".join((doc_id, file_type, variant or "", content_id,
                     str(salt))).encode()
    number = int.from_bytes(hashlib.sha256(key).digest(), "big")
    out = ""
    for _ in range(12):
        number, digit = divmod(number, 31)
        out += ALPHABET[digit]
    return out


def content_name(record):
    """The name of a record's content below the store's root."""
    generation = int(record["generation"])
    return "%s/%s%s.%s" % (
        record["id"][:2], record["id"],
        ".%d" % generation if generation else "",
        EXTENSIONS[record["file_type"]])


class Commit:
    """One object of the chain, checked against its name and its form."""

    def __init__(self, path):
        with open(path, "rb") as f:
            data = f.read()
        name = os.path.basename(path)
        found = re.fullmatch(r"(\d{12})-([0-9a-f]{64})\.jsonl", name)
        check(found, "a strange name among the commits: %s" % path)
        self.path = path
        self.version, self.id = int(found[1]), found[2]
        equal(hashlib.sha256(data).hexdigest(), self.id,
              "the hash of commit %d" % self.version)
        lines = data.decode().split("\n")
        equal(lines.pop(), "", "what follows the last line feed")
        values = [parse(line) for line in lines]
        for line, value in zip(lines, values):
            equal(line, canon(value), "a line in canonical form")
        self.header, self.changes = values[0], values[1:]
        equal(int(self.header["version"]), self.version,
              "the version in the header")
        equal(int(self.header["changes"]), len(self.changes),
              "the number of changes in commit %d" % self.version)
        keys = [c["record"]["stable_id"] for c in self.changes]
        equal(keys, sorted(set(keys)), "the order of changes")

    def number(self, key):
        return int(self.header[key])


class Chain:
    """The whole store as its files say, from the floor to the head.

    What it finds wrong fails the test that made it.
    """

    def __init__(self, top):
        self.top = top
        self.head_version, self.head_id = read_head(top)
        self.commits = {}
        self.walk()
        self.records = self.replay()

    def find(self, version, commit_id):
        hits = glob.glob(os.path.join(
            glob.escape(self.top), "commits", "**", "%012d-%s.jsonl" %
            (version, commit_id)), recursive=True)
        return Commit(hits[0]) if hits else None

    def walk(self):
        """Contiguous versions, each naming the one before."""
        version, wanted = self.head_version, self.head_id
        floor = None
        while version > 0:
            commit = self.find(version, wanted)
            if floor is None and commit:
                floor = commit.number("floor")
            if commit is None:
                check(floor and version <= floor,
                      "commit %d of the chain is not there" % version)
                break
            self.commits[version] = commit
            ancestors = commit.header["ancestors"]
            equal(len(ancestors), min(16, version - 1), "ancestors")
            if ancestors:
                equal(ancestors[0], commit.header["parent"],
                      "the first ancestor")
            version, wanted = version - 1, commit.header["parent"]
        if version == 0:
            equal(wanted, ZERO, "the parent of the first commit")
        self.lowest = version + 1
        before = None
        for commit in self:
            for key in ("gc", "floor", "adopted", "min_reader",
                        "min_writer"):
                check(not before or
                      commit.number(key) >= before.number(key),
                      "%s went back in commit %d" % (key, commit.version))
            before = commit

    def __iter__(self):
        return iter([self.commits[v] for v in sorted(self.commits)])

    def __len__(self):
        return len(self.commits)

    def replay(self):
        """Apply every commit; the digest must be right after each."""
        records, sums = {}, 0
        if self.lowest > 1:
            start = self.checkpoint()
            records = dict(start.records)
            sums = sum(map(record_digest, records.values()))
            skip = start.version
        else:
            skip = 0
        for commit in self:
            if commit.version <= skip:
                continue
            for change in commit.changes:
                record = change["record"]
                equal(change["op"],
                      "delete" if record["deleted"] else "put",
                      "op and the record's own word")
                old = records.get(record["stable_id"])
                if old:
                    sums -= record_digest(old)
                sums += record_digest(record)
                records[record["stable_id"]] = record
            equal("%064x" % (sums % 2 ** 256), commit.header["state"],
                  "the state that commit %d says" % commit.version)
        return records

    @property
    def head(self):
        return self.commits[self.head_version]

    def live(self):
        return {k: r for k, r in self.records.items()
                if not r["deleted"]}

    def state(self):
        return state_digest(self.records.values())

    def checkpoint(self):
        """The checkpoint that the head's commit names, or None."""
        named = self.head.header["checkpoint"]
        return Checkpoint(self.top, named) if named else None

    def check_contents(self):
        """Every content that the newest state names, with its bytes."""
        for record in self.live().values():
            path = os.path.join(self.top, content_name(record))
            check(os.path.exists(path), "no content %s on the store" %
                  content_name(record))
            with open(path, "rb") as f:
                data = f.read()
            equal(len(data), int(record["file_size"]), "size of " + path)
            equal(hashlib.sha256(data).hexdigest(), record["id"],
                  "the bytes of " + path)

    def txns(self):
        """How often each (replica, txn) stands in the chain."""
        seen = {}
        for commit in self:
            key = (commit.header["replica"], commit.header["txn"])
            seen[key] = seen.get(key, 0) + 1
        return seen

    def check_all(self):
        self.check_contents()
        doubled = [k for k, n in self.txns().items() if n > 1]
        check(not doubled, "committed twice: %s" % doubled)
        checkpoint = self.checkpoint()
        if checkpoint:
            checkpoint.check_all()
        return self


class Checkpoint:
    """All records as of one version: a gzipped SQLite file."""

    def __init__(self, top, named):
        self.version = int(named["version"])
        path = os.path.join(top, "checkpoints", "%012d-%s.db.gz" % (
            self.version, named["hash"]))
        check(os.path.exists(path), "no checkpoint %s" % path)
        with open(path, "rb") as f:
            packed = f.read()
        equal(hashlib.sha256(packed).hexdigest(), named["hash"],
              "the hash of the checkpoint")
        equal(len(packed), int(named["size"]), "the checkpoint's size")
        with tempfile.NamedTemporaryFile() as plain:
            plain.write(gzip.decompress(packed))
            plain.flush()
            self.read(plain.name)

    def read(self, path):
        db = sqlite3.connect("file:%s?mode=ro&immutable=1" % path,
                             uri=True)
        db.row_factory = sqlite3.Row
        self.meta = {r["key"]: r["value"] for r in db.execute(
            "SELECT key, value FROM sync_metadata")}
        self.records = {}
        for row in db.execute("SELECT * FROM file_metadata"):
            record = {c: row[c] for c in COLUMNS}
            for flag in ("deleted", "is_gold_standard"):
                record[flag] = bool(record[flag])
            self.records[record["stable_id"]] = record
        self.replicas = [dict(r) for r in db.execute(
            "SELECT * FROM replicas")]
        db.close()

    def check_all(self):
        equal(int(self.meta["version"]), self.version,
              "the version in the checkpoint")
        equal(state_digest(self.records.values()), self.meta["state"],
              "the digest of the checkpoint's records")


def heads(top):
    """The names in head/, or in S3 that which the object "head" begins with.
    """
    path = os.path.join(top, "head")
    if not os.path.isfile(path):
        return sorted(os.listdir(path))
    with open(path) as f:
        return [f.readline().rstrip("\n")]


def read_head(top):
    """The one name in head/: version and commit id."""
    names = heads(top)
    equal(len(names), 1, "names in head/ %s" % names)
    found = re.fullmatch(r"(\d{12})-([0-9a-f]{64})", names[0])
    check(found, "a head of no known form: %s" % names[0])
    return int(found[1]), found[2]

