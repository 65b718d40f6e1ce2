/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/key.h"
#include "unit/temp.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fix {
	struct mem *mem;
	struct conf *conf;
	char *dir;
	char *file; /* a stemma.conf in `dir` */
};

static void
forget_environment(void)
{
	int i;

	unsetenv("STEMMA_CONFIG");
	for (i = 0; key_at(i) != NULL; i++)
		unsetenv(key_at(i)->name);
}

static int
setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));

	forget_environment();
	f->mem = mem_new();
	f->dir = temp_dir();
	f->file = path_join(f->mem, f->dir, "stemma.conf");
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fix *f = *state;

	forget_environment();
	conf_free(f->conf);
	temp_remove(f->dir);
	mem_free(f->mem);
	free(f);
	return 0;
}

static int
load(struct fix *f, const char *text)
{
	int rc;

	assert_int_equal(file_write(f->file, text, strlen(text), 0600), 0);
	conf_free(f->conf);
	f->conf = NULL;
	err_clear();
	rc = conf_load(f->file, &f->conf);
	assert_true(rc == 0 || f->conf == NULL);
	return rc;
}

/* The text of the error, behind the folder of the file. */
static const char *
told(struct fix *f)
{
	const char *text = err_text();

	return str_starts(text, f->dir) ? text + strlen(f->dir) + 1 : text;
}

static void
refused(struct fix *f, const char *text, const char *words)
{
	assert_int_equal(load(f, text), E_INPUT);
	assert_string_equal(told(f), words);
}

static void
an_empty_file_gives_the_defaults(void **state)
{
	struct fix *f = *state;

	assert_int_equal(load(f, ""), 0);
	assert_string_equal(f->conf->file, f->file);
	assert_true(str_ends(f->conf->data_root, "/lib/stemma/content"));
	assert_true(str_ends(f->conf->db_dir, "/lib/stemma/db"));
	assert_true(str_ends(f->conf->run_dir, "/stemma"));
	assert_null(f->conf->remote_url);
	assert_null(f->conf->remote_username);
	assert_null(f->conf->remote_password);
	assert_string_equal(f->conf->s3_region, "us-east-1");
	assert_int_equal(f->conf->s3_style, CONF_S3_AUTO);
	assert_null(f->conf->s3_endpoint);
	assert_false(f->conf->single_writer);
	assert_false(f->conf->metadata_db);
	assert_int_equal(f->conf->transfer_connections, 8);
	assert_int_equal(f->conf->stall_timeout_s, 30);
	assert_int_equal(f->conf->rate_limit_up, 0);
	assert_int_equal(f->conf->rate_limit_down, 0);
	assert_int_equal(f->conf->quiet_from_min, -1);
	assert_int_equal(f->conf->quiet_to_min, -1);
	assert_null(f->conf->collections);
	assert_int_equal(f->conf->sync_interval_s, 0);
	assert_false(f->conf->sync_on_change);
	assert_int_equal(f->conf->wait_limit_s, 0);
	assert_int_equal(f->conf->max_delete_percent, 10);
	assert_int_equal(f->conf->retention_days, 90);
	assert_int_equal(f->conf->session_timeout_s, 3600);
	assert_true(f->conf->public_read);
	assert_int_equal(f->conf->max_upload_mb, 2048);
	assert_int_equal(f->conf->sendfile, CONF_SENDFILE_NONE);
	assert_null(f->conf->sendfile_prefix);
	assert_null(f->conf->metrics_token);
	assert_int_equal(f->conf->log_level, LOG_INFO);
}

