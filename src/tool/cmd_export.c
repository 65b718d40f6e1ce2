/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/record.h"
#include "tool/export_name.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/pick.h"
#include "tool/progress.h"
#include "tool/say.h"
#include "tool/stop.h"
#include "tool/tool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct exporting {
	struct tool *tool;
	const char *dir;
	FILE *records;
	struct mem *mem; /* of one record */
	struct hash_stream *hs;
	struct progress progress;
	int64_t failed;
};

/* ---- one content -------------------------------------------------------- */

/* The bytes are hashed on their way: nobody exports what is damaged. */
static int
copy_bytes(struct exporting *ex, int from, int to, const char *id)
{
	char data[65536];
	char hex[HASH_HEX_SIZE];
	struct hash hash;
	ssize_t n;
	int rc;

	hash_stream_reset(ex->hs);
	while ((n = file_read_some(from, data, sizeof(data))) > 0) {
		hash_stream_add(ex->hs, data, (size_t)n);
		if ((rc = file_write_all(to, data, (size_t)n)) != 0 ||
		    (rc = stop_asked(NULL)) != 0)
			return rc;
		ex->progress.bytes_done += n;
		progress_show(&ex->progress);
	}
	hash_stream_end(ex->hs, &hash);
	if (n == 0 && !str_eq(hash_hex(&hash, hex), id))
		return err_set(E_CORRUPT,
		    "its bytes are not what they were; \"stemma fsck\"");
	return (int)n;
}

static int
file_create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0)
		return err_set(E_IO, "%s: %s", path, strerror(errno));
	return fd;
}

static int
content_write(struct exporting *ex, const struct record *r, int from,
    const char *path)
{
	int to = file_create(path);
	int rc;

	if (to < 0)
		return to;
	rc = copy_bytes(ex, from, to, r->id);
	if (close(to) != 0 && rc == 0)
		rc = err_set(E_IO, "%s: %s", path, strerror(errno));
	if (rc != 0)
		unlink(path);
	return rc;
}

static int
content_export(struct exporting *ex, const struct held *held)
{
	const struct record *r = &held->rec;
	char *folder = path_join(ex->mem, ex->dir, export_folder(ex->mem, r));
	char *path = path_join(ex->mem, folder, export_file(ex->mem, r));
	int from;
	int rc;

	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return err_set(E_IO, "%s: %s", folder, strerror(errno));
	from = pick_content(ex->tool, r->id, r->file_type, held->sync_reason);
	if (from < 0)
		return from;
	rc = content_write(ex, r, from, path);
	close(from);
	return rc;
}

/* ---- all of them -------------------------------------------------------- */

static int
record_write_line(struct exporting *ex, const struct record *r)
{
	struct buf line = { NULL, 0, 0 };
	size_t n;

	shared_encode(r, &line);
	buf_putc(&line, '\n');
	n = fwrite(line.data, 1, line.len, ex->records);
	n = line.len - n;
	buf_release(&line);
	return n == 0 ? 0 : err_set(E_IO, "records.jsonl: %s", strerror(errno));
}

static int
export_one(void *arg, const struct held *held)
{
	struct exporting *ex = arg;
	int rc;

	mem_reset(ex->mem);
	if ((rc = stop_asked(NULL)) != 0 ||
	    (rc = record_write_line(ex, &held->rec)) != 0)
		return rc;
	rc = content_export(ex, held);
	ex->progress.files_done++;
	progress_show(&ex->progress);
	if (rc != E_ABSENT && rc != E_CORRUPT)
		return rc;
	complain("%s %s: %s", held->rec.stable_id, held->rec.filename,
	    err_text());
	ex->failed++;
	return 0;
}

static int
export_records(struct exporting *ex)
{
	const struct record_filter live = { .live = true };
	char *path = path_join(ex->mem, ex->dir, "records.jsonl");
	int rc;

	ex->records = fopen(path, "wxe");
	if (ex->records == NULL)
		return err_set(E_IO, "%s: %s", path, strerror(errno));
	rc = record_each(ex->tool->site.db, &live, export_one, ex);
	if (fclose(ex->records) != 0 && rc == 0)
		rc = err_set(E_IO, "records.jsonl: %s", strerror(errno));
	return rc;
}

/* A folder with something in it would be mixed with what is exported. */
static int
dir_make(const char *path)
{
	struct dirent *entry;
	DIR *dir;
	int n = 0;

	if (mkdir(path, 0777) == 0)
		return 0;
	if (errno != EEXIST || (dir = opendir(path)) == NULL)
		return err_set(E_IO, "%s: %s", path, strerror(errno));
	while ((entry = readdir(dir)) != NULL)
		n += !str_eq(entry->d_name, ".") &&
		    !str_eq(entry->d_name, "..");
	closedir(dir);
	if (n > 0)
		return err_set(E_EXISTS, "%s: there is something in it", path);
	return 0;
}

static int
export_run(struct exporting *ex)
{
	struct record_counts counts;
	int rc;

	if ((rc = record_counts(ex->tool->site.db, &counts)) != 0 ||
	    (rc = dir_make(ex->dir)) != 0)
		return rc;
	stop_catch();
	ex->progress.what = "Exporting";
	ex->progress.files_total = counts.live;
	ex->mem = mem_new();
	ex->hs = hash_stream_new();
	rc = export_records(ex);
	hash_stream_free(ex->hs);
	mem_free(ex->mem);
	progress_clear();
	if (rc == 0)
		say("Records: %" PRId64 ", without their content: %" PRId64,
		    ex->progress.files_done, ex->failed);
	return rc;
}

int
cmd_export(struct tool *tool, int argc, char **argv)
{
	const struct usage usage = { "export", "DIR",
		"Write all contents and records to a new folder",
		"  DIR/records.jsonl          the shared records, in order of "
		"their id\n"
		"  DIR/DOCUMENT/NAME.ID.EXT   the contents\n"
		"Two replicas in step write the same bytes.",
		NULL, 1, 1, false };
	struct exporting ex = { .tool = tool };
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	ex.dir = argv[0];
	if ((rc = site_library(&tool->site, false)) != 0 ||
	    (rc = export_run(&ex)) != 0)
		return rc;
	return ex.failed > 0 ? STATUS_FAILED : STATUS_DONE;
}
