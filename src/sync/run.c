/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "local/side.h"
#include "remote/probe.h"
#include "sync/chain.h"

#define PROGRESS_MS 100 /* state: only the newest counts */
#define FAILURES_KEPT 20
#define FAILURES_SIZE ((size_t)16 * 1024) /* a reason may be long */

void
run_say(struct sync *s, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = mem_vprintf(s->mem, fmt, ap);
	va_end(ap);
	log_line(LOG_INFO, "sync", "%s", text);
	if (s->opt->message != NULL)
		s->opt->message(s->opt->arg, text);
}

static void
put_text(struct buf *out, const char *key, const char *text)
{
	json_put_key(out, key);
	json_put_string(out, text);
}

static void
keep_failure(struct sync *s, const char *file, const char *reason)
{
	struct buf item = { 0 };

	if (s->failures_n == FAILURES_KEPT)
		return;
	buf_puts(&item, s->failures_n > 0 ? ",{" : "{");
	put_text(&item, "file", file);
	put_text(&item, "reason", reason);
	buf_putc(&item, '}');
	if (s->failures.len + item.len <= FAILURES_SIZE) {
		buf_add(&s->failures, item.data, item.len);
		s->failures_n++;
	}
	buf_release(&item);
}

void
run_fail(struct sync *s, const char *file, const char *reason)
{
	s->sum->errors++;
	keep_failure(s, file, reason);
	log_line(LOG_WARN, "sync", "%s: %s", file, reason);
	if (s->opt->failure != NULL)
		s->opt->failure(s->opt->arg, file, reason);
}

void
run_summary_json(struct sync *s, struct buf *out)
{
	sync_summary_json(s->sum, out);
	out->len--; /* its closing brace */
	json_put_key(out, "failures");
	buf_printf(out, "[%s]}", buf_text(&s->failures));
}

/* Should the reason not be noted, it was told all the same. */
void
run_give_up(struct sync *s, const char *stable_id, const char *file,
    const char *reason)
{
	char *text = mem_strdup(s->mem, reason);

	run_fail(s, file, text);
	run_skip(s, stable_id);
	if (record_set_reason(s->db, stable_id, text) != 0)
		log_line(LOG_WARN, "sync", "%s: %s", stable_id, err_text());
}

void
run_skip(struct sync *s, const char *stable_id)
{
	buf_printf(&s->gave_up, s->gave_up.len == 0 ? "\n%s\n" : "%s\n",
	    stable_id);
}

bool
run_gave_up(struct sync *s, const char *stable_id)
{
	char line[STABLE_ID_SIZE + 2];

	if (s->gave_up.len == 0)
		return false;
	snprintf(line, sizeof(line), "\n%s\n", stable_id);
	return strstr(s->gave_up.data, line) != NULL;
}

static void
tell(struct sync *s)
{
	if (s->opt->progress != NULL)
		s->opt->progress(s->opt->arg, &s->progress);
}

void
run_phase_from(struct sync *s, enum sync_phase phase, int64_t files,
    int64_t bytes, int64_t files_done, int64_t bytes_done)
{
	memset(&s->progress, 0, sizeof(s->progress));
	s->progress.run_id = s->sum->run_id;
	s->progress.phase = phase;
	s->progress.files_total = files;
	s->progress.bytes_total = bytes;
	s->progress.files_done = files_done;
	s->progress.bytes_done = bytes_done;
	tell(s);
}

void
run_phase(struct sync *s, enum sync_phase phase, int64_t files, int64_t bytes)
{
	run_phase_from(s, phase, files, bytes, 0, 0);
}

void
run_progress(struct sync *s)
{
	int64_t now_ms = clock_mono_ms();

	if (now_ms - s->told_ms < PROGRESS_MS)
		return;
	s->told_ms = now_ms;
	tell(s);
}

void
run_moving(struct sync *s, int64_t moved)
{
	s->is_moving = true;
	s->moved = moved;
}

void
run_moved(struct sync *s)
{
	s->is_moving = false;
}

/* What is sent again after a break counts once. */
static void
count_moved(struct sync *s)
{
	int64_t done = s->moved + remote_progress(s->remote);
	struct sync_progress *p = &s->progress;

	if (done > p->bytes_done)
		p->bytes_done = done < p->bytes_total ? done : p->bytes_total;
}

int
run_stopped(struct sync *s)
{
	if (s->opt->stop != NULL && s->opt->stop(s->opt->arg))
		return err_set(E_STOPPED,
		    "stopped; the next sync goes on "
		    "from here");
	return 0;
}

/* ---- what this library is ------------------------------------------------------ */

