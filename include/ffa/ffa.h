/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The FF-A ABI as data: register set, error codes, function table. No
 * dependency but <stdint.h> and <stdbool.h>. The rows are in ffa_abi.def.
 */
#ifndef FFA_FFA_H
#define FFA_FFA_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The registers of one call or result, x0-x17. Same layout as Linux's struct
 * arm_smccc_1_2_regs, so that a driver's own `ffa_value_t` can be cast.
 */
enum { FFA_REGS = 18 };
typedef struct ffa_value {
	uint64_t x[FFA_REGS];
} ffa_value_t;
_Static_assert(sizeof(struct ffa_value) == 144, "x0-x17");

/* A version as FFA_VERSION carries it: major [30:16], minor [15:0]. */
#define FFA_VER(major, minor)	(((uint32_t)(major) << 16) | (minor))
enum {
	FFA_V1_0 = FFA_VER(1, 0),
	FFA_V1_1 = FFA_VER(1, 1),
	FFA_V1_2 = FFA_VER(1, 2),
	FFA_V1_3 = FFA_VER(1, 3),
};

/* A version 1.x as the since and until columns of ffa_abi.def have it. */
static inline unsigned int ffa_since(uint32_t version)
{
	return 10 + (version & 0xffff);
}

enum ffa_error {
#define FFA_ERR(sym, code, sentence) FFA_##sym = code,
#include "ffa/ffa_abi.def"
};

/* Where a function is invoked: who calls whom. */
enum ffa_instance {
	FFA_INST_NS_PHYS = 1,	/* OS kernel or hypervisor -> SPMD/SPMC */
	FFA_INST_NS_VIRT = 2,	/* VM -> hypervisor */
	FFA_INST_S_VIRT = 4,	/* SP -> SPMC */
	FFA_INST_S_PHYS = 8,	/* SPMC <-> SPMD */
};

enum ffa_fn {
#define FFA_FN(sym, ...) FFA_FN_##sym,
#include "ffa/ffa_abi.def"
	FFA_FN_COUNT,
	FFA_FN_UNKNOWN = FFA_FN_COUNT,	/* an id that is not in the table */
};

/* Function ids: FFA_ID_RXTX_MAP_64 == 0xC4000066. */
enum ffa_fid {
#define FFA_FN(sym, name, fid, ...) FFA_ID_##sym = (int)(fid),
#include "ffa/ffa_abi.def"
};

enum ffa_feature {
#define FFA_FEATURE(sym, id, ...) FFA_FEATURE_##sym = id,
#include "ffa/ffa_abi.def"
};

enum ffa_kind {
	FFA_K_UINT, FFA_K_HEX, FFA_K_BOOL, FFA_K_ID, FFA_K_SENDER,
	FFA_K_RECEIVER, FFA_K_ADDR, FFA_K_VER, FFA_K_ERR, FFA_K_FID,
	FFA_K_UUIDW, FFA_K_UUIDX, FFA_K_HANDLE,
};

enum ffa_succ {
	FFA_SUCC_NONE,	/* never answered by FFA_SUCCESS */
	FFA_SUCC_BARE,	/* a value in w0 */
	FFA_SUCC_W,	/* FFA_SUCCESS, w0-w7 */
	FFA_SUCC_X,	/* FFA_SUCCESS_64, x0-x7 */
	FFA_SUCC_X18,	/* FFA_SUCCESS_64, x0-x17 */
};

/* A function; see ffa_abi.def for the meaning of each column. */
struct ffa_fn_info {
	const char *sym, *name, *sentence;
	uint32_t fid;
	uint8_t since, until, inst, regs, succ;
	bool implemented;	/* has a handler in this SPMC */
};

/* An argument or result field. */
struct ffa_field {
	const char *name, *sentence;
	uint8_t fn, reg, lo, hi, kind;
};

struct ffa_named {
	uint8_t fn;
	const char *field, *name;
	uint32_t value;
};

struct ffa_error_info {
	const char *name, *sentence;
	int code;
};

struct ffa_feature_info {
	const char *name, *sentence;
	uint32_t id;
	uint8_t since, inst;
};

/* An interface or (input) property of FFA_FEATURES. */
struct ffa_prop {
	const char *name, *sentence;
	uint8_t fn, reg, lo, hi, since;
	bool input;
};

/* The tables of ffa_abi.def in its order; each count is exact. */
extern const struct ffa_fn_info ffa_fns[FFA_FN_COUNT];
extern const struct ffa_error_info ffa_errors[];
extern const unsigned int ffa_error_count;
extern const struct ffa_feature_info ffa_features[];
extern const unsigned int ffa_feature_count;
extern const struct ffa_named ffa_names[];
extern const unsigned int ffa_name_count;
extern const struct ffa_prop ffa_props[];
extern const unsigned int ffa_prop_count;

