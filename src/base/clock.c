/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"

#include "base/err.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define FIRST_MS INT64_C(-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define LAST_MS INT64_C(253402300799999)  /* 9999-12-31T23:59:59.999Z */

static const struct clock_source *source;

void
clock_set(const struct clock_source *new_source)
{
	source = new_source;
}

static int64_t
system_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_wall_ms(void)
{
	return source != NULL ? source->wall_ms(source->arg)
			      : system_ms(CLOCK_REALTIME);
}

int64_t
clock_mono_ms(void)
{
	return source != NULL ? source->mono_ms(source->arg)
			      : system_ms(CLOCK_MONOTONIC);
}

void
clock_sleep_ms(int64_t ms)
{
	struct timespec ts;

	if (source != NULL) {
		source->sleep_ms(source->arg, ms);
		return;
	}
	if (ms <= 0)
		return;
	ts.tv_sec = (time_t)(ms / 1000);
	ts.tv_nsec = (long)(ms % 1000) * 1000000;
	nanosleep(&ts, NULL);
}

char *
clock_text(int64_t wall_ms, char text[CLOCK_TEXT_SIZE])
{
	char wide[80]; /* the compiler does not know how short years are */
	struct tm tm;
	time_t t;
	int ms;

	if (wall_ms < FIRST_MS)
		wall_ms = FIRST_MS;
	if (wall_ms > LAST_MS)
		wall_ms = LAST_MS;
	ms = (int)((wall_ms % 1000 + 1000) % 1000);
	t = (time_t)((wall_ms - ms) / 1000);
	gmtime_r(&t, &tm);
	snprintf(wide, sizeof(wide), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, ms);
	memcpy(text, wide, CLOCK_TEXT_SIZE);
	return text;
}

/* Do digits stand where `form` has a 0, and the same characters elsewhere? */
static int
has_form(const char *text, const char *form)
{
	for (; *form != '\0'; form++, text++)
		if (*form == '0' ? *text < '0' || *text > '9' : *text != *form)
			return 0;
	return *text == '\0';
}

static int
digits(const char *text, int n)
{
	int value = 0;

	while (n-- > 0)
		value = 10 * value + (*text++ - '0');
	return value;
}

int
clock_parse(const char *text, int64_t *wall_ms)
{
	struct tm tm = { 0 };
	char again[CLOCK_TEXT_SIZE];
	int64_t ms;

	if (!has_form(text, "0000-00-00T00:00:00.000Z"))
		return err_set(E_INPUT, "\"%.40s\" is not a time", text);
	tm.tm_year = digits(text, 4) - 1900;
	tm.tm_mon = digits(text + 5, 2) - 1;
	tm.tm_mday = digits(text + 8, 2);
	tm.tm_hour = digits(text + 11, 2);
	tm.tm_min = digits(text + 14, 2);
	tm.tm_sec = digits(text + 17, 2);
	ms = (int64_t)timegm(&tm) * 1000 + digits(text + 20, 3);
	/* timegm makes the 31st of April the 1st of May. */
	if (strcmp(clock_text(ms, again), text) != 0)
		return err_set(E_INPUT, "%s: no such time", text);
	*wall_ms = ms;
	return 0;
}
