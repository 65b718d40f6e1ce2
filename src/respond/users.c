/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/users.h"

#include "auth/user.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "respond/account.h"
#include "respond/responder.h"
#include "web/json.h"
#include "web/response.h"

#include <stddef.h>

#define BODY_MAX 16384

/* ---- telling ------------------------------------------------------------- */

static void
put_account(struct buf *out, const struct user *user)
{
	buf_putc(out, '{');
	json_put_key(out, "username");
	json_put_string(out, user->username);
	json_put_key(out, "fullname");
	json_put_string(out, user->fullname);
	account_put_roles(out, user->roles);
	json_put_key(out, "created_at");
	json_put_string(out, user->created_at);
	json_put_key(out, "updated_at");
	json_put_string(out, user->updated_at);
	buf_putc(out, '}');
}

static int
list_one(void *arg, const struct user *user)
{
	struct buf *out = arg;

	if (out->data[out->len - 1] != '[')
		buf_putc(out, ',');
	put_account(out, user);
	return 0;
}

int
users_list(struct request *req)
{
	struct buf out = { NULL, 0, 0 };
	int rc;

	buf_puts(&out, "{\"users\":[");
	rc = user_each(state_of(req)->site.auth, list_one, &out);
	buf_puts(&out, "]}");
	if (rc == 0)
		rc = response_json(req, &out);
	buf_release(&out);
	return rc;
}

static int
not_there(struct request *req)
{
	return request_fail(req, 404, "There is no such user");
}

static int
answer_account(struct request *req, const char *username)
{
	struct buf out = { NULL, 0, 0 };
	struct user user;
	int rc;

	rc = user_find(state_of(req)->site.auth, username, req->mem, &user);
	if (rc <= 0)
		return rc < 0 ? rc : not_there(req);
	put_account(&out, &user);
	rc = response_json(req, &out);
	buf_release(&out);
	return rc;
}

static int
answer_ok(struct request *req)
{
	struct buf out = { NULL, 0, 0 };
	int rc;

	buf_puts(&out, "{\"result\":\"ok\"}");
	rc = response_json(req, &out);
	buf_release(&out);
	return rc;
}

/* ---- what was sent ------------------------------------------------------- */

struct wish {
	const char *username;
	const char *fullname;
	struct texts roles;
	struct secret secret;
};

static const struct field add_fields[] = {
	{ "username", FIELD_TEXT, true, offsetof(struct wish, username) },
	{ "roles", FIELD_TEXTS, true, offsetof(struct wish, roles) },
	{ "fullname", FIELD_TEXT, false, offsetof(struct wish, fullname) },
	{ "password", FIELD_TEXT, false,
	    offsetof(struct wish, secret.password) },
	{ "passwd_hash", FIELD_TEXT, false,
	    offsetof(struct wish, secret.passwd_hash) },
	{ NULL, FIELD_TEXT, false, 0 },
};

static const struct field change_fields[] = {
	{ "username", FIELD_TEXT, false, offsetof(struct wish, username) },
	{ "roles", FIELD_TEXTS, false, offsetof(struct wish, roles) },
	{ "fullname", FIELD_TEXT, false, offsetof(struct wish, fullname) },
	{ "password", FIELD_TEXT, false,
	    offsetof(struct wish, secret.password) },
	{ "passwd_hash", FIELD_TEXT, false,
	    offsetof(struct wish, secret.passwd_hash) },
	{ NULL, FIELD_TEXT, false, 0 },
};

static const struct field name_fields[] = {
	{ "username", FIELD_TEXT, true, offsetof(struct wish, username) },
	{ NULL, FIELD_TEXT, false, 0 },
};

static int
invalid(struct request *req, const char *field)
{
	return request_invalid(req, "body", field, "value_error", err_text(),
	    NULL);
}

/* 0 roles where none were sent. */
static int
read_roles(struct request *req, const struct texts *texts, unsigned *roles)
{
	unsigned role;

	*roles = 0;
	for (size_t i = 0; i < texts->n; i++) {
		if ((role = user_role_named(texts->items[i])) == 0)
			return request_invalid(req, "body", "roles",
			    "value_error",
			    "user, annotator, reviewer and admin are roles",
			    NULL);
		*roles |= role;
	}
	if (*roles == 0 && texts->items != NULL)
		return request_invalid(req, "body", "roles", "value_error",
		    "A user has at least one role", NULL);
	return 0;
}

static int
check_names(struct request *req, const struct wish *wish)
{
	if (user_check_username(wish->username) != 0)
		return invalid(req, "username");
	if (wish->fullname != NULL && user_check_fullname(wish->fullname) != 0)
		return invalid(req, "fullname");
	return 0;
}

/* ---- adding -------------------------------------------------------------- */

