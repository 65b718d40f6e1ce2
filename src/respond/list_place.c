/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/list_place.h"

#include "base/clock.h"
#include "base/str.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define AT_LEN (CLOCK_TEXT_SIZE - 1)

void
place_note(struct place *place, const struct document *doc)
{
	snprintf(place->at, sizeof(place->at), "%s", doc->at);
	snprintf(place->stable_id, sizeof(place->stable_id), "%s",
	    doc->stable_id);
}

static void
put_hex(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_printf(out, "%02x", (unsigned char)*text);
}

/* A name is alone in the order of names. */
void
place_put_cursor(const struct place *place, enum document_sort sort,
    struct buf *out)
{
	if (sort == DOCUMENT_NAME)
		buf_putc(out, 'n');
	put_hex(out, place->at);
	if (sort != DOCUMENT_NAME)
		put_hex(out, place->stable_id);
}

static int
nibble(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* Answers how many bytes, 0: that are none. */
static size_t
read_hex(const char *text, char *plain, size_t size)
{
	size_t len = strlen(text), i;

	if (len == 0 || len % 2 != 0 || len / 2 >= size ||
	    !str_is_hex(text, len))
		return 0;
	for (i = 0; i < len / 2; i++)
		plain[i] = (char)((nibble(text[2 * i]) << 4) |
		    nibble(text[2 * i + 1]));
	plain[i] = '\0';
	return strlen(plain) == i ? i : 0;
}

bool
place_read_cursor(struct place *place, enum document_sort sort,
    const char *text)
{
	size_t len;
	int64_t ms;

	if (sort == DOCUMENT_NAME) {
		*place->stable_id = '\0';
		return *text == 'n' &&
		    read_hex(text + 1, place->at, sizeof(place->at)) > 0;
	}
	len = read_hex(text, place->at, AT_LEN + STABLE_ID_SIZE);
	if (len <= AT_LEN)
		return false;
	snprintf(place->stable_id, sizeof(place->stable_id), "%s",
	    place->at + AT_LEN);
	place->at[AT_LEN] = '\0';
	return clock_parse(place->at, &ms) == 0 &&
	    stable_id_is(place->stable_id);
}
