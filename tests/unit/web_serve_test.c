/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "base/err.h"
#include "unit/fcgi_client.h"
#include "unit/temp.h"
#include "web/request.h"
#include "web/response.h"
#include "web/route.h"
#include "web/serve.h"
#include "web/stream.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- what is served ---------------------------------------------------------- */

static int
hello(struct request *req)
{
	return response_puts(req, "hello");
}

static int
slow(struct request *req)
{
	usleep(400 * 1000);
	return response_puts(req, "slow");
}

static int
echo(struct request *req)
{
	struct buf b = { NULL, 0, 0 };
	int rc = request_body(req, 1000000, &b);

	if (rc == 0)
		rc = response_write(req, b.data, b.len);
	buf_release(&b);
	return rc;
}

static int
big(struct request *req)
{
	char piece[10000];
	int rc = 0;

	memset(piece, 'x', sizeof(piece));
	for (int i = 0; i < 100 && rc == 0; i++)
		rc = response_write(req, piece, sizeof(piece));
	return rc;
}

static int
broken(struct request *req)
{
	int rc = big(req);

	return rc != 0 ? rc : err_set(E_IO, "half way");
}

static int
pid(struct request *req)
{
	return response_printf(req, "%p", req->site);
}

/* As an events responder does, but that it ends at once. */
static int
stream(struct request *req)
{
	unsigned char head[STREAM_HEADER], over[STREAM_END_SIZE];
	int fd, id;
	int rc = response_take_over(req, "first;", 6, &fd, &id);

	if (rc != 0)
		return rc;
	if ((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0)
		return E_IO;
	stream_header(head, id, 5);
	stream_end(over, id);
	if (write(fd, head, sizeof(head)) < 0 || write(fd, "later", 5) < 0 ||
	    write(fd, over, sizeof(over)) < 0)
		return E_IO;
	close(fd);
	return 0;
}

static const struct route routes[] = {
	{ "GET", "/hello", NEED_NOTHING, hello },
	{ "POST", "/hello", NEED_NOTHING, hello },
	{ "GET", "/slow", NEED_NOTHING, slow },
	{ "POST", "/echo", NEED_NOTHING, echo },
	{ "GET", "/big", NEED_NOTHING, big },
	{ "GET", "/broken", NEED_NOTHING, broken },
	{ "GET", "/pid", NEED_NOTHING, pid },
	{ "GET", "/stream", NEED_NOTHING, stream },
	{ NULL },
};

/* ---- a server in a child -------------------------------------------------------- */

static char *dir;
static char path[4200];
static pid_t child;
static struct buf out;
static struct client_answer a;

static void
start_app(const struct serve_app *app)
{
	int fd;

	snprintf(path, sizeof(path), "%s/s", dir);
	assert_int_equal(serve_listen(path, 0600, &fd), 0);
	child = fork();
	if (child == 0)
		_exit(serve_run(app, fd) == 0 ? 0 : 1);
	close(fd);
}

static void
start(int threads)
{
	const struct serve_app app = { .name = "test",
		.routes = routes,
		.threads = threads };

	start_app(&app);
}

/* Answers how it ended; 0: as it should. */
static int
stop(void)
{
	int status = -1;

	if (child > 0) {
		kill(child, SIGTERM);
		waitpid(child, &status, 0);
	}
	child = 0;
	return status;
}

static int
make_dir(void **state)
{
	(void)state;
	dir = temp_dir();
	return 0;
}

static int
clean(void **state)
{
	int status = child > 0 ? stop() : 0;

	(void)state;
	temp_remove(dir);
	buf_release(&out);
	client_release(&a);
	return status;
}

static int
ask_on(int fd, const char *method, const char *uri, bool is_kept,
    const char *body)
{
	client_request(&out, method, uri, is_kept, NULL, body,
	    body != NULL ? strlen(body) : 0);
	if (!client_send(fd, &out))
		return -1;
	client_read(fd, &a);
	return client_status(&a);
}

static int
ask(const char *uri)
{
	int fd = client_connect(path);
	int status = ask_on(fd, "GET", uri, false, NULL);

	assert_true(client_is_closed(fd, 2000));
	close(fd);
	return status;
}

/* ---- tests -------------------------------------------------------------------------- */

static void
a_request_is_answered_and_the_connection_closed(void **state)
{
	(void)state;
	start(2);
	assert_int_equal(ask("/api/v1/hello"), 200);
	assert_string_equal(client_body(&a), "hello");
	assert_true(a.is_ended);
}

static void
a_kept_connection_serves_again(void **state)
{
	int fd;

	(void)state;
	start(1);
	fd = client_connect(path);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(ask_on(fd, "GET", "/api/v1/hello", true, NULL),
		    200);
		assert_int_equal(ask_on(fd, "POST", "/api/v1/echo", true,
				     "body"),
		    200);
		assert_string_equal(client_body(&a), "body");
	}
	assert_int_equal(ask_on(fd, "GET", "/api/v1/hello", false, NULL), 200);
	assert_true(client_is_closed(fd, 2000));
	close(fd);
}

