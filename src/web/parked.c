/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "web/parked.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

struct parked_one {
	struct parked_one *next, *prev;
	struct parked *parked;
	struct loop_watch *watch;
	int fd;
	bool is_evicted;
};

struct parked {
	struct loop *loop;
	pthread_mutex_t lock;
	struct parked_one list; /* its head: the next of it waits longest */
	int n;
};

struct parked *
parked_new(struct loop *loop)
{
	struct parked *p = xmalloc(sizeof(*p));

	memset(p, 0, sizeof(*p));
	p->loop = loop;
	pthread_mutex_init(&p->lock, NULL);
	p->list.next = p->list.prev = &p->list;
	return p;
}

void
parked_free(struct parked *p)
{
	if (p == NULL)
		return;
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static void
append(struct parked *p, struct parked_one *one)
{
	one->prev = p->list.prev;
	one->next = &p->list;
	p->list.prev->next = one;
	p->list.prev = one;
	p->n++;
}

static void
take_out(struct parked *p, struct parked_one *one)
{
	one->prev->next = one->next;
	one->next->prev = one->prev;
	p->n--;
}

/*
 * Its watch is its own callback's, so it is not closed here but shut down: it
 * becomes ready, and is closed as one whose other side has gone.  Until then it
 * stands at the end of the list.
 */
static void
evict(struct parked *p)
{
	struct parked_one *one = p->list.next;

	if (one == &p->list || one->is_evicted)
		return;
	one->is_evicted = true;
	shutdown(one->fd, SHUT_RDWR);
	take_out(p, one);
	append(p, one);
}

void
parked_evict(struct parked *p)
{
	pthread_mutex_lock(&p->lock);
	evict(p);
	pthread_mutex_unlock(&p->lock);
}

int
parked_add(struct parked *p, int fd, loop_fn *fn)
{
	struct parked_one *one = xmalloc(sizeof(*one));
	int rc;

	*one = (struct parked_one){ .parked = p, .fd = fd };
	/* Held until it stands in both lists: its callback waits for it. */
	pthread_mutex_lock(&p->lock);
	rc = loop_add(p->loop, fd, EPOLLIN | EPOLLRDHUP, true, fn, one,
	    &one->watch);
	if (rc == 0) {
		append(p, one);
		if (p->n > PARKED_MAX)
			evict(p);
	}
	pthread_mutex_unlock(&p->lock);
	if (rc != 0)
		free(one);
	return rc;
}

int
parked_take(struct parked_one *one)
{
	struct parked *p = one->parked;
	int fd = one->fd;

	pthread_mutex_lock(&p->lock);
	take_out(p, one);
	pthread_mutex_unlock(&p->lock);
	loop_remove(one->watch);
	free(one);
	return fd;
}

int
parked_pop(struct parked *p)
{
	return p->n > 0 ? parked_take(p->list.next) : -1;
}
