/* SPDX-License-Identifier: MIT */
/* Made by hw-model/isa/gen.py from commands.yaml; do not edit. */
/* The command stream; docs/command-manual.md says what it means.  Little-endian. */
#ifndef ONPU_ISA_H
#define ONPU_ISA_H

#ifdef __KERNEL__
#include <linux/stddef.h>
#include <linux/types.h>
#else
#include <stddef.h>
#include <stdint.h>
#endif

#ifdef __cplusplus
#define ONPU_ISA_ASSERT(condition, what) static_assert(condition, what)
#else
#define ONPU_ISA_ASSERT(condition, what) _Static_assert(condition, what)
#endif

#define ONPU_ISA_MAJOR 1
#define ONPU_ISA_MINOR 0

#define ONPU_P_MAX 256	/* pixels of a tile of CONV or DWCONV */
#define ONPU_REGIONS 16	/* external regions of a job */
#define ONPU_MAX_KERNEL 16	/* largest kernel height and width of DWCONV */
#define ONPU_PREEMPT_RANGES 8	/* live SRAM ranges that a PREEMPT can name */

/* First byte of a command. */
enum onpu_opcode {
	ONPU_OPCODE_END = 0x01,	/* end of the job */
	ONPU_OPCODE_PREEMPT = 0x02,	/* a place where the job may be preempted */
	ONPU_OPCODE_LOAD = 0x10,	/* external memory to SRAM */
	ONPU_OPCODE_FILL = 0x11,	/* a byte to SRAM */
	ONPU_OPCODE_STORE = 0x20,	/* SRAM to external memory */
	ONPU_OPCODE_CONV = 0x30,	/* convolution on the MAC array */
	ONPU_OPCODE_DWCONV = 0x31,	/* depthwise convolution */
	ONPU_OPCODE_ELTWISE = 0x32,	/* each element by itself, or with a second operand */
	ONPU_OPCODE_POOL = 0x33,	/* maximum or sum over a window */
	ONPU_OPCODE_RESIZE = 0x34,	/* interpolation between two rows and two columns */
};

/* Engines, as tokens, faults and trace records name them. */
enum onpu_engine {
	ONPU_ENGINE_LOAD = 0,	/* LOAD and FILL */
	ONPU_ENGINE_COMPUTE = 1,	/* CONV, DWCONV, ELTWISE, POOL, RESIZE */
	ONPU_ENGINE_STORE = 2,	/* STORE */
	ONPU_ENGINE_CONTROL = 3,	/* the command processor itself: END, PREEMPT */
};

/* Why a job failed; 0 is no fault. */
enum onpu_fault {
	ONPU_FAULT_NONE = 0,	/* no fault */
	ONPU_FAULT_OPCODE = 1,	/* unknown opcode */
	ONPU_FAULT_LENGTH = 2,	/* length is not the opcode's */
	ONPU_FAULT_FLAGS = 3,	/* a reserved bit, byte or enumerator is set */
	ONPU_FAULT_FIELD = 4,	/* a field is outside its documented range */
	ONPU_FAULT_BAD_TOKEN = 5,	/* wait for a command that was not dispatched before */
	ONPU_FAULT_SRAM_RANGE = 6,	/* an access outside the SRAM */
	ONPU_FAULT_REGION_RANGE = 7,	/* an access outside its region, or an absent region */
	/* the stream ended without END, or inside a command, or went on behind END */
	ONPU_FAULT_STREAM = 8,
	/* a malformed weight stream, or one that exceeds its size */
	ONPU_FAULT_BAD_WEIGHTS = 9,
	ONPU_FAULT_MMU = 10,	/* no translation, or no permission */
	ONPU_FAULT_BUS = 11,	/* the bus answered with an error */
	ONPU_FAULT_WATCHDOG = 12,	/* the job used up its cycle budget */
	ONPU_FAULT_KILLED = 13,	/* the host asked for it */
	ONPU_FAULT_ENGINE_HANG = 14,	/* an engine did not stop and was reset */
	ONPU_FAULT_FIRMWARE = 15,	/* the firmware failed */
};

/* How a rescale rounds, see Integers. */
enum onpu_round {
	ONPU_ROUND_N = 0,	/* no rescale */
	/* high multiply, rounded half up, then right shift, rounded half away from zero */
	ONPU_ROUND_D = 1,
	ONPU_ROUND_A = 2,	/* rounded once, half away from zero */
};

