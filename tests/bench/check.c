/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "local/blob.h"
#include "local/db.h"
#include "local/meta.h"
#include "remote/remote_ops.h"
#include "sync/sync.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * check DB DATA WORK - how long the local part of a sync without changes takes:
 * sync_run against a store that answers at once with the head that this library
 * knows.  Prints the median and the 90th percentile in microseconds.
 */

#define RUNS 1000
#define WARM 50

/* ---- a store that costs nothing ------------------------------------------ */

static char the_name[80];

static int
still_list(struct remote *r, const char *dir,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg)
{
	struct remote_entry entry = { the_name, false, 60, 0 };

	(void)r;
	return strcmp(dir, "head") == 0 ? fn(arg, &entry) : 0;
}

static struct remote_stats
still_stats(const struct remote *r)
{
	struct remote_stats none = { .requests = 0 };

	(void)r;
	return none;
}

static const struct remote_ops still_ops = { .head_look = renamed_head_look,
	.list = still_list,
	.stats = still_stats };

static int
name_head(struct db *db)
{
	struct mem *mem = mem_new();
	char *commit = NULL;
	int64_t version;
	int rc = meta_int(db, "version", &version);

	if (rc == 0)
		rc = meta_find(db, mem, "commit", &commit);
	if (rc == 1 && version >= 0 && version < 1000000000000)
		snprintf(the_name, sizeof(the_name), "%012" PRId64 "-%.64s",
		    version, commit);
	mem_free(mem);
	return rc == 1 ? 0 : err_set(E_ABSENT, "no version is known here");
}

/* ---- the measurement ----------------------------------------------------- */

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static int
measure(const struct sync_options *options)
{
	static double us[RUNS];
	struct sync_summary sum;
	double begun;
	int rc;
	int i;

	for (i = -WARM; i < RUNS; i++) {
		begun = now_us();
		if ((rc = sync_run(options, &sum)) != 0)
			return rc;
		if (!sum.skipped)
			return err_set(E_INPUT, "there is something to do");
		if (i >= 0)
			us[i] = now_us() - begun;
	}
	qsort(us, RUNS, sizeof(*us), by_size);
	printf("%.1f %.1f\n", us[RUNS / 2], us[RUNS * 9 / 10]);
	return 0;
}

static int
run(char **argv)
{
	struct remote still = { .ops = &still_ops };
	struct sync_options options = { .remote = &still,
		.work_dir = argv[3],
		.max_delete_percent = 10,
		.retention_days = 90 };
	int rc;

	if ((rc = db_open(argv[1], DB_LIBRARY, false, &options.db)) != 0)
		return rc;
	if ((rc = blobs_open(argv[2], &options.blobs)) == 0 &&
	    (rc = name_head(options.db)) == 0)
		rc = measure(&options);
	blobs_close(options.blobs);
	db_close(options.db);
	return rc;
}

int
main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	if (run(argv) == 0)
		return 0;
	fprintf(stderr, "check: %s\n", err_text());
	return 1;
}
