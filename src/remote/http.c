/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "remote/address.h"
#include "remote/easy.h"

enum {
	TURN_MS = 100,
	BACKOFF_MAX_MS = 30 * 1000,
	RETRY_AFTER_MAX_MS = 5 * 60 * 1000,
	REDIRECTS_MAX = 5,
	CALLS_MAX = 128,
	SLOW_SERVER_RATE = 4 * 1024 *
	    1024, /* bytes per second, see is_stalled */
	STALL_GRACE_MS = 250
};

enum state { IDLE, RUNNING, WAITING };

struct http {
	CURLM *multi;
	struct easy_settings settings;
	struct easy *idle;
	struct http_call *calls[CALLS_MAX]; /* running or waiting */
	int n_calls;
	int n_running;
	int tries;
	int64_t backoff_ms;
	int64_t stall_ms;
	int64_t rate_up, rate_down;
	int share;
	int64_t free_up_ms, free_down_ms; /* when the rate allows more */
	int (*tick)(void *arg);
	void *tick_arg;
	int64_t ticked_ms;
	const struct http_dialect *dialect; /* may be NULL */
	struct remote_stats stats;
	int64_t progress; /* of what is over */
};

/* ---- a session -------------------------------------------------------- */

static void
init_process(void)
{
	struct sigaction sa;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (sigaction(SIGPIPE, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL)
		(void)signal(SIGPIPE, SIG_IGN);
}

static char *
copy(const char *s)
{
	return s != NULL && s[0] != '\0' ? xstrdup(s) : NULL;
}

/*
 * Where certificate authorities are, when this libcurl was made on a machine that
 * keeps them elsewhere; NULL: where it expects them.
 */
static const char *
find_authorities(void)
{
	static const char *const places[] = {
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
		"/etc/ssl/cert.pem"
	};
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	if (v->cainfo == NULL || access(v->cainfo, R_OK) == 0)
		return NULL;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

/* The variables that curl's own tool honours. */
static void
take_environment(struct easy_settings *s)
{
	s->ca_file = copy(getenv("CURL_CA_BUNDLE"));
	if (s->ca_file == NULL)
		s->ca_file = copy(getenv("SSL_CERT_FILE"));
	s->ca_dir = copy(getenv("SSL_CERT_DIR"));
	if (s->ca_file == NULL && s->ca_dir == NULL)
		s->ca_file = copy(find_authorities());
}

static CURLM *
new_multi(int connections)
{
	CURLM *m = curl_multi_init();

	if (m == NULL)
		abort(); /* out of memory */
	curl_multi_setopt(m, CURLMOPT_MAX_HOST_CONNECTIONS, (long)connections);
	curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, (long)connections);
	return m;
}

int
http_open(const struct remote_config *config, const struct http_login *login,
    int (*tick)(void *arg), void *arg, struct http **http)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http *h = xmalloc(sizeof(*h));

	pthread_once(&once, init_process);
	*h = (struct http){ .tries = config->tries,
		.backoff_ms = config->backoff_ms,
		.stall_ms = (int64_t)config->stall_timeout_s * 1000,
		.rate_up = config->rate_up,
		.rate_down = config->rate_down,
		.share = 1,
		.tick = tick,
		.tick_arg = arg };
	h->multi = new_multi(config->connections);
	h->settings.username = copy(login->username);
	h->settings.password = copy(login->password);
	h->settings.sigv4 = copy(login->sigv4);
	h->settings.is_loopback = login->is_loopback;
	h->settings.connect_timeout_ms = config->stall_timeout_s * 1000;
	take_environment(&h->settings);
	*http = h;
	return 0;
}

static void
free_settings(struct easy_settings *s)
{
	if (s->password != NULL)
		explicit_bzero(s->password, strlen(s->password));
	free(s->username);
	free(s->password);
	free(s->sigv4);
	free(s->ca_file);
	free(s->ca_dir);
}

void
http_close(struct http *http)
{
	struct easy *e;

	if (http == NULL)
		return;
	while (http->n_calls > 0)
		http_cancel(http->calls[0]);
	while ((e = http->idle) != NULL) {
		http->idle = e->next;
		easy_free(e);
	}
	curl_multi_cleanup(http->multi);
	free_settings(&http->settings);
	free(http);
}

void
http_set_dialect(struct http *http, const struct http_dialect *dialect)
{
	http->dialect = dialect;
}

