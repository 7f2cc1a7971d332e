#!/usr/bin/env python3
"""assistant.py STAGE [PART ...]: measures the openai-websocket transport of the staged parleyd against the
fake Realtime server and prints a table.

The parts are latency, long, memory and cpu; without any, all of them. `PARLEY_BENCH_PYTHON` names a Python
with the packages of requirements.txt, for the peer. CPU is the scheduler's clock of each process; all of
Parley's processes count together, the fake server's does not.
"""
import json, os, shutil, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from harness import (
    FAST, Client, Daemon, Program, Table, cpu_ns, is_loud, now_ns, percentile, pss_kb)

RATE, FRAME = 24000, bytes(960)
# The server listens but takes no turns by itself.
DEAF = {"audio": {"input": {"turn_detection": None}}}


class Fake:
    """A fake server and what it says of the wire."""

    def __init__(self, stage, transcript=None, **options):
        arguments = [f"--option={name}={value}" for name, value in options.items()]
        self.path = transcript
        if transcript:
            arguments.append(f"--transcript={transcript}")
        self.process = subprocess.Popen(
            [stage + "/bin/parley-fake-realtime", *arguments], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def events(self, kind):
        with open(self.path) as file:
            lines = [json.loads(line) for line in file]
        return [(line["ns"], line["event"]) for line in lines
                if line.get("event", {}).get("type") == kind]

    def wait(self, kind, count=1):
        until = now_ns() + 20e9
        while len(found := self.events(kind)) < count:
            if now_ns() > until:
                raise SystemExit(f"the fake server has not seen {kind}")
            time.sleep(0.005)
        return found

    def stop(self):
        self.process.terminate()
        self.process.wait()


def session(client, name, url, config=DEAF):
    client.call("sessions.create", transport="openai-websocket", name=name, wait=True,
                options={"url": url}, sessionConfig=config, local={"kind": "stream", "rate": RATE})


def latency(stage, daemon, client, work, table):
    fake = Fake(stage, work + "/latency", say_ms=400, speed=50)
    session(client, "latency", fake.url)
    program = Program(daemon, "latency")
    count, written, due = 100 if FAST else 300, [], now_ns()
    for _ in range(count):
        # Not in step with the daemon's tick.
        due += 20_130_000
        time.sleep(max(0, due - now_ns()) / 1e9)
        written.append(now_ns())
        program.socket.send(FRAME)
    came = [ns for ns, _ in fake.wait("input_audio_buffer.append", count)]
    late = [(at - sent) / 1e6 for at, sent in zip(came, written)]
    p50, p99 = percentile(late, 0.5), percentile(late, 0.99)
    table.row(f"program's frame to the server, {len(came)} of {count}, p50 p99",
              f"{p50:.2f} {p99:.2f} ms", "5 8 ms", p50 <= 5 and p99 <= 8)
    starts = []
    for turn in range(10 if FAST else 30):
        client.call("session.requestResponse", session="latency")
        while not is_loud(program.read()):
            pass
        first = now_ns()
        deltas = fake.wait("response.done", turn + 1) and fake.events("response.output_audio.delta")
        mine = [ns for ns, event in deltas if event["response_id"] == f"resp_{turn + 1}"]
        starts.append((first - mine[0]) / 1e6)
        while program.read(0.3):
            pass
    p50, p99 = percentile(starts, 0.5), percentile(starts, 0.99)
    table.row("first delta to the first sample at a program, p50 p99",
              f"{p50:.1f} {p99:.1f} ms", "10 20 ms", p50 <= 10 and p99 <= 20)
    client.call("sessions.close", session="latency")
    fake.stop()


def long_speech(stage, daemon, client, work, table):
    """Ten minutes of speech in ten seconds, then a barge-in."""
    minutes = 2 if FAST else 10
    fake = Fake(stage, work + "/long", say_ms=minutes * 60_000, speed=60)
    session(client, "long", fake.url)
    program = Program(daemon, "long")
    client.call("session.requestResponse", session="long")
    heard, asked, last = 0, None, None
    until = now_ns() + (minutes + 1) * 1_000_000_000
    while asked is None or now_ns() - asked < 300e6:
        data = program.read(0.05)
        if data:
            heard += len(data) // 2
            last = now_ns()
        if asked is None and now_ns() > until:
            asked = now_ns()
            client.call("session.interrupt", session="long")
    silence = max(0, last - asked) / 1e6
    told = fake.wait("conversation.item.truncate")[0][1]["audio_end_ms"]
    error = abs(told - heard * 1000 / RATE)
    table.row(f"{minutes} min of speech at 60 x: barge-in to silence", f"{silence:.1f} ms", "25 ms",
              silence <= 25)
    table.row("  error of what the server was told", f"{error:.1f} ms", "10 ms", error <= 10)
    client.call("sessions.close", session="long")
    fake.stop()


def memory(stage, daemon, client, work, table):
    fake = Fake(stage)
    session(client, "warm", fake.url)
    time.sleep(0.3)
    before = sum(map(pss_kb, daemon.processes()))
    programs = []
    for number in range(20):
        session(client, f"memory{number}", fake.url)
        programs.append(Program(daemon, f"memory{number}"))
    for _ in range(50):
        for program in programs:
            program.socket.send(FRAME)
        time.sleep(0.02)
    each = (sum(map(pss_kb, daemon.processes())) - before) / len(programs)
    table.row("PSS of a session", f"{each:.0f} kB", "200 kB", each <= 200)
    for number in range(20):
        client.call("sessions.close", session=f"memory{number}")
    client.call("sessions.close", session="warm")
    fake.stop()


def cpu(stage, daemon, client, work, table):
    seconds = 3 if FAST else 8
    peer = os.environ.get("PARLEY_BENCH_PYTHON")
    for count in (1, 16, 128):
        fake = Fake(stage, say_ms=600_000, speed=1)
        names = [f"cpu{number}" for number in range(count)]
        programs = []
        for name in names:
            session(client, name, fake.url)
            programs.append(Program(daemon, name))
            client.call("session.requestResponse", session=name)
        processes = daemon.processes()

        def drive(seconds):
            frames, heard, due = int(seconds * 50), 0, now_ns()
            for _ in range(frames):
                for program in programs:
                    program.socket.send(FRAME)
                    try:
                        heard += len(program.socket.recv(1 << 16))
                    except BlockingIOError:
                        pass
                due += 20_000_000
                time.sleep(max(0, due - now_ns()) / 1e9)
            return frames, heard

        drive(1)
        before = {pid: cpu_ns(pid) for pid in processes}
        frames, heard = drive(seconds)
        used = {pid: cpu_ns(pid) - before[pid] for pid in processes}
        each = sum(used.values()) / frames / count
        share = used[processes[0]] / frames / count
        back = heard / (frames * count * len(FRAME))
        table.row(f"CPU of a 20 ms frame both ways, {count} sessions ({back:.0%} returned)",
                  f"{each / 1e3:.0f} us (daemon {share / 1e3:.0f})", "40 us at 16",
                  each <= 40e3 if count == 16 else None)
        for name in names:
            client.call("sessions.close", session=name)
        for program in programs:
            program.socket.close()
        fake.stop()
        if peer and count <= 16:
            fake = Fake(stage, say_ms=600_000, speed=1)
            output = subprocess.check_output(
                [peer, HERE + "/agents_peer.py", fake.url, str(count), str(seconds)], text=True)
            peer_ns, returned = output.split()
            table.row(f"  openai-agents at the same ({float(returned):.0%} returned)",
                      f"{float(peer_ns) / 1e3:.0f} us, {float(peer_ns) / each:.1f} x ours")
            fake.stop()


def main(stage, *parts):
    work = tempfile.mkdtemp(prefix="parley-bench.")
    os.chmod(work, 0o755)
    with open(work + "/parley.toml", "w") as file:
        file.write("version = 1\n")
    os.mkdir(work + "/transports", 0o755)
    daemon, table = None, Table()
    environment = {**os.environ, "PULSE_SERVER": f"unix:{work}/none", "XDG_CACHE_HOME": work}
    try:
        table.head()
        daemon = Daemon(stage, work, environment)
        client = Client(daemon.control)
        steps = {"latency": latency, "long": long_speech, "memory": memory, "cpu": cpu}
        for part, measure in steps.items():
            if not parts or part in parts:
                measure(stage, daemon, client, work, table)
        print(f"{table.missed} budgets missed")
    finally:
        if daemon:
            daemon.stop()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), *sys.argv[2:])
