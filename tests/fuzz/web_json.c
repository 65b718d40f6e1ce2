/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/json.h"
#include "unit/web_run.h"
#include "web/json.h"
#include "web/request.h"
#include "web/response.h"
#include "web/route.h"
#include "web/serve.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct wish {
	const char *a, *b, *o, *l, *password;
	bool t;
	int f;
	int64_t n;
	struct texts s;
};

static const struct field fields[] = {
	{ "a", FIELD_TEXT, true, offsetof(struct wish, a) },
	{ "b", FIELD_TEXT_OR_NULL, false, offsetof(struct wish, b) },
	{ "t", FIELD_BOOL, false, offsetof(struct wish, t) },
	{ "f", FIELD_FLAG, false, offsetof(struct wish, f) },
	{ "n", FIELD_INT, false, offsetof(struct wish, n) },
	{ "s", FIELD_TEXTS, false, offsetof(struct wish, s) },
	{ "o", FIELD_OBJECT, false, offsetof(struct wish, o) },
	{ "l", FIELD_ARRAY, false, offsetof(struct wish, l) },
	{ "password", FIELD_TEXT, false, offsetof(struct wish, password) },
	{ NULL },
};

static void
must_be_text(const char *s)
{
	if (s != NULL && !str_is_utf8(s, strlen(s)))
		abort();
}

static void
must_be_json(const char *s)
{
	if (s != NULL && json_check(s, strlen(s)) != 0)
		abort();
}

static int
take(struct request *req)
{
	struct wish w = { NULL };
	int rc = json_fields(req, 1 << 20, fields, &w);

	if (rc != 0)
		return rc;
	if (w.a == NULL)
		abort();
	must_be_text(w.a);
	must_be_text(w.b);
	must_be_text(w.password);
	must_be_json(w.o);
	must_be_json(w.l);
	for (size_t i = 0; i < w.s.n; i++)
		must_be_text(w.s.items[i]);
	return response_puts(req, "[]");
}

static int
take_texts(struct request *req)
{
	struct texts t;
	int rc = json_texts(req, 1 << 20, &t);

	return rc != 0 ? rc : response_puts(req, "[]");
}

static const struct route routes[] = {
	{ "POST", "/fields", NEED_NOTHING, take },
	{ "POST", "/texts", NEED_NOTHING, take_texts },
	{ NULL },
};

static const struct serve_app app = { .name = "fuzz", .routes = routes };

static void
run(const uint8_t *data, size_t size, const char *uri)
{
	const char *params[] = { "REQUEST_METHOD=POST", uri, NULL };
	struct web_run w = { .body = (const char *)data, .len = size };
	int status;

	web_run(&w, &app, params);
	status = web_run_status(&w);
	if (status != 200 && status != 422)
		abort();
	must_be_json(web_run_body(&w));
	web_run_release(&w);
}

/* Whatever comes is taken or refused, and the refusal is JSON. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(data, size, "REQUEST_URI=/api/fields");
	run(data, size, "REQUEST_URI=/api/texts");
	return 0;
}
