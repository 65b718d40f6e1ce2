/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "conf/key.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define YES_NO "yes or no"
#define A_PATH "an absolute path"

/* ---- kinds of values: 0, or any error without a text ---- */

static void *
field_of(const struct key *key, struct conf *conf)
{
	return (char *)conf + key->field;
}

int
key_flag(const char *text, bool *flag)
{
	static const char *const words[] = { "no", "yes", "false", "true",
		"off", "on", "0", "1" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0) {
			*flag = i % 2 == 1;
			return 0;
		}
	return E_INPUT;
}

static int
parse_flag(const struct key *key, const char *text, struct conf *conf)
{
	return key_flag(text, field_of(key, conf));
}

static int
parse_flag_only(const struct key *key, const char *text, struct conf *conf)
{
	bool flag;

	(void)key;
	(void)conf;
	return key_flag(text, &flag);
}

static int
parse_text(const struct key *key, const char *text, struct conf *conf)
{
	memcpy(field_of(key, conf), &text, sizeof(text));
	return 0;
}

static int
parse_path(const struct key *key, const char *text, struct conf *conf)
{
	return *text == '/' ? parse_text(key, text, conf) : E_INPUT;
}

static int
parse_path_only(const struct key *key, const char *text, struct conf *conf)
{
	(void)key;
	(void)conf;
	return *text == '/' ? 0 : E_INPUT;
}

static int
parse_number(const struct key *key, const char *text, struct conf *conf)
{
	int64_t n;
	int number;

	if (str_int64(text, &n) != 0 || n < key->low || n > key->high)
		return E_INPUT;
	number = (int)n;
	memcpy(field_of(key, conf), &number, sizeof(number));
	return 0;
}

int
conf_rate(const char *text, int64_t *bytes_per_s)
{
	static const char units[] = "KMG";
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;
	int64_t n = 0, factor = 1;
	size_t i;

	if (digits == 0 || digits > 9)
		return E_INPUT;
	for (i = 0; i < digits; i++)
		n = 10 * n + (text[i] - '0');
	if (*unit != '\0') {
		const char *found = strchr(units, *unit);

		if (found == NULL || unit[1] != '\0')
			return E_INPUT;
		factor = INT64_C(1) << 10 * (found - units + 1);
	}
	*bytes_per_s = n * factor;
	return 0;
}

static int
parse_rate(const struct key *key, const char *text, struct conf *conf)
{
	int64_t n;

	if (conf_rate(text, &n) != 0)
		return E_INPUT;
	memcpy(field_of(key, conf), &n, sizeof(n));
	return 0;
}

/* "HH:MM" as minutes, -1 for anything else. */
static int
minutes_of(const char *text)
{
	int hour, minute;

	if (strspn(text, "0123456789") != 2 || text[2] != ':' ||
	    strspn(text + 3, "0123456789") != 2)
		return -1;
	hour = 10 * (text[0] - '0') + (text[1] - '0');
	minute = 10 * (text[3] - '0') + (text[4] - '0');
	return hour < 24 && minute < 60 ? 60 * hour + minute : -1;
}

static int
parse_hours(const struct key *key, const char *text, struct conf *conf)
{
	(void)key;
	if (strlen(text) != strlen("HH:MM-HH:MM") || text[5] != '-')
		return E_INPUT;
	conf->quiet_from_min = minutes_of(text);
	conf->quiet_to_min = minutes_of(text + 6);
	if (conf->quiet_from_min < 0 || conf->quiet_to_min < 0 ||
	    conf->quiet_from_min == conf->quiet_to_min)
		return E_INPUT;
	return 0;
}

/* The words between commas, without the spaces around them. */
static int
parse_collections(const struct key *key, const char *text, struct conf *conf)
{
	const char **list;
	size_t n = 0, len, words = 2;
	const char *p;

	(void)key;
	if (strcmp(text, "all") == 0)
		return 0;
	for (p = text; *p != '\0'; p++)
		words += *p == ',';
	list = mem_alloc(conf->mem, words * sizeof(*list));
	for (p = text;; p++) {
		p += strspn(p, " \t");
		len = strcspn(p, ",");
		text = p;
		p += len;
		while (len > 0 && strchr(" \t", text[len - 1]) != NULL)
			len--;
		if (len == 0)
			return E_INPUT;
		list[n++] = mem_strndup(conf->mem, text, len);
		if (*p == '\0')
			break;
	}
	conf->collections = list;
	return 0;
}

static int
parse_sendfile(const struct key *key, const char *text, struct conf *conf)
{
	static const struct {
		const char *word;
		enum conf_sendfile kind;
		bool has_prefix;
	} kinds[] = {
		{ "none", CONF_SENDFILE_NONE, false },
		{ "x-accel:", CONF_SENDFILE_X_ACCEL, true },
		{ "x-sendfile", CONF_SENDFILE_X_SENDFILE, false },
		{ "local-redirect:", CONF_SENDFILE_LOCAL_REDIRECT, true },
	};
	size_t i, len;

	(void)key;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		len = strlen(kinds[i].word);
		if (strncmp(text, kinds[i].word, len) != 0 ||
		    text[len] != (kinds[i].has_prefix ? '/' : '\0'))
			continue;
		conf->sendfile = kinds[i].kind;
		if (kinds[i].has_prefix)
			conf->sendfile_prefix = text + len;
		return 0;
	}
	return E_INPUT;
}

