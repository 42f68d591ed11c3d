/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a target without an engine: each file that is named, or is in a
 * directory that is named, twice; the second run must come to the same state.
 * Without files: the empty input. `-m N` first: also N mutations of each file,
 * as a trace. What was hit is printed.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "mutate.h"

enum { ROOM = 4096 };

static unsigned int inputs, mutations;

/* A copy of just that size, so that a sanitizer sees what is behind it. */
static uint64_t once(const uint8_t *data, size_t size)
{
	uint8_t *copy = g_malloc0(size ? size : 1);

	if (size)
		memcpy(copy, data, size);
	fuzz_hash = 0;
	LLVMFuzzerTestOneInput(copy, size);
	g_free(copy);
	return fuzz_hash;
}

static bool twice(const char *name, const uint8_t *data, size_t size)
{
	uint64_t first = once(data, size);

	inputs++;
	if (once(data, size) == first)
		return true;
	fprintf(stderr, "fuzz: I14: %s: another state the second time\n",
		name);
	return false;
}

static bool mutated(const char *name, const char *data, gsize size)
{
	static uint8_t buf[ROOM];
	bool ok = true;

	for (unsigned int i = 0; i < mutations && ok; i++) {
		gsize n = MIN(size, ROOM);

		memcpy(buf, data, n);
		n = mutate_trace(buf, n, ROOM, i);
		ok = twice(name, buf, n);
	}
	return ok;
}

static bool file(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *data = NULL;
	gsize size;

	if (g_file_get_contents(path, &data, &size, &error))
		return twice(path, (const uint8_t *)data, size) &&
		       mutated(path, data, size);
	fprintf(stderr, "fuzz: %s\n", error->message);
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool directory(const char *path)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;
	bool ok = true;

	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_build_filename(path, name, NULL));
	if (dir)
		g_dir_close(dir);
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++)
		ok = file(names->pdata[i]) && ok;
	return ok;
}

static void put_hits(void)
{
	unsigned int rules = 0, cells = 0, fns = 0;

	for (unsigned int i = 1; i < spmc_rule_count; i++)
		rules += fuzz_cover.rule[i] > 0;
	for (unsigned int i = 0; i < FFA_FN_COUNT; i++)
		fns += fuzz_cover.fn[i] > 0;
	for (unsigned int m = 0; m < SPMC_MACHINE_COUNT; m++)
		for (unsigned int s = 0; s < SPMC_MAX_STATES; s++)
			for (unsigned int e = 0; e < SPMC_MAX_EVENTS; e++)
				cells += fuzz_cover.cell[m][s][e] > 0;
	printf("inputs=%u calls=%" G_GUINT64_FORMAT
	       " functions=%u rules=%u cells=%u\n", inputs, fuzz_calls, fns,
	       rules, cells);
}

int main(int argc, char **argv)
{
	bool ok = true;

	fuzz_wants_hash = true;
	if (argc < 2)
		ok = twice("empty", NULL, 0);
	if (argc > 2 && !strcmp(argv[1], "-m")) {
		mutations = (unsigned int)atoi(argv[2]);
		argv += 2;
		argc -= 2;
	}
	for (int i = 1; i < argc; i++)
		ok = (g_file_test(argv[i], G_FILE_TEST_IS_DIR) ?
		      directory(argv[i]) : file(argv[i])) && ok;
	put_hits();
	return ok ? 0 : 1;
}
