"""A host that is killed again and again, and the sessions of other hosts: rows of `make bench PARTS=hosts`."""
import os, signal, time

from harness import (
    FAST, Client, Conversation, Daemon, children, concealed_ms, now_ns, opus_sessions, percentile)

COUNT = 20 if FAST else 200
# One that had served for a second is started again at once; the rest of two seconds would only be waited for.
GAP_NS = 1_200_000_000


def kills(stage, work, environment, table):
    daemon = Daemon(stage, work, environment)
    client = Client(daemon.control)
    others = (opus_sessions(client, 2, "loopback", format="opus")
              + opus_sessions(client, 2, "timing-too", opus=True, echo=True))
    bystanders = set(children(daemon.process.pid))
    victim = opus_sessions(client, 1, "timing", opus=True, echo=True)
    conversation = Conversation(daemon, others + victim)
    client.call("events.subscribe", types=["session_state"], sessions=victim)
    time.sleep(2)
    concealed, heard, began = concealed_ms(client, others), list(conversation.heard), now_ns()
    times = []
    for _ in range(COUNT):
        time.sleep(GAP_NS / 1e9)
        [host] = set(children(daemon.process.pid)) - bystanders
        os.kill(host, signal.SIGKILL)
        killed = now_ns()
        while client.event("session_state")["state"] != "connected":
            pass
        times.append((now_ns() - killed) / 1e6)
    ms = concealed_ms(client, others) - concealed
    elapsed = (now_ns() - began) / 1e6
    missed = max(elapsed - (conversation.heard[n] - heard[n]) / 48 for n in range(len(others)))
    conversation.end()
    daemon.stop()
    p50, worst = percentile(times, 0.5), max(times)
    every = f"{COUNT} times a host killed, one every {elapsed / COUNT / 1000:.1f} s"
    table.row(f"{every}: connected, p50 max", f"{p50:.0f} {worst:.0f} ms", "150 ms", worst <= 150)
    # Two frames may be under way at either end.
    table.row("  four Opus sessions in other hosts: concealed", f"{ms:.0f} ms", "0 ms",
              ms == 0 and missed <= 80)


def measure(stage, work, environment, table):
    kills(stage, work, environment, table)
