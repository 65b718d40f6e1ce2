/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/elsewhere.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "local/lock.h"
#include "local/meta.h"
#include "local/shared.h"
#include "remote/remote.h"

#define DIR "locks"
#define UUID_LEN 36
#define NUMBER_LEN 12
#define NUMBER_MAX INT64_C(999999999999)
#define NAME_SIZE 64 /* <uuid>-<number>-<8 hex digits>.json */
#define NAME_LEN (UUID_LEN + 1 + NUMBER_LEN + 1 + 8 + 5)
#define USER_MAX 256
#define TICK_MS 250
#define SAY_LOOK_MS 1000 /* between looks at what is held here */
#define AWAY_MS 15000    /* until a store that failed is asked again */
#define LEFTOVERS_MAX 8
#define MISSED_MAX 2 /* listings without it: one proves no absence */

/* What is known of another replica. */
struct other {
	char name[NAME_SIZE]; /* read last; "": none yet */
	char seen[NAME_SIZE]; /* in the present listing, the newest; "": none */
	int missed;
	int64_t heard_ms; /* when `name` was new; 0: it is over */
};

struct elsewhere {
	struct db *db;         /* borrowed */
	struct remote *remote; /* borrowed */
	struct mem *mem;       /* as long as this */
	struct mem *step;      /* of one look */
	char *replica;

	char name[NAME_SIZE]; /* of our file; "": none */
	int64_t number;       /* the highest of ours */
	struct buf said;      /* what is in it */
	int64_t said_ms;
	char leftovers[LEFTOVERS_MAX][NAME_SIZE];
	int leftovers_n;

	struct other others[ELSEWHERE_REPLICAS_MAX];
	int others_n;
};

int
elsewhere_new(struct db *db, struct remote *remote,
    struct elsewhere **elsewhere)
{
	struct elsewhere *e = xmalloc(sizeof(*e));
	int rc;

	memset(e, 0, sizeof(*e));
	e->db = db;
	e->remote = remote;
	e->mem = mem_new();
	e->step = mem_new();
	rc = meta_find(db, e->mem, "replica", &e->replica);
	if (rc == 1 && strlen(e->replica) == UUID_LEN) {
		*elsewhere = e;
		return 0;
	}
	elsewhere_free(e);
	return rc < 0 ? rc : err_set(E_ABSENT, "no store was joined yet");
}

void
elsewhere_free(struct elsewhere *e)
{
	if (e == NULL)
		return;
	buf_release(&e->said);
	mem_free(e->step);
	mem_free(e->mem);
	free(e);
}

/* ---- names --------------------------------------------------------------------- */

static bool
name_is(const char *name)
{
	return strlen(name) == NAME_LEN && name[UUID_LEN] == '-' &&
	    strspn(name, "0123456789abcdef-") >= UUID_LEN &&
	    strspn(name + UUID_LEN + 1, "0123456789") == NUMBER_LEN &&
	    name[UUID_LEN + 1 + NUMBER_LEN] == '-' &&
	    strspn(name + NAME_LEN - 13, "0123456789abcdef") == 8 &&
	    strcmp(name + NAME_LEN - 5, ".json") == 0;
}

/* Of two names of one replica; both have the same length. */
static bool
is_newer(const char *name, const char *than)
{
	return strcmp(name + UUID_LEN, *than == '\0' ? "" : than + UUID_LEN) >
	    0;
}

static bool
is_of(const char *name, const char *replica)
{
	return strncmp(name, replica, UUID_LEN) == 0;
}

static char *
path_of(struct elsewhere *e, const char *name)
{
	return mem_printf(e->step, DIR "/%s", name);
}

/* ---- saying -------------------------------------------------------------------- */

struct saying {
	struct buf *out;
	int n;
};

static int
say_one(void *arg, const char *stable_id, const char *user)
{
	struct saying *s = arg;

	if (s->n++ >= ELSEWHERE_LOCKS_MAX)
		return 0;
	buf_puts(s->out, s->n > 1 ? ",{" : "{");
	json_put_key(s->out, "stable_id");
	json_put_string(s->out, stable_id);
	json_put_key(s->out, "user");
	json_put_string(s->out, user);
	buf_putc(s->out, '}');
	return 0;
}

/* 1: there is something to say. */
static int
write_body(struct elsewhere *e, struct buf *body)
{
	struct saying s = { body, 0 };
	int rc;

	buf_printf(body, "{\"replica\":\"%s\",\"locks\":[", e->replica);
	if ((rc = lock_each_here(e->db, say_one, &s)) < 0)
		return rc;
	buf_puts(body, "]}\n");
	return s.n > 0;
}

static int
remove_own(struct elsewhere *e)
{
	int rc = 0;

	if (*e->name != '\0')
		rc = remote_remove(e->remote, path_of(e, e->name));
	if (rc == 0)
		*e->name = '\0';
	return rc;
}

