/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "web/multipart.h"

#include "base/err.h"
#include "base/mem.h"
#include "web/private.h"
#include "web/request.h"

#include <string.h>
#include <strings.h>

#define WINDOW (64 * 1024)
#define PARTS_MAX 64
#define HEAD_MAX (8 * 1024)
#define NAME_MAX_BYTES 255
#define BOUNDARY_MAX 70

/*
 * A window on the body.  `at` to `end` are the bytes that were read and not yet
 * given away; what is searched for never lies across its edge, because the
 * window is filled up before each search.
 */
struct form {
	struct request *req;
	const struct multipart_reader *reader;
	char *window;
	size_t at, end;
	bool is_over;                /* all of the body is in the window */
	char mark[BOUNDARY_MAX + 5]; /* "\r\n--boundary" */
	size_t mark_len;
};

static int
malformed(struct form *f, const char *msg)
{
	f->req->private_->is_body_left = true;
	return request_invalid(f->req, "body", NULL, "multipart_invalid", msg,
	    NULL);
}

/* ---- the boundary ---------------------------------------------------------------- */

/*
 * Decode a value, `"in \"quotes\""` or bare; answers what is behind it, NULL
 * when the quotes do not close.  Browsers write a quote in a name as %22, some
 * programs as \".
 */
static const char *
read_value(const char *s, char *to)
{
	bool is_quoted = *s == '"';

	for (s += is_quoted; *s != '\0'; s++) {
		if (strchr(is_quoted ? "\"" : "; \t", *s) != NULL)
			break;
		if (is_quoted && *s == '\\' && (s[1] == '"' || s[1] == '\\'))
			s++;
		*to++ = *s;
	}
	*to = '\0';
	if (!is_quoted)
		return s;
	return *s == '"' ? s + 1 : NULL;
}

/*
 * The value of a parameter ("; name=value") of a header; NULL: absent, or
 * malformed.
 */
static char *
parameter(struct mem *mem, const char *s, const char *name)
{
	char *value = mem_strdup(mem, s); /* it has room for any of them */
	size_t len;

	for (s += strcspn(s, ";"); s != NULL && *s == ';';) {
		bool is_it;

		s += 1 + strspn(s + 1, " \t");
		len = strcspn(s, "=; \t");
		is_it = len == strlen(name) && strncasecmp(s, name, len) == 0;
		s += len;
		s += strspn(s, " \t");
		if (*s != '=')
			return NULL;
		s += 1 + strspn(s + 1, " \t");
		if ((s = read_value(s, value)) == NULL)
			return NULL;
		if (is_it)
			return value;
		s += strspn(s, " \t");
	}
	return NULL;
}

static bool
is_form_data(const char *type)
{
	static const char form_data[] = "multipart/form-data";
	size_t len = sizeof(form_data) - 1;

	return type != NULL && strncasecmp(type, form_data, len) == 0 &&
	    strchr("; \t", type[len]) != NULL;
}

static int
read_boundary(struct form *f)
{
	const char *type = request_header(f->req, "Content-Type");
	const char *boundary;
	size_t len;

	if (!is_form_data(type))
		return malformed(f, "Input should be multipart/form-data");
	boundary = parameter(f->req->mem, type, "boundary");
	len = boundary != NULL ? strlen(boundary) : 0;
	if (len == 0 || len > BOUNDARY_MAX)
		return malformed(f, "The boundary is missing or too long");
	f->mark_len = len + 4;
	memcpy(f->mark, "\r\n--", 4);
	memcpy(f->mark + 4, boundary, len + 1);
	return 0;
}

/* ---- the window -------------------------------------------------------------------- */

static int
fill(struct form *f)
{
	ssize_t n;

	memmove(f->window, f->window + f->at, f->end - f->at);
	f->end -= f->at;
	f->at = 0;
	while (!f->is_over && f->end < WINDOW) {
		n = request_read(f->req, f->window + f->end, WINDOW - f->end);
		if (n < 0)
			return (int)n;
		f->is_over = n == 0;
		f->end += (size_t)n;
	}
	return 0;
}

/* At least `len` bytes from `at` on, unless the body is shorter. */
static int
want(struct form *f, size_t len)
{
	return f->end - f->at >= len || f->is_over ? 0 : fill(f);
}

static const char *
find(const struct form *f, const char *what, size_t len)
{
	return memmem(f->window + f->at, f->end - f->at, what, len);
}

/*
 * Give away what comes before the mark, and step behind it.  What might be its
 * beginning stays in the window.  With `give` NULL it is thrown away.
 */
static int
pass_to_mark(struct form *f, int (*give)(void *, const void *, size_t))
{
	for (;;) {
		const char *found, *from;
		size_t len;
		int rc = want(f, WINDOW / 2);

		if (rc != 0)
			return rc;
		found = find(f, f->mark, f->mark_len);
		from = f->window + f->at;
		len = f->end - f->at;
		if (found != NULL)
			len = (size_t)(found - from);
		else if (f->is_over)
			return malformed(f, "The form is cut off");
		else
			len -= f->mark_len - 1;
		if (len > 0 && give != NULL &&
		    (rc = give(f->reader->arg, from, len)) != 0)
			return rc;
		f->at += len + (found != NULL ? f->mark_len : 0);
		if (found != NULL)
			return 0;
	}
}

