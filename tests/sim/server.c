/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sim/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROOT "/dav/s"

const struct profile profiles[] = {
	/* clang-format off */
	{ .name = "lighttpd", .put_is_whole = true,
	  .move_absent = 404, .mkcol_again = 405, .no_parent = 409,
	  .tag = TAG_EXACT },
	{ .name = "apache", .put_is_whole = true, .checks_then_acts = true,
	  .move_absent = 404, .mkcol_again = 405, .no_parent = 409,
	  .tag = TAG_WEAK },
	{ .name = "nginx", .put_is_whole = true, .checks_then_acts = true,
	  .ignores_none_match = true,
	  .move_absent = 404, .mkcol_again = 405, .no_parent = 500,
	  .tag = TAG_SECOND },
	{ .name = "rclone", .checks_then_acts = true,
	  .ignores_none_match = true, .lists_torn = true,
	  .move_absent = 403, .mkcol_again = 201, .no_parent = 404,
	  .tag = TAG_EXACT },
	{ .name = "sabre4", .checks_then_acts = true, .move_lies = true,
	  .dir_is_404 = true,
	  .move_absent = 404, .mkcol_again = 405, .no_parent = 409,
	  .tag = TAG_SECOND },
	{ .name = "sabre18", .checks_then_acts = true, .move_lies = true,
	  .dir_is_404 = true,
	  .move_absent = 404, .mkcol_again = 405, .no_parent = 404,
	  .tag = TAG_EXACT },
	{ .name = "wsgidav", .checks_then_acts = true, .done_but_500 = 80,
	  .move_absent = 404, .mkcol_again = 405, .no_parent = 409,
	  .tag = TAG_EXACT },
	{ .name = "npm", .checks_then_acts = true, .ignores_none_match = true,
	  .move_absent = 404, .mkcol_again = 405, .no_parent = 409,
	  .tag = TAG_NONE },
	/* clang-format on */
};
const int profiles_n = sizeof(profiles) / sizeof(profiles[0]);

void
server_init(struct server *s, const struct profile *profile)
{
	memset(s, 0, sizeof(*s));
	s->profile = profile;
	tree_put(&s->tree, "", NULL, true, 0);
}

void
server_release(struct server *s)
{
	tree_free(&s->tree);
}

static bool
answer(struct request *r, int status)
{
	r->status = status;
	return true;
}

static bool
has_parent(struct server *s, const char *path)
{
	char *parent = xstrdup(path);
	char *slash = strrchr(parent, '/');
	struct object *o;

	if (slash != NULL)
		*slash = '\0';
	o = tree_find(&s->tree, slash != NULL ? parent : "");
	free(parent);
	return o != NULL && o->is_dir;
}

static void
set(struct server *s, const char *path, const void *data, size_t len)
{
	struct bytes *b = bytes_new(data, len);

	tree_put(&s->tree, path, b, false, s->now_ms());
	bytes_release(b);
	s->changes++;
}

/* ---- PUT ------------------------------------------------------------------------ */

/* Where a name may be torn it is there from the beginning, and grows. */
static bool
put_begin(struct server *s, struct request *r)
{
	r->saw_target = tree_find(&s->tree, r->path) != NULL;
	if (!has_parent(s, r->path))
		return answer(r, s->profile->no_parent);
	if (r->saw_target && r->none_match && !s->profile->ignores_none_match)
		return answer(r, 412);
	if (r->lie == LIE_NOTHING_DONE)
		return answer(r, 201);
	if (!s->profile->put_is_whole)
		set(s, r->path, "", 0);
	return false;
}

static bool
put_half(struct server *s, struct request *r)
{
	size_t half = r->body.len > 0 ? (size_t)rng_below(s->rng, r->body.len)
				      : 0;

	if (!s->profile->put_is_whole)
		set(s, r->path, r->body.data, half);
	if (r->is_cut)
		return answer(r, 400);
	return false;
}

static bool
put_end(struct server *s, struct request *r)
{
	struct object *o = tree_find(&s->tree, r->path);

	if (!s->profile->checks_then_acts && o != NULL && r->none_match &&
	    !s->profile->ignores_none_match && s->profile->put_is_whole)
		return answer(r, 412);
	set(s, r->path, r->body.data, r->lie == LIE_EMPTY ? 0 : r->body.len);
	return answer(r, r->saw_target ? 204 : 201);
}

