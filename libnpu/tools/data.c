// SPDX-License-Identifier: MIT
/* Data of inputs and outputs: from and to files, batches, conversions. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npy.h"
#include "tool.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "files are little-endian, and so must be the machine"
#endif

/* ---- which file is which tensor -------------------------------------- */

/* Whether argument is NAME=FILE with this port's name; *file becomes FILE. */
static bool names_port(const char *argument, const char *name, const char **file)
{
	size_t length = strlen(name);

	if (!length || strncmp(argument, name, length) || argument[length] != '=')
		return false;
	*file = argument + length + 1;
	return true;
}

static void complain_no_port(const struct ports *ports, const char *argument)
{
	char names[512] = "";
	size_t n = 0;
	int i;

	for (i = 0; i < ports->num && n < sizeof(names); i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s'%.100s'", i ? ", " : "",
				      ports->info[i].name);
	complain("no %s is called '%.*s': there %s %s", ports->what,
		 (int)strcspn(argument, "="), argument, ports->num == 1 ? "is" : "are", names);
}

/* A name with '=' that is no port's is most likely a mistake, unless it says that it is a path. */
static bool is_path(const char *argument)
{
	return !strchr(argument, '=') || argument[0] == '/' || !strncmp(argument, "./", 2) ||
	       !strncmp(argument, "../", 3);
}

bool match_files(const struct ports *ports, const struct list *list, const char **files)
{
	int i, k;

	memset(files, 0, (size_t)ports->num * sizeof(*files));
	for (i = 0; i < list->num; i++) {
		const char *file = list->items[i];
		int port = -1;

		for (k = 0; k < ports->num; k++) {
			if (!names_port(list->items[i], ports->info[k].name, &file))
				continue;
			if (port >= 0) {
				complain("two %ss are called '%s': give the files in order",
					 ports->what, ports->info[k].name);
				return false;
			}
			port = k;
		}
		if (port < 0 && !is_path(file)) {
			complain_no_port(ports, file);
			return false;
		}
		if (port < 0)		/* in order: the first that has none yet */
			for (port = 0; port < ports->num && files[port]; port++)
				;
		if (port == ports->num) {
			complain("%s: one --%s too many: the network has %d", file, ports->what,
				 ports->num);
			return false;
		}
		if (files[port]) {
			complain("--%s '%s' is given twice", ports->what, ports->info[port].name);
			return false;
		}
		for (k = 0; k < ports->num; k++) {
			if (files[k] && !strcmp(files[k], file) &&
			    (!strcmp(file, "-") || !strcmp(ports->what, "output"))) {
				complain("%s: cannot serve two %ss", file, ports->what);
				return false;
			}
		}
		files[port] = file;
	}
	return true;
}

/* ---- reading --------------------------------------------------------- */

static bool is_quantized(const npu_tensor_info *info)
{
	return info->scale > 0 && info->dtype != NPU_FLOAT32 && info->dtype != NPU_BOOL;
}

static void stored_range(npu_dtype dtype, double *low, double *high)
{
	switch (dtype) {
	case NPU_INT8:
		*low = INT8_MIN, *high = INT8_MAX;
		break;
	case NPU_UINT8:
		*low = 0, *high = UINT8_MAX;
		break;
	case NPU_INT16:
		*low = INT16_MIN, *high = INT16_MAX;
		break;
	default:
		*low = INT32_MIN, *high = INT32_MAX;
		break;
	}
}

static void store_integer(npu_dtype dtype, uint8_t *out, size_t i, int64_t value)
{
	switch (dtype) {
	case NPU_INT16:
		((int16_t *)out)[i] = (int16_t)value;
		break;
	case NPU_INT32:
		((int32_t *)out)[i] = (int32_t)value;
		break;
	case NPU_INT64:
		((int64_t *)out)[i] = value;
		break;
	default:
		out[i] = (uint8_t)value;
		break;
	}
}

static int64_t load_integer(npu_dtype dtype, const uint8_t *in, size_t i)
{
	switch (dtype) {
	case NPU_INT8:
		return ((const int8_t *)in)[i];
	case NPU_INT16:
		return ((const int16_t *)in)[i];
	case NPU_INT32:
		return ((const int32_t *)in)[i];
	case NPU_INT64:
		return ((const int64_t *)in)[i];
	default:
		return in[i];
	}
}

