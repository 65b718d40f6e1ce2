/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef EVENT_PLACE_H
#define EVENT_PLACE_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

/* What lies in RUN_DIR. */
#define PLACE_SOCKET "hub.sock"
#define PLACE_LOCK "hub.lock" /* held by who starts the hub, or ends it */
#define PLACE_LIFE "hub.life" /* held by the hub as long as it lives */
#define PLACE_LOG "hub.log"   /* of a hub that was started on demand */

/*
 * place_address - the address of a socket in a folder, for bind(2) and
 * connect(2), however long the folder's name is: a long one is reached by a
 * descriptor, which `fd` receives, to be closed afterwards (-1: none).
 * E_ABSENT: there is no such folder; E_IO; E_INPUT.
 */
int place_address(const char *dir, const char *name, struct sockaddr_un *to,
    int *fd);

/* place_peer - who is at the other end of a Unix socket.  E_IO. */
int place_peer(int fd, uid_t *uid, pid_t *pid);

/* place_is_ours - may this user speak with a process of ours?  Ourselves and
 * root may. */
bool place_is_ours(uid_t uid);

#endif