const struct http_dialect *
http_dialect(const struct http *http)
{
	return http->dialect;
}

void
http_share(struct http *http, int n)
{
	http->share = n > 0 ? n : 1;
}

struct remote_stats
http_stats(const struct http *http)
{
	return http->stats;
}

static int64_t
moved_by(const struct http_call *call)
{
	return call->is_counted ? call->sent + call->received : 0;
}

int64_t
http_progress(const struct http *http)
{
	int64_t sum = http->progress;
	int i;

	for (i = 0; i < http->n_calls; i++)
		if (http->calls[i]->state == RUNNING)
			sum += moved_by(http->calls[i]);
	return sum;
}

void
http_progress_add(struct http *http, int64_t bytes)
{
	http->progress += bytes;
}

/* ---- a call ----------------------------------------------------------- */

void
http_call_init(struct http *http, struct http_call *call,
    void (*done)(void *arg), void *arg)
{
	memset(call, 0, sizeof(*call));
	call->http = http;
	call->done = done;
	call->arg = arg;
}

void
http_call_reset(struct http_call *call, const char *method,
    enum http_repeat repeat)
{
	struct http_call old = *call;

	curl_slist_free_all(old.headers);
	http_call_init(old.http, call, old.done, old.arg);
	call->url = old.url;
	call->why = old.why;
	call->said = old.said;
	buf_clear(&call->url);
	buf_clear(&call->why);
	buf_clear(&call->said);
	call->method = method;
	call->repeat = repeat;
}

void
http_call_release(struct http_call *call)
{
	http_cancel(call);
	curl_slist_free_all(call->headers);
	call->headers = NULL;
	buf_release(&call->url);
	buf_release(&call->why);
	buf_release(&call->said);
}

void
http_header(struct http_call *call, const char *fmt, ...)
{
	char line[4096];
	struct curl_slist *more;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if ((more = curl_slist_append(call->headers, line)) == NULL)
		abort(); /* out of memory */
	call->headers = more;
}

int
http_error(const struct http_call *call)
{
	const char *path = address_path(buf_text(&call->url));

	if (call->rc == 0 && call->http->dialect != NULL)
		return call->http->dialect->error(call);
	if (call->rc == 0)
		return answer_error(&call->answer, call->method, path);
	return err_set(call->rc, "%s %s: %s", call->method, path,
	    buf_text(&call->why));
}

/* ---- one try ---------------------------------------------------------- */

static struct easy *
take_easy(struct http *http)
{
	struct easy *e = http->idle;

	if (e == NULL)
		return easy_new(&http->settings);
	http->idle = e->next;
	return e;
}

static int64_t
part_of(int64_t rate, int n)
{
	return rate > 0 && rate < n ? 1 : rate / n;
}

/* Those that move something share what is allowed. */
static void
share_rates(struct http *http)
{
	if (http->rate_up <= 0 && http->rate_down <= 0)
		return;
	for (int i = 0; i < http->n_calls; i++)
		if (http->calls[i]->state == RUNNING &&
		    http->calls[i]->easy != NULL)
			easy_limit(http->calls[i]->easy,
			    part_of(http->rate_up, http->n_running),
			    part_of(http->rate_down, http->n_running));
}

static void
give_easy_back(struct http_call *call)
{
	struct http *http = call->http;

	curl_multi_remove_handle(http->multi, call->easy->curl);
	call->easy->next = http->idle;
	http->idle = call->easy;
	call->easy = NULL;
	http->n_running--;
	share_rates(http);
}

static void
try_begin(struct http_call *call)
{
	struct http *http = call->http;

	if (call->begin != NULL)
		call->begin(call->arg);
	call->easy = take_easy(http);
	easy_prepare(call->easy, &http->settings, call);
	call->state = RUNNING;
	http->n_running++;
	share_rates(http);
	if (curl_multi_add_handle(http->multi, call->easy->curl) != CURLM_OK)
		abort(); /* out of memory */
}

static void
log_try(const struct http_call *call)
{
	const char *path = address_path(buf_text(&call->url));

	log_line(LOG_INFO, "remote",
	    "method=%s path=%.*s status=%d ms=%lld out=%lld in=%lld%s%s",
	    call->method, (int)strcspn(path, "?"), path, call->answer.status,
	    (long long)(clock_mono_ms() - call->started_ms),
	    (long long)call->sent, (long long)call->received,
	    call->why.len > 0 ? " error=" : "", buf_text(&call->why));
}

