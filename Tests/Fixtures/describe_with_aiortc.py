"""One end of an offer and answer, by aiortc: what it takes and what it says.

offer DATA   prints an offer, reads an answer from standard input, sets it
answer       reads an offer from standard input, prints an answer

DATA is yes or no: whether the offer has a data channel. A description ends with an empty line.
Prints what came of it as the last line: the payload type of Opus, and the data channel's state.
"""

import asyncio
import os
import sys

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack


def read_description():
    lines = []
    for line in sys.stdin:
        if not line.strip():
            break
        lines.append(line)
    return "".join(lines)


def tell(description):
    print(description.sdp.rstrip(), end="\n\n", flush=True)


async def main():
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    if sys.argv[1] == "offer":
        peer.addTrack(AudioStreamTrack())
        if sys.argv[2] == "yes":
            peer.createDataChannel("oai-events")
        await peer.setLocalDescription(await peer.createOffer())
        tell(peer.localDescription)
        text = await asyncio.to_thread(read_description)
        await peer.setRemoteDescription(RTCSessionDescription(text, "answer"))
    else:
        text = await asyncio.to_thread(read_description)
        await peer.setRemoteDescription(RTCSessionDescription(text, "offer"))
        peer.addTrack(AudioStreamTrack())
        await peer.setLocalDescription(await peer.createAnswer())
        tell(peer.localDescription)
    transceiver = peer.getTransceivers()[0]
    codecs = [codec.payloadType for codec in transceiver._codecs if codec.name == "opus"]
    print(peer.signalingState, transceiver.currentDirection, *codecs, flush=True)
    # There is nobody to call, and aiortc would say so at length if it were closed.
    os._exit(0)


asyncio.run(main())
