/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "event/message.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <inttypes.h>
#include <string.h>

/* ---- what each kind holds ------------------------------------------------ */

enum type { NAME, TEXT, WHO, FLAG, NUMBER, JSON };

struct member {
	enum message_kind kind;
	const char *key;
	enum type type;
	size_t field;
	bool is_needed;
};

#define AT(field) offsetof(struct message, field)

/* clang-format off */
static const char *const kinds[MESSAGE_KINDS] = {
	[MESSAGE_HUB]        = "hub",
	[MESSAGE_PUBLISH]    = "publish",
	[MESSAGE_SUBSCRIBE]  = "subscribe",
	[MESSAGE_SUBSCRIBED] = "subscribed",
	[MESSAGE_EVENT]      = "event",
	[MESSAGE_REPLAY]     = "replay",
	[MESSAGE_REPLAYED]   = "replayed",
	[MESSAGE_SYNC]       = "sync",
	[MESSAGE_STARTED]    = "started",
	[MESSAGE_BUSY]       = "busy",
	[MESSAGE_ENDED]      = "ended",
	[MESSAGE_STATE]      = "state",
	[MESSAGE_WATCH]      = "watch",
	[MESSAGE_ERROR]      = "error",
};

static const struct member members[] = {
	{ MESSAGE_HUB,        "hub",               NUMBER, AT(hub),               true },
	{ MESSAGE_HUB,        "version",           TEXT,   AT(version),           true },
	{ MESSAGE_HUB,        "epoch",             TEXT,   AT(epoch),             true },
	{ MESSAGE_PUBLISH,    "name",              NAME,   AT(name),              true },
	{ MESSAGE_PUBLISH,    "data",              TEXT,   AT(data),              true },
	{ MESSAGE_PUBLISH,    "user",              WHO,    AT(user),              false },
	{ MESSAGE_SUBSCRIBED, "last",              TEXT,   AT(last),              true },
	{ MESSAGE_EVENT,      "id",                TEXT,   AT(id),                true },
	{ MESSAGE_EVENT,      "name",              NAME,   AT(name),              true },
	{ MESSAGE_EVENT,      "data",              TEXT,   AT(data),              true },
	{ MESSAGE_EVENT,      "user",              WHO,    AT(user),              false },
	{ MESSAGE_REPLAY,     "user",              WHO,    AT(user),              false },
	{ MESSAGE_REPLAY,     "since",             TEXT,   AT(since),             false },
	{ MESSAGE_REPLAYED,   "last",              TEXT,   AT(last),              true },
	{ MESSAGE_REPLAYED,   "whole",             FLAG,   AT(whole),             true },
	{ MESSAGE_SYNC,       "force",             FLAG,   AT(force),             false },
	{ MESSAGE_SYNC,       "confirm_deletions", FLAG,   AT(confirm_deletions), false },
	{ MESSAGE_SYNC,       "recover",           FLAG,   AT(recover),           false },
	{ MESSAGE_SYNC,       "dry_run",           FLAG,   AT(dry_run),           false },
	{ MESSAGE_SYNC,       "join",              FLAG,   AT(join),              false },
	{ MESSAGE_SYNC,       "wait",              FLAG,   AT(wait),              false },
	{ MESSAGE_SYNC,       "user",              WHO,    AT(user),              false },
	{ MESSAGE_STARTED,    "run_id",            NUMBER, AT(run_id),            true },
	{ MESSAGE_BUSY,       "run_id",            NUMBER, AT(run_id),            true },
	{ MESSAGE_ENDED,      "status",            NUMBER, AT(status),            true },
	{ MESSAGE_ENDED,      "run_id",            NUMBER, AT(run_id),            true },
	{ MESSAGE_ENDED,      "error",             TEXT,   AT(error),             false },
	{ MESSAGE_ENDED,      "detail",            TEXT,   AT(detail),            false },
	{ MESSAGE_ENDED,      "summary",           JSON,   AT(summary),           false },
	{ MESSAGE_ERROR,      "detail",            TEXT,   AT(detail),            true },
};
/* clang-format on */

#define MEMBERS (sizeof(members) / sizeof(members[0]))

static const void *
field_of(const struct message *m, const struct member *member)
{
	return (const char *)m + member->field;
}

/* ---- writing ------------------------------------------------------------- */

static void
put_json(struct buf *out, struct json value)
{
	if (value.len == 0)
		buf_puts(out, "null");
	else
		buf_add(out, value.text, value.len);
}

static void
put_value(struct buf *out, const struct message *m, const struct member *member)
{
	const void *field = field_of(m, member);

	switch (member->type) {
	case FLAG:
		buf_puts(out, *(const bool *)field ? "true" : "false");
		break;
	case NUMBER:
		buf_printf(out, "%" PRId64, *(const int64_t *)field);
		break;
	case JSON:
		put_json(out, *(const struct json *)field);
		break;
	case NAME:
	case TEXT:
	case WHO:
		json_put_string(out, *(const char *const *)field);
		break;
	}
}

static void
put_members(struct buf *out, const struct message *m)
{
	buf_putc(out, '{');
	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i].kind == m->kind) {
			json_put_key(out, members[i].key);
			put_value(out, m, &members[i]);
		}
	buf_putc(out, '}');
}

