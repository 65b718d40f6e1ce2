/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "fuzz/scratch.h"
#include "local/shared.h"

#include <string.h>

/*
 * Any JSON: what is checked has a canonical form, which is its own, and is taken
 * apart without complaint; the same bytes as a shared record, as collections, as
 * an object that is changed.
 */

static int
see_value(struct mem *mem, struct json value)
{
	int64_t number;
	char *text;

	must(json_check(value.text, value.len) == 0);
	(void)json_int64(value, &number);
	if (json_kind(value) == JSON_STRING) {
		must(json_string(mem, value, &text) == 0);
		must(str_is_utf8(text, strlen(text)));
	}
	return 0;
}

static int
see_member(void *arg, const char *key, struct json value)
{
	must(str_is_utf8(key, strlen(key)));
	return see_value(arg, value);
}

static int
see_item(void *arg, struct json value)
{
	return see_value(arg, value);
}

static void
as_record(struct mem *mem, struct json value)
{
	struct buf out = { 0 };
	struct record rec, again;

	if (shared_decode(mem, value, &rec) == 0) {
		must(shared_check(&rec) == 0);
		shared_encode(&rec, &out);
		must(json_is_canon(out.data, out.len));
		must(shared_decode(mem, (struct json){ out.data, out.len },
			 &again) == 0);
		must(shared_equal(&rec, &again));
	}
	buf_release(&out);
}

static void
as_columns(struct mem *mem, const char *text)
{
	const char *changed, *back;
	struct buf once = { 0 }, twice = { 0 };

	if (collections_canon(text, &once) == 0) {
		must(collections_canon(buf_text(&once), &twice) == 0);
		must(strcmp(buf_text(&once), buf_text(&twice)) == 0);
	}
	if (object_set(mem, text, "k", "[1.10]", &changed) == 0) {
		must(json_is_canon(changed, strlen(changed)));
		must(object_set(mem, changed, "k", NULL, &back) == 0);
	}
	buf_release(&once);
	buf_release(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mem *mem = mem_new();
	struct buf canon = { 0 }, again = { 0 };
	struct json value = { (const char *)data, size };

	if (json_canon(value.text, value.len, &canon) == 0) {
		must(json_check(value.text, value.len) == 0);
		must(json_is_canon(canon.data, canon.len));
		must(json_canon(canon.data, canon.len, &again) == 0);
		must(again.len == canon.len &&
		    memcmp(again.data, canon.data, canon.len) == 0);
		if (json_kind(value) == JSON_OBJECT)
			must(json_each_member(value, see_member, mem) == 0);
		if (json_kind(value) == JSON_ARRAY)
			must(json_each_item(value, see_item, mem) == 0);
		as_record(mem, value);
		as_columns(mem, buf_text(&canon));
	} else {
		must(json_check(value.text, value.len) != 0);
	}
	buf_release(&canon);
	buf_release(&again);
	mem_free(mem);
	return 0;
}
