// SPDX-License-Identifier: MIT
/*
 * The waits that the emitter gives to commands: what they are in small streams, and that
 * the core's order checker finds no hazard in random ones.
 */
#include <stdio.h>

#include "compile/build.h"
#include "iss_commands.h"

#define SEED 0x656d6974u
#define STREAMS 200
#define COMMANDS 80

/* ---- small streams ---------------------------------------------------------------- */

static struct npu_emitter *new_emitter(const char *preset)
{
	struct npu_emitter *emitter = npu_emitter_new(onpu_preset_by_name(preset));

	assert_non_null(emitter);
	return emitter;
}

static void put(struct npu_emitter *emitter, int layer, const void *command,
		const uint8_t *weights)
{
	npu_status status = npu_emit(emitter, layer, command, weights);

	if (status != NPU_OK)
		fail_msg("%s", npu_error());
}

static void move(struct npu_emitter *emitter, uint8_t opcode, uint32_t addr, uint32_t offset,
		 uint32_t size)
{
	struct onpu_cmd_load c = dma(opcode, addr, offset, size);

	put(emitter, 0, &c, NULL);
}

/* One row of `size` bytes. */
static void compute(struct npu_emitter *emitter, uint32_t from, uint32_t to, uint16_t size)
{
	struct onpu_cmd_eltwise c = eltwise(1, 1, size);

	c.in = dense(from, 1, size);
	c.out = dense(to, 1, size);
	put(emitter, 0, &c, NULL);
}

/* Finishes; the waits must be the given ones, {load, compute, store} of each command. */
static void expect_waits(struct npu_emitter *emitter, const uint32_t (*waits)[3], int count)
{
	struct npu_emitted emitted;
	uint32_t at = 0;

	if (npu_emitter_finish(emitter, 1, &emitted) != NPU_OK)
		fail_msg("%s", npu_error());
	for (int i = 0; i < count; i++) {
		struct onpu_head head;

		memcpy(&head, emitted.stream + at, sizeof(head));
		if (head.wait_load != waits[i][0] || head.wait_compute != waits[i][1] ||
		    head.wait_store != waits[i][2])
			fail_msg("command %d waits for %u, %u, %u", i, head.wait_load,
				 head.wait_compute, head.wait_store);
		at += 4u * head.length;
	}
	assert_int_equal(emitted.stream[at], ONPU_OPCODE_END);
	assert_int_equal(at + 16, emitted.size);
	npu_emitter_free(emitter);
}

#define EXPECT(emitter, ...) do { \
	static const uint32_t expected_[][3] = { __VA_ARGS__ }; \
	expect_waits(emitter, expected_, sizeof(expected_) / sizeof(expected_[0])); \
} while (0)

static void test_chain(void **state)
{
	struct npu_emitter *e = new_emitter("base");

	(void)state;
	move(e, ONPU_OPCODE_LOAD, 0x1000, 0, 64);
	compute(e, 0x1000, 0x2000, 64);
	move(e, ONPU_OPCODE_STORE, 0x2000, 0x100, 64);
	EXPECT(e, { 0, 0, 0 }, { 1, 0, 0 }, { 0, 1, 0 });
}

static void test_double_buffer(void **state)
{
	struct npu_emitter *e = new_emitter("base");

	(void)state;
	move(e, ONPU_OPCODE_LOAD, 0x1000, 0, 64);
	move(e, ONPU_OPCODE_LOAD, 0x1040, 64, 64);
	compute(e, 0x1000, 0x2000, 64);
	move(e, ONPU_OPCODE_STORE, 0x2000, 0x100, 64);
	move(e, ONPU_OPCODE_LOAD, 0x1000, 128, 64);
	compute(e, 0x1040, 0x2040, 64);
	move(e, ONPU_OPCODE_STORE, 0x2040, 0x140, 64);
	compute(e, 0x1000, 0x2000, 64);		/* over what the first store reads */
	move(e, ONPU_OPCODE_STORE, 0x2000, 0x180, 64);
	EXPECT(e, { 0, 0, 0 }, { 0, 0, 0 }, { 1, 0, 0 }, { 0, 1, 0 }, { 0, 1, 0 }, { 2, 0, 0 },
	       { 0, 2, 0 }, { 3, 0, 1 }, { 0, 3, 0 });
}

