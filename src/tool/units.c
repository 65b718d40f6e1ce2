/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/units.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

char *
units_bytes(int64_t bytes, char text[UNITS_SIZE])
{
	static const char *const names[] = { "kB", "MB", "GB", "TB", "PB",
		"EB" };
	double value = (double)bytes / 1000;
	size_t i;

	if (bytes < 1000) {
		snprintf(text, UNITS_SIZE, "%" PRId64 " B", bytes);
		return text;
	}
	for (i = 0; value >= 999.95 && i + 1 < sizeof(names) / sizeof(*names);
	     i++)
		value /= 1000;
	snprintf(text, UNITS_SIZE, "%.1f %s", value, names[i]);
	return text;
}

char *
units_seconds(int64_t seconds, char text[UNITS_SIZE])
{
	int64_t most = 100 * 3600 - 1;
	int s;

	if (seconds < 0)
		seconds = 0;
	s = (int)(seconds < most ? seconds : most);
	if (s >= 3600)
		snprintf(text, UNITS_SIZE, "%d:%02d:%02d", s / 3600,
		    s / 60 % 60, s % 60);
	else
		snprintf(text, UNITS_SIZE, "%d:%02d", s / 60, s % 60);
	return text;
}

/* All texts of a library are UTF-8, whatever the user's locale. */
static void
locale_utf8(void)
{
	static int is_set;

	if (!is_set)
		setlocale(LC_CTYPE, "C.UTF-8");
	is_set = 1;
}

/* One character: its columns; what is none is one byte and one column. */
static int
char_width(const char *text, size_t *len)
{
	mbstate_t state;
	wchar_t c;
	int width;

	memset(&state, 0, sizeof(state));
	*len = mbrtowc(&c, text, strlen(text), &state);
	if (*len == 0 || *len > 4) {
		*len = 1;
		return 1;
	}
	width = wcwidth(c);
	return width < 0 ? 1 : width;
}

size_t
units_fit(const char *text, int width, int *used)
{
	size_t at = 0;
	size_t len;
	int w;

	locale_utf8();
	*used = 0;
	while (text[at] != '\0') {
		w = char_width(text + at, &len);
		if (*used + w > width)
			break;
		*used += w;
		at += len;
	}
	return at;
}

int
units_width(const char *text)
{
	int used;

	units_fit(text, INT32_MAX, &used);
	return used;
}
