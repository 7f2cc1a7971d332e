#!/usr/bin/env python3
"""soak.py STAGE: wears a staged parleyd out for SOAK_MINUTES (10), and looks whether it shows.

Five sessions go on all the time: a microphone and a loudspeaker of a private PulseAudio, three programs
(PCM; Opus with loss, jitter and a clock that drifts; a peer that hangs up every seven seconds), and an
assistant on the fake Realtime server. Meanwhile clients come and go, sessions are made, restarted,
interrupted and muted, hosts and the sound server are killed. Every half minute all that rests and
memory, descriptors, processes and delay are measured; at the end the last third of the figures is held
against the first. SOAK_SEED (1) chooses what happens.
"""
import array, math, os, random, shutil, signal, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from harness import (
    Client, Daemon, Program, Table, children, is_loud, now_ns, private_environment, pss_kb,
    sound_server)

KEPT = ["room", "line", "opus", "flaky", "assistant"]
TONE = array.array("h", (int(9000 * math.sin(n * 0.115)) for n in range(24000))).tobytes()


class Talker(threading.Thread):
    """A program on the audio socket that speaks for a second, listens for one, and comes back."""

    def __init__(self, daemon, session):
        super().__init__(daemon=True)
        self.gateway, self.session, self.is_over = daemon, session, False
        self.heard = 0
        self.start()

    def run(self):
        while not self.is_over:
            try:
                program = Program(self.gateway, self.session)
                for _ in range(10):
                    self.speak(program)
                program.socket.close()
            except (OSError, KeyError, ValueError):
                time.sleep(0.2)

    def speak(self, program):
        rest, end = TONE, now_ns() + 2e9
        while now_ns() < end and not self.is_over:
            try:
                rest = rest[program.socket.send(rest[:4800]):] if rest else rest
            except BlockingIOError:
                pass
            data = program.read(0.02)
            self.heard += len(data)


