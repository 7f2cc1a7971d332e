#!/usr/bin/env python3
"""webrtc.py STAGE [PART ...]: measures WebRTC calls of the staged parleyd and prints a table.

The parts are setup, memory, cpu, idle and ear; without any, all of them. Two sessions of one daemon call each
other over loopback: Opus, SRTP, ICE and data channel, all of it real. A call's cost is that of one end. Beside
it run libopus and libsrtp alone, and aiortc (PARLEY_BENCH_PYTHON has it), on the same samples.
"""
import array, json, math, os, select, shutil, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from harness import (
    FAST, Client, Daemon, Program, Table, Wakeups, cpu_ns, now_ns, percentile, private_environment,
    pss_kb, sound_server, write_speech)

AIORTC = os.environ.get("PARLEY_BENCH_PYTHON")


class Calls:
    """Calls between two sessions each, whose descriptions and candidates this program carries."""

    def __init__(self, client):
        self.client, self.count, self.sessions = client, 0, []

    def make(self, near=None, far=None, **options):
        """A call; answers the time until both ends are connected, in ms."""
        number = self.count
        self.count += 1
        names, ids = (f"far{number}", f"near{number}"), {}
        start = now_ns()
        for name, role, local in zip(names, ("answer", "offer"), (far, near)):
            answer = self.client.call(
                "sessions.create", transport="webrtc", name=name,
                local=local or {"kind": "stream", "rate": 48000},
                options={"signalling": "manual", "role": role, "addresses": ["127.0.0.1"], **options})
            ids[answer["session"]] = name
        connected = set()
        while len(connected) < 2:
            event = self.client.events.pop(0) if self.client.events else self.client.line()["params"]
            name, data = ids.get(event.get("session")), event["data"]
            if not name:
                continue
            if event["type"] == "connection_change" and data.get("status") == "connected":
                connected.add(name)
            kind = data.get("type", "")
            if event["type"] == "transport_event" and kind.startswith("webrtc.") and kind != "webrtc.state":
                other = names[0] if name == names[1] else names[1]
                self.client.call("session.sendEvent", session=other, event=data)
        took = (now_ns() - start) / 1e6
        self.sessions += names
        return names, took

    def close(self):
        """Hangs up at one end each; the other end notices."""
        for name in self.sessions[::2]:
            self.client.call("sessions.close", session=name)
            time.sleep(0.022)
        self.sessions = []
        while self.client.call("sessions.list")["sessions"]:
            time.sleep(0.05)


def aiortc(speech, calls, seconds):
    """What aiortc needs for the same; nothing where it is not installed."""
    if not AIORTC:
        return None
    return json.loads(subprocess.check_output(
        [AIORTC, HERE + "/aiortc_calls.py", speech, str(calls), str(seconds)]))


def setup(client, speech, table):
    calls, times = Calls(client), []
    calls.make()
    for _ in range(10 if FAST else 40):
        times.append(calls.make()[1])
        time.sleep(0.02)
    calls.close()
    table.row("two sessions asked for to both connected, p50 p95",
              f"{percentile(times, .5):.0f} {percentile(times, .95):.0f} ms")
    peer = aiortc(speech, 8, 0.1)
    if peer:
        table.row("  aiortc, first offer to both connected, p50 p95",
                  f"{percentile(peer['setup_ms'], .5):.0f} {percentile(peer['setup_ms'], .95):.0f} ms")


def drive(programs, sound, seconds):
    """Speaks into every session for so long; answers frames and the bytes heard."""
    frames, heard, size, due = int(seconds * 50), 0, 1920, now_ns()
    for number in range(frames):
        at = number * size % (len(sound) - size)
        for program in programs:
            program.socket.send(sound[at : at + size])
            try:
                heard += len(program.socket.recv(1 << 16))
            except BlockingIOError:
                pass
        due += 20_000_000
        time.sleep(max(0, due - now_ns()) / 1e9)
    return frames, heard


