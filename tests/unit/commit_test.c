/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "sync/commit.h"
#include "unit/temp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define X_ID "dace9a4d2d04f51bc9fee54104893d5612aebf483e53dedc2be1ae40db3f6244"
#define Y_ID "1381be58ff61c837f922512c19392ea90fd3caec38cd0ba4a2e4344fcfd48a71"
#define STORE "6b6d3b1e-53d4-4d0c-9d3e-0f4b8f0b7a11"
#define REPLICA "0c1f7e5a-8a0e-4c52-b0c4-2f0b1f6f2d33"

static struct mem *mem;
static char *dir, *file;

/* ---- one whole commit --------------------------------------------------------- */

static const struct record pdf = {
	.stable_id = "q5cswdq8qftk",
	.id = X_ID,
	.filename = "a.pdf",
	.doc_id = "10.1/a",
	.doc_id_type = "doi",
	.file_type = "pdf",
	.mime_type = "application/pdf",
	.file_size = 9,
	.version = 1,
	.doc_collections = "[]",
	.doc_metadata = "{}",
	.file_metadata = "{}",
	.deleted = true,
	.created_at = "2026-01-31T12:34:56.789Z",
	.updated_at = "2026-02-01T00:00:00.001Z",
};
static const struct record tei = {
	.stable_id = "u3d6vxqm594m",
	.id = Y_ID,
	.generation = 3,
	.filename = "a.tei.xml",
	.doc_id = "10.1/a",
	.doc_id_type = "doi",
	.file_type = "tei",
	.mime_type = "application/xml",
	.file_size = 6,
	.label = "Gr\xc3\xb6\xc3\x9f"
		 "e \"erste\"",
	.variant = "grobid",
	.version = 2,
	.is_gold = true,
	.doc_collections = "[\"Texte\"]",
	.doc_metadata = "{\"year\":2024}",
	.file_metadata = "{}",
	.created_at = "2026-01-31T12:34:56.789Z",
	.created_by = "anna",
	.updated_at = "2026-02-01T00:00:00.002Z",
	.extra = "{\"newer\":[1]}",
};

static struct hash
hash_of_byte(unsigned char byte)
{
	struct hash hash;

	memset(hash.bytes, byte, sizeof(hash.bytes));
	return hash;
}

static struct commit
sample(void)
{
	struct commit c = {
		.store = STORE,
		.version = 3,
		.parent = hash_of_byte(0x22),
		.ancestors = { hash_of_byte(0x22), hash_of_byte(0x11) },
		.ancestors_n = 2,
		.nonce = "000102030405060708090a0b0c0d0e0f",
		.replica = REPLICA,
		.counter = 7,
		.txn = "f0e0d0c0b0a090807060504030201000",
		.at = "2026-02-01T00:00:01.000Z",
		.gc = 4,
		.floor = 1,
		.checkpoint = { 2, hash_of_byte(0x33), 12345 },
		.adopted = 0,
		.min_reader = 1,
		.min_writer = 1,
		.state = hash_of_byte(0x44),
		.changes = 2,
	};

	return c;
}

static struct commit_change sample_delete = {
	.is_delete = true,
	.parents = "[]",
	.replica = REPLICA,
};
static struct commit_change sample_put = {
	.parents = "[[\"u3d6vxqm594m\",\"" X_ID "\"]]",
	.replica = REPLICA,
	.user = "anna",
};

#define TWICE(x) x x
#define HEX64(pair) TWICE(TWICE(TWICE(TWICE(TWICE(pair)))))

