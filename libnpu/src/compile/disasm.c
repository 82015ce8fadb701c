// SPDX-License-Identifier: MIT
/* A program as text: its steps, and each job's commands under the names of their layers. */
#include "program.h"

#include <inttypes.h>
#include <string.h>

#include "disasm.h"
#include "ir/error.h"

/* Names come from files, and text goes to terminals. */
static void print_name(FILE *out, const char *name)
{
	for (; *name; name++)
		fputc((unsigned char)*name < ' ' || *name == 0x7f ? '?' : *name, out);
}

static void print_cpu_step(const struct npu_program *program, int s, FILE *out)
{
	const struct npu_graph *graph = &program->graph;
	const struct npu_node *node = &graph->nodes[program->steps[s].node];
	char label[256];

	fprintf(out, "step %d: CPU: ", s);
	print_name(out, npu_node_label(graph, node, label, sizeof(label)));
	fputc('\n', out);
}

static npu_status print_stream(const struct npu_program *program, int s, uint32_t entry, uint32_t size,
			       const struct npu_layer_part *parts, int num_parts, FILE *out)
{
	const uint8_t *stream = program->code + entry;
	uint32_t offset = 0;
	int part = 0;

	while (part < num_parts && parts[part].offset < entry)
		part++;
	while (offset < size) {
		int used;

		/* A part begins at a command, unless the program is wrong: then its name comes late. */
		for (; part < num_parts && parts[part].offset <= entry + offset; part++) {
			const struct npu_layer *layer = &program->layers[parts[part].layer];

			fprintf(out, "layer %d: ", parts[part].layer);
			print_name(out, layer->name);
			fputc('\n', out);
		}
		used = onpu_disasm(out, program->preset, stream, size, offset);
		if (used <= 0)
			return npu_fail(NPU_ERR_FORMAT,
					"step %d: no command at code offset %" PRIu32, s,
					entry + offset);
		offset += (uint32_t)used;
	}
	return NPU_OK;
}

static npu_status print_job(const struct npu_program *program, int s, FILE *out)
{
	const struct npu_step *step = &program->steps[s];
	const struct npu_warm *warm = &program->warm;
	npu_status status;

	fprintf(out, "step %d: job: %" PRIu32 " bytes at code offset %" PRIu32 ", %" PRIu64
		" cycles (estimate)\n", s, step->size, step->entry, step->cycles);
	status = print_stream(program, s, step->entry, step->size, program->parts, program->num_parts, out);
	if (status || !warm->size || warm->step != s)
		return status;
	fprintf(out, "step %d, warm: %" PRIu32 " bytes at code offset %" PRIu32 ", %" PRIu64
		" cycles (estimate)\n", s, warm->size, warm->entry, warm->cycles);
	return print_stream(program, s, warm->entry, warm->size, warm->parts, warm->num_parts, out);
}

npu_status npu_program_disassemble(const npu_program *program, FILE *out)
{
	npu_status status = NPU_OK;
	int s;

	if (!program || !out)
		return npu_fail(NPU_ERR_INVALID, "npu_program_disassemble: program or out is NULL");
	fprintf(out, "preset %s, %d steps, %" PRIu32 " bytes of code\n", program->preset->name,
		program->num_steps, program->code_size);
	for (s = 0; s < program->num_steps && !status; s++) {
		if (program->steps[s].node >= 0)
			print_cpu_step(program, s, out);
		else
			status = print_job(program, s, out);
	}
	if (!status && ferror(out))
		status = npu_fail(NPU_ERR_IO, "the text could not be written");
	return status;
}
