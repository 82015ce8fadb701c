// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <drm_mode.h>
#include <linux/udmabuf.h>

#include "client.h"

static char node[32];

static bool is_driver(int fd, const char *wanted)
{
	char name[16] = "";
	struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };

	return !client_ioctl(fd, DRM_IOCTL_VERSION, &version) && !strcmp(name, wanted);
}

int client_open(void)
{
	static const char *const forms[] = { "/dev/accel/accel%u", "/dev/dri/renderD%u" };
	unsigned int form, i;

	for (form = 0; form < 2; form++) {
		for (i = 0; i < 192; i++) {
			int fd;

			snprintf(node, sizeof(node), forms[form], i);
			fd = open(node, O_RDWR | O_CLOEXEC);
			if (fd < 0)
				continue;
			if (is_driver(fd, "onpu"))
				return fd;
			close(fd);
		}
	}
	return -ENODEV;
}

const char *client_node(void)
{
	return node;
}

/* The folder has the number or the address of the device; guests have one. */
int client_stats(void)
{
	glob_t found;
	int fd = -ENOENT;

	if (!glob("/sys/kernel/debug/accel/*/stats", 0, NULL, &found)) {
		fd = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
		fd = fd < 0 ? -errno : fd;
	}
	globfree(&found);
	return fd;
}

int client_ioctl(int fd, unsigned long request, void *args)
{
	int result;

	do {
		result = ioctl(fd, request, args);
	} while (result && errno == EINTR);
	return result ? -errno : 0;
}

int vm_new(int fd, uint32_t *vm)
{
	struct drm_onpu_vm_create args = { 0 };
	int err = client_ioctl(fd, DRM_IOCTL_ONPU_VM_CREATE, &args);

	*vm = args.vm_id;
	return err;
}

int vm_destroy(int fd, uint32_t vm)
{
	struct drm_onpu_vm_destroy args = { .vm_id = vm };

	return client_ioctl(fd, DRM_IOCTL_ONPU_VM_DESTROY, &args);
}

static int one_op(int fd, uint32_t vm, struct drm_onpu_vm_op *op)
{
	struct drm_onpu_vm_map args = { .vm_id = vm, .ops = client_array(op, 1) };

	return client_ioctl(fd, DRM_IOCTL_ONPU_VM_MAP, &args);
}

int vm_map(int fd, uint32_t vm, uint32_t handle, uint64_t offset, uint64_t va, uint64_t size,
	   uint32_t flags)
{
	struct drm_onpu_vm_op op = {
		.op = DRM_ONPU_VM_OP_MAP, .flags = flags, .handle = handle,
		.bo_offset = offset, .va = va, .size = size,
	};

	return one_op(fd, vm, &op);
}

int vm_unmap(int fd, uint32_t vm, uint64_t va, uint64_t size)
{
	struct drm_onpu_vm_op op = { .op = DRM_ONPU_VM_OP_UNMAP, .va = va, .size = size };

	return one_op(fd, vm, &op);
}

int bo_new(int fd, uint64_t size, uint32_t flags, uint32_t vm, uint32_t *handle)
{
	struct drm_onpu_bo_create args = { .size = size, .flags = flags, .vm_id = vm };
	int err = client_ioctl(fd, DRM_IOCTL_ONPU_BO_CREATE, &args);

	*handle = args.handle;
	return err;
}

int bo_close(int fd, uint32_t handle)
{
	struct drm_gem_close args = { .handle = handle };

	return client_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &args);
}

void *bo_mmap(int fd, uint32_t handle, size_t size)
{
	struct drm_onpu_bo_info info = { .handle = handle };
	void *at;
	int err = client_ioctl(fd, DRM_IOCTL_ONPU_BO_INFO, &info);

	if (err) {
		errno = -err;
		return NULL;
	}
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)info.mmap_offset);
	return at == MAP_FAILED ? NULL : at;
}

int queue_new(int fd, uint32_t vm, uint32_t priority, uint32_t flags, uint32_t depth,
	      uint32_t *queue)
{
	struct drm_onpu_queue_create args = {
		.vm_id = vm, .priority = priority, .flags = flags, .depth = depth,
	};
	int err = client_ioctl(fd, DRM_IOCTL_ONPU_QUEUE_CREATE, &args);

	*queue = args.queue_id;
	return err;
}

int queue_destroy(int fd, uint32_t queue)
{
	struct drm_onpu_queue_destroy args = { .queue_id = queue };

	return client_ioctl(fd, DRM_IOCTL_ONPU_QUEUE_DESTROY, &args);
}

