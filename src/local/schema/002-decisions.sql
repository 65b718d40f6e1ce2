-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Stemma authors
--
-- Decisions that can be taken back, and what all syncs together have done.

-- A conflict that was settled here, as it stood in conflicts: until a sync
-- publishes the decision, it can be taken back.
CREATE TABLE resolutions (
	stable_id TEXT PRIMARY KEY NOT NULL,
	conflict_type TEXT NOT NULL,
	ancestor TEXT,
	their_replica TEXT,
	their_user TEXT,
	their_id TEXT,				-- held by this row
	file_type TEXT NOT NULL,
	merge_id TEXT,				-- held by this row
	merge_reason TEXT,
	seen_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Each record that the decision changed, as it was before.
CREATE TABLE resolved (
	conflict TEXT NOT NULL,			-- stable_id in resolutions
	stable_id TEXT NOT NULL,
	record TEXT,				-- NULL: there was none
	id TEXT,				-- its content, held by this row;
						-- NULL: it had none, or was deleted
	file_type TEXT,
	local_modified_at TEXT,
	sync_status TEXT,
	sync_reason TEXT,
	parents TEXT,
	history_seq INTEGER NOT NULL,		-- newest of history then; 0: none
	revision INTEGER,			-- of files, after the decision
	remote_version INTEGER,			-- the same
	PRIMARY KEY (conflict, stable_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX resolved_record ON resolved(stable_id);

DROP VIEW holds;
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

-- What all syncs that came to an end have done together; unlike sync_runs it
-- forgets nothing.
CREATE TABLE totals (
	outcome TEXT PRIMARY KEY NOT NULL,	-- as in sync_runs
	runs INTEGER NOT NULL,
	duration_ms INTEGER NOT NULL,
	bytes_up INTEGER NOT NULL,
	bytes_down INTEGER NOT NULL,
	requests INTEGER NOT NULL,
	errors INTEGER NOT NULL			-- files that could not be sent or had
) STRICT, WITHOUT ROWID;