static int
parse_level(const struct key *key, const char *text, struct conf *conf)
{
	(void)key;
	return log_level_parse(text, &conf->log_level);
}

static int
parse_s3_style(const struct key *key, const char *text, struct conf *conf)
{
	bool is_path;

	(void)key;
	conf->s3_style = CONF_S3_AUTO;
	if (strcasecmp(text, "auto") == 0)
		return 0;
	if (key_flag(text, &is_path) != 0)
		return E_INPUT;
	conf->s3_style = is_path ? CONF_S3_PATH : CONF_S3_HOST;
	return 0;
}

/* Behind one of these schemes: a host, and no name or password in it. */
static bool
is_url(const char *text, const char *const *schemes)
{
	const char *host = NULL;

	for (; *schemes != NULL && host == NULL; schemes++)
		if (str_starts(text, *schemes))
			host = text + strlen(*schemes);
	return host != NULL && strchr("/?#", *host) == NULL &&
	    host[strcspn(host, "/@")] != '@' && strpbrk(text, " \t?#") == NULL;
}

static int
parse_webdav_url(const struct key *key, const char *text, struct conf *conf)
{
	static const char *const schemes[] = { "https://", "http://", NULL };

	(void)key;
	(void)conf;
	return is_url(text, schemes) ? 0 : E_INPUT;
}

static int
parse_s3_endpoint(const struct key *key, const char *text, struct conf *conf)
{
	return parse_webdav_url(key, text, conf) == 0
	    ? parse_text(key, text, conf)
	    : E_INPUT;
}

static int
parse_remote_url(const struct key *key, const char *text, struct conf *conf)
{
	static const char *const schemes[] = { "webdav+https://",
		"webdav+http://", "https://", "http://", "s3://", "s3+https://",
		"s3+http://", NULL };

	(void)key;
	(void)conf;
	if (str_starts(text, "file:///"))
		return 0;
	return is_url(text, schemes) ? 0 : E_INPUT;
}

/* ---- the keys ---- */

#define FIELD(name) offsetof(struct conf, name)
#define URL_HINT " (a name and password have keys of their own)"

