# SPDX-License-Identifier: BSD-3-Clause
"""Every shipped scenario is an item; all run in one call of the program."""

import functools
import json
import pathlib
import shutil

import pytest

from conftest import ROOT, SCENARIOS, call, shipped


@functools.lru_cache(None)
def run(*options):
    """Results by name of scenario: a list of runs each."""
    p = call("run", "--report", "json:-", *options, "scenarios")
    assert p.returncode in (0, 1, 3, 4, 5, 77), p.stderr
    results = {}
    for r in json.loads(p.stdout)["results"]:
        results.setdefault(r["name"], []).append(r)
    return results


@pytest.mark.parametrize("name", shipped())
def test_passes(name):
    runs = run()[name]
    bad = [r for r in runs if r["verdict"] not in ("pass", "skip")]
    text = "\n".join("%s %s\n%s" % (r["label"], r["verdict"],
                                    r.get("message", "")) for r in bad)
    assert not bad, text
    if all(r["verdict"] == "skip" for r in runs):
        pytest.skip(runs[0].get("message", ""))


@pytest.mark.parametrize("name", shipped())
def test_layout(name):
    """What is shipped is in the canonical layout, which is a fixed point."""
    path = SCENARIOS / (name + ".ffs")
    once = call("fmt", path)
    assert once.returncode == 0, once.stderr
    assert call("fmt", "-", input=once.stdout).stdout == once.stdout
    diff = call("fmt", "--check", path)
    assert diff.returncode == 0, diff.stdout


def traces(runs):
    return [r for r in runs if r["verdict"] == "pass" and r.get("trace")]


@pytest.mark.parametrize("name", shipped())
def test_trace_runs_again(name, tmp_path):
    """A recording is a scenario, and recording that changes nothing."""
    recorded = traces(run("-v")[name])
    if not recorded:
        pytest.skip("did not run")
    # a manifest is found from where the scenario is
    folder = tmp_path / "main/scenarios" / pathlib.Path(name).parent
    folder.mkdir(parents=True)
    (tmp_path / "shared").symlink_to(ROOT.parent / "shared")
    for dts in (SCENARIOS / name).parent.glob("*.dts*"):
        shutil.copy(dts, folder)
    for i, r in enumerate(recorded[:8]):
        path = folder / ("%d.ffs" % i)
        path.write_text(r["trace"])
        again = call("run", "-v", "--report", "json:-", path, cwd=ROOT)
        result = json.loads(again.stdout)["results"][0]
        assert result["verdict"] == "pass", result["message"]
        assert result["trace"] == r["trace"]


def test_no_warnings():
    """But about manifests of others."""
    p = call("check", "-f", "^(?!manifest/shipped$)", "scenarios")
    assert (p.returncode, p.stdout) == (0, "")


def test_names_are_paths():
    p = call("list", "--quiet", "scenarios")
    assert sorted(p.stdout.split()) == shipped()
