/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "web/route.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "web/private.h"
#include "web/response.h"
#include "web/serve.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ARG_MAX_BYTES 255
#define SEGMENTS_MAX 16

static const char who_are_you[] = "Authentication required";

/* ---- finding the row -------------------------------------------------------- */

/* The segments of a path, each decoded; n is 0 for what fits nothing. */
struct path {
	const char *segment[SEGMENTS_MAX];
	size_t n;
};

static void
split(struct request *req, struct path *path)
{
	const char *s = req->path;

	path->n = 0;
	while (*s == '/' && path->n < SEGMENTS_MAX) {
		size_t len = strcspn(++s, "/");
		const char *text = request_decode(req->mem, s, len, false);

		if (text == NULL || *text == '\0' ||
		    strlen(text) > ARG_MAX_BYTES || strchr(text, '/') != NULL) {
			path->n = 0;
			return;
		}
		path->segment[path->n++] = text;
		s += len;
	}
	if (*s != '\0')
		path->n = 0;
}

static bool
fits(const struct route *row, const struct path *path,
    const char *args[ROUTE_ARGS])
{
	const char *s = row->path;
	size_t i = 0, n_args = 0;

	for (; *s == '/' && i < path->n; i++) {
		size_t len = strcspn(++s, "/");
		const char *segment = path->segment[i];

		if (len == 2 && strncmp(s, "{}", 2) == 0) {
			if (n_args < ROUTE_ARGS)
				args[n_args++] = segment;
		} else if (strlen(segment) != len ||
		    strncmp(segment, s, len) != 0) {
			return false;
		}
		s += len;
	}
	return i > 0 && i == path->n && *s == '\0';
}

static bool
says(const char *list, const char *method)
{
	size_t len = strlen(method);

	for (const char *p = list; (p = strstr(p, method)) != NULL; p += len)
		if (p[len] == '\0' || p[len] == ',')
			return true;
	return false;
}

static void
add_method(struct buf *allow, const char *method)
{
	if (says(buf_text(allow), method))
		return;
	buf_printf(allow, "%s%s", allow->len > 0 ? ", " : "", method);
	if (str_eq(method, "GET"))
		buf_puts(allow, ", HEAD");
}

static int
refuse_method(struct request *req, struct buf *allow)
{
	(void)response_header(req, "Allow", "%s", buf_text(allow));
	return request_fail(req, 405, "Method Not Allowed");
}

static int
find_row(const struct route *rows, struct request *req,
    const struct route **found)
{
	const char *args[ROUTE_ARGS] = { NULL };
	struct buf allow = { NULL, 0, 0 };
	struct path path;
	int rc;

	split(req, &path);
	for (; rows->method != NULL; rows++) {
		if (!fits(rows, &path, args))
			continue;
		if (str_eq(rows->method, req->method)) {
			memcpy(req->arg, args, sizeof(args));
			*found = rows;
			break;
		}
		memset(args, 0, sizeof(args));
		add_method(&allow, rows->method);
	}
	if (rows->method != NULL)
		rc = 0;
	else if (allow.len > 0)
		rc = refuse_method(req, &allow);
	else
		rc = request_fail(req, 404, "Not Found");
	buf_release(&allow);
	return rc;
}

/* ---- who may ----------------------------------------------------------------- */

static bool
needs_somebody(const struct serve_app *app, enum need need)
{
	return need != NEED_NOTHING &&
	    !(need == NEED_READ && app->is_read_public);
}

static int
identify(const struct serve_app *app, struct request *req, enum need need)
{
	int rc = app->identify != NULL ? app->identify(req) : 0;

	if (rc == E_LOGIN) {
		memset(&req->caller, 0, sizeof(req->caller));
		if (needs_somebody(app, need))
			return request_fail(req, 401, "%s", err_text());
		rc = 0;
	}
	return rc;
}