/* clang-format off */
static const struct key keys[] = {
	{ "DATA_ROOT", parse_path, FIELD(data_root),
	  LOCALSTATEDIR "/lib/stemma/content", A_PATH, 0, 0, false },
	{ "DB_DIR", parse_path, FIELD(db_dir),
	  LOCALSTATEDIR "/lib/stemma/db", A_PATH, 0, 0, false },
	{ "RUN_DIR", parse_path, FIELD(run_dir),
	  RUNSTATEDIR "/stemma", A_PATH, 0, 0, false },

	{ "WEBDAV_ENABLED", parse_flag_only, 0,
	  NULL, YES_NO, 0, 0, false },
	{ "WEBDAV_BASE_URL", parse_webdav_url, 0,
	  NULL, "https://HOST/PATH or http://HOST/PATH" URL_HINT, 0, 0, false },
	{ "WEBDAV_USERNAME", NULL, 0,
	  NULL, NULL, 0, 0, false },
	{ "WEBDAV_PASSWORD", NULL, 0,
	  NULL, NULL, 0, 0, true },
	{ "WEBDAV_PASSWORD_FILE", parse_path_only, 0,
	  NULL, A_PATH, 0, 0, false },
	{ "WEBDAV_REMOTE_ROOT", NULL, 0,
	  "/stemma", NULL, 0, 0, false },

	{ "REMOTE_URL", parse_remote_url, 0,
	  NULL, "webdav+https://HOST/PATH, webdav+http://HOST/PATH, "
	  "s3://BUCKET/PREFIX, s3+https://HOST/BUCKET/PREFIX or file:///PATH"
	  URL_HINT, 0, 0, false },
	{ "REMOTE_USERNAME", NULL, 0,
	  NULL, NULL, 0, 0, false },
	{ "REMOTE_PASSWORD", NULL, 0,
	  NULL, NULL, 0, 0, true },
	{ "REMOTE_PASSWORD_FILE", parse_path_only, 0,
	  NULL, A_PATH, 0, 0, false },
	{ "S3_ENDPOINT", parse_s3_endpoint, FIELD(s3_endpoint),
	  NULL, "https://HOST or http://HOST" URL_HINT, 0, 0, false },
	{ "S3_REGION", parse_text, FIELD(s3_region),
	  "us-east-1", NULL, 0, 0, false },
	{ "S3_PATH_STYLE", parse_s3_style, 0,
	  "auto", "auto, yes or no", 0, 0, false },
	{ "S3_SESSION_TOKEN", parse_text, FIELD(s3_session_token),
	  NULL, NULL, 0, 0, true },

	{ "SINGLE_WRITER", parse_flag, FIELD(single_writer),
	  "no", YES_NO, 0, 0, false },
	{ "METADATA_DB", parse_flag, FIELD(metadata_db),
	  "no", YES_NO, 0, 0, false },
	{ "TRANSFER_CONNECTIONS", parse_number, FIELD(transfer_connections),
	  "8", NULL, 1, 32, false },
	{ "STALL_TIMEOUT", parse_number, FIELD(stall_timeout_s),
	  "30", NULL, 1, 3600, false },
	{ "RATE_LIMIT_UP", parse_rate, FIELD(rate_limit_up),
	  "0", "bytes per second, such as 500K or 2M, or 0", 0, 0, false },
	{ "RATE_LIMIT_DOWN", parse_rate, FIELD(rate_limit_down),
	  "0", "bytes per second, such as 500K or 2M, or 0", 0, 0, false },
	{ "QUIET_HOURS", parse_hours, 0,
	  NULL, "two different times, such as 22:00-06:30", 0, 0, false },
	{ "COLLECTIONS", parse_collections, 0,
	  "all", "all, or names with commas between them", 0, 0, false },

	{ "SYNC_INTERVAL", parse_number, FIELD(sync_interval_s),
	  "0", NULL, 0, 7 * 86400, false },
	{ "SYNC_ON_CHANGE", parse_flag, FIELD(sync_on_change),
	  "no", YES_NO, 0, 0, false },
	{ "WAIT_LIMIT", parse_number, FIELD(wait_limit_s),
	  "0", NULL, 0, 3600, false },
	{ "MAX_DELETE_PERCENT", parse_number, FIELD(max_delete_percent),
	  "10", NULL, 0, 100, false },
	{ "RETENTION_DAYS", parse_number, FIELD(retention_days),
	  "90", NULL, 0, 36500, false },

	{ "SESSION_TIMEOUT", parse_number, FIELD(session_timeout_s),
	  "3600", NULL, 60, 366 * 86400, false },
	{ "PUBLIC_READ", parse_flag, FIELD(public_read),
	  "yes", YES_NO, 0, 0, false },
	{ "MAX_UPLOAD_MB", parse_number, FIELD(max_upload_mb),
	  "2048", NULL, 1, 1048576, false },
	{ "SENDFILE", parse_sendfile, 0,
	  "none", "none, x-accel:/PREFIX, x-sendfile or local-redirect:/PREFIX",
	  0, 0, false },
	{ "METRICS_TOKEN", parse_text, FIELD(metrics_token),
	  NULL, NULL, 0, 0, true },
	{ "LOG_LEVEL", parse_level, 0,
	  "info", "error, warn, info or debug", 0, 0, false },
};
/* clang-format on */

#define KEY_COUNT ((int)(sizeof(keys) / sizeof(keys[0])))

const struct key *
key_at(int index)
{
	return index < KEY_COUNT ? &keys[index] : NULL;
}

int
key_index(const char *name)
{
	int i;

	for (i = 0; i < KEY_COUNT; i++)
		if (strcmp(keys[i].name, name) == 0)
			return i;
	return -1;
}

/* An address with an @ may have a password in it. */
static const char *
shown(const struct key *key, const char *text)
{
	return key->is_secret || strchr(text, '@') != NULL ? "***" : text;
}

int
key_parse(const struct key *key, const struct conf_value *value,
    struct conf *conf)
{
	const char *text = value->text;

	if (text == NULL || key->parse == NULL ||
	    key->parse(key, text, conf) == 0)
		return 0;
	if (key->allowed != NULL)
		return err_set(E_INPUT, "%s: %s=%s: allowed is %s", value->from,
		    key->name, shown(key, text), key->allowed);
	return err_set(E_INPUT,
	    "%s: %s=%s: allowed is a whole number from %d to %d", value->from,
	    key->name, shown(key, text), key->low, key->high);
}

/* ---- for those who mistype ---- */

#define NAME_MAX_LEN 40

static int
least(int a, int b, int c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* How many letters to add, remove or change (Levenshtein 1966). */
static int
distance(const char *a, const char *b)
{
	int la = (int)strlen(a), lb = (int)strlen(b);
	int row[NAME_MAX_LEN + 1] = { 0 };
	int i, j, above, corner;

	if (lb > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		corner = row[0];
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			above = row[j];
			row[j] = least(row[j - 1] + 1, above + 1,
			    corner + (a[i - 1] != b[j - 1]));
			corner = above;
		}
	}
	return row[lb];
}

const char *
key_like(const char *name)
{
	const char *like = NULL;
	int i, d, best = 4;

	for (i = 0; i < KEY_COUNT; i++) {
		d = strcasecmp(name, keys[i].name) == 0
		    ? 0
		    : distance(name, keys[i].name);
		if (d < best) {
			best = d;
			like = keys[i].name;
		}
	}
	return like;
}
