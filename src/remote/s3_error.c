/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "remote/s3.h"

/* Codes of S3 (API Reference, Error Responses) that say more than a status. */
static const struct {
	const char *name;
	int code;
	const char *words;
} meanings[] = {
	{ "AccessDenied", E_DENIED,
	    "the store does not allow it: the key lacks a permission on the "
	    "bucket" },
	{ "AllAccessDisabled", E_DENIED, "the store is closed" },
	{ "BucketAlreadyExists", E_EXISTS, "there is such a bucket" },
	{ "ConditionalRequestConflict", E_REMOTE,
	    "somebody else writes the same object at this moment" },
	{ "EntityTooLarge", E_DENIED, "too large for the store" },
	{ "ExpiredToken", E_LOGIN, "the session token has expired" },
	{ "InvalidAccessKeyId", E_LOGIN,
	    "the store does not know the access key (the user name)" },
	{ "InvalidToken", E_LOGIN, "the store refuses the session token" },
	{ "NoSuchBucket", E_INPUT,
	    "there is no such bucket: make it, or correct the address" },
	{ "NoSuchKey", E_ABSENT, "not there" },
	{ "NotImplemented", E_DENIED, "the store cannot do that" },
	{ "PreconditionFailed", E_CONFLICT, "a condition was not met" },
	{ "QuotaExceeded", E_REMOTE, "the store has no space left" },
	{ "RequestTimeTooSkewed", E_LOGIN,
	    "the store refuses what this machine signs, since their clocks "
	    "differ: set the clock" },
	{ "RequestTimeout", E_REMOTE, "the store waited too long for us" },
	{ "SignatureDoesNotMatch", E_LOGIN,
	    "the store refuses the signature: the secret key (the password) is "
	    "not that of this access key, or a proxy changes requests" },
	{ "SlowDown", E_REMOTE, "the store asks for fewer requests" },
	{ "TooManyRequests", E_REMOTE, "the store asks for fewer requests" },
	{ "TokenRefreshRequired", E_LOGIN, "the session token has expired" },
	{ "XAmzContentSHA256Mismatch", E_REMOTE,
	    "what came to the store is not what was sent" },
	{ "XMinioStorageFull", E_REMOTE, "the store has no space left" },
	{ "InsufficientStorage", E_REMOTE, "the store has no space left" },
};

/* Codes that another try may change, whatever their status. */
static const char *const passing[] = { "ConditionalRequestConflict",
	"InternalError", "OperationAborted", "RequestTimeout",
	"ServiceUnavailable", "SlowDown", "TooManyRequests",
	"XAmzContentSHA256Mismatch" };

/* ---- reading it --------------------------------------------------------------- */

/* Whatever it is: no XML is no error code. */
static void
read_said(const struct http_call *call, struct s3_said *said)
{
	struct s3_xml *x = s3_xml_new(NULL, NULL);

	memset(said, 0, sizeof(*said));
	if (call->said.len > 0) {
		(void)s3_xml_feed(x, call->said.data, call->said.len);
		*said = *s3_xml_said(x);
	}
	if (strcmp(said->root, "Error") != 0)
		memset(said, 0, sizeof(*said));
	err_clear();
	s3_xml_free(x);
}

void
s3_code(const struct http_call *call, char code[static 64])
{
	struct s3_said said;

	read_said(call, &said);
	memcpy(code, said.code, sizeof(said.code));
}

static bool
may_pass(const struct http_call *call)
{
	struct s3_said said;
	size_t i;

	if (call->answer.status < 400 || call->said.len == 0)
		return false;
	read_said(call, &said);
	for (i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (strcmp(said.code, passing[i]) == 0)
			return true;
	return false;
}

/* ---- saying it ---------------------------------------------------------------- */

/* Control characters are for terminals. */
static void
make_plain(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = ' ';
}

/* How far the clocks are apart, where that is the trouble. */
static void
clock_words(const struct http_call *call, char words[static 64])
{
	long long apart = (long long)(clock_wall_ms() / 1000 -
	    call->answer.date_s);

	words[0] = '\0';
	if (call->answer.date_s > 0)
		snprintf(words, 64, " (ours is %lld seconds %s)",
		    apart < 0 ? -apart : apart, apart < 0 ? "behind" : "ahead");
}

static const char *
path_of(const struct http_call *call, int *len)
{
	const char *path = address_path(buf_text(&call->url));

	*len = (int)strcspn(path, "?");
	return path;
}

int
s3_error_said(const struct http_call *call, const char *code,
    const char *message)
{
	char more[64] = "";
	const char *path;
	size_t i;
	int len;

	path = path_of(call, &len);
	if (strcmp(code, "RequestTimeTooSkewed") == 0)
		clock_words(call, more);
	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strcmp(code, meanings[i].name) == 0)
			return err_set(meanings[i].code, "%s %.*s: %s%s (%s)",
			    call->method, len, path, meanings[i].words, more,
			    code);
	return err_set(E_REMOTE, "%s %.*s: %s (%s)", call->method, len, path,
	    message[0] != '\0' ? message : "the store could not do it", code);
}

static int
wrong_region(const struct http_call *call, const struct s3_said *said)
{
	const char *path;
	int len;

	path = path_of(call, &len);
	if (said->region[0] != '\0')
		return err_set(E_INPUT,
		    "%s %.*s: the bucket is in the region %s: S3_REGION = %s",
		    call->method, len, path, said->region, said->region);
	return err_set(E_INPUT,
	    "%s %.*s: the bucket is in another region, or elsewhere: set "
	    "S3_REGION or the address (%s)",
	    call->method, len, path, said->code);
}

static int
is_wrong_region(const char *code)
{
	return strcmp(code, "PermanentRedirect") == 0 ||
	    strcmp(code, "TemporaryRedirect") == 0 ||
	    strcmp(code, "AuthorizationHeaderMalformed") == 0 ||
	    strcmp(code, "IllegalLocationConstraintException") == 0;
}

static int
error(const struct http_call *call)
{
	const char *path;
	struct s3_said said;
	bool is_final;
	int len, rc;

	read_said(call, &said);
	make_plain(said.message);
	make_plain(said.region);
	make_plain(said.code);
	if (is_wrong_region(said.code))
		return wrong_region(call, &said);
	path = path_of(call, &len);
	if (said.code[0] == '\0' || call->answer.status == 507) {
		struct buf plain = { 0 };

		buf_add(&plain, path, (size_t)len);
		rc = answer_error(&call->answer, call->method,
		    buf_text(&plain));
		buf_release(&plain);
		return rc;
	}
	is_final = call->answer.status / 100 == 4 &&
	    call->answer.status != 429 && !may_pass(call);
	rc = s3_error_said(call, said.code, said.message);
	/* Of a code that is not known the status says what can be done. */
	if (rc == E_REMOTE && is_final)
		return err_set(E_DENIED, "%s", err_text());
	return rc;
}

const struct http_dialect s3_dialect = { .may_pass = may_pass, .error = error };
