/* SPDX-License-Identifier: MIT */
/*
 * Runs a .tflite file on the reference kernels and writes every tensor.
 *
 *	kernel_dump --list net.tflite
 *		one line per tensor that is not a constant: index, type, bytes, name
 *	kernel_dump net.tflite inputs.bin outputs.bin
 *		inputs.bin: all network inputs, one behind the other
 *		outputs.bin: all tensors of the list, in its order
 *	kernel_dump --batch jobs
 *		each line of jobs: net, inputs and outputs as above, with tabs between them;
 *		prints for each "ok", or "error " and what is wrong
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/graph.h"
#include "kernels/kernels.h"

static bool in_batch;

static int fail(const char *what, const char *why)
{
	if (in_batch)
		printf("error %s: %s\n", what, why);
	else
		fprintf(stderr, "kernel_dump: %s: %s\n", what, why);
	return 1;
}

static void *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *data = NULL;
	long length;

	if (!file)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0) {
		length = ftell(file);
		rewind(file);
		data = length >= 0 ? malloc((size_t)length + 1) : NULL;
		*size = data ? fread(data, 1, (size_t)length, file) : 0;
		if (data && *size != (size_t)length) {
			free(data);
			data = NULL;
		}
	}
	fclose(file);
	return data;
}

static int list(const struct npu_graph *graph)
{
	for (int i = 0; i < graph->num_tensors; i++) {
		const struct npu_tensor *t = &graph->tensors[i];

		if (!t->data)
			printf("%d %s %zu %s\n", i, npu_dtype_name(t->dtype), npu_tensor_bytes(t),
			       t->name);
	}
	return 0;
}

static int fill_inputs(const struct npu_graph *graph, void **data, const char *path)
{
	size_t size, at = 0;
	char *bytes = read_file(path, &size);

	if (!bytes)
		return fail(path, "cannot be read");
	for (int i = 0; i < graph->num_inputs; i++) {
		size_t n = npu_tensor_bytes(&graph->tensors[graph->inputs[i]]);

		if (at + n <= size)
			memcpy(data[graph->inputs[i]], bytes + at, n);
		at += n;
	}
	free(bytes);
	return at == size ? 0 : fail(path, "is not as large as the network's inputs");
}

static int write_tensors(const struct npu_graph *graph, void **data, const char *path)
{
	FILE *file = fopen(path, "wb");
	int bad = !file;

	for (int i = 0; i < graph->num_tensors && !bad; i++) {
		size_t n = npu_tensor_bytes(&graph->tensors[i]);

		if (!graph->tensors[i].data)
			bad = fwrite(data[i], 1, n, file) != n;
	}
	if (file && fclose(file))
		bad = 1;
	return bad ? fail(path, "cannot be written") : 0;
}

static int run(const struct npu_graph *graph, const char *inputs, const char *outputs)
{
	void **data = calloc((size_t)graph->num_tensors, sizeof(*data));
	int status = 1;

	for (int i = 0; data && i < graph->num_tensors; i++) {
		size_t n = (npu_tensor_bytes(&graph->tensors[i]) + 15) & ~(size_t)15;

		data[i] = graph->tensors[i].data;
		if (!data[i])
			data[i] = aligned_alloc(16, n);
		if (!data[i])
			goto done;
		/* Tensors that nothing writes are reproducible, too. */
		if (!graph->tensors[i].data)
			memset(data[i], 0, n);
	}
	if (!data || fill_inputs(graph, data, inputs))
		goto done;
	if (npu_kernel_run_graph(graph, data) != NPU_OK)
		fail("run", npu_error());
	else
		status = write_tensors(graph, data, outputs);
done:
	for (int i = 0; data && i < graph->num_tensors; i++)
		if (data[i] != graph->tensors[i].data)
			free(data[i]);
	free(data);
	return status;
}

/* Lists the tensors of a network if inputs is NULL, else runs it. */
static int process(const char *net, const char *inputs, const char *outputs)
{
	struct npu_graph graph;
	size_t size;
	void *file = read_file(net, &size);
	int status;

	if (!file)
		return fail(net, "cannot be read");
	status = npu_tflite_read(&graph, file, size);
	free(file);
	if (status != NPU_OK)
		return fail("model", npu_error());
	status = inputs ? run(&graph, inputs, outputs) : list(&graph);
	npu_graph_clear(&graph);
	return status;
}

/* A job that fails does not keep the others from being done. */
static int batch(const char *path)
{
	FILE *jobs = fopen(path, "r");
	char line[8192];
	int status = 0;

	if (!jobs)
		return fail(path, "cannot be read");
	in_batch = true;
	while (fgets(line, sizeof(line), jobs)) {
		char *net = strtok(line, "\t\n");
		char *inputs = strtok(NULL, "\t\n");
		char *outputs = strtok(NULL, "\t\n");

		if (!net || !inputs || !outputs)
			status = fail(path, "has a line without three names");
		else if (process(net, inputs, outputs))
			status = 1;
		else
			puts("ok");
		/* If the next job ends this process, what was done is known. */
		fflush(stdout);
	}
	fclose(jobs);
	return status;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--batch"))
		return batch(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "--list"))
		return process(argv[2], NULL, NULL);
	if (argc == 4)
		return process(argv[1], argv[2], argv[3]);
	return fail("usage", "[--list|--batch] net.tflite [inputs.bin outputs.bin]");
}
