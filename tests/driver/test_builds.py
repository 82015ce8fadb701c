# SPDX-License-Identifier: MIT
"""The driver builds without a warning on every kernel at hand, also from what is installed for DKMS.

All builds begin together and run as many at once as there are cores; each test waits for its own.
"""
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
MODULE = TOP / "tests/guest/module"
SHARED = ("uapi", "firmware/include", "hw-model/regs", "hw-model/isa")
# Comments are test_style.py's: here the old kernels' kernel-doc lacks modules of perl.
VARIABLES = ("W=1", "cmd_checkdoc=")
# Debian's headers lack a script of the newer kernels that looks for sparse; it is there.
NOT_A_WARNING = re.compile(r"checker-valid\.sh: No such file|C=2 specified, but \S*/sparse is not available")
# Of newer kernels MODULE_*() asserts something of strlen(), no constant for sparse, which then goes
# no further; the older kernel has it look into that file.
NO_CONSTANT = re.compile(r"onpu_drv\.c:(\d+):1: error: bad constant expression$")


def kernels():
    done = subprocess.run([TOP / "tests/guest/root", "--built"], capture_output=True, check=False)
    if done.returncode:
        return []
    done = subprocess.run([TOP / "tests/guest/root", "--list-kernels"], capture_output=True, text=True, check=True)
    return [tuple(line.split()[:2]) for line in done.stdout.splitlines()]


KERNELS = kernels()
X86 = [release for arch, release in KERNELS if arch == "x86_64"]


def has_sparse(arch, release):
    """It costs as much as the compiler: one old kernel, one new."""
    return X86 and (arch, release) in {("x86_64", X86[0]), ("x86_64", X86[-1])}