/* What the post-processor does with the second operand. */
enum onpu_op2 {
	ONPU_OP2_NONE = 0,	/* nothing */
	ONPU_OP2_ADD = 1,	/* v + x */
	ONPU_OP2_SUB = 2,	/* v - x */
	ONPU_OP2_RSUB = 3,	/* x - v */
	ONPU_OP2_MUL = 4,	/* v * x */
	ONPU_OP2_MAX = 5,	/* larger of v and x, as stored */
	ONPU_OP2_MIN = 6,	/* smaller of v and x, as stored */
};

/* The post-processor's last stage before the store. */
enum onpu_act {
	ONPU_ACT_NONE = 0,	/* nothing */
	ONPU_ACT_TABLE = 1,	/* 256-entry table, indexed by the low byte */
	ONPU_ACT_PRELU = 2,	/* a slope for each channel below zero */
};

/* Reduction of POOL. */
enum onpu_pool {
	ONPU_POOL_MAX = 0,	/* maximum */
	ONPU_POOL_SUM = 1,	/* sum */
};

/* Mode of a weight block. */
enum onpu_block {
	ONPU_BLOCK_D = 0,	/* V window bytes, dense: slot t of a lane multiplies byte t */
	/* 2V window bytes, seen twice: slot t picks byte ((4t + select) mod 4V) mod 2V */
	ONPU_BLOCK_G2 = 1,
	ONPU_BLOCK_G4 = 2,	/* 4V window bytes: slot t picks byte (4t + select) mod 4V */
	ONPU_BLOCK_NONE = 3,	/* no weights: an output-channel block that is all zero */
};

/* `flags` of every command; other bits must be 0. */
/* write a trace record when the command completes */
#define ONPU_CMD_PROFILE (1u << 0)

/* `mode` of CONV, DWCONV, ELTWISE, POOL and RESIZE; other bits must be 0. */
/* input bytes are uint8, else int8 */
#define ONPU_CONV_IN_UNSIGNED (1u << 0)
/* 8-bit weights are uint8 minus weight_zero (CONV, DWCONV only) */
#define ONPU_CONV_WEIGHT_UNSIGNED (1u << 1)
/*
 * output-channel blocks of at most V/2 lanes work on two pixels at once (CONV
 * only); their blocks must be of mode D or NONE
 */
#define ONPU_CONV_PAIR (1u << 2)

/* `flags` of the post-processor; other bits must be 0. */
/* bias, multiplier and shift come from the weight stream (CONV, DWCONV only) */
#define ONPU_POST_PER_CHANNEL (1u << 0)
/* second operand is uint8, else int8 */
#define ONPU_POST_OP2_UNSIGNED (1u << 1)
/* second operand has one channel, which serves all */
#define ONPU_POST_OP2_ONE_CHANNEL (1u << 2)
/* PRELU slopes are uint8, else int8 */
#define ONPU_POST_ALPHA_UNSIGNED (1u << 3)

/* Header word of a weight block. */
/* byte offset of the window from the pixel's first byte in its row */
#define ONPU_BLOCK_OFFSET_SHIFT 0
#define ONPU_BLOCK_OFFSET_MASK 0x0000ffffu
/* row of the window, from the pixel's first row (kernel row * dilation) */
#define ONPU_BLOCK_ROW_SHIFT 16
#define ONPU_BLOCK_ROW_MASK 0x00ff0000u
/* enum block */
#define ONPU_BLOCK_MODE_SHIFT 24
#define ONPU_BLOCK_MODE_MASK 0x03000000u
/* steps - 1; 0 in mode D and NONE, 0 to 2 in G2 and G4 */
#define ONPU_BLOCK_STEPS_SHIFT 26
#define ONPU_BLOCK_STEPS_MASK 0x0c000000u
/* only occupied slots have a value */
#define ONPU_BLOCK_BITMAP_SHIFT 28
#define ONPU_BLOCK_BITMAP_MASK 0x10000000u
/* values have 4 bits */
#define ONPU_BLOCK_NIBBLE_SHIFT 29
#define ONPU_BLOCK_NIBBLE_MASK 0x20000000u
/* 0 */
#define ONPU_BLOCK_RESERVED_SHIFT 30
#define ONPU_BLOCK_RESERVED_MASK 0x40000000u
/* the output-channel block ends here */
#define ONPU_BLOCK_LAST_SHIFT 31
#define ONPU_BLOCK_LAST_MASK 0x80000000u

