/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "sim/files.h"
#include "sim/net.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

/*
 * The part of libcurl that src/remote/http.c calls, over the simulated net: so
 * all of src/remote is what the product has.
 */
#define ROOT "/dav/s"

struct easy_sim {
	/* what was set */
	char *url;
	char *method;
	struct curl_slist *headers;
	curl_read_callback read;
	curl_write_callback header, write;
	void *read_arg, *header_arg, *write_arg, *private;
	char *error;
	bool uploads;
	/* what becomes of it */
	struct multi_sim *multi;
	bool is_sent, is_over, is_told, is_read;
	bool was_refused;
	int status;
	struct buf body;
	char tag[96];
	int64_t part_from;
	bool is_cut;
	CURLMsg msg;
};

#define EASIES_MAX 256

struct multi_sim {
	struct easy_sim *all[EASIES_MAX];
	int n;
};

static struct net *net;
static int who;
static void (*wait_for)(int64_t ms);

void
curl_use(struct net *use, int site, void (*wait)(int64_t ms))
{
	net = use;
	who = site;
	wait_for = wait;
}

/* ---- a handle --------------------------------------------------------------------- */

CURLcode
curl_global_init(long flags)
{
	(void)flags;
	return CURLE_OK;
}

CURL *
curl_easy_init(void)
{
	struct easy_sim *e = xmalloc(sizeof(*e));

	memset(e, 0, sizeof(*e));
	return (CURL *)e;
}

void
curl_easy_cleanup(CURL *curl)
{
	struct easy_sim *e = (struct easy_sim *)curl;

	free(e->url);
	free(e->method);
	buf_release(&e->body);
	free(e);
}

static void
set_text(char **place, const char *text)
{
	free(*place);
	*place = text != NULL ? xstrdup(text) : NULL;
}

static void
set_pointer(struct easy_sim *e, CURLoption option, void *p)
{
	switch (option) {
	case CURLOPT_URL:
		set_text(&e->url, p);
		break;
	case CURLOPT_CUSTOMREQUEST:
		set_text(&e->method, p);
		break;
	case CURLOPT_HTTPHEADER:
		e->headers = p;
		break;
	case CURLOPT_PRIVATE:
		e->private = p;
		break;
	case CURLOPT_HEADERDATA:
		e->header_arg = p;
		break;
	case CURLOPT_WRITEDATA:
		e->write_arg = p;
		break;
	case CURLOPT_READDATA:
		e->read_arg = p;
		break;
	case CURLOPT_ERRORBUFFER:
		e->error = p;
		break;
	default:
		break;
	}
}

static void
set_function(struct easy_sim *e, CURLoption option, va_list ap)
{
	if (option == CURLOPT_HEADERFUNCTION)
		e->header = va_arg(ap, curl_write_callback);
	if (option == CURLOPT_WRITEFUNCTION)
		e->write = va_arg(ap, curl_write_callback);
	if (option == CURLOPT_READFUNCTION)
		e->read = va_arg(ap, curl_read_callback);
}

CURLcode
curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
	struct easy_sim *e = (struct easy_sim *)curl;
	va_list ap;

	va_start(ap, option);
	if (option < CURLOPTTYPE_OBJECTPOINT) {
		long value = va_arg(ap, long);

		if (option == CURLOPT_UPLOAD)
			e->uploads = value != 0;
		if (option == CURLOPT_HTTPGET)
			e->uploads = false;
	} else if (option < CURLOPTTYPE_FUNCTIONPOINT) {
		set_pointer(e, option, va_arg(ap, void *));
	} else if (option < CURLOPTTYPE_OFF_T) {
		set_function(e, option, ap);
	}
	va_end(ap);
	return CURLE_OK;
}

CURLcode
curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
	struct easy_sim *e = (struct easy_sim *)curl;
	va_list ap;

	va_start(ap, info);
	if (info == CURLINFO_PRIVATE)
		*va_arg(ap, void **) = e->private;
	else if (info == CURLINFO_REQUEST_SIZE)
		*va_arg(ap, long *) = e->was_refused ? 0 : 200;
	else if (info == CURLINFO_HEADER_SIZE)
		*va_arg(ap, long *) = e->status > 0 ? 200 : 0;
	else if (info == CURLINFO_PRETRANSFER_TIME_T)
		*va_arg(ap, curl_off_t *) = 1000;
	va_end(ap);
	return CURLE_OK;
}

