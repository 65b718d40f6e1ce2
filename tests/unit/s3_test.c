/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/s3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/remote.h"
#include "remote_server.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A store in a bucket, on a server that plays tricks. */

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define BODY "{\"store\":\"x\",\"layout\":1}"
#define EMPTY_SHA \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct fixture {
	struct remote_server *server;
	struct remote *remote;
	char *dir;
	char url[512];
	char file[4096];
};

static int
setup(void **state)
{
	static struct fixture f;
	struct remote_config c = { .username = "key",
		.password = "the-secret-key",
		.stall_timeout_s = 1,
		.tries = 3,
		.backoff_ms = 1,
		.connections = 2 };

	memset(&f, 0, sizeof(f));
	f.server = remote_server_new();
	f.dir = temp_dir();
	snprintf(f.file, sizeof(f.file), "%s/file", f.dir);
	snprintf(f.url, sizeof(f.url), "s3+%s",
	    remote_server_url(f.server, "/bucket/lib%20a"));
	c.url = f.url;
	assert_int_equal(remote_open(&c, &f.remote), 0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	int i;

	remote_close(f->remote);
	assert_int_equal(remote_server_surprises(f->server), 0);
	assert_int_equal(remote_server_left(f->server), 0);
	for (i = 0; i < remote_server_requests(f->server); i++) {
		const char *head = remote_server_head(f->server, i);

		assert_null(strstr(head, "the-secret-key"));
		assert_non_null(strstr(head, "Credential=key/"));
		assert_non_null(strstr(head, "x-amz-content-sha256"));
		assert_null(strstr(head, "expect"));
	}
	remote_server_free(f->server);
	temp_remove(f->dir);
	return 0;
}

static void
play(struct fixture *f, const char *fits, int status)
{
	remote_server_play(f->server, fits, status, "", "");
}

static void
play_error(struct fixture *f, const char *fits, int status, const char *code)
{
	char body[512];

	snprintf(body, sizeof(body),
	    "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>words of "
	    "the store</Message><Region>eu-north-1</Region></Error>",
	    code);
	remote_server_play(f->server, fits, status, "", body);
}

static void
play_head(struct fixture *f, const char *line, const char *etag)
{
	char body[512], headers[128];

	snprintf(body, sizeof(body), "%s\n" BODY, line);
	snprintf(headers, sizeof(headers), "ETag: %s\r\n", etag);
	remote_server_play(f->server, "GET /bucket/lib%20a/head HTTP", 200,
	    headers, body);
}

/* ---- addresses ------------------------------------------------------------- */

static const struct {
	const char *url, *endpoint, *region;
	enum remote_s3_style style;
	const char *object; /* where "ab/x" is */
	const char *origin, *bucket_path;
	const char *prefix;
} addresses[] = {
	{ "s3://letters/lib", NULL, "eu-central-1", REMOTE_S3_AUTO,
	    "https://letters.s3.eu-central-1.amazonaws.com/lib/ab/x",
	    "https://letters.s3.eu-central-1.amazonaws.com", "", "lib/" },
	{ "s3://letters", NULL, NULL, REMOTE_S3_AUTO,
	    "https://letters.s3.us-east-1.amazonaws.com/ab/x",
	    "https://letters.s3.us-east-1.amazonaws.com", "", "" },
	{ "s3://my.letters/a/b/", NULL, NULL, REMOTE_S3_AUTO,
	    "https://s3.us-east-1.amazonaws.com/my.letters/a/b/ab/x",
	    "https://s3.us-east-1.amazonaws.com", "/my.letters", "a/b/" },
	{ "s3://letters/lib", "https://s3.example.org:9000/", NULL,
	    REMOTE_S3_AUTO, "https://s3.example.org:9000/letters/lib/ab/x",
	    "https://s3.example.org:9000", "/letters", "lib/" },
	{ "s3://letters/lib", "https://example.org/s3", NULL, REMOTE_S3_AUTO,
	    "https://example.org/s3/letters/lib/ab/x", "https://example.org",
	    "/s3/letters", "lib/" },
	{ "s3://letters/lib", "https://s3.example.org", NULL, REMOTE_S3_HOST,
	    "https://letters.s3.example.org/lib/ab/x",
	    "https://letters.s3.example.org", "", "lib/" },
	{ "s3://letters/lib", NULL, NULL, REMOTE_S3_PATH,
	    "https://s3.us-east-1.amazonaws.com/letters/lib/ab/x",
	    "https://s3.us-east-1.amazonaws.com", "/letters", "lib/" },
	{ "s3+http://127.0.0.1:9000/letters/gr%C3%BC%C3%9Fe%20a", NULL, NULL,
	    REMOTE_S3_AUTO,
	    "http://127.0.0.1:9000/letters/gr%C3%BC%C3%9Fe%20a/ab/x",
	    "http://127.0.0.1:9000", "/letters", "gr\303\274\303\237e a/" },
	{ "s3+https://s3.example.org/letters", NULL, NULL, REMOTE_S3_HOST,
	    "https://letters.s3.example.org/ab/x",
	    "https://letters.s3.example.org", "", "" },
};

static void
an_address_says_where_bucket_and_prefix_are(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct remote_config c = { .url = addresses[i].url,
			.s3_endpoint = addresses[i].endpoint,
			.s3_region = addresses[i].region,
			.s3_style = addresses[i].style };
		struct s3 s3;
		struct buf url = { 0 };

		memset(&s3, 0, sizeof(s3));
		assert_int_equal(s3_address(&c, &s3), 0);
		address_of(&s3.address, "ab/x", false, &url);
		assert_string_equal(buf_text(&url), addresses[i].object);
		assert_string_equal(s3.address.origin, addresses[i].origin);
		assert_string_equal(s3.bucket_path, addresses[i].bucket_path);
		assert_string_equal(s3.prefix, addresses[i].prefix);
		buf_release(&url);
		s3_address_release(&s3);
	}
}

