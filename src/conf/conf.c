/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "conf/conf.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "conf/key.h"
#include "conf/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_LIMIT 65536
#define PASSWORD_LIMIT 4096

/* A configuration while it is read. */
struct load {
	struct conf *conf;
	struct conf_value *values; /* one for each key, in their order */
	int line;
};

/* Of a key that is known. */
static struct conf_value *
value_of(const struct load *l, const char *key)
{
	return &l->values[key_index(key)];
}

static bool
is_set(const struct conf_value *v)
{
	return v->text != NULL && *v->text != '\0';
}

/* ---- the file ---- */

/* Cuts white space off both ends; `s` is changed. */
static char *
trim(char *s)
{
	char *end;

	s += strspn(s, " \t\r");
	end = s + strlen(s);
	while (end > s && strchr(" \t\r", end[-1]) != NULL)
		*--end = '\0';
	return s;
}

/* "x" and 'x' are x. */
static char *
unquote(char *s)
{
	size_t len = strlen(s);

	if (len < 2 || (*s != '"' && *s != '\'') || s[len - 1] != *s)
		return s;
	s[len - 1] = '\0';
	return s + 1;
}

static int
unknown_key(const struct load *l, const char *key)
{
	const char *like = key_like(key);

	if (like != NULL)
		return err_set(E_INPUT,
		    "%s:%d: there is no key %s; did you mean %s?",
		    l->conf->file, l->line, key, like);
	return err_set(E_INPUT,
	    "%s:%d: there is no key %s; stemma.conf(5) lists them all",
	    l->conf->file, l->line, key);
}

static int
read_pair(struct load *l, char *key, char *text)
{
	struct conf_value *v;

	if (key_index(key) < 0)
		return unknown_key(l, key);
	v = value_of(l, key);
	if (v->rank == FROM_FILE)
		return err_set(E_INPUT, "%s:%d: %s stands in %s too",
		    l->conf->file, l->line, key, v->from);
	v->rank = FROM_FILE;
	v->text = mem_strdup(l->conf->mem, text);
	v->from = mem_printf(l->conf->mem, "%s:%d", l->conf->file, l->line);
	return 0;
}

static int
read_line(struct load *l, char *line, size_t len)
{
	char *equals;

	l->line++;
	if (!str_is_utf8(line, len))
		return err_set(E_INPUT, "%s:%d: not UTF-8", l->conf->file,
		    l->line);
	if (l->line == 1 && str_starts(line, "\xef\xbb\xbf"))
		line += 3;
	line = trim(line);
	if (*line == '\0' || *line == '#')
		return 0;
	equals = strchr(line, '=');
	if (equals == NULL)
		return err_set(E_INPUT, "%s:%d: not of the form KEY=value",
		    l->conf->file, l->line);
	*equals = '\0';
	return read_pair(l, trim(line), unquote(trim(equals + 1)));
}

static int
read_file(struct load *l)
{
	struct buf text = { 0 };
	char *line, *end;
	int rc;

	rc = file_read(l->conf->file, FILE_LIMIT, &text);
	for (line = text.data; rc == 0 && line < text.data + text.len;
	     line = end + 1) {
		end = memchr(line, '\n', (size_t)(text.data + text.len - line));
		if (end == NULL)
			end = text.data + text.len;
		*end = '\0';
		rc = read_line(l, line, (size_t)(end - line));
	}
	buf_release(&text);
	return rc;
}

/* Which file it is; none leaves it NULL. */
static int
find_file(struct conf *conf, const char *path)
{
	const char *named = getenv("STEMMA_CONFIG");
	char *self;
	int rc;

	if (path == NULL && named != NULL && *named != '\0')
		path = named;
	if (path != NULL) {
		conf->file = mem_strdup(conf->mem, path);
		return 0;
	}
	if ((rc = path_self(conf->mem, &self)) != 0)
		return rc;
	self[path_base(self) - self] = '\0';
	path = path_join(conf->mem, self, "stemma.conf");
	if (access(path, F_OK) != 0)
		path = SYSCONFDIR "/stemma/stemma.conf";
	if (access(path, F_OK) == 0)
		conf->file = path;
	return 0;
}

/* ---- the environment ---- */

