/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "event/start.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/process.h"
#include "event/link.h"
#include "event/place.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOCK_STEP_MS 20
#define READY_MS 5000
#define LOG_MAX (1024 * 1024)
#define READY_FD 3
#define READY_TEXT "3"

/* All that the child needs, made before fork(2): no malloc afterwards. */
struct birth {
	const char *argv[8];
	int null_fd;
	int log_fd;
	int ready_fd;
};

/* ---- in the child: only what a signal handler may do ---------------------- */

/* The four may be any numbers, 0 to 3 among them: first out of the way. */
static void
set_descriptors(const struct birth *b)
{
	int null_fd = fcntl(b->null_fd, F_DUPFD, READY_FD + 1);
	int log_fd = fcntl(b->log_fd, F_DUPFD, READY_FD + 1);
	int ready_fd = fcntl(b->ready_fd, F_DUPFD, READY_FD + 1);

	if (dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(null_fd, STDOUT_FILENO) < 0 ||
	    dup2(log_fd, STDERR_FILENO) < 0 || dup2(ready_fd, READY_FD) < 0)
		_exit(127);
	process_close_from(READY_FD + 1);
}

static void __attribute__((noreturn)) be_born(const struct birth *b)
{
	pid_t pid;

	if (setsid() < 0 || (pid = fork()) < 0)
		_exit(127);
	if (pid > 0)
		_exit(0);
	process_reset_signals();
	set_descriptors(b);
	execv(b->argv[0], (char *const *)(uintptr_t)b->argv);
	_exit(127);
}

/* ---- in the parent --------------------------------------------------------- */

/* A log that nobody rotates must not grow for ever. */
static int
open_log(struct mem *mem, const char *run_dir)
{
	const char *path = path_join(mem, run_dir, PLACE_LOG);
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	struct stat st;

	if (fd < 0)
		return err_set(E_IO, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) == 0 && st.st_size > LOG_MAX &&
	    ftruncate(fd, 0) != 0) {
		close(fd);
		return err_set(E_IO, "%s: %s", path, strerror(errno));
	}
	return fd;
}

static void
name_program(struct birth *b, const struct event_place *place)
{
	int n = 0;

	b->argv[n++] = place->program;
	b->argv[n++] = "--on-demand";
	b->argv[n++] = "--ready";
	b->argv[n++] = READY_TEXT;
	if (place->conf_file != NULL) {
		b->argv[n++] = "-c";
		b->argv[n++] = place->conf_file;
	}
	b->argv[n] = NULL;
}

static int
fork_twice(const struct birth *b)
{
	sigset_t all, before;
	pid_t pid, got;
	int status = 0;

	/* No handler of this program may run in the child. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		be_born(b);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return err_set(E_REMOTE, "fork: %s", strerror(errno));
	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	/* Where SIGCHLD is ignored there is no status to be had. */
	return got < 0 || status == 0
	    ? 0
	    : err_set(E_REMOTE, "stemma-hub cannot be started");
}

/* It says one byte when it listens; it closes without when it cannot. */
static int
wait_ready(int fd, int64_t until_ms)
{
	int64_t left = until_ms < 0 ? READY_MS : until_ms - clock_mono_ms();
	struct pollfd p = { fd, POLLIN, 0 };
	char byte;
	int n;

	left = left < 0 ? 0 : left > READY_MS ? READY_MS : left;
	do
		n = poll(&p, 1, (int)left);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return err_set(E_REMOTE, "stemma-hub is not ready yet");
	if (file_read_some(fd, &byte, 1) != 1)
		return err_set(E_REMOTE,
		    "stemma-hub could not be started: hub.log in RUN_DIR "
		    "says why");
	return 0;
}

static int
start_program(struct mem *mem, const struct event_place *place,
    int64_t until_ms)
{
	struct birth b = { .null_fd = -1 };
	int ready[2];
	int rc;

	if (access(place->program, X_OK) != 0)
		return err_set(E_REMOTE, "%s: %s", place->program,
		    strerror(errno));
	name_program(&b, place);
	if ((b.log_fd = open_log(mem, place->run_dir)) < 0)
		return b.log_fd;
	b.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (b.null_fd < 0 || pipe2(ready, O_CLOEXEC) != 0) {
		rc = err_set(E_REMOTE, "stemma-hub: %s", strerror(errno));
		goto done;
	}
	b.ready_fd = ready[1];
	rc = fork_twice(&b);
	close(ready[1]);
	if (rc == 0)
		rc = wait_ready(ready[0], until_ms);
	close(ready[0]);
done:
	if (b.null_fd >= 0)
		close(b.null_fd);
	close(b.log_fd);
	return rc;
}

/* Not held by flock's own waiting, which has no end of time. */
static int
take_lock(struct mem *mem, const char *run_dir, int64_t until_ms)
{
	const char *path = path_join(mem, run_dir, PLACE_LOCK);
	int lock;

	while ((lock = file_lock(path, 0)) == E_BUSY) {
		if (until_ms >= 0 && clock_mono_ms() >= until_ms)
			return err_set(E_REMOTE,
			    "stemma-hub is being started, and is not ready");
		clock_sleep_ms(LOCK_STEP_MS);
	}
	return lock;
}

/* Where it cannot be started, systemd may have been faster. */
static int
start_and_open(struct mem *mem, struct link *l, const struct event_place *place,
    int64_t until_ms)
{
	int rc = start_program(mem, place, until_ms);
	const char *why = rc != 0 ? mem_strdup(mem, err_text()) : NULL;
	int opened = link_open(l, place->run_dir, until_ms);

	return rc != 0 && opened != 0 ? err_set(rc, "%s", why) : opened;
}

static int
start_locked(struct mem *mem, struct link *l, const struct event_place *place,
    int64_t until_ms)
{
	int lock, rc;

	if (!path_is_dir(place->run_dir) &&
	    (rc = path_make_dirs(place->run_dir, 0750)) != 0)
		return rc;
	if ((lock = take_lock(mem, place->run_dir, until_ms)) < 0)
		return lock;
	/* Somebody may have started it meanwhile. */
	if ((rc = link_open(l, place->run_dir, until_ms)) == E_ABSENT)
		rc = start_and_open(mem, l, place, until_ms);
	close(lock);
	return rc;
}

int
start_link(struct link *l, const struct event_place *place, int64_t until_ms)
{
	struct mem *mem;
	int rc = link_open(l, place->run_dir, until_ms);

	if (rc == E_ABSENT && place->program != NULL) {
		mem = mem_new();
		rc = start_locked(mem, l, place, until_ms);
		mem_free(mem);
	}
	return rc == 0 || rc == E_INPUT ? rc
					: err_set(E_REMOTE, "%s", err_text());
}
