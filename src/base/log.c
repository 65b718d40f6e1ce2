/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/log.h"

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 2000   /* with its line feed */
#define REQUEST_SIZE 100 /* with its NUL */

static const char *const names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static atomic_int max_level = LOG_WARN;
static _Thread_local char request[REQUEST_SIZE];

/* Appends what fits; answers the new length. */
static size_t __attribute__((format(printf, 4, 0)))
add(char *line, size_t len, size_t room, const char *fmt, va_list ap)
{
	int n = vsnprintf(line + len, room - len, fmt, ap);

	if (n < 0)
		return len;
	return (size_t)n < room - len ? len + (size_t)n : room - 1;
}

static size_t __attribute__((format(printf, 4, 5)))
addf(char *line, size_t len, size_t room, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	len = add(line, len, room, fmt, ap);
	va_end(ap);
	return len;
}

static void
blank_controls(char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = ' ';
}

static void
write_line(const char *line, size_t len)
{
	int saved = errno;
	ssize_t n;

	do
		n = write(STDERR_FILENO, line, len);
	while (n < 0 && errno == EINTR);
	errno = saved;
}

void
log_line(enum log_level level, const char *topic, const char *fmt, ...)
{
	char line[LINE_SIZE + 1];
	size_t len, tail = 1;
	va_list ap;

	if (!log_enabled(level))
		return;
	if (request[0] != '\0')
		tail += strlen(" request=") + strlen(request);
	len = addf(line, 0, sizeof(line) - tail, "%s %s: ", names[level],
	    topic);
	va_start(ap, fmt);
	len = add(line, len, sizeof(line) - tail, fmt, ap);
	va_end(ap);
	if (request[0] != '\0')
		len = addf(line, len, sizeof(line), " request=%s", request);
	blank_controls(line, len);
	line[len++] = '\n';
	write_line(line, len);
}

void
log_set_level(enum log_level level)
{
	atomic_store(&max_level, (int)level);
}

bool
log_enabled(enum log_level level)
{
	return (int)level <= atomic_load(&max_level);
}

int
log_level_parse(const char *name, enum log_level *level)
{
	int i;

	for (i = LOG_ERROR; i <= LOG_DEBUG; i++)
		if (strcmp(name, names[i]) == 0) {
			*level = (enum log_level)i;
			return 0;
		}
	return err_set(E_INPUT, "%s: not one of error, warn, info, debug",
	    name);
}

void
log_set_request(const char *id)
{
	snprintf(request, sizeof(request), "%s", id != NULL ? id : "");
}
