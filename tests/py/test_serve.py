# SPDX-License-Identifier: BSD-3-Clause
"""`ffasim serve`: what clients get, and what they cannot do to others."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import time

import pytest

import ffaclient
from conftest import OK, USAGE, BAD_FILE, HARNESS, PROGRAM, call, environment
from ffaclient import Client, Error, control

ERROR, SUCCESS, INTERRUPT, VERSION = (0x84000060, 0x84000061, 0x84000062,
                                      0x84000063)
RX_RELEASE, RXTX_MAP, ID_GET, MSG_WAIT, RUN = (
    0x84000065, 0x84000066, 0x84000069, 0x8400006B, 0x8400006D)
REQ, RESP = 0x8400006F, 0x84000070
DONATE, LEND, SHARE, RETRIEVE, RETRIEVED, RELINQUISH, RECLAIM = range(
    0x84000071, 0x84000078)
ABORTED, DENIED, BUSY = 0xfffffff8, 0xfffffffa, 0xfffffffc

NS_RAM, SP1_RAM, SP2_RAM = 0x80000000, 0x0e000000, 0x0e100000
PAGE = 4096
RW, RO, NX = 2, 1, 4

ECHO = """ffs 1
board cpus=4
part ns id=0x0000 kind=vm
part echo id=0x8001 kind=sp can=direct run=echo
"""
PLAYED = """ffs 1
board cpus=2
part ns id=0x0000 kind=vm
part sp1 id=0x8001 kind=sp can=direct
part sp2 id=0x8002 kind=sp can=direct
mem m1 sp1 0x0e000000 16pages
mem m2 sp2 0x0e100000 16pages
"""


class Server:
    """`ffasim serve` in a directory of its own."""

    def __init__(self, path, board, *args, env=None):
        self.path, self.sock, self.ctrl = path, path / "s", path / "c"
        (path / "board.ffs").write_text(board)
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "unix:%s" % self.sock, "board.ffs",
             "--ctrl", "unix:%s" % self.ctrl, *map(str, args)],
            cwd=path, env=environment(**(env or {})),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, encoding="utf-8")
        self.wait_for_door()

    def wait_for_door(self):
        """Returns when clients can connect."""
        for _ in range(6000):
            with socket.socket(socket.AF_UNIX) as s:
                if s.connect_ex(str(self.ctrl)) == 0:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise AssertionError(self.process.communicate())

    def client(self, endpoint=""):
        return Client(self.sock, endpoint)

    def control(self, line, data=b""):
        return control(self.ctrl, line, data).decode()

    def status(self, word):
        """The rest of a line of `status`."""
        for line in self.control("status").splitlines():
            if line.startswith(word + " "):
                return line[len(word) + 1:]
        raise AssertionError(word)

    def until_clients(self, n):
        """The server saw somebody leave."""
        for _ in range(6000):
            if self.status("clients") == str(n):
                return
            time.sleep(0.01)
        raise AssertionError(self.control("status"))

    def stop(self):
        """Ends it; all that it said must be nothing."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=60)
        assert (self.process.returncode, out, err) == (OK, "", "")


@pytest.fixture
def serve(tmp_path):
    servers = []

    def start(board, *args, **more):
        path = tmp_path / ("s%d" % len(servers))
        path.mkdir()
        servers.append(Server(path, board, *args, **more))
        return servers[-1]
    yield start
    for s in servers:
        if s.process.poll() is None:
            s.stop()


@contextlib.contextmanager
def refused(status, text=""):
    with pytest.raises(Error) as e:
        yield
    assert e.value.status == status and text in e.value.sentence, e.value


def success(regs):
    assert regs[0] == SUCCESS, [hex(x) for x in regs]
    return regs


def error(regs):
    assert regs[0] == ERROR, [hex(x) for x in regs]
    return regs[2]


class Played:
    """A partition that a client plays, initialised on its UP context."""

    def __init__(self, server, name):
        self.c = server.client(name)
        self.c.enter()
        self.wait = self.c.start(MSG_WAIT)

    def request(self):
        return self.c.result(self.wait)

    def respond(self, req, *payload):
        self.wait = self.c.start(RESP, self.c.id << 16 | req[1] >> 16, 0,
                                 *payload)


# -- memory helpers ----------------------------------------------------------

def map_buffers(c, tx, secure=False):
    """RX and TX of one page, as mmaps; the client must be at 1.2."""
    success(c.call(RXTX_MAP | 0x40000000, tx, tx + PAGE, 1))
    return c.map(tx, PAGE, secure), c.map(tx + PAGE, PAGE, secure)


def descriptor(sender, receivers, ranges, flags=0, handle=0, attributes=0):
    """A transaction in the layout of 1.2; no ranges: a retrieval."""
    offset = 48 + 32 * len(receivers)
    d = struct.pack("<HHIQQIII12x", sender, attributes, flags,
                    handle, 0, 32, len(receivers), 48)
    for id, perm in receivers:
        d += struct.pack("<HBBI24x", id, perm, 0, offset if ranges else 0)
    if ranges:
        d += struct.pack("<IIQ", sum(n for _, n in ranges), len(ranges), 0)
        for base, n in ranges:
            d += struct.pack("<QII", base, n, 0)
    return d


