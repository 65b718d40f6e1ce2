/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/remote.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "base/str.h"
#include "remote/remote_ops.h"

enum {
	PATH_MAX_BYTES = 1024,
	CONNECTIONS = 8,
	CONNECTIONS_MAX = 32,
	STALL_TIMEOUT_S = 30,
	TRIES = 6,
	BACKOFF_MS = 500
};

/* ---- opening ---------------------------------------------------------- */

static int
or_default(int value, int otherwise)
{
	return value > 0 ? value : otherwise;
}

static struct remote_config
with_defaults(const struct remote_config *given)
{
	struct remote_config c = *given;

	c.connections = or_default(c.connections, CONNECTIONS);
	if (c.connections > CONNECTIONS_MAX)
		c.connections = CONNECTIONS_MAX;
	c.stall_timeout_s = or_default(c.stall_timeout_s, STALL_TIMEOUT_S);
	c.tries = or_default(c.tries, TRIES);
	if (c.backoff_ms <= 0)
		c.backoff_ms = BACKOFF_MS;
	return c;
}

int
remote_open(const struct remote_config *config, struct remote **remote)
{
	struct remote_config c = with_defaults(config);

	if (c.url == NULL || c.url[0] == '\0')
		return err_set(E_INPUT, "the store has no address");
	if (str_starts(c.url, "file://"))
		return dir_open(&c, remote);
	if (str_starts(c.url, "s3://") || str_starts(c.url, "s3+http://") ||
	    str_starts(c.url, "s3+https://"))
		return s3_open(&c, remote);
	if (str_starts(c.url, "webdav+"))
		c.url += strlen("webdav+");
	if (str_starts(c.url, "http://") || str_starts(c.url, "https://"))
		return dav_open(&c, remote);
	return err_set(E_INPUT,
	    "the store's address must begin with "
	    "https://, http://, webdav+https://, webdav+http://, s3://, "
	    "s3+https://, s3+http:// or file:///");
}

void
remote_close(struct remote *remote)
{
	char *name;

	if (remote == NULL)
		return;
	name = remote->name;
	remote->ops->close(remote);
	free(name);
}

void
remote_set_traits(struct remote *remote, struct remote_traits traits)
{
	remote->traits = traits;
}

void
remote_set_tick(struct remote *remote, int (*tick)(void *arg), void *arg)
{
	remote->tick = tick;
	remote->tick_arg = arg;
}

int
remote_tick(const struct remote *r)
{
	if (r->tick != NULL && r->tick(r->tick_arg) != 0)
		return err_set(E_STOPPED, "stopped");
	return 0;
}

struct remote_stats
remote_stats(const struct remote *remote)
{
	return remote->ops->stats(remote);
}

const char *
remote_name(const struct remote *remote)
{
	return remote->name;
}

/* ---- paths ------------------------------------------------------------ */

bool
remote_name_ok(const char *name, size_t len)
{
	size_t i;

	if (len == 0 || (len == 1 && name[0] == '.') ||
	    (len == 2 && name[0] == '.' && name[1] == '.'))
		return false;
	for (i = 0; i < len; i++)
		if (name[i] == '/' || (unsigned char)name[i] < ' ' ||
		    name[i] == 127)
			return false;
	return true;
}

int
remote_path_check(const char *path)
{
	const char *p = path;

	if (strlen(path) > PATH_MAX_BYTES)
		return err_set(E_INPUT, "a path in the store is too long");
	while (*p != '\0') {
		size_t len = strcspn(p, "/");

		if (!remote_name_ok(p, len) || strcmp(p + len, "/") == 0)
			return err_set(E_INPUT, "\"%s\" is no path in a store",
			    path);
		p += len;
		if (*p == '/')
			p++;
	}
	return 0;
}

static int
file_path_check(const char *path)
{
	if (path[0] == '\0')
		return err_set(E_INPUT, "an object in a store needs a name");
	return remote_path_check(path);
}

