/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/foreign_row.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "local/shared.h"

const char *const foreign_names[FOREIGN_COLUMNS] = {
	[COLUMN_ID] = "id",
	[COLUMN_STABLE_ID] = "stable_id",
	[COLUMN_FILENAME] = "filename",
	[COLUMN_DOC_ID] = "doc_id",
	[COLUMN_DOC_ID_TYPE] = "doc_id_type",
	[COLUMN_FILE_TYPE] = "file_type",
	[COLUMN_LABEL] = "label",
	[COLUMN_VARIANT] = "variant",
	[COLUMN_VERSION] = "version",
	[COLUMN_IS_GOLD] = "is_gold_standard",
	[COLUMN_COLLECTIONS] = "doc_collections",
	[COLUMN_DOC_METADATA] = "doc_metadata",
	[COLUMN_FILE_METADATA] = "file_metadata",
	[COLUMN_DELETED] = "deleted",
	[COLUMN_CREATED_AT] = "created_at",
	[COLUMN_CREATED_BY] = "created_by",
	[COLUMN_UPDATED_AT] = "updated_at",
};

/* ---- times ---------------------------------------------------------------------- */

#define MINUTE_MS (60 * 1000LL)

/* "+01:00", "-0530", "Z" or nothing, and then the end: minutes to take off. */
static int
parse_zone(const char *text, int *minutes)
{
	int hours, rest, n = 0;

	*minutes = 0;
	if (*text == '\0' || strcmp(text, "Z") == 0)
		return 0;
	if ((*text != '+' && *text != '-') ||
	    (sscanf(text + 1, "%2d:%2d%n", &hours, &rest, &n) != 2 &&
		sscanf(text + 1, "%2d%2d%n", &hours, &rest, &n) != 2) ||
	    text[1 + n] != '\0' || hours < 0 || hours > 14 || rest < 0 ||
	    rest > 59)
		return E_INPUT;
	*minutes = (hours * 60 + rest) * (*text == '-' ? -1 : 1);
	return 0;
}

/* Digits behind the second, of which the first three count. */
static const char *
parse_fraction(const char *text, char millis[4])
{
	int n = 0;

	memcpy(millis, "000", 4);
	if (*text != '.')
		return text;
	for (text++; *text >= '0' && *text <= '9'; text++)
		if (n < 3)
			millis[n++] = *text;
	return text;
}

int
foreign_time(const char *text, char out[25])
{
	char ours[CLOCK_TEXT_SIZE], millis[4];
	int64_t ms, now_ms = clock_wall_ms();
	const char *rest;
	int minutes;

	if (strnlen(text, 19) < 19 || (text[10] != ' ' && text[10] != 'T'))
		return E_INPUT;
	rest = parse_fraction(text + 19, millis);
	snprintf(ours, sizeof(ours), "%.10sT%.8s.%.3sZ", text, text + 11,
	    millis);
	if (parse_zone(rest, &minutes) != 0 || clock_parse(ours, &ms) != 0)
		return E_INPUT;
	ms -= minutes * MINUTE_MS;
	clock_text(ms < now_ms ? ms : now_ms, out);
	return 0;
}

/* ---- values --------------------------------------------------------------------- */

static const char *
text_of(sqlite3_stmt *from, int at)
{
	const char *text;

	if (at < 0 || sqlite3_column_type(from, at) != SQLITE_TEXT)
		return NULL;
	text = (const char *)sqlite3_column_text(from, at);
	if (text == NULL ||
	    strlen(text) != (size_t)sqlite3_column_bytes(from, at))
		return NULL;
	return text;
}

static void
bind(sqlite3_stmt *to, enum foreign_column column, const char *text)
{
	if (text == NULL)
		sqlite3_bind_null(to, (int)column + 1);
	else
		sqlite3_bind_text(to, (int)column + 1, text, -1,
		    SQLITE_TRANSIENT);
}

static void
clean_text(sqlite3_stmt *from, int at, sqlite3_stmt *to,
    enum foreign_column column)
{
	const char *text = text_of(from, at);

	if (text != NULL && !shared_is_plain(text, SHARED_TEXT_MAX))
		text = NULL;
	bind(to, column, text);
}

