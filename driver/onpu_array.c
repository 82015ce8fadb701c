// SPDX-License-Identifier: GPL-2.0-only
/* Arrays in user space, whose elements may be older or newer than ours. */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "onpu_array.h"

void *onpu_array_copy(const struct drm_onpu_array *array, size_t size, u32 max)
{
	void __user *from = u64_to_user_ptr(array->ptr);
	void *copy;
	u32 i;
	int err;

	if (!array->count)
		return NULL;
	if (array->count > max || !array->stride || array->stride % 8 ||
	    array->stride > PAGE_SIZE)
		return ERR_PTR(-EINVAL);

	copy = kvcalloc(array->count, size, GFP_KERNEL);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < array->count; i++) {
		err = copy_struct_from_user(copy + i * size, size, from, array->stride);
		if (err) {
			kvfree(copy);
			return ERR_PTR(err);
		}
		from += array->stride;
	}
	return copy;
}
