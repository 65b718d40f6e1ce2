/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/s3_xml.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/xml.h"

struct s3_xml {
	struct xml *xml;
	struct xml_reader reader;
	int (*row)(void *arg, const struct s3_row *row);
	void *arg;
	struct s3_said said;
	bool is_encoded; /* keys are, as was asked for, and not denied */
	bool is_in_row;
	char name[64]; /* of the innermost element */
	struct s3_row now;
	struct buf key, etag, upload_id; /* of the row */
};

/* ---- texts ---------------------------------------------------------------- */

int64_t
s3_time(const char *text)
{
	char whole[CLOCK_TEXT_SIZE];
	int64_t ms;

	if (strlen(text) < 20 || text[strlen(text) - 1] != 'Z')
		return -1;
	snprintf(whole, sizeof(whole), "%.19s.000Z", text);
	if (clock_parse(whole, &ms) != 0) {
		err_clear();
		return -1;
	}
	return ms / 1000;
}

static int64_t
number(const char *text)
{
	int64_t n;

	if (str_int64(text, &n) != 0 || n < 0) {
		err_clear();
		return -1;
	}
	return n;
}

static void
copy(char *to, size_t room, const char *text)
{
	if (strlen(text) < room)
		memcpy(to, text, strlen(text) + 1);
}

/*
 * As forms are encoded, a plus for a space, unless a space is seen to have its
 * own code.  A NUL that was encoded is in no name of ours.
 */
static void
decode(const char *text, struct buf *out)
{
	bool is_form = strstr(text, "%20") == NULL;
	struct buf plain = { 0 };
	char *decoded;
	int len = 0;

	for (; *text != '\0'; text++)
		buf_putc(&plain, *text == '+' && is_form ? ' ' : *text);
	decoded = curl_easy_unescape(NULL, buf_text(&plain), (int)plain.len,
	    &len);
	if (decoded != NULL && strlen(decoded) == (size_t)len)
		buf_puts(out, decoded);
	curl_free(decoded);
	buf_release(&plain);
}

/* Some take no notice of the wish that keys be encoded, and do not say so. */
static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '%' &&
		    (!isxdigit((unsigned char)text[1]) ||
			!isxdigit((unsigned char)text[2])))
			return true;
		if ((unsigned char)*text >= 128 ||
		    strchr(" \"#&,;<=>?[]", *text) != NULL)
			return true;
	}
	return false;
}

static void
take_key(struct s3_xml *x, const char *text)
{
	buf_clear(&x->key);
	if (x->is_encoded && !is_plain(text))
		decode(text, &x->key);
	else
		buf_puts(&x->key, text);
}

/* ---- elements ------------------------------------------------------------- */

static const struct {
	const char *name;
	enum s3_row_kind kind;
} rows[] = {
	{ "Contents", S3_ROW_OBJECT },
	{ "CommonPrefixes", S3_ROW_PREFIX },
	{ "Upload", S3_ROW_UPLOAD },
	{ "Part", S3_ROW_PART },
};

static void
begin_row(struct s3_xml *x, const char *local)
{
	size_t i;

	x->is_in_row = false;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(local, rows[i].name) == 0) {
			x->is_in_row = true;
			x->now = (struct s3_row){ .kind = rows[i].kind,
				.size_bytes = -1,
				.mtime = -1 };
		}
	buf_clear(&x->key);
	buf_clear(&x->etag);
	buf_clear(&x->upload_id);
}

static bool
begin(void *arg, const char *local, const char *uri, int depth)
{
	struct s3_xml *x = arg;

	(void)uri; /* not all servers know it */
	if (depth == 1)
		copy(x->said.root, sizeof(x->said.root), local);
	if (depth == 2)
		begin_row(x, local);
	x->name[0] = '\0';
	copy(x->name, sizeof(x->name), local);
	return depth == 2 || (depth == 3 && x->is_in_row);
}

static void
end_row(struct s3_xml *x)
{
	int rc;

	x->is_in_row = false;
	x->now.key = buf_text(&x->key);
	x->now.etag = buf_text(&x->etag);
	x->now.upload_id = buf_text(&x->upload_id);
	if (x->row != NULL && (rc = x->row(x->arg, &x->now)) != 0)
		xml_stop(x->xml, rc);
}

static void
end_of_row(struct s3_xml *x, const char *text)
{
	const char *name = x->name;

	if (strcmp(name, "Key") == 0 || strcmp(name, "Prefix") == 0)
		take_key(x, text);
	else if (strcmp(name, "Size") == 0)
		x->now.size_bytes = number(text);
	else if (strcmp(name, "LastModified") == 0 ||
	    strcmp(name, "Initiated") == 0)
		x->now.mtime = s3_time(text);
	else if (strcmp(name, "ETag") == 0)
		buf_puts(&x->etag, text);
	else if (strcmp(name, "UploadId") == 0)
		buf_puts(&x->upload_id, text);
	else if (strcmp(name, "PartNumber") == 0)
		x->now.part = number(text);
}

#define FIELD(name) \
	offsetof(struct s3_said, name), sizeof(((struct s3_said *)0)->name)

static const struct {
	const char *name;
	size_t offset, room;
} fields[] = {
	{ "Code", FIELD(code) },
	{ "Message", FIELD(message) },
	{ "Region", FIELD(region) },
	{ "UploadId", FIELD(upload_id) },
	{ "NextContinuationToken", FIELD(next) },
	{ "NextPartNumberMarker", FIELD(next) },
};

static void
end_field(struct s3_xml *x, const char *text)
{
	size_t i;

	if (strcmp(x->name, "IsTruncated") == 0)
		x->said.is_truncated = strcmp(text, "true") == 0;
	else if (strcmp(x->name, "EncodingType") == 0)
		x->is_encoded = x->is_encoded && strcmp(text, "url") == 0;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(x->name, fields[i].name) == 0)
			copy((char *)&x->said + fields[i].offset,
			    fields[i].room, text);
}

static void
end(void *arg, const char *text, int depth)
{
	struct s3_xml *x = arg;

	if (depth == 2 && x->is_in_row)
		end_of_row(x, text);
	else if (depth == 1 && x->is_in_row)
		end_row(x);
	else if (depth == 1)
		end_field(x, text);
	x->name[0] = '\0';
}

/* ---- the topic ------------------------------------------------------------ */

struct s3_xml *
s3_xml_new(int (*row)(void *arg, const struct s3_row *row), void *arg)
{
	struct s3_xml *x = xmalloc(sizeof(*x));

	memset(x, 0, sizeof(*x));
	x->row = row;
	x->arg = arg;
	x->is_encoded = true; /* some say it only behind the rows */
	x->reader = (struct xml_reader){ .what = "the answer of the store",
		.begin = begin,
		.end = end,
		.arg = x };
	x->xml = xml_new(&x->reader);
	return x;
}

void
s3_xml_free(struct s3_xml *x)
{
	if (x == NULL)
		return;
	xml_free(x->xml);
	buf_release(&x->key);
	buf_release(&x->etag);
	buf_release(&x->upload_id);
	free(x);
}

int
s3_xml_feed(struct s3_xml *x, const void *data, size_t len)
{
	return xml_feed(x->xml, data, len);
}

int
s3_xml_end(struct s3_xml *x)
{
	return xml_end(x->xml);
}

const struct s3_said *
s3_xml_said(const struct s3_xml *x)
{
	return &x->said;
}
