#!/usr/bin/env python3
"""soak.py STAGE: wears a staged parleyd out for SOAK_MINUTES (10), and looks whether it shows.

Four sessions go on all the time: a microphone and a loudspeaker of a private PulseAudio, two programs
(packets; Opus with loss, jitter and a clock that drifts), and an assistant on the fake Realtime server.
Every 20 s something breaks (faults.py): the sound server, a host, the peer, a client, the disk. Then all
four must come back, with sound that moves; when they have, memory, descriptors, processes and delay are
measured. Until the next fault clients come and go, sessions are made, restarted, interrupted and muted.

At the end no session may be lost and nothing have grown. SOAK_SEED (1) chooses what happens when.
"""
import array, math, multiprocessing, os, random, shutil, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from faults import Faults, small_file_system
from harness import (
    ROOT, Client, Daemon, Program, Table, is_loud, now_ns, own_kb, private_environment, sound_server)
from slope import slope

KEPT = ["room", "line", "opus", "assistant"]
PERIOD_NS = 20_000_000_000
TONE = array.array("h", (int(9000 * math.sin(n * 0.115)) for n in range(24000))).tobytes()
fork = multiprocessing.get_context("fork")


class Talker:
    """A program on the audio socket that speaks for a second, listens for one, and comes back."""

    def __init__(self, daemon, session):
        self.gateway, self.session, self.heard = daemon, session, fork.Value("q", 0)
        self.start()

    def start(self):
        self.process = fork.Process(target=self.run, daemon=True)
        self.process.start()

    def kill(self):
        self.process.kill()
        self.process.join()

    def run(self):
        while True:
            try:
                program = Program(self.gateway, self.session)
                for _ in range(10):
                    self.speak(program)
                program.socket.close()
            except (OSError, KeyError, ValueError):
                time.sleep(0.2)

    def speak(self, program):
        rest, end = TONE, now_ns() + 2e9
        while now_ns() < end:
            try:
                rest = rest[program.socket.send(rest[:4800]):] if rest else rest
            except BlockingIOError:
                pass
            self.heard.value += len(program.read(0.02))


