/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#undef err_set
#undef err_wrap

#define TEXT_SIZE 1024

static const struct {
	const char *name;
	int http;
	bool retry;
} codes[] = {
	/* clang-format off */
	[-E_ABSENT]   = { "absent",   404, false },
	[-E_EXISTS]   = { "exists",   409, false },
	[-E_CONFLICT] = { "conflict", 409, false },
	[-E_BUSY]     = { "busy",     423, true  },
	[-E_LOGIN]    = { "login",    401, false },
	[-E_DENIED]   = { "denied",   403, false },
	[-E_INPUT]    = { "input",    400, false },
	[-E_REMOTE]   = { "remote",   502, true  },
	[-E_CORRUPT]  = { "corrupt",  500, false },
	[-E_IO]       = { "io",       500, false },
	[-E_NOMEM]    = { "nomem",    503, true  },
	[-E_GUARD]    = { "guard",    428, false },
	[-E_ROLLBACK] = { "rollback", 409, false },
	[-E_STOPPED]  = { "stopped",  503, true  },
	[-E_MOVED]    = { "moved",    409, false },
	/* clang-format on */
};

static _Thread_local char err_words[TEXT_SIZE];

static bool
is_code(int code)
{
	return code < 0 && code > -(int)(sizeof(codes) / sizeof(codes[0]));
}

int
err_set(int code, const char *fmt, ...)
{
	char words[TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	memcpy(err_words, words, sizeof(words));
	return code;
}

int
err_wrap(int code, const char *fmt, ...)
{
	char words[TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	return err_set(code, "%s: %s", words, err_words);
}

const char *
err_text(void)
{
	return err_words;
}

void
err_clear(void)
{
	err_words[0] = '\0';
}

const char *
err_name(int code)
{
	return is_code(code) ? codes[-code].name : "unknown";
}

int
err_http(int code)
{
	return is_code(code) ? codes[-code].http : 500;
}

bool
err_retry(int code)
{
	return is_code(code) && codes[-code].retry;
}
