// SPDX-License-Identifier: MIT
/* Devices and firmware of versions that the library does not know are refused, and named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ir/error.h"
#include "iss/machine_iss.h"

/* What the model that the library makes next says of itself; 0: what it is. */
static enum onpu_inject of;
static uint64_t version;

struct onpu_model *__real_onpu_iss_new(const struct onpu_preset *preset,
				       const struct onpu_model_host *host);
struct onpu_model *__wrap_onpu_iss_new(const struct onpu_preset *preset,
				       const struct onpu_model_host *host);

struct onpu_model *__wrap_onpu_iss_new(const struct onpu_preset *preset,
				       const struct onpu_model_host *host)
{
	struct onpu_model *model = __real_onpu_iss_new(preset, host);

	assert_int_equal(onpu_iss_inject(model, of, version), 0);
	return model;
}

static void expect_refused(enum onpu_inject what, uint64_t number, const char *message)
{
	of = what;
	version = number;
	assert_null(npu_device_open("iss", NULL));
	assert_int_equal(npu_error_status(), NPU_ERR_VERSION);
	assert_string_equal(npu_error(), message);
}

static void test_registers(void **state)
{
	(void)state;
	expect_refused(ONPU_INJECT_REGISTERS, 2,
		       "device iss: the device has registers of version 2, this library knows 1");
	expect_refused(ONPU_INJECT_REGISTERS, 0xffff,
		       "device iss: the device has registers of version 65535, this library knows 1");
}

static void test_commands(void **state)
{
	(void)state;
	expect_refused(ONPU_INJECT_COMMANDS, 9,
		       "device iss: the device has commands of version 9, this library knows 1");
}

static void test_interface(void **state)
{
	(void)state;
	expect_refused(ONPU_INJECT_INTERFACE, 3,
		       "device iss: firmware speaks interface 3.0 to 3.1, this library 1.0 to 1.1: "
		       "update the older one");
}

static void test_own(void **state)
{
	npu_device *device;

	(void)state;
	version = 0;
	device = npu_device_open("iss", NULL);
	assert_non_null(device);
	npu_device_close(device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
