/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/status.h"

#include "config.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "local/meta.h"
#include "respond/look.h"
#include "respond/plan.h"
#include "respond/responder.h"
#include "web/request.h"
#include "web/response.h"
#include "web/route.h"

#include <stdlib.h>

/* That the library was opened is not enough: it must answer. */
static int
health(struct request *req)
{
	struct db *db = state_of(req)->site.db;
	char *replica, *trouble;
	int rc = 0;

	if (meta_find(db, req->mem, "replica", &replica) < 0 ||
	    (rc = meta_find(db, req->mem, "needs_recovery", &trouble)) < 0) {
		log_line(LOG_ERROR, "status", "%s", err_text());
		response_status(req, 503);
		response_type(req, "application/json");
		return response_puts(req,
		    "{\"status\":\"error\",\"detail\":\"The library cannot be "
		    "read; the server's log says why\"}");
	}
	response_type(req, "application/json");
	return response_printf(req,
	    "{\"status\":\"ok\",\"version\":\"" PACKAGE_VERSION
	    "\",\"needs_recovery\":%s}",
	    rc == 1 ? "true" : "false");
}

static int
status_open(struct state *st)
{
	struct status_own *own;
	int rc;

	if ((rc = look_start(st->site.conf->file)) != 0)
		return rc;
	own = xmalloc(sizeof(*own));
	own->library = xmalloc(sizeof(*own->library));
	buf_init(own->library);
	own->version = -1;
	st->own = own;
	return 0;
}

static void
status_close(struct state *st)
{
	struct status_own *own = st->own;

	look_stop();
	buf_release(own->library);
	free(own->library);
	free(own);
}

static const struct route routes[] = {
	{ "GET", "/health", NEED_NOTHING, health },
	{ "GET", "/sync/status", NEED_LOGIN, status_sync },
	{ "GET", "/sync/plan", NEED_LOGIN, plan_answer },
	{ "GET", "/sync/conflicts", NEED_LOGIN, status_conflicts },
	{ "GET", "/sync/conflicts/{}", NEED_LOGIN, status_conflict },
	{ "GET", "/sync/history", NEED_LOGIN, status_history },
	{ "GET", "/sync/runs/{}", NEED_LOGIN, status_run },
	{ "GET", "/settings", NEED_ADMIN, status_settings },
	{ "PATCH", "/settings", NEED_ADMIN, status_set },
	{ "GET", "/metrics", NEED_NOTHING, status_metrics },
	{ NULL, NULL, NEED_NOTHING, NULL },
};

static const struct responder responder = {
	.name = "status",
	.routes = routes,
	.open = status_open,
	.close = status_close,
};

int
main(int argc, char **argv)
{
	return responder_main(argc, argv, &responder);
}
