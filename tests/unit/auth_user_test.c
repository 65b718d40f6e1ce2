/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/password.h"
#include "auth/user.h"
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

static struct mem *mem;
static char *dir;
static struct db *db;

static int
setup(void **state)
{
	(void)state;
	mem = mem_new();
	dir = temp_dir();
	return db_open(path_join(mem, dir, "auth.db"), DB_AUTH, true, &db);
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	temp_remove(dir);
	mem_free(mem);
	return 0;
}

static int
verify(const char *username, const char *password)
{
	char digest[HASH_HEX_SIZE];

	password_digest(password, digest);
	return user_verify(db, username, digest);
}

static void
an_added_user_is_found(void **state)
{
	struct user user;

	(void)state;
	assert_int_equal(user_find(db, "ada", mem, &user), 0);
	assert_int_equal(user_add(db, "ada", "Ada Ä.",
			     USER_REVIEWER | USER_READER, "engine"),
	    0);
	assert_int_equal(user_find(db, "ada", mem, &user), 1);
	assert_string_equal(user.username, "ada");
	assert_string_equal(user.fullname, "Ada Ä.");
	assert_int_equal(user.roles, USER_REVIEWER | USER_READER);
	assert_string_equal(user.created_at, user.updated_at);
	assert_int_equal(verify("ada", "engine"), 1);
	assert_int_equal(verify("ada", "Engine"), 0);
	assert_int_equal(verify("eve", "engine"), 0);
}

static void
a_name_is_taken_once_in_whatever_case(void **state)
{
	(void)state;
	assert_int_equal(user_add(db, "ada", NULL, USER_READER, "x"), 0);
	assert_int_equal(user_add(db, "ada", NULL, USER_ADMIN, "y"), E_EXISTS);
	assert_int_equal(user_add(db, "Ada", NULL, USER_ADMIN, "y"), E_EXISTS);
	assert_non_null(strstr(err_text(), "Ada"));
	assert_int_equal(verify("ada", "x"), 1);
	assert_int_equal(verify("Ada", "x"), 0);
}

static void
a_user_of_strange_words_is_refused(void **state)
{
	char name[66];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[65] = '\0';
	assert_int_equal(user_add(db, name, NULL, 1, "x"), E_INPUT);
	name[64] = '\0';
	assert_int_equal(user_add(db, name, NULL, 1, "x"), 0);
	assert_int_equal(user_add(db, "a.b_c@d-e", NULL, 1, "x"), 0);
	assert_int_equal(user_add(db, "", NULL, 1, "x"), E_INPUT);
	assert_int_equal(user_add(db, "a b", NULL, 1, "x"), E_INPUT);
	assert_int_equal(user_add(db, "\xc3\xa4", NULL, 1, "x"), E_INPUT);
	assert_int_equal(user_add(db, "b", "a\nb", 1, "x"), E_INPUT);
	assert_int_equal(user_add(db, "b", "\xff", 1, "x"), E_INPUT);
	assert_int_equal(user_add(db, "b", NULL, 0, "x"), E_INPUT);
	assert_int_equal(user_add(db, "b", NULL, 16, "x"), E_INPUT);
	assert_int_equal(user_add(db, "b", NULL, 1, ""), E_INPUT);
}

static void
a_password_can_be_changed(void **state)
{
	(void)state;
	assert_int_equal(user_add(db, "ada", NULL, USER_READER, "old"), 0);
	assert_int_equal(user_set_password(db, "ada", "new"), 0);
	assert_int_equal(verify("ada", "old"), 0);
	assert_int_equal(verify("ada", "new"), 1);
	assert_int_equal(user_set_password(db, "ada", ""), E_INPUT);
	assert_int_equal(user_set_password(db, "eve", "new"), E_ABSENT);
	assert_non_null(strstr(err_text(), "eve"));
}

