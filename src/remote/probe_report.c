/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "remote/probe.h"

/* What findings say: as JSON, in words, and as yes or no. */

enum { NAME_NEEDED = 96 }; /* bytes: commits/000000000042-<64 digits>.jsonl */

static const char *const verdicts[] = { "unknown", "good", "bad" };

/* Which stores are asked that. */
enum asked { OF_ALL, OF_RENAMING, OF_MATCHING };

static const struct {
	const char *key;
	size_t offset;
	const char *good;
	const char *bad;
	enum asked asked;
} judged[] = {
#define ROW(field, good, bad) ROW_OF(field, good, bad, OF_ALL)
#define ROW_OF(field, good, bad, asked)                                    \
	{                                                                  \
#field, offsetof(struct probe_findings, field), good, bad, \
		    asked                                                  \
	}
	ROW(listing, "Listings tell names and sizes.",
	    "Listings are not complete: this store cannot be used."),
	ROW_OF(move, "Objects can be renamed.",
	    "Objects cannot be renamed (MOVE): this store cannot be used. "
	    "Look whether the server allows MOVE in this folder, and whether "
	    "a proxy before it passes on the Host that it was asked for.",
	    OF_RENAMING),
	ROW_OF(move_renames, "Renaming keeps the object as it is.",
	    "The server copies when it is asked to rename: two writers could "
	    "both win. Only a single writer may use this store.",
	    OF_RENAMING),
	ROW_OF(move_keeps, "Renaming never replaces another object.",
	    "Renaming may replace another object though it is asked not to: "
	    "only a single writer may use this store.",
	    OF_RENAMING),
	ROW(exact_swap, "Of writers that race, exactly one wins.",
	    "Of writers that raced, not exactly one won: only a single writer "
	    "may use this store."),
	ROW(put_whole,
	    "An upload that is cut off leaves nothing behind: "
	    "one request for each object will do.",
	    "An upload that is cut off leaves a torn object: everything is "
	    "sent under another name and renamed, which takes two requests "
	    "for each object."),
	ROW(range, "Downloads can be resumed.",
	    "Downloads cannot be resumed: after a break they begin anew."),
	ROW_OF(move_folder, "Folders can be renamed.",
	    "Folders cannot be renamed safely: let one person create the "
	    "store, before the others join.",
	    OF_RENAMING),
	ROW(odd_names, "Names of any signs and letters are told as they are.",
	    "Names with signs such as # are told otherwise than they were "
	    "given: the store has none, but its address may not either."),
	ROW_OF(swap_refuses,
	    "An object is replaced only while it is what it was.",
	    "The store replaces an object though its ETag is another "
	    "(If-Match): only a single writer may use this store.",
	    OF_MATCHING),
	ROW_OF(put_keeps, "An upload leaves an existing object alone.",
	    "An upload replaces an existing object though it is asked not to "
	    "(If-None-Match): only a single writer may use this store.",
	    OF_MATCHING),
#undef ROW
#undef ROW_OF
};

enum { N_JUDGED = sizeof(judged) / sizeof(judged[0]) };

static enum probe_verdict
verdict_at(const struct probe_findings *f, size_t i)
{
	enum probe_verdict v;

	memcpy(&v, (const char *)f + judged[i].offset, sizeof(v));
	return v;
}

static bool
was_asked(const struct probe_findings *f, size_t i)
{
	return judged[i].asked == OF_ALL ||
	    (judged[i].asked == OF_MATCHING) == f->by_match;
}

/* ---- JSON ----------------------------------------------------------------- */

void
probe_json(const struct probe_findings *findings, struct buf *out)
{
	size_t i;

	buf_putc(out, '{');
	for (i = 0; i < N_JUDGED; i++) {
		if (!was_asked(findings, i))
			continue;
		json_put_key(out, judged[i].key);
		json_put_string(out, verdicts[verdict_at(findings, i)]);
	}
	json_put_key(out, "longest_name");
	buf_printf(out, "%d", findings->longest_name);
	json_put_key(out, "largest_body");
	buf_printf(out, "%lld", (long long)findings->largest_body);
	json_put_key(out, "is_network_dir");
	buf_puts(out, findings->is_network_dir ? "true" : "false");
	json_put_key(out, "duration_ms");
	buf_printf(out, "%lld", (long long)findings->duration_ms);
	if (findings->by_match) {
		json_put_key(out, "by_match");
		buf_puts(out, "true");
	}
	buf_putc(out, '}');
}

static int
parse_verdict(struct probe_findings *f, size_t i, struct json value)
{
	enum probe_verdict v;

	for (v = PROBE_UNKNOWN; v <= PROBE_BAD; v++) {
		size_t len = strlen(verdicts[v]);

		if (value.len != len + 2 || value.text[0] != '"' ||
		    memcmp(value.text + 1, verdicts[v], len) != 0)
			continue;
		memcpy((char *)f + judged[i].offset, &v, sizeof(v));
		return 0;
	}
	return err_set(E_INPUT, "\"%s\" is no finding of a probe",
	    judged[i].key);
}

