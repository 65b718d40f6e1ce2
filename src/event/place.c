/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "event/place.h"

#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
address_put(struct sockaddr_un *to, const char *dir, const char *name)
{
	int len = snprintf(to->sun_path, sizeof(to->sun_path), "%s/%s", dir,
	    name);

	return len > 0 && (size_t)len < sizeof(to->sun_path) ? 0 : E_INPUT;
}

/* An address has room for 107 bytes; a home folder may be deeper. */
static int
address_by_fd(const char *dir, const char *name, struct sockaddr_un *to,
    int *fd)
{
	char short_dir[32];
	int code;

	*fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0) {
		code = errno == ENOENT ? E_ABSENT : E_IO;
		return err_set(code, "%s: %s", dir, strerror(errno));
	}
	snprintf(short_dir, sizeof(short_dir), "/proc/self/fd/%d", *fd);
	if (address_put(to, short_dir, name) == 0)
		return 0;
	close(*fd);
	*fd = -1;
	return err_set(E_INPUT, "%s: the name of a socket is too long", name);
}

int
place_address(const char *dir, const char *name, struct sockaddr_un *to,
    int *fd)
{
	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	*fd = -1;
	if (address_put(to, dir, name) == 0)
		return 0;
	return address_by_fd(dir, name, to, fd);
}

int
place_peer(int fd, uid_t *uid, pid_t *pid)
{
	struct ucred peer = { 0, (uid_t)-1, (gid_t)-1 };
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return err_set(E_IO, "SO_PEERCRED: %s", strerror(errno));
	*uid = peer.uid;
	*pid = peer.pid;
	return 0;
}

bool
place_is_ours(uid_t uid)
{
	return uid == geteuid() || uid == 0;
}
