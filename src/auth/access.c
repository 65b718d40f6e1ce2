/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/access.h"

#include "auth/user.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

#include <stddef.h>
#include <string.h>

/* ---- roles --------------------------------------------------------------- */

bool
access_may_write(unsigned roles)
{
	return (roles & (USER_ANNOTATOR | USER_REVIEWER | USER_ADMIN)) != 0;
}

bool
access_may_gold(unsigned roles)
{
	return (roles & (USER_REVIEWER | USER_ADMIN)) != 0;
}

bool
access_is_admin(unsigned roles)
{
	return (roles & USER_ADMIN) != 0;
}

/* ---- access_control ------------------------------------------------------ */

/* One of two words: is it the second?  E_INPUT for any other value. */
static int
take_word(struct mem *mem, struct json value, const char *first,
    const char *second, bool *is_second)
{
	char *word;
	int rc;

	if ((rc = json_string(mem, value, &word)) != 0)
		return rc;
	if (!str_eq(word, first) && !str_eq(word, second))
		return err_set(E_INPUT, "neither %s nor %s", first, second);
	*is_second = str_eq(word, second);
	return 0;
}

static int
take_owner(struct mem *mem, struct json value, const char **owner)
{
	char *name;
	int rc;

	*owner = NULL;
	if (json_kind(value) == JSON_NULL)
		return 0;
	if ((rc = json_string(mem, value, &name)) == 0)
		*owner = name;
	return rc;
}

struct taking {
	struct mem *mem;
	struct access *access;
};

static int
take_member(void *arg, const char *key, struct json value)
{
	struct taking *t = arg;

	if (str_eq(key, "visibility"))
		return take_word(t->mem, value, "public", "private",
		    &t->access->is_private);
	if (str_eq(key, "editability"))
		return take_word(t->mem, value, "editable", "protected",
		    &t->access->is_protected);
	if (str_eq(key, "owner"))
		return take_owner(t->mem, value, &t->access->owner);
	return 0;
}

/* What one metadata says; what it does not speak of stays as it is. */
static int
take_metadata(const char *metadata, struct taking *t)
{
	struct json control;
	int rc;

	if (metadata == NULL || *metadata == '\0')
		return 0;
	if ((rc = json_check(metadata, strlen(metadata))) != 0)
		return rc;
	rc = json_find(json_of(metadata), "access_control", &control);
	if (rc <= 0 || json_kind(control) == JSON_NULL)
		return rc < 0 ? rc : 0;
	return json_each_member(control, take_member, t);
}

void
access_parse(const char *doc_metadata, const char *file_metadata,
    struct mem *mem, struct access *access)
{
	struct taking t = { mem, access };

	memset(access, 0, sizeof(*access));
	if (take_metadata(doc_metadata, &t) == 0 &&
	    take_metadata(file_metadata, &t) == 0)
		return;
	err_clear();
	access->is_private = true;
	access->is_protected = true;
	access->owner = NULL;
}

static bool
is_owner_or_admin(const struct access *access, const char *user, unsigned roles)
{
	return access_is_admin(roles) ||
	    (user != NULL && str_eq(user, access->owner));
}

bool
access_may_read(const struct access *access, const char *user, unsigned roles)
{
	return !access->is_private || is_owner_or_admin(access, user, roles);
}

bool
access_may_edit(const struct access *access, const char *user, unsigned roles)
{
	return access_may_write(roles) &&
	    access_may_read(access, user, roles) &&
	    (!access->is_protected || is_owner_or_admin(access, user, roles));
}
