/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/answer.h"
#include "base/str.h"
#include "fuzz/scratch.h"
#include "remote/address.h"

#include <string.h>

/*
 * The head of an answer, line by line, and where its Location leads: a redirect
 * that is followed goes to the same scheme, host and port.
 */

#define FROM "https://dav.example.org:8443/store/head/"

static void
follow(const char *location)
{
	static const char origin[] = "https://dav.example.org:8443/";
	struct buf to = { 0 };
	struct address a;

	if (address_redirect(FROM, location, &to) == 1) {
		must(strncasecmp(buf_text(&to), origin, strlen(origin)) == 0);
		must(address_parse(buf_text(&to), &a) != 0 ||
		    (strcasecmp(a.origin, "https://dav.example.org:8443") ==
			    0 &&
			a.username == NULL && a.password == NULL));
		address_release(&a);
	}
	buf_release(&to);
}

static void
parse(const char *url)
{
	struct buf whole = { 0 };
	struct address a;

	memset(&a, 0, sizeof(a));
	if (address_parse(url, &a) == 0) {
		must(a.origin != NULL && a.path != NULL);
		must(strchr(a.origin, '@') == NULL);
		address_of(&a, "head/a b", true, &whole);
		must(strstr(buf_text(&whole), "head/a%20b/") != NULL);
	}
	address_release(&a);
	buf_release(&whole);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *stop;
	struct answer a;
	struct buf text = { 0 };

	answer_init(&a);
	while (at < end) {
		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop == NULL ? end : stop + 1;
		if (answer_header(&a, at, (size_t)(stop - at)) != 0)
			break;
		at = stop;
	}
	must(memchr(a.etag, '\0', sizeof(a.etag)) != NULL);
	must(memchr(a.location, '\0', sizeof(a.location)) != NULL);
	must(a.range_from >= -1 && a.length >= -1 && a.retry_after_ms >= -1);
	(void)answer_error(&a, "GET", "head/");
	if (a.location[0] != '\0')
		follow(a.location);
	buf_add(&text, data, size);
	follow(buf_text(&text));
	parse(buf_text(&text));
	buf_release(&text);
	return 0;
}
