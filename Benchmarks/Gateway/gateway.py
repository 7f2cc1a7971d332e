#!/usr/bin/env python3
"""gateway.py STAGE [PART ...]: measures the staged parleyd against its budgets and prints a table.

The parts are start, idle, input, speech, device, memory, malloc, cpu, crowd, service and hosts; without
any, all of them.
Everything is private and temporary: a runtime directory, a PulseAudio with null devices, a transport
that tells times. CPU is the scheduler's clock of each process (clock_getcpuclockid).
"""
import array, math, os, select, shutil, struct, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import cpu
import crowd
import hosts
import idle
import service
from harness import (
    FAST, ROOT, Client, Daemon, Program, Table, is_loud, now_ns, percentile, private_environment,
    pss_kb, sound_server, stream_session, write_speech)


def input_latency(daemon, client, table):
    stream_session(client, "input")
    program = Program(daemon, "input")
    frame = array.array("h", [1000, -1000] * 240).tobytes()
    count, written = 150 if FAST else 500, []
    due = now_ns()
    for _ in range(count):
        # Not in step with the daemon's tick: 20 ms and a bit.
        due += 20_130_000
        time.sleep(max(0, due - now_ns()) / 1e9)
        written.append(now_ns())
        program.socket.send(frame)
    time.sleep(0.1)
    client.call("session.sendEvent", session="input", event={"type": "times"})
    times = client.event("transport_event", "times")["ns"]
    late = [(came - sent) / 1e6 for came, sent in zip(times, written)]
    p50, p99 = percentile(late, 0.5), percentile(late, 0.99)
    table.row(f"program to plugin, {len(times)} of {count} frames, p50 p99",
              f"{p50:.2f} {p99:.2f} ms", "5 8 ms", p50 <= 5 and p99 <= 8 and len(times) == count)
    client.call("sessions.close", session="input")


def speech_and_barge_in(client, session, read, rate, guard_ms, where, table):
    """read(timeout) gives the bytes that the listener got, as they come."""
    starts, silences, errors, others = [], [], [], 0
    for _ in range(8 if FAST else 25):
        client.call("session.sendEvent", session=session, event={"type": "say", "ms": 2000})
        said = client.event("transport_event", "said")["ns"]
        first, last, heard, begun = None, None, 0, None
        asked = None
        while True:
            data = read(0.25)
            came = now_ns()
            if data and is_loud(data):
                samples = array.array("h", data[: len(data) & ~1])
                loud = [i for i, s in enumerate(samples) if abs(s) > 16]
                if first is None:
                    first = came
                    heard -= loud[0]
                heard += len(samples)
                last, tail = came, len(samples) - 1 - loud[-1]
            elif first is not None and data and asked is None:
                others += 1
            if first is None and came - said > 3e9:
                break
            if asked is None and first is not None and came - first > 300e6:
                asked = now_ns()
                client.call("session.interrupt", session=session)
            if asked is not None and came - asked > 200e6:
                break
        if first is None or asked is None:
            others += 1
            continue
        report = client.event("audio_interrupted")
        starts.append((first - said) / 1e6)
        silences.append(max(0, last - asked) / 1e6)
        errors.append(abs(report.get("heardMs", 0) - (heard - tail) * 1000 / rate))
        time.sleep(0.05)
    table.row(f"{where}: plugin speaks to first sample, p50 p99",
              f"{percentile(starts, .5):.1f} {percentile(starts, .99):.1f} ms",
              f"{10 + guard_ms} {20 + guard_ms} ms",
              percentile(starts, .5) <= 10 + guard_ms and percentile(starts, .99) <= 20 + guard_ms)
    table.row(f"{where}: interrupt to silence, p50 p99",
              f"{percentile(silences, .5):.1f} {percentile(silences, .99):.1f} ms",
              f"p99 {25 + guard_ms} ms", percentile(silences, .99) <= 25 + guard_ms)
    table.row(f"{where}: error of the heard position, p50 p99",
              f"{percentile(errors, .5):.1f} {percentile(errors, .99):.1f} ms", "p99 10 ms",
              percentile(errors, .99) <= 10)


def stream_speech(daemon, client, table):
    stream_session(client, "speech")
    program = Program(daemon, "speech")
    speech_and_barge_in(client, "speech", program.read, 24000, 0, "program", table)
    client.call("sessions.close", session="speech")


def device_latency(client, environment, table):
    client.call("sessions.create", transport="timing", name="device", wait=True,
                local={"kind": "devices", "source": "voice.monitor", "sink": "speaker"})
    recorder = subprocess.Popen(
        ["parec", "-d", "speaker.monitor", "--raw", "--rate=48000", "--channels=1",
         "--format=s16le", "--latency-msec=5", "--process-time-msec=5"],
        env=environment, stdout=subprocess.PIPE)
    fd = recorder.stdout.fileno()

    def read(timeout):
        return os.read(fd, 1 << 16) if select.select([fd], [], [], timeout)[0] else b""

    until = now_ns() + 1_500_000_000
    uplink = []
    while now_ns() < until:
        read(0.01)
        uplink.append(client.call("sessions.get", session="device", limit=0)["latencyMs"]["uplink"])
        time.sleep(0.017)
    p50, p99 = percentile(uplink, 0.5), percentile(uplink, 0.99)
    table.row("microphone's sample to the plugin's socket, p50 p99", f"{p50:.1f} {p99:.1f} ms",
              "1 3 ms", p50 <= 1 and p99 <= 3)
    # The recorder hears through a monitor, which adds what it asked for and the sink's own period.
    speech_and_barge_in(client, "device", read, 48000, 15, "null sink (15 ms for the recorder)", table)
    recorder.terminate()
    recorder.wait()
    client.call("sessions.close", session="device")


