# SPDX-License-Identifier: BSD-3-Clause
"""Scenarios whose partitions come from manifests.

The manifests that real projects ship are in FFASIM_MANIFESTS, or beside the
repository; without that folder their tests are skipped.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import BAD_FILE, MISMATCH, OK, ROOT, SCENARIOS, SKIPPED

SHIPPED = pathlib.Path(os.environ.get("FFASIM_MANIFESTS") or
                       ROOT.parent / "shared/data/manifests")
SHIPPED_SCENARIO = SCENARIOS / "manifest/shipped.ffs"
OWN = ROOT / "tests/data/manifests"
MANIFESTS = sorted(SHIPPED.glob("*.dts"))

# A secure partition answers; a VM and the SPMC are just there.
ALIVE = """\
ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)
"""
ANSWERS = ALIVE + """\
ns@0 FFA_PARTITION_INFO_GET(uuid=p.uuid, flags=1) = FFA_SUCCESS(count=1)
ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=p, w3=1) ...
p@0  ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=1)
p@0  FFA_MSG_SEND_DIRECT_RESP_32(to=ns, w3=2) ...
ns@0 ... = FFA_MSG_SEND_DIRECT_RESP_32(from=p, w3=2)
check p.state == ready
check leaks == 0
"""


def number(text, name):
    found = re.search(rf"\b{name} = <(\w+)>", text)
    return int(found.group(1), 0) if found else None


def file_of(manifest, text):
    """A scenario that loads the manifest and looks whether it lives."""
    secure = number(text, "exception-level") in (1, 2)
    return (f"ffs 1\nboard cpus=8\npart p manifest=\"{manifest}\"\n"
            + (ANSWERS if secure else ALIVE))


def passes(ffasim, name):
    p = ffasim("run", name)
    assert p.returncode == OK, p.stdout + p.stderr
    assert "1 passed, 0 failed, 0 skipped" in p.stdout


@pytest.mark.skipif(not MANIFESTS, reason=f"no {SHIPPED}")
@pytest.mark.parametrize("path", MANIFESTS, ids=[p.stem for p in MANIFESTS])
def test_shipped(ffasim, scenario, path):
    passes(ffasim, scenario(file_of(path, path.read_text())))


@pytest.mark.skipif(not MANIFESTS, reason=f"no {SHIPPED}")
def test_shipped_scenario(ffasim, tmp_path):
    """It names all that there are, and what their warnings are about."""
    folder = tmp_path / "main/scenarios/manifest"
    folder.mkdir(parents=True)
    shutil.copy(SHIPPED_SCENARIO, folder)
    (tmp_path / "shared/data").mkdir(parents=True)
    (tmp_path / "shared/data/manifests").symlink_to(SHIPPED)
    p = ffasim("run", "--report", "json:-", folder / "shipped.ffs")
    runs = json.loads(p.stdout)["results"]
    assert {r["verdict"] for r in runs} == {"pass"}
    assert sorted(r["label"] for r in runs) == \
        sorted(f'FILE="{m.stem}"' for m in MANIFESTS)
    out = ffasim("check", "shipped.ffs", cwd=folder).stdout
    assert re.search(r"shipped.ffs:\d+:22: warning: \S+_sp1.dts: "
                     r"/hftest-service-setup: unknown node; ignored", out)
    named = re.findall(r"warning: (.*)", out)
    assert len(named) == len(set(named))


def test_shipped_scenario_without(ffasim, tmp_path):
    folder = tmp_path / "a/b/c"
    folder.mkdir(parents=True)
    shutil.copy(SHIPPED_SCENARIO, folder)
    p = ffasim("run", "--report", "term:-", folder / "shipped.ffs")
    assert p.returncode == SKIPPED
    assert p.stdout.count("skip ") == 1
    assert "requires file==" in p.stdout


def test_warnings_of_a_failure(ffasim, scenario):
    scenario((OWN / "sp.dts").read_text().replace(
        "\tuuid = <", "\tcolour = <1>;\n\tuuid = <", 1), "sp.dts")
    name = scenario("""ffs 1