static bool
put(struct server *s, struct request *r)
{
	switch (r->stage++) {
	case 0:
		return put_begin(s, r);
	case 1:
		return put_half(s, r);
	default:
		return put_end(s, r);
	}
}

/* ---- GET ------------------------------------------------------------------------- */

static void
make_tag(struct server *s, const struct object *o, char tag[96])
{
	uint64_t sum = 0;

	tag[0] = '\0';
	for (size_t i = 0; i < o->bytes->len; i++)
		sum = rng_mix(sum, o->bytes->data[i]);
	switch (s->profile->tag) {
	case TAG_NONE:
		break;
	case TAG_SECOND:
		snprintf(tag, 96, "\"%zu-%" PRId64 "\"", o->bytes->len,
		    o->mtime_ms / 1000);
		break;
	case TAG_WEAK:
		snprintf(tag, 96, "%s\"%" PRIx64 "\"",
		    s->now_ms() - o->mtime_ms < 1000 ? "W/" : "", sum);
		break;
	case TAG_EXACT:
		snprintf(tag, 96, "\"%" PRIx64 "\"", sum);
		break;
	}
}

static bool
get(struct server *s, struct request *r)
{
	struct object *o = tree_find(&s->tree, r->path);
	size_t from = 0;

	if (o == NULL || o->is_dir)
		return answer(r, 404);
	make_tag(s, o, r->tag);
	if (r->range_from > 0 &&
	    (r->if_range[0] == '\0' || strcmp(r->if_range, r->tag) == 0)) {
		if (r->range_from >= (int64_t)o->bytes->len)
			return answer(r, 416);
		from = (size_t)r->range_from;
		r->part_from = r->range_from;
	}
	buf_add(&r->out, o->bytes->data + from, o->bytes->len - from);
	if (r->lie == LIE_GARBLED && r->out.len > 0)
		r->out.data[rng_below(s->rng, r->out.len)] ^= 0x20;
	return answer(r, from > 0 ? 206 : 200);
}

/* ---- PROPFIND --------------------------------------------------------------------- */

static void
tell(struct request *r, const struct object *o)
{
	buf_printf(&r->out,
	    "<D:response><D:href>" ROOT "/%s%s</D:href><D:propstat><D:prop>",
	    o->path, o->is_dir && o->path[0] != '\0' ? "/" : "");
	if (o->is_dir)
		buf_puts(&r->out,
		    "<D:resourcetype><D:collection/></D:resourcetype>");
	else
		buf_printf(&r->out,
		    "<D:resourcetype/><D:getcontentlength>%zu"
		    "</D:getcontentlength>",
		    o->bytes->len);
	buf_puts(&r->out,
	    "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
	    "</D:response>");
}

/* A folder is read bit by bit: a name is seen as it is at one of two times. */
static bool
is_read_now(const struct request *r, const char *path)
{
	uint64_t sum = (uint64_t)r->id;

	for (; *path != '\0'; path++)
		sum = rng_mix(sum, (unsigned char)*path);
	return (sum & 1) == (uint64_t)(r->stage & 1);
}

static bool
is_left_out(struct server *s, const struct request *r)
{
	return r->lie == LIE_SHORT_LIST && rng_chance(s->rng, 50);
}

/* Names only are read; what is behind them is asked afterwards. */
static void
read_names(struct server *s, struct request *r)
{
	for (size_t i = 0; i < s->tree.n; i++) {
		const char *path = s->tree.all[i].path;

		if (tree_is_in(r->path, path) && is_read_now(r, path) &&
		    !is_left_out(s, r))
			buf_printf(&r->seen, "%s\n", path);
	}
}

static bool
list_end(struct server *s, struct request *r)
{
	char *names = r->seen.data, *end;
	struct object *o = tree_find(&s->tree, r->path);

	if (o == NULL)
		return answer(r, 404);
	tell(r, o);
	while (names != NULL && (end = strchr(names, '\n')) != NULL) {
		*end = '\0';
		if ((o = tree_find(&s->tree, names)) != NULL)
			tell(r, o);
		else if (s->profile->lists_torn)
			break;
		names = end + 1;
	}
	buf_puts(&r->out, "</D:multistatus>");
	return answer(r, 207);
}

