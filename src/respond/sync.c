/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/sync.h"

#include "respond/responder.h"
#include "web/route.h"

#include <stddef.h>

static const struct route routes[] = {
	{ "POST", "/sync", NEED_WRITE, sync_start },
	{ "POST", "/sync/resolve-conflict", NEED_WRITE, sync_resolve },
	{ "POST", "/sync/unresolve", NEED_WRITE, sync_unresolve },
	{ "POST", "/store/probe", NEED_ADMIN, sync_probe },
	{ "POST", "/store/recover", NEED_ADMIN, store_recover },
	{ NULL, NULL, NEED_NOTHING, NULL },
};

static const struct responder responder = {
	.name = "sync",
	.routes = routes,
};

int
main(int argc, char **argv)
{
	return responder_main(argc, argv, &responder);
}
