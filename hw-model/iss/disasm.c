// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <string.h>

#include "check.h"
#include "disasm.h"
#include "isa_fields.h"

#define INDENT "          "

static int64_t value_of(const union onpu_command *command, const struct onpu_isa_field *field)
{
	uint32_t value = 0;

	memcpy(&value, (const uint8_t *)command + field->offset, field->size);
	if (!field->is_signed)
		return value;
	return field->size == 1 ? (int8_t)value : field->size == 2 ? (int16_t)value :
	       (int32_t)value;
}

static void print_flags(FILE *out, const struct onpu_isa_field *field, uint32_t value)
{
	const char *between = "";

	for (const struct onpu_isa_name *name = field->names; name->name; name++) {
		if (!(value & name->value))
			continue;
		fprintf(out, "%s%s", between, name->name);
		between = "|";
		value &= ~name->value;
	}
	if (value)
		fprintf(out, "%s0x%" PRIx32, between, value);
}

/* Addresses read better in hexadecimal. */
static bool is_address(const char *name)
{
	static const char *const names[] = { "addr", "act_addr", "offset", "weights", "rows",
					     "columns", "value" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void print_value(FILE *out, const struct onpu_isa_field *field, const char *name,
			int64_t value)
{
	fprintf(out, " %s=", name);
	if (field->kind == ONPU_ISA_FLAGS)
		print_flags(out, field, (uint32_t)value);
	else if (field->kind == ONPU_ISA_ENUM)
		fprintf(out, "%s", onpu_isa_name(field->names, (uint32_t)value));
	else if (is_address(name))
		fprintf(out, "0x%" PRIx64, (uint64_t)value);
	else
		fprintf(out, "%" PRId64, value);
}

static void print_tokens(FILE *out, const struct onpu_head *head)
{
	const char *between = "  after ";

	if (head->wait_load) {
		fprintf(out, "%sload %" PRIu32, between, head->wait_load);
		between = ", ";
	}
	if (head->wait_compute) {
		fprintf(out, "%scompute %" PRIu32, between, head->wait_compute);
		between = ", ";
	}
	if (head->wait_store)
		fprintf(out, "%sstore %" PRIu32, between, head->wait_store);
}

/* Length of "post.op2." in "post.op2.addr". */
static size_t prefix_length(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? (size_t)(dot - name) + 1 : 0;
}

static void print_fields(FILE *out, const struct onpu_isa_command *isa,
			 const union onpu_command *command)
{
	const char *line = NULL;	/* name of a field of the struct that the line is for */

	for (size_t i = 0; i < isa->num_fields; i++) {
		const struct onpu_isa_field *field = &isa->fields[i];
		size_t prefix = prefix_length(field->name);
		int64_t value = value_of(command, field);

		/* An enumerator may be 0 and mean something: POOL's MAX. */
		if (!value && !(field->kind == ONPU_ISA_ENUM && !prefix))
			continue;
		if (!line || prefix_length(line) != prefix ||
		    strncmp(line, field->name, prefix)) {
			fprintf(out, "\n" INDENT);
			if (prefix)
				fprintf(out, "%.*s:", (int)prefix - 1, field->name);
		}
		line = field->name;
		print_value(out, field, field->name + prefix, value);
	}
	fprintf(out, "\n");
}

int onpu_disasm(FILE *out, const struct onpu_preset *preset, const uint8_t *stream, size_t size,
		size_t offset)
{
	struct onpu_check check = { .preset = preset };
	union onpu_command command = { { 0 } };
	const struct onpu_isa_command *isa;
	enum onpu_fault fault;
	const char *what;
	uint32_t header;

	fprintf(out, "%08zx ", offset);
	if (offset > size || size - offset < sizeof(header)) {
		fprintf(out, "\n! the stream ends inside a command\n");
		return -1;
	}
	memcpy(&header, stream + offset, sizeof(header));
	isa = onpu_isa_find(header & 0xff);
	fault = onpu_check_header(header);
	if (fault == ONPU_FAULT_OPCODE) {
		fprintf(out, "\n! unknown opcode 0x%02" PRIx32 "\n", header & 0xff);
		return -1;
	}
	fprintf(out, "%s", isa->name);
	if (fault == ONPU_FAULT_LENGTH) {
		fprintf(out, "\n! length %" PRIu32 " words, not %d\n", header >> 8 & 0xff,
			isa->words);
		return -1;
	}
	if (size - offset < 4u * isa->words) {
		fprintf(out, "\n! the stream ends inside a command\n");
		return -1;
	}
	memcpy(&command, stream + offset, 4u * isa->words);
	print_tokens(out, &command.head);
	print_fields(out, isa, &command);
	fault = onpu_check_command(&check, &command, &what);
	if (fault != ONPU_FAULT_NONE) {
		fprintf(out, "! %s: %s\n", onpu_isa_name(onpu_isa_fault_names, fault), what);
		return -1;
	}
	return 4 * isa->words;
}
