/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/user.h"

#include "base/err.h"
#include "base/str.h"

#include <string.h>

static const struct {
	enum user_role role;
	const char *name;
} role_names[] = {
	{ USER_READER, "user" },
	{ USER_ANNOTATOR, "annotator" },
	{ USER_REVIEWER, "reviewer" },
	{ USER_ADMIN, "admin" },
};

#define ROLE_COUNT (sizeof(role_names) / sizeof(role_names[0]))

static unsigned
role_named(const char *name, size_t len)
{
	for (size_t i = 0; i < ROLE_COUNT; i++)
		if (strlen(role_names[i].name) == len &&
		    memcmp(role_names[i].name, name, len) == 0)
			return role_names[i].role;
	return 0;
}

unsigned
user_role_named(const char *name)
{
	return role_named(name, strlen(name));
}

int
user_roles_parse(const char *text, unsigned *roles)
{
	static const char between[] = ", \t";
	unsigned found = 0, role;
	size_t len;

	for (text += strspn(text, between); *text != '\0';
	     text += len, text += strspn(text, between)) {
		len = strcspn(text, between);
		if ((role = role_named(text, len)) == 0)
			return err_set(E_INPUT,
			    "%.*s is no role: user, "
			    "annotator, reviewer and admin are",
			    len > 40 ? 40 : (int)len, text);
		found |= role;
	}
	if (found == 0)
		return err_set(E_INPUT, "no role is given");
	*roles = found;
	return 0;
}

void
user_roles_text(unsigned roles, struct buf *out)
{
	const char *comma = "";

	for (size_t i = 0; i < ROLE_COUNT; i++)
		if (roles & role_names[i].role) {
			buf_printf(out, "%s%s", comma, role_names[i].name);
			comma = ",";
		}
}

const char *
user_roles_highest(unsigned roles)
{
	for (size_t i = ROLE_COUNT; i-- > 0;)
		if (roles & role_names[i].role)
			return role_names[i].name;
	return role_names[0].name;
}
