/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What FF-A puts in memory, in each version's layout. All fields are
 * little-endian and naturally aligned; a UUID stands in RFC 4122 byte order.
 * Sources: Hafnium inc/vmapi/hf/ffa.h, ffa_memory_internal.h,
 * ffa_v1_0.h, ffa_partition_manifest.h, boot_info.h; TF-A
 * services/std_svc/spm/el3_spmc/spmc_shared_mem.h, include/services/
 * el3_spmc_ffa_memory.h; OP-TEE core/arch/arm/include/ffa.h; Linux
 * include/linux/arm_ffa.h.
 */
#ifndef FFA_DESC_H
#define FFA_DESC_H

#include <stddef.h>
#include <stdint.h>

#include "ffa/ffa.h"

#define FFA_LAYOUT(type, size)						\
	_Static_assert(sizeof(struct type) == (size), "size of " #type)
#define FFA_OFFSET(type, field, off)					\
	_Static_assert(offsetof(struct type, field) == (off),		\
		       "offset of " #type "." #field)

/* Partition information: 8 bytes for a 1.0 caller, 24 from 1.1 on. */
struct ffa_partition_info_v1_0 {
	uint16_t id;
	uint16_t ec_count;
	uint32_t props;		/* enum ffa_partition_prop */
};
FFA_LAYOUT(ffa_partition_info_v1_0, 8);
FFA_OFFSET(ffa_partition_info_v1_0, ec_count, 2);
FFA_OFFSET(ffa_partition_info_v1_0, props, 4);

struct ffa_partition_info {
	uint16_t id;
	uint16_t ec_count;
	uint32_t props;
	struct ffa_uuid uuid;	/* zero when one UUID was asked for */
};
FFA_LAYOUT(ffa_partition_info, 24);
FFA_OFFSET(ffa_partition_info, uuid, 8);

/* 1.3 (Hafnium): two more members. */
struct ffa_partition_info_v1_3 {
	uint16_t id;
	uint16_t ec_count;
	uint32_t props;
	struct ffa_uuid uuid;
	struct ffa_uuid image_uuid;
	uint32_t version;
	uint32_t reserved;
};
FFA_LAYOUT(ffa_partition_info_v1_3, 48);
FFA_OFFSET(ffa_partition_info_v1_3, image_uuid, 24);
FFA_OFFSET(ffa_partition_info_v1_3, version, 40);

/* 1.3 (Hafnium): what FFA_NS_RES_INFO_GET returns, and `count` of the next. */
struct ffa_resource_info {
	uint32_t size;		/* of an address map */
	uint32_t count;
	uint32_t offset;	/* of the first, from the start of this */
	uint32_t reserved;
};
FFA_LAYOUT(ffa_resource_info, 16);
FFA_OFFSET(ffa_resource_info, count, 4);
FFA_OFFSET(ffa_resource_info, offset, 8);

struct ffa_address_map {
	uint64_t base;
	uint32_t pages;
	uint8_t permissions;	/* R, W, X: unprivileged [2:0], privileged [6:4] */
	uint8_t endpoint[2];	/* little-endian id */
	uint8_t flags;		/* 0 direct access, 1 by the SPMC */
};
FFA_LAYOUT(ffa_address_map, 16);
FFA_OFFSET(ffa_address_map, pages, 8);
FFA_OFFSET(ffa_address_map, permissions, 12);
FFA_OFFSET(ffa_address_map, endpoint, 13);
FFA_OFFSET(ffa_address_map, flags, 15);

/* A hypervisor's FFA_RXTX_MAP on behalf of a VM: in its TX buffer. */
struct ffa_rxtx_desc {
	uint16_t id;
	uint16_t reserved;
	uint32_t rx_offset;	/* of a composite, from the start of this */
	uint32_t tx_offset;
};
FFA_LAYOUT(ffa_rxtx_desc, 12);
FFA_OFFSET(ffa_rxtx_desc, rx_offset, 4);
FFA_OFFSET(ffa_rxtx_desc, tx_offset, 8);

/* Memory region: a list of ranges. */
struct ffa_composite {
	uint32_t page_count;	/* sum over the constituents */
	uint32_t range_count;
	uint64_t reserved;
};
FFA_LAYOUT(ffa_composite, 16);
FFA_OFFSET(ffa_composite, range_count, 4);
FFA_OFFSET(ffa_composite, reserved, 8);

struct ffa_constituent {
	uint64_t address;
	uint32_t page_count;
	uint32_t reserved;
};
FFA_LAYOUT(ffa_constituent, 16);
FFA_OFFSET(ffa_constituent, page_count, 8);
FFA_OFFSET(ffa_constituent, reserved, 12);

/* Endpoint memory access descriptor: 16 bytes to 1.1, 32 from 1.2 on. */
struct ffa_emad_v1_0 {
	uint16_t endpoint;
	uint8_t permissions;
	uint8_t flags;
	uint32_t composite_offset;
	uint64_t reserved;
};
FFA_LAYOUT(ffa_emad_v1_0, 16);
FFA_OFFSET(ffa_emad_v1_0, permissions, 2);
FFA_OFFSET(ffa_emad_v1_0, flags, 3);
FFA_OFFSET(ffa_emad_v1_0, composite_offset, 4);
FFA_OFFSET(ffa_emad_v1_0, reserved, 8);

struct ffa_emad {
	uint16_t endpoint;
	uint8_t permissions;
	uint8_t flags;
	uint32_t composite_offset;
	uint64_t impdef[2];
	uint64_t reserved;
};
FFA_LAYOUT(ffa_emad, 32);
FFA_OFFSET(ffa_emad, composite_offset, 4);
FFA_OFFSET(ffa_emad, impdef, 8);
FFA_OFFSET(ffa_emad, reserved, 24);

/* Memory transaction descriptor. */
struct ffa_mem_desc_v1_0 {
	uint16_t sender;
	uint8_t attributes;
	uint8_t reserved0;
	uint32_t flags;
	uint64_t handle;
	uint64_t tag;
	uint32_t reserved1;
	uint32_t emad_count;
	/* struct ffa_emad_v1_0 emads[] follows */
};
FFA_LAYOUT(ffa_mem_desc_v1_0, 32);
FFA_OFFSET(ffa_mem_desc_v1_0, attributes, 2);
FFA_OFFSET(ffa_mem_desc_v1_0, flags, 4);
FFA_OFFSET(ffa_mem_desc_v1_0, handle, 8);
FFA_OFFSET(ffa_mem_desc_v1_0, tag, 16);
FFA_OFFSET(ffa_mem_desc_v1_0, emad_count, 28);

struct ffa_mem_desc {
	uint16_t sender;
	uint16_t attributes;
	uint32_t flags;
	uint64_t handle;
	uint64_t tag;
	uint32_t emad_size;
	uint32_t emad_count;
	uint32_t emad_offset;
	uint32_t reserved[3];
};
FFA_LAYOUT(ffa_mem_desc, 48);
FFA_OFFSET(ffa_mem_desc, attributes, 2);
FFA_OFFSET(ffa_mem_desc, flags, 4);
FFA_OFFSET(ffa_mem_desc, handle, 8);
FFA_OFFSET(ffa_mem_desc, tag, 16);
FFA_OFFSET(ffa_mem_desc, emad_size, 24);
FFA_OFFSET(ffa_mem_desc, emad_count, 28);
FFA_OFFSET(ffa_mem_desc, emad_offset, 32);
FFA_OFFSET(ffa_mem_desc, reserved, 36);

struct ffa_mem_relinquish {
	uint64_t handle;
	uint32_t flags;
	uint32_t endpoint_count;
	/* uint16_t endpoints[] follows */
};
FFA_LAYOUT(ffa_mem_relinquish, 16);
FFA_OFFSET(ffa_mem_relinquish, flags, 8);
FFA_OFFSET(ffa_mem_relinquish, endpoint_count, 12);

/* Header of a message in TX for FFA_MSG_SEND2: 20 bytes at 1.1, 40 at 1.2. */
struct ffa_msg_header_v1_1 {
	uint32_t flags;
	uint32_t reserved;
	uint32_t offset;	/* of the payload, from the start of this */
	uint16_t receiver;
	uint16_t sender;
	uint32_t size;		/* of the payload */
};
FFA_LAYOUT(ffa_msg_header_v1_1, 20);
FFA_OFFSET(ffa_msg_header_v1_1, offset, 8);
FFA_OFFSET(ffa_msg_header_v1_1, receiver, 12);
FFA_OFFSET(ffa_msg_header_v1_1, sender, 14);
FFA_OFFSET(ffa_msg_header_v1_1, size, 16);

struct ffa_msg_header {
	uint32_t flags;
	uint32_t reserved;
	uint32_t offset;
	uint16_t receiver;
	uint16_t sender;
	uint32_t size;
	uint32_t reserved1;
	struct ffa_uuid uuid;
};
FFA_LAYOUT(ffa_msg_header, 40);
FFA_OFFSET(ffa_msg_header, size, 16);
FFA_OFFSET(ffa_msg_header, uuid, 24);

/* Boot information blob: a header, then descriptors. */
enum { FFA_BOOT_INFO_SIGNATURE = 0x0ffa };
struct ffa_boot_info {
	uint32_t signature;
	uint32_t version;	/* of the blob's layout, as FFA_VERSION's */
	uint32_t size;		/* of the blob with all that follows */
	uint32_t desc_size;
	uint32_t desc_count;
	uint32_t desc_offset;	/* of the first descriptor */
	uint64_t reserved;
};
FFA_LAYOUT(ffa_boot_info, 32);
FFA_OFFSET(ffa_boot_info, desc_size, 12);
FFA_OFFSET(ffa_boot_info, desc_offset, 20);
FFA_OFFSET(ffa_boot_info, reserved, 24);

enum {
	FFA_BOOT_INFO_FDT = 0,		/* standard types */
	FFA_BOOT_INFO_HOB = 1,
	FFA_BOOT_INFO_IMPDEF = 0x80,	/* type bit 7 */
	FFA_BOOT_INFO_NAME_UUID = 1,	/* flags [1:0]; 0: a string */
	FFA_BOOT_INFO_VALUE = 1 << 2,	/* flags [3:2]; 0: an address */
	FFA_BOOT_INFO_OFFSET = 2 << 2,	/* 1.3 */
};
struct ffa_boot_info_desc {
	uint8_t name[16];
	uint8_t type;
	uint8_t reserved;
	uint16_t flags;
	uint32_t size;
	uint64_t content;
};
FFA_LAYOUT(ffa_boot_info_desc, 32);
FFA_OFFSET(ffa_boot_info_desc, type, 16);
FFA_OFFSET(ffa_boot_info_desc, flags, 18);
FFA_OFFSET(ffa_boot_info_desc, size, 20);
FFA_OFFSET(ffa_boot_info_desc, content, 24);

#undef FFA_LAYOUT
#undef FFA_OFFSET

#endif