def send(c, tx, kind, receivers, ranges, flags=0):
    """Shares, lends or donates; the handle."""
    d = descriptor(c.id, receivers, ranges, flags,
                   attributes=0x2f if kind == SHARE else 0)
    tx[:len(d)] = d
    r = success(c.call(kind, len(d), len(d)))
    return r[2] | r[3] << 32


def retrieve(c, tx, sender, handle, perm=RW):
    d = descriptor(sender, [(c.id, perm)], [], 0, handle)
    tx[:len(d)] = d
    r = c.call(RETRIEVE, len(d), len(d))
    assert r[0] == RETRIEVED, [hex(x) for x in r]
    success(c.call(RX_RELEASE))


def relinquish(c, tx, handle):
    tx[:18] = struct.pack("<QIIH", handle, 0, 1, c.id)
    success(c.call(RELINQUISH))


def reclaim(c, handle):
    success(c.call(RECLAIM, handle & 0xffffffff, handle >> 32))


def holds(page, byte, at=0):
    return page[at] == byte


# -- calls --------------------------------------------------------------------

def test_call(serve):
    s = serve(ECHO)
    c = s.client()
    assert (c.version, c.id, c.cpus, c.contexts, c.ffa) == (1, 0, 4, 4,
                                                            0x10002)
    assert success(c.call(ID_GET))[2] == 0
    for cpu in range(4):
        r = c.call(REQ, 0x8001, 0, 1, 2, cpu, cpu=cpu)
        assert r[:6] == [RESP, 0x80010000, 0, 1, 2, cpu] and c.cpu == cpu
    c.bye()


def test_every_register(serve):
    c = serve(ECHO.replace("can=direct", "can=direct2")).client()
    payload = [0x0123456789abcdef ^ 0x1111111111111111 * n
               for n in range(14)]
    r = c.call(0xC400008D, 0x8001, 0, 0, *payload)
    assert r == [0xC400008E, 0x80010000, 0, 0] + payload


def test_answers_by_tag(serve):
    """Many requests at once, of several CPUs, each with its own answer."""
    c = serve(ECHO).client()
    tags = [(c.start(REQ, 0x8001, 0, n, cpu=n % 4), n) for n in range(32)]
    for tag, n in reversed(tags):
        assert c.result(tag)[3] == n and c.cpu == n % 4


def test_more_than_may_be_open(serve):
    c = serve(ECHO).client()
    tags = [c.start(ID_GET) for _ in range(500)]
    for tag in tags:
        success(c.result(tag))


def test_endpoint_by_id(serve):
    s = serve(PLAYED)
    assert s.client("0x8002").id == 0x8002
    assert s.client("sp1").id == 0x8001
    assert s.client("0").id == 0


@pytest.mark.parametrize("name, why", [
    ("sp3", "no part 'sp3'"), ("0x8003", "no part"), ("99999", "no part"),
    ("-1", "no part"), ("0x8001x", "no part"), ("sp1 ", "no part"),
    ("n\xe9", "no part"),
])
def test_no_such_endpoint(serve, name, why):
    s = serve(PLAYED)
    with refused(ffaclient.REFUSED, why):
        s.client(name)


def test_partition_with_code(serve):
    with refused(ffaclient.REFUSED, "played by the server"):
        serve(ECHO).client("echo")


def test_cpu_that_is_not_there(serve):
    c = serve(ECHO).client()
    with refused(ffaclient.ELSEWHERE):
        c.call(ID_GET, cpu=4)
    with refused(ffaclient.ELSEWHERE):
        c.call(ID_GET, cpu=0xffff)
    success(c.call(ID_GET))


def test_profile(serve):
    s = serve(ECHO, "--profile", "tfa-el3")
    c = s.client()
    assert c.ffa == 0x10002 or c.ffa == 0x10001
    success(c.call(ID_GET))


# -- partitions that clients play ----------------------------------------------

def test_played(serve):
    s = serve(PLAYED)
    ns = s.client()
    early = ns.start(ID_GET)        # waits for the machine to boot
    sp1, sp2 = Played(s, "sp1"), Played(s, "sp2")
    success(ns.result(early))
    for n in range(50):
        tag = ns.start(REQ, 0x8001, 0, n, cpu=n % 2)
        req = sp1.request()
        assert req[:4] == [REQ, 0x8001, 0, n] and sp1.c.cpu == n % 2
        sp1.wait = sp1.c.start(RESP, 0x80010000, 0, n + 1, cpu=n % 2)
        assert ns.result(tag)[:4] == [RESP, 0x80010000, 0, n + 1]
    assert len(sp2.c.early) == 0


