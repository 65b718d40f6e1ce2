/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "remote/fetch.h"

enum { RESTARTS_MAX = 3, WHOLES_MAX = 2, TAG_MAX = 256 };

/* ---- the tag beside the file -------------------------------------------- */

static char *
tag_path(const struct fetch *g)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s.tag", g->t->file);
	return b.data; /* the caller's */
}

/* Only a strong one will do for If-Range (RFC 9110, 13.1.5). */
static bool
tag_is_strong(const char *etag)
{
	size_t len = strlen(etag);

	return len >= 2 && etag[0] == '"' && etag[len - 1] == '"';
}

static void
tag_load(struct fetch *g)
{
	char *path = tag_path(g);
	struct buf b = { 0 };

	g->etag[0] = '\0';
	if (file_read(path, TAG_MAX - 1, &b) == 0 &&
	    tag_is_strong(buf_text(&b)) &&
	    strpbrk(buf_text(&b), "\r\n") == NULL)
		snprintf(g->etag, sizeof(g->etag), "%s", buf_text(&b));
	err_clear();
	buf_release(&b);
	free(path);
}

static void
tag_save(struct fetch *g)
{
	char *path = tag_path(g);

	if (g->etag[0] != '\0')
		(void)file_write(path, g->etag, strlen(g->etag), 0640);
	else
		(void)file_remove(path);
	free(path);
}

static void
tag_drop(struct fetch *g)
{
	char *path = tag_path(g);

	(void)unlink(path);
	free(path);
}

/* ---- the end ------------------------------------------------------------ */

static void
close_file(struct fetch *g)
{
	if (g->fd >= 0)
		close(g->fd);
	g->fd = -1;
}

/* What is there so far may be gone on with; nothing at all is no use. */
static void
leave_part(struct fetch *g)
{
	if (g->at > 0)
		tag_save(g);
	else
		(void)unlink(g->t->file);
}

static void
end(struct fetch *g, int rc)
{
	outcome_end(&g->outcome, rc, &g->call);
	if (rc == E_CORRUPT) {
		(void)unlink(g->t->file);
		tag_drop(g);
	} else if (rc != 0 && g->fd >= 0) {
		leave_part(g);
	} else if (rc == 0 && !g->is_new) {
		tag_drop(g);
	}
	close_file(g);
}

void
fetch_cancel(struct fetch *g)
{
	http_cancel(&g->call);
	if (g->fd >= 0)
		leave_part(g);
	close_file(g);
}

/* ---- the file ----------------------------------------------------------- */

static int
empty_file(struct fetch *g)
{
	http_progress_add(g->place->http, -g->at);
	hash_stream_reset(g->hash);
	g->at = 0;
	g->is_from_start = true;
	g->etag[0] = '\0';
	if (ftruncate(g->fd, 0) != 0 || lseek(g->fd, 0, SEEK_SET) != 0)
		return err_set(E_IO, "%s: %s", g->t->file, strerror(errno));
	return 0;
}

static bool
is_whole(struct fetch *g)
{
	struct hash got;

	if (g->t->size_bytes >= 0 && g->at != g->t->size_bytes)
		return false;
	hash_stream_end(g->hash, &got);
	return g->t->any_hash || hash_eq(&got, &g->t->want);
}

/* The bytes that an earlier run left. */
static int
hash_part(struct fetch *g)
{
	char *data = xmalloc(65536);
	ssize_t n;

	while ((n = file_read_some(g->fd, data, 65536)) > 0) {
		hash_stream_add(g->hash, data, (size_t)n);
		g->at += n;
	}
	free(data);
	return n < 0 ? (int)n : 0;
}

static int
open_file(struct fetch *g)
{
	const char *file = g->t->file;

	g->is_new = true;
	g->fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (g->fd < 0 && errno == EEXIST) {
		g->is_new = false;
		g->fd = open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	}
	if (g->fd < 0)
		return err_set(E_IO, "%s: %s", file, strerror(errno));
	return 0;
}

/* ---- asking -------------------------------------------------------------- */

static int on_body(void *arg, const void *data, size_t len);
static int on_whole(void *arg);

static void
on_begin(void *arg)
{
	struct fetch *g = arg;

	g->is_begun = g->is_misplaced = g->is_too_long = false;
}

static void
ask_for_rest(struct fetch *g)
{
	struct http_call *c = &g->call;

	if (g->at == 0)
		return;
	http_header(c, "Range: bytes=%lld-", (long long)g->at);
	if (g->etag[0] != '\0')
		http_header(c, "If-Range: %s", g->etag);
}

static void
question(struct fetch *g)
{
	struct http_call *c = &g->call;

	g->place->kind->ask(g->place, c, "GET", g->t->path, HTTP_ASK);
	c->begin = on_begin;
	c->sink = on_body;
	c->check = on_whole;
	c->is_counted = true;
	ask_for_rest(g);
}

static void
start_over(struct fetch *g, const char *why)
{
	int rc = empty_file(g);

	if (rc == 0 && ++g->restarts > RESTARTS_MAX)
		rc = err_set(E_REMOTE, "%s: %s, again and again", g->t->path,
		    why);
	if (rc != 0) {
		end(g, rc);
		return;
	}
	question(g);
	http_start(&g->call);
}