static const char vector[] = "{\"adopted\":0,\"ancestors\":[\"" HEX64("22") "\",\"" HEX64(
    "11") "\"],"
	  "\"at\":\"2026-02-01T00:00:01.000Z\",\"changes\":2,"
	  "\"checkpoint\":{\"hash\":\"" HEX64(
	      "33") "\",\"size\":12345,"
		    "\"version\":2},\"counter\":7,\"floor\":1,\"format\":\"stemma-commit\","
		    "\"gc\":4,\"min_reader\":1,\"min_writer\":1,"
		    "\"nonce\":\"000102030405060708090a0b0c0d0e0f\","
		    "\"parent\":\"" HEX64(
			"22") "\",\"replica\":\"" REPLICA "\","
			      "\"state\":\"" HEX64(
				  "44") "\",\"store\":\"" STORE "\","
					"\"txn\":\"f0e0d0c0b0a090807060504030201000\",\"version\":3}\n"
					"{\"op\":\"delete\",\"parents\":[],\"record\":"
					"{\"created_at\":\"2026-01-31T12:34:56.789Z\",\"created_by\":null,"
					"\"deleted\":true,\"doc_collections\":[],\"doc_id\":\"10.1/a\","
					"\"doc_id_type\":\"doi\",\"doc_metadata\":{},\"file_metadata\":{},"
					"\"file_size\":9,\"file_type\":\"pdf\",\"filename\":\"a.pdf\","
					"\"generation\":0,\"id\":\"" X_ID
					"\",\"is_gold_standard\":false,"
					"\"label\":null,\"mime_type\":\"application/pdf\","
					"\"stable_id\":\"q5cswdq8qftk\","
					"\"updated_at\":\"2026-02-01T00:00:00.001Z\",\"variant\":null,"
					"\"version\":1},\"replica\":\"" REPLICA
					"\",\"user\":null}\n"
					"{\"op\":\"put\",\"parents\":[[\"u3d6vxqm594m\",\"" X_ID
					"\"]],"
					"\"record\":{\"created_at\":\"2026-01-31T12:34:56.789Z\","
					"\"created_by\":\"anna\",\"deleted\":false,"
					"\"doc_collections\":[\"Texte\"],\"doc_id\":\"10.1/a\","
					"\"doc_id_type\":\"doi\",\"doc_metadata\":{\"year\":2024},"
					"\"file_metadata\":{},\"file_size\":6,\"file_type\":\"tei\","
					"\"filename\":\"a.tei.xml\",\"generation\":3,\"id\":\"" Y_ID
					"\","
					"\"is_gold_standard\":true,\"label\":\"Gr\xc3\xb6\xc3\x9f"
					"e \\\"erste\\\"\",\"mime_type\":\"application/xml\",\"newer\":[1],"
					"\"stable_id\":\"u3d6vxqm594m\","
					"\"updated_at\":\"2026-02-01T00:00:00.002Z\",\"variant\":\"grobid\","
					"\"version\":2},\"replica\":\"" REPLICA
					"\",\"user\":\"anna\"}\n";
/* Of the bytes that another program (Python's json and hashlib) makes of it. */
#define VECTOR_ID \
	"1766686c1dd270ec8aef400d90260a407fc5c1c2917d22c987f884ccf17c76cb"

static const char *
written(const struct commit *c)
{
	struct buf out = { 0 };
	const char *text;

	commit_header(c, &out);
	commit_line(&sample_delete, &out);
	commit_line(&sample_put, &out);
	text = mem_strdup(mem, out.data);
	buf_release(&out);
	return text;
}

static void
a_commit_is_the_bytes_of_the_vector(void **state)
{
	struct commit c = sample();
	char hex[HASH_HEX_SIZE];
	struct hash id;

	(void)state;
	assert_string_equal(written(&c), vector);
	hash_bytes(vector, sizeof(vector) - 1, &id);
	assert_string_equal(hash_hex(&id, hex), VECTOR_ID);
}

