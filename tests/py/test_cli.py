# SPDX-License-Identifier: BSD-3-Clause
"""The command line: options, exit codes, selection, workers."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from conftest import (BAD_FILE, BROKEN, GOLDEN, GOOD, HARNESS, HEAD,
                      INTERRUPTED, MISMATCH, OK, PROGRAM, ROOT, SKIP, SKIPPED,
                      USAGE, WATCHDOG, WRONG, call, environment, results,
                      untimed)

COMMANDS = ("run", "check", "list", "fmt", "doc", "cover", "convert",
            "shrink", "explore", "msc", "serve", "ctrl")

# -- options -----------------------------------------------------------------

def synopsis(command):
    """Long and short options, and arguments, that --help shows."""
    out = call(command, "--help").stdout
    found = {}
    for m in re.finditer(r"^  (?:(-\w), |    )--([\w-]+)(?: (\S+))?",
                         out, re.M):
        found[m.group(2)] = (m.group(1), m.group(3))
    return found


def test_help_names_all_commands():
    p = call("--help")
    assert p.returncode == OK
    for c in COMMANDS:
        assert re.search(r"^  %s " % c, p.stdout, re.M)
        assert call(c, "--help").stdout.startswith("usage: ffasim %s" % c)
        assert call("help", c).stdout == call(c, "--help").stdout
        for line in call(c, "--help").stdout.splitlines():
            assert len(line) <= 80
    assert call().returncode == USAGE
    assert call().stderr == p.stdout
    assert re.fullmatch(r"ffasim \d+\.\d+\.\d+\n", call("--version").stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_synopsis_is_what_is_parsed(command):
    listed = call(command, "--long-options").stdout.split()
    assert sorted(listed) == sorted("--" + o for o in synopsis(command))
    flags = {"help", "long-options"}
    for name, (short, _) in synopsis(command).items():
        if name in flags:
            continue
        p = call(command, "--" + name, "--help")
        assert "Unknown option" not in p.stderr
        if short:
            assert "Unknown option" not in call(command, short,
                                                "--help").stderr


def test_long_options_lists_commands():
    words = call("--long-options").stdout.split()
    assert set(COMMANDS) <= set(words)
    assert {"--help", "--version", "--long-options"} <= set(words)


@pytest.mark.parametrize("command", COMMANDS)
def test_man_page_has_every_option(command):
    text = (ROOT / "docs/ffasim.1").read_text()
    for name, (short, arg) in synopsis(command).items():
        long = r"Fl -%s\b" % re.escape(name)
        if short:
            line = r"^\.It Fl %s , %s( Ar \S.*)?$" % (short[1], long)
        else:
            line = r"^\.It %s( Ar \S.*)?$" % long
        m = re.search(line, text, re.M)
        assert m, "docs/ffasim.1: no .It of --%s" % name
        assert bool(m.group(1)) == bool(arg), "argument of --%s" % name
    assert re.search(r"^\.It Cm %s$" % command, text, re.M)


def test_man_page_has_nothing_else():
    text = (ROOT / "docs/ffasim.1").read_text()
    known = {"version"} | {o for c in COMMANDS for o in synopsis(c)}
    for name in re.findall(r"Fl -([a-z][\w-]+)", text):
        assert name in known, "--%s does not exist" % name


def complete(*words):
    """What bash offers for the last of the words."""
    script = """
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _ffasim; printf '%s\\n' "${COMPREPLY[@]}"
    """
    return subprocess.run(
        ["bash", "-c", script, "bash", ROOT / "docs/ffasim.bash", *words],
        cwd=ROOT, env=environment(), capture_output=True, encoding="utf-8",
        check=True).stdout.split()


def test_completion():
    assert set(COMMANDS) <= set(complete(PROGRAM, ""))
    for c in COMMANDS:
        options = complete(PROGRAM, c, "--")
        assert sorted(options) == sorted("--" + o for o in synopsis(c))
    assert complete(PROGRAM, "run", "--color", "al") == ["always"]
    assert "junit:" in complete(PROGRAM, "run", "--report", "")
    assert "abbrev" in complete(PROGRAM, "run", "-X", "")
    assert complete(PROGRAM, "run", "docs/") == []
    assert complete(PROGRAM, "ctrl", "unix:c", "") == [
        "status", "dump", "hash", "save", "load", "reset", "pause", "resume",
        "step", "inject", "interrupt", "stop"]
    assert "FFA_RX_RELEASE" in complete(PROGRAM, "doc", "FFA_RX")
    assert "scenarios" in complete(PROGRAM, "run", "scen")


@pytest.mark.parametrize("args, says", [
    (["ruin"], "no command 'ruin'; did you mean run?"),
    (["run", "--fialed"], "--failed"),
    (["run", "--color", "alwys"], "did you mean always?"),
    (["run", "-X", "raww"], "did you mean raw?"),
    (["run", "--ffa", "1.2,2.0"], "--ffa 2.0: expected one of 1.0, 1.1, 1.2"),
    (["run", "--profile", "hafnum"], "--profile hafnum: expected one of spec, "
     "hafnium, tfa-el3, optee; did you mean hafnium?"),
    (["doc", "--profile", "optee", "FFA_RUN"], "--profile lists"),
    (["run", "--shard", "4/3"], "expected I/N with I from 1 to N"),
    (["run", "--shard", "0/3"], "expected I/N"),
    (["run", "--seed", "x"], "--seed x: expected a number, or random"),
    (["run", "--repeat", "0"], "--repeat 0: expected a number from 1"),
    (["run", "--report", "html:x"], "expected KIND:FILE"),
    (["run", "--report", "json:/nowhere/x"], "No such file"),
    (["run", "-f", "("], "--filter"),
    (["run", "-j", "-1"], "--jobs"),
    (["run", "-D", "N"], "-D N: expected NAME=VALUE"),
    (["run", "-D", "M=1"], "no scenario that is selected has this parameter"),
    (["run", "nowhere"], "nowhere: No such file"),
    (["run", "--stop-at", "3"], "which of the"),
    (["fmt", "-i", "--check"], "exclude each other"),
    (["cover", "--min", "101"], "--min 101"),
])
def test_usage(ffasim, tree, args, says):
    p = ffasim(*args)
    assert p.returncode == USAGE, p.stdout + p.stderr
    assert says in p.stderr
    assert re.search(r"^try: ffasim (\w+ )?--help$", p.stderr, re.M)
    assert p.stdout == ""


def test_short_options_with_value_attached(ffasim, tree):
    assert ffasim("run", "-fgood", "-j1", "-vv", "-Xraw").returncode == OK
    assert ffasim("run", "-f", "good", "-qv").returncode == OK


# -- exit codes --------------------------------------------------------------

@pytest.mark.parametrize("text, code", [
    (GOOD, OK), (WRONG, MISMATCH), (BROKEN, BAD_FILE), (SKIP, SKIPPED),
])
def test_exit_code(ffasim, scenario, text, code):
    assert ffasim("run", scenario(text)).returncode == code
    assert ffasim("run", "--no-fork", scenario(text)).returncode == code
    assert ffasim("run", "--timeout", "60",
                  scenario(text)).returncode == code


def test_worst_wins(ffasim, scenario):
    for name, text in (("g", GOOD), ("w", WRONG), ("b", BROKEN),
                       ("s", SKIP)):
        scenario(text, name + ".ffs")
    assert ffasim("run", "g.ffs", "s.ffs").returncode == OK
    assert ffasim("run", "w.ffs", "s.ffs").returncode == MISMATCH
    assert ffasim("run", "g.ffs", "w.ffs", "b.ffs").returncode == BAD_FILE


def test_empty_selection(ffasim, tree):
    for args in (["-f", "nothing"], ["-t", "nothing"], ["--failed"]):
        p = ffasim("run", *args)
        assert p.returncode == USAGE
        assert "nothing is selected" in p.stderr
        assert ffasim("run", "--allow-empty", *args).returncode == OK


# -- selection ---------------------------------------------------------------

def names(p):
    return p.stdout.split()


def test_selection(ffasim, tree, scenario):
    every = ["a/good", "a/wrong", "b/param", "b/skip"]
    assert names(ffasim("list", "-q")) == every
    assert names(ffasim("list", "-q", ".")) == every
    assert names(ffasim("list", "-q", "scenarios/b", "scenarios")) == \
        every[2:] + every[:2]
    assert names(ffasim("list", "-q", "-f", "^a/.*g$")) == ["a/wrong"]
    scenario(GOOD + "tag x, slow\n", "scenarios/c.ffs")
    assert names(ffasim("list", "-q", "-t", "x")) == ["c"]
    assert names(ffasim("list", "-q", "-t", "!x")) == every
    assert ffasim("list", "-q", "-t", "x,!slow").returncode == USAGE
    assert ffasim("list", "-q", "-t", "x", "-t", "!slow").returncode == USAGE


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_shards_are_a_partition(n):
    every = names(call("list", "-q", "scenarios"))
    parts = [names(call("list", "-q", "--allow-empty", "--shard",
                        "%d/%d" % (i, n), "scenarios"))
             for i in range(1, n + 1)]
    assert sorted(sum(parts, [])) == sorted(every)


def test_failed(ffasim, tree, tmp_path, scenario):
    assert ffasim("run", "-f", "good").returncode == OK
    assert not (tmp_path / ".ffasim").exists()
    assert ffasim("run").returncode == MISMATCH
    assert names(ffasim("list", "-q", "--failed")) == ["a/wrong"]
    # what did not run this time is still known to have failed
    assert ffasim("run", "-f", "good").returncode == OK
    assert names(ffasim("list", "-q", "--failed")) == ["a/wrong"]
    last = json.loads((tmp_path / ".ffasim/last.json").read_text())
    assert last["failed"] == [{"name": "a/wrong",
                               "path": "scenarios/a/wrong.ffs"}]
    scenario(GOOD, "scenarios/a/wrong.ffs")
    assert ffasim("run", "--failed").returncode == OK
    assert ffasim("run", "--failed").returncode == USAGE


def test_list(ffasim, tree):
    rows = json.loads(ffasim("list", "--json").stdout)
    by_name = {r["name"]: r for r in rows}
    assert by_name["b/param"]["params"] == {"N": ["1", "2", "3"]}
    assert by_name["b/param"]["runs"] == 3
    assert by_name["b/skip"]["requires"] == ["cpus>=4"]
    assert by_name["a/good"]["title"] == "good"
    assert "params N=1,2,3" in ffasim("list").stdout


# -- execution ---------------------------------------------------------------

def test_parameters(ffasim, tree):
    p = ffasim("run", "--report", "json:-", "-f", "param")
    assert [r["label"] for r in results(p)] == ["N=1", "N=2", "N=3"]
    p = ffasim("run", "--report", "json:-", "-f", "param", "-DN=2")
    assert len(results(p)) == 1
    p = ffasim("run", "--report", "json:-", "-f", "param", "-DN=7,9")
    assert [r["label"] for r in results(p)] == ["N=7", "N=9"]
    p = ffasim("run", "-D", "n=7")
    assert "did you mean N?" in p.stderr


def test_versions(ffasim, scenario):
    name = scenario(HEAD % "v" + "ns@0 FFA_VERSION(1.0) = _\n")
    p = ffasim("run", "--ffa", "1.0,1.1,1.2", "--report", "json:-", name)
    assert [r["label"] for r in results(p)] == ["ffa=1.0", "ffa=1.1",
                                                "ffa=1.2"]


def strip_time(runs):
    return [{k: v for k, v in r.items() if k != "usec"} for r in runs]


def test_jobs_give_the_same_result(ffasim, tree):
    one = ffasim("run", "-v", "--no-fork", "--repeat", "5", "--report",
                 "json:-")
    for j in (1, 2, 5):
        many = ffasim("run", "-v", "-j", j, "--repeat", "5", "--report",
                      "json:-")
        assert strip_time(results(many)) == strip_time(results(one))
        assert many.returncode == one.returncode
    ktap = [untimed(ffasim("run", "-j", j).stdout) for j in (1, 4)]
    assert ktap[0] == ktap[1]


def test_max_failures(ffasim, scenario):
    for i in range(9):
        scenario(WRONG if i % 2 else GOOD, "%d.ffs" % i)
    for options, n in ((["-x"], 2), (["--max-failures", "3"], 6)):
        for j in (1, 3):
            p = ffasim("run", "--report", "json:-", "-j", j, *options)
            assert len(results(p)) == n
            assert p.returncode == MISMATCH


def test_shuffle(ffasim, scenario):
    for i in range(8):
        scenario(GOOD, "%d.ffs" % i)
    def order(*options):
        return [r["name"] for r in results(
            ffasim("run", "--report", "json:-", *options))]
    plain = order()
    assert order("--shuffle", "--seed", "3") == order("--shuffle", "--seed",
                                                      "3")
    assert sorted(order("--shuffle")) == plain
    assert len({tuple(order("--shuffle", "--seed", s))
                for s in range(6)}) > 1


def test_random_seed_is_said_first(ffasim, scenario):
    p = ffasim("run", "--seed", "random", scenario(GOOD))
    first, second = p.stdout.splitlines()[:2]
    assert first == "KTAP version 1"
    assert re.fullmatch(r"# seed 0x[0-9a-f]+", second)
    p = ffasim("run", "--seed", "random", "--report", "term:-",
               scenario(GOOD))
    assert re.match(r"# seed 0x[0-9a-f]+\n", p.stdout)


def test_repeat(ffasim, scenario):
    p = ffasim("run", "--repeat", "3", "--report", "json:-", scenario(GOOD))
    assert [r["name"] for r in results(p)] == ["t (run 1)", "t (run 2)",
                                               "t (run 3)"]
    p = ffasim("run", "--repeat", "forever", "-x", scenario(WRONG))
    assert p.returncode == MISMATCH
    assert p.stdout.endswith("\n# 0 passed, 1 failed, 0 skipped in %s s\n" %
                             re.search(r"in (\S+) s$", p.stdout).group(1))


def start(*args, cwd):
    return subprocess.Popen([PROGRAM, *args], cwd=cwd, env=environment(),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            encoding="utf-8")


@pytest.mark.parametrize("jobs", [["-j2"], ["--no-fork"]])
def test_signals(scenario, tmp_path, jobs):
    for i in range(4):
        scenario(GOOD, "%d.ffs" % i)
    p = start("run", "--repeat", "forever", *jobs, cwd=tmp_path)
    assert p.stdout.readline() == "KTAP version 1\n"
    assert p.stdout.readline().startswith("ok 1 ")
    p.send_signal(signal.SIGUSR1)
    assert re.match(r"ffasim: \d+, 0 failed, \d+/s", p.stderr.readline())
    p.send_signal(signal.SIGINT)
    out = p.stdout.read()   # communicate() would miss what was read ahead
    assert p.wait(timeout=60) == INTERRUPTED
    done = int(re.search(r"^1\.\.(\d+)$", out, re.M).group(1))
    assert re.search(r"^ok %d " % done, out, re.M)
    passed, rest = re.search(r"^# (\d+) passed, 0 failed, 0 skipped"
                             r"(?:, (\d+) not run)? in ", out, re.M).groups()
    assert int(passed) + int(rest or 0) == done
    assert out.count(" # SKIP interrupted") == int(rest or 0)


def worker_of(p):
    """The process id of its worker, once it has one."""
    children = "/proc/%d/task/%d/children" % (p.pid, p.pid)
    for _ in range(500):
        found = open(children).read().split()
        if found:
            return int(found[0])
        time.sleep(0.01)
    raise AssertionError("no worker")


def test_watchdog(scenario, tmp_path):
    """A run without result is killed, reported, and the others go on."""
    scenario(GOOD, "1.ffs")
    p = start("run", "--repeat", "forever", "-x", "-j1", "--timeout", "1",
              cwd=tmp_path)
    os.kill(worker_of(p), signal.SIGSTOP)
    out = p.stdout.read()
    assert p.wait(timeout=60) == WATCHDOG
    assert re.search(r"^# 1\.ffs: watchdog: no result in 1 s$", out, re.M)
    assert re.search(r"^# look with: gdb --args ffasim run .*1\.ffs"
                     r"( --seed 0x[0-9a-f]+)?$", out, re.M)


def test_worker_dies(scenario, tmp_path):
    scenario(GOOD, "1.ffs")
    p = start("run", "--repeat", "forever", "-x", "-j1", cwd=tmp_path)
    os.kill(worker_of(p), signal.SIGKILL)
    out = p.stdout.read()
    assert p.wait(timeout=60) == HARNESS
    assert "killed by signal 9 (Killed)" in out


def test_no_worker_is_left(scenario, tmp_path):
    scenario(GOOD, "1.ffs")
    p = start("run", "--repeat", "forever", "-j1", cwd=tmp_path)
    worker = worker_of(p)
    p.kill()
    p.wait(timeout=60)
    p.stdout.read()         # its end: nobody holds it any more
    assert not os.path.exists("/proc/%d/exe" % worker) or \
        "Z" in open("/proc/%d/stat" % worker).read().split()[2]


def test_closed_pipe(scenario, tmp_path):
    scenario(GOOD)
    p = start("run", "--repeat", "forever", cwd=tmp_path)
    p.stdout.readline()
    p.stdout.close()
    assert p.wait(timeout=60) == -signal.SIGPIPE


# -- check, fmt, update, doc -------------------------------------------------

def test_ten_mistakes_ten_messages(ffasim):
    p = ffasim("check", GOLDEN / "check/ten.ffs")
    assert p.returncode == BAD_FILE
    assert len(re.findall(r"^\S+:\d+:\d+: error: ", p.stdout, re.M)) == 10


def test_check(ffasim, scenario):
    assert ffasim("check", scenario(GOOD)).stdout == ""
    p = ffasim("check", scenario(BROKEN))
    assert p.returncode == BAD_FILE
    assert re.match(r"t\.ffs:6:\d+: error: ", p.stdout)


def test_fmt(ffasim, scenario, tmp_path):
    ugly = scenario(GOOD.replace(" = ", "   =").replace("ns@0 ", "ns@0    "))
    text = ffasim("fmt", ugly).stdout
    assert "FFA_ID_GET() = FFA_SUCCESS(id=ns)" in text
    p = ffasim("fmt", "--check", ugly)
    assert p.returncode == MISMATCH
    assert re.search(r"^@@ -\d+,\d+ \+\d+,\d+ @@$", p.stdout, re.M)
    assert (tmp_path / ugly).read_text() != text
    assert ffasim("fmt", "-i", ugly).stdout == ugly + "\n"
    assert (tmp_path / ugly).read_text() == text
    assert ffasim("fmt", "-i", ugly).stdout == ""
    assert ffasim("fmt", "--check", ugly).returncode == OK
    assert ffasim("fmt", "-", input=text).stdout == text
    assert ffasim("fmt", "-", input="ffs 1\npart (\n").returncode == BAD_FILE


def test_update(ffasim, scenario, tmp_path):
    name = scenario(WRONG + "# a comment that stays\n")
    for ci in ("1", "true"):
        p = ffasim("run", "--update", name, env={"CI": ci})
        assert p.returncode == USAGE
    p = ffasim("run", "--update", name)
    assert p.returncode == OK, p.stderr
    assert "-ns@0 FFA_RX_RELEASE() = FFA_SUCCESS()\n" in p.stdout
    assert "+ns@0 FFA_RX_RELEASE() = FFA_ERROR(DENIED)\n" in p.stdout
    assert (tmp_path / name).read_text() == WRONG.replace(
        "FFA_SUCCESS()", "FFA_ERROR(DENIED)") + "# a comment that stays\n"
    assert ffasim("run", name).returncode == OK
    assert ffasim("run", "--update", name).stdout == ""


def test_doc():
    p = call("doc", "FFA_RX_RELEASE")
    assert p.returncode == OK
    assert "FFA_RX_RELEASE" in p.stdout
    p = call("doc", "FFA_RX_RELASE")
    assert p.returncode == USAGE
    assert "FFA_RX_RELEASE" in p.stderr
    assert call("doc").returncode == OK


# -- cover -------------------------------------------------------------------

def test_cover(ffasim, scenario):
    name = scenario(WRONG)
    p = ffasim("cover", scenario(GOOD, "g.ffs"))
    assert p.returncode == OK
    assert re.search(r"^rules +\d+ of \d+ +\d+ %$", p.stdout, re.M)
    assert re.search(r"^cells +\d+ of \d+ +\d+ %$", p.stdout, re.M)
    assert re.search(r"^functions +\d+ of \d+ +\d+ %$", p.stdout, re.M)
    assert re.search(r"^calls +\d+ of \d+ +\d+ %$", p.stdout, re.M)
    assert re.search(r"^! RX_RELEASE_NOT_OWNER: \S", p.stdout, re.M)
    assert ffasim("cover", "--min", "100", "g.ffs").returncode == MISMATCH
    p = ffasim("cover", name)
    assert p.returncode == MISMATCH
    assert not re.search(r"^! RX_RELEASE_NOT_OWNER", p.stdout, re.M)
    c = json.loads(ffasim("cover", "--json", "g.ffs").stdout)
    assert [f["succeeded"] for f in c["function"]
            if f["name"] == "FFA_ID_GET"] == [1]


ABI = """ffs 1
ffa 1.3
part hyp id=0 kind=hyp run=hypervisor
part vm1 id=1 kind=vm ffa=1.1
part sp1 id=0x8001 kind=sp el=s-el0 ffa=1.0
boot
sp1@0 FFA_ID_GET() = FFA_SUCCESS(id=sp1)
sp1@0 FFA_SPM_ID_GET() = FFA_ERROR(NOT_SUPPORTED)
sp1@0 FFA_MSG_WAIT() ...
vm1@0 FFA_RX_ACQUIRE(vm=vm1) = FFA_ERROR(NOT_SUPPORTED)
vm1@0 FFA_RXTX_UNMAP() = FFA_ERROR(INVALID_PARAMETERS)
"""


def test_cover_calls(ffasim, scenario):
    """Who calls what at which version, and what came of it."""
    p = ffasim("cover", "--json", scenario(ABI))
    assert p.returncode == OK, p.stdout
    calls = {(c["name"], c["by"], c["version"]): c
             for c in json.loads(p.stdout)["call"]}

    def counts(*key):
        c = calls[key]
        return c["kind"], c["gated"], c["refused"], c["done"]
    assert counts("FFA_ID_GET", "S-EL0", "1.0") == ("there", 0, 0, 1)
    assert counts("FFA_ID_GET", "S-EL1", "1.0") == ("there", 0, 0, 0)
    assert counts("FFA_SPM_ID_GET", "S-EL0", "1.0") == ("absent", 1, 0, 0)
    assert counts("FFA_RX_ACQUIRE", "VM", "1.1") == ("absent", 1, 0, 0)
    assert counts("FFA_RXTX_UNMAP", "VM", "1.1") == ("there", 0, 1, 0)
    # not a line of the scenario: the hypervisor's own
    assert counts("FFA_VERSION", "NS", "1.3") == ("there", 0, 0, 0)
    assert counts("FFA_SUCCESS", "S-EL0", "1.0")[0] == "result"
    assert calls["FFA_SUCCESS", "S-EL0", "1.0"]["seen"] == 1


def test_support_page():
    """docs/abi-support.md is what the tables and the scenarios make of it."""
    p = call("cover", "--support", "scenarios")
    assert p.returncode == OK, p.stderr
    page = (ROOT / "docs/abi-support.md").read_text(encoding="utf-8")
    assert page == p.stdout, "docs/abi-support.md is out of date: make docs"
    for link in set(re.findall(r"\]\(\.\./(\S+)", page)):
        assert (ROOT / link).is_file(), link


def test_cover_is_complete():
    """Every rule, cell and call of what is there is hit, or cannot be."""
    p = call("cover", "--min", "100", "scenarios")
    assert p.returncode == OK, p.stdout


def test_cover_adds_up_over_workers():
    assert call("cover", "--json", "-j1", "scenarios").stdout == \
        call("cover", "--json", "-j3", "scenarios").stdout


# -- golden output -----------------------------------------------------------

@pytest.mark.parametrize("name", sorted(
    str(p.relative_to(GOLDEN))[:-4] for p in GOLDEN.rglob("*.ffs")))
def test_golden(name, tmp_path):
    """golden/COMMAND/X.ffs: what the command says is in X.out.

    GOLDEN=update writes the files instead.
    """
    command, file = name.split("/")
    shutil.copy(GOLDEN / (name + ".ffs"), tmp_path)
    args = {"check": [], "run": ["--report", "term:-"]}[command]
    p = call(command, *args, file + ".ffs", cwd=tmp_path)
    got = "%s%sexit %d\n" % (untimed(p.stdout), p.stderr, p.returncode)
    want = GOLDEN / (name + ".out")
    if os.environ.get("GOLDEN") == "update":
        want.write_text(got)
    assert got == want.read_text()
