# SPDX-License-Identifier: BSD-3-Clause
"""Profiles: every scenario under each, and against what real SPMCs answered.

The observations are ../shared/data/oracle beside this tree, or $FFASIM_ORACLE:
probes.h is a list of calls, X_pN.txt what the SPMC X answered to list N.
"""

import functools
import json
import os
import pathlib
import re

import pytest

from conftest import ROOT, SCENARIOS, USAGE, call

PROFILES = ["spec", "hafnium", "tfa-el3", "optee"]
OWN = sorted(p for p in PROFILES if (SCENARIOS / "profiles" / p).is_dir())

needs_scenarios = pytest.mark.skipif(not SCENARIOS.is_dir(),
                                     reason="no scenarios/")


@needs_scenarios
@pytest.mark.parametrize("ffa", [None, "1.0", "1.1", "1.2", "1.3"])
@pytest.mark.parametrize("profile", PROFILES)
def test_all_scenarios(profile, ffa):
    options = ["--ffa", ffa] if ffa else []
    p = call("run", "-q", "--profile", profile, *options, "scenarios")
    assert p.returncode == 0, p.stdout + p.stderr


@needs_scenarios
@pytest.mark.parametrize("profile", OWN)
def test_own_scenarios(profile):
    """They pass under their own profile, and say so under the others."""
    where = "scenarios/profiles/" + profile
    for other in PROFILES:
        p = call("run", "--profile", other, "--report", "json:-", where)
        for r in json.loads(p.stdout)["results"]:
            if other == profile:
                assert r["verdict"] == "pass", r.get("message")
            else:
                assert r["verdict"] == "skip", r
                assert re.match(r"requires profile(==|!=)", r["message"])


@needs_scenarios
@pytest.mark.parametrize("profile", OWN)
def test_rules_are_shown(profile):
    """A scenario is refused by each rule that has a code or a place of its own."""
    page = call("doc", "--profile", profile).stdout
    rows = re.findall(r"^    (\w+): (?:checked$|.*, not )", page, re.M)
    missed = re.findall(r"^! (\w+):", call("cover", "--profile", profile,
                                           "scenarios").stdout, re.M)
    assert len(rows) > 10
    assert not set(rows) & set(missed)


@needs_scenarios
@pytest.mark.parametrize("profile", OWN)
def test_trace_runs_again(profile, tmp_path):
    """A recording says under which profile it was made."""
    p = call("run", "-v", "--profile", profile, "--report", "json:-",
             "scenarios/rxtx", "scenarios/profiles/" + profile)
    for r in json.loads(p.stdout)["results"]:
        # a line has no x8-x17 where the function has none
        if r["verdict"] != "pass" or r["name"].endswith("/extended"):
            continue
        (tmp_path / "t.ffs").write_text(r["trace"])
        again = call("run", "-v", "--profile", profile, "--report", "json:-",
                     tmp_path / "t.ffs")
        result = json.loads(again.stdout)["results"][0]
        assert result["verdict"] == "pass", result["message"]
        assert result["trace"] == r["trace"]
        assert call("run", tmp_path / "t.ffs").returncode == 77


@needs_scenarios
@pytest.mark.parametrize("profile", OWN)
def test_what_it_lacks(profile):
    """A scenario calls each function that `spec` has and the profile not."""
    spec, own = (json.loads(call("cover", "--json", "--profile", p,
                                 "scenarios").stdout)["call"]
                 for p in ("spec", profile))
    shown = {}
    for s, o in zip(spec, own):
        # VMs call their hypervisor, whom no profile is of
        if o["by"] != "VM" and \
                (s["kind"], o["kind"]) == ("there", "lacking"):
            # rows are for a world
            key = "%s by %s" % (o["name"], "a partition" if o["by"].startswith(
                "S-EL") else "the normal world")
            shown[key] = shown.get(key) or o["gated"] > 0
    assert shown
    assert not [key for key, is_shown in shown.items() if not is_shown]


