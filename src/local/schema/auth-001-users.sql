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

-- Who is signed in.  The id of a session is never stored, only its hash: it is
-- the key here and the owner of edit locks.
CREATE TABLE sessions (
	key TEXT PRIMARY KEY NOT NULL,		-- SHA-256 of the id, in hex
	username TEXT				-- NULL: the user was removed; one
						-- of that name who comes later
						-- does not inherit it
		REFERENCES users(username) ON DELETE SET NULL,
	created_ms INTEGER NOT NULL,		-- since 1970
	used_ms INTEGER NOT NULL		-- the last use, a minute late at most
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions(username, used_ms);
CREATE INDEX sessions_by_use ON sessions(used_ms);

-- Logins that failed.  Three rows are counted for each: that user from that
-- address, that address (user ''), that user from anywhere (address '').
CREATE TABLE failures (
	user TEXT NOT NULL,			-- SHA-256 of what was typed: it
						-- may be a password by mistake
	address TEXT NOT NULL,			-- IPv4, or the /64 of IPv6
	count INTEGER NOT NULL,			-- failures not yet forgiven
	at_ms INTEGER NOT NULL,			-- when the last one was
	good_ms INTEGER NOT NULL DEFAULT 0,	-- the last login that succeeded
	PRIMARY KEY (user, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX failures_by_time ON failures(at_ms);