static void
what_cannot_be_a_bucket_is_refused(void **state)
{
	static const char *const urls[] = { "s3://", "s3://a", "s3:///x",
		"s3://a%2Fb%2Fc/x", "s3://letters/../x", "s3://letters/a//b",
		"s3://letters?x=1", "s3+https://example.org",
		"s3+https://example.org/", "s3+ftp://example.org/letters",
		"s3://.letters", "s3://let%00ters" };
	struct remote_config c = { .username = "k", .password = "s" };
	struct remote *r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		c.url = urls[i];
		assert_int_equal(remote_open(&c, &r), E_INPUT);
	}
	c.url = "s3+http://127.0.0.1/letters";
	c.s3_style = REMOTE_S3_HOST;
	assert_int_equal(remote_open(&c, &r), E_INPUT);
}

static void
keys_are_needed_and_a_token_is_not_shown_to_everybody(void **state)
{
	struct remote_config c = { .url = "s3://letters" };
	struct remote *r;

	(void)state;
	assert_int_equal(remote_open(&c, &r), E_INPUT);
	c.username = "key";
	assert_int_equal(remote_open(&c, &r), E_INPUT);
	c.password = "hush-hush";
	assert_int_equal(remote_open(&c, &r), 0);
	assert_null(strstr(remote_name(r), "hush"));
	remote_close(r);
	c.s3_session_token = "token-token";
	assert_int_equal(remote_open(&c, &r), 0);
	remote_close(r);
	c.url = "s3+http://example.org/letters";
	assert_int_equal(remote_open(&c, &r), E_INPUT);
	assert_null(strstr(err_text(), "token-token"));
	c.url = "s3://letters";
	c.s3_session_token = "to\r\nken";
	assert_int_equal(remote_open(&c, &r), E_INPUT);
	c.s3_session_token = NULL;
	c.s3_region = "a:b";
	assert_int_equal(remote_open(&c, &r), E_INPUT);
}

static void
a_query_is_sorted_and_encoded(void **state)
{
	const struct s3_param params[] = {
		{ "prefix", "gr\303\274\303\237e a/" }, { "list-type", "2" },
		{ "delimiter", "/" },
		{ "continuation-token", "1+a=b&c~d_e.f-g*" }, { "uploads", "" }
	};
	struct buf url = { 0 };

	(void)state;
	s3_query(params, 5, &url);
	assert_string_equal(buf_text(&url),
	    "?continuation-token=1%2Ba%3Db%26c~d_e.f-g%2A&delimiter=%2F"
	    "&list-type=2&prefix=gr%C3%BC%C3%9Fe%20a%2F&uploads=");
	buf_release(&url);
}

/* ---- XML ---------------------------------------------------------------------- */

static int
note_row(void *arg, const struct s3_row *row)
{
	buf_printf(arg, "[%d %s %lld %lld %s %s %lld]", row->kind, row->key,
	    (long long)row->size_bytes, (long long)row->mtime, row->etag,
	    row->upload_id, (long long)row->part);
	return 0;
}

static int
parse(const char *xml, size_t len, size_t step, struct buf *seen)
{
	struct s3_xml *x = s3_xml_new(note_row, seen);
	size_t at, n;
	int rc = 0;

	buf_clear(seen);
	for (at = 0; rc == 0 && at < len; at += n) {
		n = step < len - at ? step : len - at;
		rc = s3_xml_feed(x, xml + at, n);
	}
	if (rc == 0)
		rc = s3_xml_end(x);
	s3_xml_free(x);
	return rc;
}

