/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SIM_NET_H
#define SIM_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/rng.h"
#include "sim/server.h"

struct easy_sim;

/* What may happen on the way, in per thousand of requests. */
struct weather {
	int refused;  /* no connection is made */
	int lost;     /* it never arrives, and nobody says so */
	int late;     /* it arrives long after everybody gave up */
	int mute;     /* it is done, and the answer is lost */
	int twice;    /* it arrives again, later */
	int error;    /* 4xx and 5xx that may pass, and nothing was done */
	int done_500; /* an error, and it was done */
	int cut;      /* half of the body comes, either way */
	int lies;     /* enum lie */
};

/* A request on its way: there, at the server, or back. */
struct flight {
	struct request r;
	struct easy_sim *owner; /* NULL: nobody waits for it (any more) */
	bool is_mute;
	bool answers_500;
	bool is_cut_down; /* on its way back */
	bool is_answered;
	int64_t due_ms;
	struct flight *next;
};

struct net {
	struct server *server;
	struct weather weather;
	struct rng *rng;
	int64_t (*now_ms)(void);
	void (*say)(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
	struct flight *first; /* in the order in which they were sent */
	int next_id;
	int64_t requests;
	bool is_down;                /* the server: nobody gets a connection */
	void (*on_arrival)(int who); /* an answer is here for that replica */
};

void net_init(struct net *n);
void net_release(struct net *n);

/*
 * net_send - a request begins its way; what it holds is the net's.  0, or -1:
 * no connection.
 */
int net_send(struct net *n, const struct request *r, struct easy_sim *owner);

/* net_cut - whoever waits for an answer waits in vain; nothing arrives that has
 * not yet. */
void net_cut(struct net *n);

/* net_forget - nobody waits for it any more; it goes on all the same. */
void net_forget(struct net *n, struct easy_sim *owner);

/* net_ready - how many could go on now; net_step - one of them does. */
int net_ready(const struct net *n);
void net_step(struct net *n, int which);

/* net_due - when the next one could; -1: there is none. */
int64_t net_due(const struct net *n);

/* ---- who waits: curl.c -------------------------------------------------------- */

/* easy_arrived - the answer (status 0: the connection was cut) is here.  What
 * `f` holds is lent. */
void easy_arrived(struct easy_sim *owner, const struct flight *f);

/* curl_use - the net, the process that asks and how it waits: at most so long,
 * or until an answer has arrived. */
void curl_use(struct net *net, int who, void (*wait)(int64_t ms));

#endif
