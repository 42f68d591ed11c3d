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
                assert r["message"] == "requires profile==" + profile


@needs_scenarios
@pytest.mark.parametrize("profile", OWN)
def test_trace_runs_again(profile, tmp_path):
    """A recording says under which profile it was made."""
    p = call("run", "-v", "--profile", profile, "--report", "json:-",
             "scenarios/rxtx", "scenarios/profiles/" + profile)
    for r in json.loads(p.stdout)["results"]:
        if r["verdict"] != "pass":
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
        if (s["kind"], o["kind"]) == ("there", "lacking"):
            key = "%s by %s" % (o["name"], o["by"])
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
        assert p.stdout == call("doc", profile).stdout
    assert call("doc", "--profile", "spec", "FFA_RUN").returncode == USAGE


# -- observations ------------------------------------------------------------

ORACLE = pathlib.Path(os.environ.get("FFASIM_ORACLE",
                                     ROOT.parent / "shared/data/oracle"))

# Parts as they were on the machines that were asked.
BOARDS = {
    "hafnium": """
board  sri=8
part   sp1 id=0x8001 kind=sp run=echo can=direct,send,indirect,notif,direct2,send2 uuid=b4b5671e-4a90-4fe1-b81f-fb13dae1dacb
part   sp2 id=0x8002 kind=sp run=echo can=direct,send,indirect,notif,direct2,send2 uuid=d1582309-f023-47b9-827c-4464f5578fc8
""",
    "tfa-el3": """
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
# fails the test, unless it is only waiting.
WAITS = "waits for functions that are not in this version"
KNOWN = {
    ("hafnium", "p1"): {
        "FEATURES RETRIEVE_REQ ns=1": WAITS,
        "FEATURES MEM_SHARE32": WAITS,
        "FEATURES NOTIFICATION_SET": WAITS,
        "FEATURES MSG_SEND2": WAITS,
        "FEATURES NOTIF feature id 4": WAITS,
        "NORMAL_WORLD_RESUME": "the SPMD refuses it for its state",
        "NS_RES_INFO_GET": WAITS,
        "DIRECT_REQ fw msg VM created(4)": WAITS,
    },
    ("tfa-el3", "p1"): {
        "FEATURES RETRIEVE_REQ ns=0": WAITS,
        "FEATURES RETRIEVE_REQ ns=1": "takes the bit from partitions only",
        "FEATURES MEM_SHARE32": WAITS,
        "NORMAL_WORLD_RESUME": "the SPMD refuses it for its state",
    },
    ("hafnium", "p5"): {
        "BITMAP_CREATE v1.0": WAITS,
        "BIND v1.0": "looks at the receiver's version, no other call's",
        "MSG_SEND2 v1.0": WAITS,
        "FEATURES RETRIEVE_REQ ns=0 v1.0": WAITS,
        "FEATURES MSG_SEND2 v1.0": WAITS,
    },
    ("tfa-el3", "p5"): {
        "FEATURES RETRIEVE_REQ ns=0 v1.0": WAITS,
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
    path.write_text("ffs 1\nffa 1.2\n" + MEMORY + BOARDS[profile] +
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
        return True     # both take it: the model's SPMC is 1.2 on this board
    if name.startswith("DIRECT"):
        return real[:2] == model[:2]    # the rest is the partition's
    if profile == "tfa-el3":
        # inputs are left in registers that hold no result
        used = 3 if "INFO_GET" in name and "flag" not in name else 2
        return real[0] == model[0] and (
            "INFO_GET" not in name or real[2:used + 1] == model[2:used + 1])
    return real == model[:len(real)]


@pytest.mark.skipif(not (ORACLE / "probes.h").is_file(),
                    reason="no observations in %s" % ORACLE)
@pytest.mark.parametrize("name", ["p1", "p5"])
@pytest.mark.parametrize("profile", sorted(BOARDS))
def test_real_spmc(profile, name, tmp_path):
    known = KNOWN[profile, name]
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
            true += [probe] if known.get(probe, WAITS) != WAITS else []
        elif probe not in known:
            wrong.append("%s: real %s, here %s" % (probe, real, text))
    assert not wrong, "\n".join(wrong)
    assert not true, "not different any more: %s" % true
    assert compared > (50 if name == "p1" else 8)
