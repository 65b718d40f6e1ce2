/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/str.h"
#include "sync/sync.h"
#include "tool/telling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
the_state_is_json_with_the_time_that_is_left(void **state)
{
	const struct sync_progress p = { .run_id = 7,
		.phase = SYNC_UPLOAD,
		.bytes_done = 25,
		.bytes_total = 100,
		.files_done = 1,
		.files_total = 3 };
	struct buf out = { NULL, 0, 0 };

	(void)state;
	telling_state(&p, 2000, &out);
	assert_string_equal(out.data,
	    "{\"run_id\":7,\"phase\":\"upload\",\"bytes_done\":25,"
	    "\"bytes_total\":100,\"files_done\":1,\"files_total\":3,"
	    "\"eta_s\":6}");
	buf_release(&out);
}

static void
the_time_left_of_what_has_not_begun_is_not_known(void **state)
{
	const struct sync_progress p = { .phase = SYNC_CHECK };
	struct buf out = { NULL, 0, 0 };

	(void)state;
	telling_state(&p, 2000, &out);
	assert_true(str_ends(out.data, "\"eta_s\":null}"));
	buf_release(&out);
}

static void
the_percent_grows_through_the_phases(void **state)
{
	int before = -1;

	(void)state;
	for (int phase = SYNC_CHECK; phase <= SYNC_TIDY; phase++)
		for (int done = 0; done <= 10; done++) {
			const struct sync_progress p = {
				.phase = (enum sync_phase)phase,
				.files_done = done,
				.files_total = 10
			};

			assert_in_range(telling_percent(&p),
			    before < 0 ? 0 : before, 99);
			before = telling_percent(&p);
		}
	assert_int_equal(before, 99);
}

static void
more_than_all_is_all(void **state)
{
	const struct sync_progress p = { .phase = SYNC_TIDY,
		.bytes_done = 300,
		.bytes_total = 100 };

	(void)state;
	assert_int_equal(telling_percent(&p), 99);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_state_is_json_with_the_time_that_is_left),
		cmocka_unit_test(
		    the_time_left_of_what_has_not_begun_is_not_known),
		cmocka_unit_test(the_percent_grows_through_the_phases),
		cmocka_unit_test(more_than_all_is_all),
	};

	return cmocka_run_group_tests_name("tool_telling", tests, NULL, NULL);
}
