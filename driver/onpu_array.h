/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ONPU_ARRAY_H_
#define _ONPU_ARRAY_H_

#include <linux/types.h>

#include "drm/onpu_drm.h"

/*
 * A kernel's copy of a user's array, elements of size bytes each: what the user's elements lack
 * is 0, what the kernel's lack must be 0.  NULL if it is empty; kvfree() frees it.  -EINVAL:
 * more than max elements, or an impossible stride; -E2BIG, -EFAULT, -ENOMEM.
 */
void *onpu_array_copy(const struct drm_onpu_array *array, size_t size, u32 max);

#endif