def test_calls_queue(serve):
    """A CPU is a partition's: calls of the normal world there wait."""
    s = serve(PLAYED)
    sp1, _ = Played(s, "sp1"), Played(s, "sp2")
    a, b = s.client(), s.client()
    first = a.start(REQ, 0x8001, 0, 1)
    req = sp1.request()
    second = b.start(ID_GET)
    success(b.call(ID_GET, cpu=1))      # the other CPU goes on
    assert second not in b.early
    sp1.respond(req, 9)
    assert a.result(first)[3] == 9
    success(b.result(second))


def test_out_of_turn(serve):
    s = serve(PLAYED)
    sp1 = s.client("sp1")
    with refused(ffaclient.ELSEWHERE):
        sp1.call(MSG_WAIT, cpu=1)       # it starts on CPU 0
    sp1.enter()
    wait = sp1.start(MSG_WAIT)
    with refused(ffaclient.ELSEWHERE):
        sp1.call(ID_GET)                # it waits already
    with refused(ffaclient.ELSEWHERE):
        sp1.enter()
    assert wait not in sp1.early


def test_one_client_each(serve):
    s = serve(PLAYED)
    a = s.client("sp1")
    with refused(ffaclient.REFUSED, "sp1 has a client already"):
        s.client("0x8001")
    a.bye()
    s.client("sp1")


def test_bye_and_next(serve):
    """Who says BYE leaves the partition as it is."""
    s = serve(PLAYED)
    sp1, _ = Played(s, "sp1"), Played(s, "sp2")
    ns = s.client()
    sp1.c.bye()
    tag = ns.start(REQ, 0x8001, 0, 5)
    sp1.c = s.client("sp1")
    req = sp1.c.enter()
    assert req[:4] == [REQ, 0x8001, 0, 5]
    sp1.c.bye()                         # with control
    sp1.c = s.client("sp1")
    assert sp1.c.enter() == req
    sp1.respond(req, 6)
    assert ns.result(tag)[3] == 6


@pytest.mark.parametrize("where", ["in call", "with control"])
def test_partition_dies(serve, where):
    s = serve(PLAYED)
    sp1, sp2 = Played(s, "sp1"), Played(s, "sp2")
    ns = s.client()
    if where == "with control":
        tag = ns.start(REQ, 0x8001, 0, 5)
        sp1.request()
        sp1.c.close()
        r = ns.result(tag)
    else:
        sp1.c.close()
        s.until_clients(2)
        r = ns.call(REQ, 0x8001, 0, 5)
    assert error(r) == ABORTED
    with refused(ffaclient.REFUSED, "sp1 has aborted"):
        s.client("sp1")
    # the others do not notice
    tag = ns.start(REQ, 0x8002, 0, 7)
    req = sp2.request()
    sp2.respond(req, 8)
    assert ns.result(tag)[3] == 8
    s.control("reset")
    sp2.c.close()
    Played(s, "sp1")


def test_dead_partition_gives_back(serve):
    """Memory that it borrowed is the lender's again."""
    s = serve(PLAYED)
    sp1, _ = Played(s, "sp1"), Played(s, "sp2")
    ns = s.client()
    tx, rx = map_buffers(ns, NS_RAM)
    handle = send(ns, tx, LEND, [(0x8001, RW)], [(NS_RAM + 0x10000, 1)])
    tag = ns.start(REQ, 0x8001, 0, handle & 0xffffffff, handle >> 32)
    req = sp1.request()
    sp1.wait = None
    sptx, _ = map_buffers(sp1.c, SP1_RAM, True)
    retrieve(sp1.c, sptx, 0, handle, RW | NX)
    page = sp1.c.map(NS_RAM + 0x10000, PAGE)
    page[0] = 77
    with refused(ffaclient.NOT_YOURS):
        ns.map(NS_RAM + 0x10000, PAGE)
    sp1.c.close()
    assert error(ns.result(tag)) == ABORTED
    reclaim(ns, handle)
    ns.map(NS_RAM + 0x10000, PAGE)[0] = 1
    assert page[0] == 0                 # what the dead one still has mapped
    assert "handles 0" in s.control("dump")


def test_normal_world_dies_in_a_call(serve):
    s = serve(PLAYED)
    sp1, _ = Played(s, "sp1"), Played(s, "sp2")
    ns, other = s.client(), s.client()
    ns.start(REQ, 0x8001, 0, 5)
    req = sp1.request()
    ns.close()
    s.until_clients(3)
    tag = other.start(ID_GET)
    sp1.respond(req, 6)
    success(other.result(tag))
    tag = other.start(REQ, 0x8001, 0, 7)
    assert sp1.request()[3] == 7


