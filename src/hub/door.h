/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef HUB_DOOR_H
#define HUB_DOOR_H

#include <stdbool.h>

/*
 * The socket that others find, and the lock that says that we live.  It stands
 * under its name only when it listens: bound elsewhere and renamed.
 */
struct door {
	const char *run_dir; /* borrowed */
	int fd;              /* listens; does not block */
	int life;            /* the lock */
	int lock;            /* that nobody starts another while we end */
	bool is_given;       /* by systemd, which keeps it */
};

/*
 * door_open - take the socket that systemd gave us (sd_listen_fds(3)), or make
 * one in RUN_DIR.  E_BUSY: another hub lives here; E_IO, E_INPUT.
 */
int door_open(struct door *door, const char *run_dir);

/* door_end - nobody will find it any more.  false: somebody is just coming, or
 * starting one; try again later. */
bool door_end(struct door *door);

/* door_close - it goes, whoever may be coming. */
void door_close(struct door *door);

#endif
