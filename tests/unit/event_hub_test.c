/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "conf/conf.h"
#include "event/ask.h"
#include "event/event.h"
#include "event/publish.h"
#include "event/subscribe.h"
#include "hub/hub.h"
#include "temp.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * This program is the hub too: started by event_connect, it finds its folder
 * where a configuration would be named.  `sync` in that folder stands for the
 * program that syncs.
 */
static char self[PATH_MAX];
static char *dir;
static struct event_place place;

static int
be_hub(const char *run_dir)
{
	char sync[PATH_MAX];
	const struct conf conf = { .run_dir = run_dir,
		.quiet_from_min = -1,
		.quiet_to_min = -1 };
	const struct hub_options options = { .program = sync,
		.is_on_demand = true,
		.idle_ms = 300,
		.ready_fd = 3 };

	snprintf(sync, sizeof(sync), "%s/sync", run_dir);
	log_set_level(LOG_INFO);
	return hub_run(&conf, &options) == 0 ? 0 : 1;
}

static int
setup(void **state)
{
	(void)state;
	dir = temp_dir();
	place = (struct event_place){ dir, self, dir };
	return 0;
}

static bool
socket_is_there(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/hub.sock", dir);
	return access(path, F_OK) == 0;
}

/* What was started ends by itself soon. */
static int
teardown(void **state)
{
	(void)state;
	for (int i = 0; i < 1000 && socket_is_there(); i++)
		clock_sleep_ms(10);
	assert_false(socket_is_there());
	temp_remove(dir);
	return 0;
}

static void
sync_is(const char *script)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sync", dir);
	assert_int_equal(file_write(path, script, strlen(script), 0700), 0);
}

/* ---- events ---------------------------------------------------------------- */

struct heard {
	int n;
	struct event last;
	char data[256];
};

static int
hear(void *arg, const struct event *e)
{
	struct heard *h = arg;

	h->n++;
	h->last = *e;
	snprintf(h->data, sizeof(h->data), "%s", e->data);
	return 0;
}

static void
hear_until(struct subscriber *s, struct heard *h, int n)
{
	struct pollfd p = { subscribe_fd(s), POLLIN, 0 };

	while (h->n < n) {
		assert_int_equal(poll(&p, 1, 5000), 1);
		assert_int_equal(subscribe_read(s, hear, h), 0);
	}
}

static void
what_is_published_is_heard(void **state)
{
	struct publisher *p = publish_new(&place);
	struct heard h = { .n = 0 };
	struct subscriber *s;

	(void)state;
	assert_int_equal(subscribe_open(&place, &s), 0);
	assert_int_equal(subscribe_read(s, hear, &h), 0);
	assert_int_equal(h.n, 0);
	publish(p, "one", "a\nb", NULL);
	publish(p, "two", "c", "anna");
	hear_until(s, &h, 2);
	assert_string_equal(h.data, "c");
	assert_true(str_ends(h.last.id, "-2"));
	subscribe_close(s);
	publish_free(p);
}

/* One hub that says all at once, and then nothing more. */
static void
be_hasty(int listening)
{
	static const char greeting[] =
	    "{\"hub\":1,\"version\":\"\",\"epoch\":\"e\"}\n";
	static const char rest[] =
	    "{\"subscribed\":{\"last\":\"e-0\"}}\n"
	    "{\"event\":{\"id\":\"e-1\",\"name\":\"a\",\"data\":\"\"}}\n";
	int fd = accept(listening, NULL, NULL);
	char line[100];

	if (write(fd, greeting, strlen(greeting)) < 0 ||
	    read(fd, line, sizeof(line)) < 0 ||
	    write(fd, rest, strlen(rest)) < 0)
		_exit(1);
	(void)!read(fd, line, sizeof(line));
	_exit(0);
}

/* What comes close behind the answer must not lie in a buffer unseen. */
static void
what_comes_close_behind_the_answer_is_heard(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int listening = socket(AF_UNIX, SOCK_STREAM, 0);
	struct heard h = { .n = 0 };
	struct subscriber *s;
	pid_t pid;

	(void)state;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/hub.sock", dir);
	assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof(at)),
	    0);
	assert_int_equal(listen(listening, 1), 0);
	if ((pid = fork()) == 0)
		be_hasty(listening);
	assert_int_equal(subscribe_open(&place, &s), 0);
	hear_until(s, &h, 1);
	assert_string_equal(h.last.id, "e-1");
	subscribe_close(s);
	(void)waitpid(pid, NULL, 0);
	close(listening);
	unlink(at.sun_path);
}

