"""A WebRTC peer by aiortc, on loopback. Reads JSON lines: {"offer": SDP} is answered, {"make": "offer"}
makes one, {"answer": SDP} takes the answer to it, {"quit": true} hangs up. Prints JSON lines: descriptions,
"state", "audio" (frames decoded so far, every ten), "message" (what came by a data channel, which it echoes)."""

import asyncio
import json
import sys

import aioice.ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

# aioice leaves loopback out, and tests have nothing else.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


def tell(**what):
    print(json.dumps(what), flush=True)


async def listen(track):
    count = 0
    while True:
        await track.recv()
        count += 1
        if count % 10 == 0:
            tell(audio=count)


def echo(channel):
    @channel.on("message")
    def on_message(message):
        tell(message=message if isinstance(message, str) else len(message))
        channel.send(message)


async def main():
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    tasks = []

    @connection.on("connectionstatechange")
    def on_state():
        tell(state=connection.connectionState)

    @connection.on("track")
    def on_track(track):
        tasks.append(asyncio.ensure_future(listen(track)))

    connection.on("datachannel", echo)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    # Descriptions are longer than the reader's own limit of a line may be.
    reader._limit = 1 << 20
    while line := await reader.readline():
        request = json.loads(line)
        if "offer" in request:
            await connection.setRemoteDescription(
                RTCSessionDescription(request["offer"], "offer"))
            connection.addTrack(AudioStreamTrack())
            await connection.setLocalDescription(await connection.createAnswer())
            tell(answer=connection.localDescription.sdp)
        elif "make" in request:
            connection.addTrack(AudioStreamTrack())
            echo(connection.createDataChannel("theirs"))
            await connection.setLocalDescription(await connection.createOffer())
            tell(offer=connection.localDescription.sdp)
        elif "answer" in request:
            await connection.setRemoteDescription(
                RTCSessionDescription(request["answer"], "answer"))
        else:
            break
    await connection.close()
    for task in tasks:
        task.cancel()


asyncio.run(main())
