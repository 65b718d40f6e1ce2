/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tei/fileref.h"

#include "tei/parse.h"
#include "tei/wanted.h"

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define DONE 1         /* a walk has seen enough */
#define INDENT_MAX 128 /* bytes before a tag that are looked at */

/* The first element of its kind, and where it stands. */
struct place {
	int depth;         /* 0: not seen */
	int64_t open;      /* where the '>' or '/>' of its start tag stands */
	int64_t end;       /* the byte after its end */
	struct buf prefix; /* "tei:" or "" */
};

/* A walk that looks where the key must stand. */
struct survey {
	struct place desc, title, stmt, edition, idno;
	struct wanted key;
};

/* What makes the copy: these bytes at `at`, instead of `cut` bytes. */
struct change {
	int64_t at;
	int64_t cut;
	struct buf text;
};

static int
place_start(struct place *p, const struct tei_tag *tag)
{
	struct buf prefix = { 0 };

	if (p->depth != 0)
		return 0;
	if (tag->prefix != NULL)
		buf_printf(&prefix, "%s:", tag->prefix);
	p->depth = tag->depth;
	p->open = tag->offset;
	p->prefix = prefix;
	return 0;
}

static void
place_end(struct place *p, const struct tei_tag *tag)
{
	if (p->depth == tag->depth && p->end == 0)
		p->end = tag->offset;
}

/* Are we in `p`, and is this a child of it? */
static bool
is_child(const struct place *p, const struct tei_tag *tag)
{
	return p->depth != 0 && p->end == 0 && tag->depth == p->depth + 1;
}

static int
survey_start(void *arg, const struct tei_tag *tag)
{
	struct survey *s = arg;

	if (tei_tag_is(tag, "fileDesc"))
		return place_start(&s->desc, tag);
	if (is_child(&s->desc, tag) && tei_tag_is(tag, "titleStmt"))
		return place_start(&s->title, tag);
	if (is_child(&s->desc, tag) && tei_tag_is(tag, "editionStmt"))
		return place_start(&s->stmt, tag);
	if (is_child(&s->stmt, tag) && tei_tag_is(tag, "edition"))
		return place_start(&s->edition, tag);
	if (is_child(&s->edition, tag) && wanted_is_key(tag)) {
		wanted_start(&s->key, tag);
		return place_start(&s->idno, tag);
	}
	return 0;
}

static int
survey_end(void *arg, const struct tei_tag *tag)
{
	struct survey *s = arg;

	wanted_end(&s->key, tag);
	place_end(&s->idno, tag);
	place_end(&s->edition, tag);
	place_end(&s->stmt, tag);
	place_end(&s->title, tag);
	place_end(&s->desc, tag);
	return s->desc.end != 0 ? DONE : 0;
}

static int
survey_text(void *arg, const char *text, size_t len)
{
	struct survey *s = arg;

	wanted_text(&s->key, text, len);
	return 0;
}

static void
survey_release(struct survey *s)
{
	buf_release(&s->desc.prefix);
	buf_release(&s->title.prefix);
	buf_release(&s->stmt.prefix);
	buf_release(&s->edition.prefix);
	buf_release(&s->idno.prefix);
	wanted_release(&s->key);
}

static int
read_at(int fd, int64_t at, char *data, size_t len)
{
	ssize_t n;

	do
		n = pread(fd, data, len, (off_t)at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(E_IO, "read: %s", strerror(errno));
	if ((size_t)n < len)
		return err_set(E_IO, "the file became shorter");
	return 0;
}

/* Where the tag begins that ends before `end`: no '<' stands inside a tag. */
static int
tag_begin(int fd, int64_t end, int64_t *begin)
{
	char block[1024];
	const char *found = NULL;
	size_t len;
	int rc;

	while (end > 0 && found == NULL) {
		len = end > (int64_t)sizeof(block) ? sizeof(block)
						   : (size_t)end;
		end -= (int64_t)len;
		if ((rc = read_at(fd, end, block, len)) != 0)
			return rc;
		found = memrchr(block, '<', len);
	}
	if (found == NULL)
		return err_set(E_IO, "the file changed while it was read");
	*begin = end + (found - block);
	return 0;
}

/* The line break and blanks before `at`, when nothing else stands before it in
 * its line. */
static int
add_indent(struct buf *out, int fd, int64_t at)
{
	char before[INDENT_MAX];
	size_t len = at > INDENT_MAX ? INDENT_MAX : (size_t)at, from = len;
	int rc = read_at(fd, at - (int64_t)len, before, len);

	if (rc != 0)
		return rc;
	while (
	    from > 0 && (before[from - 1] == ' ' || before[from - 1] == '\t'))
		from--;
	if (from == 0 || before[from - 1] != '\n')
		return 0;
	from -= from > 1 && before[from - 2] == '\r' ? 2 : 1;
	buf_add(out, before + from, len - from);
	return 0;
}

static void
add_escaped(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '&')
			buf_puts(out, "&amp;");
		else if (*text == '<')
			buf_puts(out, "&lt;");
		else if (*text == '>')
			buf_puts(out, "&gt;");
		else
			buf_putc(out, *text);
}