/* The whole came, and it is not what it should be. */
static void
bad_whole(struct fetch *g)
{
	if (g->is_from_start && ++g->bad_wholes == WHOLES_MAX)
		end(g,
		    err_set(E_CORRUPT,
			"%s: what the store has is not what "
			"it should be (%s)",
			g->t->path,
			g->is_too_long ? "too long" : "other bytes"));
	else
		start_over(g, "not what it should be");
}

static void
judge(struct fetch *g)
{
	if (is_whole(g))
		end(g, 0);
	else
		bad_whole(g);
}

/* ---- the answer ---------------------------------------------------------- */

static void
keep_etag(struct fetch *g)
{
	const char *etag = g->call.answer.etag;

	snprintf(g->etag, sizeof(g->etag), "%s",
	    tag_is_strong(etag) ? etag : "");
}

/* Do these bytes follow those in the file? */
static int
begin_body(struct fetch *g)
{
	const struct answer *a = &g->call.answer;

	g->is_begun = true;
	if (a->status == 206 && g->at > 0 && a->range_from == g->at)
		return 0;
	if (a->status == 200) {
		int rc = g->at > 0 ? empty_file(g) : 0;

		keep_etag(g);
		return rc;
	}
	g->is_misplaced = true;
	return err_set(E_CORRUPT, "another part came than was asked for");
}

static int
on_body(void *arg, const void *data, size_t len)
{
	struct fetch *g = arg;
	int rc;

	if (!g->is_begun && (rc = begin_body(g)) != 0)
		return rc;
	if (g->t->size_bytes >= 0 && g->at + (int64_t)len > g->t->size_bytes) {
		g->is_too_long = true;
		return err_set(E_CORRUPT, "longer than it should be");
	}
	if ((rc = file_write_all(g->fd, data, len)) != 0)
		return rc;
	hash_stream_add(g->hash, data, len);
	g->at += (int64_t)len;
	return 0;
}

/* A server may end early and say nothing of it. */
static int
on_whole(void *arg)
{
	struct fetch *g = arg;
	int rc;

	if (!g->is_begun && (rc = begin_body(g)) != 0)
		return rc;
	if (g->at < g->t->size_bytes)
		return err_set(E_REMOTE, "only %lld of %lld bytes came",
		    (long long)g->at, (long long)g->t->size_bytes);
	return 0;
}

static void
go_on(struct fetch *g)
{
	struct http_call *c = &g->call;
	int tries = c->tries, rc;
	bool is_spent = c->is_spent;

	if (g->at == g->t->size_bytes && is_whole(g)) {
		end(g, 0); /* all came, but the connection hung */
		return;
	}
	if (g->at == g->t->size_bytes) {
		bad_whole(g);
		return;
	}
	if (g->at <= g->best && (rc = is_spent ? http_again(c) : 0) != 0) {
		end(g, rc);
		return;
	}
	question(g);
	c->tries = tries;
	if (g->at > g->best)
		http_gain(c);
	g->best = g->at > g->best ? g->at : g->best;
	(void)http_again(c);
}

static void
on_done(void *arg)
{
	struct fetch *g = arg;
	const struct http_call *c = &g->call;

	if (c->is_unclear)
		go_on(g);
	else if (g->is_misplaced ||
	    (c->rc == 0 && c->answer.status == 416 && g->at > 0))
		start_over(g, "a part could not be had");
	else if (g->is_too_long)
		bad_whole(g);
	else if (c->rc != 0 || c->answer.status / 100 != 2)
		end(g, http_error(c));
	else
		judge(g);
}

/* ---- the topic ----------------------------------------------------------- */

void
fetch_init(struct fetch *g, struct place *place)
{
	memset(g, 0, sizeof(*g));
	g->place = place;
	g->fd = -1;
	http_call_init(place->http, &g->call, on_done, g);
}

void
fetch_release(struct fetch *g)
{
	fetch_cancel(g);
	http_call_release(&g->call);
	hash_stream_free(g->hash);
	g->hash = NULL;
	buf_release(&g->outcome.why);
}

static void
forget_last(struct fetch *g, const struct remote_transfer *t)
{
	outcome_begin(&g->outcome);
	if (g->hash == NULL)
		g->hash = hash_stream_new();
	else
		hash_stream_reset(g->hash);
	g->t = t;
	g->at = g->best = 0;
	g->is_from_start = true;
	g->is_misplaced = g->is_too_long = false;
	g->bad_wholes = g->restarts = 0;
	g->etag[0] = '\0';
}

/* 1: the file is whole already. */
static int
take_part(struct fetch *g)
{
	int rc;

	if ((rc = hash_part(g)) != 0 || g->at == 0)
		return rc;
	g->is_from_start = false;
	http_progress_add(g->place->http, g->at);
	if (g->t->size_bytes < 0 || g->at < g->t->size_bytes) {
		tag_load(g);
		g->best = g->at;
		return 0;
	}
	return is_whole(g) ? 1 : empty_file(g);
}

void
fetch_start(struct fetch *g, const struct remote_transfer *t)
{
	int rc;

	forget_last(g, t);
	http_call_reset(&g->call, "GET", HTTP_ASK);
	if ((rc = open_file(g)) != 0 ||
	    (!g->is_new && (rc = take_part(g)) != 0)) {
		end(g, rc > 0 ? 0 : rc);
		return;
	}
	question(g);
	http_start(&g->call);
}