int
run_identity(struct sync *s)
{
	char *text;
	int rc;

	if ((rc = meta_find(s->db, s->mem, "store", &text)) <= 0)
		return rc < 0 ? rc
			      : err_set(E_ABSENT,
				    "this library belongs "
				    "to no store yet: stemma init");
	s->store = text;
	if ((rc = meta_find(s->db, s->mem, "replica", &text)) <= 0)
		return rc < 0 ? rc
			      : err_set(E_CORRUPT,
				    "the library has no "
				    "replica id: stemma init");
	s->replica = text;
	return chain_load(s);
}

/* What the probe found decides how things are put, and whether at all. */
static int
load_probe(struct sync *s)
{
	struct probe_findings findings;
	struct remote_traits traits = { 0 };
	char *text;
	int rc;

	if ((rc = meta_find(s->db, s->mem, "probe", &text)) <= 0 ||
	    probe_parse(text, &findings) != 0)
		return rc < 0 ? rc : 0;
	traits.put_is_whole = findings.put_whole == PROBE_GOOD;
	remote_set_traits(s->remote, traits);
	return s->opt->single_writer ? 0 : probe_verdict(&findings);
}

static int
load_reported(struct sync *s)
{
	char *text;
	int rc = meta_find(s->db, s->mem, "digest_differs", &text);

	s->digest_reported = rc == 1;
	return rc < 0 ? rc : 0;
}

/* In one snapshot: a dozen short reads would each take their locks. */
static int
load_all(struct sync *s)
{
	int rc;

	if ((rc = db_begin_read(s->db)) != 0)
		return rc;
	if ((rc = run_identity(s)) == 0)
		rc = load_reported(s);
	return db_end(s->db, rc);
}

static int
make_work_dir(const char *dir)
{
	return path_is_dir(dir) ? 0 : path_make_dirs(dir, 0750);
}

static int
on_tick(void *arg)
{
	struct sync *s = arg;

	if (s->is_moving)
		count_moved(s);
	if (s->progress.phase == SYNC_DOWNLOAD ||
	    s->progress.phase == SYNC_UPLOAD)
		run_progress(s);
	return run_stopped(s);
}

int
run_open(struct sync *s, const struct sync_options *opt,
    struct sync_summary *sum)
{
	int rc;

	memset(s, 0, sizeof(*s));
	memset(sum, 0, sizeof(*sum));
	s->opt = opt;
	s->db = opt->db;
	s->blobs = opt->blobs;
	s->remote = opt->remote;
	s->sum = sum;
	s->started_ms = clock_mono_ms();
	s->before = remote_stats(opt->remote);
	s->mem = mem_new();
	s->step = mem_new();
	remote_set_tick(s->remote, on_tick, s);
	if ((rc = make_work_dir(opt->work_dir)) != 0 || (rc = load_all(s)) != 0)
		return rc;
	return load_probe(s);
}

void
run_close(struct sync *s)
{
	remote_set_tick(s->remote, NULL, NULL);
	buf_release(&s->gave_up);
	buf_release(&s->missed);
	buf_release(&s->failures);
	mem_free(s->step);
	mem_free(s->mem);
}

#define LOOKERS_MS 10
#define LOOKERS_TRIES 5

int
run_lock_file(const char *work_dir)
{
	struct mem *mem = mem_new();
	const char *path = path_join(mem, work_dir, "lock");
	int lock = file_lock(path, 0);

	for (int i = 0; lock == E_BUSY && i < LOOKERS_TRIES; i++) {
		clock_sleep_ms(LOOKERS_MS);
		lock = file_lock(path, 0);
	}
	mem_free(mem);
	if (lock == E_BUSY)
		return err_set(E_BUSY,
		    "another sync of this library is "
		    "running");
	return lock;
}

int
run_lock(struct sync *s)
{
	int lock = run_lock_file(s->opt->work_dir);
	int rc;

	if (lock >= 0 && (rc = load_all(s)) != 0) {
		close(lock);
		return rc;
	}
	return lock;
}

/* ---- one transfer ------------------------------------------------------------- */

struct one {
	const struct remote_transfer *transfer;
	bool handed_out;
	int rc;
};

static int
hand_out(void *arg, struct remote_transfer *t)
{
	struct one *one = arg;

	if (one->handed_out)
		return 0;
	one->handed_out = true;
	*t = *one->transfer;
	return 1;
}

static int
hand_back(void *arg, const struct remote_transfer *t, int rc)
{
	struct one *one = arg;

	(void)t;
	one->rc = rc;
	return 0;
}

int
run_transfer(struct sync *s, const struct remote_transfer *t)
{
	struct one one = { t, false, 0 };
	int rc = remote_run(s->remote, hand_out, hand_back, &one);

	return rc != 0 ? rc : one.rc;
}
