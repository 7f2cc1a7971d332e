"""agents_peer.py URL SESSIONS SECONDS: the openai-agents package's WebSocket transport at the work that
the benchmark gives to Parley: a 20 ms frame of the microphone up every 20 ms, speech down in real time.
Prints nanoseconds of CPU per frame."""
import asyncio, sys, time

from agents.realtime.model_inputs import RealtimeModelRawClientMessage, RealtimeModelSendAudio
from agents.realtime.model_inputs import RealtimeModelSendRawMessage
from agents.realtime.openai_realtime import OpenAIRealtimeWebSocketModel

FRAME = bytes(960)


class Listener:
    received = 0

    async def on_event(self, event):
        if event.type == "audio":
            Listener.received += len(event.data)


async def main(url, sessions, seconds):
    models = []
    for _ in range(sessions):
        model = OpenAIRealtimeWebSocketModel()
        model.add_listener(Listener())
        await model.connect({"url": url, "api_key": "none", "initial_model_settings": {
            "turn_detection": None, "tracing": None}})
        await model.send_event(RealtimeModelSendRawMessage(
            message=RealtimeModelRawClientMessage(type="response.create")))
        models.append(model)

    async def drive(seconds):
        frames, due = int(seconds * 50), time.monotonic()
        for _ in range(frames):
            for model in models:
                await model.send_event(RealtimeModelSendAudio(audio=FRAME))
            due += 0.02
            await asyncio.sleep(max(0, due - time.monotonic()))
        return frames

    await drive(1)
    Listener.received = 0
    start = time.process_time_ns()
    frames = await drive(seconds)
    used = time.process_time_ns() - start
    share = Listener.received / (frames * sessions * 960)
    print(f"{used / frames / sessions:.0f} {share:.2f}")
    for model in models:
        await model.close()


asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