def cpu(daemon, client, work, table):
    speech = work + "/speech.raw"
    with open(speech, "rb") as file:
        sound = file.read()
    for count in (1, 8, 32):
        # So many ends; a single one has another to talk to, which costs as much.
        ends = max(count, 2)
        calls = Calls(client)
        names = [name for _ in range(ends // 2) for name in calls.make()[0]]
        programs = [Program(daemon, name) for name in names]
        drive(programs, sound, 1)
        processes = daemon.processes()
        before = {pid: cpu_ns(pid) for pid in processes}
        frames, heard = drive(programs, sound, 3 if FAST else 6)
        used = {pid: cpu_ns(pid) - before[pid] for pid in processes}
        each = sum(used.values()) / frames / ends
        share = used[processes[0]] / frames / ends
        back = heard / (frames * ends * 1920)
        for program in programs:
            program.socket.close()
        calls.close()
        table.row(f"CPU of a 20 ms frame both ways, {ends} ends of calls ({back:.0%} heard)",
                  f"{each / 1e3:.0f} us (daemon {share / 1e3:.0f})")
        alone = float(subprocess.check_output([work + "/call-alone", speech, str(ends)]))
        table.row(f"  beside libopus and libsrtp alone ({alone / 1e3:.0f} us)", f"{each / alone:.2f} x",
                  "1.25 x from 8", None if count < 8 else each <= 1.25 * alone)
        peer = aiortc(speech, ends // 2, 3 if FAST else 6)
        if peer:
            table.row(f"  beside aiortc ({peer['frame_ns'] / 1e3:.0f} us, {peer['heard'] / 50:.0%} heard)",
                      f"{each / peer['frame_ns']:.2f} x", "0.2 x from 8",
                      None if count < 8 else each <= 0.2 * peer["frame_ns"])


def memory(daemon, client, speech, table):
    calls = Calls(client)
    calls.make()
    time.sleep(0.5)
    before = sum(map(pss_kb, daemon.processes()))
    for _ in range(8):
        calls.make()
    time.sleep(0.5)
    each = (sum(map(pss_kb, daemon.processes())) - before) / 16
    calls.close()
    table.row("PSS of one end of a call", f"{each:.0f} kB")
    peer = aiortc(speech, 8, 0.1)
    if peer:
        table.row(f"  beside aiortc ({peer['pss_kb']:.0f} kB)", f"{each / peer['pss_kb']:.2f} x")


def idle(daemon, client, table):
    client.call("sessions.create", transport="webrtc", name="room", wait=True,
                options={"signalling": "listen", "listenAddress": "127.0.0.1:0"},
                local={"kind": "stream", "rate": 48000})
    time.sleep(2)
    processes = daemon.processes()
    wakeups = Wakeups(processes)
    seconds = 5 if FAST else 20
    time.sleep(seconds)
    rate = wakeups.count() / seconds
    table.row(f"wake-ups while it listens for callers, {len(processes)} processes", f"{rate:.2f} /s", "0.2 /s",
              rate <= 0.2)
    client.call("sessions.close", session="room")


class Recorder:
    """Hears a monitor, and knows when each sample of it came."""

    def __init__(self, device, environment):
        self.process = subprocess.Popen(
            ["parec", "-d", device, "--raw", "--rate=48000", "--channels=1", "--format=s16le",
             "--latency-msec=5", "--process-time-msec=5"], env=environment, stdout=subprocess.PIPE)
        self.fd = self.process.stdout.fileno()
        self.loud = []

    def take(self):
        data, came = os.read(self.fd, 1 << 16), now_ns()
        samples = array.array("h", data[: len(data) & ~1])
        for place, sample in enumerate(samples):
            at = came - (len(samples) - place) * 1_000_000 / 48
            # The beginning of a burst, behind at least 200 ms of quiet.
            if abs(sample) > 1500:
                if not self.loud or at - self.loud[-1][1] > 200e6:
                    self.loud.append([at, at])
                self.loud[-1][1] = at

    def stop(self):
        self.process.terminate()
        self.process.wait()


def ear(client, environment, frame_ms, table):
    """What is said at one null sink is heard at the other."""
    calls = Calls(client)
    (far, _), _ = calls.make(
        near={"kind": "devices", "source": "voice.monitor", "sink": "voice"},
        far={"kind": "devices", "source": "speaker.monitor", "sink": "speaker"}, ptimeMs=frame_ms)
    client.call("session.mute", session=far, muted=True, direction="input")
    mouth, other = Recorder("voice.monitor", environment), Recorder("speaker.monitor", environment)
    # Bursts of 60 ms, as syllables are, twice a second and not in step with anything.
    burst = array.array("h", [int(12000 * math.sin(2 * math.pi * 700 * i / 48000)) for i in range(2880)])
    sound = array.array("h", bytes(2 * 48000))
    for _ in range(10 if FAST else 40):
        sound += burst + array.array("h", bytes(2 * 21_617))
    player = subprocess.Popen(
        ["pacat", "-d", "voice", "--raw", "--rate=48000", "--channels=1", "--format=s16le",
         "--latency-msec=20"], env=environment, stdin=subprocess.PIPE)
    left = memoryview(sound.tobytes())
    end = now_ns() + int(len(sound) / 48 * 1e6) + 1_000_000_000
    while now_ns() < end:
        readable, writable, _ = select.select(
            [mouth.fd, other.fd], [player.stdin] if left else [], [], 0.1)
        for recorder in (mouth, other):
            if recorder.fd in readable:
                recorder.take()
        if writable:
            left = left[os.write(player.stdin.fileno(), left[:4096]) :]
            if not left:
                player.stdin.close()
    for recorder in (mouth, other):
        recorder.stop()
    player.wait()
    calls.close()
    delays = []
    for said, _ in mouth.loud:
        heard = [at for at, _ in other.loud if said < at < said + 300e6]
        if heard:
            delays.append((heard[0] - said) / 1e6)
    budget = 60 if frame_ms == 20 else None
    p50, p95 = percentile(delays, .5), percentile(delays, .95)
    table.row(f"mouth to ear, two null sinks, {frame_ms} ms frames, {len(delays)} of {len(mouth.loud)}, p50 p95",
              f"{p50:.0f} {p95:.0f} ms", f"p50 {budget} ms" if budget else "",
              p50 <= budget if budget else None)


def build(work):
    subprocess.check_call(["cc", "-O2", HERE + "/call-alone.c", "-o", work + "/call-alone", "-lopus", "-lsrtp2"])
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
        os.mkdir(work + "/transports", 0o755)
        server = sound_server(work, environment)
        table.head()
        daemon = Daemon(stage, work, environment)
        client = Client(daemon.control)
        client.call("events.subscribe", types=["transport_event", "connection_change"])
        speech = work + "/speech.raw"
        steps = {
            "setup": lambda: setup(client, speech, table),
            "idle": lambda: idle(daemon, client, table),
            "memory": lambda: memory(daemon, client, speech, table),
            "cpu": lambda: cpu(daemon, client, work, table),
            "ear": lambda: [ear(client, environment, ms, table) for ms in (20, 10)],
        }
        for part, measure in steps.items():
            if not parts or part in parts:
                measure()
        print(f"{table.missed} budgets missed")
    finally:
        if daemon:
            daemon.stop()
        if server:
            server.terminate()
            server.wait()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), *sys.argv[2:])
