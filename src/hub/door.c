/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "hub/door.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "event/place.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 1024
#define LIFE_MS 3000 /* the one before us may be ending */
#define LIFE_STEP_MS 20
#define GIVEN_FD 3 /* SD_LISTEN_FDS_START */
#define NEW_SOCKET PLACE_SOCKET ".new"

static int
failed(const char *what)
{
	return err_set(E_IO, "%s: %s", what, strerror(errno));
}

/* ---- from systemd ------------------------------------------------------------ */

static bool
is_number(const char *text, int64_t want)
{
	int64_t n;

	return text != NULL && str_int64(text, &n) == 0 && n == want;
}

/* The children must not think that it is theirs. */
static bool
is_offered(void)
{
	bool offered = is_number(getenv("LISTEN_PID"), getpid()) &&
	    is_number(getenv("LISTEN_FDS"), 1);

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return offered;
}

static int
option_of(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value
								     : -1;
}

static int
take_given(struct door *door)
{
	int flags = fcntl(GIVEN_FD, F_GETFL);

	if (option_of(GIVEN_FD, SO_DOMAIN) != AF_UNIX ||
	    option_of(GIVEN_FD, SO_TYPE) != SOCK_STREAM ||
	    option_of(GIVEN_FD, SO_ACCEPTCONN) != 1)
		return err_set(E_INPUT,
		    "descriptor 3 is no Unix socket that listens");
	if (flags < 0 || fcntl(GIVEN_FD, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(GIVEN_FD, F_SETFD, FD_CLOEXEC) != 0)
		return failed("descriptor 3");
	door->fd = GIVEN_FD;
	door->is_given = true;
	return 0;
}

/* ---- our own ------------------------------------------------------------------ */

static int
bind_as(struct door *door, const char *name)
{
	struct sockaddr_un at;
	int dir_fd, rc;

	if ((rc = place_address(door->run_dir, name, &at, &dir_fd)) != 0)
		return rc;
	door->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (door->fd < 0)
		rc = failed("socket");
	else if (bind(door->fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		rc = failed(at.sun_path);
	if (dir_fd >= 0)
		close(dir_fd);
	return rc;
}

static int
show_as(struct door *door, const char *temporary, const char *final)
{
	if (chmod(temporary, 0660) != 0 || listen(door->fd, BACKLOG) != 0 ||
	    rename(temporary, final) != 0) {
		int rc = failed(final);

		unlink(temporary);
		return rc;
	}
	return 0;
}

/* Who has the lock of life has this name for himself. */
static int
make_own(struct mem *mem, struct door *door)
{
	const char *temporary = path_join(mem, door->run_dir, NEW_SOCKET);
	int rc;

	if ((rc = file_remove(temporary)) != 0 ||
	    (rc = bind_as(door, NEW_SOCKET)) != 0)
		return rc;
	return show_as(door, temporary,
	    path_join(mem, door->run_dir, PLACE_SOCKET));
}

/* ---- its life ----------------------------------------------------------------- */

static int
take_life(struct mem *mem, struct door *door)
{
	const char *path = path_join(mem, door->run_dir, PLACE_LIFE);
	int64_t until_ms = clock_mono_ms() + LIFE_MS;

	while ((door->life = file_lock(path, 0)) == E_BUSY) {
		if (clock_mono_ms() >= until_ms)
			return err_set(E_BUSY, "another stemma-hub runs in %s",
			    door->run_dir);
		clock_sleep_ms(LIFE_STEP_MS);
	}
	return door->life < 0 ? door->life : 0;
}

static int
open_in(struct mem *mem, struct door *door)
{
	int rc;

	if (!path_is_dir(door->run_dir) &&
	    (rc = path_make_dirs(door->run_dir, 0750)) != 0)
		return rc;
	if ((rc = take_life(mem, door)) != 0)
		return rc;
	return is_offered() ? take_given(door) : make_own(mem, door);
}

int
door_open(struct door *door, const char *run_dir)
{
	struct mem *mem = mem_new();
	int rc;

	*door = (struct door){ run_dir, -1, -1, -1, false };
	if ((rc = open_in(mem, door)) != 0)
		door_close(door);
	mem_free(mem);
	return rc;
}

static bool
is_somebody_coming(const struct door *door)
{
	struct pollfd p = { door->fd, POLLIN, 0 };

	return poll(&p, 1, 0) != 0;
}

static void
remove_socket(const struct door *door)
{
	struct mem *mem = mem_new();

	(void)file_remove(path_join(mem, door->run_dir, PLACE_SOCKET));
	mem_free(mem);
}

/*
 * Who holds the lock has found nobody, and starts one: not to be left alone
 * now.  Who comes between the look and the end is closed without a greeting,
 * and tries again.
 */
bool
door_end(struct door *door)
{
	struct mem *mem = mem_new();

	door->lock = file_lock(path_join(mem, door->run_dir, PLACE_LOCK), 0);
	mem_free(mem);
	if (door->lock < 0)
		return false;
	if (is_somebody_coming(door)) {
		close(door->lock);
		door->lock = -1;
		return false;
	}
	door_close(door);
	return true;
}

static void
close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The locks last: a new one may come only when the socket has gone. */
void
door_close(struct door *door)
{
	if (door->fd >= 0 && !door->is_given)
		remove_socket(door);
	close_one(&door->fd);
	close_one(&door->life);
	close_one(&door->lock);
}
