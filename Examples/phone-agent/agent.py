#!/usr/bin/env python3
"""A telephone agent: Asterisk brings the calls, Parley the voice model.

Asterisk's AudioSocket application connects here, one TCP connection a call: frames of a type, a length
of two bytes and a payload. Each call becomes a session with a stream leg at the telephone's rate, and its
sound goes through; what the model wants done comes as `function_call`.
"""

import argparse
import json
import os
import select
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../python-client"))

from parley import Audio, Gateway, Refused  # noqa: E402

HANG_UP, CALL_ID, DIGIT, SOUND = 0x00, 0x01, 0x03, 0x10
RATE = 8000
FRAME = RATE // 50 * 2  # 20 ms
QUIET = 0.5  # seconds without sound are the end of a goodbye

CONFIG = {
    "instructions": "You answer the telephone of a bakery. Be brief. Say goodbye, then hang up.",
    "tools": [
        {"type": "function", "name": "opening_hours", "description": "When the bakery is open.",
         "parameters": {"type": "object", "properties": {}}},
        {"type": "function", "name": "hang_up", "description": "Ends the call.",
         "parameters": {"type": "object", "properties": {}}},
    ],
}


class Caller:
    """The telephone's side of a call."""

    def __init__(self, connection):
        self.connection = connection
        self.unread = b""
        self.unsent = b""

    def fileno(self):
        return self.connection.fileno()

    def frames(self):
        """Reads once; the frames that are complete. The last is HANG_UP when the line is gone."""
        data = self.connection.recv(65536)
        if not data:
            yield HANG_UP, b""
        self.unread += data
        while len(self.unread) >= 3:
            kind, length = struct.unpack(">BH", self.unread[:3])
            if len(self.unread) < 3 + length:
                return
            payload, self.unread = self.unread[3:3 + length], self.unread[3 + length:]
            yield kind, payload

    def play(self, samples):
        self.unsent += samples
        while len(self.unsent) >= FRAME:
            self.send(SOUND, self.unsent[:FRAME])
            self.unsent = self.unsent[FRAME:]

    def send(self, kind, payload=b""):
        self.connection.sendall(struct.pack(">BH", kind, len(payload)) + payload)


class Call:
    """One call, from its beginning to its end."""

    def __init__(self, caller, gateway, session, audio):
        self.caller, self.gateway, self.session, self.audio = caller, gateway, session, audio
        self.says_goodbye = False
        self.last_sound = time.monotonic()

    def run(self):
        while not (self.says_goodbye and time.monotonic() - self.last_sound > QUIET):
            for event in self.gateway.events():
                self.handle(event["type"], event["data"])
            ready, _, _ = select.select([self.caller, self.gateway, self.audio], [], [], QUIET)
            if self.gateway in ready:
                self.gateway.receive()
            if self.audio in ready:
                sound = self.audio.read()
                if not sound:
                    return
                self.last_sound = time.monotonic()
                self.caller.play(sound)
            if self.caller in ready and not self.listen():
                return

    def listen(self):
        for kind, payload in self.caller.frames():
            if kind == SOUND:
                self.audio.write(payload)
            elif kind == DIGIT:
                text = f"The caller pressed {payload.decode(errors='replace')}."
                self.gateway.call("session.sendMessage", session=self.session, message=text)
            elif kind == HANG_UP:
                return False
        return True

    def handle(self, kind, data):
        if kind != "function_call":
            print(f"{self.session}: {kind} {json.dumps(data)}", flush=True)
            return
        print(f"{self.session}: the model calls {data['name']}", flush=True)
        is_over = data["name"] == "hang_up"
        output = "Monday to Saturday, 6 to 18." if data["name"] == "opening_hours" else "done"
        self.gateway.call(
            "session.sendFunctionCallOutput", session=self.session, callId=data["callId"],
            output=output, startResponse=not is_over)
        self.says_goodbye = is_over


def serve(connection, transport, options):
    """A call, on a thread of its own."""
    caller = Caller(connection)
    session = None
    with connection, Gateway() as gateway:
        try:
            session = gateway.call(
                "sessions.create", transport=transport, options=options, sessionConfig=CONFIG,
                local={"kind": "stream", "rate": RATE}, wait=True)["session"]
            gateway.call(
                "events.subscribe", sessions=[session],
                types=["function_call", "audio_interrupted", "session_state", "error"])
            with Audio(session) as audio:
                # The one who is called speaks first.
                gateway.call("session.requestResponse", session=session)
                Call(caller, gateway, session, audio).run()
            caller.send(HANG_UP)
        except Refused as refusal:
            print(f"{session or 'a call'}: {refusal}", flush=True)
        except OSError:
            pass  # The caller, or the daemon, is gone.
        finally:
            if session:
                close(session)
    print(f"{session}: the call is over", flush=True)


def close(session):
    try:
        with Gateway() as gateway:
            gateway.call("sessions.close", session=session)
    except (Refused, OSError):
        pass  # It ended by itself.


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", default="127.0.0.1:9092", help="address of AudioSocket")
    parser.add_argument("--transport", default="openai-websocket")
    parser.add_argument("--url", help="another server than the configured one")
    arguments = parser.parse_args()
    host, port = arguments.listen.rsplit(":", 1)
    options = {"url": arguments.url} if arguments.url else {}
    with socket.create_server((host, int(port))) as server:
        print("listening on {}:{}".format(*server.getsockname()), flush=True)
        while True:
            connection, _ = server.accept()
            threading.Thread(
                target=serve, args=(connection, arguments.transport, options), daemon=True).start()


if __name__ == "__main__":
    main()