static int64_t
later(int64_t was_free_ms, int64_t started_ms, int64_t bytes, int64_t rate)
{
	int64_t from = was_free_ms > started_ms ? was_free_ms : started_ms;

	return rate > 0 ? from + bytes * 1000 / rate : 0;
}

static void
count_try(struct http_call *call)
{
	struct http *http = call->http;
	long head_up = 0, head_down = 0;

	curl_easy_getinfo(call->easy->curl, CURLINFO_REQUEST_SIZE, &head_up);
	curl_easy_getinfo(call->easy->curl, CURLINFO_HEADER_SIZE, &head_down);
	http->stats.requests++;
	if (call->answer.status >= 200 && call->answer.status < 600)
		http->stats.answered[call->answer.status / 100 - 2]++;
	http->stats.bytes_up += head_up + call->sent;
	http->stats.bytes_down += head_down + call->received +
	    call->thrown_away;
	http->free_up_ms = later(http->free_up_ms, call->started_ms, call->sent,
	    http->rate_up);
	http->free_down_ms = later(http->free_down_ms, call->started_ms,
	    call->received, http->rate_down);
}

/* ---- after a try ------------------------------------------------------ */

static void
forget(struct http_call *call)
{
	struct http *http = call->http;
	int i;

	for (i = 0; i < http->n_calls; i++)
		if (http->calls[i] == call)
			break;
	if (i < http->n_calls)
		http->calls[i] = http->calls[--http->n_calls];
	call->state = IDLE;
}

static void
finish(struct http_call *call, bool is_unclear)
{
	call->is_unclear = is_unclear;
	forget(call);
	if (call->done != NULL)
		call->done(call->arg);
}

