/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcapng.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

struct pcapng {
	FILE *f;
	char *path;
	GPtrArray *interfaces;	/* char * */
	GByteArray *block;	/* the one that is being made */
};

enum { COMMENT_MOST = 0xfffc, RULE_MOST = 255 };

static void put16(GByteArray *to, uint16_t v)
{
	const uint8_t b[] = { v & 0xff, v >> 8 };

	g_byte_array_append(to, b, sizeof(b));
}

static void put32(GByteArray *to, uint32_t v)
{
	put16(to, (uint16_t)v);
	put16(to, (uint16_t)(v >> 16));
}

static void put64(GByteArray *to, uint64_t v)
{
	put32(to, (uint32_t)v);
	put32(to, (uint32_t)(v >> 32));
}

static void pad(GByteArray *to)
{
	static const uint8_t zeros[4];

	g_byte_array_append(to, zeros, -to->len % 4);
}

static void option(GByteArray *to, uint16_t code, const void *data,
		   size_t size)
{
	size = MIN(size, COMMENT_MOST);
	put16(to, code);
	put16(to, (uint16_t)size);
	g_byte_array_append(to, data, (guint)size);
	pad(to);
}

static void begin(struct pcapng *p, uint32_t type)
{
	g_byte_array_set_size(p->block, 0);
	put32(p->block, type);
	put32(p->block, 0);
}

/* Whole blocks only: what is there when the program dies can be read. */
static void end(struct pcapng *p)
{
	uint32_t size;

	put32(p->block, 0);	/* end of the options */
	size = p->block->len + 4;
	put32(p->block, size);
	for (unsigned int i = 0; i < 4; i++)
		p->block->data[4 + i] = (uint8_t)(size >> 8 * i);
	fwrite(p->block->data, 1, p->block->len, p->f);
	fflush(p->f);
}

struct pcapng *pcapng_create(const char *path, const char *title,
			     char **error)
{
	FILE *f = fopen(path, "wbe");
	struct pcapng *p;

	if (!f) {
		*error = g_strdup_printf("cannot write %s: %s", path,
					 g_strerror(errno));
		return NULL;
	}
	p = g_new0(struct pcapng, 1);
	p->f = f;
	p->path = g_strdup(path);
	p->interfaces = g_ptr_array_new_with_free_func(g_free);
	p->block = g_byte_array_new();
	begin(p, PCAPNG_SECTION);
	put32(p->block, PCAPNG_MAGIC);
	put16(p->block, 1);
	put16(p->block, 0);
	put64(p->block, UINT64_MAX);	/* length of the section: not said */
	if (title && *title)
		option(p->block, PCAPNG_COMMENT, title, strlen(title));
	option(p->block, PCAPNG_PROGRAM, "ffasim", strlen("ffasim"));
	end(p);
	return p;
}

static uint32_t interface(struct pcapng *p, const char *name)
{
	static const uint8_t ns = 9;	/* 10^-9 s */

	for (guint i = 0; i < p->interfaces->len; i++)
		if (!strcmp(p->interfaces->pdata[i], name))
			return i;
	g_ptr_array_add(p->interfaces, g_strdup(name));
	begin(p, PCAPNG_INTERFACE);
	put16(p->block, PCAPNG_LINK);
	put16(p->block, 0);
	put32(p->block, 0);	/* packets are whole */
	option(p->block, PCAPNG_NAME, name, strlen(name));
	option(p->block, PCAPNG_RESOLUTION, &ns, 1);
	end(p);
	return p->interfaces->len - 1;
}

void pcapng_put(struct pcapng *p, const struct pcapng_packet *k)
{
	/* from the endpoint's side: 1 comes in, 2 goes out */
	const uint8_t flags[] = { k->kind == PCAPNG_CALL ? 2 :
				  k->kind == PCAPNG_RESULT ? 1 : 0, 0, 0, 0 };
	uint8_t rule = k->rule ? (uint8_t)MIN(strlen(k->rule), RULE_MOST) : 0;
	uint32_t regs = k->regs ? FFA_REGS : 0;
	uint32_t size = PCAPNG_HEAD + 8 * regs + rule;
	uint32_t number = interface(p, k->interface);
	GByteArray *to = p->block;
	uint8_t head[] = { PCAPNG_VERSION, (uint8_t)k->kind };

	begin(p, PCAPNG_PACKET);
	put32(to, number);
	put32(to, (uint32_t)(k->time >> 32));
	put32(to, (uint32_t)k->time);
	put32(to, size);
	put32(to, size);
	g_byte_array_append(to, head, sizeof(head));
	put16(to, k->endpoint);
	put16(to, k->cpu);
	head[0] = rule;
	head[1] = (uint8_t)regs;
	g_byte_array_append(to, head, sizeof(head));
	put32(to, k->answers);
	put32(to, 0);
	for (unsigned int i = 0; i < regs; i++)
		put64(to, k->regs->x[i]);
	g_byte_array_append(to, (const uint8_t *)k->rule, rule);
	pad(to);
	if (k->comment && *k->comment)
		option(to, PCAPNG_COMMENT, k->comment, strlen(k->comment));
	option(to, PCAPNG_FLAGS, flags, sizeof(flags));
	end(p);
}

char *pcapng_close(struct pcapng *p)
{
	bool wrong = ferror(p->f);
	char *why = NULL;

	if (fclose(p->f) || wrong)
		why = g_strdup_printf("cannot write %s: %s", p->path,
				      g_strerror(errno));
	g_ptr_array_unref(p->interfaces);
	g_byte_array_unref(p->block);
	g_free(p->path);
	g_free(p);
	return why;
}
