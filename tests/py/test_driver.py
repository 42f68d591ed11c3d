# SPDX-License-Identifier: BSD-3-Clause
"""Driver scenarios: tests/driver/driver.c against scenarios/driver."""

import os
import subprocess

import pytest

from conftest import MISMATCH, OK, ROOT, SCENARIOS, call, environment

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


BOARD = """ffs 1
part   linux id=0 kind=vm driver
part   svc id=0x8001 kind=sp can=direct run=echo
buf    tx linux 0x8800_0000 1page
buf    rx linux 0x8800_1000 1page
mem    shm linux 0x8900_0000 1page
"""


def calls(text):
    return [line for line in text.splitlines() if line.startswith("linux@")]


def test_record(tmp_path):
    """A board is driven; what is recorded runs, and is its own trace."""
    board, record = tmp_path / "board.ffs", tmp_path / "record.ffs"
    board.write_text(BOARD)
    done = drive("--record", record, board)
    assert (done.returncode, done.stderr) == (OK, "")
    text = record.read_text()
    assert len(calls(text)) == 10
    assert "tx=share{owner=linux to={svc:rw} ranges=shm}" in text
    done = call("run", "--report", f"trace:{tmp_path}/again.ffs", record)
    assert done.returncode == OK, done.stdout
    again = (tmp_path / "again.ffs").read_text()
    assert calls(again) == calls(text)
    # and judges the same driver
    done = drive(record)
    assert (done.returncode, done.stderr) == (OK, "")
    assert drive("--fault", "pages", record).returncode == ABORTED


def test_record_cannot_be_written(tmp_path):
    board = tmp_path / "board.ffs"
    board.write_text(BOARD)
    done = drive("--record", tmp_path / "no" / "file", board)
    assert done.returncode == 99
    assert "no/file" in done.stderr
