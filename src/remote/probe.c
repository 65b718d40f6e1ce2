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
#include "remote/probe_parts.h"

enum {
	AGE_MS = 2200, /* so that a copy's time differs by a second */
	LOOK_MS = 250,
	SLOW_MS = 1500, /* of an upload, in the middle */
	LOOKS = 20,
	FOLDER_LOOKS = 60 /* 15 s, as whoever creates a store looks */
};

/* ---- small parts ------------------------------------------------------------ */

void
probe_say(const struct probe *p, const char *sentence)
{
	if (p->say != NULL)
		p->say(p->arg, sentence);
}

const char *
probe_path(const struct probe *p, const char *name,
    char path[static PROBE_PATH_SIZE])
{
	snprintf(path, PROBE_PATH_SIZE, "%s/%s", p->dir, name);
	return path;
}

int
probe_put(struct probe *p, const char *name, const char *data, size_t len)
{
	struct source src = { .data = data,
		.fd = -1,
		.size_bytes = (int64_t)len };
	char path[PROBE_PATH_SIZE];

	return p->r->ops->put(p->r, probe_path(p, name, path), &src);
}

static int
move(struct probe *p, const char *from, const char *to,
    enum remote_move_kind kind)
{
	char a[PROBE_PATH_SIZE], b[PROBE_PATH_SIZE];

	return p->r->ops->move_once(p->r, probe_path(p, from, a),
	    probe_path(p, to, b), kind);
}

/* Does `name` hold exactly these bytes?  1, 0, or an error. */
int
probe_holds(struct probe *p, const char *name, const char *data, size_t len)
{
	struct buf got = { 0 };
	char path[PROBE_PATH_SIZE];
	int rc;

	rc = p->r->ops->get(p->r, probe_path(p, name, path), len, &got);
	if (rc == 0)
		rc = got.len == len && memcmp(buf_text(&got), data, len) == 0;
	else if (rc == E_ABSENT || rc == E_INPUT)
		rc = 0;
	buf_release(&got);
	return rc;
}

static int
look_at_entry(void *arg, const struct remote_entry *entry)
{
	struct probe_look *l = arg;

	if (strcmp(entry->name, l->name) == 0) {
		l->is_there = true;
		l->size_bytes = entry->size_bytes;
		l->mtime = entry->mtime;
	}
	return 0;
}

int
probe_look(struct probe *p, struct remote *r, const char *name,
    struct probe_look *l)
{
	*l = (struct probe_look){ .name = name, .size_bytes = -1, .mtime = -1 };
	return r->ops->list(r, p->dir, look_at_entry, l);
}

/* These end a probe; all other errors are findings. */
bool
probe_is_end(int rc)
{
	return rc == E_STOPPED || rc == E_LOGIN || rc == E_IO;
}

enum probe_verdict
probe_found(int good)
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
	struct probe_look l;
	int rc;

	if ((rc = probe_put(p, name, p->data, 100)) != 0 ||
	    (rc = probe_look(p, p->r, name, &l)) != 0)
		return rc;
	return l.is_there && l.size_bytes == 100;
}

static int
probe_listing(struct probe *p)
{
	int rc;

	probe_say(p, "Do listings tell names and sizes?");
	if ((rc = is_listed(p, "plain")) < 0)
		return rc; /* not even that: no store at all */
	p->found->listing = probe_found(rc);
	return 0;
}

/* The store's own names are plain ones, but those of its folder may not be. */
static int
probe_odd_names(struct probe *p)
{
	int i, rc = 1;

	probe_say(p, "Are names of any signs and letters told as they are?");
	for (i = 0; i < N_ODD && rc > 0; i++)
		if (probe_is_end(rc = is_listed(p, odd_names[i])))
			return rc;
	p->found->odd_names = probe_found(rc);
	return 0;
}

/* ---- renaming --------------------------------------------------------------- */

/* Of the head's kind and of a content's: source gone, target there. */
static int
renames_well(struct probe *p, const char *from, const char *to)
{
	struct probe_look a, b;
	int rc;

	if ((rc = move(p, from, to, REMOTE_MOVE_FILE)) != 0)
		return probe_is_end(rc) ? rc : 0;
	if ((rc = probe_look(p, p->r, from, &a)) != 0 ||
	    (rc = probe_look(p, p->r, to, &b)) != 0)
		return probe_is_end(rc) ? rc : 0;
	if (a.is_there || !b.is_there)
		return 0;
	return probe_holds(p, to, p->data, PROBE_OBJECT_BYTES);
}

static int
probe_times(struct probe *p, int64_t mtime)
{
	struct probe_look l;
	int rc;

	if ((rc = probe_look(p, p->r, "renamed.pdf", &l)) != 0)
		return probe_is_end(rc) ? rc : 0;
	if (mtime >= 0 && l.mtime >= 0)
		p->found->move_renames = probe_found(mtime == l.mtime);
	return 0;
}

