/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/store.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "remote/remote.h"
#include "sync/move.h"

#define LOOK_MS 15000
#define LOOK_AGAIN_MS 250
#define LOOKS 5 /* at least, however long they take */

/* ---- what is there ------------------------------------------------------------ */

/* Shown to people, so nothing else will do. */
static bool
is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == '-'
			? text[i] != '-'
			: strchr("0123456789abcdef", text[i]) == NULL ||
			    text[i] == '\0')
			return false;
	return text[sizeof(form) - 1] == '\0';
}

/* The body, never changed: {"store": UUID, "layout": 1} */
static int
parse_body(struct mem *mem, const struct buf *body, char **uuid)
{
	struct json object = { body->data, body->len }, value;
	int64_t layout;

	if (json_check(object.text, object.len) != 0 ||
	    json_kind(object) != JSON_OBJECT ||
	    json_find(object, "store", &value) != 1 ||
	    json_string(mem, value, uuid) != 0 || !is_uuid(*uuid) ||
	    json_find(object, "layout", &value) != 1 ||
	    json_int64(value, &layout) != 0)
		return err_set(E_CORRUPT,
		    "the head of the store is not what "
		    "it should be");
	if (layout > STORE_LAYOUT)
		return err_set(E_INPUT,
		    "The store has layout %" PRId64
		    ", and this Stemma knows %d.  Install the newer version "
		    "here; nothing was changed.",
		    layout, STORE_LAYOUT);
	return 0;
}

int
store_of(struct mem *mem, struct remote *remote, const struct remote_head *head,
    char **uuid)
{
	struct buf body = { 0 };
	int rc = remote_head_body(remote, head, &body);

	if (rc == 0)
		rc = parse_body(mem, &body, uuid);
	buf_release(&body);
	return rc;
}

/* The name may be swapped away between the look and the reading. */
static int
read_uuid(struct mem *mem, struct remote *remote, char **uuid)
{
	struct remote_head head;
	int rc;

	if ((rc = remote_head_read(remote, &head)) != 0)
		return rc;
	rc = store_of(mem, remote, &head, uuid);
	return rc == E_ABSENT ? E_BUSY : rc;
}

int
store_uuid(struct mem *mem, struct remote *remote, char **uuid)
{
	int64_t until = clock_mono_ms() + LOOK_MS;
	int rc, looks = 0;

	/* On a slow line one look takes all that time, and whoever publishes
	 * meanwhile takes its name away. */
	while ((rc = read_uuid(mem, remote, uuid)) == E_BUSY &&
	    (++looks < LOOKS || clock_mono_ms() < until))
		clock_sleep_ms(LOOK_AGAIN_MS);
	if (rc == E_BUSY)
		return err_set(E_CORRUPT,
		    "the folder head/ of the store at "
		    "%s does not show exactly one name",
		    remote_name(remote));
	return rc;
}

/* ---- making it ------------------------------------------------------------------ */

/* What may be there already. */
struct store_wish {
	bool even_if_foreign; /* contents of older software */
	bool even_if_locked;  /* and its lock */
};

struct survey {
	bool has_log;
	bool has_contents;
	bool has_lock;
	char what[256];
};

static bool
is_content_dir(const struct remote_entry *entry)
{
	return entry->is_dir && str_is_hex(entry->name, 2);
}

static int
look_at(void *arg, const struct remote_entry *entry)
{
	struct survey *found = arg;

	if (entry->is_dir &&
	    (strcmp(entry->name, "commits") == 0 ||
		strcmp(entry->name, "checkpoints") == 0))
		found->has_log = true;
	if (is_content_dir(entry))
		found->has_contents = true;
	if (strcmp(entry->name, "version.txt.lock") == 0)
		found->has_lock = true;
	return 0;
}

struct emptiness {
	bool found;
};

static int
found_one(void *arg, const struct remote_entry *entry)
{
	struct emptiness *e = arg;

	if (!entry->is_dir || strcmp(entry->name, "00000000") != 0)
		e->found = true;
	return 0;
}

