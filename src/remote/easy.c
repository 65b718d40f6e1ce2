/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/easy.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "remote/http.h"

enum {
	THROWN_AWAY_MAX = 64 * 1024, /* bytes of an answer nobody wants */
	UNSENT_MAX = 128 * 1024,     /* bytes that wait in the system */
	BUFFER_BYTES = 64 * 1024
};

/* ---- what libcurl calls ------------------------------------------------ */

static void
note_error(struct http_call *call, int rc)
{
	call->rc = rc;
	buf_clear(&call->why);
	buf_puts(&call->why, err_text());
}

static size_t
on_header(char *line, size_t size, size_t n, void *arg)
{
	struct http_call *call = arg;
	int rc;

	call->moved_ms = clock_mono_ms();
	if ((rc = answer_header(&call->answer, line, size * n)) == 0)
		return size * n;
	note_error(call, rc);
	return 0;
}

static size_t
throw_away(struct http_call *call, size_t len)
{
	call->thrown_away += (int64_t)len;
	return call->thrown_away <= THROWN_AWAY_MAX ? len : 0;
}

static void
keep_said(struct http_call *call, const char *data, size_t len)
{
	size_t room = HTTP_SAID_MAX - call->said.len;

	if (http_dialect(call->http) != NULL)
		buf_add(&call->said, data, len < room ? len : room);
}

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_call *call = arg;
	size_t len = size * n;
	int rc;

	call->moved_ms = clock_mono_ms();
	if (call->answer.status >= 300)
		keep_said(call, data, len);
	if (call->sink == NULL || call->answer.status / 100 != 2)
		return throw_away(call, len);
	call->received += (int64_t)len;
	if ((rc = call->sink(call->arg, data, len)) == 0)
		return len;
	note_error(call, rc);
	return 0;
}

/* How much may go out before the body is spoilt as a probe wants it. */
static size_t
until_spoilt(struct http_call *call, size_t len)
{
	int64_t at = call->cut_at;

	if (call->pause_at > 0 && call->sent == call->pause_at) {
		clock_sleep_ms(call->pause_ms);
		call->pause_at = 0;
	}
	if (call->pause_at > 0 && (at == 0 || call->pause_at < at))
		at = call->pause_at;
	if (at > 0 && call->sent + (int64_t)len > at)
		len = (size_t)(at - call->sent);
	return len;
}

static size_t
on_read(char *data, size_t size, size_t n, void *arg)
{
	struct http_call *call = arg;
	size_t len = until_spoilt(call, size * n);
	int64_t got;

	call->moved_ms = clock_mono_ms();
	if (len == 0) {
		note_error(call, err_set(E_REMOTE, "cut off"));
		return CURL_READFUNC_ABORT;
	}
	got = source_read(call->body, call->sent, data, len);
	if (got < 0) {
		note_error(call, (int)got);
		return CURL_READFUNC_ABORT;
	}
	call->sent += got;
	return (size_t)got;
}

static int
on_seek(void *arg, curl_off_t offset, int origin)
{
	struct http_call *call = arg;

	if (origin != SEEK_SET)
		return CURL_SEEKFUNC_FAIL;
	if (offset < call->sent)
		call->is_resent = true;
	call->sent = offset;
	return CURL_SEEKFUNC_OK;
}

/*
 * What waits in the system counts as sent: little of it may, or a slow line
 * looks like a stalled one.
 */
static int
on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	int unsent = UNSENT_MAX;

	(void)arg;
	if (purpose == CURLSOCKTYPE_IPCXN)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
		    sizeof(unsent));
	return CURL_SOCKOPT_OK;
}

/* ---- a handle --------------------------------------------------------- */

static void
set_callbacks(CURL *c)
{
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, on_socket);
}

static void
set_trust(CURL *c, const struct easy_settings *s)
{
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (s->ca_file != NULL)
		curl_easy_setopt(c, CURLOPT_CAINFO, s->ca_file);
	if (s->ca_dir != NULL)
		curl_easy_setopt(c, CURLOPT_CAPATH, s->ca_dir);
}