static const char page[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
    "<Prefix>lib/</Prefix><EncodingType>url</EncodingType><IsTruncated>false"
    "</IsTruncated><Contents><Key>lib/a+b%2Bc%25</Key><LastModified>"
    "2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;1a&quot;</ETag><Size>"
    "17</Size><Owner><ID>x</ID><Key>deeper</Key></Owner></Contents>"
    "<CommonPrefixes><Prefix>lib/ab/</Prefix></CommonPrefixes>"
    "</ListBucketResult>";

static void
a_page_is_read_in_pieces_of_any_size(void **state)
{
	struct buf seen = { 0 };
	size_t step;

	(void)state;
	for (step = 1; step <= sizeof(page); step++) {
		assert_int_equal(parse(page, sizeof(page) - 1, step, &seen), 0);
		assert_string_equal(buf_text(&seen),
		    "[0 lib/a b+c% 17 1767323045 \"1a\"  0][1 lib/ab/ -1 -1   0]");
	}
	buf_release(&seen);
}

static void
every_cut_of_a_page_is_noticed(void **state)
{
	struct buf seen = { 0 };
	size_t len;
	int rc;

	(void)state;
	for (len = 0; len < sizeof(page) - 1; len++) {
		rc = parse(page, len, 4096, &seen);
		assert_true(rc == E_REMOTE || rc == E_CORRUPT);
	}
	buf_release(&seen);
}

/* versitygw takes no notice of the wish that keys be encoded. */
static void
keys_that_were_not_encoded_stay_as_they_are(void **state)
{
	static const struct {
		const char *key, *want;
	} keys[] = { { "x y+.pdf", "x y+.pdf" }, { "100%", "100%" },
		{ "gr\303\274n+", "gr\303\274n+" }, { "a%20b+c", "a b+c" },
		{ "a+b", "a b" }, { "a%2fb", "a/b" }, { "a%00b", "" } };
	struct buf seen = { 0 }, xml = { 0 }, want = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		buf_clear(&xml);
		buf_clear(&want);
		buf_printf(&xml,
		    "<ListBucketResult><Contents><Key>%s</Key></Contents>"
		    "<EncodingType></EncodingType></ListBucketResult>",
		    keys[i].key);
		buf_printf(&want, "[0 %s -1 -1   0]", keys[i].want);
		assert_int_equal(parse(xml.data, xml.len, 7, &seen), 0);
		assert_string_equal(buf_text(&seen), buf_text(&want));
	}
	buf_release(&xml);
	buf_release(&want);
	buf_release(&seen);
}

static void
hostile_xml_is_an_error_at_worst(void **state)
{
	static const char *const bad[] = { "", "x", "<a", "<a></b>",
		"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
		"<!DOCTYPE a SYSTEM \"http://127.0.0.1/\"><a/>",
		"<a>&unknown;</a>", "<a>\377</a>", "<a/><b/>", "\0" };
	struct buf seen = { 0 }, xml = { 0 };
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(parse(bad[i], strlen(bad[i]), 3, &seen) < 0);
	for (n = 0; n < 10000; n++)
		buf_puts(&xml, "<a>");
	assert_int_equal(parse(xml.data, xml.len, 4096, &seen), E_CORRUPT);
	buf_clear(&xml);
	buf_puts(&xml, "<ListBucketResult><Contents><Key>");
	for (n = 0; n < 100000; n++)
		buf_puts(&xml, "long");
	assert_int_equal(parse(xml.data, xml.len, 4096, &seen), E_CORRUPT);
	buf_clear(&xml);
	buf_puts(&xml, "<a b=\"");
	for (n = 0; n < 300000; n++)
		buf_puts(&xml, "silence");
	assert_true(parse(xml.data, xml.len, 4096, &seen) < 0);
	assert_string_equal(buf_text(&seen), "");
	buf_release(&xml);
	buf_release(&seen);
}

/* ---- the head ------------------------------------------------------------------ */

static void
the_head_is_one_object_that_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct remote_head head, next;
	struct buf body = { 0 };

	play_head(f, "000000000041-" ONES, "\"e41\"");
	play(f, "PUT /bucket/lib%20a/head HTTP", 200);
	assert_int_equal(remote_head_read(f->remote, &head), 0);
	assert_int_equal(head.version, 41);
	assert_int_equal(remote_head_body(f->remote, &head, &body), 0);
	assert_string_equal(buf_text(&body), BODY);
	next = head;
	next.version++;
	assert_int_equal(remote_head_swap(f->remote, &head, &next), 0);
	assert_true(remote_server_header(f->server, 1, "If-Match: \"e41\""));
	buf_release(&body);
}

static void
a_swap_that_is_refused_is_told_and_not_repeated(void **state)
{
	static const int statuses[] = { 412, 404, 409 };
	struct fixture *f = *state;
	struct remote_head head, next;
	int i;

	for (i = 0; i < 3; i++) {
		play_head(f, "000000000041-" ONES, "\"e41\"");
		play_error(f, "PUT /bucket/lib%20a/head HTTP", statuses[i],
		    "SomeCode");
		assert_int_equal(remote_head_read(f->remote, &head), 0);
		next = head;
		next.version++;
		assert_int_equal(remote_head_swap(f->remote, &head, &next),
		    E_CONFLICT);
	}
	play_head(f, "000000000041-" ONES, "\"e41\"");
	play_error(f, "PUT /bucket/lib%20a/head HTTP", 503, "SlowDown");
	assert_int_equal(remote_head_read(f->remote, &head), 0);
	assert_int_equal(remote_head_swap(f->remote, &head, &next), E_REMOTE);
}

