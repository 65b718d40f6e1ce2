/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/shared.h"
#include "sync/merge.h"
#include "sync/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * Laws of planner and merge, held against random triples of what both sides had,
 * what is here and what came.  STEMMA_TEST_TRIPLES says how many (100,000),
 * STEMMA_TEST_SEED which.
 */

/* ---- triples ---------------------------------------------------------------- */

static uint64_t seed, dice;

static unsigned
roll(unsigned below)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (unsigned)((dice >> 11) % below);
}

#define PICK(list) (list)[roll(sizeof(list) / sizeof((list)[0]))]

/* Few values, so that the same is often found twice. */
static const char *const ids[] = {
	"dace9a4d2d04f51bc9fee54104893d5612aebf483e53dedc2be1ae40db3f6244",
	"1381be58ff61c837f922512c19392ea90fd3caec38cd0ba4a2e4344fcfd48a71",
	"00000000ff61c837f922512c19392ea90fd3caec38cd0ba4a2e4344fcfd48a71",
};
static const char *const names[] = { "a.xml", "b.xml", "c.xml" };
static const char *const docs[] = { "doc", "doc", "doc", "other" };
static const char *const kinds[] = { "custom", "doi" };
static const char *const words[] = { NULL, "x", "y", "z" };
static const char *const sets[] = { "[]", "[\"a\"]", "[\"b\"]", "[\"a\",\"b\"]",
	"[\"b\",\"c\"]", "[\"a\",\"b\",\"c\"]" };
static const char *const objects[] = { "{}", "{\"k\":1}", "{\"k\":1.0}",
	"{\"k\":2,\"l\":null}", "{\"l\":[1,2]}", "{\"k\":{\"m\":1},\"l\":\"\"}",
	"{\"m\":true}" };
static const char *const extras[] = { NULL, NULL, "{\"new\":1}",
	"{\"new\":2,\"other\":3}" };
static const char *const times[] = { "2026-02-01T00:00:00.001Z",
	"2026-02-01T00:00:00.002Z", "2026-02-01T00:00:00.003Z" };

static void
throw_content(struct record *r)
{
	r->id = PICK(ids);
	r->file_size = 6 + (r->id[0] - '0');
	r->generation = roll(3);
}

static void
throw_field(struct record *r)
{
	switch (roll(13)) {
	case 0:
		r->filename = PICK(names);
		break;
	case 1:
		r->doc_id = PICK(docs);
		break;
	case 2:
		r->doc_id_type = PICK(kinds);
		break;
	case 3:
		r->label = PICK(words);
		break;
	case 4:
		r->variant = roll(3) == 0 ? PICK(words) : r->variant;
		break;
	case 5:
		r->version = 1 + roll(3);
		break;
	case 6:
		r->is_gold = roll(2);
		break;
	case 7:
		r->doc_collections = PICK(sets);
		break;
	case 8:
		r->doc_metadata = PICK(objects);
		break;
	case 9:
		r->file_metadata = PICK(objects);
		break;
	case 10:
		r->extra = PICK(extras);
		break;
	case 11:
		throw_content(r);
		break;
	case 12:
		r->deleted = roll(2);
		break;
	}
}

/* `r`, edited a few times. */
static void
edit(struct record *r)
{
	unsigned n = roll(5);

	for (unsigned i = 0; i < n; i++)
		throw_field(r);
	if (roll(6) == 0)
		r->generation = roll(3);
	r->updated_at = PICK(times);
}

static struct record
birth(void)
{
	struct record r = {
		.stable_id = "u3d6vxqm594m",
		.doc_id = "doc",
		.doc_id_type = "custom",
		.filename = "a.xml",
		.file_type = "tei",
		.mime_type = "application/xml",
		.version = 1,
		.doc_collections = "[]",
		.doc_metadata = "{}",
		.file_metadata = "{}",
		.created_at = times[0],
		.updated_at = times[0],
	};

	r.created_by = PICK(words);
	throw_content(&r);
	edit(&r);
	return r;
}