int queue_state(int fd, uint32_t queue, struct drm_onpu_queue_state *state)
{
	*state = (struct drm_onpu_queue_state){ .queue_id = queue };
	return client_ioctl(fd, DRM_IOCTL_ONPU_QUEUE_STATE, state);
}

int submit(int fd, uint32_t queue, const struct drm_onpu_job *job, uint64_t *seqno)
{
	struct drm_onpu_submit args = { .queue_id = queue, .jobs = client_array(job, 1) };
	int err = client_ioctl(fd, DRM_IOCTL_ONPU_SUBMIT, &args);

	*seqno = args.first_seqno;
	return err;
}

static int64_t deadline(unsigned int ms)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec + ms * 1000000ll;
}

int job_wait(int fd, uint32_t queue, uint64_t seqno, unsigned int ms,
	     struct drm_onpu_job_wait *end)
{
	*end = (struct drm_onpu_job_wait){
		.queue_id = queue, .seqno = seqno, .timeout_ns = deadline(ms),
	};
	return client_ioctl(fd, DRM_IOCTL_ONPU_JOB_WAIT, end);
}

/* ---- fences ------------------------------------------------------------------------ */

int sync_new(int fd, uint32_t *handle)
{
	struct drm_syncobj_create args = { 0 };
	int err = client_ioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &args);

	*handle = args.handle;
	return err;
}

int sync_destroy(int fd, uint32_t handle)
{
	struct drm_syncobj_destroy args = { .handle = handle };

	return client_ioctl(fd, DRM_IOCTL_SYNCOBJ_DESTROY, &args);
}

int sync_wait(int fd, uint32_t handle, uint64_t point, unsigned int ms)
{
	struct drm_syncobj_timeline_wait args = {
		.handles = (uintptr_t)&handle, .points = (uintptr_t)&point,
		.timeout_nsec = deadline(ms), .count_handles = 1,
	};

	return client_ioctl(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &args);
}

int sync_export(int fd, uint32_t handle)
{
	struct drm_syncobj_handle args = {
		.handle = handle, .flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
	};
	int err = client_ioctl(fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args);

	return err ? err : args.fd;
}

int sync_import(int fd, uint32_t handle, int sync_file)
{
	struct drm_syncobj_handle args = {
		.handle = handle, .fd = sync_file,
		.flags = DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE,
	};

	return client_ioctl(fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &args);
}

bool fd_polls(int fd, short events, int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	return poll(&poll_fd, 1, ms) == 1 && poll_fd.revents & events;
}

/* ---- other devices ------------------------------------------------------------------ */

int prime_export(int fd, uint32_t handle, uint32_t flags)
{
	struct drm_prime_handle args = { .handle = handle, .flags = flags };
	int err = client_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args);

	return err ? err : args.fd;
}

int prime_import(int fd, int dmabuf, uint32_t *handle)
{
	struct drm_prime_handle args = { .fd = dmabuf };
	int err = client_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &args);

	*handle = args.handle;
	return err;
}

/* Not every system's headers have vgem's. */
struct vgem_attach {
	uint32_t handle, flags, out_fence, pad;
};

struct vgem_signal {
	uint32_t fence, flags;
};

#define VGEM_FENCE_WRITE 1u
#define VGEM_ATTACH DRM_IOWR(DRM_COMMAND_BASE + 1, struct vgem_attach)
#define VGEM_SIGNAL DRM_IOW(DRM_COMMAND_BASE + 2, struct vgem_signal)

int vgem_open(void)
{
	char path[32];
	int i, fd;

	for (i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (is_driver(fd, "vgem"))
			return fd;
		close(fd);
	}
	return -ENODEV;
}

int vgem_new(int vgem, uint32_t size, uint32_t *handle)
{
	struct drm_mode_create_dumb args = { .width = size, .height = 1, .bpp = 8 };
	int err = client_ioctl(vgem, DRM_IOCTL_MODE_CREATE_DUMB, &args);

	*handle = args.handle;
	return err;
}

void *vgem_mmap(int vgem, uint32_t handle, size_t size)
{
	struct drm_mode_map_dumb args = { .handle = handle };
	int err = client_ioctl(vgem, DRM_IOCTL_MODE_MAP_DUMB, &args);
	void *at;

	if (err) {
		errno = -err;
		return NULL;
	}
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vgem, (off_t)args.offset);
	return at == MAP_FAILED ? NULL : at;
}

