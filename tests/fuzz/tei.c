/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "fuzz/scratch.h"
#include "tei/fileref.h"
#include "tei/parse.h"

#include <string.h>

/*
 * A file that somebody brings: what is it, what does it say of itself; and a
 * copy with another key is well-formed when it was, has that key, and is copied
 * as it is from then on.
 */

static void
put(int fd, bool is_whole)
{
	static const char key[] = "letter-7";
	struct fileref ref;
	int one = memfd_create("one", MFD_CLOEXEC);
	int two = memfd_create("two", MFD_CLOEXEC);

	must(one != -1 && two != -1);
	if (fileref_put(fd, one, key) == 1 && is_whole) {
		must(tei_check(one) == 0);
		must(fileref_find(one, &ref) == 1);
		must(strcmp(ref.key, key) == 0);
		must(fileref_put(one, two, key) == 0);
	}
	close(one);
	close(two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum tei_kind kind;
	struct fileref ref;
	bool is_whole;
	int rc;

	(void)scratch_file(data, size);
	rc = tei_sniff(scratch_fd, &kind);
	is_whole = tei_check(scratch_fd) == 0;
	must(rc != 0 || is_whole || kind == TEI_PDF);
	must(!is_whole || (rc == 0 && kind != TEI_PDF));
	rc = fileref_find(scratch_fd, &ref);
	must(rc != 1 || fileref_check(ref.key) == 0);
	put(scratch_fd, is_whole);
	return 0;
}
