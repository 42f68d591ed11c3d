/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is measured, and how good it has to be: result.c. BASE names the output
 * of an earlier run to compare with.
 *
 * Both sides of a ratio take turns, each pair gives a ratio, and the median
 * counts: a busy machine slows both. Calls go the way of a driver's. FFASIM
 * names the program; without it start.ratio is left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "conduit.h"
#include "spmc.h"

enum {
	ROUNDS = 101,
	BATCH = 2000,		/* calls */
	INITS = 200,
	STARTS = 101,
	PARTITIONS = 8,
};

extern char **environ;

static const char board_text[] =
	"ffs 1\n"
	"board cpus=1\n"
	"part ns id=0x0000 kind=vm\n"
	"part echo id=0x8001 kind=sp "
	"uuid=b4b5671e-4a90-4fe1-b81f-fb13dae1dacb can=direct run=echo\n";

static const char scenario_text[] =
	"ffs 1\n"
	"ns@0 FFA_ID_GET() = FFA_SUCCESS(id=0)\n";

static const ffa_value_t id_get = { .x = { (uint32_t)FFA_ID_ID_GET } };
static const ffa_value_t direct = {
	.x = { (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32, 0x8001, 0, 1, 2, 3 },
};

void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(99);
}

double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
	return v[n / 2];
}

static char *temporary(const char *text)
{
	char *path = g_build_filename(g_get_tmp_dir(), "bench-XXXXXX.ffs",
				      NULL);
	int fd = g_mkstemp(path);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fail(path, g_strerror(errno));
	close(fd);
	return path;
}

/* -- calls ----------------------------------------------------------------- */

/* ns of one call */
static double time_calls(struct conduit *c, const ffa_value_t *call)
{
	ffa_value_t res;
	double from;

	conduit_bind(c, 0);
	from = now_ns();
	for (int i = 0; i < BATCH; i++)
		ffa_smc(*call, &res);
	return (now_ns() - from) / BATCH;
}

static void must_answer(struct conduit *c, const ffa_value_t *call,
			uint32_t id)
{
	ffa_value_t res;

	conduit_bind(c, 0);
	ffa_smc(*call, &res);
	if (res.x[0] != id) {
		g_autofree char *got = g_strdup_printf(
			"0x%llx 0x%llx 0x%llx", (unsigned long long)res.x[0],
			(unsigned long long)res.x[1],
			(unsigned long long)res.x[2]);

		fail("wrong answer", got);
	}
}

/* Median of cost into `c` over cost into `null`. */
static double time_ratio(struct conduit *null, struct conduit *c,
			 const ffa_value_t *call, double *null_ns)
{
	double ratio[ROUNDS], ns[ROUNDS];

	time_calls(null, call);
	time_calls(c, call);
	for (int i = 0; i < ROUNDS; i++) {
		ns[i] = time_calls(null, call);
		ratio[i] = time_calls(c, call) / ns[i];
	}
	*null_ns = median(ns, ROUNDS);
	return median(ratio, ROUNDS);
}

/* The same call with a filter over without. */
static void bench_filter(const char *path, struct conduit *board,
			 const char *filter, const char *name)
{
	struct conduit_options o = { .size = sizeof(o), .filters = filter };
	char *error = NULL;
	struct conduit *c = conduit_open_board(path, &o, &error);
	double unused;

	if (!c)
		fail(name, error);
	must_answer(c, &id_get, (uint32_t)FFA_ID_SUCCESS);
	bench_result(name, time_ratio(board, c, &id_get, &unused));
	conduit_close(c);
}