/* A body that nobody wanted must not be taken for the next request. */
static void
what_was_not_read_does_not_disturb_the_next(void **state)
{
	char *body = malloc(100001);
	int fd;

	(void)state;
	memset(body, 'x', 100000);
	body[100000] = '\0';
	start(1);
	fd = client_connect(path);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(ask_on(fd, "POST", "/api/v1/hello", true,
				     body),
		    200);
		assert_int_equal(ask_on(fd, "POST", "/api/v1/nowhere", true,
				     body),
		    404);
	}
	close(fd);
	free(body);
}

static void
idle_connections_cost_no_thread(void **state)
{
	int fds[64];

	(void)state;
	start(2);
	for (int i = 0; i < 64; i++) {
		fds[i] = client_connect(path);
		if (i % 2 == 0)
			assert_int_equal(ask_on(fds[i], "GET", "/api/v1/hello",
					     true, NULL),
			    200);
	}
	assert_int_equal(ask("/api/v1/hello"), 200);
	for (int i = 0; i < 64; i++) {
		assert_int_equal(ask_on(fds[i], "GET", "/api/v1/hello", true,
				     NULL),
		    200);
		close(fds[i]);
	}
}

static void
a_large_body_comes_back_whole(void **state)
{
	char *body = malloc(900001);
	int fd;

	(void)state;
	for (int i = 0; i < 900000; i++)
		body[i] = (char)('a' + i % 23);
	body[900000] = '\0';
	start(2);
	fd = client_connect(path);
	assert_int_equal(ask_on(fd, "POST", "/api/v1/echo", true, body), 200);
	assert_string_equal(client_body(&a), body);
	close(fd);
	free(body);
}

static void
a_body_that_is_too_large_is_refused_unread(void **state)
{
	int fd;

	(void)state;
	start(1);
	fd = client_connect(path);
	client_request(&out, "POST", "/api/v1/echo", true, "5000000000", NULL,
	    0);
	out.len -= 8; /* its end has not come yet */
	assert_true(client_send(fd, &out));
	client_read(fd, &a);
	assert_int_equal(client_status(&a), 413);
	assert_true(client_is_closed(fd, 2000));
	close(fd);
}

/* A web server that sends all of it first must still get to see the answer. */
static void
a_body_that_nobody_wants_does_not_hide_the_answer(void **state)
{
	size_t len = 5000000;
	char *body = malloc(len);

	(void)state;
	memset(body, 'x', len);
	start(1);
	for (int i = 0; i < 2; i++) {
		int fd = client_connect(path);

		client_request(&out, "POST",
		    i == 0 ? "/api/v1/echo" : "/api/v1/hello", true, NULL, body,
		    len);
		assert_true(client_send(fd, &out));
		client_read(fd, &a);
		assert_int_equal(client_status(&a), i == 0 ? 413 : 200);
		assert_true(a.is_ended);
		close(fd);
	}
	free(body);
}

static void
a_body_of_another_length_is_refused(void **state)
{
	static const char *const lengths[] = { "3", "5", "-4", "x", "",
		"99999999999999999999" };
	static const int statuses[] = { 400, 400, 400, 400, 200, 400 };

	(void)state;
	start(2);
	for (int i = 0; i < 6; i++) {
		int fd = client_connect(path);

		client_request(&out, "POST", "/api/v1/echo", true, lengths[i],
		    "body", 4);
		assert_true(client_send(fd, &out));
		client_read(fd, &a);
		assert_int_equal(client_status(&a), statuses[i]);
		close(fd);
	}
}

