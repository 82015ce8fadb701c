#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the register files from onpu.rdl.

usage: gen.py [--check]

Writes onpu_regs.h (C), onpu_host_regs*.sv and onpu_ctl_regs*.sv (SystemVerilog, by PeakRDL) and
docs/register-manual.md.  With --check it writes nothing, and fails if a file is not current.
"""
import argparse
import pathlib
import re
import sys
import tempfile

from peakrdl_regblock import RegblockExporter
from peakrdl_regblock.cpuif.axi4lite import AXI4Lite_Cpuif_flattened
from peakrdl_regblock.cpuif.passthrough import PassthroughCpuif
from peakrdl_regblock.udps import ALL_UDPS
from systemrdl import RDLCompiler
from systemrdl.node import RegfileNode

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SOURCE = HERE / "onpu.rdl"
# Each page is a block of its own, on the bus of whoever may use it.  The control core's bus has one
# master, whose accesses are answered at once.
PAGES = {"onpu_host": AXI4Lite_Cpuif_flattened, "onpu_ctl": PassthroughCpuif}


def for_verilator(source):
    """What Verilator 5.006 needs: no arrays inside of structures, no names that C++ has too."""
    def instances(match):
        name, count, offset, stride = (match[1], *(int(text, 0) for text in match.groups()[1:]))
        return "} " + ", ".join(f"{name}{i} @ {offset + i * stride:#x}" for i in range(count)) + ";"
    source = re.sub(r"} (\w+)\[(\w+)\] @ (\w+) \+= (\w+);", instances, source)
    return source.replace("} set[", "} set_[")


def compile_page(name, change=lambda source: source):
    compiler = RDLCompiler()
    for udp in ALL_UDPS:
        compiler.register_udp(udp)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / SOURCE.name
        path.write_text(change(SOURCE.read_text()))
        compiler.compile_file(str(path))
        return compiler.elaborate(top_def_name=name).top


def registers(page):
    """Every register once, arrays by their first element: (name, node, count, stride)."""
    for child in page.children(unroll=False):
        if isinstance(child, RegfileNode):
            for reg in child.children():
                yield (f"{child.inst_name}_{reg.inst_name}", reg,
                       child.raw_address_offset + reg.address_offset,
                       child.n_elements, child.array_stride)
        else:
            yield child.inst_name, child, child.address_offset, 1, 0


def access(field):
    if field.get_property("woclr"):
        return "read, write 1 to clear"
    return {"rw": "read, write", "r": "read", "w": "write"}[field.get_property("sw").name]


def text(node):
    return " ".join(node.get_property("desc").split())


def c_header(pages):
    out = ["/* SPDX-License-Identifier: MIT */",
           "/* Made by hw-model/regs/gen.py from onpu.rdl; do not edit. */",
           "#ifndef ONPU_REGS_H", "#define ONPU_REGS_H", ""]
    for page in pages:
        prefix = page.inst_name.upper()
        out += [f"/* {page.get_property('name')} */", ""]
        for name, reg, offset, count, stride in registers(page):
            if count > 1:
                out.append(f"#define {prefix}_{name}(n) (0x{offset:03x} + 0x{stride:x} * (n))")
                if name.endswith(("_VA", "_ADDR")):
                    out.append(f"#define {prefix}_{name.rsplit('_', 1)[0]}_COUNT {count}")
            else:
                out.append(f"#define {prefix}_{name} 0x{offset:03x}")
            for field in reg.fields():
                if field.width == 32:
                    continue
                base = f"{prefix}_{name}_{field.inst_name.upper()}"
                mask = ((1 << field.width) - 1) << field.low
                out.append(f"#define   {base} 0x{mask:08x}u")
                if field.width > 1:
                    out.append(f"#define   {base}_SHIFT {field.low}")
                encode = field.get_property("encode")
                for value in encode or []:
                    out.append(f"#define     {base}_{value.name} {value.value}")
            reset = reg.fields()[0].get_property("reset")
            if name in ("ID",):
                out.append(f"#define   {prefix}_{name}_VALUE 0x{reset:08x}u")
            if name in ("VERSION",):
                for field in reg.fields():
                    out.append(f"#define   {prefix}_{name}_{field.inst_name.upper()}_VALUE "
                               f"{field.get_property('reset')}")
        out.append("")
    out += ["#endif", ""]
    return "\n".join(out)


def manual(pages):
    out = ["<!-- Made by hw-model/regs/gen.py from hw-model/regs/onpu.rdl; do not edit. -->",
           "# Register manual", "",
           "All registers have 32 bits and are little-endian; what is not listed reads 0 and ignores",
           "writes.  Protocols that use them: [host-firmware interface](host-firmware-interface.md).",
           "Codes of faults and engines: [command manual](command-manual.md).", ""]
    for page in pages:
        out += [f"## {page.get_property('name')} (`{page.inst_name.upper()}_…`)", "", text(page), "",
                "| offset | register | |", "|---|---|---|"]
        for name, reg, offset, count, stride in registers(page):
            where = f"0x{offset:03x}" + (f" + 0x{stride:x}·n, n < {count}" if count > 1 else "")
            out.append(f"| {where} | [{name}](#{page.inst_name}-{name.lower()}) | {text(reg)} |")
        out.append("")
        for name, reg, offset, count, stride in registers(page):
            out += [f'<a id="{page.inst_name}-{name.lower()}"></a>',
                    f"**{name}** (0x{offset:03x})", "",
                    "| bits | field | access | reset | |", "|---|---|---|---|---|"]
            for field in sorted(reg.fields(), key=lambda f: f.low):
                bits = f"{field.high}:{field.low}" if field.width > 1 else f"{field.low}"
                reset = field.get_property("reset")
                reset = "" if reset is None or access(field) == "write" else f"0x{reset:x}"
                doc = text(field)
                encode = field.get_property("encode")
                if encode:
                    doc += ": " + "; ".join(
                        f"{v.value} {v.name}, {' '.join(v.rdl_desc.split())}" for v in encode)
                out.append(f"| {bits} | {field.inst_name} | {access(field)} | {reset} | {doc} |")
            out.append("")
    return "\n".join(out)


def system_verilog(page, cpuif):
    """{file name: text}; the two files of one page."""
    name = page.inst_name + "_regs"
    with tempfile.TemporaryDirectory() as folder:
        # Read-back values and write effects are plain: no retiming, errors are answered as such.
        RegblockExporter().export(page, folder, cpuif_cls=cpuif, module_name=name,
                                  package_name=name + "_pkg", address_width=12)
        files = {}
        for path in sorted(pathlib.Path(folder).glob("*.sv")):
            body = path.read_text()
            lines = body.splitlines()
            # The generator's banner names a moving home page; ours names the source.
            lines = [line.rstrip() for line in lines if not line.startswith("// Generated by")
                     and not line.startswith("//  https://")]
            files[path.name] = ("// SPDX-License-Identifier: MIT\n"
                                "// Made by hw-model/regs/gen.py from onpu.rdl; do not edit.\n"
                                + "\n".join(lines).lstrip("\n") + "\n")
        return files


def generate():
    pages = [compile_page(name) for name in PAGES]
    files = {HERE / "onpu_regs.h": c_header(pages), ROOT / "docs/register-manual.md": manual(pages)}
    for name, cpuif in PAGES.items():
        for name, body in system_verilog(compile_page(name, for_verilator), cpuif).items():
            files[HERE / name] = body
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say whether the files are current")
    args = parser.parse_args()
    stale = []
    for path, body in generate().items():
        if args.check:
            if not path.exists() or path.read_text() != body:
                stale.append(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body)
    for path in stale:
        print(f"{path.relative_to(ROOT)} is not current: run `make gen`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