static void
roles_can_be_changed(void **state)
{
	struct user user;

	(void)state;
	assert_int_equal(user_add(db, "ada", NULL, USER_READER, "x"), 0);
	assert_int_equal(user_set_roles(db, "ada", USER_ANNOTATOR), 0);
	assert_int_equal(user_find(db, "ada", mem, &user), 1);
	assert_int_equal(user.roles, USER_ANNOTATOR);
	assert_int_equal(user_set_roles(db, "ada", 0), E_INPUT);
	assert_int_equal(user_set_roles(db, "eve", 1), E_ABSENT);
}

static void
a_removed_user_is_gone(void **state)
{
	struct user user;

	(void)state;
	assert_int_equal(user_add(db, "ada", NULL, USER_READER, "x"), 0);
	assert_int_equal(user_remove(db, "ada"), 1);
	assert_int_equal(user_remove(db, "ada"), 0);
	assert_int_equal(user_find(db, "ada", mem, &user), 0);
	assert_int_equal(verify("ada", "x"), 0);
}

static void
the_last_admin_stays(void **state)
{
	(void)state;
	assert_int_equal(user_add(db, "ada", NULL, USER_ADMIN, "x"), 0);
	assert_int_equal(user_add(db, "eve", NULL, USER_REVIEWER, "x"), 0);
	assert_int_equal(user_remove(db, "ada"), E_CONFLICT);
	assert_non_null(strstr(err_text(), "last admin"));
	assert_int_equal(user_set_roles(db, "ada", USER_REVIEWER), E_CONFLICT);
	assert_int_equal(user_set_roles(db, "ada", USER_ADMIN | 1), 0);
	assert_int_equal(user_set_roles(db, "eve", USER_ADMIN), 0);
	assert_int_equal(user_remove(db, "ada"), 1);
	assert_int_equal(user_remove(db, "eve"), E_CONFLICT);
}

static int
note_name(void *arg, const struct user *user)
{
	buf_printf(arg, "%s:", user->username);
	user_roles_text(user->roles, arg);
	buf_putc(arg, ' ');
	return str_eq(user->username, "c") ? 7 : 0;
}

static void
users_come_by_name_until_told_to_stop(void **state)
{
	struct buf names = { 0 };

	(void)state;
	assert_int_equal(user_each(db, note_name, &names), 0);
	assert_int_equal(user_add(db, "b", NULL, 15, "x"), 0);
	assert_int_equal(user_add(db, "a", NULL, 6, "x"), 0);
	assert_int_equal(user_each(db, note_name, &names), 0);
	assert_string_equal(names.data,
	    "a:annotator,reviewer b:user,annotator,reviewer,admin ");
	assert_int_equal(user_add(db, "c", NULL, 1, "x"), 0);
	assert_int_equal(user_add(db, "d", NULL, 1, "x"), 0);
	buf_clear(&names);
	assert_int_equal(user_each(db, note_name, &names), 7);
	assert_null(strstr(names.data, "d:"));
	assert_int_equal(user_each(db, note_name, &names), 7);
	buf_release(&names);
}

static void
roles_are_read_from_words(void **state)
{
	unsigned roles = 0;

	(void)state;
	assert_int_equal(user_roles_parse("admin", &roles), 0);
	assert_int_equal(roles, USER_ADMIN);
	assert_int_equal(user_roles_parse(" user, reviewer\tuser", &roles), 0);
	assert_int_equal(roles, USER_READER | USER_REVIEWER);
	assert_int_equal(user_roles_parse("Admin", &roles), E_INPUT);
	assert_int_equal(user_roles_parse("adminx", &roles), E_INPUT);
	assert_int_equal(user_roles_parse("", &roles), E_INPUT);
	assert_int_equal(user_roles_parse(" ,", &roles), E_INPUT);
	assert_int_equal(roles, USER_READER | USER_REVIEWER);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_added_user_is_found),
		TEST(a_name_is_taken_once_in_whatever_case),
		TEST(a_user_of_strange_words_is_refused),
		TEST(a_password_can_be_changed),
		TEST(roles_can_be_changed),
		TEST(a_removed_user_is_gone),
		TEST(the_last_admin_stays),
		TEST(users_come_by_name_until_told_to_stop),
		TEST(roles_are_read_from_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