/*
 * ffa_args: the argument fields of `fn`, in table order; sets *n.
 * ffa_rets: the fields of the FFA_SUCCESS that answers `fn`; sets *n.
 * fn may be FFA_FN_UNKNOWN: no fields. The arrays are static.
 */
const struct ffa_field *ffa_args(enum ffa_fn fn, unsigned int *n);
const struct ffa_field *ffa_rets(enum ffa_fn fn, unsigned int *n);

/*
 * ffa_fn_find: the function of a function id (w0, SVE hint bit 16 ignored:
 * SMCCC 1.3 section 2.5), or FFA_FN_UNKNOWN.
 */
enum ffa_fn ffa_fn_find(uint64_t x0);

/*
 * ffa_fn_named: the function of a name ("FFA_RX_RELEASE", "RX_RELEASE"; a
 * name without suffix also found with _32), or FFA_FN_UNKNOWN.
 */
enum ffa_fn ffa_fn_named(const char *name);

/* ffa_error_name: "DENIED", or NULL for a code that the ABI does not have. */
const char *ffa_error_name(int code);

/* ffa_is_64: the function uses the SMC64 convention. */
static inline bool ffa_is_64(uint32_t fid)
{
	return fid & 0x40000000u;
}

/*
 * ffa_get, ffa_set: the field of a register set. A HANDLE is put together
 * from its two w registers. Not for UUIDW and UUIDX: see ffa_get_uuid.
 * ffa_set leaves the bits around the field as they are.
 */
uint64_t ffa_get(const struct ffa_value *v, const struct ffa_field *f);
void ffa_set(struct ffa_value *v, const struct ffa_field *f, uint64_t val);

/* A UUID in the byte order of RFC 4122, as `uuid_parse` gives it. */
struct ffa_uuid {
	uint8_t b[16];
};
_Static_assert(sizeof(struct ffa_uuid) == 16, "a UUID");

/*
 * The registers of a UUID hold its bytes in order, byte 0 in the low byte of
 * the first (SMCCC section 3; Linux: export_uuid() then le32). In buffers
 * the bytes stand as they are.
 */
void ffa_get_uuid(const struct ffa_value *v, const struct ffa_field *f,
		  struct ffa_uuid *uuid);
void ffa_set_uuid(struct ffa_value *v, const struct ffa_field *f,
		  const struct ffa_uuid *uuid);
bool ffa_uuid_is_nil(const struct ffa_uuid *uuid);
bool ffa_uuid_equal(const struct ffa_uuid *a, const struct ffa_uuid *b);

/* Endpoint ids. FF-A: bit 15 separates the worlds. */
enum {
	FFA_ID_NS_PRIMARY = 0x0000,	/* OS kernel or hypervisor */
	FFA_ID_SECURE = 0x8000,		/* set in every id of the secure world */
	FFA_ID_SPMC = 0x8000,
	FFA_ID_SPMD = 0xffff,
};

/* Framework messages of the direct kind: w2 bit 31 and the type. */
enum {
	FFA_FWK = (int)0x80000000,
	FFA_FWK_PSCI_REQ = 0,
	FFA_FWK_PM_WARM_BOOT = 1,
	FFA_FWK_PM_RESP = 2,
	FFA_FWK_VM_CREATED = 4,
	FFA_FWK_VM_CREATED_RESP = 5,
	FFA_FWK_VM_DESTROYED = 6,
	FFA_FWK_VM_DESTROYED_RESP = 7,
	FFA_FWK_VERSION_REQ = 8,
	FFA_FWK_VERSION_RESP = 9,
	FFA_FWK_STOP_REQ = 10,	/* 1.3 */
	FFA_FWK_STOP_RESP = 11,
};

/* Properties of a partition in its information descriptor. */
enum ffa_partition_prop {
	FFA_PART_RECV_DIRECT = 1 << 0,
	FFA_PART_SEND_DIRECT = 1 << 1,
	FFA_PART_INDIRECT = 1 << 2,
	FFA_PART_NOTIFICATION = 1 << 3,
	FFA_PART_ID_TYPE = 3 << 4,	/* 0 PE endpoint */
	FFA_PART_VM_CREATED = 1 << 6,
	FFA_PART_VM_DESTROYED = 1 << 7,
	FFA_PART_AARCH64 = 1 << 8,
	FFA_PART_RECV_DIRECT2 = 1 << 9,
	FFA_PART_SEND_DIRECT2 = 1 << 10,
	FFA_PART_LIVE = 1 << 11,	/* live activation; 1.3 */
};

enum { FFA_PAGE_SIZE = 4096 };

#endif