/* ---- asking ---------------------------------------------------------------------------- */

/* What stands behind the root, without a slash at its end; encoded as names of
 * the store never need it. */
static char *
path_of(const char *url)
{
	const char *at = strstr(url, ROOT);
	char *path = xstrdup(at != NULL ? at + strlen(ROOT) : "");
	size_t len;

	while ((len = strlen(path)) > 0 && path[len - 1] == '/')
		path[len - 1] = '\0';
	if (path[0] == '/')
		memmove(path, path + 1, strlen(path));
	return path;
}

static void
take_header(struct request *r, const char *line)
{
	const char *value = strchr(line, ':');

	if (value == NULL)
		return;
	for (value++; *value == ' '; value++)
		continue;
	if (strncasecmp(line, "Destination:", 12) == 0)
		r->to = path_of(value);
	if (strncasecmp(line, "Overwrite:", 10) == 0)
		r->overwrite = *value == 'T';
	if (strncasecmp(line, "Depth:", 6) == 0)
		r->depth = *value == '0' ? 0 : 1;
	if (strncasecmp(line, "Range:", 6) == 0)
		r->range_from = strtoll(value + strlen("bytes="), NULL, 10);
	if (strncasecmp(line, "If-Range:", 9) == 0)
		snprintf(r->if_range, sizeof(r->if_range), "%s", value);
	if (strncasecmp(line, "If-None-Match:", 14) == 0)
		r->none_match = true;
}

static bool
read_body(struct easy_sim *e, struct request *r)
{
	char part[16384];
	size_t n;

	while ((n = e->read(part, 1, sizeof(part), e->read_arg)) > 0) {
		if (n == CURL_READFUNC_ABORT)
			return false;
		buf_add(&r->body, part, n);
	}
	return true;
}

static void
end(struct easy_sim *e, CURLcode code)
{
	e->is_told = true;
	e->msg.msg = CURLMSG_DONE;
	e->msg.easy_handle = (CURL *)e;
	e->msg.data.result = code;
}

static void
send_it(struct easy_sim *e)
{
	struct request r = { .range_from = -1,
		.part_from = -1,
		.overwrite = true,
		.who = who,
		.depth = 1 };

	e->is_sent = true;
	snprintf(r.method, sizeof(r.method), "%s", e->method);
	r.path = path_of(e->url);
	for (struct curl_slist *h = e->headers; h != NULL; h = h->next)
		take_header(&r, h->data);
	r.has_body = e->uploads;
	if (files_disk()->is_dead || (e->uploads && !read_body(e, &r))) {
		free(r.path);
		free(r.to);
		buf_release(&r.body);
		end(e, CURLE_ABORTED_BY_CALLBACK);
	} else if (net_send(net, &r, e) != 0) {
		e->was_refused = true;
		end(e, CURLE_COULDNT_CONNECT);
	}
}

/* ---- the answer --------------------------------------------------------------------------- */

void
easy_arrived(struct easy_sim *e, const struct flight *f)
{
	e->is_over = true;
	e->status = f->r.status;
	e->part_from = f->r.part_from;
	e->is_cut = f->is_cut_down;
	snprintf(e->tag, sizeof(e->tag), "%s", f->r.tag);
	buf_add(&e->body, buf_text(&f->r.out), f->r.out.len);
}