static int
probe_move(struct probe *p)
{
	struct probe_look before;
	int head, content, rc;

	probe_say(p, "Can objects be renamed, and are they not copied?");
	if ((rc = probe_put(p, "head", p->data, PROBE_OBJECT_BYTES)) != 0 ||
	    (rc = probe_put(p, "content.pdf", p->data, PROBE_OBJECT_BYTES)) !=
		0 ||
	    (rc = probe_look(p, p->r, "content.pdf", &before)) != 0)
		return probe_is_end(rc) ? rc : 0;
	clock_sleep_ms(AGE_MS);
	head = renames_well(p, "head", "head-renamed");
	content = renames_well(p, "content.pdf", "renamed.pdf");
	if (probe_is_end(head) || probe_is_end(content))
		return probe_is_end(head) ? head : content;
	p->found->move = probe_found(head > 0 && content > 0);
	return content > 0 ? probe_times(p, before.mtime) : 0;
}

static int
probe_keeps(struct probe *p)
{
	char other[PROBE_OBJECT_BYTES];
	int rc, source, target;

	probe_say(p, "Does renaming leave an existing name alone?");
	memset(other, 'o', sizeof(other));
	if ((rc = probe_put(p, "keep-a", p->data, PROBE_OBJECT_BYTES)) != 0 ||
	    (rc = probe_put(p, "keep-b", other, PROBE_OBJECT_BYTES)) != 0)
		return probe_is_end(rc) ? rc : 0;
	rc = move(p, "keep-a", "keep-b", REMOTE_MOVE_FILE);
	source = probe_holds(p, "keep-a", p->data, PROBE_OBJECT_BYTES);
	target = probe_holds(p, "keep-b", other, PROBE_OBJECT_BYTES);
	if (probe_is_end(rc) || probe_is_end(source) || probe_is_end(target))
		return rc != 0 ? rc : E_STOPPED;
	p->found->move_keeps = probe_found(rc != 0 && source > 0 && target > 0);
	return 0;
}

static int
make_folder(struct probe *p, const char *name, const char *data)
{
	struct source src = { .data = data, .fd = -1, .size_bytes = 100 };
	char path[PROBE_PATH_SIZE], file[PROBE_PATH_SIZE + 8];
	int rc;

	rc = p->r->ops->make_dir(p->r, probe_path(p, name, path));
	snprintf(file, sizeof(file), "%s/inside", path);
	return rc != 0 ? rc : p->r->ops->put(p->r, file, &src);
}

/* A write cache may show what is in a renamed folder some seconds later. */
static int
shows_up(struct probe *p, const char *name, const char *data)
{
	int i, rc = 0;

	for (i = 0; i < FOLDER_LOOKS && rc == 0; i++) {
		if (i > 0)
			clock_sleep_ms(LOOK_MS);
		rc = probe_holds(p, name, data, 100);
		if (rc < 0 && !probe_is_end(rc))
			rc = 0;
	}
	return rc;
}

static int
probe_folder(struct probe *p)
{
	char other[100];
	int rc, again, first, second;

	probe_say(p, "Can folders be renamed?");
	memset(other, 'f', sizeof(other));
	if ((rc = make_folder(p, "folder-a", p->data)) != 0 ||
	    (rc = make_folder(p, "folder-b", other)) != 0)
		return probe_is_end(rc) ? rc : 0;
	rc = move(p, "folder-a", "folder", REMOTE_MOVE_DIR);
	first = rc == 0 ? shows_up(p, "folder/inside", p->data) : rc;
	again = move(p, "folder-b", "folder", REMOTE_MOVE_DIR);
	second = probe_holds(p, "folder/inside", p->data, 100);
	if (probe_is_end(rc) || probe_is_end(again) || probe_is_end(first))
		return E_STOPPED;
	p->found->move_folder = probe_found(
	    rc == 0 && first > 0 && again != 0 && second > 0);
	return 0;
}

/* ---- races ------------------------------------------------------------------ */

static void
race_names(int round, int number, char from[64], char to[64])
{
	snprintf(from, 64, "race-%02d", round);
	snprintf(to, 64, "race-%02d-by-%d", round, number);
}

static void *
race(void *arg)
{
	struct probe_racer *racer = arg;
	char from[64], to[64], a[PROBE_PATH_SIZE], b[PROBE_PATH_SIZE];
	int round;

	for (round = 0; round < PROBE_ROUNDS; round++) {
		race_names(round, racer->number, from, to);
		probe_path(racer->p, from, a);
		probe_path(racer->p, to, b);
		pthread_barrier_wait(racer->line);
		(void)racer->r->ops->move_once(racer->r, a, b,
		    REMOTE_MOVE_FILE);
	}
	return NULL;
}

