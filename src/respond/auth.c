/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/session.h"
#include "auth/user.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "local/db.h"
#include "respond/account.h"
#include "respond/identify.h"
#include "respond/responder.h"
#include "respond/users.h"
#include "web/json.h"
#include "web/response.h"
#include "web/route.h"

#include <stddef.h>
#include <string.h>

#define BODY_MAX 16384

/* ---- the cookie ---------------------------------------------------------- */

/* The API's root: without the version, so that /api gets it as /api/v1 does. */
static const char *
cookie_path(struct request *req)
{
	size_t len = strlen(req->prefix);

	if (str_ends(req->prefix, "/v1"))
		len -= strlen("/v1");
	if (len == 0 || strpbrk(req->prefix, ";, \"\\") != NULL)
		return "/";
	return mem_strndup(req->mem, req->prefix, len);
}

/*
 * May the page that sends this be another site's?  It could sign somebody in
 * as another without their knowing, so it gets no cookie.
 */
static bool
is_from_elsewhere(const struct request *req)
{
	const char *site = request_header(req, "Sec-Fetch-Site");
	const char *origin = request_header(req, "Origin");

	return (site != NULL || origin != NULL) && !route_is_same_origin(req);
}

/* `id` "": away with it. */
static int
set_cookie(struct request *req, const char *id)
{
	return response_header(req, "Set-Cookie",
	    "sessionId=%s; Path=%s; HttpOnly; SameSite=Strict%s%s", id,
	    cookie_path(req), req->is_https ? "; Secure" : "",
	    *id == '\0' ? "; Max-Age=0" : "");
}

/* ---- login --------------------------------------------------------------- */

struct login {
	const char *username;
	struct secret secret;
};

static const struct field login_fields[] = {
	{ "username", FIELD_TEXT, true, offsetof(struct login, username) },
	{ "passwd_hash", FIELD_TEXT, false,
	    offsetof(struct login, secret.passwd_hash) },
	{ "password", FIELD_TEXT, false,
	    offsetof(struct login, secret.password) },
	{ NULL, FIELD_TEXT, false, 0 },
};

static int
read_login(struct request *req, struct login *login)
{
	const char *secret;
	int rc;

	if ((rc = json_fields(req, BODY_MAX, login_fields, login)) != 0)
		return rc;
	secret = login->secret.passwd_hash != NULL ? login->secret.passwd_hash
						   : login->secret.password;
	if (secret == NULL)
		return request_invalid(req, "body", "passwd_hash", "missing",
		    "Field required", NULL);
	if (*login->username == '\0' || *secret == '\0')
		return request_fail(req, 400,
		    "Missing username or password hash");
	return 0;
}

/*
 * The password was right for the user of then.  Whoever was removed or changed
 * since does not get a session that should have ended with that.
 */
static int
add_session(struct request *req, struct user *user, char id[SESSION_ID_SIZE])
{
	struct site *site = &state_of(req)->site;
	const char *then = user->updated_at;
	int rc;

	rc = user_find(site->auth, user->username, req->mem, user);
	if (rc < 0)
		return rc;
	if (rc == 0 || !str_eq(user->updated_at, then))
		return request_fail(req, 401, "Invalid credentials");
	return session_add(site->auth, user->username,
	    site->conf->session_timeout_s, id);
}

static int
begin_session(struct request *req, struct user *user, char id[SESSION_ID_SIZE])
{
	struct db *db = state_of(req)->site.auth;
	int rc = db_begin(db);

	return rc != 0 ? rc : db_end(db, add_session(req, user, id));
}

static void
put_user(struct buf *out, const char *username, const char *fullname,
    unsigned roles)
{
	json_put_key(out, "username");
	json_put_string(out, username);
	json_put_key(out, "fullname");
	json_put_string(out, fullname);
	account_put_roles(out, roles);
}

static int
answer_login(struct request *req, const struct user *user, const char *id)
{
	struct buf out = { NULL, 0, 0 };
	int rc = 0;

	if (!is_from_elsewhere(req))
		rc = set_cookie(req, id);
	buf_putc(&out, '{');
	put_user(&out, user->username, user->fullname, user->roles);
	json_put_key(&out, "sessionId");
	json_put_string(&out, id);
	buf_putc(&out, '}');
	if (rc == 0)
		rc = response_json(req, &out);
	explicit_bzero(out.data, out.room);
	buf_release(&out);
	return rc;
}

static int
auth_login(struct request *req)
{
	struct db *db = state_of(req)->site.auth;
	struct login login = { NULL, { NULL, NULL } };
	struct user user = { .username = NULL };
	char id[SESSION_ID_SIZE];
	int rc;

	if ((rc = read_login(req, &login)) != 0 ||
	    (rc = user_find(db, login.username, req->mem, &user)) < 0 ||
	    (rc = account_verify(req, login.username, &login.secret)) != 0 ||
	    (rc = begin_session(req, &user, id)) != 0)
		return rc;
	log_line(LOG_INFO, "auth", "login user=%s address=%s", user.username,
	    req->address);
	return answer_login(req, &user, id);
}

/* ---- logout, status ------------------------------------------------------ */

static int
end_session(struct request *req)
{
	const char *keys[] = { req->caller.session, NULL };
	int rc;

	if ((rc = session_remove(state_of(req)->site.auth, keys[0])) < 0)
		return rc;
	account_end_sessions(req, keys);
	log_line(LOG_INFO, "auth", "logout user=%s", req->caller.user);
	return 0;
}

static int
auth_logout(struct request *req)
{
	struct buf out = { NULL, 0, 0 };
	int rc = 0;

	if (req->caller.session != NULL)
		rc = end_session(req);
	if (rc != 0 || (rc = set_cookie(req, "")) != 0)
		return rc;
	buf_puts(&out, "{\"status\":\"logged_out\"}");
	rc = response_json(req, &out);
	buf_release(&out);
	return rc;
}

static int
auth_status(struct request *req)
{
	const struct caller *c = &req->caller;
	struct buf out = { NULL, 0, 0 };
	int rc;

	/* The router does not tell nobody from somebody who has timed out. */
	if (!c->is_known && (rc = identify(req)) != 0)
		return rc;
	if (!c->is_known)
		return request_fail(req, 401, "Not authenticated");
	buf_putc(&out, '{');
	put_user(&out, c->user, c->fullname, c->roles);
	buf_putc(&out, '}');
	rc = response_json(req, &out);
	buf_release(&out);
	return rc;
}

/* ---- the table ----------------------------------------------------------- */

static const struct route routes[] = {
	{ "POST", "/auth/login", NEED_NOTHING, auth_login },
	{ "POST", "/auth/logout", NEED_NOTHING, auth_logout },
	{ "GET", "/auth/status", NEED_NOTHING, auth_status },
	{ "POST", "/auth/password", NEED_LOGIN, users_password },
	{ "GET", "/users", NEED_ADMIN, users_list },
	{ "POST", "/users", NEED_ADMIN, users_add },
	{ "PATCH", "/users", NEED_ADMIN, users_change },
	{ "DELETE", "/users", NEED_ADMIN, users_remove },
	{ "PATCH", "/users/{}", NEED_ADMIN, users_change },
	{ "DELETE", "/users/{}", NEED_ADMIN, users_remove },
	{ NULL, NULL, NEED_NOTHING, NULL },
};

int
main(int argc, char **argv)
{
	static const struct responder responder = { .name = "auth",
		.routes = routes };

	return responder_main(argc, argv, &responder);
}