static void
put_file(const char *text, size_t len)
{
	FILE *out = fopen(file, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static void
what_was_written_is_read(void **state)
{
	struct commit want = sample(), c;

	(void)state;
	put_file(vector, sizeof(vector) - 1);
	assert_int_equal(commit_read_header(mem, file, &c), 0);
	assert_string_equal(c.store, want.store);
	assert_int_equal(c.version, want.version);
	assert_true(hash_eq(&c.parent, &want.parent));
	assert_int_equal(c.ancestors_n, 2);
	assert_true(hash_eq(&c.ancestors[1], &want.ancestors[1]));
	assert_string_equal(c.nonce, want.nonce);
	assert_string_equal(c.replica, want.replica);
	assert_int_equal(c.counter, want.counter);
	assert_string_equal(c.txn, want.txn);
	assert_string_equal(c.at, want.at);
	assert_int_equal(c.gc, want.gc);
	assert_int_equal(c.floor, want.floor);
	assert_int_equal(c.checkpoint.version, want.checkpoint.version);
	assert_int_equal(c.checkpoint.size_bytes, want.checkpoint.size_bytes);
	assert_true(hash_eq(&c.checkpoint.hash, &want.checkpoint.hash));
	assert_int_equal(c.adopted, want.adopted);
	assert_int_equal(c.min_reader, want.min_reader);
	assert_int_equal(c.min_writer, want.min_writer);
	assert_true(hash_eq(&c.state, &want.state));
	assert_int_equal(c.changes, want.changes);
}

static int
same_change(void *arg, const struct commit_change *change)
{
	int *n = arg;
	const struct commit_change *want = *n == 0 ? &sample_delete
						   : &sample_put;

	assert_int_equal(change->is_delete, want->is_delete);
	assert_true(shared_equal(&change->rec, &want->rec));
	assert_string_equal(change->parents, want->parents);
	assert_string_equal(change->replica, want->replica);
	assert_true(str_eq(change->user, want->user));
	++*n;
	return 0;
}

static void
the_changes_come_in_order(void **state)
{
	int n = 0;

	(void)state;
	put_file(vector, sizeof(vector) - 1);
	assert_int_equal(commit_each(file, same_change, &n), 0);
	assert_int_equal(n, 2);
}

static int
stop_at_once(void *arg, const struct commit_change *change)
{
	(void)change;
	++*(int *)arg;
	return 7;
}

static void
who_is_called_may_stop(void **state)
{
	int n = 0;

	(void)state;
	put_file(vector, sizeof(vector) - 1);
	assert_int_equal(commit_each(file, stop_at_once, &n), 7);
	assert_int_equal(n, 1);
}

/* ---- what is refused ------------------------------------------------------------ */

static int
count(void *arg, const struct commit_change *change)
{
	(void)change;
	if (arg != NULL)
		++*(int *)arg;
	return 0;
}

static int
read_all(const char *text, size_t len)
{
	struct commit c;
	int rc;

	put_file(text, len);
	rc = commit_read_header(mem, file, &c);
	return rc != 0 ? rc : commit_each(file, count, NULL);
}

/* The vector with the first `from` after `mark` replaced. */
static int
read_with(const char *mark, const char *from, const char *to)
{
	const char *at = strstr(vector, mark);
	struct buf text = { 0 };
	int rc;

	assert_non_null(at);
	at = strstr(at, from);
	assert_non_null(at);
	buf_add(&text, vector, (size_t)(at - vector));
	buf_puts(&text, to);
	buf_puts(&text, at + strlen(from));
	rc = read_all(text.data, text.len);
	if (rc != E_CORRUPT)
		print_error("%s -> %s: %d %s\n", from, to, rc, err_text());
	buf_release(&text);
	return rc;
}
#define REFUSED(from, to) assert_int_equal(read_with("{", from, to), E_CORRUPT)

static void
the_vector_is_good(void **state)
{
	(void)state;
	assert_int_equal(read_all(vector, sizeof(vector) - 1), 0);
	assert_int_equal(read_all(vector, sizeof(vector) - 2), 0);
}

static void
each_missing_member_of_the_header_is_corrupt(void **state)
{
	static const char *const keys[] = { "adopted", "ancestors", "at",
		"changes", "checkpoint", "counter", "floor", "format", "gc",
		"min_reader", "min_writer", "nonce", "parent", "replica",
		"state", "store", "txn", "version", "hash", "size" };

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		REFUSED(mem_printf(mem, "\"%s\":", keys[i]), "\"other\":");
}

static void
each_ill_typed_member_of_the_header_is_corrupt(void **state)
{
	(void)state;
	REFUSED("\"adopted\":0", "\"adopted\":true");
	REFUSED("\"adopted\":0", "\"adopted\":-1");
	REFUSED("\"ancestors\":[\"22", "\"ancestors\":[\"G2");
	REFUSED("\"ancestors\":[", "\"ancestors\":[1,");
	REFUSED("[\"" HEX64("22") "\",\"" HEX64("11") "\"]", "{}");
	REFUSED("2026-02-01T00:00:01.000Z", "2026-02-30T00:00:01.000Z");
	REFUSED("2026-02-01T00:00:01.000Z", "2026-02-01 00:00:01");
	REFUSED("\"changes\":2", "\"changes\":\"2\"");
	REFUSED("\"changes\":2", "\"changes\":2.0");
	REFUSED("\"changes\":2", "\"changes\":-2");
	REFUSED("\"checkpoint\":{", "\"checkpoint\":[{");
	REFUSED("\"checkpoint\":{\"hash\":\"33",
	    "\"checkpoint\":{\"hash\":\"3");
	REFUSED("\"size\":12345", "\"size\":null");
	REFUSED("\"size\":12345", "\"size\":-12345");
	REFUSED("\"size\":12345", "\"size\":9223372036854775807");
	REFUSED("\"counter\":7", "\"counter\":null");
	REFUSED("\"floor\":1", "\"floor\":[]");
	REFUSED("\"format\":\"stemma-commit\"", "\"format\":\"other\"");
	REFUSED("\"format\":\"stemma-commit\"", "\"format\":1");
	REFUSED("\"gc\":4", "\"gc\":9223372036854775808");
	REFUSED("\"gc\":4", "\"gc\":1e3");
	REFUSED("\"min_reader\":1", "\"min_reader\":\"1\"");
	REFUSED("\"nonce\":\"", "\"nonce\":7,\"n\":\"");
	REFUSED("\"parent\":\"22", "\"parent\":\"2");
	REFUSED("\"replica\":\"" REPLICA "\"", "\"replica\":null");
	REFUSED("\"replica\":\"" REPLICA "\"", "\"replica\":\"\"");
	REFUSED("\"replica\":\"" REPLICA "\"", "\"replica\":\"a\\u001bb\"");
	REFUSED("\"state\":\"44", "\"state\":\"4");
	REFUSED("\"store\":\"", "\"store\":{},\"s\":\"");
	REFUSED("\"txn\":\"f0", "\"txn\":\"\\n");
	REFUSED("\"version\":3", "\"version\":\"3\"");
}

static void
a_header_that_contradicts_itself_is_corrupt(void **state)
{
	(void)state;
	REFUSED("\"version\":3}\n", "\"version\":0}\n");
	REFUSED("\"version\":3}\n", "\"version\":2}\n"); /* two ancestors */
	REFUSED("\"version\":3}\n", "\"version\":4}\n");
	REFUSED("\"parent\":\"22", "\"parent\":\"23");
	REFUSED("\"checkpoint\":{\"hash\":\"" HEX64(
		    "33") "\",\"size\":12345,\"version\":2",
	    "\"checkpoint\":{\"hash\":\"" HEX64(
		"33") "\",\"size\":12345,\"version\":3");
	REFUSED("\"floor\":1", "\"floor\":4");
	REFUSED("\"changes\":2", "\"changes\":1");
	REFUSED("\"changes\":2", "\"changes\":3");
	REFUSED("\"changes\":2", "\"changes\":1001");
	REFUSED("{\"adopted\":0", "{\"adopted\":0,\"adopted\":0");
}

static void
seventeen_ancestors_are_corrupt(void **state)
{
	struct commit c = sample();
	struct buf text = { 0 };
	const char *at;

	(void)state;
	c.version = 100;
	c.changes = 0;
	c.ancestors_n = COMMIT_ANCESTORS;
	for (int i = 1; i < COMMIT_ANCESTORS; i++)
		c.ancestors[i] = hash_of_byte((unsigned char)i);
	commit_header(&c, &text);
	assert_int_equal(read_all(text.data, text.len), 0);
	at = mem_printf(mem, "{\"ancestors\":[\"%s\",%s", HEX64("55"),
	    strstr(text.data, "[") + 1);
	assert_int_equal(read_all(at, strlen(at)), E_CORRUPT);
	buf_release(&text);
}

static void
each_missing_member_of_a_change_is_corrupt(void **state)
{
	static const char *const keys[] = { "op", "parents", "record",
		"replica", "user" };

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *key = mem_printf(mem, "\"%s\":", keys[i]);

		assert_int_equal(read_with("{\"op\":\"delete\"", key,
				     "\"other\":"),
		    E_CORRUPT);
		assert_int_equal(read_with("{\"op\":\"put\"", key,
				     "\"other\":"),
		    E_CORRUPT);
	}
}

static void
each_ill_typed_member_of_a_change_is_corrupt(void **state)
{
	(void)state;
	REFUSED("\"op\":\"delete\"", "\"op\":\"put\"");
	REFUSED("\"op\":\"put\"", "\"op\":\"delete\"");
	REFUSED("\"op\":\"put\"", "\"op\":\"keep\"");
	REFUSED("\"op\":\"put\"", "\"op\":null");
	REFUSED("\"user\":\"anna\"", "\"user\":1");
	REFUSED("\"user\":\"anna\"", "\"user\":\"a\\u0007\"");
	REFUSED("\"record\":{\"created_at\"", "\"record\":[],\"r\":{\"c\"");
	REFUSED("\"record\":{", "\"record\":{\"label\":\"\",");
	REFUSED("\"parents\":[]", "\"parents\":null");
	REFUSED("\"parents\":[]", "\"parents\":{}");
	REFUSED("\"parents\":[]", "\"parents\":[ ]");
	REFUSED("\"parents\":[]", "\"parents\":[[]]");
	REFUSED("\"parents\":[]", "\"parents\":[[\"u3d6vxqm594m\"]]");
	REFUSED("\"parents\":[]",
	    "\"parents\":[[\"u3d6vxqm594m\",\"" X_ID "\",\"\"]]");
	REFUSED("\"parents\":[]", "\"parents\":[[\"../..\",\"" X_ID "\"]]");
	REFUSED("\"parents\":[]",
	    "\"parents\":[[\"" X_ID "\",\"u3d6vxqm594m\"]]");
	REFUSED("\"parents\":[]",
	    "\"parents\":[[\"aaaaaa\",\"" X_ID "\"],[\"aaaaaa\",\"" X_ID
	    "\"],[\"aaaaaa\",\"" X_ID "\"]]");
}

static void
a_record_out_of_bounds_is_corrupt(void **state)
{
	(void)state;
	REFUSED("\"filename\":\"a.pdf\"", "\"filename\":\"../a.pdf\"");
	REFUSED("\"filename\":\"a.pdf\"", "\"filename\":\"..\"");
	REFUSED("\"filename\":\"a.pdf\"", "\"filename\":\"\"");
	REFUSED("\"file_type\":\"pdf\"", "\"file_type\":\"exe\"");
	REFUSED("\"file_size\":9", "\"file_size\":-9");
	REFUSED("\"id\":\"da", "\"id\":\"DA");
	REFUSED("\"id\":\"dace", "\"id\":\"../../");
	REFUSED("\"stable_id\":\"q5cs", "\"stable_id\":\"../s");
	REFUSED("\"doc_metadata\":{\"year\":2024}", "\"doc_metadata\":[2024]");
	REFUSED("\"doc_collections\":[\"Texte\"]", "\"doc_collections\":[1]");
	REFUSED("\"generation\":0", "\"generation\":-1");
	REFUSED("\"deleted\":true", "\"deleted\":1");
}

static void
changes_that_are_not_sorted_are_corrupt(void **state)
{
	struct commit c = sample();
	struct buf text = { 0 };

	(void)state;
	commit_header(&c, &text);
	commit_line(&sample_put, &text);
	commit_line(&sample_delete, &text);
	assert_int_equal(read_all(text.data, text.len), E_CORRUPT);
	buf_clear(&text);
	commit_header(&c, &text);
	commit_line(&sample_put, &text);
	commit_line(&sample_put, &text);
	assert_int_equal(read_all(text.data, text.len), E_CORRUPT);
	buf_release(&text);
}

static void
what_is_no_commit_at_all_is_corrupt(void **state)
{
	static const char *const texts[] = { "", "\n", "null\n", "[]\n", "{}\n",
		"{", "\xff\xfe", "<html></html>\n",
		"{\"format\":\"stemma-commit\"}" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(read_all(texts[i], strlen(texts[i])),
		    E_CORRUPT);
	assert_int_equal(read_all("{}\0{}", 5), E_CORRUPT);
	assert_int_equal(read_all(mem_printf(mem, "%s\n", vector),
			     sizeof(vector)),
	    E_CORRUPT);
}

static void
a_line_that_is_too_long_is_corrupt(void **state)
{
	size_t len = COMMIT_READ_MAX + 10;
	char *text = mem_alloc(mem, len);

	(void)state;
	memset(text, ' ', len);
	assert_int_equal(read_all(text, len), E_CORRUPT);
	memcpy(text, vector, sizeof(vector) - 1);
	assert_int_equal(read_all(text, len), E_CORRUPT);
}

static void
a_commit_for_newer_readers_says_so(void **state)
{
	struct commit c = sample();
	const char *text;

	(void)state;
	c.min_reader = COMMIT_READER + 1;
	text = written(&c);
	assert_int_equal(read_all(text, strlen(text)), E_INPUT);
	assert_non_null(strstr(err_text(), "newer"));
	c.min_reader = COMMIT_READER;
	c.min_writer = COMMIT_WRITER + 1;
	text = written(&c);
	assert_int_equal(read_all(text, strlen(text)), 0);
}

static void
a_seal_says_where_the_store_is_and_stops_older_readers(void **state)
{
	struct commit c = sample(), back;
	const char *text;

	(void)state;
	c.moved_to = "webdav+https://new.example/store";
	c.min_reader = COMMIT_READER_MOVED;
	text = written(&c);
	assert_non_null(strstr(text,
	    ",\"min_writer\":1,"
	    "\"moved_to\":\"webdav+https://new.example/store\",\"nonce\":"));
	put_file(text, strlen(text));
	assert_int_equal(commit_read_header(mem, file, &back), 0);
	assert_string_equal(back.moved_to, c.moved_to);
	assert_true(COMMIT_READER_MOVED > 1);
	put_file(vector, sizeof(vector) - 1);
	assert_int_equal(commit_read_header(mem, file, &back), 0);
	assert_null(back.moved_to);
}

static void
no_checkpoint_is_null(void **state)
{
	struct commit c = sample(), back;
	const char *text;

	(void)state;
	memset(&c.checkpoint, 0, sizeof(c.checkpoint));
	text = written(&c);
	assert_non_null(strstr(text, "\"checkpoint\":null,"));
	assert_int_equal(read_all(text, strlen(text)), 0);
	assert_int_equal(commit_read_header(mem, file, &back), 0);
	assert_int_equal(back.checkpoint.version, 0);
}

/* ---- the chain -------------------------------------------------------------------- */

static void
the_first_commit_follows_nothing(void **state)
{
	struct commit c = sample();

	(void)state;
	c.version = 1;
	c.gc = 0;
	memset(&c.parent, 0, sizeof(c.parent));
	c.ancestors_n = 0;
	assert_int_equal(commit_follows(&c, NULL, NULL), 0);
	c.version = 2;
	assert_int_equal(commit_follows(&c, NULL, NULL), E_CORRUPT);
	c.version = 1;
	c.parent = hash_of_byte(1);
	assert_int_equal(commit_follows(&c, NULL, NULL), E_CORRUPT);
}

static void
a_commit_follows_its_parent_alone(void **state)
{
	struct commit before = sample(), c = sample();
	struct hash id = hash_of_byte(0x55);

	(void)state;
	c.version = 4;
	c.parent = id;
	assert_int_equal(commit_follows(&c, &before, &id), 0);
	c.version = 5;
	assert_int_equal(commit_follows(&c, &before, &id), E_CORRUPT);
	c.version = 3;
	assert_int_equal(commit_follows(&c, &before, &id), E_CORRUPT);
	c.version = 4;
	c.parent = hash_of_byte(0x56);
	assert_int_equal(commit_follows(&c, &before, &id), E_CORRUPT);
}

static void
nothing_goes_back_along_the_chain(void **state)
{
	struct commit before = sample(), c = sample();
	struct hash id = hash_of_byte(0x55);

	(void)state;
	before.adopted = 1;
	before.min_writer = 2;
	before.min_reader = 1;
	before.forget = 1;
	c = before;
	c.version = 4;
	c.parent = id;
	c.changes = 0; /* as a commit that begins a generation must have */
	assert_int_equal(commit_follows(&c, &before, &id), 0);
#define STEP(field)                                                    \
	c.field++;                                                     \
	assert_int_equal(commit_follows(&c, &before, &id), 0);         \
	c.field -= 2;                                                  \
	assert_int_equal(commit_follows(&c, &before, &id), E_CORRUPT); \
	c.field++
	STEP(gc);
	STEP(floor);
	STEP(forget);
	STEP(checkpoint.version);
	STEP(adopted);
	STEP(min_reader);
	STEP(min_writer);
#undef STEP
}

/* From it on an older name that the state lacks can never be named again: that
 * holds only for one that names nothing itself. */
static void
a_generation_is_begun_by_one_step_and_an_empty_commit(void **state)
{
	struct commit before = sample(), c = sample();
	struct hash id = hash_of_byte(0x55);

	(void)state;
	c.version = 4;
	c.parent = id;
	c.gc = before.gc + 1;
	assert_int_equal(commit_follows(&c, &before, &id), E_CORRUPT);
	c.changes = 0;
	assert_int_equal(commit_follows(&c, &before, &id), 0);
	c.gc = before.gc + 2;
	assert_int_equal(commit_follows(&c, &before, &id), E_CORRUPT);
}

static void
a_checkpoint_of_one_version_is_one_object(void **state)
{
	struct commit before = sample(), c = sample();
	struct hash id = hash_of_byte(0x55);

	(void)state;
	c.version = 4;
	c.parent = id;
	assert_int_equal(commit_follows(&c, &before, &id), 0);
	c.checkpoint.hash = hash_of_byte(0x34);
	assert_int_equal(commit_follows(&c, &before, &id), E_CORRUPT);
	c.checkpoint = before.checkpoint;
	c.checkpoint.size_bytes++;
	assert_int_equal(commit_follows(&c, &before, &id), E_CORRUPT);
}

/* ---- any bytes ---------------------------------------------------------------------- */

static uint64_t seed;

/* splitmix64 */
static size_t
random_below(size_t limit)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (size_t)((z ^ (z >> 31)) % limit);
}

static void
spoil(struct buf *text)
{
	static const char bytes[] = "\"{}[],:\\\n0-9eu\xff\xc3 \x01";
	size_t at = random_below(text->len), n;
	char c = random_below(4) ? bytes[random_below(sizeof(bytes))]
				 : (char)random_below(256);

	switch (random_below(4)) {
	case 0: /* another byte */
		text->data[at] = c;
		break;
	case 1: /* cut off */
		text->len = at > 0 ? at : 1;
		break;
	case 2: /* something left out */
		n = random_below(text->len - at < 40 ? text->len - at : 40);
		memmove(text->data + at, text->data + at + n,
		    text->len - at - n);
		text->len -= n;
		break;
	case 3: /* something twice */
		n = random_below(text->len - at < 400 ? text->len - at : 400);
		buf_add(text, mem_strndup(mem, text->data + at, n), n);
		break;
	}
}

/* A sanitizer looks for what a crash alone would not show. */
static void
any_bytes_lead_to_an_error_at_worst(void **state)
{
	const char *given = getenv("STEMMA_SEED");
	uint64_t first = given ? strtoull(given, NULL, 10)
			       : (uint64_t)time(NULL);
	int refused = 0;

	(void)state;
	print_message("# STEMMA_SEED=%llu\n", (unsigned long long)first);
	seed = first;
	for (int i = 0; i < 5000; i++) {
		struct buf text = { 0 };
		int rc;

		buf_add(&text, vector, sizeof(vector) - 1);
		for (size_t n = 1 + random_below(3); n > 0; n--)
			spoil(&text);
		rc = read_all(text.data, text.len);
		buf_release(&text);
		refused += rc != 0;
		if (rc != 0 && rc != E_CORRUPT && rc != E_INPUT)
			fail_msg("STEMMA_SEED=%llu: %d %s",
			    (unsigned long long)first, rc, err_text());
	}
	assert_true(refused > 2500);
}

static int
setup(void **state)
{
	(void)state;
	mem = mem_new();
	dir = temp_dir();
	file = mem_printf(mem, "%s/commit", dir);
	sample_delete.rec = pdf;
	sample_put.rec = tei;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	temp_remove(dir);
	mem_free(mem);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_is_the_bytes_of_the_vector),
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(the_changes_come_in_order),
		cmocka_unit_test(
		    a_seal_says_where_the_store_is_and_stops_older_readers),
		cmocka_unit_test(who_is_called_may_stop),
		cmocka_unit_test(the_vector_is_good),
		cmocka_unit_test(each_missing_member_of_the_header_is_corrupt),
		cmocka_unit_test(
		    each_ill_typed_member_of_the_header_is_corrupt),
		cmocka_unit_test(a_header_that_contradicts_itself_is_corrupt),
		cmocka_unit_test(seventeen_ancestors_are_corrupt),
		cmocka_unit_test(each_missing_member_of_a_change_is_corrupt),
		cmocka_unit_test(each_ill_typed_member_of_a_change_is_corrupt),
		cmocka_unit_test(a_record_out_of_bounds_is_corrupt),
		cmocka_unit_test(changes_that_are_not_sorted_are_corrupt),
		cmocka_unit_test(what_is_no_commit_at_all_is_corrupt),
		cmocka_unit_test(a_line_that_is_too_long_is_corrupt),
		cmocka_unit_test(a_commit_for_newer_readers_says_so),
		cmocka_unit_test(no_checkpoint_is_null),
		cmocka_unit_test(the_first_commit_follows_nothing),
		cmocka_unit_test(a_commit_follows_its_parent_alone),
		cmocka_unit_test(nothing_goes_back_along_the_chain),
		cmocka_unit_test(a_generation_is_begun_by_one_step_and_an_empty_commit),
		cmocka_unit_test(a_checkpoint_of_one_version_is_one_object),
		cmocka_unit_test(any_bytes_lead_to_an_error_at_worst),
	};

	return cmocka_run_group_tests_name("commit", tests, setup, teardown);
}
