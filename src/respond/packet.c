/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/packet.h"

#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

struct packet *
packet_new(const char *text, size_t len, enum packet_kind kind)
{
	struct packet *p = xmalloc(sizeof(*p) + len);

	p->refs = 1;
	p->kind = kind;
	p->len = len;
	memcpy(p->text, text, len);
	return p;
}

struct packet *
packet_ref(struct packet *p)
{
	p->refs++;
	return p;
}

void
packet_drop(struct packet *p)
{
	if (p != NULL && --p->refs == 0)
		free(p);
}

enum packet_kind
packet_kind_of(const char *name)
{
	if (str_eq(name, "syncProgress"))
		return PACKET_PROGRESS;
	return str_eq(name, "syncState") ? PACKET_STATE : PACKET_EVENT;
}

static void
put_field(struct buf *out, const char *field, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	buf_printf(out, "%s: ", field);
	buf_add(out, value, strcspn(value, "\r\n"));
	buf_putc(out, '\n');
}

static void
put_data(struct buf *out, const char *data)
{
	size_t len;

	for (;; data += len) {
		len = strcspn(data, "\r\n");
		buf_puts(out, "data: ");
		buf_add(out, data, len);
		buf_putc(out, '\n');
		if (data[len] == '\0')
			return;
		len += data[len] == '\r' && data[len + 1] == '\n' ? 2 : 1;
	}
}

void
packet_put(struct buf *out, const char *id, const char *name, const char *data)
{
	put_field(out, "id", id);
	put_field(out, "event", name);
	put_data(out, data);
	buf_putc(out, '\n');
}

void
packet_put_pad(struct buf *out, size_t from, size_t pad)
{
	static const char spaces[] = "                                ";
	size_t missing, part;

	if (out->len - from >= pad)
		return;
	missing = pad - (out->len - from);
	buf_putc(out, ':');
	while (missing > 0) {
		part = sizeof(spaces) - 1;
		part = missing < part ? missing : part;
		buf_add(out, spaces, part);
		missing -= part;
	}
	buf_putc(out, '\n');
}

struct packet *
packet_padded(struct packet *p, size_t pad)
{
	struct buf text = { NULL, 0, 0 };
	struct packet *padded;

	if (p->len >= pad)
		return packet_ref(p);
	buf_add(&text, p->text, p->len);
	packet_put_pad(&text, 0, pad);
	padded = packet_new(text.data, text.len, p->kind);
	buf_release(&text);
	return padded;
}
