/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TEI_PARSE_H
#define TEI_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEI_NS "http://www.tei-c.org/ns/1.0"
#define TEI_RNG_NS "http://relaxng.org/ns/structure/1.0"

/*
 * All reading of XML goes through here, and all of it is of files that
 * strangers wrote: memory is flat whatever the size, nothing is loaded from
 * outside (no external entity, no DTD, no network), entities expand to at most
 * TEI_EXPANSION_MAX bytes more than the file has, elements nest to a depth of
 * 256, an attribute, comment or CDATA section has at most 10 MB, a tag about
 * 10,000 attributes, and 1,000 namespaces are in scope.  Text may be of any
 * size, in lines of any length.  What breaks a bound is E_INPUT; so are
 * parameter entities that a file's own DTD uses.
 *
 * Well-formed means XML 1.0 and Namespaces in XML 1.0: a prefix that nothing
 * declares is an error too.
 *
 * A descriptor must be of a regular file; it is read from its first byte,
 * wherever it stands, and stands anywhere afterwards.
 */
#define TEI_EXPANSION_MAX (16 << 20)

/* What a file is, by its content. */
enum tei_kind { TEI_PDF, TEI_XML, TEI_RNG };

/*
 * tei_sniff - what is this file?
 *
 * A PDF has "%PDF-" in its first 1,024 bytes and is not well-formed XML; an XML
 * file is well-formed, read to its end; a RelaxNG schema is XML whose root is
 * in TEI_RNG_NS.  E_INPUT with a sentence for everything else, with line,
 * column and the parser's words for what looks like XML; E_IO.
 */
int tei_sniff(int fd, enum tei_kind *kind);

/* tei_kind_name - "pdf", "tei", "rng": the library's file_type. */
const char *tei_kind_name(enum tei_kind kind);

/*
 * tei_check - is this file well-formed XML?  E_INPUT with line, column and the
 * parser's words; E_IO.
 */
int tei_check(int fd);

/*
 * A tag, as tei_walk shows it.  `offset` is counted in bytes of the file: for a
 * start tag where its closing '>' or '/>' stands, for an end tag the byte after
 * it.  It is -1 where there is none: inside an entity, or in a file whose
 * encoding is not UTF-8.
 */
struct tei_tag {
	const char *name;   /* without prefix */
	const char *prefix; /* or NULL */
	const char *ns;     /* or NULL */
	int depth;          /* of the root: 1 */
	int64_t offset;
	const unsigned char **attributes; /* for tei_tag_has */
	int attribute_count;
};

/* tei_tag_is - is it this element of the TEI namespace? */
bool tei_tag_is(const struct tei_tag *tag, const char *name);

/* tei_tag_has - has this start tag an attribute (of no namespace) of `name`
 * with exactly this value? */
bool tei_tag_has(const struct tei_tag *tag, const char *name,
    const char *value);

/* Any of them may be NULL.  Non-zero from one of them ends the walk. */
struct tei_visitor {
	int (*start)(void *arg, const struct tei_tag *tag);
	int (*end)(void *arg, const struct tei_tag *tag);
	int (*text)(void *arg, const char *text, size_t len); /* in pieces */
	void *arg;
};

/*
 * tei_walk - call the visitor for each tag and text, in the order of the file.
 *
 * Answers what the visitor answered when it was not 0; what follows in the file
 * is not read then.  A byte-order mark counts in offsets.  E_INPUT with line
 * and column when the file is not well-formed (the visitor has seen what stands
 * before), E_IO, E_NOMEM.
 */
int tei_walk(int fd, const struct tei_visitor *visitor);

#endif
