# SPDX-License-Identifier: MIT
"""What the random hosts of tests/fuzz/fuzz_firmware.c are worth: they reach every line of the firmware, and
notice what is broken on purpose, double reads of the host's memory first of all."""
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INCLUDES = [f"-I{ROOT / folder}" for folder in ("hw-model", "firmware/include", "tests/unit")]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
SEED, COUNT = os.environ.get("ONPU_SEED", "1"), 20000


def build(folder, sources, *flags):
    subprocess.run([*shlex.split(os.environ.get("CC", "gcc")), "-std=gnu11", "-g", *flags, *INCLUDES,
                    ROOT / "tests/firmware/random_hosts.c", *sorted(sources.glob("*.c")), "-o", folder / "hosts"],
                   cwd=folder, check=True)
    return folder / "hosts"


def run(program, seed=SEED, count=COUNT):
    return subprocess.run([program, str(seed), str(count)], cwd=program.parent, capture_output=True, text=True,
                          check=False, timeout=600)


# Lines that the random hosts need not reach, "file: text".
UNREACHED = set()


def test_every_line_is_reached(tmp_path):
    program = build(tmp_path, ROOT / "firmware/src", "-O0", "--coverage")
    done = run(program)
    print(f"seed {SEED}\n{done.stdout}")
    assert done.returncode == 0, done.stderr
    subprocess.run(["gcov", *tmp_path.glob("*.gcda")], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    reached, unreached = set(), {}
    for name in sorted(path.name for path in (ROOT / "firmware/src").iterdir()):
        # A function of a header is there once for each file that includes it.
        for count, number, source in re.findall(r"^ *([\d*]+|#####): *(\d+):(.*)$",
                                                (tmp_path / f"{name}.gcov").read_text(), re.M):
            if count == "#####":
                unreached[name, number] = f"{name}: {source.strip()}"
            else:
                reached.add((name, number))
    assert len(reached) > 600
    assert {line for place, line in unreached.items() if place not in reached} == UNREACHED


# What is done to the source: file, what is there once, what stands there instead.
READ_LINE = "onpu_mem_read(fw, SHARED_QUEUE(fw, slot), &line, sizeof(line));"
MUTANTS = {
    # Words of the host that are checked, and read again before they are used.
    "descriptor": ("queue.c", "	job->reason = (uint8_t)check_job(job, seq, fw->minor);\n",
                   "	job->reason = (uint8_t)check_job(job, seq, fw->minor);\n"
                   "	onpu_mem_read(fw, at, &job->desc, sizeof(job->desc));\n"),
    "regions": ("queue.c", "	job->reason = (uint8_t)check_job(job, seq, fw->minor);\n",
                "	job->reason = (uint8_t)check_job(job, seq, fw->minor);\n"
                "	onpu_mem_read(fw, regions, job->region, sizeof(job->region));\n"),
    "tail": ("queue.c", "	queue->tail = line.tail;\n",
             f"	{READ_LINE}\n	queue->tail = line.tail;\n"),
    "depth": ("queue.c", "	if (line.enable != queue->enable) {\n",
              f"	{READ_LINE}\n	if (line.enable != queue->enable) {{\n"),
    "head": ("report.c", "		fw->completion_head = head;\n",
             "		onpu_shared_read(fw, SHARED(fw, completion_host.head), &fw->completion_head, 4);\n"),
    # The same at another time, so that only what comes of it can tell.
    "descriptor, later": ("job.c", "	write_registers(fw, next);\n",
                          "	onpu_mem_read(fw, queue->ring + (index & (queue->depth - 1)) * 64, &fw->next.desc, 64);\n"
                          "	write_registers(fw, next);\n"),
    "descriptor, resumed": ("job.c", "	if (resume && onpu_preempt_sum(job) != queue->sum) {\n",
                            "	if (false) {\n"),
    # Checks that are not made.
    "no context check": ("queue.c", "	if (!desc->ctx)\n", "	if (false)\n"),
    "no region check": ("queue.c", "		if (wraps(job->region[i].va, job->region[i].size))\n", "		if (false)\n"),
    "no stream check": ("queue.c", "	return entry % 4 || !size || size % 4 ||", "	return entry % 4 || size % 4 ||"),
    "no depth check": ("queue.c", "	if (!line->depth || line->depth > ONPU_FW_DEPTH_MAX ||", "	if (!line->depth ||"),
    "no tail check": ("queue.c", "	if (line.tail - queue->head > queue->depth ||", "	if (false ||"),
    "no priority check": ("queue.c", "	if (line->priority >= ONPU_FW_PRIORITIES)\n", "	if (false)\n"),
    "no save area check": ("preempt.c", "	if (need > queue->save_size) {\n", "	if (false) {\n"),
    # What an earlier job left.
    "regions stay": ("job.c", "	fw->regions_set = count;\n", "	fw->regions_set = 0;\n"),
    "a key stays when a job starts": ("job.c", "	fw->held = 0;\n	return warm;\n", "	return warm;\n"),
    "a key stays with another address space": ("job.c", "		fw->held = 0;\n		job->switch_cycles",
                                               "		job->switch_cycles"),
    "a key although the job was resumed": ("job.c", "	if (!fw->job_start)\n", "	if (true)\n"),
    "resumed in the other stream": ("preempt.c", "	queue->warm = fw->warm;\n", ""),
    "completion ring runs over": ("report.c", "before & (fw->completion_count - 1);", "before;"),
    "work after a crash": ("job.c", "	if (fw->state == ONPU_FW_STATE_CRASHED)\n		return;\n	/* It does not fit",
                           "	/* It does not fit"),
}


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unchanged")
    return build(folder, ROOT / "firmware/src", "-O1", *SANITIZE)


def test_unchanged_passes(unchanged):
    done = run(unchanged)
    print(f"seed {SEED}\n{done.stdout}")
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_noticed(name, tmp_path):
    file, old, new = MUTANTS[name]
    sources = tmp_path / "src"
    shutil.copytree(ROOT / "firmware/src", sources)
    text = (sources / file).read_text()
    assert text.count(old) == 1
    (sources / file).write_text(text.replace(old, new))
    done = run(build(tmp_path, sources, "-O1", "-w", *SANITIZE))
    print(done.stderr[:2000])
    assert done.returncode, f"seed {SEED}: nothing was noticed"
