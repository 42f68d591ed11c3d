# SPDX-License-Identifier: BSD-3-Clause
"""Fleets: scenarios under GNU parallel, the tests under pytest-xdist."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from conftest import GOOD, PROGRAM, ROOT, environment

FILES = 10


def fleet(tmp_path, *command):
    return subprocess.run(command, cwd=tmp_path, env=environment(),
                          capture_output=True, encoding="utf-8", timeout=120,
                          check=False)


@pytest.fixture
def files(scenario):
    return {scenario(GOOD, f"scenarios/{i}.ffs") for i in range(FILES)}


def has_parallel():
    """GNU's, not that of moreutils."""
    return shutil.which("parallel") and "GNU" in subprocess.run(
        ["parallel", "--version"], capture_output=True, text=True,
        check=False).stdout


@pytest.mark.skipif(not has_parallel(), reason="no GNU parallel")
def test_parallel(tmp_path, files, scenario):
    command = ["parallel", "--will-cite", PROGRAM, "run", "--report",
               "json:-", "--shard", "{}/3", "scenarios", ":::", "1", "2", "3"]
    done = fleet(tmp_path, *command)
    assert done.returncode == 0, done.stderr
    names = []
    text, at = done.stdout, 0
    while at < len(text.rstrip()):
        one, at = json.JSONDecoder().raw_decode(text, at)
        at += len(text[at:]) - len(text[at:].lstrip())
        names += [r["path"] for r in one["results"]]
        assert one["results"], "a shard without work"
    # each of them once
    assert len(names) == FILES and set(names) == files
    # one that fails fails its shard, and only that
    scenario(GOOD.replace("(id=ns)\n", "(id=1)\n"), "scenarios/4.ffs")
    assert fleet(tmp_path, *command).returncode == 1


def test_xdist():
    pytest.importorskip("xdist")
    some = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider",
            "-k", "shards_are", "tests/py/test_cli.py"]

    def passed(*more):
        done = subprocess.run([*some, *more], cwd=ROOT, text=True, check=False,
                              env=dict(os.environ), capture_output=True,
                              timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return int(re.search(r"(\d+) passed", done.stdout).group(1)), \
            set(re.findall(r"\[(gw\d)\]", done.stdout))

    alone, nobody = passed("-v")
    assert not nobody
    assert passed("-v", "-n", "2") == (alone, {"gw0", "gw1"})
