# SPDX-License-Identifier: BSD-3-Clause
"""Captures, as tshark with the dissector reads them, and as msc does."""

import re
import subprocess

import pytest

from conftest import (HARNESS, MISMATCH, OK, SCENARIOS, USAGE, call,
                      environment)

CHART = SCENARIOS / "mem/chart.ffs"


@pytest.fixture(scope="module")
def dissector(tmp_path_factory):
    path = tmp_path_factory.mktemp("lua") / "ffasim.lua"
    p = call("doc", "--wireshark")
    assert p.returncode == OK
    path.write_text(p.stdout)
    return path


def tshark(dissector, capture, *fields, only=None):
    """A list of the fields of each packet."""
    args = ["tshark", "-X", "lua_script:%s" % dissector, "-r", str(capture),
            "-T", "fields"]
    for f in fields:
        args += ["-e", f]
    if only:
        args += ["-Y", only]
    p = subprocess.run(args, env=environment(HOME=str(dissector.parent)),
                       capture_output=True, encoding="utf-8", timeout=120)
    assert p.returncode == 0, p.stderr
    assert "Lua" not in p.stderr, p.stderr
    return [line.split("\t") for line in p.stdout.splitlines()]


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pcap") / "x.pcapng"
    p = call("run", "-q", "--pcap", path, CHART)
    assert p.returncode == OK, p.stderr
    return path


def test_tshark(dissector, capture):
    rows = tshark(dissector, capture, "ffa.actor", "ffa.kind", "ffa.cpu",
                  "ffa.endpoint", "ffa.function", "ffa.answers")
    assert rows[0] == ["ns@0", "1", "0", "0x0000", "FFA_RXTX_MAP_64", ""]
    assert rows[1] == ["ns@0", "2", "0", "0x0000", "FFA_SUCCESS",
                       "FFA_RXTX_MAP_64"]
    assert {r[0] for r in rows} == {"ns@0", "sp1@0", "ns@1", "sp2@1"}
    assert all(r[0].endswith("@" + r[2]) for r in rows)
    assert {r[3] for r in rows if r[0] == "sp2@1"} == {"0x8002"}


def test_tshark_fields(dissector, capture):
    rows = tshark(dissector, capture, "ffa.actor", "ffa.error", "ffa.rule",
                  "ffa.arg.code", "ffa.x2", only="ffa.error")
    assert rows[0] == ["ns@0", "DENIED", "RECLAIM_HELD",
                       "0x00000000fffffffa", "0x00000000fffffffa"]
    assert rows[1][:3] == ["ns@1", "ABORTED", ""]
    assert len(rows) == 2
    rows = tshark(dissector, capture, "ffa.arg.handle", "ffa.answers",
                  only='ffa.function == "FFA_SUCCESS" && ffa.arg.handle')
    assert rows == [["0x0000000000000001", "FFA_MEM_SHARE_32"]]
    rows = tshark(dissector, capture, "ffa.arg.to", "ffa.arg.from",
                  "frame.comment", only="ffa.kind == 1 && ffa.cpu == 1")
    assert [rows[0][0], rows[0][2]] == [
        "0x0000000000008002",
        "FFA_MSG_SEND_DIRECT_REQ_32(to=sp2, w3=0x1)"]


def test_tshark_values(ffasim, scenario, dissector, tmp_path):
    uuid = "b4b5671e-4a90-4fe1-b81f-fb13dae1dacb"
    name = scenario("""ffs 1
title "values"
ffa 1.2
part ns id=0 kind=vm
ns@0 FFA_VERSION(1.2) = 1.2
wait 3ms
ns@0 FFA_PARTITION_INFO_GET(uuid=%s, flags=COUNT) = _
ns@0 FFA_PARTITION_INFO_GET_REGS(uuid=%s) = _
ns@0 SMC(0x84001234) = _
""" % (uuid, uuid))
    p = ffasim("run", "-q", "--pcap", "v.pcapng", name)
    assert p.returncode == OK, p.stdout + p.stderr
    rows = tshark(dissector, tmp_path / "v.pcapng", "frame.time_epoch",
                  "ffa.uuid.uuid", "_ws.col.Info")
    assert rows[0][0].endswith("0.000000000") and "1.2" in rows[0][2]
    assert "1.2" in rows[1][2]
    assert [r[1] for r in rows if r[1]] == [uuid, uuid]
    assert rows[-1][0].endswith("0.003000000")
    assert rows[-2][2] == "SMC(0x84001234)"
    assert rows[-1][2] == "= SMC(0xffffffff) [GATE_NOT_FFA]"


def test_a_chart_of_a_capture_is_that_of_the_run(capture):
    for form in ("text", "svg", "mermaid"):
        drawn = call("msc", "--format", form, capture)
        assert drawn.returncode == OK, drawn.stderr
        assert drawn.stdout == call("msc", "--format", form, CHART).stdout


def test_a_failing_run_is_captured(ffasim, scenario):
    name = scenario("""ffs 1
title "wrong"
ffa 1.2
part ns id=0 kind=vm
wait 5ms
ns@0 FFA_RX_RELEASE() = FFA_SUCCESS()
""")
    assert ffasim("run", "--pcap", "w.pcapng", name).returncode == MISMATCH
    p = ffasim("msc", "w.pcapng")
    assert p.returncode == OK
    assert p.stdout == ffasim("msc", name).stdout
    assert "! t.ffs:6: ns@0 FFA_RX_RELEASE()" in p.stdout


def test_what_is_no_capture(ffasim, capture, tmp_path):
    whole = capture.read_bytes()
    for name, data, why in (
            ("cut", whole[:-3], "ends inside of a block"),
            ("big", b"\x0a\x0d\x0d\x0a" + bytes(4) + b"\x1a\x2b\x3c\x4d" * 5,
             "not little-endian"),
            ("link", whole.replace(b"\x93\0\0\0\0\0\0\0", bytes(8), 1),
             "link type")):
        (tmp_path / name).write_bytes(data)
        p = ffasim("msc", name)
        assert p.returncode == USAGE and p.stdout == ""
        assert re.search(r"%s: byte \d+: .*%s" % (name, why), p.stderr), \
            p.stderr


def test_usage(ffasim, scenario):
    many = scenario("ffs 1\nparam N = 1, 2\npart ns id=0 kind=vm\n"
                    "ns@0 FFA_FEATURES(id=$N) = _\n")
    p = ffasim("run", "--pcap", "x", many)
    assert p.returncode == USAGE and "-D" in p.stderr
    assert ffasim("run", "-q", "--pcap", "x", "-D", "N=1",
                  many).returncode == OK
    p = ffasim("run", "-q", "--pcap", "not/there", "-D", "N=1", many)
    assert p.returncode == HARNESS and "not/there" in p.stderr
