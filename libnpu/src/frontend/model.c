// SPDX-License-Identifier: MIT
/* npu_model: reading files, and the description of inputs and outputs. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frontend/tflite.h"
#include "ir/error.h"

static const struct {
	const char *name;
	size_t size;
} dtypes[NPU_DTYPE_COUNT] = {
	[NPU_INT8] = { "int8", 1 }, [NPU_UINT8] = { "uint8", 1 }, [NPU_INT16] = { "int16", 2 },
	[NPU_INT32] = { "int32", 4 }, [NPU_INT64] = { "int64", 8 },
	[NPU_FLOAT32] = { "float32", 4 }, [NPU_BOOL] = { "bool", 1 },
};

size_t npu_dtype_size(npu_dtype dtype)
{
	return (unsigned int)dtype < NPU_DTYPE_COUNT ? dtypes[dtype].size : 0;
}

const char *npu_dtype_name(npu_dtype dtype)
{
	return (unsigned int)dtype < NPU_DTYPE_COUNT ? dtypes[dtype].name : "?";
}

npu_model *npu_model_load_memory(const void *data, size_t size)
{
	npu_model *model;

	if (!data && size) {
		npu_fail(NPU_ERR_INVALID, "npu_model_load_memory: data is NULL");
		return NULL;
	}
	model = calloc(1, sizeof(*model));
	if (!model) {
		npu_fail(NPU_ERR_NOMEM, "out of memory for a model");
		return NULL;
	}
	if (npu_tflite_read(&model->graph, data, size) != NPU_OK) {
		free(model);
		return NULL;
	}
	return model;
}

/* A pipe has no size, and a file may change while it is read, so the size is a hint only. */
static npu_status read_all(int fd, const char *path, size_t hint, void **data, size_t *size)
{
	size_t room = hint + 1, used = 0;
	char *buf = malloc(room);

	while (buf) {
		ssize_t n = read(fd, buf + used, room - used);
		char *larger;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			npu_status status = npu_fail(NPU_ERR_IO, "%s: %s", path, strerror(errno));

			free(buf);
			return status;
		}
		if (!n) {
			*data = buf;
			*size = used;
			return NPU_OK;
		}
		used += (size_t)n;
		if (used > NPU_TFLITE_MAX_FILE) {
			free(buf);
			return npu_fail(NPU_ERR_LIMIT, "%s: larger than %zu bytes", path,
					NPU_TFLITE_MAX_FILE);
		}
		if (used < room)
			continue;
		room *= 2;
		larger = realloc(buf, room);
		if (!larger)
			free(buf);
		buf = larger;
	}
	return npu_fail(NPU_ERR_NOMEM, "%s: out of memory", path);
}

npu_status npu_tflite_read_file(const char *path, void **data, size_t *size)
{
	struct stat st;
	npu_status status;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return npu_fail(NPU_ERR_IO, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st)) {
		status = npu_fail(NPU_ERR_IO, "%s: %s", path, strerror(errno));
	} else if (S_ISDIR(st.st_mode)) {
		status = npu_fail(NPU_ERR_IO, "%s: is a directory", path);
	} else if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > NPU_TFLITE_MAX_FILE) {
		status = npu_fail(NPU_ERR_LIMIT, "%s: %lld bytes; at most %zu are supported", path,
				  (long long)st.st_size, NPU_TFLITE_MAX_FILE);
	} else {
		size_t hint = S_ISREG(st.st_mode) ? (size_t)st.st_size : 65536;

		status = read_all(fd, path, hint, data, size);
	}
	close(fd);
	return status;
}

npu_model *npu_model_load(const char *path)
{
	npu_model *model;
	void *data = NULL;
	size_t size = 0;

	if (!path) {
		npu_fail(NPU_ERR_INVALID, "npu_model_load: path is NULL");
		return NULL;
	}
	if (npu_tflite_read_file(path, &data, &size) != NPU_OK)
		return NULL;
	model = npu_model_load_memory(data, size);
	if (!model)
		npu_fail_context(npu_error_status(), "%s", path);
	free(data);
	return model;
}

void npu_model_free(npu_model *model)
{
	if (!model)
		return;
	npu_graph_clear(&model->graph);
	free(model);
}

int npu_model_num_inputs(const npu_model *model)
{
	return model ? model->graph.num_inputs : 0;
}

int npu_model_num_outputs(const npu_model *model)
{
	return model ? model->graph.num_outputs : 0;
}

static npu_status describe(const npu_model *model, const char *what, const int *tensors, int count,
			   int index, npu_tensor_info *info)
{
	const struct npu_tensor *t;
	int i;

	if (index < 0 || index >= count)
		return npu_fail(NPU_ERR_INVALID, "there is no %s %d; the network has %d", what,
				index, count);
	t = &model->graph.tensors[tensors[index]];
	memset(info, 0, sizeof(*info));
	info->name = t->name;
	info->dtype = t->dtype;
	info->rank = t->rank;
	for (i = 0; i < t->rank; i++)
		info->dims[i] = t->dims[i];
	info->bytes = npu_tensor_bytes(t);
	if (t->quant.n) {
		info->scale = t->quant.scale[0];
		info->zero_point = t->quant.zero_point[0];
	}
	return NPU_OK;
}

npu_status npu_model_input(const npu_model *model, int index, npu_tensor_info *info)
{
	if (!model || !info)
		return npu_fail(NPU_ERR_INVALID, "npu_model_input: an argument is NULL");
	return describe(model, "input", model->graph.inputs, model->graph.num_inputs, index, info);
}

npu_status npu_model_output(const npu_model *model, int index, npu_tensor_info *info)
{
	if (!model || !info)
		return npu_fail(NPU_ERR_INVALID, "npu_model_output: an argument is NULL");
	return describe(model, "output", model->graph.outputs, model->graph.num_outputs, index,
			info);
}
