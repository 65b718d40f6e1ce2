/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "local/blob.h"
#include "local/db.h"
#include "local/record.h"
#include "remote/remote.h"
#include "sync/sync.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/*
 * bootstrap DB DATA WORK URL USER PASSWORD - sync until the first content would
 * be fetched, and stop there.  Prints seconds, bytes on the wire, requests and
 * records.
 */

struct at {
	struct remote *remote;
	struct remote_stats stats;
	double seconds;
	double begun;
	int is_there;
};

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
on_progress(void *arg, const struct sync_progress *p)
{
	struct at *at = arg;

	if (p->phase != SYNC_DOWNLOAD || at->is_there)
		return;
	at->is_there = 1;
	at->stats = remote_stats(at->remote);
	at->seconds = now_s() - at->begun;
}

static int
on_stop(void *arg)
{
	struct at *at = arg;

	return at->is_there ? E_STOPPED : 0;
}

static int
tell(const struct at *at, struct db *db)
{
	struct record_counts counts;
	int rc = record_counts(db, &counts);

	if (rc != 0)
		return rc;
	if (!at->is_there)
		return err_set(E_INPUT, "no content was to be fetched");
	printf("%.3f %" PRId64 " %" PRId64 " %" PRId64 "\n", at->seconds,
	    at->stats.bytes_up + at->stats.bytes_down, at->stats.requests,
	    counts.live);
	return 0;
}

static int
run(char **argv)
{
	struct at at = { .is_there = 0 };
	struct remote_config config = { .url = argv[4],
		.username = argv[5],
		.password = argv[6] };
	struct sync_options options = { .work_dir = argv[3],
		.max_delete_percent = 10,
		.retention_days = 90,
		.progress = on_progress,
		.stop = on_stop,
		.arg = &at };
	struct sync_summary sum;
	int rc;

	if ((rc = db_open(argv[1], DB_LIBRARY, false, &options.db)) == 0 &&
	    (rc = blobs_open(argv[2], &options.blobs)) == 0 &&
	    (rc = remote_open(&config, &options.remote)) == 0) {
		at.remote = options.remote;
		at.begun = now_s();
		rc = sync_run(&options, &sum);
		if (rc == 0 || rc == E_STOPPED)
			rc = tell(&at, options.db);
	}
	remote_close(options.remote);
	blobs_close(options.blobs);
	db_close(options.db);
	return rc;
}

int
main(int argc, char **argv)
{
	if (argc != 7)
		return 2;
	if (run(argv) == 0)
		return 0;
	fprintf(stderr, "bootstrap: %s\n", err_text());
	return 1;
}
