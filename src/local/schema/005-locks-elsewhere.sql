-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Stemma authors
--
-- Edit locks that people hold on other replicas, as far as this one has looked;
-- advice, and over when its time is.  The time is ours: no clock is compared.
CREATE TABLE locks_elsewhere (
	replica TEXT NOT NULL,
	stable_id TEXT NOT NULL,
	user TEXT NOT NULL,
	expires_ms INTEGER NOT NULL,		-- since 1970
	PRIMARY KEY (replica, stable_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX locks_elsewhere_record ON locks_elsewhere(stable_id);