static void
clean_time(sqlite3_stmt *from, int at, sqlite3_stmt *to,
    enum foreign_column column)
{
	const char *text = text_of(from, at);
	char ours[CLOCK_TEXT_SIZE];

	if (text != NULL && foreign_time(text, ours) == 0)
		bind(to, column, ours);
	else
		bind(to, column, NULL);
}

static int
canon_object(const char *json, struct buf *out)
{
	if (json_check(json, strlen(json)) != 0 ||
	    json_kind(json_of(json)) != JSON_OBJECT)
		return E_INPUT;
	return json_canon(json, strlen(json), out);
}

static void
clean_json(sqlite3_stmt *from, int at, sqlite3_stmt *to,
    enum foreign_column column)
{
	const char *text = text_of(from, at);
	struct buf canon = { 0 };
	bool good = text != NULL && strlen(text) <= SHARED_JSON_MAX;

	if (good)
		good = (column == COLUMN_COLLECTIONS
			       ? collections_canon(text, &canon)
			       : canon_object(text, &canon)) == 0 &&
		    canon.len <= SHARED_JSON_MAX;
	bind(to, column, good ? buf_text(&canon) : NULL);
	buf_release(&canon);
}

static void
clean_number(sqlite3_stmt *from, int at, sqlite3_stmt *to,
    enum foreign_column column)
{
	int64_t number = -1;

	if (at >= 0 && sqlite3_column_type(from, at) == SQLITE_INTEGER)
		number = sqlite3_column_int64(from, at);
	sqlite3_bind_int64(to, (int)column + 1, number < 0 ? -1 : number);
}

static void
clean_flag(sqlite3_stmt *from, int at, sqlite3_stmt *to,
    enum foreign_column column)
{
	sqlite3_bind_int64(to, (int)column + 1,
	    at >= 0 && sqlite3_column_type(from, at) == SQLITE_INTEGER &&
		sqlite3_column_int64(from, at) != 0);
}

static void
clean_stable_id(sqlite3_stmt *from, int at, sqlite3_stmt *to)
{
	const char *text = text_of(from, at);

	bind(to, COLUMN_STABLE_ID,
	    text != NULL && stable_id_is(text) ? text : "");
}

static bool
names_content(sqlite3_stmt *from, const int at[FOREIGN_COLUMNS])
{
	const char *id = text_of(from, at[COLUMN_ID]);
	const char *type = text_of(from, at[COLUMN_FILE_TYPE]);

	return id != NULL && str_is_hex(id, 64) && type != NULL &&
	    shared_ext(type) != NULL;
}

int
foreign_clean(sqlite3_stmt *from, const int at[FOREIGN_COLUMNS],
    sqlite3_stmt *to)
{
	static const enum foreign_column texts[] = { COLUMN_ID, COLUMN_FILENAME,
		COLUMN_DOC_ID, COLUMN_DOC_ID_TYPE, COLUMN_FILE_TYPE,
		COLUMN_LABEL, COLUMN_VARIANT, COLUMN_CREATED_BY };
	static const enum foreign_column jsons[] = { COLUMN_COLLECTIONS,
		COLUMN_DOC_METADATA, COLUMN_FILE_METADATA };

	if (!names_content(from, at))
		return 0;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		clean_text(from, at[texts[i]], to, texts[i]);
	for (size_t i = 0; i < sizeof(jsons) / sizeof(*jsons); i++)
		clean_json(from, at[jsons[i]], to, jsons[i]);
	clean_stable_id(from, at[COLUMN_STABLE_ID], to);
	clean_number(from, at[COLUMN_VERSION], to, COLUMN_VERSION);
	clean_flag(from, at[COLUMN_IS_GOLD], to, COLUMN_IS_GOLD);
	clean_flag(from, at[COLUMN_DELETED], to, COLUMN_DELETED);
	clean_time(from, at[COLUMN_CREATED_AT], to, COLUMN_CREATED_AT);
	clean_time(from, at[COLUMN_UPDATED_AT], to, COLUMN_UPDATED_AT);
	return 1;
}