static void
a_head_that_is_another_one_is_not_replaced(void **state)
{
	struct fixture *f = *state;
	struct remote_head head = { .version = 40 }, next = { .version = 41 };
	struct buf body = { 0 };

	play_head(f, "000000000041-" ONES, "\"e41\"");
	play_head(f, "000000000041-" ONES, "\"e41\"");
	assert_int_equal(remote_head_swap(f->remote, &head, &next), E_CONFLICT);
	assert_int_equal(remote_head_body(f->remote, &head, &body), E_ABSENT);
	buf_release(&body);
}

static void
what_is_no_head_is_told(void **state)
{
	static const char *const bodies[] = { "", "000000000001", "x\ny",
		("00000000001-" ONES "\n{}"), ("000000000001-" ONES) };
	struct fixture *f = *state;
	struct remote_head head;
	char *large = xmalloc(9000);
	size_t i;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		remote_server_play(f->server, "GET ", 200, "ETag: \"a\"\r\n",
		    bodies[i]);
		assert_int_equal(remote_head_read(f->remote, &head), E_CORRUPT);
	}
	memset(large, '\n', 8999);
	large[8999] = '\0';
	remote_server_play(f->server, "GET ", 200, "ETag: \"a\"\r\n", large);
	assert_int_equal(remote_head_read(f->remote, &head), E_CORRUPT);
	free(large);
	play_error(f, "GET ", 404, "NoSuchKey");
	assert_int_equal(remote_head_read(f->remote, &head), E_ABSENT);
	play_error(f, "GET ", 404, "NoSuchBucket");
	assert_int_equal(remote_head_read(f->remote, &head), E_INPUT);
}

static void
a_head_is_made_only_where_there_is_none(void **state)
{
	struct fixture *f = *state;

	play(f, "PUT /bucket/lib%20a/head HTTP", 200);
	play_error(f, "PUT /bucket/lib%20a/head HTTP", 412,
	    "PreconditionFailed");
	assert_int_equal(remote_head_create(f->remote, "u", BODY, 10), 0);
	assert_true(remote_server_header(f->server, 0, "If-None-Match: *"));
	assert_true(remote_server_header(f->server, 0, "Content-Length: 88"));
	assert_int_equal(remote_head_create(f->remote, "u", BODY, 10),
	    E_EXISTS);
}

/* ---- putting ------------------------------------------------------------------- */

static void
a_put_is_one_request_with_the_hash_of_its_body(void **state)
{
	struct fixture *f = *state;

	play(f, "PUT /bucket/lib%20a/ab/x%20y.pdf HTTP", 200);
	assert_int_equal(remote_put(f->remote, "ab/x y.pdf", "hello", 5), 0);
	assert_true(remote_server_header(f->server, 0, "If-None-Match: *"));
	assert_true(remote_server_header(f->server, 0, "Content-Length: 5"));
	assert_true(remote_server_header(f->server, 0,
	    "x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c"
	    "1fa7425e73043362938b9824"));
	play(f, "PUT /bucket/lib%20a/e HTTP", 200);
	assert_int_equal(remote_put(f->remote, "e", "", 0), 0);
	assert_true(remote_server_header(f->server, 1, "Content-Length: 0"));
	assert_true(remote_server_header(f->server, 1,
	    "x-amz-content-sha256: " EMPTY_SHA));
}

/*
 * As a proxy does whose server went away.  (Where a kept connection breaks,
 * libcurl sends once more by itself.)
 */
static void
lose(struct fixture *f, const char *fits)
{
	play(f, fits, 502);
}

static void
a_put_whose_answer_was_lost_is_looked_for(void **state)
{
	struct fixture *f = *state;

	lose(f, "PUT ");
	remote_server_play(f->server, "HEAD ", 200, "Content-Length: 5\r\n",
	    "");
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), 0);
	assert_int_equal(remote_server_count(f->server, "PUT "), 1);
	/* Another length: it is not ours. */
	lose(f, "PUT ");
	remote_server_play(f->server, "HEAD ", 200, "Content-Length: 6\r\n",
	    "");
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), E_EXISTS);
	/* Not there: it is sent again. */
	lose(f, "PUT ");
	play(f, "HEAD ", 404);
	play(f, "PUT ", 200);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), 0);
	/* It came after all, while we looked. */
	lose(f, "PUT ");
	play(f, "HEAD ", 404);
	play_error(f, "PUT ", 412, "PreconditionFailed");
	remote_server_play(f->server, "HEAD ", 200, "Content-Length: 5\r\n",
	    "");
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), 0);
}