struct triple {
	struct record base_of, ours_of, theirs_of;
	const struct record *base, *ours, *theirs; /* base, ours: or NULL */
};

static void
throw_triple(struct triple *t)
{
	t->base_of = birth();
	t->base = roll(5) == 0 ? NULL : &t->base_of;
	t->ours_of = t->base != NULL && roll(10) > 0 ? t->base_of : birth();
	edit(&t->ours_of);
	t->ours = roll(12) == 0 ? NULL : &t->ours_of;
	t->theirs_of = t->base != NULL && roll(10) > 0 ? t->base_of : birth();
	edit(&t->theirs_of);
	t->theirs = &t->theirs_of;
}

/* ---- telling ------------------------------------------------------------------ */

static void
tell_record(const char *who, const struct record *r)
{
	struct buf text = { 0 };

	if (r != NULL)
		shared_encode(r, &text);
	fprintf(stderr, "# %s: %s\n", who, r != NULL ? buf_text(&text) : "-");
	buf_release(&text);
}

static int64_t number;

static void
broken(const struct triple *t, const char *law)
{
	fprintf(stderr, "# seed %" PRIu64 ", triple %" PRId64 ": %s\n", seed,
	    number, law);
	tell_record("base", t->base);
	tell_record("ours", t->ours);
	tell_record("theirs", t->theirs);
	fail_msg("%s", law);
}

#define LAW(fact, law)                  \
	do {                            \
		if (!(fact))            \
			broken(t, law); \
	} while (0)

/* ---- what a sync makes of it ---------------------------------------------------- */

/* As apply_record does: the row afterwards, and whether it is in conflict. */
struct outcome {
	enum change here, there;
	enum action action;
	struct record row;
	bool is_conflict;
};

static struct record
merged(struct mem *mem, const struct triple *t)
{
	const struct record *base = t->base != NULL && !t->base->deleted
	    ? t->base
	    : NULL;
	struct record out;

	LAW(merge_records(mem, base, t->ours, t->theirs, &out) == 0,
	    "two records of the right form can be merged");
	return out;
}

static void
decide(struct mem *mem, const struct triple *t, struct outcome *o)
{
	memset(o, 0, sizeof(*o));
	o->here = plan_change(t->base, t->ours);
	o->there = plan_change(t->base, t->theirs);
	o->action = plan_action(o->here, o->there,
	    t->ours != NULL && strcmp(t->ours->id, t->theirs->id) == 0);
	LAW(o->action != ACTION_NEVER, "whatever can happen has a plan");
	switch (o->action) {
	case ACTION_NOTHING:
	case ACTION_TAKE:
		o->row = *t->theirs;
		break;
	case ACTION_MERGE:
	case ACTION_CONFLICT_BOTH:
		o->row = merged(mem, t);
		break;
	default:
		o->row = *t->ours;
	}
	o->is_conflict = o->action >= ACTION_CONFLICT_BOTH;
	if (o->action == ACTION_MERGE && shared_same(&o->row, t->theirs))
		o->row = *t->theirs;
}

/* ---- laws ------------------------------------------------------------------------ */

static bool
is_one_of(const char *value, const char *a, const char *b, const char *c)
{
	return str_eq(value, a) || str_eq(value, b) || str_eq(value, c);
}

/* "The value of a key" of an object, or NULL. */
static const char *
value_of(struct mem *mem, const char *object, const char *key)
{
	struct json value;

	if (object == NULL || json_find(json_of(object), key, &value) != 1)
		return NULL;
	return mem_strndup(mem, value.text, value.len);
}