/* Write after read and after write; neighbours do not matter, one byte does. */
static void test_overwrite(void **state)
{
	struct npu_emitter *e = new_emitter("base");

	(void)state;
	move(e, ONPU_OPCODE_FILL, 0x1000, 0, 64);
	compute(e, 0x1001, 0x2001, 30);
	move(e, ONPU_OPCODE_FILL, 0x1000, 0, 1);
	move(e, ONPU_OPCODE_FILL, 0x101f, 0, 33);
	move(e, ONPU_OPCODE_FILL, 0x101e, 0, 1);	/* read by compute */
	move(e, ONPU_OPCODE_FILL, 0x2000, 0, 1);
	move(e, ONPU_OPCODE_FILL, 0x201f, 0, 1);
	move(e, ONPU_OPCODE_FILL, 0x1f00, 0, 0x102);	/* written by compute */
	compute(e, 0x3000, 0x2000, 2);			/* and back */
	move(e, ONPU_OPCODE_STORE, 0x2000, 0, 3);
	EXPECT(e, { 0, 0, 0 }, { 1, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 1, 0 }, { 0, 0, 0 },
	       { 0, 0, 0 }, { 0, 1, 0 }, { 7, 0, 0 }, { 0, 2, 0 });
}

/* Rows of a ring of 4: loads two at a time, reads three at a time. */
static void test_ring(void **state)
{
	struct npu_emitter *e = new_emitter("base");
	struct onpu_cmd_load load = dma(ONPU_OPCODE_LOAD, 0x1000, 0, 50);
	struct onpu_cmd_eltwise c = eltwise(2, 5, 10);

	(void)state;
	load.n2 = 2;
	load.ext_stride2 = 50;
	load.sram_stride2 = 50;
	load.ring = 4;
	c.in.addr = 0x1000;
	c.in.ring = 4;
	put(e, 0, &load, NULL);		/* rows 0, 1 */
	load.row = 2;
	load.offset = 100;
	put(e, 0, &load, NULL);		/* rows 2, 3 */
	put(e, 0, &c, NULL);		/* reads 0, 1 */
	load.row = 0;
	put(e, 0, &load, NULL);		/* over them */
	c.in.row = 1;
	put(e, 0, &c, NULL);		/* reads 1, 2: the third load */
	c.in.row = 2;
	put(e, 0, &c, NULL);		/* reads 2, 3: the second */
	c.in.row = 3;
	put(e, 0, &c, NULL);		/* reads 3, 0 */
	load.row = 1;
	load.n2 = 1;
	put(e, 0, &load, NULL);		/* row 1: last read by compute 2 */
	load.row = 3;
	load.n2 = 2;
	put(e, 0, &load, NULL);		/* rows 3, 0 */
	EXPECT(e, { 0, 0, 0 }, { 0, 0, 0 }, { 1, 0, 0 }, { 0, 1, 0 }, { 3, 0, 0 }, { 2, 0, 0 },
	       { 3, 0, 0 }, { 0, 2, 0 }, { 0, 4, 0 });
}

static void test_external(void **state)
{
	struct npu_emitter *e = new_emitter("base");
	struct onpu_cmd_load other = dma(ONPU_OPCODE_LOAD, 0x5000, 0x100, 64);

	(void)state;
	other.region = 2;
	move(e, ONPU_OPCODE_FILL, 0x1000, 0, 64);
	move(e, ONPU_OPCODE_STORE, 0x1000, 0x100, 64);
	move(e, ONPU_OPCODE_STORE, 0x1000, 0x140, 64);
	put(e, 0, &other, NULL);				/* of another region */
	move(e, ONPU_OPCODE_LOAD, 0x2000, 0x13f, 1);	/* read after write */
	move(e, ONPU_OPCODE_LOAD, 0x3000, 0x180, 64);
	move(e, ONPU_OPCODE_STORE, 0x1000, 0x130, 20);	/* write after read */
	move(e, ONPU_OPCODE_STORE, 0x1000, 0x1bf, 1);
	EXPECT(e, { 0, 0, 0 }, { 1, 0, 0 }, { 1, 0, 0 }, { 0, 0, 0 }, { 0, 0, 1 }, { 0, 0, 0 },
	       { 3, 0, 0 }, { 4, 0, 0 });
}