/* Empty folders are those of somebody who is making the store right now. */
static int
log_is_empty(struct remote *remote)
{
	struct emptiness e = { false };
	static const char *const dirs[] = { "commits", "commits/00000000",
		"checkpoints" };
	int rc;

	for (size_t i = 0; i < 3; i++) {
		rc = remote_list(remote, dirs[i], found_one, &e);
		if (rc != 0 && rc != E_ABSENT)
			return rc;
	}
	return !e.found;
}

static int
is_locked(struct remote *remote)
{
	return err_set(E_CONFLICT,
	    "The folder at %s holds a "
	    "version.txt.lock: an older program may be writing there right "
	    "now.  Is none running any more?  Then add --even-if-locked.",
	    remote_name(remote));
}

/* What older software left is taken over only when a person says so. */
static int
refuse_contents(struct remote *remote, const struct survey *found,
    const struct store_wish *wish)
{
	if (wish->even_if_foreign)
		return found->has_lock && !wish->even_if_locked
		    ? is_locked(remote)
		    : 0;
	if (found->has_contents || found->has_lock)
		return err_set(E_INPUT,
		    "The folder at %s holds contents that "
		    "other software left there.  Take them over with \"stemma "
		    "init --adopt\", or name an empty folder.",
		    remote_name(remote));
	return 0;
}

static int
survey(struct remote *remote, const struct store_wish *wish)
{
	struct survey found = { 0 };
	int rc;

	if ((rc = remote_list(remote, "", look_at, &found)) != 0)
		return rc == E_ABSENT ? 0 : rc;
	if (found.has_log && (rc = log_is_empty(remote)) <= 0)
		return rc < 0
		    ? rc
		    : err_set(E_INPUT,
			  "The folder at %s holds "
			  "commits or checkpoints of a store, but no head/.  It is "
			  "not made anew, since that would hide what it holds: bring "
			  "head/ back from a backup, or name an empty folder.",
			  remote_name(remote));
	return refuse_contents(remote, &found, wish);
}

int
store_ask_lock(struct remote *remote, bool even_if_locked)
{
	struct survey found = { 0 };
	int rc;

	if (even_if_locked)
		return 0;
	if ((rc = remote_list(remote, "", look_at, &found)) != 0)
		return rc;
	return found.has_lock ? is_locked(remote) : 0;
}

static int
create(struct remote *remote, const struct store_wish *wish, char uuid[37])
{
	static const char *const dirs[] = { "commits", "checkpoints" };
	struct buf body = { 0 };
	int rc;

	if ((rc = remote_make_root(remote)) != 0 ||
	    (rc = survey(remote, wish)) != 0)
		return rc;
	for (size_t i = 0; i < 2; i++) {
		if ((rc = remote_make_dir(remote, dirs[i])) != 0)
			return rc;
	}
	rand_uuid(uuid);
	buf_printf(&body, "{\"store\":\"%s\",\"layout\":%d}", uuid,
	    STORE_LAYOUT);
	rc = remote_head_create(remote, uuid, body.data, body.len);
	buf_release(&body);
	return rc == E_EXISTS ? 0 : rc;
}

/* Until it can be read, or not any more: E_ABSENT, E_BUSY. */
static int
look_for_uuid(struct mem *mem, struct remote *remote, char **uuid)
{
	int64_t until = clock_mono_ms() + LOOK_MS;
	int rc;

	while (
	    ((rc = read_uuid(mem, remote, uuid)) == E_ABSENT || rc == E_BUSY) &&
	    clock_mono_ms() < until)
		clock_sleep_ms(LOOK_AGAIN_MS);
	return rc;
}

/* Made or lost, what counts is what can be read afterwards. */
static int
create_and_look(struct mem *mem, struct remote *remote,
    const struct store_wish *wish, char **uuid, bool *made)
{
	char ours[37] = "";
	const char *why;
	int rc, told;

	if ((told = create(remote, wish, ours)) != 0 && told != E_REMOTE)
		return told;
	why = told == 0 ? NULL : mem_strdup(mem, err_text());
	rc = look_for_uuid(mem, remote, uuid);
	*made = rc == 0 && strcmp(*uuid, ours) == 0;
	if (rc != E_ABSENT && rc != E_BUSY)
		return rc;
	if (why != NULL)
		return err_set(E_REMOTE, "the store cannot be made: %s", why);
	return err_set(E_REMOTE,
	    "the store at %s was made, but its head cannot be read",
	    remote_name(remote));
}

