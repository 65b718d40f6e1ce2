/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "web/multipart.h"
#include "base/err.h"
#include "base/hash.h"
#include "unit/web_run.h"
#include "web/request.h"
#include "web/response.h"
#include "web/route.h"
#include "web/serve.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buf heard;

static int
begin(void *arg, const struct multipart_part *part)
{
	(void)arg;
	if (strlen(part->name) > 255 ||
	    (part->filename != NULL && strpbrk(part->filename, "/\\") != NULL))
		abort();
	buf_printf(&heard, "<%s>", part->name);
	return 0;
}

static int
give(void *arg, const void *data, size_t len)
{
	(void)arg;
	if (len == 0)
		abort();
	buf_add(&heard, data, len);
	return 0;
}

static int
end(void *arg)
{
	(void)arg;
	buf_puts(&heard, "</>");
	return 0;
}

static int
take(struct request *req)
{
	static const struct multipart_reader reader = { begin, give, end,
		NULL };

	return multipart_read(req, &reader);
}

static const struct route routes[] = {
	{ "POST", "/form", NEED_NOTHING, take },
	{ NULL },
};

static const struct serve_app app = { .name = "fuzz", .routes = routes };

/* Answers the status; the hash of what was heard, where it was accepted. */
static int
run(const uint8_t *data, size_t size, size_t piece, struct hash *hash)
{
	static const char *const params[] = { "REQUEST_METHOD=POST",
		"REQUEST_URI=/api/form",
		"CONTENT_TYPE=multipart/form-data; boundary=XX", NULL };
	struct web_run w = { .body = (const char *)data,
		.len = size,
		.piece = piece };
	int status;

	buf_clear(&heard);
	web_run(&w, &app, params);
	hash_bytes(buf_text(&heard), heard.len, hash);
	status = web_run_status(&w);
	web_run_release(&w);
	return status;
}

/* However the body is cut, the same is heard. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hash whole, cut;
	int status;

	if (size < 1)
		return 0;
	status = run(data + 1, size - 1, 0, &whole);
	if (status != 200 && status != 422)
		abort();
	if (run(data + 1, size - 1, 1 + data[0], &cut) != status)
		abort();
	if (status == 200 && !hash_eq(&whole, &cut))
		abort();
	return 0;
}
