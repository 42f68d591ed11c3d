/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture.h"

#include <string.h>

#include "conduit/pcapng.h"

static const enum pcapng_kind kinds[] = {
	[TAPE_CALL] = PCAPNG_CALL, [TAPE_SEES] = PCAPNG_RESULT,
	[TAPE_EVENT] = PCAPNG_EVENT, [TAPE_FAILED] = PCAPNG_FAILED,
};

/* What is of no lane. */
static const char nobody[] = "scenario";

char *capture_write(const struct tape *t, const char *path)
{
	char *error = NULL;
	struct pcapng *p = pcapng_create(path, t->title, &error);

	if (!p)
		return error;
	for (guint i = 0; i < t->steps->len; i++) {
		const struct tape_step *s =
			&g_array_index(t->steps, struct tape_step, i);
		const struct tape_lane *l = s->lane < 0 ? NULL :
			&g_array_index(t->lanes, struct tape_lane, s->lane);
		g_autofree char *name = l ?
			g_strdup_printf("%s@%u", l->name, l->cpu) :
			g_strdup(nobody);
		bool has_regs = s->kind == TAPE_CALL || s->kind == TAPE_SEES;

		pcapng_put(p, &(struct pcapng_packet){
			.kind = kinds[s->kind], .interface = name,
			.endpoint = l ? l->id : 0,
			.cpu = l ? (uint16_t)l->cpu : 0,
			.answers = s->called, .time = s->time,
			.regs = has_regs ? &s->regs : NULL,
			.rule = s->rule, .comment = s->text,
		});
	}
	return pcapng_close(p);
}

/* -- reading --------------------------------------------------------------- */

enum { CPUS_MOST = 64, LANES_MOST = 256 };

