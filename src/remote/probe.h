/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_PROBE_H
#define REMOTE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct remote;
struct remote_config;

/* What a probe looks at, each found good, bad, or not to be told. */
enum probe_verdict { PROBE_UNKNOWN, PROBE_GOOD, PROBE_BAD };

struct probe_findings {
	enum probe_verdict listing; /* names and sizes are told */
	enum probe_verdict move;    /* source gone, target there, same bytes */
	enum probe_verdict move_renames; /* the modification time was kept */
	enum probe_verdict
	    move_keeps; /* Overwrite: F leaves an existing name */
	enum probe_verdict exact_swap;  /* 20 races of 8: one winner each */
	enum probe_verdict put_whole;   /* a cut-off or slow PUT leaves no torn
					   object under the name */
	enum probe_verdict range;       /* part of an object can be had */
	enum probe_verdict move_folder; /* a folder with a file in it can be
					   renamed, and not over another */
	enum probe_verdict odd_names;   /* told as they were given */
	bool by_match; /* a store where nothing is renamed, and where these two
			  stand for what is said of moves above: */
	enum probe_verdict swap_refuses; /* If-Match with another ETag */
	enum probe_verdict put_keeps;    /* If-None-Match: * leaves what is
					    there, small or in parts */
	int longest_name;     /* bytes that a name may have; 0 unknown */
	int64_t largest_body; /* bytes tried with success; 0 not tried */
	bool is_network_dir;  /* a directory on a network file system */
	int64_t duration_ms;
};

/*
 * probe_run - try, in a folder of its own ".stemma-probe-<uuid>" that is
 * removed afterwards, what the protocol relies on (about ten seconds).
 *
 *   config        of the store: the races open connections of their own
 *   largest_body  bytes to try on request; 0: none
 *   say           told, in one sentence each, what is being tried; may be NULL
 *
 * 0 when the questions could be asked, whatever the findings.
 */
int probe_run(const struct remote_config *config, int64_t largest_body,
    void (*say)(void *arg, const char *sentence), void *arg,
    struct probe_findings *findings);

/* probe_json, probe_parse - findings as one JSON object, and back (E_INPUT). */
void probe_json(const struct probe_findings *findings, struct buf *out);
int probe_parse(const char *text, struct probe_findings *findings);

/*
 * probe_advice - the findings as plain sentences, one a line: what is good,
 * what is slower than it could be, what cannot be used and what to do then.
 */
void probe_advice(const struct probe_findings *findings, struct buf *out);

/*
 * probe_verdict - may several writers use this store?  0 yes; E_DENIED with the
 * sentence that says why not and what to do ("single_writer = yes").
 */
int probe_verdict(const struct probe_findings *findings);

#endif
