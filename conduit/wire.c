/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire.h"

#include <endian.h>
#include <string.h>

static const char magic[8] = { 'f', 'f', 'a', 's', 'i', 'm', '\r', '\n' };

static void put16(uint8_t *at, uint16_t v)
{
	v = htole16(v);
	memcpy(at, &v, sizeof(v));
}

static void put32(uint8_t *at, uint32_t v)
{
	v = htole32(v);
	memcpy(at, &v, sizeof(v));
}

static void put64(uint8_t *at, uint64_t v)
{
	v = htole64(v);
	memcpy(at, &v, sizeof(v));
}

static uint16_t get16(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return le16toh(v);
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return le32toh(v);
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return le64toh(v);
}

static bool is_zero(const uint8_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (at[i])
			return false;
	return true;
}

void wire_put_header(uint8_t *frame, const struct wire_header *h)
{
	put32(frame, h->length);
	frame[4] = h->type;
	frame[5] = h->status;
	put16(frame + 6, h->cpu);
	put32(frame + 8, h->tag);
	put32(frame + 12, h->maps);
}

void wire_get_header(const uint8_t *frame, struct wire_header *h)
{
	h->length = get32(frame);
	h->type = frame[4];
	h->status = frame[5];
	h->cpu = get16(frame + 6);
	h->tag = get32(frame + 8);
	h->maps = get32(frame + 12);
}

const char *wire_bad(const struct wire_header *h)
{
	static const uint16_t lengths[] = {
		[WIRE_HELLO] = WIRE_HELLO_FRAME,
		[WIRE_CALL] = WIRE_CALL_FRAME,
		[WIRE_ENTER] = WIRE_HEADER,
		[WIRE_MAP] = WIRE_MAP_FRAME,
		[WIRE_RING] = WIRE_HEADER,
		[WIRE_BYE] = WIRE_HEADER,
	};

	if (h->type < WIRE_HELLO || h->type > WIRE_BYE)
		return "no request has this type";
	if (h->length != lengths[h->type])
		return "a request of this type has another length";
	if (h->status || h->maps)
		return "status and maps of a request are zero";
	if (h->cpu && h->type != WIRE_CALL && h->type != WIRE_ENTER)
		return "only CALL and ENTER have a CPU";
	return NULL;
}

void wire_put_regs(uint8_t *frame, const struct ffa_value *regs)
{
	for (unsigned int i = 0; i < FFA_REGS; i++)
		put64(frame + WIRE_HEADER + 8 * i, regs->x[i]);
}

void wire_get_regs(const uint8_t *frame, struct ffa_value *regs)
{
	for (unsigned int i = 0; i < FFA_REGS; i++)
		regs->x[i] = get64(frame + WIRE_HEADER + 8 * i);
}

void wire_put_hello(uint8_t *frame, const struct wire_hello *v)
{
	uint8_t *at = frame + WIRE_HEADER;

	memset(at, 0, WIRE_HELLO_FRAME - WIRE_HEADER);
	memcpy(at, magic, sizeof(magic));
	put16(at + 8, v->version);
	memcpy(at + 16, v->name, strnlen(v->name, WIRE_NAME));
}

bool wire_get_hello(const uint8_t *frame, struct wire_hello *v)
{
	const uint8_t *at = frame + WIRE_HEADER;
	size_t len;

	v->version = get16(at + 8);
	memcpy(v->name, at + 16, WIRE_NAME);
	v->name[WIRE_NAME] = '\0';
	len = strlen(v->name);
	return !memcmp(at, magic, sizeof(magic)) && v->version &&
	       is_zero(at + 10, 6) && is_zero(at + 16 + len, WIRE_NAME - len);
}

void wire_put_welcome(uint8_t *frame, const struct wire_welcome *v)
{
	uint8_t *at = frame + WIRE_HEADER;

	put16(at, v->version);
	put16(at + 2, v->id);
	put16(at + 4, v->cpus);
	put16(at + 6, v->contexts);
	put32(at + 8, v->ffa);
	put32(at + 12, 0);
}

void wire_get_welcome(const uint8_t *frame, struct wire_welcome *v)
{
	const uint8_t *at = frame + WIRE_HEADER;

	v->version = get16(at);
	v->id = get16(at + 2);
	v->cpus = get16(at + 4);
	v->contexts = get16(at + 6);
	v->ffa = get32(at + 8);
}

void wire_put_map(uint8_t *frame, const struct wire_map *v)
{
	uint8_t *at = frame + WIRE_HEADER;

	put64(at, v->pa);
	put64(at + 8, v->len);
	put32(at + 16, v->secure);
	put32(at + 20, 0);
}

bool wire_get_map(const uint8_t *frame, struct wire_map *v)
{
	const uint8_t *at = frame + WIRE_HEADER;
	uint32_t secure = get32(at + 16);

	v->pa = get64(at);
	v->len = get64(at + 8);
	v->secure = secure;
	return secure <= 1 && is_zero(at + 20, 4);
}

size_t wire_put_runs(uint8_t *frame, const struct wire_run *runs, size_t n)
{
	uint8_t *at = frame + WIRE_HEADER;

	put32(at, (uint32_t)n);
	put32(at + 4, 0);
	at += 8;
	for (size_t i = 0; i < n; i++, at += WIRE_RUN) {
		put64(at, runs[i].pa);
		put64(at + 8, runs[i].len);
		put64(at + 16, runs[i].offset);
		put32(at + 24, runs[i].rights);
		put32(at + 28, 0);
	}
	return (size_t)(at - frame);
}

bool wire_get_runs(const uint8_t *frame, size_t length,
		   struct wire_run runs[WIRE_RUNS], size_t *n)
{
	const uint8_t *at = frame + WIRE_HEADER;

	if (length < WIRE_RUNS_HEAD)
		return false;
	*n = get32(at);
	if (*n > WIRE_RUNS || length != WIRE_RUNS_HEAD + *n * WIRE_RUN)
		return false;
	at += 8;
	for (size_t i = 0; i < *n; i++, at += WIRE_RUN) {
		runs[i].pa = get64(at);
		runs[i].len = get64(at + 8);
		runs[i].offset = get64(at + 16);
		runs[i].rights = get32(at + 24);
	}
	return true;
}
