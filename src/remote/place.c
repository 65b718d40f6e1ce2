/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/place.h"

#include <string.h>

#include "base/err.h"

static struct place *
place_of(struct remote *r)
{
	return (struct place *)r;
}

/* ---- what the works share ------------------------------------------------ */

void
outcome_begin(struct outcome *o)
{
	o->is_over = o->is_fatal = false;
	o->rc = 0;
	buf_clear(&o->why);
}

void
outcome_end(struct outcome *o, int rc, const struct http_call *call)
{
	o->is_over = true;
	o->rc = rc;
	o->is_fatal = rc == E_LOGIN ||
	    (rc == E_REMOTE && call != NULL && call->is_unreachable);
	if (rc != 0)
		buf_puts(&o->why, err_text());
}

int
outcome_tell(const struct outcome *o)
{
	return o->rc < 0 ? err_set(o->rc, "%s", buf_text(&o->why)) : o->rc;
}

static int
tick(void *arg)
{
	return remote_tick(arg);
}

int
place_open(struct place *place, const struct remote_config *config,
    const struct http_login *login)
{
	place->connections = config->connections;
	return http_open(config, login, tick, place, &place->http);
}

int
place_wait(struct place *place, const struct outcome *o)
{
	int rc = 0;

	while (rc == 0 && !o->is_over)
		rc = http_turn(place->http);
	return rc != 0 ? rc : outcome_tell(o);
}

bool
place_told(const struct http_call *call)
{
	int status = call->answer.status;

	return call->rc == 0 && status >= 200 && status < 300 && status != 207;
}

/* ---- reading ---------------------------------------------------------------- */

int
place_list(struct remote *r, const char *dir,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg)
{
	const struct place_kind *kind = place_of(r)->kind;
	void *work = kind->listing_new(place_of(r));
	int rc;

	kind->listing_start(work, dir, fn, arg);
	rc = place_wait(place_of(r), work);
	kind->listing_free(work);
	return rc;
}

struct small {
	size_t limit;
	struct buf *out;
};

static void
small_begin(void *arg)
{
	struct small *s = arg;

	buf_clear(s->out);
}

static int
small_body(void *arg, const void *data, size_t len)
{
	struct small *s = arg;

	if (len > s->limit - s->out->len)
		return err_set(E_INPUT, "more than %zu bytes", s->limit);
	buf_add(s->out, data, len);
	return 0;
}

int
place_small(struct http_call *call, int status, size_t limit, struct buf *out)
{
	struct small s = { .limit = limit, .out = out };
	int rc;

	call->begin = small_begin;
	call->sink = small_body;
	call->arg = &s;
	if ((rc = http_do(call)) == E_STOPPED)
		return rc;
	if (call->rc == 0 && call->answer.status == status)
		return 0;
	return http_error(call);
}

int
place_get(struct remote *r, const char *path, size_t limit, struct buf *out)
{
	struct place *place = place_of(r);
	struct http_call call;
	int rc;

	http_call_init(place->http, &call, NULL, NULL);
	place->kind->ask(place, &call, "GET", path, HTTP_REPEAT);
	rc = place_small(&call, 200, limit, out);
	http_call_release(&call);
	return rc;
}

int
place_get_part(struct remote *r, const char *path, int64_t from, size_t limit,
    struct buf *out)
{
	struct place *place = place_of(r);
	struct http_call call;
	int rc;

	http_call_init(place->http, &call, NULL, NULL);
	place->kind->ask(place, &call, "GET", path, HTTP_REPEAT);
	http_header(&call, "Range: bytes=%lld-%lld", (long long)from,
	    (long long)from + (long long)limit - 1);
	rc = place_small(&call, 206, limit, out);
	if (rc == 0 && call.answer.range_from != from)
		rc = err_set(E_REMOTE, "%s: another part came", path);
	http_call_release(&call);
	return rc;
}

/* ---- writing ---------------------------------------------------------------- */

static int
put(struct place *place, const char *path, const struct source *src,
    bool replaces)
{
	void *work = place->kind->put_new(place);
	int rc;

	place->kind->put_start(work, path, src, replaces);
	rc = place_wait(place, work);
	place->kind->put_free(work);
	return rc;
}

int
place_put(struct remote *r, const char *path, const struct source *src)
{
	return put(place_of(r), path, src, false);
}

int
place_replace(struct remote *r, const char *path, const struct source *src)
{
	return put(place_of(r), path, src, true);
}

int
place_put_spoilt(struct remote *r, const char *path, const struct source *src,
    const struct remote_spoil *how)
{
	struct place *place = place_of(r);
	struct http_call call;
	int rc;

	http_call_init(place->http, &call, NULL, NULL);
	place->kind->ask(place, &call, "PUT", path, HTTP_ONCE);
	call.cut_at = how->cut_at;
	call.pause_at = how->pause_at;
	call.pause_ms = how->pause_ms;
	if ((rc = place->kind->give(&call, src)) == 0 &&
	    (rc = http_do(&call)) != E_STOPPED)
		rc = place_told(&call) ? 0 : http_error(&call);
	http_call_release(&call);
	return rc;
}

int
place_remove(struct remote *r, const char *path)
{
	struct place *place = place_of(r);
	struct http_call call;
	int status, rc;

	http_call_init(place->http, &call, NULL, NULL);
	place->kind->ask(place, &call, "DELETE", path, HTTP_REPEAT);
	if ((rc = http_do(&call)) != E_STOPPED) {
		status = call.rc == 0 ? call.answer.status : 0;
		rc = place_told(&call) || status == 404 || status == 410
		    ? 0
		    : http_error(&call);
	}
	http_call_release(&call);
	return rc;
}

/* ---- the rest -------------------------------------------------------------------- */

struct remote_stats
place_stats(const struct remote *r)
{
	return http_stats(((const struct place *)r)->http);
}

int64_t
place_progress(const struct remote *r)
{
	return http_progress(((const struct place *)r)->http);
}