/* Start of every command. */
struct onpu_head {
	uint8_t opcode;	/* enum opcode */
	uint8_t length;	/* of the command, in words, this one included */
	uint16_t flags;	/* ONPU_CMD_* */
	uint32_t wait_load;	/* load commands that must have completed */
	uint32_t wait_compute;	/* compute commands that must have completed */
	uint32_t wait_store;	/* store commands that must have completed */
};
ONPU_ISA_ASSERT(sizeof(struct onpu_head) == 16, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_head, opcode) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_head, length) == 1, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_head, flags) == 2, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_head, wait_load) == 4, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_head, wait_compute) == 8, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_head, wait_store) == 12, "offset");

/* A feature map in SRAM, see Feature maps.  If ring is not 0, row < ring. */
struct onpu_fmap {
	uint32_t addr;	/* of row 0, pixel 0, channel 0 */
	uint32_t row_pitch;	/* bytes from row to row */
	uint32_t pix_pitch;	/* bytes from pixel to pixel */
	uint16_t ring;	/* rows of the ring, 0: no ring */
	uint16_t row;	/* row where this access begins */
};
ONPU_ISA_ASSERT(sizeof(struct onpu_fmap) == 16, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_fmap, addr) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_fmap, row_pitch) == 4, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_fmap, pix_pitch) == 8, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_fmap, ring) == 12, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_fmap, row) == 14, "offset");

/*
 * The post-processor.  For each output element with accumulator a and channel c (counted from the
 * command's first channel):
 *   1. a += bias (wraps); bias, mult and shift are per channel with PER_CHANNEL, else these fields.
 *   2. v = clamp(rescale(round, a, mult, shift) + zero, min, max)   [the sum is exact]
 *   3. with op2, x being the operand's byte, or op2_zero where c >= op2_channels:
 *        ADD, SUB, RSUB: p = D((v - zero) << left_shift, mult_v, shift_v),
 *              r = D((x - op2_zero) << left_shift, mult_x, shift_x), s = p + r, p - r, r - p (wraps)
 *        MUL:  s = (v - zero) * (x - op2_zero)
 *        then  v = clamp(D(s, mult_o, shift_o) + zero_o, min_o, max_o)
 *        MAX, MIN: v = clamp(max or min(v, x), min_o, max_o)
 *   4. act TABLE: v = table[v & 255], a byte.
 *      act PRELU: u = v - act_zero; u = u >= 0 ? D(u, mult_p, shift_p) :
 *          D(u * (alpha[c] - alpha_zero), mult_n, shift_n);
 *              v = clamp(u + zero_a, min_a, max_a).
 *   5. the low byte of v is stored.
 * Sums with zero, zero_o and zero_a are exact.
 * Fields of a stage that is not used must be 0:
 *   bias, mult and shift with PER_CHANNEL; mult and shift with round N;
 *   with op2 NONE: left_shift, shift_v, shift_x, shift_o, mult_v, mult_x, mult_o, op2_zero, zero_o,
 *        min_o, max_o, op2_channels, op2, OP2_UNSIGNED and OP2_ONE_CHANNEL; with MUL: left_shift,
 *        shift_v, shift_x, mult_v, mult_x; with MAX, MIN: these, and mult_o, shift_o, zero_o;
 *   with act NONE: act_addr, and as with TABLE: shift_p, shift_n, mult_p, mult_n, act_zero,
 *        alpha_zero, zero_a, min_a, max_a and ALPHA_UNSIGNED.
 * With an op2, op2_channels <= out_c, and it is 1 with OP2_ONE_CHANNEL: then x is channel 0's byte for all c.
 * Narrow operands, so that hardware needs one wide multiplier a lane:
 *   with ADD, SUB, RSUB, MUL: -256 <= min - zero, max - zero <= 255, and op2_zero is a value of the
 *        operand's type (int8, or uint8 with OP2_UNSIGNED); with ADD, SUB, RSUB: shift_v, shift_x <= 0;
 *   with PRELU: -256 <= lo - act_zero, hi - act_zero <= 255, lo and hi being min_o and max_o with an
 *        op2, else min and max; and alpha_zero is a value of the slopes' type.
 */
