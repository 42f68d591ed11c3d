/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Physical memory: ranges of RAM, each one shared mapping of an anonymous
 * file, made when it is first touched and sparse from then on. The file is
 * the point: the same pages can be mapped at their own address for native
 * code, handed to a client over a socket, or be a file that QEMU maps too.
 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A range of the physical address space. */
struct memory_range {
	uint64_t base, size;	/* page aligned, size not zero */
	uint16_t attrs;		/* enum spmc_region_attr */
};

struct memory;
struct memory_image;

/*
 * memory_new: `ranges` (copied) do not overlap; any order. NULL with a
 * sentence in *error (static) if they do, or are not page aligned.
 */
struct memory *memory_new(const struct memory_range *ranges, unsigned int n,
			  const char **error);
void memory_free(struct memory *m);

/*
 * memory_at: host address of [pa, pa+len), which stays valid as long as `m`;
 * NULL unless all of it is in one range of RAM of that world. len 0 is 1.
 */
void *memory_at(struct memory *m, uint64_t pa, size_t len, bool secure);

/* memory_range: the range that holds `pa`, or NULL. */
const struct memory_range *memory_range(const struct memory *m, uint64_t pa);

/*
 * memory_fd: the file behind the range that starts at `base`, for whoever
 * maps it elsewhere; offset 0 is `base`. It stays owned by `m`. -1 with errno.
 */
int memory_fd(struct memory *m, uint64_t base);

/*
 * memory_adopt: uses `fd` (which is dup()ed; at least the range's size from
 * `offset`) for the range that starts at `base` and was not touched yet.
 * False with errno.
 */
bool memory_adopt(struct memory *m, uint64_t base, int fd, uint64_t offset);

/*
 * memory_peek: the same, for what is only read. After memory_save and
 * memory_restore who wants to write has to ask memory_at again.
 */
const void *memory_peek(struct memory *m, uint64_t pa, size_t len,
			bool secure);

/*
 * memory_move: the pages [pa, pa+len) of one range of RAM are in `fd` from
 * `offset` on from now on; -1: where they were at first. Contents move along,
 * host addresses stay, the old place reads zero. `fd` stays the caller's, who
 * keeps it open while pages are there. False, with nothing moved, with errno.
 */
bool memory_move(struct memory *m, uint64_t pa, size_t len, int fd,
		 uint64_t offset);

/*
 * memory_save copies what was ever written; memory_restore brings exactly
 * that back (what was not written then reads zero). Host addresses stay. To
 * restore the image that was saved or restored last costs what was asked for
 * by memory_at since then, in lines of 256 bytes; if the file of a range was
 * given away or came from elsewhere, others may have written to it, and it
 * costs all that was ever written.
 */
struct memory_image *memory_save(struct memory *m);
void memory_restore(struct memory *m, const struct memory_image *image);

/*
 * memory_image_new, memory_image_put: an image piece by piece; false if it is
 * not RAM of one range. memory_image_each: its pieces, in no order.
 */
struct memory_image *memory_image_new(void);
bool memory_image_put(struct memory *m, struct memory_image *image,
		      uint64_t pa, const uint8_t *data, size_t len);
void memory_image_each(const struct memory *m,
		       const struct memory_image *image,
		       void (*piece)(void *ctx, uint64_t pa,
				     const uint8_t *data, size_t len),
		       void *ctx);
void memory_image_free(struct memory_image *image);

#endif
