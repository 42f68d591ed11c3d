/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The boot information blob. Layout: include/ffa/ffa_desc.h. One piece of
 * memory holds header, descriptors and what they point to, as the boot
 * protocol wants it (Hafnium src/boot_info.c; TF-A
 * services/std_svc/spm/el3_spmc/spmc_setup.c).
 */
#include <string.h>

#include "ffa/ffa_desc.h"
#include "manifest_impl.h"

/* UEFI PI: the first block of a HOB list, and the last. */
struct hob_header {
	uint16_t type, length;
	uint32_t reserved;
};
struct hob_handoff {
	struct hob_header header;
	uint32_t version, boot_mode;
	uint64_t memory_top, memory_bottom;
	uint64_t free_top, free_bottom;
	uint64_t end;
};
_Static_assert(sizeof(struct hob_header) == 8, "HOB header");
_Static_assert(sizeof(struct hob_handoff) == 56, "hand-off HOB");

enum {
	HOB_HANDOFF = 1, HOB_END = 0xffff, HOB_VERSION = 9,
	HOB_SIZE = sizeof(struct hob_handoff) + sizeof(struct hob_header),
	ALIGN = 8,
};

static gsize align(gsize size)
{
	return (size + ALIGN - 1) / ALIGN * ALIGN;
}

/* A list that says where the partition's memory is, and nothing else. */
static void hob_list(const struct manifest *m, uint64_t address, void *to)
{
	uint64_t end = address + sizeof(struct hob_handoff);
	struct hob_handoff first = {
		.header = { HOB_HANDOFF, sizeof(first), 0 },
		.version = HOB_VERSION,
		.memory_bottom = m->load_address,
		.memory_top = m->load_address + m->image_size,
		.free_bottom = address + HOB_SIZE,
		.free_top = address + HOB_SIZE,
		.end = end,
	};
	struct hob_header last = { HOB_END, sizeof(last), 0 };

	memcpy(to, &first, sizeof(first));
	memcpy((char *)to + sizeof(first), &last, sizeof(last));
}

bool manifest_wants_boot_info(const struct manifest *m)
{
	return !m->core && manifest_is_secure(m) &&
		m->boot_register != MANIFEST_NO_REGISTER;
}

gsize manifest_boot_info(const struct manifest *m, uint32_t version,
			 uint64_t address, void *buf, gsize size)
{
	struct ffa_boot_info head = {
		.signature = FFA_BOOT_INFO_SIGNATURE,
		.version = version,
		.desc_size = sizeof(struct ffa_boot_info_desc),
		.desc_offset = sizeof(head),
	};
	struct ffa_boot_info_desc desc[2];
	unsigned int items = m->boot_items;
	gsize fdt_at, hob_at, total;

	if (!manifest_wants_boot_info(m))
		return 0;
	/* TF-A's SPMC passes the manifest where no node asks for anything. */
	if (!items)
		items = MANIFEST_BOOT_FDT;
	memset(desc, 0, sizeof(desc));
	head.desc_count = ((items & MANIFEST_BOOT_FDT) != 0) +
		((items & MANIFEST_BOOT_HOB) != 0);
	fdt_at = sizeof(head) + head.desc_count * sizeof(desc[0]);
	hob_at = fdt_at +
		(items & MANIFEST_BOOT_FDT ? align(m->blob_size) : 0);
	total = hob_at + (items & MANIFEST_BOOT_HOB ? HOB_SIZE : 0);
	if (total > size)
		return total;

	head.size = (uint32_t)total;
	head.desc_count = 0;
	memset(buf, 0, total);
	if (items & MANIFEST_BOOT_FDT) {
		desc[head.desc_count++] = (struct ffa_boot_info_desc){
			.type = FFA_BOOT_INFO_FDT,
			.size = (uint32_t)m->blob_size,
			.content = address + fdt_at,
		};
		memcpy((char *)buf + fdt_at, m->blob, m->blob_size);
	}
	if (items & MANIFEST_BOOT_HOB) {
		desc[head.desc_count++] = (struct ffa_boot_info_desc){
			.type = FFA_BOOT_INFO_HOB,
			.size = HOB_SIZE,
			.content = address + hob_at,
		};
		hob_list(m, address + hob_at, (char *)buf + hob_at);
	}
	memcpy(buf, &head, sizeof(head));
	memcpy((char *)buf + sizeof(head), desc,
	       head.desc_count * sizeof(desc[0]));
	return total;
}