static void
a_conflict_with_another_writer_is_tried_again(void **state)
{
	struct fixture *f = *state;

	play_error(f, "PUT ", 409, "ConditionalRequestConflict");
	play(f, "HEAD ", 404);
	play_error(f, "PUT ", 412, "PreconditionFailed");
	remote_server_play(f->server, "HEAD ", 200, "Content-Length: 9\r\n",
	    "");
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), E_EXISTS);
}

static void
a_replacement_has_no_condition(void **state)
{
	struct fixture *f = *state;

	play(f, "PUT /bucket/lib%20a/version.txt HTTP", 200);
	assert_int_equal(remote_replace(f->remote, "version.txt", "1", 1), 0);
	assert_null(strstr(remote_server_head(f->server, 0), "If-None-Match"));
	assert_null(strstr(remote_server_head(f->server, 0), "If-Match"));
}

static void
what_is_gone_is_removed(void **state)
{
	struct fixture *f = *state;

	play(f, "DELETE /bucket/lib%20a/x HTTP", 204);
	play_error(f, "DELETE /bucket/lib%20a/x HTTP", 404, "NoSuchKey");
	assert_int_equal(remote_remove(f->remote, "x"), 0);
	assert_int_equal(remote_remove(f->remote, "x"), 0);
	assert_int_equal(remote_make_dir(f->remote, "ab"), 0);
}

/* ---- in parts ------------------------------------------------------------------- */

#define LARGE (2 * S3_PART_BYTES + 5)
#define UPLOADS "GET /bucket?encoding-type=url&prefix=lib%20a%2F"
#define BEGIN "POST /bucket/lib%20a/big?uploads= HTTP"
#define PART(n) "PUT /bucket/lib%20a/big?partNumber=" n "&uploadId=u%2F1 HTTP"
#define END "POST /bucket/lib%20a/big?uploadId=u%2F1 HTTP"
#define DONE                                                             \
	"<CompleteMultipartUploadResult><Key>x</Key></CompleteMultipart" \
	"UploadResult>"

static const char *
no_uploads(void)
{
	return "<ListMultipartUploadsResult></ListMultipartUploadsResult>";
}

static void
play_begin(struct fixture *f)
{
	remote_server_play(f->server, BEGIN, 200, "",
	    "<InitiateMultipartUploadResult><UploadId>u/1</UploadId>"
	    "</InitiateMultipartUploadResult>");
}

static void
play_xml(struct fixture *f, const char *fits, const char *body)
{
	remote_server_play(f->server, fits, 200,
	    "Date: Fri, 02 Jan 2026 03:04:05 GMT\r\n", body);
}

static void
play_part(struct fixture *f, const char *fits)
{
	remote_server_play(f->server, fits, 200, "ETag: \"p&1\"\r\n", "");
}

static int
put_large(struct fixture *f)
{
	char *data = xmalloc(LARGE);
	int rc;

	memset(data, 'x', LARGE);
	rc = remote_put(f->remote, "big", data, LARGE);
	free(data);
	return rc;
}

static void
a_large_object_goes_in_parts(void **state)
{
	struct fixture *f = *state;

	play_xml(f, UPLOADS "&uploads= HTTP", no_uploads());
	play_xml(f, UPLOADS "big&uploads= HTTP", no_uploads());
	play_begin(f);
	play_part(f, PART("1"));
	play_part(f, PART("2"));
	play_part(f, PART("3"));
	play_xml(f, END, DONE);
	assert_int_equal(put_large(f), 0);
	assert_true(
	    remote_server_header(f->server, 3, "Content-Length: 16777216"));
	assert_true(remote_server_header(f->server, 5, "Content-Length: 5"));
	assert_true(remote_server_header(f->server, 6, "If-None-Match: *"));
}

static void
an_upload_that_was_broken_off_is_gone_on_with(void **state)
{
	struct fixture *f = *state;

	play_xml(f, UPLOADS "&uploads= HTTP", no_uploads());
	play_xml(f, UPLOADS "big&uploads= HTTP",
	    "<ListMultipartUploadsResult>"
	    "<Upload><Key>lib+a%2Fbigger</Key><UploadId>no</UploadId></Upload>"
	    "<Upload><Key>lib+a%2Fbig</Key><UploadId>old</UploadId><Initiated>"
	    "2026-01-01T00:00:00Z</Initiated></Upload>"
	    "<Upload><Key>lib+a%2Fbig</Key><UploadId>u/1</UploadId><Initiated>"
	    "2026-01-01T00:00:01Z</Initiated></Upload>"
	    "</ListMultipartUploadsResult>");
	play_xml(f, "GET /bucket/lib%20a/big?uploadId=u%2F1 HTTP",
	    "<ListPartsResult><IsTruncated>true</IsTruncated>"
	    "<NextPartNumberMarker>1</NextPartNumberMarker><Part><PartNumber>1"
	    "</PartNumber><ETag>\"a\"</ETag><Size>16777216</Size></Part>"
	    "</ListPartsResult>");
	/* Of another length: it is sent once more. */
	play_xml(f,
	    "GET /bucket/lib%20a/big?part-number-marker=1&uploadId=u%2F1 HTTP",
	    "<ListPartsResult><Part><PartNumber>2</PartNumber><ETag>\"b\""
	    "</ETag><Size>7</Size></Part><Part><PartNumber>9</PartNumber>"
	    "<ETag>\"c\"</ETag><Size>5</Size></Part></ListPartsResult>");
	play_part(f, PART("2"));
	play_part(f, PART("3"));
	play_xml(f, END, DONE);
	assert_int_equal(put_large(f), 0);
	assert_int_equal(remote_server_count(f->server, "PUT "), 2);
}

