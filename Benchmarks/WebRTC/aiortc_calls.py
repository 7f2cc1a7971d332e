"""aiortc_calls.py FILE CALLS SECONDS: so many calls between pairs of aiortc peers on loopback, each end speaking
48 kHz mono 16-bit samples of FILE in Opus over SRTP and hearing the other. Prints JSON: nanoseconds of CPU
for a 20 ms frame both ways at one end, packets heard per end and second, kB of PSS per end."""
import asyncio
import fractions
import json
import sys
import time

import aioice.ice
import av
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.mediastreams import MediaStreamTrack

# aioice leaves loopback out.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


class Voice(MediaStreamTrack):
    kind = "audio"

    def __init__(self, samples):
        super().__init__()
        self.samples, self.at, self.start = samples, 0, None

    async def recv(self):
        self.start = self.start or time.monotonic()
        await asyncio.sleep(max(0, self.start + self.at / 48000 - time.monotonic()))
        place = self.at % (len(self.samples) // 2 - 960)
        frame = av.AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(self.samples[2 * place : 2 * place + 1920])
        frame.sample_rate, frame.pts = 48000, self.at
        frame.time_base = fractions.Fraction(1, 48000)
        self.at += 960
        return frame


def pss_kb():
    with open("/proc/self/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


async def main(path, calls, seconds):
    with open(path, "rb") as file:
        samples = file.read()
    heard = 0

    async def listen(track):
        nonlocal heard
        while True:
            await track.recv()
            heard += 1

    async def call():
        ends = [RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2)]
        up = [asyncio.Event() for _ in ends]
        for end, is_up in zip(ends, up):
            end.addTrack(Voice(samples))
            end.on("track", lambda track: tasks.append(asyncio.ensure_future(listen(track))))

            @end.on("connectionstatechange")
            def changed(end=end, is_up=is_up):
                if end.connectionState == "connected":
                    is_up.set()

        near, far = ends
        start = time.monotonic()
        await near.setLocalDescription(await near.createOffer())
        await far.setRemoteDescription(near.localDescription)
        await far.setLocalDescription(await far.createAnswer())
        await near.setRemoteDescription(far.localDescription)
        for is_up in up:
            await is_up.wait()
        return ends, time.monotonic() - start

    tasks, ends, setups = [], [], []
    first, _ = await call()
    before_kb = pss_kb()
    for _ in range(calls):
        made, took = await call()
        ends += made
        setups.append(took * 1e3)
    each_kb = (pss_kb() - before_kb) / len(ends)
    for end in first:
        await end.close()
    await asyncio.sleep(1)
    heard, start_ns, start = 0, time.process_time_ns(), time.monotonic()
    await asyncio.sleep(seconds)
    used, took = time.process_time_ns() - start_ns, time.monotonic() - start
    print(json.dumps({
        "frame_ns": used / (took * 50) / len(ends), "heard": heard / took / len(ends),
        "pss_kb": each_kb, "setup_ms": sorted(setups)}), flush=True)
    for end in ends:
        await end.close()
    for task in tasks:
        task.cancel()


asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