static void
an_aborted_request_is_refused_and_closed(void **state)
{
	int fd;

	(void)state;
	start(1);
	fd = client_connect(path);
	client_request(&out, "POST", "/api/v1/echo", true, "9", "body", 4);
	out.len -= 8;
	client_record(&out, CLIENT_ABORT, NULL, 0);
	assert_true(client_send(fd, &out));
	client_read(fd, &a);
	assert_int_equal(client_status(&a), 400);
	assert_true(client_is_closed(fd, 2000));
	close(fd);
	assert_int_equal(ask("/api/v1/hello"), 200);
}

static void
a_sender_that_goes_in_the_body_harms_nobody(void **state)
{
	(void)state;
	start(1);
	for (int i = 0; i < 20; i++) {
		int fd = client_connect(path);

		client_request(&out, "POST", "/api/v1/echo", true, "9", "body",
		    4);
		out.len -= 8;
		assert_true(client_send(fd, &out));
		close(fd);
	}
	assert_int_equal(ask("/api/v1/hello"), 200);
}

/* Wherever the sender pauses, the request is the same. */
static void
a_request_may_come_in_pieces(void **state)
{
	struct buf rest = { NULL, 0, 0 };
	size_t len;

	(void)state;
	start(1);
	client_request(&out, "POST", "/api/v1/echo", true, NULL, "body", 4);
	len = out.len;
	for (size_t n = 1; n < len; n++) {
		int fd = client_connect(path);

		buf_clear(&out);
		client_request(&out, "POST", "/api/v1/echo", true, NULL, "body",
		    4);
		buf_clear(&rest);
		buf_add(&rest, out.data + n, len - n);
		out.len = n;
		assert_true(client_send(fd, &out));
		usleep(500);
		assert_true(client_send(fd, &rest));
		client_read(fd, &a);
		assert_int_equal(client_status(&a), 200);
		assert_string_equal(client_body(&a), "body");
		close(fd);
	}
	buf_release(&rest);
}

static void
half_a_request_holds_up_nobody_else(void **state)
{
	int fd, began;

	(void)state;
	start(2);
	fd = client_connect(path);
	client_request(&out, "GET", "/api/v1/hello", true, NULL, NULL, 0);
	out.len = 30;
	assert_true(client_send(fd, &out));
	began = (int)clock_mono_ms();
	for (int i = 0; i < 20; i++)
		assert_int_equal(ask("/api/v1/hello"), 200);
	assert_true((int)clock_mono_ms() - began < 10000);
	close(fd);
}

static void
of_too_many_idle_connections_the_oldest_goes(void **state)
{
	static int fds[4106];
	struct rlimit r;
	int n = sizeof(fds) / sizeof(fds[0]);

	(void)state;
	getrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_max < 5000)
		skip();
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	start(1); /* one, so that they are accepted in order */
	for (int i = 0; i < n; i++)
		fds[i] = client_connect(path);
	for (int i = 0; i < 10; i++)
		assert_true(client_is_closed(fds[i], 10000));
	assert_int_equal(ask_on(fds[n - 1], "GET", "/api/v1/hello", true, NULL),
	    200);
	assert_int_equal(ask_on(fds[20], "GET", "/api/v1/hello", true, NULL),
	    200);
	for (int i = 0; i < n; i++)
		close(fds[i]);
}

static void
put_bytes(const void *bytes, size_t len)
{
	buf_clear(&out);
	buf_add(&out, bytes, len);
}

/* Each is sent, and the connection must be closed without a byte of answer. */
static void
nonsense(const char *name)
{
	int fd = client_connect(path);

	assert_true(client_send(fd, &out));
	shutdown(fd, SHUT_WR);
	client_read(fd, &a);
	if (a.text.len != 0 || !a.is_closed)
		fail_msg("%s was answered: %s", name, a.text.data);
	close(fd);
	assert_int_equal(ask("/api/v1/hello"), 200);
}