static int64_t
pause_before(const struct http_call *call)
{
	int64_t ms = call->http->backoff_ms;
	int i;

	for (i = 1; i < call->tries && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	ms = ms / 2 + (int64_t)rand_below((uint64_t)ms / 2 + 1);
	if (call->answer.retry_after_ms > ms)
		ms = call->answer.retry_after_ms;
	return ms;
}

static void
say_tries(struct http_call *call)
{
	if (call->why.len == 0)
		buf_printf(&call->why, "the server answered %d",
		    call->answer.status);
	if (call->tries > 1)
		buf_printf(&call->why, " (%d tries)", call->tries);
}

/* Another try could help: when, and who decides? */
static void
wait_or_give_up(struct http_call *call)
{
	struct http *http = call->http;

	call->tries++;
	call->is_spent = call->tries >= http->tries ||
	    call->answer.retry_after_ms > RETRY_AFTER_MAX_MS;
	if (!call->is_spent) {
		call->due_ms = clock_mono_ms() + pause_before(call);
		call->state = WAITING;
		return;
	}
	say_tries(call);
	finish(call, call->repeat == HTTP_ASK && !call->is_unreachable);
}

static bool
is_redirect(const struct http_call *call)
{
	int status = call->answer.status;

	/* To make a folder and be sent away: it is there already. */
	return (status == 301 || status == 302 || status == 307 ||
		   status == 308) &&
	    call->answer.location[0] != '\0' &&
	    strcmp(call->method, "MKCOL") != 0 &&
	    call->redirects < REDIRECTS_MAX;
}

static void
try_again_now(struct http_call *call)
{
	call->due_ms = 0;
	call->state = WAITING;
}

/* Within the same origin; elsewhere the answer stands, and names the place. */
static bool
follow(struct http_call *call)
{
	struct buf to = { 0 };
	bool follows;

	follows = address_redirect(buf_text(&call->url), call->answer.location,
		      &to) == 1;
	if (follows) {
		call->redirects++;
		buf_clear(&call->url);
		buf_puts(&call->url, buf_text(&to));
		try_again_now(call);
	}
	buf_release(&to);
	return follows;
}

static bool
turn_to_digest(struct http_call *call)
{
	struct easy_settings *s = &call->http->settings;
	const struct answer *a = &call->answer;

	if (a->status != 401 || !a->offers_digest || a->offers_basic ||
	    s->username == NULL || call->is_digest)
		return false;
	call->is_digest = s->is_digest = true;
	try_again_now(call);
	return true;
}

/* The body of a success, as its reader judges it. */
static int
checked(struct http_call *call)
{
	if (call->check == NULL || call->answer.status / 100 != 2)
		return 0;
	if ((call->rc = call->check(call->arg)) != 0) {
		buf_clear(&call->why);
		buf_puts(&call->why, err_text());
	}
	return call->rc;
}

static bool
may_pass(const struct http_call *call)
{
	const struct http_dialect *d = call->http->dialect;

	if (call->answer.status == call->final_status)
		return false;
	return answer_may_pass(call->answer.status) ||
	    (d != NULL && d->may_pass(call));
}

static void
answered(struct http_call *call)
{
	call->rc = 0;
	if ((is_redirect(call) && follow(call)) || turn_to_digest(call))
		return;
	if (call->repeat != HTTP_ONCE && may_pass(call))
		wait_or_give_up(call);
	else if (checked(call) == E_REMOTE && call->repeat != HTTP_ONCE)
		wait_or_give_up(call);
	else
		finish(call, false);
}

static void
not_answered(struct http_call *call, bool may_pass)
{
	if (call->repeat == HTTP_ONCE || !may_pass)
		finish(call, false);
	else
		wait_or_give_up(call);
}

/* Failures of libcurl that another try does not change. */
static bool
is_lasting(CURLcode code)
{
	switch (code) {
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_BAD_FUNCTION_ARGUMENT:
		return true;
	default:
		return false;
	}
}

static void
note_failure(struct http_call *call, CURLcode code)
{
	long connected = 0;

	curl_easy_getinfo(call->easy->curl, CURLINFO_REQUEST_SIZE, &connected);
	call->is_unreachable = connected == 0 && call->answer.status == 0;
	call->rc = E_REMOTE;
	buf_clear(&call->why);
	buf_puts(&call->why,
	    call->easy->error[0] != '\0' ? call->easy->error
					 : curl_easy_strerror(code));
}

static bool
has_answer(const struct http_call *call, CURLcode code)
{
	int status = call->answer.status;

	if (call->rc != 0)
		return false;
	return code == CURLE_OK || code == CURLE_WRITE_ERROR ||
	    (status >= 400 && !answer_may_pass(status));
}

static void
try_end(struct http_call *call, CURLcode code)
{
	bool was_ours = call->rc != 0; /* a callback ended it */
	bool is_answer = has_answer(call, code);

	call->is_unreachable = false;
	if (!is_answer && !was_ours)
		note_failure(call, code);
	count_try(call);
	if (log_enabled(LOG_INFO))
		log_try(call);
	if (call->is_counted)
		call->http->progress += call->received +
		    (is_answer && call->answer.status < 300 ? call->sent : 0);
	give_easy_back(call);
	if (is_answer)
		answered(call);
	else
		not_answered(call, !was_ours && !is_lasting(code));
}

/* ---- turning ---------------------------------------------------------- */

static int64_t
rate_due(const struct http *http)
{
	return http->free_up_ms > http->free_down_ms ? http->free_up_ms
						     : http->free_down_ms;
}

static void
begin_due(struct http_call *call)
{
	if (call->due_ms > 0 && call->tries > 0 && call->repeat == HTTP_ASK)
		finish(call, true);
	else
		try_begin(call);
}

/* `finish` may change the list: then begin at its head again. */
static bool
begin_what_is_due(struct http *http)
{
	int64_t now = clock_mono_ms();
	bool any = false;
	int i;

	if (rate_due(http) > now)
		return false;
	for (i = 0; i < http->n_calls; i++) {
		struct http_call *call = http->calls[i];

		if (call->state != WAITING || call->due_ms > now)
			continue;
		begin_due(call);
		any = true;
		i = -1;
	}
	return any;
}

/*
 * A server may need some time for a large body after it has it all: a second
 * for each 4 MiB is granted.  A limited rate has its pauses.
 */
static int64_t
patience_ms(const struct http *http, const struct http_call *call)
{
	int64_t ms = http->stall_ms + STALL_GRACE_MS;

	if (call->body != NULL && call->sent >= call->body->size_bytes)
		ms += call->sent * 1000 / SLOW_SERVER_RATE;
	if (http->rate_up > 0)
		ms += (int64_t)65536 * 1000 * http->share / http->rate_up;
	if (http->rate_down > 0)
		ms += (int64_t)65536 * 1000 * http->share / http->rate_down;
	return ms;
}

/* That the connection was made, which has a time limit too, is a move. */
static int64_t
last_move_ms(const struct http_call *call)
{
	curl_off_t connected_us = 0;
	int64_t at;

	curl_easy_getinfo(call->easy->curl, CURLINFO_PRETRANSFER_TIME_T,
	    &connected_us);
	at = call->started_ms + (int64_t)connected_us / 1000;
	return at > call->moved_ms ? at : call->moved_ms;
}

static bool
is_stalled(const struct http *http, const struct http_call *call, int64_t now)
{
	int64_t ms = patience_ms(http, call);

	return now - call->moved_ms > ms && now - last_move_ms(call) > ms;
}

static bool
end_what_stalls(struct http *http)
{
	int64_t now = clock_mono_ms();
	int i;

	for (i = 0; i < http->n_calls; i++) {
		struct http_call *call = http->calls[i];

		if (call->state != RUNNING || !is_stalled(http, call, now))
			continue;
		snprintf(call->easy->error, sizeof(call->easy->error),
		    "nothing moved for %lld seconds",
		    (long long)(http->stall_ms / 1000));
		try_end(call, CURLE_OPERATION_TIMEDOUT);
		return true;
	}
	return false;
}

static bool
end_what_is_over(struct http *http)
{
	bool any = false;
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(http->multi, &left)) != NULL) {
		struct http_call *call = NULL;
		CURLcode code = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
		    (char **)&call);
		try_end(call, code);
		any = true;
	}
	return any;
}

