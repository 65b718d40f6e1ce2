/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "conf/settings.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/key.h"

#include <string.h>
#include <unistd.h>

#define FILE_LIMIT 65536
#define FILE_MODE 0640

/* None of these can hide, unlock or redirect anything. */
static const char *const changeable[] = { "TRANSFER_CONNECTIONS",
	"RATE_LIMIT_UP", "RATE_LIMIT_DOWN", "QUIET_HOURS", "SYNC_INTERVAL",
	"SYNC_ON_CHANGE", "MAX_DELETE_PERCENT", "RETENTION_DAYS" };
#define CHANGEABLE (sizeof(changeable) / sizeof(changeable[0]))

static int
place_of(const char *key)
{
	for (size_t i = 0; i < CHANGEABLE; i++)
		if (strcmp(changeable[i], key) == 0)
			return (int)i;
	return -1;
}

static const char *
file_of(struct mem *mem, const char *db_dir)
{
	return path_join(mem, db_dir, "settings.conf");
}

/* ---- reading ---- */

static int
read_line(const char *file, char *line,
    int (*fn)(void *arg, const char *key, const char *text), void *arg)
{
	char *equals = strchr(line, '=');

	if (*line == '\0' || *line == '#')
		return 0;
	if (equals != NULL)
		*equals = '\0';
	if (equals == NULL || place_of(line) < 0)
		return err_set(E_INPUT,
		    "%s: %s has no place there; put it into stemma.conf", file,
		    line);
	return fn(arg, line, equals + 1);
}

int
settings_read(struct mem *mem, const char *db_dir,
    int (*fn)(void *arg, const char *key, const char *text), void *arg)
{
	const char *file = file_of(mem, db_dir);
	struct buf text = { 0 };
	char *line, *next;
	int rc;

	if (access(file, F_OK) != 0)
		return 0;
	rc = file_read(file, FILE_LIMIT, &text);
	for (line = text.data; rc == 0 && line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		rc = str_is_utf8(line, strlen(line))
		    ? read_line(file, line, fn, arg)
		    : err_set(E_INPUT, "%s: not UTF-8", file);
	}
	buf_release(&text);
	return rc;
}

/* ---- may it be changed? ---- */

static bool
is_said_elsewhere(const struct conf *conf, const char *key)
{
	return conf->values[key_index(key)].rank > FROM_SETTINGS;
}

bool
settings_may(const struct conf *conf, const char *key)
{
	return place_of(key) >= 0 && !is_said_elsewhere(conf, key);
}

/* As the configuration would be parsed, into one that nobody uses. */
static int
check_text(const char *key, const char *text)
{
	struct conf_value value = { .text = text, .from = "settings" };
	struct conf scratch = { .mem = mem_new() };
	int rc = 0;

	if (text != NULL && *text != '\0')
		rc = key_parse(key_at(key_index(key)), &value, &scratch);
	mem_free(scratch.mem);
	return rc;
}

int
settings_check(const struct conf *conf, const char *key, const char *text)
{
	const struct conf_value *v;

	if (key_index(key) < 0)
		return err_set(E_ABSENT, "there is no key %s", key);
	v = &conf->values[key_index(key)];
	if (place_of(key) < 0)
		return err_set(E_DENIED,
		    "%s cannot be changed here, only in stemma.conf", key);
	if (is_said_elsewhere(conf, key))
		return err_set(E_DENIED,
		    "%s is set in %s and can only be changed there", key,
		    strcmp(v->from, "default") == 0 ? "stemma.conf" : v->from);
	return check_text(key, text);
}

/* ---- changing ---- */

/* What is to stand there. */
struct wanted {
	struct mem *mem;
	const char *text[CHANGEABLE]; /* NULL: nothing */
};

static int
keep(void *arg, const char *key, const char *text)
{
	struct wanted *w = arg;

	w->text[place_of(key)] = mem_strdup(w->mem, text);
	return 0;
}

static int
write_wanted(const struct wanted *w, const char *file)
{
	struct buf out = { 0 };
	int rc;

	buf_puts(&out, "# Written by Stemma: PATCH /settings.\n");
	for (size_t i = 0; i < CHANGEABLE; i++)
		if (w->text[i] != NULL && *w->text[i] != '\0')
			buf_printf(&out, "%s=%s\n", changeable[i], w->text[i]);
	rc = file_write(file, out.data, out.len, FILE_MODE);
	buf_release(&out);
	return rc;
}

static int
change_locked(struct mem *mem, const struct conf *conf,
    const struct setting *changes, size_t n)
{
	struct wanted w = { .mem = mem };
	int rc;

	if ((rc = settings_read(mem, conf->db_dir, keep, &w)) != 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		w.text[place_of(changes[i].key)] = changes[i].text;
	return write_wanted(&w, file_of(mem, conf->db_dir));
}

int
settings_change(const struct conf *conf, const struct setting *changes,
    size_t n)
{
	struct mem *mem;
	int lock, rc;

	for (size_t i = 0; i < n; i++)
		if ((rc = settings_check(conf, changes[i].key,
			 changes[i].text)) != 0)
			return rc;
	mem = mem_new();
	rc = lock = file_lock(path_join(mem, conf->db_dir, "settings.lock"), 1);
	if (lock >= 0) {
		rc = change_locked(mem, conf, changes, n);
		close(lock);
	}
	mem_free(mem);
	return rc;
}
