/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_REMOTE_OPS_H
#define REMOTE_REMOTE_OPS_H

#include "base/str.h"
#include "remote/remote.h"
#include "remote/source.h"

/*
 * What a kind of remote is inside; for the files of this folder only.
 * Paths that arrive here have passed remote_path_check.
 */

/* How a probe spoils a PUT. */
struct remote_spoil {
	int64_t cut_at; /* bytes after which the connection is cut; 0: never */
	int64_t pause_at; /* bytes after which nothing is sent for a while */
	int64_t pause_ms;
};

enum remote_move_kind { REMOTE_MOVE_FILE, REMOTE_MOVE_DIR };

struct remote_ops {
	void (*close)(struct remote *r);

	/* As remote_head_look, …; `seen_n` was set to 0. */
	int (*head_look)(struct remote *r, struct remote_head *seen,
	    int seen_max, int *seen_n);
	int (*head_swap)(struct remote *r, const struct remote_head *from,
	    const struct remote_head *to);
	int (*head_body)(struct remote *r, const struct remote_head *head,
	    struct buf *body);
	int (*head_create)(struct remote *r, const char *uuid, const void *body,
	    size_t len);
	int (*list)(struct remote *r, const char *dir,
	    int (*fn)(void *arg, const struct remote_entry *entry), void *arg);
	int (*get)(struct remote *r, const char *path, size_t limit,
	    struct buf *out);

	/*
	 * get_part - bytes from `from` on, at most `limit`; E_REMOTE when the
	 * other side would not give a part.  For probes.
	 */
	int (*get_part)(struct remote *r, const char *path, int64_t from,
	    size_t limit, struct buf *out);
	int (
	    *put)(struct remote *r, const char *path, const struct source *src);

	/*
	 * put_spoilt - a plain put, sent once, that goes wrong as told; answers
	 * what there is to answer.  For probes.
	 */
	int (*put_spoilt)(struct remote *r, const char *path,
	    const struct source *src, const struct remote_spoil *how);
	int (*replace)(struct remote *r, const char *path,
	    const struct source *src);
	int (*remove)(struct remote *r, const char *path);

	/* remove_dir - with all that is in it.  For folders just made here. */
	int (*remove_dir)(struct remote *r, const char *dir);
	int (*make_dir)(struct remote *r, const char *dir);
	int (*make_root)(struct remote *r);
	void (*forget_dirs)(struct remote *r);

	/*
	 * swap - replace an object if its tag is `tag`; sent once, answers as
	 * move_once.  tag - the tag that it has.  NULL where the head is
	 * renamed.
	 */
	int (*swap)(struct remote *r, const char *path, const char *tag,
	    const struct buf *body);
	int (*tag)(struct remote *r, const char *path, char tag[static 256]);

	/*
	 * move_once - rename, never over another name, sent once: 0 told done,
	 * E_CONFLICT told that it was not, E_REMOTE unclear.  NULL where
	 * nothing can be renamed.
	 */
	int (*move_once)(struct remote *r, const char *from, const char *to,
	    enum remote_move_kind kind);
	int (*run)(struct remote *r,
	    int (*next)(void *arg, struct remote_transfer *t),
	    int (*done)(void *arg, const struct remote_transfer *t, int rc),
	    void *arg);
	struct remote_stats (*stats)(const struct remote *r);
	int64_t (*progress)(const struct remote *r);
};

/* The part that all kinds share; it stands first in their own struct. */
struct remote {
	const struct remote_ops *ops;
	char *name; /* owned */
	struct remote_traits traits;
	bool is_probe; /* moves use kept connections: races are closer */
	int (*tick)(void *arg);
	void *tick_arg;
};

/* remote_open of each kind; `config` has all its defaults filled in. */
int dav_open(const struct remote_config *config, struct remote **remote);
int s3_open(const struct remote_config *config, struct remote **remote);
int dir_open(const struct remote_config *config, struct remote **remote);

/* ---- the head (head.c) ------------------------------------------------- */

#define HEAD_NAME_SIZE 78 /* 12 digits, '-', 64 digits, NUL */
#define REMOTE_HEAD_BODY_MAX 4096

/* head_name - "<version in 12 digits>-<64 hex digits>" into `name`. */
const char *head_name(const struct remote_head *head,
    char name[static HEAD_NAME_SIZE]);
bool head_of_name(const char *name, struct remote_head *head);

/* A head that is renamed: for the ops of kinds that have move_once. */
int renamed_head_look(struct remote *r, struct remote_head *seen, int seen_max,
    int *seen_n);
int renamed_head_swap(struct remote *r, const struct remote_head *from,
    const struct remote_head *to);
int renamed_head_body(struct remote *r, const struct remote_head *head,
    struct buf *body);
int renamed_head_create(struct remote *r, const char *uuid, const void *body,
    size_t len);

/* remote_tick - call the tick; E_STOPPED when it says so. */
int remote_tick(const struct remote *r);

/*
 * remote_path_check - parts that are neither empty nor "." nor "..", no
 * control characters, at most 1,024 bytes.  E_INPUT.
 */
int remote_path_check(const char *path);

/* remote_name_ok - may this be one part of a path? */
bool remote_name_ok(const char *name, size_t len);

/* remote_up_path - "up-<32 hex digits>" in the folder of `path`. */
void remote_up_path(const char *path, struct buf *out);

/* remote_parent - the folder of `path`; "" for the root. */
void remote_parent(const char *path, struct buf *out);

#endif