struct onpu_post {
	uint16_t flags;	/* ONPU_POST_* */
	uint8_t round;	/* enum onpu_round: enum round, of stage 2 */
	uint8_t op2_op;	/* enum onpu_op2 */
	uint8_t act;	/* enum onpu_act */
	uint8_t left_shift;	/* of stage 3 */
	int8_t shift;	/* of stage 2 */
	int8_t shift_v;	/* of stage 3, first operand */
	int8_t shift_x;	/* of stage 3, second operand */
	int8_t shift_o;	/* of stage 3, result */
	int8_t shift_p;	/* of PRELU, u >= 0 */
	int8_t shift_n;	/* of PRELU, u < 0 */
	int32_t bias;	/* of stage 1 */
	int32_t mult;	/* of stage 2 */
	int32_t mult_v;	/* of stage 3 */
	int32_t mult_x;	/* of stage 3 */
	int32_t mult_o;	/* of stage 3 */
	int32_t mult_p;	/* of PRELU */
	int32_t mult_n;	/* of PRELU */
	int16_t zero;	/* of stage 2 */
	int16_t min;	/* of stage 2 */
	int16_t max;	/* of stage 2, >= min */
	int16_t op2_zero;	/* zero point of the second operand */
	int16_t zero_o;	/* of stage 3 */
	int16_t min_o;	/* of stage 3 */
	int16_t max_o;	/* of stage 3, >= min_o */
	uint16_t op2_channels;	/* channels that the second operand has, the others read op2_zero */
	int16_t act_zero;	/* of PRELU, input */
	int16_t alpha_zero;	/* of PRELU, slopes */
	int16_t zero_a;	/* of PRELU, output */
	int16_t min_a;	/* of PRELU */
	int16_t max_a;	/* of PRELU, >= min_a */
	uint16_t reserved;	/* 0 */
	/* SRAM address of the table (256 bytes) or of the slopes (one byte a channel) */
	uint32_t act_addr;
	/*
	 * second operand, element (y, x, c) belongs to output element (y, x, c); pitches
	 * may be 0
	 */
	struct onpu_fmap op2;
};
ONPU_ISA_ASSERT(sizeof(struct onpu_post) == 88, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, flags) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, round) == 2, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, op2_op) == 3, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, act) == 4, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, left_shift) == 5, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, shift) == 6, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, shift_v) == 7, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, shift_x) == 8, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, shift_o) == 9, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, shift_p) == 10, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, shift_n) == 11, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, bias) == 12, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, mult) == 16, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, mult_v) == 20, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, mult_x) == 24, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, mult_o) == 28, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, mult_p) == 32, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, mult_n) == 36, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, zero) == 40, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, min) == 42, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, max) == 44, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, op2_zero) == 46, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, zero_o) == 48, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, min_o) == 50, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, max_o) == 52, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, op2_channels) == 54, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, act_zero) == 56, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, alpha_zero) == 58, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, zero_a) == 60, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, min_a) == 62, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, max_a) == 64, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, reserved) == 66, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, act_addr) == 68, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_post, op2) == 72, "offset");

/* A range of SRAM. */
struct onpu_range {
	uint32_t addr;	/* first byte */
	uint32_t size;	/* bytes, 0: unused */
};
ONPU_ISA_ASSERT(sizeof(struct onpu_range) == 8, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_range, addr) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_range, size) == 4, "offset");

/*
 * What a command with PROFILE writes to the job's trace buffer when it completes, in order of
 * completion, until the buffer is full.
 */
struct onpu_trace_record {
	uint32_t stream_offset;	/* of the command, in bytes */
	uint32_t engine;	/* enum engine */
	uint32_t start_lo;	/* cycle at which the command started, low word */
	uint32_t start_hi;	/* high word */
	uint32_t end_lo;	/* cycle at which it completed */
	uint32_t end_hi;	/* high word */
};
ONPU_ISA_ASSERT(sizeof(struct onpu_trace_record) == 24, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_trace_record, stream_offset) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_trace_record, engine) == 4, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_trace_record, start_lo) == 8, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_trace_record, start_hi) == 12, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_trace_record, end_lo) == 16, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_trace_record, end_hi) == 20, "offset");

/* The job completes when all engines have completed.  Nothing may follow. */
struct onpu_cmd_end {
	struct onpu_head head;
};
ONPU_ISA_ASSERT(sizeof(struct onpu_cmd_end) == 16, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_end, head) == 0, "offset");