/* One field: taken from whoever changed it, never made up. */
static void
law_of_field(const struct triple *t, const char *base, const char *ours,
    const char *theirs, const char *now)
{
	LAW(is_one_of(now, t->base != NULL ? base : now, ours, theirs) &&
		(t->base != NULL || is_one_of(now, ours, theirs, ours)),
	    "no field has a value that nobody wrote");
	if (str_eq(ours, theirs))
		LAW(str_eq(now, ours), "what both say, stands");
	if (t->base == NULL || t->base->deleted)
		return;
	if (str_eq(base, ours))
		LAW(str_eq(now, theirs), "what only they changed, stands");
	if (str_eq(base, theirs))
		LAW(str_eq(now, ours), "what only we changed, stands");
	if (!str_eq(base, ours) && !str_eq(base, theirs) &&
	    strcmp(t->ours->updated_at, t->theirs->updated_at) != 0)
		LAW(str_eq(now,
			strcmp(t->ours->updated_at, t->theirs->updated_at) > 0
			    ? ours
			    : theirs),
		    "of two changes the later stands");
}

static void
law_of_keys(struct mem *mem, const struct triple *t, const char *base,
    const char *ours, const char *theirs, const char *now)
{
	static const char *const keys[] = { "k", "l", "m", "new", "other" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		law_of_field(t, value_of(mem, base, keys[i]),
		    value_of(mem, ours, keys[i]),
		    value_of(mem, theirs, keys[i]),
		    value_of(mem, now, keys[i]));
}

static const char *
has(const char *set, const char *quoted)
{
	return set != NULL && strstr(set, quoted) != NULL ? "in" : "out";
}

static void
law_of_sets(const struct triple *t, const struct record *now)
{
	static const char *const members[] = { "\"a\"", "\"b\"", "\"c\"" };
	const struct record *base = t->base;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		law_of_field(t,
		    has(base != NULL ? base->doc_collections : NULL,
			members[i]),
		    has(t->ours->doc_collections, members[i]),
		    has(t->theirs->doc_collections, members[i]),
		    has(now->doc_collections, members[i]));
}

#define FIELD(f) law_of_field(t, b->f, t->ours->f, t->theirs->f, now->f)

static void
laws_of_merge(struct mem *mem, const struct triple *t, const struct record *now)
{
	static const struct record none;
	const struct record *b = t->base != NULL ? t->base : &none;

	LAW(shared_check(now) == 0, "a merge is a record of the right form");
	FIELD(filename);
	FIELD(doc_id);
	FIELD(doc_id_type);
	FIELD(label);
	FIELD(variant);
	law_of_sets(t, now);
	law_of_keys(mem, t, b->doc_metadata, t->ours->doc_metadata,
	    t->theirs->doc_metadata, now->doc_metadata);
	law_of_keys(mem, t, b->file_metadata, t->ours->file_metadata,
	    t->theirs->file_metadata, now->file_metadata);
	law_of_keys(mem, t, b->extra, t->ours->extra, t->theirs->extra,
	    now->extra);
	LAW(now->version == t->ours->version ||
		now->version == t->theirs->version,
	    "no number that nobody wrote");
	LAW((strcmp(now->id, t->ours->id) == 0 &&
		now->file_size == t->ours->file_size) ||
		(strcmp(now->id, t->theirs->id) == 0 &&
		    now->file_size == t->theirs->file_size),
	    "a content is that of one side, whole");
}

/* All but birth and times, and the generation of a content that both have. */
static bool
same_for_both(const struct record *x, const struct record *y)
{
	struct record a = *x;

	a.created_by = y->created_by;
	return shared_same(&a, y);
}

static void
law_of_symmetry(struct mem *mem, const struct triple *t,
    const struct outcome *o)
{
	struct triple mirror = *t;
	struct outcome other;

	mirror.ours = t->theirs;
	mirror.theirs = t->ours;
	decide(mem, &mirror, &other);
	LAW(o->here == other.there && o->there == other.here,
	    "what happened does not depend on who looks");
	LAW(o->is_conflict == other.is_conflict,
	    "a conflict here is a conflict there");
	if (o->action == ACTION_MERGE)
		LAW(same_for_both(&o->row, &other.row),
		    "both sides merge to the same");
	if (o->action == ACTION_TAKE && o->here == CHANGE_NONE)
		LAW(other.action == ACTION_SEND ||
			other.action == ACTION_NOTHING,
		    "what one takes the other sends");
}

/* The same commit once more: nothing changes. */
static void
law_of_twice(struct mem *mem, const struct triple *t, const struct outcome *o)
{
	struct triple again = *t;
	struct outcome second;

	again.ours = &o->row;
	if (!o->is_conflict)
		again.base = t->theirs;
	decide(mem, &again, &second);
	LAW(second.action != ACTION_MERGE || shared_equal(&second.row, &o->row),
	    "a merge is made once");
	LAW(second.is_conflict == o->is_conflict &&
		shared_same(&second.row, &o->row),
	    "applying a plan twice is applying it once");
	if (o->is_conflict)
		LAW(second.action == o->action, "a conflict stays what it is");
}

static bool
is_edit(enum change change)
{
	return change == CHANGE_META || change == CHANGE_CONTENT ||
	    change == CHANGE_BORN;
}

static void
laws_of_loss(const struct triple *t, const struct outcome *o)
{
	bool ours_goes = t->ours != NULL && !t->ours->deleted &&
	    strcmp(o->row.id, t->ours->id) != 0;
	bool theirs_goes = !t->theirs->deleted &&
	    (o->row.deleted || strcmp(o->row.id, t->theirs->id) != 0);

	LAW(o->is_conflict || !ours_goes ||
		(o->here != CHANGE_CONTENT && o->here != CHANGE_BORN),
	    "a content of ours that nobody has goes in no silence");
	LAW(o->is_conflict || !theirs_goes ||
		(o->there != CHANGE_CONTENT && o->there != CHANGE_BORN),
	    "a content of theirs goes in no silence");
	LAW(o->action != ACTION_TAKE || !is_edit(o->here),
	    "theirs stands only where we changed nothing");
	LAW(o->action != ACTION_SEND || !is_edit(o->there),
	    "ours stands only where they changed nothing");
	LAW(!o->row.deleted || (t->ours != NULL && t->ours->deleted) ||
		t->theirs->deleted,
	    "nothing is deleted that nobody deleted");
	if (o->here == CHANGE_DELETED || o->there == CHANGE_DELETED)
		LAW(o->is_conflict || (!is_edit(o->here) && !is_edit(o->there)),
		    "a deletion and an edit are a conflict");
	if (t->base != NULL && t->ours != NULL &&
	    shared_same(t->ours, t->theirs))
		LAW(!o->is_conflict, "the same on both sides is none");
}

/* Two things that share a short id by chance are told apart before. */
static bool
are_one_thing(const struct triple *t, const struct outcome *o)
{
	return !(o->here == CHANGE_BORN && t->base == NULL &&
	    o->there == CHANGE_BORN && !plan_same_thing(t->ours, t->theirs));
}

static void
hold(struct mem *mem, const struct triple *t)
{
	struct outcome o;

	decide(mem, t, &o);
	laws_of_loss(t, &o);
	law_of_twice(mem, t, &o);
	if (t->ours == NULL || !are_one_thing(t, &o))
		return;
	law_of_symmetry(mem, t, &o);
	if (o.action == ACTION_MERGE || o.action == ACTION_CONFLICT_BOTH)
		laws_of_merge(mem, t, &o.row);
}

static int64_t
setting(const char *name, int64_t otherwise)
{
	const char *text = getenv(name);
	int64_t value;

	return text != NULL && str_int64(text, &value) == 0 && value > 0
	    ? value
	    : otherwise;
}

static void
random_triples_break_no_law(void **state)
{
	int64_t triples = setting("STEMMA_TEST_TRIPLES", 100000);
	struct mem *mem = mem_new();
	struct triple t;

	(void)state;
	seed = (uint64_t)setting("STEMMA_TEST_SEED", 20260131);
	dice = seed * 0x9e3779b97f4a7c15U | 1;
	for (number = 1; number <= triples; number++) {
		throw_triple(&t);
		hold(mem, &t);
		mem_reset(mem);
	}
	mem_free(mem);
	print_message("# %" PRId64 " triples, seed %" PRIu64 "\n", triples,
	    seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_triples_break_no_law),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
