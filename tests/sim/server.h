/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "sim/rng.h"

/*
 * A WebDAV server that is as one of those that were measured: what it says, what
 * it does, and what others see in between.  A request takes several stages, and
 * requests of others may come between any two of them.
 */
struct profile {
	const char *name;
	bool put_is_whole;     /* a name that exists is complete */
	bool checks_then_acts; /* a condition is looked at before it is acted
				  upon, and others come between */
	bool ignores_none_match;
	bool move_lies;  /* 201 to whoever came too late */
	int move_absent; /* status of a MOVE whose source is gone */
	int mkcol_again; /* of a folder that is there */
	int no_parent;   /* of a PUT whose folder is missing */
	bool
	    lists_torn; /* a listing ends, well-formed, where a name vanished */
	bool dir_is_404;  /* a folder that changes may seem to be gone */
	int done_but_500; /* per thousand of moves and removals */
	enum { TAG_NONE, TAG_SECOND, TAG_EXACT, TAG_WEAK } tag;
};
extern const struct profile profiles[];
extern const int profiles_n;

/* Bytes that several have. */
struct bytes {
	int refs;
	size_t len;
	unsigned char data[];
};

struct object {
	char *path; /* "" is the root */
	struct bytes *bytes;
	bool is_dir;
	int64_t mtime_ms;
};

struct tree {
	struct object *all; /* sorted by path */
	size_t n, room;
};

/* What a server answers wrongly, though all is well with it. */
enum lie {
	LIE_NONE,
	LIE_NOTHING_DONE, /* told done: and nothing was */
	LIE_EMPTY,        /* a PUT that left no bytes */
	LIE_GARBLED,      /* other bytes than there are */
	LIE_SHORT_LIST    /* names are left out */
};

struct request {
	/* the question */
	int id;
	int who; /* replica */
	char method[12];
	char *path, *to;
	bool overwrite, none_match;
	int depth;
	int64_t range_from; /* -1: none */
	char if_range[96];
	struct buf body;
	bool has_body;
	bool is_cut; /* half of the body comes, and no more */
	enum lie lie;

	/* the server's own */
	int stage;
	bool saw_target;
	struct buf seen; /* names, in a listing */

	/* the answer */
	int status; /* 0: there is none yet */
	struct buf out;
	char tag[96];
	int64_t part_from; /* of a 206 */
};

struct server {
	const struct profile *profile;
	struct tree tree;
	struct rng *rng;
	int64_t (*now_ms)(void);
	/* told of each change to `head/` right after it */
	void (*on_head)(void *arg, const char *from, const char *to);
	void *arg;
	int64_t changes; /* of the tree */
};

void server_init(struct server *s, const struct profile *profile);
void server_release(struct server *s);

/* server_step - the next stage; true when it has answered. */
bool server_step(struct server *s, struct request *r);

/* ---- the tree ------------------------------------------------------------- */

struct object *tree_find(struct tree *t, const char *path);
struct object *tree_put(struct tree *t, const char *path, struct bytes *bytes,
    bool is_dir, int64_t mtime_ms);
void tree_remove(struct tree *t, const char *path);
void tree_copy(struct tree *to, const struct tree *from); /* `to` is empty */
void tree_free(struct tree *t);
bool tree_is_in(const char *dir, const char *path);

struct bytes *bytes_new(const void *data, size_t len);
void bytes_release(struct bytes *b);

#endif
