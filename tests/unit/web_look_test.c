/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "unit/fcgi_client.h"
#include "web/fcgi_look.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct buf b;

static enum look
look(void)
{
	int id = 0;

	return fcgi_look(buf_text(&b), b.len, &id);
}

/* A request whose parameters are these bytes. */
static enum look
look_at_params(const void *bytes, size_t len)
{
	buf_clear(&b);
	client_begin(&b, 1, true);
	if (len > 0)
		client_record(&b, CLIENT_PARAMS, bytes, len);
	client_record(&b, CLIENT_PARAMS, NULL, 0);
	return look();
}

static void
a_request_is_whole_with_its_empty_params(void **state)
{
	int id = 0;
	size_t len;

	(void)state;
	buf_clear(&b);
	client_request(&b, "GET", "/x", true, NULL, NULL, 0);
	assert_int_equal(look(), LOOK_WHOLE);
	len = b.len - 8; /* without STDIN */
	assert_int_equal(fcgi_look(b.data, len, &id), LOOK_WHOLE);
	assert_int_equal(id, 1);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(fcgi_look(b.data, n, &id), LOOK_MORE);
}

static void
a_pair_may_lie_across_records(void **state)
{
	(void)state;
	buf_clear(&b);
	client_begin(&b, 1, true);
	client_record(&b, CLIENT_PARAMS, "\x01\x80\0\0", 4);
	client_record(&b, CLIENT_PARAMS, "\3Ax", 3);
	client_record(&b, CLIENT_PARAMS, "yz", 2);
	client_record(&b, CLIENT_PARAMS, NULL, 0);
	assert_int_equal(look(), LOOK_WHOLE);
}

static void
lengths_are_not_believed(void **state)
{
	(void)state;
	assert_int_equal(look_at_params("\1\1Ax", 4), LOOK_WHOLE);
	assert_int_equal(look_at_params("\0\0", 2), LOOK_WHOLE);
	assert_int_equal(look_at_params("", 0), LOOK_WHOLE);
	assert_int_equal(look_at_params("\1\2Ax", 4), LOOK_BAD);
	assert_int_equal(look_at_params("\1", 1), LOOK_BAD);
	assert_int_equal(look_at_params("\x80\0\0", 3), LOOK_BAD);
	assert_int_equal(look_at_params("\xff\xff\xff\xff\0", 5), LOOK_BAD);
	assert_int_equal(look_at_params("\xff\xff\xff\xff\xff\xff\xff\xff", 8),
	    LOOK_BAD);
	assert_int_equal(look_at_params("\1\1Ax\1", 5), LOOK_BAD);
}

static void
other_records_are_bad(void **state)
{
	(void)state;
	for (int type = 0; type < 256; type++) {
		buf_clear(&b);
		client_record(&b, type, "\0\1\0\0\0\0\0", 8);
		assert_int_equal(look(),
		    type == CLIENT_BEGIN ? LOOK_MORE : LOOK_BAD);
		buf_clear(&b);
		client_begin(&b, 1, true);
		client_record(&b, type, NULL, 0);
		assert_int_equal(look(),
		    type == CLIENT_PARAMS ? LOOK_WHOLE : LOOK_BAD);
	}
}

static void
another_request_in_between_is_bad(void **state)
{
	(void)state;
	buf_clear(&b);
	client_begin(&b, 1, true);
	client_record(&b, CLIENT_PARAMS, NULL, 0);
	b.data[16 + 3] = 2;
	assert_int_equal(look(), LOOK_BAD);
}

static void
the_parameters_have_a_bound(void **state)
{
	char *most = calloc(1, 65536);

	(void)state;
	buf_clear(&b);
	client_begin(&b, 1, true);
	client_record(&b, CLIENT_PARAMS, most, 32768);
	client_record(&b, CLIENT_PARAMS, most, 32768);
	client_record(&b, CLIENT_PARAMS, NULL, 0);
	assert_int_equal(look(), LOOK_WHOLE);
	b.len -= 8;
	client_record(&b, CLIENT_PARAMS, most, 1);
	assert_int_equal(look(), LOOK_FLOOD);
	b.len -= 1; /* the length says it, before the bytes come */
	assert_int_equal(look(), LOOK_FLOOD);
	free(most);
}

static int
release(void **state)
{
	(void)state;
	buf_release(&b);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_whole_with_its_empty_params),
		cmocka_unit_test(a_pair_may_lie_across_records),
		cmocka_unit_test(lengths_are_not_believed),
		cmocka_unit_test(other_records_are_bad),
		cmocka_unit_test(another_request_in_between_is_bad),
		cmocka_unit_test(the_parameters_have_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
