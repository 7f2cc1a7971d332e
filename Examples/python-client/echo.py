#!/usr/bin/env python3
"""Sends sound through a session and takes what comes back; prints the events meanwhile.

    echo.py                      sends a second of a tone through the loopback transport
    echo.py in.raw out.raw       sends a file: 16 bit, little endian, mono, 24000 samples a second
"""

import array
import json
import math
import select
import sys
import threading

from parley import Audio, Gateway

RATE = 24000


def tone(seconds):
    """440 Hz, at a fifth of full scale."""
    step = 2 * math.pi * 440 / RATE
    samples = array.array("h", (int(6500 * math.sin(step * n)) for n in range(int(RATE * seconds))))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def send(audio, sound):
    audio.write(sound)
    audio.finish()


def echo(gateway, session, sound):
    """What the session answers to the sound."""
    heard = bytearray()
    with Audio(session) as audio:
        sender = threading.Thread(target=send, args=(audio, sound), daemon=True)
        sender.start()
        while True:
            for event in gateway.events():
                print(event["type"], json.dumps(event["data"]))
            readable, _, _ = select.select([gateway, audio], [], [])
            if gateway in readable:
                gateway.receive()
            if audio in readable:
                chunk = audio.read()
                if not chunk:
                    return bytes(heard)
                heard += chunk


def main(arguments):
    sound = tone(1)
    if arguments:
        with open(arguments[0], "rb") as file:
            sound = file.read()
    with Gateway() as gateway:
        gateway.call("events.subscribe")
        session = gateway.call(
            "sessions.create", transport="loopback", local={"kind": "stream", "rate": RATE},
            options={"delayMs": 200}, wait=True)["session"]
        try:
            heard = echo(gateway, session, sound)
        finally:
            gateway.call("sessions.close", session=session)
        for event in gateway.events():
            print(event["type"], json.dumps(event["data"]))
    print(f"sent {len(sound) / 2 / RATE:.2f} s, heard {len(heard) / 2 / RATE:.2f} s")
    if len(arguments) > 1:
        with open(arguments[1], "wb") as file:
            file.write(heard)


if __name__ == "__main__":
    main(sys.argv[1:])
