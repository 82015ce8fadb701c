// SPDX-License-Identifier: MIT
#include <string.h>

#include "check.h"
#include "isa_fields.h"

enum onpu_fault onpu_check_header(uint32_t word)
{
	const struct onpu_isa_command *isa = onpu_isa_find(word & 0xff);

	if (!isa)
		return ONPU_FAULT_OPCODE;
	return (word >> 8 & 0xff) == isa->words ? ONPU_FAULT_NONE : ONPU_FAULT_LENGTH;
}

/* ---- single fields ---------------------------------------------------------- */

static int64_t field_value(const union onpu_command *command, const struct onpu_isa_field *field)
{
	const uint8_t *at = (const uint8_t *)command + field->offset;
	uint32_t value = 0;

	memcpy(&value, at, field->size);
	if (!field->is_signed)
		return value;
	return field->size == 1 ? (int8_t)value : field->size == 2 ? (int16_t)value :
	       (int32_t)value;
}

static bool enumerator_known(const struct onpu_isa_field *field, uint32_t value)
{
	const struct onpu_isa_name *name;

	for (name = field->names; name->name; name++)
		if (name->value == value)
			return true;
	return false;
}

static const char *check_flags(const union onpu_command *command,
			       const struct onpu_isa_command *isa)
{
	for (size_t i = 0; i < isa->num_fields; i++) {
		const struct onpu_isa_field *field = &isa->fields[i];
		int64_t value = field_value(command, field);

		if (((uint64_t)value & 0xffffffff & ~(uint64_t)field->mask) && !field->is_signed)
			return field->name;
		if (field->kind == ONPU_ISA_ENUM && !enumerator_known(field, (uint32_t)value))
			return field->name;
	}
	return NULL;
}

static const char *check_ranges(const union onpu_command *command,
				const struct onpu_isa_command *isa)
{
	for (size_t i = 0; i < isa->num_fields; i++) {
		const struct onpu_isa_field *field = &isa->fields[i];
		int64_t value = field_value(command, field);

		if (value < field->min || value > field->max || value % field->multiple)
			return field->name;
	}
	return NULL;
}

/* ---- relations between fields: FIELD ---------------------------------------- */

static const char *check_ring(const struct onpu_fmap *map, const char *what)
{
	return map->ring && map->row >= map->ring ? what : NULL;
}

static const char *check_op2_unused(const struct onpu_post *p)
{
	static const struct onpu_fmap none;
	bool used = p->op2_op != ONPU_OP2_NONE;
	bool scaled = p->op2_op == ONPU_OP2_ADD || p->op2_op == ONPU_OP2_SUB ||
		      p->op2_op == ONPU_OP2_RSUB;

	if (!scaled && (p->left_shift || p->shift_v || p->shift_x || p->mult_v || p->mult_x))
		return "post: inputs' rescale without ADD or SUB";
	if (!scaled && p->op2_op != ONPU_OP2_MUL && (p->shift_o || p->mult_o || p->zero_o))
		return "post: output rescale without ADD, SUB or MUL";
	if (!used && (p->op2_zero || p->min_o || p->max_o || p->op2_channels ||
		      p->flags & (ONPU_POST_OP2_UNSIGNED | ONPU_POST_OP2_ONE_CHANNEL) ||
		      memcmp(&p->op2, &none, sizeof(none))))
		return "post: op2 fields without an op2";
	return NULL;
}

static const char *check_act_unused(const struct onpu_post *p)
{
	if (p->act == ONPU_ACT_NONE && p->act_addr)
		return "post.act_addr";
	if (p->act != ONPU_ACT_PRELU &&
	    (p->shift_p || p->shift_n || p->mult_p || p->mult_n || p->act_zero || p->alpha_zero ||
	     p->zero_a || p->min_a || p->max_a || p->flags & ONPU_POST_ALPHA_UNSIGNED))
		return "post: PRELU fields without PRELU";
	return NULL;
}

static bool is_byte(int value, bool is_unsigned)
{
	return is_unsigned ? value >= 0 && value <= 255 : value >= -128 && value <= 127;
}

/* Differences of 9 bits: all that the narrow multipliers take. */
static bool is_narrow(int low, int high, int zero)
{
	return low - zero >= -256 && high - zero <= 255;
}