static int
read_environment(struct load *l)
{
	const struct key *key;
	struct conf_value *v;
	const char *text;
	int i;

	for (i = 0; (key = key_at(i)) != NULL; i++) {
		text = getenv(key->name);
		if (text == NULL)
			continue;
		if (!str_is_utf8(text, strlen(text)))
			return err_set(E_INPUT, "environment: %s: not UTF-8",
			    key->name);
		v = &l->values[i];
		v->rank = FROM_ENVIRONMENT;
		v->text = mem_strdup(l->conf->mem, text);
		v->from = "environment";
	}
	return 0;
}

/* ---- what an administrator changed over HTTP ---- */

static int
take_setting(void *arg, const char *key, const char *text)
{
	struct load *l = arg;
	struct conf_value *v = value_of(l, key);

	if (v->rank != FROM_DEFAULT)
		return 0;
	v->rank = FROM_SETTINGS;
	v->text = mem_strdup(l->conf->mem, text);
	v->from = "settings";
	return 0;
}

static int
read_settings(struct load *l)
{
	const struct conf_value *dir = value_of(l, "DB_DIR");
	const char *fallback = key_at(key_index("DB_DIR"))->fallback;

	return settings_read(l->conf->mem, is_set(dir) ? dir->text : fallback,
	    take_setting, l);
}

/* ---- what it means ---- */

static int
parse_all(struct load *l)
{
	const struct key *key;
	struct conf_value *v;
	int i, rc;

	for (i = 0; (key = key_at(i)) != NULL; i++) {
		v = &l->values[i];
		if (!is_set(v)) {
			v->text = key->fallback;
			v->from = "default";
		}
		if ((rc = key_parse(key, v, l->conf)) != 0)
			return rc;
	}
	return 0;
}

/* Of a password and its file, the one that was set higher up. */
static int
choose_password(const struct load *l, const char *key, const char *file_key,
    const struct conf_value **chosen)
{
	struct conf_value *password = value_of(l, key);
	struct conf_value *file = value_of(l, file_key);

	*chosen = NULL;
	if (is_set(password) && is_set(file) && password->rank == file->rank)
		return err_set(E_INPUT,
		    "%s: %s is set too (%s); only one "
		    "of them can be",
		    file->from, key, password->from);
	if (is_set(file) && (!is_set(password) || file->rank > password->rank))
		*chosen = file;
	else if (is_set(password))
		*chosen = password;
	return 0;
}

/* The first line of the file is the password. */
static int
read_password(struct load *l, const struct conf_value *v)
{
	struct buf text = { 0 };
	int rc;

	rc = file_read(v->text, PASSWORD_LIMIT, &text);
	if (rc == 0 && text.len > 0)
		text.data[strcspn(text.data, "\r\n")] = '\0';
	if (rc == 0 && *buf_text(&text) == '\0')
		rc = err_set(E_INPUT, "%s: there is no password in it",
		    v->text);
	if (rc == 0)
		l->conf->remote_password = mem_strdup(l->conf->mem, text.data);
	else
		rc = err_wrap(rc, "%s: the password", v->from);
	buf_release(&text);
	return rc;
}

static int
take_login(struct load *l, const char *username, const char *password,
    const char *password_file)
{
	const struct conf_value *v;
	int rc;

	l->conf->remote_username = value_of(l, username)->text;
	rc = choose_password(l, password, password_file, &v);
	if (rc != 0 || v == NULL)
		return rc;
	if (v == value_of(l, password_file))
		return read_password(l, v);
	l->conf->remote_password = v->text;
	return 0;
}

/* Appends a path to a URL, with what may not stand there encoded. */
static void
put_encoded(struct buf *out, const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~!$&'()*+,;=:@/";

	for (; *path != '\0'; path++)
		if (strchr(plain, *path) != NULL)
			buf_putc(out, *path);
		else
			buf_printf(out, "%%%02X", (unsigned char)*path);
}

/* WEBDAV_BASE_URL and WEBDAV_REMOTE_ROOT as one address. */
static void
join_webdav(struct load *l)
{
	const char *base = value_of(l, "WEBDAV_BASE_URL")->text;
	const char *root = value_of(l, "WEBDAV_REMOTE_ROOT")->text;
	struct buf url = { 0 };

	buf_printf(&url, "webdav+%s", base);
	while (url.data[url.len - 1] == '/')
		url.data[--url.len] = '\0';
	root += strspn(root, "/");
	buf_putc(&url, '/');
	put_encoded(&url, root);
	while (url.data[url.len - 1] == '/')
		url.data[--url.len] = '\0';
	l->conf->remote_url = mem_strdup(l->conf->mem, url.data);
	buf_release(&url);
}

