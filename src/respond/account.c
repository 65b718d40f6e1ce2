/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/account.h"

#include "auth/password.h"
#include "auth/session.h"
#include "auth/throttle.h"
#include "auth/user.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "event/publish.h"
#include "local/lock.h"
#include "respond/responder.h"
#include "web/response.h"

#include <inttypes.h>
#include <string.h>

#define BUSY_S 2 /* sixteen passwords take about a second */

/* ---- as JSON ------------------------------------------------------------- */

static void
put_role_array(struct buf *out, unsigned roles)
{
	buf_putc(out, '[');
	for (unsigned role = USER_READER; role <= USER_ADMIN; role <<= 1)
		if (roles & role) {
			if (out->data[out->len - 1] != '[')
				buf_putc(out, ',');
			json_put_string(out, user_roles_highest(role));
		}
	buf_putc(out, ']');
}

void
account_put_roles(struct buf *out, unsigned roles)
{
	json_put_key(out, "role");
	json_put_string(out, user_roles_highest(roles));
	json_put_key(out, "roles");
	put_role_array(out, roles);
}

/* ---- passwords ----------------------------------------------------------- */

int
account_new_digest(struct request *req, const struct secret *secret,
    const char *password, const char *hash, bool is_required,
    const char **digest)
{
	char *made;

	*digest = secret->passwd_hash;
	if (*digest != NULL)
		return str_is_hex(*digest, HASH_HEX_SIZE - 1)
		    ? 0
		    : request_invalid(req, "body", hash, "value_error",
			  "The SHA-256 of a password is 64 lower-case hex "
			  "digits",
			  NULL);
	if (secret->password == NULL)
		return !is_required ? 0
				    : request_invalid(req, "body", password,
					  "missing", "Field required", NULL);
	made = mem_alloc(req->mem, HASH_HEX_SIZE);
	if (user_digest(secret->password, made) != 0)
		return request_invalid(req, "body", password, "value_error",
		    err_text(), NULL);
	*digest = made;
	return 0;
}

static int
refuse_wait(struct request *req, int64_t wait_s)
{
	(void)response_header(req, "Retry-After", "%" PRId64, wait_s);
	log_line(LOG_WARN, "auth", "login throttled address=%s wait_s=%" PRId64,
	    req->address, wait_s);
	(void)request_fail(req, 429,
	    "Too many failed logins: try again in %" PRId64 " second%s", wait_s,
	    wait_s == 1 ? "" : "s");
	return E_LOGIN;
}

static int
refuse_busy(struct request *req)
{
	(void)response_header(req, "Retry-After", "%d", BUSY_S);
	(void)request_fail(req, 429,
	    "Too many logins at once: try again in %d seconds", BUSY_S);
	return E_LOGIN;
}

/* What was typed as a name may be a password: it is not logged. */
static int
refuse_wrong(struct request *req)
{
	log_line(LOG_WARN, "auth", "login refused address=%s", req->address);
	(void)request_fail(req, 401, "Invalid credentials");
	return E_LOGIN;
}

/* 1 right, 0 wrong; unknown users and broken digests take the same way. */
static int
compare(struct db *db, const char *username, const struct secret *secret)
{
	char digest[HASH_HEX_SIZE];

	if (secret->passwd_hash != NULL)
		return user_verify(db, username, secret->passwd_hash);
	password_digest(secret->password, digest);
	return user_verify(db, username, digest);
}

static int
verify_in_turn(struct request *req, struct throttle *t, const char *username,
    const struct secret *secret)
{
	struct db *db = state_of(req)->site.auth;
	int64_t wait_s = 0;
	int rc;

	if ((rc = throttle_begin(db, t, &wait_s)) != 0)
		return rc;
	if (wait_s > 0)
		return refuse_wait(req, wait_s);
	if ((rc = compare(db, username, secret)) < 0)
		return rc;
	return rc == 1 ? throttle_succeed(db, t) : refuse_wrong(req);
}

int
account_verify(struct request *req, const char *username,
    const struct secret *secret)
{
	struct throttle t;
	int64_t wait_s = 0;
	int rc;

	throttle_init(&t, username, req->address);
	if ((rc = throttle_wait(state_of(req)->site.auth, &t, &wait_s)) != 0)
		return rc;
	if (wait_s > 0)
		return refuse_wait(req, wait_s);
	if (throttle_enter() != 0)
		return refuse_busy(req);
	rc = verify_in_turn(req, &t, username, secret);
	throttle_leave();
	return rc;
}

/* ---- sessions ------------------------------------------------------------ */

static void
tell_end(struct state *st, const char *key)
{
	struct buf data = { NULL, 0, 0 };

	buf_putc(&data, '{');
	json_put_key(&data, "session");
	json_put_string(&data, key);
	buf_putc(&data, '}');
	publish(st->publisher, "sessionEnded", data.data, NULL);
	buf_release(&data);
}

static int
is_one(void *arg, const char *stable_id)
{
	(void)arg;
	(void)stable_id;
	return 1;
}

/* Looked for first: reading does not wait for a sync that writes. */
static int
release_locks(struct db *db, const char *key)
{
	int rc = lock_each(db, key, is_one, NULL);

	return rc == 1 ? lock_remove_all(db, key) : rc;
}

void
account_end_sessions(struct request *req, const char *const *keys)
{
	struct state *st = state_of(req);
	int rc = 0;

	for (size_t i = 0; keys[i] != NULL; i++)
		tell_end(st, keys[i]);
	for (size_t i = 0; keys[i] != NULL && rc >= 0; i++)
		rc = release_locks(st->site.db, keys[i]);
	if (rc < 0)
		log_line(LOG_WARN, "auth", "locks are left to lapse: %s",
		    err_text());
}

struct gathering {
	struct mem *mem;
	const char *but;
	const char **keys;
	size_t n;
	size_t room;
};

static int
gather(void *arg, const char *key)
{
	struct gathering *g = arg;
	const char **more;

	if (str_eq(key, g->but))
		return 0;
	if (g->n + 1 >= g->room) {
		g->room = g->room == 0 ? 16 : 2 * g->room;
		more = mem_alloc(g->mem, g->room * sizeof(*more));
		if (g->n > 0)
			memcpy(more, g->keys, g->n * sizeof(*more));
		g->keys = more;
	}
	g->keys[g->n++] = mem_strdup(g->mem, key);
	g->keys[g->n] = NULL;
	return 0;
}

int
account_sessions(struct request *req, const char *username, const char *but,
    const char *const **keys)
{
	static const char *const none[] = { NULL };
	struct gathering g = { req->mem, but, NULL, 0, 0 };
	int rc = session_each_of(state_of(req)->site.auth, username, gather,
	    &g);

	*keys = g.n > 0 ? (const char *const *)g.keys : none;
	return rc;
}