def allocations(stage, work, environment, table):
    """Calls of malloc by the engine's thread while sessions run, in a daemon of its own."""
    prefix = work + "/malloc"
    daemon = Daemon(stage, work, environment, LD_PRELOAD=work + "/malloc-count.so",
                    MALLOC_COUNT=prefix, MALLOC_THREAD="engine")
    client = Client(daemon.control)
    programs = []
    for number in range(16):
        is_opus = number % 2 == 1
        rate = 48000 if is_opus else 24000
        stream_session(client, f"malloc{number}", rate, opus=is_opus, echo=True)
        programs.append((Program(daemon, f"malloc{number}"), bytes(rate // 50 * 2)))

    def calls():
        with open(f"{prefix}.{daemon.process.pid}", "rb") as file:
            return struct.unpack("Q", file.read(8))[0]

    def drive(frames):
        due = now_ns()
        for _ in range(frames):
            for program, frame in programs:
                program.socket.send(frame)
                try:
                    program.socket.recv(1 << 16)
                except BlockingIOError:
                    pass
            due += 20_000_000
            time.sleep(max(0, due - now_ns()) / 1e9)

    drive(100)
    if calls() == 0:
        raise SystemExit("the engine's thread can't have started without a malloc: is it called engine?")
    before, frames = calls(), 150 if FAST else 500
    drive(frames)
    each = (calls() - before) / (frames * len(programs))
    table.row("calls of malloc per frame, 8 PCM and 8 Opus sessions", f"{each:g}", "0", each == 0)
    daemon.stop()


def memory(daemon, client, table):
    names = [f"memory{n}" for n in range(20)]
    stream_session(client, "warm", echo=True)
    time.sleep(0.3)
    before = sum(map(pss_kb, daemon.processes()))
    programs = []
    for name in names:
        stream_session(client, name, echo=True)
        programs.append(Program(daemon, name))
        time.sleep(0.011)
    frame = bytes(960)
    for _ in range(50):
        for program in programs:
            program.socket.send(frame)
            try:
                program.socket.recv(1 << 16)
            except BlockingIOError:
                pass
        time.sleep(0.02)
    each = (sum(map(pss_kb, daemon.processes())) - before) / len(names)
    table.row("PSS of a stream session, PCM", f"{each:.0f} kB", "200 kB", each <= 200)
    for name in names + ["warm"]:
        client.call("sessions.close", session=name)
        time.sleep(0.011)


def exec_to_ready(stage, work, environment, table):
    times = []
    for _ in range(5 if FAST else 20):
        daemon = Daemon(stage, work, environment)
        times.append(daemon.ready_ms)
        daemon.stop()
    p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
    table.row("exec to ready, p50 p95", f"{p50:.0f} {p95:.0f} ms", "p95 40 ms", p95 <= 40)


def build(work):
    os.mkdir(work + "/transports", 0o755)
    include = ROOT + "/Sources/CParleyTransport/include"
    for name in ("timing", "timing-too"):
        subprocess.check_call(["cc", "-O2", "-shared", "-fPIC", "-I", include, HERE + "/timing.c",
                               f'-DTRANSPORT_ID="{name}"', "-o", f"{work}/transports/{name}.so"])
    subprocess.check_call(["cc", "-O2", "-shared", "-fPIC", HERE + "/malloc-count.c", "-o",
                           work + "/malloc-count.so"])
    subprocess.check_call(["cc", "-O2", HERE + "/opus-alone.c", "-o", work + "/opus-alone", "-lopus"])
    write_speech(work + "/speech.raw")
    with open(work + "/parley.toml", "w") as file:
        file.write("version = 1\n")


def main(stage, *parts):
    work = tempfile.mkdtemp(prefix="parley-bench.")
    os.chmod(work, 0o755)
    environment = private_environment(work)
    server, daemon = None, None
    table = Table()
    try:
        build(work)
        server = sound_server(work, environment)
        table.head()
        # In daemons of their own, one at a time.
        own = {
            "start": exec_to_ready, "idle": idle.measure, "malloc": allocations, "cpu": cpu.measure,
            "crowd": crowd.measure, "service": service.measure, "hosts": hosts.measure,
        }
        for part, measure in own.items():
            if not parts or part in parts:
                measure(stage, work, environment, table)
        shared = {
            "input": lambda: input_latency(daemon, client, table),
            "speech": lambda: stream_speech(daemon, client, table),
            "device": lambda: device_latency(client, environment, table),
            "memory": lambda: memory(daemon, client, table),
        }
        if not parts or set(parts) & set(shared):
            daemon = Daemon(stage, work, environment)
            client = Client(daemon.control)
            client.call("events.subscribe", types=["transport_event", "audio_interrupted"])
        for part, measure in shared.items():
            if not parts or part in parts:
                measure()
        print(f"{table.missed} budgets missed")
    finally:
        if daemon:
            daemon.stop()
        if server:
            server.terminate()
            server.wait()
        if os.environ.get("BENCH_KEEP"):
            print("kept:", work)
        else:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), *sys.argv[2:])