struct reader {
	const uint8_t *data;
	gsize size, at;		/* at: of the block */
	GPtrArray *interfaces;	/* char * */
	struct tape *tape;
	char **error;
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static bool wrong(struct reader *r, const char *what)
{
	*r->error = g_strdup_printf("byte %" G_GSIZE_FORMAT ": %s", r->at,
				    what);
	return false;
}

/* A text option of [p, end), as valid UTF-8 and a new string, or NULL. */
static char *find_option(const uint8_t *p, const uint8_t *end, uint16_t code)
{
	while (end - p >= 4) {
		uint16_t is = get16(p), len = get16(p + 2);
		gsize room = ((gsize)len + 3) & ~(gsize)3;

		if (!is || room > (gsize)(end - p - 4))
			break;
		if (is == code) {
			g_autofree char *text =
				g_strndup((const char *)p + 4, len);

			return g_utf8_make_valid(text, -1);
		}
		p += 4 + room;
	}
	return NULL;
}

static bool section(struct reader *r, const uint8_t *p, gsize len)
{
	if (len < 16)
		return wrong(r, "the section header is too short");
	if (get32(p) != (uint32_t)PCAPNG_MAGIC)
		return wrong(r, "not little-endian: written by another "
			     "program?");
	g_ptr_array_set_size(r->interfaces, 0);
	if (!r->tape->title)
		r->tape->title = find_option(p + 16, p + len, PCAPNG_COMMENT);
	return true;
}

static bool interface(struct reader *r, const uint8_t *p, gsize len)
{
	char *name;

	if (len < 8)
		return wrong(r, "the interface is too short");
	if (get16(p) != PCAPNG_LINK)
		return wrong(r, "an interface that is not ffasim's (its link "
			     "type is not USER0)");
	if (r->interfaces->len >= LANES_MOST)
		return wrong(r, "too many interfaces");
	name = find_option(p + 8, p + len, PCAPNG_NAME);
	g_ptr_array_add(r->interfaces, name ? name : g_strdup("?@0"));
	return true;
}

static bool packet(struct reader *r, const uint8_t *p, gsize len)
{
	const char *name;
	uint32_t number, size;
	const uint8_t *in, *more;
	struct tape_step *s;
	enum tape_kind kind;
	unsigned int rule, regs;
	g_autofree char *actor = NULL;
	char *comment;

	if (len < 20)
		return wrong(r, "the packet is too short");
	number = get32(p);
	size = get32(p + 12);
	in = p + 20;
	if (number >= r->interfaces->len)
		return wrong(r, "a packet of an interface that is not there");
	if (size > len - 20 || size < PCAPNG_HEAD)
		return wrong(r, "the packet's length is wrong");
	rule = in[6];
	regs = in[7];
	if (in[0] != PCAPNG_VERSION || in[1] < PCAPNG_CALL ||
	    in[1] > PCAPNG_FAILED || get16(in + 4) >= CPUS_MOST ||
	    (regs && regs != FFA_REGS) ||
	    (!regs && in[1] <= PCAPNG_RESULT) ||
	    PCAPNG_HEAD + 8 * regs + rule > size)
		return wrong(r, "not a packet of ffasim");
	kind = in[1] == PCAPNG_CALL ? TAPE_CALL :
	       in[1] == PCAPNG_RESULT ? TAPE_SEES :
	       in[1] == PCAPNG_EVENT ? TAPE_EVENT : TAPE_FAILED;
	name = r->interfaces->pdata[number];
	more = in + ((size + 3) & ~3u);
	comment = more < p + len ?
		  find_option(more, p + len, PCAPNG_COMMENT) : NULL;
	actor = g_strndup(name, strcspn(name, "@"));
	s = tape_add(r->tape, kind, !strcmp(name, nobody) ? TAPE_NO_LANE :
		     tape_lane(r->tape, actor, get16(in + 2), get16(in + 4)),
		     (uint64_t)get32(p + 4) << 32 | get32(p + 8),
		     comment ? comment : g_strdup("?"));
	if (s->lane >= LANES_MOST)
		return wrong(r, "too many endpoints on too many CPUs");
	if (s->lane == TAPE_NO_LANE && kind <= TAPE_SEES)
		return wrong(r, "a call of nobody");
	s->called = get32(in + 8);
	for (unsigned int i = 0; i < regs; i++)
		s->regs.x[i] = get64(in + PCAPNG_HEAD + 8 * i);
	if (rule)
		s->rule = g_strndup((const char *)in + PCAPNG_HEAD + 8 * regs,
				    rule);
	return true;
}

static bool block(struct reader *r)
{
	const uint8_t *p = r->data + r->at;
	gsize left = r->size - r->at;
	uint32_t type, size;

	if (left < 12)
		return wrong(r, "the file ends inside of a block");
	type = get32(p);
	size = get32(p + 4);
	/* of another byte order, its length cannot be read */
	if (type == (uint32_t)PCAPNG_SECTION &&
	    get32(p + 8) != (uint32_t)PCAPNG_MAGIC)
		return section(r, p + 8, left - 8);
	if (size < 12 || size % 4 || size > left)
		return wrong(r, size > left ? "the file ends inside of a block"
			     : "the length of the block is wrong");
	switch (type) {
	case PCAPNG_SECTION:
		if (!section(r, p + 8, size - 12))
			return false;
		break;
	case PCAPNG_INTERFACE:
		if (!interface(r, p + 8, size - 12))
			return false;
		break;
	case PCAPNG_PACKET:
		if (!packet(r, p + 8, size - 12))
			return false;
		break;
	default:	/* others may be there */
		break;
	}
	r->at += size;
	return true;
}

bool capture_is(const void *data, gsize size)
{
	return size >= 4 && get32(data) == (uint32_t)PCAPNG_SECTION;
}

struct tape *capture_read(const void *data, gsize size, char **error)
{
	struct reader r = {
		.data = data, .size = size, .error = error,
		.interfaces = g_ptr_array_new_with_free_func(g_free),
		.tape = tape_new(),
	};
	bool ok = capture_is(data, size) || wrong(&r, "not a pcapng file");

	while (ok && r.at < r.size)
		ok = block(&r);
	g_ptr_array_unref(r.interfaces);
	if (ok)
		return r.tape;
	tape_free(r.tape);
	return NULL;
}