/*
 * If the firmware asked for preemption: the engines drain, and the job stops here; on resumption it
 * continues behind this command with the ranges restored and all token counts kept.  Otherwise no
 * effect.  SRAM outside of the ranges need not survive.  Ranges lie in [0, S) (SRAM_RANGE); addr is 0
 * where size is 0 (FIELD).
 *
 * The hardware looks whether it was asked when it dispatches this command, and it dispatches ahead
 * of the engines until one's queue of 16 commands is full.  A request that comes later is heard at the
 * next PREEMPT.  So a stream of fewer commands is hardly ever preempted, and any other one up to 16
 * commands of each engine later than could be.  The functional model looks when what comes before is
 * about to complete, and preempts both.
 */
struct onpu_cmd_preempt {
	struct onpu_head head;
	struct onpu_range live[8];	/* SRAM that later commands read before they write it */
};
ONPU_ISA_ASSERT(sizeof(struct onpu_cmd_preempt) == 80, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_preempt, head) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_preempt, live) == 16, "offset");

/*
 * For k in [0, n2), j in [0, n1): copies n0 bytes from external offset + k * ext_stride2 + j * ext_stride1
 * to SRAM addr + r * sram_stride2 + j * sram_stride1, with r = row + k, modulo ring if it is not 0.
 */
struct onpu_cmd_load {
	struct onpu_head head;
	uint8_t region;	/* region of the external side */
	uint8_t value;	/* the byte of FILL; 0 in LOAD and STORE */
	uint16_t n1;	/* runs */
	uint32_t offset;	/* in the region */
	uint32_t n0;	/* bytes in a run */
	uint32_t ext_stride1;	/* bytes */
	uint32_t ext_stride2;	/* bytes */
	uint32_t addr;	/* in SRAM */
	uint32_t sram_stride1;	/* bytes */
	uint32_t sram_stride2;	/* bytes: the row pitch */
	uint16_t n2;	/* rows */
	uint16_t ring;	/* rows of the ring, 0: no ring */
	uint16_t row;	/* first row; below ring if that is not 0 */
	uint16_t reserved;	/* 0 */
};
ONPU_ISA_ASSERT(sizeof(struct onpu_cmd_load) == 56, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, head) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, region) == 16, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, value) == 17, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, n1) == 18, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, offset) == 20, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, n0) == 24, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, ext_stride1) == 28, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, ext_stride2) == 32, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, addr) == 36, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, sram_stride1) == 40, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, sram_stride2) == 44, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, n2) == 48, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, ring) == 50, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, row) == 52, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_load, reserved) == 54, "offset");

/*
 * As LOAD, but the bytes written are `value`; region, offset, ext_stride1 and
 * ext_stride2 are 0.
 */
struct onpu_cmd_fill {
	struct onpu_head head;
	uint8_t region;	/* region of the external side */
	uint8_t value;	/* the byte of FILL; 0 in LOAD and STORE */
	uint16_t n1;	/* runs */
	uint32_t offset;	/* in the region */
	uint32_t n0;	/* bytes in a run */
	uint32_t ext_stride1;	/* bytes */
	uint32_t ext_stride2;	/* bytes */
	uint32_t addr;	/* in SRAM */
	uint32_t sram_stride1;	/* bytes */
	uint32_t sram_stride2;	/* bytes: the row pitch */
	uint16_t n2;	/* rows */
	uint16_t ring;	/* rows of the ring, 0: no ring */
	uint16_t row;	/* first row; below ring if that is not 0 */
	uint16_t reserved;	/* 0 */
};
ONPU_ISA_ASSERT(sizeof(struct onpu_cmd_fill) == 56, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, head) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, region) == 16, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, value) == 17, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, n1) == 18, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, offset) == 20, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, n0) == 24, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, ext_stride1) == 28, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, ext_stride2) == 32, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, addr) == 36, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, sram_stride1) == 40, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, sram_stride2) == 44, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, n2) == 48, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, ring) == 50, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, row) == 52, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_fill, reserved) == 54, "offset");

