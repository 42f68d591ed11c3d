/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the manifest reader share. */
#ifndef PARTITIONS_MANIFEST_IMPL_H
#define PARTITIONS_MANIFEST_IMPL_H

#include <inttypes.h>
#include <libfdt.h>

#include "manifest.h"

enum {
	MANIFEST_PAGE = FFA_PAGE_SIZE,
	MANIFEST_PA_BITS = 52,		/* FEAT_LPA */
};
#define MANIFEST_PA_END	(UINT64_C(1) << MANIFEST_PA_BITS)

/* A manifest being read. Errors are collected, so that one run names all. */
struct reader {
	struct manifest *m;
	const void *fdt;
	GString *errors;		/* lines, joined by newlines */
	unsigned int error_count;
	GPtrArray *warnings;		/* or NULL */
	unsigned int warning_count;
	uint32_t kinds_seen;		/* 1 << enum manifest_node */
};

/*
 * reader_error, reader_warning: a line about property `prop` of `node`; prop
 * NULL: about the node; node -1: about the file.
 */
void reader_error(struct reader *r, int node, const char *prop,
		  const char *fmt, ...) G_GNUC_PRINTF(4, 5);
void reader_warning(struct reader *r, int node, const char *prop,
		    const char *fmt, ...) G_GNUC_PRINTF(4, 5);

/* The same where the path of the node is already known. */
void reader_error_at(struct reader *r, const char *path, const char *prop,
		     const char *fmt, ...) G_GNUC_PRINTF(4, 5);

/* manifest_line: "file: /node/prop: text", a new string. */
char *manifest_line(const char *file, const char *path, const char *prop,
		    const char *fmt, va_list ap) G_GNUC_PRINTF(4, 0);

/* reader_path: path of a node, a new string without odd characters. */
char *reader_path(const struct reader *r, int node);

/*
 * reader_props: reads every property of `node` by the rows of `kind` into
 * `object`; names what is unknown, wrong, given twice or missing.
 */
void reader_props(struct reader *r, int node, enum manifest_node kind,
		  void *object);

/*
 * reader_kind: what a child of a `parent` node is, by its name or compatible
 * string; MANIFEST_N_COUNT, with a warning, if nobody knows. A known name
 * with another compatible string is an error.
 */
enum manifest_node reader_kind(struct reader *r, int node,
			       enum manifest_node parent);

/* The UUID of a property, in either spelling. False with an error. */
bool reader_uuid(struct reader *r, int node, const char *prop,
		 struct ffa_uuid *out);

/* manifest_uuid_text: canonical text, in a buffer of 37 bytes. */
void manifest_uuid_text(const struct ffa_uuid *uuid, char text[37]);

void manifest_read_partition(struct reader *r);
void manifest_read_core(struct reader *r);

/*
 * Regions. manifest_claims_image: a region that is the memory of the image
 * (StMM); manifest_in_image: a part of it.
 */
uint64_t manifest_region_end(const struct manifest_region *region);
bool manifest_claims_image(const struct manifest *m,
			   const struct manifest_region *region);
bool manifest_in_image(const struct manifest *m,
		       const struct manifest_region *region);
const struct manifest_region *manifest_irq_owner(const struct manifest *m,
						 unsigned int from,
						 uint32_t id);
bool manifest_is_secure(const struct manifest *m);
void manifest_read_regions(struct reader *r, int node,
			   enum manifest_node kind, GArray *regions);
void manifest_check_regions(struct reader *r);
void manifest_check_overlaps(struct reader *r);
void manifest_region_clear(struct manifest_region *region);

void manifest_core_free(struct manifest_core *core);

#endif
