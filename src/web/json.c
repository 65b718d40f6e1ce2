/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "web/json.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "web/private.h"
#include "web/request.h"

#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#define DEPTH 32
#define INPUT_MAX 200

static const char not_a_text[] = "Input should be a valid string";

/* A body: by json-c, and as text, from which numbers come as they stand. */
struct body {
	struct request *req;
	struct buf text;
	json_object *root;
	struct buf wrong; /* an array that is not closed */
};

/* ---- what is wrong ----------------------------------------------------------- */

/* Nothing that may hold a password is repeated. */
static bool
is_secret(const char *text)
{
	return text != NULL && strcasestr(text, "pass") != NULL;
}

/* Where a text may be cut so that its last character is whole. */
static size_t
cut_at(const char *s, size_t len)
{
	while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static void
input_of(struct buf *out, struct json value)
{
	char shown[INPUT_MAX + 1];
	size_t len = value.len;

	if (len > INPUT_MAX)
		len = cut_at(value.text, INPUT_MAX);
	memcpy(shown, value.text, len);
	shown[len] = '\0';
	if (is_secret(shown))
		buf_puts(out, "null");
	else if (len < value.len)
		json_put_string(out, shown);
	else
		buf_puts(out, shown);
}

static void
wrong(struct body *b, const char *field, const char *type, const char *msg,
    const struct json *value)
{
	struct buf input = { NULL, 0, 0 };

	if (value != NULL && !is_secret(field))
		input_of(&input, *value);
	request_invalid_add(&b->wrong, "body", field, type, msg, input.data);
	buf_release(&input);
}

static int
answer_wrong(struct body *b)
{
	struct buf json = { NULL, 0, 0 };

	if (b->wrong.len == 0)
		return 0;
	buf_printf(&json, "{\"detail\":%s]}", b->wrong.data);
	(void)request_fail_json(b->req, 422, &json);
	buf_release(&json);
	return err_set(E_INPUT, "the body of the request is not valid");
}

/* ---- reading the body ---------------------------------------------------------- */

static bool
is_blank(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (strchr(" \t\r\n", b->data[i]) == NULL || b->data[i] == '\0')
			return false;
	return true;
}

static json_object *
parse(const struct buf *text)
{
	struct json_tokener *t;
	json_object *root;

	if (text->len > INT32_MAX / 2 || json_check(text->data, text->len) != 0)
		return NULL;
	t = json_tokener_new_ex(DEPTH);
	if (t == NULL)
		return NULL;
	json_tokener_set_flags(t,
	    JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* With the NUL behind it, or a lone number would not be over. */
	root = json_tokener_parse_ex(t, text->data, (int)text->len + 1);
	if (json_tokener_get_error(t) != json_tokener_success) {
		json_object_put(root);
		root = NULL;
	}
	json_tokener_free(t);
	return root;
}

static int
body_read(struct body *b, struct request *req, size_t limit)
{
	int rc;

	memset(b, 0, sizeof(*b));
	b->req = req;
	rc = request_body(req, limit, &b->text);
	if (rc != 0)
		return rc;
	if (is_blank(&b->text))
		return request_invalid(req, "body", NULL, "missing",
		    "Field required", NULL);
	b->root = parse(&b->text);
	if (b->root == NULL && !str_eq(b->text.data, "null"))
		return request_invalid(req, "body", NULL, "json_invalid",
		    "JSON decode error", NULL);
	return 0;
}

static void
body_release(struct body *b)
{
	json_object_put(b->root);
	buf_release(&b->text);
	buf_release(&b->wrong);
}

/* ---- one field -------------------------------------------------------------------- */

static const char *
text_of(struct body *b, json_object *v)
{
	return mem_strdup(b->req->mem, json_object_get_string(v));
}

static bool
take_bool(json_object *v, bool *out)
{
	switch (json_object_get_type(v)) {
	case json_type_boolean:
		*out = json_object_get_boolean(v);
		return true;
	case json_type_int:
		*out = json_object_get_int64(v) == 1;
		return *out || json_object_get_int64(v) == 0;
	case json_type_string:
		return request_bool(json_object_get_string(v), out) == 0;
	default:
		return false;
	}
}

static bool
take_texts(struct body *b, json_object *v, struct texts *out)
{
	size_t n = json_object_array_length(v);
	const char **items = mem_alloc(b->req->mem, n * sizeof(*items));

	for (size_t i = 0; i < n; i++) {
		json_object *item = json_object_array_get_idx(v, i);

		if (!json_object_is_type(item, json_type_string))
			return false;
		items[i] = text_of(b, item);
	}
	*out = (struct texts){ items, n };
	return true;
}

static void
take_text(struct body *b, const struct field *f, json_object *v,
    const struct json *value, const char **out)
{
	if (json_object_is_type(v, json_type_string))
		*out = text_of(b, v);
	else if (v == NULL && f->kind == FIELD_TEXT_OR_NULL)
		*out = NULL;
	else
		wrong(b, f->name, "string_type", not_a_text, value);
}

static void
take_list(struct body *b, const struct field *f, json_object *v,
    const struct json *value, struct texts *out)
{
	if (!json_object_is_type(v, json_type_array))
		wrong(b, f->name, "list_type", "Input should be a valid list",
		    value);
	else if (!take_texts(b, v, out))
		wrong(b, f->name, "string_type", not_a_text, value);
}

static void
take_json(struct body *b, const struct field *f, json_object *v,
    const struct json *value, const char **out)
{
	bool is_object = f->kind == FIELD_OBJECT;

	if (json_object_is_type(v,
		is_object ? json_type_object : json_type_array))
		*out = mem_strndup(b->req->mem, value->text, value->len);
	else
		wrong(b, f->name, is_object ? "dict_type" : "list_type",
		    is_object ? "Input should be a valid dictionary"
			      : "Input should be a valid list",
		    value);
}

/* Into a bool, or a flag: an int, which can also say that there is none. */
static void
take_truth(struct body *b, const struct field *f, json_object *v,
    const struct json *value, void *out)
{
	bool is_true;

	if (!take_bool(v, &is_true))
		wrong(b, f->name, "bool_parsing",
		    "Input should be a valid boolean, unable to interpret "
		    "input",
		    value);
	else if (f->kind == FIELD_FLAG)
		*(int *)out = is_true;
	else
		*(bool *)out = is_true;
}

static void
take(struct body *b, const struct field *f, json_object *v,
    const struct json *value, void *out)
{
	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_TEXT_OR_NULL:
		take_text(b, f, v, value, out);
		break;
	case FIELD_BOOL:
	case FIELD_FLAG:
		take_truth(b, f, v, value, out);
		break;
	case FIELD_INT:
		if (json_int64(*value, out) != 0)
			wrong(b, f->name, "int_type",
			    "Input should be a valid integer", value);
		break;
	case FIELD_TEXTS:
		take_list(b, f, v, value, out);
		break;
	case FIELD_OBJECT:
	case FIELD_ARRAY:
		take_json(b, f, v, value, out);
		break;
	}
}

static int
take_fields(struct body *b, const struct field *f, void *out)
{
	struct json root = { b->text.data, b->text.len }, value;
	json_object *v;

	if (!json_object_is_type(b->root, json_type_object)) {
		wrong(b, NULL, "model_attributes_type",
		    "Input should be a valid dictionary or object to extract "
		    "fields from",
		    NULL);
		return answer_wrong(b);
	}
	for (; f->name != NULL; f++) {
		if (json_object_object_get_ex(b->root, f->name, &v) &&
		    json_find(root, f->name, &value) > 0)
			take(b, f, v, &value, (char *)out + f->offset);
		else if (f->is_required)
			wrong(b, f->name, "missing", "Field required", NULL);
	}
	return answer_wrong(b);
}

/* ---- the calls ---------------------------------------------------------------------- */

int
json_fields(struct request *req, size_t limit, const struct field *fields,
    void *out)
{
	struct body b;
	int rc = body_read(&b, req, limit);

	if (rc == 0)
		rc = take_fields(&b, fields, out);
	body_release(&b);
	return rc;
}

int
json_texts(struct request *req, size_t limit, struct texts *out)
{
	struct body b;
	int rc = body_read(&b, req, limit);

	if (rc == 0 && !json_object_is_type(b.root, json_type_array))
		rc = request_invalid(req, "body", NULL, "list_type",
		    "Input should be a valid list", NULL);
	else if (rc == 0 && !take_texts(&b, b.root, out))
		rc = request_invalid(req, "body", NULL, "string_type",
		    not_a_text, NULL);
	body_release(&b);
	return rc;
}
