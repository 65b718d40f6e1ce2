/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/say.h"

#include "tool/progress.h"

#include <stdarg.h>
#include <stdio.h>

static bool quiet;

static void __attribute__((format(printf, 2, 0)))
line_write(const char *before, const char *fmt, va_list ap)
{
	char text[4096];
	char *p;

	vsnprintf(text, sizeof(text), fmt, ap);
	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	progress_clear();
	fprintf(stderr, "%s%s\n", before, text);
}

void
say(const char *fmt, ...)
{
	va_list ap;

	if (quiet)
		return;
	va_start(ap, fmt);
	line_write("", fmt, ap);
	va_end(ap);
}

void
complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line_write("stemma: ", fmt, ap);
	va_end(ap);
}

void
say_set_quiet(bool is_quiet)
{
	quiet = is_quiet;
}

bool
say_is_quiet(void)
{
	return quiet;
}
