/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tei/child.h"

#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REPORT_FD 3
#define OUT_FD 4
#define FIRST_FOREIGN_FD 5

/* What the child says at its end.  Smaller than a pipe takes at once. */
struct report {
	int rc;
	char text[1024];
};

/* How it went, as seen from outside. */
struct child {
	pid_t pid;
	int report_fd;
	bool is_late;
	bool has_report;
	int status; /* of wait(2); 0 when somebody else took it */
	struct report report;
};

/* ---- in the child -------------------------------------------------------- */

static void
limit(__rlimit_resource_t what, int64_t value)
{
	struct rlimit r = { (rlim_t)value, (rlim_t)value };
	struct rlimit now;

	if (getrlimit(what, &now) == 0 && now.rlim_max < r.rlim_max)
		r.rlim_cur = r.rlim_max = now.rlim_max;
	if (setrlimit(what, &r) != 0)
		_exit(1);
}

/* The addresses that this process has now. */
static int64_t
memory_now(void)
{
	char text[64];
	ssize_t n;
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return strtoll(text, NULL, 10) * sysconf(_SC_PAGESIZE);
}

static void
set_limits(const struct child_limits *limits)
{
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, limits->wall_ms / 1000 + 1);
	limit(RLIMIT_FSIZE, limits->output_bytes);
	limit(RLIMIT_AS, memory_now() + limits->memory_bytes);
}

static void
drop_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Keep stderr and two descriptors, under numbers that we know. */
static void
drop_files(int report_fd, int out_fd)
{
	int null = open("/dev/null", O_RDWR);

	report_fd = fcntl(report_fd, F_DUPFD, FIRST_FOREIGN_FD);
	out_fd = fcntl(out_fd, F_DUPFD, FIRST_FOREIGN_FD);
	if (null < 0 || report_fd < 0 || out_fd < 0 || dup2(null, 0) < 0 ||
	    dup2(null, 1) < 0 || dup2(report_fd, REPORT_FD) < 0 ||
	    dup2(out_fd, OUT_FD) < 0 ||
	    close_range(FIRST_FOREIGN_FD, ~0U, 0) != 0)
		_exit(1);
}

static _Noreturn void
child_main(pid_t parent, int report_fd, int out_fd,
    int (*work)(void *arg, int out_fd), void *arg,
    const struct child_limits *limits)
{
	struct report report = { 0 };

	/* Our parent may have died before we asked to die with it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(1);
	drop_signals();
	drop_files(report_fd, out_fd);
	set_limits(limits);
	err_clear();
	report.rc = work(arg, OUT_FD);
	snprintf(report.text, sizeof(report.text), "%s", err_text());
	file_write_all(REPORT_FD, &report, sizeof(report));
	_exit(0);
}

/* ---- in the parent ------------------------------------------------------- */

/* Real time, whatever clock a test has set: the child is real. */
static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Wait for something in the pipe: true, or false when the time is over. */
static bool
wait_for(int fd, int64_t until_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;
	int n;

	do {
		left = until_ms - now_ms();
		n = left <= 0 ? 0 : poll(&p, 1, (int)left);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

/* Until the child has closed its end, by ending. */
static void
read_report(struct child *c, int64_t until_ms)
{
	char *at = (char *)&c->report;
	size_t got = 0;
	ssize_t n = 1;

	while (n > 0 && got < sizeof(c->report)) {
		if (!wait_for(c->report_fd, until_ms)) {
			c->is_late = true;
			return;
		}
		n = file_read_some(c->report_fd, at + got,
		    sizeof(c->report) - got);
		got += n > 0 ? (size_t)n : 0;
	}
	c->has_report = got == sizeof(c->report);
	c->report.text[sizeof(c->report.text) - 1] = '\0';
}

static void
reap(struct child *c)
{
	/* It has nothing left to do: all that it says, it has said. */
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &c->status, 0) < 0) {
		if (errno == EINTR)
			continue;
		c->status = 0;
		return;
	}
}

static int
verdict(const struct child *c)
{
	int sig = WIFSIGNALED(c->status) ? WTERMSIG(c->status) : 0;

	if (c->has_report && c->report.rc == 1)
		return 1;
	if (c->has_report)
		return err_set(c->report.rc == E_IO ? E_IO : 0, "%s",
		    c->report.text);
	if (c->is_late || sig == SIGXCPU)
		return err_set(0, "it took too long");
	if (sig == SIGXFSZ)
		return err_set(0, "the result is too large");
	if (sig != 0)
		return err_set(0, "its process was ended by signal %d (%s)",
		    sig, strsignal(sig));
	return err_set(0, "its process ended without a result");
}

int
child_run(int (*work)(void *arg, int out_fd), void *arg, int out_fd,
    const struct child_limits *limits)
{
	struct child c = { 0 };
	int64_t until_ms = now_ms() + limits->wall_ms;
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_set(E_IO, "pipe: %s", strerror(errno));
	c.report_fd = ends[0];
	c.pid = fork();
	if (c.pid == 0)
		child_main(parent, ends[1], out_fd, work, arg, limits);
	close(ends[1]);
	if (c.pid < 0) {
		close(ends[0]);
		return err_set(E_IO, "fork: %s", strerror(errno));
	}
	read_report(&c, until_ms);
	reap(&c);
	close(ends[0]);
	return verdict(&c);
}