def test_dies_in_the_queue(serve):
    s = serve(PLAYED)
    sp1, _ = Played(s, "sp1"), Played(s, "sp2")
    a, b, c = s.client(), s.client(), s.client()
    tag = a.start(REQ, 0x8001, 0, 5)
    req = sp1.request()
    for n in range(20):
        b.start(REQ, 0x8001, 0, 66, n)
    last = c.start(REQ, 0x8001, 0, 7)
    b.close()
    s.until_clients(4)
    sp1.respond(req, 5)
    a.result(tag)
    assert sp1.request()[3] == 7 and last not in c.early


# -- memory --------------------------------------------------------------------------

def test_memory_in_place(serve):
    s = serve(ECHO)
    a, b = s.client(), s.client()
    pa, pb = a.map(NS_RAM, 4 * PAGE), b.map(NS_RAM + PAGE, PAGE)
    pb[:5] = b"hello"
    assert pa[PAGE:PAGE + 5] == b"hello"
    tx, rx = map_buffers(a, NS_RAM)
    success(a.call(0x84000068, *[0] * 5))       # PARTITION_INFO_GET: into RX
    assert struct.unpack_from("<H", rx)[0] in (0, 0x8001)
    assert rx[:64] == pb[:64]


@pytest.mark.parametrize("pa, length, secure", [
    (0x04000000, PAGE, True), (0x04000000, PAGE, False),
    (SP1_RAM, PAGE, True), (NS_RAM, PAGE, True), (0, PAGE, False),
    (NS_RAM + 1, PAGE, False), (NS_RAM, 100, False), (NS_RAM, 0, False),
    (0xfffffffffffff000, 2 * PAGE, False), (0x100000000, PAGE, False),
    (0xfffffffffffff000, 0xfffffffffffff000, False),
])
def test_not_yours(serve, pa, length, secure):
    c = serve(PLAYED).client()
    with refused(ffaclient.NOT_YOURS):
        c.runs(pa, length, secure)


def test_map_as_far_as_it_goes(serve):
    c = serve(ECHO).client()
    runs = c.runs(0xfffff000, 0x1000000)
    assert [(r.pa, r.length) for r in runs] == [(0xfffff000, PAGE)]


def test_partitions_cannot_see_each_other(serve):
    s = serve(PLAYED)
    sp1, sp2 = s.client("sp1"), s.client("sp2")
    sp1.map(SP1_RAM, 16 * PAGE, True)[0] = 1
    for c, pa in ((sp2, SP1_RAM), (sp1, SP2_RAM), (sp1, NS_RAM)):
        with refused(ffaclient.NOT_YOURS):
            c.map(pa, PAGE, pa < NS_RAM)


def test_files_cannot_be_cut(serve):
    """A client cannot take memory away from under the server."""
    c = serve(ECHO).client()
    run, = c.runs(NS_RAM, 2 * PAGE)
    assert os.fstat(run.file).st_size == 2 * PAGE
    for size in (0, PAGE, 3 * PAGE):
        with pytest.raises(PermissionError):
            os.ftruncate(run.file, size)


@pytest.mark.parametrize("kind", [SHARE, LEND, DONATE])
def test_transaction(serve, kind):
    """The pages change hands in place; old mappings see zeros."""
    s = serve(PLAYED)
    sp1, sp2 = Played(s, "sp1"), Played(s, "sp2")
    ns = s.client()
    tx, rx = map_buffers(ns, NS_RAM)
    old = ns.map(NS_RAM + 0x10000, 4 * PAGE)
    old[PAGE] = 42
    old[0] = old[2 * PAGE] = 41
    handle = send(ns, tx, kind, [(0x8001, 0 if kind == DONATE else RW)],
                  [(NS_RAM + 0x11000, 1)])
    assert ns.changed
    assert old[PAGE] == 0 and old[0] == old[2 * PAGE] == 41
    tag = ns.start(REQ, 0x8001, 0)
    req = sp1.request()
    c = sp1.c
    sptx, _ = map_buffers(c, SP1_RAM, True)
    with refused(ffaclient.NOT_YOURS):
        c.map(NS_RAM + 0x11000, PAGE)           # not retrieved yet
    retrieve(c, sptx, 0, handle, RW if kind == SHARE else RW | NX)
    page = c.map(NS_RAM + 0x11000, PAGE)
    assert page[0] == 42
    page[0] = 43
    assert old[PAGE] == 0
    run, = c.runs(NS_RAM + 0x11000, PAGE)
    assert os.fstat(run.file).st_size == PAGE   # there is nothing else in it
    with refused(ffaclient.NOT_YOURS):
        c.map(NS_RAM + 0x10000, PAGE)
    if kind == SHARE:
        new = ns.map(NS_RAM + 0x11000, PAGE)
        assert new[0] == 43
        new[1] = 44
        assert page[1] == 44
    else:
        with refused(ffaclient.NOT_YOURS):
            ns.map(NS_RAM + 0x11000, PAGE)
    if kind == DONATE:
        return
    relinquish(c, sptx, handle)
    with refused(ffaclient.NOT_YOURS):
        c.map(NS_RAM + 0x11000, PAGE)
    sp1.respond(req)
    ns.result(tag)
    reclaim(ns, handle)
    assert ns.map(NS_RAM + 0x11000, PAGE)[0] == 43
    assert page[0] == 0                         # the borrower's is revoked
    page[0] = 66
    assert ns.map(NS_RAM + 0x11000, PAGE)[0] == 43