/* ---- joining ---------------------------------------------------------------------- */

static int
note_store(struct db *db, struct mem *mem, const char *uuid)
{
	char replica[37];
	char *known;
	int rc;

	if ((rc = meta_put(db, "store", uuid)) != 0)
		return rc;
	if ((rc = meta_find(db, mem, "replica", &known)) != 0)
		return rc < 0 ? rc : 0;
	return meta_put(db, "replica", rand_uuid(replica));
}

/* Its head is not where it will be in a moment. */
static int
nobody_moves(struct remote *remote)
{
	struct buf body = { 0 };
	int rc = remote_get(remote, MOVE_MARKER, 4096, &body);

	buf_release(&body);
	if (rc == E_ABSENT)
		return 0;
	return rc != 0 ? rc
		       : err_set(E_BUSY,
			     "A store is being moved to %s right now; try "
			     "again when that is done.",
			     remote_name(remote));
}

/* What is noted stays for ever, and unlike all else that a store has it has no
 * hash: so it is read twice. */
static int
read_again(struct mem *mem, struct remote *remote, const char *uuid)
{
	char *again;
	int rc;

	if ((rc = store_uuid(mem, remote, &again)) != 0)
		return rc;
	if (strcmp(again, uuid) != 0)
		return err_set(E_REMOTE,
		    "the store at %s said that it is %s, and then that it is "
		    "%s: try again",
		    remote_name(remote), uuid, again);
	return 0;
}

static int
join(struct db *db, struct mem *mem, struct remote *remote, const char *uuid)
{
	char *known;
	int rc;

	if ((rc = meta_find(db, mem, "store", &known)) < 0)
		return rc;
	if (rc == 1 && strcmp(known, uuid) != 0)
		return err_set(E_EXISTS,
		    "this library belongs to the store "
		    "%s, but at %s is the store %s: correct the address, or "
		    "begin a new library",
		    known, remote_name(remote), uuid);
	if (rc == 1)
		return 0;
	if ((rc = nobody_moves(remote)) != 0 ||
	    (rc = read_again(mem, remote, uuid)) != 0 ||
	    (rc = db_begin(db)) != 0)
		return rc;
	return db_end(db, note_store(db, mem, uuid));
}

/* A library that knows a store never makes another in its place. */
static int
must_be_there(struct db *db, struct mem *mem, struct remote *remote)
{
	char *known;
	int rc = meta_find(db, mem, "store", &known);

	if (rc == 1)
		return err_set(E_ROLLBACK,
		    "The store at %s has no head/ any "
		    "more: its folder was emptied, moved or mistyped.  Nothing "
		    "was deleted here; correct the address, bring the folder "
		    "back, or see what \"stemma recover --dry-run\" would make "
		    "anew.",
		    remote_name(remote));
	return rc;
}

static int
meet(struct db *db, struct remote *remote, const struct store_wish *wish,
    bool *made)
{
	struct mem *mem = mem_new();
	bool was_made = false;
	char *uuid;
	int rc;

	if ((rc = store_uuid(mem, remote, &uuid)) == E_ABSENT) {
		if ((rc = must_be_there(db, mem, remote)) == 0)
			rc = create_and_look(mem, remote, wish, &uuid,
			    &was_made);
	}
	if (rc == 0)
		rc = join(db, mem, remote, uuid);
	if (rc == 0 && made != NULL)
		*made = was_made;
	mem_free(mem);
	return rc;
}

int
store_join(struct db *db, struct remote *remote, bool *made)
{
	static const struct store_wish nothing;

	return meet(db, remote, &nothing, made);
}

int
store_adopt(struct db *db, struct remote *remote, bool even_if_locked,
    bool *made)
{
	const struct store_wish wish = { true, even_if_locked };
	int rc;

	if ((rc = store_ask_lock(remote, even_if_locked)) != 0 &&
	    rc != E_ABSENT)
		return rc;
	return meet(db, remote, &wish, made);
}
