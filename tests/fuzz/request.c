/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "web/request.h"
#include "base/err.h"
#include "base/json.h"
#include "unit/web_run.h"
#include "web/response.h"
#include "web/route.h"
#include "web/serve.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_SIZE 50
#define PARAMS_MAX 300

static int
look(struct request *req)
{
	bool fresh = false;
	int64_t limit;
	int rc;

	for (int i = 0; i < ROUTE_ARGS; i++)
		if (req->arg[i] != NULL &&
		    (strlen(req->arg[i]) > 255 || strchr(req->arg[i], '/')))
			abort();
	if ((rc = request_query_int(req, "n", 1, 9, 5, &limit)) != 0 ||
	    (rc = request_query_bool(req, "b", &fresh)) != 0)
		return rc;
	if (limit < 1 || limit > 9)
		abort();
	if (request_query(req, "fail") != NULL)
		return request_fail(req, 409, "%s", request_query(req, "fail"));
	(void)response_header(req, "X-Echo", "%s", req->path);
	if (request_cookie(req, "c") != NULL)
		(void)response_header(req, "Set-Cookie", "c=%s",
		    request_cookie(req, "c"));
	return response_puts(req, "[]");
}

static int
read_all(struct request *req)
{
	struct buf b = { NULL, 0, 0 };
	int rc = request_body(req, 1000, &b);

	if (rc == 0 && b.len > 1000)
		abort();
	buf_release(&b);
	return rc != 0 ? rc : response_puts(req, "[]");
}

static int
send_file(struct request *req)
{
	static int fd = -1;
	const char *name = request_query(req, "name");
	struct response_content c = { .size_bytes = FILE_SIZE,
		.etag = "abc",
		.type = "application/xml",
		.filename = name };

	if (fd < 0) {
		char path[] = "/tmp/stemma-fuzz-XXXXXX";

		fd = mkstemp(path);
		unlink(path);
		if (ftruncate(fd, FILE_SIZE) != 0)
			abort();
	}
	c.fd = fd;
	return response_content(req, &c);
}

static const struct route routes[] = {
	{ "GET", "/look", NEED_READ, look },
	{ "GET", "/look/{}/of/{}", NEED_LOGIN, look },
	{ "POST", "/read", NEED_WRITE, read_all },
	{ "GET", "/file", NEED_NOTHING, send_file },
	{ NULL },
};

static int
identify(struct request *req)
{
	const char *who = request_header(req, "X-User");

	if (who == NULL && (who = request_cookie(req, "user")) != NULL)
		req->caller.is_by_cookie = true;
	req->caller.is_known = who != NULL;
	req->caller.user = who;
	req->caller.roles = who != NULL && *who == 'w' ? 1 : 0;
	return who != NULL && *who == 'x' ? err_set(E_LOGIN, "expired") : 0;
}

static const struct serve_app app = { .name = "fuzz",
	.routes = routes,
	.write_roles = 1,
	.is_read_public = true,
	.identify = identify };

/* Lines are parameters, until an empty one: what follows is the body. */
static size_t
split(char *text, const char **params, size_t size)
{
	size_t n = 0;
	char *s = text;

	while (n < PARAMS_MAX && (size_t)(s - text) < size) {
		char *end = memchr(s, '\n', size - (size_t)(s - text));

		if (end == NULL)
			end = text + size;
		*end = '\0';
		if (end == s)
			return (size_t)(end - text) + 1;
		if (strchr(s, '=') != NULL)
			params[n++] = s;
		s = end + 1;
	}
	return size;
}

/* The head has one status, and a body is as long as it says. */
static void
check_answer(struct web_run *w)
{
	const char *length = web_run_header(w, "Content-Length");
	int status = web_run_status(w);
	size_t len;

	if (w->rc != 0 || status < 200 || status >= 500)
		abort();
	len = w->out.len - (size_t)(web_run_body(w) - w->out.data);
	if (web_run_header(w, "X-Request-Id") == NULL)
		abort();
	if (len > 0 && (length == NULL || (size_t)atol(length) != len))
		abort();
	if (status >= 400 && len > 0 && json_check(web_run_body(w), len) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *params[PARAMS_MAX + 1] = { NULL };
	char *text = malloc(size + 1);
	struct web_run w = { NULL };
	size_t at;

	memcpy(text, data, size);
	text[size] = '\0';
	at = split(text, params, size);
	if (at < size) {
		w.body = text + at;
		w.len = size - at;
	}
	web_run(&w, &app, params);
	check_answer(&w);
	web_run_release(&w);
	free(text);
	return 0;
}
