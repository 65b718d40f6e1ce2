/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "hub/tell.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "event/message.h"
#include "hub/conn.h"
#include "hub/hub.h"
#include "hub/line.h"
#include "hub/ring.h"
#include "hub/schedule.h"
#include "hub/work.h"

#include <string.h>

/* A member of the event's data: 1, or 0 when it has none, or is no object. */
static int
find_in(const struct message *event, const char *key, struct json *value)
{
	struct json data = json_of(event->data);

	return json_check(data.text, data.len) == 0 &&
	    json_kind(data) == JSON_OBJECT && json_find(data, key, value) == 1;
}

/* The state that stands in JSON is what is handed on when asked. */
static void
learn_state(struct hub *hub, const struct conn *from,
    const struct message *event)
{
	struct json number;
	int64_t run_id;

	if (event->user != NULL || !find_in(event, "run_id", &number) ||
	    json_int64(number, &run_id) != 0)
		return;
	/* In one line, however it was written. */
	buf_clear(&hub->state);
	if (json_canon(event->data, strlen(event->data), &hub->state) != 0)
		return;
	hub->teller = from;
	hub->state_run_id = run_id;
	if (hub->child.pid > 0 && from->pid == hub->child.pid)
		work_learn(hub, run_id);
}

static void
learn_end(struct hub *hub, const struct conn *from, const struct message *event)
{
	(void)event;
	if (hub->teller == from)
		hub->teller = NULL;
}

/* What a sync brought needs none. */
static void
learn_change(struct hub *hub, const struct conn *from,
    const struct message *event)
{
	struct mem *mem = mem_new();
	struct json value;
	char *source = NULL;

	if (find_in(event, "source", &value))
		(void)json_string(mem, value, &source);
	if (from != hub->teller && !str_eq(source, "sync"))
		schedule_changed(hub);
	mem_free(mem);
}

static void
learn_settings(struct hub *hub, const struct conn *from,
    const struct message *event)
{
	(void)from;
	(void)event;
	hub_reload(hub);
}

static const struct {
	const char *name;
	void (*learn)(struct hub *hub, const struct conn *from,
	    const struct message *event);
} lessons[] = {
	{ "syncState", learn_state },
	{ "syncComplete", learn_end },
	{ "syncError", learn_end },
	{ "fileChanged", learn_change },
	{ "settingsChanged", learn_settings },
};

static void
learn(struct hub *hub, const struct conn *from, const struct message *event)
{
	if (from == NULL)
		return;
	for (size_t i = 0; i < sizeof(lessons) / sizeof(lessons[0]); i++)
		if (strcmp(lessons[i].name, event->name) == 0)
			lessons[i].learn(hub, from, event);
}

int
tell_event(struct hub *hub, const struct conn *from,
    const struct message *event)
{
	struct line *line = ring_put(hub->ring, event);

	if (line == NULL)
		return E_INPUT;
	conn_tell_all(hub, line);
	line_unref(line);
	learn(hub, from, event);
	return 0;
}