static const char *check_narrow(const struct onpu_post *p)
{
	bool op2 = p->op2_op != ONPU_OP2_NONE;
	bool compared = p->op2_op == ONPU_OP2_MAX || p->op2_op == ONPU_OP2_MIN;

	if (op2 && !compared) {
		if (!is_narrow(p->min, p->max, p->zero))
			return "post: max - zero or min - zero with an op2";
		if (!is_byte(p->op2_zero, p->flags & ONPU_POST_OP2_UNSIGNED))
			return "post.op2_zero";
		if (p->shift_v > 0 || p->shift_x > 0)
			return "post: shift_v or shift_x above 0";
	}
	if (p->act != ONPU_ACT_PRELU)
		return NULL;
	if (!is_narrow(op2 ? p->min_o : p->min, op2 ? p->max_o : p->max, p->act_zero))
		return "post.act_zero";
	return is_byte(p->alpha_zero, p->flags & ONPU_POST_ALPHA_UNSIGNED) ? NULL :
	       "post.alpha_zero";
}

static const char *check_post(const struct onpu_post *p, uint32_t out_c)
{
	const char *what;

	if ((p->flags & ONPU_POST_PER_CHANNEL) && (p->bias || p->mult || p->shift))
		return "post: bias, mult or shift with PER_CHANNEL";
	if (p->round == ONPU_ROUND_N && (p->mult || p->shift))
		return "post: mult or shift with round N";
	if (p->max < p->min)
		return "post.max";
	if (p->max_o < p->min_o)
		return "post.max_o";
	if (p->max_a < p->min_a)
		return "post.max_a";
	what = check_op2_unused(p);
	if (!what)
		what = check_act_unused(p);
	if (!what)
		what = check_narrow(p);
	if (what)
		return what;
	if (p->op2_channels > out_c ||
	    (p->flags & ONPU_POST_OP2_ONE_CHANNEL && p->op2_channels != 1))
		return "post.op2_channels";
	return check_ring(&p->op2, "post.op2.row");
}

static const char *check_tile(uint32_t tile_h, uint32_t tile_w, uint32_t mode,
			      uint32_t weight_zero)
{
	if (tile_h * tile_w > ONPU_P_MAX)
		return "tile_h * tile_w";
	return weight_zero && !(mode & ONPU_CONV_WEIGHT_UNSIGNED) ? "weight_zero" : NULL;
}

static const char *check_dma(const struct onpu_cmd_load *c)
{
	if (c->ring && c->row >= c->ring)
		return "row";
	if (c->head.opcode != ONPU_OPCODE_FILL)
		return c->value ? "value" : NULL;
	return c->region || c->offset || c->ext_stride1 || c->ext_stride2 ?
	       "external side of a FILL" : NULL;
}

static const char *check_preempt(const struct onpu_cmd_preempt *c)
{
	for (int i = 0; i < ONPU_PREEMPT_RANGES; i++)
		if (!c->live[i].size && c->live[i].addr)
			return "live";
	return NULL;
}

/* in, out and post, which the vector commands and convolutions share. */
static const char *check_compute(const struct onpu_fmap *in, const struct onpu_fmap *out,
				 const struct onpu_post *post, uint32_t out_c)
{
	const char *what = check_ring(in, "in.row");

	if (!what)
		what = check_ring(out, "out.row");
	return what ? what : check_post(post, out_c);
}

static const char *check_relations(const union onpu_command *c)
{
	const char *what = NULL;

	switch (c->head.opcode) {
	case ONPU_OPCODE_PREEMPT:
		return check_preempt(&c->preempt);
	case ONPU_OPCODE_LOAD:
	case ONPU_OPCODE_FILL:
	case ONPU_OPCODE_STORE:
		return check_dma(&c->load);
	case ONPU_OPCODE_CONV:
		what = check_tile(c->conv.tile_h, c->conv.tile_w, c->conv.mode,
				  c->conv.weight_zero);
		return what ? what : check_compute(&c->conv.in, &c->conv.out, &c->conv.post,
						   c->conv.out_c);
	case ONPU_OPCODE_DWCONV:
		what = check_tile(c->dwconv.tile_h, c->dwconv.tile_w, c->dwconv.mode,
				  c->dwconv.weight_zero);
		return what ? what : check_compute(&c->dwconv.in, &c->dwconv.out, &c->dwconv.post,
						   c->dwconv.out_c);
	case ONPU_OPCODE_ELTWISE:
		return check_compute(&c->eltwise.in, &c->eltwise.out, &c->eltwise.post,
				     c->eltwise.out_c);
	case ONPU_OPCODE_POOL:
		if ((uint64_t)c->pool.kernel_h * c->pool.kernel_w > 65536)
			return "kernel_h * kernel_w";
		return check_compute(&c->pool.in, &c->pool.out, &c->pool.post, c->pool.out_c);
	case ONPU_OPCODE_RESIZE:
		return check_compute(&c->resize.in, &c->resize.out, &c->resize.post,
				     c->resize.out_c);
	default:
		return NULL;
	}
}

