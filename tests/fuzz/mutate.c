/* SPDX-License-Identifier: BSD-3-Clause */
#include "mutate.h"

#include <string.h>

#include "sim/ops.h"

/* splitmix64 (public domain, S. Vigna) */
static uint32_t next(uint64_t *seed, uint32_t bound)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (uint32_t)((z ^ z >> 31) >> 16) % (bound ? bound : 1);
}

/* -- one row --------------------------------------------------------------- */

static void random_operand(uint8_t *p, uint64_t *seed)
{
	p[0] = (uint8_t)next(seed, 8);
	p[1] = (uint8_t)next(seed, OPS_K_COUNT);
	p[2] = (uint8_t)next(seed, next(seed, 4) ? 8 : 256);
	p[3] = next(seed, 8) ? 0 : (uint8_t)next(seed, 256);
}

/* A function that the ABI has. */
static uint8_t some_function(uint64_t *seed)
{
	uint32_t fid = ffa_fns[next(seed, FFA_FN_COUNT)].fid;

	return (uint8_t)(((fid & 0xff) - 0x60) |
			 (fid & 0x40000000 ? OPS_FN_WIDE : 0));
}

static void random_row(uint8_t *row, uint64_t *seed)
{
	memset(row, 0, OPS_ROW);
	row[0] = (uint8_t)(next(seed, 3) ? OPS_CALL : next(seed, OPS_COUNT));
	row[1] = next(seed, 4) ? 0 : (uint8_t)next(seed, OPS_MAX_CPUS);
	if (row[0] == OPS_CALL) {
		row[2] = some_function(seed);
		for (unsigned int i = next(seed, 3); i; i--)
			random_operand(row + 4 * i, seed);
		return;
	}
	for (unsigned int i = 2; i < OPS_ROW; i++)
		if (!next(seed, 3))
			row[i] = (uint8_t)next(seed, next(seed, 2) ? 8 : 256);
}

static void change_row(uint8_t *row, uint64_t *seed)
{
	switch (next(seed, 6)) {
	case 0:		/* on another CPU */
		row[1] = (uint8_t)next(seed, OPS_MAX_CPUS);
		break;
	case 1:		/* another function, or its other form */
		if (ops_op(row) == OPS_CALL && next(seed, 3))
			row[2] ^= OPS_FN_WIDE;
		else
			row[2] = some_function(seed);
		break;
	case 2:		/* another operand */
		random_operand(row + 4 + 4 * next(seed, 3), seed);
		break;
	case 3:		/* the next one of its kind */
		row[4 + next(seed, 12)] += (uint8_t)(next(seed, 2) ? 1 : 255);
		break;
	case 4:
		row[next(seed, OPS_ROW)] ^= (uint8_t)(1u << next(seed, 8));
		break;
	default:
		row[next(seed, OPS_ROW)] = (uint8_t)next(seed, 256);
		break;
	}
}

/* -- rows ------------------------------------------------------------------ */

struct rows {
	uint8_t *at;	/* operations */
	size_t n, most;
};

static void insert(struct rows *r, size_t at, const uint8_t *from, size_t n)
{
	if (r->n + n > r->most)
		n = r->most - r->n;
	memmove(r->at + (at + n) * OPS_ROW, r->at + at * OPS_ROW,
		(r->n - at) * OPS_ROW);
	memcpy(r->at + at * OPS_ROW, from, n * OPS_ROW);
	r->n += n;
}

static void erase(struct rows *r, size_t at, size_t n)
{
	memmove(r->at + at * OPS_ROW, r->at + (at + n) * OPS_ROW,
		(r->n - at - n) * OPS_ROW);
	r->n -= n;
}

/* A few rows that stand together. */
static size_t some(const struct rows *r, size_t at, uint64_t *seed)
{
	size_t n = 1 + next(seed, 8);

	return n < r->n - at ? n : r->n - at;
}

static void change_rows(struct rows *r, uint64_t *seed)
{
	static uint8_t kept[8 * OPS_ROW];
	size_t at = next(seed, (uint32_t)r->n), n, to;

	if (!r->n || !next(seed, 5)) {
		random_row(kept, seed);
		insert(r, next(seed, (uint32_t)r->n + 1), kept, 1);
		return;
	}
	n = some(r, at, seed);
	memcpy(kept, r->at + at * OPS_ROW, n * OPS_ROW);
	switch (next(seed, 5)) {
	case 0:
		erase(r, at, n);
		break;
	case 1:		/* again, somewhere */
		insert(r, next(seed, (uint32_t)r->n + 1), kept, n);
		break;
	case 2:		/* elsewhere */
		erase(r, at, n);
		to = next(seed, (uint32_t)r->n + 1);
		insert(r, to, kept, n);
		break;
	default:
		change_row(r->at + at * OPS_ROW, seed);
		break;
	}
}

size_t mutate_trace(uint8_t *data, size_t size, size_t most, uint32_t seed)
{
	uint64_t s = seed;
	size_t board = ops_board_rows(data, size);
	struct rows r;

	/* whole rows, as many as the board has at least */
	most -= most % OPS_ROW;
	while (size < most && (size % OPS_ROW || size < board * OPS_ROW))
		data[size++] = 0;
	if (most < (board + 1) * OPS_ROW)
		return size;
	if (size > most)
		size = most;
	if (!next(&s, 16)) {
		data[next(&s, (uint32_t)(board * OPS_ROW))] =
			(uint8_t)next(&s, 256);
		return size;
	}
	r.at = data + board * OPS_ROW;
	r.n = size / OPS_ROW - board;
	r.most = most / OPS_ROW - board;
	for (unsigned int n = 1 + next(&s, 3); n; n--)
		change_rows(&r, &s);
	return (board + r.n) * OPS_ROW;
}

size_t mutate_cross(const uint8_t *a, size_t a_size, const uint8_t *b,
		    size_t b_size, uint8_t *to, size_t most, uint32_t seed)
{
	uint64_t s = seed;
	size_t board = ops_board_rows(a, a_size), from, n, keep;

	a_size -= a_size % OPS_ROW;
	b_size -= b_size % OPS_ROW;
	if (a_size > most)
		a_size = most - most % OPS_ROW;
	keep = a_size;
	if (a_size / OPS_ROW > board)
		keep = (board + next(&s, (uint32_t)(a_size / OPS_ROW - board +
						    1))) * OPS_ROW;
	memcpy(to, a, keep);
	from = ops_board_rows(b, b_size) * OPS_ROW;
	if (from >= b_size)
		return keep;
	from += next(&s, (uint32_t)((b_size - from) / OPS_ROW)) * OPS_ROW;
	n = b_size - from;
	if (n > most - keep)
		n = (most - keep) - (most - keep) % OPS_ROW;
	memcpy(to + keep, b + from, n);
	return keep + n;
}
