/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/s3_xml.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
row(void *arg, const struct s3_row *r)
{
	struct buf *seen = arg;

	if (r->key == NULL || r->etag == NULL || r->upload_id == NULL ||
	    r->size_bytes < -1 || strlen(r->key) > 9000)
		abort();
	buf_printf(seen, "%d %s %lld;", r->kind, r->key,
	    (long long)r->size_bytes);
	return seen->len > 100000 ? E_INPUT : 0;
}

static int
read_all(const uint8_t *data, size_t size, size_t step, struct buf *seen)
{
	struct s3_xml *x = s3_xml_new(row, seen);
	const struct s3_said *said = s3_xml_said(x);
	size_t at, n;
	int rc = 0;

	for (at = 0; rc == 0 && at < size; at += n) {
		n = step < size - at ? step : size - at;
		rc = s3_xml_feed(x, data + at, n);
	}
	if (rc == 0)
		rc = s3_xml_end(x);
	if (strlen(said->code) >= sizeof(said->code) ||
	    strlen(said->next) >= sizeof(said->next))
		abort();
	s3_xml_free(x);
	return rc;
}

/* In pieces of any size it says the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = { 0 }, pieces = { 0 };
	size_t step;
	int rc;

	if (size < 1)
		return 0;
	step = 1 + data[0];
	rc = read_all(data + 1, size - 1, size, &whole);
	if (read_all(data + 1, size - 1, step, &pieces) == 0 && rc == 0 &&
	    strcmp(buf_text(&whole), buf_text(&pieces)) != 0)
		abort();
	err_clear();
	buf_release(&whole);
	buf_release(&pieces);
	return 0;
}