/* As LOAD, with source and destination exchanged. */
struct onpu_cmd_store {
	struct onpu_head head;
	uint8_t region;	/* region of the external side */
	uint8_t value;	/* the byte of FILL; 0 in LOAD and STORE */
	uint16_t n1;	/* runs */
	uint32_t offset;	/* in the region */
	uint32_t n0;	/* bytes in a run */
	uint32_t ext_stride1;	/* bytes */
	uint32_t ext_stride2;	/* bytes */
	uint32_t addr;	/* in SRAM */
	uint32_t sram_stride1;	/* bytes */
	uint32_t sram_stride2;	/* bytes: the row pitch */
	uint16_t n2;	/* rows */
	uint16_t ring;	/* rows of the ring, 0: no ring */
	uint16_t row;	/* first row; below ring if that is not 0 */
	uint16_t reserved;	/* 0 */
};
ONPU_ISA_ASSERT(sizeof(struct onpu_cmd_store) == 56, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, head) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, region) == 16, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, value) == 17, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, n1) == 18, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, offset) == 20, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, n0) == 24, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, ext_stride1) == 28, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, ext_stride2) == 32, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, addr) == 36, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, sram_stride1) == 40, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, sram_stride2) == 44, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, n2) == 48, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, ring) == 50, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, row) == 52, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_store, reserved) == 54, "offset");

/*
 * For each tile of tile_h x tile_w output pixels (row by row; the last ones may be smaller), for each
 * block of V output channels: accumulates the weight blocks of the stream over the tile's pixels, then
 * post-processes and stores.
 */
struct onpu_cmd_conv {
	struct onpu_head head;
	uint16_t out_h;	/* output rows */
	uint16_t out_w;	/* output pixels in a row */
	uint16_t out_c;	/* output channels */
	uint16_t tile_h;
	uint16_t tile_w;	/* tile_h * tile_w <= P_MAX */
	uint16_t mode;	/* ONPU_CONV_* */
	uint8_t stride_h;
	uint8_t stride_w;
	uint8_t weight_zero;	/* subtracted from unsigned weights */
	uint8_t reserved;	/* 0 */
	uint32_t weights;	/* SRAM address of the weight stream */
	uint32_t weights_size;	/* bytes */
	struct onpu_fmap in;	/* window row 0, byte 0 of output pixel (0, 0) */
	struct onpu_fmap out;	/* output */
	struct onpu_post post;	/* post-processor */
};
ONPU_ISA_ASSERT(sizeof(struct onpu_cmd_conv) == 160, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, head) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, out_h) == 16, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, out_w) == 18, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, out_c) == 20, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, tile_h) == 22, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, tile_w) == 24, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, mode) == 26, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, stride_h) == 28, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, stride_w) == 29, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, weight_zero) == 30, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, reserved) == 31, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, weights) == 32, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, weights_size) == 36, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, in) == 40, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, out) == 56, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_conv, post) == 72, "offset");

/*
 * Each channel by itself:
 *   acc[y][x][c] = sum over i < kernel_h, j < kernel_w of
 *       in(y * stride_h + i * dilation_h, x * stride_w + j * dilation_w, c) * weight[i][j][c].
 * The stream has a byte for every channel and tap.  Tiles as in CONV.
 */
struct onpu_cmd_dwconv {
	struct onpu_head head;
	uint16_t out_h;	/* output rows */
	uint16_t out_w;	/* output pixels in a row */
	uint16_t out_c;	/* channels */
	uint16_t tile_h;
	uint16_t tile_w;	/* tile_h * tile_w <= P_MAX */
	uint16_t mode;	/* ONPU_CONV_* */
	uint8_t stride_h;
	uint8_t stride_w;
	uint8_t weight_zero;	/* subtracted from unsigned weights */
	uint8_t kernel_h;
	uint8_t kernel_w;
	uint8_t dilation_h;
	uint8_t dilation_w;
	uint8_t reserved;	/* 0 */
	uint32_t weights;	/* SRAM address of the weight stream */
	uint32_t weights_size;	/* bytes */
	struct onpu_fmap in;	/* input element (0, 0, 0) of output pixel (0, 0) */
	struct onpu_fmap out;	/* output */
	struct onpu_post post;	/* post-processor */
};
ONPU_ISA_ASSERT(sizeof(struct onpu_cmd_dwconv) == 164, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, head) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, out_h) == 16, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, out_w) == 18, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, out_c) == 20, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, tile_h) == 22, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, tile_w) == 24, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, mode) == 26, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, stride_h) == 28, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, stride_w) == 29, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, weight_zero) == 30, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, kernel_h) == 31, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, kernel_w) == 32, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, dilation_h) == 33, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, dilation_w) == 34, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, reserved) == 35, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, weights) == 36, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, weights_size) == 40, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, in) == 44, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, out) == 60, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_dwconv, post) == 76, "offset");