void
remote_parent(const char *path, struct buf *out)
{
	const char *slash = strrchr(path, '/');

	buf_clear(out);
	if (slash != NULL)
		buf_add(out, path, (size_t)(slash - path));
}

void
remote_up_path(const char *path, struct buf *out)
{
	char digits[33];

	remote_parent(path, out);
	if (out->len > 0)
		buf_putc(out, '/');
	buf_printf(out, "up-%s", rand_hex(digits, 16));
}

/* ---- the head --------------------------------------------------------- */

int
remote_head_look(struct remote *remote, struct remote_head *seen, int seen_max,
    int *seen_n)
{
	if (seen_n != NULL)
		*seen_n = 0;
	return remote->ops->head_look(remote, seen, seen_max, seen_n);
}

int
remote_head_read(struct remote *remote, struct remote_head *head)
{
	struct remote_head seen;
	int n, rc;

	if ((rc = remote_head_look(remote, &seen, 1, &n)) == 0)
		*head = seen;
	return rc;
}

int
remote_head_swap(struct remote *remote, const struct remote_head *from,
    const struct remote_head *to)
{
	return remote->ops->head_swap(remote, from, to);
}

int
remote_head_body(struct remote *remote, const struct remote_head *head,
    struct buf *body)
{
	return remote->ops->head_body(remote, head, body);
}

int
remote_head_create(struct remote *remote, const char *uuid, const void *body,
    size_t len)
{
	if (strchr(uuid, '/') != NULL || remote_path_check(uuid) != 0)
		return err_set(E_INPUT, "\"%s\" is no UUID", uuid);
	return remote->ops->head_create(remote, uuid, body, len);
}

/* ---- objects ---------------------------------------------------------- */

int
remote_list(struct remote *remote, const char *dir,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg)
{
	int rc = remote_path_check(dir);

	return rc != 0 ? rc : remote->ops->list(remote, dir, fn, arg);
}

int
remote_get(struct remote *remote, const char *path, size_t limit,
    struct buf *out)
{
	int rc = file_path_check(path);

	return rc != 0 ? rc : remote->ops->get(remote, path, limit, out);
}

int
remote_put(struct remote *remote, const char *path, const void *data,
    size_t len)
{
	struct source src = { .data = len > 0 ? data : "",
		.fd = -1,
		.size_bytes = (int64_t)len };
	int rc = file_path_check(path);

	return rc != 0 ? rc : remote->ops->put(remote, path, &src);
}

int
remote_replace(struct remote *remote, const char *path, const void *data,
    size_t len)
{
	struct source src = { .data = len > 0 ? data : "",
		.fd = -1,
		.size_bytes = (int64_t)len };
	int rc = file_path_check(path);

	return rc != 0 ? rc : remote->ops->replace(remote, path, &src);
}

int
remote_replace_file(struct remote *remote, const char *path, const char *file)
{
	struct source src = { .data = NULL };
	int rc;

	if ((rc = file_path_check(path)) != 0 ||
	    (rc = source_open(&src, file, -1)) != 0)
		return rc;
	rc = remote->ops->replace(remote, path, &src);
	source_close(&src);
	return rc;
}

int
remote_remove(struct remote *remote, const char *path)
{
	int rc = file_path_check(path);

	return rc != 0 ? rc : remote->ops->remove(remote, path);
}

int
remote_make_dir(struct remote *remote, const char *dir)
{
	int rc = file_path_check(dir);

	return rc != 0 ? rc : remote->ops->make_dir(remote, dir);
}

int
remote_make_root(struct remote *remote)
{
	return remote->ops->make_root(remote);
}

void
remote_forget_dirs(struct remote *remote)
{
	remote->ops->forget_dirs(remote);
}

/* ---- many at once ----------------------------------------------------- */

int
remote_run(struct remote *remote,
    int (*next)(void *arg, struct remote_transfer *t),
    int (*done)(void *arg, const struct remote_transfer *t, int rc), void *arg)
{
	return remote->ops->run(remote, next, done, arg);
}

int64_t
remote_progress(const struct remote *remote)
{
	return remote->ops->progress(remote);
}
