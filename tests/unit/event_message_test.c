/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "event/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Writes `m`, which must be this line, and reads it again. */
static struct message
there_and_back(struct mem *mem, const struct message *m, const char *line)
{
	struct buf out = { NULL, 0, 0 };
	struct message back;

	message_put(&out, m);
	assert_string_equal(out.data, line);
	assert_int_equal(message_parse(mem, line, strlen(line) - 1, &back), 0);
	assert_int_equal(back.kind, m->kind);
	buf_release(&out);
	return back;
}

static void
an_event_is_written_and_read_as_documented(void **state)
{
	const struct message m = { .kind = MESSAGE_EVENT,
		.id = "e-7",
		.name = "test",
		.data = "a\nb\"\x01\xc3\xa4",
		.user = "anna" };
	struct mem *mem = mem_new();
	struct message back;

	(void)state;
	back = there_and_back(mem, &m,
	    "{\"event\":{\"id\":\"e-7\",\"name\":\"test\","
	    "\"data\":\"a\\nb\\\"\\u0001\xc3\xa4\",\"user\":\"anna\"}}\n");
	assert_string_equal(back.id, m.id);
	assert_string_equal(back.data, m.data);
	assert_string_equal(back.user, m.user);
	mem_free(mem);
}

static void
the_greeting_is_flat(void **state)
{
	const struct message m = { .kind = MESSAGE_HUB,
		.hub = 1,
		.version = "0.1",
		.epoch = "abc" };
	struct mem *mem = mem_new();
	struct message back;

	(void)state;
	back = there_and_back(mem, &m,
	    "{\"hub\":1,\"version\":\"0.1\",\"epoch\":\"abc\"}\n");
	assert_int_equal(back.hub, 1);
	assert_string_equal(back.epoch, "abc");
	mem_free(mem);
}

static void
flags_numbers_and_objects_come_back(void **state)
{
	const struct message ask = { .kind = MESSAGE_SYNC,
		.force = true,
		.wait = true };
	const struct message end = { .kind = MESSAGE_ENDED,
		.status = -1,
		.run_id = INT64_MAX,
		.error = "io",
		.summary = json_of("{\"a\":[1.10]}") };
	struct mem *mem = mem_new();
	struct message back;

	(void)state;
	back = there_and_back(mem, &ask,
	    "{\"sync\":{\"force\":true,\"confirm_deletions\":false,"
	    "\"recover\":false,\"dry_run\":false,\"join\":false,"
	    "\"wait\":true,\"user\":null}}\n");
	assert_true(back.force && back.wait && !back.confirm_deletions);
	assert_null(back.user);
	back = there_and_back(mem, &end,
	    "{\"ended\":{\"status\":-1,\"run_id\":9223372036854775807,"
	    "\"error\":\"io\",\"detail\":null,\"summary\":{\"a\":[1.10]}}}\n");
	assert_int_equal(back.status, -1);
	assert_true(back.run_id == INT64_MAX);
	assert_int_equal(back.summary.len, strlen("{\"a\":[1.10]}"));
	mem_free(mem);
}

static void
what_is_unknown_is_passed_over(void **state)
{
	const char *line = "{\"seq\":1,\"publish\":{\"new\":[{}],\"name\":"
			   "\"a\",\"data\":\"\"}}";
	struct mem *mem = mem_new();
	struct message m;

	(void)state;
	assert_int_equal(message_parse(mem, line, strlen(line), &m), 0);
	assert_int_equal(m.kind, MESSAGE_PUBLISH);
	mem_free(mem);
}

static void
what_is_bent_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"publish\":{\"name\":\"a\"}}",
		"{\"publish\":{\"name\":\"a1\",\"data\":\"\"}}",
		"{\"publish\":{\"name\":\"\",\"data\":\"\"}}",
		"{\"publish\":{\"name\":\"a\",\"data\":null}}",
		"{\"publish\":{\"name\":\"a\",\"data\":\"\",\"user\":\"\"}}",
		"{\"publish\":{\"name\":\"a\",\"data\":\"\xff\"}}",
		"{\"publish\":{\"name\":\"a\",\"name\":\"b\",\"data\":\"\"}}",
		"{\"state\":{},\"subscribe\":{}}",
		"{\"state\":[]}",
		"{\"sync\":{\"force\":1}}",
		"{\"busy\":{\"run_id\":1.5}}",
		"{\"ended\":{\"status\":0,\"run_id\":1,\"summary\":[]}}",
		"{\"hub\":1,\"version\":\"1\"}",
	};
	struct mem *mem = mem_new();
	struct message m;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err_clear();
		assert_int_equal(message_parse(mem, bad[i], strlen(bad[i]), &m),
		    E_INPUT);
		assert_true(*err_text() != '\0');
	}
	mem_free(mem);
}

static void
a_user_has_at_most_256_bytes(void **state)
{
	struct message m = { .kind = MESSAGE_PUBLISH, .name = "a", .data = "" };
	struct mem *mem = mem_new();
	struct buf out = { NULL, 0, 0 };
	char user[258];

	(void)state;
	memset(user, 'u', sizeof(user));
	m.user = user;
	for (size_t len = 256; len <= 257; len++) {
		user[len] = '\0';
		buf_clear(&out);
		message_put(&out, &m);
		assert_int_equal(message_parse(mem, out.data, out.len - 1, &m),
		    len == 256 ? 0 : E_INPUT);
		m.user = user;
		user[len] = 'u';
	}
	buf_release(&out);
	mem_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_written_and_read_as_documented),
		cmocka_unit_test(the_greeting_is_flat),
		cmocka_unit_test(flags_numbers_and_objects_come_back),
		cmocka_unit_test(what_is_unknown_is_passed_over),
		cmocka_unit_test(what_is_bent_is_refused),
		cmocka_unit_test(a_user_has_at_most_256_bytes),
	};

	return cmocka_run_group_tests_name("event_message", tests, NULL, NULL);
}
