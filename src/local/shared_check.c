/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "local/shared.h"

#include <string.h>

static const struct file_type {
	const char *name, *ext, *mime;
} file_types[] = {
	{ "pdf", "pdf", "application/pdf" },
	{ "tei", "tei.xml", "application/xml" },
	{ "rng", "rng", "application/xml" },
};

static const struct file_type *
find_file_type(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(file_types) / sizeof(*file_types); i++)
		if (strcmp(file_types[i].name, name) == 0)
			return &file_types[i];
	return NULL;
}

const char *
shared_ext(const char *file_type)
{
	const struct file_type *type = find_file_type(file_type);

	return type != NULL ? type->ext : NULL;
}

const char *
shared_mime(const char *file_type)
{
	const struct file_type *type = find_file_type(file_type);

	return type != NULL ? type->mime : NULL;
}

/* A control character begins here: C0, DEL, or C1 in UTF-8. */
static bool
is_control(const char *s)
{
	unsigned char c = (unsigned char)s[0];

	return c < 0x20 || c == 0x7f ||
	    (c == 0xc2 && (unsigned char)s[1] >= 0x80 &&
		(unsigned char)s[1] < 0xa0);
}

bool
shared_is_plain(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);
	const char *s;

	if (len == 0 || len > max)
		return false;
	for (s = text; *s != '\0'; s++)
		if (is_control(s))
			return false;
	return str_is_utf8(text, len);
}

static bool
is_name(const char *text)
{
	return shared_is_plain(text, SHARED_NAME_MAX) &&
	    strchr(text, '/') == NULL && strcmp(text, ".") != 0 &&
	    strcmp(text, "..") != 0;
}

static bool
is_object(const char *text)
{
	size_t len = strnlen(text, SHARED_JSON_MAX + 1);

	if (len > SHARED_JSON_MAX || text[0] != '{')
		return false;
	return strcmp(text, "{}") == 0 || json_is_canon(text, len);
}

static bool
is_collections(const char *text)
{
	struct buf canon = { 0 };
	bool is;

	if (strcmp(text, "[]") == 0)
		return true;
	if (strnlen(text, SHARED_JSON_MAX + 1) > SHARED_JSON_MAX)
		return false;
	is = collections_canon(text, &canon) == 0 &&
	    strcmp(text, buf_text(&canon)) == 0;
	buf_release(&canon);
	return is;
}

static bool
is_time(const char *text)
{
	int64_t ms;

	return clock_parse(text, &ms) == 0;
}

static bool
text_is_good(const char *text, enum shared_form form)
{
	if (text == NULL)
		return form == FORM_TEXT_OR_NULL;
	switch (form) {
	case FORM_STABLE_ID:
		return stable_id_is(text);
	case FORM_HASH:
		return str_is_hex(text, HASH_HEX_SIZE - 1);
	case FORM_NAME:
		return is_name(text);
	case FORM_FILE_TYPE:
		return find_file_type(text) != NULL;
	case FORM_COLLECTIONS:
		return is_collections(text);
	case FORM_OBJECT:
		return is_object(text);
	case FORM_TIME:
		return is_time(text);
	default:
		return shared_is_plain(text, SHARED_TEXT_MAX);
	}
}

static int
refuse_column(void *arg, const char *key, struct json value)
{
	int i;

	(void)arg, (void)value;
	for (i = 0; i < SHARED_COLUMNS; i++)
		if (strcmp(shared_columns[i].name, key) == 0)
			return err_set(E_INPUT, "extra holds the column %s",
			    key);
	return 0;
}

static int
check_extra(const char *extra)
{
	if (extra == NULL)
		return 0;
	if (strcmp(extra, "{}") == 0 || !is_object(extra))
		return err_set(E_INPUT, "extra is not as it should be");
	return json_each_member(json_of(extra), refuse_column, NULL);
}

int
shared_check(const struct record *r)
{
	const struct shared_column *column;
	bool good;
	int i;

	for (i = 0; i < SHARED_COLUMNS; i++) {
		column = &shared_columns[i];
		if (shared_is_number(column))
			good = shared_number(r, column) >= 0;
		else
			good = text_is_good(shared_text(r, column),
			    column->form);
		if (!good)
			return err_set(E_INPUT, "%s is not as it should be",
			    column->name);
	}
	return check_extra(r->extra);
}