/* Windows reach from the first weight that is not zero to the last, no farther. */
static void test_windows(void **state)
{
	struct npu_emitter *e = new_emitter("base");
	struct onpu_cmd_conv c = conv(1, 2, 1);
	uint8_t *stream = calloc(4096, 1);
	struct weights w = { stream, 0, 0 };

	(void)state;
	put_params(&w, 1, 0, 0, 0);
	put_single(&w, ONPU_BLOCK_D, 0, 4, 6, 0, 1, 0);
	put_single(&w, ONPU_BLOCK_G4, 1, 0, 0, 5, 0, ONPU_BLOCK_LAST_MASK);
	c.weights_size = w.at;
	c.in.pix_pitch = 3;
	c.in.row_pitch = 32;
	/* Row 0: byte 10 of pixel 0, which is byte 13 of pixel 1's row. */
	move(e, ONPU_OPCODE_FILL, c.weights, 0, c.weights_size);
	put(e, 0, &c, stream);
	move(e, ONPU_OPCODE_FILL, ADDR_IN, 0, 10);
	move(e, ONPU_OPCODE_FILL, ADDR_IN + 11, 0, 2);
	move(e, ONPU_OPCODE_FILL, ADDR_IN + 14, 0, 64);
	move(e, ONPU_OPCODE_FILL, ADDR_IN + 13, 0, 1);
	EXPECT(e, { 0, 0, 0 }, { 1, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 1, 0 });
	free(stream);
}

static void test_refused(void **state)
{
	struct npu_emitter *e = new_emitter("base");
	struct onpu_cmd_load load = dma(ONPU_OPCODE_LOAD, 512 << 10, 0, 1);
	struct onpu_cmd_end end = { .head = { .opcode = ONPU_OPCODE_END } };
	struct onpu_cmd_conv c = conv(1, 2, 1);
	uint8_t stream[16] = { 0 };
	struct npu_emitted emitted;

	(void)state;
	assert_int_equal(npu_emit(e, 3, &load, NULL), NPU_ERR_INTERNAL);
	assert_non_null(strstr(npu_error(), "layer 3: illegal load command: SRAM_RANGE, addr"));
	assert_int_equal(npu_emit(e, 3, &end, NULL), NPU_ERR_INTERNAL);
	assert_int_equal(npu_emit(e, 3, &c, NULL), NPU_ERR_INTERNAL);
	c.weights_size = 16;
	assert_int_equal(npu_emit(e, 3, &c, stream), NPU_ERR_INTERNAL);
	assert_non_null(strstr(npu_error(), "weight stream"));
	load.addr = 0;
	put(e, 3, &load, NULL);
	assert_int_equal(npu_emitter_finish(e, 3, &emitted), NPU_ERR_INTERNAL);
	assert_int_equal(npu_emit(e, 3, &load, NULL), NPU_ERR_INTERNAL);
	npu_emitter_free(e);
	npu_emitter_free(NULL);
}

/* ---- random streams ----------------------------------------------------------------- */

/*
 * SRAM: slots that hold weights and tables, and behind them an arena where everything else
 * overlaps at random.  Region 0 holds weights and tables, region 1 is an arena as well.
 */
#define SLOTS 4
#define SLOT_BYTES 4096u
#define KINDS 8		/* contents of slots */
#define ARENA (SLOTS * SLOT_BYTES)
#define ARENA_BYTES 12000u
#define EXTERNAL_BYTES 3000u
#define LANES 8u	/* of nano */

struct kind {
	const uint8_t *data;
	uint32_t offset, size;
	uint16_t out_c;
};

struct gen {
	uint64_t random;
	struct iss *iss;
	struct kind kind[KINDS];	/* 0: a table for RESIZE and TABLE, others: CONV */
	int slot[SLOTS];		/* what it holds, -1: nothing */
};

static uint32_t between(struct gen *g, uint32_t low, uint32_t high)
{
	return iss_between(&g->random, low, high);
}

static bool chance(struct gen *g, uint32_t percent)
{
	return between(g, 0, 99) < percent;
}

