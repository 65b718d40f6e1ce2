/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/shared.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

/* clang-format off */
#define COLUMN(member, name, form) \
	{ name, form, offsetof(struct record, member) }
const struct shared_column shared_columns[SHARED_COLUMNS] = {
	COLUMN(stable_id,       "stable_id",        FORM_STABLE_ID),
	COLUMN(id,              "id",               FORM_HASH),
	COLUMN(generation,      "generation",       FORM_NUMBER),
	COLUMN(filename,        "filename",         FORM_NAME),
	COLUMN(doc_id,          "doc_id",           FORM_TEXT),
	COLUMN(doc_id_type,     "doc_id_type",      FORM_TEXT),
	COLUMN(file_type,       "file_type",        FORM_FILE_TYPE),
	COLUMN(mime_type,       "mime_type",        FORM_TEXT),
	COLUMN(file_size,       "file_size",        FORM_NUMBER),
	COLUMN(label,           "label",            FORM_TEXT_OR_NULL),
	COLUMN(variant,         "variant",          FORM_TEXT_OR_NULL),
	COLUMN(version,         "version",          FORM_NUMBER),
	COLUMN(is_gold,         "is_gold_standard", FORM_FLAG),
	COLUMN(doc_collections, "doc_collections",  FORM_COLLECTIONS),
	COLUMN(doc_metadata,    "doc_metadata",     FORM_OBJECT),
	COLUMN(file_metadata,   "file_metadata",    FORM_OBJECT),
	COLUMN(deleted,         "deleted",          FORM_FLAG),
	COLUMN(created_at,      "created_at",       FORM_TIME),
	COLUMN(created_by,      "created_by",       FORM_TEXT_OR_NULL),
	COLUMN(updated_at,      "updated_at",       FORM_TIME),
};
#undef COLUMN

/* The columns in the order of their names, as canonical JSON has them. */
static const unsigned char by_name[SHARED_COLUMNS] = {
	17 /* created_at */, 18 /* created_by */, 16 /* deleted */,
	13 /* doc_collections */, 4 /* doc_id */, 5 /* doc_id_type */,
	14 /* doc_metadata */, 15 /* file_metadata */, 8 /* file_size */,
	6 /* file_type */, 3 /* filename */, 2 /* generation */, 1 /* id */,
	12 /* is_gold_standard */, 9 /* label */, 7 /* mime_type */,
	0 /* stable_id */, 19 /* updated_at */, 10 /* variant */,
	11 /* version */,
};
/* clang-format on */

/* ---- one column --------------------------------------------------------- */

bool
shared_is_number(const struct shared_column *column)
{
	return column->form == FORM_NUMBER || column->form == FORM_FLAG;
}

const char *
shared_text(const struct record *r, const struct shared_column *column)
{
	const char *text;

	memcpy(&text, (const char *)r + column->offset, sizeof(text));
	return text;
}

int64_t
shared_number(const struct record *r, const struct shared_column *column)
{
	int64_t number;
	bool flag;

	if (column->form == FORM_FLAG) {
		memcpy(&flag, (const char *)r + column->offset, sizeof(flag));
		return flag;
	}
	memcpy(&number, (const char *)r + column->offset, sizeof(number));
	return number;
}

void
shared_set_text(struct record *r, const struct shared_column *column,
    const char *text)
{
	memcpy((char *)r + column->offset, &text, sizeof(text));
}

void
shared_set_number(struct record *r, const struct shared_column *column,
    int64_t number)
{
	bool flag = number != 0;

	if (column->form == FORM_FLAG)
		memcpy((char *)r + column->offset, &flag, sizeof(flag));
	else
		memcpy((char *)r + column->offset, &number, sizeof(number));
}

/* ---- JSON --------------------------------------------------------------- */

static void
encode_value(const struct record *r, const struct shared_column *column,
    struct buf *out)
{
	switch (column->form) {
	case FORM_NUMBER:
		buf_printf(out, "%lld", (long long)shared_number(r, column));
		break;
	case FORM_FLAG:
		buf_puts(out, shared_number(r, column) ? "true" : "false");
		break;
	case FORM_COLLECTIONS:
	case FORM_OBJECT:
		buf_puts(out, shared_text(r, column));
		break;
	default:
		json_put_string(out, shared_text(r, column));
	}
}

static void
encode_columns(const struct record *r, struct buf *out)
{
	const struct shared_column *column;
	int i;

	for (i = 0; i < SHARED_COLUMNS; i++) {
		column = &shared_columns[by_name[i]];
		buf_puts(out, i == 0 ? "{\"" : ",\"");
		buf_puts(out, column->name);
		buf_puts(out, "\":");
		encode_value(r, column, out);
	}
	buf_putc(out, '}');
}

void
shared_encode(const struct record *r, struct buf *out)
{
	struct buf both = { 0 };

	if (r->extra == NULL) {
		encode_columns(r, out);
		return;
	}
	encode_columns(r, &both);
	both.data[both.len - 1] = ',';
	buf_puts(&both, r->extra + 1);
	/* It fails only for an extra that shared_check refuses. */
	if (json_canon(both.data, both.len, out) != 0)
		encode_columns(r, out);
	buf_release(&both);
}

struct decoder {
	struct mem *mem;
	struct record *rec;
	struct buf extra; /* unknown members, "{..." */
	unsigned seen;    /* bits of columns */
};

static int
decode_text(struct decoder *d, const struct shared_column *column,
    struct json value)
{
	char *text = NULL;
	int rc;