/* The greeting alone has no object in its object. */
void
message_put(struct buf *out, const struct message *m)
{
	if (m->kind == MESSAGE_HUB) {
		put_members(out, m);
	} else {
		buf_printf(out, "{\"%s\":", kinds[m->kind]);
		if (m->kind == MESSAGE_STATE && m->state.len > 0)
			put_json(out, m->state);
		else
			put_members(out, m);
		buf_putc(out, '}');
	}
	buf_putc(out, '\n');
}

/* ---- reading ------------------------------------------------------------- */

static bool
is_name(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= EVENT_NAME_MAX &&
	    strspn(text,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
}

static bool
is_who(const char *text)
{
	return *text != '\0' && strlen(text) <= MESSAGE_USER_MAX;
}

static int
bad_member(const struct member *member, const char *what)
{
	return err_set(E_INPUT, "%s: \"%s\" %s", kinds[member->kind],
	    member->key, what);
}

static int
get_text(struct mem *mem, const struct member *member, struct json value,
    const char **field)
{
	char *text;

	if (json_string(mem, value, &text) != 0)
		return bad_member(member, "is no text");
	if (member->type == NAME && !is_name(text))
		return bad_member(member, "is not 1 to 64 letters of A-Z, a-z");
	if (member->type == WHO && !is_who(text))
		return bad_member(member, "has no byte, or more than 256");
	*field = text;
	return 0;
}

static int
get_flag(const struct member *member, struct json value, bool *field)
{
	enum json_kind kind = json_kind(value);

	if (kind != JSON_TRUE && kind != JSON_FALSE)
		return bad_member(member, "is neither true nor false");
	*field = kind == JSON_TRUE;
	return 0;
}

static int
get_object(const struct member *member, struct json value, struct json *field)
{
	if (json_kind(value) != JSON_OBJECT)
		return bad_member(member, "is no object");
	*field = value;
	return 0;
}

static int
get_value(struct mem *mem, const struct member *member, struct json value,
    struct message *m)
{
	void *field = (char *)m + member->field;

	switch (member->type) {
	case FLAG:
		return get_flag(member, value, field);
	case NUMBER:
		return json_int64(value, field) == 0
		    ? 0
		    : bad_member(member, "is no number");
	case JSON:
		return get_object(member, value, field);
	case NAME:
	case TEXT:
	case WHO:
		break;
	}
	return get_text(mem, member, value, field);
}

struct getting {
	struct mem *mem;
	struct message *m;
	bool seen[MEMBERS];
};

static int
get_member(void *arg, const char *key, struct json value)
{
	struct getting *g = arg;

	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i].kind == g->m->kind &&
		    strcmp(members[i].key, key) == 0 &&
		    json_kind(value) != JSON_NULL) {
			g->seen[i] = true;
			return get_value(g->mem, &members[i], value, g->m);
		}
	return 0;
}

static int
get_members(struct mem *mem, struct json object, struct message *m)
{
	struct getting g = { .mem = mem, .m = m };
	int rc = json_each_member(object, get_member, &g);

	for (size_t i = 0; rc == 0 && i < MEMBERS; i++)
		if (members[i].kind == m->kind && members[i].is_needed &&
		    !g.seen[i])
			rc = bad_member(&members[i], "is missing");
	return rc;
}

/* The first member that names a kind, and how many there are. */
struct verb {
	int n;
	enum message_kind kind;
	struct json body;
};

static int
look_for_verb(void *arg, const char *key, struct json value)
{
	struct verb *verb = arg;

	for (int i = 0; i < MESSAGE_KINDS; i++)
		if (strcmp(kinds[i], key) == 0) {
			verb->n++;
			verb->kind = (enum message_kind)i;
			verb->body = value;
		}
	return 0;
}

int
message_parse(struct mem *mem, const char *line, size_t len, struct message *m)
{
	struct json object = { line, len };
	struct verb verb = { 0, MESSAGE_ERROR, { NULL, 0 } };
	int rc;

	memset(m, 0, sizeof(*m));
	if ((rc = json_check(line, len)) != 0)
		return rc;
	if (json_kind(object) != JSON_OBJECT)
		return err_set(E_INPUT, "a line is one JSON object");
	if ((rc = json_each_member(object, look_for_verb, &verb)) != 0)
		return rc;
	if (verb.n != 1)
		return err_set(E_INPUT,
		    verb.n == 0 ? "there is no such command"
				: "more than one command in a line");
	m->kind = verb.kind;
	if (m->kind == MESSAGE_HUB)
		return get_members(mem, object, m);
	if (json_kind(verb.body) != JSON_OBJECT)
		return err_set(E_INPUT, "%s: what it is given is no object",
		    kinds[m->kind]);
	m->state = m->kind == MESSAGE_STATE ? verb.body : m->state;
	return get_members(mem, verb.body, m);
}

int
message_error(const char *name)
{
	if (name == NULL)
		return 0;
	for (int code = E_ABSENT; code >= E_STOPPED; code--)
		if (strcmp(err_name(code), name) == 0)
			return code;
	return E_IO;
}
