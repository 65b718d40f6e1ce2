/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/move_copy.h"

#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/side.h"
#include "sync/chain.h"
#include "sync/inventory.h"
#include "sync/name.h"

/* ---- how far we are ------------------------------------------------------------- */

static const char *
notes_file(struct move *m)
{
	return path_join(m->s->mem, m->s->opt->work_dir, "move.json");
}

/* What a run that ended early has verified; of another place it is nothing. */
static int
read_notes(struct move *m)
{
	struct buf text = { 0 };
	struct json to, after, object;
	char *url = NULL, *id = NULL;
	int rc = file_read(notes_file(m), 8192, &text);

	object = (struct json){ buf_text(&text), text.len };
	if (rc == 0 && json_check(object.text, object.len) == 0 &&
	    json_find(object, "to", &to) == 1 &&
	    json_find(object, "after", &after) == 1 &&
	    json_string(m->s->mem, to, &url) == 0 &&
	    json_string(m->s->mem, after, &id) == 0 &&
	    str_eq(url, m->wish->to_url) && strlen(id) < sizeof(m->after))
		memcpy(m->after, id, strlen(id) + 1);
	buf_release(&text);
	return rc == E_IO ? rc : 0;
}

static int
write_notes(struct move *m, const char *after)
{
	struct buf text = { 0 };
	int rc;

	if (strcmp(after, m->after) <= 0)
		return 0;
	memcpy(m->after, after, strlen(after) + 1);
	buf_puts(&text, "{\"after\":");
	json_put_string(&text, after);
	json_put_key(&text, "to");
	json_put_string(&text, m->wish->to_url);
	buf_puts(&text, "}\n");
	rc = file_write(notes_file(m), text.data, text.len, 0600);
	buf_release(&text);
	return rc;
}

static int
end_wave(struct move *m)
{
	int rc = move_wave(m);

	return rc == 0 ? write_notes(m, m->last) : rc;
}

/* ---- contents ------------------------------------------------------------------- */

/* Seen in the new place: missing, damaged (of a run that was killed), or whole,
 * which is enough when it was verified before. */
static int
take_content(void *arg, const struct inventory_item *content)
{
	struct move *m = arg;
	struct mem *mem = m->s->step;
	struct move_item item = { .size_bytes = content->file_size };
	bool is_full;
	int rc;

	if (content->state == INVENTORY_WHOLE &&
	    strcmp(content->id, m->after) <= 0) {
		m->counts->there++;
		m->s->progress.files_done++;
		return 0;
	}
	mem_reset(mem);
	item.is_there = content->state != INVENTORY_MISSING;
	item.path = name_content(mem, content->id, content->file_type,
	    content->generation);
	item.source = blob_path(m->s->blobs, mem, content->id,
	    content->file_type);
	if ((rc = hash_parse(content->id, &item.want)) != 0)
		return rc;
	is_full = move_add(m, &item);
	memcpy(m->last, content->id, HASH_HEX_SIZE);
	return is_full ? end_wave(m) : 0;
}

static int
copy_contents(struct move *m)
{
	int rc;

	if ((rc = inventory_run(&m->there, take_content, m)) != 0 ||
	    (rc = end_wave(m)) != 0)
		return rc;
	return write_notes(m, "g"); /* behind every hash */
}

/* What no record has any more may still be named by the next commit. */
static int
take_dropped(void *arg, const struct name *name)
{
	struct move *m = arg;
	struct mem *mem = m->s->step;
	struct move_item item = { .size_bytes = -1,
		.is_there = true,
		.is_dropped = true };

	mem_reset(mem);
	memcpy(m->dropped_id, name->id, HASH_HEX_SIZE);
	memcpy(m->dropped_type, name->file_type, strlen(name->file_type) + 1);
	m->dropped = (struct name){ m->dropped_id, m->dropped_type,
		name->generation, -1, 0 };
	item.path = name_content(mem, name->id, name->file_type,
	    name->generation);
	item.source = blob_path(m->s->blobs, mem, name->id, name->file_type);
	if (hash_parse(name->id, &item.want) != 0)
		return E_CORRUPT;
	move_add(m, &item);
	return 0;
}

static int
copy_dropped(struct move *m)
{
	int n, rc;

	m->dropped = (struct name){ "", "", 0, -1, 0 };
	do {
		n = name_each_dropped(m->s->db, &m->dropped, MOVE_WAVE_FILES,
		    take_dropped, m);
		if (n < 0 || (rc = move_wave(m)) != 0)
			return n < 0 ? n : rc;
	} while (n == MOVE_WAVE_FILES);
	return 0;
}

/* ---- commits and the checkpoint ------------------------------------------------- */

/* Small, and mostly there when this is not the first time: asked back first. */
static int
take_commit(struct move *m, int64_t version)
{
	struct mem *mem = m->s->step;
	struct move_item item = { .is_there = true };
	struct commit c;
	int rc;

	mem_reset(mem);
	item.source = chain_file(m->s, mem, version);
	if ((rc = chain_header(m->s, mem, version, &c, &item.want,
		 &item.size_bytes)) != 0)
		return rc;
	item.path = name_commit(mem, version, &item.want);
	return move_add(m, &item) ? move_wave(m) : 0;
}

static int
copy_chain(struct move *m, const struct remote_head *head, int64_t stop)
{
	struct hash arrival;
	int rc;

	if ((rc = chain_fetch(m->s, head, stop, &arrival)) != 0)
		return rc;
	for (int64_t v = stop + 1; rc == 0 && v <= head->version; v++)
		rc = take_commit(m, v);
	if (rc == 0)
		rc = move_wave(m);
	for (int64_t v = stop + 1; v <= head->version; v++) {
		mem_reset(m->s->step);
		file_remove(chain_file(m->s, m->s->step, v));
	}
	return rc;
}

static int
copy_checkpoint(struct move *m)
{
	const struct commit_checkpoint *cp = &m->s->last.checkpoint;
	struct move_item item = { .size_bytes = -1 };
	int64_t lost = m->counts->lost;

	if (cp->version == 0)
		return 0;
	item.path = name_checkpoint(m->mem, cp->version, &cp->hash);
	item.want = cp->hash;
	item.is_there = true;
	move_add(m, &item);
	if (move_wave(m) != 0 || m->counts->lost > lost)
		return err_wrap(E_CORRUPT,
		    "the newest checkpoint cannot be copied, and without it "
		    "nobody could begin at the new place; \"stemma fsck "
		    "--store --repair\" writes a new one");
	return 0;
}

int
move_copy(struct move *m)
{
	const struct commit *last = &m->s->last;
	const struct remote_head head = { last->version, m->s->last_id };
	int64_t stop = last->floor > 0 ? last->floor - 1 : 0;
	int rc;

	m->there.last = *last;
	if ((rc = read_notes(m)) != 0)
		return rc;
	run_phase(m->s, SYNC_UPLOAD, 0, 0);
	if ((rc = copy_contents(m)) != 0 || (rc = copy_dropped(m)) != 0)
		return rc;
	if (last->version == 0)
		return 0;
	if ((rc = copy_chain(m, &head, stop)) != 0)
		return rc;
	return copy_checkpoint(m);
}
