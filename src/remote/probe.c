/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/probe.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/path.h"
#include "base/rand.h"
#include "remote/remote_ops.h"

enum {
	ROUNDS = 20,
	RACERS = 8,
	PATH_SIZE = 512,
	OBJECT_BYTES = 4096,
	LARGE_BYTES = 512 * 1024, /* more than servers hold back */
	AGE_MS = 2200, /* so that a copy's time differs by a second */
	LOOK_MS = 250,
	SLOW_MS = 1500, /* of an upload, in the middle */
	LOOKS = 20
};

struct probe {
	const struct remote_config *config;
	struct remote *r;
	char dir[64];
	void (*say)(void *arg, const char *sentence);
	void *arg;
	struct probe_findings *found;
	char data[OBJECT_BYTES];
	char *large;
};

/* ---- small parts ------------------------------------------------------------ */

static void
say(const struct probe *p, const char *sentence)
{
	if (p->say != NULL)
		p->say(p->arg, sentence);
}

static const char *
path_of(const struct probe *p, const char *name, char path[static PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/%s", p->dir, name);
	return path;
}

static int
put(struct probe *p, const char *name, const char *data, size_t len)
{
	struct source src = { .data = data,
		.fd = -1,
		.size_bytes = (int64_t)len };
	char path[PATH_SIZE];

	return p->r->ops->put(p->r, path_of(p, name, path), &src);
}

static int
move(struct probe *p, const char *from, const char *to,
    enum remote_move_kind kind)
{
	char a[PATH_SIZE], b[PATH_SIZE];

	return p->r->ops->move_once(p->r, path_of(p, from, a),
	    path_of(p, to, b), kind);
}

/* Does `name` hold exactly these bytes?  1, 0, or an error. */
static int
holds(struct probe *p, const char *name, const char *data, size_t len)
{
	struct buf got = { 0 };
	char path[PATH_SIZE];
	int rc;

	rc = p->r->ops->get(p->r, path_of(p, name, path), len, &got);
	if (rc == 0)
		rc = got.len == len && memcmp(buf_text(&got), data, len) == 0;
	else if (rc == E_ABSENT || rc == E_INPUT)
		rc = 0;
	buf_release(&got);
	return rc;
}

struct look {
	const char *name;
	bool is_there;
	int64_t size_bytes;
	int64_t mtime;
};

static int
look_at_entry(void *arg, const struct remote_entry *entry)
{
	struct look *l = arg;

	if (strcmp(entry->name, l->name) == 0) {
		l->is_there = true;
		l->size_bytes = entry->size_bytes;
		l->mtime = entry->mtime;
	}
	return 0;
}

static int
look(struct probe *p, struct remote *r, const char *name, struct look *l)
{
	*l = (struct look){ .name = name, .size_bytes = -1, .mtime = -1 };
	return r->ops->list(r, p->dir, look_at_entry, l);
}

/* These end a probe; all other errors are findings. */
static bool
is_end(int rc)
{
	return rc == E_STOPPED || rc == E_LOGIN || rc == E_IO;
}

static enum probe_verdict
verdict(int good)
{
	return good > 0 ? PROBE_GOOD : PROBE_BAD;
}

/* ---- listing ---------------------------------------------------------------- */

static const char *const odd_names[] = { "with space.txt",
	"100% & +#[x];=,.pdf", "gr\303\274\303\237e.tei.xml" };

enum { N_ODD = sizeof(odd_names) / sizeof(odd_names[0]) };

/* 1: after a PUT, name and size are in the listing; 0: not so. */
static int
is_listed(struct probe *p, const char *name)
{
	struct look l;
	int rc;

	if ((rc = put(p, name, p->data, 100)) != 0 ||
	    (rc = look(p, p->r, name, &l)) != 0)
		return rc;
	return l.is_there && l.size_bytes == 100;
}

static int
probe_listing(struct probe *p)
{
	int rc;

	say(p, "Do listings tell names and sizes?");
	if ((rc = is_listed(p, "plain")) < 0)
		return rc; /* not even that: no store at all */
	p->found->listing = verdict(rc);
	return 0;
}

/* The store's own names are plain ones, but those of its folder may not be. */
static int
probe_odd_names(struct probe *p)
{
	int i, rc = 1;

	say(p, "Are names of any signs and letters told as they are?");
	for (i = 0; i < N_ODD && rc > 0; i++)
		if (is_end(rc = is_listed(p, odd_names[i])))
			return rc;
	p->found->odd_names = verdict(rc);
	return 0;
}

/* ---- renaming --------------------------------------------------------------- */

/* Of the head's kind and of a content's: source gone, target there. */
static int
renames_well(struct probe *p, const char *from, const char *to)
{
	struct look a, b;
	int rc;

	if ((rc = move(p, from, to, REMOTE_MOVE_FILE)) != 0)
		return is_end(rc) ? rc : 0;
	if ((rc = look(p, p->r, from, &a)) != 0 ||
	    (rc = look(p, p->r, to, &b)) != 0)
		return is_end(rc) ? rc : 0;
	if (a.is_there || !b.is_there)
		return 0;
	return holds(p, to, p->data, OBJECT_BYTES);
}

static int
probe_times(struct probe *p, int64_t mtime)
{
	struct look l;
	int rc;

	if ((rc = look(p, p->r, "renamed.pdf", &l)) != 0)
		return is_end(rc) ? rc : 0;
	if (mtime >= 0 && l.mtime >= 0)
		p->found->move_renames = verdict(mtime == l.mtime);
	return 0;
}

static int
probe_move(struct probe *p)
{
	struct look before;
	int head, content, rc;

	say(p, "Can objects be renamed, and are they not copied?");
	if ((rc = put(p, "head", p->data, OBJECT_BYTES)) != 0 ||
	    (rc = put(p, "content.pdf", p->data, OBJECT_BYTES)) != 0 ||
	    (rc = look(p, p->r, "content.pdf", &before)) != 0)
		return is_end(rc) ? rc : 0;
	clock_sleep_ms(AGE_MS);
	head = renames_well(p, "head", "head-renamed");
	content = renames_well(p, "content.pdf", "renamed.pdf");
	if (is_end(head) || is_end(content))
		return is_end(head) ? head : content;
	p->found->move = verdict(head > 0 && content > 0);
	return content > 0 ? probe_times(p, before.mtime) : 0;
}

static int
probe_keeps(struct probe *p)
{
	char other[OBJECT_BYTES];
	int rc, source, target;

	say(p, "Does renaming leave an existing name alone?");
	memset(other, 'o', sizeof(other));
	if ((rc = put(p, "keep-a", p->data, OBJECT_BYTES)) != 0 ||
	    (rc = put(p, "keep-b", other, OBJECT_BYTES)) != 0)
		return is_end(rc) ? rc : 0;
	rc = move(p, "keep-a", "keep-b", REMOTE_MOVE_FILE);
	source = holds(p, "keep-a", p->data, OBJECT_BYTES);
	target = holds(p, "keep-b", other, OBJECT_BYTES);
	if (is_end(rc) || is_end(source) || is_end(target))
		return rc != 0 ? rc : E_STOPPED;
	p->found->move_keeps = verdict(rc != 0 && source > 0 && target > 0);
	return 0;
}

static int
make_folder(struct probe *p, const char *name, const char *data)
{
	struct source src = { .data = data, .fd = -1, .size_bytes = 100 };
	char path[PATH_SIZE], file[PATH_SIZE + 8];
	int rc;

	rc = p->r->ops->make_dir(p->r, path_of(p, name, path));
	snprintf(file, sizeof(file), "%s/inside", path);
	return rc != 0 ? rc : p->r->ops->put(p->r, file, &src);
}

/* A write cache may show what is in a renamed folder some seconds later. */
static int
shows_up(struct probe *p, const char *name, const char *data)
{
	int i, rc = 0;

	for (i = 0; i < LOOKS && rc == 0; i++) {
		if (i > 0)
			clock_sleep_ms(LOOK_MS);
		rc = holds(p, name, data, 100);
		if (rc < 0 && !is_end(rc))
			rc = 0;
	}
	return rc;
}

static int
probe_folder(struct probe *p)
{
	char other[100];
	int rc, again, first, second;

	say(p, "Can folders be renamed?");
	memset(other, 'f', sizeof(other));
	if ((rc = make_folder(p, "folder-a", p->data)) != 0 ||
	    (rc = make_folder(p, "folder-b", other)) != 0)
		return is_end(rc) ? rc : 0;
	rc = move(p, "folder-a", "folder", REMOTE_MOVE_DIR);
	first = rc == 0 ? shows_up(p, "folder/inside", p->data) : rc;
	again = move(p, "folder-b", "folder", REMOTE_MOVE_DIR);
	second = holds(p, "folder/inside", p->data, 100);
	if (is_end(rc) || is_end(again) || is_end(first))
		return E_STOPPED;
	p->found->move_folder = verdict(
	    rc == 0 && first > 0 && again != 0 && second > 0);
	return 0;
}

/* ---- races ------------------------------------------------------------------ */

struct racer {
	struct probe *p;
	struct remote *r;
	pthread_t thread;
	pthread_barrier_t *line;
	int number;
	int wins_told;
};

static void
race_names(int round, int number, char from[64], char to[64])
{
	snprintf(from, 64, "race-%02d", round);
	snprintf(to, 64, "race-%02d-by-%d", round, number);
}

static void *
race(void *arg)
{
	struct racer *racer = arg;
	char from[64], to[64], a[PATH_SIZE], b[PATH_SIZE];
	int round;

	for (round = 0; round < ROUNDS; round++) {
		race_names(round, racer->number, from, to);
		path_of(racer->p, from, a);
		path_of(racer->p, to, b);
		pthread_barrier_wait(racer->line);
		if (racer->r->ops->move_once(racer->r, a, b,
			REMOTE_MOVE_FILE) == 0)
			racer->wins_told++;
	}
	return NULL;
}

struct tally {
	int of_round[ROUNDS]; /* names seen that a racer made */
	bool is_left[ROUNDS]; /* the name they raced for */
};

static int
tally_entry(void *arg, const struct remote_entry *entry)
{
	struct tally *t = arg;
	const char *n = entry->name;
	int round;

	if (strncmp(n, "race-", 5) != 0 || strlen(n) < 7)
		return 0;
	round = (n[5] - '0') * 10 + n[6] - '0';
	if (round < 0 || round >= ROUNDS)
		return 0;
	if (n[7] == '\0')
		t->is_left[round] = true;
	else
		t->of_round[round]++;
	return 0;
}

/* 1: in each round exactly one won; 0: fewer (yet); -1: more, ever. */
static int
tally_up(const struct tally *t)
{
	int round, all = 1;

	for (round = 0; round < ROUNDS; round++) {
		if (t->of_round[round] > 1)
			return -1;
		if (t->of_round[round] == 0 || t->is_left[round])
			all = 0;
	}
	return all;
}

/* A listing may lag, or leave out a name: look for a while. */
static int
judge_races(struct probe *p)
{
	int i, rc, result = 0;

	for (i = 0; i < LOOKS && result != 1; i++) {
		struct tally t = { .of_round = { 0 } };

		if (i > 0)
			clock_sleep_ms(LOOK_MS);
		if ((rc = p->r->ops->list(p->r, p->dir, tally_entry, &t)) != 0)
			return is_end(rc) ? rc : 0;
		result = tally_up(&t);
	}
	p->found->exact_swap = verdict(result);
	return 0;
}

static int
open_racer(struct probe *p, struct remote **r)
{
	struct remote_config c = *p->config;
	struct look l;
	int rc;

	c.connections = 1;
	c.tries = 1;
	if ((rc = remote_open(&c, r)) != 0)
		return rc;
	(*r)->is_probe = true;
	return look(p, *r, "plain", &l); /* the connection is kept */
}

static int
put_what_is_raced_for(struct probe *p)
{
	char from[64], to[64];
	int round, rc = 0;

	for (round = 0; round < ROUNDS && rc == 0; round++) {
		race_names(round, 0, from, to);
		rc = put(p, from, p->data, 100);
	}
	return rc;
}

static int
run_races(struct racer *racers)
{
	pthread_barrier_t line;
	int i, n;

	pthread_barrier_init(&line, NULL, RACERS);
	for (n = 0; n < RACERS; n++) {
		racers[n].line = &line;
		if (pthread_create(&racers[n].thread, NULL, race, &racers[n]) !=
		    0)
			abort(); /* the others wait for it at the line */
	}
	for (i = 0; i < n; i++)
		pthread_join(racers[i].thread, NULL);
	pthread_barrier_destroy(&line);
	return 0;
}

static int
probe_races(struct probe *p)
{
	struct racer racers[RACERS];
	int i, rc;

	say(p, "Of eight writers that race, does exactly one win?");
	memset(racers, 0, sizeof(racers));
	rc = put_what_is_raced_for(p);
	for (i = 0; i < RACERS && rc == 0; i++) {
		racers[i].p = p;
		racers[i].number = i;
		rc = open_racer(p, &racers[i].r);
	}
	if (rc == 0 && (rc = run_races(racers)) == 0)
		rc = judge_races(p);
	for (i = 0; i < RACERS; i++)
		remote_close(racers[i].r);
	return is_end(rc) ? rc : 0;
}

/* ---- torn or whole ------------------------------------------------------------ */

static struct source
large_source(const struct probe *p)
{
	return (struct source){ .data = p->large,
		.fd = -1,
		.size_bytes = LARGE_BYTES };
}

/* After the connection was cut: does anything ever show up? */
static int
cut_leaves_nothing(struct probe *p)
{
	struct remote_spoil how = { .cut_at = LARGE_BYTES / 2 };
	struct source src = large_source(p);
	char path[PATH_SIZE];
	struct look l;
	int i, rc;

	rc = p->r->ops->put_spoilt(p->r, path_of(p, "cut", path), &src, &how);
	if (is_end(rc))
		return rc;
	for (i = 0; i < 4; i++) {
		clock_sleep_ms(LOOK_MS);
		if ((rc = look(p, p->r, "cut", &l)) != 0)
			return rc;
		if (l.is_there)
			return 0;
	}
	return 1;
}

struct slow {
	struct probe *p;
	struct remote *r;
	int rc;
	atomic_bool is_over;
};

static void *
put_slowly(void *arg)
{
	struct slow *s = arg;
	struct remote_spoil how = { .pause_at = LARGE_BYTES / 2,
		.pause_ms = SLOW_MS };
	struct source src = large_source(s->p);
	char path[PATH_SIZE];

	s->rc = s->r->ops->put_spoilt(s->r, path_of(s->p, "slow", path), &src,
	    &how);
	atomic_store(&s->is_over, true);
	return NULL;
}

/*
 * While half of it is sent: is the name there already?  E_BUSY when it was
 * sent before we had looked.
 */
static int
slow_shows_nothing(struct probe *p)
{
	struct slow s = { .p = p };
	struct look l = { .is_there = false };
	pthread_t thread;
	bool was_late;
	int rc;

	if ((rc = open_racer(p, &s.r)) != 0 ||
	    pthread_create(&thread, NULL, put_slowly, &s) != 0) {
		remote_close(s.r);
		return rc != 0 ? rc : err_set(E_IO, "no thread");
	}
	clock_sleep_ms(LOOK_MS);
	rc = look(p, p->r, "slow", &l);
	was_late = atomic_load(&s.is_over);
	pthread_join(thread, NULL);
	remote_close(s.r);
	if (rc != 0)
		return rc;
	if (was_late && s.rc == 0)
		return err_set(E_BUSY, "the slow upload was too quick");
	if (s.rc != 0 || l.is_there)
		return 0;
	return holds(p, "slow", p->large, LARGE_BYTES);
}

static int
probe_whole(struct probe *p)
{
	int cut, slow;

	say(p, "Does an upload that is cut off leave a torn object?");
	cut = cut_leaves_nothing(p);
	slow = cut > 0 ? slow_shows_nothing(p) : cut;
	if (is_end(cut) || is_end(slow))
		return is_end(cut) ? cut : slow;
	if (cut >= 0 && slow >= 0)
		p->found->put_whole = verdict(slow);
	return 0;
}

/* ---- limits ------------------------------------------------------------------- */

static int
probe_range(struct probe *p)
{
	struct buf got = { 0 };
	char path[PATH_SIZE];
	int rc;

	say(p, "Can a part of an object be had?");
	if ((rc = put(p, "range", p->data, OBJECT_BYTES)) == 0) {
		rc = p->r->ops->get_part(p->r, path_of(p, "range", path), 1000,
		    500, &got);
		p->found->range = verdict(rc == 0 && got.len == 500 &&
		    memcmp(buf_text(&got), p->data + 1000, 500) == 0);
	}
	buf_release(&got);
	return is_end(rc) ? rc : 0;
}

static int
try_name(struct probe *p, struct remote *r, int length)
{
	struct source src = { .data = p->data, .fd = -1, .size_bytes = 100 };
	char name[256], path[PATH_SIZE];
	int rc;

	memset(name, 'n', sizeof(name));
	name[length] = '\0';
	if ((rc = r->ops->put(r, path_of(p, name, path), &src)) != 0)
		return is_end(rc) ? rc : 0;
	return holds(p, name, p->data, 100);
}

/* Asked once for each: servers say 500 to what is too long. */
static int
probe_names(struct probe *p)
{
	static const int lengths[] = { 255, 200, 143, 120, 96, 64 };
	struct remote *r = NULL;
	size_t i;
	int rc;

	say(p, "How long may a name be?");
	if ((rc = open_racer(p, &r)) == 0)
		remote_set_traits(r, p->r->traits);
	for (i = 0; rc == 0 && i < sizeof(lengths) / sizeof(lengths[0]); i++)
		if ((rc = try_name(p, r, lengths[i])) > 0)
			p->found->longest_name = lengths[i];
	remote_close(r);
	return is_end(rc) ? rc : 0;
}

/* A file of nothing but holes: it takes no memory. */
static int
probe_body(struct probe *p, int64_t bytes)
{
	struct source src = { .fd = memfd_create("probe", MFD_CLOEXEC),
		.size_bytes = bytes };
	char path[PATH_SIZE];
	int rc;

	if (bytes <= 0 || src.fd < 0 || ftruncate(src.fd, bytes) != 0) {
		source_close(&src);
		return 0;
	}
	say(p, "Is a large body taken?");
	rc = p->r->ops->put(p->r, path_of(p, "large", path), &src);
	source_close(&src);
	if (rc == 0)
		p->found->largest_body = bytes;
	return is_end(rc) ? rc : 0;
}

/* ---- the whole ------------------------------------------------------------------ */

static int
ask_all(struct probe *p, int64_t largest_body)
{
	int rc;

	if ((rc = probe_listing(p)) != 0 || (rc = probe_move(p)) != 0 ||
	    (rc = probe_keeps(p)) != 0 || (rc = probe_folder(p)) != 0 ||
	    (rc = probe_races(p)) != 0 || (rc = probe_whole(p)) != 0 ||
	    (rc = probe_range(p)) != 0 || (rc = probe_names(p)) != 0 ||
	    (rc = probe_odd_names(p)) != 0)
		return rc;
	return probe_body(p, largest_body);
}

static bool
is_network(const char *url)
{
	if (!str_starts(url, "file://"))
		return false;
	return path_is_network(url + strlen("file://")) > 0;
}

static int
in_own_folder(struct probe *p, int64_t largest_body)
{
	char uuid[37], text[1024];
	int rc;

	snprintf(p->dir, sizeof(p->dir), ".stemma-probe-%s", rand_uuid(uuid));
	if ((rc = remote_make_root(p->r)) != 0 ||
	    (rc = remote_make_dir(p->r, p->dir)) != 0)
		return rc;
	rc = ask_all(p, largest_body);
	snprintf(text, sizeof(text), "%s", err_text());
	(void)p->r->ops->remove_dir(p->r, p->dir);
	return rc != 0 ? err_set(rc, "%s", text) : 0;
}

/*
 * Everything is put under its own name at once: whether that is whole is one
 * of the questions, and the answers to the others do not need it.
 */
int
probe_run(const struct remote_config *config, int64_t largest_body,
    void (*say_it)(void *arg, const char *sentence), void *arg,
    struct probe_findings *findings)
{
	struct probe p = { .config = config,
		.say = say_it,
		.arg = arg,
		.found = findings };
	struct remote_traits traits = { .put_is_whole = true };
	int64_t began_ms = clock_mono_ms();
	int rc;

	memset(findings, 0, sizeof(*findings));
	if ((rc = remote_open(config, &p.r)) != 0)
		return rc;
	remote_set_traits(p.r, traits);
	rand_bytes(p.data, sizeof(p.data));
	if ((p.large = malloc(LARGE_BYTES)) == NULL)
		abort(); /* out of memory */
	rand_bytes(p.large, LARGE_BYTES);
	rc = in_own_folder(&p, largest_body);
	free(p.large);
	findings->is_network_dir = is_network(config->url);
	findings->duration_ms = clock_mono_ms() - began_ms;
	remote_close(p.r);
	return rc;
}