/* The new one first: between the two nobody is to believe that all is free. */
static int
put_own(struct elsewhere *e, struct buf *body)
{
	char name[NAME_SIZE], hex[9];
	int rc;

	snprintf(name, sizeof(name), "%s-%012" PRId64 "-%s.json", e->replica,
	    e->number % NUMBER_MAX + 1, rand_hex(hex, 4));
	if ((rc = remote_make_dir(e->remote, DIR)) != 0 ||
	    (rc = remote_put(e->remote, path_of(e, name), body->data,
		 body->len)) != 0)
		return rc;
	e->number++;
	rc = remove_own(e);
	snprintf(e->name, sizeof(e->name), "%s", name);
	buf_clear(&e->said);
	buf_add(&e->said, body->data, body->len);
	e->said_ms = clock_mono_ms();
	return rc;
}

static bool
is_said(const struct elsewhere *e, const struct buf *body)
{
	return *e->name != '\0' && body->len == e->said.len &&
	    memcmp(body->data, e->said.data, body->len) == 0 &&
	    clock_mono_ms() - e->said_ms < ELSEWHERE_SAY_MS;
}

int
elsewhere_say(struct elsewhere *e)
{
	struct buf body = { 0 };
	int rc;

	mem_reset(e->step);
	if ((rc = write_body(e, &body)) == 0)
		rc = remove_own(e);
	else if (rc == 1)
		rc = is_said(e, &body) ? 0 : put_own(e, &body);
	buf_release(&body);
	return rc;
}

/* Who was asked to stop still tidies up. */
int
elsewhere_leave(struct elsewhere *e)
{
	mem_reset(e->step);
	remote_set_tick(e->remote, NULL, NULL);
	return remove_own(e);
}

/* ---- looking ------------------------------------------------------------------- */

static void
see_own(struct elsewhere *e, const char *name)
{
	int64_t number = strtoll(name + UUID_LEN + 1, NULL, 10);

	if (number > e->number)
		e->number = number;
	if (strcmp(name, e->name) != 0 && e->leftovers_n < LEFTOVERS_MAX)
		snprintf(e->leftovers[e->leftovers_n++], NAME_SIZE, "%s", name);
}

static struct other *
other_of(struct elsewhere *e, const char *name)
{
	for (int i = 0; i < e->others_n; i++)
		if (is_of(name,
			*e->others[i].name != '\0' ? e->others[i].name
						   : e->others[i].seen))
			return &e->others[i];
	if (e->others_n == ELSEWHERE_REPLICAS_MAX)
		return NULL;
	e->others[e->others_n] = (struct other){ .name = "" };
	return &e->others[e->others_n++];
}

static int
see(void *arg, const struct remote_entry *entry)
{
	struct elsewhere *e = arg;
	struct other *o;

	if (entry->is_dir || !name_is(entry->name))
		return 0;
	if (is_of(entry->name, e->replica))
		see_own(e, entry->name);
	else if ((o = other_of(e, entry->name)) != NULL &&
	    is_newer(entry->name, o->seen))
		snprintf(o->seen, sizeof(o->seen), "%s", entry->name);
	return 0;
}

/* ---- what they say --------------------------------------------------------------- */

struct hearing {
	struct mem *mem;
	struct lock_elsewhere locks[ELSEWHERE_LOCKS_MAX];
	int n;
};

static int
bad(void)
{
	return err_set(E_CORRUPT, "it does not say which locks are held");
}

static int
text_of(struct hearing *h, struct json lock, const char *key, char **text)
{
	struct json value;

	if (json_find(lock, key, &value) != 1 ||
	    json_string(h->mem, value, text) != 0 || **text == '\0' ||
	    strlen(*text) > USER_MAX)
		return bad();
	return 0;
}

static int
hear_lock(void *arg, struct json lock)
{
	struct hearing *h = arg;
	char *stable_id, *user;

	if (h->n == ELSEWHERE_LOCKS_MAX ||
	    text_of(h, lock, "stable_id", &stable_id) != 0 ||
	    text_of(h, lock, "user", &user) != 0 || !stable_id_is(stable_id))
		return bad();
	h->locks[h->n++] = (struct lock_elsewhere){ stable_id, user };
	return 0;
}

static int
hear(struct hearing *h, const struct buf *body)
{
	struct json object = { body->data, body->len }, locks;
	int rc;

	if (json_check(object.text, object.len) != 0 ||
	    json_kind(object) != JSON_OBJECT ||
	    json_find(object, "locks", &locks) != 1)
		return bad();
	rc = json_each_item(locks, hear_lock, h);
	return rc == 0 ? 0 : bad();
}

