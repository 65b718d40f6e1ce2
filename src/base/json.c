/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/json.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* A member of an object that is being read. */
struct member {
	size_t key_at;          /* its decoded key, in the reader's keys */
	const char *key;        /* the same, once no more keys come */
	struct json value;      /* in the text */
	size_t out_at, out_len; /* "key":value, in the canonical text */
};

/*
 * Reads a text once from left to right.  The members and keys of all objects
 * that are open lie on two stacks; with `out`, the canonical form is written
 * as it goes, and the members of an object are put in order when it ends.
 */
struct reader {
	const char *text;
	size_t len;
	size_t at;
	int depth;
	struct buf *out; /* borrowed; NULL: only look */
	struct buf word; /* the string read last, decoded */
	struct buf keys;
	struct member *members;
	size_t count, room;
};

static int read_value(struct reader *r);

static void
reader_init(struct reader *r, const char *text, size_t len, struct buf *out)
{
	memset(r, 0, sizeof(*r));
	r->text = text;
	r->len = len;
	r->out = out;
}

static void
reader_release(struct reader *r)
{
	buf_release(&r->word);
	buf_release(&r->keys);
	free(r->members);
}

static int
wrong(const struct reader *r, const char *what)
{
	return err_set(E_INPUT, "JSON: %s at byte %zu", what, r->at);
}

/* The next byte, -1 at the end. */
static int
peek(const struct reader *r)
{
	return r->at < r->len ? (unsigned char)r->text[r->at] : -1;
}

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static void
skip_space(struct reader *r)
{
	int c;

	while ((c = peek(r)) == ' ' || c == '\t' || c == '\n' || c == '\r')
		r->at++;
}

/* Takes `c` if it is next. */
static bool
take(struct reader *r, int c)
{
	if (peek(r) != c)
		return false;
	r->at++;
	return true;
}

static void
put(struct reader *r, const char *data, size_t len)
{
	if (r->out != NULL)
		buf_add(r->out, data, len);
}

/* ---- strings (RFC 8259, 7) ---- */

static int
read_hex4(struct reader *r, unsigned *unit)
{
	unsigned n = 0;
	int i, c;

	for (i = 0; i < 4; i++, r->at++) {
		c = peek(r);
		if (is_digit(c))
			n = n << 4 | (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n << 4 | (unsigned)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			n = n << 4 | (unsigned)(c - 'A' + 10);
		else
			return wrong(r, "four hex digits expected");
	}
	*unit = n;
	return 0;
}

static void
put_utf8(struct buf *out, unsigned c)
{
	if (c < 0x80) {
		buf_putc(out, (char)c);
	} else if (c < 0x800) {
		buf_putc(out, (char)(0xc0 | c >> 6));
		buf_putc(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_putc(out, (char)(0xe0 | c >> 12));
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_putc(out, (char)(0xf0 | c >> 18));
		buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (c & 0x3f)));
	}
}

/* Behind "\u": one UTF-16 unit, or the two of a surrogate pair. */
static int
read_unicode(struct reader *r)
{
	unsigned c, low;
	int rc;

	if ((rc = read_hex4(r, &c)) != 0)
		return rc;
	if (c == 0)
		return wrong(r, "a NUL character");
	if (c >= 0xdc00 && c <= 0xdfff)
		return wrong(r, "a lone surrogate");
	if (c >= 0xd800 && c <= 0xdbff) {
		if (!take(r, '\\') || !take(r, 'u'))
			return wrong(r, "a lone surrogate");
		if ((rc = read_hex4(r, &low)) != 0)
			return rc;
		if (low < 0xdc00 || low > 0xdfff)
			return wrong(r, "a lone surrogate");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	put_utf8(&r->word, c);
	return 0;
}

/* Behind the backslash. */
static int
read_escape(struct reader *r)
{
	static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	int c = peek(r);
	const char *name = c > 0 ? strchr(names, c) : NULL;

	if (take(r, 'u'))
		return read_unicode(r);
	if (name == NULL)
		return wrong(r, "an unknown escape");
	buf_putc(&r->word, meant[name - names]);
	r->at++;
	return 0;
}

/* Takes the bytes up to the next quote, backslash or control character. */
static void
read_plain(struct reader *r)
{
	size_t start = r->at;
	int c;

	while ((c = peek(r)) >= ' ' && c != '"' && c != '\\')
		r->at++;
	buf_add(&r->word, r->text + start, r->at - start);
}

/* Decodes the string that begins here into `word`. */
static int
read_string(struct reader *r)
{
	int rc;

	buf_clear(&r->word);
	if (!take(r, '"'))
		return wrong(r, "a string expected");
	for (;;) {
		read_plain(r);
		if (take(r, '"'))
			break;
		if (peek(r) < 0)
			return wrong(r, "a string without end");
		if (!take(r, '\\'))
			return wrong(r, "a control character in a string");
		if ((rc = read_escape(r)) != 0)
			return rc;
	}
	/* An escape is whole characters, so it cannot mend broken ones. */
	if (!str_is_utf8(buf_text(&r->word), r->word.len))
		return wrong(r, "a string that is not UTF-8, ending");
	return 0;
}

/* ---- numbers and names (RFC 8259, 6 and 3) ---- */

static int
read_digits(struct reader *r)
{
	if (!is_digit(peek(r)))
		return wrong(r, "a digit expected");
	while (is_digit(peek(r)))
		r->at++;
	return 0;
}

static int
read_number(struct reader *r)
{
	size_t start = r->at;
	int rc;

	take(r, '-');
	if (take(r, '0')) {
		if (is_digit(peek(r)))
			return wrong(r, "a digit behind a leading zero");
	} else if ((rc = read_digits(r)) != 0) {
		return rc;
	}
	if (take(r, '.') && (rc = read_digits(r)) != 0)
		return rc;
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '+'))
			take(r, '-');
		if ((rc = read_digits(r)) != 0)
			return rc;
	}
	put(r, r->text + start, r->at - start);
	return 0;
}

