/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tei/fileref.h"

#include "tei/parse.h"
#include "tei/wanted.h"

#include "base/err.h"
#include "base/str.h"

#include <string.h>

#define DONE 1 /* a walk has seen enough */

static int
check_text(const char *what, const char *text)
{
	if (strlen(text) >= FILEREF_SIZE)
		return err_set(E_INPUT, "the %s is longer than %d bytes", what,
		    FILEREF_SIZE - 1);
	if (!str_is_utf8(text, strlen(text)))
		return err_set(E_INPUT, "the %s is not UTF-8", what);
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return err_set(E_INPUT,
			    "the %s has a line break or control character in "
			    "it",
			    what);
	return 0;
}

int
fileref_check(const char *key)
{
	if (*key == '\0')
		return err_set(E_INPUT, "the document key is empty");
	if (*key == ' ' || str_ends(key, " "))
		return err_set(E_INPUT,
		    "the document key begins or ends with a space");
	return check_text("document key", key);
}

/* A walk for key and variant. */
struct reading {
	struct wanted key;
	struct wanted variant;
	int extractor_depth; /* of the application we are in, or 0 */
};

static int
read_start(void *arg, const struct tei_tag *tag)
{
	struct reading *r = arg;

	if (wanted_is_key(tag))
		wanted_start(&r->key, tag);
	else if (tei_tag_is(tag, "application") &&
	    tei_tag_has(tag, "type", "extractor"))
		r->extractor_depth = tag->depth;
	else if (r->extractor_depth == tag->depth - 1 && tag->depth > 1 &&
	    tei_tag_is(tag, "label") && tei_tag_has(tag, "type", "variant-id"))
		wanted_start(&r->variant, tag);
	return 0;
}

static int
read_end(void *arg, const struct tei_tag *tag)
{
	struct reading *r = arg;

	wanted_end(&r->key, tag);
	wanted_end(&r->variant, tag);
	if (r->extractor_depth == tag->depth)
		r->extractor_depth = 0;
	return tei_tag_is(tag, "teiHeader") ? DONE : 0;
}

static int
read_text(void *arg, const char *text, size_t len)
{
	struct reading *r = arg;

	wanted_text(&r->key, text, len);
	wanted_text(&r->variant, text, len);
	return 0;
}

static int
take(char out[FILEREF_SIZE], const char *what, struct wanted *w)
{
	const char *text = wanted_trim(w);
	int rc = check_text(what, text);

	if (rc == 0)
		memcpy(out, text, strlen(text) + 1);
	return rc;
}

int
fileref_find(int fd, struct fileref *ref)
{
	struct reading r = { .extractor_depth = 0 };
	struct tei_visitor visitor = {
		.start = read_start,
		.end = read_end,
		.text = read_text,
		.arg = &r,
	};
	int rc = tei_walk(fd, &visitor);

	memset(ref, 0, sizeof(*ref));
	if (rc >= 0)
		rc = take(ref->key, "document key", &r.key);
	if (rc >= 0)
		rc = take(ref->variant, "variant", &r.variant);
	wanted_release(&r.key);
	wanted_release(&r.variant);
	return rc < 0 ? rc : ref->key[0] != '\0';
}
