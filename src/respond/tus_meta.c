/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/base64.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "respond/pick.h"
#include "respond/tus.h"
#include "web/request.h"

#include <string.h>
#include <strings.h>

#define KEY_MAX 64

/* One pair of the header. */
struct pair {
	const char *key;
	size_t key_len;
	const char *value; /* base64 */
	size_t value_len;
};

static bool
is_key(const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (key[i] <= ' ' || key[i] > '~' || key[i] == ',')
			return false;
	return len > 0 && len <= KEY_MAX;
}

/* The pair at `*at`, which then stands behind its comma, or is NULL. */
static int
next_pair(const char **at, struct pair *pair)
{
	const char *s = *at + strspn(*at, " ");
	size_t len = strcspn(s, ",");

	*at = s[len] == ',' ? s + len + 1 : NULL;
	while (len > 0 && s[len - 1] == ' ')
		len--;
	pair->key = s;
	pair->key_len = strcspn(s, " ,");
	if (pair->key_len > len)
		pair->key_len = len;
	if (!is_key(pair->key, pair->key_len))
		return err_set(E_INPUT,
		    "Upload-Metadata: a key has 1 to %d characters of ASCII",
		    KEY_MAX);
	pair->value = s + pair->key_len;
	pair->value_len = len - pair->key_len;
	if (pair->value_len > 0) {
		pair->value++;
		pair->value_len--;
	}
	return 0;
}

/* Is that key also in the header before? */
static bool
was_before(const char *text, const struct pair *pair)
{
	struct pair other;

	while (text != NULL && text < pair->key) {
		if (next_pair(&text, &other) != 0 || other.key == pair->key)
			return false;
		if (other.key_len == pair->key_len &&
		    memcmp(other.key, pair->key, pair->key_len) == 0)
			return true;
	}
	return false;
}

static int
parse_bool(const char *text, bool *value)
{
	static const char *const words[] = { "false", "no", "off", "0", "true",
		"yes", "on", "1" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcasecmp(text, words[i]) == 0) {
			*value = i >= 4;
			return 0;
		}
	return err_set(E_INPUT, "it is neither true nor false");
}

/* What makes it a save: 1 it is such a key, 0 it is none. */
static int
set_save(struct request *req, struct save_wish *save, const char *key,
    const struct buf *value)
{
	const char *text = buf_text(value);
	const char **to = NULL;

	if (str_eq(key, "new_version"))
		return parse_bool(text, &save->new_version) == 0 ? 1 : E_INPUT;
	if (str_eq(key, "file_id"))
		to = &save->file_id;
	else if (str_eq(key, "if_hash"))
		to = &save->if_hash;
	else
		return 0;
	if (value->len > PICK_ID_MAX || !str_is_utf8(text, value->len))
		return err_set(E_INPUT, "at most %d bytes of UTF-8",
		    PICK_ID_MAX);
	*to = mem_strdup(req->mem, text);
	return 1;
}

static int
set_one(struct request *req, struct tus_meta *meta, const struct pair *pair)
{
	char *key = mem_strndup(req->mem, pair->key, pair->key_len);
	struct buf value = { 0 };
	int rc;

	rc = base64_decode(pair->value, pair->value_len, &value);
	if (rc == 0)
		rc = set_save(req, &meta->save, key, &value);
	if (rc == 1)
		meta->is_save = true;
	else if (rc == 0)
		rc = incoming_set(req, &meta->said, key, buf_text(&value),
		    value.len);
	buf_release(&value);
	return rc < 0 ? err_wrap(rc, "Upload-Metadata: %s", key) : 0;
}

int
tus_meta_parse(struct request *req, const char *text, struct tus_meta *meta)
{
	const char *at = text;
	struct pair pair;
	int rc;

	*meta = (struct tus_meta){ .save = { .file_id = "" } };
	if (text == NULL || *text == '\0')
		return 0;
	if (strlen(text) > TUS_META_MAX)
		return err_set(E_INPUT,
		    "Upload-Metadata has more than %d bytes", TUS_META_MAX);
	while (at != NULL) {
		if ((rc = next_pair(&at, &pair)) != 0)
			return rc;
		if (was_before(text, &pair))
			return err_set(E_INPUT,
			    "Upload-Metadata has %.*s twice", (int)pair.key_len,
			    pair.key);
		if ((rc = set_one(req, meta, &pair)) != 0)
			return rc;
	}
	meta->save.label = meta->said.label;
	return 0;
}