def test_read_only(serve):
    s = serve(PLAYED)
    sp1, _ = Played(s, "sp1"), Played(s, "sp2")
    ns = s.client()
    tx, rx = map_buffers(ns, NS_RAM)
    handle = send(ns, tx, SHARE, [(0x8001, RO)], [(NS_RAM + 0x10000, 2)])
    ns.map(NS_RAM + 0x10000, PAGE)[0] = 5
    ns.start(REQ, 0x8001, 0)
    sp1.request()
    sptx, _ = map_buffers(sp1.c, SP1_RAM, True)
    retrieve(sp1.c, sptx, 0, handle, RO)
    run, = sp1.c.runs(NS_RAM + 0x10000, PAGE)
    assert run.rights == 1 and run.mmap()[0] == 5
    import mmap
    with pytest.raises(PermissionError):
        mmap.mmap(run.file, PAGE, mmap.MAP_SHARED, mmap.PROT_WRITE)


def test_many_runs(serve):
    """An answer with as many files as one can have, and the rest."""
    s = serve(PLAYED)
    ns = s.client()
    sp1, sp2 = Played(s, "sp1"), Played(s, "sp2")
    tx, rx = map_buffers(ns, NS_RAM)
    base = NS_RAM + 0x100000
    runs = ns.runs(base, 200 * PAGE)
    assert len(runs) == 1
    for i in range(0, 200, 2):
        send(ns, tx, SHARE, [(0x8001, RW)], [(base + i * PAGE, 1)])
    pa, seen = base, 0
    while pa < base + 200 * PAGE:
        runs = ns.runs(pa, base + 200 * PAGE - pa)
        seen += len(runs)
        for r in runs:
            assert r.pa == pa
            r.mmap()[0] = 1
            pa += r.length
    assert seen == 200


# -- who may be what --------------------------------------------------------------------

