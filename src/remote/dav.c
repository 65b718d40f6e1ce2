/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/dav.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

static struct dav *
dav_of(struct remote *r)
{
	return (struct dav *)r;
}

/* ---- requests ------------------------------------------------------------------ */

void
dav_question(struct dav *dav, struct http_call *call, const char *method,
    const char *path, bool as_dir, enum http_repeat repeat)
{
	http_call_reset(call, method, repeat);
	address_of(&dav->address, path, as_dir, &call->url);
}

/*
 * The whole address, which Apache wants; or its path alone (RFC 4918, 10.3),
 * since behind a proxy that ends TLS or hides the Host a server takes our
 * address for another server's.  Overwrite, since the default differs.
 */
void
dav_destination(struct dav *dav, struct http_call *call, const char *to,
    bool as_dir, bool overwrites)
{
	struct buf url = { 0 };

	address_of(&dav->address, to, as_dir, &url);
	http_header(call, "Destination: %s",
	    dav->place.base.traits.moves_by_path ? address_path(buf_text(&url))
						 : buf_text(&url));
	http_header(call, "Overwrite: %s", overwrites ? "T" : "F");
	http_header(call, "Depth: infinity");
	buf_release(&url);
}

bool
dav_other_destination(struct dav *dav, int status)
{
	struct remote_traits *traits = &dav->place.base.traits;

	if (status != 400 && status != 502)
		return false;
	traits->moves_by_path = !traits->moves_by_path;
	return true;
}

bool
dav_is_done(int status)
{
	return status >= 200 && status < 300 && status != 207;
}

/* ---- reading ---------------------------------------------------------------- */

/* One question whether it is there, and a folder. */
static int
dav_ask_dir(struct dav *dav, const char *path, bool *is_dir)
{
	struct dav_listing l;
	int rc;

	*is_dir = false;
	dav_listing_init(&l, dav, NULL, NULL);
	dav_listing_ask(&l, path, true);
	if ((rc = place_wait(&dav->place, &l.outcome)) == 0)
		*is_dir = l.is_there && l.is_dir;
	dav_listing_release(&l);
	return rc;
}

/* ---- writing ---------------------------------------------------------------- */

/* Ask for a change that says nothing but its status; E_STOPPED, or 0. */
static int
change(struct http_call *call, const struct dav *dav, const char *method,
    const char *path, bool as_dir, enum http_repeat repeat)
{
	http_call_init(dav->place.http, call, NULL, NULL);
	http_call_reset(call, method, repeat);
	address_of(&dav->address, path, as_dir, &call->url);
	return http_do(call) == E_STOPPED ? E_STOPPED : 0;
}

static int
dav_remove_dir(struct remote *r, const char *dir)
{
	struct http_call call;
	int status, rc;

	rc = change(&call, dav_of(r), "DELETE", dir, true, HTTP_REPEAT);
	status = call.answer.status;
	if (rc == 0 &&
	    (call.rc != 0 ||
		!(dav_is_done(status) || status == 404 || status == 410)))
		rc = http_error(&call);
	http_call_release(&call);
	return rc;
}

/* What the answer to a MOVE that was sent once tells. */
static int
move_answer(const struct http_call *call)
{
	int status = call->answer.status;

	if (call->rc != 0)
		return http_error(call);
	if (dav_is_done(status))
		return 0;
	if (status == 401 || answer_may_pass(status))
		return http_error(call);
	(void)http_error(call);
	return err_set(E_CONFLICT, "%s", err_text());
}

static int
move_told(struct dav *dav, const char *from, const char *to, bool as_dir,
    int *status)
{
	struct http_call call;
	int rc;

	http_call_init(dav->place.http, &call, NULL, NULL);
	dav_question(dav, &call, "MOVE", from, as_dir, HTTP_ONCE);
	dav_destination(dav, &call, to, as_dir, false);
	call.may_reuse = dav->place.base.is_probe;
	if ((rc = http_do(&call)) != E_STOPPED)
		rc = move_answer(&call);
	*status = call.rc == 0 ? call.answer.status : 0;
	http_call_release(&call);
	return rc;
}

