/* SPDX-License-Identifier: MIT */
/*
 * A reader of flatbuffers that trusts nothing: every access is checked against
 * the buffer, no alignment is assumed, and nothing is visited that was not asked
 * for, so the cost of a hostile file is the cost of what its reader looks at.
 *
 * Errors are sticky: an access out of bounds yields zero or "absent" and leaves
 * the first problem in npu_fb.bad, which the caller looks at when it is done
 * with a table.
 */
#ifndef NPU_FRONTEND_FLATBUFFER_H
#define NPU_FRONTEND_FLATBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct npu_fb {
	const uint8_t *data;
	size_t size;
	const char *bad;	/* what is wrong with the buffer, NULL if nothing so far */
	size_t bad_at;		/* and at which byte */
};

/* pos is 0 for an absent table. */
struct npu_fb_table {
	size_t pos, vtable;
	uint16_t vtable_size, size;
};

/* count is 0 for an absent vector; all of its elements lie in the buffer. */
struct npu_fb_vec {
	size_t pos;
	uint32_t count;
};

void npu_fb_init(struct npu_fb *fb, const void *data, size_t size);

struct npu_fb_table npu_fb_root(struct npu_fb *fb);
struct npu_fb_table npu_fb_table(struct npu_fb *fb, const struct npu_fb_table *table,
				 unsigned int field);
/* element_size in bytes; a string is a vector of bytes, a vector of tables has size 4. */
struct npu_fb_vec npu_fb_vec(struct npu_fb *fb, const struct npu_fb_table *table,
			     unsigned int field, size_t element_size);
/* Whether the table stores the field at all. */
bool npu_fb_has(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field);

int8_t npu_fb_i8(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		 int8_t otherwise);
uint8_t npu_fb_u8(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		  uint8_t otherwise);
int32_t npu_fb_i32(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		   int32_t otherwise);
uint32_t npu_fb_u32(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		    uint32_t otherwise);
uint64_t npu_fb_u64(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		    uint64_t otherwise);
float npu_fb_f32(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		 float otherwise);

/* Elements of a vector; i must be below count. */
struct npu_fb_table npu_fb_vec_table(struct npu_fb *fb, const struct npu_fb_vec *vec, uint32_t i);
int32_t npu_fb_vec_i32(const struct npu_fb *fb, const struct npu_fb_vec *vec, uint32_t i);
int64_t npu_fb_vec_i64(const struct npu_fb *fb, const struct npu_fb_vec *vec, uint32_t i);
float npu_fb_vec_f32(const struct npu_fb *fb, const struct npu_fb_vec *vec, uint32_t i);

#endif