struct tally {
	int of_round[PROBE_ROUNDS]; /* names seen that a racer made */
	bool is_left[PROBE_ROUNDS]; /* the name they raced for */
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
	if (round < 0 || round >= PROBE_ROUNDS)
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

	for (round = 0; round < PROBE_ROUNDS; round++) {
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
			return probe_is_end(rc) ? rc : 0;
		result = tally_up(&t);
	}
	p->found->exact_swap = probe_found(result);
	return 0;
}

int
probe_open_racer(struct probe *p, struct remote **r)
{
	struct remote_config c = *p->config;
	struct probe_look l;
	int rc;

	c.connections = 1;
	c.tries = 1;
	if ((rc = remote_open(&c, r)) != 0)
		return rc;
	(*r)->is_probe = true;
	return probe_look(p, *r, "plain", &l); /* the connection is kept */
}

static int
put_what_is_raced_for(struct probe *p)
{
	char from[64], to[64];
	int round, rc = 0;

	for (round = 0; round < PROBE_ROUNDS && rc == 0; round++) {
		race_names(round, 0, from, to);
		rc = probe_put(p, from, p->data, 100);
	}
	return rc;
}

static void
run_races(struct probe_racer *racers, void *(*run)(void *arg))
{
	pthread_barrier_t line;
	int i, n;

	pthread_barrier_init(&line, NULL, PROBE_RACERS);
	for (n = 0; n < PROBE_RACERS; n++) {
		racers[n].line = &line;
		if (pthread_create(&racers[n].thread, NULL, run, &racers[n]) !=
		    0)
			abort(); /* the others wait for it at the line */
	}
	for (i = 0; i < n; i++)
		pthread_join(racers[i].thread, NULL);
	pthread_barrier_destroy(&line);
}

int
probe_race(struct probe *p, void *(*run)(void *arg), void *what)
{
	struct probe_racer racers[PROBE_RACERS];
	int i, rc = 0;

	memset(racers, 0, sizeof(racers));
	for (i = 0; i < PROBE_RACERS && rc == 0; i++) {
		racers[i].p = p;
		racers[i].number = i;
		racers[i].what = what;
		rc = probe_open_racer(p, &racers[i].r);
	}
	if (rc == 0)
		run_races(racers, run);
	for (i = 0; i < PROBE_RACERS; i++)
		remote_close(racers[i].r);
	return rc;
}

static int
probe_races(struct probe *p)
{
	int rc;

	probe_say(p, "Of eight writers that race, does exactly one win?");
	if ((rc = put_what_is_raced_for(p)) == 0 &&
	    (rc = probe_race(p, race, NULL)) == 0)
		rc = judge_races(p);
	return probe_is_end(rc) ? rc : 0;
}

/* ---- torn or whole ------------------------------------------------------------ */

static struct source
large_source(const struct probe *p)
{
	return (struct source){ .data = p->large,
		.fd = -1,
		.size_bytes = PROBE_LARGE_BYTES };
}

