/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A driver in the manner of a boot loader's: negotiates, looks for features,
 * maps buffers, finds a partition, sends it a message, shares a page with it,
 * and takes all that back. One of several mistakes can be asked for.
 *
 *	driver [--fault NAME] [--threads] [--record FILE] [SCENARIO]
 * Without SCENARIO the conduit is that of $FFASIM_CONDUIT.
 * Exit status: that of the conduit; 10: an answer was unexpected.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conduit.h"
#include "ffa/ffa_desc.h"

enum { PAGE = 4096, TX = 0x88000000, RX = 0x88001000, SHM = 0x89000000 };

static const char *fault = "";
static struct conduit *c;

static int is(const char *name)
{
	return !strcmp(fault, name);
}

static void fail(const char *what)
{
	fprintf(stderr, "driver: %s\n", what);
	exit(10);
}

static ffa_value_t smc(uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3,
		       uint64_t x4)
{
	ffa_value_t v = { { fid, x1, x2, x3, x4 } };

	ffa_smc(v, &v);
	return v;
}

static void must(const ffa_value_t *v, const char *what)
{
	if ((uint32_t)v->x[0] != (uint32_t)FFA_ID_SUCCESS)
		fail(what);
}

static void probe(void)
{
	ffa_value_t v = smc(FFA_ID_VERSION, FFA_V1_1, 0, 0, 0);

	if ((int32_t)v.x[0] < 0)
		fail("there is no SPMC");
	smc(FFA_ID_FEATURES, (uint32_t)FFA_ID_RXTX_MAP_64, 0, 0, 0);
	if (is("extra"))
		smc(FFA_ID_SPM_ID_GET, 0, 0, 0, 0);
	v = smc(FFA_ID_ID_GET, 0, 0, 0, 0);
	must(&v, "FFA_ID_GET");
}

/* The id of the only partition. */
static uint16_t find(void)
{
	struct ffa_partition_info info;
	ffa_value_t v;

	v = smc((uint32_t)FFA_ID_RXTX_MAP_64, TX, RX, is("pages") ? 2 : 1, 0);
	must(&v, "FFA_RXTX_MAP");
	v = smc(FFA_ID_PARTITION_INFO_GET, 0, 0, 0, 0);
	must(&v, "FFA_PARTITION_INFO_GET");
	if (v.x[2] != 1)
		fail("there is not one partition");
	memcpy(&info, conduit_map(c, RX, PAGE, false), sizeof(info));
	if (!is("missing")) {
		v = smc(FFA_ID_RX_RELEASE, 0, 0, 0, 0);
		must(&v, "FFA_RX_RELEASE");
	}
	return info.id;
}

static void ask(uint16_t id, uint32_t w3)
{
	ffa_value_t v = smc(FFA_ID_MSG_SEND_DIRECT_REQ_32,
			    is("register") ? id | 1 << 16 : id, 0, w3, 0);

	if ((uint32_t)v.x[0] != (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32)
		fail("no response");
}

static uint32_t describe(uint16_t id)
{
	uint8_t *tx = conduit_map(c, TX, PAGE, false);
	const struct ffa_mem_desc head = {
		.attributes = 0x2f, .emad_size = 16, .emad_count = 1,
		.emad_offset = 48,
	};
	const struct ffa_emad_v1_0 to = {
		.endpoint = id, .permissions = is("permissions") ? 1 : 2,
		.composite_offset = 64,
	};
	const struct ffa_composite pages = { 1, 1, 0 };
	const struct ffa_constituent range = { SHM, 1, 0 };

	memcpy(tx, &head, 48);
	memcpy(tx + 48, &to, 16);
	memcpy(tx + 64, &pages, 16);
	memcpy(tx + 80, &range, 16);
	return 96;
}

static void share(uint16_t id)
{
	uint32_t len = describe(id);
	ffa_value_t v;

	memcpy(conduit_map(c, SHM, PAGE, false), is("memory") ? "PING" :
	       "ping", 4);
	v = smc((uint32_t)FFA_ID_MEM_SHARE_32, len, len, 0, 0);
	must(&v, "FFA_MEM_SHARE");
	if (is("order"))
		smc(FFA_ID_RXTX_UNMAP, 0, 0, 0, 0);
	v = smc(FFA_ID_MEM_RECLAIM, v.x[2], v.x[3], 0, 0);
	must(&v, "FFA_MEM_RECLAIM");
}

/* What the other CPU does. */
static void *other(void *data)
{
	uint16_t *id = data;

	conduit_bind(c, 1);
	ask(*id, 2);
	return NULL;
}

int main(int argc, char **argv)
{
	const char *scenario = NULL, *spec = getenv("FFASIM_CONDUIT");
	struct conduit_options o = { .size = sizeof(o) };
	char *error = NULL;
	int threads = 0, code;
	pthread_t thread;
	uint16_t id;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--fault") && i + 1 < argc)
			fault = argv[++i];
		else if (!strcmp(argv[i], "--record") && i + 1 < argc)
			o.record = argv[++i];
		else if (!strcmp(argv[i], "--threads"))
			threads = 1;
		else
			scenario = argv[i];
	}
	c = scenario ? conduit_open_scenario(scenario, &o, &error) :
	    conduit_open(spec ? spec : "null", NULL, &error);
	if (!c) {
		fprintf(stderr, "%s\n", error);
		return 3;
	}
	conduit_bind(c, 0);
	probe();
	id = find();
	if (threads)
		pthread_create(&thread, NULL, other, &id);
	ask(id, 1);
	if (threads)
		pthread_join(thread, NULL);
	share(id);
	if (!is("order") && !is("end"))
		smc(FFA_ID_RXTX_UNMAP, 0, 0, 0, 0);
	if (is("more"))
		smc(FFA_ID_ID_GET, 0, 0, 0, 0);
	code = conduit_finish(c, NULL);
	conduit_close(c);
	return code;
}