static void
what_is_no_request_is_closed(void **state)
{
	(void)state;
	start(1);
	put_bytes("GET / HTTP/1.0\r\n\r\n", 18);
	nonsense("HTTP");
	put_bytes("\x02\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0", 16);
	nonsense("another version");
	put_bytes("\x01\x01\0\x01", 4);
	nonsense("half a header");
	put_bytes("\x01\x01\0\0\0\x08\0\0\0\x01\0\0\0\0\0\0", 16);
	nonsense("request id 0");
	put_bytes("\x01\x01\0\x01\0\x04\0\0\0\x01\0\0", 12);
	nonsense("a short BEGIN");
	buf_clear(&out);
	client_record(&out, CLIENT_STDIN, "x", 1);
	nonsense("STDIN first");
	client_begin(&out, 7, true);
	client_record(&out, CLIENT_PARAMS, NULL, 0);
	nonsense("an unknown role");
	client_begin(&out, 2, true);
	client_record(&out, CLIENT_PARAMS, NULL, 0);
	client_record(&out, CLIENT_STDIN, NULL, 0);
	nonsense("an authorizer");
	client_begin(&out, 1, true);
	client_record(&out, CLIENT_STDIN, NULL, 0);
	nonsense("STDIN before PARAMS");
	client_begin(&out, 1, true);
	client_record(&out, CLIENT_PARAMS, "\x85\x01", 2);
	client_record(&out, CLIENT_PARAMS, NULL, 0);
	nonsense("a cut name");
	client_begin(&out, 1, true);
	client_record(&out, CLIENT_PARAMS, "\xff\xff\xff\xff\xff\xff\xff\xff",
	    8);
	client_record(&out, CLIENT_PARAMS, NULL, 0);
	nonsense("a name of 2 GiB");
}

static void
garbage_is_survived(void **state)
{
	unsigned seed = 7;

	(void)state;
	start(2);
	for (int i = 0; i < 300; i++) {
		char bytes[200];
		int fd = client_connect(path);

		for (size_t n = 0; n < sizeof(bytes); n++)
			bytes[n] = (char)(rand_r(&seed) >> 8);
		if (i % 2 == 0)
			client_begin(&out, 1, i % 4 == 0);
		bytes[0] = 1;
		bytes[1] = (char)(1 + i % 11);
		bytes[2] = 0;
		bytes[3] = (char)(i % 3);
		bytes[4] = 0;
		buf_add(&out, bytes, sizeof(bytes));
		(void)client_send(fd, &out);
		buf_clear(&out);
		close(fd);
	}
	assert_int_equal(ask("/api/v1/hello"), 200);
}

static void
a_request_without_parameters_is_answered(void **state)
{
	int fd;

	(void)state;
	start(1);
	fd = client_connect(path);
	client_begin(&out, 1, false);
	client_record(&out, CLIENT_PARAMS, NULL, 0);
	client_record(&out, CLIENT_STDIN, NULL, 0);
	assert_true(client_send(fd, &out));
	client_read(fd, &a);
	assert_int_equal(client_status(&a), 404);
	close(fd);
}

static void
a_flood_of_headers_is_refused(void **state)
{
	struct buf params = { NULL, 0, 0 };
	int fd;

	(void)state;
	start(1);
	client_param(&params, "REQUEST_METHOD", "GET");
	client_param(&params, "REQUEST_URI", "/api/v1/hello");
	for (int i = 0; i < 20000; i++)
		client_param(&params, "HTTP_X", "0123456789");
	client_begin(&out, 1, true);
	client_record(&out, CLIENT_PARAMS, params.data, params.len);
	client_record(&out, CLIENT_PARAMS, NULL, 0);
	client_record(&out, CLIENT_STDIN, NULL, 0);
	fd = client_connect(path);
	(void)client_send(fd, &out); /* it may be refused before its end */
	buf_clear(&out);
	client_read(fd, &a);
	assert_int_equal(client_status(&a), 431);
	close(fd);
	buf_release(&params);
}