/* After the connection was cut: does anything ever show up? */
static int
cut_leaves_nothing(struct probe *p)
{
	struct remote_spoil how = { .cut_at = PROBE_LARGE_BYTES / 2 };
	struct source src = large_source(p);
	char path[PROBE_PATH_SIZE];
	struct probe_look l;
	int i, rc;

	rc = p->r->ops->put_spoilt(p->r, probe_path(p, "cut", path), &src,
	    &how);
	if (probe_is_end(rc))
		return rc;
	for (i = 0; i < 4; i++) {
		clock_sleep_ms(LOOK_MS);
		if ((rc = probe_look(p, p->r, "cut", &l)) != 0)
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
	struct remote_spoil how = { .pause_at = PROBE_LARGE_BYTES / 2,
		.pause_ms = SLOW_MS };
	struct source src = large_source(s->p);
	char path[PROBE_PATH_SIZE];

	s->rc = s->r->ops->put_spoilt(s->r, probe_path(s->p, "slow", path),
	    &src, &how);
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
	struct probe_look l = { .is_there = false };
	pthread_t thread;
	bool was_late;
	int rc;

	if ((rc = probe_open_racer(p, &s.r)) != 0 ||
	    pthread_create(&thread, NULL, put_slowly, &s) != 0) {
		remote_close(s.r);
		return rc != 0 ? rc : err_set(E_IO, "no thread");
	}
	clock_sleep_ms(LOOK_MS);
	rc = probe_look(p, p->r, "slow", &l);
	was_late = atomic_load(&s.is_over);
	pthread_join(thread, NULL);
	remote_close(s.r);
	if (rc != 0)
		return rc;
	if (was_late && s.rc == 0)
		return err_set(E_BUSY, "the slow upload was too quick");
	if (s.rc != 0 || l.is_there)
		return 0;
	return probe_holds(p, "slow", p->large, PROBE_LARGE_BYTES);
}

static int
probe_whole(struct probe *p)
{
	int cut, slow;

	probe_say(p, "Does an upload that is cut off leave a torn object?");
	cut = cut_leaves_nothing(p);
	slow = cut > 0 ? slow_shows_nothing(p) : cut;
	if (probe_is_end(cut) || probe_is_end(slow))
		return probe_is_end(cut) ? cut : slow;
	if (cut >= 0 && slow >= 0)
		p->found->put_whole = probe_found(slow);
	return 0;
}

/* ---- limits ------------------------------------------------------------------- */

static int
probe_range(struct probe *p)
{
	struct buf got = { 0 };
	char path[PROBE_PATH_SIZE];
	int rc;

	probe_say(p, "Can a part of an object be had?");
	if ((rc = probe_put(p, "range", p->data, PROBE_OBJECT_BYTES)) == 0) {
		rc = p->r->ops->get_part(p->r, probe_path(p, "range", path),
		    1000, 500, &got);
		p->found->range = probe_found(rc == 0 && got.len == 500 &&
		    memcmp(buf_text(&got), p->data + 1000, 500) == 0);
	}
	buf_release(&got);
	return probe_is_end(rc) ? rc : 0;
}

static int
try_name(struct probe *p, struct remote *r, int length)
{
	struct source src = { .data = p->data, .fd = -1, .size_bytes = 100 };
	char name[256], path[PROBE_PATH_SIZE];
	int rc;

	memset(name, 'n', sizeof(name));
	name[length] = '\0';
	if ((rc = r->ops->put(r, probe_path(p, name, path), &src)) != 0)
		return probe_is_end(rc) ? rc : 0;
	return probe_holds(p, name, p->data, 100);
}

/* Asked once for each: servers say 500 to what is too long. */
static int
probe_names(struct probe *p)
{
	static const int lengths[] = { 255, 200, 143, 120, 96, 64 };
	struct remote *r = NULL;
	size_t i;
	int rc;

	probe_say(p, "How long may a name be?");
	if ((rc = probe_open_racer(p, &r)) == 0)
		remote_set_traits(r, p->r->traits);
	for (i = 0; rc == 0 && i < sizeof(lengths) / sizeof(lengths[0]); i++)
		if ((rc = try_name(p, r, lengths[i])) > 0)
			p->found->longest_name = lengths[i];
	remote_close(r);
	return probe_is_end(rc) ? rc : 0;
}

/* A file of nothing but holes: it takes no memory. */
static int
probe_body(struct probe *p, int64_t bytes)
{
	struct source src = { .fd = memfd_create("probe", MFD_CLOEXEC),
		.size_bytes = bytes };
	char path[PROBE_PATH_SIZE];
	int rc;

	if (bytes <= 0 || src.fd < 0 || ftruncate(src.fd, bytes) != 0) {
		source_close(&src);
		return 0;
	}
	probe_say(p, "Is a large body taken?");
	rc = p->r->ops->put(p->r, probe_path(p, "large", path), &src);
	source_close(&src);
	if (rc == 0)
		p->found->largest_body = bytes;
	return probe_is_end(rc) ? rc : 0;
}

/* ---- the whole ------------------------------------------------------------------ */

static int
ask_of_renaming(struct probe *p)
{
	int rc;

	if ((rc = probe_move(p)) != 0 || (rc = probe_keeps(p)) != 0 ||
	    (rc = probe_folder(p)) != 0)
		return rc;
	return probe_races(p);
}

static int
ask_all(struct probe *p, int64_t largest_body)
{
	int rc;

	if ((rc = probe_listing(p)) != 0 ||
	    (rc = p->found->by_match ? probe_swaps(p) : ask_of_renaming(p)) !=
		0 ||
	    (rc = probe_whole(p)) != 0 || (rc = probe_range(p)) != 0 ||
	    (rc = probe_names(p)) != 0 || (rc = probe_odd_names(p)) != 0)
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
	findings->by_match = p.r->ops->swap != NULL;
	rand_bytes(p.data, sizeof(p.data));
	if ((p.large = malloc(PROBE_LARGE_BYTES)) == NULL)
		abort(); /* out of memory */
	rand_bytes(p.large, PROBE_LARGE_BYTES);
	rc = in_own_folder(&p, largest_body);
	free(p.large);
	findings->is_network_dir = is_network(config->url);
	findings->duration_ms = clock_mono_ms() - began_ms;
	remote_close(p.r);
	return rc;
}
