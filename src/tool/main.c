/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/progress.h"
#include "tool/say.h"
#include "tool/tool.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct command {
	const char *name;
	command_fn *run;
	const char *summary;
};

/* clang-format off */
static const struct command commands[] = {
	{ "init",      cmd_init,      "make the library; try and join the store" },
	{ "config",    cmd_config,    "print the configuration in force" },
	{ "probe",     cmd_probe,     "find out what the store can do" },
	{ "import",    cmd_import,    "take in files and folders" },
	{ "list",      cmd_list,      "print the records" },
	{ "show",      cmd_show,      "print all about one record" },
	{ "cat",       cmd_cat,       "print the content of a record" },
	{ "save",      cmd_save,      "give a record a new content" },
	{ "set",       cmd_set,       "change label, collections, metadata" },
	{ "rm",        cmd_rm,        "delete records; they can be restored" },
	{ "trash",     cmd_trash,     "print what was deleted" },
	{ "restore",   cmd_restore,   "bring back what a record was" },
	{ "history",   cmd_history,   "print what a record was, here" },
	{ "lineage",   cmd_lineage,   "print published versions of a record" },
	{ "sync",      cmd_sync,      "bring library and store in step" },
	{ "recover",   cmd_recover,   "unite with a store that lost something" },
	{ "status",    cmd_status,    "print how library and store stand" },
	{ "conflicts", cmd_conflicts, "print open conflicts" },
	{ "diff",      cmd_diff,      "print how the two sides differ" },
	{ "resolve",   cmd_resolve,   "settle a conflict" },
	{ "locks",     cmd_locks,     "print who edits what, here and elsewhere" },
	{ "log",       cmd_log,       "print past syncs" },
	{ "move-store", cmd_move_store, "move the store to another address" },
	{ "fsck",      cmd_fsck,      "check the library, and the store" },
	{ "gc",        cmd_gc,        "remove what nobody needs any more" },
	{ "export",    cmd_export,    "write contents and records to a folder" },
	{ "user",      cmd_user,      "manage who may sign in" },
	{ "version",   cmd_version,   "print the version of this program" },
	{ NULL, NULL, NULL }
};
/* clang-format on */

static const struct command *
command_find(const char *name)
{
	const struct command *c;

	for (c = commands; c->name != NULL; c++)
		if (str_eq(c->name, name))
			return c;
	return NULL;
}

/* ---- the program -------------------------------------------------------- */

struct leading {
	const char *conf_file;
	bool is_quiet;
	bool is_verbose;
	bool want_version;
};

static char *
command_lines(struct mem *mem)
{
	const struct command *c;
	char *text = mem_strdup(mem, "Commands:");

	for (c = commands; c->name != NULL; c++)
		text = mem_printf(mem, "%s\n  %-10s %s", text, c->name,
		    c->summary);
	return mem_printf(mem,
	    "%s\n\n\"stemma COMMAND --help\" tells more of one.", text);
}

/* The options that stand before the command. */
static bool
leading_parse(struct tool *tool, struct leading *l, int *argc, char ***argv,
    int *status)
{
	const struct option_row rows[] = {
		{ 'c', "config", "FILE", "read the configuration from FILE",
		    .text = &l->conf_file },
		{ 'q', "quiet", NULL, "no messages, but for errors",
		    .flag = &l->is_quiet },
		{ 'v', "verbose", NULL, "log what is done",
		    .flag = &l->is_verbose },
		{ 'V', "version", NULL, "print the version",
		    .flag = &l->want_version },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "", "COMMAND [ARGUMENT]...",
		"Keep a library of PDF and TEI documents in step with a store",
		command_lines(tool->site.mem), rows, 0, -1, true };

	if (!options_parse(&usage, argc, argv, status))
		return false;
	if (*argc > 0 || l->want_version)
		return true;
	options_help(&usage, stderr);
	*status = STATUS_USAGE;
	return false;
}

static int
unknown(const char *name)
{
	complain("there is no command \"%s\"; \"stemma --help\" lists them",
	    name);
	return STATUS_USAGE;
}

static int run(struct tool *tool, int argc, char **argv);

/* "stemma help sync" is "stemma sync --help". */
static int
run_help(struct tool *tool, int argc, char **argv)
{
	static char help[] = "--help";
	char *words[] = { argc > 1 ? argv[1] : argv[0], help, NULL };
	const struct command *c;

	if (argc < 2)
		return run(tool, 2, words);
	c = command_find(words[0]);
	return c != NULL ? c->run(tool, 2, words) : unknown(words[0]);
}

static int
run(struct tool *tool, int argc, char **argv)
{
	const struct command *c;
	struct leading l = { NULL, false, false, false };
	static char version[] = "version";
	char *words[] = { version, NULL };
	int status;

	if (!leading_parse(tool, &l, &argc, &argv, &status))
		return status;
	tool->site.conf_file = l.conf_file;
	say_set_quiet(l.is_quiet);
	if (l.is_verbose)
		log_set_level(LOG_DEBUG);
	if (l.want_version)
		return cmd_version(tool, 1, words);
	if (str_eq(argv[0], "help"))
		return run_help(tool, argc, argv);
	if ((c = command_find(argv[0])) == NULL)
		return unknown(argv[0]);
	return c->run(tool, argc, argv);
}

/* ---- its end ------------------------------------------------------------ */

static int
status_of(int rc)
{
	if (rc >= 0)
		return rc;
	if (rc == E_BUSY)
		return STATUS_BUSY;
	return rc == E_STOPPED ? STATUS_LEFT : STATUS_FAILED;
}

/* Whoever reads no further gets no sentence, but the end that is usual. */
static void
end_of_pipe(void)
{
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

int
main(int argc, char **argv)
{
	struct tool tool = { .user = NULL };
	int end;
	int rc;

	signal(SIGPIPE, SIG_IGN);
	site_init(&tool.site, NULL);
	rc = run(&tool, argc, argv);
	progress_clear();
	if (rc < 0 && !out_is_gone())
		complain("%s", err_text());
	end = out_end();
	site_release(&tool.site);
	if (out_is_gone())
		end_of_pipe();
	if (end != 0 && rc >= 0)
		complain("%s", err_text());
	return end != 0 && rc >= 0 ? STATUS_FAILED : status_of(rc);
}