static int
read_name(struct reader *r, const char *name)
{
	size_t len = strlen(name);

	if (r->len - r->at < len || memcmp(r->text + r->at, name, len) != 0)
		return wrong(r, "a value expected");
	put(r, name, len);
	r->at += len;
	return 0;
}

/* ---- arrays and objects (RFC 8259, 4 and 5) ---- */

/* Behind the opening bracket: is there anything in it?  Or E_INPUT. */
static int
begin_list(struct reader *r, char opening, char closing)
{
	if (++r->depth > JSON_DEPTH)
		return wrong(r, "nested too deep");
	put(r, &opening, 1);
	skip_space(r);
	return !take(r, closing);
}

/* Behind an item: does another follow?  Or E_INPUT. */
static int
next_in_list(struct reader *r, char closing)
{
	skip_space(r);
	if (take(r, closing))
		return 0;
	if (!take(r, ','))
		return wrong(r, "a comma or the end of the list expected");
	skip_space(r);
	return 1;
}

static void
end_list(struct reader *r, char closing)
{
	put(r, &closing, 1);
	r->depth--;
}

static int
read_array(struct reader *r)
{
	int rc, more;

	r->at++;
	more = begin_list(r, '[', ']');
	while (more > 0) {
		if ((rc = read_value(r)) != 0)
			return rc;
		if ((more = next_in_list(r, ']')) > 0)
			put(r, ",", 1);
	}
	if (more == 0)
		end_list(r, ']');
	return more;
}

static struct member *
push_member(struct reader *r)
{
	if (r->count == r->room) {
		r->room = r->room > 0 ? 2 * r->room : 16;
		r->members = xrealloc(r->members,
		    r->room * sizeof(*r->members));
	}
	return &r->members[r->count++];
}

static int
read_member(struct reader *r)
{
	struct member m = { .key_at = r->keys.len };
	int rc;

	if (r->out != NULL)
		m.out_at = r->out->len;
	if ((rc = read_string(r)) != 0)
		return rc;
	buf_add(&r->keys, buf_text(&r->word), r->word.len + 1);
	if (r->out != NULL)
		json_put_string(r->out, buf_text(&r->word));
	skip_space(r);
	if (!take(r, ':'))
		return wrong(r, "a colon expected");
	put(r, ":", 1);
	skip_space(r);
	m.value.text = r->text + r->at;
	if ((rc = read_value(r)) != 0)
		return rc;
	m.value.len = (size_t)(r->text + r->at - m.value.text);
	if (r->out != NULL)
		m.out_len = r->out->len - m.out_at;
	*push_member(r) = m;
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct member *ma = a, *mb = b;

	return strcmp(ma->key, mb->key);
}

static int
by_place(const void *a, const void *b)
{
	const struct member *ma = a, *mb = b;

	return (ma->value.text > mb->value.text) -
	    (ma->value.text < mb->value.text);
}

/* Sorts the members from `first` on by key.  Answers whether they were. */
static bool
sort_members(struct reader *r, size_t first)
{
	bool sorted = true;
	size_t i;

	for (i = first; i < r->count; i++) {
		r->members[i].key = r->keys.data + r->members[i].key_at;
		if (i > first &&
		    by_key(&r->members[i - 1], &r->members[i]) >= 0)
			sorted = false;
	}
	if (!sorted)
		qsort(r->members + first, r->count - first, sizeof(*r->members),
		    by_key);
	return sorted;
}

