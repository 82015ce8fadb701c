/* SPDX-License-Identifier: MIT */
/*
 * Runs a classifier on the simulated NPU and prints the class with the highest score.
 *
 *	cc classify.c $(pkg-config --cflags --libs libnpu) -o classify
 *	./classify network.tflite input.raw
 *
 * input.raw holds exactly the bytes of the network's input, for an image NHWC.
 */
#include <npu.h>

#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, npu_error());
	return EXIT_FAILURE;
}

/* The stored value of element i; scores keep their order without their scale. */
static int stored(const npu_tensor_info *info, const void *data, size_t i)
{
	return info->dtype == NPU_UINT8 ? ((const uint8_t *)data)[i] : ((const int8_t *)data)[i];
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: classify NETWORK.tflite INPUT.raw\n");
		return 2;
	}

	npu_model *model = npu_model_load(argv[1]);
	npu_program *program = model ? npu_compile(model, NULL) : NULL;
	if (!program)
		return fail(argv[1]);
	npu_model_free(model);

	npu_tensor_info in, out;
	if (npu_program_num_inputs(program) != 1 || npu_program_num_outputs(program) != 1 ||
	    npu_program_input(program, 0, &in) || npu_program_output(program, 0, &out) ||
	    (out.dtype != NPU_INT8 && out.dtype != NPU_UINT8)) {
		fprintf(stderr, "%s: not a classifier with one input and 8-bit scores\n", argv[1]);
		return EXIT_FAILURE;
	}

	void *image = malloc(in.bytes), *scores = malloc(out.bytes);
	FILE *file = fopen(argv[2], "rb");
	if (!image || !scores || !file || fread(image, 1, in.bytes, file) != in.bytes) {
		fprintf(stderr, "%s: cannot read %zu bytes\n", argv[2], in.bytes);
		return EXIT_FAILURE;
	}
	fclose(file);

	npu_device *device = npu_device_open("iss", NULL);
	npu_session *session = device ? npu_session_create(device, program) : NULL;
	if (!session || npu_session_run(session, (const void *[]){ image }, (void *[]){ scores }))
		return fail("iss");

	size_t best = 0;
	for (size_t i = 1; i < out.bytes; i++)
		if (stored(&out, scores, i) > stored(&out, scores, best))
			best = i;
	printf("class %zu, score %.3f\n", best,
	       out.scale * (stored(&out, scores, best) - out.zero_point));

	npu_session_free(session);
	npu_device_close(device);
	npu_program_free(program);
	free(image);
	free(scores);
	return EXIT_SUCCESS;
}