/* acc[y][x][c] = in(y, x, c). */
struct onpu_cmd_eltwise {
	struct onpu_head head;
	uint16_t out_h;	/* rows */
	uint16_t out_w;	/* pixels in a row */
	uint16_t out_c;	/* channels */
	uint16_t mode;	/* ONPU_CONV_* */
	struct onpu_fmap in;	/* input */
	struct onpu_fmap out;	/* output */
	struct onpu_post post;	/* post-processor */
};
ONPU_ISA_ASSERT(sizeof(struct onpu_cmd_eltwise) == 144, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_eltwise, head) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_eltwise, out_h) == 16, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_eltwise, out_w) == 18, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_eltwise, out_c) == 20, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_eltwise, mode) == 22, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_eltwise, in) == 24, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_eltwise, out) == 40, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_eltwise, post) == 56, "offset");

/*
 * Reduces a window of each channel:
 *   acc[y][x][c] = maximum or sum over i < kernel_h, j < kernel_w of
 *       in(y * stride_h + i, x * stride_w + j, c).
 */
struct onpu_cmd_pool {
	struct onpu_head head;
	uint16_t out_h;	/* output rows */
	uint16_t out_w;	/* output pixels in a row */
	uint16_t out_c;	/* channels */
	uint16_t mode;	/* ONPU_CONV_* */
	uint16_t kernel_h;
	uint16_t kernel_w;	/* kernel_h * kernel_w <= 65536 */
	uint16_t stride_h;
	uint16_t stride_w;
	uint16_t op;	/* enum onpu_pool */
	uint16_t reserved;	/* 0 */
	struct onpu_fmap in;	/* input element (0, 0, 0) of output pixel (0, 0) */
	struct onpu_fmap out;	/* output */
	struct onpu_post post;	/* post-processor */
};
ONPU_ISA_ASSERT(sizeof(struct onpu_cmd_pool) == 156, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, head) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, out_h) == 16, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, out_w) == 18, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, out_c) == 20, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, mode) == 22, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, kernel_h) == 24, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, kernel_w) == 26, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, stride_h) == 28, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, stride_w) == 30, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, op) == 32, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, reserved) == 34, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, in) == 36, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, out) == 52, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_pool, post) == 68, "offset");

/*
 * Two tables in SRAM, 8 bytes an entry, aligned to 8: {u16 first, u16 second, u16 fraction, u16 zero}.
 * With (y0, y1, fy) = rows[y] and (x0, x1, fx) = columns[x]:
 *   acc[y][x][c] = (in(y0, x0, c) * (1024 - fx) + in(y0, x1, c) * fx) * (1024 - fy)
 *                + (in(y1, x0, c) * (1024 - fx) + in(y1, x1, c) * fx) * fy.
 * Table entries must be below in_h and in_w, fractions at most 1024, and the last field 0 (FIELD,
 * found when they are read).
 */
struct onpu_cmd_resize {
	struct onpu_head head;
	uint16_t out_h;	/* output rows */
	uint16_t out_w;	/* output pixels in a row */
	uint16_t out_c;	/* channels */
	uint16_t mode;	/* ONPU_CONV_* */
	uint16_t in_h;	/* input rows */
	uint16_t in_w;	/* input pixels in a row */
	uint32_t rows;	/* SRAM address of out_h entries */
	uint32_t columns;	/* SRAM address of out_w entries */
	struct onpu_fmap in;	/* input */
	struct onpu_fmap out;	/* output */
	struct onpu_post post;	/* post-processor */
};
ONPU_ISA_ASSERT(sizeof(struct onpu_cmd_resize) == 156, "size");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_resize, head) == 0, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_resize, out_h) == 16, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_resize, out_w) == 18, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_resize, out_c) == 20, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_resize, mode) == 22, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_resize, in_h) == 24, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_resize, in_w) == 26, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_resize, rows) == 28, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_resize, columns) == 32, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_resize, in) == 36, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_resize, out) == 52, "offset");
ONPU_ISA_ASSERT(offsetof(struct onpu_cmd_resize, post) == 68, "offset");

#define ONPU_END_WORDS 4
#define ONPU_PREEMPT_WORDS 20
#define ONPU_LOAD_WORDS 14
#define ONPU_FILL_WORDS 14
#define ONPU_STORE_WORDS 14
#define ONPU_CONV_WORDS 40
#define ONPU_DWCONV_WORDS 41
#define ONPU_ELTWISE_WORDS 36
#define ONPU_POOL_WORDS 39
#define ONPU_RESIZE_WORDS 39

#endif
