/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of docs/wire.md, one behind the other: what is read is put back as it
 * was, but for what is reserved.
 */
#include <string.h>

#include "conduit/wire.h"
#include "fuzz.h"

static void must_be(const void *a, const void *b, size_t size)
{
	if (memcmp(a, b, size))
		fuzz_fails("WIRE", "a frame is read as another one");
}

static void check_body(const uint8_t *frame, const struct wire_header *h)
{
	static uint8_t again[WIRE_MAX];
	struct wire_hello hello, hello2;
	struct wire_map map, map2;
	struct ffa_value regs, regs2;

	memset(again, 0, sizeof(again));
	wire_put_header(again, h);
	must_be(again, frame, WIRE_HEADER);
	switch ((enum wire_type)h->type) {
	case WIRE_HELLO:
		memset(&hello, 0, sizeof(hello));
		memset(&hello2, 0, sizeof(hello2));
		if (!wire_get_hello(frame, &hello))
			break;
		wire_put_hello(again, &hello);
		if (!wire_get_hello(again, &hello2) ||
		    hello.version != hello2.version ||
		    strcmp(hello.name, hello2.name))
			fuzz_fails("WIRE", "HELLO is read as another one");
		break;
	case WIRE_CALL:
		wire_get_regs(frame, &regs);
		wire_put_regs(again, &regs);
		must_be(again, frame, WIRE_CALL_FRAME);
		wire_get_regs(again, &regs2);
		must_be(&regs, &regs2, sizeof(regs));
		break;
	case WIRE_MAP:
		if (!wire_get_map(frame, &map))
			break;
		wire_put_map(again, &map);
		if (!wire_get_map(again, &map2) || map.pa != map2.pa ||
		    map.len != map2.len || map.secure != map2.secure)
			fuzz_fails("WIRE", "MAP is read as another one");
		break;
	case WIRE_ENTER:
	case WIRE_RING:
	case WIRE_BYE:
		break;
	}
}

/* A client reads these. */
static void check_runs(const uint8_t *data, size_t size)
{
	static uint8_t again[WIRE_MAX];
	struct wire_run runs[WIRE_RUNS], runs2[WIRE_RUNS];
	size_t n, n2;

	if (size < WIRE_RUNS_HEAD || size > WIRE_MAX ||
	    !wire_get_runs(data, size, runs, &n))
		return;
	if (wire_put_runs(again, runs, n) > size ||
	    !wire_get_runs(again, WIRE_RUNS_HEAD + n * WIRE_RUN, runs2, &n2) ||
	    n != n2)
		fuzz_fails("WIRE", "runs are read as others");
	fuzz_hash += n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_hash = 0;
	check_runs(data, size);
	for (size_t at = 0; size - at >= WIRE_HEADER;) {
		struct wire_header h;

		wire_get_header(data + at, &h);
		fuzz_hash = fuzz_hash * 31 + h.type;
		if (wire_bad(&h) || h.length > size - at)
			break;
		check_body(data + at, &h);
		at += h.length;
	}
	fuzz_ran();
	return 0;
}
