-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Stemma authors
--
-- The library of one replica.  Texts that hold a record are the shared record
-- as canonical JSON (doc/INTERFACES.md); hashes are 64 lower-case hex digits;
-- times are "2026-01-31T12:34:56.789Z" unless they say _ms.

-- A record: a PDF, or one TEI version of a document; here as its users see it.
CREATE TABLE files (
	-- the shared record, as in commits, checkpoints and the digest
	stable_id TEXT PRIMARY KEY NOT NULL,	-- never changes
	id TEXT NOT NULL,			-- SHA-256 of the content
	generation INTEGER NOT NULL,		-- of the content's name on the store
	filename TEXT NOT NULL,
	doc_id TEXT NOT NULL,			-- what joins PDF and TEI
	doc_id_type TEXT NOT NULL,
	file_type TEXT NOT NULL,		-- pdf, tei, rng
	mime_type TEXT NOT NULL,
	file_size INTEGER NOT NULL,		-- bytes
	label TEXT,
	variant TEXT,				-- of a TEI; NULL: none
	version INTEGER NOT NULL,		-- 1, 2, ... of this document's TEI
	is_gold_standard INTEGER NOT NULL,	-- 0, 1
	doc_collections TEXT NOT NULL,		-- JSON array of texts, sorted
	doc_metadata TEXT NOT NULL,		-- JSON object
	file_metadata TEXT NOT NULL,		-- JSON object
	deleted INTEGER NOT NULL,		-- 1: a tombstone, kept for ever
	created_at TEXT NOT NULL,
	created_by TEXT,
	updated_at TEXT NOT NULL,		-- hybrid logical time
	extra TEXT,				-- JSON object: fields that a newer
						-- version added, passed on
	-- what only this replica knows
	remote_version INTEGER,			-- of the store's side; NULL: not there
	local_modified_at TEXT,			-- last change made here
	sync_status TEXT NOT NULL CHECK (sync_status IN ('synced', 'modified',
		'pending_upload', 'pending_download', 'pending_delete',
		'conflict')),
	sync_hash TEXT,				-- content of the store's side
	sync_reason TEXT,			-- why it is not synced, in words
	revision INTEGER NOT NULL DEFAULT 0,	-- +1 at each change made here
	parents TEXT				-- JSON: [["stable_id","hash"], ...]
						-- what an unpublished content was
						-- made from
) STRICT; -- with a rowid: rows are long, and few would fit a page of the key
CREATE INDEX files_id ON files(id);
CREATE INDEX files_doc ON files(doc_id, deleted, created_at, stable_id);
-- The order in which documents are listed: by their oldest live record.
CREATE INDEX files_created ON files(created_at, stable_id, doc_id)
	WHERE deleted = 0;
CREATE INDEX files_unsynced ON files(sync_status, stable_id)
	WHERE sync_status <> 'synced';

-- How many records have each status; kept by the triggers, so that nobody
-- counts a million rows to say that there is nothing to do.  All rows are there
-- from the start: a trigger that may insert makes each write journal itself.
CREATE TABLE counts (
	sync_status TEXT NOT NULL,
	deleted INTEGER NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (sync_status, deleted)
) STRICT, WITHOUT ROWID;
INSERT INTO counts VALUES
	('synced', 0, 0), ('synced', 1, 0),
	('modified', 0, 0), ('modified', 1, 0),
	('pending_upload', 0, 0), ('pending_upload', 1, 0),
	('pending_download', 0, 0), ('pending_download', 1, 0),
	('pending_delete', 0, 0), ('pending_delete', 1, 0),
	('conflict', 0, 0), ('conflict', 1, 0);
CREATE TRIGGER files_counted_in AFTER INSERT ON files BEGIN
	UPDATE counts SET n = n + 1
		WHERE sync_status = new.sync_status AND deleted = new.deleted;
