/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "web/private.h"
#include "web/response.h"

/* What a handler answers, so that whoever looks at the code is not misled. */
static int
code_of(int status)
{
	switch (status) {
	case 401:
		return E_LOGIN;
	case 403:
		return E_DENIED;
	case 404:
		return E_ABSENT;
	case 409:
	case 412:
		return E_CONFLICT;
	case 423:
		return E_BUSY;
	case 502:
		return E_REMOTE;
	default:
		return E_INPUT;
	}
}

int
request_fail_json(struct request *req, int status, const struct buf *json)
{
	struct response *r = req->response;

	req->private_->is_refused = true;
	if (r->is_started)
		return code_of(status);
	response_reset(req);
	response_status(req, status);
	(void)response_json(req, json);
	return code_of(status);
}

int
request_fail(struct request *req, int status, const char *fmt, ...)
{
	struct buf json = { NULL, 0, 0 };
	const char *text;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	text = mem_vprintf(req->mem, fmt, ap);
	va_end(ap);
	buf_puts(&json, "{\"detail\":");
	json_put_string(&json, text);
	buf_putc(&json, '}');
	rc = request_fail_json(req, status, &json);
	buf_release(&json);
	return err_set(rc, "%s", text);
}

void
request_invalid_add(struct buf *out, const char *where, const char *field,
    const char *type, const char *msg, const char *input)
{
	buf_puts(out, out->len == 0 ? "[" : ",");
	buf_puts(out, "{\"type\":");
	json_put_string(out, type);
	buf_puts(out, ",\"loc\":[");
	json_put_string(out, where);
	if (field != NULL) {
		buf_putc(out, ',');
		json_put_string(out, field);
	}
	buf_puts(out, "],\"msg\":");
	json_put_string(out, msg);
	buf_puts(out, ",\"input\":");
	buf_puts(out, input != NULL ? input : "null");
	buf_putc(out, '}');
}

int
request_invalid(struct request *req, const char *where, const char *field,
    const char *type, const char *msg, const char *input)
{
	struct buf list = { NULL, 0, 0 }, json = { NULL, 0, 0 };

	request_invalid_add(&list, where, field, type, msg, input);
	buf_printf(&json, "{\"detail\":%s]}", list.data);
	(void)request_fail_json(req, 422, &json);
	buf_release(&list);
	buf_release(&json);
	return err_set(E_INPUT, "%s: %s", field != NULL ? field : where, msg);
}