static bool
list(struct server *s, struct request *r)
{
	struct object *o = tree_find(&s->tree, r->path);

	if (o == NULL)
		return answer(r, 404);
	if (r->out.len == 0)
		buf_puts(&r->out,
		    "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">");
	if (r->depth == 0) {
		tell(r, o);
		buf_puts(&r->out, "</D:multistatus>");
		return answer(r, 207);
	}
	read_names(s, r);
	if (r->stage++ == 0)
		return false;
	return list_end(s, r);
}

/* ---- MOVE --------------------------------------------------------------------------- */

/* With all that is in it. */
static void
move_tree(struct server *s, const char *from, const char *to)
{
	struct tree was;
	size_t len = strlen(from);
	struct buf path = { 0 };

	tree_copy(&was, &s->tree);
	for (size_t i = 0; i < was.n; i++) {
		struct object *o = &was.all[i];

		if (strncmp(o->path, from, len) != 0 ||
		    (o->path[len] != '\0' && o->path[len] != '/'))
			continue;
		buf_clear(&path);
		buf_printf(&path, "%s%s", to, o->path + len);
		tree_remove(&s->tree, o->path);
		tree_put(&s->tree, buf_text(&path), o->bytes, o->is_dir,
		    o->mtime_ms);
	}
	buf_release(&path);
	tree_free(&was);
	s->changes++;
}

static bool
too_late(struct server *s, struct request *r)
{
	return answer(r,
	    s->profile->move_lies && r->stage > 0 ? 201
						  : s->profile->move_absent);
}

static bool
done_or_500(struct server *s, struct request *r, int status)
{
	bool fails = (int)rng_below(s->rng, 1000) < s->profile->done_but_500;

	return answer(r, fails ? 500 : status);
}

/* A collection is never renamed over one that holds something. */
static bool
may_replace(const struct server *s, const struct object *source)
{
	return !source->is_dir && s->profile->checks_then_acts;
}

static bool
move_end(struct server *s, struct request *r)
{
	struct object *source = tree_find(&s->tree, r->path);
	struct object *target = tree_find(&s->tree, r->to);
	bool is_head = strncmp(r->path, "head/", 5) == 0;

	if (source == NULL)
		return too_late(s, r);
	if (target != NULL && !r->overwrite && !may_replace(s, source))
		return answer(r, 412);
	if (strcmp(r->path, r->to) != 0)
		move_tree(s, r->path, r->to);
	if (s->on_head != NULL && is_head)
		s->on_head(s->arg, r->path, r->to);
	return done_or_500(s, r, r->saw_target ? 204 : 201);
}

static bool
move(struct server *s, struct request *r)
{
	struct object *target = tree_find(&s->tree, r->to);

	if (r->stage == 0) {
		r->saw_target = target != NULL;
		if (tree_find(&s->tree, r->path) == NULL)
			return too_late(s, r);
		if (!has_parent(s, r->to))
			return answer(r, 409);
		if (target != NULL && !r->overwrite)
			return answer(r, 412);
		if (r->lie == LIE_NOTHING_DONE)
			return answer(r, 201);
		r->stage = 1;
		if (s->profile->checks_then_acts)
			return false;
	}
	return move_end(s, r);
}

/* ---- the others ------------------------------------------------------------------------ */

static bool
remove_it(struct server *s, struct request *r)
{
	struct object *o = tree_find(&s->tree, r->path);
	size_t len = strlen(r->path);

	if (o == NULL)
		return answer(r, 404);
	if (r->lie == LIE_NOTHING_DONE)
		return answer(r, 204);
	for (size_t i = s->tree.n; i-- > 0;) {
		const char *path = s->tree.all[i].path;

		if (strncmp(path, r->path, len) == 0 &&
		    (path[len] == '\0' || path[len] == '/'))
			tree_remove(&s->tree, path);
	}
	s->changes++;
	return done_or_500(s, r, 204);
}

static bool
make_folder(struct server *s, struct request *r)
{
	if (tree_find(&s->tree, r->path) != NULL)
		return answer(r, s->profile->mkcol_again);
	if (!has_parent(s, r->path))
		return answer(r, 409);
	tree_put(&s->tree, r->path, NULL, true, s->now_ms());
	s->changes++;
	return answer(r, 201);
}

bool
server_step(struct server *s, struct request *r)
{
	static const struct {
		const char *method;
		bool (*step)(struct server *s, struct request *r);
	} methods[] = {
		{ "PUT", put },
		{ "GET", get },
		{ "PROPFIND", list },
		{ "MOVE", move },
		{ "DELETE", remove_it },
		{ "MKCOL", make_folder },
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(r->method, methods[i].method) == 0)
			return methods[i].step(s, r);
	}
	return answer(r, 405);
}