def as_user(uid, work):
    """True if `work` is done without an exception by another user."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            work()
            code = 0
        except (Error, OSError):
            pass
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


root = pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed")
NOBODY = 65534


def reachable(path):
    while path != path.parent:
        path.chmod(0o755)
        path = path.parent
        if path.name in ("", "tmp"):
            break


@root
def test_mode(serve):
    s = serve(PLAYED)
    reachable(s.path)
    assert s.sock.stat().st_mode & 0o777 == 0o600
    assert s.ctrl.stat().st_mode & 0o777 == 0o600
    assert not as_user(NOBODY, s.client)


@root
def test_credentials(serve):
    s = serve(PLAYED, "--mode", "0666")
    reachable(s.path)
    assert s.sock.stat().st_mode & 0o777 == 0o666
    assert not as_user(NOBODY, s.client)
    assert not as_user(NOBODY, lambda: s.client("sp1"))
    assert not as_user(NOBODY, lambda: s.control("status"))
    s.client("sp1")


@root
def test_allow(serve):
    s = serve(PLAYED, "--mode", "0666", "--allow", "sp1=%d" % NOBODY,
              "--allow", "ns=nobody")
    reachable(s.path)
    assert as_user(NOBODY, lambda: s.client("sp1"))
    s.control("reset")
    assert as_user(NOBODY, lambda: s.client("0x8001"))
    assert as_user(NOBODY, s.client)
    assert not as_user(NOBODY, lambda: s.client("sp2"))
    assert not as_user(NOBODY, lambda: s.control("status"))


@root
def test_read_only_for_others(serve):
    """Another user cannot open a read-only file again for writing."""
    s = serve(PLAYED, "--mode", "0666", "--allow", "sp1=%d" % NOBODY)
    reachable(s.path)
    run, = s.client().runs(NS_RAM, PAGE)
    assert os.fstat(run.file).st_mode & 0o777 == 0o600


# -- control -------------------------------------------------------------------------------

def test_pause_and_step(serve):
    s = serve(ECHO)
    c = s.client()
    s.control("pause")
    assert s.control("status").startswith("paused\n")
    tags = [c.start(REQ, 0x8001, 0, n, cpu=n % 4) for n in range(8)]
    assert s.control("step") == "1\n"
    assert c.result(tags[0])[3] == 0
    assert s.control("step 3") == "3\n"
    for n in (1, 2, 3):
        assert c.result(tags[n])[3] == n
    before = s.status("calls")
    assert s.status("calls") == before
    s.control("resume")
    for n in range(4, 8):
        assert c.result(tags[n])[3] == n
    with refused(1, "not paused"):
        s.control("step")


def test_inject(serve):
    s = serve(ECHO)
    c = s.client()
    s.control("inject FFA_ID_GET:error=BUSY:when=2")
    success(c.call(ID_GET))
    assert error(c.call(ID_GET)) == BUSY
    success(c.call(ID_GET))
    s.control("inject FFA_RX_RELEASE:error=BUSY:when=1+2")
    assert [error(c.call(RX_RELEASE)) for _ in range(3)] == [BUSY, DENIED,
                                                            BUSY]


@pytest.mark.parametrize("line, why", [
    ("frobnicate", "no such command"), ("", "no such command"),
    ("status now", "arguments"), ("inject", "arguments"),
    ("inject FFA_NOPE:error=BUSY", "FFA_NOPE"),
    ("inject FFA_RUN:error=NOPE", "NOPE"), ("inject FFA_RUN", "nothing"),
    ("inject FFA_RUN:error=BUSY:when=x", "when"),
    ("inject FFA_RUN:drop", "filters"), ("interrupt 9", "no CPU"),
    ("interrupt x", "no CPU"), ("interrupt 0 77", "interrupt 77"),
    ("step x", "not paused"), ("load 0", "no saved state"),
])
def test_wrong_command(serve, line, why):
    s = serve(ECHO)
    with refused(1, why):
        s.control(line)
    s.control("status")


def test_interrupt(serve):
    """A non-secure interrupt takes the CPU from a partition."""
    s = serve(PLAYED)
    sp1, _ = Played(s, "sp1"), Played(s, "sp2")
    ns = s.client()
    tag = ns.start(REQ, 0x8001, 0, 5)
    req = sp1.request()
    s.control("interrupt 0")
    r = ns.result(tag)
    assert r[0] == INTERRUPT
    late = sp1.c.start(RESP, 0x80010000, 0, 6)  # it does not know
    success(ns.call(ID_GET))
    assert ns.call(RUN, 0x80010000)[:4] == [RESP, 0x80010000, 0, 6]
    assert late not in sp1.c.early


def test_reset(serve):
    s = serve(PLAYED)
    sp1, sp2 = Played(s, "sp1"), Played(s, "sp2")
    ns = s.client()
    fresh = s.control("hash")
    tx, rx = map_buffers(ns, NS_RAM)
    tx[0] = 9
    tag = ns.start(REQ, 0x8001, 0, 5)
    sp1.request()
    s.control("reset")
    with refused(ffaclient.RESET):
        ns.result(tag)
    with refused(ffaclient.RESET):
        sp2.request()
    for sp in (sp1, sp2):
        sp.c.enter()
        sp.wait = sp.c.start(MSG_WAIT)
    map_buffers(ns, NS_RAM)
    assert tx[0] == 0 or ns.map(NS_RAM, PAGE)[0] == 0
    s.control("reset")
    with refused(ffaclient.RESET):
        sp1.request()
    with refused(ffaclient.RESET):
        sp2.request()
    for sp in (sp1, sp2):
        sp.c.enter()
        sp.wait = sp.c.start(MSG_WAIT)
    assert s.control("hash") == fresh


def test_save_and_load(serve):
    s = serve(PLAYED)
    sp1, sp2 = Played(s, "sp1"), Played(s, "sp2")
    ns = s.client()
    tx, rx = map_buffers(ns, NS_RAM)
    tx[200] = 7
    handle = send(ns, tx, LEND, [(0x8001, RW)], [(NS_RAM + 0x10000, 1)])
    ns.start(REQ, 0x8001, 0, 5)
    sp1.request()
    state = control(s.ctrl, "save")
    before = s.control("hash")

    t = serve(PLAYED)
    t.control("load %d" % len(state), state)
    assert t.control("hash") == before
    c = t.client("sp1")
    assert c.enter()[:4] == [REQ, 0x8001, 0, 5]
    n2 = t.client()
    late = n2.start(ID_GET)             # waits: sp1 has the CPU
    c.start(RESP, 0x80010000, 0, 6)
    success(n2.result(late))
    assert n2.map(NS_RAM, PAGE)[200] == 7
    reclaim(n2, handle)


def test_load_something_else(serve, tmp_path):
    s, t = serve(ECHO), serve(PLAYED)
    state = control(s.ctrl, "save")
    before = s.control("hash")
    with refused(1, "another board"):
        t.control("load %d" % len(state), state)
    for i in range(0, len(state), 997):
        bad = bytearray(state)
        bad[i] ^= 0x10
        with refused(1):
            s.control("load %d" % len(bad), bytes(bad))
    for n in (0, 1, 100, len(state) - 1):
        with refused(1):
            s.control("load %d" % n, state[:n])
    assert s.control("hash") == before
    s.control("load %d" % len(state), state)
    success(s.client().call(ID_GET))


def test_control_of_a_clumsy_client(serve):
    """Half a command, too long a line, nothing: nobody else notices."""
    s = serve(ECHO)
    c = s.client()
    for data in (b"stat", b"x" * 5000, b"load 99999999999999999999\n",
                 b"load 2000000000\n", b"\n" * 3000, b"load 1000\nabc",
                 b"status\n" * 2000):
        with socket.socket(socket.AF_UNIX) as k:
            k.connect(str(s.ctrl))
            with contextlib.suppress(BrokenPipeError):
                k.sendall(data)
        success(c.call(ID_GET))
    assert s.control("status").startswith("running\n")


def test_ctrl_command(serve, ffasim, tmp_path):
    s = serve(ECHO)
    at = "unix:%s" % s.ctrl
    p = ffasim("ctrl", at, "status")
    assert p.returncode == OK and p.stdout == s.control("status")
    p = ffasim("ctrl", at, "save", "state")
    assert p.returncode == OK and p.stdout == ""
    p = ffasim("ctrl", at, "load", "state")
    assert p.returncode == OK, p.stderr
    p = ffasim("ctrl", at, "inject", "FFA_ID_GET:error=BUSY")
    assert p.returncode == OK
    assert error(s.client().call(ID_GET)) == BUSY
    p = ffasim("ctrl", at, "frobnicate")
    assert p.returncode == 1 and "no such command" in p.stderr
    p = ffasim("ctrl", at, "load", "none")
    assert p.returncode == HARNESS and "none" in p.stderr
    assert ffasim("ctrl", at).returncode == USAGE
    assert ffasim("ctrl", at, "save").returncode == USAGE
    p = ffasim("ctrl", "unix:%s/none" % tmp_path, "status")
    assert p.returncode == HARNESS and "none" in p.stderr
    p = ffasim("ctrl", at, "stop")
    assert p.returncode == OK
    assert s.process.wait(60) == OK


# -- the program -----------------------------------------------------------------------------

def test_ends_cleanly(serve):
    s = serve(PLAYED, "--pid", "pid")
    c = s.client()
    waits = c.start(ID_GET)
    assert (s.path / "pid").read_text() == "%d\n" % s.process.pid
    s.stop()
    assert sorted(p.name for p in s.path.iterdir()) == ["board.ffs"]
    with pytest.raises((EOFError, OSError)):
        c.result(waits)


def test_killed_and_again(serve):
    """A socket that nobody listens on is taken over."""
    s = serve(ECHO)
    s.process.kill()
    s.process.communicate()
    assert s.sock.exists()
    t = Server(s.path, ECHO)
    success(t.client().call(ID_GET))
    t.stop()


def test_in_use(serve, ffasim):
    s = serve(ECHO)
    p = ffasim("serve", "unix:%s" % s.sock, s.path / "board.ffs")
    assert p.returncode == HARNESS and "in use" in p.stderr
    success(s.client().call(ID_GET))


def test_does_not_replace_a_file(ffasim, scenario, tmp_path):
    scenario(ECHO, "b.ffs")
    (tmp_path / "f").write_text("precious")
    p = ffasim("serve", "unix:f", "b.ffs")
    assert p.returncode == HARNESS
    assert (tmp_path / "f").read_text() == "precious"


@pytest.mark.parametrize("args, code, text", [
    ((), USAGE, "expected an address"),
    (("unix:s",), USAGE, "expected an address"),
    (("unix:s", "b.ffs", "more"), USAGE, "expected an address"),
    (("s", "b.ffs"), HARNESS, "expected unix:PATH"),
    (("unix:", "b.ffs"), HARNESS, "expected unix:PATH"),
    (("unix:" + "x" * 200, "b.ffs"), HARNESS, "longer"),
    (("unix:no/such/s", "b.ffs"), HARNESS, "No such file"),
    (("fd:x", "b.ffs"), HARNESS, "fd:NUMBER"),
    (("fd:99", "b.ffs"), HARNESS, "Bad file"),
    (("fd:0", "b.ffs"), HARNESS, "fd:0"),
    (("systemd", "b.ffs"), HARNESS, "LISTEN_FDS"),
    (("unix:s", "none.ffs"), BAD_FILE, "none.ffs"),
    (("unix:s", "wrong.ffs"), BAD_FILE, "wrong.ffs:2"),
    (("unix:s", "b.ffs", "--mode", "9"), USAGE, "--mode 9"),
    (("unix:s", "b.ffs", "--allow", "ns"), USAGE, "NAME=USER"),
    (("unix:s", "b.ffs", "--allow", "ns=no such"), USAGE, "no such user"),
    (("unix:s", "b.ffs", "--load", "b.ffs"), HARNESS, "no saved state"),
    (("unix:s", "b.ffs", "--load", "none"), HARNESS, "none"),
    (("unix:s", "b.ffs", "--pid", "no/pid"), HARNESS, "no/pid"),
    (("unix:s", "b.ffs", "--profile", "xen"), USAGE, "xen"),
    (("unix:s", "b.ffs", "--daemon", "--load", "none"), HARNESS, "none"),
])
def test_cannot_start(ffasim, scenario, tmp_path, args, code, text):
    scenario(ECHO, "b.ffs")
    scenario("ffs 1\nns@0 FFA_ID_GET() = _\n", "wrong.ffs")
    p = ffasim("serve", *args, stdin=subprocess.DEVNULL)
    assert p.returncode == code and text in p.stderr, p.stderr
    assert not (tmp_path / "s").exists()


def test_load_option(serve):
    s = serve(ECHO)
    c = s.client()
    map_buffers(c, NS_RAM)
    (s.path / "state").write_bytes(control(s.ctrl, "save"))
    t = serve(ECHO, "--load", s.path / "state")
    assert t.control("hash") == s.control("hash")


def test_daemon(ffasim, scenario, tmp_path):
    """When the command returns, clients can come."""
    scenario(ECHO, "b.ffs")
    p = ffasim("serve", "unix:s", "b.ffs", "--ctrl", "unix:c", "--daemon",
               "--pid", "pid")
    assert (p.returncode, p.stdout, p.stderr) == (OK, "", "")
    pid = int((tmp_path / "pid").read_text())
    success(Client(tmp_path / "s").call(ID_GET))
    os.kill(pid, signal.SIGTERM)
    for _ in range(6000):
        if not (tmp_path / "s").exists():
            break
        time.sleep(0.01)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.ffs"]


@pytest.mark.parametrize("how", ["systemd", "fd"])
def test_passed_sockets(tmp_path, how):
    """As systemd does it: sockets 3 and 4, and a word when it is ready."""
    (tmp_path / "b.ffs").write_text(ECHO)
    doors = []
    for name in ("s", "c"):
        door = socket.socket(socket.AF_UNIX)
        door.bind(str(tmp_path / name))
        door.listen()
        doors.append(door)
    ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ready.bind(str(tmp_path / "ready"))
    ready.settimeout(60)
    at = ["systemd"] * 2 if how == "systemd" else ["fd:3", "fd:4"]
    script = 'exec 3<&%d 4<&%d; LISTEN_PID=$$ LISTEN_FDS=2 exec "$@"' % tuple(
        d.fileno() for d in doors)
    p = subprocess.Popen(
        ["bash", "-c", script, "bash", PROGRAM, "serve", at[0], "b.ffs",
         "--ctrl", at[1]], cwd=tmp_path, pass_fds=[d.fileno() for d in doors],
        env=environment(NOTIFY_SOCKET=str(tmp_path / "ready")))
    for d in doors:
        d.close()
    assert ready.recv(100) == b"READY=1"
    success(Client(tmp_path / "s").call(ID_GET))
    assert control(tmp_path / "c", "status").startswith(b"running")
    p.terminate()
    assert p.wait(60) == OK
    assert (tmp_path / "s").exists()    # not ours to remove


# -- restart -----------------------------------------------------------------------------------

def test_killed_under_load(serve):
    """Saved, killed in the middle of calls, loaded: all of it is there."""
    s = serve(ECHO + "mem m1 echo 0x0e000000 4pages\n")
    ns = s.client()
    tx, rx = map_buffers(ns, NS_RAM)
    handles = [send(ns, tx, (SHARE, LEND)[n % 2], [(0x8001, RW)],
                    [(NS_RAM + 0x100000 + n * 2 * PAGE, 1 + n % 2)])
               for n in range(40)]
    ns.map(NS_RAM + 0x400000, PAGE)[:4] = b"data"
    load = [s.client() for _ in range(8)]
    tags = [[c.start(REQ, 0x8001, 0, k, cpu=k % 4) for k in range(32)]
            for c in load]
    s.control("pause")
    before = s.control("hash")
    state = control(s.ctrl, "save")
    s.control("resume")
    assert load[0].result(tags[0][0])[0] == RESP
    s.process.send_signal(signal.SIGKILL)
    s.process.communicate()
    for c in load:
        with pytest.raises((EOFError, OSError)):
            while True:
                c.receive()

    (s.path / "state").write_bytes(state)
    t = Server(s.path, ECHO + "mem m1 echo 0x0e000000 4pages\n", "--load",
               s.path / "state")
    try:
        assert t.control("hash") == before
        ns = t.client()
        assert ns.map(NS_RAM + 0x400000, PAGE)[:4] == b"data"
        assert "handles 40\n" in t.control("dump")
        for n, handle in enumerate(handles):
            at = NS_RAM + 0x100000 + n * 2 * PAGE
            if n % 2:
                with refused(ffaclient.NOT_YOURS):
                    ns.map(at, PAGE)
            reclaim(ns, handle)
            ns.map(at, PAGE)[0] = n
        assert "handles 0\n" in t.control("dump")
        tx = ns.map(NS_RAM, PAGE)
        reclaim(ns, send(ns, tx, SHARE, [(0x8001, RW)],
                         [(NS_RAM + 0x100000, 1)]))
    finally:
        t.stop()