static void
every_key_can_be_set(void **state)
{
	struct fix *f = *state;

	assert_int_equal(load(f,
			     "DATA_ROOT=/d\nDB_DIR=/b\nRUN_DIR=/r\n"
			     "REMOTE_URL=s3+https://s3.example/bucket\n"
			     "REMOTE_USERNAME=me\nREMOTE_PASSWORD=secret\n"
			     "S3_REGION=eu-1\nS3_PATH_STYLE=yes\n"
			     "S3_SESSION_TOKEN=tok\nSINGLE_WRITER=true\n"
			     "METADATA_DB=on\nTRANSFER_CONNECTIONS=32\n"
			     "STALL_TIMEOUT=5\nRATE_LIMIT_UP=500K\n"
			     "RATE_LIMIT_DOWN=2M\nQUIET_HOURS=22:00-06:30\n"
			     "COLLECTIONS=a, b c ,d\nSYNC_INTERVAL=600\n"
			     "SYNC_ON_CHANGE=1\nWAIT_LIMIT=25\n"
			     "MAX_DELETE_PERCENT=0\nRETENTION_DAYS=7\n"
			     "SESSION_TIMEOUT=60\nPUBLIC_READ=no\n"
			     "MAX_UPLOAD_MB=1\nSENDFILE=x-accel:/internal\n"
			     "METRICS_TOKEN=m\nLOG_LEVEL=debug\n"),
	    0);
	assert_string_equal(f->conf->data_root, "/d");
	assert_string_equal(f->conf->db_dir, "/b");
	assert_string_equal(f->conf->run_dir, "/r");
	assert_string_equal(f->conf->remote_url,
	    "s3+https://s3.example/bucket");
	assert_string_equal(f->conf->remote_username, "me");
	assert_string_equal(f->conf->remote_password, "secret");
	assert_string_equal(f->conf->s3_region, "eu-1");
	assert_int_equal(f->conf->s3_style, CONF_S3_PATH);
	assert_string_equal(f->conf->s3_session_token, "tok");
	assert_true(f->conf->single_writer);
	assert_true(f->conf->metadata_db);
	assert_int_equal(f->conf->transfer_connections, 32);
	assert_int_equal(f->conf->stall_timeout_s, 5);
	assert_int_equal(f->conf->rate_limit_up, 500 * 1024);
	assert_int_equal(f->conf->rate_limit_down, 2 * 1024 * 1024);
	assert_int_equal(f->conf->quiet_from_min, 22 * 60);
	assert_int_equal(f->conf->quiet_to_min, 6 * 60 + 30);
	assert_string_equal(f->conf->collections[0], "a");
	assert_string_equal(f->conf->collections[1], "b c");
	assert_string_equal(f->conf->collections[2], "d");
	assert_null(f->conf->collections[3]);
	assert_int_equal(f->conf->sync_interval_s, 600);
	assert_true(f->conf->sync_on_change);
	assert_int_equal(f->conf->wait_limit_s, 25);
	assert_int_equal(f->conf->max_delete_percent, 0);
	assert_int_equal(f->conf->retention_days, 7);
	assert_int_equal(f->conf->session_timeout_s, 60);
	assert_false(f->conf->public_read);
	assert_int_equal(f->conf->max_upload_mb, 1);
	assert_int_equal(f->conf->sendfile, CONF_SENDFILE_X_ACCEL);
	assert_string_equal(f->conf->sendfile_prefix, "/internal");
	assert_string_equal(f->conf->metrics_token, "m");
	assert_int_equal(f->conf->log_level, LOG_DEBUG);
}

static void
a_line_may_be_written_in_many_ways(void **state)
{
	struct fix *f = *state;

	assert_int_equal(load(f,
			     "\xef\xbb\xbf# a comment\r\n\r\n"
			     "  S3_REGION =  a b\t\r\n"
			     "\t# COLLECTIONS=x\n"
			     "REMOTE_USERNAME=\" x # y=z \"\n"
			     "REMOTE_PASSWORD='\"'\n"
			     "REMOTE_URL=file:///x\n"
			     "METRICS_TOKEN=\"a"),
	    0);
	assert_string_equal(f->conf->s3_region, "a b");
	assert_string_equal(f->conf->remote_username, " x # y=z ");
	assert_string_equal(f->conf->remote_password, "\"");
	assert_string_equal(f->conf->metrics_token, "\"a");
}

static void
an_empty_value_is_the_default(void **state)
{
	struct fix *f = *state;

	setenv("WAIT_LIMIT", "", 1);
	assert_int_equal(load(f,
			     "S3_REGION=\nSTALL_TIMEOUT=''\n"
			     "WAIT_LIMIT=25\nMETRICS_TOKEN=\n"),
	    0);
	assert_string_equal(f->conf->s3_region, "us-east-1");
	assert_int_equal(f->conf->stall_timeout_s, 30);
	assert_int_equal(f->conf->wait_limit_s, 0);
	assert_null(f->conf->metrics_token);
}