board cpus=4
param FILE = "sp", "none"
requires file=="./"+$FILE+".dts"
part p manifest=$FILE+".dts"
ns@0 FFA_ID_GET() = FFA_SUCCESS(id=p)
""")
    p = ffasim("run", name)
    assert p.returncode == MISMATCH
    assert "  #   warnings  1 about manifests: ffasim check t.ffs\n" in p.stdout
    assert "-D 'FILE=\"sp\"'\n" in p.stdout
    assert 'ok 2 FILE="none" # SKIP requires file==' in p.stdout


@pytest.mark.skipif(not MANIFESTS, reason=f"no {SHIPPED}")
def test_shipped_blob(ffasim, scenario, tmp_path):
    """A blob is as good as its source."""
    path = next(p for p in MANIFESTS if p.stem.endswith("__cactus"))
    blob = tmp_path / "cactus.dtb"
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", blob, path], check=True)
    passes(ffasim, scenario(file_of("cactus.dtb", path.read_text())))
    blob.write_bytes(blob.read_bytes()[:-1])
    p = ffasim("run", "t.ffs")
    assert p.returncode == BAD_FILE
    assert "cactus.dtb: truncated: the header says" in p.stdout + p.stderr


@pytest.mark.skipif(not MANIFESTS, reason=f"no {SHIPPED}")
def test_shipped_together(ffasim, scenario):
    """The board that TF-A-tests has: ids in order, one boot order."""
    parts = "".join(
        f'part p{i} manifest="{SHIPPED}/tf-a-tests__spm__{name}.dts"\n'
        for i, name in enumerate(
            ("cactus__arm__fvp__cactus", "cactus__arm__fvp__cactus-secondary",
             "cactus__arm__fvp__cactus-tertiary",
             "ivy__app__arm__fvp__ivy-sel1"), 1))
    passes(ffasim, scenario(
        f"ffs 1\nboard cpus=8\n{parts}"
        "buf tx ns 0xa0000000 1page\nbuf rx ns 0xa0001000 1page\n"
        "ns@0 FFA_RXTX_MAP_64(tx=tx, rx=rx, pages=1) = FFA_SUCCESS()\n"
        "ns@0 FFA_PARTITION_INFO_GET(uuid=nil, flags=0) = "
        "FFA_SUCCESS(count=4, size=24)\n"
        "rx ns { {id=0x8001 ec=8 props=_ uuid=p1.uuid}"
        " {id=0x8002 ec=8 props=_ uuid=p2.uuid}"
        " {id=0x8003 ec=1 props=_ uuid=p3.uuid}"
        " {id=0x8004 ec=1 props=_ uuid=p4.uuid} }\n"))


def test_properties(ffasim, scenario):
    """Id, UUIDs and properties are those of the manifest."""
    passes(ffasim, scenario(
        "ffs 1\nboard cpus=4\n"
        f'part p manifest="{OWN}/sp.dts"\n'
        "buf tx ns 0xa0000000 1page\nbuf rx ns 0xa0001000 1page\n"
        "ns@0 FFA_RXTX_MAP_64(tx=tx, rx=rx, pages=1) = FFA_SUCCESS()\n"
        "ns@0 FFA_PARTITION_INFO_GET("
        "uuid=00112233-4455-6677-8899-aabbccddeeff, flags=0) = "
        "FFA_SUCCESS(count=1, size=24)\n"
        "rx ns { {id=0x8007 ec=4 props=0x3cd uuid=nil} }\n"))


def test_keys_override(ffasim, scenario):
    passes(ffasim, scenario(
        "ffs 1\nboard cpus=4\n"
        f'part p manifest="{OWN}/sp.dts" id=0x8009 ec=1\n'
        "ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=0x8009, w3=1) ...\n"
        "p@0  ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=1)\n"))


def test_boot_information(ffasim, scenario):
    """Where the board puts it: behind the memory of the region `anywhere`."""
    passes(ffasim, scenario(
        "ffs 1\nboard cpus=4\n"
        f'part p manifest="{OWN}/sp.dts"\n'
        "mem info p 0x0a003000 1page secure\n"
        "boot @0\n"
        "p@0  ... = _\n"
        # signature, version; two descriptors of 32 bytes after 32 bytes
        r'p@0  load info[0..4] = "\xfa\x0f\0\0"' "\n"
        r'p@0  load info[4..8] = "\x02\0\x01\0"' "\n"
        r'p@0  load info[12..16] = "\x20\0\0\0"' "\n"
        r'p@0  load info[16..20] = "\x02\0\0\0"' "\n"
        # the first points behind them, to a device tree blob
        r'p@0  load info[56..64] = "\x60\x30\0\x0a\0\0\0\0"' "\n"
        r'p@0  load info[96..100] = "\xd0\x0d\xfe\xed"' "\n"
        "p@0  FFA_MSG_WAIT() ...\n"
        "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"))


@pytest.mark.parametrize("edit, message", (
    (("\tuuid = <", "\tother-uuid = <"),
     "sp.dts: /uuid: is missing, expected 4 cells for each UUID"),
    (("0x07701000", "0x07700000"),
     "sp.dts: /memory-regions/tx: 0x7700000 to 0x7700fff overlaps "
     "/memory-regions/rx, 0x7700000 to 0x7700fff"),
    (("ffa-version = <0x00010002>", "ffa-version = <0x00020002>"),
     "sp.dts: /ffa-version: is 0x20002, expected <0x00010000> to "
     "<0x00010003>"),
    (("id = <0x8007>", "id = <0x8000>"),
     "sp.dts: /id: is 0x8000, expected 0x8001 to 0xffbf"),
    (("execution-ctx-count = <4>", "execution-ctx-count = <8>"),
     "sp.dts: /execution-ctx-count: is 8, expected at most 4, the CPUs of "
     "the board"),
    (("};", "}"), "sp.dts:"),
), ids=("uuid", "overlap", "version", "id", "contexts", "syntax"))
def test_wrong(ffasim, scenario, edit, message):
    text = (OWN / "sp.dts").read_text()
    assert edit[0] in text
    scenario(text.replace(*edit), "sp.dts")
    name = scenario('ffs 1\nboard cpus=4\npart p manifest="sp.dts"\n' + ALIVE)
    for command in "run", "check":
        p = ffasim(command, name)
        assert p.returncode == BAD_FILE, p.stdout + p.stderr
        out = p.stdout + p.stderr
        assert message in out
        assert "t.ffs:3:" in out


def test_absent(ffasim, scenario):
    name = scenario('ffs 1\npart p manifest="nowhere.dts"\n' + ALIVE)
    p = ffasim("run", name)
    assert p.returncode == BAD_FILE
    assert "nowhere.dts: No such file or directory" in p.stdout + p.stderr


def test_conflict(ffasim, scenario):
    name = scenario("ffs 1\nboard cpus=4\n" + "".join(
        f'part p{i} manifest="{OWN}/sp.dts"\n' for i in (1, 2)) + ALIVE)
    p = ffasim("run", name)
    assert p.returncode == BAD_FILE
    assert "/id: is 0x8007 as in " in p.stdout + p.stderr