/* Writes the members again, in the order in which they are now. */
static void
rewrite_members(struct reader *r, size_t first, size_t out_at)
{
	struct buf sorted = { 0 };
	const struct member *m;
	size_t i;

	for (i = first; i < r->count; i++) {
		m = &r->members[i];
		if (i > first)
			buf_putc(&sorted, ',');
		buf_add(&sorted, r->out->data + m->out_at, m->out_len);
	}
	memcpy(r->out->data + out_at, buf_text(&sorted), sorted.len);
	buf_release(&sorted);
}

/* Orders the members from `first` on; they are written from `out_at` on. */
static int
order_members(struct reader *r, size_t first, size_t out_at)
{
	size_t i;

	if (sort_members(r, first))
		return 0;
	for (i = first + 1; i < r->count; i++)
		if (by_key(&r->members[i - 1], &r->members[i]) == 0)
			return err_set(E_INPUT,
			    "JSON: the key \"%.80s\" stands twice in an "
			    "object that ends at byte %zu",
			    r->members[i].key, r->at);
	if (r->out != NULL)
		rewrite_members(r, first, out_at);
	return 0;
}

/* Leaves the members of the object on the stack. */
static int
read_members(struct reader *r)
{
	size_t first = r->count, out_at;
	int rc, more;

	r->at++;
	more = begin_list(r, '{', '}');
	out_at = r->out != NULL ? r->out->len : 0;
	while (more > 0) {
		if ((rc = read_member(r)) != 0)
			return rc;
		if ((more = next_in_list(r, '}')) > 0)
			put(r, ",", 1);
	}
	if (more == 0 && (more = order_members(r, first, out_at)) == 0)
		end_list(r, '}');
	return more;
}

static int
read_object(struct reader *r)
{
	size_t first = r->count, keys_len = r->keys.len;
	int rc = read_members(r);

	r->count = first;
	r->keys.len = keys_len;
	return rc;
}

static int
read_value(struct reader *r)
{
	int c = peek(r), rc;

	switch (c) {
	case '{':
		return read_object(r);
	case '[':
		return read_array(r);
	case '"':
		if ((rc = read_string(r)) == 0 && r->out != NULL)
			json_put_string(r->out, buf_text(&r->word));
		return rc;
	case 't':
		return read_name(r, "true");
	case 'f':
		return read_name(r, "false");
	case 'n':
		return read_name(r, "null");
	default:
		if (c == '-' || is_digit(c))
			return read_number(r);
		return wrong(r, "a value expected");
	}
}

static int
expect_end(struct reader *r)
{
	skip_space(r);
	return r->at == r->len ? 0 : wrong(r, "something behind the value");
}

/* ---- what others call ---- */

static int
read_all(const char *text, size_t len, struct buf *out)
{
	struct reader r;
	int rc;

	reader_init(&r, text, len, out);
	skip_space(&r);
	rc = read_value(&r);
	if (rc == 0)
		rc = expect_end(&r);
	reader_release(&r);
	return rc;
}

int
json_check(const char *text, size_t len)
{
	return read_all(text, len, NULL);
}

int
json_canon(const char *text, size_t len, struct buf *out)
{
	size_t before = out->len;
	int rc = read_all(text, len, out);

	if (rc != 0 && out->len > before) {
		out->len = before;
		out->data[before] = '\0';
	}
	return rc;
}

bool
json_is_canon(const char *text, size_t len)
{
	struct buf canon = { 0 };
	bool is;

	is = json_canon(text, len, &canon) == 0 && canon.len == len &&
	    memcmp(canon.data, text, len) == 0;
	buf_release(&canon);
	return is;
}

/* Opens a reader at the first byte of the value that is no white space. */
static int
reader_at(struct reader *r, struct json value)
{
	reader_init(r, value.text, value.len, NULL);
	skip_space(r);
	return peek(r);
}

enum json_kind
json_kind(struct json value)
{
	struct reader r;

	switch (reader_at(&r, value)) {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case '"':
		return JSON_STRING;
	case 't':
		return JSON_TRUE;
	case 'f':
		return JSON_FALSE;
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		return JSON_NUMBER;
	default:
		return JSON_NULL;
	}
}

/* Reads the members of a whole object, in the order of the text. */
static int
read_whole_object(struct reader *r, struct json object)
{
	int rc;

	if (reader_at(r, object) != '{')
		return wrong(r, "an object expected");
	if ((rc = read_members(r)) != 0 || (rc = expect_end(r)) != 0)
		return rc;
	if (r->count > 1)
		qsort(r->members, r->count, sizeof(*r->members), by_place);
	return 0;
}

