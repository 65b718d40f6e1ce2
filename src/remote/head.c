/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "remote/remote_ops.h"

/*
 * The head as a name: one file in head/ that is renamed, for kinds of remotes
 * that rename exactly.
 */

enum { HEAD_PATH_SIZE = 96, HEADS_TOLD_APART = 16 };

#define HEAD_VERSIONS INT64_C(1000000000000) /* 12 digits */

const char *
head_name(const struct remote_head *head, char name[static HEAD_NAME_SIZE])
{
	char hex[HASH_HEX_SIZE];

	snprintf(name, HEAD_NAME_SIZE, "%012" PRId64 "-%s",
	    head->version % HEAD_VERSIONS, hash_hex(&head->commit, hex));
	return name;
}

bool
head_of_name(const char *name, struct remote_head *head)
{
	char digits[13];
	size_t i;

	if (strlen(name) != HEAD_NAME_SIZE - 1 || name[12] != '-')
		return false;
	for (i = 0; i < 12; i++)
		if (name[i] < '0' || name[i] > '9')
			return false;
	memcpy(digits, name, 12);
	digits[12] = '\0';
	head->version = strtoll(digits, NULL, 10);
	return str_is_hex(name + 13, 64) &&
	    hash_parse(name + 13, &head->commit) == 0;
}

static const char *
head_path(const struct remote_head *head, char path[static HEAD_PATH_SIZE])
{
	char name[HEAD_NAME_SIZE];

	snprintf(path, HEAD_PATH_SIZE, "head/%s", head_name(head, name));
	return path;
}

struct heads {
	struct remote_head told[HEADS_TOLD_APART];
	int n;
};

static bool
head_is_known(const struct heads *heads, const struct remote_head *head)
{
	int i;

	for (i = 0; i < heads->n && i < HEADS_TOLD_APART; i++)
		if (heads->told[i].version == head->version &&
		    hash_eq(&heads->told[i].commit, &head->commit))
			return true;
	return false;
}

/* A listing that broke off is read again: a name may come twice. */
static int
head_seen(void *arg, const struct remote_entry *entry)
{
	struct heads *heads = arg;
	struct remote_head head;

	if (entry->is_dir || !head_of_name(entry->name, &head) ||
	    head_is_known(heads, &head))
		return 0;
	if (heads->n < HEADS_TOLD_APART)
		heads->told[heads->n] = head;
	heads->n++;
	return 0;
}

int
renamed_head_look(struct remote *r, struct remote_head *seen, int seen_max,
    int *seen_n)
{
	struct heads heads = { .n = 0 };
	int i, rc;

	if ((rc = r->ops->list(r, "head", head_seen, &heads)) != 0)
		return rc;
	for (i = 0; i < heads.n && i < seen_max && i < HEADS_TOLD_APART; i++)
		seen[i] = heads.told[i];
	if (seen_n != NULL)
		*seen_n = heads.n;
	if (heads.n == 1)
		return 0;
	return err_set(E_BUSY,
	    "the store's folder head/ shows %d versions "
	    "where there should be one",
	    heads.n);
}

int
renamed_head_swap(struct remote *r, const struct remote_head *from,
    const struct remote_head *to)
{
	char a[HEAD_PATH_SIZE], b[HEAD_PATH_SIZE];

	return r->ops->move_once(r, head_path(from, a), head_path(to, b),
	    REMOTE_MOVE_FILE);
}

int
renamed_head_body(struct remote *r, const struct remote_head *head,
    struct buf *body)
{
	char path[HEAD_PATH_SIZE];

	return r->ops->get(r, head_path(head, path), REMOTE_HEAD_BODY_MAX,
	    body);
}

static int
head_fill(struct remote *remote, const char *dir, const void *body, size_t len)
{
	struct remote_head first = { .version = 0 };
	struct source src = { .data = body,
		.fd = -1,
		.size_bytes = (int64_t)len };
	struct buf path = { 0 };
	char name[HEAD_NAME_SIZE];
	int rc;

	buf_printf(&path, "%s/%s", dir, head_name(&first, name));
	rc = remote->ops->put(remote, buf_text(&path), &src);
	buf_release(&path);
	return rc;
}

static int
head_name_it(struct remote *remote, const char *dir)
{
	int rc;

	rc = remote->ops->move_once(remote, dir, "head", REMOTE_MOVE_DIR);
	if (rc == E_CONFLICT)
		return err_set(E_EXISTS, "there is a store already");
	return rc;
}

/* What stays behind of a folder that lost, or of a clumsy server. */
static int
head_tidy(struct remote *remote, const char *dir, int rc)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s", err_text());
	if (rc != E_STOPPED)
		(void)remote->ops->remove_dir(remote, dir);
	if (rc != 0)
		return err_set(rc, "%s", text);
	return 0;
}

int
renamed_head_create(struct remote *r, const char *uuid, const void *body,
    size_t len)
{
	struct buf dir = { 0 };
	int rc;

	buf_printf(&dir, "head.new-%s", uuid);
	if ((rc = r->ops->make_dir(r, buf_text(&dir))) == 0 &&
	    (rc = head_fill(r, buf_text(&dir), body, len)) == 0)
		rc = head_name_it(r, buf_text(&dir));
	rc = head_tidy(r, buf_text(&dir), rc);
	r->ops->forget_dirs(r);
	buf_release(&dir);
	return rc;
}