static void
uploads_that_nobody_finished_in_a_day_are_removed(void **state)
{
	struct fixture *f = *state;

	play_xml(f, UPLOADS "&uploads= HTTP",
	    "<ListMultipartUploadsResult>"
	    "<Upload><Key>lib+a%2Fab%2Fold</Key><UploadId>o</UploadId>"
	    "<Initiated>2026-01-01T03:04:05Z</Initiated></Upload>"
	    "<Upload><Key>lib+a%2Fab%2Fnew</Key><UploadId>n</UploadId>"
	    "<Initiated>2026-01-01T03:04:06Z</Initiated></Upload>"
	    "<Upload><Key>other%2Fold</Key><UploadId>n</UploadId>"
	    "<Initiated>2020-01-01T03:04:06Z</Initiated></Upload>"
	    "<Upload><Key>lib+a%2F..%2Fold</Key><UploadId>n</UploadId>"
	    "<Initiated>2020-01-01T03:04:06Z</Initiated></Upload>"
	    "</ListMultipartUploadsResult>");
	play(f, "DELETE /bucket/lib%20a/ab/old?uploadId=o HTTP", 204);
	play_error(f, UPLOADS "big", 403, "AccessDenied");
	play_begin(f);
	play_part(f, PART("1"));
	play_part(f, PART("2"));
	play_part(f, PART("3"));
	play_xml(f, END, DONE);
	assert_int_equal(put_large(f), 0);
}

static void
an_error_in_a_success_is_an_error(void **state)
{
	struct fixture *f = *state;

	play_error(f, UPLOADS, 501, "NotImplemented");
	play_error(f, UPLOADS, 501, "NotImplemented");
	play_begin(f);
	play_part(f, PART("1"));
	play_part(f, PART("2"));
	play_part(f, PART("3"));
	play_error(f, END, 200, "InternalError");
	play(f, "HEAD ", 404);
	play_xml(f, END, DONE);
	assert_int_equal(put_large(f), 0);
}

static void
a_completion_whose_answer_was_lost_is_looked_for(void **state)
{
	struct fixture *f = *state;

	play_xml(f, UPLOADS, no_uploads());
	play_xml(f, UPLOADS, no_uploads());
	play_begin(f);
	play_part(f, PART("1"));
	play_part(f, PART("2"));
	play_part(f, PART("3"));
	lose(f, END);
	remote_server_play(f->server, "HEAD ", 200,
	    "Content-Length: 33554437\r\n", "");
	assert_int_equal(put_large(f), 0);
}

static void
what_is_there_already_is_not_written_over_by_parts(void **state)
{
	struct fixture *f = *state;

	play_xml(f, UPLOADS, no_uploads());
	play_xml(f, UPLOADS, no_uploads());
	play_begin(f);
	play_part(f, PART("1"));
	play_part(f, PART("2"));
	play_part(f, PART("3"));
	play_error(f, END, 412, "PreconditionFailed");
	play(f, "DELETE /bucket/lib%20a/big?uploadId=u%2F1 HTTP", 204);
	assert_int_equal(put_large(f), E_EXISTS);
}

/* Another writer of the same bytes has completed the upload that both share. */
static void
an_upload_that_is_gone_may_be_complete(void **state)
{
	struct fixture *f = *state;

	play_xml(f, UPLOADS, no_uploads());
	play_xml(f, UPLOADS, no_uploads());
	play_begin(f);
	play_part(f, PART("1"));
	play_error(f, PART("2"), 404, "NoSuchUpload");
	remote_server_play(f->server, "HEAD ", 200,
	    "Content-Length: 33554437\r\n", "");
	assert_int_equal(put_large(f), 0);
}

static void
an_upload_that_is_lost_again_and_again_is_an_error(void **state)
{
	struct fixture *f = *state;
	int i;

	play_xml(f, UPLOADS, no_uploads());
	play_xml(f, UPLOADS, no_uploads());
	for (i = 0; i < 4; i++) {
		play_begin(f);
		play_error(f, PART("1"), 404, "NoSuchUpload");
		play(f, "HEAD ", 404);
	}
	assert_int_equal(put_large(f), E_REMOTE);
}

