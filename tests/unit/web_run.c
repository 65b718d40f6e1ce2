/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "unit/web_run.h"

#include "base/err.h"
#include "base/mem.h"
#include "web/private.h"
#include "web/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static ssize_t
read_body(void *arg, void *data, size_t len)
{
	struct web_run *w = arg;
	size_t left = w->len - w->at;

	if (left == 0)
		return w->is_torn ? E_INPUT : 0;
	if (w->piece > 0 && len > w->piece)
		len = w->piece;
	if (len > left)
		len = left;
	memcpy(data, w->body + w->at, len);
	w->at += len;
	return (ssize_t)len;
}

static int
write_bytes(void *arg, const void *data, size_t len)
{
	struct web_run *w = arg;

	buf_add(&w->out, data, len);
	return 0;
}

static int
take(void *arg, int *fd, int *request_id)
{
	(void)arg;
	*fd = -1;
	*request_id = 1;
	return 0;
}

void
web_run(struct web_run *w, const struct serve_app *app,
    const char *const *params)
{
	const struct transport t = { read_body, write_bytes, take, w };
	struct request req;

	w->mem = mem_new();
	w->at = 0;
	request_init(&req, w->mem, &w->held, params, &t);
	route_request(app, &req);
	(void)request_drain(&req, 65536);
	w->rc = response_end(&req, req.private_->result);
}

void
web_run_release(struct web_run *w)
{
	mem_free(w->mem);
	buf_release(&w->held);
	buf_release(&w->out);
	memset(w, 0, sizeof(*w));
}

void
web_run_simple(struct web_run *w, const struct serve_app *app,
    const char *method, const char *uri, const char *body,
    const char *const more[3])
{
	char m[100], u[1000], l[100];
	const char *params[8] = { m, u, "CONTENT_TYPE=application/json", l };

	snprintf(m, sizeof(m), "REQUEST_METHOD=%s", method);
	snprintf(u, sizeof(u), "REQUEST_URI=%s", uri);
	snprintf(l, sizeof(l), "CONTENT_LENGTH=%s", "");
	if (body != NULL) {
		w->body = body;
		w->len = strlen(body);
		snprintf(l, sizeof(l), "CONTENT_LENGTH=%zu", w->len);
	}
	for (int i = 0; more != NULL && i < 3; i++)
		params[4 + i] = more[i];
	web_run(w, app, params);
}

int
web_run_status(const struct web_run *w)
{
	return strncmp(buf_text(&w->out), "Status: ", 8) == 0
	    ? atoi(w->out.data + 8)
	    : 0;
}

const char *
web_run_body(const struct web_run *w)
{
	const char *end = strstr(buf_text(&w->out), "\r\n\r\n");

	return end != NULL ? end + 4 : "";
}

const char *
web_run_header(struct web_run *w, const char *name)
{
	size_t len = strlen(name);
	const char *s = buf_text(&w->out), *end = strstr(s, "\r\n\r\n");

	for (; end != NULL && s < end; s = strstr(s, "\r\n") + 2)
		if (strncasecmp(s, name, len) == 0 &&
		    strncmp(s + len, ": ", 2) == 0) {
			s += len + 2;
			return mem_strndup(w->mem, s, strcspn(s, "\r"));
		}
	return NULL;
}
