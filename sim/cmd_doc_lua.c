/* SPDX-License-Identifier: BSD-3-Clause */
/* A Wireshark dissector: tables from the ABI's, then dissector.lua. */
#include <stdio.h>
#include <string.h>

#include "sim/cmd.h"

static const char *const kinds[] = {
	[FFA_K_UINT] = "uint", [FFA_K_HEX] = "hex", [FFA_K_BOOL] = "bool",
	[FFA_K_ID] = "id", [FFA_K_SENDER] = "id", [FFA_K_RECEIVER] = "id",
	[FFA_K_ADDR] = "addr", [FFA_K_VER] = "ver", [FFA_K_ERR] = "err",
	[FFA_K_FID] = "fid", [FFA_K_UUIDW] = "uuidw", [FFA_K_UUIDX] = "uuidx",
	[FFA_K_HANDLE] = "handle",
};

static void put_names(const struct ffa_field *f)
{
	bool any = false;

	for (unsigned int i = 0; i < ffa_name_count; i++) {
		const struct ffa_named *n = &ffa_names[i];

		if (n->fn != f->fn || strcmp(n->field, f->name))
			continue;
		printf("%s[0x%x] = \"%s\"", any ? ", " : ", names = { ",
		       n->value, n->name);
		any = true;
	}
	if (any)
		printf(" }");
}

static void put_fields(const char *name, const struct ffa_field *f,
		       unsigned int n)
{
	printf("\t\t%s = {\n", name);
	for (unsigned int i = 0; i < n; i++) {
		printf("\t\t\t{ name = \"%s\", reg = %u, lo = %u, hi = %u, "
		       "kind = \"%s\"", f[i].name, f[i].reg, f[i].lo, f[i].hi,
		       kinds[f[i].kind]);
		put_names(&f[i]);
		printf(" },\n");
	}
	printf("\t\t},\n");
}

void cmd_doc_lua(void)
{
	puts("-- SPDX-License-Identifier: BSD-3-Clause\n"
	     "-- Captures of ffasim in Wireshark and tshark. Made by `ffasim "
	     "doc --wireshark`;\n"
	     "-- wireshark -X lua_script:ffasim.lua FILE\n");
	puts("local errors = {");
	for (unsigned int i = 0; i < ffa_error_count; i++)
		printf("\t[%d] = \"%s\",\n", ffa_errors[i].code,
		       ffa_errors[i].name);
	puts("}\nlocal functions = {");
	for (unsigned int i = 0; i < FFA_FN_COUNT; i++) {
		const struct ffa_fn_info *fn = &ffa_fns[i];
		const struct ffa_field *f;
		unsigned int n;

		printf("\t[0x%x] = { name = \"%s\",%s%s\n", fn->fid, fn->name,
		       fn->succ == FFA_SUCC_BARE ? " bare = true," : "",
		       i == FFA_FN_SUCCESS || i == FFA_FN_SUCCESS_64 ?
		       " success = true," : "");
		f = ffa_args((enum ffa_fn)i, &n);
		put_fields("args", f, n);
		f = ffa_rets((enum ffa_fn)i, &n);
		put_fields("rets", f, n);
		puts("\t},");
	}
	puts("}");
	fputs(cmd_lua, stdout);
}
