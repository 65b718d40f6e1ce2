/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/fold.h"

#include "base/str.h"

#include <locale.h>
#include <pthread.h>
#include <string.h>
#include <wctype.h>

/* The process may run in any locale; its letters are those of Unicode. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t unicode; /* 0: there is none; then ASCII alone is folded */

static void
open_unicode(void)
{
	unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* The character at `s`, and how many bytes it takes; 0: it is no UTF-8. */
static size_t
decode(const unsigned char *s, wint_t *c)
{
	size_t len = s[0] < 0x80 ? 1
	    : s[0] < 0xc2        ? 0
	    : s[0] < 0xe0        ? 2
	    : s[0] < 0xf0        ? 3
	    : s[0] < 0xf5        ? 4
				 : 0;
	size_t i;

	*c = len <= 1 ? s[0] : s[0] & (0xffu >> (len + 1));
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = (*c << 6) | (s[i] & 0x3fu);
	}
	return len;
}

static void
encode(wint_t c, struct buf *out)
{
	if (c < 0x80) {
		buf_putc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_putc(out, (char)(0xc0 | (c >> 6)));
	} else if (c < 0x10000) {
		buf_putc(out, (char)(0xe0 | (c >> 12)));
		buf_putc(out, (char)(0x80 | ((c >> 6) & 0x3f)));
	} else {
		buf_putc(out, (char)(0xf0 | (c >> 18)));
		buf_putc(out, (char)(0x80 | ((c >> 12) & 0x3f)));
		buf_putc(out, (char)(0x80 | ((c >> 6) & 0x3f)));
	}
	buf_putc(out, (char)(0x80 | (c & 0x3f)));
}

static wint_t
small(wint_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c + ('a' - 'A');
	if (c < 0x80 || unicode == (locale_t)0)
		return c;
	return towlower_l(c, unicode);
}

void
fold_text(const char *text, struct buf *out)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len;
	wint_t c;

	pthread_once(&once, open_unicode);
	for (; *s != '\0'; s += len > 0 ? len : 1) {
		len = decode(s, &c);
		if (len == 0)
			buf_putc(out, (char)*s);
		else
			encode(small(c), out);
	}
}

bool
fold_has(const char *text, const char *folded, struct buf *work)
{
	if (text == NULL)
		return false;
	buf_clear(work);
	fold_text(text, work);
	return strstr(buf_text(work), folded) != NULL;
}
