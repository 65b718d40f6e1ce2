/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/throttle.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/rand.h"
#include "local/db.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define DAY (24 * 60 * MINUTE)
#define KNOWN_MS (90 * DAY) /* how long a success counts */
#define FAILED_MS DAY       /* by then the longest count is forgiven */
#define ROWS_MAX 100000     /* a hundred bytes each */
#define SWEEP_EVERY 64      /* logins, on average */
#define DOUBLINGS 10        /* 1,024 s: beyond every longest wait */

enum { PAIR, ADDRESS, USER, KINDS };

static const struct limit {
	int64_t free;
	int64_t longest_ms;
	int64_t forgive_ms;
} limits[KINDS] = {
	[PAIR] = { 5, 15 * MINUTE, 15 * MINUTE },
	[ADDRESS] = { 30, 15 * MINUTE, 15 * MINUTE },
	[USER] = { 20, 30 * SECOND, MINUTE },
};

struct count {
	int64_t n;
	int64_t at_ms;
	int64_t good_ms;
};

/* ---- who ----------------------------------------------------------------- */

static void
write_ipv4(const struct in_addr *in, char out[THROTTLE_ADDRESS_SIZE])
{
	inet_ntop(AF_INET, in, out, THROTTLE_ADDRESS_SIZE);
}

/* Whoever has one address of IPv6 has all of its /64. */
static void
write_ipv6(struct in6_addr *in, char out[THROTTLE_ADDRESS_SIZE])
{
	struct in_addr v4;

	if (IN6_IS_ADDR_V4MAPPED(in)) {
		memcpy(&v4, in->s6_addr + 12, sizeof(v4));
		write_ipv4(&v4, out);
		return;
	}
	memset(in->s6_addr + 8, 0, 8);
	inet_ntop(AF_INET6, in, out, THROTTLE_ADDRESS_SIZE);
	strncat(out, "/64", THROTTLE_ADDRESS_SIZE - strlen(out) - 1);
}

static void
write_address(const char *text, char out[THROTTLE_ADDRESS_SIZE])
{
	struct in6_addr in6;
	struct in_addr in;

	if (text != NULL && inet_pton(AF_INET, text, &in) == 1)
		write_ipv4(&in, out);
	else if (text != NULL && inet_pton(AF_INET6, text, &in6) == 1)
		write_ipv6(&in6, out);
	else
		snprintf(out, THROTTLE_ADDRESS_SIZE, "-");
}

static void
write_user(const char *username, char out[HASH_HEX_SIZE])
{
	struct hash hash;

	hash_bytes(username, strlen(username), &hash);
	hash_hex(&hash, out);
}

void
throttle_init(struct throttle *t, const char *username, const char *address)
{
	memset(t, 0, sizeof(*t));
	write_user(username, t->user);
	write_address(address, t->address);
}

/* ---- counting ------------------------------------------------------------ */

static const char *
user_of(const struct throttle *t, int kind)
{
	return kind == ADDRESS ? "" : t->user;
}

static const char *
address_of(const struct throttle *t, int kind)
{
	return kind == USER ? "" : t->address;
}

/* What is left of a count now.  One from the future is of a clock that was
 * wrong, and says nothing. */
static int64_t
count_now(const struct limit *l, const struct count *c, int64_t now)
{
	int64_t forgiven;

	if (c->at_ms > now)
		return 0;
	forgiven = (now - c->at_ms) / l->forgive_ms;
	return c->n > forgiven ? c->n - forgiven : 0;
}

static int64_t
wait_ms(const struct limit *l, const struct count *c, int64_t now)
{
	int64_t over = count_now(l, c, now) - l->free;
	int64_t wait;

	if (over < 0)
		return 0;
	wait = SECOND << (over < DOUBLINGS ? over : DOUBLINGS);
	if (wait > l->longest_ms)
		wait = l->longest_ms;
	wait += c->at_ms - now;
	return wait > 0 ? wait : 0;
}

static int
count_read(struct db *db, const struct throttle *t, int kind, struct count *c)
{
	struct stmt *st;
	int rc;

	memset(c, 0, sizeof(*c));
	if ((rc = db_stmt(db, AUTH_FAILURE_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, user_of(t, kind));
	db_bind_text(st, 2, address_of(t, kind));
	if ((rc = db_step(st)) == 1) {
		c->n = db_int(st, 0);
		c->at_ms = db_int(st, 1);
		c->good_ms = db_int(st, 2);
		db_reset(st);
	}
	return rc < 0 ? rc : 0;
}

static int
count_one_more(struct db *db, const struct throttle *t, int kind,
    const struct count *c, int64_t now)
{
	const struct limit *l = &limits[kind];
	int64_t n = count_now(l, c, now);
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_FAILURE_PUT, &st)) != 0)
		return rc;
	db_bind_text(st, 1, user_of(t, kind));
	db_bind_text(st, 2, address_of(t, kind));
	db_bind_int(st, 3, n < l->free + DOUBLINGS ? n + 1 : n);
	db_bind_int(st, 4, now);
	return db_run(st);
}

