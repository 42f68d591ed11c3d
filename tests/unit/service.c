/* SPDX-License-Identifier: BSD-3-Clause */
#include "service.h"

#include <check.h>
#include <glib.h>
#include <string.h>

#include "ffa/ffa_desc.h"
#include "sim/board.h"
#include "sim/ffs.h"

static struct ffs_diags *diags;
static struct ffs_file *file;
static struct board *board;
static struct machine *machine;
static char *text;

enum { TX = SERVICE_NS, RX = SERVICE_NS + 0x1000 };

void service_begin(const char *part)
{
	char *error = NULL;
	struct spmc_outcome out;

	text = g_strdup_printf("ffs 1\nboard npi=5 sri=8\npart ns id=0 kind=vm"
			       "\n%s\n", part);
	diags = ffs_diags_new();
	file = ffs_parse_text("t.ffs", text, strlen(text), diags);
	ffs_check(file, diags);
	ck_assert_msg(!diags->errors, "%s", ffs_diags_format(diags, false));
	board = board_new(file, NULL, NULL, diags);
	ck_assert_msg(board != NULL, "%s", ffs_diags_format(diags, false));
	machine = board_machine(board, 1, &error);
	ck_assert_msg(machine != NULL, "%s", error);
	machine_set_check(machine, MACHINE_CHECK_CALLS);
	ck_assert_int_eq(machine_boot(machine, 0, true, &out), MACHINE_PLAYED);
	ck_assert_uint_eq(out.endpoint, 0);
	service_call(&(struct ffa_value){
		{ (uint32_t)FFA_ID_RXTX_MAP_64, TX, RX, 1 } });
}

void service_end(void)
{
	machine_free(machine);
	board_free(board);
	ffs_file_free(file);
	ffs_diags_free(diags);
	g_free(text);
}

struct machine *service_machine(void)
{
	return machine;
}

uint8_t *service_at(uint64_t pa)
{
	uint8_t *p = machine_map(machine, pa, 1, false);

	ck_assert_ptr_nonnull(p);
	return p;
}

struct ffa_value service_call(const struct ffa_value *in)
{
	struct spmc_outcome out;

	ck_assert_int_eq(machine_call(machine, 0, in, &out), MACHINE_PLAYED);
	ck_assert_uint_eq(out.endpoint, 0);
	return out.regs;
}

struct ffa_value service_send(uint32_t w3, uint32_t w4, uint32_t w5,
			      uint32_t w6, uint32_t w7)
{
	return service_call(&(struct ffa_value){
		{ (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32, SERVICE_ID, 0, w3,
		  w4, w5, w6, w7 } });
}

uint64_t service_share(uint64_t pa, unsigned int pages)
{
	struct {
		struct ffa_mem_desc desc;
		struct ffa_emad emad;
		struct ffa_composite composite;
		struct ffa_constituent range;
	} d = {
		.desc = { .attributes = 0x2f, .emad_count = 1,
			  .emad_size = sizeof(d.emad),
			  .emad_offset = sizeof(d.desc) },
		.emad = { .endpoint = SERVICE_ID, .permissions = 2,
			  .composite_offset = sizeof(d.desc) +
					      sizeof(d.emad) },
		.composite = { .page_count = pages, .range_count = 1 },
		.range = { pa, pages, 0 },
	};
	struct ffa_value v;

	memcpy(service_at(TX), &d, sizeof(d));
	v = service_call(&(struct ffa_value){
		{ (uint32_t)FFA_ID_MEM_SHARE_32, sizeof(d), sizeof(d) } });
	ck_assert_uint_eq(v.x[0], (uint32_t)FFA_ID_SUCCESS);
	return v.x[2] | v.x[3] << 32;
}

uint64_t service_random(uint64_t bound)
{
	return machine_random(machine, bound);
}