/*
 * Twice where the first was refused for how it was told: whatever that did,
 * a name can be renamed away only once, and whoever calls looks.
 */
static int
dav_move_once(struct remote *r, const char *from, const char *to,
    enum remote_move_kind kind)
{
	bool as_dir = kind == REMOTE_MOVE_DIR;
	int status, rc;

	rc = move_told(dav_of(r), from, to, as_dir, &status);
	if (rc != E_STOPPED && dav_other_destination(dav_of(r), status)) {
		rc = move_told(dav_of(r), from, to, as_dir, &status);
		(void)dav_other_destination(dav_of(r), status);
	}
	return rc;
}

/* ---- folders ------------------------------------------------------------------ */

/*
 * 405 is what the RFC says of a folder that exists; 301, 403 and 409 are what
 * some servers say, so these are asked again.
 */
static int
mkcol(struct dav *dav, const char *dir)
{
	struct http_call call;
	bool is_dir = false;
	int rc, failed;

	rc = change(&call, dav, "MKCOL", dir, true, HTTP_REPEAT);
	if (rc != 0 ||
	    (call.rc == 0 &&
		(dav_is_done(call.answer.status) ||
		    call.answer.status == 405))) {
		http_call_release(&call);
		return rc;
	}
	failed = http_error(&call);
	if (failed != E_LOGIN && !call.is_unreachable &&
	    (rc = dav_ask_dir(dav, dir, &is_dir)) != E_STOPPED)
		rc = is_dir ? 0 : http_error(&call);
	else
		rc = rc == E_STOPPED ? rc : http_error(&call);
	http_call_release(&call);
	return rc;
}

static int
dav_make_dir(struct remote *r, const char *dir)
{
	struct dav *dav = dav_of(r);
	int rc;

	if (known_has(&dav->known, dir))
		return 0;
	if ((rc = mkcol(dav, dir)) == 0)
		known_add(&dav->known, dir);
	return rc;
}

static void
dav_forget_dirs(struct remote *r)
{
	known_clear(&dav_of(r)->known);
}

/* Cut the last part off an encoded path; false when there is none. */
static bool
cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

/*
 * The root lies where it does on the server: for these two the address is
 * shortened for a while.  Above the root a server may say what it likes:
 * whatever is not "absent" counts as there.
 */
static int
root_is_there(struct dav *dav, const char *path, bool is_root)
{
	char *whole = dav->address.path;
	bool is_dir;
	int rc;

	dav->address.path = xstrdup(path);
	rc = dav_ask_dir(dav, "", &is_dir);
	free(dav->address.path);
	dav->address.path = whole;
	if (rc == 0)
		return is_dir ? 1 : 0;
	if (is_root || rc == E_STOPPED || rc == E_REMOTE || rc == E_LOGIN)
		return rc;
	return 1;
}

static int
root_make(struct dav *dav, const char *path)
{
	char *whole = dav->address.path;
	int rc;

	dav->address.path = xstrdup(path);
	rc = mkcol(dav, "");
	free(dav->address.path);
	dav->address.path = whole;
	return rc;
}

/* From the deepest folder that is there, down to the root. */
static int
root_make_from(struct dav *dav, size_t have)
{
	const char *whole = dav->address.path;
	char *path = xstrdup(whole);
	size_t len = have;
	int rc = 0;

	while (rc == 0 && whole[len] != '\0') {
		len += 1 + strcspn(whole + len + 1, "/");
		memcpy(path, whole, len);
		path[len] = '\0';
		rc = root_make(dav, path);
	}
	free(path);
	return rc;
}