static int
check_need(const struct serve_app *app, struct request *req, enum need need)
{
	const struct caller *c = &req->caller;

	if (needs_somebody(app, need) && !c->is_known)
		return request_fail(req, 401, who_are_you);
	if (need == NEED_WRITE && (c->roles & app->write_roles) == 0)
		return request_fail(req, 403,
		    "Only annotators, reviewers and administrators may do "
		    "this");
	if (need == NEED_ADMIN && (c->roles & app->admin_roles) == 0)
		return request_fail(req, 403,
		    "Only administrators may do this");
	return 0;
}

static bool
changes(const struct request *req)
{
	return !str_eq(req->method, "GET") && !str_eq(req->method, "OPTIONS");
}

/* The port that a scheme has by itself says nothing. */
static size_t
host_len(const char *host)
{
	size_t len = strlen(host);

	if (len > 3 && strcmp(host + len - 3, ":80") == 0)
		return len - 3;
	if (len > 4 && strcmp(host + len - 4, ":443") == 0)
		return len - 4;
	return len;
}

/*
 * Host and port are compared, not the scheme: a proxy before the web server
 * may have taken TLS off.
 */
static bool
is_host(const char *origin, const char *host)
{
	return host_len(origin) == host_len(host) &&
	    strncasecmp(origin, host, host_len(host)) == 0;
}

/* Some nginx tell the host without the port that was asked for. */
static bool
is_host_at_port(const struct request *req, const char *origin, const char *host)
{
	const char *port = request_header(req, "SERVER_PORT");

	return port != NULL && strchr(host, ':') == NULL &&
	    is_host(origin, mem_printf(req->mem, "%s:%s", host, port));
}

bool
route_is_same_origin(const struct request *req)
{
	const char *site = request_header(req, "Sec-Fetch-Site");
	const char *origin = request_header(req, "Origin");
	const char *host = request_header(req, "Host");

	if (site != NULL && *site != '\0')
		return str_eq(site, "same-origin") || str_eq(site, "none");
	if (origin == NULL || host == NULL || *host == '\0')
		return false;
	if (strncasecmp(origin, "https://", 8) == 0)
		origin += 8;
	else if (strncasecmp(origin, "http://", 7) == 0)
		origin += 7;
	else
		return false;
	return is_host(origin, host) || is_host_at_port(req, origin, host);
}

static int
check_origin(struct request *req)
{
	if (!req->caller.is_by_cookie || !changes(req) ||
	    route_is_same_origin(req))
		return 0;
	return request_fail(req, 403,
	    "A change by cookie must come from the same origin");
}

/* ---- handling ------------------------------------------------------------------ */

static int
handle(const struct serve_app *app, struct request *req)
{
	const struct route *row = NULL;
	int rc;

	if (req->private_->refusal != 0)
		return request_fail(req, req->private_->refusal, "%s",
		    req->private_->why);
	if ((rc = find_row(app->routes, req, &row)) != 0 ||
	    (rc = request_query_check(req)) != 0 ||
	    (rc = identify(app, req, row->need)) != 0 ||
	    (rc = check_need(app, req, row->need)) != 0 ||
	    (rc = check_origin(req)) != 0)
		return rc;
	return row->handle(req);
}

/* An error that no handler made an answer of.  What is inside stays inside. */
static void
tell(struct request *req, int rc)
{
	int status = err_http(rc);

	if (status >= 500 || req->response->is_started)
		log_line(status == 500 ? LOG_ERROR : LOG_WARN, "request",
		    "%s: %s", err_name(rc), err_text());
	if (status == 500)
		(void)request_fail(req, 500, "Internal server error");
	else
		(void)request_fail(req, status, "%s", err_text());
}

void
route_request(const struct serve_app *app, struct request *req)
{
	int rc;

	err_clear();
	rc = handle(app, req);
	if (rc < 0 && !req->private_->is_refused)
		tell(req, rc);
	req->private_->result = rc;
}
