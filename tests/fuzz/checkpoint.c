/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/checkpoint.h"
#include "base/hash.h"
#include "base/mem.h"
#include "fuzz/scratch.h"

#include <sqlite3.h>
#include <string.h>

/*
 * A checkpoint from an enemy: packed when the first byte is that of gzip, else
 * the plain SQLite file.  All of it is read by the reader's code; the file is
 * never written to.
 */

#define PLAIN_MAX (4 << 20)

static int
see_record(void *arg, const struct record *rec, int64_t version)
{
	(void)arg;
	must(version >= 1 && shared_check(rec) == 0);
	return 0;
}

static int
see_lineage(void *arg, const struct lineage *l)
{
	(void)arg;
	must(stable_id_is(l->stable_id));
	return 0;
}

static int
see_replica(void *arg, const struct replica *r)
{
	(void)arg;
	must(r->replica != NULL && r->txn != NULL);
	return 0;
}

static int
see_dropped(void *arg, const char *id, const char *file_type,
    int64_t generation, int64_t version, const char *at)
{
	(void)arg;
	(void)version;
	must(strlen(id) == 64 && shared_ext(file_type) != NULL);
	must(generation >= 0 && at != NULL);
	return 0;
}

static void
read_all(struct checkpoint *cp)
{
	struct mem *mem = mem_new();
	struct record rec;
	int64_t version;

	(void)checkpoint_verify(cp, NULL);
	(void)checkpoint_each(cp, see_record, NULL);
	(void)checkpoint_find(cp, mem, "8cta75xbwjpg", &rec, &version);
	(void)checkpoint_each_lineage(cp, see_lineage, NULL);
	(void)checkpoint_each_replica(cp, see_replica, NULL);
	(void)checkpoint_each_dropped(cp, see_dropped, NULL);
	mem_free(mem);
}

static const char *
plain_of(const uint8_t *data, size_t size)
{
	static char plain[64];
	const char *packed = scratch_file(data, size);

	if (size == 0 || data[0] != 0x1f)
		return packed;
	snprintf(plain, sizeof(plain), "/dev/shm/stemma-fuzz-%d.db",
	    (int)getpid());
	return checkpoint_unpack(packed, plain, PLAIN_MAX) == 0 ? plain : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = plain_of(data, size);
	struct checkpoint_head head;
	struct checkpoint *cp;

	if (path != NULL && checkpoint_open(path, &cp, &head) == 0) {
		must(head.version >= 0 && head.gc >= 0);
		read_all(cp);
		checkpoint_close(cp);
	}
	if (path != NULL && path[1] == 'd')
		unlink(path);
	return 0;
}
