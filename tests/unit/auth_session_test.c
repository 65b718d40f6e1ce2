/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/session.h"
#include "auth/user.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "local/db.h"
#include "unit/temp.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TIMEOUT 3600
#define SECOND INT64_C(1000)
#define START INT64_C(1800000000000)

static struct mem *mem;
static char *dir;
static struct db *db;
static int64_t now_ms;

static int64_t
tell_time(void *arg)
{
	(void)arg;
	return now_ms;
}

static void
pass_time(void *arg, int64_t ms)
{
	(void)arg;
	now_ms += ms;
}

static const struct clock_source story = { tell_time, tell_time, pass_time,
	NULL };

static int
setup(void **state)
{
	(void)state;
	mem = mem_new();
	dir = temp_dir();
	now_ms = START;
	clock_set(&story);
	if (db_open(path_join(mem, dir, "auth.db"), DB_AUTH, true, &db) != 0)
		return -1;
	if (user_add(db, "ada", "Ada", USER_ANNOTATOR, "x") != 0)
		return -1;
	return user_add(db, "bob", "", USER_ADMIN, "x");
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	clock_set(NULL);
	temp_remove(dir);
	mem_free(mem);
	return 0;
}

static int
find(const char *id, struct session *s)
{
	return session_find(db, id, TIMEOUT, mem, s);
}

static int
count_one(void *arg, const char *key)
{
	int *n = arg;

	(void)key;
	++*n;
	return 0;
}

static int
count(const char *username)
{
	int n = 0;

	assert_int_equal(session_each_of(db, username, count_one, &n), 0);
	return n;
}

static void
whoever_signs_in_is_found_by_the_id(void **state)
{
	char id[SESSION_ID_SIZE], key[HASH_HEX_SIZE];
	struct session s;

	(void)state;
	assert_int_equal(session_add(db, "ada", TIMEOUT, id), 0);
	assert_true(str_is_hex(id, 64));
	assert_int_equal(find(id, &s), 1);
	assert_string_equal(s.username, "ada");
	assert_string_equal(s.fullname, "Ada");
	assert_int_equal(s.roles, USER_ANNOTATOR);
	session_key(id, key);
	assert_string_equal(s.key, key);
	assert_string_not_equal(key, id);
}

static void
what_is_no_id_finds_nobody(void **state)
{
	char id[SESSION_ID_SIZE], key[HASH_HEX_SIZE];
	struct session s;

	(void)state;
	assert_int_equal(session_add(db, "ada", TIMEOUT, id), 0);
	session_key(id, key);
	assert_int_equal(find(key, &s), 0);
	assert_int_equal(find("", &s), 0);
	assert_int_equal(find("' OR 1=1 --", &s), 0);
	id[0] = id[0] == '0' ? '1' : '0';
	assert_int_equal(find(id, &s), 0);
}

/* Who reads the file finds no id in it. */
static void
no_id_is_stored(void **state)
{
	char id[SESSION_ID_SIZE], block[65536];
	const char *names[] = { "auth.db", "auth.db-wal" };
	size_t n, seen = 0;

	(void)state;
	assert_int_equal(session_add(db, "ada", TIMEOUT, id), 0);
	for (int i = 0; i < 2; i++) {
		FILE *f = fopen(path_join(mem, dir, names[i]), "r");

		while (
		    f != NULL && (n = fread(block, 1, sizeof(block), f)) > 0) {
			assert_null(memmem(block, n, id, 64));
			seen += n;
		}
		if (f != NULL)
			fclose(f);
	}
	assert_true(seen > 4096);
}

static void
a_session_that_is_used_lives_on(void **state)
{
	char id[SESSION_ID_SIZE];
	struct session s;

	(void)state;
	assert_int_equal(session_add(db, "ada", TIMEOUT, id), 0);
	for (int i = 0; i < 5; i++) {
		now_ms += TIMEOUT * SECOND;
		assert_int_equal(find(id, &s), 1);
	}
	now_ms += (TIMEOUT + 61) * SECOND;
	assert_int_equal(find(id, &s), 0);
}

