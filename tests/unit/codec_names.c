/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "codec_names.h"

const struct codec_place codec_places[CODEC_PLACES] = {
	{ FFA_K_ID, "ns", 0 },
	{ FFA_K_ID, "sp1", 0x8001 },
	{ FFA_K_ID, "sp2", 0x8002 },
	{ FFA_K_ADDR, "nstx", 0x88000000 },
	{ FFA_K_ADDR, "nsrx", 0x88001000 },
	{ FFA_K_HANDLE, "$h", 0x123456789 },
};

static const char *name_of(void *data, enum ffa_kind kind, uint64_t num)
{
	(void)data;
	for (unsigned int i = 0; i < CODEC_PLACES; i++)
		if (codec_places[i].kind == kind && codec_places[i].num == num)
			return codec_places[i].name;
	return NULL;
}

static bool value_of(void *data, enum ffa_kind kind, const char *name,
		     uint64_t *num)
{
	(void)data;
	for (unsigned int i = 0; i < CODEC_PLACES; i++)
		if (codec_places[i].kind == kind &&
		    !strcmp(codec_places[i].name, name)) {
			*num = codec_places[i].num;
			return true;
		}
	return false;
}

struct codec_ctx codec_context(enum codec_mode mode, int self)
{
	return (struct codec_ctx){
		.mode = mode, .self = self, .name_of = name_of,
		.value_of = value_of,
	};
}
