/* SPDX-License-Identifier: BSD-3-Clause */
/* Boards: what lines and defaults make of memory and endpoints. */
#include <glib.h>
#include <string.h>

#include "sim/board.h"
#include "sim/ffs.h"
#include "sim/run.h"
#include "unit.h"

static struct ffs_file *file;
static struct ffs_diags *diags;

static struct board *make(const char *text, const struct run_options *o)
{
	diags = ffs_diags_new();
	file = ffs_parse_text("t.ffs", text, strlen(text), diags);
	ffs_check(file, diags);
	ck_assert_msg(!diags->errors, "%s", ffs_diags_format(diags, false));
	return board_new(file, NULL, o, diags);
}

static void done(struct board *b)
{
	board_free(b);
	ffs_file_free(file);
	ffs_diags_free(diags);
}

/* The region that holds `pa`. */
static const struct spmc_region *at(const struct board *b, uint64_t pa)
{
	for (unsigned int i = 0; i < b->config.region_count; i++) {
		const struct spmc_region *r = &b->config.regions[i];

		if (pa >= r->base && pa - r->base < r->pages * FFA_PAGE_SIZE)
			return r;
	}
	return NULL;
}

START_TEST(there_are_defaults)
{
	struct board *b = make("ffs 1\n", NULL);

	ck_assert_uint_eq(b->config.cpus, 1);
	ck_assert_uint_eq(b->config.version, FFA_V1_2);
	ck_assert_uint_eq(b->config.endpoint_count, 1);
	ck_assert_str_eq(b->parts[0].name, "ns");
	ck_assert_uint_eq(b->config.region_count, 2);
	ck_assert_uint_eq(at(b, 0x80000000)->owner, 0);
	ck_assert_uint_eq(at(b, 0xffffffff)->attrs, 0);
	ck_assert_uint_eq(at(b, 0x0e000000)->owner, FFA_ID_SPMC);
	ck_assert_uint_eq(at(b, 0x0e000000)->attrs, SPMC_REGION_SECURE);
	ck_assert_uint_eq(b->seed, 1);
	done(b);
}
END_TEST

START_TEST(lines_come_before_options)
{
	static const char text[] = "ffs 1\nffa 1.1\nboard cpus=4 seed=9 "
		"spmc=1.2 rxtx-max=2 sri=8\npart sp1 id=0x8001\n";
	const struct run_options o = {
		.ffa = "1.0", .seed = 3, .has_seed = true,
	};
	struct board *b = make(text, NULL);

	ck_assert_uint_eq(b->config.version, FFA_V1_2);
	ck_assert_uint_eq(b->endpoints[1].version, FFA_V1_1);
	ck_assert_uint_eq(b->config.cpus, 4);
	ck_assert_uint_eq(b->config.rxtx_max_pages, 2);
	ck_assert_uint_eq(b->config.sri, 8);
	ck_assert_uint_eq(b->seed, 9);
	done(b);
	b = make(text, &o);
	ck_assert_uint_eq(b->config.version, FFA_V1_0);
	ck_assert_uint_eq(b->endpoints[1].version, FFA_V1_0);
	ck_assert_uint_eq(b->seed, 3);
	done(b);
}
END_TEST

START_TEST(parts_become_endpoints)
{
	struct board *b = make(
		"ffs 1\nboard cpus=2\n"
		"part a id=0x8005 el=s-el0 can=direct,notif pm=off,resume\n"
		"part b ec=2 exec=aarch32 boot-order=7 ns-action=queued "
		"uuid=b4b5671e-4a90-4fe1-b81f-fb13dae1dacb,"
		"d1582309-f023-47b9-827c-4464f5578fc8\n"
		"part v1 kind=vm id=3\n"
		"part lin kind=hyp\n"
		"part c id=0x8001\n"
		"part e run=\"yield:3\"\n", NULL);
	const struct spmc_endpoint_config *e;

	ck_assert_ptr_nonnull(b);
	e = b->endpoints;
	ck_assert_uint_eq(b->config.endpoint_count, 6);
	ck_assert_str_eq(b->parts[0].name, "lin");
	ck_assert_uint_eq(e[0].kind, SPMC_NS_PRIMARY);
	ck_assert_uint_eq(e[0].id, 0);
	ck_assert_uint_eq(e[1].kind, SPMC_SP_EL0);
	ck_assert_uint_eq(e[1].props, FFA_PART_RECV_DIRECT |
			  FFA_PART_NOTIFICATION | FFA_PART_AARCH64);
	ck_assert_uint_eq(e[1].pm, SPMC_PM_CPU_OFF | SPMC_PM_CPU_RESUME);
	ck_assert_uint_eq(e[1].uuids[0].b[14], 0x80);
	ck_assert_uint_eq(e[1].uuids[0].b[15], 0x05);
	ck_assert_uint_eq(e[2].id, 0x8002);
	ck_assert_uint_eq(e[2].uuid_count, 2);
	ck_assert_uint_eq(e[2].uuids[1].b[0], 0xd1);
	ck_assert(e[2].aarch32 && !(e[2].props & FFA_PART_AARCH64));
	ck_assert_uint_eq(e[2].boot_order, 7);
	ck_assert_uint_eq(e[2].ns_action, SPMC_NS_QUEUED);
	ck_assert_uint_eq(e[3].kind, SPMC_VM);
	ck_assert_uint_eq(board_part(b, "c")->id, 0x8001);
	ck_assert_str_eq(board_part(b, "e")->run, "yield");
	ck_assert_str_eq(board_part(b, "e")->run_args, "3");
	done(b);
}
END_TEST

