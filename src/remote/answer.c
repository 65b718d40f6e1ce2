/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/answer.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

void
answer_init(struct answer *a)
{
	memset(a, 0, sizeof(*a));
	a->range_from = -1;
	a->length = a->date_s = -1;
	a->retry_after_ms = -1;
}

/* ---- header lines ----------------------------------------------------- */

static void
take_etag(struct answer *a, const char *value)
{
	if (strlen(value) < sizeof(a->etag))
		snprintf(a->etag, sizeof(a->etag), "%s", value);
}

static void
take_location(struct answer *a, const char *value)
{
	if (strlen(value) < sizeof(a->location))
		snprintf(a->location, sizeof(a->location), "%s", value);
}

/* "bytes 100-199/200" */
static void
take_range(struct answer *a, const char *value)
{
	char *end;
	long long from;

	if (strncasecmp(value, "bytes ", 6) != 0)
		return;
	from = strtoll(value + 6, &end, 10);
	if (end != value + 6 && *end == '-' && from >= 0)
		a->range_from = from;
}

static void
take_length(struct answer *a, const char *value)
{
	if (str_int64(value, &a->length) != 0 || a->length < 0) {
		err_clear();
		a->length = -1;
	}
}

static void
take_date(struct answer *a, const char *value)
{
	a->date_s = curl_getdate(value, NULL);
}

/* Seconds, or a date. */
static void
take_retry_after(struct answer *a, const char *value)
{
	char *end;
	long long s = strtoll(value, &end, 10);
	time_t at;

	if (end != value && *end == '\0') {
		if (s >= 0)
			a->retry_after_ms = s < 1000000 ? s * 1000 : 1000000000;
	} else if ((at = curl_getdate(value, NULL)) >= 0) {
		a->retry_after_ms = (int64_t)at * 1000 - clock_wall_ms();
		if (a->retry_after_ms < 0)
			a->retry_after_ms = 0;
	}
}

static void
take_challenge(struct answer *a, const char *value)
{
	if (strncasecmp(value, "basic", 5) == 0)
		a->offers_basic = true;
	if (strncasecmp(value, "digest", 6) == 0)
		a->offers_digest = true;
}

static const struct {
	const char *name;
	void (*take)(struct answer *a, const char *value);
} wanted[] = {
	{ "etag", take_etag },
	{ "location", take_location },
	{ "content-range", take_range },
	{ "content-length", take_length },
	{ "date", take_date },
	{ "retry-after", take_retry_after },
	{ "www-authenticate", take_challenge },
};

static void
take_header(struct answer *a, char *line)
{
	char *value = strchr(line, ':');
	size_t i;

	if (value == NULL)
		return;
	*value++ = '\0';
	value += strspn(value, " \t");
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (strcasecmp(line, wanted[i].name) == 0)
			wanted[i].take(a, value);
}

static void
begin(struct answer *a, const char *line)
{
	const char *space = strchr(line, ' ');
	size_t bytes = a->header_bytes;

	answer_init(a);
	a->header_bytes = bytes;
	if (space != NULL)
		a->status = (int)strtol(space, NULL, 10);
}

int
answer_header(struct answer *a, const char *line, size_t len)
{
	char text[2200];

	a->header_bytes += len;
	if (a->header_bytes > ANSWER_HEADERS_MAX)
		return err_set(E_CORRUPT,
		    "the answer has more than %d bytes "
		    "of headers",
		    ANSWER_HEADERS_MAX);
	while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL)
		len--;
	if (len >= sizeof(text))
		return 0;
	memcpy(text, line, len);
	text[len] = '\0';
	if (strncmp(text, "HTTP/", 5) == 0)
		begin(a, text);
	else
		take_header(a, text);
	return 0;
}

/* ---- what a status means ---------------------------------------------- */

bool
answer_may_pass(int status)
{
	switch (status) {
	case 408:
	case 423:
	case 425:
	case 429:
	case 500:
	case 502:
	case 503:
	case 504:
		return true;
	default:
		return false;
	}
}

static const struct {
	int status;
	int code;
	const char *words;
} meanings[] = {
	{ 207, E_REMOTE, "the server did a part of it only" },
	{ 401, E_LOGIN, "the server refuses the user name or the password" },
	{ 403, E_DENIED, "the server does not allow it" },
	{ 404, E_ABSENT, "not there" },
	{ 405, E_DENIED,
	    "the server does not do that here; is the address "
	    "that of a WebDAV folder?" },
	{ 407, E_REMOTE, "the proxy wants a login" },
	{ 409, E_ABSENT, "the folder that it should be in is not there" },
	{ 410, E_ABSENT, "not there any more" },
	{ 412, E_CONFLICT, "a condition was not met" },
	/* What is smaller may get through, and a limit can be raised. */
	{ 413, E_REMOTE,
	    "too large for the server: its limit on the size of "
	    "requests must be raised" },
	{ 414, E_DENIED, "the name is too long for the server" },
	{ 423, E_REMOTE, "locked by somebody on the server" },
	{ 429, E_REMOTE, "the server asks for fewer requests" },
	{ 501, E_DENIED, "the server cannot do that" },
	{ 503, E_REMOTE, "the server is not available now" },
	{ 507, E_REMOTE, "the server has no space left" },
};

int
answer_error(const struct answer *a, const char *method, const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].status == a->status)
			return err_set(meanings[i].code, "%s %s: %s (%d)",
			    method, path, meanings[i].words, a->status);
	if (a->status >= 300 && a->status < 400)
		return err_set(E_REMOTE,
		    "%s %s: the server sends us to "
		    "\"%.200s\" (%d); if that is right, use that address",
		    method, path, a->location, a->status);
	return err_set(E_REMOTE, "%s %s: the server answered %d", method, path,
	    a->status);
}
