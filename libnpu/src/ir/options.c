// SPDX-License-Identifier: MIT
#include "ir/options.h"

#include <stdint.h>
#include <string.h>

#include "ir/error.h"

npu_status npu_options_check(const char *function, const void *options, size_t known)
{
	const uint8_t *bytes = options;
	size_t size, i;

	memcpy(&size, options, sizeof(size));
	if (size < known)
		return npu_fail(NPU_ERR_INVALID, "%s: options have size %zu, at least %zu is needed",
				function, size, known);
	/* A caller of a later version may only say here what this one can do. */
	for (i = known; i < size; i++)
		if (bytes[i])
			return npu_fail(NPU_ERR_VERSION,
					"%s: an option that this version does not know is set",
					function);
	return NPU_OK;
}
