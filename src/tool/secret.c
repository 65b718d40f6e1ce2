/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/secret.h"

#include "base/err.h"
#include "base/str.h"
#include "tool/stop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define SECRET_MAX 1024

/* To the line feed or the end; a signal that was caught ends it. */
static int
line_read(struct buf *line)
{
	ssize_t n;
	char c;

	buf_clear(line);
	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n') {
		if (line->len >= SECRET_MAX)
			return err_set(E_INPUT, "the password is too long");
		buf_putc(line, c);
	}
	if (n < 0)
		return errno == EINTR
		    ? stop_asked(NULL)
		    : err_set(E_IO, "stdin: %s", strerror(errno));
	if (line->len > 0 && line->data[line->len - 1] == '\r')
		line->data[--line->len] = '\0';
	if (line->len == 0)
		return err_set(E_INPUT, "no password was given");
	return 0;
}

static int
line_ask(const char *prompt, struct buf *line)
{
	int rc;

	fprintf(stderr, "%s: ", prompt);
	fflush(stderr);
	rc = line_read(line);
	fputc('\n', stderr);
	return rc;
}

static int
ask_twice(const char *prompt, struct buf *secret)
{
	struct buf again = { NULL, 0, 0 };
	int rc;

	if ((rc = line_ask(prompt, secret)) == 0 &&
	    (rc = line_ask("The same again", &again)) == 0 &&
	    !str_eq(secret->data, again.data))
		rc = err_set(E_INPUT, "these are two different passwords");
	if (again.data != NULL)
		explicit_bzero(again.data, again.len);
	buf_release(&again);
	return rc;
}

int
secret_read(const char *prompt, struct buf *secret)
{
	struct termios shown;
	struct termios hidden;
	int rc;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return line_read(secret);
	stop_catch();
	hidden = shown;
	hidden.c_lflag &= (tcflag_t)~ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	rc = ask_twice(prompt, secret);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	return rc;
}