/* ---- SRAM_RANGE -------------------------------------------------------------- */

/* steps * pitch <= limit; steps and pitch below 2^32. */
static bool product_fits(uint64_t steps, uint64_t pitch, uint64_t limit, uint64_t *product)
{
	*product = steps * pitch;
	return *product <= limit;
}

/* steps after the first row of a ring, or of none */
static uint64_t last_row(uint64_t row, uint64_t rows, uint64_t ring)
{
	uint64_t last = row + rows - 1;

	return ring && last > ring - 1 ? ring - 1 : last;
}

static bool span_fits(uint64_t addr, uint64_t row, uint64_t row_pitch, uint64_t steps,
		      uint64_t step_pitch, uint64_t bytes, uint64_t limit)
{
	uint64_t rows, pixels;

	return product_fits(row, row_pitch, limit, &rows) &&
	       product_fits(steps, step_pitch, limit, &pixels) &&
	       addr + rows + pixels + bytes <= limit;
}

static bool map_fits(const struct onpu_fmap *map, uint64_t h, uint64_t w, uint64_t c,
		     uint64_t limit)
{
	return span_fits(map->addr, last_row(map->row, h, map->ring), map->row_pitch, w - 1,
			 map->pix_pitch, c, limit);
}

static bool range_fits(uint64_t addr, uint64_t size, uint64_t limit)
{
	return addr + size <= limit;
}

static const char *post_fits(const struct onpu_post *post, uint64_t h, uint64_t w, uint64_t c,
			     uint64_t limit)
{
	if (post->op2_channels && !map_fits(&post->op2, h, w, post->op2_channels, limit))
		return "post.op2";
	if (post->act == ONPU_ACT_TABLE && !range_fits(post->act_addr, 256, limit))
		return "post.act_addr";
	if (post->act == ONPU_ACT_PRELU && !range_fits(post->act_addr, c, limit))
		return "post.act_addr";
	return NULL;
}

static const char *output_fits(const struct onpu_fmap *out, const struct onpu_post *post,
			       uint64_t h, uint64_t w, uint64_t c, uint64_t limit)
{
	return map_fits(out, h, w, c, limit) ? post_fits(post, h, w, c, limit) : "out";
}

/* Pixels, or rows, of input between the first and the last that a window touches. */
static uint64_t window_extent(uint64_t out, uint64_t stride, uint64_t kernel, uint64_t dilation)
{
	return (out - 1) * stride + (kernel - 1) * dilation + 1;
}

static const char *dwconv_fits(const struct onpu_cmd_dwconv *c, uint64_t limit)
{
	if (!map_fits(&c->in, window_extent(c->out_h, c->stride_h, c->kernel_h, c->dilation_h),
		      window_extent(c->out_w, c->stride_w, c->kernel_w, c->dilation_w), c->out_c,
		      limit))
		return "in";
	if (!range_fits(c->weights, c->weights_size, limit))
		return "weights";
	return output_fits(&c->out, &c->post, c->out_h, c->out_w, c->out_c, limit);
}

static const char *pool_fits(const struct onpu_cmd_pool *c, uint64_t limit)
{
	if (!map_fits(&c->in, window_extent(c->out_h, c->stride_h, c->kernel_h, 1),
		      window_extent(c->out_w, c->stride_w, c->kernel_w, 1), c->out_c, limit))
		return "in";
	return output_fits(&c->out, &c->post, c->out_h, c->out_w, c->out_c, limit);
}

