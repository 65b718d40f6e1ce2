/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/out.h"

#include "base/err.h"
#include "base/json.h"
#include "tool/progress.h"
#include "tool/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define KEY_WIDTH 18
#define LAST_MIN 12 /* narrower, a last column is not cut */
#define WIDTH_DEFAULT 80

static bool is_gone;

static int
terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
		return WIDTH_DEFAULT;
	return size.ws_col;
}

void
out_init(struct out *out, bool is_json, const struct out_column *columns)
{
	memset(out, 0, sizeof(*out));
	out->is_json = is_json;
	out->is_terminal = isatty(STDOUT_FILENO) == 1;
	out->width = out->is_terminal && !is_json ? terminal_width() : 0;
	out->columns = columns;
}

void
out_release(struct out *out)
{
	int i;

	buf_release(&out->row);
	for (i = 0; i < OUT_COLUMNS_MAX; i++)
		buf_release(&out->cells[i]);
}

/* ---- values ------------------------------------------------------------- */

/* What others wrote must not speak to the terminal, nor break a line. */
static void
add_clean(struct buf *to, const char *text)
{
	unsigned char c;

	for (; *text != '\0'; text++) {
		c = (unsigned char)*text;
		if (c == 0xc2 && (unsigned char)text[1] >= 0x80 &&
		    (unsigned char)text[1] < 0xa0) {
			buf_putc(to, ' ');
			text++;
		} else {
			buf_putc(to, c < ' ' || c == 0x7f ? ' ' : *text);
		}
	}
}

/* Where a value of that key goes: a cell of the table, or nowhere. */
static struct buf *
cell_of(struct out *out, const char *key)
{
	int i;

	for (i = 0; i < OUT_COLUMNS_MAX && out->columns[i].key != NULL; i++)
		if (strcmp(out->columns[i].key, key) == 0)
			return &out->cells[i];
	return NULL;
}

/* A value that is no JSON: into its cell, or into its line. */
static void
put_plain(struct out *out, const char *key, const char *text)
{
	struct buf *cell;

	if (out->columns == NULL) {
		if (out->is_terminal)
			buf_printf(&out->row, "%-*s ", KEY_WIDTH, key);
		else
			buf_printf(&out->row, "%s\t", key);
		add_clean(&out->row, text);
		buf_putc(&out->row, '\n');
	} else if ((cell = cell_of(out, key)) != NULL) {
		buf_clear(cell);
		add_clean(cell, text);
	}
}

static void
put_key(struct out *out, const char *key)
{
	if (out->row.len == 0)
		buf_putc(&out->row, '{');
	json_put_key(&out->row, key);
}

void
out_text(struct out *out, const char *key, const char *text)
{
	if (!out->is_json) {
		put_plain(out, key, text != NULL ? text : "-");
		return;
	}
	put_key(out, key);
	json_put_string(&out->row, text);
}

void
out_json(struct out *out, const char *key, const char *json)
{
	if (!out->is_json) {
		put_plain(out, key, json);
		return;
	}
	put_key(out, key);
	buf_puts(&out->row, json);
}

void
out_int(struct out *out, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	out_json(out, key, text);
}

void
out_bool(struct out *out, const char *key, bool value)
{
	if (out->is_json)
		out_json(out, key, value ? "true" : "false");
	else
		put_plain(out, key, value ? "yes" : "no");
}

void
out_size(struct out *out, const char *key, int64_t bytes)
{
	char text[UNITS_SIZE];

	if (out->is_json || !out->is_terminal)
		out_int(out, key, bytes);
	else
		put_plain(out, key, units_bytes(bytes, text));
}

/* "2026-01-31 12:34:56", in UTC as all times. */
void
out_time(struct out *out, const char *key, const char *time)
{
	char text[20];

	if (time == NULL || out->width == 0 || strlen(time) < 20) {
		out_text(out, key, time);
		return;
	}
	snprintf(text, sizeof(text), "%.10s %.8s", time, time + 11);
	put_plain(out, key, text);
}

void
out_members(struct out *out, const char *object)
{
	size_t len = strlen(object);

	if (!out->is_json || len <= 2)
		return;
	buf_putc(&out->row, out->row.len == 0 ? '{' : ',');
	buf_add(&out->row, object + 1, len - 2);
}

/* ---- rows --------------------------------------------------------------- */

static void
add_spaces(struct buf *line, int n)
{
	while (n-- > 0)
		buf_putc(line, ' ');
}

/* What is cut off ends in "~"; whoever wants all of it takes a pipe. */
static void
add_cut(struct buf *line, const char *text, int width, int *used)
{
	size_t len = units_fit(text, width, used);

	if (text[len] != '\0')
		len = units_fit(text, width - 1, used);
	buf_add(line, text, len);
	if (text[len] != '\0') {
		buf_putc(line, '~');
		(*used)++;
	}
}

static void
add_cell(struct buf *line, const char *text, int width)
{
	struct buf cell = { NULL, 0, 0 };
	int used;

	add_cut(&cell, text, width < 0 ? -width : width, &used);
	if (width < 0)
		add_spaces(line, -width - used);
	buf_puts(line, buf_text(&cell));
	if (width > 0)
		add_spaces(line, width - used);
	buf_release(&cell);
}

/* The last one has the rest of the line, or goes on below if there is none. */
static void
add_last(struct buf *line, const char *text, int width, int taken)
{
	int room = width - taken;
	int used;

	if (room < LAST_MIN)
		buf_puts(line, text);
	else
		add_cut(line, text, room, &used);
}

static void
line_make(struct out *out, bool is_title)
{
	const struct out_column *column = out->columns;
	int taken = 0;
	int i;

	for (i = 0; i < OUT_COLUMNS_MAX && column[i].key != NULL; i++) {
		const char *text = is_title ? column[i].title
					    : buf_text(&out->cells[i]);

		if (i > 0)
			buf_puts(&out->row, out->width > 0 ? "  " : "\t");
		if (out->width == 0)
			buf_puts(&out->row, text);
		else if (column[i].width == 0)
			add_last(&out->row, text, out->width, taken);
		else
			add_cell(&out->row, text, column[i].width);
		taken += abs(column[i].width) + 2;
		if (!is_title)
			buf_clear(&out->cells[i]);
	}
	while (out->row.len > 0 && out->row.data[out->row.len - 1] == ' ')
		out->row.data[--out->row.len] = '\0';
	buf_putc(&out->row, '\n');
}

int
out_row(struct out *out)
{
	int rc;

	if (out->is_json) {
		if (out->row.len == 0)
			buf_putc(&out->row, '{');
		buf_puts(&out->row, "}\n");
	} else if (out->columns != NULL) {
		if (out->rows == 0 && out->is_terminal)
			line_make(out, true);
		line_make(out, false);
	}
	out->rows++;
	if (out->is_terminal)
		progress_clear();
	rc = out_write(out->row.data, out->row.len);
	buf_clear(&out->row);
	return rc;
}

static int
write_failed(void)
{
	is_gone = is_gone || errno == EPIPE;
	return err_set(E_IO, "stdout: %s", strerror(errno));
}

int
out_write(const void *data, size_t len)
{
	if (fwrite(data, 1, len, stdout) != len)
		return write_failed();
	return 0;
}

int
out_end(void)
{
	if (fflush(stdout) != 0 || ferror(stdout) != 0)
		return write_failed();
	return 0;
}

bool
out_is_gone(void)
{
	return is_gone;
}