int
json_each_member(struct json object,
    int (*fn)(void *arg, const char *key, struct json value), void *arg)
{
	struct reader r;
	size_t i;
	int rc;

	rc = read_whole_object(&r, object);
	for (i = 0; rc == 0 && i < r.count; i++)
		rc = fn(arg, r.members[i].key, r.members[i].value);
	reader_release(&r);
	return rc;
}

/* Calls `fn` (if any) for each item of the array that begins here. */
static int
each_item(struct reader *r, int (*fn)(void *arg, struct json value), void *arg)
{
	struct json value;
	int rc, more;

	r->at++;
	more = begin_list(r, '[', ']');
	while (more > 0) {
		value.text = r->text + r->at;
		if ((rc = read_value(r)) != 0)
			return rc;
		value.len = (size_t)(r->text + r->at - value.text);
		if (fn != NULL && (rc = fn(arg, value)) != 0)
			return rc;
		more = next_in_list(r, ']');
	}
	return more;
}

int
json_each_item(struct json array, int (*fn)(void *arg, struct json value),
    void *arg)
{
	struct reader r;
	int rc;

	if (reader_at(&r, array) != '[')
		return wrong(&r, "an array expected");
	/* Nobody is called for an array that proves malformed later. */
	if ((rc = json_check(array.text, array.len)) == 0)
		rc = each_item(&r, fn, arg);
	reader_release(&r);
	return rc;
}

int
json_find(struct json object, const char *key, struct json *value)
{
	struct reader r;
	size_t i;
	int rc;

	rc = read_whole_object(&r, object);
	for (i = 0; rc == 0 && i < r.count; i++)
		if (strcmp(r.members[i].key, key) == 0) {
			*value = r.members[i].value;
			rc = 1;
		}
	reader_release(&r);
	return rc;
}

int
json_string(struct mem *mem, struct json value, char **text)
{
	struct reader r;
	int rc;

	reader_at(&r, value);
	rc = read_string(&r);
	if (rc == 0)
		rc = expect_end(&r);
	if (rc == 0)
		*text = mem_strndup(mem, buf_text(&r.word), r.word.len);
	reader_release(&r);
	return rc;
}

int
json_int64(struct json value, int64_t *number)
{
	char text[24];
	struct reader r;
	size_t start;
	int rc;

	reader_at(&r, value);
	start = r.at;
	if ((rc = read_number(&r)) != 0)
		return rc;
	if (r.at - start >= sizeof(text))
		return wrong(&r, "a number that is too long, ending");
	memcpy(text, r.text + start, r.at - start);
	text[r.at - start] = '\0';
	if ((rc = expect_end(&r)) != 0)
		return rc;
	return str_int64(text, number);
}

struct json
json_of(const char *text)
{
	return (struct json){ text, strlen(text) };
}

/* ---- writing ---- */

/* The bytes of the whole character at `s`; 0 when there is none. */
static size_t
character_size(const char *s)
{
	size_t left = strnlen(s, 4), size;

	for (size = 1; size <= left; size++)
		if (str_is_utf8(s, size))
			return size;
	return 0;
}

static void
put_control(struct buf *out, char c)
{
	static const char named[] = "\b\f\n\r\t", names[] = "bfnrt";
	const char *p = strchr(named, c);

	if (p != NULL)
		buf_printf(out, "\\%c", names[p - named]);
	else
		buf_printf(out, "\\u%04x", (unsigned)c);
}

/* Answers how many bytes of `s` it stands for. */
static size_t
put_character(struct buf *out, const char *s)
{
	size_t size = character_size(s);

	if (size == 0) {
		buf_puts(out, "\xef\xbf\xbd");
		return 1;
	}
	if (*s == '"' || *s == '\\') {
		buf_putc(out, '\\');
		buf_putc(out, *s);
	} else if (size == 1 && *s < ' ') {
		put_control(out, *s);
	} else {
		buf_add(out, s, size);
	}
	return size;
}

/* How many bytes at `s` stand for themselves. */
static size_t
plain_size(const char *s)
{
	size_t n = 0;

	while (s[n] >= ' ' && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

void
json_put_string(struct buf *out, const char *s)
{
	size_t n;

	if (s == NULL) {
		buf_puts(out, "null");
		return;
	}
	buf_putc(out, '"');
	while (*s != '\0') {
		n = plain_size(s);
		buf_add(out, s, n);
		s += n;
		if (*s != '\0')
			s += put_character(out, s);
	}
	buf_putc(out, '"');
}

void
json_put_key(struct buf *out, const char *key)
{
	if (out->len > 0 && strchr("{[:", out->data[out->len - 1]) == NULL)
		buf_putc(out, ',');
	json_put_string(out, key);
	buf_putc(out, ':');
}
