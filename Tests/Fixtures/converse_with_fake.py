"""converse_with_fake.py URL: the `openai` package's own client in a conversation with the fake server.

Every event of the server is held against the package's types. Prints what happened; the exit status is 1
when an event is none of the types, or the conversation does not take place.
"""

import array
import asyncio
import base64
import collections
import json
import math
import sys

from openai import AsyncOpenAI
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter, ValidationError

EVENTS = TypeAdapter(RealtimeServerEvent)
RATE = 24000


def speech(ms: int) -> bytes:
    count = RATE * ms // 1000
    tone = (int(9000 * math.sin(2 * math.pi * 220 * i / RATE)) for i in range(count))
    return array.array("h", tone).tobytes()


async def converse(url: str) -> int:
    client = AsyncOpenAI(api_key="none", websocket_base_url=url.removesuffix("/realtime"))
    seen, faults, sound = collections.Counter(), 0, 0
    async with client.realtime.connect(model="gpt-realtime-2.1") as connection:
        await connection.session.update(session={
            "type": "realtime",
            "audio": {"input": {
                "transcription": {"model": "gpt-transcribe"},
                "turn_detection": {"type": "server_vad", "silence_duration_ms": 200}}},
            "tools": [{"type": "mcp", "server_label": "server", "server_url": "http://localhost"}],
        })
        turn = base64.b64encode(speech(600) + bytes(RATE)).decode()
        await connection.input_audio_buffer.append(audio=turn)
        while seen["response.done"] < 3:
            event = json.loads(await asyncio.wait_for(connection.recv_bytes(), 30))
            kind = event["type"]
            seen[kind] += 1
            try:
                EVENTS.validate_python(event)
            except ValidationError as error:
                faults += 1
                print(f"{kind}: {error}")
            if kind == "error":
                faults += 1
                print(event)
            if kind == "response.output_audio.delta":
                sound += len(base64.b64decode(event["delta"]))
            if kind == "response.done" and seen[kind] < 3:
                await connection.conversation.item.create(item={
                    "type": "message", "role": "user",
                    "content": [{"type": "input_text", "text": "Go on."}]})
                await connection.response.create()
    print(dict(seen), f"{sound / 2 / RATE:.1f} s of speech")
    wanted = ("session.updated", "input_audio_buffer.speech_stopped", "mcp_list_tools.completed",
              "conversation.item.input_audio_transcription.completed",
              "response.function_call_arguments.done")
    missing = [kind for kind in wanted if not seen[kind]]
    if missing:
        print("missing:", *missing)
    return 1 if faults or missing or sound == 0 else 0


sys.exit(asyncio.run(converse(sys.argv[1])))
