/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/checkpoint_file.h"

#include "base/err.h"

#define RECORD_COLUMNS                                                     \
	"stable_id, id, generation, filename, doc_id, doc_id_type, "       \
	"file_type, mime_type, file_size, label, variant, version, "       \
	"is_gold_standard, doc_collections, doc_metadata, file_metadata, " \
	"deleted, created_at, created_by, updated_at, extra, remote_version"
#define LINEAGE_COLUMNS \
	"stable_id, version, id, deleted, parents, replica, user, at"
#define DROPPED_COLUMNS "id, file_type, generation, version, at"
#define REPLICA_COLUMNS "replica, counter, txn, version, commit_id"

/* clang-format off */
const struct checkpoint_sql checkpoint_sql[TABLE_COUNT] = {
[TABLE_RECORDS] = {
	"file_metadata",
	"CREATE TABLE file_metadata ("
	"stable_id TEXT PRIMARY KEY NOT NULL, id TEXT NOT NULL, "
	"generation INTEGER NOT NULL, filename TEXT NOT NULL, "
	"doc_id TEXT NOT NULL, doc_id_type TEXT NOT NULL, "
	"file_type TEXT NOT NULL, mime_type TEXT NOT NULL, "
	"file_size INTEGER NOT NULL, label TEXT, variant TEXT, "
	"version INTEGER NOT NULL, is_gold_standard INTEGER NOT NULL, "
	"doc_collections TEXT NOT NULL, doc_metadata TEXT NOT NULL, "
	"file_metadata TEXT NOT NULL, deleted INTEGER NOT NULL, "
	"created_at TEXT NOT NULL, created_by TEXT, "
	"updated_at TEXT NOT NULL, extra TEXT, "
	"remote_version INTEGER NOT NULL) WITHOUT ROWID",
	"INSERT INTO file_metadata (" RECORD_COLUMNS ") VALUES (?, ?, ?, ?, "
	"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	"SELECT " RECORD_COLUMNS " FROM file_metadata ORDER BY stable_id",
},
[TABLE_LINEAGE] = {
	"lineage",
	"CREATE TABLE lineage (stable_id TEXT NOT NULL, "
	"version INTEGER NOT NULL, id TEXT, "
	"deleted INTEGER NOT NULL, parents TEXT NOT NULL, "
	"replica TEXT NOT NULL, user TEXT, at TEXT NOT NULL, "
	"PRIMARY KEY (stable_id, version)) WITHOUT ROWID",
	"INSERT INTO lineage (" LINEAGE_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, "
	"?, ?)",
	"SELECT stable_id, version, coalesce(id, (SELECT id FROM "
	"file_metadata f WHERE f.stable_id = l.stable_id)) AS id, deleted, "
	"parents, replica, user, at FROM lineage l "
	"ORDER BY stable_id, version",
},
[TABLE_DROPPED] = {
	"dropped",
	"CREATE TABLE dropped (id TEXT NOT NULL, file_type TEXT NOT NULL, "
	"generation INTEGER NOT NULL, version INTEGER NOT NULL, "
	"at TEXT NOT NULL, "
	"PRIMARY KEY (id, file_type, generation)) WITHOUT ROWID",
	"INSERT INTO dropped (" DROPPED_COLUMNS ") VALUES (?, ?, ?, ?, ?)",
	"SELECT " DROPPED_COLUMNS " FROM dropped "
	"ORDER BY id, file_type, generation",
},
[TABLE_REPLICAS] = {
	"replicas",
	"CREATE TABLE replicas (replica TEXT PRIMARY KEY NOT NULL, "
	"counter INTEGER NOT NULL, txn TEXT NOT NULL, "
	"version INTEGER NOT NULL, commit_id TEXT NOT NULL) WITHOUT ROWID",
	"INSERT INTO replicas (" REPLICA_COLUMNS ") VALUES (?, ?, ?, ?, ?)",
	"SELECT " REPLICA_COLUMNS " FROM replicas ORDER BY replica",
},
[TABLE_METADATA] = {
	"sync_metadata",
	"CREATE TABLE sync_metadata (key TEXT PRIMARY KEY NOT NULL, "
	"value TEXT, updated_at TEXT NOT NULL) WITHOUT ROWID",
	"INSERT INTO sync_metadata (key, value, updated_at) VALUES (?, ?, ?)",
	"SELECT key, value FROM sync_metadata ORDER BY key",
},
};
/* clang-format on */

const char checkpoint_find_sql[] = "SELECT " RECORD_COLUMNS
				   " FROM file_metadata WHERE stable_id = ?";

int
checkpoint_error(sqlite3 *file, int sqlite_rc, const char *what)
{
	const char *words = file != NULL ? sqlite3_errmsg(file)
					 : sqlite3_errstr(sqlite_rc);
	int code;

	switch (sqlite_rc & 0xff) {
	case SQLITE_NOMEM:
		code = E_NOMEM;
		break;
	case SQLITE_IOERR:
	case SQLITE_FULL:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		code = E_IO;
		break;
	default:
		code = E_CORRUPT;
	}
	return err_set(code, "%s: %s", what, words);
}