def test_rerun_names_the_profile(ffasim, scenario):
    f = scenario("ffs 1\nns@0 FFA_VERSION(1.3) = NOT_SUPPORTED\n")
    assert ffasim("run", "--profile", "hafnium", f).returncode == 0
    p = ffasim("run", "--profile", "optee", f)
    assert p.returncode == 1
    assert re.search(r"rerun +ffasim run .* --profile optee$", p.stdout, re.M)


@pytest.mark.parametrize("value, hint", [
    ("hafnum", "did you mean `hafnium`?"), ("spec|optea", "one of spec, "),
])
def test_requires(ffasim, scenario, value, hint):
    p = ffasim("check", scenario("ffs 1\nrequires profile==%s\n" % value))
    assert p.returncode == 3
    assert hint in p.stdout


def test_requires_one_of(ffasim, scenario):
    f = scenario("ffs 1\nrequires profile==spec|optee\n")
    assert [ffasim("run", "--profile", p, f).returncode
            for p in PROFILES] == [0, 77, 77, 0]
    f = scenario("ffs 1\nrequires profile!=hafnium|optee\n")
    assert [ffasim("run", "--profile", p, f).returncode
            for p in PROFILES] == [0, 77, 0, 77]


def test_doc():
    for profile in PROFILES:
        p = call("doc", "--profile", profile)
        assert p.returncode == 0
        # `optee` is a behaviour too
        assert p.stdout and p.stdout in call("doc", profile).stdout
    assert call("doc", "--profile", "spec", "FFA_RUN").returncode == USAGE


# -- observations ------------------------------------------------------------

ORACLE = pathlib.Path(os.environ.get("FFASIM_ORACLE",
                                     ROOT.parent / "shared/data/oracle"))

# Parts as they were on the machines that were asked.
BOARDS = {
    "hafnium": """
ffa    1.3
board  sri=8
part   sp1 id=0x8001 kind=sp run=echo can=direct,send,indirect,notif,direct2,send2 uuid=b4b5671e-4a90-4fe1-b81f-fb13dae1dacb
part   sp2 id=0x8002 kind=sp run=echo can=direct,send,indirect,notif,direct2,send2 uuid=d1582309-f023-47b9-827c-4464f5578fc8
""",
    "tfa-el3": """
ffa    1.2
board  cpus=32
part   sp1 id=0x8001 kind=sp ec=32 run=echo can=direct,send,direct2,send2 uuid=60b4436b-784b-a274-0245-e2ad86288640
""",
}
FILES = {"hafnium": "hafnium", "tfa-el3": "el3"}
MEMORY = """
part   ns  id=0 kind=vm
buf    tx   ns 0x6002_6000 1page
buf    rx   ns 0x6002_5000 1page
buf    page ns 0x6002_1000 4pages
"""
WORDS = {"tx": 0x60026000, "rx": 0x60025000, "page": 0x60021000}

# What the model answers otherwise, and why. An entry that is not true any more
# fails the test.
KNOWN = {
    ("hafnium", "p1"): {
        "NORMAL_WORLD_RESUME": "the SPMD refuses it for its state",
    },
    ("hafnium", "p2"): {
        "SHARE emad reserved": "takes it for 32 bytes at 1.2, as it is at 16",
    },
    ("tfa-el3", "p1"): {
        "NORMAL_WORLD_RESUME": "the SPMD refuses it for its state",
    },
    ("tfa-el3", "p2"): {
        "SHARE overlapping constituents": "a page is in a region once here",
    },
}
ERRORS = ["NOT_SUPPORTED", "INVALID_PARAMETERS", "NO_MEMORY", "BUSY",
          "INTERRUPTED", "DENIED", "RETRY", "ABORTED", "NO_DATA", "NOT_READY"]


def number(text):
    """A C expression of probes.h: numbers, names of buffers, + and <<."""
    text = re.sub(r"\(u64\)|(?<=\d)ull?\b", "", text)
    return eval(text, {"__builtins__": {}}, WORDS)