static int
note(struct elsewhere *e, const struct other *o,
    const struct lock_elsewhere *locks, int n)
{
	char replica[UUID_LEN + 1] = "";

	memcpy(replica, *o->name != '\0' ? o->name : o->seen, UUID_LEN);
	return lock_elsewhere_set(e->db, replica, locks, n);
}

/* 1: they hold or freed something by that.  A name that has gone again is
 * followed by another. */
static int
read_other(struct elsewhere *e, struct other *o)
{
	struct hearing h = { .mem = e->step };
	struct buf body = { 0 };
	int rc;

	rc = remote_get(e->remote, path_of(e, o->seen), ELSEWHERE_BYTES_MAX,
	    &body);
	if (rc == 0 && (rc = hear(&h, &body)) == 0)
		rc = note(e, o, h.locks, h.n);
	buf_release(&body);
	if (rc == E_ABSENT)
		return 0;
	if (rc == E_CORRUPT || rc == E_INPUT) {
		log_line(LOG_WARN, "sync", "%s/%s: %s", DIR, o->seen,
		    err_text());
		rc = 0;
	}
	if (rc >= 0) {
		memcpy(o->name, o->seen, sizeof(o->name));
		o->heard_ms = clock_mono_ms();
	}
	return rc;
}

static bool
is_over(const struct other *o)
{
	return clock_mono_ms() - o->heard_ms > LOCK_ELSEWHERE_SECONDS * 1000;
}

/* Who is not heard of any more, or said nothing new for long, holds nothing. */
static int
follow(struct elsewhere *e, struct other *o)
{
	int rc;

	o->missed = *o->seen == '\0' ? o->missed + 1 : 0;
	if (*o->seen != '\0' && strcmp(o->seen, o->name) != 0)
		return read_other(e, o);
	if (o->heard_ms == 0 || (o->missed < MISSED_MAX && !is_over(o)))
		return 0;
	o->heard_ms = 0;
	rc = note(e, o, NULL, 0);
	return rc < 0 ? rc : 1;
}

static void
forget_missed(struct elsewhere *e)
{
	int kept = 0;

	for (int i = 0; i < e->others_n; i++)
		if (e->others[i].missed < MISSED_MAX)
			e->others[kept++] = e->others[i];
	e->others_n = kept;
}

static int
remove_leftovers(struct elsewhere *e)
{
	int rc = 0;

	while (rc == 0 && e->leftovers_n > 0)
		rc = remote_remove(e->remote,
		    path_of(e, e->leftovers[--e->leftovers_n]));
	return rc;
}

int
elsewhere_look(struct elsewhere *e)
{
	int rc, changed = 0;

	mem_reset(e->step);
	e->leftovers_n = 0;
	for (int i = 0; i < e->others_n; i++)
		*e->others[i].seen = '\0';
	rc = remote_list(e->remote, DIR, see, e);
	if (rc != 0 && rc != E_ABSENT)
		return rc;
	if ((rc = remove_leftovers(e)) != 0)
		return rc;
	for (int i = 0; i < e->others_n; i++) {
		if ((rc = follow(e, &e->others[i])) < 0)
			return rc;
		changed = changed || rc == 1;
	}
	forget_missed(e);
	return changed;
}

/* ---- while somebody has a document open -------------------------------------------- */

static int
take_turn(struct elsewhere *e, int64_t *look_ms, void (*changed)(void *arg),
    void *arg)
{
	int rc = elsewhere_say(e);

	if (rc != 0 || clock_mono_ms() < *look_ms)
		return rc;
	rc = elsewhere_look(e);
	*look_ms = clock_mono_ms() + ELSEWHERE_LOOK_MS;
	if (rc == 1)
		changed(arg);
	return rc < 0 ? rc : 0;
}

static bool
is_far(int rc)
{
	return rc == E_REMOTE || rc == E_LOGIN || rc == E_DENIED ||
	    rc == E_BUSY || rc == E_EXISTS || rc == E_CORRUPT || rc == E_ABSENT;
}

static void
wait_for(int64_t ms, int (*stop)(void *arg), void *arg)
{
	int64_t until = clock_mono_ms() + ms;

	while (clock_mono_ms() < until && stop(arg) == 0)
		clock_sleep_ms(TICK_MS);
}

int
elsewhere_watch(struct elsewhere *e, void (*changed)(void *arg),
    int (*stop)(void *arg), void *arg)
{
	int64_t look_ms = 0;
	int rc = 0;

	while (stop(arg) == 0) {
		rc = take_turn(e, &look_ms, changed, arg);
		if (rc != 0 && !is_far(rc))
			break;
		if (rc != 0)
			log_line(LOG_WARN, "sync", "locks: %s", err_text());
		wait_for(rc != 0 ? AWAY_MS : SAY_LOOK_MS, stop, arg);
	}
	(void)elsewhere_leave(e);
	return rc == E_STOPPED || is_far(rc) ? 0 : rc;
}