/* A weight block of n lanes; many weights are zero. */
static uint32_t make_block(struct gen *g, uint8_t *p, uint32_t n, uint32_t offset, uint32_t row,
			   bool last)
{
	uint32_t mode = between(g, ONPU_BLOCK_D, ONPU_BLOCK_G4), size, occupied = 0;
	uint32_t steps = mode == ONPU_BLOCK_D ? 1 : between(g, 1, 3), slots = steps * n * LANES;
	uint32_t percent = between(g, 0, 60);
	uint32_t word = header(mode, row, offset, steps, ONPU_BLOCK_BITMAP_MASK) |
			(uint32_t)last << ONPU_BLOCK_LAST_SHIFT;

	memcpy(p, &word, 4);
	memset(p + 4, 0, slots / 8);
	for (uint32_t i = 0; i < slots; i++)
		if (chance(g, percent)) {
			p[4 + i / 8] |= (uint8_t)(1 << i % 8);
			occupied++;
		}
	size = 4 + slots / 8;
	for (uint32_t i = 0; i < occupied; i++)
		p[size++] = (uint8_t)(chance(g, 50) ? between(g, 0, 255) : 0);
	for (uint32_t i = 0; mode != ONPU_BLOCK_D && i < (occupied + 1) / 2; i++)
		p[size++] = (uint8_t)between(g, 0, 255);
	while (size % 4)
		p[size++] = 0;
	return size;
}

static void make_stream(struct gen *g, struct kind *kind, uint8_t *p)
{
	uint32_t size = 0;

	kind->data = p;
	kind->out_c = (uint16_t)between(g, 1, 2 * LANES + 3);
	for (uint32_t first = 0; first < kind->out_c; first += LANES) {
		uint32_t n = kind->out_c - first < LANES ? kind->out_c - first : LANES;
		uint32_t blocks = between(g, 1, 4);

		memset(p + size, 0, 9 * n + 3);
		size += (9 * n + 3) / 4 * 4;
		for (uint32_t b = 0; b < blocks; b++)
			size += make_block(g, p + size, n, between(g, 0, 30), between(g, 0, 3),
					   b + 1 == blocks);
	}
	kind->size = size;
	assert_true(size <= SLOT_BYTES);
}

static void make_kinds(struct gen *g)
{
	for (uint32_t k = 0; k < KINDS; k++) {
		uint8_t *p = g->iss->memory + k * SLOT_BYTES;
		struct kind *kind = &g->kind[k];

		kind->offset = k * SLOT_BYTES;
		if (k) {
			make_stream(g, kind, p);
			continue;
		}
		kind->size = 512;
		for (uint32_t i = 0; i < 64; i++) {
			uint16_t entry[4] = { (uint16_t)between(g, 0, 1),
					      (uint16_t)between(g, 0, 1),
					      (uint16_t)between(g, 0, 1024), 0 };

			memcpy(p + 8 * i, entry, sizeof(entry));
		}
	}
}

/* A map in the arena. */
static struct onpu_fmap random_map(struct gen *g, uint32_t h, uint32_t w, uint32_t c)
{
	struct onpu_fmap map = { 0 };
	uint32_t last, size;

	map.pix_pitch = c + (chance(g, 30) ? between(g, 1, 9) : 0);
	map.row_pitch = w * map.pix_pitch + (chance(g, 40) ? between(g, 0, 40) : 0);
	map.ring = chance(g, 40) ? (uint16_t)between(g, 1, h + 2) : 0;
	map.row = map.ring ? (uint16_t)between(g, 0, map.ring - 1u) : (uint16_t)between(g, 0, 2);
	if (chance(g, 5))
		map.pix_pitch = 0;
	if (chance(g, 5))
		map.row_pitch = 0;
	last = map.row + h - 1;
	if (map.ring && last >= map.ring)
		last = map.ring - 1u;
	size = last * map.row_pitch + (w - 1) * map.pix_pitch + c;
	assert_true(size <= ARENA_BYTES);
	map.addr = ARENA + between(g, 0, ARENA_BYTES - size);
	return map;
}