/* The idno and those of its parents that are missing. */
static void
add_elements(struct buf *out, const char *prefix, int parents, const char *key)
{
	if (parents > 1)
		buf_printf(out, "<%seditionStmt>", prefix);
	if (parents > 0)
		buf_printf(out, "<%sedition>", prefix);
	buf_printf(out, "<%sidno type=\"fileref\">", prefix);
	add_escaped(out, key);
	buf_printf(out, "</%sidno>", prefix);
	if (parents > 0)
		buf_printf(out, "</%sedition>", prefix);
	if (parents > 1)
		buf_printf(out, "</%seditionStmt>", prefix);
}

/* Is it "<x/>"?  Then make the change write it as "<x>", more, "</x>". */
static int
open_empty(struct change *c, int fd, const struct place *p)
{
	char byte;
	int rc = read_at(fd, p->open, &byte, 1);

	if (rc != 0)
		return rc;
	if (byte != '/')
		return 0;
	c->at = p->open;
	c->cut = p->end - p->open;
	buf_putc(&c->text, '>');
	return 1;
}

static int
change_idno(struct change *c, int fd, const struct place *p, const char *key)
{
	int rc = open_empty(c, fd, p);
	int64_t close_at;

	if (rc < 0)
		return rc;
	add_escaped(&c->text, key);
	if (rc == 1) {
		buf_printf(&c->text, "</%sidno>", buf_text(&p->prefix));
		return 1;
	}
	if ((rc = tag_begin(fd, p->end, &close_at)) != 0)
		return rc;
	c->at = p->open + 1;
	c->cut = close_at - c->at;
	return 1;
}

/* Put elements into `p`, at its beginning or at its end. */
static int
change_inside(struct change *c, int fd, const struct place *p, const char *name,
    int parents, const char *key)
{
	int rc = open_empty(c, fd, p);

	if (rc < 0)
		return rc;
	add_elements(&c->text, buf_text(&p->prefix), parents, key);
	if (rc == 1) {
		buf_printf(&c->text, "</%s%s>", buf_text(&p->prefix), name);
		return 1;
	}
	c->at = p->open + 1;
	/* An edition says its name first; statements begin with the edition. */
	if (parents == 0 && (rc = tag_begin(fd, p->end, &c->at)) != 0)
		return rc;
	return 1;
}

static int
change_behind_title(struct change *c, int fd, const struct survey *s,
    const char *key)
{
	int64_t begin;
	int rc = tag_begin(fd, s->title.open, &begin);

	if (rc == 0)
		rc = add_indent(&c->text, fd, begin);
	if (rc != 0)
		return rc;
	add_elements(&c->text, buf_text(&s->desc.prefix), 2, key);
	c->at = s->title.end;
	return 1;
}

static bool
is_known(const struct place *p)
{
	return p->depth == 0 || (p->open > 0 && p->end > 0);
}

static int
change_make(struct change *c, int fd, struct survey *s, const char *key)
{
	if (s->desc.depth == 0 ||
	    (s->idno.depth != 0 && str_eq(wanted_trim(&s->key), key)))
		return 0;
	if (!is_known(&s->desc) || !is_known(&s->title) ||
	    !is_known(&s->stmt) || !is_known(&s->edition) ||
	    !is_known(&s->idno))
		return err_set(E_INPUT,
		    "a document key can be written only "
		    "into a file in UTF-8, and not inside an entity");
	if (s->idno.depth != 0)
		return change_idno(c, fd, &s->idno, key);
	if (s->edition.depth != 0)
		return change_inside(c, fd, &s->edition, "edition", 0, key);
	if (s->stmt.depth != 0)
		return change_inside(c, fd, &s->stmt, "editionStmt", 1, key);
	if (s->title.depth != 0)
		return change_behind_title(c, fd, s, key);
	return change_inside(c, fd, &s->desc, "fileDesc", 2, key);
}

/* From `from` up to `to`, or to the end when that is -1. */
static int
copy(int in_fd, int out_fd, int64_t from, int64_t to)
{
	char block[16384];
	size_t len;
	ssize_t n;
	int rc;

	if (lseek(in_fd, (off_t)from, SEEK_SET) < 0)
		return err_set(E_IO, "seek: %s", strerror(errno));
	while (to < 0 || from < to) {
		len = sizeof(block);
		if (to >= 0 && to - from < (int64_t)len)
			len = (size_t)(to - from);
		if ((n = file_read_some(in_fd, block, len)) <= 0)
			return (int)n;
		if ((rc = file_write_all(out_fd, block, (size_t)n)) != 0)
			return rc;
		from += n;
	}
	return 0;
}

static int
copy_changed(int in_fd, int out_fd, const struct change *c)
{
	int rc;

	if ((rc = copy(in_fd, out_fd, 0, c->at)) != 0 ||
	    (rc = file_write_all(out_fd, buf_text(&c->text), c->text.len)) != 0)
		return rc;
	return copy(in_fd, out_fd, c->at + c->cut, -1);
}

int
fileref_put(int in_fd, int out_fd, const char *key)
{
	struct survey s = { .key = { .depth = 0 } };
	struct change c = { .at = 0 };
	struct tei_visitor visitor = {
		.start = survey_start,
		.end = survey_end,
		.text = survey_text,
		.arg = &s,
	};
	int copied, rc;

	if ((rc = fileref_check(key)) != 0)
		return rc;
	rc = tei_walk(in_fd, &visitor);
	if (rc >= 0)
		rc = change_make(&c, in_fd, &s, key);
	if (rc >= 0 && (copied = copy_changed(in_fd, out_fd, &c)) != 0)
		rc = copied;
	survey_release(&s);
	buf_release(&c.text);
	return rc;
}
