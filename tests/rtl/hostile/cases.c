// SPDX-License-Identifier: MIT
/* What is altered: every field of legal commands of every opcode; and what dispatch must say to it. */
#include "hostile.h"

#include "check.h"
#include "random_commands.h"

#define PER_OPCODE 2		/* legal commands that are altered */
#define MAX_CASES 20000

/* A FILL, the command, END. */
static void add_case(struct cases *cases, const union onpu_command *c, uint32_t words,
		     const char *field)
{
	static const uint32_t dispatched[3] = { [ONPU_ENGINE_LOAD] = 1 };
	struct onpu_check check = { cases->pair->preset, dispatched, &cases->job };
	struct stream_case *made = &cases->list[cases->count];
	struct stream s = { .size = 0 };
	const char *what;

	assert_true(cases->count < MAX_CASES);
	cases->count++;
	put_fill(&s, MARK, (uint8_t)cases->count);
	made->offset = s.size;
	stream_add(&s, c, 4 * words);
	stream_end(&s);
	assert_true(s.size <= sizeof(made->bytes));
	memcpy(made->bytes, s.data, s.size);
	made->size = s.size;
	made->isa = onpu_isa_find(c->head.opcode);
	made->field = field;
	made->expected = onpu_check_header(c->words[0]);
	if (!made->expected)
		made->expected = onpu_check_command(&check, c, &what);
}

/* With what a field is replaced: ends of ranges, signs, and one beside what was there. */
static size_t bad_values(const struct onpu_preset *preset, unsigned int size, uint32_t old,
			 uint32_t values[12])
{
	uint32_t sram = preset->sram_bytes;
	size_t n = 0;

	values[n++] = 0;
	values[n++] = old + 1;
	values[n++] = old - 1;
	if (size == 1) {
		values[n++] = 0x80;
		values[n++] = 0xff;
	} else if (size == 2) {
		values[n++] = 0x8000;
		values[n++] = 0xffff;
		values[n++] = 0x7fff;
	} else {
		values[n++] = sram;
		values[n++] = sram - 1;
		values[n++] = 0x7fffffff;
		values[n++] = 0x80000000;
		values[n++] = 0xfffffff8;
		values[n++] = 0xffffffff;
		/* Times a small number it is a small number, if somebody forgets bits. */
		values[n++] = 0x80000000 + old;
		values[n++] = 0x40000000 + old;
	}
	return n;
}

static void alter_field(struct cases *cases, const union onpu_command *legal, uint32_t words,
			const char *name, uint32_t offset, unsigned int size)
{
	uint32_t old = 0, values[12];
	size_t n;

	memcpy(&old, (const uint8_t *)legal + offset, size);
	n = bad_values(cases->pair->preset, size, old, values);
	for (size_t i = 0; i < n; i++) {
		union onpu_command c = *legal;

		memcpy((uint8_t *)&c + offset, &values[i], size);
		if (memcmp(&c, legal, sizeof(c)))
			add_case(cases, &c, words, name);
	}
}

static void alter_command(struct cases *cases, const union onpu_command *legal)
{
	const struct onpu_isa_command *isa = onpu_isa_find(legal->head.opcode);

	for (size_t i = 0; i < isa->num_fields; i++)
		alter_field(cases, legal, isa->words, isa->fields[i].name, isa->fields[i].offset,
			    isa->fields[i].size);
	alter_field(cases, legal, isa->words, "length", offsetof(struct onpu_head, length), 1);
	alter_field(cases, legal, isa->words, "wait_load", offsetof(struct onpu_head, wait_load), 4);
	alter_field(cases, legal, isa->words, "wait_compute",
		    offsetof(struct onpu_head, wait_compute), 4);
	alter_field(cases, legal, isa->words, "wait_store", offsetof(struct onpu_head, wait_store),
		    4);
}

/* A random legal command of that opcode; its operands are in the pattern for SRAM. */
static void make_legal(const struct onpu_preset *preset, struct gen *gen, uint8_t opcode,
		       union onpu_command *c)
{
	union command random;
	size_t size;

	memset(c, 0, sizeof(*c));
	if (opcode == ONPU_OPCODE_END || opcode == ONPU_OPCODE_PREEMPT) {
		c->head.opcode = opcode;
		c->head.length = onpu_isa_find(opcode)->words;
		if (opcode == ONPU_OPCODE_PREEMPT)
			for (uint32_t i = 0; i < ONPU_PREEMPT_RANGES; i++)
				c->preempt.live[i] = (struct onpu_range){ 0x100 * i, 0x40 };
		return;
	}
	do {
		if (gen->top > preset->sram_bytes - 40000)
			gen->top = FIRST;
		size = random_command(gen, &random);
	} while (random.head.opcode != opcode);
	if (opcode == ONPU_OPCODE_LOAD || opcode == ONPU_OPCODE_STORE) {
		random.load.region = 0;
		random.load.offset %= OWN_DATA_BYTES / 2;
	}
	memcpy(c, &random, size);
	c->head.length = (uint8_t)(size / 4);
}

void cases_make(struct cases *cases, struct pair *pair)
{
	const struct onpu_preset *preset = pair->preset;
	struct gen gen = { .random = 77, .preset = preset, .top = FIRST };
	union onpu_command c;

	*cases = (struct cases){
		.pair = pair, .sram = malloc(preset->sram_bytes),
		.list = calloc(MAX_CASES, sizeof(*cases->list)),
		.job.region[0] = { OWN_DATA_VA, OWN_DATA_BYTES },
	};
	assert_true(cases->sram && cases->list);
	gen.sram = cases->sram;
	iss_fill_random(&gen.random, cases->sram, preset->sram_bytes);

	for (size_t i = 0; i < onpu_isa_num_commands; i++)
		for (int n = 0; n < PER_OPCODE; n++) {
			make_legal(preset, &gen, onpu_isa_commands[i].opcode, &c);
			alter_command(cases, &c);
		}
	memset(&c, 0, sizeof(c));
	for (uint32_t opcode = 0; opcode < 256; opcode++)
		if (!onpu_isa_find((uint8_t)opcode)) {
			c.head.opcode = (uint8_t)opcode;
			c.head.length = 4;
			add_case(cases, &c, 4, "opcode");
		}
}

void cases_free(struct cases *cases)
{
	free(cases->list);
	free(cases->sram);
}