/* ---- listing --------------------------------------------------------------------- */

static int
note_entry(void *arg, const struct remote_entry *entry)
{
	buf_printf(arg, "%s%s %lld;", entry->name, entry->is_dir ? "/" : "",
	    (long long)entry->size_bytes);
	return 0;
}

static void
a_listing_is_read_page_by_page(void **state)
{
	struct fixture *f = *state;
	struct buf seen = { 0 };

	play_xml(f,
	    "GET /bucket?delimiter=%2F&encoding-type=url&list-type=2&prefix="
	    "lib%20a%2Fab%2F HTTP",
	    "<ListBucketResult><IsTruncated>true</IsTruncated>"
	    "<NextContinuationToken>1/+=</NextContinuationToken><Contents><Key>"
	    "lib+a%2Fab%2F</Key><Size>0</Size></Contents><Contents><Key>"
	    "lib+a%2Fab%2Fone</Key><Size>1</Size></Contents><Contents><Key>"
	    "elsewhere%2Fx</Key><Size>1</Size></Contents></ListBucketResult>");
	play_xml(f, "GET /bucket?continuation-token=1%2F%2B%3D&delimiter=%2F",
	    "<ListBucketResult><Contents><Key>lib+a%2Fab%2Ftwo</Key><Size>2"
	    "</Size></Contents><CommonPrefixes><Prefix>lib+a%2Fab%2Fsub%2F"
	    "</Prefix></CommonPrefixes><CommonPrefixes><Prefix>"
	    "lib+a%2Fab%2F..%2F</Prefix></CommonPrefixes></ListBucketResult>");
	assert_int_equal(remote_list(f->remote, "ab", note_entry, &seen), 0);
	assert_string_equal(buf_text(&seen), "one 1;two 2;sub/ -1;");
	buf_release(&seen);
}

static void
a_listing_that_is_none_is_refused(void **state)
{
	struct fixture *f = *state;
	struct buf seen = { 0 };
	int i;

	play_xml(f, "GET ", "<html><body/></html>");
	assert_int_equal(remote_list(f->remote, "ab", note_entry, &seen),
	    E_CORRUPT);
	play_xml(f, "GET ",
	    "<ListBucketResult><IsTruncated>true</IsTruncated>"
	    "</ListBucketResult>");
	assert_int_equal(remote_list(f->remote, "ab", note_entry, &seen),
	    E_CORRUPT);
	for (i = 0; i < 2; i++)
		play_xml(f, "GET ",
		    "<ListBucketResult><IsTruncated>true</IsTruncated>"
		    "<NextContinuationToken>a</NextContinuationToken>"
		    "</ListBucketResult>");
	assert_int_equal(remote_list(f->remote, "ab", note_entry, &seen),
	    E_REMOTE);
	for (i = 0; i < 3; i++)
		play_xml(f, "GET ", "<ListBucketResult><Contents><Key>lib");
	assert_int_equal(remote_list(f->remote, "ab", note_entry, &seen),
	    E_REMOTE);
	assert_string_equal(buf_text(&seen), "");
	buf_release(&seen);
}

/* ---- errors ---------------------------------------------------------------------- */

static const struct {
	int status;
	const char *code;
	int rc;
	const char *word;
	int tries;
} errors[] = {
	{ 403, "SignatureDoesNotMatch", E_LOGIN, "secret key", 1 },
	{ 403, "InvalidAccessKeyId", E_LOGIN, "access key", 1 },
	{ 403, "RequestTimeTooSkewed", E_LOGIN, "set the clock", 1 },
	{ 400, "ExpiredToken", E_LOGIN, "expired", 1 },
	{ 403, "AccessDenied", E_DENIED, "permission", 1 },
	{ 404, "NoSuchBucket", E_INPUT, "no such bucket", 1 },
	{ 404, "NoSuchKey", E_ABSENT, "not there", 1 },
	{ 400, "AuthorizationHeaderMalformed", E_INPUT,
	    "S3_REGION = eu-north-1", 1 },
	{ 301, "PermanentRedirect", E_INPUT, "S3_REGION = eu-north-1", 1 },
	{ 503, "SlowDown", E_REMOTE, "answered 503", 3 },
	{ 400, "RequestTimeout", E_REMOTE, "answered 400", 3 },
	{ 400, "SomethingNew", E_DENIED, "words of the store", 1 },
	{ 501, "NotImplemented", E_DENIED, "cannot do that", 1 },
};