@functools.lru_cache(None)
def probes(name):
    """(name, [x0, x1, …]) of each call of the normal world in a list."""
    text = (ORACLE / "probes.h").read_text()
    body = re.search(r"^void %s\(void\)\{(.*?)^\}" % name, text,
                     re.M | re.S).group(1)
    # descriptors and what depends on them come after this
    body = body.split("zz(tx")[0]
    body = body.replace("setup(0x10000);", 'C("VERSION",0x84000063,0x10000);'
                        'C("RXTX_MAP64",0xC4000066,(u64)tx,(u64)rx,1);')
    calls = re.findall(r'\bC\("([^"]*)",([^;]*)\);', body)
    return [(n, [number(a) for a in args.split(",")]) for n, args in calls]


def answers(profile, name):
    """(name, registers or error) of each line; they are in order."""
    path = ORACLE / ("%s_%s.txt" % (FILES[profile], name))
    return re.findall(r"^P (.*?) -> (.*)$", path.read_text(), re.M)


def replay(profile, name, tmp_path):
    """What the model answers to each probe of a list, in the trace's words."""
    lines = ["ns@0 SMC(%s) = _" % ", ".join(map(hex, regs))
             for _, regs in probes(name)]
    path = tmp_path / "t.ffs"
    path.write_text("ffs 1\n" + MEMORY + BOARDS[profile] +
                    "\n".join(lines) + "\n")
    p = call("run", "--profile", profile, "-v", "-X", "raw",
             "--report", "json:-", path)
    r = json.loads(p.stdout)["results"][0]
    assert r["verdict"] == "pass", r["message"]
    got = re.findall(r"^ns@0 .*?\) = (.*)$", r["trace"], re.M)
    assert len(got) == len(lines)
    return got


def read_model(text):
    """'ERROR CODE', 'UNKNOWN', or the registers."""
    if re.fullmatch(r"0x[0-9a-f]+", text):
        value = int(text, 16)
        return "UNKNOWN" if value & 0xffffffff == 0xffffffff else [value]
    name, args = re.fullmatch(r"(\w+)\((.*)\)", text).groups()
    regs = {int(r): int(v, 0)
            for r, v in re.findall(r"[wx](\d+)=(\w+)", args)}
    if name == "FFA_ERROR":
        return "ERROR " + ERRORS[0xffffffff - regs[2]]
    fid = re.match(r"\S+  0x(\w+)", call("doc", name).stdout).group(1)
    return [int(fid, 16)] + [regs.get(i, 0) for i in range(1, 8)]


def read_real(text):
    if text.startswith("ERROR"):
        return text
    if text.startswith("SMC_UNKNOWN"):
        return "UNKNOWN"
    return [int(v, 16) for v in text.split()]


def agree(profile, name, real, model):
    if isinstance(real, str) or isinstance(model, str):
        return real == model
    if name.startswith("VERSION"):
        return real[0] == model[0]
    if name.startswith("DIRECT"):
        return real[:2] == model[:2]    # the rest is the partition's
    if profile == "tfa-el3":
        # inputs are left in registers that hold no result
        used = 3 if "INFO_GET" in name and "flag" not in name else 2
        return real[0] == model[0] and (
            "INFO_GET" not in name or real[2:used + 1] == model[2:used + 1])
    return real == model[:len(real)]


# The descriptor that list p2 writes: where its fields are, and how wide.
FIELDS = {
    "sender": (0, 2), "attr": (2, 2), "flags": (4, 4), "handle": (8, 8),
    "tag": (16, 8), "esz": (24, 4), "ecnt": (28, 4), "eoff": (32, 4),
    "r[0]": (36, 4), "ep": (48, 2), "perm": (50, 1), "fl": (51, 1),
    "coff": (52, 4), "rs": (56, 8), "tpc": (64, 4), "cnt": (68, 4),
    "r2": (72, 8), "a": (80, 8), "pc": (88, 4), "r3": (92, 4),
    "a2": (96, 8), "pc2": (104, 4),
}
DESC = dict(attr=0x2f, esz=16, ecnt=1, eoff=48, ep=0x8001, perm=2, coff=64,
            tpc=1, cnt=1, a=WORDS["page"], pc=1)


