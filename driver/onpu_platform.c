// SPDX-License-Identifier: GPL-2.0-only
/* Device tree (bindings/npu/onpu,onpu.yaml), or a platform device of that name. */
#include <linux/clk.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/reset.h>
#include <drm/drm_drv.h>

#include "onpu_device.h"

static int onpu_platform_clocks(struct onpu_device *onpu)
{
	int i, ret = devm_clk_bulk_get_all(onpu->dev, &onpu->clks);

	if (ret < 0)
		return dev_err_probe(onpu->dev, ret, "clocks\n");
	onpu->num_clks = ret;
	for (i = 0; i < onpu->num_clks; i++)
		if (onpu->clks[i].id && !strcmp(onpu->clks[i].id, "core"))
			onpu->clk_hz = clk_get_rate(onpu->clks[i].clk);
	return 0;
}

static int onpu_platform_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct onpu_device *onpu;
	int ret;

	onpu = devm_drm_dev_alloc(dev, &onpu_drm_driver, struct onpu_device, drm);
	if (IS_ERR(onpu))
		return PTR_ERR(onpu);
	onpu->dev = dev;
	platform_set_drvdata(pdev, onpu);

	onpu->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(onpu->regs))
		return dev_err_probe(dev, PTR_ERR(onpu->regs), "registers cannot be mapped\n");
	onpu->irq = platform_get_irq(pdev, 0);
	if (onpu->irq < 0)
		return onpu->irq;
	ret = onpu_platform_clocks(onpu);
	if (ret)
		return ret;
	onpu->rst = devm_reset_control_array_get_optional_exclusive(dev);
	if (IS_ERR(onpu->rst))
		return dev_err_probe(dev, PTR_ERR(onpu->rst), "resets\n");

	/* As PCI does: the device has power, and one user, who leaves when it is initialised. */
	pm_runtime_get_noresume(dev);
	pm_runtime_set_active(dev);
	pm_runtime_enable(dev);
	ret = onpu_device_init(onpu);
	if (ret) {
		pm_runtime_disable(dev);
		pm_runtime_set_suspended(dev);
		pm_runtime_put_noidle(dev);
	}
	return ret;
}

static void onpu_platform_remove(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;

	onpu_device_fini(platform_get_drvdata(pdev));
	pm_runtime_disable(dev);
	pm_runtime_set_suspended(dev);
	pm_runtime_put_noidle(dev);
}

static void onpu_platform_shutdown(struct platform_device *pdev)
{
	onpu_device_shutdown(platform_get_drvdata(pdev));
}

static const struct of_device_id onpu_platform_of_match[] = {
	{ .compatible = "onpu,onpu-1.0" },
	{ }
};
MODULE_DEVICE_TABLE(of, onpu_platform_of_match);

static const struct platform_device_id onpu_platform_ids[] = {
	{ .name = "onpu" },
	{ }
};
MODULE_DEVICE_TABLE(platform, onpu_platform_ids);

struct platform_driver onpu_platform_driver = {
	.probe = onpu_platform_probe,
	.remove = onpu_platform_remove,
	.shutdown = onpu_platform_shutdown,
	.id_table = onpu_platform_ids,
	.driver = {
		.name = "onpu",
		.of_match_table = onpu_platform_of_match,
		.pm = pm_ptr(&onpu_pm_ops),
	},
};