static void
what_was_missed_is_replayed(void **state)
{
	struct publisher *p = publish_new(&place);
	struct heard h = { .n = 0 };
	char since[EVENT_ID_SIZE], last[EVENT_ID_SIZE];
	struct subscriber *s;
	bool is_whole;

	(void)state;
	assert_int_equal(subscribe_open(&place, &s), 0);
	assert_int_equal(subscribe_replay(&place, "anna", NULL, hear, &h, since,
			     &is_whole),
	    0);
	assert_true(is_whole && h.n == 0);
	publish(p, "one", "1", NULL);
	publish(p, "two", "2", "ben");
	publish(p, "three", "3", "anna");
	hear_until(s, &h, 3);
	h.n = 0;
	assert_int_equal(subscribe_replay(&place, "anna", since, hear, &h, last,
			     &is_whole),
	    0);
	assert_true(is_whole && h.n == 2);
	assert_string_equal(h.data, "3");
	assert_string_equal(h.last.id, last);
	subscribe_close(s);
	publish_free(p);
}

static void
a_publisher_without_a_hub_loses_no_time_and_no_error(void **state)
{
	const struct event_place nowhere = { dir, NULL, NULL };
	struct publisher *p = publish_new(&nowhere);
	int64_t begun_ms = clock_mono_ms();

	(void)state;
	(void)err_set(E_IO, "the disk is full");
	for (int i = 0; i < 1000; i++)
		publish(p, "lost", "", NULL);
	assert_true(clock_mono_ms() - begun_ms < 1000);
	assert_string_equal(err_text(), "the disk is full");
	publish_free(p);
	publish(NULL, "lost", "", NULL);
}

/* Who subscribes finds out, and finds the next one. */
static void
a_hub_that_is_gone_is_started_again(void **state)
{
	struct publisher *p = publish_new(&place);
	struct heard h = { .n = 0 };
	struct subscriber *s;
	char epoch[EVENT_ID_SIZE];

	(void)state;
	publish(p, "one", "", NULL);
	for (int life = 0; life < 2; life++) {
		h.n = 0;
		assert_int_equal(subscribe_open(&place, &s), 0);
		publish(p, "two", "", NULL);
		hear_until(s, &h, 1);
		if (life == 1)
			assert_string_not_equal(h.last.id, epoch);
		snprintf(epoch, sizeof(epoch), "%s", h.last.id);
		subscribe_close(s);
		publish_free(p);
		for (int i = 0; i < 500 && socket_is_there(); i++)
			clock_sleep_ms(10);
		p = publish_new(&place);
	}
	publish_free(p);
}

/* ---- its beginning ------------------------------------------------------------ */

static int
starts_in_log(void)
{
	struct buf text = { NULL, 0, 0 };
	char path[PATH_MAX];
	int n = 0;

	snprintf(path, sizeof(path), "%s/hub.log", dir);
	assert_int_equal(file_read(path, 1 << 20, &text), 0);
	for (const char *at = buf_text(&text);
	     (at = strstr(at, "epoch=")) != NULL; at++)
		n++;
	buf_release(&text);
	return n;
}

