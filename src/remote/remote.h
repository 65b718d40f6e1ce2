/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_REMOTE_H
#define REMOTE_REMOTE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/hash.h"

struct buf;

/*
 * A place elsewhere that holds a store: a WebDAV folder (dav.c), an S3 bucket
 * (s3.c) or a directory (dir.c).  One interface; sync/ does not know which.
 *
 * Paths are below the root of the store, '/' between their parts, not encoded:
 * "commits/00000000/000000000001-….jsonl".  "" is the root itself.
 *
 * A struct remote belongs to one thread.  Every call may take long, and is
 * tried again where that can help (connection failures, 408, 423, 429, 5xx: with
 * exponential back-off and jitter, Retry-After honoured), so an E_REMOTE is
 * final for now.  A call that changes something and whose answer was unclear
 * asks what is there before it repeats.  Errors of all calls besides those
 * named: E_REMOTE (the text says what the other side did), E_LOGIN (401),
 * E_DENIED (403: not allowed), E_STOPPED, E_INPUT (a configuration that cannot
 * be used), E_IO (this side's disk).
 */
struct remote;

/* Where the name of an S3 bucket stands. */
enum remote_s3_style {
	REMOTE_S3_AUTO, /* in the host of "s3://…", unless that cannot be or
			   another endpoint is set; else in the path */
	REMOTE_S3_PATH, /* https://host/bucket/key */
	REMOTE_S3_HOST  /* https://bucket.host/key */
};

struct remote_config {
	const char *url; /* "webdav+https://host/path", "webdav+http://…",
			    "http(s)://…" (WebDAV too), "file:///path",
			    "s3://bucket/prefix", "s3+https://host/bucket/…" */
	const char *username; /* NULL: none; of S3 the access key */
	const char *password; /* of S3 the secret key */
	int connections;     /* at once; 1 to 32; 0: 8 */
	int stall_timeout_s; /* nothing moves for so long: failed; 0: 30 */
	int64_t rate_up;     /* bytes per second; 0: no limit */
	int64_t rate_down;
	bool
	    insecure_login; /* a password over http to another host is allowed */
	int tries;          /* of one request; 0: 6 */
	int64_t backoff_ms; /* before the second try; doubles; 0: 500 */
	const char *s3_endpoint; /* of "s3://…": "https://host"; NULL: AWS */
	const char *s3_region;   /* NULL: us-east-1 */
	const char *s3_session_token; /* NULL: none */
	enum remote_s3_style s3_style;
};

/*
 * What a probe found out about this store; all false (the careful reading)
 * until remote_set_traits.
 */
struct remote_traits {
	bool put_is_whole; /* a name that exists is complete: a plain PUT will
			      do.  Otherwise everything is put under
			      "up-<32 hex digits>" in the same folder and
			      moved */
	bool moves_by_path; /* a server is told the path alone of where
			       something is moved to, not its whole address;
			       changes by itself when a server refuses one */
};

struct remote_stats {
	int64_t requests;   /* sent, repeats counted */
	int64_t answered[4]; /* of these, with a status of 2xx, 3xx, 4xx, 5xx;
				the rest had none: no answer, or a directory */
	int64_t bytes_up;   /* bodies and headers, as sent */
	int64_t bytes_down; /* bodies and headers, as received */
};

struct remote_entry {
	const char *name; /* the last part of the path, decoded */
	bool is_dir;
	int64_t size_bytes; /* -1: not told */
	int64_t mtime;      /* seconds since 1970; -1: not told */
};

/*
 * The head: the newest version and the commit that made it.  Its place is one
 * file whose name is "<version in 12 digits>-<64 hex digits>" in "head/".
 */
struct remote_head {
	int64_t version;
	struct hash commit; /* all zero at version 0 */
};

/*
 * remote_open - a connection to nothing yet: only the configuration is looked
 * at.  The store's folder is made by remote_make_root.
 */
int remote_open(const struct remote_config *config, struct remote **remote);
void remote_close(struct remote *remote); /* NULL is fine */

void remote_set_traits(struct remote *remote, struct remote_traits traits);

/*
 * remote_set_tick - `tick` is called at least five times a second while a call
 * waits or moves bytes; non-zero from it ends the call with E_STOPPED.
 */
void remote_set_tick(struct remote *remote, int (*tick)(void *arg), void *arg);

struct remote_stats remote_stats(const struct remote *remote);

/* remote_name - for messages: the address without any password. */
const char *remote_name(const struct remote *remote);

/* ---- the head --------------------------------------------------------- */

/*
 * remote_head_read - look at "head/": one request.
 *
 * 0: exactly one name, in `head`.  E_ABSENT: there is no folder head/ (404).
 * E_BUSY: no name, or more than one, was seen: look again; `seen`, an array of
 * `seen_max` (both may be NULL and 0), receives the names found and `*seen_n`
 * their number (names that are not of the form are passed over).
 */
int remote_head_read(struct remote *remote, struct remote_head *head);
int remote_head_look(struct remote *remote, struct remote_head *seen,
    int seen_max, int *seen_n);

