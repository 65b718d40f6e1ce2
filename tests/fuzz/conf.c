/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "conf/conf.h"
#include "base/err.h"
#include "conf/settings.h"
#include "fuzz/scratch.h"

#include <string.h>

/*
 * A configuration: taken, or refused with words; a secret is never shown, not
 * in the words either.  Its lines, as settings too.
 */

static int
see(void *arg, const char *key, const char *value, const char *from,
    bool is_secret)
{
	const struct conf *conf = arg;

	must(key != NULL && from != NULL);
	must(!is_secret || value == NULL || strcmp(value, "***") == 0);
	if (value != NULL)
		(void)settings_check(conf, key, value);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *conf = NULL;

	if (conf_load(scratch_file(data, size), &conf) != 0) {
		must(err_text()[0] != '\0');
		return 0;
	}
	must(conf->transfer_connections >= 1 &&
	    conf->transfer_connections <= 32);
	must(conf->max_delete_percent >= 0 && conf->max_delete_percent <= 100);
	must(conf->data_root[0] == '/' && conf->db_dir[0] == '/');
	must(conf_each(conf, see, conf) == 0);
	conf_free(conf);
	return 0;
}