def descriptor(fields):
    """Lines that write it into TX."""
    raw = bytearray(112)
    for name, value in fields.items():
        at, width = FIELDS[name]
        raw[at:at + width] = value.to_bytes(width, "little")
    return ["poke   tx+%d u64 %#x" %
            (i, int.from_bytes(raw[i:i + 8], "little"))
            for i in range(0, len(raw), 8)]


def sends():
    """(name, lines, registers) of each send of p2, up to where one stays."""
    text = (ORACLE / "probes.h").read_text()
    body = re.search(r"^void p2\(void\)\{(.*?)^\}", text, re.M | re.S).group(1)
    body = body.split('Mk("SHARE keep"')[0]
    fields = {}
    for s in re.findall(r'(?:"[^"]*"|[^;"])+', body):
        s = s.strip()
        if s in ("mk()", "p=mk()"):
            fields = dict(DESC)
        elif s.startswith("p->") and "+=" in s:
            name, value = s[3:].split("+=")
            fields[name] += number(value)
        elif s.startswith("p->"):
            *names, value = s.split("=")
            for name in names:
                fields[name[3:]] = number(value)
        elif s.startswith(("M(", "C(")):
            name, args = re.fullmatch(r'.\("([^"]*)",(.*)\)', s).groups()
            yield name, descriptor(fields), [number(v)
                                            for v in args.split(",")]


@pytest.mark.skipif(not (ORACLE / "probes.h").is_file(),
                    reason="no observations in %s" % ORACLE)
@pytest.mark.parametrize("profile", sorted(BOARDS))
def test_real_sends(profile, tmp_path):
    """What one of them says to a descriptor, each time from the start."""
    known = KNOWN[profile, "p2"]
    real = dict(answers(profile, "p2"))
    start = ("ffs 1\n" + MEMORY + BOARDS[profile] +
             "ns@0 FFA_VERSION(1.2) = _\n"
             "ns@0 FFA_RXTX_MAP_64(tx=tx, rx=rx, pages=1) = FFA_SUCCESS()\n")
    wrong = []
    compared = 0
    for i, (name, lines, regs) in enumerate(sends()):
        if name not in real:
            continue
        path = tmp_path / ("%d.ffs" % i)
        path.write_text(start + "\n".join(lines) + "\nns@0 SMC(%s) = _\n" %
                        ", ".join(map(hex, regs)))
        p = call("run", "--profile", profile, "-v", "-X", "raw",
                 "--report", "json:-", path)
        r = json.loads(p.stdout)["results"][0]
        assert r["verdict"] == "pass", r["message"]
        got = read_model(re.findall(r"^ns@0 .*?\) = (.*)$", r["trace"],
                                    re.M)[-1])
        want = read_real(real[name])
        compared += 1
        if not (isinstance(got, str) or isinstance(want, str)):
            got, want = hex(got[0]), hex(want[0])
        if (got == want) == (name in known):
            wrong.append("%s: real %s, here %s" % (name, want, got))
    assert not wrong, "\n".join(wrong)
    assert compared > 50


@pytest.mark.skipif(not (ORACLE / "probes.h").is_file(),
                    reason="no observations in %s" % ORACLE)
@pytest.mark.parametrize("name", ["p1", "p5"])
@pytest.mark.parametrize("profile", sorted(BOARDS))
def test_real_spmc(profile, name, tmp_path):
    known = KNOWN.get((profile, name), {})
    seen = answers(profile, name)
    wrong, true = [], []
    compared = 0
    for (probe, _), text in zip(probes(name), replay(profile, name,
                                                     tmp_path)):
        # a line that was left out: the answer looked like a defect
        if not seen or seen[0][0] != probe:
            continue
        real = read_real(seen.pop(0)[1])
        model = read_model(text)
        compared += 1
        if agree(profile, probe, real, model):
            true += [probe] if known.get(probe, "not implemented") != \
                "not implemented" else []
        elif probe not in known:
            wrong.append("%s: real %s, here %s" % (probe, real, text))
    assert not wrong, "\n".join(wrong)
    assert not true, "not different any more: %s" % true
    assert compared > (50 if name == "p1" else 8)