static void
an_answer_in_pieces_is_whole(void **state)
{
	(void)state;
	start(1);
	assert_int_equal(ask("/api/v1/big"), 200);
	assert_true(a.is_ended);
	assert_int_equal(strlen(client_body(&a)), 1000000);
}

static void
an_answer_that_fails_is_seen_to_be_cut_off(void **state)
{
	(void)state;
	start(1);
	assert_int_equal(ask("/api/v1/broken"), 200);
	assert_false(a.is_ended);
	assert_int_equal(ask("/api/v1/hello"), 200);
}

static void
a_client_that_goes_is_noticed(void **state)
{
	(void)state;
	start(1);
	for (int i = 0; i < 10; i++) {
		int fd = client_connect(path);

		client_request(&out, "GET", "/api/v1/big", true, NULL, NULL, 0);
		assert_true(client_send(fd, &out));
		close(fd);
	}
	assert_int_equal(ask("/api/v1/hello"), 200);
}

static void
a_connection_can_be_taken_over(void **state)
{
	(void)state;
	start(1);
	assert_int_equal(ask("/api/v1/stream"), 200);
	assert_true(a.is_ended);
	assert_string_equal(client_body(&a), "first;later");
	assert_null(strstr(a.text.data, "Content-Length"));
	assert_int_equal(ask("/api/v1/hello"), 200);
}

static void
what_is_under_way_at_sigterm_is_finished(void **state)
{
	int fds[3], status;

	(void)state;
	start(3);
	for (int i = 0; i < 3; i++) {
		fds[i] = client_connect(path);
		client_request(&out, "GET", "/api/v1/slow", true, NULL, NULL,
		    0);
		assert_true(client_send(fds[i], &out));
	}
	usleep(100 * 1000);
	kill(child, SIGTERM);
	for (int i = 0; i < 3; i++) {
		client_read(fds[i], &a);
		assert_int_equal(client_status(&a), 200);
		assert_true(a.is_ended);
		assert_true(client_is_closed(fds[i], 2000));
		close(fds[i]);
	}
	waitpid(child, &status, 0);
	child = 0;
	assert_int_equal(status, 0);
}

static void
a_request_that_waited_at_sigterm_is_answered(void **state)
{
	int busy, idle, late, status;

	(void)state;
	start(2);
	idle = client_connect(path);
	late = client_connect(path);
	assert_int_equal(ask_on(idle, "GET", "/api/v1/hello", true, NULL), 200);
	assert_int_equal(ask_on(late, "GET", "/api/v1/hello", true, NULL), 200);
	busy = client_connect(path);
	client_request(&out, "GET", "/api/v1/slow", true, NULL, NULL, 0);
	assert_true(client_send(busy, &out));
	usleep(100 * 1000);
	kill(child, SIGTERM);
	usleep(100 * 1000);
	client_request(&out, "GET", "/api/v1/hello", true, NULL, NULL, 0);
	assert_true(client_send(late, &out));
	client_read(busy, &a);
	assert_int_equal(client_status(&a), 200);
	client_read(late, &a);
	assert_int_equal(client_status(&a), 200);
	assert_true(client_is_closed(idle, 2000));
	waitpid(child, &status, 0);
	child = 0;
	assert_int_equal(status, 0);
	close(busy);
	close(idle);
	close(late);
}

static void
an_idle_server_ends_at_once(void **state)
{
	int64_t began;

	(void)state;
	start(4);
	assert_int_equal(ask("/api/v1/hello"), 200);
	began = clock_mono_ms();
	assert_int_equal(stop(), 0);
	assert_true(clock_mono_ms() - began < 5000);
}

static int times;

static int
open_later(void *arg, void **site)
{
	*site = arg;
	return times++ < 2 ? err_set(E_ABSENT, "There is no library") : 0;
}

static void
close_site(void *site)
{
	(void)site;
}

static void
a_library_that_cannot_be_opened_is_503_until_it_can(void **state)
{
	const struct serve_app app = { .name = "test",
		.routes = routes,
		.threads = 1,
		.open = open_later,
		.close = close_site };

	(void)state;
	start_app(&app);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask("/api/v1/hello"), 503);
		assert_non_null(strstr(a.text.data, "There is no library"));
		assert_non_null(strstr(a.text.data, "Retry-After: "));
	}
	assert_int_equal(ask("/api/v1/hello"), 200);
}

