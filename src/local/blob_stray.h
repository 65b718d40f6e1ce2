/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_BLOB_STRAY_H
#define LOCAL_BLOB_STRAY_H

struct db;

/*
 * blob_each_stray - what lies in the folders of contents below `root` and
 * nothing here has ever heard of, each in a sentence: an import that was killed,
 * or somebody else's file.  It is no fault; contents among it go by themselves
 * after a day (blob_collect).  Non-zero from `fn` stops and is answered.  E_IO.
 */
int blob_each_stray(const char *root, struct db *db,
    int (*fn)(void *arg, const char *sentence), void *arg);

#endif
