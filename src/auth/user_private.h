/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef AUTH_USER_PRIVATE_H
#define AUTH_USER_PRIVATE_H

struct stmt;

/* Between user.c and user_change.c alone. */

/* user_bind_now - the time, as it is stored. */
void user_bind_now(struct stmt *st, int at);

#endif
