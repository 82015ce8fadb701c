// SPDX-License-Identifier: GPL-2.0-only
#include <linux/build_bug.h>
#include <linux/uaccess.h>

#include "onpu_device.h"
#include "onpu_queue.h"
#include "onpu_vm.h"

union onpu_query_answer {
	struct drm_onpu_dev_info dev;
	struct drm_onpu_fw_info fw;
	struct drm_onpu_limits limits;
	struct drm_onpu_counters counters;
};

static void onpu_query_dev(struct onpu_device *onpu, struct drm_onpu_dev_info *dev)
{
	*dev = (struct drm_onpu_dev_info) {
		.version = onpu->info.version,
		.preset = onpu->info.preset,
		.lanes = onpu->info.lanes,
		.axi_bytes = onpu->info.axi_bytes,
		.isa_major = onpu->info.isa_major,
		.sram_bytes = onpu->info.sram_bytes,
		.page_size = ONPU_GRANULE,
		.large_page_size = ONPU_LARGE_PAGE_SIZE,
		.flags = onpu->coherent ? DRM_ONPU_DEV_COHERENT : 0,
	};
}

/* Under power_lock: a reset may boot firmware anew. */
static int onpu_query_fw(struct onpu_device *onpu, struct drm_onpu_fw_info *fw)
{
	int ret = mutex_lock_interruptible(&onpu->power_lock);

	if (ret)
		return ret;
	fw->major = le16_to_cpu(onpu->hello.major);
	fw->minor = onpu->minor;
	fw->features = le32_to_cpu(onpu->hello.features);
	static_assert(sizeof(fw->build) > sizeof(onpu->hello.build));
	memcpy(fw->build, onpu->hello.build, sizeof(onpu->hello.build));
	mutex_unlock(&onpu->power_lock);
	return 0;
}

static void onpu_query_limits(struct drm_onpu_limits *limits)
{
	*limits = (struct drm_onpu_limits) {
		.vms = ONPU_FILE_VMS,
		.queues = ONPU_FILE_QUEUES,
		.device_vms = ONPU_DEVICE_VMS,
		.device_queues = ONPU_FW_SLOTS,
		.depth = ONPU_FW_DEPTH_MAX,
		.regions = ONPU_FW_REGIONS,
		.syncs = ONPU_SUBMIT_SYNCS,
		.objects = ONPU_SUBMIT_OBJECTS,
		.map_ops = ONPU_MAP_OPS,
		.results = ONPU_RESULTS,
		.max_cycles = READ_ONCE(onpu_param_max_cycles),
	};
}

/* The clock is not worth waking the device: without power it is 0. */
static int onpu_query_counters(struct onpu_file *ofile, struct drm_onpu_counters *counters)
{
	struct onpu_device *onpu = ofile->onpu;
	struct onpu_usage *usage = ofile->usage;
	int ret = mutex_lock_interruptible(&onpu->power_lock);

	if (ret)
		return ret;
	if (onpu->state == ONPU_ON)
		counters->cycle = onpu_cycle(onpu);
	mutex_unlock(&onpu->power_lock);
	counters->submitted = atomic64_read(&usage->submitted);
	counters->completed = atomic64_read(&usage->completed);
	counters->failed = atomic64_read(&usage->failed);
	counters->run_cycles = atomic64_read(&usage->run_cycles);
	counters->busy_cycles = atomic64_read(&usage->busy_cycles);
	counters->resets = atomic_read(&onpu->resets);
	return 0;
}

int onpu_ioctl_query(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct onpu_device *onpu = to_onpu(drm);
	struct drm_onpu_query *args = data;
	union onpu_query_answer answer = {};
	size_t known;
	int ret = 0;

	/* Nobody means more, and what is beyond our structures would have to be cleared. */
	if (args->size > PAGE_SIZE)
		return -E2BIG;
	switch (args->type) {
	case DRM_ONPU_QUERY_DEV_INFO:
		onpu_query_dev(onpu, &answer.dev);
		known = sizeof(answer.dev);
		break;
	case DRM_ONPU_QUERY_FW_INFO:
		ret = onpu_query_fw(onpu, &answer.fw);
		known = sizeof(answer.fw);
		break;
	case DRM_ONPU_QUERY_LIMITS:
		onpu_query_limits(&answer.limits);
		known = sizeof(answer.limits);
		break;
	case DRM_ONPU_QUERY_COUNTERS:
		ret = onpu_query_counters(file->driver_priv, &answer.counters);
		known = sizeof(answer.counters);
		break;
	default:
		return -EINVAL;
	}
	if (ret)
		return ret;
	ret = copy_struct_to_user(u64_to_user_ptr(args->ptr), args->size, &answer, known, NULL);
	if (!ret)
		args->size = known;
	return ret;
}
