/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/checkpoint.h"

#include "base/rand.h"
#include "unit/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define STORE "0b9c1e0a-1111-4222-8333-123456789abc"
#define COMMIT \
	"c0ffee0000000000000000000000000000000000000000000000000000000000"
#define LIMIT (64 << 20)

/* A library with something in all tables, and where its checkpoint goes. */
struct site {
	struct contents *c;
	const char *plain, *packed, *again;
	char *edited; /* a record that is edited here */
};

static void
put_lineage(struct contents *c, const char *stable_id, int64_t version)
{
	struct record rec = records_find(c, stable_id).rec;
	struct lineage l = { .stable_id = stable_id,
		.version = version,
		.id = rec.id,
		.deleted = rec.deleted,
		.parents = "[]",
		.replica = STORE,
		.user = "anna",
		.at = AT };

	if (version > 1)
		l.parents = mem_printf(c->l->mem,
		    "[[\"%s\",\"%s\"],[\"abcdef\",\"%s\"]]", stable_id, rec.id,
		    COMMIT);
	library_must(lineage_put(c->l->db, &l) == 0, "lineage_put");
}

static void
fill(struct site *s)
{
	struct contents *c = s->c;
	struct replica r = { STORE, 3, "0123", 4, COMMIT };
	char *id = NULL;
	int i;

	for (i = 0; i < 30; i++) {
		id = records_add(c, "doc", mem_printf(c->l->mem, "text %d", i));
		records_publish(c, id, 1);
		put_lineage(c, id, 1);
	}
	library_must(records_save(c, id, "second") == 0, "save");
	records_publish(c, id, 2);
	put_lineage(c, id, 2);
	library_must(record_delete(c->l->db, id, "anna") == 0, "delete");
	records_publish(c, id, 3);
	put_lineage(c, id, 3);
	s->edited = records_add(c, "doc", "edited");
	records_publish(c, s->edited, 4);
	library_must(records_save(c, s->edited, "here") == 0, "save");
	records_add(c, "doc", "never sent");
	library_must(replica_put(c->l->db, &r) == 0, "replica_put");
	library_must(meta_put(c->l->db, "store", STORE) == 0 &&
		meta_put(c->l->db, "commit", COMMIT) == 0 &&
		meta_put_int(c->l->db, "version", 4) == 0 &&
		meta_put_int(c->l->db, "gc", 2) == 0,
	    "meta_put");
}

static int
setup(void **state)
{
	struct site *s = calloc(1, sizeof(*s));
	struct mem *mem;

	s->c = records_new();
	mem = s->c->l->mem;
	library_exec(s->c->l, "PRAGMA synchronous = OFF");
	s->plain = path_join(mem, s->c->l->dir, "plain #%?.db");
	s->packed = path_join(mem, s->c->l->dir, "packed.db.gz");
	s->again = path_join(mem, s->c->l->dir, "again.db");
	fill(s);
	library_must(checkpoint_write(s->c->l->db, s->plain) == 0,
	    "checkpoint_write");
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct site *s = *state;

	records_free(s->c);
	free(s);
	return 0;
}