static void
an_unknown_key_is_named_with_its_line(void **state)
{
	struct fix *f = *state;

	refused(f, "\n# x\nSTALL_TIMOUT=3\n",
	    "stemma.conf:3: there is no key STALL_TIMOUT; did you mean "
	    "STALL_TIMEOUT?");
	refused(f, "log_level=info\n",
	    "stemma.conf:1: there is no key log_level; did you mean "
	    "LOG_LEVEL?");
	refused(f, "COLOUR=red\n",
	    "stemma.conf:1: there is no key COLOUR; stemma.conf(5) lists "
	    "them all");
	assert_int_equal(load(f, "=x\n"), E_INPUT);
}

static void
a_bad_value_is_told_with_what_is_allowed(void **state)
{
	struct fix *f = *state;

	refused(f, "\nSTALL_TIMEOUT=abc\n",
	    "stemma.conf:2: STALL_TIMEOUT=abc: allowed is a whole number "
	    "from 1 to 3600");
	refused(f, "METADATA_DB=maybe\n",
	    "stemma.conf:1: METADATA_DB=maybe: allowed is yes or no");
	refused(f, "LOG_LEVEL=loud\n",
	    "stemma.conf:1: LOG_LEVEL=loud: allowed is error, warn, info or "
	    "debug");
	refused(f, "DATA_ROOT=data\n",
	    "stemma.conf:1: DATA_ROOT=data: allowed is an absolute path");
}

static void
what_is_not_allowed_is_refused(void **state)
{
	static const char *const bad[] = {
		"TRANSFER_CONNECTIONS=0",
		"TRANSFER_CONNECTIONS=33",
		"STALL_TIMEOUT=0",
		"STALL_TIMEOUT=1.5",
		"STALL_TIMEOUT=0x10",
		"STALL_TIMEOUT=99999999999999999999",
		"MAX_DELETE_PERCENT=101",
		"MAX_DELETE_PERCENT=-1",
		"RETENTION_DAYS=-1",
		"SESSION_TIMEOUT=0",
		"MAX_UPLOAD_MB=0",
		"SYNC_INTERVAL=-5",
		"WAIT_LIMIT=1h",
		"RATE_LIMIT_UP=K",
		"RATE_LIMIT_UP=1T",
		"RATE_LIMIT_UP=-1",
		"RATE_LIMIT_UP=1KB",
		"RATE_LIMIT_DOWN=9999999999",
		"QUIET_HOURS=22-6",
		"QUIET_HOURS=24:00-06:00",
		"QUIET_HOURS=22:60-06:00",
		"QUIET_HOURS=06:00-06:00",
		"QUIET_HOURS=2a:00-06:00",
		"QUIET_HOURS=22:00 06:00",
		"COLLECTIONS=a,,b",
		"COLLECTIONS=,",
		"COLLECTIONS=a,",
		"SENDFILE=yes",
		"SENDFILE=x-accel",
		"SENDFILE=x-accel:",
		"SENDFILE=x-accel:rel",
		"SENDFILE=x-sendfile:/x",
		"SENDFILE=nonesuch",
		"REMOTE_URL=ftp://x/y",
		"REMOTE_URL=x",
		"REMOTE_URL=https://me:pw@host/x",
		"REMOTE_URL=https:///x",
		"REMOTE_URL=https://h/a b",
		"REMOTE_URL=https://h/a?b",
		"REMOTE_URL=file:x",
		"REMOTE_URL=file://host/x",
		"WEBDAV_BASE_URL=webdav+https://h/",
		"WEBDAV_BASE_URL=https://",
		"WEBDAV_BASE_URL=http://me@host",
		"PUBLIC_READ=2",
		"RUN_DIR=./run",
		"no equals sign",
		"METADATA_DB=\xff",
	};
	struct fix *f = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (load(f, bad[i]) != E_INPUT)
			fail_msg("accepted: %s", bad[i]);
}

