-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Stemma authors
--
-- What the collection of garbage must know, and a kind of conflict for work
-- that nobody knows of any more.

-- The store's version that this library was at when the day began.
ALTER TABLE days ADD COLUMN version INTEGER NOT NULL DEFAULT 0;

-- Versions of which the chain named a checkpoint, from the floor up and as far
-- as this library walked by: what a floor may be raised to.
CREATE TABLE checkpoints (
	version INTEGER PRIMARY KEY
) STRICT;

-- Was this content ever named?
CREATE INDEX lineage_id ON lineage(id, version);

-- Names on the store that look left behind: gone when they are seen again, a
-- day later.
CREATE TABLE litter (
	path TEXT PRIMARY KEY NOT NULL,
	size_bytes INTEGER NOT NULL,		-- -1: not known
	day INTEGER NOT NULL,			-- in days, when it was seen first
	at TEXT NOT NULL			-- the same by the clock
) STRICT, WITHOUT ROWID;

-- As before, and "proposed": what a replica that was away for very long had
-- done.  It may be a record that the store does not have at all.
DROP VIEW holds;
CREATE TABLE conflicts_of_all_kinds (
	stable_id TEXT PRIMARY KEY NOT NULL,
	conflict_type TEXT NOT NULL CHECK (conflict_type IN
		('modified_both', 'deleted_remote', 'deleted_local',
		'proposed')),
	ancestor TEXT,				-- record both came from; NULL: none
	their_replica TEXT,
	their_user TEXT,
	their_id TEXT,				-- their content, held by this row;
						-- NULL: they have none
	file_type TEXT NOT NULL,		-- of their content and the merge
	merge_id TEXT,				-- content of a proposed merge, held
	merge_reason TEXT,			-- why there is none, in words
	seen_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO conflicts_of_all_kinds SELECT * FROM conflicts;
DROP TABLE conflicts;
ALTER TABLE conflicts_of_all_kinds RENAME TO conflicts;
CREATE VIEW holds AS
	SELECT id, file_type, file_size, NULL AS record FROM files
		WHERE deleted = 0
	UNION ALL SELECT id, file_type, NULL, record FROM history
	UNION ALL SELECT their_id, file_type, NULL, NULL FROM conflicts
		WHERE their_id IS NOT NULL
	UNION ALL SELECT merge_id, file_type, NULL, NULL FROM conflicts
		WHERE merge_id IS NOT NULL
	UNION ALL SELECT their_id, file_type, NULL, NULL FROM resolutions
		WHERE their_id IS NOT NULL
	UNION ALL SELECT merge_id, file_type, NULL, NULL FROM resolutions
		WHERE merge_id IS NOT NULL
	UNION ALL SELECT id, file_type, NULL, record FROM resolved
		WHERE id IS NOT NULL;
