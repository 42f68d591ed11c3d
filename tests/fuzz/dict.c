/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dict TARGET: a dictionary of the ABI table for that target, in the form of
 * libFuzzer and AFL++: function and feature ids and error codes as registers
 * have them, codes of functions as traces have them, or names.
 */
#include <stdio.h>
#include <string.h>

#include "ffa/ffa.h"

static void put_bytes(uint64_t v, unsigned int n)
{
	putchar('"');
	for (; n; n--, v >>= 8)
		printf("\\x%02x", (unsigned int)(v & 0xff));
	puts("\"");
}

static void put_registers(void)
{
	for (unsigned int i = 0; i < FFA_FN_COUNT; i++)
		put_bytes(ffa_fns[i].fid, 8);
	for (unsigned int i = 0; i < ffa_feature_count; i++)
		put_bytes(ffa_features[i].id, 8);
	for (unsigned int i = 0; i < ffa_error_count; i++)
		put_bytes((uint32_t)ffa_errors[i].code, 8);
	for (unsigned int minor = 0; minor < 4; minor++)
		put_bytes(FFA_VER(1, minor), 8);
}

/* A call by its first three bytes: OPS_CALL, the CPU, the function. */
static void put_calls(void)
{
	for (unsigned int i = 0; i < FFA_FN_COUNT; i++)
		put_bytes((uint64_t)(((ffa_fns[i].fid & 0xff) - 0x60) |
				     (ffa_fns[i].fid >> 23 & 0x80)) << 16, 3);
}

static void put_names(void)
{
	for (unsigned int i = 0; i < FFA_FN_COUNT; i++) {
		const struct ffa_field *f;
		unsigned int n;

		printf("\"%s(\"\n", ffa_fns[i].name);
		f = ffa_args((enum ffa_fn)i, &n);
		for (unsigned int k = 0; k < n; k++)
			printf("\"%s=\"\n", f[k].name);
	}
	for (unsigned int i = 0; i < ffa_error_count; i++)
		printf("\"%s\"\n", ffa_errors[i].name);
	for (unsigned int i = 0; i < ffa_feature_count; i++)
		printf("\"%s\"\n", ffa_features[i].name);
}

int main(int argc, char **argv)
{
	const char *target = argc > 1 ? argv[1] : "";

	if (!strcmp(target, "fuzz_ffs"))
		put_names();
	else if (!strcmp(target, "fuzz_trace") ||
		 !strcmp(target, "fuzz_pair"))
		put_calls();
	else
		put_registers();
	return 0;
}