class Soak:
    def __init__(self, stage, work):
        self.work, self.environment = work, private_environment(work)
        self.random = random.Random(int(os.environ.get("SOAK_SEED", "1")))
        self.done, self.samples, self.talkers = {}, [], []
        self.daemon = self.fake = None
        self.server = sound_server(work, self.environment)
        self.daemon = Daemon(stage, work, self.environment)
        self.client = Client(self.daemon.control)
        self.fake = subprocess.Popen(
            [stage + "/bin/parley-fake-realtime"], stdout=subprocess.PIPE, text=True)
        self.create(self.fake.stdout.readline().strip())

    def create(self, url):
        stream = {"kind": "stream", "rate": 24000}
        lossy = {"format": "opus", "delayMs": 50, "jitterMs": 20, "lossPercent": 2, "driftPpm": 200}
        for name, local, options in [
            ("room", {"kind": "devices", "source": "voice.monitor", "sink": "speaker"},
             {"delayMs": 100, "packets": True}),
            ("line", stream, {"delayMs": 100, "packets": True}),
            ("opus", stream, lossy),
            ("flaky", stream, {"disconnectAfterS": 7}),
            ("assistant", stream, {"url": url}),
        ]:
            self.client.call(
                "sessions.create", name=name, local=local, options=options, wait=True,
                transport="openai-websocket" if name == "assistant" else "loopback")
        self.talkers = [Talker(self.daemon, name) for name in ("opus", "flaky", "assistant")]

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

    def kill_host(self):
        hosts = [pid for pid in children(self.daemon.process.pid) if "host" in name_of(pid)]
        # The eldest is the spawner, whose end is the daemon's.
        if len(hosts) > 1:
            os.kill(self.random.choice(sorted(hosts)[1:]), signal.SIGKILL)

    def kill_sound_server(self):
        self.server.kill()
        self.server.wait()
        time.sleep(self.random.uniform(0, 2))
        shutil.rmtree(self.work + "/pulse")
        self.server = sound_server(self.work, self.environment)

    def disturb(self):
        what = self.random.choices(
            [self.interrupt, self.mute, self.restart, self.short_session, self.clients,
             self.kill_host, self.kill_sound_server], [20, 10, 5, 10, 10, 3, 1])[0]
        self.count(what.__name__)
        what()
        time.sleep(self.random.uniform(0, 0.3))

    # What is measured.

    def settle(self):
        """Waits until everything that was disturbed has come back."""
        end = now_ns() + 30e9
        while now_ns() < end:
            sessions = {s["name"]: s for s in self.client.call("sessions.list")["sessions"]}
            room = self.client.call("sessions.get", session="room")["local"]
            up = [sessions[name]["state"] == "connected" for name in KEPT if name != "flaky"]
            if all(up) and all(room[end]["state"] == "running" for end in ("source", "sink")):
                time.sleep(1)
                return
            time.sleep(0.1)
        raise SystemExit(f"not back within 30 s: {sessions}")

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
        self.settle()
        for session in KEPT:
            # The conversation is kept on purpose; what is measured is what should not be.
            self.attempt("session.resetHistory", session=session, history=[])
        delay, room = self.echo_ms(), self.device_ms()
        pids = self.daemon.processes()
        sample = {
            "memory of the daemon, kB": pss_kb(pids[0]),
            "memory of everything, kB": sum(map(pss_kb, pids)),
            "descriptors of the daemon": len(os.listdir(f"/proc/{pids[0]}/fd")),
            "threads of the daemon": len(os.listdir(f"/proc/{pids[0]}/task")),
            "processes": len(pids),
            "delay of a program's echo, ms": delay,
            "delay on the devices, ms": room,
        }
        self.samples.append(sample)
        print("  ".join(f"{value:.0f}" for value in sample.values()), flush=True)

    def verdict(self, table):
        # The first figures are those of a daemon that has not met everything yet.
        settled = self.samples[1:] if len(self.samples) > 3 else self.samples
        third = max(1, len(settled) // 3)
        table.head()
        room = {"memory": 0.05, "delay": 0.1}
        for what in settled[0]:
            first, last = (
                sorted(s[what] for s in part)[third // 2]
                for part in (settled[:third], settled[-third:]))
            most = first * (1 + room.get(what.split()[0], 0)) + (10 if "delay" in what else 0)
            table.row(what, f"{first:.0f} -> {last:.0f}", f"<= {most:.0f}", last <= most)
        for talker in self.talkers:
            table.row(f"program of {talker.session} heard, s", f"{talker.heard / 48000:.0f}", "> 0",
                      talker.heard > 0)

    def run(self, minutes):
        end = now_ns() + minutes * 60e9
        pause = min(30e9, minutes * 60e9 / 10)
        while now_ns() < end:
            next_look = now_ns() + pause
            while now_ns() < min(next_look, end):
                self.disturb()
            self.measure()

    def stop(self):
        for talker in self.talkers:
            talker.is_over = True
        if self.daemon:
            self.daemon.stop()
        for process in (self.fake, self.server):
            if process:
                process.terminate()
                process.wait()


def name_of(pid):
    with open(f"/proc/{pid}/comm") as file:
        return file.read()


def main(stage):
    work = tempfile.mkdtemp(prefix="parley-soak.")
    os.chmod(work, 0o755)
    # The spare directory of plugins that the harness names stays empty: those of the stage are used.
    os.mkdir(work + "/transports")
    with open(work + "/parley.toml", "w") as file:
        file.write("version = 1\n")
    soak, table = None, Table()
    try:
        soak = Soak(stage, work)
        soak.run(float(os.environ.get("SOAK_MINUTES", "10")))
        soak.verdict(table)
        print("done:", ", ".join(f"{what} {count}" for what, count in sorted(soak.done.items())))
        if table.missed:
            raise SystemExit(f"{table.missed} figures have grown")
    finally:
        if soak:
            soak.stop()
        if os.environ.get("BENCH_KEEP"):
            print("kept:", work)
        else:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