int
users_add(struct request *req)
{
	struct wish wish = { .username = NULL };
	const char *digest = NULL;
	unsigned roles = 0;
	int rc;

	if ((rc = json_fields(req, BODY_MAX, add_fields, &wish)) != 0 ||
	    (rc = check_names(req, &wish)) != 0 ||
	    (rc = read_roles(req, &wish.roles, &roles)) != 0 ||
	    (rc = account_new_digest(req, &wish.secret, "password",
		 "passwd_hash", true, &digest)) != 0 ||
	    (rc = user_add_digest(state_of(req)->site.auth, wish.username,
		 wish.fullname, roles, digest)) != 0)
		return rc;
	log_line(LOG_INFO, "auth", "user added user=%s by=%s", wish.username,
	    req->caller.user);
	return answer_account(req, wish.username);
}

/* ---- changing ------------------------------------------------------------ */

/* A name in the path stands before one in the body. */
static int
need_name(struct request *req, struct wish *wish)
{
	if (req->arg[0] != NULL)
		wish->username = req->arg[0];
	if (wish->username != NULL)
		return 0;
	return request_invalid(req, "body", "username", "missing",
	    "Field required", NULL);
}

/* Sessions that a new password ends: seen before, told after. */
static int
change(struct request *req, const char *username, const struct user_change *c)
{
	const char *const *keys = NULL;
	int rc;

	if (c->digest != NULL &&
	    (rc = account_sessions(req, username, c->keep_session, &keys)) != 0)
		return rc;
	rc = user_change(state_of(req)->site.auth, username, c);
	if (rc == E_ABSENT)
		return not_there(req);
	if (rc == 0 && keys != NULL)
		account_end_sessions(req, keys);
	return rc;
}

/* An admin who gives themselves a new password stays signed in. */
static const char *
kept(const struct request *req, const char *username)
{
	return str_eq(username, req->caller.user) ? req->caller.session : NULL;
}

int
users_change(struct request *req)
{
	struct wish wish = { .username = NULL };
	struct user_change c = { .fullname = NULL };
	int rc;

	if ((rc = json_fields(req, BODY_MAX, change_fields, &wish)) != 0 ||
	    (rc = need_name(req, &wish)) != 0 ||
	    (rc = read_roles(req, &wish.roles, &c.roles)) != 0 ||
	    (rc = account_new_digest(req, &wish.secret, "password",
		 "passwd_hash", false, &c.digest)) != 0)
		return rc;
	if (user_check_username(wish.username) != 0)
		return not_there(req);
	if ((rc = check_names(req, &wish)) != 0)
		return rc;
	c.fullname = wish.fullname;
	c.keep_session = kept(req, wish.username);
	if ((rc = change(req, wish.username, &c)) != 0)
		return rc;
	log_line(LOG_INFO, "auth", "user changed user=%s by=%s", wish.username,
	    req->caller.user);
	return answer_account(req, wish.username);
}

/* ---- removing ------------------------------------------------------------ */

static int
remove_user(struct request *req, const char *username)
{
	const char *const *keys;
	int rc;

	if ((rc = account_sessions(req, username, NULL, &keys)) != 0 ||
	    (rc = user_remove(state_of(req)->site.auth, username)) < 0)
		return rc;
	if (rc == 0)
		return not_there(req);
	log_line(LOG_INFO, "auth", "user removed user=%s by=%s", username,
	    req->caller.user);
	account_end_sessions(req, keys);
	return 0;
}

int
users_remove(struct request *req)
{
	struct wish wish = { .username = NULL };
	int rc = 0;

	if (req->arg[0] == NULL)
		rc = json_fields(req, BODY_MAX, name_fields, &wish);
	if (rc != 0 || (rc = need_name(req, &wish)) != 0)
		return rc;
	if (user_check_username(wish.username) != 0)
		return not_there(req);
	rc = remove_user(req, wish.username);
	return rc != 0 ? rc : answer_ok(req);
}

/* ---- one's own password -------------------------------------------------- */

struct passwords {
	struct secret old;
	struct secret new;
};

static const struct field password_fields[] = {
	{ "old_password", FIELD_TEXT, false,
	    offsetof(struct passwords, old.password) },
	{ "old_passwd_hash", FIELD_TEXT, false,
	    offsetof(struct passwords, old.passwd_hash) },
	{ "new_password", FIELD_TEXT, false,
	    offsetof(struct passwords, new.password) },
	{ "new_passwd_hash", FIELD_TEXT, false,
	    offsetof(struct passwords, new.passwd_hash) },
	{ NULL, FIELD_TEXT, false, 0 },
};

int
users_password(struct request *req)
{
	struct passwords p = { { NULL, NULL }, { NULL, NULL } };
	struct user_change c = { .keep_session = req->caller.session };
	int rc;

	if ((rc = json_fields(req, BODY_MAX, password_fields, &p)) != 0 ||
	    (rc = account_new_digest(req, &p.new, "new_password",
		 "new_passwd_hash", true, &c.digest)) != 0)
		return rc;
	if (p.old.password == NULL && p.old.passwd_hash == NULL)
		return request_invalid(req, "body", "old_password", "missing",
		    "Field required", NULL);
	if ((rc = account_verify(req, req->caller.user, &p.old)) != 0 ||
	    (rc = change(req, req->caller.user, &c)) != 0)
		return rc;
	log_line(LOG_INFO, "auth", "password changed user=%s",
	    req->caller.user);
	return answer_ok(req);
}
