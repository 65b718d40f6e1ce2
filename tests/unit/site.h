/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef UNIT_SITE_H
#define UNIT_SITE_H

#include "base/hash.h"
#include "local/record.h"
#include "remote/remote.h"
#include "sync/resolve.h"
#include "sync/run.h"
#include "sync/sync.h"

/*
 * Whole libraries and one store in a directory, in a temporary folder: a world.
 * What fails in here ends the test program with the place where it was called.
 */
struct world {
	char *dir;
	struct mem *mem;
};
struct world *world_new(void);
void world_free(struct world *w);

/* world_path - a path in the world; memory of it. */
char *world_path(struct world *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* world_copy - from now on `to` is as `from` is, which nobody has open. */
struct world *world_copy(struct world *from);

/* world_run - a command of the shell, in the folder of the world. */
void world_run(struct world *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

struct site {
	struct world *w; /* borrowed */
	const char *name;
	struct mem *mem; /* the world's */
	struct db *db;
	struct blobs *blobs;
	struct remote *remote;
	struct sync_options opt;
	struct sync_summary sum;             /* of the last sync */
	char said[4096];                     /* all that it told a person */
	void (*before_swap)(struct site *r); /* once; then NULL */
	bool mute_swap;       /* the head is renamed, and the answer lost */
	bool stop_after_swap; /* once: the next question is answered so */
	bool lose_swap;       /* it is not renamed, and the answer lost */
	int stop_after;       /* asked so often: then stop; 0: never */
};

/* site_skip_days - all clocks of this program jump ahead. */
void site_skip_days(int days);

/* site_step - called (where it is not NULL) before and after each thing that a
 * remote is asked to do. */
extern void (*site_step)(void);

/* site_open - a library of that name in the world, made where there is none
 * and joined to the store. */
struct site *site_open(struct world *w, const char *name);
void site_close(struct site *r);

/* ---- what users do; texts are contents ----------------------------------- */

const char *site_add(struct site *r, const char *doc, const char *variant,
    const char *text);
void site_save(struct site *r, const char *stable_id, const char *text);
void site_label(struct site *r, const char *stable_id, const char *label);
void site_tag(struct site *r, const char *stable_id, const char *collections);
void site_delete(struct site *r, const char *stable_id);
/* many: records of documents "<doc>0", "<doc>1", … each with its own text. */
void site_add_many(struct site *r, const char *doc, int n);
void site_delete_many(struct site *r, const char *doc, int n);

/* ---- syncs ---------------------------------------------------------------- */

int site_sync(struct site *r);

/* must_sync - it succeeds, and everything that is checked is whole. */
void must_sync(struct site *r);

/* must_converge - after enough syncs all of them have the same records, and
 * further ones cost one request and change nothing. */
void must_converge(struct site **r, int n);

/* site_check - record_check and blob_check find no fault. */
void site_check(struct site *r);

/* site_check_store - the store is whole, to each byte. */
void site_check_store(struct site *r);

/* ---- what is there ---------------------------------------------------------- */

const char *id_of(struct site *r, const char *text); /* its SHA-256 */
struct held site_held(struct site *r, const char *stable_id);
bool site_has(struct site *r, const char *stable_id);
/* site_text - the content of a record, or NULL: it is not here. */
const char *site_text(struct site *r, const char *stable_id);
/* site_past - is this text in the history of that record, and here? */
bool site_past(struct site *r, const char *stable_id, const char *text);
int site_lineage(struct site *r, const char *stable_id);
const char *site_parents(struct site *r, const char *stable_id);
const char *site_state(struct site *r);
/* site_dump - all records as text; with `times`, also when and by whom. */
const char *site_dump(struct site *r, bool times);
int64_t site_conflicts(struct site *r);
const char *site_meta(struct site *r, const char *key);

/* the head of the store as it is */
struct remote_head world_head(struct site *r);

/* site_stage - a sync of this replica, as its parts see it. */
void site_stage(struct site *r, struct sync *s);
void site_unstage(struct sync *s);

/* site_publish - a commit of a stranger's hand on top of the head: `change`
 * may alter its header before it is written.  `lines` follow it. */
void site_publish(struct site *r, void (*change)(struct commit *c),
    const struct commit_change *lines, int n);

#endif