/*
 * Behind a mark: "--" ends the form, else the line ends here (1: a part
 * follows).  White space before the end of the line is allowed.
 */
static int
end_mark(struct form *f)
{
	int rc = want(f, 1024);

	if (rc != 0)
		return rc;
	if (f->end - f->at >= 2 && memcmp(f->window + f->at, "--", 2) == 0)
		return 0;
	while (f->at < f->end && strchr(" \t", f->window[f->at]) != NULL &&
	    f->window[f->at] != '\0')
		f->at++;
	if (f->end - f->at < 2 || memcmp(f->window + f->at, "\r\n", 2) != 0)
		return malformed(f, "A boundary is not closed by its line");
	f->at += 2;
	return 1;
}

/* ---- the headers of a part ------------------------------------------------------------ */

static bool
is_clean(const char *s)
{
	size_t len = strlen(s);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return false;
	return len <= NAME_MAX_BYTES && str_is_utf8(s, len);
}

/* Old browsers sent the whole path, of either kind. */
static const char *
base_of(const char *name)
{
	const char *base = name;

	for (; *name != '\0'; name++)
		if (*name == '/' || *name == '\\')
			base = name + 1;
	return base;
}

static const char *
value_of(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncasecmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	return line + len + 1 + strspn(line + len + 1, " \t");
}

static void
read_line(struct form *f, char *line, struct multipart_part *part)
{
	struct mem *mem = f->req->mem;
	const char *value = value_of(line, "Content-Disposition");

	if (value != NULL && strncasecmp(value, "form-data", 9) == 0) {
		part->name = parameter(mem, value, "name");
		part->filename = parameter(mem, value, "filename");
	}
	if ((value = value_of(line, "Content-Type")) != NULL)
		part->type = mem_strdup(mem, value);
}

static int
read_lines(struct form *f, char *text, struct multipart_part *part)
{
	char *next;

	for (; *text != '\0'; text = next) {
		char *end = strstr(text, "\r\n");

		next = end != NULL ? end + 2 : text + strlen(text);
		if (end != NULL)
			*end = '\0';
		read_line(f, text, part);
	}
	if (part->name == NULL || !is_clean(part->name) ||
	    (part->type != NULL && !is_clean(part->type)))
		return malformed(f, "A part has no name that can be used");
	if (part->filename == NULL)
		return 0;
	part->filename = base_of(part->filename);
	return is_clean(part->filename)
	    ? 0
	    : malformed(f, "A filename cannot be used");
}

static int
read_head(struct form *f, struct multipart_part *part)
{
	const char *end;
	size_t len;
	int rc = want(f, HEAD_MAX + 4);

	if (rc != 0)
		return rc;
	memset(part, 0, sizeof(*part));
	end = find(f, "\r\n\r\n", 4);
	if (end == NULL || (len = (size_t)(end - f->window) - f->at) > HEAD_MAX)
		return malformed(f, "The headers of a part do not end");
	if (memchr(f->window + f->at, '\0', len) != NULL)
		return malformed(f, "The headers of a part are not text");
	rc = read_lines(f, mem_strndup(f->req->mem, f->window + f->at, len),
	    part);
	/* The last line's end stays: an empty part has its mark right there. */
	f->at += len + 2;
	return rc;
}

/* ---- the whole -------------------------------------------------------------------------- */

static int
read_part(struct form *f)
{
	const struct multipart_reader *r = f->reader;
	struct multipart_part part;
	int rc;

	if ((rc = read_head(f, &part)) != 0 ||
	    (rc = r->begin(r->arg, &part)) != 0)
		return rc;
	if ((rc = want(f, f->mark_len)) != 0)
		return rc;
	/* An empty part may be closed without an empty line before its mark. */
	if (f->end - f->at < f->mark_len ||
	    memcmp(f->window + f->at, f->mark, f->mark_len) != 0)
		f->at += 2;
	if ((rc = pass_to_mark(f, r->data)) != 0)
		return rc;
	return r->end(r->arg);
}

/* The first mark may stand at the very beginning, without a line before it. */
static int
pass_preamble(struct form *f)
{
	int rc = fill(f);

	if (rc != 0)
		return rc;
	if (f->end >= f->mark_len - 2 &&
	    memcmp(f->window, f->mark + 2, f->mark_len - 2) == 0) {
		f->at = f->mark_len - 2;
		return 0;
	}
	return pass_to_mark(f, NULL);
}

static int
pass_epilogue(struct form *f)
{
	int rc = 0;

	do
		f->at = f->end;
	while (!f->is_over && (rc = fill(f)) == 0);
	return rc;
}

int
multipart_read(struct request *req, const struct multipart_reader *reader)
{
	struct form f = { .req = req, .reader = reader };
	int rc, n = 0;

	if ((rc = read_boundary(&f)) != 0)
		return rc;
	f.window = mem_alloc(req->mem, WINDOW);
	if ((rc = pass_preamble(&f)) != 0)
		return rc;
	while ((rc = end_mark(&f)) > 0) {
		if (n++ == PARTS_MAX)
			return malformed(&f, "There are too many parts");
		if ((rc = read_part(&f)) != 0)
			return rc;
	}
	return rc != 0 ? rc : pass_epilogue(&f);
}
