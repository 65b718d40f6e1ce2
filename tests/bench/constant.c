/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
/*
 * A responder that does nothing but answer: what the same loop, web server and
 * machine can do, for ratios.
 *
 *	constant SOCKET THREADS
 *
 * GET /api/constant/N answers N bytes of JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "web/request.h"
#include "web/response.h"
#include "web/route.h"
#include "web/serve.h"

#define SIZE_MAX_BYTES (1024 * 1024)

static char *text;

static int
answer(struct request *req)
{
	struct buf json = { 0 };
	int64_t size;
	int rc;

	if (str_int64(req->arg[0], &size) != 0 || size < 2 ||
	    size > SIZE_MAX_BYTES)
		return request_fail(req, 404, "no such size");
	buf_putc(&json, '"');
	buf_add(&json, text, (size_t)size - 2);
	buf_putc(&json, '"');
	rc = response_json(req, &json);
	buf_release(&json);
	return rc;
}

static int
nobody(struct request *req)
{
	(void)req;
	return 0;
}

static int
open_nothing(void *arg, void **site)
{
	*site = arg;
	return 0;
}

static void
close_nothing(void *site)
{
	(void)site;
}

static const struct route routes[] = {
	{ "GET", "/constant/{}", NEED_NOTHING, answer },
	{ NULL, NULL, NEED_NOTHING, NULL },
};

int
main(int argc, char **argv)
{
	struct serve_app app = { .name = "constant",
		.routes = routes,
		.open = open_nothing,
		.close = close_nothing,
		.identify = nobody };
	int fd, rc;

	if (argc != 3)
		return 2;
	app.threads = atoi(argv[2]);
	text = malloc(SIZE_MAX_BYTES);
	if (text == NULL)
		return 1;
	memset(text, 'x', SIZE_MAX_BYTES);
	if ((rc = serve_listen(argv[1], 0660, &fd)) == 0)
		rc = serve_run(&app, fd);
	if (rc != 0)
		fprintf(stderr, "constant: %s\n", err_text());
	free(text);
	return rc != 0;
}
