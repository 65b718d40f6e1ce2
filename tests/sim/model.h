/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world.h"

/*
 * What users were told, and what the store really is: against these each step
 * is held.
 */
struct model *model_new(struct world *w);
void model_free(struct model *m);

/* ---- told to users ------------------------------------------------------------- */

/* model_offers - a user is about to save this content. */
void model_offers(const char *id, const char *text);

/* model_saved - this content was saved as that record, and acknowledged. */
void model_saved(struct proc *p, const char *stable_id, const char *id,
    const char *text);

/* model_wrote - a user is about to give a field this value. */
void model_wrote(const char *value);

/*
 * model_tries - a user is about to make this record (or, where that is not known
 * yet, one of this document) live on, or to delete it; it may take effect though
 * nobody is told.  model_deleted - and that was acknowledged.
 */
void model_tries(struct proc *p, const char *stable_id, const char *doc_id,
    bool lives);
void model_deleted(struct proc *p, const char *stable_id);

/* model_grave - a job ended with an error that no fault explains. */
void model_grave(struct proc *p, int rc, const char *why);

/* model_knows - a text that users wrote, by its hash; NULL. */
const char *model_text(const char *id);

/* ---- seen on the store ------------------------------------------------------------ */

/* model_head - the head was renamed (server's on_head). */
void model_head(void *arg, const char *from, const char *to);
int64_t model_version(void);

/* model_backup - the store is copied now; model_restore - that copy is back. */
void model_backup(void);
void model_restore(void);

/* ---- checks ------------------------------------------------------------------------- */

/* model_check_proc - of its replica, at any time: what it has acknowledged is
 * there, what it calls synced is on the store.  On its handles. */
int model_check_proc(struct proc *p);

/* model_gone - how many records lived on the store as this replica knew it before
 * its last sync, and are gone there and here.  What came and went is not one. */
int model_gone(struct proc *p, int64_t *n);

/* model_check_end - all agree; of the last replica, which came afresh, too. */
void model_check_end(struct world *w);

#endif