static int64_t
until_due(const struct http *http)
{
	int64_t now = clock_mono_ms(), ms = TURN_MS, rest;
	int i;

	for (i = 0; i < http->n_calls; i++) {
		if (http->calls[i]->state != WAITING)
			continue;
		rest = http->calls[i]->due_ms - now;
		if (rest < rate_due(http) - now)
			rest = rate_due(http) - now;
		if (rest < ms)
			ms = rest > 0 ? rest : 0;
	}
	return ms;
}

static void
wait_a_little(struct http *http)
{
	int64_t ms = until_due(http);

	if (http->n_running > 0)
		curl_multi_poll(http->multi, NULL, 0, (int)ms, NULL);
	else if (http->n_calls > 0 && ms > 0)
		clock_sleep_ms(ms);
}

static int
ask_tick(struct http *http)
{
	int64_t now = clock_mono_ms();

	if (now - http->ticked_ms < TURN_MS && now >= http->ticked_ms)
		return 0;
	http->ticked_ms = now;
	return http->tick(http->tick_arg);
}

int
http_turn(struct http *http)
{
	int running, rc;

	if ((rc = ask_tick(http)) != 0)
		return rc;
	begin_what_is_due(http);
	curl_multi_perform(http->multi, &running);
	if (!end_what_is_over(http) && !end_what_stalls(http))
		wait_a_little(http);
	return 0;
}

/* ---- starting and ending ------------------------------------------------ */

static void
enter(struct http_call *call)
{
	struct http *http = call->http;

	if (http->n_calls == CALLS_MAX)
		abort(); /* more than all connections could need */
	http->calls[http->n_calls++] = call;
	call->is_unclear = false;
	try_again_now(call);
}

/*
 * Who sends a small body does not wait until the server says that it may
 * (RFC 9110, 10.1.1): that is a round trip, and a second where nobody says it.
 */
#define EXPECT_BYTES (1024 * 1024)

void
http_start(struct http_call *call)
{
	if (call->body != NULL && call->body->size_bytes < EXPECT_BYTES &&
	    call->http->settings.sigv4 == NULL)
		http_header(call, "Expect:");
	call->tries = 0;
	call->redirects = 0;
	call->is_spent = false;
	call->is_digest = false;
	enter(call);
}

int
http_again(struct http_call *call)
{
	if (call->is_spent)
		return http_error(call);
	enter(call);
	return 0;
}

void
http_gain(struct http_call *call)
{
	call->tries = 1;
	call->is_spent = false;
}

void
http_cancel(struct http_call *call)
{
	if (call->easy != NULL)
		give_easy_back(call);
	if (call->state != IDLE)
		forget(call);
}

int
http_do(struct http_call *call)
{
	int rc = 0;

	call->done = NULL;
	http_start(call);
	while (rc == 0 && call->state != IDLE)
		rc = http_turn(call->http);
	if (rc != 0)
		http_cancel(call);
	return rc != 0 ? rc : call->rc;
}
