"""Two network namespaces joined by a bad line, for a test that sits before it. Root only; nothing of it is
left when this ends.

    bad_network.py          prints {"near": PID, "far": PID}: whose network namespaces to enter

The ends are 10.77.0.1 and 10.77.0.2 (fd77::1, fd77::2) on veth pairs whose other ends are in a third namespace,
where this program carries the frames over. Lines on standard input say how badly, each answered by {"done":
true}:

    {"seed": 1, "lossPercent": 5, "delayMs": 20, "jitterMs": 30}   UDP from now on; the seed begins anew
    {"cut": true}                                                  nothing passes any more
    {"move": "10.77.0.3"}                                          the near end has this address instead
"""

import ctypes
import heapq
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
SOL_PACKET, PACKET_IGNORE_OUTGOING, PACKET_VNET_HDR = 263, 23, 15
# Before each frame: what is left to the card, such as the checksum (packet(7)). It is carried over, too.
HEADER_BYTES = 10


def enter_new_namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        sys.exit(f"no network namespace: errno {ctypes.get_errno()}")


def holder():
    """A process that keeps a network namespace."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        enter_new_namespace()
        os.write(theirs, b"x")
        signal.pause()
    os.close(theirs)
    os.read(ours, 1)
    os.close(ours)
    return child


def ip(*words, of=None):
    enter = ["nsenter", f"--net=/proc/{of}/ns/net"] if of else []
    subprocess.run(enter + ["ip", *words], check=True)


def is_udp(frame):
    frame = frame[HEADER_BYTES:]
    kind = frame[12:14]
    return kind == b"\x08\x00" and frame[23] == 17 or kind == b"\x86\xdd" and frame[20] == 17


class Line:
    """Carries frames between two packet sockets, late or never."""

    def __init__(self, ends):
        self.other = {ends[0]: ends[1], ends[1]: ends[0]}
        self.late, self.number, self.is_cut = [], 0, False
        self.set({})

    def set(self, how):
        self.random = random.Random(how.get("seed", 1))
        self.loss = how.get("lossPercent", 0) / 100
        self.delay, self.jitter = how.get("delayMs", 0) / 1000, how.get("jitterMs", 0) / 1000

    def take(self, end):
        frame = end.recv(65536)
        if self.is_cut:
            return
        wait = 0.0
        if is_udp(frame):
            if self.random.random() < self.loss:
                return
            wait = self.delay + self.random.random() * self.jitter
        self.number += 1
        heapq.heappush(self.late, (time.monotonic() + wait, self.number, self.other[end], frame))

    def pass_on(self):
        while self.late and self.late[0][0] <= time.monotonic():
            _, _, end, frame = heapq.heappop(self.late)
            try:
                end.send(frame)
            except OSError:
                pass

    @property
    def timeout(self):
        return max(0, self.late[0][0] - time.monotonic()) if self.late else None


def main():
    near, far = holder(), holder()
    enter_new_namespace()
    ends = []
    for child, name, number in ((near, "near", 1), (far, "far", 2)):
        ip("link", "add", name, "type", "veth", "peer", "name", "line", "netns", str(child))
        ip("link", "set", name, "arp", "off", "up")  # nobody but us speaks on our ends
        for words in (["link", "set", "lo", "up"], ["link", "set", "line", "up"],
                      ["addr", "add", f"10.77.0.{number}/24", "dev", "line"],
                      ["addr", "add", f"fd77::{number}/64", "dev", "line", "nodad"]):
            ip(*words, of=child)
        end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        end.bind((name, 0))
        end.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        ends.append(end)
    line = Line(ends)
    print(json.dumps({"near": near, "far": far}), flush=True)
    while True:
        ready, _, _ = select.select(ends + [sys.stdin], [], [], line.timeout)
        for end in ends:
            if end in ready:
                line.take(end)
        line.pass_on()
        if sys.stdin in ready:
            text = sys.stdin.readline()
            if not text:
                break
            request = json.loads(text)
            if "cut" in request:
                line.is_cut = request["cut"]
            elif "move" in request:
                ip("addr", "del", "10.77.0.1/24", "dev", "line", of=near)
                ip("addr", "del", "fd77::1/64", "dev", "line", of=near)
                ip("addr", "add", request["move"] + "/24", "dev", "line", of=near)
            else:
                line.set(request)
            print(json.dumps({"done": True}), flush=True)
    for child in (near, far):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


main()