END;
CREATE TRIGGER files_counted_out AFTER DELETE ON files BEGIN
	UPDATE counts SET n = n - 1
		WHERE sync_status = old.sync_status AND deleted = old.deleted;
END;
CREATE TRIGGER files_counted_over AFTER UPDATE OF sync_status, deleted ON files
WHEN old.sync_status <> new.sync_status OR old.deleted <> new.deleted BEGIN
	UPDATE counts SET n = n - 1
		WHERE sync_status = old.sync_status AND deleted = old.deleted;
	UPDATE counts SET n = n + 1
		WHERE sync_status = new.sync_status AND deleted = new.deleted;
END;

-- The store's side of a record that differs from it here.  No row: the store
-- has exactly the row in files (remote_version set), or has none (NULL).
CREATE TABLE base (
	stable_id TEXT PRIMARY KEY NOT NULL,
	record TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A record changed on both sides in a way that a merge may not decide.  Ours
-- is in files, theirs is the store's side in base.
CREATE TABLE conflicts (
	stable_id TEXT PRIMARY KEY NOT NULL,
	conflict_type TEXT NOT NULL CHECK (conflict_type IN
		('modified_both', 'deleted_remote', 'deleted_local')),
	ancestor TEXT,				-- record both came from; NULL: none
	their_replica TEXT,
	their_user TEXT,
	their_id TEXT,				-- their content, held by this row;
						-- NULL: they deleted it
	file_type TEXT NOT NULL,		-- of their content and the merge
	merge_id TEXT,				-- content of a proposed merge, held
	merge_reason TEXT,			-- why there is none, in words
	seen_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What a record was before a change: for restoring, until retention is over.
CREATE TABLE history (
	seq INTEGER PRIMARY KEY,
	stable_id TEXT NOT NULL,
	at TEXT NOT NULL,			-- when it was replaced
	kind TEXT NOT NULL,			-- what replaced it: save, set, delete,
						-- restore, sync, merge, resolve
	user TEXT,
	id TEXT NOT NULL,			-- content, held by this row
	file_type TEXT NOT NULL,
	record TEXT NOT NULL
) STRICT;
CREATE INDEX history_record ON history(stable_id, seq);
CREATE INDEX history_at ON history(at);

-- Which published version came from which: one row for each commit that
-- changed the content of a record, or deleted it.  The same on all replicas.
CREATE TABLE lineage (
	stable_id TEXT NOT NULL,
	version INTEGER NOT NULL,		-- of the store
	id TEXT NOT NULL,
	deleted INTEGER NOT NULL,
	parents TEXT NOT NULL,			-- JSON: [["stable_id","hash"], ...]
	replica TEXT NOT NULL,
	user TEXT,
	at TEXT NOT NULL,
	PRIMARY KEY (stable_id, version)
) STRICT, WITHOUT ROWID;

-- Names of contents on the store that its newest known state names.  refs 0:
-- let go by the commit dropped_version, and not yet garbage.
CREATE TABLE names (
	id TEXT NOT NULL,
	file_type TEXT NOT NULL,
	generation INTEGER NOT NULL,
	refs INTEGER NOT NULL,
	dropped_version INTEGER,
	dropped_at TEXT,
	damaged INTEGER NOT NULL DEFAULT 0,	-- 1: not to be named any more
	PRIMARY KEY (id, file_type, generation)
) STRICT, WITHOUT ROWID;
CREATE INDEX names_dropped ON names(dropped_version) WHERE refs = 0;

-- The last transaction of each replica in the chain.
CREATE TABLE replicas (
	replica TEXT PRIMARY KEY NOT NULL,
	counter INTEGER NOT NULL,
	txn TEXT NOT NULL,
	version INTEGER NOT NULL,
	commit_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Version and commit of all that this replica has passed.
CREATE TABLE passed (
	version INTEGER PRIMARY KEY,
	commit_id TEXT NOT NULL
) STRICT;

-- The commit under way.  frozen 1: a rename of the head may have been asked
-- for, so nothing of it may change until the head was seen beyond its parent.
CREATE TABLE outbox (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	txn TEXT NOT NULL,
	counter INTEGER NOT NULL,
	version INTEGER NOT NULL,		-- that it is to be
	commit_id TEXT NOT NULL,
	bytes BLOB NOT NULL,			-- the object, exactly
	frozen INTEGER NOT NULL
) STRICT;
CREATE TABLE outbox_rows (
	stable_id TEXT PRIMARY KEY NOT NULL,
	revision INTEGER NOT NULL		-- of files when it was taken
) STRICT, WITHOUT ROWID;

-- Contents that were sent and are not yet named by a commit.
CREATE TABLE uploads (
	id TEXT NOT NULL,
	file_type TEXT NOT NULL,
	generation INTEGER NOT NULL,
	file_size INTEGER NOT NULL,
	PRIMARY KEY (id, file_type, generation)
) STRICT, WITHOUT ROWID;

-- Contents: how many rows of files (live), history and conflicts hold each.
CREATE TABLE storage_refs (
	id TEXT NOT NULL,
	file_type TEXT NOT NULL,
	refs INTEGER NOT NULL,
	file_size INTEGER NOT NULL,
	present INTEGER NOT NULL,		-- 1: the file is here
	tries INTEGER NOT NULL DEFAULT 0,	-- to fetch it, without success
	reason TEXT,				-- why it could not be had
	PRIMARY KEY (id, file_type)
) STRICT, WITHOUT ROWID;
CREATE INDEX storage_wanted ON storage_refs(id, file_type)
	WHERE present = 0 AND refs > 0;
CREATE INDEX storage_unused ON storage_refs(id) WHERE refs = 0;

-- Who holds a content: one row for each reference that storage_refs counts;
-- its length stands in file_size or in the record, if anywhere.
CREATE VIEW holds AS
	SELECT id, file_type, file_size, NULL AS record FROM files
		WHERE deleted = 0
	UNION ALL SELECT id, file_type, NULL, record FROM history
	UNION ALL SELECT their_id, file_type, NULL, NULL FROM conflicts
		WHERE their_id IS NOT NULL
	UNION ALL SELECT merge_id, file_type, NULL, NULL FROM conflicts
		WHERE merge_id IS NOT NULL;

-- Edit locks of people; a row whose time is over is no lock.
CREATE TABLE locks (
	stable_id TEXT PRIMARY KEY NOT NULL,
	owner TEXT NOT NULL,			-- hash of a session id
	user TEXT NOT NULL,
	expires_ms INTEGER NOT NULL		-- since 1970
) STRICT, WITHOUT ROWID;

-- Single values: replica, store, version, commit, state, gc, floor, ...
CREATE TABLE sync_metadata (
	key TEXT PRIMARY KEY NOT NULL,
	value TEXT,
	updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Syncs: one row each, written while it runs.
CREATE TABLE sync_runs (
	run_id INTEGER PRIMARY KEY AUTOINCREMENT,
	started_at TEXT NOT NULL,
	ended_at TEXT,				-- NULL: runs, or its process died
	outcome TEXT,				-- done, skipped, failed, stopped, guard
	error TEXT,
	summary TEXT NOT NULL,			-- JSON
	deleted INTEGER NOT NULL DEFAULT 0,	-- both ways, for the guard's day
	confirmed INTEGER NOT NULL DEFAULT 0	-- 1: a person said yes
) STRICT;

-- Days on which this library was synced, counted: what is kept for so many
-- days is removed by this count too, so that a wrong clock hastens nothing.
CREATE TABLE days (
	day INTEGER PRIMARY KEY,		-- 1, 2, ...
	date TEXT NOT NULL,			-- 2026-01-31, by the clock
	history_seq INTEGER NOT NULL,		-- the newest row of history then
	run_id INTEGER NOT NULL			-- the newest of sync_runs then
) STRICT;