def build(arch, release, source, output, *options, top=TOP):
    words = [MODULE]
    for folder in SHARED:
        words += ["--with", top / folder]
    done = subprocess.run([*words, *options, arch, release, source, output, *VARIABLES], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


@pytest.fixture(scope="session")
def builds(guest_root, tmp_path_factory):
    """By kernel: a future of (status, messages, folder)."""
    out = tmp_path_factory.mktemp("modules")
    sparse = ["--sparse"] if shutil.which("sparse") else []

    def one(arch, release):
        folder = out / release
        return *build(arch, release, TOP / "driver", folder, *(sparse if has_sparse(arch, release) else ())), folder

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {kernel: pool.submit(one, *kernel) for kernel in KERNELS}


def said(messages):
    """What the compiler, modpost and sparse said, without what has nothing to do with the driver."""
    source = (TOP / "driver/onpu_drv.c").read_text().split("\n")

    def silly(line):
        found = NO_CONSTANT.search(line)
        return NOT_A_WARNING.search(line) or (
            found and re.match(r"module_param|MODULE_|ONPU_IMPORT_NS", source[int(found[1]) - 1]))
    return [line for line in messages.splitlines() if not silly(line)]


def test_there_are_kernels(guest_root):
    assert len(KERNELS) >= 4 and {arch for arch, _ in KERNELS} == {"x86_64", "arm64"}


@pytest.mark.parametrize("arch,release", KERNELS)
def test_no_warning(builds, arch, release):
    status, messages, folder = builds[arch, release].result()
    assert status == 0, messages
    assert said(messages) == []
    assert (folder / "onpu.ko").is_file()


def test_sparse_looked(guest_root, tool, tmp_path):
    """What it did not say above, it would have said: here it does."""
    tool("sparse")
    (tmp_path / "Kbuild").write_text("obj-m := bad.o\nbad-y := one.o two.o\n")
    (tmp_path / "one.c").write_text('#include <linux/module.h>\nMODULE_DESCRIPTION("x");\nMODULE_LICENSE("GPL");\n')
    (tmp_path / "two.c").write_text("#include <linux/io.h>\nu32 bad(const u32 __iomem *reg);\n"
                                    "u32 bad(const u32 __iomem *reg) { return *reg; }\n")
    for release in (X86[0], X86[-1]):
        _, messages = build("x86_64", release, tmp_path, tmp_path / "out", "--sparse")
        assert re.search(r"two\.c:3:.*dereference of noderef expression", messages), messages


def test_an_older_kernel_is_refused(tmp_path):
    headers = tmp_path / "include/linux/fs.h"
    headers.parent.mkdir(parents=True)
    words = ["make", "-s", "-f", "Kbuild", f"srctree={tmp_path}", "src=."]
    for text, refused in (("struct file_operations;\n", True), ("#define FOP_UNSIGNED_OFFSET 32\n", False)):
        headers.write_text(text)
        done = subprocess.run(words, cwd=TOP / "driver", capture_output=True, text=True, check=False)
        assert ("onpu needs Linux 6.12 or newer" in done.stderr) == refused, done.stderr
        assert (done.returncode != 0) or not refused


# ---- modinfo -------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def modinfo(builds, tool):
    """The module for the newest kernel: {field: [value...]}."""
    _, messages, folder = builds["x86_64", X86[-1]].result()
    assert (folder / "onpu.ko").is_file(), messages
    done = subprocess.run([tool("modinfo"), "-0", folder / "onpu.ko"], stdout=subprocess.PIPE, text=True, check=True)
    fields = {}
    for entry in filter(None, done.stdout.split("\0")):
        name, _, value = entry.partition("=" if "=" in entry.split(":")[0] else ":")
        fields.setdefault(name, []).append(value.strip())
    return fields


def test_modinfo_is_complete(modinfo):
    assert modinfo["license"] == ["GPL"]
    assert modinfo["author"] and modinfo["description"]
    assert modinfo["firmware"] == ["onpu/onpu_fw.bin"]
    assert modinfo["name"] == ["onpu"]


def test_every_parameter_is_described(modinfo):
    source = "".join(path.read_text() for path in (TOP / "driver").glob("*.c"))
    parameters = re.findall(r"^module_param(?:_named)?\((\w+),", source, re.M)
    described = {value.split(":", 1)[0]: value.split(":", 1)[1] for value in modinfo["parm"]}
    assert parameters and sorted(described) == sorted(parameters)
    assert all("(default " in text for text in described.values())
    page = (TOP / "docs/driver.md").read_text()
    assert [name for name in parameters if f"| `{name}` |" not in page] == []


def test_every_bus_finds_it(modinfo):
    header = (TOP / "firmware/include/onpu_pci.h").read_text()
    vendor, device = (int(re.search(rf"ONPU_PCI_{name} (0x\w+)", header)[1], 16) for name in ("VENDOR", "DEVICE"))
    assert set(modinfo["alias"]) == {f"pci:v{vendor:08X}d{device:08X}sv*sd*bc*sc*i*", "platform:onpu",
                                     "of:N*T*Conpu,onpu-1.0", "of:N*T*Conpu,onpu-1.0C*"}


# ---- make, DKMS ----------------------------------------------------------------------------


def test_make_driver_builds_for_a_folder(tmp_path):
    """make driver KDIR=: the kernel's make in that folder is called for the driver's."""
    (tmp_path / "Makefile").write_text("modules: ; @echo $@ of $(M)\n")
    done = subprocess.run(["make", "-s", "-C", TOP, "driver", f"KDIR={tmp_path}"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert f"modules of {TOP}/driver\n" in done.stdout


def conf(path):
    """dkms.conf is shell: its variables, for a kernel whose headers are in KERNEL."""
    names = ("PACKAGE_NAME", "PACKAGE_VERSION", "BUILT_MODULE_NAME", "BUILT_MODULE_LOCATION", "DEST_MODULE_LOCATION",
             "MAKE", "CLEAN", "AUTOINSTALL")
    script = "kernel_source_dir=$1; . \"$2\"; printf '%s\\n' " + " ".join(f'"${{{name}}}"' for name in names)
    done = subprocess.run(["bash", "-euc", script, "-", "KERNEL", path], capture_output=True, text=True, check=True)
    return dict(zip(names, done.stdout.splitlines()))


@pytest.fixture
def dkms(guest_root, tmp_path):
    """The tree as `dkms_install` lays it out, inside the root; its folder there and here."""
    done = subprocess.run(["make", "-s", "-C", TOP / "driver", "dkms_install", f"DESTDIR={tmp_path}"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    installed, = (tmp_path / "usr/src").iterdir()
    build = Path(tempfile.mkdtemp(prefix="dkms.", dir=guest_root / "build"))
    shutil.copytree(installed, build / installed.name)
    yield build / installed.name
    shutil.rmtree(build)


def inside_root(folder, command):
    """In that folder of the root, with what a host whose compiler is its own needs not be told."""
    script = (f"export MAKEFLAGS=-j2; cd {shlex.quote(folder)} && {command} CC=x86_64-linux-gnu-gcc "
              "HOSTCC=x86_64-linux-gnu-gcc CROSS_COMPILE=x86_64-linux-gnu- CONFIG_DEBUG_INFO_BTF_MODULES=")
    done = subprocess.run([TOP / "tests/guest/root", "--enter", "sh", "-c", script], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_dkms_builds_what_was_installed(guest_root, dkms):
    """With the very commands of dkms.conf, on the oldest kernel and the newest, one after the other."""
    values = conf(dkms / "dkms.conf")
    assert dkms.name == f"{values['PACKAGE_NAME']}-{values['PACKAGE_VERSION']}"
    assert values["AUTOINSTALL"] == "yes" and values["DEST_MODULE_LOCATION"].startswith("/")
    module = dkms / values["BUILT_MODULE_LOCATION"] / f"{values['BUILT_MODULE_NAME']}.ko"
    inside = "/" + str(dkms.relative_to(guest_root))
    for release in (X86[0], X86[-1]):
        headers = f"/usr/src/linux-headers-{release}"
        said_by_make = inside_root(inside, values["MAKE"].replace("KERNEL", headers))
        assert "warning" not in said_by_make.lower(), said_by_make
        assert f"vermagic={release} ".encode() in module.read_bytes()
        # The same built module, as `make modules_install` puts it away.
        inside_root(inside, f"make -C driver KDIR={headers} modules_install INSTALL_MOD_PATH={inside}/out")
        assert len(list((dkms / "out/lib/modules" / release).rglob("onpu.ko*"))) == 1
        inside_root(inside, values["CLEAN"].replace("KERNEL", headers))
        assert not module.exists()


def test_firmware_install(tmp_path):
    firmware = tmp_path / "some.bin"
    firmware.write_bytes(b"firmware")
    subprocess.run(["make", "-s", "-C", TOP / "driver", "firmware_install", f"FIRMWARE={firmware}",
                    f"DESTDIR={tmp_path / 'root'}"], check=True)
    assert (tmp_path / "root/lib/firmware/onpu/onpu_fw.bin").read_bytes() == b"firmware"
