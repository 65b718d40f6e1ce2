/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/take.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "tei/fileref.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* O_NONBLOCK: a FIFO must not make anybody wait. */
static int
open_regular(const char *path, struct taken *t)
{
	struct stat st;

	t->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (t->fd < 0)
		return err_set(errno == ENOENT ? E_ABSENT : E_IO, "%s",
		    strerror(errno));
	if (fstat(t->fd, &st) != 0)
		return err_set(E_IO, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(E_INPUT, "not a regular file");
	if (st.st_size == 0)
		return err_set(E_INPUT, "it is empty");
	t->size_bytes = st.st_size;
	return 0;
}

int
take_open(const char *path, struct taken *t)
{
	int rc = open_regular(path, t);

	if (rc == 0)
		rc = tei_sniff(t->fd, &t->kind);
	if (rc == 0 && lseek(t->fd, 0, SEEK_SET) != 0)
		rc = err_set(E_IO, "%s", strerror(errno));
	if (rc != 0)
		take_close(t);
	return rc;
}

void
take_close(struct taken *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

/* ---- which document ----------------------------------------------------- */

/* What the file is called, without what only tells what it is. */
static char *
stem(struct mem *mem, const char *path)
{
	static const char *const exts[] = { ".tei.xml", ".xml", ".tei", ".pdf",
		".rng" };
	const char *base = path_base(path);
	size_t len = strlen(base);
	size_t ext;
	size_t i;

	for (i = 0; i < sizeof(exts) / sizeof(*exts); i++) {
		ext = strlen(exts[i]);
		if (len > ext && strcasecmp(base + len - ext, exts[i]) == 0)
			return mem_strndup(mem, base, len - ext);
	}
	return mem_strdup(mem, base);
}

int
take_doc_id(struct mem *mem, const struct taken *t, const char *path,
    const char **doc_id, const char **variant)
{
	struct fileref ref = { "", "" };
	int rc;

	*variant = NULL;
	if (t->kind == TEI_XML) {
		if ((rc = fileref_find(t->fd, &ref)) < 0)
			return rc;
		if (lseek(t->fd, 0, SEEK_SET) != 0)
			return err_set(E_IO, "%s", strerror(errno));
	}
	if (ref.variant[0] != '\0')
		*variant = mem_strdup(mem, ref.variant);
	if (ref.key[0] != '\0')
		*doc_id = mem_strdup(mem, ref.key);
	else
		*doc_id = stem(mem, path);
	return 0;
}
