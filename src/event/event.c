/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "event/event.h"

#include "base/err.h"
#include "event/link.h"
#include "event/start.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_MS 8000

static int
make_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0
	    ? 0
	    : err_set(E_REMOTE, "fcntl: %s", strerror(errno));
}

int
event_connect(const struct event_place *place, int *fd)
{
	struct link l;
	int rc;

	link_init(&l);
	rc = start_link(&l, place, link_until(CONNECT_MS));
	if (rc == 0 && (rc = make_blocking(l.fd)) == 0) {
		*fd = l.fd;
		l.fd = -1;
	}
	link_close(&l);
	return rc;
}
