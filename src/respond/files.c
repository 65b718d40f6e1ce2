/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/files.h"

#include "respond/responder.h"
#include "respond/upload.h"
#include "web/route.h"

#include <stddef.h>

/*
 * Every path of the responder.  The first that fits counts, so those with a
 * word stand before those with {} in the same place.  Locks ask for the role
 * themselves: their refusal has words of its own.
 */
/* clang-format off */
static const struct route routes[] = {
	{ "GET",     "/files/list",          NEED_READ,    files_list },
	{ "GET",     "/collections",         NEED_READ,    files_collections },
	{ "GET",     "/files/trash",         NEED_LOGIN,   files_trash },
	{ "GET",     "/replicas",            NEED_LOGIN,   replicas_list },
	{ "PATCH",   "/replicas/{}",         NEED_ADMIN,   replicas_name },

	{ "POST",    "/files/upload",        NEED_WRITE,   files_upload },
	{ "POST",    "/files/save",          NEED_LOGIN,   files_save },
	{ "OPTIONS", "/files/uploads",       NEED_NOTHING, tus_options },
	{ "POST",    "/files/uploads",       NEED_WRITE,   tus_create },
	{ "GET",     "/files/uploads/{}",    NEED_WRITE,   tus_head },
	{ "PATCH",   "/files/uploads/{}",    NEED_WRITE,   tus_patch },
	{ "DELETE",  "/files/uploads/{}",    NEED_WRITE,   tus_remove },
	{ "POST",    "/files/uploads/{}",    NEED_WRITE,   tus_override },

	{ "GET",     "/files/locks",         NEED_LOGIN,   locks_list },
	{ "POST",    "/files/check_lock",    NEED_LOGIN,   locks_check },
	{ "POST",    "/files/acquire_lock",  NEED_LOGIN,   locks_acquire },
	{ "POST",    "/files/release_lock",  NEED_LOGIN,   locks_release },
	{ "POST",    "/files/heartbeat",     NEED_LOGIN,   locks_heartbeat },

	{ "POST",    "/files/delete",        NEED_WRITE,   files_delete },
	{ "POST",    "/files/move",          NEED_WRITE,   files_move },
	{ "POST",    "/files/copy",          NEED_WRITE,   files_copy },

	{ "GET",     "/files/{}",            NEED_READ,    files_serve },
	{ "PATCH",   "/files/{}",            NEED_WRITE,   files_patch },
	{ "GET",     "/files/{}/history",    NEED_LOGIN,   files_history },
	{ "POST",    "/files/{}/restore",    NEED_WRITE,   files_restore },
	{ "GET",     "/files/{}/lineage",    NEED_LOGIN,   files_lineage },
	{ "GET",     "/files/{}/versions/{}", NEED_LOGIN,  files_version },
	{ "GET",     "/files/{}/diff",       NEED_LOGIN,   files_diff },
	{ "POST",    "/files/{}/fetch",      NEED_LOGIN,   files_fetch },
	{ NULL,      NULL,                   NEED_ADMIN,   NULL },
};
/* clang-format on */

int
main(int argc, char **argv)
{
	static const struct responder files = {
		.name = "files",
		.routes = routes,
		.open = files_open,
		.close = files_close,
	};

	return responder_main(argc, argv, &files);
}