/* A slot that holds a kind of [low, high]; loads one if there is none. */
static int find_slot(struct gen *g, struct npu_emitter *e, uint32_t low, uint32_t high)
{
	int s = (int)between(g, 0, SLOTS - 1);
	struct onpu_cmd_load c;

	for (int i = 0; i < SLOTS && !chance(g, 20); i++, s = (s + 1) % SLOTS)
		if (g->slot[s] >= (int)low && g->slot[s] <= (int)high)
			return s;
	g->slot[s] = (int)between(g, low, high);
	c = dma(ONPU_OPCODE_LOAD, (uint32_t)s * SLOT_BYTES, g->kind[g->slot[s]].offset,
		g->kind[g->slot[s]].size);
	c.region = 0;
	put(e, 1, &c, NULL);
	return s;
}

static void random_post(struct gen *g, struct npu_emitter *e, struct onpu_post *post, uint32_t h,
			uint32_t w, uint32_t c, bool table)
{
	*post = plain_post();
	post->min = -128;
	post->max = 127;
	if (chance(g, 30)) {
		post->max_o = 127;
		post->op2_op = ONPU_OP2_MAX;
		post->op2_channels = (uint16_t)between(g, 0, c);
		if (post->op2_channels)
			post->op2 = random_map(g, h, w, post->op2_channels);
	}
	if (chance(g, 20)) {
		post->act = ONPU_ACT_PRELU;
		post->act_addr = ARENA + between(g, 0, ARENA_BYTES - c);
	} else if (table && chance(g, 20)) {
		post->act = ONPU_ACT_TABLE;
		post->act_addr = (uint32_t)find_slot(g, e, 0, 0) * SLOT_BYTES + 200;
	}
}

static void random_dma(struct gen *g, struct npu_emitter *e, uint8_t opcode)
{
	struct onpu_cmd_load c = dma(opcode, 0, 0, between(g, 1, 60));
	struct onpu_fmap map;

	c.n1 = (uint16_t)between(g, 1, 6);
	c.n2 = (uint16_t)between(g, 1, 5);
	map = random_map(g, c.n2, c.n1, c.n0);
	c.addr = map.addr;
	c.sram_stride1 = map.pix_pitch;
	c.sram_stride2 = map.row_pitch;
	c.ring = map.ring;
	c.row = map.row;
	if (opcode != ONPU_OPCODE_FILL) {
		c.offset = between(g, 0, EXTERNAL_BYTES);
		c.ext_stride1 = chance(g, 70) ? c.n0 : between(g, 0, 90);
		c.ext_stride2 = chance(g, 50) ? c.n0 * c.n1 : between(g, 0, 500);
	}
	put(e, 0, &c, NULL);
}

static void random_conv(struct gen *g, struct npu_emitter *e)
{
	int s = find_slot(g, e, 1, KINDS - 1);
	const struct kind *kind = &g->kind[g->slot[s]];
	struct onpu_cmd_conv c = conv((uint16_t)between(g, 1, 4), (uint16_t)between(g, 1, 5),
				      kind->out_c);

	c.weights = (uint32_t)s * SLOT_BYTES;
	c.weights_size = kind->size;
	c.stride_h = (uint8_t)between(g, 1, 3);
	c.stride_w = (uint8_t)between(g, 1, 3);
	random_post(g, e, &c.post, c.out_h, c.out_w, c.out_c, false);
	c.out = random_map(g, c.out_h, c.out_w, c.out_c);
	c.in = random_map(g, 12, 13, between(g, 1, 20));
	if (chance(g, 5))	/* around the end of SRAM */
		c.in.addr = g->iss->preset->sram_bytes - between(g, 1, 400);
	put(e, 2, &c, kind->data);
}

