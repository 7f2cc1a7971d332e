"""A server of POST /v1/realtime/calls with aiortc, on loopback: a voice model that has one thing to say.

Prints JSON lines: {"url": ...} where it listens, {"request": {...}} for each HTTP request, {"event": {...}} for
each event of the client. It speaks when a response is asked for: the chirp of the tests, again and again for
three seconds, unless it is cleared or hears somebody speak. A message "add" makes it call a function.
"""

import asyncio
import fractions
import itertools
import json
import math
import time

import aioice.ice
import av
import numpy
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

# aioice leaves loopback out, and tests have nothing else.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

RATE = 48000
TIME = numpy.arange(RATE) / RATE
CHIRP = (9000 * numpy.sin(2 * math.pi * (1100 * TIME - 400 * TIME**2))).astype(numpy.int16)


def tell(**what):
    print(json.dumps(what), flush=True)


class Voice(MediaStreamTrack):
    kind = "audio"

    def __init__(self):
        super().__init__()
        self.at, self.start, self.said, self.length = 0, None, 0, 0

    def speak(self, seconds):
        self.said, self.length = 0, int(seconds * RATE)

    @property
    def is_speaking(self):
        return self.said < self.length

    async def recv(self):
        self.start = self.start or time.monotonic()
        await asyncio.sleep(max(0, self.start + self.at / RATE - time.monotonic()))
        samples = numpy.zeros(960, dtype=numpy.int16)
        if self.is_speaking:
            samples = CHIRP[self.said % RATE : self.said % RATE + 960]
            self.said += 960
        frame = av.AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.at, fractions.Fraction(1, RATE)
        self.at += 960
        return frame