static int
parse_number(struct json value, int64_t max, int64_t *number)
{
	int rc = json_int64(value, number);

	if (rc == 0 && (*number < 0 || *number > max))
		return err_set(E_INPUT, "a number of a probe is out of range");
	return rc;
}

static int
parse_member(void *arg, const char *key, struct json value)
{
	struct probe_findings *f = arg;
	int64_t n = 0;
	size_t i;
	int rc = 0;

	for (i = 0; i < N_JUDGED; i++)
		if (strcmp(key, judged[i].key) == 0)
			return parse_verdict(f, i, value);
	if (strcmp(key, "longest_name") == 0) {
		if ((rc = parse_number(value, 1 << 20, &n)) == 0)
			f->longest_name = (int)n;
	} else if (strcmp(key, "largest_body") == 0) {
		rc = parse_number(value, INT64_MAX, &f->largest_body);
	} else if (strcmp(key, "duration_ms") == 0) {
		rc = parse_number(value, INT64_MAX, &f->duration_ms);
	} else if (strcmp(key, "by_match") == 0) {
		f->by_match = json_kind(value) == JSON_TRUE;
	} else if (strcmp(key, "is_network_dir") == 0) {
		f->is_network_dir = json_kind(value) == JSON_TRUE;
	}
	return rc;
}

int
probe_parse(const char *text, struct probe_findings *findings)
{
	struct probe_findings f = { .listing = PROBE_UNKNOWN };
	int rc;

	if ((rc = json_check(text, strlen(text))) != 0 ||
	    (rc = json_each_member(json_of(text), parse_member, &f)) != 0)
		return rc;
	*findings = f;
	return 0;
}

/* ---- words ---------------------------------------------------------------- */

static void
advise_limits(const struct probe_findings *f, struct buf *out)
{
	if (f->longest_name > 0 && f->longest_name < NAME_NEEDED)
		buf_printf(out,
		    "Names may have %d bytes only, where %d are "
		    "needed: this store cannot be used.\n",
		    f->longest_name, NAME_NEEDED);
	if (f->largest_body > 0)
		buf_printf(out, "A body of %lld bytes was taken.\n",
		    (long long)f->largest_body);
	if (f->is_network_dir)
		buf_puts(out,
		    "This directory lies on a network file system, "
		    "or is kept in step by another program: what one machine "
		    "finds says little of two. Run the probe on two machines "
		    "at once before several write here.\n");
}

void
probe_advice(const struct probe_findings *findings, struct buf *out)
{
	size_t i;

	for (i = 0; i < N_JUDGED; i++) {
		enum probe_verdict v = verdict_at(findings, i);

		if (!was_asked(findings, i))
			continue;
		if (v == PROBE_GOOD)
			buf_printf(out, "%s\n", judged[i].good);
		else if (v == PROBE_BAD)
			buf_printf(out, "%s\n", judged[i].bad);
		else
			buf_printf(out, "It could not be told: %s\n",
			    judged[i].key);
	}
	advise_limits(findings, out);
}

/* What keeps two from both winning, and one from harming another. */
static const char *
why_not_renaming(const struct probe_findings *f)
{
	if (f->move != PROBE_GOOD)
		return "objects cannot be renamed there";
	if (f->move_renames == PROBE_BAD)
		return "it copies when it is asked to rename";
	if (f->move_keeps != PROBE_GOOD)
		return "renaming may replace another object there";
	return NULL;
}

static const char *
why_not_matching(const struct probe_findings *f)
{
	if (f->swap_refuses != PROBE_GOOD)
		return "it replaces objects whatever their ETag is";
	if (f->put_keeps != PROBE_GOOD)
		return "an upload may replace another object there";
	return NULL;
}

int
probe_verdict(const struct probe_findings *findings)
{
	const struct probe_findings *f = findings;
	const char *why = NULL;

	if (f->listing != PROBE_GOOD)
		why = "its listings are not complete";
	else if ((why = f->by_match ? why_not_matching(f)
				    : why_not_renaming(f)) != NULL)
		; /* that is it */
	else if (f->exact_swap != PROBE_GOOD)
		why = "of writers that raced not exactly one won";
	else if (f->longest_name > 0 && f->longest_name < NAME_NEEDED)
		why = "its names are too short";
	if (why == NULL)
		return 0;
	return err_set(E_DENIED,
	    "this store is not safe for several writers: "
	    "%s. If only this one machine ever writes to it, say so: "
	    "single_writer = yes",
	    why);
}