/* stored = real / scale + zero point, rounded half away from zero, clamped. */
static bool quantize(const char *file, const npu_tensor_info *info, const float *real,
		     uint8_t *out, size_t elements)
{
	double low, high;
	size_t i;

	stored_range(info->dtype, &low, &high);
	for (i = 0; i < elements; i++) {
		double value;

		if (isnan(real[i])) {
			complain("%s: element %zu is not a number", file, i);
			return false;
		}
		value = round((double)real[i] / (double)info->scale) + info->zero_point;
		store_integer(info->dtype, out, i, (int64_t)fmin(fmax(value, low), high));
	}
	return true;
}

static bool wrong_shape(const char *file, const struct npy *npy, const npu_tensor_info *info)
{
	complain("%s: shape is %s, input '%s' is %s%s", file,
		 shape_text(npy->dtype, npy->rank, npy->dims), info->name, tensor_text(info),
		 info->rank ? " (or a multiple of its first dimension)" : "");
	return false;
}

/* How many inferences the shape holds. */
static bool npy_batches(const char *file, const struct npy *npy, const npu_tensor_info *info,
			size_t *batches)
{
	uint64_t first;
	int i;

	if (!info->rank) {		/* a scalar, or a list of them */
		if (npy->rank > 1 || !npy->bytes)
			return wrong_shape(file, npy, info);
		*batches = npy->rank ? (size_t)npy->dims[0] : 1;
		return true;
	}
	if (npy->rank != info->rank)
		return wrong_shape(file, npy, info);
	for (i = 1; i < info->rank; i++)
		if (npy->dims[i] != (uint64_t)info->dims[i])
			return wrong_shape(file, npy, info);
	first = (uint64_t)info->dims[0];
	if (!npy->dims[0] || npy->dims[0] % first)
		return wrong_shape(file, npy, info);
	*batches = (size_t)(npy->dims[0] / first);
	return true;
}

static bool wrong_type(const char *file, npu_dtype dtype, const npu_tensor_info *info)
{
	if (dtype == NPU_FLOAT32 && is_quantized(info))
		complain("%s: is float32, input '%s' is quantized: %s, "
			 "real value = %.9g * (stored - %d): give --quantize to convert it",
			 file, info->name, npu_dtype_name(info->dtype), (double)info->scale,
			 info->zero_point);
	else
		complain("%s: is %s, input '%s' is %s", file, npu_dtype_name(dtype), info->name,
			 npu_dtype_name(info->dtype));
	return false;
}

static bool from_npy(const char *file, const uint8_t *content, size_t size,
		     const npu_tensor_info *info, bool convert, uint8_t **out, size_t *batches)
{
	char error[256];
	struct npy npy;
	size_t elements;
	float *real;
	bool ok = true;

	if (!npy_parse(content, size, &npy, error, sizeof(error))) {
		complain("%s: cannot be read: %s", file, error);
		return false;
	}
	convert = convert && npy.dtype == NPU_FLOAT32 && is_quantized(info);
	if (npy.dtype != info->dtype && !convert)
		return wrong_type(file, npy.dtype, info);
	if (!npy_batches(file, &npy, info, batches))
		return false;
	elements = npy.bytes / npu_dtype_size(npy.dtype);
	*out = malloc(elements * npu_dtype_size(info->dtype));
	real = convert ? malloc(npy.bytes) : NULL;
	if (!*out || (convert && !real)) {
		complain("%s: out of memory", file);
		ok = false;
	} else if (convert) {
		memcpy(real, content + npy.offset, npy.bytes);	/* to an aligned place */
		ok = quantize(file, info, real, *out, elements);
	} else {
		memcpy(*out, content + npy.offset, npy.bytes);
	}
	free(real);
	return ok;
}

static bool from_raw(const char *file, const uint8_t *content, size_t size,
		     const npu_tensor_info *info, uint8_t **out, size_t *batches)
{
	const char *name = strcmp(file, "-") ? file : "standard input";

	if (!size || size % info->bytes) {
		complain("%s: has %zu bytes, input '%s' (%s) takes %zu, or a multiple%s", name,
			 size, info->name, tensor_text(info), info->bytes,
			 npy_has_magic(content, size) ?
			 ": it looks like a .npy file, whose name has to end in .npy" : "");
		return false;
	}
	*batches = size / info->bytes;
	*out = malloc(size);
	if (!*out) {
		complain("%s: out of memory", name);
		return false;
	}
	memcpy(*out, content, size);
	return true;
}