/* A use just before the minute is over is not noted: it must not end early. */
static void
a_session_never_ends_before_its_time(void **state)
{
	char id[SESSION_ID_SIZE];
	struct session s;

	(void)state;
	assert_int_equal(session_add(db, "ada", TIMEOUT, id), 0);
	now_ms += 59 * SECOND;
	assert_int_equal(find(id, &s), 1);
	now_ms += TIMEOUT * SECOND;
	assert_int_equal(find(id, &s), 1);
}

/* When the last use was noted. */
static int64_t
noted_ms(const char *id)
{
	char key[HASH_HEX_SIZE];
	struct stmt *st;
	int64_t used;

	session_key(id, key);
	assert_int_equal(db_stmt(db, AUTH_SESSION_FIND, &st), 0);
	db_bind_text(st, 1, key);
	assert_int_equal(db_step(st), 1);
	used = db_int(st, 0);
	db_reset(st);
	return used;
}

static void
most_requests_write_nothing(void **state)
{
	char id[SESSION_ID_SIZE];
	struct session s;

	(void)state;
	assert_int_equal(session_add(db, "ada", TIMEOUT, id), 0);
	now_ms += 59 * SECOND;
	assert_int_equal(find(id, &s), 1);
	assert_int_equal(noted_ms(id), START);
	now_ms += SECOND;
	assert_int_equal(find(id, &s), 1);
	assert_int_equal(noted_ms(id), now_ms);
}

static void
a_note_that_cannot_be_made_does_not_fail_the_request(void **state)
{
	char id[SESSION_ID_SIZE];
	struct session s;

	(void)state;
	assert_int_equal(session_add(db, "ada", TIMEOUT, id), 0);
	assert_int_equal(db_begin_read(db), 0);
	now_ms += 120 * SECOND;
	assert_int_equal(find(id, &s), 1);
	assert_string_equal(err_text(), "");
	assert_int_equal(db_end(db, 0), 0);
}

static void
a_clock_that_was_set_back_does_not_make_it_live_longer(void **state)
{
	char id[SESSION_ID_SIZE];
	struct session s;

	(void)state;
	now_ms = START + 365 * 86400 * SECOND;
	assert_int_equal(session_add(db, "ada", TIMEOUT, id), 0);
	now_ms = START;
	assert_int_equal(find(id, &s), 1);
	now_ms += (TIMEOUT + 61) * SECOND;
	assert_int_equal(find(id, &s), 0);
}

static void
roles_and_names_are_those_of_now(void **state)
{
	const struct user_change c = { .fullname = "A.",
		.roles = USER_REVIEWER };
	char id[SESSION_ID_SIZE];
	struct session s;

	(void)state;
	assert_int_equal(session_add(db, "ada", TIMEOUT, id), 0);
	assert_int_equal(user_change(db, "ada", &c), 0);
	assert_int_equal(find(id, &s), 1);
	assert_int_equal(s.roles, USER_REVIEWER);
	assert_string_equal(s.fullname, "A.");
}

static void
a_removed_user_is_nobody_also_when_one_of_that_name_comes(void **state)
{
	char id[SESSION_ID_SIZE];
	struct session s;

	(void)state;
	assert_int_equal(session_add(db, "ada", TIMEOUT, id), 0);
	assert_int_equal(user_remove(db, "ada"), 1);
	assert_int_equal(find(id, &s), 1);
	assert_null(s.username);
	assert_int_equal(user_add(db, "ada", "", USER_ADMIN, "y"), 0);
	assert_int_equal(find(id, &s), 1);
	assert_null(s.username);
	assert_int_equal(count("ada"), 0);
}

static void
nobody_signs_in_who_is_not_there(void **state)
{
	char id[SESSION_ID_SIZE];

	(void)state;
	assert_int_equal(session_add(db, "eve", TIMEOUT, id), E_ABSENT);
}