static const char *resize_fits(const struct onpu_cmd_resize *c, uint64_t limit)
{
	if (!map_fits(&c->in, c->in_h, c->in_w, c->out_c, limit))
		return "in";
	if (!range_fits(c->rows, 8ull * c->out_h, limit))
		return "rows";
	if (!range_fits(c->columns, 8ull * c->out_w, limit))
		return "columns";
	return output_fits(&c->out, &c->post, c->out_h, c->out_w, c->out_c, limit);
}

static const char *preempt_fits(const struct onpu_cmd_preempt *c, uint64_t limit)
{
	for (int i = 0; i < ONPU_PREEMPT_RANGES; i++)
		if (!range_fits(c->live[i].addr, c->live[i].size, limit))
			return "live";
	return NULL;
}

static const char *check_sram(const union onpu_command *c, uint64_t limit)
{
	switch (c->head.opcode) {
	case ONPU_OPCODE_PREEMPT:
		return preempt_fits(&c->preempt, limit);
	case ONPU_OPCODE_LOAD:
	case ONPU_OPCODE_FILL:
	case ONPU_OPCODE_STORE:
		return span_fits(c->load.addr, last_row(c->load.row, c->load.n2, c->load.ring),
				 c->load.sram_stride2, c->load.n1 - 1, c->load.sram_stride1,
				 c->load.n0, limit) ? NULL : "addr";
	case ONPU_OPCODE_CONV:
		if (!range_fits(c->conv.weights, c->conv.weights_size, limit))
			return "weights";
		return output_fits(&c->conv.out, &c->conv.post, c->conv.out_h, c->conv.out_w,
				   c->conv.out_c, limit);
	case ONPU_OPCODE_DWCONV:
		return dwconv_fits(&c->dwconv, limit);
	case ONPU_OPCODE_ELTWISE:
		if (!map_fits(&c->eltwise.in, c->eltwise.out_h, c->eltwise.out_w,
			      c->eltwise.out_c, limit))
			return "in";
		return output_fits(&c->eltwise.out, &c->eltwise.post, c->eltwise.out_h,
				   c->eltwise.out_w, c->eltwise.out_c, limit);
	case ONPU_OPCODE_POOL:
		return pool_fits(&c->pool, limit);
	case ONPU_OPCODE_RESIZE:
		return resize_fits(&c->resize, limit);
	default:
		return NULL;
	}
}

/* ---- REGION_RANGE ------------------------------------------------------------- */

static bool check_region(const struct onpu_cmd_load *c, const struct onpu_core_job *job)
{
	uint64_t size = job->region[c->region].size;

	/* What lies beyond the address space is in no region. */
	if (size > (1ull << 32) - job->region[c->region].va)
		size = (1ull << 32) - job->region[c->region].va;
	return span_fits(c->offset, c->n2 - 1, c->ext_stride2, c->n1 - 1, c->ext_stride1, c->n0,
			 size);
}

/* ---- all ------------------------------------------------------------------------- */

static const char *check_tokens(const struct onpu_head *head, const uint32_t dispatched[3])
{
	if (head->wait_load > dispatched[ONPU_ENGINE_LOAD])
		return "wait_load";
	if (head->wait_compute > dispatched[ONPU_ENGINE_COMPUTE])
		return "wait_compute";
	return head->wait_store > dispatched[ONPU_ENGINE_STORE] ? "wait_store" : NULL;
}

enum onpu_fault onpu_check_command(const struct onpu_check *check,
				   const union onpu_command *command, const char **what)
{
	const struct onpu_isa_command *isa = onpu_isa_find(command->head.opcode);
	uint8_t opcode = command->head.opcode;

	*what = check_flags(command, isa);
	if (*what)
		return ONPU_FAULT_FLAGS;
	*what = check_ranges(command, isa);
	if (!*what)
		*what = check_relations(command);
	if (*what)
		return ONPU_FAULT_FIELD;
	if (check->dispatched) {
		*what = check_tokens(&command->head, check->dispatched);
		if (*what)
			return ONPU_FAULT_BAD_TOKEN;
	}
	*what = check_sram(command, check->preset->sram_bytes);
	if (*what)
		return ONPU_FAULT_SRAM_RANGE;
	if (check->job && (opcode == ONPU_OPCODE_LOAD || opcode == ONPU_OPCODE_STORE) &&
	    !check_region(&command->load, check->job)) {
		*what = "offset";
		return ONPU_FAULT_REGION_RANGE;
	}
	return ONPU_FAULT_NONE;
}