class Session:
    """The model's side of one call."""

    numbers = itertools.count(1)

    def __init__(self):
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.voice, self.channel, self.response, self.item = Voice(), None, None, None
        self.config, self.tasks = {}, []
        self.peer.addTrack(self.voice)
        self.peer.on("track", lambda track: self.start(self.listen(track)))
        self.peer.on("datachannel", self.opened)

    def start(self, work):
        self.tasks.append(asyncio.ensure_future(work))

    async def answer(self, offer):
        await self.peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self.peer.setLocalDescription(await self.peer.createAnswer())
        return self.peer.localDescription.sdp

    def opened(self, channel):
        self.channel = channel
        channel.on("message", lambda text: self.take(json.loads(text)))
        self.send("session.created", session={"type": "realtime", "id": "sess_1", "audio": {}})

    def send(self, kind, **members):
        number = next(self.numbers)
        self.channel.send(json.dumps({"type": kind, "event_id": f"event_{number}", **members}))

    def take(self, event):
        tell(event=event)
        kind = event["type"]
        if kind == "session.update":
            self.config = {**self.config, **event["session"]}
            self.send("session.updated", session={**self.config, "id": "sess_1"})
        elif kind == "conversation.item.create":
            item = {"id": f"item_{next(self.numbers)}", "status": "completed", **event["item"]}
            self.send("conversation.item.added", item=item, previous_item_id=None)
            self.send("conversation.item.done", item=item, previous_item_id=None)
            text = json.dumps(item)
            self.must_call = '"add"' in text
        elif kind == "response.create":
            self.start(self.respond())
        elif kind == "response.cancel" and self.response:
            self.finish("cancelled")
        elif kind == "output_audio_buffer.clear":
            self.clear()

    must_call = False

    async def respond(self):
        self.response = f"resp_{next(self.numbers)}"
        self.send("response.created", response={"id": self.response, "status": "in_progress", "output": []})
        if self.must_call:
            self.must_call = False
            call = {"id": f"item_{next(self.numbers)}", "type": "function_call", "name": "add",
                    "call_id": "call_1", "arguments": '{"a": 1}', "status": "completed"}
            self.send("response.output_item.added", response_id=self.response, output_index=0, item=call)
            self.send("conversation.item.added", item=call, previous_item_id=None)
            self.send("response.output_item.done", response_id=self.response, output_index=0, item=call)
            self.send("conversation.item.done", item=call, previous_item_id=None)
            return self.finish("completed", [call])
        self.item = f"item_{next(self.numbers)}"
        item = {"id": self.item, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        self.send("response.output_item.added", response_id=self.response, output_index=0, item=item)
        self.send("conversation.item.added", item=item, previous_item_id=None)
        self.send("output_audio_buffer.started", response_id=self.response)
        self.voice.speak(3)
        response = self.response
        self.send("response.output_audio_transcript.delta", response_id=response, item_id=self.item,
                  output_index=0, content_index=0, delta="La la la.")
        self.send("response.output_audio_transcript.done", response_id=response, item_id=self.item,
                  output_index=0, content_index=0, transcript="La la la.")
        await asyncio.sleep(0.2)
        if self.response == response:
            self.finish("completed")
        while self.voice.is_speaking:
            await asyncio.sleep(0.02)
        if self.item:
            self.send("output_audio_buffer.stopped", response_id=response)

    def finish(self, status, output=()):
        response, self.response = self.response, None
        self.send("response.done", response={"id": response, "status": status, "output": list(output)})

    def clear(self):
        heard_ms = self.voice.said * 1000 // RATE
        self.voice.length = 0
        item, self.item = self.item, None
        self.send("output_audio_buffer.cleared", response_id=self.response)
        if item:
            self.send("conversation.item.truncated", item_id=item, content_index=0, audio_end_ms=heard_ms)

    async def listen(self, track):
        loud = 0
        while True:
            frame = await track.recv()
            level = numpy.abs(frame.to_ndarray().astype(numpy.int32)).max()
            loud = loud + 1 if level > 3000 else 0
            if loud == 10:
                self.send("input_audio_buffer.speech_started", item_id="item_user", audio_start_ms=0)
                if self.response:
                    self.finish("cancelled")
                if self.voice.is_speaking:
                    self.clear()

    async def close(self):
        await self.peer.close()
        for task in self.tasks:
            task.cancel()


def parts(body, boundary):
    """The parts of multipart/form-data, by name: media type and text."""
    found = {}
    for part in body.split(b"--" + boundary.encode())[1:-1]:
        head, text = part.strip(b"\r\n").split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        name = lines[0].split('name="')[1].rstrip('"')
        found[name] = [lines[1].split(": ")[1], text.decode()]
    return found


sessions = {}


async def serve(reader, writer):
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    method, target, _ = head.split("\r\n")[0].split(" ", 2)
    headers = {line.split(": ")[0].lower(): line.split(": ", 1)[1] for line in head.split("\r\n")[1:] if ": " in line}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    kind = headers.get("content-type", "")
    session, offer = None, body.decode()
    if kind.startswith("multipart/form-data"):
        form = parts(body, kind.split("boundary=")[1])
        session, offer = json.loads(form["session"][1]), form["sdp"][1] + "\r\n"
    tell(request={"method": method, "target": target, "authorization": headers.get("authorization"),
                  "type": kind.split(";")[0], "session": session})
    extra, answer, status = "", "", "200 OK"
    if target.endswith("/hangup"):
        gone = sessions.pop(target.split("/")[-2], None)
        if gone:
            await gone.close()
    else:
        made = Session()
        name = f"rtc_{len(sessions) + 1}"
        sessions[name] = made
        answer = await made.answer(offer)
        status, extra = "201 Created", f"Location: /v1/realtime/calls/{name}\r\nContent-Type: application/sdp\r\n"
    writer.write(f"HTTP/1.1 {status}\r\n{extra}Content-Length: {len(answer)}\r\nConnection: close\r\n\r\n{answer}".encode())
    await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    tell(url=f"http://127.0.0.1:{port}/v1/realtime/calls")
    await server.serve_forever()


asyncio.run(main())
