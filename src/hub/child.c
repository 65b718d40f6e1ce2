/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "hub/child.h"

#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/process.h"
#include "event/message.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_SIZE 16384

/* ---- in the child ------------------------------------------------------------ */

static void __attribute__((noreturn))
become(const char *const *argv, int out_fd)
{
	int null_fd = open("/dev/null", O_RDONLY);

	(void)setsid();
	process_reset_signals();
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(out_fd, STDOUT_FILENO) < 0)
		_exit(127);
	process_close_from(STDERR_FILENO + 1);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* ---- here --------------------------------------------------------------------- */

/* Answers false when there is no more for now, or for ever. */
static bool
read_some(struct child *child)
{
	char some[READ_SIZE];
	ssize_t n = file_read_some(child->out_fd, some, sizeof(some));

	if (n <= 0) {
		/* At its end it would be ready again and again. */
		if (n == 0) {
			loop_remove(child->watch);
			child->watch = NULL;
		}
		return false;
	}
	if (child->out.len + (size_t)n > MESSAGE_SUMMARY_MAX)
		child->is_cut = true;
	if (!child->is_cut)
		buf_add(&child->out, some, (size_t)n);
	return true;
}

static void
on_output(void *arg, void *thread, uint32_t events)
{
	(void)thread;
	(void)events;
	(void)read_some(arg);
}

/* The end that we read from does not block; the child's end does. */
static int
watch_output(struct child *child, struct loop *loop)
{
	if (fcntl(child->out_fd, F_SETFL, O_NONBLOCK) != 0)
		return err_set(E_IO, "pipe: %s", strerror(errno));
	return loop_add(loop, child->out_fd, EPOLLIN, false, on_output, child,
	    &child->watch);
}

int
child_start(struct child *child, struct loop *loop, const char *const *argv)
{
	int out[2];
	int rc;

	*child = (struct child){ .pid = 0 };
	if (access(argv[0], X_OK) != 0)
		return err_set(E_IO, "%s: %s", argv[0], strerror(errno));
	if (pipe2(out, O_CLOEXEC) != 0)
		return err_set(E_IO, "pipe: %s", strerror(errno));
	child->out_fd = out[0];
	if ((rc = watch_output(child, loop)) == 0) {
		child->pid = fork();
		if (child->pid == 0)
			become(argv, out[1]);
		if (child->pid < 0)
			rc = err_set(E_IO, "fork: %s", strerror(errno));
	}
	close(out[1]);
	if (rc != 0) {
		child->pid = 0;
		child_release(child);
		close(out[0]);
	}
	return rc;
}

void
child_release(struct child *child)
{
	loop_remove(child->watch);
	if (child->pid > 0)
		close(child->out_fd);
	buf_release(&child->out);
	*child = (struct child){ .pid = 0 };
}

bool
child_ended(struct child *child, int *status)
{
	if (child->pid <= 0 || waitpid(child->pid, status, WNOHANG) <= 0)
		return false;
	while (read_some(child))
		continue;
	loop_remove(child->watch);
	child->watch = NULL;
	close(child->out_fd);
	child->pid = 0;
	return true;
}
