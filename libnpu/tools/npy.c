// SPDX-License-Identifier: MIT
#include "npy.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAGIC "\x93NUMPY"
#define MAGIC_SIZE 6

static const char *const type_codes[NPU_DTYPE_COUNT] = {
	[NPU_INT8] = "|i1", [NPU_UINT8] = "|u1", [NPU_INT16] = "<i2", [NPU_INT32] = "<i4",
	[NPU_INT64] = "<i8", [NPU_FLOAT32] = "<f4", [NPU_BOOL] = "|b1",
};

/* The header is a Python dictionary; this reads the few literals that it may hold. */
struct reader {
	const char *pos, *end;
	char *error;
	size_t error_size;
};

__attribute__((format(printf, 2, 3)))
static bool fail(struct reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->error, r->error_size, format, args);
	va_end(args);
	return false;
}

static void skip_space(struct reader *r)
{
	while (r->pos < r->end && strchr(" \t\r\n", *r->pos) && *r->pos)
		r->pos++;
}

static bool take(struct reader *r, char c)
{
	skip_space(r);
	if (r->pos == r->end || *r->pos != c)
		return false;
	r->pos++;
	return true;
}

static bool take_word(struct reader *r, const char *word)
{
	size_t length = strlen(word);

	skip_space(r);
	if ((size_t)(r->end - r->pos) < length || memcmp(r->pos, word, length))
		return false;
	r->pos += length;
	return true;
}

/* A string without escapes, which is all that NumPy writes here. */
static bool take_string(struct reader *r, char *text, size_t size)
{
	size_t n = 0;
	char quote;

	skip_space(r);
	if (r->pos == r->end || (*r->pos != '\'' && *r->pos != '"'))
		return false;
	quote = *r->pos++;
	while (r->pos < r->end && *r->pos != quote) {
		if (*r->pos == '\\' || *r->pos < ' ' || n + 1 == size)
			return false;
		text[n++] = *r->pos++;
	}
	if (r->pos == r->end)
		return false;
	r->pos++;
	text[n] = 0;
	return true;
}

static bool read_type(struct reader *r, struct npy *npy)
{
	char code[32];
	size_t i;

	skip_space(r);
	if (r->pos < r->end && *r->pos == '[')
		return fail(r, "it holds records, not numbers");
	if (!take_string(r, code, sizeof(code)))
		return fail(r, "its header has no type that can be read");
	if (strlen(code) == 3 && strchr("<>|=", code[0])) {
		if (code[0] == '>' && code[2] != '1')
			return fail(r, "its numbers are big-endian (%s); convert it to little-endian",
				    code);
		/* Where size is one byte, or order is the machine's, the first character says nothing. */
		for (i = 0; i < NPU_DTYPE_COUNT; i++) {
			if (!strcmp(code + 1, type_codes[i] + 1)) {
				npy->dtype = (npu_dtype)i;
				return true;
			}
		}
	}
	if (!strcmp(code, "<f8"))
		return fail(r, "its type is float64; convert it with .astype('float32')");
	return fail(r, "its type is %s; uint8, int8, int16, int32, int64, float32 and bool can be read",
		    code);
}

static bool read_dimension(struct reader *r, uint64_t *value)
{
	*value = 0;
	skip_space(r);
	if (r->pos == r->end || *r->pos < '0' || *r->pos > '9')
		return false;
	while (r->pos < r->end && *r->pos >= '0' && *r->pos <= '9') {
		if (*value > (UINT64_MAX - 9) / 10)
			return false;
		*value = 10 * *value + (uint64_t)(*r->pos++ - '0');
	}
	if (r->pos < r->end && *r->pos == 'L')		/* written by Python 2 */
		r->pos++;
	return true;
}

static bool read_shape(struct reader *r, struct npy *npy)
{
	npy->rank = 0;
	if (!take(r, '('))
		return fail(r, "its header has no shape that can be read");
	while (!take(r, ')')) {
		if (npy->rank == NPY_MAX_RANK)
			return fail(r, "it has more than %d dimensions", NPY_MAX_RANK);
		if (!read_dimension(r, &npy->dims[npy->rank]))
			return fail(r, "its header has no shape that can be read");
		npy->rank++;
		if (!take(r, ',')) {
			if (!take(r, ')'))
				return fail(r, "its header has no shape that can be read");
			break;
		}
	}
	return true;
}

