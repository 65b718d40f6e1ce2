/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TEI_FILEREF_H
#define TEI_FILEREF_H

#define FILEREF_SIZE 256 /* a key or variant, with its NUL */

/*
 * What a TEI file says about itself.  A key may contain any character but
 * control characters, so '/' too: it is never a path.
 */
struct fileref {
	char key[FILEREF_SIZE];     /* "" for none */
	char variant[FILEREF_SIZE]; /* "" for none */
};

/*
 * fileref_find - the document key of a file, the text of its first
 * idno[@type="fileref"], and its variant, the text of its first
 * application[@type="extractor"]/label[@type="variant-id"]; all in the TEI
 * namespace, without the white space around.
 *
 * Read to the end of the first teiHeader, so most of a file is not: tei_check
 * says whether all of it is well-formed.  Answers 1 when there is a key, 0 when
 * there is none (an empty one is none); `ref` is filled in both cases.  E_INPUT
 * when a text is longer than 255 bytes or has control characters in it, or when
 * the file is not well-formed so far; E_IO, E_NOMEM.
 */
int fileref_find(int fd, struct fileref *ref);

/* fileref_check - may this be a document key?  E_INPUT with a sentence. */
int fileref_check(const char *key);

/*
 * fileref_put - copy a file from `in_fd` to `out_fd` (written where it stands)
 * so that it carries `key` as
 * fileDesc/editionStmt/edition/idno[@type="fileref"].
 *
 * The idno of the first TEI fileDesc is added or corrected, with what is
 * missing around it, in the prefix of the element around; no other byte is
 * touched.  A file without a TEI fileDesc, or with the key in place, is copied
 * as it is.
 * An idno elsewhere stays what it is.  Answers 1 when the copy differs, 0 when
 * it does not.  E_INPUT when the key is none, the file is not well-formed up
 * to the end of the fileDesc, or has to be changed where that cannot be done:
 * in an encoding other than UTF-8, or inside an entity; E_IO, E_NOMEM.
 */
int fileref_put(int in_fd, int out_fd, const char *key);

#endif