static void random_dwconv(struct gen *g, struct npu_emitter *e)
{
	struct onpu_cmd_dwconv c = dwconv((uint16_t)between(g, 1, 4), (uint16_t)between(g, 1, 4),
					  (uint16_t)between(g, 1, LANES),
					  (uint8_t)between(g, 1, 4));

	c.stride_h = (uint8_t)between(g, 1, 2);
	c.stride_w = (uint8_t)between(g, 1, 2);
	c.dilation_h = (uint8_t)between(g, 1, 2);
	/* Its bytes may be anything, as parameters are not used. */
	c.weights_size = (9u * c.out_c + 3) / 4 * 4 +
			 ((uint32_t)c.out_c * c.kernel_h * c.kernel_w + 3) / 4 * 4;
	c.weights = ARENA + between(g, 0, (ARENA_BYTES - c.weights_size) / 4) * 4;
	random_post(g, e, &c.post, c.out_h, c.out_w, c.out_c, true);
	c.out = random_map(g, c.out_h, c.out_w, c.out_c);
	c.in = random_map(g, (c.out_h - 1u) * c.stride_h + (c.kernel_h - 1u) * c.dilation_h + 1,
			  (c.out_w - 1u) * c.stride_w + c.kernel_w, c.out_c);
	put(e, 3, &c, NULL);
}

static void random_vector(struct gen *g, struct npu_emitter *e)
{
	uint16_t h = (uint16_t)between(g, 1, 4), w = (uint16_t)between(g, 1, 5);
	uint16_t channels = (uint16_t)between(g, 1, 30), k = (uint16_t)between(g, 1, 3);
	struct onpu_cmd_eltwise c = eltwise(h, w, channels);
	struct onpu_cmd_pool p = pool(h, w, channels, k);
	struct onpu_cmd_resize r = resize(h, w, channels);

	random_post(g, e, &c.post, h, w, channels, true);
	c.out = random_map(g, h, w, channels);
	switch (between(g, 0, 3)) {
	case 0:
		p.out = c.out;
		p.post = c.post;
		p.stride_h = (uint16_t)between(g, 1, 3);
		p.in = random_map(g, (h - 1u) * p.stride_h + k, w + k - 1u, channels);
		put(e, 4, &p, NULL);
		break;
	case 1:
		r.out = c.out;
		r.post = c.post;
		r.rows = (uint32_t)find_slot(g, e, 0, 0) * SLOT_BYTES + 8 * between(g, 0, 50);
		r.columns = r.rows / SLOT_BYTES * SLOT_BYTES + 8 * between(g, 0, 50);
		if (r.post.act == ONPU_ACT_TABLE)	/* its slot may hold other things now */
			r.post.act_addr = r.columns / SLOT_BYTES * SLOT_BYTES;
		r.in_h = (uint16_t)between(g, 2, 4);
		r.in_w = (uint16_t)between(g, 2, 4);
		r.in = random_map(g, r.in_h, r.in_w, channels);
		put(e, 4, &r, NULL);
		break;
	default:
		c.in = chance(g, 20) ? c.out : random_map(g, h, w, channels);
		put(e, 4, &c, NULL);
		break;
	}
}

static void random_command(struct gen *g, struct npu_emitter *e)
{
	static const struct onpu_cmd_preempt preempt = {
		.head = { .opcode = ONPU_OPCODE_PREEMPT },
	};

	switch (between(g, 0, 10)) {
	case 0:
	case 1:
		random_dma(g, e, ONPU_OPCODE_LOAD);
		break;
	case 2:
		random_dma(g, e, ONPU_OPCODE_FILL);
		break;
	case 3:
	case 4:
		random_dma(g, e, ONPU_OPCODE_STORE);
		break;
	case 5:
	case 6:
		random_conv(g, e);
		break;
	case 7:
		random_dwconv(g, e);
		break;
	case 8:
		if (chance(g, 20))
			put(e, 5, &preempt, NULL);
		break;
	default:
		random_vector(g, e);
		break;
	}
}

/* Runs what is in memory with the checker; false: it found a hazard. */
static bool run_checked(struct iss *iss)
{
	iss->job.stream_size = iss->stream_size;
	onpu_core_start(iss->core, &iss->job, ONPU_JOB_START_CYCLES);
	iss_go(iss);
	if (onpu_core_state(iss->core) == ONPU_CORE_DONE)
		return true;
	if (!onpu_core_hazard(iss->core)[0])
		fail_msg("fault %d at 0x%x", onpu_core_fault(iss->core)->code,
			 onpu_core_fault(iss->core)->stream_offset);
	return false;
}

