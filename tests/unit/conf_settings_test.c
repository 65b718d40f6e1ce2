/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/key.h"
#include "conf/settings.h"
#include "unit/temp.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fix {
	struct mem *mem;
	struct conf *conf;
	char *dir;
	char *file;
};

static void
load(struct fix *f, const char *text)
{
	char *all = mem_printf(f->mem, "DB_DIR=%s\n%s", f->dir, text);

	conf_free(f->conf);
	f->conf = NULL;
	assert_int_equal(file_write(f->file, all, strlen(all), 0600), 0);
	assert_int_equal(conf_load(f->file, &f->conf), 0);
}

static int
setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));

	for (int i = 0; key_at(i) != NULL; i++)
		unsetenv(key_at(i)->name);
	f->mem = mem_new();
	f->dir = temp_dir();
	f->file = path_join(f->mem, f->dir, "stemma.conf");
	load(f, "RETENTION_DAYS=30\n");
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fix *f = *state;

	unsetenv("SYNC_INTERVAL");
	conf_free(f->conf);
	temp_remove(f->dir);
	mem_free(f->mem);
	free(f);
	return 0;
}

static int
change(struct fix *f, const char *key, const char *text)
{
	const struct setting s = { key, text };
	int rc = settings_change(f->conf, &s, 1);

	load(f, "RETENTION_DAYS=30\n");
	return rc;
}

static int
find_from(void *arg, const char *key, const char *value, const char *from,
    bool is_secret)
{
	const char **found = arg;

	(void)value;
	(void)is_secret;
	if (strcmp(key, "SYNC_INTERVAL") == 0)
		*found = from;
	return 0;
}

/* ---- facts -------------------------------------------------------------------- */

static void
a_change_is_there_when_it_is_read_again(void **state)
{
	struct fix *f = *state;
	const char *from = NULL;

	assert_int_equal(f->conf->sync_interval_s, 0);
	assert_int_equal(change(f, "SYNC_INTERVAL", "600"), 0);
	assert_int_equal(f->conf->sync_interval_s, 600);
	conf_each(f->conf, find_from, &from);
	assert_string_equal(from, "settings");
	assert_int_equal(change(f, "QUIET_HOURS", "22:00-06:30"), 0);
	assert_int_equal(f->conf->quiet_from_min, 22 * 60);
	assert_int_equal(f->conf->sync_interval_s, 600);
	assert_int_equal(change(f, "SYNC_INTERVAL", "60"), 0);
	assert_int_equal(f->conf->sync_interval_s, 60);
}

static void
nothing_is_the_default_again(void **state)
{
	struct fix *f = *state;

	assert_int_equal(change(f, "MAX_DELETE_PERCENT", "50"), 0);
	assert_int_equal(f->conf->max_delete_percent, 50);
	assert_int_equal(change(f, "MAX_DELETE_PERCENT", NULL), 0);
	assert_int_equal(f->conf->max_delete_percent, 10);
	assert_int_equal(change(f, "MAX_DELETE_PERCENT", "50"), 0);
	assert_int_equal(change(f, "MAX_DELETE_PERCENT", ""), 0);
	assert_int_equal(f->conf->max_delete_percent, 10);
}

static void
what_the_file_says_stands_there_alone(void **state)
{
	struct fix *f = *state;

	assert_false(settings_may(f->conf, "RETENTION_DAYS"));
	assert_int_equal(change(f, "RETENTION_DAYS", "1"), E_DENIED);
	assert_non_null(strstr(err_text(), "stemma.conf:2"));
	assert_int_equal(f->conf->retention_days, 30);
}

/* Said there after it was set here: whoever wrote the file means it. */
static void
the_file_comes_before_a_setting(void **state)
{
	struct fix *f = *state;

	assert_int_equal(change(f, "SYNC_INTERVAL", "600"), 0);
	load(f, "SYNC_INTERVAL=5\n");
	assert_int_equal(f->conf->sync_interval_s, 5);
	load(f, "SYNC_INTERVAL=\n");
	assert_int_equal(f->conf->sync_interval_s, 0);
	load(f, "");
	assert_int_equal(f->conf->sync_interval_s, 600);
}

static void
the_environment_comes_before_a_setting(void **state)
{
	struct fix *f = *state;

	assert_int_equal(change(f, "SYNC_INTERVAL", "600"), 0);
	setenv("SYNC_INTERVAL", "7", 1);
	load(f, "");
	assert_int_equal(f->conf->sync_interval_s, 7);
	assert_int_equal(settings_check(f->conf, "SYNC_INTERVAL", "8"),
	    E_DENIED);
}

static void
what_would_unlock_or_redirect_is_refused(void **state)
{
	static const char *const keys[] = { "DATA_ROOT", "DB_DIR", "RUN_DIR",
		"REMOTE_URL", "REMOTE_PASSWORD_FILE", "WEBDAV_BASE_URL",
		"METRICS_TOKEN", "PUBLIC_READ", "SESSION_TIMEOUT", "SENDFILE",
		"SINGLE_WRITER" };
	struct fix *f = *state;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_false(settings_may(f->conf, keys[i]));
		assert_int_equal(settings_check(f->conf, keys[i], "yes"),
		    E_DENIED);
	}
	assert_int_equal(settings_check(f->conf, "NO_SUCH_KEY", "1"), E_ABSENT);
}

static void
a_value_that_cannot_be_changes_nothing(void **state)
{
	const struct setting two[] = { { "SYNC_INTERVAL", "600" },
		{ "RATE_LIMIT_UP", "fast" } };
	struct fix *f = *state;

	assert_int_equal(change(f, "SYNC_INTERVAL", "often"), E_INPUT);
	assert_int_equal(change(f, "SYNC_INTERVAL", "1\nDATA_ROOT=/"), E_INPUT);
	assert_int_equal(change(f, "SYNC_ON_CHANGE", "yes\n"), E_INPUT);
	assert_int_equal(settings_change(f->conf, two, 2), E_INPUT);
	load(f, "");
	assert_int_equal(f->conf->sync_interval_s, 0);
}

static void
a_key_that_was_smuggled_in_is_refused(void **state)
{
	struct fix *f = *state;
	const char *file = path_join(f->mem, f->dir, "settings.conf");
	struct conf *conf = NULL;

	assert_int_equal(file_write(file, "DATA_ROOT=/etc\n", 15, 0600), 0);
	assert_int_equal(conf_load(f->file, &conf), E_INPUT);
	assert_non_null(strstr(err_text(), "settings.conf"));
	assert_int_equal(file_write(file, "# \n\nSYNC_INTERVAL=9", 19, 0600),
	    0);
	load(f, "");
	assert_int_equal(f->conf->sync_interval_s, 9);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(a_change_is_there_when_it_is_read_again),
		FACT(nothing_is_the_default_again),
		FACT(what_the_file_says_stands_there_alone),
		FACT(the_file_comes_before_a_setting),
		FACT(the_environment_comes_before_a_setting),
		FACT(what_would_unlock_or_redirect_is_refused),
		FACT(a_value_that_cannot_be_changes_nothing),
		FACT(a_key_that_was_smuggled_in_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