class Soak:
    def __init__(self, stage, work, has_small_disk):
        self.stage, self.work, self.environment = stage, work, private_environment(work)
        self.random = random.Random(int(os.environ.get("SOAK_SEED", "1")))
        self.done, self.samples, self.talkers, self.recoveries = {}, [], [], {}
        self.daemon = self.fake = None
        self.url, self.port = None, 0
        self.server = sound_server(work, self.environment)
        self.daemon = Daemon(stage, work, self.environment)
        self.client = Client(self.daemon.control)
        self.start_fake()
        self.sessions = self.create()
        self.faults = Faults(self, has_small_disk)

    def start_fake(self):
        self.fake = subprocess.Popen(
            [self.stage + "/bin/parley-fake-realtime", "--port", str(self.port)],
            stdout=subprocess.PIPE, text=True)
        self.url = self.fake.stdout.readline().strip()
        self.port = int(self.url.split(":")[2].split("/")[0])

    def create(self):
        stream = {"kind": "stream", "rate": 24000}
        lossy = {"format": "opus", "delayMs": 50, "jitterMs": 20, "lossPercent": 2, "driftPpm": 200}
        made = {}
        for name, local, options in [
            ("room", {"kind": "devices", "source": "voice.monitor", "sink": "speaker"},
             {"delayMs": 100, "packets": True}),
            ("line", stream, {"delayMs": 100, "packets": True}),
            ("opus", stream, lossy),
            ("assistant", stream, {"url": self.url}),
        ]:
            made[name] = self.client.call(
                "sessions.create", name=name, local=local, options=options, wait=True,
                transport="openai-websocket" if name == "assistant" else "loopback")["session"]
        self.talkers = [Talker(self.daemon, name) for name in ("opus", "assistant")]
        return made

    # What happens.

    def attempt(self, method, **parameters):
        """A call that may be refused, since the session may be reconnecting."""
        try:
            return self.client.call(method, **parameters)
        except SystemExit as refusal:
            if not str(refusal).startswith(method):
                raise
            self.count("refused")
            return None

    def count(self, what):
        self.done[what] = self.done.get(what, 0) + 1

    def interrupt(self):
        session = self.random.choice(KEPT)
        self.attempt("session.sendMessage", session=session, message="Tell me a long story.")
        time.sleep(self.random.uniform(0, 0.5))
        self.attempt("session.interrupt", session=session)

    def mute(self):
        session = self.random.choice(KEPT)
        self.attempt("session.mute", session=session, muted=True)
        self.attempt("session.mute", session=session, muted=False)

    def restart(self):
        self.attempt("sessions.restart", session=self.random.choice(KEPT))

    def short_session(self):
        kind = self.random.choice(["stream", "devices"])
        made = self.attempt("sessions.create", transport="loopback", local={"kind": kind}, wait=True)
        if made:
            self.attempt("sessions.close", session=made["session"])

    def clients(self):
        for _ in range(5):
            client = Client(self.daemon.control)
            client.call("events.subscribe")
            client.socket.close()

    def plugin_changes(self):
        os.chmod(self.work + "/transports/timing.so", 0o755)
        self.attempt("gateway.reload")

    def disturb(self):
        what = self.random.choices(
            [self.interrupt, self.mute, self.restart, self.short_session, self.clients],
            [20, 10, 5, 10, 10])[0]
        self.count(what.__name__)
        what()
        time.sleep(self.random.uniform(0, 0.3))

    # What is measured.

    def look(self):
        """Every session that is kept, by name; the run ends if one is lost."""
        found = {s["name"]: s for s in self.client.call("sessions.list")["sessions"]}
        for name, session in self.sessions.items():
            seen = found.get(name)
            if not seen or seen["session"] != session or seen["state"] in ("failed", "closed"):
                raise SystemExit(f"session {name} is lost: {seen}")
        return {name: self.client.call("sessions.get", session=name, limit=0) for name in KEPT}

    def settle(self):
        """Waits until all that was disturbed has come back: connected, and sound moves."""
        began = now_ns()
        first = {}
        while now_ns() - began < 30e9:
            seen = self.look()
            room = seen["room"]["local"]
            is_up = all(session["state"] == "connected" for session in seen.values())
            is_up = is_up and all(room[end]["state"] == "running" for end in ("source", "sink"))
            # Of each, frames in the direction in which there always are some.
            frames = {
                "room": seen["room"]["statistics"]["framesReceived"],
                "opus": seen["opus"]["statistics"]["framesReceived"],
                "assistant": seen["assistant"]["statistics"]["framesSent"],
            }
            if not is_up:
                first = {}
            elif not first:
                first = frames
            elif all(frames[name] > first[name] for name in frames):
                return (now_ns() - began) / 1e9
            time.sleep(0.05)
        raise SystemExit(f"not back within 30 s: {seen}")

    def echo_ms(self):
        """From a program's first sample to its echo; the least of three, since the machine is busy."""
        program, delays = Program(self.daemon, "line"), []
        for _ in range(3):
            while program.read(0.3):
                pass
            start = now_ns()
            program.socket.send(TONE[:4800])
            while not is_loud(program.read(5)):
                if now_ns() - start > 5e9:
                    session = self.client.call("sessions.get", session="line")
                    raise SystemExit(f"nothing came back from {session}")
            delays.append((now_ns() - start) / 1e6)
        program.socket.close()
        return min(delays)

    def device_ms(self):
        """What the devices and the jitter buffer hold, at the least of a few looks."""
        looks = []
        for _ in range(10):
            looks.append(sum(self.client.call("sessions.get", session="room")["latencyMs"].values()))
            time.sleep(0.2)
        return min(looks)

    def measure(self):
        for session in KEPT:
            # The conversation is kept on purpose; what is measured is what should not be.
            self.attempt("session.resetHistory", session=session, history=[])
        delay, room = self.echo_ms(), self.device_ms()
        pids = self.daemon.processes()
        return {
            "memory of the daemon, kB": own_kb(pids[0]),
            "memory of everything, kB": sum(map(own_kb, pids)),
            "descriptors of the daemon": len(os.listdir(f"/proc/{pids[0]}/fd")),
            "threads of the daemon": len(os.listdir(f"/proc/{pids[0]}/task")),
            "processes": len(pids),
            "delay of a program's echo, ms": delay,
            "delay on the devices, ms": room,
        }

    def run(self, minutes):
        began = now_ns()
        end, due = began + minutes * 60e9, began
        while due < end:
            while now_ns() < due:
                self.disturb()
            due += PERIOD_NS
            fault = self.faults.strike()
            took = self.settle()
            self.recoveries.setdefault(fault, []).append(took)
            sample = self.measure()
            self.samples.append(((now_ns() - began) / 60e9, sample))
            figures = "  ".join(f"{value:.0f}" for value in sample.values())
            print(f"{self.samples[-1][0]:5.1f} min  {figures}  {fault}, back in {took:.1f} s", flush=True)

    def verdict(self, table):
        table.head()
        for fault, times in sorted(self.recoveries.items()):
            table.row(f"{len(times)} times {fault}: all four back", f"{max(times):.1f} s at most", "30 s", True)
        table.row("sessions lost", "0", "0", True)
        # The first figures are those of a daemon that has not met everything yet.
        half = self.samples[len(self.samples) // 2:]
        for what in half[0][1]:
            values = [sample[what] for _, sample in half]
            if what.startswith("memory"):
                each, error = slope([minute for minute, _ in half], values)
                table.row(f"slope of {what} a minute", f"{each:.1f} +- {2 * error:.1f}", "0 within it",
                          each - 2 * error <= 0)
            third = max(1, len(half) // 3)
            first, last = (sorted(part)[third // 2] for part in (values[:third], values[-third:]))
            most = first * {"memory": 1.05, "delay": 1.1}.get(what.split()[0], 1)
            most += 10 if "delay" in what else 0
            table.row(what, f"{first:.0f} -> {last:.0f}", f"<= {most:.0f}", last <= most)
        for talker in self.talkers:
            table.row(f"program of {talker.session} heard, s", f"{talker.heard.value / 48000:.0f}", "> 0",
                      talker.heard.value > 0)

    def stop(self):
        for talker in self.talkers:
            talker.kill()
        if self.daemon:
            self.daemon.stop()
        for process in (self.fake, self.server):
            if process:
                process.terminate()
                process.wait()


def prepare(work):
    # Found by the trusted directory of the harness; nobody uses it, but it can be looked into.
    os.mkdir(work + "/transports", 0o755)
    subprocess.check_call(
        ["cc", "-O2", "-shared", "-fPIC", "-I", ROOT + "/Sources/CParleyTransport/include",
         ROOT + "/Benchmarks/Gateway/timing.c", "-o", work + "/transports/timing.so"])
    with open(work + "/parley.toml", "w") as file:
        file.write("version = 1\n")


def main(stage):
    work = tempfile.mkdtemp(prefix="parley-soak.")
    os.chmod(work, 0o755)
    has_small_disk = small_file_system(work)
    if not has_small_disk:
        print("without a full disk: a small file system needs root")
    soak, table = None, Table()
    try:
        prepare(work)
        soak = Soak(stage, work, has_small_disk)
        soak.run(float(os.environ.get("SOAK_MINUTES", "10")))
        soak.verdict(table)
        print("between:", ", ".join(f"{what} {count}" for what, count in sorted(soak.done.items())))
        if table.missed:
            raise SystemExit(f"{table.missed} figures have grown")
    except BaseException:
        with open(work + "/parleyd.log") as log:
            print("the daemon's last words:", *log.readlines()[-40:], sep="\n  ")
        raise
    finally:
        if soak:
            soak.stop()
        if has_small_disk:
            subprocess.call(["umount", "-l", work])
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