int vgem_attach(int vgem, uint32_t handle, bool write, uint32_t *fence)
{
	struct vgem_attach args = { .handle = handle, .flags = write ? VGEM_FENCE_WRITE : 0 };
	int err = client_ioctl(vgem, VGEM_ATTACH, &args);

	*fence = args.out_fence;
	return err;
}

int vgem_signal(int vgem, uint32_t fence)
{
	struct vgem_signal args = { .fence = fence };

	return client_ioctl(vgem, VGEM_SIGNAL, &args);
}

int udmabuf_new(size_t size, int *memory)
{
	struct udmabuf_create args = { .size = size, .flags = UDMABUF_FLAGS_CLOEXEC };
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int result = -1;

	if (device < 0)
		return -errno;
	*memory = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	args.memfd = *memory;
	if (*memory >= 0 && !ftruncate(*memory, size) &&
	    !fcntl(*memory, F_ADD_SEALS, F_SEAL_SHRINK))
		result = ioctl(device, UDMABUF_CREATE, &args);
	if (result < 0)
		result = -errno;
	close(device);
	return result;
}

/* ---- what the driver counts --------------------------------------------------------- */

int64_t client_stat(const char *wanted)
{
	int fd = client_stats();
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	int64_t result = -ENOENT;
	char name[32];
	long long value;

	if (!file)
		return -ENODEV;
	while (fscanf(file, "%31s %lld", name, &value) == 2)
		if (!strcmp(name, wanted))
			result = value;
	fclose(file);
	return result;
}

int usage_read(struct usage *usage)
{
	*usage = (struct usage){
		client_stat("files"), client_stat("vms"), client_stat("bos"),
		client_stat("queues"), client_stat("jobs"), client_stat("mappings"),
	};
	return usage->files < 0 ? (int)usage->files : 0;
}

bool usage_is(const struct usage *then)
{
	struct usage now;
	int i;

	for (i = 0; i < SOON_MS / 10; i++) {
		if (!usage_read(&now) && !memcmp(&now, then, sizeof(now)))
			return true;
		usleep(10000);
	}
	printf("# files %lld vms %lld bos %lld queues %lld jobs %lld mappings %lld,"
	       " not %lld %lld %lld %lld %lld %lld\n",
	       (long long)now.files, (long long)now.vms, (long long)now.bos,
	       (long long)now.queues, (long long)now.jobs, (long long)now.mappings,
	       (long long)then->files, (long long)then->vms, (long long)then->bos,
	       (long long)then->queues, (long long)then->jobs, (long long)then->mappings);
	return false;
}

/* ---- command streams --------------------------------------------------------------- */

static void *append(struct stream *stream, uint8_t opcode, size_t size)
{
	struct onpu_head *head = (struct onpu_head *)(stream->bytes + stream->size);

	memset(head, 0, size);
	head->opcode = opcode;
	head->length = size / 4;
	head->wait_load = stream->loads;
	head->wait_compute = stream->computes;
	head->wait_store = stream->stores;
	stream->size += size;
	return head;
}

void *stream_command(struct stream *stream, uint8_t opcode, size_t size, uint8_t engine)
{
	void *command = append(stream, opcode, size);

	if (engine == ONPU_ENGINE_LOAD)
		stream->loads++;
	else if (engine == ONPU_ENGINE_COMPUTE)
		stream->computes++;
	else if (engine == ONPU_ENGINE_STORE)
		stream->stores++;
	return command;
}

void stream_load(struct stream *stream, uint8_t region, uint32_t offset, uint32_t size,
		 uint32_t addr)
{
	struct onpu_cmd_load *load = append(stream, ONPU_OPCODE_LOAD, sizeof(*load));

	load->region = region;
	load->offset = offset;
	load->n0 = size;
	load->n1 = 1;
	load->n2 = 1;
	load->addr = addr;
	stream->loads++;
}

void stream_spin(struct stream *stream, uint8_t region, uint32_t size, uint16_t rounds)
{
	struct onpu_cmd_load *load = append(stream, ONPU_OPCODE_LOAD, sizeof(*load));

	load->region = region;
	load->n0 = size;
	load->n1 = rounds;
	load->n2 = 1;
	stream->loads++;
}