static bool is_npy_name(const char *file)
{
	size_t length = strlen(file);

	return length >= 4 && !strcmp(file + length - 4, ".npy");
}

static bool has_bad_bool(const char *file, const npu_tensor_info *info, const uint8_t *bytes,
			 size_t size)
{
	size_t i;

	for (i = 0; info->dtype == NPU_BOOL && i < size; i++) {
		if (bytes[i] > 1) {
			complain("%s: element %zu of a bool input is %d, not 0 or 1", file, i,
				 bytes[i]);
			return true;
		}
	}
	return false;
}

static bool load_file(const char *file, const npu_tensor_info *info, bool convert, uint8_t **out,
		      size_t *batches)
{
	uint8_t *content;
	size_t size;
	bool ok;

	if (!file_read(file, &content, &size))
		return false;
	ok = is_npy_name(file) ? from_npy(file, content, size, info, convert, out, batches) :
				 from_raw(file, content, size, info, out, batches);
	free(content);
	return ok && !has_bad_bool(file, info, *out, *batches * info->bytes);
}

static bool load_files(struct data *data, const struct ports *ports, const char *const *files,
		       bool convert)
{
	int first = 0;
	int i;

	for (i = 0; i < ports->num; i++) {
		size_t batches = 0;

		if (!files[i]) {
			complain("input '%s' (%s) is missing: the network has %d inputs",
				 ports->info[i].name, tensor_text(&ports->info[i]), ports->num);
			return false;
		}
		if (!load_file(files[i], &ports->info[i], convert, &data->bytes[i], &batches))
			return false;
		if (i && batches != data->batches) {
			complain("%s has data for %zu inferences, %s for %zu", files[i], batches,
				 files[first], data->batches);
			return false;
		}
		data->batches = batches;
	}
	return true;
}

/* ---- random data ----------------------------------------------------- */

/* SplitMix64: the same numbers everywhere for one seed. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void fill_random(const npu_tensor_info *info, uint8_t *out, uint64_t *state)
{
	size_t size = npu_dtype_size(info->dtype);
	size_t i, elements = info->bytes / size;

	for (i = 0; i < elements; i++) {
		uint64_t bits = next_random(state) >> 20;

		switch (info->dtype) {
		case NPU_FLOAT32:
			((float *)out)[i] = (float)(bits & 0xffffff) / 0x800000 - 1;
			break;
		case NPU_BOOL:
			out[i] = bits & 1;
			break;
		case NPU_INT32:
		case NPU_INT64:
			/* Most likely indices, and small ones are valid most often. */
			store_integer(info->dtype, out, i, (int64_t)(bits & 3));
			break;
		default:
			store_integer(info->dtype, out, i, (int64_t)(bits & 0xffff));
			break;
		}
	}
}

/* ---- both ------------------------------------------------------------ */

bool data_allocate(struct data *data, const struct ports *ports, size_t batches)
{
	int i;

	*data = (struct data){ .num = ports->num, .batches = batches };
	data->bytes = calloc((size_t)ports->num + 1, sizeof(*data->bytes));
	for (i = 0; data->bytes && i < ports->num && batches; i++) {
		data->bytes[i] = calloc(batches, ports->info[i].bytes);
		if (!data->bytes[i])
			break;
	}
	if (data->bytes && (!batches || i == ports->num))
		return true;
	complain("out of memory for the data of %ss", ports->what);
	return false;
}

