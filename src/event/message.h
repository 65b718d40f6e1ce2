/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef EVENT_MESSAGE_H
#define EVENT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "event/event.h"

struct buf;
struct mem;

/*
 * The lines of the protocol, in both directions (doc/INTERFACES.md, "The hub").
 * Texts are borrowed by message_put, and of `mem` after message_parse.
 */

/* A line to the hub, with its line feed, has at most EVENT_LINE_MAX bytes.  One
 * from it may hold the summary of a sync, or the state, and be longer. */
#define MESSAGE_SUMMARY_MAX (1024 * 1024)
#define MESSAGE_LINE_MAX (MESSAGE_SUMMARY_MAX + EVENT_LINE_MAX)
#define MESSAGE_USER_MAX 256

/* The bytes of an event line that are not the publisher's: its id. */
#define MESSAGE_ID_ROOM 128

enum message_kind {
	MESSAGE_HUB, /* the greeting */
	MESSAGE_PUBLISH,
	MESSAGE_SUBSCRIBE,
	MESSAGE_SUBSCRIBED,
	MESSAGE_EVENT,
	MESSAGE_REPLAY,
	MESSAGE_REPLAYED,
	MESSAGE_SYNC,
	MESSAGE_STARTED,
	MESSAGE_BUSY,
	MESSAGE_ENDED,
	MESSAGE_STATE, /* asked for with {}, answered with more */
	MESSAGE_WATCH, /* somebody has a document open */
	MESSAGE_ERROR,
	MESSAGE_KINDS
};

/* What is not of its kind is NULL, false, 0 or {NULL, 0}. */
struct message {
	enum message_kind kind;
	int64_t hub; /* the protocol's number */
	const char *version;
	const char *epoch;
	const char *id; /* of an event */
	const char *name;
	const char *data;
	const char *user; /* NULL: everybody, or nobody known */
	const char *since;
	const char *last; /* the newest id there is */
	bool whole;
	bool force;
	bool confirm_deletions;
	bool recover; /* not a sync as usual, but `stemma recover`, */
	bool dry_run; /* which only looks, */
	bool join;    /* or goes over to another store */
	bool wait;
	int64_t run_id;
	int64_t status; /* the exit status of a sync; -1: ended by a signal */
	const char *error;
	const char *detail;
	struct json summary;
	struct json state;
};

/* message_put - append it as one line, with its line feed. */
void message_put(struct buf *out, const struct message *m);

/* message_error - the code that an error's name stands for; 0 for NULL, E_IO
 * for a name that is none. */
int message_error(const char *name);

/*
 * message_parse - read one line (without its line feed).  E_INPUT: it is no
 * JSON, not of a known kind, or lacks or bends something that its kind must
 * have; the text says what.  Members that are not known are passed over.
 */
int message_parse(struct mem *mem, const char *line, size_t len,
    struct message *m);

#endif