/*
 * remote_head_swap - rename the head from `from` to `to`, never over another
 * name.  Sent ONCE for each call, never repeated by itself (but for a WebDAV
 * server that refused how it was told where to: told once more, otherwise; the
 * old name can be renamed away only once).  The answer means nothing but
 * "sent": whoever calls looks afterwards, whatever this returns (0: told that
 * it was done; E_CONFLICT: told that it was not; E_REMOTE: unclear).
 */
int remote_head_swap(struct remote *remote, const struct remote_head *from,
    const struct remote_head *to);

/* remote_head_body - the bytes behind the head's name, at most 4,096. */
int remote_head_body(struct remote *remote, const struct remote_head *head,
    struct buf *body);

/*
 * remote_head_create - make "head/" with its first name (version 0, zeros) and
 * `body` in it: a folder "head.new-<uuid>/" with the file inside, which is then
 * renamed to "head/", never over one that is there.  0: told done; E_EXISTS: it
 * was there; whoever calls looks afterwards.  The folder with the long name is
 * removed when it is still there.
 */
int remote_head_create(struct remote *remote, const char *uuid,
    const void *body, size_t len);

/* ---- objects ----------------------------------------------------------- */

/*
 * remote_list - one call for each entry directly in `dir`; non-zero from `fn`
 * stops and is answered.  Streams: the answer is never held whole.  A listing
 * proves presence, never absence.  E_ABSENT: no such folder.
 */
int remote_list(struct remote *remote, const char *dir,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg);

/* remote_get - a small object whole.  E_ABSENT; E_INPUT: over `limit` bytes. */
int remote_get(struct remote *remote, const char *path, size_t limit,
    struct buf *out);

/*
 * remote_put - a small object under a name that nobody else writes; complete
 * whenever the name exists.  Always with Content-Length.  E_EXISTS when that
 * name is there already (nothing was written over it; servers that ignore the
 * condition may not notice: such names are chosen so that it does not matter).
 */
int remote_put(struct remote *remote, const char *path, const void *data,
    size_t len);

/*
 * remote_replace - a small courtesy object over whatever is there: at once
 * where a PUT is whole, else under another name and moved over it.
 */
int remote_replace(struct remote *remote, const char *path, const void *data,
    size_t len);

/* remote_replace_file - the same from a file of any size. */
int remote_replace_file(struct remote *remote, const char *path,
    const char *file);

/* remote_remove - afterwards it is gone; absent is fine.  Files only. */
int remote_remove(struct remote *remote, const char *path);

/*
 * remote_make_dir - afterwards the folder is there; its parent must be.
 * Folders known to be there cost no request.  remote_make_root makes the root
 * and, on a server, those of its parents that are missing.
 */
int remote_make_dir(struct remote *remote, const char *dir);
int remote_make_root(struct remote *remote);

/* remote_forget_dirs - ask anew which folders are there. */
void remote_forget_dirs(struct remote *remote);

/* ---- many at once ------------------------------------------------------ */

enum remote_transfer_kind {
	REMOTE_GET_FILE,  /* path -> file, verified by `want` */
	REMOTE_PUT_FILE,  /* file -> path, as remote_put */
	REMOTE_LIST_SIZES /* path is a folder: `entry` is called for each */
};

/*
 * One of many.  What the pointers point to must stay until `done` was called
 * for it.
 *
 * GET: written to `file`, which may hold the first bytes from an earlier try:
 * they are hashed and the rest is asked for (Range with If-Range, the ETag being
 * kept beside it in "<file>.tag"); a server that ignores the range sends all,
 * and it starts over.  More than `size_bytes` (where that is not -1) is refused
 * as it streams.  0 means that the file is complete and has the hash `want`
 * (not that it is durable; the .tag is gone); E_CORRUPT: the whole came, twice,
 * and has another hash (or length): the file was removed; E_ABSENT.
 *
 * PUT: `size_bytes` from the caller, E_IO if the file has another length.
 * Nothing is read back: look at the sizes afterwards.
 */
struct remote_transfer {
	enum remote_transfer_kind kind;
	const char *path;
	const char *file;
	int64_t size_bytes;
	int64_t limit_bytes; /* GET: more than this is refused as it streams,
				E_CORRUPT; 0: no limit */
	struct hash want;    /* GET */
	bool any_hash;       /* GET: `want` is not known, and any hash will do;
				`file` must not hold anything yet */
	int (*entry)(void *arg, const struct remote_entry *entry); /* LIST */
	void *arg; /* the caller's, also given to `entry` */
};

/*
 * remote_run - do what `next` hands out, `connections` at a time, until it has
 * no more.
 *
 *   next   1 and a filled `*t`, 0 no more, negative to end the whole
 *   done   for each, with its code (text in err_text()); negative ends the whole
 *          after what is under way was cancelled.  Not called for what was
 *          cancelled
 *
 * Memory does not grow with the number or size of transfers.  An error that
 * all would meet (E_LOGIN, no connection after all tries) ends the whole.
 */
int remote_run(struct remote *remote,
    int (*next)(void *arg, struct remote_transfer *t),
    int (*done)(void *arg, const struct remote_transfer *t, int rc), void *arg);

/*
 * remote_progress - bytes of bodies moved by the present remote_run, both ways
 * together, including what is half done.  For a progress bar.
 */
int64_t remote_progress(const struct remote *remote);

#endif
