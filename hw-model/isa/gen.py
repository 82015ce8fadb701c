#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes everything that follows from commands.yaml.

    gen.py            writes the files below
    gen.py --check    names those that are not current; exit status 1 if there are any
"""

import argparse
import pathlib
import re
import sys
import textwrap

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = pathlib.Path(__file__).resolve().with_name("commands.yaml")

SCALARS = {"u8": (1, False), "u16": (2, False), "u32": (4, False),
           "i8": (1, True), "i16": (2, True), "i32": (4, True)}
C_TYPES = {"u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t",
           "i8": "int8_t", "i16": "int16_t", "i32": "int32_t"}
MADE_BY = "Made by hw-model/isa/gen.py from commands.yaml; do not edit."


class Error(Exception):
    """Something in commands.yaml that cannot be laid out."""


# ---- the model ---------------------------------------------------------------

class Field:
    """A member of a struct: a scalar, a struct, or an array of either."""

    def __init__(self, where, raw, structs):
        self.name = raw["name"]
        self.doc = raw.get("doc", "")
        match = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", raw["type"])
        if not match:
            raise Error(f"{where}.{self.name}: bad type {raw['type']!r}")
        self.type = match[1]
        self.count = int(match[2]) if match[2] else 0
        self.struct = structs.get(self.type)
        if self.type in SCALARS:
            self.unit, self.signed = SCALARS[self.type]
            self.align = self.unit
        elif self.struct:
            self.unit, self.signed = self.struct.size, False
            self.align = self.struct.align
        else:
            raise Error(f"{where}.{self.name}: unknown type {self.type!r}")
        self.size = self.unit * max(self.count, 1)
        self.enum = raw.get("enum")
        self.flags = raw.get("flags")
        self.reserved = raw.get("reserved", False)
        self.min = raw.get("min")
        self.max = raw.get("max")
        self.multiple = raw.get("multiple")
        self.refused = []
        self.offset = None
        known = {"name", "type", "doc", "enum", "flags", "reserved", "min", "max", "multiple"}
        if set(raw) - known:
            raise Error(f"{where}.{self.name}: unknown keys {sorted(set(raw) - known)}")

    def range_text(self, enums):
        if self.reserved:
            return "0"
        if self.enum:
            return f"[{self.enum}](#{self.enum})"
        if self.flags:
            text = f"[{self.flags} flags](#{self.flags}-flags)"
            return text + ("" if not self.refused else ", not " + ", ".join(self.refused))
        parts = []
        if self.min is not None and self.max is not None:
            parts.append(f"{self.min} to {self.max}")
        elif self.min is not None:
            parts.append(f">= {self.min}")
        elif self.max is not None:
            parts.append(f"<= {self.max}")
        if self.multiple:
            parts.append(f"multiple of {self.multiple}")
        return ", ".join(parts)


class Struct:
    def __init__(self, name, doc, raw_fields, structs, head=None):
        self.name = name
        self.doc = doc.strip()
        self.fields = [Field(name, raw, structs) for raw in raw_fields]
        if head:
            self.fields.insert(0, Field(name, {"name": "head", "type": "head"}, {"head": head}))
        offset = 0
        names = set()
        for field in self.fields:
            if field.name in names:
                raise Error(f"{name}.{field.name}: twice")
            names.add(field.name)
            if offset % field.align:
                raise Error(f"{name}: hole before {field.name}, at byte {offset}")
            field.offset = offset
            offset += field.size
        self.size = offset
        self.align = max((f.align for f in self.fields), default=4)
        if self.size % 4:
            raise Error(f"{name}: {self.size} bytes are not whole words")

    def leaves(self, prefix="", base=0):
        """Every scalar: (name as in C, byte offset, field)."""
        for field in self.fields:
            for i in range(max(field.count, 1)):
                name = prefix + field.name + (f"[{i}]" if field.count else "")
                at = base + field.offset + i * field.unit
                if field.struct:
                    yield from field.struct.leaves(name + ".", at)
                else:
                    yield name, at, field


class Isa:
    def __init__(self, raw):
        self.raw = raw
        self.version = raw["version"]
        self.constants = raw["constants"]
        self.enums = {e["name"]: e for e in raw["enums"]}
        self.flags = {f["name"]: f for f in raw["flags"]}
        self.bitfields = {b["name"]: b for b in raw["bitfields"]}
        for enum in raw["enums"]:
            values = [v["value"] for v in enum["values"]]
            if len(set(values)) != len(values):
                raise Error(f"enum {enum['name']}: a value occurs twice")
        for bits in raw["bitfields"]:
            lsb = 0
            for field in bits["fields"]:
                if field["lsb"] != lsb:
                    raise Error(f"{bits['name']}.{field['name']}: hole or overlap at bit {lsb}")
                lsb += field["width"]
            if lsb != 32:
                raise Error(f"{bits['name']}: {lsb} bits, not 32")
        self.structs = {}
        for s in raw["structs"]:
            self.structs[s["name"]] = Struct(s["name"], s["doc"], s["fields"], self.structs)
        head = self.structs["head"]
        by_name = {c["name"]: c for c in raw["commands"]}
        self.commands = []
        for c in raw["commands"]:
            fields = by_name[c["same_as"]]["fields"] if "same_as" in c else c["fields"]
            struct = Struct(c["name"], c["doc"], fields, self.structs, head)
            self.commands.append((c, struct))
            opcodes = [v["name"] for v in self.enums["opcode"]["values"]]
            if c["opcode"] not in opcodes:
                raise Error(f"{c['name']}: no opcode {c['opcode']}")
            if struct.size // 4 > 255:
                raise Error(f"{c['name']}: longer than a length can say")
            leaves = {name: field for name, _, field in struct.leaves()}
            for name, refused in c.get("refuses", {}).items():
                known = [b["name"] for b in self.flags[leaves[name].flags]["bits"]]
                for flag in refused:
                    if flag not in known:
                        raise Error(f"{c['name']}: refuses unknown {flag}")
            for name, field in leaves.items():
                if field.enum and field.enum not in self.enums:
                    raise Error(f"{c['name']}.{name}: no enum {field.enum}")
                if field.flags and field.flags not in self.flags:
                    raise Error(f"{c['name']}.{name}: no flags {field.flags}")
        if {c["opcode"] for c, _ in self.commands} != \
                {v["name"] for v in self.enums["opcode"]["values"]}:
            raise Error("opcodes and commands do not match")

    def enum_value(self, enum, name):
        return next(v["value"] for v in self.enums[enum]["values"] if v["name"] == name)

    def flag_mask(self, field, refused=()):
        return sum(1 << b["bit"] for b in self.flags[field.flags]["bits"]
                   if b["name"] not in refused)

    def limits(self, command, name, field):
        """(mask of the bits that may be set, minimum, maximum, multiple) of a scalar."""
        bits = 8 * field.unit
        low = -(1 << (bits - 1)) if field.signed else 0
        high = (1 << (bits - 1)) - 1 if field.signed else (1 << bits) - 1
        mask = (1 << bits) - 1
        if field.reserved:
            mask = 0
        elif field.flags:
            mask = self.flag_mask(field, command.get("refuses", {}).get(name, ()))
        return (mask, low if field.min is None else field.min,
                high if field.max is None else field.max, field.multiple or 1)


# ---- text helpers --------------------------------------------------------------

def wrap_comment(text, indent=""):
    """A C block comment of one or several lines."""
    lines = text.strip().split("\n")
    if len(lines) == 1 and len(lines[0]) < 80:
        return [f"{indent}/* {lines[0]} */"]
    if len(lines) == 1:
        lines = textwrap.wrap(lines[0], 80)
    return [f"{indent}/*", *[f"{indent} * {line}".rstrip() for line in lines], f"{indent} */"]


def remark(code, text):
    """A line of C and what it means: behind it if there is room, else above."""
    if not text:
        return [code]
    line = f"{code}\t/* {text} */"
    if len(line.expandtabs(8)) <= 100:
        return [line]
    return [*wrap_comment(text, code[:len(code) - len(code.lstrip())]), code]


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def markdown(text):
    """Indented lines become code; continuation lines of list items stay."""
    out, fenced, in_item = [], False, False
    for line in text.rstrip().split("\n"):
        if line.startswith("- "):
            in_item = True
        elif line and not line.startswith(" "):
            in_item = False
        code = line.startswith("  ") and not in_item
        if code and not fenced:
            out.append("```")
        if not code and fenced:
            out.append("```")
        fenced = code
        out.append(line[2:] if code else line)
    if fenced:
        out.append("```")
    return out


# ---- C header --------------------------------------------------------------------

def c_struct(struct, name):
    out = wrap_comment(struct.doc) if struct.doc else []
    out.append(f"struct {name} {{")
    for field in struct.fields:
        ctype = f"struct onpu_{field.type}" if field.struct else C_TYPES[field.type]
        decl = f"\t{ctype} {field.name}{f'[{field.count}]' if field.count else ''};"
        notes = [n for n in (field.enum and f"enum onpu_{field.enum}",
                             field.flags and f"ONPU_{field.flags.upper()}_*",
                             field.reserved and "0", field.doc) if n]
        out += remark(decl, ": ".join(notes))
    out.append("};")
    out.append(f"ONPU_ISA_ASSERT(sizeof(struct {name}) == {struct.size}, \"size\");")
    for field in struct.fields:
        out.append(f"ONPU_ISA_ASSERT(offsetof(struct {name}, {field.name}) == {field.offset}, "
                   "\"offset\");")
    return out


def make_c(isa):
    out = ["/* SPDX-License-Identifier: MIT */",
           f"/* {MADE_BY} */",
           "/* The command stream; docs/command-manual.md says what it means.  Little-endian. */",
           "#ifndef ONPU_ISA_H", "#define ONPU_ISA_H", "",
           "#ifdef __KERNEL__", "#include <linux/stddef.h>", "#include <linux/types.h>",
           "#else", "#include <stddef.h>", "#include <stdint.h>", "#endif", "",
           "#ifdef __cplusplus",
           "#define ONPU_ISA_ASSERT(condition, what) static_assert(condition, what)",
           "#else",
           "#define ONPU_ISA_ASSERT(condition, what) _Static_assert(condition, what)",
           "#endif", "",
           f"#define ONPU_ISA_MAJOR {isa.version['major']}",
           f"#define ONPU_ISA_MINOR {isa.version['minor']}", ""]
    for const in isa.constants:
        out.append(f"#define ONPU_{const['name']} {const['value']}\t/* {const['doc']} */")
    for enum in isa.raw["enums"]:
        out += ["", *wrap_comment(enum["doc"]), f"enum onpu_{enum['name']} {{"]
        for v in enum["values"]:
            value = f"0x{v['value']:02x}" if enum["name"] == "opcode" else v["value"]
            out += remark(f"\tONPU_{enum['name'].upper()}_{v['name']} = {value},", v["doc"])
        out.append("};")
    for flags in isa.raw["flags"]:
        out += ["", *wrap_comment(flags["doc"])]
        for b in flags["bits"]:
            out += [*wrap_comment(b["doc"]),
                    f"#define ONPU_{flags['name'].upper()}_{b['name']} (1u << {b['bit']})"]
    for bits in isa.raw["bitfields"]:
        out += ["", *wrap_comment(bits["doc"])]
        for f in bits["fields"]:
            name = f"ONPU_{bits['name'].upper()}_{f['name'].upper()}"
            mask = ((1 << f["width"]) - 1) << f["lsb"]
            out += [*wrap_comment(f["doc"]), f"#define {name}_SHIFT {f['lsb']}",
                    f"#define {name}_MASK 0x{mask:08x}u"]
    for struct in isa.structs.values():
        out += ["", *c_struct(struct, f"onpu_{struct.name}")]
    for command, struct in isa.commands:
        out += ["", *c_struct(struct, f"onpu_cmd_{command['name']}")]
    out.append("")
    for command, struct in isa.commands:
        out.append(f"#define ONPU_{command['opcode']}_WORDS {struct.size // 4}")
    out += ["", "#endif"]
    return out


# ---- C tables for the checker and the disassembler ----------------------------------

def make_fields(isa):
    out = ["/* SPDX-License-Identifier: MIT */", f"/* {MADE_BY} */",
           '#include "isa_fields.h"', ""]

    def names(symbol, pairs):
        out.append(f"static const struct onpu_isa_name {symbol}[] = {{")
        out.extend(f'\t{{ {value}, "{name}" }},' for name, value in pairs)
        out.extend(["\t{ 0, NULL },", "};", ""])

    used = {"fault", "engine"}
    for _, struct in isa.commands:
        used |= {field.enum for _, _, field in struct.leaves()}
    for enum in isa.raw["enums"]:
        if enum["name"] in used:
            names(f"enum_{enum['name']}", [(v["name"], v["value"]) for v in enum["values"]])
    for flags in isa.raw["flags"]:
        names(f"flags_{flags['name']}", [(b["name"], 1 << b["bit"]) for b in flags["bits"]])
    for command, struct in isa.commands:
        out.append(f"static const struct onpu_isa_field fields_{command['name']}[] = {{")
        for name, at, field in struct.leaves():
            if name.startswith("head.") and name != "head.flags":
                continue
            mask, low, high, multiple = isa.limits(command, name, field)
            kind, table = "PLAIN", "NULL"
            if field.reserved:
                kind = "RESERVED"
            elif field.enum:
                kind, table = "ENUM", f"enum_{field.enum}"
            elif field.flags:
                kind, table = "FLAGS", f"flags_{field.flags}"
            show = name[5:] if name.startswith("head.") else name
            out.append(f'\t{{ "{show}", {at}, {field.unit}, {int(field.signed)}, '
                       f"ONPU_ISA_{kind}, {multiple}, {low}, {high}, 0x{mask:x}, {table} }},")
        out.extend(["};", ""])
    out.append("const struct onpu_isa_command onpu_isa_commands[] = {")
    for command, struct in isa.commands:
        count = f"sizeof(fields_{command['name']}) / sizeof(fields_{command['name']}[0])"
        out.append(f'\t{{ "{command["name"]}", ONPU_OPCODE_{command["opcode"]}, '
                   f"ONPU_ENGINE_{command['engine']}, {struct.size // 4},")
        out.append(f"\t  {count}, fields_{command['name']} }},")
    out += ["};", "",
            "const size_t onpu_isa_num_commands =",
            "\tsizeof(onpu_isa_commands) / sizeof(onpu_isa_commands[0]);", "",
            "const struct onpu_isa_name *const onpu_isa_fault_names = enum_fault;",
            "const struct onpu_isa_name *const onpu_isa_engine_names = enum_engine;"]
    return out


# ---- SystemVerilog package ----------------------------------------------------------

def sv_width(enum):
    if enum["name"] in ("opcode", "fault"):
        return 8
    return max(max(v["value"] for v in enum["values"]).bit_length(), 1)


def sv_struct(struct, name):
    # The first member of a packed struct is the most significant: reverse, so that byte
    # offset 0 is the low byte of word 0.
    out = ["", "  typedef struct packed {"]
    for field in reversed(struct.fields):
        dims = f"[{field.count - 1}:0]" if field.count else ""
        if field.struct:
            kind = f"{field.type}_t {dims}".rstrip()
        else:
            sign = "signed " if field.signed else ""
            kind = f"logic {sign}{dims}[{8 * field.unit - 1}:0]"
        out.append(f"    {kind} {field.name};")
    out.append(f"  }} {name};")
    return out


def make_sv(isa):
    out = ["// SPDX-License-Identifier: MIT", f"// {MADE_BY}", "",
           "// A package offers more than one design uses.",
           "/* verilator lint_off UNUSEDPARAM */", "/* verilator lint_off UNUSEDSIGNAL */", "",
           "package onpu_isa_pkg;", "",
           f"  parameter int unsigned IsaMajor = {isa.version['major']};",
           f"  parameter int unsigned IsaMinor = {isa.version['minor']};"]
    for const in isa.constants:
        out += [f"  // {const['doc']}",
                f"  parameter int unsigned {camel(const['name'].lower())} = {const['value']};"]
    for enum in isa.raw["enums"]:
        width = sv_width(enum)
        out += ["", f"  // {enum['doc']}", f"  typedef enum logic [{width - 1}:0] {{"]
        values = enum["values"]
        for i, v in enumerate(values):
            name = camel(enum["name"]) + camel(v["name"].lower())
            comma = "," if i + 1 < len(values) else ""
            out.append(f"    {name} = {width}'h{v['value']:x}{comma}  // {v['doc']}")
        out.append(f"  }} {enum['name']}_e;")
    for flags in isa.raw["flags"]:
        out += ["", f"  // {flags['doc']}"]
        for b in flags["bits"]:
            name = camel(flags["name"]) + camel(b["name"].lower())
            out.append(f"  parameter int unsigned {name}Bit = {b['bit']};  // {b['doc']}")
    for bits in isa.raw["bitfields"]:
        out += ["", f"  // {bits['doc']}", "  typedef struct packed {"]
        for f in reversed(bits["fields"]):
            width = f"[{f['width'] - 1}:0] " if f["width"] > 1 else ""
            out.append(f"    logic {width}{f['name']};  // {f['doc']}")
        out.append(f"  }} {bits['name']}_header_t;")
    for struct in isa.structs.values():
        out += sv_struct(struct, f"{struct.name}_t")
    for command, struct in isa.commands:
        out += sv_struct(struct, f"cmd_{command['name']}_t")
    longest = max(struct.size // 4 for _, struct in isa.commands)
    out += ["", "  // Commands in words."]
    for command, struct in isa.commands:
        out.append(f"  parameter int unsigned {camel(command['name'])}Words = {struct.size // 4};")
    out.append(f"  parameter int unsigned MaxWords = {longest};")

    out += ["", "  // 0 for an unknown opcode.",
            "  function automatic logic [7:0] command_words(logic [7:0] opcode);",
            "    unique case (opcode)"]
    for command, struct in isa.commands:
        out.append(f"      Opcode{camel(command['opcode'].lower())}: return 8'd{struct.size // 4};")
    out += ["      default: return 8'd0;", "    endcase", "  endfunction", "",
            "  function automatic engine_e command_engine(logic [7:0] opcode);",
            "    unique case (opcode)"]
    for command, _ in isa.commands:
        out.append(f"      Opcode{camel(command['opcode'].lower())}: "
                   f"return Engine{camel(command['engine'].lower())};")
    out += ["      default: return EngineControl;", "    endcase", "  endfunction", "",
            "  // Byte offsets of the scalars of each command."]
    for command, struct in isa.commands:
        for name, at, _ in struct.leaves():
            if name.startswith("head.") and command["name"] != "end":
                continue
            path = [camel(part) for part in re.split(r"[.\[\]]+", name) if part]
            prefix = "" if name.startswith("head.") else camel(command["name"])
            out.append(f"  parameter int unsigned {prefix}{''.join(path)}At = {at};")
    for command, struct in isa.commands:
        flag_terms, field_terms = [], []
        for name, _, field in struct.leaves():
            if name.startswith("head.") and name != "head.flags":
                continue
            bits = 8 * field.unit
            ref = f"c.{name}"
            mask, low, high, multiple = isa.limits(command, name, field)
            if mask != (1 << bits) - 1:
                flag_terms.append(f"(({ref} & ~{bits}'h{mask:x}) == '0)")
            if field.enum:
                values = ", ".join(f"{bits}'d{v['value']}"
                                   for v in isa.enums[field.enum]["values"])
                flag_terms.append(f"({ref} inside {{{values}}})")
            sign = "s" if field.signed else ""

            def number(value):
                return f"{'-' if value < 0 else ''}{bits}'{sign}d{abs(value)}"
            if field.min is not None:
                field_terms.append(f"({ref} >= {number(low)})")
            if field.max is not None:
                field_terms.append(f"({ref} <= {number(high)})")
            if multiple > 1:
                field_terms.append(f"(({ref} & {bits}'d{multiple - 1}) == '0)")
        for what, terms, doc in (("flags", flag_terms, "FLAGS"),
                                 ("ranges", field_terms, "FIELD, as far as one field tells")):
            out += ["", f"  // False is the fault {doc}.",
                    f"  function automatic logic {command['name']}_{what}_ok"
                    f"(cmd_{command['name']}_t c);"]
            if not terms:
                out += ["    logic unused;", "    unused = ^c;", "    return 1'b1;"]
            else:
                out.append("    return " + " &&\n        ".join(terms) + ";")
            out.append("  endfunction")
    out += ["", "endpackage", "",
            "/* verilator lint_on UNUSEDSIGNAL */", "/* verilator lint_on UNUSEDPARAM */"]
    return "\n".join(out).split("\n")


# ---- manual --------------------------------------------------------------------------

def cell(text):
    return text.strip().replace("|", "\\|").replace("\n", " ")


def md_fields(isa, fields):
    out = ["| byte | field | type | range | meaning |", "|---|---|---|---|---|"]
    for field in fields:
        kind = f"[{field.type}](#{field.type})" if field.struct else field.type
        if field.count:
            kind += f" x {field.count}"
        out.append(f"| {field.offset} | `{field.name}` | {kind} | "
                   f"{cell(field.range_text(isa.enums))} | {cell(field.doc)} |")
    return out


def make_md(isa):
    out = ["<!-- SPDX-License-Identifier: MIT -->", f"<!-- {MADE_BY} -->", "",
           "# Command manual", "",
           f"Version {isa.version['major']}.{isa.version['minor']} of the command stream.  In C: "
           "`hw-model/isa/onpu_isa.h`; in SystemVerilog: `hw-model/isa/onpu_isa_pkg.sv`.  The time "
           "that commands take is in [cycle-model.md](cycle-model.md).", "",
           "## Overview", ""]
    out += markdown(isa.raw["overview"])
    out += ["", "## Commands at a glance", "", "| opcode | command | engine | words | |",
            "|---|---|---|---|---|"]
    values = {v["name"]: v for v in isa.enums["opcode"]["values"]}
    for command, struct in isa.commands:
        v = values[command["opcode"]]
        out.append(f"| 0x{v['value']:02x} | [{v['name']}](#{v['name'].lower()}) | "
                   f"{command['engine']} | {struct.size // 4} | {cell(v['doc'])} |")
    out += ["", "## Constants", "", "| name | value | |", "|---|---|---|"]
    for const in isa.constants:
        out.append(f"| {const['name']} | {const['value']} | {cell(const['doc'])} |")
    out += ["", "## Enumerators"]
    for enum in isa.raw["enums"]:
        out += ["", f"### {enum['name']}", "", enum["doc"], "", "| value | name | |", "|---|---|---|"]
        for v in enum["values"]:
            value = f"0x{v['value']:02x}" if enum["name"] == "opcode" else v["value"]
            out.append(f"| {value} | {v['name']} | {cell(v['doc'])} |")
    out += ["", "## Flags"]
    for flags in isa.raw["flags"]:
        out += ["", f"### {flags['name']} flags", "", flags["doc"], "", "| bit | name | |",
                "|---|---|---|"]
        for b in flags["bits"]:
            out.append(f"| {b['bit']} | {b['name']} | {cell(b['doc'])} |")
    out += ["", "## Structures"]
    for struct in isa.structs.values():
        out += ["", f"### {struct.name}", "", *markdown(struct.doc), "",
                f"{struct.size} bytes.", "", *md_fields(isa, struct.fields)]
    out += ["", "## Weight stream", ""]
    tables = {}
    for bits in isa.raw["bitfields"]:
        rows = ["| bits | field | |", "|---|---|---|"]
        for f in bits["fields"]:
            top = f["lsb"] + f["width"] - 1
            span = f"{top}" if f["width"] == 1 else f"{top}:{f['lsb']}"
            rows.append(f"| {span} | {f['name']} | {cell(f['doc'])} |")
        tables["{" + bits["name"] + "}"] = rows
    for line in markdown(isa.raw["weight_stream"]):
        out += tables.get(line, [line])
    out += ["", "## Commands"]
    for command, struct in isa.commands:
        out += ["", f"### {command['opcode']}", "", *markdown(struct.doc), "",
                f"Engine {command['engine']}, {struct.size // 4} words."]
        for field in struct.fields:
            field.refused = command.get("refuses", {}).get(field.name, [])
        deeper = {k: v for k, v in command.get("refuses", {}).items() if "." in k}
        for name, refused in deeper.items():
            out.append(f"Not in `{name}`: {', '.join(refused)}.")
        if "same_as" in command:
            out.append(f"Fields as in [{command['same_as'].upper()}](#{command['same_as']}).")
        else:
            out += ["", *md_fields(isa, struct.fields)]
    return out


# ---- main ------------------------------------------------------------------------------

def generate():
    isa = Isa(yaml.safe_load(SOURCE.read_text()))
    files = {
        "hw-model/isa/onpu_isa.h": make_c(isa),
        "hw-model/isa/onpu_isa_pkg.sv": make_sv(isa),
        "hw-model/iss/isa_fields.c": make_fields(isa),
        "docs/command-manual.md": make_md(isa),
    }
    return {name: "\n".join(line.rstrip() for line in lines) + "\n"
            for name, lines in files.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true",
                        help="write nothing; name files that are not current")
    args = parser.parse_args()
    try:
        files = generate()
    except Error as error:
        sys.exit(f"{SOURCE.name}: {error}")
    stale = []
    for name, text in files.items():
        path = ROOT / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not args.check:
            path.write_text(text)
    if args.check and stale:
        for name in stale:
            print(f"not current: {name}")
        print("run hw-model/isa/gen.py")
        sys.exit(1)


if __name__ == "__main__":
    main()