static bool tell_header(struct easy_sim *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static bool
tell_header(struct easy_sim *e, const char *fmt, ...)
{
	char line[256];
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	len = strlen(line);
	return e->header(line, 1, len, e->header_arg) == len;
}

static bool
tell_headers(struct easy_sim *e)
{
	if (!tell_header(e, "HTTP/1.1 %d told\r\n", e->status))
		return false;
	if (e->tag[0] != '\0' && !tell_header(e, "ETag: %s\r\n", e->tag))
		return false;
	if (e->status == 206 &&
	    !tell_header(e, "Content-Range: bytes %lld-%lld/%lld\r\n",
		(long long)e->part_from,
		(long long)e->part_from + (long long)e->body.len - 1,
		(long long)e->part_from + (long long)e->body.len))
		return false;
	return tell_header(e, "\r\n");
}

static CURLcode
tell_body(struct easy_sim *e)
{
	size_t len = e->is_cut ? e->body.len / 2 : e->body.len;

	if (len > 0 && e->write(e->body.data, 1, len, e->write_arg) != len)
		return CURLE_WRITE_ERROR;
	return e->is_cut ? CURLE_PARTIAL_FILE : CURLE_OK;
}

static void
tell(struct easy_sim *e)
{
	if (e->status == 0)
		end(e, CURLE_RECV_ERROR);
	else if (!tell_headers(e))
		end(e, CURLE_WRITE_ERROR);
	else
		end(e, tell_body(e));
}

/* ---- many ------------------------------------------------------------------------------------ */

CURLM *
curl_multi_init(void)
{
	struct multi_sim *m = xmalloc(sizeof(*m));

	m->n = 0;
	return (CURLM *)m;
}

CURLMcode
curl_multi_cleanup(CURLM *multi)
{
	free(multi);
	return CURLM_OK;
}

CURLMcode
curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
	(void)multi;
	(void)option;
	return CURLM_OK;
}

CURLMcode
curl_multi_add_handle(CURLM *multi, CURL *curl)
{
	struct multi_sim *m = (struct multi_sim *)multi;
	struct easy_sim *e = (struct easy_sim *)curl;

	if (m->n == EASIES_MAX)
		return CURLM_OUT_OF_MEMORY;
	m->all[m->n++] = e;
	e->multi = m;
	e->is_sent = e->is_over = e->is_told = e->was_refused = false;
	e->is_cut = e->is_read = false;
	e->status = 0;
	e->tag[0] = '\0';
	buf_clear(&e->body);
	return CURLM_OK;
}

CURLMcode
curl_multi_remove_handle(CURLM *multi, CURL *curl)
{
	struct multi_sim *m = (struct multi_sim *)multi;
	struct easy_sim *e = (struct easy_sim *)curl;
	int at = 0;

	while (at < m->n && m->all[at] != e)
		at++;
	if (at == m->n)
		return CURLM_OK;
	if (e->is_sent)
		net_forget(net, e);
	memmove(&m->all[at], &m->all[at + 1],
	    (size_t)(--m->n - at) * sizeof(m->all[0]));
	e->multi = NULL;
	return CURLM_OK;
}

CURLMcode
curl_multi_perform(CURLM *multi, int *running)
{
	struct multi_sim *m = (struct multi_sim *)multi;

	*running = m->n;
	for (int i = 0; i < m->n; i++) {
		struct easy_sim *e = m->all[i];

		if (!e->is_sent)
			send_it(e);
		else if (e->is_over && !e->is_told)
			tell(e);
	}
	return CURLM_OK;
}

CURLMsg *
curl_multi_info_read(CURLM *multi, int *left)
{
	struct multi_sim *m = (struct multi_sim *)multi;

	*left = 0;
	for (int i = 0; i < m->n; i++) {
		struct easy_sim *e = m->all[i];

		if (e->is_told && !e->is_read) {
			e->is_read = true;
			return &e->msg;
		}
	}
	return NULL;
}

static bool
has_news(const struct multi_sim *m)
{
	for (int i = 0; i < m->n; i++) {
		if (m->all[i]->is_over || m->all[i]->is_told)
			return true;
	}
	return false;
}

CURLMcode
curl_multi_poll(CURLM *multi, struct curl_waitfd fds[], unsigned fds_n, int ms,
    int *n)
{
	struct multi_sim *m = (struct multi_sim *)multi;

	(void)fds;
	(void)fds_n;
	(void)n;
	if (!has_news(m))
		wait_for(ms);
	return CURLM_OK;
}
