/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/sql.h"

#define LIBRARY DB_LIBRARY
#define AUTH DB_AUTH

/* clang-format off */
const struct sql_text sql_texts[SQL_COUNT] = {

/* ---- meta: single values ------------------------------------------------- */

[META_FIND] = { LIBRARY,
	"SELECT value FROM sync_metadata WHERE key = ?1" },
[META_PUT] = { LIBRARY,
	"INSERT INTO sync_metadata (key, value, updated_at)"
	" VALUES (?1, ?2, ?3)"
	" ON CONFLICT DO UPDATE SET value = excluded.value,"
	" updated_at = excluded.updated_at" },
[META_REMOVE] = { LIBRARY,
	"DELETE FROM sync_metadata WHERE key = ?1" },
[DATA_VERSION] = { LIBRARY,
	"PRAGMA data_version" },

/* ---- meta: versions that were passed ------------------------------------- */

[PASSED_PUT] = { LIBRARY,
	"INSERT INTO passed (version, commit_id) VALUES (?1, ?2)"
	" ON CONFLICT DO UPDATE SET commit_id = excluded.commit_id" },
[PASSED_FIND] = { LIBRARY,
	"SELECT commit_id FROM passed WHERE version = ?1" },
[PASSED_EACH] = { LIBRARY,
	"SELECT version, commit_id FROM passed ORDER BY version DESC" },
[PASSED_FORGET] = { LIBRARY,
	"DELETE FROM passed WHERE version > ?1" },

/* ---- meta: replicas in the chain ----------------------------------------- */

[REPLICA_PUT] = { LIBRARY,
	"INSERT INTO replicas (replica, counter, txn, version, commit_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT DO UPDATE SET counter = excluded.counter,"
	" txn = excluded.txn, version = excluded.version,"
	" commit_id = excluded.commit_id" },
[REPLICA_FIND] = { LIBRARY,
	"SELECT replica, counter, txn, version, commit_id FROM replicas"
	" WHERE replica = ?1" },
[REPLICA_EACH] = { LIBRARY,
	"SELECT replica, counter, txn, version, commit_id FROM replicas"
	" WHERE replica > ?1 ORDER BY replica LIMIT 1" },

/* ---- meta: names of contents on the store -------------------------------- */

[NAME_IS_NAMED] = { LIBRARY,
	"SELECT 1 FROM names"
	" WHERE id = ?1 AND file_type = ?2 AND generation = ?3" },
[NAME_FIND] = { LIBRARY,
	"SELECT generation FROM names WHERE id = ?1 AND file_type = ?2"
	" AND damaged = 0 ORDER BY generation DESC LIMIT 1" },
[NAME_LOOK] = { LIBRARY,
	"SELECT refs, coalesce(dropped_version, 0) FROM names"
	" WHERE id = ?1 AND file_type = ?2 AND generation = ?3" },
/* Up to that version every name of a content is without a generation. */
[NAME_ONCE] = { LIBRARY,
	"SELECT 1 FROM lineage l JOIN files f ON f.stable_id = l.stable_id"
	" WHERE l.id = ?1 AND l.version <= ?3 AND f.file_type = ?2 LIMIT 1" },
[NAME_IN_FILES] = { LIBRARY,
	"SELECT 1 FROM files WHERE id = ?1 AND file_type = ?2"
	" AND generation = ?3 LIMIT 1" },
[NAME_OVER] = { LIBRARY,
	"SELECT count(*) FROM names WHERE refs = 0 AND dropped_version < ?1" },
[NAME_FORGET] = { LIBRARY,
	"DELETE FROM names WHERE refs = 0 AND dropped_version < ?1" },
[NAME_DROPPED_MARK] = { LIBRARY,
	"UPDATE names SET dropped_version = -1 WHERE refs = 0" },
[NAME_DROPPED_PUT] = { LIBRARY,
	"INSERT INTO names (id, file_type, generation, refs, dropped_version,"
	" dropped_at) VALUES (?1, ?2, ?3, 0, ?4, ?5) ON CONFLICT DO UPDATE"
	" SET dropped_version = excluded.dropped_version,"
	" dropped_at = excluded.dropped_at WHERE refs = 0" },
[NAME_DROPPED_END] = { LIBRARY,
	"DELETE FROM names WHERE refs = 0 AND dropped_version < 0" },

/* ---- meta: checkpoints that the chain named ------------------------------ */

[NAMED_PUT] = { LIBRARY,
	"INSERT INTO checkpoints (version) VALUES (?1) ON CONFLICT DO NOTHING" },
[NAMED_NEWEST] = { LIBRARY,
	"SELECT version FROM checkpoints WHERE version < ?1"
	" ORDER BY version DESC LIMIT 1" },
[NAMED_FORGET] = { LIBRARY,
	"DELETE FROM checkpoints WHERE version < ?1" },

/* ---- meta: what looks left behind on the store --------------------------- */

[LITTER_FIND] = { LIBRARY,
	"SELECT size_bytes, day, at FROM litter WHERE path = ?1" },
[LITTER_PUT] = { LIBRARY,
	"INSERT OR REPLACE INTO litter (path, size_bytes, day, at)"
	" VALUES (?1, ?2, ?3, ?4)" },
[LITTER_REMOVE] = { LIBRARY,
	"DELETE FROM litter WHERE path = ?1" },
[LITTER_FORGET] = { LIBRARY,
	"DELETE FROM litter WHERE day < ?1" },
[LITTER_COUNT] = { LIBRARY,
	"SELECT count(*) FROM litter" },

/* ---- meta: the commit under way ------------------------------------------ */

[OUTBOX_FIND] = { LIBRARY,
	"SELECT txn, counter, version, commit_id, bytes, frozen FROM outbox" },
[OUTBOX_PUT] = { LIBRARY,
	"INSERT OR REPLACE INTO outbox"
	" (one, txn, counter, version, commit_id, bytes, frozen)"
	" VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)" },
[OUTBOX_FREEZE] = { LIBRARY,
	"UPDATE outbox SET frozen = 1" },
[OUTBOX_CLEAR] = { LIBRARY,
	"DELETE FROM outbox" },
[OUTBOX_ROW_PUT] = { LIBRARY,
	"INSERT INTO outbox_rows (stable_id, revision) VALUES (?1, ?2)"
	" ON CONFLICT DO UPDATE SET revision = excluded.revision" },
[OUTBOX_ROW_FIND] = { LIBRARY,
	"SELECT revision FROM outbox_rows WHERE stable_id = ?1" },
[OUTBOX_ROW_EACH] = { LIBRARY,
	"SELECT stable_id, revision FROM outbox_rows"
	" WHERE stable_id > ?1 ORDER BY stable_id LIMIT 1" },
[OUTBOX_ROWS_CLEAR] = { LIBRARY,
	"DELETE FROM outbox_rows" },

/* ---- meta: contents that were sent --------------------------------------- */

[UPLOAD_PUT] = { LIBRARY,
	"INSERT INTO uploads (id, file_type, generation, file_size)"
	" VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT DO UPDATE SET file_size = excluded.file_size" },
[UPLOAD_FIND] = { LIBRARY,
	"SELECT 1 FROM uploads"
	" WHERE id = ?1 AND file_type = ?2 AND generation = ?3" },
[UPLOAD_CLEAR] = { LIBRARY,
	"DELETE FROM uploads" },

/* ---- meta: syncs --------------------------------------------------------- */

[RUN_BEGIN] = { LIBRARY,
	"INSERT INTO sync_runs (started_at, summary) VALUES (?1, '{}')" },
[RUN_FORGET] = { LIBRARY,
	"DELETE FROM sync_runs WHERE run_id <= ?1" },
[RUN_UPDATE] = { LIBRARY,
	"UPDATE sync_runs SET summary = ?2, deleted = ?3 WHERE run_id = ?1" },
[RUN_END] = { LIBRARY,
	"UPDATE sync_runs SET ended_at = ?2, outcome = ?3, error = ?4,"
	" summary = ?5, deleted = ?6, confirmed = ?7 WHERE run_id = ?1" },
[RUN_DELETED] = { LIBRARY,
	"SELECT coalesce(sum(deleted), 0) FROM sync_runs"
	" WHERE run_id > (SELECT coalesce(max(run_id), 0) FROM sync_runs"
	" WHERE confirmed = 1) AND (coalesce(ended_at, started_at) >= ?1"
	" OR run_id > ?2)" },
[RUN_EACH] = { LIBRARY,
	"SELECT run_id, started_at, ended_at, outcome, error, summary"
	" FROM sync_runs WHERE run_id < ?1 ORDER BY run_id DESC LIMIT 1" },
[RUN_FIND] = { LIBRARY,
	"SELECT run_id, started_at, ended_at, outcome, error, summary"
	" FROM sync_runs WHERE run_id = ?1" },
[TOTAL_ADD] = { LIBRARY,
	"INSERT INTO totals (outcome, runs, duration_ms, bytes_up, bytes_down,"
	" requests, errors, answered_2xx, answered_3xx, answered_4xx,"
	" answered_5xx) SELECT ?2, 1,"
	" coalesce(json_extract(?3, '$.duration_ms'), 0),"
	" coalesce(json_extract(?3, '$.bytes_up'), 0),"
	" coalesce(json_extract(?3, '$.bytes_down'), 0),"
	" coalesce(json_extract(?3, '$.requests'), 0),"
	" coalesce(json_extract(?3, '$.errors'), 0),"
	" coalesce(json_extract(?3, '$.answered_2xx'), 0),"
	" coalesce(json_extract(?3, '$.answered_3xx'), 0),"
	" coalesce(json_extract(?3, '$.answered_4xx'), 0),"
	" coalesce(json_extract(?3, '$.answered_5xx'), 0)"
	" FROM sync_runs WHERE run_id = ?1 AND ended_at IS NULL"
	" ON CONFLICT DO UPDATE SET runs = runs + 1,"
	" duration_ms = duration_ms + excluded.duration_ms,"
	" bytes_up = bytes_up + excluded.bytes_up,"
	" bytes_down = bytes_down + excluded.bytes_down,"
	" requests = requests + excluded.requests,"
	" errors = errors + excluded.errors,"
	" answered_2xx = answered_2xx + excluded.answered_2xx,"
	" answered_3xx = answered_3xx + excluded.answered_3xx,"
	" answered_4xx = answered_4xx + excluded.answered_4xx,"
	" answered_5xx = answered_5xx + excluded.answered_5xx" },
[TOTAL_NEXT] = { LIBRARY,
	"SELECT outcome, runs, duration_ms, bytes_up, bytes_down, requests,"
	" errors, answered_2xx, answered_3xx, answered_4xx, answered_5xx"
	" FROM totals WHERE outcome > ?1 ORDER BY outcome LIMIT 1" },

/* ---- lock ---------------------------------------------------------------- */
/*
 * A lock that lasts longer than a lock can was taken before the clock was set
 * back: it is none.  So it is held while expires_ms is between ?now and ?far.
 */

[LOCK_IS_LIVE] = { LIBRARY,
	"SELECT 1 FROM files WHERE stable_id = ?1 AND deleted = 0" },
[LOCK_LAPSE] = { LIBRARY,
	"DELETE FROM locks WHERE expires_ms <= ?1 OR expires_ms > ?2" },
[LOCK_TAKE] = { LIBRARY,
	"INSERT INTO locks (stable_id, owner, user, expires_ms)"
	" VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT DO UPDATE SET user = excluded.user,"
	" expires_ms = excluded.expires_ms WHERE owner = excluded.owner" },
[LOCK_REFRESH] = { LIBRARY,
	"UPDATE locks SET expires_ms = ?3 WHERE stable_id = ?1"
	" AND owner = ?2 AND expires_ms > ?4 AND expires_ms <= ?5" },
[LOCK_REMOVE] = { LIBRARY,
	"DELETE FROM locks WHERE stable_id = ?1 AND owner = ?2" },
[LOCK_REMOVE_ALL] = { LIBRARY,
	"DELETE FROM locks WHERE owner = ?1" },
[LOCK_FIND] = { LIBRARY,
	"SELECT owner, user FROM locks WHERE stable_id = ?1"
	" AND expires_ms > ?2 AND expires_ms <= ?3" },
[LOCK_EACH] = { LIBRARY,
	"SELECT stable_id FROM locks WHERE owner = ?1 AND stable_id > ?2"
	" AND expires_ms > ?3 AND expires_ms <= ?4"
	" ORDER BY stable_id LIMIT 1" },
[LOCK_EACH_OTHER] = { LIBRARY,
	"SELECT stable_id FROM locks WHERE owner <> ?1"
	" AND expires_ms > ?2 AND expires_ms <= ?3"
	" UNION SELECT stable_id FROM locks_elsewhere"
	" WHERE expires_ms > ?2 AND expires_ms <= ?3 ORDER BY stable_id" },
[LOCK_EACH_HERE] = { LIBRARY,
	"SELECT stable_id, user FROM locks"
	" WHERE expires_ms > ?1 AND expires_ms <= ?2 ORDER BY stable_id" },
[ELSEWHERE_PUT] = { LIBRARY,
	"INSERT OR REPLACE INTO locks_elsewhere (replica, stable_id, user,"
	" expires_ms) VALUES (?1, ?2, ?3, ?4)" },
[ELSEWHERE_REMOVE] = { LIBRARY,
	"DELETE FROM locks_elsewhere WHERE replica = ?1" },
[ELSEWHERE_LAPSE] = { LIBRARY,
	"DELETE FROM locks_elsewhere WHERE expires_ms <= ?1 OR expires_ms > ?2" },
[ELSEWHERE_FIND] = { LIBRARY,
	"SELECT replica, user FROM locks_elsewhere WHERE stable_id = ?1"
	" AND expires_ms > ?2 AND expires_ms <= ?3 ORDER BY replica LIMIT 1" },
[ELSEWHERE_EACH] = { LIBRARY,
	"SELECT stable_id, user, replica FROM locks_elsewhere"
	" WHERE expires_ms > ?1 AND expires_ms <= ?2"
	" ORDER BY stable_id, replica" },
[ELSEWHERE_OF] = { LIBRARY,
	"SELECT stable_id, user FROM locks_elsewhere WHERE replica = ?1"
	" AND expires_ms > ?2 AND expires_ms <= ?3 ORDER BY stable_id" },

/* ---- choice -------------------------------------------------------------- */

[CHOICE_COLLECTIONS] = { LIBRARY,
	"SELECT coalesce((SELECT p.doc_collections FROM files p"
	" WHERE p.doc_id = f.doc_id AND p.deleted = 0 AND p.file_type = 'pdf'"
	" ORDER BY p.created_at, p.stable_id LIMIT 1), f.doc_collections)"
	" FROM files f WHERE f.deleted = 0"
	" AND (f.id = ?1 AND f.file_type = ?2 OR f.stable_id IN"
	" (SELECT stable_id FROM history WHERE id = ?1 AND file_type = ?2))" },
[CHOICE_MARK_CONTENT] = { LIBRARY,
	"UPDATE storage_refs SET unwanted = 1"
	" WHERE id = ?1 AND file_type = ?2" },
[CHOICE_MARK_RECORDS] = { LIBRARY,
	"UPDATE files SET unwanted = 1, sync_reason = ?3"
	" WHERE id = ?1 AND file_type = ?2"
	" AND sync_status = 'pending_download'" },
[CHOICE_FORGET_CONTENTS] = { LIBRARY,
	"UPDATE storage_refs SET unwanted = 0 WHERE unwanted = 1" },
[CHOICE_FORGET_RECORDS] = { LIBRARY,
	"UPDATE files SET unwanted = 0, sync_reason = NULL WHERE unwanted = 1" },

/* ---- conflict ------------------------------------------------------------ */

[CONFLICT_PUT] = { LIBRARY,
	"INSERT OR REPLACE INTO conflicts (stable_id, conflict_type, ancestor,"
	" their_replica, their_user, their_id, file_type, merge_id,"
	" merge_reason, seen_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)" },
[CONFLICT_FIND] = { LIBRARY,
	"SELECT stable_id, conflict_type, ancestor, their_replica, their_user,"
	" their_id, file_type, merge_id, merge_reason, seen_at"
	" FROM conflicts WHERE stable_id = ?1" },
[CONFLICT_NEXT] = { LIBRARY,
	"SELECT stable_id FROM conflicts WHERE stable_id > ?1"
	" ORDER BY stable_id LIMIT 1" },
[CONFLICT_REMOVE] = { LIBRARY,
	"DELETE FROM conflicts WHERE stable_id = ?1" },
[CONFLICT_PROPOSE] = { LIBRARY,
	"UPDATE conflicts SET merge_id = ?2, merge_reason = ?3"
	" WHERE stable_id = ?1" },

/* ---- resolution: decisions that can be taken back ------------------------ */

#define CONFLICT \
	"stable_id, conflict_type, ancestor, their_replica, their_user, " \
	"their_id, file_type, merge_id, merge_reason, seen_at"
[RESOLUTION_KEEP] = { LIBRARY,
	"INSERT INTO resolutions (" CONFLICT ") SELECT " CONFLICT
	" FROM conflicts WHERE stable_id = ?1" },
[RESOLUTION_FIND] = { LIBRARY,
	"SELECT their_id, merge_id, file_type FROM resolutions"
	" WHERE stable_id = ?1" },
[RESOLUTION_BACK] = { LIBRARY,
	"INSERT INTO conflicts (" CONFLICT ") SELECT " CONFLICT
	" FROM resolutions WHERE stable_id = ?1" },
[RESOLUTION_REMOVE] = { LIBRARY,
	"DELETE FROM resolutions WHERE stable_id = ?1" },
[RESOLUTION_SENT] = { LIBRARY,
	"SELECT conflict FROM resolved WHERE stable_id IN"
	" (SELECT stable_id FROM outbox_rows) LIMIT 1" },
[RESOLUTION_OVER] = { LIBRARY,
	"SELECT r.stable_id FROM resolutions r WHERE EXISTS (SELECT 1"
	" FROM resolved x LEFT JOIN files f ON f.stable_id = x.stable_id"
	" WHERE x.conflict = r.stable_id"
	" AND (f.revision IS NOT x.revision"
	" OR f.remote_version IS NOT x.remote_version"
	" OR (x.stable_id = x.conflict AND f.sync_status = 'synced')))"
	" LIMIT 1" },
[RESOLVED_PUT] = { LIBRARY,
	"INSERT INTO resolved (conflict, stable_id, record, id, file_type,"
	" local_modified_at, sync_status, sync_reason, parents, history_seq)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, (SELECT"
	" coalesce(max(seq), 0) FROM history WHERE stable_id = ?2))" },
[RESOLVED_DONE] = { LIBRARY,
	"UPDATE resolved SET (revision, remote_version) = (SELECT f.revision,"
	" f.remote_version FROM files f"
	" WHERE f.stable_id = resolved.stable_id) WHERE conflict = ?1" },
[RESOLVED_NEXT] = { LIBRARY,
	"SELECT stable_id, record, id, file_type, local_modified_at,"
	" sync_status, sync_reason, parents, history_seq FROM resolved"
	" WHERE conflict = ?1 AND stable_id > ?2 ORDER BY stable_id LIMIT 1" },
[RESOLVED_CHANGED] = { LIBRARY,
	"SELECT x.stable_id FROM resolved x"
	" LEFT JOIN files f ON f.stable_id = x.stable_id"
	" WHERE x.conflict = ?1 AND (f.revision IS NOT x.revision"
	" OR f.remote_version IS NOT x.remote_version) LIMIT 1" },
[RESOLVED_REMOVE] = { LIBRARY,
	"DELETE FROM resolved WHERE conflict = ?1" },
[RESOLVED_STAMP] = { LIBRARY,
	"UPDATE files SET local_modified_at = ?2 WHERE stable_id = ?1" },
[RESOLVED_ERASE] = { LIBRARY,
	"DELETE FROM files WHERE stable_id = ?1 AND remote_version IS NULL" },
[RESOLVED_PAST] = { LIBRARY,
	"SELECT seq, id, file_type FROM history"
	" WHERE stable_id = ?1 AND seq > ?2 ORDER BY seq LIMIT 1" },

/* ---- ref: who holds which content ---------------------------------------- */

[REF_FIND] = { LIBRARY,
	"SELECT refs, file_size, present FROM storage_refs"
	" WHERE id = ?1 AND file_type = ?2" },
[REF_PUT] = { LIBRARY,
	"INSERT INTO storage_refs (id, file_type, refs, file_size, present)"
	" VALUES (?1, ?2, 1, ?3, ?4)"
	" ON CONFLICT DO UPDATE SET refs = refs + 1,"
	" file_size = excluded.file_size, present = excluded.present" },
[REF_DROP] = { LIBRARY,
	"UPDATE storage_refs SET refs = refs - 1"
	" WHERE id = ?1 AND file_type = ?2 AND refs > 0" },
[REF_ARRIVED] = { LIBRARY,
	"UPDATE storage_refs SET present = 1, tries = 0, reason = NULL,"
	" unwanted = 0 WHERE id = ?1 AND file_type = ?2" },
[REF_MISSING] = { LIBRARY,
	"UPDATE storage_refs SET tries = tries + 1, reason = ?3"
	" WHERE id = ?1 AND file_type = ?2" },
[REF_LOST] = { LIBRARY,
	"UPDATE storage_refs SET present = 0, tries = 0, reason = ?3"
	" WHERE id = ?1 AND file_type = ?2" },
[REF_WAITING_DONE] = { LIBRARY,
	"UPDATE files SET sync_status = 'synced', sync_reason = NULL,"
	" unwanted = 0 WHERE id = ?1 AND file_type = ?2"
	" AND sync_status = 'pending_download'" },
[REF_WAITING_WHY] = { LIBRARY,
	"UPDATE files SET sync_reason = ?3 WHERE id = ?1 AND file_type = ?2"
	" AND sync_status = 'pending_download'" },
[REF_WAITING_AGAIN] = { LIBRARY,
	"UPDATE files SET sync_status = 'pending_download', sync_reason = ?3"
	" WHERE id = ?1 AND file_type = ?2 AND sync_status = 'synced'"
	" AND deleted = 0" },

/* ---- blob ---------------------------------------------------------------- */

[BLOB_WANTED] = { LIBRARY,
	"SELECT id, file_type, file_size, tries FROM storage_refs"
	" WHERE present = 0 AND refs > 0 AND unwanted = 0 AND id > ?1"
	" ORDER BY id, file_type" },
/*
 * Counts are not trusted alone: what is removed is gone.  As the view holds, but
 * with the index of files, which may be a million.
 */
[BLOB_UNHELD] = { LIBRARY,
	"SELECT id, file_type, file_size FROM storage_refs r"
	" WHERE refs = 0 AND id > ?1"
	" AND NOT EXISTS (SELECT 1 FROM files f WHERE f.id = r.id"
	" AND f.file_type = r.file_type AND f.deleted = 0)"
	" AND (id, file_type) NOT IN (SELECT id, file_type FROM history)"
	" AND (id, file_type) NOT IN (SELECT their_id, file_type"
	" FROM conflicts WHERE their_id IS NOT NULL)"
	" AND (id, file_type) NOT IN (SELECT merge_id, file_type"
	" FROM conflicts WHERE merge_id IS NOT NULL)"
	" ORDER BY id LIMIT ?2" },
[BLOB_FORGET] = { LIBRARY,
	"DELETE FROM storage_refs WHERE id = ?1 AND file_type = ?2"
	" AND refs = 0" },
[BLOB_NEXT] = { LIBRARY,
	"SELECT id, file_type, file_size, present, refs FROM storage_refs"
	" WHERE (id, file_type) > (?1, ?2) ORDER BY id, file_type LIMIT 1" },
[BLOB_MEND_SIZE] = { LIBRARY,
	"UPDATE storage_refs SET file_size = ?3"
	" WHERE id = ?1 AND file_type = ?2" },
[BLOB_MISCOUNTED] = { LIBRARY,
	"SELECT id, file_type, sum(held), sum(refs) FROM ("
	"SELECT id, file_type, 1 AS held, 0 AS refs FROM holds"
	" UNION ALL SELECT id, file_type, 0, refs FROM storage_refs)"
	" GROUP BY id, file_type HAVING sum(held) <> sum(refs)" },
[BLOB_MEND_COUNTS] = { LIBRARY,
	"INSERT INTO storage_refs (id, file_type, refs, file_size, present)"
	" SELECT id, file_type, count(*), coalesce(max(coalesce(file_size,"
	" json_extract(record, '$.file_size'))), 0), 0 FROM holds"
	" WHERE true GROUP BY id, file_type"
	" ON CONFLICT DO UPDATE SET refs = excluded.refs"
	" WHERE refs <> excluded.refs" },
[BLOB_MEND_UNHELD] = { LIBRARY,
	"UPDATE storage_refs SET refs = 0 WHERE refs > 0"
	" AND (id, file_type) NOT IN (SELECT id, file_type FROM holds)" },

/* ---- record: rows of files ----------------------------------------------- */

/* The columns that record_row.c binds and reads, in its order. */
#define SHARED \
	"stable_id, id, generation, filename, doc_id, doc_id_type, " \
	"file_type, mime_type, file_size, label, variant, version, " \
	"is_gold_standard, doc_collections, doc_metadata, file_metadata, " \
	"deleted, created_at, created_by, updated_at, extra"
#define HELD SHARED ", " \
	"remote_version, local_modified_at, sync_status, sync_hash, " \
	"sync_reason, revision, parents"

[RECORD_FIND] = { LIBRARY,
	"SELECT " HELD " FROM files WHERE stable_id = ?1" },
/* OR FAIL: whoever writes rolls all back at an error, and SQLite needs not
 * copy each page for the case. */
[RECORD_INSERT] = { LIBRARY,
	"INSERT OR FAIL INTO files (" HELD ") VALUES ("
	"?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
	"?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, "
	"?27, ?28"
	")" },
[RECORD_UPDATE] = { LIBRARY,
	"UPDATE OR FAIL files SET "
	"id = ?2, generation = ?3, filename = ?4, doc_id = ?5, "
	"doc_id_type = ?6, file_type = ?7, mime_type = ?8, "
	"file_size = ?9, label = ?10, variant = ?11, version = ?12, "
	"is_gold_standard = ?13, doc_collections = ?14, "
	"doc_metadata = ?15, file_metadata = ?16, deleted = ?17, "
	"created_at = ?18, created_by = ?19, updated_at = ?20, "
	"extra = ?21, remote_version = ?22, local_modified_at = ?23, "
	"sync_status = ?24, sync_hash = ?25, sync_reason = ?26, "
	"revision = ?27, parents = ?28"
	" WHERE stable_id = ?1" },
[RECORD_TOUCH] = { LIBRARY,
	"UPDATE OR FAIL files SET remote_version = ?2, local_modified_at = ?3,"
	" sync_status = ?4, sync_hash = ?5, sync_reason = ?6, revision = ?7,"
	" parents = ?8 WHERE stable_id = ?1" },
[RECORD_SET_STATUS] = { LIBRARY,
	"UPDATE files SET sync_status = ?2, sync_reason = ?3"
	" WHERE stable_id = ?1" },
[RECORD_PAGE] = { LIBRARY,
	"SELECT " HELD " FROM files WHERE stable_id > ?1"
	" AND (?2 = 0 OR deleted = 0)"
	" AND (?3 IS NULL OR sync_status = ?3)"
	" ORDER BY stable_id LIMIT ?4" },
[RECORD_PAGE_STATUS] = { LIBRARY,
	"SELECT " HELD " FROM files INDEXED BY files_unsynced"
	" WHERE stable_id > ?1 AND (?2 = 0 OR deleted = 0)"
	" AND sync_status = ?3 AND sync_status <> 'synced'"
	" ORDER BY stable_id LIMIT ?4" },
[RECORD_PAGE_DOC] = { LIBRARY,
	"SELECT " HELD " FROM files INDEXED BY files_doc"
	" WHERE stable_id > ?1 AND (?2 = 0 OR deleted = 0)"
	" AND (?3 IS NULL OR sync_status = ?3) AND doc_id = ?5"
	" ORDER BY stable_id LIMIT ?4" },
[RECORD_BY_PREFIX] = { LIBRARY,
	"SELECT stable_id FROM files WHERE stable_id >= ?1 AND stable_id < ?2"
	" AND (?3 OR deleted = 0) ORDER BY stable_id LIMIT 3" },
[RECORD_BY_HASH] = { LIBRARY,
	"SELECT DISTINCT id FROM files WHERE id >= ?1 AND id < ?2"
	" AND (?3 OR deleted = 0) ORDER BY id LIMIT 3" },
[RECORD_NEWEST_OF] = { LIBRARY,
	"SELECT stable_id FROM files WHERE id = ?1 AND (?2 OR deleted = 0)"
	" ORDER BY deleted, updated_at DESC, stable_id LIMIT 1" },
[RECORD_TWIN] = { LIBRARY,
	"SELECT stable_id FROM files WHERE id = ?1 AND doc_id = ?2"
	" AND file_type = ?3 AND variant IS ?4 AND deleted = 0"
	" ORDER BY stable_id LIMIT 1" },
[RECORD_LAST_VERSION] = { LIBRARY,
	"SELECT coalesce(max(version), 0) FROM files WHERE doc_id = ?1"
	" AND file_type = ?2 AND variant IS ?3" },
[RECORD_ANY] = { LIBRARY,
	"SELECT 1 FROM files LIMIT 1" },
[RECORD_COUNTS] = { LIBRARY,
	"SELECT sync_status, deleted, n FROM counts" },

/* ---- document: the records of one doc_id --------------------------------- */

/* Is the document in the state ?4, enum document_state?  Asked of each: a list of
 * all that are would be made again for every page. */
#define HAS_RECORD(which) \
	"EXISTS (SELECT 1 FROM files u INDEXED BY files_doc" \
	" WHERE u.doc_id = f.doc_id AND u.deleted = 0 AND u.sync_status " \
	which ")"
#define OF_STATE \
	"CASE ?4 WHEN 0 THEN 1" \
	" WHEN 1 THEN NOT " HAS_RECORD("<> 'synced'") \
	" WHEN 2 THEN " HAS_RECORD("IN ('modified', 'pending_upload')") \
	" WHEN 3 THEN " HAS_RECORD("= 'pending_download'") \
	" ELSE " HAS_RECORD("= 'conflict'") " END"

/* Without a state the indexes answer these alone, but for changed: of a document
 * with several records, all are looked at. */
[DOCUMENT_NEWEST_PAGE] = { LIBRARY,
	"SELECT doc_id, created_at, stable_id FROM files f"
	" INDEXED BY files_created WHERE deleted = 0"
	" AND (created_at, stable_id) < (?1, ?2) AND " OF_STATE
	" AND stable_id = (SELECT stable_id FROM files o"
	" INDEXED BY files_doc WHERE o.doc_id = f.doc_id AND o.deleted = 0"
	" ORDER BY created_at, stable_id LIMIT 1)"
	" ORDER BY created_at DESC, stable_id DESC LIMIT ?3" },
[DOCUMENT_CHANGED_PAGE] = { LIBRARY,
	"SELECT doc_id, updated_at, stable_id FROM files f"
	" INDEXED BY files_updated WHERE deleted = 0"
	" AND (updated_at, stable_id) < (?1, ?2) AND " OF_STATE
	" AND stable_id = (SELECT stable_id FROM files o"
	" INDEXED BY files_doc WHERE o.doc_id = f.doc_id AND o.deleted = 0"
	" ORDER BY updated_at DESC, stable_id DESC LIMIT 1)"
	" ORDER BY updated_at DESC, stable_id DESC LIMIT ?3" },
[DOCUMENT_NAME_PAGE] = { LIBRARY,
	"SELECT doc_id, doc_id, min(stable_id) FROM files f"
	" INDEXED BY files_doc WHERE deleted = 0"
	" AND doc_id > ?1 AND " OF_STATE
	" GROUP BY doc_id ORDER BY doc_id LIMIT ?3" },
/* In the order of enum document_slot, which is the last column. */
[DOCUMENT_ROWS] = { LIBRARY,
	"SELECT " HELD ", CASE WHEN file_type = 'pdf' THEN"
	" CASE WHEN stable_id = (SELECT stable_id FROM files p"
	" INDEXED BY files_doc WHERE p.doc_id = ?1 AND p.deleted = 0"
	" AND p.file_type = 'pdf'"
	" ORDER BY created_at DESC, stable_id DESC LIMIT 1) THEN 0 ELSE 2 END"
	" WHEN is_gold_standard <> 0 THEN 3"
	" WHEN variant IS NOT NULL THEN 4 ELSE 1 END AS slot"
	" FROM files INDEXED BY files_doc WHERE doc_id = ?1 AND deleted = 0"
	" ORDER BY slot, CASE WHEN slot = 4 THEN variant END,"
	" created_at DESC, stable_id DESC" },
[DOCUMENT_PDF] = { LIBRARY,
	"SELECT " HELD " FROM files INDEXED BY files_doc"
	" WHERE doc_id = ?1 AND deleted = 0 AND file_type = 'pdf'"
	" ORDER BY created_at DESC, stable_id DESC LIMIT 1" },
[DOCUMENT_LAST_PDF] = { LIBRARY,
	"SELECT " HELD " FROM files INDEXED BY files_doc"
	" WHERE doc_id = ?1 AND file_type = 'pdf' ORDER BY deleted,"
	" CASE WHEN deleted THEN updated_at ELSE created_at END DESC,"
	" stable_id DESC LIMIT 1" },
[DOCUMENT_BY_DOC] = { LIBRARY,
	"SELECT " HELD " FROM files INDEXED BY files_doc WHERE deleted = 0"
	" ORDER BY doc_id" },

/* ---- record: the store's side -------------------------------------------- */

[BASE_FIND] = { LIBRARY,
	"SELECT record FROM base WHERE stable_id = ?1" },
[BASE_PUT] = { LIBRARY,
	"INSERT INTO base (stable_id, record) VALUES (?1, ?2)"
	" ON CONFLICT DO UPDATE SET record = excluded.record" },
[BASE_REMOVE] = { LIBRARY,
	"DELETE FROM base WHERE stable_id = ?1" },
[NAME_TAKE] = { LIBRARY,
	"INSERT INTO names (id, file_type, generation, refs)"
	" VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET refs = refs + 1,"
	" dropped_version = NULL, dropped_at = NULL" },
[NAME_LET_GO] = { LIBRARY,
	"UPDATE names SET refs = refs - 1,"
	" dropped_version = CASE WHEN refs = 1 THEN ?4 END,"
	" dropped_at = CASE WHEN refs = 1 THEN ?5 END"
	" WHERE id = ?1 AND file_type = ?2 AND generation = ?3 AND refs > 0" },

/* ---- record: the past ---------------------------------------------------- */

[HISTORY_PUT] = { LIBRARY,
	"INSERT INTO history (stable_id, at, kind, user, id, file_type, record)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)" },
[HISTORY_PAGE] = { LIBRARY,
	"SELECT seq, at, kind, user, record FROM history"
	" WHERE stable_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3" },
[HISTORY_FIND] = { LIBRARY,
	"SELECT record FROM history WHERE seq = ?2 AND stable_id = ?1" },
[HISTORY_OLD] = { LIBRARY,
	"SELECT seq, id, file_type FROM history WHERE at < ?1 AND seq <= ?3"
	" ORDER BY at LIMIT ?2" },
[HISTORY_REMOVE] = { LIBRARY,
	"DELETE FROM history WHERE seq = ?1" },
/* What a deleted record was when it was deleted. */
[HISTORY_TRASH] = { LIBRARY,
	"SELECT h.seq, h.at, h.kind, h.user, h.record FROM history h"
	" WHERE h.seq < ?1 AND (SELECT deleted FROM files f"
	" WHERE f.stable_id = h.stable_id) = 1"
	" AND h.seq = (SELECT max(seq) FROM history n"
	" WHERE n.stable_id = h.stable_id) ORDER BY h.seq DESC LIMIT ?2" },
[HISTORY_HAS_CONTENT] = { LIBRARY,
	"SELECT file_type FROM files WHERE stable_id = ?1"
	" AND (id = ?2 OR sync_hash = ?2)"
	" UNION ALL SELECT file_type FROM history"
	" WHERE stable_id = ?1 AND id = ?2"
	" UNION ALL SELECT file_type FROM conflicts"
	" WHERE stable_id = ?1 AND (their_id = ?2 OR merge_id = ?2)"
	" UNION ALL SELECT (SELECT file_type FROM files f"
	" WHERE f.stable_id = l.stable_id) FROM lineage l"
	" WHERE stable_id = ?1 AND id = ?2 LIMIT 1" },
[LINEAGE_EACH] = { LIBRARY,
	"SELECT stable_id, version, id, deleted, parents, replica, user, at"
	" FROM lineage WHERE version > ?1" },
[LINEAGE_FORGET] = { LIBRARY,
	"DELETE FROM lineage WHERE version > ?1" },
[LINEAGE_PUT] = { LIBRARY,
	"INSERT OR REPLACE INTO lineage"
	" (stable_id, version, id, deleted, parents, replica, user, at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)" },
[LINEAGE_PAGE] = { LIBRARY,
	"SELECT stable_id, version, id, deleted, parents, replica, user, at"
	" FROM lineage WHERE stable_id = ?1 AND version > ?2"
	" ORDER BY version LIMIT ?3" },

/* ---- record: what record_check looks at ---------------------------------- */

[CHECK_FILES] = { LIBRARY,
	"SELECT " HELD ", (SELECT record FROM base b"
	" WHERE b.stable_id = files.stable_id),"
	" EXISTS (SELECT 1 FROM conflicts c"
	" WHERE c.stable_id = files.stable_id),"
	" EXISTS (SELECT 1 FROM storage_refs s WHERE s.id = files.id"
	" AND s.file_type = files.file_type AND s.present = 1)"
	" FROM files ORDER BY stable_id" },
[CHECK_BASE] = { LIBRARY,
	"SELECT stable_id FROM base"
	" WHERE stable_id NOT IN (SELECT stable_id FROM files)" },
[CHECK_CONFLICTS] = { LIBRARY,
	"SELECT stable_id FROM conflicts"
	" WHERE stable_id NOT IN (SELECT stable_id FROM files)" },
[CHECK_COUNTS] = { LIBRARY,
	"SELECT sync_status, deleted, sum(n) FROM ("
	"SELECT sync_status, deleted, 1 AS n FROM files"
	" UNION ALL SELECT 'unwanted', deleted, 1 FROM files WHERE unwanted = 1"
	" AND sync_status = 'pending_download'"
	" UNION ALL SELECT sync_status, deleted, -n FROM counts)"
	" GROUP BY sync_status, deleted HAVING sum(n) <> 0" },
[CHECK_NAMES] = { LIBRARY,
	"SELECT id, file_type, generation, sum(n) FROM ("
	"SELECT id, file_type, generation, 1 AS n FROM files"
	" WHERE remote_version IS NOT NULL"
	" AND stable_id NOT IN (SELECT stable_id FROM base)"
	" UNION ALL SELECT json_extract(record, '$.id'),"
	" json_extract(record, '$.file_type'),"
	" json_extract(record, '$.generation'), 1 FROM base"
	" UNION ALL SELECT id, file_type, generation, -refs FROM names)"
	" GROUP BY id, file_type, generation HAVING sum(n) <> 0" },
[CHECK_DROPPED] = { LIBRARY,
	"SELECT id, file_type, generation FROM names"
	" WHERE refs < 0 OR (refs = 0) <> (dropped_version IS NOT NULL)"
	" OR (refs = 0) <> (dropped_at IS NOT NULL)" },
[CHECK_HISTORY] = { LIBRARY,
	"SELECT seq, stable_id, id, file_type, record FROM history"
	" ORDER BY seq" },

/* ---- days --------------------------------------------------------------- */

[DAY_LAST] = { LIBRARY,
	"SELECT date FROM days ORDER BY day DESC LIMIT 1" },
[DAY_PUT] = { LIBRARY,
	"INSERT INTO days (date, history_seq, run_id, version) VALUES (?1,"
	" (SELECT coalesce(max(seq), 0) FROM history),"
	" (SELECT coalesce(max(run_id), 0) FROM sync_runs),"
	" coalesce((SELECT CAST(value AS INTEGER) FROM sync_metadata"
	" WHERE key = 'version'), 0))" },
[DAY_AGO] = { LIBRARY,
	"SELECT history_seq, run_id FROM days"
	" WHERE day = (SELECT max(day) FROM days) - ?1" },
[DAY_SET_BACK] = { LIBRARY,
	"UPDATE days SET version = ?1 WHERE version > ?1" },
[DAY_NUMBER] = { LIBRARY,
	"SELECT coalesce(max(day), 0) FROM days" },
/* So many days back by their count, and before the first that the clock calls
 * younger; a date that is still to come is no date. */
[DAY_VERSION] = { LIBRARY,
	"SELECT version FROM days WHERE day = (SELECT min(n) FROM ("
	"SELECT max(day) - ?1 AS n FROM days"
	" UNION ALL SELECT min(day) - 1 FROM days"
	" WHERE date > ?2 AND date <= ?3))" },

/* ---- side: what a sync alone does ---------------------------------------- */

[RECORD_SET_REASON] = { LIBRARY,
	"UPDATE files SET sync_reason = ?2 WHERE stable_id = ?1" },
[RECORD_WITH] = { LIBRARY,
	"SELECT stable_id FROM files WHERE id = ?1 AND file_type = ?2"
	" AND deleted = 0 ORDER BY stable_id LIMIT ?3" },
[CONTENT_SIZE] = { LIBRARY,
	"SELECT file_size FROM storage_refs WHERE id = ?1 AND file_type = ?2" },
[SIDE_FORGET_ONE] = { LIBRARY,
	"UPDATE files SET remote_version = NULL, sync_hash = NULL,"
	" sync_status = CASE WHEN sync_status = 'conflict' THEN 'conflict'"
	" WHEN deleted THEN 'synced' ELSE 'pending_upload' END"
	" WHERE stable_id = ?1" },
[NAME_UNTAKE] = { LIBRARY,
	"UPDATE names SET refs = refs - 1,"
	" dropped_version = CASE WHEN refs = 1 THEN 0 END,"
	" dropped_at = CASE WHEN refs = 1 THEN '1970-01-01T00:00:00.000Z' END"
	" WHERE id = ?1 AND file_type = ?2 AND generation = ?3 AND refs > 0" },
[NAME_PAGE] = { LIBRARY,
	"SELECT n.id, n.file_type, n.generation, r.file_size,"
	" coalesce(r.present, 0) FROM names n LEFT JOIN storage_refs r"
	" ON r.id = n.id AND r.file_type = n.file_type"
	" WHERE n.id > ?1 AND n.id < ?2 AND n.refs > 0 AND n.damaged = 0"
	" ORDER BY n.id, n.file_type, n.generation LIMIT ?3" },
[NAME_RETIRE] = { LIBRARY,
	"UPDATE names SET damaged = 1"
	" WHERE id = ?1 AND file_type = ?2 AND generation = ?3" },
[NAME_DROPPED_PAGE] = { LIBRARY,
	"SELECT id, file_type, generation FROM names"
	" WHERE (id, file_type, generation) > (?1, ?2, ?3)"
	" AND refs = 0 AND damaged = 0"
	" ORDER BY id, file_type, generation LIMIT ?4" },

/* ---- checkpoint ---------------------------------------------------------- */

[CHECKPOINT_RECORDS] = { LIBRARY,
	"SELECT " SHARED ", remote_version, (SELECT record FROM base b"
	" WHERE b.stable_id = files.stable_id) FROM files"
	" WHERE remote_version IS NOT NULL ORDER BY stable_id" },
/* At most the ?1 newest of each record. */
[CHECKPOINT_LINEAGE] = { LIBRARY,
	"SELECT stable_id, version, nullif(id, (SELECT sync_hash FROM files f"
	" WHERE f.stable_id = l.stable_id)), deleted, parents, replica, user,"
	" at"
	" FROM lineage l WHERE version > coalesce("
	"(SELECT version FROM lineage n WHERE n.stable_id = l.stable_id"
	" ORDER BY version DESC LIMIT 1 OFFSET ?1), 0)"
	" ORDER BY stable_id, version" },
[CHECKPOINT_DROPPED] = { LIBRARY,
	"SELECT id, file_type, generation, dropped_version, dropped_at"
	" FROM names WHERE refs = 0 ORDER BY id, file_type, generation" },
[CHECKPOINT_REPLICAS] = { LIBRARY,
	"SELECT replica, counter, txn, version, commit_id FROM replicas"
	" ORDER BY replica" },
[CHECKPOINT_PUT_DROPPED] = { LIBRARY,
	"INSERT INTO names (id, file_type, generation, refs, dropped_version,"
	" dropped_at) VALUES (?1, ?2, ?3, 0, ?4, ?5) ON CONFLICT DO NOTHING" },
/* The + keeps the planner from fetching rows one by one through an index. */
[CHECKPOINT_PUT_NAMES] = { LIBRARY,
	"INSERT INTO names (id, file_type, generation, refs)"
	" SELECT id, file_type, generation, count(*) FROM files"
	" GROUP BY +id, +file_type, +generation" },
[CHECKPOINT_LIVE] = { LIBRARY,
	"SELECT stable_id, id, file_type, file_size FROM files"
	" WHERE deleted = 0 ORDER BY +id, +file_type" },
[CHECKPOINT_INDEXES] = { LIBRARY,
	"SELECT name, sql FROM sqlite_master WHERE type = 'index'"
	" AND tbl_name = 'files' AND sql IS NOT NULL" },
[SIDE_FORGET] = { LIBRARY,
	"UPDATE files SET remote_version = NULL, sync_hash = NULL,"
	" sync_reason = CASE WHEN sync_status = 'conflict'"
	" THEN sync_reason END,"
	" sync_status = CASE WHEN sync_status = 'conflict' THEN 'conflict'"
	" WHEN deleted THEN 'synced' ELSE 'pending_upload' END"
	" WHERE remote_version IS NOT NULL" },
[SIDE_FORGET_BASE] = { LIBRARY,
	"DELETE FROM base" },
[SIDE_FORGET_NAMES] = { LIBRARY,
	"DELETE FROM names" },
[SIDE_FORGET_LINEAGE] = { LIBRARY,
	"DELETE FROM lineage" },
[SIDE_FORGET_REPLICAS] = { LIBRARY,
	"DELETE FROM replicas" },
[SIDE_NAME_EACH] = { LIBRARY,
	"SELECT id, file_type, generation, refs, dropped_version, dropped_at"
	" FROM names" },
[SIDE_NAME_PUT] = { LIBRARY,
	"INSERT INTO names (id, file_type, generation, refs, dropped_version,"
	" dropped_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)" },

/* ---- auth ---------------------------------------------------------------- */

[AUTH_USER_ADD] = { AUTH,
	"INSERT INTO users (username, fullname, roles, password, created_at,"
	" updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)" },
[AUTH_USER_FIND] = { AUTH,
	"SELECT username, fullname, roles, created_at, updated_at FROM users"
	" WHERE username = ?1" },
[AUTH_USER_EACH] = { AUTH,
	"SELECT username, fullname, roles, created_at, updated_at FROM users"
	" ORDER BY username" },
[AUTH_USER_PASSWORD] = { AUTH,
	"SELECT password FROM users WHERE username = ?1" },
[AUTH_USER_SET_PASSWORD] = { AUTH,
	"UPDATE users SET password = ?2, updated_at = ?3 WHERE username = ?1" },
[AUTH_USER_SET_ROLES] = { AUTH,
	"UPDATE users SET roles = ?2, updated_at = ?3 WHERE username = ?1" },
[AUTH_USER_REMOVE] = { AUTH,
	"DELETE FROM users WHERE username = ?1" },
/* Is there anybody else with a role of ?2? */
[AUTH_USER_OTHERS_WITH] = { AUTH,
	"SELECT 1 FROM users WHERE username <> ?1 AND roles & ?2 LIMIT 1" },
[AUTH_USER_SET_FULLNAME] = { AUTH,
	"UPDATE users SET fullname = ?2, updated_at = ?3 WHERE username = ?1" },

[AUTH_SESSION_ADD] = { AUTH,
	"INSERT INTO sessions (key, username, created_ms, used_ms)"
	" VALUES (?1, ?2, ?3, ?3)" },
[AUTH_SESSION_FIND] = { AUTH,
	"SELECT s.used_ms, u.username, u.fullname, u.roles FROM sessions s"
	" LEFT JOIN users u ON u.username = s.username WHERE s.key = ?1" },
[AUTH_SESSION_TOUCH] = { AUTH,
	"UPDATE sessions SET used_ms = ?2 WHERE key = ?1" },
[AUTH_SESSION_REMOVE] = { AUTH,
	"DELETE FROM sessions WHERE key = ?1" },
[AUTH_SESSION_EACH_OF] = { AUTH,
	"SELECT key FROM sessions WHERE username = ?1 ORDER BY used_ms" },
/* All of a user, but for one, or for none (NULL). */
[AUTH_SESSION_REMOVE_OF] = { AUTH,
	"DELETE FROM sessions WHERE username = ?1 AND key IS NOT ?2" },
[AUTH_SESSION_SWEEP] = { AUTH,
	"DELETE FROM sessions WHERE used_ms < ?1" },
/* All of a user but the ?2 that were used last. */
[AUTH_SESSION_TRIM] = { AUTH,
	"DELETE FROM sessions WHERE key IN (SELECT key FROM sessions"
	" WHERE username = ?1 ORDER BY used_ms DESC LIMIT -1 OFFSET ?2)" },

[AUTH_FAILURE_FIND] = { AUTH,
	"SELECT count, at_ms, good_ms FROM failures"
	" WHERE user = ?1 AND address = ?2" },
[AUTH_FAILURE_PUT] = { AUTH,
	"INSERT INTO failures (user, address, count, at_ms)"
	" VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE"
	" SET count = excluded.count, at_ms = excluded.at_ms" },
[AUTH_FAILURE_GOOD] = { AUTH,
	"UPDATE failures SET count = 0, good_ms = ?3"
	" WHERE user = ?1 AND address = ?2" },
[AUTH_FAILURE_TAKE_BACK] = { AUTH,
	"UPDATE failures SET count = max(count - 1, 0)"
	" WHERE (user, address) IN (VALUES (?1, ''), ('', ?2))" },
[AUTH_FAILURE_FORGET_USER] = { AUTH,
	"UPDATE failures SET count = 0 WHERE user = ?1" },
[AUTH_FAILURE_SWEEP] = { AUTH,
	"DELETE FROM failures WHERE at_ms < ?1 AND good_ms < ?2" },
/* All but the ?1 newest. */
[AUTH_FAILURE_TRIM] = { AUTH,
	"DELETE FROM failures WHERE (user, address) IN (SELECT user, address"
	" FROM failures ORDER BY good_ms > 0 DESC, at_ms DESC"
	" LIMIT -1 OFFSET ?1)" },
[AUTH_FAILURE_SUM] = { AUTH,
	"SELECT coalesce(sum(count), 0) FROM failures" },

};
/* clang-format on */
