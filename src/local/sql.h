/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_SQL_H
#define LOCAL_SQL_H

/*
 * All statements, by name and by topic; their texts stand in sql.c in the same
 * order.  A name begins with its topic; auth.db's begin with AUTH_.
 */
enum sql {
	/* meta: single values */
	META_FIND,
	META_PUT,
	META_REMOVE,

	/* meta: versions that were passed */
	PASSED_PUT,
	PASSED_FIND,

	/* meta: replicas in the chain */
	REPLICA_PUT,
	REPLICA_FIND,
	REPLICA_EACH,

	/* meta: names of contents on the store */
	NAME_IS_NAMED,
	NAME_FIND,
	NAME_FORGET,

	/* meta: the commit under way */
	OUTBOX_FIND,
	OUTBOX_PUT,
	OUTBOX_FREEZE,
	OUTBOX_CLEAR,
	OUTBOX_ROW_PUT,
	OUTBOX_ROW_FIND,
	OUTBOX_ROW_EACH,
	OUTBOX_ROWS_CLEAR,

	/* meta: contents that were sent */
	UPLOAD_PUT,
	UPLOAD_FIND,
	UPLOAD_CLEAR,

	/* meta: syncs */
	RUN_BEGIN,
	RUN_FORGET,
	RUN_UPDATE,
	RUN_END,
	RUN_DELETED,
	RUN_EACH,

	/* lock */
	LOCK_IS_LIVE,
	LOCK_LAPSE,
	LOCK_TAKE,
	LOCK_REFRESH,
	LOCK_REMOVE,
	LOCK_REMOVE_ALL,
	LOCK_FIND,
	LOCK_EACH,

	/* conflict */
	CONFLICT_PUT,
	CONFLICT_FIND,
	CONFLICT_NEXT,
	CONFLICT_REMOVE,
	CONFLICT_PROPOSE,

	/* ref: who holds which content */
	REF_FIND,
	REF_PUT,
	REF_DROP,
	REF_ARRIVED,
	REF_MISSING,
	REF_LOST,
	REF_WAITING_DONE,
	REF_WAITING_WHY,
	REF_WAITING_AGAIN,

	/* blob */
	BLOB_WANTED,
	BLOB_UNHELD,
	BLOB_FORGET,
	BLOB_NEXT,
	BLOB_MEND_SIZE,
	BLOB_MISCOUNTED,
	BLOB_MEND_COUNTS,
	BLOB_MEND_UNHELD,

	/* record: rows of files */
	RECORD_FIND,
	RECORD_INSERT,
	RECORD_UPDATE,
	RECORD_TOUCH,
	RECORD_SET_STATUS,
	RECORD_PAGE,
	RECORD_PAGE_STATUS,
	RECORD_PAGE_DOC,
	RECORD_BY_PREFIX,
	RECORD_BY_HASH,
	RECORD_NEWEST_OF,
	RECORD_TWIN,
	RECORD_LAST_VERSION,
	RECORD_ANY,
	RECORD_COUNTS,

	/* record: the store's side */
	BASE_FIND,
	BASE_PUT,
	BASE_REMOVE,
	NAME_TAKE,
	NAME_LET_GO,

	/* record: the past */
	HISTORY_PUT,
	HISTORY_PAGE,
	HISTORY_FIND,
	HISTORY_OLD,
	HISTORY_REMOVE,
	LINEAGE_PUT,
	LINEAGE_PAGE,

	/* record: what record_check looks at */
	CHECK_FILES,
	CHECK_BASE,
	CHECK_CONFLICTS,
	CHECK_COUNTS,
	CHECK_NAMES,
	CHECK_DROPPED,
	CHECK_HISTORY,

	/* days */
	DAY_LAST,
	DAY_PUT,
	DAY_AGO,

	/* side: what a sync alone does */
	RECORD_SET_REASON,
	RECORD_WITH,
	CONTENT_SIZE,
	SIDE_FORGET_ONE,
	NAME_UNTAKE,
	NAME_PAGE,
	NAME_RETIRE,

	/* checkpoint */
	CHECKPOINT_RECORDS,
	CHECKPOINT_LINEAGE,
	CHECKPOINT_DROPPED,
	CHECKPOINT_REPLICAS,
	CHECKPOINT_PUT_DROPPED,
	CHECKPOINT_PUT_NAMES,
	CHECKPOINT_LIVE,
	CHECKPOINT_INDEXES,
	SIDE_FORGET,
	SIDE_FORGET_BASE,
	SIDE_FORGET_NAMES,
	SIDE_FORGET_LINEAGE,
	SIDE_FORGET_REPLICAS,

	/* auth */
	AUTH_USER_ADD,
	AUTH_USER_FIND,
	AUTH_USER_EACH,
	AUTH_USER_PASSWORD,
	AUTH_USER_SET_PASSWORD,
	AUTH_USER_SET_ROLES,
	AUTH_USER_REMOVE,
	AUTH_USER_OTHERS_WITH,

	SQL_COUNT
};

/* The two kinds of database that a statement or a schema may belong to. */
enum db_kind { DB_LIBRARY, DB_AUTH };

struct sql_text {
	enum db_kind kind;
	const char *text; /* parameters are ?1, ?2, ... */
};
extern const struct sql_text sql_texts[SQL_COUNT];

#endif