static bool
is_known(const struct count *pair, int64_t now)
{
	return pair->good_ms > 0 && now - pair->good_ms < KNOWN_MS;
}

static int
counts_read(struct db *db, struct throttle *t, struct count counts[KINDS],
    int64_t now)
{
	int rc;

	for (int kind = 0; kind < KINDS; kind++)
		if ((rc = count_read(db, t, kind, &counts[kind])) != 0)
			return rc;
	t->is_known = is_known(&counts[PAIR], now);
	return 0;
}

/* Those that count for this login. */
static int
kinds_of(const struct throttle *t)
{
	return t->is_known ? PAIR + 1 : KINDS;
}

static int64_t
wait_longest_s(const struct throttle *t, const struct count counts[KINDS],
    int64_t now)
{
	int64_t longest = 0, one;

	for (int kind = 0; kind < kinds_of(t); kind++) {
		one = wait_ms(&limits[kind], &counts[kind], now);
		if (one > longest)
			longest = one;
	}
	return (longest + SECOND - 1) / SECOND;
}

int
throttle_wait(struct db *db, struct throttle *t, int64_t *wait_s)
{
	int64_t now = clock_wall_ms();
	struct count counts[KINDS];
	int rc;

	if ((rc = counts_read(db, t, counts, now)) == 0)
		*wait_s = wait_longest_s(t, counts, now);
	return rc;
}

/* ---- a login ------------------------------------------------------------- */

static int
sweep(struct db *db, int64_t now)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_FAILURE_SWEEP, &st)) != 0)
		return rc;
	db_bind_int(st, 1, now - FAILED_MS);
	db_bind_int(st, 2, now - KNOWN_MS);
	if ((rc = db_run(st)) != 0 ||
	    (rc = db_stmt(db, AUTH_FAILURE_TRIM, &st)) != 0)
		return rc;
	db_bind_int(st, 1, ROWS_MAX);
	return db_run(st);
}

static int
begin(struct db *db, struct throttle *t, int64_t *wait_s)
{
	int64_t now = clock_wall_ms();
	struct count counts[KINDS];
	int rc;

	if ((rc = counts_read(db, t, counts, now)) != 0)
		return rc;
	if ((*wait_s = wait_longest_s(t, counts, now)) > 0)
		return 0;
	for (int kind = 0; rc == 0 && kind < kinds_of(t); kind++)
		rc = count_one_more(db, t, kind, &counts[kind], now);
	if (rc == 0 && rand_below(SWEEP_EVERY) == 0)
		rc = sweep(db, now);
	return rc;
}

int
throttle_begin(struct db *db, struct throttle *t, int64_t *wait_s)
{
	int rc = db_begin(db);

	return rc != 0 ? rc : db_end(db, begin(db, t, wait_s));
}

static int
run_for(struct db *db, enum sql sql, const struct throttle *t, int64_t now)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, sql, &st)) != 0)
		return rc;
	db_bind_text(st, 1, t->user);
	db_bind_text(st, 2, t->address);
	if (sql == AUTH_FAILURE_GOOD)
		db_bind_int(st, 3, now);
	return db_run(st);
}

static int
succeed(struct db *db, const struct throttle *t)
{
	int64_t now = clock_wall_ms();
	int rc = 0;

	if (!t->is_known)
		rc = run_for(db, AUTH_FAILURE_TAKE_BACK, t, now);
	return rc != 0 ? rc : run_for(db, AUTH_FAILURE_GOOD, t, now);
}

int
throttle_succeed(struct db *db, const struct throttle *t)
{
	int rc = db_begin(db);

	return rc != 0 ? rc : db_end(db, succeed(db, t));
}

int
throttle_forget(struct db *db, const char *username)
{
	char user[HASH_HEX_SIZE];
	struct stmt *st;
	int rc;

	write_user(username, user);
	if ((rc = db_stmt(db, AUTH_FAILURE_FORGET_USER, &st)) != 0)
		return rc;
	db_bind_text(st, 1, user);
	return db_run(st);
}

int
throttle_count(struct db *db, int64_t *n)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_FAILURE_SUM, &st)) != 0 ||
	    (rc = db_step(st)) < 0)
		return rc;
	*n = db_int(st, 0);
	db_reset(st);
	return 0;
}

/* ---- one at a time ------------------------------------------------------- */

static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int waiting;

static int
queue_up(void)
{
	int rc = 0;

	pthread_mutex_lock(&counting);
	if (waiting >= THROTTLE_QUEUE)
		rc = err_set(E_BUSY, "too many logins at once");
	else
		waiting++;
	pthread_mutex_unlock(&counting);
	return rc;
}

int
throttle_enter(void)
{
	int rc;

	if ((rc = queue_up()) != 0)
		return rc;
	pthread_mutex_lock(&turn);
	pthread_mutex_lock(&counting);
	waiting--;
	pthread_mutex_unlock(&counting);
	return 0;
}

void
throttle_leave(void)
{
	pthread_mutex_unlock(&turn);
}