bool data_load(struct data *data, const struct ports *ports, const struct options *options,
	       const uint64_t *default_seed)
{
	const char **files;
	uint64_t state;
	bool ok;
	int i;

	memset(data, 0, sizeof(*data));
	if (options->have_seed || (default_seed && !options->inputs.num)) {
		if (!data_allocate(data, ports, 1))
			return false;
		state = options->have_seed ? options->seed : *default_seed;
		for (i = 0; i < ports->num; i++)
			fill_random(&ports->info[i], data->bytes[i], &state);
		return true;
	}
	files = calloc((size_t)ports->num + 1, sizeof(*files));
	if (!files)
		complain("out of memory for the names of %ss", ports->what);
	if (!files || !data_allocate(data, ports, 0)) {
		free(files);
		return false;
	}
	/* A network without inputs runs once. */
	data->batches = ports->num ? 0 : 1;
	ok = match_files(ports, &options->inputs, files) &&
	     load_files(data, ports, files, options->quantize);
	free(files);
	return ok;
}

void data_free(struct data *data)
{
	int i;

	for (i = 0; i < data->num && data->bytes; i++)
		free(data->bytes[i]);
	free(data->bytes);
}

void **data_pointers(const struct data *data, const struct ports *ports, size_t b)
{
	void **pointers = calloc((size_t)data->num + 1, sizeof(*pointers));
	int i;

	if (!pointers)
		complain("out of memory for %d pointers to data", data->num);
	for (i = 0; pointers && i < data->num; i++)
		pointers[i] = data->bytes[i] + b * ports->info[i].bytes;
	return pointers;
}

double data_element(const npu_tensor_info *info, const void *data, size_t i)
{
	switch (info->dtype) {
	case NPU_INT8:
		return ((const int8_t *)data)[i];
	case NPU_INT16:
		return ((const int16_t *)data)[i];
	case NPU_INT32:
		return ((const int32_t *)data)[i];
	case NPU_INT64:
		return (double)((const int64_t *)data)[i];
	case NPU_FLOAT32:
		return (double)((const float *)data)[i];
	default:
		return ((const uint8_t *)data)[i];
	}
}

/* ---- writing --------------------------------------------------------- */

static float *dequantize(const npu_tensor_info *info, const uint8_t *in, size_t elements)
{
	float *real = malloc(elements * sizeof(*real));
	size_t i;

	if (!real)
		complain("out of memory for '%s' as float32", info->name);
	for (i = 0; real && i < elements; i++)
		real[i] = (float)((double)info->scale *
				  (double)(load_integer(info->dtype, in, i) - info->zero_point));
	return real;
}

static bool write_one(struct output *output, const char *file, const npu_tensor_info *info,
		      const uint8_t *bytes, size_t batches, bool convert)
{
	size_t elements = batches * info->bytes / npu_dtype_size(info->dtype);
	npu_dtype dtype = convert && is_quantized(info) ? NPU_FLOAT32 : info->dtype;
	const void *data = bytes;
	uint8_t header[NPY_HEADER_MAX];
	uint64_t dims[NPU_MAX_RANK];
	float *real = NULL;
	int i, rank = info->rank;
	bool ok = true;

	for (i = 0; i < rank; i++)
		dims[i] = (uint64_t)info->dims[i] * (i ? 1 : batches);
	if (!rank && batches > 1)
		dims[rank++] = batches;
	if (dtype != info->dtype) {
		real = dequantize(info, bytes, elements);
		if (!real)
			return false;
		data = real;
	}
	if (is_npy_name(file))
		ok = output_write(output, header, npy_header(header, dtype, rank, dims));
	ok = ok && output_write(output, data, elements * npu_dtype_size(dtype));
	free(real);
	return ok;
}

bool data_save(const struct data *data, const struct ports *ports, const char *const *files,
	       bool convert)
{
	struct output *outputs = calloc((size_t)ports->num + 1, sizeof(*outputs));
	bool ok = outputs;
	int i;

	if (!outputs)
		complain("out of memory for the names of outputs");
	for (i = 0; ok && i < ports->num; i++)
		outputs[i].file.fd = -1;
	/* Whatever can fail happens before the first of them appears. */
	for (i = 0; ok && i < ports->num; i++)
		if (files[i])
			ok = output_open(&outputs[i], files[i]) &&
			     write_one(&outputs[i], files[i], &ports->info[i], data->bytes[i],
				       data->batches, convert);
	for (i = 0; ok && i < ports->num; i++)
		if (files[i])
			ok = output_commit(&outputs[i]);
	for (i = 0; outputs && i < ports->num; i++)
		output_close(&outputs[i]);
	free(outputs);
	return ok;
}