static void
set_login(CURL *c, const struct easy_settings *s)
{
	if (s->username == NULL)
		return;
	curl_easy_setopt(c, CURLOPT_USERNAME, s->username);
	curl_easy_setopt(c, CURLOPT_PASSWORD,
	    s->password != NULL ? s->password : "");
	if (s->sigv4 != NULL)
		curl_easy_setopt(c, CURLOPT_AWS_SIGV4, s->sigv4);
}

static void
set_protocols(CURL *c)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS,
	    (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static void
set_connection(CURL *c, const struct easy_settings *s)
{
	set_protocols(c);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(c, CURLOPT_PIPEWAIT, 0L);
	curl_easy_setopt(c, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)s->connect_timeout_ms);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "stemma");
	if (s->is_loopback)
		curl_easy_setopt(c, CURLOPT_PROXY, "");
}

struct easy *
easy_new(const struct easy_settings *s)
{
	struct easy *e = xmalloc(sizeof(*e));

	memset(e, 0, sizeof(*e));
	if ((e->curl = curl_easy_init()) == NULL)
		abort(); /* out of memory */
	curl_easy_setopt(e->curl, CURLOPT_ERRORBUFFER, e->error);
	set_callbacks(e->curl);
	set_connection(e->curl, s);
	set_trust(e->curl, s);
	set_login(e->curl, s);
	return e;
}

void
easy_free(struct easy *e)
{
	curl_easy_cleanup(e->curl);
	free(e);
}

/* ---- a try ------------------------------------------------------------ */

static void
begin_call(struct http_call *call)
{
	answer_init(&call->answer);
	buf_clear(&call->why);
	buf_clear(&call->said);
	call->rc = 0;
	call->is_resent = false;
	call->sent = 0;
	call->received = 0;
	call->thrown_away = 0;
	call->moved_ms = call->started_ms = clock_mono_ms();
}

static void
set_data(CURL *c, struct http_call *call)
{
	curl_easy_setopt(c, CURLOPT_PRIVATE, call);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(c, CURLOPT_READDATA, call);
	curl_easy_setopt(c, CURLOPT_SEEKDATA, call);
}

/*
 * Signed requests cannot take back the header Expect (libcurl 7.88 signs what it
 * then does not send), which a small body sent as a POST does not get at all.
 */
static void
set_body(CURL *c, const struct easy_settings *s, const struct source *body)
{
	if (s->sigv4 == NULL) {
		curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE,
		    (curl_off_t)body->size_bytes);
	} else {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, NULL);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)body->size_bytes);
	}
}

static void
set_question(CURL *c, const struct easy_settings *s, struct http_call *call)
{
	curl_easy_setopt(c, CURLOPT_URL, buf_text(&call->url));
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(c, CURLOPT_HTTPGET, 1L); /* no body, either way */
	if (call->body != NULL)
		set_body(c, s, call->body);
	else if (strcmp(call->method, "HEAD") == 0)
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, call->method);
}

void
easy_prepare(struct easy *e, const struct easy_settings *s,
    struct http_call *call)
{
	CURL *c = e->curl;

	begin_call(call);
	e->error[0] = '\0';
	set_data(c, call);
	set_question(c, s, call);
	if (s->sigv4 == NULL)
		curl_easy_setopt(c, CURLOPT_HTTPAUTH,
		    s->is_digest ? (long)CURLAUTH_DIGEST
				 : (long)CURLAUTH_BASIC);
	curl_easy_setopt(c, CURLOPT_FRESH_CONNECT,
	    call->repeat == HTTP_ONCE && !call->may_reuse ? 1L : 0L);
}

void
easy_limit(struct easy *e, int64_t rate_up, int64_t rate_down)
{
	curl_easy_setopt(e->curl, CURLOPT_MAX_SEND_SPEED_LARGE,
	    (curl_off_t)rate_up);
	curl_easy_setopt(e->curl, CURLOPT_MAX_RECV_SPEED_LARGE,
	    (curl_off_t)rate_down);
}
