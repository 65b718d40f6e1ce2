-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Stemma authors
--
-- Who may use this replica (auth.db).  Apart from the library, so that a login
-- never waits for a sync; never sent to a store.

CREATE TABLE users (
	username TEXT PRIMARY KEY NOT NULL,	-- 1 to 64 of A-Z a-z 0-9 . _ @ -
	fullname TEXT NOT NULL,			-- for people to read, may be ''
	roles INTEGER NOT NULL,			-- sum of 1 user, 2 annotator,
						-- 4 reviewer, 8 admin
	password TEXT NOT NULL,			-- argon2id, in libsodium's text
						-- form, of the SHA-256 in hex
	created_at TEXT NOT NULL,
	updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- Nobody may pass for another by writing a name in capitals.
CREATE UNIQUE INDEX users_any_case ON users(username COLLATE NOCASE);