START_TEST(memory_goes_to_its_owner)
{
	struct board *b = make(
		"ffs 1\npart ns id=0 kind=vm\npart sp id=0x8001\n"
		"buf s sp 0x0e00_0000 2pages\n"
		"mem n sp 0x8800_0000 3pages stride=2\n"
		"mem z sp 0x8900_0000 1page secure\n"
		"mem r ns 0x8a00_0000 1page ro\n"
		"mem d ns 0x8a00_2000 1page device\n"
		"mem far sp 0x10_0000_0000 1page\n"
		"mem near ns 0x20_0000_0000 1page\n"
		"mem x ns 0x0f00_0000 1page\n"
		"mem s2 sp 0x0e00_1000 2pages\n", NULL);
	const struct board_mem *n;

	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(at(b, 0x0e001000)->owner, 0x8001);
	ck_assert_uint_eq(at(b, 0x0e002000)->pages, 3);
	ck_assert_uint_eq(at(b, 0x0e003000)->owner, FFA_ID_SPMC);
	for (unsigned int i = 0; i < 6; i++) {
		ck_assert_uint_eq(at(b, 0x88000000 + i * 0x1000)->owner,
				  i % 2 || i > 4 ? 0 : 0x8001);
		ck_assert_uint_eq(at(b, 0x88000000 + i * 0x1000)->attrs, 0);
	}
	ck_assert_uint_eq(at(b, 0x89000000)->attrs, SPMC_REGION_SECURE);
	ck_assert_uint_eq(at(b, 0x8a000000)->attrs, SPMC_REGION_READ_ONLY);
	ck_assert_uint_eq(at(b, 0x8a002000)->attrs, SPMC_REGION_DEVICE);
	ck_assert_uint_eq(at(b, 0x1000000000)->attrs, SPMC_REGION_SECURE);
	ck_assert_uint_eq(at(b, 0x2000000000)->attrs, 0);
	ck_assert_uint_eq(at(b, 0x0f000000)->attrs, SPMC_REGION_SECURE);
	ck_assert_uint_eq(at(b, 0x0f000000)->owner, 0);
	n = board_mem(b, "n");
	ck_assert_uint_eq(board_mem_pa(n, 0x2fff), 0x88004fff);
	ck_assert_ptr_eq(board_mem_at(b, 0x88002000), n);
	ck_assert_ptr_null(board_mem_at(b, 0x88001000));
	done(b);
}
END_TEST

/* Ranges of RAM are not cut where only the owner changes. */
START_TEST(ranges_do_not_depend_on_owners)
{
	struct board *b = make("ffs 1\npart sp id=0x8001\n"
		"mem n sp 0x8800_0000 300pages stride=2\n", NULL);

	ck_assert_uint_eq(b->ranges->len, 2);
	ck_assert_uint_eq(b->config.region_count, 2 + 600);
	done(b);
}
END_TEST

static const char *const wrong[] = {
	("part sp id=0x8001\nmem a ns 0x8800_0000 2pages\n"
	 "mem b sp 0x8800_1000 1page\n"),
	"mem a ns 0x8800_0000 2pages\nmem b ns 0x8800_1000 1page ro\n",
	"part sp id=0x8001\nmem a sp 0x8800_0000 1000pages stride=2\n",
	"mem a ns 0xffff_ffff_ffff_f000 2pages\n",
	"part a manifest=\"no-such-file.dts\"\n",
	"part a run=\"nothing\"\n",
	"board cpus=2\npart a el=s-el0 ec=2\n",
};

START_TEST(wrong_boards_are_errors)
{
	g_autofree char *text = g_strconcat("ffs 1\n", wrong[_i], NULL);
	struct board *b;

	diags = ffs_diags_new();
	file = ffs_parse_text("t.ffs", text, strlen(text), diags);
	b = ffs_check(file, diags) ? board_new(file, NULL, NULL, diags) : NULL;
	ck_assert_ptr_null(b);
	ck_assert_uint_gt(diags->errors, 0);
	done(b);
}
END_TEST

Suite *check_board(void)
{
	Suite *s = suite_create("board");
	TCase *c = tcase_create("board");

	tcase_add_test(c, there_are_defaults);
	tcase_add_test(c, lines_come_before_options);
	tcase_add_test(c, parts_become_endpoints);
	tcase_add_test(c, memory_goes_to_its_owner);
	tcase_add_test(c, ranges_do_not_depend_on_owners);
	tcase_add_loop_test(c, wrong_boards_are_errors, 0,
			    G_N_ELEMENTS(wrong));
	suite_add_tcase(s, c);
	return s;
}