static void
a_key_may_stand_once(void **state)
{
	struct fix *f = *state;
	char *first = mem_printf(f->mem,
	    "stemma.conf:3: WAIT_LIMIT stands in %s:1 too", f->file);

	refused(f, "WAIT_LIMIT=1\n\nWAIT_LIMIT=1\n", first);
}

static void
a_secret_is_in_no_error(void **state)
{
	struct fix *f = *state;

	assert_int_equal(load(f, "REMOTE_URL=https://me:hunter2@host/x\n"),
	    E_INPUT);
	assert_null(strstr(err_text(), "hunter2"));
}

static void
the_environment_overrides_the_file(void **state)
{
	struct fix *f = *state;

	setenv("STALL_TIMEOUT", "7", 1);
	assert_int_equal(load(f, "STALL_TIMEOUT=5\nWAIT_LIMIT=3\n"), 0);
	assert_int_equal(f->conf->stall_timeout_s, 7);
	assert_int_equal(f->conf->wait_limit_s, 3);
	setenv("STALL_TIMEOUT", "soon", 1);
	refused(f, "STALL_TIMEOUT=5\n",
	    "environment: STALL_TIMEOUT=soon: allowed is a whole number from "
	    "1 to 3600");
	setenv("STALL_TIMEOUT", "\xff", 1);
	refused(f, "", "environment: STALL_TIMEOUT: not UTF-8");
}

static void
webdav_is_put_together(void **state)
{
	struct fix *f = *state;

	assert_int_equal(load(f,
			     "WEBDAV_ENABLED=yes\n"
			     "WEBDAV_BASE_URL=https://cloud.example/dav/\n"
			     "WEBDAV_USERNAME=me\nWEBDAV_PASSWORD=pw\n"),
	    0);
	assert_string_equal(f->conf->remote_url,
	    "webdav+https://cloud.example/dav/stemma");
	assert_string_equal(f->conf->remote_username, "me");
	assert_string_equal(f->conf->remote_password, "pw");
	assert_int_equal(load(f,
			     "WEBDAV_BASE_URL=http://h:8080\n"
			     "WEBDAV_REMOTE_ROOT=/\n"),
	    0);
	assert_string_equal(f->conf->remote_url, "webdav+http://h:8080");
	assert_int_equal(load(f,
			     "WEBDAV_BASE_URL=http://h\n"
			     "WEBDAV_REMOTE_ROOT=My Texts/50%/\xc3\xa4/\n"),
	    0);
	assert_string_equal(f->conf->remote_url,
	    "webdav+http://h/My%20Texts/50%25/%C3%A4");
}

static void
webdav_counts_unless_it_is_switched_off(void **state)
{
	struct fix *f = *state;

	assert_int_equal(load(f,
			     "WEBDAV_ENABLED=no\n"
			     "WEBDAV_BASE_URL=https://h/\n"
			     "WEBDAV_PASSWORD_FILE=/no/such/file\n"),
	    0);
	assert_null(f->conf->remote_url);
	assert_null(f->conf->remote_password);
	assert_int_equal(load(f,
			     "WEBDAV_ENABLED=no\n"
			     "WEBDAV_BASE_URL=https://h/\n"
			     "REMOTE_URL=file:///store\n"),
	    0);
	assert_string_equal(f->conf->remote_url, "file:///store");
	refused(f, "WEBDAV_ENABLED=yes\n",
	    "stemma.conf:1: WEBDAV_ENABLED: WEBDAV_BASE_URL is missing");
}

static void
only_one_store_can_be(void **state)
{
	struct fix *f = *state;

	assert_int_equal(load(f,
			     "WEBDAV_BASE_URL=https://h/\n"
			     "REMOTE_URL=file:///store\n"),
	    E_INPUT);
	assert_non_null(strstr(err_text(), "only one store"));
}

static void
a_plain_http_address_is_webdav(void **state)
{
	struct fix *f = *state;

	assert_int_equal(load(f, "REMOTE_URL=https://h/x\n"), 0);
	assert_string_equal(f->conf->remote_url, "webdav+https://h/x");
	assert_int_equal(load(f, "REMOTE_URL=webdav+http://h/x\n"), 0);
	assert_string_equal(f->conf->remote_url, "webdav+http://h/x");
}