	if ((column->form == FORM_COLLECTIONS || column->form == FORM_OBJECT))
		text = mem_strndup(d->mem, value.text, value.len);
	else if (column->form == FORM_TEXT_OR_NULL &&
	    json_kind(value) == JSON_NULL)
		text = NULL;
	else if ((rc = json_string(d->mem, value, &text)) != 0)
		return err_wrap(rc, "%s", column->name);
	shared_set_text(d->rec, column, text);
	return 0;
}

static int
decode_number(struct decoder *d, const struct shared_column *column,
    struct json value)
{
	enum json_kind kind = json_kind(value);
	int64_t number;
	int rc;

	if (column->form == FORM_FLAG) {
		if (kind != JSON_TRUE && kind != JSON_FALSE)
			return err_set(E_INPUT, "%s is neither true nor false",
			    column->name);
		number = kind == JSON_TRUE;
	} else if ((rc = json_int64(value, &number)) != 0) {
		return err_wrap(rc, "%s", column->name);
	}
	shared_set_number(d->rec, column, number);
	return 0;
}

static const struct shared_column *
find_column(const char *name)
{
	int i;

	for (i = 0; i < SHARED_COLUMNS; i++)
		if (strcmp(shared_columns[i].name, name) == 0)
			return &shared_columns[i];
	return NULL;
}

static int
decode_member(void *arg, const char *key, struct json value)
{
	const struct shared_column *column = find_column(key);
	struct decoder *d = arg;

	if (column == NULL) {
		if (d->extra.len == 0)
			buf_putc(&d->extra, '{');
		json_put_key(&d->extra, key);
		buf_add(&d->extra, value.text, value.len);
		return 0;
	}
	d->seen |= 1u << (column - shared_columns);
	return shared_is_number(column) ? decode_number(d, column, value)
					: decode_text(d, column, value);
}

static int
decode_extra(struct decoder *d)
{
	struct buf canon = { 0 };
	int rc;

	if (d->extra.len == 0)
		return 0;
	buf_putc(&d->extra, '}');
	rc = json_canon(d->extra.data, d->extra.len, &canon);
	if (rc == 0)
		d->rec->extra = mem_strndup(d->mem, canon.data, canon.len);
	buf_release(&canon);
	return rc;
}

int
shared_decode(struct mem *mem, struct json object, struct record *r)
{
	struct decoder d = { .mem = mem, .rec = r };
	int rc, i;

	memset(r, 0, sizeof(*r));
	rc = json_each_member(object, decode_member, &d);
	for (i = 0; rc == 0 && i < SHARED_COLUMNS; i++)
		if ((d.seen & 1u << i) == 0)
			rc = err_set(E_INPUT, "%s is missing",
			    shared_columns[i].name);
	if (rc == 0)
		rc = decode_extra(&d);
	if (rc == 0)
		rc = shared_check(r);
	buf_release(&d.extra);
	return rc;
}

/* ---- digest, comparing, copying ------------------------------------------ */

/* Puts `n` (not negative) before `end` in decimal; answers where it begins. */
static char *
decimal(char *end, uint64_t n)
{
	do
		*--end = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	return end;
}

static void
put_netstring(struct buf *out, const char *text, size_t len)
{
	char room[20], *size = decimal(room + sizeof(room), len);

	buf_add(out, size, (size_t)(room + sizeof(room) - size));
	buf_putc(out, ':');
	buf_add(out, text, len);
	buf_putc(out, ',');
}

static void
put_number(struct buf *out, int64_t number)
{
	char room[21], *end = room + sizeof(room), *text;

	text = decimal(end,
	    number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
	if (number < 0)
		*--text = '-';
	put_netstring(out, text, (size_t)(end - text));
}

void
shared_digest(const struct record *r, struct hash *digest)
{
	const struct shared_column *column;
	struct buf all = { 0 };
	const char *text;
	int i;

	for (i = 0; i < SHARED_COLUMNS; i++) {
		column = &shared_columns[i];
		if (shared_is_number(column))
			put_number(&all, shared_number(r, column));
		else if ((text = shared_text(r, column)) != NULL)
			put_netstring(&all, text, strlen(text));
		else
			buf_putc(&all, '-');
	}
	hash_bytes(all.data, all.len, digest);
	buf_release(&all);
}

static bool
column_equal(const struct record *a, const struct record *b,
    const struct shared_column *column)
{
	if (shared_is_number(column))
		return shared_number(a, column) == shared_number(b, column);
	return str_eq(shared_text(a, column), shared_text(b, column));
}

bool
shared_equal(const struct record *a, const struct record *b)
{
	int i;

	for (i = 0; i < SHARED_COLUMNS; i++)
		if (!column_equal(a, b, &shared_columns[i]))
			return false;
	return str_eq(a->extra, b->extra);
}

bool
shared_same(const struct record *a, const struct record *b)
{
	struct record c = *b;

	c.created_at = a->created_at;
	c.updated_at = a->updated_at;
	c.generation = a->generation;
	return shared_equal(a, &c);
}

void
shared_copy(struct mem *mem, const struct record *from, struct record *to)
{
	const struct shared_column *column;
	int i;

	*to = *from;
	for (i = 0; i < SHARED_COLUMNS; i++) {
		column = &shared_columns[i];
		if (!shared_is_number(column))
			shared_set_text(to, column,
			    mem_strdup(mem, shared_text(from, column)));
	}
	to->extra = mem_strdup(mem, from->extra);
}
