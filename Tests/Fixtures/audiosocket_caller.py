"""A caller as Asterisk's AudioSocket brings one: ADDRESS SECONDS. Speaks a tone for a second, listens for
two, and so on; prints how much sound it heard, and who hung up."""

import array
import math
import select
import socket
import struct
import sys
import time

host, port = sys.argv[1].rsplit(":", 1)
line = socket.create_connection((host, int(port)))
line.sendall(struct.pack(">BH", 0x01, 16) + bytes(16))
unread, heard, frame, start = b"", 0, 0, time.monotonic()


def voice(frame):
    level = 8000 if frame % 150 >= 100 else 0
    samples = (int(level * math.sin(0.2 * n)) for n in range(frame * 160, frame * 160 + 160))
    return array.array("h", samples).tobytes()


while time.monotonic() - start < float(sys.argv[2]):
    while frame < (time.monotonic() - start) * 50:
        line.sendall(struct.pack(">BH", 0x10, 320) + voice(frame))
        frame += 1
    if not select.select([line], [], [], 0.01)[0]:
        continue
    data = line.recv(65536)
    if not data:
        sys.exit("the line broke")
    unread += data
    while len(unread) >= 3 and len(unread) >= 3 + struct.unpack(">BH", unread[:3])[1]:
        kind, length = struct.unpack(">BH", unread[:3])
        payload, unread = unread[3:3 + length], unread[3 + length:]
        if kind == 0x00:
            print(f"heard {heard} loud frames; hung up on")
            sys.exit()
        heard += max(map(abs, array.array("h", payload))) > 300
sys.exit(f"heard {heard} loud frames; nobody hung up")