static void
a_password_may_stand_in_a_file(void **state)
{
	struct fix *f = *state;
	char *pw = path_join(f->mem, f->dir, "password");
	char *conf = mem_printf(f->mem,
	    "REMOTE_URL=https://h/\nREMOTE_PASSWORD_FILE=%s\n", pw);

	assert_int_equal(load(f, conf), E_ABSENT);
	assert_non_null(strstr(err_text(), "stemma.conf:2: the password: "));
	assert_int_equal(file_write(pw, " two words \r\nmore\n", 18, 0600), 0);
	assert_int_equal(load(f, conf), 0);
	assert_string_equal(f->conf->remote_password, " two words ");
	assert_int_equal(file_write(pw, "\nx", 2, 0600), 0);
	assert_int_equal(load(f, conf), E_INPUT);
	assert_int_equal(file_write(pw, "", 0, 0600), 0);
	assert_int_equal(load(f, conf), E_INPUT);
	assert_non_null(strstr(err_text(), "there is no password in it"));
}

static void
a_password_and_its_file_are_one_setting(void **state)
{
	struct fix *f = *state;
	char *pw = path_join(f->mem, f->dir, "password");

	assert_int_equal(file_write(pw, "of the file", 11, 0600), 0);
	assert_int_equal(load(f,
			     mem_printf(f->mem,
				 "REMOTE_URL=https://h/\nREMOTE_PASSWORD=a\n"
				 "REMOTE_PASSWORD_FILE=%s\n",
				 pw)),
	    E_INPUT);
	setenv("REMOTE_PASSWORD", "of the environment", 1);
	assert_int_equal(load(f,
			     mem_printf(f->mem,
				 "REMOTE_URL=https://h/\n"
				 "REMOTE_PASSWORD_FILE=%s\n",
				 pw)),
	    0);
	assert_string_equal(f->conf->remote_password, "of the environment");
	unsetenv("REMOTE_PASSWORD");
	setenv("REMOTE_PASSWORD_FILE", pw, 1);
	assert_int_equal(load(f, "REMOTE_URL=https://h/\nREMOTE_PASSWORD=a\n"),
	    0);
	assert_string_equal(f->conf->remote_password, "of the file");
}

static void
sendfile_has_its_kinds(void **state)
{
	struct fix *f = *state;

	assert_int_equal(load(f, "SENDFILE=x-sendfile\n"), 0);
	assert_int_equal(f->conf->sendfile, CONF_SENDFILE_X_SENDFILE);
	assert_null(f->conf->sendfile_prefix);
	assert_int_equal(load(f, "SENDFILE=local-redirect:/f/\n"), 0);
	assert_int_equal(f->conf->sendfile, CONF_SENDFILE_LOCAL_REDIRECT);
	assert_string_equal(f->conf->sendfile_prefix, "/f/");
	assert_int_equal(load(f, "SENDFILE=none\n"), 0);
	assert_int_equal(f->conf->sendfile, CONF_SENDFILE_NONE);
}

static void
a_file_that_is_named_must_be_there(void **state)
{
	struct fix *f = *state;

	assert_int_equal(conf_load("/no/such/stemma.conf", &f->conf), E_ABSENT);
	assert_non_null(strstr(err_text(), "/no/such/stemma.conf"));
	setenv("STEMMA_CONFIG", "/no/such/other.conf", 1);
	assert_int_equal(conf_load(NULL, &f->conf), E_ABSENT);
	assert_non_null(strstr(err_text(), "/no/such/other.conf"));
}

static void
the_environment_names_the_file(void **state)
{
	struct fix *f = *state;

	assert_int_equal(file_write(f->file, "WAIT_LIMIT=9\n", 13, 0600), 0);
	setenv("STEMMA_CONFIG", f->file, 1);
	assert_int_equal(conf_load(NULL, &f->conf), 0);
	assert_string_equal(f->conf->file, f->file);
	assert_int_equal(f->conf->wait_limit_s, 9);
}

