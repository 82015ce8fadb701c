// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ir/error.h"
#include "ir/options.h"
#include "rtl.h"

#define MOST_BYTES 256u
#define MOST_LATENCY 100000u

/* Folder of the file that contains this function, with its slash; "" if unknown. */
static void own_folder(char *folder, size_t size)
{
	Dl_info info;
	char *slash;

	folder[0] = 0;
	if (!dladdr((void *)own_folder, &info) || !info.dli_fname ||
	    strlen(info.dli_fname) >= size)
		return;
	strcpy(folder, info.dli_fname);
	slash = strrchr(folder, '/');
	folder[slash ? slash + 1 - folder : 0] = 0;
}

static void *open_library(const char *preset, char *why, size_t why_size)
{
	const char *named = getenv("ONPU_RTL_DIR");
	char folder[PATH_MAX], path[PATH_MAX + 64];
	void *library = NULL;

	own_folder(folder, sizeof(folder));
	why[0] = 0;
	if (named)
		snprintf(path, sizeof(path), "%s/libonpu_rtl_%s.so", named, preset);
	else
		snprintf(path, sizeof(path), "%slibonpu_rtl_%s.so", folder, preset);
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (library)
		return library;
	snprintf(why, why_size, "%s", dlerror());
	if (named || !folder[0])
		return NULL;
	snprintf(path, sizeof(path), "libonpu_rtl_%s.so", preset);
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

/* POSIX's way from an object pointer to a function. */
static int find(void *library, const char *name, void *function)
{
	void *symbol = dlsym(library, name);

	memcpy(function, &symbol, sizeof(symbol));
	return symbol ? 0 : -1;
}

/* The trace's writer removes what is there, be it the machine's /dev/null. */
static npu_status check_trace(const char *path)
{
	struct stat info;

	if (path && !stat(path, &info) && !S_ISREG(info.st_mode))
		return npu_fail(NPU_ERR_INVALID, "%s: a trace has to be a regular file", path);
	return NPU_OK;
}

static npu_status set_options(struct npu_rtl *rtl, const npu_rtl_options *options)
{
	npu_rtl_options o = { 0 };

	if (options) {
		npu_status status = npu_options_check("npu_device_open_rtl", options,
						      sizeof(*options));

		if (status)
			return status;
		o = *options;
	}
	if (o.memory_bytes > MOST_BYTES || o.memory_latency > MOST_LATENCY)
		return npu_fail(NPU_ERR_INVALID,
				"npu_device_open_rtl: memory of %u bytes a cycle with a latency of %u: at most %u and %u",
				o.memory_bytes, o.memory_latency, MOST_BYTES, MOST_LATENCY);
	rtl->options = (struct onpu_rtl_options){
		.abi = ONPU_RTL_ABI,
		.bytes_per_cycle = o.memory_bytes,
		.latency = o.memory_latency,
		.seed = o.seed,
		.trace = o.trace,
		.trace_from = o.trace_from,
		.trace_to = o.trace_to,
	};
	return check_trace(o.trace);
}

npu_status npu_rtl_open(const struct onpu_preset *preset, const npu_rtl_options *options,
			struct npu_rtl **result)
{
	struct npu_rtl *rtl = calloc(1, sizeof(*rtl));
	npu_status status;
	char why[512];

	*result = NULL;
	if (!rtl)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a device");
	status = set_options(rtl, options);
	if (status) {
		npu_rtl_close(rtl);
		return status;
	}
	rtl->library = open_library(preset->name, why, sizeof(why));
	if (!rtl->library) {
		npu_rtl_close(rtl);
		return npu_fail(NPU_ERR_DEVICE,
				"the compiled RTL of preset %s cannot be loaded (%s): build it with "
				"'make rtl PRESET=%s', or say in ONPU_RTL_DIR where it is",
				preset->name, why, preset->name);
	}
	if (find(rtl->library, "onpu_rtl_new", &rtl->new_model) ||
	    find(rtl->library, "onpu_rtl_firmware", &rtl->firmware) ||
	    find(rtl->library, "onpu_rtl_set_watch", &rtl->set_watch) ||
	    find(rtl->library, "onpu_rtl_get_cycles", &rtl->cycles) ||
	    find(rtl->library, "onpu_rtl_inject", &rtl->inject) ||
	    find(rtl->library, "onpu_rtl_sram", &rtl->sram)) {
		npu_rtl_close(rtl);
		return npu_fail(NPU_ERR_VERSION,
				"libonpu_rtl_%s.so is not of this library's version: build it anew",
				preset->name);
	}
	*result = rtl;
	return NPU_OK;
}

void npu_rtl_close(struct npu_rtl *rtl)
{
	if (!rtl)
		return;
	if (rtl->library)
		dlclose(rtl->library);
	free(rtl);
}
