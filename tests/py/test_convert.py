# SPDX-License-Identifier: BSD-3-Clause
"""Traces in their forms, and what makes them smaller."""

import os
import pathlib
import re
import subprocess

import pytest

from conftest import PROGRAM, ROOT, environment

CORPUS = ROOT / "tests/fuzz/corpus"
TRACES = sorted((CORPUS / "fuzz_trace").iterdir())
REGS = sorted((CORPUS / "fuzz_regs").iterdir())


def call(*args, code=0, program=PROGRAM):
    done = subprocess.run([program, *args], env=environment(),
                          capture_output=True, check=False)
    assert done.returncode == code, done.stderr.decode()
    return done


@pytest.mark.parametrize("form", ["ffs", "hex", "c"])
@pytest.mark.parametrize("path", [*TRACES, *REGS],
                         ids=lambda p: p.parent.name + "/" + p.name)
def test_bytes_survive(path, form, tmp_path):
    kind = "regs" if path in REGS else "trace"
    text = tmp_path / "text"
    text.write_bytes(call("convert", "--from", kind, "--to", form,
                          path).stdout)
    assert call("convert", "--to", kind, text).stdout == path.read_bytes()


@pytest.mark.parametrize("path", TRACES, ids=lambda p: p.name)
def test_a_trace_is_the_scenario(path, tmp_path):
    text = tmp_path / "t.ffs"
    text.write_bytes(call("convert", path).stdout)
    call("run", "-q", text)
    # without its bytes it is encoded anew: to the same scenario
    plain = re.sub(r"(?m)^#.*\n", "", text.read_text())
    text.write_text(plain)
    again = tmp_path / "again"
    again.write_bytes(call("convert", text).stdout)
    lines = call("convert", again).stdout.decode()
    assert re.sub(r"(?m)^#.*\n", "", lines) == plain


@pytest.mark.parametrize("form", ["hex", "c"])
def test_text_is_the_scenario(form, tmp_path):
    """Registers say the same without the bytes behind them."""
    trace = CORPUS / "fuzz_trace/retrieved"
    text = tmp_path / "text"
    text.write_bytes(re.sub(rb"(?m)^.*#trace.*\n", b"",
                            call("convert", "--to", form, trace).stdout))
    again = tmp_path / "again"
    again.write_bytes(call("convert", text).stdout)
    want, got = (re.sub(rb"(?m)^#trace.*\n", b"", call("convert", p).stdout)
                 for p in (trace, again))
    assert got == want


def test_c_compiles(tmp_path):
    text = tmp_path / "t.c"
    text.write_bytes(call("convert", "--to", "c", TRACES[0]).stdout)
    subprocess.run([os.environ.get("CC", "cc"), "-fsyntax-only", "-Wall",
                    "-Wno-unused-variable", "-Werror", text], check=True)


def test_scenarios_are_seeds(tmp_path):
    done = call("convert", "-o", tmp_path, ROOT / "scenarios")
    made = int(done.stdout.split()[0])
    assert made == len(list(tmp_path.iterdir())) > 600


def test_what_cannot_be_said(tmp_path):
    text = tmp_path / "t.ffs"
    text.write_text("ffs 1\nns@0 FFA_ID_GET() = _\n"
                    "inject FFA_ID_GET error=BUSY\n")
    done = call("convert", text, code=3)
    assert b"t.ffs:3: a trace cannot inject errors" in done.stderr
    text.write_text("ffs 1\nns@0 FFA_ID_GET(\n")
    assert b"t.ffs:2" in call("convert", text, code=3).stderr


def test_wrong_use():
    call("convert", code=2)
    call("convert", "--to", "elf", TRACES[0], code=2)
    call("convert", "/no/such/file", code=3)
    call("shrink", code=2)


SCENARIO = """ffs 1
title "much ado"
board cpus=2
part ns id=0 kind=vm
part sp1 id=0x8001 kind=sp can=direct,notif ec=2
buf tx ns 0x88000000 1page
buf rx ns 0x88001000 1page
ns@0 FFA_VERSION(1.2) = 1.2
ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, w3=5) ...
sp1@0 ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=5)
sp1@0 FFA_MSG_SEND_DIRECT_RESP_32(to=ns) ...
ns@0 ... = FFA_MSG_SEND_DIRECT_RESP_32(from=sp1)
ns@0 FFA_RXTX_MAP_64(tx=tx, rx=rx, pages=1) = FFA_SUCCESS()
ns@0 FFA_RXTX_MAP_64(tx=tx, rx=rx, pages=1) = FFA_SUCCESS()
ns@0 FFA_ID_GET() = FFA_SUCCESS()
"""


def test_shrink(tmp_path):
    text = tmp_path / "t.ffs"
    text.write_text(SCENARIO)
    done = call("shrink", text)
    assert b"RXTX_MAP_TWICE" in done.stderr
    text.write_bytes(done.stdout)
    small = done.stdout.decode()
    assert len(small.splitlines()) == 5
    assert b"rule      RXTX_MAP_TWICE" in call("run", text, code=1).stdout
    # it is as small as can be
    assert call("shrink", text).stdout.decode() == small


def test_shrink_nothing(tmp_path):
    text = tmp_path / "t.ffs"
    text.write_text("ffs 1\nns@0 FFA_ID_GET() = _\n")
    assert b"does not fail" in call("shrink", text, code=3).stderr
    assert b"does not fail" in call("shrink", TRACES[0], code=3).stderr


BROKEN = pathlib.Path(os.environ.get("FFASIM_BROKEN", ""))


@pytest.mark.skipif(not os.environ.get("FFASIM_BROKEN"),
                    reason="no broken model")
def test_shrink_bytes(tmp_path):
    """The broken model gives FFA_ID_GET an upper half."""
    text, trace = tmp_path / "t.ffs", tmp_path / "trace"
    text.write_text(SCENARIO.replace("FFA_RXTX_MAP_64(tx=tx, rx=rx, pages=1) "
                                     "= FFA_SUCCESS()", "FFA_YIELD() = _"))
    trace.write_bytes(call("convert", text).stdout)
    done = call("shrink", trace, program=BROKEN)
    assert b"I4" in done.stderr
    trace.write_bytes(done.stdout)
    assert "FFA_ID_GET" in (small := call("convert", trace).stdout.decode())
    assert small.count("@0") == 1