static void
a_file_named_on_the_command_line_comes_first(void **state)
{
	struct fix *f = *state;

	setenv("STEMMA_CONFIG", "/no/such/other.conf", 1);
	assert_int_equal(load(f, "WAIT_LIMIT=9\n"), 0);
	assert_string_equal(f->conf->file, f->file);
}

static void
a_file_beside_the_program_is_found(void **state)
{
	struct fix *f = *state;
	char *self, *beside;

	assert_int_equal(path_self(f->mem, &self), 0);
	self[path_base(self) - self] = '\0';
	beside = path_join(f->mem, self, "stemma.conf");
	assert_false(path_is_file(beside));
	assert_int_equal(file_write(beside, "WAIT_LIMIT=8\n", 13, 0600), 0);
	assert_int_equal(conf_load(NULL, &f->conf), 0);
	file_remove(beside);
	assert_string_equal(f->conf->file, beside);
	assert_int_equal(f->conf->wait_limit_s, 8);
}

/* Collects "KEY=value (from)" of some keys. */
static int
note(void *arg, const char *key, const char *value, const char *from,
    bool is_secret)
{
	struct buf *out = arg;

	if (is_secret || strstr(key, "WEBDAV") != NULL ||
	    strcmp(key, "WAIT_LIMIT") == 0 || strcmp(key, "S3_REGION") == 0)
		buf_printf(out, "%s=%s (%s)\n", key,
		    value != NULL ? value : "-", path_base(from));
	return strcmp(key, "SENDFILE") == 0 ? 42 : 0;
}

static void
each_key_tells_its_value_and_where_it_is_from(void **state)
{
	struct fix *f = *state;
	struct buf out = { 0 };

	setenv("WAIT_LIMIT", "4", 1);
	assert_int_equal(load(f,
			     "WEBDAV_BASE_URL=https://h/\n"
			     "WEBDAV_PASSWORD=hunter2\n"
			     "METRICS_TOKEN=hunter3\n"),
	    0);
	assert_int_equal(conf_each(f->conf, note, &out), 42);
	assert_string_equal(buf_text(&out),
	    "WEBDAV_ENABLED=- (default)\n"
	    "WEBDAV_BASE_URL=https://h/ (stemma.conf:1)\n"
	    "WEBDAV_USERNAME=- (default)\n"
	    "WEBDAV_PASSWORD=*** (stemma.conf:2)\n"
	    "WEBDAV_PASSWORD_FILE=- (default)\n"
	    "WEBDAV_REMOTE_ROOT=/stemma (default)\n"
	    "REMOTE_PASSWORD=- (default)\n"
	    "S3_REGION=us-east-1 (default)\n"
	    "S3_SESSION_TOKEN=- (default)\n"
	    "WAIT_LIMIT=4 (environment)\n");
	buf_release(&out);
}

static void
a_file_that_is_too_large_is_refused(void **state)
{
	struct fix *f = *state;
	struct buf b = { 0 };

	while (b.len <= 65536)
		buf_puts(&b, "# a comment of some length\n");
	assert_int_equal(load(f, b.data), E_INPUT);
	buf_release(&b);
	conf_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_file_gives_the_defaults),
		TEST(every_key_can_be_set),
		TEST(a_line_may_be_written_in_many_ways),
		TEST(an_empty_value_is_the_default),
		TEST(an_unknown_key_is_named_with_its_line),
		TEST(a_bad_value_is_told_with_what_is_allowed),
		TEST(what_is_not_allowed_is_refused),
		TEST(a_key_may_stand_once),
		TEST(a_secret_is_in_no_error),
		TEST(the_environment_overrides_the_file),
		TEST(webdav_is_put_together),
		TEST(webdav_counts_unless_it_is_switched_off),
		TEST(only_one_store_can_be),
		TEST(a_plain_http_address_is_webdav),
		TEST(a_password_may_stand_in_a_file),
		TEST(a_password_and_its_file_are_one_setting),
		TEST(sendfile_has_its_kinds),
		TEST(a_file_that_is_named_must_be_there),
		TEST(the_environment_names_the_file),
		TEST(a_file_named_on_the_command_line_comes_first),
		TEST(a_file_beside_the_program_is_found),
		TEST(each_key_tells_its_value_and_where_it_is_from),
		TEST(a_file_that_is_too_large_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