static void
twelve_that_come_at_once_start_one_hub(void **state)
{
	pid_t pids[12];
	int status, fd;

	(void)state;
	for (int i = 0; i < 12; i++)
		if ((pids[i] = fork()) == 0) {
			/* Descriptor 0 may be anything. */
			if (i % 2 == 0)
				close(0);
			if (event_connect(&place, &fd) != 0)
				_exit(1);
			_exit(poll(NULL, 0, 200) == 0 ? 0 : 2);
		}
	for (int i = 0; i < 12; i++) {
		assert_true(waitpid(pids[i], &status, 0) == pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(starts_in_log(), 1);
}

static void
a_program_that_is_no_hub_is_an_error_soon(void **state)
{
	struct event_place wrong = { dir, "/bin/true", NULL };
	int64_t begun_ms = clock_mono_ms();
	int fd;

	(void)state;
	assert_int_equal(event_connect(&wrong, &fd), E_REMOTE);
	assert_non_null(strstr(err_text(), "hub.log"));
	wrong.program = "/nonexistent/hub";
	assert_int_equal(event_connect(&wrong, &fd), E_REMOTE);
	wrong.program = NULL;
	assert_int_equal(event_connect(&wrong, &fd), E_REMOTE);
	assert_true(clock_mono_ms() - begun_ms < 4000);
}

/* ---- syncs --------------------------------------------------------------------- */

static int
ask(int64_t wait_ms, struct ask_end *end)
{
	const struct ask_sync how = { .force = true, .user = "anna" };

	return ask_sync(&place, &how, wait_ms, end);
}

static void
a_sync_ends_with_what_it_said(void **state)
{
	struct buf summary = { NULL, 0, 0 };
	struct ask_end end = { .summary = &summary };

	(void)state;
	sync_is("#!/bin/sh\n"
		"echo \"$*\" | grep -q -- '--json --noted --force' || exit 9\n"
		"printf '{\"run_id\":7,\\n \"uploaded\":3}\\n'\n");
	assert_int_equal(ask(-1, &end), 0);
	assert_true(end.is_over);
	assert_int_equal(end.code, 0);
	assert_int_equal(end.run_id, 7);
	assert_string_equal(buf_text(&summary),
	    "{\"run_id\":7,\"uploaded\":3}");
	sync_is("#!/bin/sh\necho '{\"run_id\":8,\"error\":\"guard\","
		"\"detail\":\"too many\"}'\nexit 1\n");
	assert_int_equal(ask(-1, &end), 0);
	assert_int_equal(end.code, E_GUARD);
	assert_string_equal(end.detail, "too many");
	buf_release(&summary);
}

static void
a_sync_that_finds_another_is_busy(void **state)
{
	struct ask_end end = { .summary = NULL };

	(void)state;
	sync_is("#!/bin/sh\nexit 4\n");
	assert_int_equal(ask(-1, &end), E_BUSY);
	assert_int_equal(ask(0, &end), E_BUSY);
}

static void
who_waits_no_longer_leaves_it_running(void **state)
{
	struct ask_end end = { .summary = NULL };

	(void)state;
	sync_is("#!/bin/sh\nsleep 0.5\necho '{\"run_id\":1}'\n");
	assert_int_equal(ask(50, &end), 0);
	assert_false(end.is_over);
	assert_int_equal(ask(-1, &end), E_BUSY);
	clock_sleep_ms(800);
	assert_int_equal(ask(-1, &end), 0);
	assert_true(end.is_over);
}

static void
a_sync_that_dies_or_says_nonsense_is_an_error(void **state)
{
	static const char *const scripts[] = {
		"#!/bin/sh\nkill -9 $$\n",
		"#!/bin/sh\necho nonsense\nexit 1\n",
		"#!/bin/sh\nhead -c 3000000 /dev/zero\nexit 1\n",
		"#!/nonexistent/interpreter\n",
	};
	struct buf summary = { NULL, 0, 0 };
	struct ask_end end = { .summary = &summary };

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		sync_is(scripts[i]);
		assert_int_equal(ask(-1, &end), 0);
		assert_true(end.is_over);
		assert_int_equal(end.code, E_IO);
		assert_true(strlen(end.detail) > 10);
		assert_string_equal(buf_text(&summary), "");
	}
	buf_release(&summary);
}

static void
the_state_is_asked_of_a_hub_that_is_there(void **state)
{
	struct buf text = { NULL, 0, 0 };
	struct subscriber *s;

	(void)state;
	assert_int_equal(ask_state(&place, &text), E_REMOTE);
	assert_false(socket_is_there());
	assert_int_equal(subscribe_open(&place, &s), 0);
	assert_int_equal(ask_state(&place, &text), 0);
	assert_true(str_starts(buf_text(&text),
	    "{\"running\":false,\"run_id\":0,\"state\":null,"
	    "\"subscribers\":1,"));
	subscribe_close(s);
	buf_release(&text);
}

int
main(int argc, char **argv)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_is_published_is_heard),
		T(what_comes_close_behind_the_answer_is_heard),
		T(what_was_missed_is_replayed),
		T(a_publisher_without_a_hub_loses_no_time_and_no_error),
		T(a_hub_that_is_gone_is_started_again),
		T(twelve_that_come_at_once_start_one_hub),
		T(a_program_that_is_no_hub_is_an_error_soon),
		T(a_sync_ends_with_what_it_said),
		T(a_sync_that_finds_another_is_busy),
		T(who_waits_no_longer_leaves_it_running),
		T(a_sync_that_dies_or_says_nonsense_is_an_error),
		T(the_state_is_asked_of_a_hub_that_is_there),
	};
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (argc == 6 && strcmp(argv[1], "--on-demand") == 0)
		return be_hub(argv[5]);
	signal(SIGPIPE, SIG_IGN);
	return len > 0
	    ? cmocka_run_group_tests_name("event_hub", tests, NULL, NULL)
	    : 1;
}