static int
dav_make_root(struct remote *r)
{
	struct dav *dav = dav_of(r);
	char *path = xstrdup(dav->address.path);
	bool is_root = true;
	int rc;

	while ((rc = root_is_there(dav, path, is_root)) == 0 && cut_last(path))
		is_root = false;
	if (rc == 0)
		rc = err_set(E_REMOTE,
		    "%s: not even its top is a WebDAV "
		    "folder",
		    r->name);
	else if (rc > 0)
		rc = root_make_from(dav, strlen(path));
	free(path);
	if (rc == 0 && !is_root &&
	    (rc = root_is_there(dav, dav->address.path, true)) == 0)
		rc = err_set(E_REMOTE, "%s: could not be made", r->name);
	return rc > 0 ? 0 : rc;
}

/* ---- the rest -------------------------------------------------------------------- */

static void
dav_close(struct remote *r)
{
	struct dav *dav = dav_of(r);

	http_close(dav->place.http);
	known_clear(&dav->known);
	address_release(&dav->address);
	free(dav);
}

static void
dav_ask(struct place *place, struct http_call *call, const char *method,
    const char *path, enum http_repeat repeat)
{
	dav_question((struct dav *)place, call, method, path, false, repeat);
}

static int
dav_give(struct http_call *call, const struct source *src)
{
	call->body = src;
	return 0;
}

static const struct place_kind dav_kind = {
	.ask = dav_ask,
	.give = dav_give,
	.put_new = dav_put_new,
	.put_free = dav_put_free,
	.put_start = dav_put_start,
	.listing_new = dav_listing_new,
	.listing_free = dav_listing_free,
	.listing_start = dav_listing_start,
};

static const struct remote_ops dav_ops = {
	.close = dav_close,
	.head_look = renamed_head_look,
	.head_swap = renamed_head_swap,
	.head_body = renamed_head_body,
	.head_create = renamed_head_create,
	.list = place_list,
	.get = place_get,
	.get_part = place_get_part,
	.put = place_put,
	.put_spoilt = place_put_spoilt,
	.replace = place_replace,
	.remove = place_remove,
	.remove_dir = dav_remove_dir,
	.make_dir = dav_make_dir,
	.make_root = dav_make_root,
	.forget_dirs = dav_forget_dirs,
	.move_once = dav_move_once,
	.run = many_run,
	.stats = place_stats,
	.progress = place_progress,
};

static struct http_login
login_of(const struct remote_config *c, const struct address *a)
{
	struct http_login login = { .is_loopback = a->is_loopback };

	if (c->username != NULL && c->username[0] != '\0') {
		login.username = c->username;
		login.password = c->password;
	} else {
		login.username = a->username;
		login.password = a->password;
	}
	return login;
}

static int
check_login(const struct remote_config *c, const struct address *a,
    const struct http_login *login)
{
	if (login->username == NULL || a->is_https || a->is_loopback ||
	    c->insecure_login)
		return 0;
	return err_set(E_INPUT,
	    "%s: over http everybody on the way could read "
	    "the password; use an https:// address",
	    a->origin);
}

int
dav_open(const struct remote_config *config, struct remote **remote)
{
	struct dav *dav = xmalloc(sizeof(*dav));
	struct http_login login;
	struct buf name = { 0 };
	int rc;

	memset(dav, 0, sizeof(*dav));
	dav->place.base.ops = &dav_ops;
	dav->place.kind = &dav_kind;
	if ((rc = address_parse(config->url, &dav->address)) != 0) {
		free(dav);
		return rc;
	}
	login = login_of(config, &dav->address);
	if ((rc = check_login(config, &dav->address, &login)) != 0 ||
	    (rc = place_open(&dav->place, config, &login)) != 0) {
		address_release(&dav->address);
		free(dav);
		return rc;
	}
	address_of(&dav->address, "", true, &name);
	dav->place.base.name = name.data;
	*remote = &dav->place.base;
	return 0;
}