void stream_fill(struct stream *stream, uint8_t value, uint32_t size, uint32_t addr)
{
	struct onpu_cmd_fill *fill = append(stream, ONPU_OPCODE_FILL, sizeof(*fill));

	fill->value = value;
	fill->n0 = size;
	fill->n1 = 1;
	fill->n2 = 1;
	fill->addr = addr;
	stream->loads++;
}

void stream_store(struct stream *stream, uint8_t region, uint32_t offset, uint32_t size,
		  uint32_t addr)
{
	struct onpu_cmd_store *store = append(stream, ONPU_OPCODE_STORE, sizeof(*store));

	store->region = region;
	store->offset = offset;
	store->n0 = size;
	store->n1 = 1;
	store->n2 = 1;
	store->addr = addr;
	stream->stores++;
}

void stream_end(struct stream *stream)
{
	append(stream, ONPU_OPCODE_END, sizeof(struct onpu_cmd_end));
}

/* ---- everything that a job needs ---------------------------------------------------- */

static int make_object(struct bench *bench, uint32_t *handle, uint8_t **data, uint32_t va,
		       uint32_t flags)
{
	int err = bo_new(bench->fd, BENCH_SIZE, 0, 0, handle);

	if (err)
		return err;
	*data = bo_mmap(bench->fd, *handle, BENCH_SIZE);
	if (!*data)
		return -errno;
	return vm_map(bench->fd, bench->vm, *handle, 0, va, BENCH_SIZE, flags);
}

int bench_open(struct bench *bench)
{
	int err;

	memset(bench, 0, sizeof(*bench));
	bench->fd = client_open();
	if (bench->fd < 0)
		return bench->fd;
	err = vm_new(bench->fd, &bench->vm);
	if (!err)
		err = make_object(bench, &bench->code_bo, &bench->code, BENCH_CODE,
				  DRM_ONPU_MAP_READONLY);
	if (!err)
		err = make_object(bench, &bench->in_bo, &bench->in, BENCH_IN,
				  DRM_ONPU_MAP_READONLY);
	if (!err)
		err = make_object(bench, &bench->out_bo, &bench->out, BENCH_OUT, 0);
	if (!err)
		err = queue_new(bench->fd, bench->vm, DRM_ONPU_PRIORITY_NORMAL, 0, 16,
				&bench->queue);
	bench->region[0] = (struct drm_onpu_region){ BENCH_CODE, BENCH_SIZE };
	bench->region[1] = (struct drm_onpu_region){ BENCH_IN, BENCH_SIZE };
	bench->region[2] = (struct drm_onpu_region){ BENCH_OUT, BENCH_SIZE };
	bench->job = (struct drm_onpu_job){
		.regions = client_array(bench->region, 3),
		.entry = BENCH_CODE,
	};
	if (err)
		bench_close(bench);
	return err;
}

void bench_close(struct bench *bench)
{
	uint8_t *data[] = { bench->code, bench->in, bench->out };
	int i;

	for (i = 0; i < 3; i++)
		if (data[i])
			munmap(data[i], BENCH_SIZE);
	if (bench->fd >= 0)
		close(bench->fd);
	bench->fd = -1;
}

static uint8_t pattern(uint32_t seed, uint32_t i)
{
	return (uint8_t)((i * 2654435761u + seed * 40503u) >> 13);
}

void bench_copy(struct bench *bench, uint32_t size, uint32_t seed)
{
	struct stream stream = { .bytes = bench->code };
	uint32_t i;

	for (i = 0; i < size; i++)
		bench->in[i] = pattern(seed, i);
	stream_load(&stream, 1, 0, size, 0);
	stream_store(&stream, 2, 0, size, 0);
	stream_end(&stream);
	bench->job.stream_size = stream.size;
}

void bench_spin(struct bench *bench, uint16_t rounds)
{
	struct stream stream = { .bytes = bench->code };

	stream_spin(&stream, 1, 32768, rounds);
	stream_end(&stream);
	bench->job.stream_size = stream.size;
}

bool bench_copied(struct bench *bench, uint32_t size, uint32_t seed)
{
	bool right = true;
	uint32_t i;

	for (i = 0; i < size; i++)
		right &= bench->out[i] == pattern(seed, i);
	memset(bench->out, 0, BENCH_SIZE);
	return right;
}

int bench_run(struct bench *bench)
{
	struct drm_onpu_job_wait end;
	uint64_t seqno;
	int err = submit(bench->fd, bench->queue, &bench->job, &seqno);

	if (!err)
		err = job_wait(bench->fd, bench->queue, seqno, SOON_MS, &end);
	return err ? err : end.status;
}
