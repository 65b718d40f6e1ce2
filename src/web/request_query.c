/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "web/private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define QUERY_MAX 64

static bool
has_pair(const struct request_private *p, const char *name)
{
	for (size_t i = 0; i < p->n_query; i++)
		if (str_eq(p->query[i].name, name))
			return true;
	return false;
}

static void
note_bad(struct request_private *p, const char *name)
{
	if (p->bad_query == NULL)
		p->bad_query = name != NULL ? name : "";
}

static void
add_pair(struct request *req, const char *s, size_t len)
{
	struct request_private *p = req->private_;
	const char *equals = memchr(s, '=', len);
	size_t name_len = equals != NULL ? (size_t)(equals - s) : len;
	const char *name = request_decode(req->mem, s, name_len, true);
	const char *value = "";

	if (equals != NULL)
		value = request_decode(req->mem, equals + 1, len - name_len - 1,
		    true);
	if (name == NULL || value == NULL || has_pair(p, name) ||
	    p->n_query == QUERY_MAX) {
		note_bad(p, name);
		return;
	}
	p->query[p->n_query++] = (struct pair){ name, value };
}

void
request_query_parse(struct request *req, const char *query)
{
	size_t len;

	if (*query == '\0')
		return;
	req->private_->query = mem_alloc(req->mem,
	    QUERY_MAX * sizeof(struct pair));
	for (;; query += len + 1) {
		len = strcspn(query, "&#");
		if (len > 0)
			add_pair(req, query, len);
		if (query[len] != '&')
			return;
	}
}

const char *
request_query(const struct request *req, const char *name)
{
	const struct request_private *p = req->private_;

	for (size_t i = 0; i < p->n_query; i++)
		if (str_eq(p->query[i].name, name))
			return p->query[i].value;
	return NULL;
}

int
request_query_check(struct request *req)
{
	const char *bad = req->private_->bad_query;

	if (bad == NULL)
		return 0;
	return request_invalid(req, "query", *bad != '\0' ? bad : NULL,
	    "value_error", "Malformed, or given more than once", NULL);
}

/* The value as JSON, for the answer that refuses it. */
static int
refuse(struct request *req, const char *name, const char *value,
    const char *type, const char *msg)
{
	struct buf input = { NULL, 0, 0 };
	int rc;

	buf_putc(&input, '"');
	buf_puts(&input, value);
	buf_putc(&input, '"');
	rc = request_invalid(req, "query", name, type, msg,
	    strpbrk(value, "\"\\") == NULL && input.len <= 200 ? input.data
							       : NULL);
	buf_release(&input);
	return rc;
}

int
request_query_int(struct request *req, const char *name, int64_t min,
    int64_t max, int64_t fallback, int64_t *value)
{
	const char *text = request_query(req, name);
	char msg[100];

	*value = fallback;
	if (text == NULL)
		return 0;
	if (str_int64(text, value) != 0)
		return refuse(req, name, text, "int_parsing",
		    "Input should be a valid integer, unable to parse string "
		    "as an integer");
	if (*value < min) {
		snprintf(msg, sizeof(msg),
		    "Input should be greater than or equal to %lld",
		    (long long)min);
		return refuse(req, name, text, "greater_than_equal", msg);
	}
	if (*value > max) {
		snprintf(msg, sizeof(msg),
		    "Input should be less than or equal to %lld",
		    (long long)max);
		return refuse(req, name, text, "less_than_equal", msg);
	}
	return 0;
}

int
request_bool(const char *text, bool *value)
{
	static const char *const yes[] = { "true", "yes", "on", "1", "t", "y" };
	static const char *const no[] = { "false", "no", "off", "0", "f", "n" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcasecmp(text, yes[i]) == 0) {
			*value = true;
			return 0;
		}
		if (strcasecmp(text, no[i]) == 0) {
			*value = false;
			return 0;
		}
	}
	return E_INPUT;
}

int
request_query_bool(struct request *req, const char *name, bool *value)
{
	const char *text = request_query(req, name);

	if (text == NULL || request_bool(text, value) == 0)
		return 0;
	return refuse(req, name, text, "bool_parsing",
	    "Input should be a valid boolean, unable to interpret input");
}