/* Runs SQL on the plain file, as somebody might who is not Stemma. */
static void
harm(struct site *s, const char *sql)
{
	sqlite3 *db;
	char *error = NULL;

	assert_int_equal(sqlite3_open(s->plain, &db), SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- a whole one ------------------------------------------------------------------------ */

static void
the_head_is_what_the_library_said(void **state)
{
	struct site *s = *state;
	struct checkpoint_head head;
	struct checkpoint *cp;
	struct hash digest;
	int64_t records;

	assert_int_equal(checkpoint_open(s->plain, &cp, &head), 0);
	assert_int_equal(head.version, 4);
	assert_int_equal(head.gc, 2);
	assert_string_equal(head.commit, COMMIT);
	assert_string_equal(head.store, STORE);
	assert_int_equal(state_find(s->c->l->db, &digest), 0);
	assert_true(hash_eq(&head.state, &digest));
	assert_int_equal(checkpoint_verify(cp, &records), 0);
	assert_int_equal(records, 31);
	checkpoint_close(cp);
	checkpoint_close(NULL);
}

static int
expect_side(void *arg, const struct record *rec, int64_t version)
{
	struct contents *c = arg;
	struct record side;
	int64_t of;

	assert_int_equal(record_side(c->l->db, c->l->mem, rec->stable_id, &side,
			     &of),
	    1);
	assert_true(shared_equal(rec, &side));
	assert_int_equal(version, of);
	return 0;
}

static void
it_holds_the_stores_side(void **state)
{
	struct site *s = *state;
	struct checkpoint_head head;
	struct checkpoint *cp;
	struct record rec;
	int64_t version;

	assert_int_equal(checkpoint_open(s->plain, &cp, &head), 0);
	assert_int_equal(checkpoint_each(cp, expect_side, s->c), 0);
	assert_int_equal(checkpoint_find(cp, s->c->l->mem, s->edited, &rec,
			     &version),
	    1);
	assert_string_equal(rec.id, records_find(s->c, s->edited).sync_hash);
	assert_int_equal(version, 4);
	assert_int_equal(checkpoint_find(cp, s->c->l->mem, "abcdef", &rec,
			     &version),
	    0);
	checkpoint_close(cp);
}

/* All rows of a table in one text. */
static char *
dump(struct library *l, const char *sql)
{
	struct buf out = { 0 };
	sqlite3_stmt *st;
	sqlite3 *db;
	char *text;
	int i;

	library_must(sqlite3_open(l->path, &db) == SQLITE_OK, l->path);
	library_must(sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK,
	    sql);
	while (sqlite3_step(st) == SQLITE_ROW)
		for (i = 0; i < sqlite3_column_count(st); i++)
			buf_printf(&out, "%s|",
			    sqlite3_column_text(st, i) == NULL
				? "NULL"
				: (const char *)sqlite3_column_text(st, i));
	sqlite3_finalize(st);
	sqlite3_close(db);
	text = mem_strdup(l->mem, buf_text(&out));
	buf_release(&out);
	return text;
}

static void
a_fresh_library_is_the_same_afterwards(void **state)
{
	static const char *const tables[] = {
		"SELECT * FROM lineage ORDER BY stable_id, version",
		"SELECT * FROM replicas ORDER BY replica",
		"SELECT * FROM names ORDER BY id, file_type, generation",
		"SELECT value FROM sync_metadata WHERE key = 'state'",
		"SELECT name, sql FROM sqlite_master ORDER BY name",
	};
	struct site *s = *state;
	struct contents *b = contents_new();
	struct checkpoint_head head;
	struct record_counts n;
	struct checkpoint *cp;
	struct hash hash;
	int64_t size;
	size_t i;

	assert_int_equal(checkpoint_pack(s->plain, s->packed, &hash, &size), 0);
	assert_int_equal(checkpoint_unpack(s->packed, s->again, LIMIT), 0);
	assert_int_equal(checkpoint_open(s->again, &cp, &head), 0);
	assert_int_equal(checkpoint_load(b->l->db, cp), 0);
	assert_int_equal(checkpoint_load(b->l->db, cp), E_INPUT);
	checkpoint_close(cp);
	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		assert_string_equal(dump(b->l, tables[i]),
		    dump(s->c->l, tables[i]));
	assert_int_equal(record_counts(b->l->db, &n), 0);
	assert_int_equal(n.pending_download, 30);
	assert_int_equal(n.live, 30);
	assert_int_equal(n.deleted, 1);
	assert_int_equal(records_faults(b), 0);
	contents_free(b);
}

static void
contents_that_are_there_need_no_fetching(void **state)
{
	struct site *s = *state;
	struct contents *b = contents_new();
	struct checkpoint_head head;
	struct record_counts n;
	struct checkpoint *cp;

	contents_put(b, "text 3", "tei");
	contents_put(b, "text 4", "tei");
	assert_int_equal(checkpoint_open(s->plain, &cp, &head), 0);
	assert_int_equal(checkpoint_load(b->l->db, cp), 0);
	checkpoint_close(cp);
	assert_int_equal(record_counts(b->l->db, &n), 0);
	assert_int_equal(n.pending_download, 28);
	assert_int_equal(records_faults(b), 0);
	contents_free(b);
}

static void
packing_is_the_same_each_time(void **state)
{
	struct site *s = *state;
	struct hash one, two, of_file;
	int64_t size, again;
	int fd;

	assert_int_equal(checkpoint_pack(s->plain, s->packed, &one, &size), 0);
	assert_int_equal(checkpoint_pack(s->plain, s->again, &two, &again), 0);
	assert_true(hash_eq(&one, &two));
	assert_int_equal(size, again);
	fd = open(s->packed, O_RDONLY);
	assert_int_equal(hash_fd(fd, &of_file, &again), 0);
	close(fd);
	assert_true(hash_eq(&one, &of_file));
	assert_int_equal(size, again);
}

static void
the_lineage_has_an_end(void **state)
{
	struct site *s = *state;
	struct checkpoint_head head;
	struct checkpoint *cp;
	struct contents *b = contents_new();
	int64_t v;

	assert_int_equal(db_begin(s->c->l->db), 0);
	for (v = 1; v <= 250; v++)
		put_lineage(s->c, s->edited, v);
	assert_int_equal(meta_put_int(s->c->l->db, "version", 250), 0);
	assert_int_equal(db_end(s->c->l->db, 0), 0);
	assert_int_equal(checkpoint_write(s->c->l->db, s->plain), 0);
	assert_int_equal(checkpoint_open(s->plain, &cp, &head), 0);
	assert_int_equal(checkpoint_load(b->l->db, cp), 0);
	checkpoint_close(cp);
	assert_int_equal(library_ask(b->l,
			     "SELECT count(*) FROM lineage"
			     " WHERE stable_id = '%s'",
			     s->edited),
	    200);
	assert_int_equal(library_ask(b->l,
			     "SELECT min(version) FROM lineage"
			     " WHERE stable_id = '%s'",
			     s->edited),
	    51);
	contents_free(b);
}

static void
a_library_without_a_store_has_none(void **state)
{
	struct site *s = *state;

	assert_int_equal(meta_put(s->c->l->db, "store", NULL), 0);
	assert_int_equal(checkpoint_write(s->c->l->db, s->again), E_INPUT);
	assert_false(path_is_file(s->again));
}

static void
a_reset_side_is_nowhere(void **state)
{
	struct site *s = *state;
	struct record_counts n;

	assert_int_equal(side_reset(s->c->l->db), 0);
	assert_int_equal(record_counts(s->c->l->db, &n), 0);
	assert_int_equal(n.to_send, 31);
	assert_int_equal(library_ask(s->c->l,
			     "SELECT (SELECT count(*) FROM base)"
			     " + (SELECT count(*) FROM names)"
			     " + (SELECT count(*) FROM lineage)"
			     " + (SELECT count(*) FROM replicas)"),
	    0);
	assert_int_equal(records_faults(s->c), 0);
}

/* ---- a stranger's --------------------------------------------------------------------------- */

static int
ignore_record(void *arg, const struct record *rec, int64_t version)
{
	(void)arg, (void)version;
	assert_int_equal(shared_check(rec), 0);
	return 0;
}

static int
ignore_lineage(void *arg, const struct lineage *l)
{
	(void)arg;
	assert_int_equal(strlen(l->id), 64);
	assert_true(stable_id_is(l->stable_id));
	return 0;
}

static int
ignore_replica(void *arg, const struct replica *r)
{
	(void)arg;
	assert_int_equal(strlen(r->commit_id), 64);
	return 0;
}

static int
ignore_dropped(void *arg, const char *id, const char *file_type,
    int64_t generation, int64_t version, const char *at)
{
	(void)arg, (void)generation, (void)version;
	assert_int_equal(strlen(id), 64);
	assert_non_null(shared_ext(file_type));
	assert_int_equal(strlen(at), 24);
	return 0;
}

/* Reads all of a file; answers the first error. */
static int
read_all(const char *path)
{
	struct checkpoint_head head;
	struct checkpoint *cp;
	int rc;

	if ((rc = checkpoint_open(path, &cp, &head)) != 0)
		return rc;
	if ((rc = checkpoint_each(cp, ignore_record, NULL)) == 0 &&
	    (rc = checkpoint_each_lineage(cp, ignore_lineage, NULL)) == 0 &&
	    (rc = checkpoint_each_replica(cp, ignore_replica, NULL)) == 0 &&
	    (rc = checkpoint_each_dropped(cp, ignore_dropped, NULL)) == 0)
		rc = checkpoint_verify(cp, NULL);
	checkpoint_close(cp);
	return rc;
}

/* Whatever is in the file, the library has all of it or nothing. */
static int
load_all(const char *path)
{
	struct contents *b = contents_new();
	struct checkpoint_head head;
	struct checkpoint *cp;
	int rc;

	if ((rc = checkpoint_open(path, &cp, &head)) == 0) {
		rc = checkpoint_load(b->l->db, cp);
		checkpoint_close(cp);
	}
	if (rc != 0)
		assert_int_equal(library_ask(b->l,
				     "SELECT (SELECT count(*) FROM files)"
				     " + (SELECT count(*) FROM names)"
				     " + (SELECT count(*) FROM lineage)"),
		    0);
	assert_int_equal(records_faults(b), 0);
	contents_free(b);
	return rc;
}

static const char *const harms[] = {
	/* the schema */
	"CREATE TABLE more (a)",
	"CREATE INDEX i ON file_metadata (id)",
	"CREATE VIEW v AS SELECT 1",
	"CREATE TRIGGER t AFTER INSERT ON lineage BEGIN SELECT 1; END",
	"DROP TABLE dropped",
	"DROP TABLE file_metadata; CREATE VIEW file_metadata AS SELECT 1",
	"ALTER TABLE file_metadata ADD COLUMN more",
	"ALTER TABLE file_metadata RENAME COLUMN label TO title",
	"DROP TABLE replicas; CREATE TABLE replicas (replica TEXT PRIMARY KEY"
	" NOT NULL, counter INTEGER NOT NULL, txn TEXT NOT NULL, version"
	" INTEGER NOT NULL, commit_id TEXT NOT NULL)",
	"DROP TABLE replicas; CREATE VIRTUAL TABLE replicas USING fts5(replica)",
	"PRAGMA user_version = 2",
	"ANALYZE",
	/* the head */
	"DELETE FROM sync_metadata WHERE key = 'version'",
	"DELETE FROM sync_metadata WHERE key = 'state'",
	"UPDATE sync_metadata SET value = NULL WHERE key = 'store'",
	"UPDATE sync_metadata SET value = '-1' WHERE key = 'version'",
	"UPDATE sync_metadata SET value = 'x' WHERE key = 'gc'",
	"UPDATE sync_metadata SET value = x'00' WHERE key = 'commit'",
	"UPDATE sync_metadata SET value = upper(value) WHERE key = 'state'",
	"UPDATE sync_metadata SET value = '3' WHERE key = 'version'",
	/* records */
	"UPDATE file_metadata SET label = 'x'",
	"DELETE FROM file_metadata WHERE deleted = 0",
	"UPDATE file_metadata SET stable_id = 'x' || stable_id",
	"UPDATE file_metadata SET stable_id = upper(stable_id)",
	"UPDATE file_metadata SET id = 'x'",
	"UPDATE file_metadata SET id = x'00'",
	"UPDATE file_metadata SET generation = 'many'",
	"UPDATE file_metadata SET generation = 1.5",
	"UPDATE file_metadata SET filename = '../x'",
	"UPDATE file_metadata SET filename = 'a' || char(0) || 'b'",
	"UPDATE file_metadata SET filename = cast(x'ff' AS TEXT)",
	"UPDATE file_metadata SET file_type = 'exe'",
	"UPDATE file_metadata SET file_size = -1",
	"UPDATE file_metadata SET is_gold_standard = 2",
	"UPDATE file_metadata SET deleted = -1",
	"UPDATE file_metadata SET doc_collections = '[\"b\",\"a\"]'",
	"UPDATE file_metadata SET doc_metadata = '{'",
	"UPDATE file_metadata SET file_metadata = '[]'",
	"UPDATE file_metadata SET created_at = 'yesterday'",
	"UPDATE file_metadata SET extra = '{}'",
	"UPDATE file_metadata SET extra = '{\"id\":\"x\"}'",
	"UPDATE file_metadata SET remote_version = 5",
	"UPDATE file_metadata SET remote_version = 0",
	"UPDATE file_metadata SET doc_id = hex(zeroblob(5000000))",
	/* the other tables */
	"UPDATE lineage SET stable_id = 'x' || stable_id",
	"UPDATE lineage SET version = version + 4",
	"UPDATE lineage SET id = 'x'",
	"DELETE FROM file_metadata; UPDATE sync_metadata SET value = "
	"'00000000000000000000000000000000000000000000000000000000000000"
	"00' WHERE key = 'state'",
	"UPDATE lineage SET deleted = 2",
	"UPDATE lineage SET parents = '{}'",
	"UPDATE lineage SET parents = '[[]]'",
	"UPDATE lineage SET parents = '[[\"abcdef\"]]'",
	"UPDATE lineage SET parents = '[[\"abcdef\",\"x\"]]'",
	"UPDATE lineage SET parents = '[[1,2]]'",
	"UPDATE lineage SET replica = ''",
	"UPDATE lineage SET user = x'00'",
	"UPDATE lineage SET at = ''",
	"UPDATE replicas SET replica = ''",
	"UPDATE replicas SET counter = -1",
	"UPDATE replicas SET txn = char(10)",
	"UPDATE replicas SET version = 5",
	"UPDATE replicas SET commit_id = 'x'",
	"UPDATE dropped SET id = 'x'",
	"UPDATE dropped SET file_type = 'exe'",
	"UPDATE dropped SET generation = -1",
	"UPDATE dropped SET version = 5",
	"UPDATE dropped SET at = 'x'",
};

static void
each_harm_is_seen(void **state)
{
	struct site *s = *state;
	size_t i;
	int rc;

	assert_int_equal(read_all(s->plain), 0);
	for (i = 0; i < sizeof(harms) / sizeof(*harms); i++) {
		assert_int_equal(checkpoint_write(s->c->l->db, s->plain), 0);
		harm(s, harms[i]);
		if ((rc = read_all(s->plain)) != E_CORRUPT)
			fail_msg("%s: %d", harms[i], rc);
		if (i % 8 == 0)
			assert_int_equal(load_all(s->plain), E_CORRUPT);
	}
}

static void
a_dropped_name_that_a_record_has_is_refused(void **state)
{
	struct site *s = *state;

	harm(s,
	    "INSERT OR IGNORE INTO dropped SELECT id, file_type,"
	    " generation, 1, '" AT "' FROM file_metadata");
	assert_int_equal(read_all(s->plain), 0);
	assert_int_equal(load_all(s->plain), E_CORRUPT);
}

static void
records_that_are_not_the_state_are_not_loaded(void **state)
{
	struct site *s = *state;

	assert_int_equal(load_all(s->plain), 0);
	harm(s, "UPDATE file_metadata SET label = 'x' WHERE deleted = 1");
	assert_int_equal(load_all(s->plain), E_CORRUPT);
}

static void
what_is_no_checkpoint_is_refused(void **state)
{
	struct site *s = *state;

	assert_int_equal(read_all("/nowhere/x.db"), E_ABSENT);
	assert_int_equal(file_write(s->again, "", 0, 0640), 0);
	assert_int_equal(read_all(s->again), E_CORRUPT);
	assert_int_equal(file_write(s->again, "SQLite format 3", 16, 0640), 0);
	assert_int_equal(read_all(s->again), E_CORRUPT);
	assert_int_equal(read_all(s->c->l->path), E_CORRUPT);
}

/* A page that no table uses, and that no row would show. */
static void
pages_that_nothing_uses_are_seen(void **state)
{
	struct site *s = *state;
	struct buf file = { 0 };
	char *pages;

	assert_int_equal(file_read(s->plain, LIMIT, &file), 0);
	for (int i = 0; i < 32768; i++)
		buf_putc(&file, '\0');
	pages = file.data + 28; /* "size in pages", big-endian */
	pages[3]++;
	assert_int_equal(file_write(s->again, file.data, file.len, 0640), 0);
	assert_int_equal(read_all(s->again), E_CORRUPT);
	assert_non_null(strstr(err_text(), "never used"));
	buf_release(&file);
}

/* ---- broken bytes ------------------------------------------------------------------------------ */

static uint64_t seed;

static uint64_t
roll(uint64_t limit)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return ((seed * 2685821657736338717u) >> 16) % limit;
}

static void
seed_it(void)
{
	const char *text = getenv("STEMMA_SEED");

	seed = text != NULL ? strtoull(text, NULL, 10) : 0;
	if (seed == 0)
		rand_bytes(&seed, sizeof(seed));
	print_message("# STEMMA_SEED=%llu\n", (unsigned long long)seed);
}

/* A place where something stands: pages are not full. */
static uint64_t
place(const struct buf *b)
{
	uint64_t at = roll(b->len);

	while (b->data[at] == 0)
		at = roll(b->len);
	return at;
}

/* Writes the bytes with some of them changed; or with their end cut off. */
static void
write_broken(const char *path, const struct buf *good)
{
	struct buf bad = { 0 };
	uint64_t i, n = 1 + roll(8), at = place(good);

	buf_add(&bad, good->data, good->len);
	if (roll(8) == 0)
		bad.len = roll(good->len);
	else if (roll(2) == 0)
		for (i = 0; i < n; i++)
			bad.data[place(&bad)] ^= (char)(1 << roll(8));
	else
		for (i = 0; i < 16 && at + i < bad.len; i++)
			bad.data[at + i] = (char)roll(256);
	assert_int_equal(file_write(path, bad.data, bad.len, 0640), 0);
	buf_release(&bad);
}

/*
 * What a broken plain file holds is found out or is as good as before: the
 * digest is over the records alone, so a lineage may say another user.
 */
static void
broken_plain_files_do_no_harm(void **state)
{
	struct site *s = *state;
	struct buf good = { 0 };
	int i, rc, found = 0, times = 1500;

	seed_it();
	assert_int_equal(file_read(s->plain, LIMIT, &good), 0);
	for (i = 0; i < times; i++) {
		write_broken(s->again, &good);
		rc = i % 50 == 0 ? load_all(s->again) : read_all(s->again);
		if (rc != 0 && rc != E_CORRUPT)
			fail_msg("round %d: %d %s", i, rc, err_text());
		found += rc != 0;
	}
	print_message("# %d of %d were found\n", found, times);
	assert_true(found > 0);
	buf_release(&good);
}

/* gzip has a checksum: whatever is changed behind its header is found. */
static void
broken_packed_files_are_found(void **state)
{
	struct site *s = *state;
	struct buf good = { 0 }, plain = { 0 }, got = { 0 };
	struct hash hash;
	int64_t size;
	int i, rc;

	seed_it();
	assert_int_equal(checkpoint_pack(s->plain, s->packed, &hash, &size), 0);
	assert_int_equal(file_read(s->plain, LIMIT, &plain), 0);
	assert_int_equal(file_read(s->packed, LIMIT, &good), 0);
	assert_int_equal(checkpoint_unpack(s->packed, s->again, LIMIT), 0);
	assert_int_equal(file_read(s->again, LIMIT, &got), 0);
	assert_int_equal(got.len, plain.len);
	assert_memory_equal(got.data, plain.data, got.len);
	for (i = 0; i < 500; i++) {
		write_broken(s->packed, &good);
		rc = checkpoint_unpack(s->packed, s->again, LIMIT);
		if (rc == 0) { /* its header says a time, or the like */
			assert_int_equal(file_read(s->again, LIMIT, &got), 0);
			assert_int_equal(got.len, plain.len);
			assert_memory_equal(got.data, plain.data, got.len);
		} else {
			assert_int_equal(rc, E_CORRUPT);
			assert_false(path_is_file(s->again));
		}
	}
	buf_release(&good);
	buf_release(&plain);
	buf_release(&got);
}

static void
unpacking_stops_at_its_limit(void **state)
{
	struct site *s = *state;
	struct hash hash;
	int64_t size, plain;

	assert_int_equal(checkpoint_pack(s->plain, s->packed, &hash, &size), 0);
	assert_int_equal(file_size(s->plain, &plain), 0);
	assert_int_equal(checkpoint_unpack(s->packed, s->again, plain), 0);
	assert_int_equal(checkpoint_unpack(s->packed, s->again, plain - 1),
	    E_CORRUPT);
	assert_false(path_is_file(s->again));
}

static void
nothing_follows_a_packed_file(void **state)
{
	struct site *s = *state;
	struct buf good = { 0 };
	struct hash hash;
	int64_t size;

	assert_int_equal(checkpoint_pack(s->plain, s->packed, &hash, &size), 0);
	assert_int_equal(file_read(s->packed, LIMIT, &good), 0);
	buf_putc(&good, 'x');
	assert_int_equal(file_write(s->packed, good.data, good.len, 0640), 0);
	assert_int_equal(checkpoint_unpack(s->packed, s->again, LIMIT),
	    E_CORRUPT);
	assert_int_equal(file_write(s->packed, good.data, good.len - 2, 0640),
	    0);
	assert_int_equal(checkpoint_unpack(s->packed, s->again, LIMIT),
	    E_CORRUPT);
	assert_int_equal(file_write(s->packed, "", 0, 0640), 0);
	assert_int_equal(checkpoint_unpack(s->packed, s->again, LIMIT),
	    E_CORRUPT);
	assert_int_equal(checkpoint_unpack("/nowhere", s->again, LIMIT),
	    E_ABSENT);
	buf_release(&good);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_head_is_what_the_library_said),
		TEST(it_holds_the_stores_side),
		TEST(a_fresh_library_is_the_same_afterwards),
		TEST(contents_that_are_there_need_no_fetching),
		TEST(packing_is_the_same_each_time),
		TEST(the_lineage_has_an_end),
		TEST(a_library_without_a_store_has_none),
		TEST(a_reset_side_is_nowhere),
		TEST(each_harm_is_seen),
		TEST(a_dropped_name_that_a_record_has_is_refused),
		TEST(records_that_are_not_the_state_are_not_loaded),
		TEST(what_is_no_checkpoint_is_refused),
		TEST(pages_that_nothing_uses_are_seen),
		TEST(broken_plain_files_do_no_harm),
		TEST(broken_packed_files_are_found),
		TEST(unpacking_stops_at_its_limit),
		TEST(nothing_follows_a_packed_file),
	};

	return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
