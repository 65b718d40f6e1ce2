/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/session.h"
#include "auth/user.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "local/db.h"
#include "respond/identify.h"
#include "respond/responder.h"
#include "unit/temp.h"
#include "unit/web_run.h"
#include "web/request.h"
#include "web/response.h"
#include "web/route.h"
#include "web/serve.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct state state;
static struct mem *mem;
static char *dir;
static char anna[SESSION_ID_SIZE], bob[SESSION_ID_SIZE];

static int
say_who(struct request *req)
{
	const struct caller *c = &req->caller;

	return response_printf(req, "%s %s %u %d %d", c->user ? c->user : "-",
	    c->session ? c->session : "-", c->roles, c->is_known,
	    c->is_by_cookie);
}

static const struct route routes[] = {
	{ "GET", "/any", NEED_NOTHING, say_who },
	{ "GET", "/mine", NEED_LOGIN, say_who },
	{ "GET", "/sse/subscribe", NEED_LOGIN, say_who },
	{ NULL, NULL, NEED_NOTHING, NULL },
};

static int
identify_here(struct request *req)
{
	req->site = &state;
	return identify(req);
}

static const struct serve_app app = { .name = "test",
	.routes = routes,
	.is_read_public = true,
	.identify = identify_here };

static int
setup(void **unused)
{
	const char *conf;
	char *text;

	(void)unused;
	mem = mem_new();
	dir = temp_dir();
	conf = path_join(mem, dir, "stemma.conf");
	text = mem_printf(mem, "DB_DIR=%s\nDATA_ROOT=%s\nRUN_DIR=%s\n", dir,
	    dir, dir);
	site_init(&state.site, conf);
	if (file_write(conf, text, strlen(text), 0600) != 0 ||
	    site_auth(&state.site, true) != 0 ||
	    user_add(state.site.auth, "anna", "A.", USER_REVIEWER, "x") != 0 ||
	    user_add(state.site.auth, "bob", "", USER_ADMIN, "x") != 0 ||
	    session_add(state.site.auth, "anna", 3600, anna) != 0)
		return -1;
	return session_add(state.site.auth, "bob", 3600, bob);
}

static int
teardown(void **unused)
{
	(void)unused;
	site_release(&state.site);
	temp_remove(dir);
	mem_free(mem);
	return 0;
}

/* The answer to GET of `path` with these, each NULL where it is not sent. */
static int
ask(const char *path, const char *query, const char *header, const char *cookie,
    char **body)
{
	const char *more[3] = { NULL, NULL, NULL };
	struct web_run w;
	size_t n = 0;
	int status;

	memset(&w, 0, sizeof(w));
	if (header != NULL)
		more[n++] = mem_printf(mem, "HTTP_X_SESSION_ID=%s", header);
	if (cookie != NULL)
		more[n++] = mem_printf(mem, "HTTP_COOKIE=a=b; sessionId=%s",
		    cookie);
	web_run_simple(&w, &app, "GET",
	    mem_printf(mem, "/api/v1%s%s%s", path, query != NULL ? "?" : "",
		query != NULL ? query : ""),
	    NULL, more);
	status = web_run_status(&w);
	*body = mem_strdup(mem, web_run_body(&w));
	web_run_release(&w);
	return status;
}

static char *
of_query(const char *id)
{
	return mem_printf(mem, "sessionId=%s", id);
}

#define assert_refused(status, text, body, ask)      \
	do {                                         \
		assert_int_equal(ask, status);       \
		assert_non_null(strstr(body, text)); \
	} while (0)

#define assert_is(who, is_by_cookie, body, ask)                               \
	do {                                                                  \
		assert_int_equal(ask, 200);                                   \
		assert_int_equal(strncmp(body, who " ", strlen(who) + 1), 0); \
		assert_int_equal(body[strlen(body) - 1],                      \
		    (is_by_cookie) ? '1' : '0');                              \
	} while (0)

static void
the_first_that_is_not_empty_counts(void **unused)
{
	char *body;

	(void)unused;
	assert_is("anna", false, body, ask("/mine", NULL, anna, NULL, &body));
	assert_is("anna", false, body, ask("/mine", NULL, anna, bob, &body));
	assert_is("bob", true, body, ask("/mine", NULL, NULL, bob, &body));
	assert_is("bob", true, body, ask("/mine", NULL, "", bob, &body));
	assert_is("anna", false, body,
	    ask("/sse/subscribe", of_query(anna), NULL, bob, &body));
	assert_is("bob", false, body,
	    ask("/sse/subscribe", of_query(anna), bob, NULL, &body));
	assert_is("bob", true, body,
	    ask("/sse/subscribe", of_query(""), "", bob, &body));
}

static void
a_wrong_one_is_not_rescued_by_a_right_one(void **unused)
{
	char *body;

	(void)unused;
	assert_refused(401, "Session expired", body,
	    ask("/mine", NULL, "wrong", bob, &body));
	assert_refused(401, "Session expired", body,
	    ask("/sse/subscribe", of_query("wrong"), NULL, bob, &body));
	assert_refused(401, "Session expired", body,
	    ask("/sse/subscribe", of_query(anna), "wrong", bob, &body));
	assert_refused(401, "Session expired", body,
	    ask("/mine", NULL, NULL, "wrong", &body));
}

static void
an_id_in_the_query_is_refused_but_for_event_streams(void **unused)
{
	char *body;

	(void)unused;
	assert_refused(400, "X-Session-Id", body,
	    ask("/mine", of_query(anna), NULL, NULL, &body));
	assert_refused(400, "X-Session-Id", body,
	    ask("/any", of_query(anna), anna, NULL, &body));
	assert_null(strstr(body, anna));
	assert_is("anna", false, body,
	    ask("/mine", of_query(""), anna, NULL, &body));
}

static void
nobody_is_nobody(void **unused)
{
	char *body;

	(void)unused;
	assert_refused(401, "Authentication required", body,
	    ask("/mine", NULL, NULL, NULL, &body));
	assert_refused(401, "Authentication required", body,
	    ask("/mine", NULL, "", "", &body));
	assert_is("-", false, body, ask("/any", NULL, NULL, NULL, &body));
	assert_is("-", false, body, ask("/any", NULL, "wrong", NULL, &body));
}

static void
a_caller_has_the_key_and_never_the_id(void **unused)
{
	char key[HASH_HEX_SIZE];
	char *body;

	(void)unused;
	session_key(anna, key);
	assert_refused(200, key, body, ask("/mine", NULL, anna, NULL, &body));
	assert_null(strstr(body, anna));
	/* What may be told opens nothing. */
	assert_refused(401, "Session expired", body,
	    ask("/mine", NULL, key, NULL, &body));
}

static void
a_removed_user_is_nobody(void **unused)
{
	char *body;

	(void)unused;
	assert_int_equal(user_remove(state.site.auth, "anna"), 1);
	assert_refused(401, "Authentication required", body,
	    ask("/mine", NULL, anna, NULL, &body));
	assert_is("-", false, body, ask("/any", NULL, anna, bob, &body));
}

#define FACT(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(the_first_that_is_not_empty_counts),
		FACT(a_wrong_one_is_not_rescued_by_a_right_one),
		FACT(an_id_in_the_query_is_refused_but_for_event_streams),
		FACT(nobody_is_nobody),
		FACT(a_caller_has_the_key_and_never_the_id),
		FACT(a_removed_user_is_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
