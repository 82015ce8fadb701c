# SPDX-License-Identifier: MIT
"""The device tree binding: valid itself, satisfied by its example and by the overlay, and strict."""
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BINDINGS = TOP / "driver/bindings"
BINDING = BINDINGS / "npu/onpu,onpu.yaml"
# A board as the overlay wants one: a label for its interrupt controller, and two cells.
BOARD = """/dts-v1/;
/ {
	compatible = "onpu,test-board";
	model = "test";
	#address-cells = <2>;
	#size-cells = <2>;

	gic: interrupt-controller {
		interrupt-controller;
		#interrupt-cells = <3>;
		#address-cells = <0>;
	};
};
"""
NODE = """
	npu_clk: clock {
		compatible = "fixed-clock";
		#clock-cells = <0>;
		clock-frequency = <100000000>;
	};

	npu@a0000000 {
		compatible = "onpu,onpu-1.0";
		reg = <0x0 0xa0000000 0x0 0x1000>;
		interrupt-parent = <&gic>;
		interrupts = <0 89 4>;
		clocks = <&npu_clk>;
		clock-names = "core";
	};
"""


def run(*words, **keywords):
    return subprocess.run([*map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **keywords)


@pytest.fixture(scope="module")
def dtschema():
    """Folder of its programs."""
    done = subprocess.run([TOP / "build-aux/venv", "binding"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(done.stdout.strip()).parent


@pytest.fixture(scope="module")
def schema(dtschema, tmp_path_factory):
    path = tmp_path_factory.mktemp("schema") / "schema.json"
    done = run(dtschema / "dt-mk-schema", "-j", "-o", path, BINDINGS)
    assert done.returncode == 0 and done.stdout == "", done.stdout
    return path


@pytest.fixture(scope="module")
def remarks(dtschema, schema, tool, tmp_path_factory):
    """remarks(DTS): what dtc and dt-validate say of it."""
    folder = tmp_path_factory.mktemp("trees")

    def check(text):
        source, blob = folder / "tree.dts", folder / "tree.dtb"
        source.write_text(text)
        done = run(tool("dtc"), "-@", "-I", "dts", "-O", "dtb", "-o", blob, source)
        assert done.returncode == 0, done.stdout
        return done.stdout + run(dtschema / "dt-validate", "-s", schema, "-l", "onpu", blob).stdout
    return check


def test_the_binding_is_valid(dtschema):
    done = run(dtschema / "dt-doc-validate", "-u", BINDINGS, BINDING)
    assert (done.returncode, done.stdout) == (0, "")


def test_an_invalid_binding_is_refused(dtschema, tmp_path):
    folder = tmp_path / "npu"
    folder.mkdir()
    (folder / BINDING.name).write_text(BINDING.read_text().replace("additionalProperties: false\n", ""))
    done = run(dtschema / "dt-doc-validate", "-u", tmp_path, folder / BINDING.name)
    assert "additionalProperties" in done.stdout


def test_its_example(dtschema, schema, guest_root, tool, tmp_path):
    example = run(dtschema / "dt-extract-example", BINDING)
    assert example.returncode == 0, example.stdout
    include = max((guest_root / "usr/src").glob("linux-headers-*-common")) / "include"
    done = run("gcc", "-E", "-nostdinc", "-undef", "-D__DTS__", "-x", "assembler-with-cpp", "-P", "-I", include,
               "-o", tmp_path / "example.dts", "-", input=example.stdout)
    assert done.returncode == 0, done.stdout
    blob = tmp_path / "example.dtb"
    done = run(tool("dtc"), "-@", "-I", "dts", "-O", "dtb", "-o", blob, tmp_path / "example.dts")
    assert done.returncode == 0, done.stdout
    done = run(dtschema / "dt-validate", "-s", schema, "-l", "onpu", blob)
    assert (done.returncode, done.stdout) == (0, "")
    # It has been looked at.
    text = run(tool("dtc"), "-I", "dtb", "-O", "dts", blob).stdout
    assert 'compatible = "onpu,onpu-1.0"' in text


def test_the_overlay(dtschema, schema, tool, tmp_path):
    """Compiled without a word, put onto a board, and what comes out is valid."""
    overlay, base, whole = (tmp_path / name for name in ("overlay.dtbo", "base.dtb", "whole.dtb"))
    done = run(tool("dtc"), "-@", "-I", "dts", "-O", "dtb", "-o", overlay, BINDINGS / "example-overlay.dtso")
    assert (done.returncode, done.stdout) == (0, "")
    done = run(tool("dtc"), "-@", "-I", "dts", "-O", "dtb", "-o", base, "-", input=BOARD)
    assert done.returncode == 0, done.stdout
    done = run(tool("fdtoverlay"), "-i", base, "-o", whole, overlay)
    assert done.returncode == 0, done.stdout
    done = run(dtschema / "dt-validate", "-s", schema, "-l", "onpu", whole)
    assert (done.returncode, done.stdout) == (0, "")
    assert "npu@a0000000" in run(tool("dtc"), "-I", "dtb", "-O", "dts", whole).stdout


def board(node):
    head, tail = BOARD.rsplit("};", 1)
    return head + node + "};" + tail


def test_a_right_node_is_taken(remarks):
    assert remarks(board(NODE)) == ""


@pytest.mark.parametrize("old,new,remark", [
    (r'compatible = "onpu,onpu-1.0";', 'compatible = "acme,soc1-npu", "onpu,onpu-2.0", "onpu,onpu-1.0";', "too long"),
    (r"reg = .*;", "reg = <0x0 0xa0000000 0x0 0x1000>, <0x0 0xa0010000 0x0 0x1000>;", "reg: .* is too long"),
    (r"\t\tinterrupts = .*;\n", "", "'interrupts' is a required property"),
    (r"\t\tclocks = .*;\n", "", "'clocks' is a required property"),
    (r'clock-names = "core";', 'clock-names = "main";', "'core' was expected"),
    (r'clock-names = "core";', 'clock-names = "core"; onpu,lanes = <16>;', "'onpu,lanes'"),
    (r"npu@a0000000", "accelerator@a0000000", r"does not match '\^npu@"),
], ids=["compatible", "two-regs", "no-interrupt", "no-clock", "clock-name", "unknown-property", "name"])
def test_a_wrong_node_is_refused(remarks, old, new, remark):
    node, count = re.subn(old, new, NODE)
    assert count == 1
    assert re.search(remark, remarks(board(node)))
