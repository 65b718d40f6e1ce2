/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/pick.h"

#include "base/err.h"
#include "base/file.h"
#include "local/blob.h"
#include "local/record.h"
#include "tool/out.h"
#include "tool/stop.h"
#include "tool/tool.h"

int
pick_record(struct tool *tool, const char *typed, bool want_deleted,
    struct held *held)
{
	char *stable_id;
	int rc = record_find_id(tool->site.db, tool->site.mem, typed,
	    want_deleted, &stable_id);

	if (rc > 0)
		rc = record_find(tool->site.db, tool->site.mem, stable_id,
		    held);
	if (rc == 0)
		return err_set(E_ABSENT, "%s: there is no such record%s", typed,
		    want_deleted ? ""
				 : " (\"stemma trash\" lists deleted ones)");
	return rc < 0 ? rc : 0;
}

void
pick_row(struct out *out, const struct held *held)
{
	const struct record *r = &held->rec;
	struct buf record = { NULL, 0, 0 };

	if (out->is_json) {
		shared_encode(r, &record);
		out_members(out, buf_text(&record));
		buf_release(&record);
	} else {
		out_text(out, "stable_id", r->stable_id);
		out_text(out, "id", r->id);
		out_text(out, "filename", r->filename);
		out_text(out, "doc_id", r->doc_id);
		out_text(out, "doc_id_type", r->doc_id_type);
		out_text(out, "file_type", r->file_type);
		out_size(out, "file_size", r->file_size);
		out_text(out, "label", r->label);
		out_text(out, "variant", r->variant);
		out_int(out, "version", r->version);
		out_bool(out, "is_gold_standard", r->is_gold);
		out_text(out, "doc_collections", r->doc_collections);
		out_text(out, "doc_metadata", r->doc_metadata);
		out_text(out, "file_metadata", r->file_metadata);
		out_bool(out, "deleted", r->deleted);
		out_text(out, "created_at", r->created_at);
		out_text(out, "created_by", r->created_by);
		out_time(out, "updated_at", r->updated_at);
	}
	out_int(out, "remote_version", held->remote_version);
	out_text(out, "local_modified_at", held->local_modified_at);
	out_text(out, "sync_status", held->sync_status);
	out_text(out, "sync_reason", held->sync_reason);
}

int
pick_content(struct tool *tool, const char *id, const char *file_type,
    const char *reason)
{
	int fd = blob_open(tool->site.blobs, id, file_type);

	if (fd == E_ABSENT)
		return err_set(E_ABSENT,
		    "%s.%s is not kept here%s%s; \"stemma sync\" fetches what "
		    "is missing",
		    id, shared_ext(file_type), reason != NULL ? ": " : "",
		    reason != NULL ? reason : "");
	return fd;
}

int
pick_copy(int fd)
{
	char data[65536];
	ssize_t n;
	int rc;

	while ((n = file_read_some(fd, data, sizeof(data))) > 0)
		if ((rc = out_write(data, (size_t)n)) != 0 ||
		    (rc = stop_asked(NULL)) != 0)
			return rc;
	return n < 0 ? (int)n : 0;
}
