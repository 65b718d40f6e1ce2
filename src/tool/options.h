/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Values of an option that may be given several times; borrowed from argv. */
struct option_list {
	char **items;
	int n;
};
void option_list_release(struct option_list *list);

/*
 * One option: its names, and where its value goes, which is one of the last
 * four.  A number is a decimal one that is not negative.
 */
struct option_row {
	char letter;       /* 0: none */
	const char *name;  /* behind the "--" */
	const char *value; /* what it takes, in capitals; NULL: nothing */
	const char *help;
	bool *flag;
	const char **text;
	int64_t *number;
	struct option_list *list;
};

#define OPTION_ROWS_MAX 16

/*
 * How a command is to be used: the table that is read by options_parse and
 * printed by --help, which every command has without a row of its own.
 */
struct usage {
	const char *command;           /* "import", or "user add"; "" for all */
	const char *args;              /* "PATH...", or NULL */
	const char *summary;           /* one sentence without a full stop */
	const char *details;           /* more lines for --help, or NULL */
	const struct option_row *rows; /* the last has no name; or NULL */
	int min;                       /* of arguments */
	int max;                       /* -1: any number */
	bool is_leading;               /* options end at the first argument */
};

/*
 * options_parse - read the options of argv[1] and on.
 *
 * True: go on; `argc` and `argv` are then the arguments alone.  False: end
 * with `status`: help was asked for and printed, or the usage is wrong, which
 * was told on stderr.
 */
bool options_parse(const struct usage *usage, int *argc, char ***argv,
    int *status);

/* options_help - what --help prints. */
void options_help(const struct usage *usage, FILE *file);

/* options_wrong - tell that the usage is wrong; answers the exit status. */
int options_wrong(const struct usage *usage, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
