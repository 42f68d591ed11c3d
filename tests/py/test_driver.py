# SPDX-License-Identifier: BSD-3-Clause
"""Driver scenarios: tests/driver/driver.c against scenarios/driver."""

import os
import subprocess

import pytest

from conftest import MISMATCH, OK, ROOT, SCENARIOS, environment

DRIVER = os.environ.get("FFASIM_DRIVER", str(ROOT / "build/plain/driver"))
ABORTED = -6


def drive(*args):
    return subprocess.run([DRIVER, *map(str, args)], env=environment(),
                          capture_output=True, encoding="utf-8", timeout=120)


BOOT = SCENARIOS / "driver/boot-loader.ffs"
TWO = SCENARIOS / "driver/two-cpus.ffs"

# what is wrong, how the driver ends, what it says
FAULTS = [
    ("extra", ABORTED, "write: allow FFA_SPM_ID_GET"),
    ("pages", ABORTED, "pages: expected 1, got 2"),
    ("missing", ABORTED, "the one of line 18 is missing"),
    ("register", ABORTED, "FFA_MSG_SEND_DIRECT_REQ_32"),
    ("permissions", ABORTED, "to: expected"),
    ("memory", ABORTED, "got       = \"PING\""),
    ("order", ABORTED, "the one of line 27 is missing"),
    ("end", MISMATCH, "its end: the call is missing"),
    ("more", ABORTED, "no other call of ns"),
]


def test_good():
    done = drive(BOOT)
    assert (done.returncode, done.stderr) == (OK, "")


@pytest.mark.parametrize("fault, code, says", FAULTS)
def test_fault(fault, code, says):
    done = drive("--fault", fault, BOOT)
    assert done.returncode == code, done.stderr
    assert says in done.stderr


def test_two_cpus():
    for _ in range(20):
        done = drive("--threads", TWO)
        assert (done.returncode, done.stderr) == (OK, "")
