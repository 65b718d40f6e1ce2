/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "event/publish.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "event/event.h"
#include "event/link.h"
#include "event/message.h"
#include "event/start.h"

#include <stdio.h>
#include <stdlib.h>

#define PATIENCE_MS 100
#define RETRY_MS 1000
#define WATCH_MS 5000

struct publisher {
	struct mem *mem;
	struct event_place place;
	struct link link;
	struct buf line;
	int64_t next_try_ms; /* after one that failed */
	int64_t watch_ms;    /* when it was asked for last; 0: never */
};

struct publisher *
publish_new(const struct event_place *place)
{
	struct publisher *p = xmalloc(sizeof(*p));

	*p = (struct publisher){ .mem = mem_new() };
	p->place.run_dir = mem_strdup(p->mem, place->run_dir);
	p->place.program = mem_strdup(p->mem, place->program);
	p->place.conf_file = mem_strdup(p->mem, place->conf_file);
	link_init(&p->link);
	return p;
}

void
publish_free(struct publisher *p)
{
	if (p == NULL)
		return;
	link_close(&p->link);
	buf_release(&p->line);
	mem_free(p->mem);
	free(p);
}

/* The hub answers a publisher only to complain. */
static int
hear_complaints(struct publisher *p)
{
	char *line;
	size_t len;
	int rc;

	while ((rc = link_line(&p->link, 0, &line, &len)) == 1)
		log_line(LOG_WARN, "event", "stemma-hub refused an event");
	return rc;
}

static int
connect_again(struct publisher *p, int64_t until_ms)
{
	int rc;

	if (clock_mono_ms() < p->next_try_ms)
		return err_set(E_REMOTE, "stemma-hub was away just now");
	rc = start_link(&p->link, &p->place, until_ms);
	if (rc != 0)
		p->next_try_ms = clock_mono_ms() + RETRY_MS;
	return rc;
}

static int
send_line(struct publisher *p, int64_t until_ms)
{
	int rc = 0;

	if (p->link.fd >= 0 && hear_complaints(p) != 0)
		link_close(&p->link);
	if (p->link.fd < 0)
		rc = connect_again(p, until_ms);
	if (rc == 0)
		rc = link_send(&p->link, &p->line, until_ms);
	/* A line that is half sent would spoil the next. */
	if (rc != 0)
		link_close(&p->link);
	return rc;
}

static void
publish_line(struct publisher *p, const char *what)
{
	if (p->line.len > EVENT_LINE_MAX - MESSAGE_ID_ROOM)
		log_line(LOG_WARN, "event", "%s is too long to be told", what);
	else if (send_line(p, link_until(PATIENCE_MS)) != 0)
		log_line(LOG_DEBUG, "event", "%s is not told: %s", what,
		    err_text());
}

/* The caller's error may be on its way to a person. */
static void
tell(struct publisher *p, const struct message *m, const char *what)
{
	char error[1024];

	snprintf(error, sizeof(error), "%s", err_text());
	buf_clear(&p->line);
	message_put(&p->line, m);
	publish_line(p, what);
	(void)err_set(0, "%s", error);
}

void
publish(struct publisher *p, const char *name, const char *data,
    const char *user)
{
	const struct message m = { .kind = MESSAGE_PUBLISH,
		.name = name,
		.data = data,
		.user = user };

	if (p != NULL)
		tell(p, &m, name);
}

void
publish_watch(struct publisher *p)
{
	const struct message m = { .kind = MESSAGE_WATCH };
	int64_t now_ms = clock_mono_ms();

	if (p == NULL || (p->watch_ms != 0 && now_ms - p->watch_ms < WATCH_MS))
		return;
	p->watch_ms = now_ms;
	tell(p, &m, "watch");
}
