/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/status.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/settings.h"
#include "event/publish.h"
#include "respond/responder.h"
#include "web/request.h"
#include "web/response.h"

#include <string.h>

#define BODY_MAX 65536
#define CHANGES_MAX 64

/* ---- showing -------------------------------------------------------------------- */

struct show {
	const struct conf *conf;
	struct buf *out;
};

static int
put_one(void *arg, const char *key, const char *value, const char *from,
    bool is_secret)
{
	struct show *s = arg;

	buf_puts(s->out, s->out->data[s->out->len - 1] == '[' ? "{" : ",{");
	buf_puts(s->out, "\"key\":");
	json_put_string(s->out, key);
	buf_puts(s->out, ",\"value\":");
	json_put_string(s->out, value);
	buf_puts(s->out, ",\"from\":");
	json_put_string(s->out, from);
	buf_printf(s->out, ",\"is_secret\":%s,\"can_change\":%s}",
	    is_secret ? "true" : "false",
	    settings_may(s->conf, key) ? "true" : "false");
	return 0;
}

/* As the files say now, not as they said when this process began. */
static int
show(struct request *req)
{
	struct conf *conf;
	struct buf out = { 0 };
	struct show s = { NULL, &out };
	int rc;

	if ((rc = conf_load(state_of(req)->site.conf_file, &conf)) != 0)
		return err_wrap(E_IO, "settings");
	s.conf = conf;
	buf_puts(&out, "{\"settings\":[");
	(void)conf_each(conf, put_one, &s);
	buf_puts(&out, "],\"file\":");
	json_put_string(&out, conf->file);
	buf_putc(&out, '}');
	rc = response_json(req, &out);
	buf_release(&out);
	conf_free(conf);
	return rc;
}

int
status_settings(struct request *req)
{
	return show(req);
}

/* ---- changing ---------------------------------------------------------------------- */

struct changes {
	struct request *req;
	const struct conf *conf;
	struct setting items[CHANGES_MAX];
	size_t n;
};

/* A value as stemma.conf would have it. */
static int
text_of(struct mem *mem, struct json value, const char **text)
{
	char *string;
	int rc;

	*text = NULL;
	switch (json_kind(value)) {
	case JSON_NULL:
		return 0;
	case JSON_STRING:
		if ((rc = json_string(mem, value, &string)) == 0)
			*text = string;
		return rc;
	case JSON_NUMBER:
	case JSON_TRUE:
	case JSON_FALSE:
		*text = mem_strndup(mem, value.text, value.len);
		return 0;
	default:
		return E_INPUT;
	}
}

/* A key that nobody knows was meant to be another. */
static int
take_change(void *arg, const char *key, struct json value)
{
	struct changes *c = arg;
	struct mem *mem = c->req->mem;
	struct setting *s = &c->items[c->n];
	int rc;

	if (c->n == CHANGES_MAX)
		return request_fail(c->req, 400, "These are too many settings");
	s->key = mem_strdup(mem, key);
	if (text_of(mem, value, &s->text) != 0)
		return request_invalid(c->req, "body", s->key, "string_type",
		    "Input should be a valid string", NULL);
	rc = settings_check(c->conf, s->key, s->text);
	if (rc == E_ABSENT || rc == E_INPUT)
		return request_invalid(c->req, "body", s->key, "value_error",
		    err_text(), mem_strndup(mem, value.text, value.len));
	c->n += rc == 0;
	return rc;
}

static int
no_object(struct request *req)
{
	return request_invalid(req, "body", NULL, "dict_type",
	    "Input should be a valid dictionary", NULL);
}

static int
take_body(struct changes *c)
{
	struct buf body = { 0 };
	int rc = request_body(c->req, BODY_MAX, &body);

	if (rc == 0 && json_check(buf_text(&body), body.len) != 0)
		rc = request_invalid(c->req, "body", NULL, "json_invalid",
		    "JSON decode error", NULL);
	else if (rc == 0 && json_kind(json_of(body.data)) != JSON_OBJECT)
		rc = no_object(c->req);
	else if (rc == 0)
		rc = json_each_member(json_of(body.data), take_change, c);
	buf_release(&body);
	return rc;
}

/* What others must read anew; the values are not for everybody. */
static void
tell(const struct changes *c)
{
	struct buf data = { 0 };

	buf_puts(&data, "{\"keys\":[");
	for (size_t i = 0; i < c->n; i++) {
		buf_puts(&data, i > 0 ? "," : "");
		json_put_string(&data, c->items[i].key);
	}
	buf_puts(&data, "]}");
	publish(state_of(c->req)->publisher, "settingsChanged", data.data,
	    NULL);
	buf_release(&data);
}

int
status_set(struct request *req)
{
	struct changes c = { .req = req };
	struct conf *conf;
	int rc;

	if (conf_load(state_of(req)->site.conf_file, &conf) != 0)
		return err_wrap(E_IO, "settings");
	c.conf = conf;
	if ((rc = take_body(&c)) == 0 && c.n > 0 &&
	    (rc = settings_change(conf, c.items, c.n)) == 0)
		tell(&c);
	conf_free(conf);
	return rc != 0 ? rc : show(req);
}