/* The figures of a stream that ran are those of the core. */
static void check_figures(struct iss *iss, const struct npu_emitted *emitted,
			  const struct onpu_counters *before)
{
	const struct onpu_counters *after = onpu_core_counters(iss->core);
	uint64_t read = 0, write = 0, busy = 0, end = 0;
	const struct onpu_command_time *times;
	size_t count = onpu_core_command_times(iss->core, &times), t = 0;

	for (int i = 0; i < 6; i++) {
		const struct npu_emitted_layer *layer = &emitted->layers[i];

		assert_true(layer->start_cycle <= layer->end_cycle);
		read += layer->read_bytes;
		write += layer->write_bytes;
		busy += layer->busy;
		if (layer->end_cycle > end)
			end = layer->end_cycle;
	}
	assert_int_equal(read, after->read_bytes - before->read_bytes);
	assert_int_equal(write, after->write_bytes - before->write_bytes);
	assert_int_equal(busy, after->compute_cycles - before->compute_cycles);
	assert_int_equal(emitted->cycles, onpu_core_cycle(iss->core) + ONPU_JOB_END_CYCLES);
	assert_true(end <= onpu_core_cycle(iss->core));
	assert_int_equal(emitted->parts[0].offset, 0);
	for (int i = 0; i < emitted->num_parts; i++) {
		if (i) {
			assert_true(emitted->parts[i].offset > emitted->parts[i - 1].offset);
			assert_int_not_equal(emitted->parts[i].layer, emitted->parts[i - 1].layer);
		}
		while (t < count && times[t].stream_offset < emitted->parts[i].offset)
			t++;
		assert_true(t < count && times[t].stream_offset == emitted->parts[i].offset);
	}
}

/* Takes one from a random wait of the stream in memory; false: it has none. */
static bool weaken(struct gen *g, struct iss *iss)
{
	uint32_t waits[3 * COMMANDS * 4], n = 0, at = 0, value;
	uint8_t *stream = iss->memory + STREAM_VA;

	while (at < iss->stream_size) {
		for (uint32_t w = 4; w <= 12; w += 4) {
			memcpy(&value, stream + at + w, 4);
			if (value && n < sizeof(waits) / sizeof(waits[0]))
				waits[n++] = at + w;
		}
		at += 4u * stream[at + 1];
	}
	if (!n)
		return false;
	at = waits[between(g, 0, n - 1)];
	memcpy(&value, stream + at, 4);
	value--;
	memcpy(stream + at, &value, 4);
	return true;
}

static void test_random(void **state)
{
	struct iss iss;
	struct gen g = { .random = SEED, .iss = &iss };
	int weakened = 0, found = 0;

	(void)state;
	print_message("seed 0x%x\n", SEED);
	iss_init(&iss, "nano");
	onpu_core_check_order(iss.core, true);
	for (int i = 0; i < STREAMS; i++) {
		struct npu_emitter *e = new_emitter("nano");
		struct onpu_counters before = *onpu_core_counters(iss.core);
		struct npu_emitted emitted;

		make_kinds(&g);
		memset(g.slot, 0xff, sizeof(g.slot));
		/* Or reads of what nothing has written would count as hazards. */
		move(e, ONPU_OPCODE_FILL, 0, 0, iss.preset->sram_bytes);
		for (int n = 0; n < COMMANDS; n++)
			random_command(&g, e);
		if (npu_emitter_finish(e, 6, &emitted) != NPU_OK)
			fail_msg("stream %d: %s", i, npu_error());
		assert_true(STREAM_VA + emitted.size <= TRACE_VA);
		memcpy(iss.memory + STREAM_VA, emitted.stream, emitted.size);
		iss.stream_size = emitted.size;
		if (!run_checked(&iss))
			fail_msg("stream %d: %s", i, onpu_core_hazard(iss.core));
		check_figures(&iss, &emitted, &before);
		if (weaken(&g, &iss)) {
			weakened++;
			found += !run_checked(&iss);
		}
		npu_emitter_free(e);
	}
	print_message("%d streams; %d of %d weaker waits are hazards\n", STREAMS, found,
		      weakened);
	/* Many waits are implied by others, but not most. */
	assert_true(weakened > STREAMS / 2 && found > weakened / 3);
	iss_free(&iss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_double_buffer),
		cmocka_unit_test(test_overwrite),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_external),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