static int
take_webdav(struct load *l)
{
	const struct conf_value *url = value_of(l, "REMOTE_URL");
	const struct conf_value *base = value_of(l, "WEBDAV_BASE_URL");
	const struct conf_value *enabled = value_of(l, "WEBDAV_ENABLED");

	if (url->text != NULL)
		return err_set(E_INPUT,
		    "%s: REMOTE_URL is set too (%s); only one store can be",
		    base->text != NULL ? base->from : enabled->from, url->from);
	if (base->text == NULL)
		return err_set(E_INPUT,
		    "%s: WEBDAV_ENABLED: WEBDAV_BASE_URL is missing",
		    enabled->from);
	join_webdav(l);
	return take_login(l, "WEBDAV_USERNAME", "WEBDAV_PASSWORD",
	    "WEBDAV_PASSWORD_FILE");
}

/* A base without a word about whether it counts does count. */
static bool
wants_webdav(const struct load *l)
{
	const struct conf_value *enabled = value_of(l, "WEBDAV_ENABLED");
	bool yes = false;

	if (enabled->text == NULL)
		return value_of(l, "WEBDAV_BASE_URL")->text != NULL;
	key_flag(enabled->text, &yes);
	return yes;
}

static int
take_store(struct load *l)
{
	const char *url = value_of(l, "REMOTE_URL")->text;

	if (wants_webdav(l))
		return take_webdav(l);
	if (url == NULL)
		return 0;
	l->conf->remote_url = str_starts(url, "http")
	    ? mem_printf(l->conf->mem, "webdav+%s", url)
	    : url;
	return take_login(l, "REMOTE_USERNAME", "REMOTE_PASSWORD",
	    "REMOTE_PASSWORD_FILE");
}

/* As if the environment said so, which overrides every file. */
static void
set_store(struct load *l, const char *url)
{
	struct conf_value *v = value_of(l, "REMOTE_URL");
	struct conf_value *enabled = value_of(l, "WEBDAV_ENABLED");

	v->rank = enabled->rank = FROM_ENVIRONMENT;
	v->from = enabled->from = "--store";
	v->text = mem_strdup(l->conf->mem, url);
	enabled->text = "no";
}

static int
load_all(struct load *l, const char *path, const char *url)
{
	int rc;

	if ((rc = find_file(l->conf, path)) != 0)
		return rc;
	if (l->conf->file != NULL && (rc = read_file(l)) != 0)
		return rc;
	if ((rc = read_environment(l)) != 0)
		return rc;
	if ((rc = read_settings(l)) != 0)
		return rc;
	if (url != NULL)
		set_store(l, url);
	if ((rc = parse_all(l)) != 0)
		return rc;
	return take_store(l);
}

static struct conf *
conf_new(void)
{
	struct mem *mem = mem_new();
	struct conf *conf = mem_alloc(mem, sizeof(*conf));

	conf->mem = mem;
	conf->quiet_from_min = -1;
	conf->quiet_to_min = -1;
	return conf;
}

static struct conf_value *
values_new(struct mem *mem)
{
	struct conf_value *values;
	int i, n = 0;

	while (key_at(n) != NULL)
		n++;
	values = mem_alloc(mem, (size_t)n * sizeof(*values));
	for (i = 0; i < n; i++) {
		values[i].rank = FROM_DEFAULT;
		values[i].from = "default";
	}
	return values;
}

int
conf_load(const char *path, struct conf **conf)
{
	return conf_load_store(path, NULL, conf);
}

int
conf_load_store(const char *path, const char *url, struct conf **conf)
{
	struct load l = { .conf = conf_new() };
	int rc;

	l.values = values_new(l.conf->mem);
	l.conf->values = l.values;
	rc = load_all(&l, path, url);
	if (rc != 0) {
		conf_free(l.conf);
		return rc;
	}
	*conf = l.conf;
	return 0;
}

void
conf_free(struct conf *conf)
{
	if (conf != NULL)
		mem_free(conf->mem);
}

int
conf_each(const struct conf *conf,
    int (*fn)(void *arg, const char *key, const char *value, const char *from,
	bool is_secret),
    void *arg)
{
	const struct key *key;
	const char *text;
	int i, rc;

	for (i = 0; (key = key_at(i)) != NULL; i++) {
		text = conf->values[i].text;
		if (key->is_secret && text != NULL)
			text = "***";
		rc = fn(arg, key->name, text, conf->values[i].from,
		    key->is_secret);
		if (rc != 0)
			return rc;
	}
	return 0;
}
