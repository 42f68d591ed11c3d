# SPDX-License-Identifier: BSD-3-Clause
"""A client of `ffasim serve`: docs/wire.md in Python, standard library only.

    c = Client("/run/ffa.sock")             # the normal world
    c.call(0x84000069)                      # [x0, x1, ... x17]
    page = c.map(0x80000000, 4096)          # guest memory, as an mmap
"""

import array
import mmap
import os
import socket
import struct

HELLO, CALL, ENTER, MAP, RING, BYE = range(1, 7)
OK, BAD, REFUSED, LOST, ELSEWHERE, NOT_YOURS, RESET, LIMIT = range(8)
HEADER = struct.Struct("<IBBHII")
ANSWER = 0x80
MAGIC = b"ffasim\r\n"


class Error(Exception):
    def __init__(self, status, sentence):
        super().__init__("%d: %s" % (status, sentence))
        self.status, self.sentence = status, sentence


class Run:
    """What MAP says of some pages; `file` is closed with it."""

    def __init__(self, pa, length, offset, rights, file):
        self.pa, self.length, self.offset = pa, length, offset
        self.rights, self.file = rights, file

    def mmap(self):
        prot = mmap.PROT_READ | (mmap.PROT_WRITE if self.rights & 2 else 0)
        return mmap.mmap(self.file, self.length, mmap.MAP_SHARED, prot,
                         offset=self.offset)

    def __del__(self):
        os.close(self.file)


class Client:
    def __init__(self, path, endpoint="", timeout=60):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.tag = 0
        self.maps = None
        self.early = {}         # answers that came before they were wanted
        self.files = []
        if endpoint is not None:
            self.hello(endpoint)

    # -- frames

    def send(self, kind, body=b"", cpu=0):
        """Sends a request; its tag."""
        self.tag += 1
        self.socket.sendall(HEADER.pack(HEADER.size + len(body), kind, 0,
                                        cpu, self.tag, 0) + body)
        return self.tag

    def read(self, n):
        data = b""
        while len(data) < n:
            part, more, _, _ = self.socket.recvmsg(
                n - len(data), socket.CMSG_SPACE(64 * 4))
            for level, what, fds in more:
                if (level, what) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    ints = array.array("i")
                    ints.frombytes(fds[:len(fds) - len(fds) % 4])
                    self.files += ints
            if not part:
                raise EOFError
            data += part
        return data

    def receive(self):
        """The next answer: header, body, files."""
        head = HEADER.unpack(self.read(HEADER.size))
        body = self.read(head[0] - HEADER.size)
        files, self.files = self.files, []
        return head, body, files

    def answer(self, tag):
        """The body of the answer with this tag; self.cpu, self.maps."""
        while tag not in self.early:
            head, body, files = self.receive()
            self.early[head[4]] = head, body, files
        head, body, self.got = self.early.pop(tag)
        self.cpu, self.changed = head[3], self.maps not in (None, head[5])
        self.maps = head[5]
        if head[2]:
            raise Error(head[2], body.decode())
        return body

    # -- requests

    def hello(self, endpoint, version=1):
        body = self.answer(self.send(HELLO, struct.pack(
            "<8sH6s48s", MAGIC, version, b"", endpoint.encode())))
        (self.version, self.id, self.cpus, self.contexts,
         self.ffa) = struct.unpack("<HHHHI4x", body)

    def start(self, *regs, cpu=0):
        """Makes a call whose result is wanted later; its tag."""
        regs = list(regs) + [0] * (18 - len(regs))
        return self.send(CALL, struct.pack("<18Q", *regs), cpu)

    def result(self, tag):
        return list(struct.unpack("<18Q", self.answer(tag)))

    def call(self, *regs, cpu=0):
        return self.result(self.start(*regs, cpu=cpu))

    def enter(self, cpu=0):
        return self.result(self.send(ENTER, cpu=cpu))

    def runs(self, pa, length, secure=False):
        body = self.answer(self.send(MAP, struct.pack("<QQI4x", pa, length,
                                                      secure)))
        n, = struct.unpack_from("<I", body)
        assert n == len(self.got)
        return [Run(*struct.unpack_from("<QQQI", body, 8 + 32 * i),
                    self.got[i]) for i in range(n)]

    def map(self, pa, length, secure=False):
        """Memory that is all in one run, as an mmap."""
        runs = self.runs(pa, length, secure)
        assert len(runs) == 1 and runs[0].length == length, runs
        return runs[0].mmap()

    def bye(self):
        self.answer(self.send(BYE))
        self.socket.close()

    def close(self):
        self.socket.close()


def control(path, line, data=b""):
    """What the control channel answers to a command; Error if it refuses."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.settimeout(60)
        s.connect(str(path))
        s.sendall(line.encode() + b"\n" + data)
        with s.makefile("rb") as f:
            head = f.readline().decode().rstrip("\n")
            word, _, rest = head.partition(" ")
            if word != "ok":
                raise Error(1, rest)
            return f.read(int(rest))
