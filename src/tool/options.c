/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/options.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "tool/say.h"
#include "tool/tool.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CODE_BASE 256 /* of the first row; letters are below */
#define CODE_HELP 'h'

static int
rows_count(const struct usage *usage)
{
	int n = 0;

	while (usage->rows != NULL && usage->rows[n].name != NULL)
		n++;
	return n < OPTION_ROWS_MAX ? n : OPTION_ROWS_MAX;
}

/* Both tables of getopt_long: every row has a code, its letter leads there. */
static void
tables_make(const struct usage *usage, struct option *longs, char *shorts)
{
	const struct option_row *row;
	int n = rows_count(usage);
	int i;

	if (usage->is_leading)
		*shorts++ = '+';
	*shorts++ = ':';
	*shorts++ = CODE_HELP;
	for (i = 0; i < n; i++) {
		row = &usage->rows[i];
		longs[i].name = row->name;
		longs[i].has_arg = row->value != NULL ? required_argument
						      : no_argument;
		longs[i].val = CODE_BASE + i;
		if (row->letter == 0)
			continue;
		*shorts++ = row->letter;
		if (row->value != NULL)
			*shorts++ = ':';
	}
	*shorts = '\0';
	longs[n].name = "help";
	longs[n].val = CODE_HELP;
}

static const struct option_row *
row_of(const struct usage *usage, int code)
{
	int n = rows_count(usage);
	int i;

	if (code >= CODE_BASE && code < CODE_BASE + n)
		return &usage->rows[code - CODE_BASE];
	for (i = 0; i < n; i++)
		if (usage->rows[i].letter == code)
			return &usage->rows[i];
	return NULL;
}

static void
list_add(struct option_list *list, char *item)
{
	list->items = xrealloc(list->items,
	    (size_t)(list->n + 1) * sizeof(list->items[0]));
	list->items[list->n++] = item;
}

void
option_list_release(struct option_list *list)
{
	free(list->items);
	list->items = NULL;
	list->n = 0;
}

static int
row_take(const struct usage *usage, const struct option_row *row, char *value)
{
	if (row->flag != NULL)
		*row->flag = true;
	else if (row->text != NULL)
		*row->text = value;
	else if (row->list != NULL)
		list_add(row->list, value);
	else if (str_int64(value, row->number) != 0 || *row->number < 0)
		return options_wrong(usage, "--%s: %s is no number", row->name,
		    value);
	return 0;
}

static int
refuse(const struct usage *usage, int what, char **argv)
{
	const struct option_row *row = optopt != 0 ? row_of(usage, optopt)
						   : NULL;

	if (what == ':' && row != NULL)
		return options_wrong(usage, "--%s needs %s", row->name,
		    row->value);
	if (row != NULL)
		return options_wrong(usage, "--%s takes no value", row->name);
	if (optopt != 0 && optopt < CODE_BASE)
		return options_wrong(usage, "there is no option -%c", optopt);
	return options_wrong(usage, "there is no option %s", argv[optind - 1]);
}

static int
check_count(const struct usage *usage, int n)
{
	if (n < usage->min)
		return options_wrong(usage,
		    n == 0 ? "%s: what?" : "%s: more is needed",
		    usage->args != NULL ? usage->args : "COMMAND");
	if (usage->max >= 0 && n > usage->max)
		return options_wrong(usage, "too many arguments");
	return 0;
}

/* What getopt_long has found. */
static int
code_take(const struct usage *usage, int code, char **argv)
{
	const struct option_row *row = row_of(usage, code);

	if (code == ':' || code == '?' || row == NULL)
		return refuse(usage, code, argv);
	return row_take(usage, row, optarg);
}

bool
options_parse(const struct usage *usage, int *argc, char ***argv, int *status)
{
	struct option longs[OPTION_ROWS_MAX + 2] = { { NULL, 0, NULL, 0 } };
	char shorts[2 * OPTION_ROWS_MAX + 4];
	int code;

	tables_make(usage, longs, shorts);
	*status = 0;
	opterr = 0;
	optind = 0;
	while ((code = getopt_long(*argc, *argv, shorts, longs, NULL)) != -1) {
		if (code == CODE_HELP) {
			options_help(usage, stdout);
			return false;
		}
		if ((*status = code_take(usage, code, *argv)) != 0)
			return false;
	}
	*argc -= optind;
	*argv += optind;
	*status = check_count(usage, *argc);
	return *status == 0;
}

static void
help_row(FILE *file, char letter, const char *name, const char *value,
    const char *help)
{
	char left[64];
	char letters[8] = "   ";

	if (letter != 0)
		snprintf(letters, sizeof(letters), "-%c,", letter);
	snprintf(left, sizeof(left), "%s --%s%s%s", letters, name,
	    value != NULL ? " " : "", value != NULL ? value : "");
	if (strlen(left) > 26)
		fprintf(file, "  %s\n%30s%s\n", left, "", help);
	else
		fprintf(file, "  %-27s %s\n", left, help);
}

void
options_help(const struct usage *usage, FILE *file)
{
	int n = rows_count(usage);
	int i;

	fprintf(file, "stemma%s%s [OPTION]...%s%s\n",
	    usage->command[0] != '\0' ? " " : "", usage->command,
	    usage->args != NULL ? " " : "",
	    usage->args != NULL ? usage->args : "");
	fprintf(file, "%s.\n", usage->summary);
	if (usage->details != NULL)
		fprintf(file, "\n%s\n", usage->details);
	fputc('\n', file);
	for (i = 0; i < n; i++)
		help_row(file, usage->rows[i].letter, usage->rows[i].name,
		    usage->rows[i].value, usage->rows[i].help);
	help_row(file, CODE_HELP, "help", NULL, "print this");
}

int
options_wrong(const struct usage *usage, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	bool is_main = usage->command[0] == '\0';

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	complain("%s%s%s", is_main ? "" : usage->command, is_main ? "" : ": ",
	    text);
	complain("\"stemma %s%s--help\" tells more", usage->command,
	    is_main ? "" : " ");
	return STATUS_USAGE;
}