static void
a_socket_takes_the_place_of_another(void **state)
{
	struct stat st;
	int first, second, fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/s", dir);
	assert_int_equal(serve_listen(path, 0660, &first), 0);
	assert_int_equal(serve_listen(path, 0600, &second), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	fd = client_connect(path);
	assert_true(fd >= 0);
	close(fd);
	close(first);
	close(second);
}

static void
what_is_no_socket_is_told_with_a_sentence(void **state)
{
	char long_path[200];
	int fd, keep = dup(0);

	(void)state;
	fd = open("/dev/null", O_RDONLY);
	dup2(fd, 0);
	close(fd);
	assert_int_equal(serve_listen(NULL, 0, &fd), E_INPUT);
	assert_non_null(strstr(err_text(), "-s /path"));
	dup2(keep, 0);
	close(keep);
	memset(long_path, 'x', sizeof(long_path));
	long_path[199] = '\0';
	assert_int_equal(serve_listen(long_path, 0600, &fd), E_INPUT);
	assert_int_equal(serve_listen("/nowhere/s", 0600, &fd), E_IO);
}

static void
the_socket_of_a_parent_is_taken(void **state)
{
	int fd, got = -1, keep = dup(0);

	(void)state;
	snprintf(path, sizeof(path), "%s/s", dir);
	assert_int_equal(serve_listen(path, 0600, &fd), 0);
	dup2(fd, 0);
	assert_int_equal(serve_listen(NULL, 0, &got), 0);
	assert_int_equal(got, 0);
	dup2(keep, 0);
	close(keep);
	close(fd);
}

/* In a child, where descriptor 3 is nobody's. */
static void
the_socket_of_systemd_is_taken(void **state)
{
	int fd, status;

	(void)state;
	snprintf(path, sizeof(path), "%s/s", dir);
	assert_int_equal(serve_listen(path, 0600, &fd), 0);
	child = fork();
	if (child == 0) {
		char text[20];
		int got = -1;

		snprintf(text, sizeof(text), "%d", (int)getpid());
		setenv("LISTEN_PID", text, 1);
		setenv("LISTEN_FDS", "1", 1);
		dup2(fd, 3);
		_exit(serve_listen(NULL, 0, &got) == 0 && got == 3 ? 0 : 1);
	}
	waitpid(child, &status, 0);
	child = 0;
	close(fd);
	assert_int_equal(status, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, clean)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_answered_and_the_connection_closed),
		TEST(a_kept_connection_serves_again),
		TEST(what_was_not_read_does_not_disturb_the_next),
		TEST(idle_connections_cost_no_thread),
		TEST(a_large_body_comes_back_whole),
		TEST(a_body_that_is_too_large_is_refused_unread),
		TEST(a_body_that_nobody_wants_does_not_hide_the_answer),
		TEST(a_body_of_another_length_is_refused),
		TEST(an_aborted_request_is_refused_and_closed),
		TEST(a_sender_that_goes_in_the_body_harms_nobody),
		TEST(a_request_may_come_in_pieces),
		TEST(half_a_request_holds_up_nobody_else),
		TEST(of_too_many_idle_connections_the_oldest_goes),
		TEST(what_is_no_request_is_closed),
		TEST(garbage_is_survived),
		TEST(a_request_without_parameters_is_answered),
		TEST(a_flood_of_headers_is_refused),
		TEST(an_answer_in_pieces_is_whole),
		TEST(an_answer_that_fails_is_seen_to_be_cut_off),
		TEST(a_client_that_goes_is_noticed),
		TEST(a_connection_can_be_taken_over),
		TEST(what_is_under_way_at_sigterm_is_finished),
		TEST(a_request_that_waited_at_sigterm_is_answered),
		TEST(an_idle_server_ends_at_once),
		TEST(a_library_that_cannot_be_opened_is_503_until_it_can),
		TEST(a_socket_takes_the_place_of_another),
		TEST(what_is_no_socket_is_told_with_a_sentence),
		TEST(the_socket_of_a_parent_is_taken),
		TEST(the_socket_of_systemd_is_taken),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
