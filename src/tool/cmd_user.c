/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/user.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/say.h"
#include "tool/secret.h"
#include "tool/tool.h"

#include <string.h>

/* Who may sign in: a table of commands of its own. */

/* Forgets the password whatever happens. */
static void
secret_release(struct buf *secret)
{
	if (secret->data != NULL)
		explicit_bzero(secret->data, secret->room);
	buf_release(secret);
}

/* ---- add, passwd -------------------------------------------------------- */

static int
add_do(struct db *db, const char *name, const char *fullname, unsigned roles)
{
	struct buf secret = { NULL, 0, 0 };
	int rc = secret_read("Password", &secret);

	if (rc == 0)
		rc = user_add(db, name, fullname, roles, secret.data);
	secret_release(&secret);
	if (rc == 0)
		say("%s may sign in", name);
	return rc;
}

/* Several --role are one text with commas. */
static int
roles_of(const struct option_list *list, unsigned *roles)
{
	unsigned one;
	int rc;
	int i;

	*roles = list->n > 0 ? 0 : USER_READER;
	for (i = 0; i < list->n; i++) {
		if ((rc = user_roles_parse(list->items[i], &one)) != 0)
			return rc;
		*roles |= one;
	}
	return 0;
}

static int
user_cmd_add(struct tool *tool, int argc, char **argv)
{
	const char *fullname = NULL;
	struct option_list list = { NULL, 0 };
	const struct option_row rows[] = {
		{ 'r', "role", "ROLE",
		    "user, annotator, reviewer, admin; may be repeated",
		    .list = &list },
		{ 'f', "fullname", "TEXT", "the name that people read",
		    .text = &fullname },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "user add", "NAME", "Add a user",
		"The password is asked for, or read from stdin.  Without a "
		"role: user.",
		rows, 1, 1, false };
	unsigned roles;
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	rc = roles_of(&list, &roles);
	option_list_release(&list);
	if (rc != 0)
		return options_wrong(&usage, "%s", err_text());
	if ((rc = site_auth(&tool->site, false)) != 0)
		return rc;
	rc = add_do(tool->site.auth, argv[0], fullname, roles);
	return rc;
}

/* Looked for first: nobody types a password for a user that is not there. */
static int
passwd_do(struct tool *tool, struct db *db, const char *name)
{
	struct buf secret = { NULL, 0, 0 };
	struct user user;
	int rc = user_find(db, name, tool->site.mem, &user);

	if (rc == 0)
		return err_set(E_ABSENT, "%s: there is no such user", name);
	if (rc < 0)
		return rc;
	rc = secret_read("New password", &secret);
	if (rc == 0)
		rc = user_set_password(db, name, secret.data);
	secret_release(&secret);
	if (rc == 0)
		say("%s has a new password", name);
	return rc;
}

static int
user_cmd_passwd(struct tool *tool, int argc, char **argv)
{
	const struct usage usage = { "user passwd", "NAME",
		"Give a user a new password",
		"The password is asked for, or read from stdin.", NULL, 1, 1,
		false };
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = site_auth(&tool->site, false)) != 0)
		return rc;
	rc = passwd_do(tool, tool->site.auth, argv[0]);
	return rc;
}

/* ---- role, remove ------------------------------------------------------- */

static int
user_cmd_role(struct tool *tool, int argc, char **argv)
{
	const struct usage usage = { "user role", "NAME ROLE...",
		"Say which roles a user has from now on",
		"A ROLE is user, annotator, reviewer or admin.", NULL, 2, -1,
		false };
	struct option_list list = { NULL, 0 };
	unsigned roles;
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	list.items = argv + 1;
	list.n = argc - 1;
	if (roles_of(&list, &roles) != 0)
		return options_wrong(&usage, "%s", err_text());
	if ((rc = site_auth(&tool->site, false)) != 0)
		return rc;
	if ((rc = user_set_roles(tool->site.auth, argv[0], roles)) == 0)
		say("%s has these roles now", argv[0]);
	return rc;
}

static int
user_cmd_remove(struct tool *tool, int argc, char **argv)
{
	const struct usage usage = { "user remove", "NAME", "Remove a user",
		"What the user did stays.", NULL, 1, 1, false };
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = site_auth(&tool->site, false)) != 0)
		return rc;
	rc = user_remove(tool->site.auth, argv[0]);
	if (rc == 0)
		return err_set(E_ABSENT, "%s: there is no such user", argv[0]);
	if (rc == 1)
		say("%s was removed", argv[0]);
	return rc < 0 ? rc : STATUS_DONE;
}

/* ---- list --------------------------------------------------------------- */

/* clang-format off */
static const struct out_column columns[] = {
	{ "username", "NAME",  20 },
	{ "roles",    "ROLES", 30 },
	{ "fullname", "FULL NAME", 0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

/* "a,b" as ["a","b"]: the names are plain words. */
static void
put_roles(struct out *out, const char *text)
{
	struct buf json = { NULL, 0, 0 };

	if (!out->is_json) {
		out_text(out, "roles", text);
		return;
	}
	buf_puts(&json, text[0] != '\0' ? "[\"" : "[");
	for (; *text != '\0'; text++)
		if (*text == ',')
			buf_puts(&json, "\",\"");
		else
			buf_putc(&json, *text);
	buf_puts(&json, json.len > 1 ? "\"]" : "]");
	out_json(out, "roles", buf_text(&json));
	buf_release(&json);
}

static int
user_row(void *arg, const struct user *user)
{
	struct out *out = arg;
	struct buf roles = { NULL, 0, 0 };

	user_roles_text(user->roles, &roles);
	out_text(out, "username", user->username);
	out_text(out, "fullname", user->fullname);
	put_roles(out, buf_text(&roles));
	out_text(out, "created_at", user->created_at);
	out_text(out, "updated_at", user->updated_at);
	buf_release(&roles);
	return out_row(out);
}

static int
user_cmd_list(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	const struct option_row rows[] = {
		{ 'j', "json", NULL, "JSON, one user a line",
		    .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "user list", NULL, "Print who may sign in",
		NULL, rows, 0, 0, false };
	struct out out;
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = site_auth(&tool->site, false)) != 0)
		return rc;
	out_init(&out, is_json, columns);
	rc = user_each(tool->site.auth, user_row, &out);
	out_release(&out);
	return rc;
}

/* ---- which of them ------------------------------------------------------ */

/* clang-format off */
static const struct {
	const char *name;
	command_fn *run;
} commands[] = {
	{ "add",    user_cmd_add },
	{ "passwd", user_cmd_passwd },
	{ "role",   user_cmd_role },
	{ "list",   user_cmd_list },
	{ "remove", user_cmd_remove },
};
/* clang-format on */

int
cmd_user(struct tool *tool, int argc, char **argv)
{
	const struct usage usage = { "user", "COMMAND [ARGUMENT]...",
		"Manage who may sign in on this replica",
		"  add NAME              add a user\n"
		"  passwd NAME           give a user a new password\n"
		"  role NAME ROLE...     say which roles a user has\n"
		"  list                  print all users\n"
		"  remove NAME           remove a user\n"
		"\"stemma user COMMAND --help\" tells more of one.",
		NULL, 1, -1, true };
	int status;
	size_t i;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (str_eq(argv[0], commands[i].name))
			return commands[i].run(tool, argc, argv);
	return options_wrong(&usage, "%s: add, passwd, role, list or remove?",
	    argv[0]);
}
