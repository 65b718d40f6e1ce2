/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_FILES_H
#define RESPOND_FILES_H

struct request;
struct state;

/* files_open, files_close - what a thread keeps in state->own: answers of
 * files_list. */
int files_open(struct state *st);
void files_close(struct state *st);

/*
 * Handlers of the responder `files`, by the file that has them; what brings
 * bytes in stands in upload.h.  What each takes and answers is the API's.
 */

/* files_list.c, files_collections.c */
int files_list(struct request *req);
int files_collections(struct request *req);

/* files_replicas.c */
int replicas_list(struct request *req);
int replicas_name(struct request *req);

/* files_serve.c */
int files_serve(struct request *req);
int files_version(struct request *req);
int files_fetch(struct request *req);

/* files_edit.c */
int files_delete(struct request *req);
int files_restore(struct request *req);

/* files_set.c */
int files_patch(struct request *req);
int files_move(struct request *req);
int files_copy(struct request *req);

/* files_history.c, files_lineage.c, files_diff.c */
int files_history(struct request *req);
int files_trash(struct request *req);
int files_lineage(struct request *req);
int files_diff(struct request *req);

/* files_locks.c */
int locks_list(struct request *req);
int locks_check(struct request *req);
int locks_acquire(struct request *req);
int locks_release(struct request *req);
int locks_heartbeat(struct request *req);

#endif