static void
each_error_of_s3_says_what_can_be_done(void **state)
{
	struct fixture *f = *state;
	struct buf out = { 0 };
	size_t i;
	int n;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		for (n = 0; n < errors[i].tries; n++)
			play_error(f, "GET ", errors[i].status, errors[i].code);
		assert_int_equal(remote_get(f->remote, "x", 100, &out),
		    errors[i].rc);
		if (errors[i].tries == 1)
			assert_non_null(strstr(err_text(), errors[i].word));
	}
	/* What is no XML, and what would colour a terminal. */
	remote_server_play(f->server, "GET ", 403, "", "<<<");
	assert_int_equal(remote_get(f->remote, "x", 100, &out), E_DENIED);
	remote_server_play(f->server, "GET ", 400, "",
	    "<Error><Code>Odd</Code><Message>a\nb</Message></Error>");
	assert_int_equal(remote_get(f->remote, "x", 100, &out), E_DENIED);
	assert_null(strchr(err_text(), '\n'));
	buf_release(&out);
}

static void
a_signature_is_never_sent_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct remote_server *other = remote_server_new();
	char location[600];
	struct buf out = { 0 };

	snprintf(location, sizeof(location), "Location: %s\r\n",
	    remote_server_url(other, "/bucket/lib%20a/x"));
	remote_server_play(f->server, "GET ", 307, location, "");
	assert_int_equal(remote_get(f->remote, "x", 100, &out), E_REMOTE);
	assert_int_equal(remote_server_requests(other), 0);
	remote_server_free(other);
	buf_release(&out);
}

/* ---- fetching -------------------------------------------------------------------- */

static struct remote_transfer want;
static int handed_out, got;

static int
next(void *arg, struct remote_transfer *t)
{
	(void)arg;
	if (handed_out++ > 0)
		return 0;
	*t = want;
	return 1;
}

static int
done(void *arg, const struct remote_transfer *t, int rc)
{
	(void)arg, (void)t;
	got = rc;
	return 0;
}

static void
a_broken_download_is_gone_on_with(void **state)
{
	static const char first[] = "HTTP/1.1 200 OK\r\nETag: \"e\"\r\n"
				    "Content-Length: 10\r\n\r\nhello";
	struct fixture *f = *state;
	struct buf text = { 0 };

	handed_out = 0;
	got = 1;
	want = (struct remote_transfer){ .kind = REMOTE_GET_FILE,
		.path = "x",
		.file = f->file,
		.size_bytes = 10 };
	hash_bytes("helloworld", 10, &want.want);
	remote_server_play_raw(f->server, "GET /bucket/lib%20a/x HTTP", first,
	    sizeof(first) - 1, THEN_RESET);
	remote_server_play(f->server, "GET /bucket/lib%20a/x HTTP", 206,
	    "Content-Range: bytes 5-9/10\r\n", "world");
	assert_int_equal(remote_run(f->remote, next, done, NULL), 0);
	assert_int_equal(got, 0);
	assert_true(remote_server_header(f->server, 1, "Range: bytes=5-"));
	assert_true(remote_server_header(f->server, 1, "If-Range: \"e\""));
	assert_int_equal(file_read(f->file, 100, &text), 0);
	assert_string_equal(buf_text(&text), "helloworld");
	buf_release(&text);
}

#define T(name) cmocka_unit_test(name)
#define S(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_address_says_where_bucket_and_prefix_are),
		T(what_cannot_be_a_bucket_is_refused),
		T(keys_are_needed_and_a_token_is_not_shown_to_everybody),
		T(a_query_is_sorted_and_encoded),
		T(a_page_is_read_in_pieces_of_any_size),
		T(every_cut_of_a_page_is_noticed),
		T(keys_that_were_not_encoded_stay_as_they_are),
		T(hostile_xml_is_an_error_at_worst),
		S(the_head_is_one_object_that_is_replaced),
		S(a_swap_that_is_refused_is_told_and_not_repeated),
		S(a_head_that_is_another_one_is_not_replaced),
		S(what_is_no_head_is_told),
		S(a_head_is_made_only_where_there_is_none),
		S(a_put_is_one_request_with_the_hash_of_its_body),
		S(a_put_whose_answer_was_lost_is_looked_for),
		S(a_conflict_with_another_writer_is_tried_again),
		S(a_replacement_has_no_condition),
		S(what_is_gone_is_removed),
		S(a_large_object_goes_in_parts),
		S(an_upload_that_was_broken_off_is_gone_on_with),
		S(uploads_that_nobody_finished_in_a_day_are_removed),
		S(an_error_in_a_success_is_an_error),
		S(a_completion_whose_answer_was_lost_is_looked_for),
		S(what_is_there_already_is_not_written_over_by_parts),
		S(an_upload_that_is_gone_may_be_complete),
		S(an_upload_that_is_lost_again_and_again_is_an_error),
		S(a_listing_is_read_page_by_page),
		S(a_listing_that_is_none_is_refused),
		S(each_error_of_s3_says_what_can_be_done),
		S(a_signature_is_never_sent_elsewhere),
		S(a_broken_download_is_gone_on_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