static bool read_header(struct reader *r, struct npy *npy)
{
	bool have_type = false, have_order = false, have_shape = false;
	char key[32];

	if (!take(r, '{'))
		return fail(r, "its header is not a dictionary");
	while (!take(r, '}')) {
		if (!take_string(r, key, sizeof(key)) || !take(r, ':'))
			return fail(r, "its header is malformed");
		if (!strcmp(key, "descr") && !have_type) {
			if (!read_type(r, npy))
				return false;
			have_type = true;
		} else if (!strcmp(key, "fortran_order") && !have_order) {
			if (take_word(r, "True"))
				return fail(r, "it is in Fortran order; save numpy.ascontiguousarray() of it");
			if (!take_word(r, "False"))
				return fail(r, "its header is malformed");
			have_order = true;
		} else if (!strcmp(key, "shape") && !have_shape) {
			if (!read_shape(r, npy))
				return false;
			have_shape = true;
		} else {
			return fail(r, "its header is malformed");
		}
		if (!take(r, ',')) {
			if (!take(r, '}'))
				return fail(r, "its header is malformed");
			break;
		}
	}
	skip_space(r);
	if (r->pos != r->end || !have_type || !have_order || !have_shape)
		return fail(r, "its header is malformed");
	return true;
}

bool npy_has_magic(const uint8_t *data, size_t size)
{
	return size >= MAGIC_SIZE && !memcmp(data, MAGIC, MAGIC_SIZE);
}

bool npy_parse(const uint8_t *data, size_t size, struct npy *npy, char *error, size_t error_size)
{
	struct reader r = { .error = error, .error_size = error_size };
	size_t length_bytes, start, length, left;
	int i;

	memset(npy, 0, sizeof(*npy));
	if (!npy_has_magic(data, size))
		return fail(&r, "it is not a .npy file");
	if (size < MAGIC_SIZE + 2)
		return fail(&r, "it ends inside the header");
	if (data[6] < 1 || data[6] > 3 || data[7])
		return fail(&r, "its .npy version is %d.%d; 1.0, 2.0 and 3.0 can be read", data[6],
			    data[7]);
	length_bytes = data[6] == 1 ? 2 : 4;
	start = MAGIC_SIZE + 2 + length_bytes;
	if (size < start)
		return fail(&r, "it ends inside the header");
	length = data[8] | (size_t)data[9] << 8;
	if (length_bytes == 4)
		length |= (size_t)data[10] << 16 | (size_t)data[11] << 24;
	if (length > size - start)
		return fail(&r, "it ends inside the header");
	r.pos = (const char *)data + start;
	r.end = r.pos + length;
	if (!read_header(&r, npy))
		return false;
	npy->offset = start + length;
	left = size - npy->offset;
	npy->bytes = npu_dtype_size(npy->dtype);
	for (i = 0; i < npy->rank; i++)
		if (!npy->dims[i])
			npy->bytes = 0;
	for (i = 0; i < npy->rank && npy->bytes; i++) {
		if (npy->dims[i] > left / npy->bytes)
			return fail(&r, "its shape needs more data than the %zu bytes that it has",
				    left);
		npy->bytes *= (size_t)npy->dims[i];
	}
	if (npy->bytes != left)
		return fail(&r, "its shape needs %zu bytes of data, it has %zu", npy->bytes, left);
	return true;
}

size_t npy_header(uint8_t out[NPY_HEADER_MAX], npu_dtype dtype, int rank, const uint64_t *dims)
{
	char text[NPY_HEADER_MAX - 10];
	size_t n, total;
	int i;

	n = (size_t)snprintf(text, sizeof(text),
			     "{'descr': '%s', 'fortran_order': False, 'shape': (",
			     type_codes[dtype]);
	for (i = 0; i < rank; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%" PRIu64, i ? ", " : "",
				      dims[i]);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "%s), }", rank == 1 ? "," : "");
	/* Spaces and a newline, so that the data begin at a multiple of 64. */
	total = (10 + n + 1 + 63) / 64 * 64;
	memcpy(out, MAGIC "\x01\x00", MAGIC_SIZE + 2);
	out[8] = (uint8_t)(total - 10);
	out[9] = (uint8_t)((total - 10) >> 8);
	memset(out + 10, ' ', total - 10);
	memcpy(out + 10, text, n);
	out[total - 1] = '\n';
	return total;
}
