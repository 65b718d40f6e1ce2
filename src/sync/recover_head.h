/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_RECOVER_HEAD_H
#define SYNC_RECOVER_HEAD_H

#include "remote/remote.h"
#include "sync/recover.h"

/* What is in head/, and what must happen there before anybody can go on. */
enum head_state {
	HEAD_GOOD,  /* one name: `head` */
	HEAD_GONE,  /* no folder, or no name in it */
	HEAD_DOUBLE /* `head`, and `leftover`, which is its ancestor */
};

struct head_look {
	enum head_state state;
	struct remote_head head;
	struct remote_head leftover;
	bool has_folder; /* head/ is there */
	bool has_log;    /* commits or checkpoints are there */
};

/* head_look - E_ROLLBACK: two names, and neither comes from the other. */
int head_look(struct sync *s, struct head_look *look);

/* head_make - a head of version 0 where there is none; one that another made
 * meanwhile is as good. */
int head_make(struct sync *s, const struct head_look *look, const char *store);

/*
 * head_move - set it from `from` to `to`, whichever way.  E_CONFLICT: it is
 * neither now, so somebody else is at work: look again.
 */
int head_move(struct sync *s, const struct remote_head *from,
    const struct remote_head *to);

/* head_remove - take a leftover away. */
int head_remove(struct sync *s, const struct remote_head *leftover);

/*
 * head_newest - the newest commit at or below `most` (-1: any) from which the
 * store can be read down to a checkpoint or to its beginning; of several the one
 * that this library passed, or that a later commit names.  Version 0: there is
 * none.  `store`: its UUID.
 */
int head_newest(struct sync *s, const char *store, int64_t most,
    struct remote_head *found);

#endif
