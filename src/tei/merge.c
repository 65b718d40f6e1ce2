/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tei/merge.h"

#include "tei/child.h"
#include "tei/parse.h"

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

#include <git2.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY_MAX ((int64_t)512 << 20)
#define OUTPUT_MAX ((int64_t)64 << 20)

/* All functions named work_* run in the child: what they take is never freed,
 * the process ends. */
struct merge_work {
	const char *base, *ours, *theirs;
};

struct diff_work {
	const char *a, *b, *a_name, *b_name;
	int context;
};

/* The whole of a text that is small enough. */
static int
work_read(const char *path, struct buf *out)
{
	int64_t size;
	int rc;

	if (file_size(path, &size) != 0)
		return err_set(E_IO, "%s", err_text());
	if (size > TEI_MERGE_MAX)
		return err_set(E_INPUT,
		    "a file of %.1f MiB is too large to be compared by lines: "
		    "at most %d MiB",
		    (double)size / (1 << 20), TEI_MERGE_MAX >> 20);
	rc = file_read(path, TEI_MERGE_MAX, out);
	if (rc == E_ABSENT)
		return err_set(E_IO, "%s", err_text());
	if (rc == 0 && memchr(buf_text(out), '\0', out->len) != NULL)
		return err_set(E_INPUT,
		    "a file is not text (or in UTF-16), "
		    "and cannot be compared by lines");
	return rc;
}

static int
libgit2_error(void)
{
	const git_error *e = git_error_last();

	return err_set(E_INPUT, "libgit2: %s", e ? e->message : "no reason");
}

/* Does a line begin as git begins the parts of a conflict? */
static bool
has_marker(const char *text, size_t len)
{
	static const char *const markers[] = { "<<<<<<<", ">>>>>>>",
		"|||||||" };
	const char *end = text + len, *line = text;

	while (line != NULL && end - line >= 7) {
		for (int i = 0; i < 3; i++)
			if (memcmp(line, markers[i], 7) == 0)
				return true;
		line = memchr(line, '\n', (size_t)(end - line));
		if (line != NULL)
			line++;
	}
	return false;
}

/* Write the result, and look whether it can be used. */
static int
work_accept(const git_merge_file_result *result, int out_fd)
{
	int rc;

	if (!result->automergeable)
		return err_set(E_CONFLICT,
		    "the same lines were changed on both sides");
	if (has_marker(result->ptr, result->len))
		return err_set(E_CONFLICT,
		    "a line of the text looks like a conflict marker");
	if ((rc = file_write_all(out_fd, result->ptr, result->len)) != 0)
		return rc;
	if ((rc = tei_check(out_fd)) == E_INPUT)
		err_wrap(rc, "both changes together are not well-formed");
	return rc == 0 ? 1 : rc;
}

static git_merge_file_input
input_of(const struct buf *text)
{
	git_merge_file_input in = GIT_MERGE_FILE_INPUT_INIT;

	in.ptr = buf_text(text);
	in.size = text->len;
	return in;
}

static int
work_merge(void *arg, int out_fd)
{
	struct merge_work *w = arg;
	struct buf base = { 0 }, ours = { 0 }, theirs = { 0 };
	git_merge_file_input in_base, in_ours, in_theirs;
	git_merge_file_result result = { 0 };
	int rc;

	if ((rc = work_read(w->base, &base)) != 0 ||
	    (rc = work_read(w->ours, &ours)) != 0 ||
	    (rc = work_read(w->theirs, &theirs)) != 0)
		return rc;
	in_base = input_of(&base);
	in_ours = input_of(&ours);
	in_theirs = input_of(&theirs);
	if (git_libgit2_init() < 0 ||
	    git_merge_file(&result, &in_base, &in_ours, &in_theirs, NULL) != 0)
		return libgit2_error();
	return work_accept(&result, out_fd);
}

int
tei_merge(const char *base_file, const char *ours_file, const char *theirs_file,
    const char *out_file, int64_t limit_ms)
{
	struct merge_work w = { base_file, ours_file, theirs_file };
	struct child_limits limits = { limit_ms, MEMORY_MAX, OUTPUT_MAX };
	int fd, rc;

	fd = open(out_file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_set(E_IO, "%s: %s", out_file, strerror(errno));
	rc = child_run(work_merge, &w, fd, &limits);
	if (close(fd) != 0 && rc == 1)
		rc = err_set(E_IO, "%s: %s", out_file, strerror(errno));
	if (rc != 1)
		unlink(out_file);
	return rc;
}

/* ---- diff ---------------------------------------------------------------- */

static int
on_hunk(const git_diff_delta *delta, const git_diff_hunk *hunk, void *arg)
{
	struct buf *out = arg;

	(void)delta;
	buf_add(out, hunk->header, hunk->header_len);
	return 0;
}

static int
on_line(const git_diff_delta *delta, const git_diff_hunk *hunk,
    const git_diff_line *line, void *arg)
{
	struct buf *out = arg;

	(void)delta;
	(void)hunk;
	/* Other origins are of the line "\ No newline at end of file". */
	if (line->origin == GIT_DIFF_LINE_CONTEXT ||
	    line->origin == GIT_DIFF_LINE_ADDITION ||
	    line->origin == GIT_DIFF_LINE_DELETION)
		buf_putc(out, line->origin);
	buf_add(out, line->content, line->content_len);
	return 0;
}

static int
work_diff(void *arg, int out_fd)
{
	struct diff_work *w = arg;
	struct buf a = { 0 }, b = { 0 }, out = { 0 };
	git_diff_options options = GIT_DIFF_OPTIONS_INIT;
	int rc;

	if ((rc = work_read(w->a, &a)) != 0 || (rc = work_read(w->b, &b)) != 0)
		return rc;
	if (a.len == b.len && memcmp(buf_text(&a), buf_text(&b), a.len) == 0)
		return 1;
	options.flags = GIT_DIFF_FORCE_TEXT;
	options.context_lines = (uint32_t)w->context;
	buf_printf(&out, "--- %s\n+++ %s\n", w->a_name, w->b_name);
	if (git_libgit2_init() < 0 ||
	    git_diff_buffers(buf_text(&a), a.len, NULL, buf_text(&b), b.len,
		NULL, &options, NULL, NULL, on_hunk, on_line, &out) != 0)
		return libgit2_error();
	rc = file_write_all(out_fd, out.data, out.len);
	return rc == 0 ? 1 : rc;
}

static int
copy_all(int from_fd, int to_fd)
{
	char block[16384];
	ssize_t n;
	int rc;

	if (lseek(from_fd, 0, SEEK_SET) != 0)
		return err_set(E_IO, "seek: %s", strerror(errno));
	while ((n = file_read_some(from_fd, block, sizeof(block))) > 0)
		if ((rc = file_write_all(to_fd, block, (size_t)n)) != 0)
			return rc;
	return (int)n;
}

int
tei_diff(const char *a_file, const char *b_file, const char *a_name,
    const char *b_name, int context, int out_fd)
{
	struct diff_work w = {
		.a = a_file,
		.b = b_file,
		.a_name = a_name,
		.b_name = b_name,
		.context = context,
	};
	struct child_limits limits = { TEI_MERGE_LIMIT_MS, MEMORY_MAX,
		OUTPUT_MAX };
	int copied, rc, fd = memfd_create("diff", MFD_CLOEXEC);

	if (fd < 0)
		return err_set(E_IO, "memfd: %s", strerror(errno));
	rc = child_run(work_diff, &w, fd, &limits);
	if (rc == 1 && (copied = copy_all(fd, out_fd)) != 0)
		rc = copied;
	close(fd);
	return rc;
}
