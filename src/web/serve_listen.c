/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/rand.h"
#include "base/str.h"
#include "web/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4096
#define SYSTEMD_FIRST 3 /* sd_listen_fds(3) */

static int
failed(const char *path)
{
	return err_set(E_IO, "%s: %s", path, strerror(errno));
}

/* Bound under another name, so that at any time somebody listens at `path`. */
static int
bind_beside(int fd, const char *path, unsigned mode)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char hex[9];
	int n = snprintf(a.sun_path, sizeof(a.sun_path), "%s.%s", path,
	    rand_hex(hex, 4));

	if (n < 0 || (size_t)n >= sizeof(a.sun_path))
		return err_set(E_INPUT, "%s: too long for the name of a socket",
		    path);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		return failed(path);
	if (chmod(a.sun_path, mode) == 0 && listen(fd, BACKLOG) == 0 &&
	    rename(a.sun_path, path) == 0)
		return 0;
	(void)failed(path);
	unlink(a.sun_path);
	return E_IO;
}

/* Nobody may connect before the mode is what was asked for. */
static int
listen_at(const char *path, unsigned mode, int *out)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc;

	if (fd < 0)
		return failed(path);
	rc = fchmod(fd, mode & 0777) == 0 ? bind_beside(fd, path, mode & 0777)
					  : failed(path);
	if (rc != 0)
		close(fd);
	else
		*out = fd;
	return rc;
}

static bool
is_listening(int fd)
{
	int yes = 0;
	socklen_t len = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == 0 &&
	    yes != 0;
}

/* Is the variable ours, or does it come from a parent's parent? */
static bool
is_from_systemd(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	int64_t n;

	return pid != NULL && fds != NULL && str_int64(pid, &n) == 0 &&
	    n == (int64_t)getpid() && str_int64(fds, &n) == 0 && n >= 1;
}

int
serve_listen(const char *path, unsigned mode, int *fd)
{
	int given = is_from_systemd() ? SYSTEMD_FIRST : STDIN_FILENO;

	if (path != NULL)
		return listen_at(path, mode, fd);
	if (!is_listening(given))
		return err_set(E_INPUT,
		    "There is no socket to listen on. This program is started "
		    "by a web server, spawn-fcgi or a systemd socket; to start "
		    "it by hand, say where it shall listen: -s /path/to/socket");
	(void)fcntl(given, F_SETFD, FD_CLOEXEC);
	*fd = given;
	return 0;
}
