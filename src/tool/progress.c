/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/progress.h"

#include "base/clock.h"
#include "base/str.h"
#include "tool/say.h"
#include "tool/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_MS 100
#define LINE_MS 5000
#define SAMPLE_MS 500 /* between two looks at the rate */
#define BAR_MIN 6     /* narrower bars say nothing */
#define BAR_MAX 40
#define BAR_ENDS 4 /* two spaces, two brackets */
#define WIDTH_DEFAULT 80

/* The parts of a line behind the bar, in their order. */
enum part { PERCENT, AMOUNT, FILES, RATE, LEFT, PARTS };

/* The work that is shown. */
static struct {
	const char *what;
	bool is_drawn;     /* a bar stands in the terminal's last line */
	int64_t told_ms;   /* when something was written last */
	int64_t sample_ms; /* when the rate was looked at last */
	int64_t sample;    /* and how much was done then */
	double rate;       /* per second, smoothed */
} work;

/* ---- the line ----------------------------------------------------------- */

static bool
has_bytes(const struct progress *p)
{
	return p->bytes_total > 0 || p->bytes_done > 0;
}

static int64_t
done_of(const struct progress *p)
{
	return has_bytes(p) ? p->bytes_done : p->files_done;
}

static int64_t
total_of(const struct progress *p)
{
	return has_bytes(p) ? p->bytes_total : p->files_total;
}

static double
part_of(const struct progress *p)
{
	double part = (double)done_of(p) / (double)total_of(p);

	return part < 0 ? 0 : part > 1 ? 1 : part;
}

static void
add_percent(const struct progress *p, struct buf *out)
{
	if (total_of(p) > 0)
		buf_printf(out, "  %3d%%", (int)(part_of(p) * 100));
}

static void
add_amount(const struct progress *p, bool is_short, struct buf *out)
{
	char done[UNITS_SIZE];
	char total[UNITS_SIZE];

	if (!has_bytes(p))
		return;
	buf_printf(out, "  %s", units_bytes(p->bytes_done, done));
	if (p->bytes_total > 0 && !is_short)
		buf_printf(out, " of %s", units_bytes(p->bytes_total, total));
}

static void
add_files(const struct progress *p, struct buf *out)
{
	if (p->files_total > 0)
		buf_printf(out, "  %" PRId64 "/%" PRId64 " files",
		    p->files_done, p->files_total);
	else if (p->files_done > 0)
		buf_printf(out, "  %" PRId64 " files", p->files_done);
}

static void
add_rate(const struct progress *p, double rate, struct buf *out)
{
	char text[UNITS_SIZE];

	if (rate <= 0)
		return;
	if (has_bytes(p))
		buf_printf(out, "  %s/s", units_bytes((int64_t)rate, text));
	else
		buf_printf(out, "  %.0f/s", rate);
}

static void
add_left(const struct progress *p, double rate, struct buf *out)
{
	char text[UNITS_SIZE];
	double left = (double)(total_of(p) - done_of(p));

	if (rate > 0 && left > 0)
		buf_printf(out, "  %s left",
		    units_seconds((int64_t)(left / rate + 0.5), text));
}

static void
add_bar(const struct progress *p, int width, struct buf *out)
{
	int full;
	int i;

	if (total_of(p) <= 0 || width < BAR_MIN + BAR_ENDS)
		return;
	width = width - BAR_ENDS > BAR_MAX ? BAR_MAX : width - BAR_ENDS;
	full = (int)(part_of(p) * width);
	buf_puts(out, "  [");
	for (i = 0; i < width; i++)
		buf_putc(out, i < full ? '#' : '-');
	buf_putc(out, ']');
}

/* Keep a part if it fits and leaves `free` columns; all are ASCII. */
static bool
part_fit(struct buf *part, int *room, int free)
{
	if ((int)part->len > *room - free) {
		buf_clear(part);
		return false;
	}
	*room -= (int)part->len;
	return true;
}

/* In the order of what is worth knowing, which is not that of the line. */
static void
parts_fit(const struct progress *p, struct buf *parts, int *room)
{
	part_fit(&parts[PERCENT], room, 0);
	part_fit(&parts[LEFT], room, 0);
	if (!part_fit(&parts[AMOUNT], room, 0)) {
		add_amount(p, true, &parts[AMOUNT]);
		part_fit(&parts[AMOUNT], room, 0);
	}
	part_fit(&parts[RATE], room, 0);
	part_fit(&parts[FILES], room, BAR_MIN + BAR_ENDS);
}

void
progress_line(const struct progress *p, double rate, int width, struct buf *out)
{
	struct buf parts[PARTS] = { { NULL, 0, 0 } };
	int room;
	int used;
	int i;

	add_percent(p, &parts[PERCENT]);
	add_amount(p, false, &parts[AMOUNT]);
	add_files(p, &parts[FILES]);
	add_rate(p, rate, &parts[RATE]);
	add_left(p, rate, &parts[LEFT]);
	buf_add(out, p->what, units_fit(p->what, width, &used));
	room = width - used;
	parts_fit(p, parts, &room);
	add_bar(p, room, out);
	for (i = 0; i < PARTS; i++) {
		buf_puts(out, buf_text(&parts[i]));
		buf_release(&parts[i]);
	}
}

/* ---- when and where ----------------------------------------------------- */

static int
terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
		return WIDTH_DEFAULT;
	return size.ws_col;
}

/* A new work, or one that begins anew: what was measured is over. */
static void
work_begin(const struct progress *p, int64_t now_ms)
{
	work.what = p->what;
	work.sample_ms = now_ms;
	work.sample = done_of(p);
	work.rate = 0;
}

static void
rate_measure(const struct progress *p, int64_t now_ms)
{
	double rate;

	if (now_ms - work.sample_ms < SAMPLE_MS)
		return;
	rate = (double)(done_of(p) - work.sample) * 1000 /
	    (double)(now_ms - work.sample_ms);
	work.rate = work.rate <= 0 ? rate : work.rate * 0.8 + rate * 0.2;
	work.sample_ms = now_ms;
	work.sample = done_of(p);
}

static void
work_write(const struct progress *p, bool is_terminal)
{
	struct buf line = { NULL, 0, 0 };

	/* the last column stays free: some terminals wrap there */
	progress_line(p, work.rate, is_terminal ? terminal_width() - 1 : 200,
	    &line);
	if (is_terminal)
		fprintf(stderr, "\r%s\033[K", buf_text(&line));
	else
		fprintf(stderr, "%s\n", buf_text(&line));
	fflush(stderr);
	work.is_drawn = is_terminal;
	buf_release(&line);
}

void
progress_show(const struct progress *p)
{
	bool is_terminal = isatty(STDERR_FILENO) == 1;
	int64_t now_ms = clock_mono_ms();

	if (say_is_quiet())
		return;
	if (work.told_ms == 0)
		work.told_ms = now_ms;
	if (!str_eq(work.what, p->what) || done_of(p) < work.sample)
		work_begin(p, now_ms);
	rate_measure(p, now_ms);
	if (now_ms - work.told_ms < (is_terminal ? REDRAW_MS : LINE_MS))
		return;
	work.told_ms = now_ms;
	work_write(p, is_terminal);
}

void
progress_clear(void)
{
	if (work.is_drawn)
		fputs("\r\033[K", stderr);
	work.is_drawn = false;
}