/* Returns call.null.ns. */
static double bench_calls(void)
{
	g_autofree char *path = temporary(board_text);
	struct conduit *null, *board;
	char *error = NULL;
	double ns, unused, ratio;

	null = conduit_open("null", NULL, &error);
	if (!null)
		fail("null", error);
	board = conduit_open_board(path, NULL, &error);
	if (!board)
		fail("board", error);
	must_answer(null, &id_get, (uint32_t)FFA_ID_SUCCESS);
	must_answer(board, &id_get, (uint32_t)FFA_ID_SUCCESS);
	must_answer(board, &direct, (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32);

	ratio = time_ratio(null, board, &id_get, &ns);
	bench_result("call.null.ns", ns);
	bench_result("call.id_get.ratio", ratio);
	bench_result("call.direct_echo.ratio",
		     time_ratio(null, board, &direct, &unused));
	bench_filter(path, board, "log=/dev/null", "filter.log.ratio");
	bench_filter(path, board, "lint=/dev/null", "filter.lint.ratio");
	g_unlink(path);
	conduit_close(board);
	conduit_close(null);
	return ns;
}

/* -- init ------------------------------------------------------------------ */

static void bench_init(void)
{
	struct spmc_endpoint_config endpoints[1 + PARTITIONS] = {
		{ .kind = SPMC_NS_PRIMARY, .ec_count = 1,
		  .version = FFA_V1_2 },
	};
	struct spmc_region ram = {
		.base = 0x80000000, .pages = 0x10000,
	};
	struct spmc_config cfg = {
		.size = sizeof(cfg),
		.version = FFA_V1_2,
		.cpus = 1,
		.endpoint_count = 1 + PARTITIONS,
		.region_count = 1,
		.rxtx_max_pages = 1,
		.endpoints = endpoints,
		.regions = &ram,
	};
	double us[ROUNDS];
	const char *why;
	void *block;
	int where;

	for (uint16_t i = 1; i <= PARTITIONS; i++)
		endpoints[i] = (struct spmc_endpoint_config){
			.id = FFA_ID_SECURE + i,
			.kind = SPMC_SP_EL1,
			.ec_count = 1,
			.version = FFA_V1_2,
			.props = FFA_PART_RECV_DIRECT | FFA_PART_AARCH64,
			.uuid_count = 1,
			.uuids = { { .b = { (uint8_t)i, 1 } } },
		};
	why = spmc_check_config(&cfg, &where);
	if (why)
		fail("init", why);
	block = g_malloc(spmc_size(&cfg));
	for (int r = 0; r < ROUNDS; r++) {
		double from = now_ns();

		for (int i = 0; i < INITS; i++)
			if (!spmc_init(block, &cfg))
				fail("init", "no SPMC");
		us[r] = (now_ns() - from) / 1e3 / INITS;
	}
	bench_result("init.us", median(us, ROUNDS));
	g_free(block);
}

/* -- start ----------------------------------------------------------------- */

/* ms from spawn to exit */
static double time_start(char *const argv[])
{
	posix_spawn_file_actions_t to_null;
	double from = now_ns();
	pid_t pid;
	int status;

	posix_spawn_file_actions_init(&to_null);
	posix_spawn_file_actions_addopen(&to_null, STDOUT_FILENO, "/dev/null",
					 O_WRONLY, 0);
	errno = posix_spawn(&pid, argv[0], &to_null, NULL, argv, environ);
	if (errno)
		fail(argv[0], g_strerror(errno));
	if (waitpid(pid, &status, 0) < 0)
		fail(argv[0], g_strerror(errno));
	if (status)
		fail(argv[0], "did not exit with 0");
	posix_spawn_file_actions_destroy(&to_null);
	return (now_ns() - from) / 1e6;
}

static void bench_start(void)
{
	char *ffasim = getenv("FFASIM");
	g_autofree char *path = temporary(scenario_text);
	char *run[] = { ffasim, (char *)"run", path, NULL };
	char *nothing[] = { (char *)"/bin/true", NULL };
	double ratio[STARTS];

	if (ffasim) {
		time_start(run);
		time_start(nothing);
		for (int i = 0; i < STARTS; i++) {
			double ms = time_start(run);

			ratio[i] = ms / time_start(nothing);
		}
		bench_result("start.ratio", median(ratio, STARTS));
	}
	g_unlink(path);
}

/* NAME VALUE: the line of what was measured elsewhere. */
int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	bench_base(getenv("BASE"));
	if (argc == 3) {
		bench_result(argv[1], strtod(argv[2], NULL));
		return 0;
	}
	bench_mem(bench_calls());
	bench_init();
	bench_serve();
	bench_fuzz();
	bench_reset();
	bench_start();
	return 0;
}
