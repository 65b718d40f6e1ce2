/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/sync.h"

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "conf/conf.h"
#include "local/meta.h"
#include "remote/probe.h"
#include "remote/remote.h"
#include "respond/responder.h"
#include "respond/store_fail.h"
#include "web/request.h"
#include "web/response.h"

#include <string.h>
#include <unistd.h>

/* ---- what was found ------------------------------------------------------------- */

static void
put_lines(struct buf *out, const char *lines)
{
	struct buf line = { 0 };
	bool is_first = true;

	buf_putc(out, '[');
	for (size_t len; *lines != '\0'; lines += len + (lines[len] != '\0')) {
		len = strcspn(lines, "\n");
		if (len == 0)
			continue;
		buf_clear(&line);
		buf_add(&line, lines, len);
		buf_puts(out, is_first ? "" : ",");
		json_put_string(out, line.data);
		is_first = false;
	}
	buf_putc(out, ']');
	buf_release(&line);
}

/* May it be used, by this library as it is configured? */
static void
put_verdict(struct request *req, const struct probe_findings *findings,
    struct buf *out)
{
	bool is_single = state_of(req)->site.conf->single_writer;
	int rc = is_single ? 0 : probe_verdict(findings);

	json_put_key(out, "usable");
	buf_puts(out, rc == 0 ? "true" : "false");
	json_put_key(out, "reason");
	json_put_string(out, rc == 0 ? NULL : err_text());
}

static int
answer(struct request *req, const struct probe_findings *findings,
    const struct buf *json)
{
	struct buf advice = { 0 };
	struct buf out = { 0 };
	int rc;

	probe_advice(findings, &advice);
	buf_printf(&out, "{\"findings\":%s", json->data);
	json_put_key(&out, "advice");
	put_lines(&out, buf_text(&advice));
	put_verdict(req, findings, &out);
	buf_putc(&out, '}');
	rc = response_json(req, &out);
	buf_release(&out);
	buf_release(&advice);
	return rc;
}

/* ---- finding out ------------------------------------------------------------------ */

/* Noted in the library: syncs go by it. */
static int
keep_and_answer(struct request *req, const struct probe_findings *findings)
{
	struct buf json = { 0 };
	int rc;

	probe_json(findings, &json);
	rc = meta_put(state_of(req)->site.db, "probe", json.data);
	if (rc == 0)
		rc = answer(req, findings, &json);
	buf_release(&json);
	return rc;
}

static int
probe(struct request *req)
{
	struct probe_findings findings;
	struct remote_config config;
	int rc;

	rc = site_remote_config(&state_of(req)->site, &config);
	if (rc == 0)
		rc = probe_run(&config, 0, NULL, NULL, &findings);
	if (rc == 0)
		return keep_and_answer(req, &findings);
	return store_blame(req, rc, "Probe failed");
}

/* Two at once would disturb each other's races. */
static int
lock_probes(struct request *req)
{
	char *work_dir;
	int lock, rc;

	if ((rc = site_work_dir(&state_of(req)->site, &work_dir)) != 0)
		return rc;
	lock = file_lock(path_join(req->mem, work_dir, "probe.lock"), 0);
	if (lock == E_BUSY)
		return request_fail(req, 409,
		    "A probe of this store is running");
	return lock;
}

int
sync_probe(struct request *req)
{
	int lock, rc;

	if ((lock = lock_probes(req)) < 0)
		return lock;
	rc = probe(req);
	close(lock);
	return rc;
}