static void
a_new_password_ends_all_sessions_but_the_one_kept(void **state)
{
	char one[SESSION_ID_SIZE], two[SESSION_ID_SIZE], bobs[SESSION_ID_SIZE];
	char key[HASH_HEX_SIZE], digest[HASH_HEX_SIZE];
	struct user_change c = { .digest = digest, .keep_session = key };
	struct session s;

	(void)state;
	assert_int_equal(session_add(db, "ada", TIMEOUT, one), 0);
	assert_int_equal(session_add(db, "ada", TIMEOUT, two), 0);
	assert_int_equal(session_add(db, "bob", TIMEOUT, bobs), 0);
	session_key(two, key);
	assert_int_equal(user_digest("new", digest), 0);
	assert_int_equal(user_change(db, "ada", &c), 0);
	assert_int_equal(find(one, &s), 0);
	assert_int_equal(find(two, &s), 1);
	assert_int_equal(find(bobs, &s), 1);
	assert_int_equal(user_set_password(db, "ada", "newer"), 0);
	assert_int_equal(find(two, &s), 0);
}

static void
signing_out_ends_one(void **state)
{
	char one[SESSION_ID_SIZE], two[SESSION_ID_SIZE], key[HASH_HEX_SIZE];
	struct session s;

	(void)state;
	assert_int_equal(session_add(db, "ada", TIMEOUT, one), 0);
	assert_int_equal(session_add(db, "ada", TIMEOUT, two), 0);
	session_key(one, key);
	assert_int_equal(session_remove(db, key), 1);
	assert_int_equal(session_remove(db, key), 0);
	assert_int_equal(find(one, &s), 0);
	assert_int_equal(find(two, &s), 1);
}

static void
a_user_has_a_thousand_at_most_and_the_oldest_go(void **state)
{
	char first[SESSION_ID_SIZE], second[SESSION_ID_SIZE];
	char id[SESSION_ID_SIZE];
	struct session s;

	(void)state;
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(session_add(db, "ada", TIMEOUT, first), 0);
	now_ms++;
	assert_int_equal(session_add(db, "ada", TIMEOUT, second), 0);
	for (int i = 2; i <= SESSIONS_OF_USER; i++) {
		now_ms++;
		assert_int_equal(session_add(db, "ada", TIMEOUT, id), 0);
	}
	assert_int_equal(session_add(db, "bob", TIMEOUT, id), 0);
	assert_int_equal(db_end(db, 0), 0);
	assert_int_equal(count("ada"), SESSIONS_OF_USER);
	assert_int_equal(find(first, &s), 0);
	assert_int_equal(find(second, &s), 1);
}

static void
what_has_timed_out_is_swept_by_the_next_login(void **state)
{
	char id[SESSION_ID_SIZE];

	(void)state;
	assert_int_equal(session_add(db, "ada", TIMEOUT, id), 0);
	assert_int_equal(session_add(db, "ada", TIMEOUT, id), 0);
	now_ms += (TIMEOUT + 61) * SECOND;
	assert_int_equal(count("ada"), 2);
	assert_int_equal(session_add(db, "bob", TIMEOUT, id), 0);
	assert_int_equal(count("ada"), 0);
}

#define FACT(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(whoever_signs_in_is_found_by_the_id),
		FACT(what_is_no_id_finds_nobody),
		FACT(no_id_is_stored),
		FACT(a_session_that_is_used_lives_on),
		FACT(a_session_never_ends_before_its_time),
		FACT(most_requests_write_nothing),
		FACT(a_note_that_cannot_be_made_does_not_fail_the_request),
		FACT(a_clock_that_was_set_back_does_not_make_it_live_longer),
		FACT(roles_and_names_are_those_of_now),
		FACT(a_removed_user_is_nobody_also_when_one_of_that_name_comes),
		FACT(nobody_signs_in_who_is_not_there),
		FACT(a_new_password_ends_all_sessions_but_the_one_kept),
		FACT(signing_out_ends_one),
		FACT(a_user_has_a_thousand_at_most_and_the_oldest_go),
		FACT(what_has_timed_out_is_swept_by_the_next_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
