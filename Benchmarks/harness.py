"""What every benchmark needs: the staged parleyd, its clients, figures of processes, a table."""
import array, atexit, json, math, os, select, socket, struct, subprocess, tempfile, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FAST = bool(os.environ.get("BENCH_FAST"))
now_ns = time.monotonic_ns


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, math.ceil(share * len(values)) - 1)] if values else math.nan


class Table:
    def __init__(self):
        self.missed = 0

    def head(self):
        print(f"{'what':58} {'measured':>22} {'budget':>16}  verdict")

    def row(self, what, measured, budget="", ok=None):
        verdict = "" if ok is None else "ok" if ok else "MISSED"
        self.missed += ok is False
        print(f"{what:58} {measured:>22} {budget:>16}  {verdict}", flush=True)


def cpu_ns(pid):
    """CPU time that a process ever used, by the scheduler's clock."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def status_of(pid, name):
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith(name):
                return line.split()[1]
    return "0"


def children(pid):
    """All below a process, those that have not been buried included."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                for child in map(int, file.read().split()):
                    found += [child] + children(child)
    except (FileNotFoundError, ProcessLookupError):
        pass  # it has just ended
    return found


def pss_kb(pid, *kinds):
    """Proportional memory, or of some kinds of it: "Anon", "Shmem", "File"."""
    wanted = {f"Pss_{kind}:" for kind in kinds} or {"Pss:"}
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.split()[0] in wanted)


def own_kb(pid):
    """What a process has filled itself. The rest is pages of files, and of those it counts the less the more
    programs of the machine have the same library in use: they tell nothing of growth."""
    return pss_kb(pid, "Anon", "Shmem")


class Wakeups:
    """How often threads of some processes go to sleep of their own will, from now on."""

    def __init__(self, pids):
        self.pids, self.before = pids, self.look(pids)

    @staticmethod
    def look(pids):
        counts = {}
        for pid in pids:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/status") as file:
                    counts[task] = next(int(l.split()[1]) for l in file if l.startswith("voluntary"))
        return counts

    def count(self):
        """A thread that came counts from its first sleep on; one that left woke at least for that."""
        now = self.look(self.pids)
        slept = sum(count - self.before.get(task, 0) for task, count in now.items())
        return slept + len(self.before.keys() - now.keys())


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.buffer, self.events, self.last = b"", [], 0

    def line(self):
        while b"\n" not in self.buffer:
            data = self.socket.recv(1 << 20)
            if not data:
                raise SystemExit("parleyd closed the control socket")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def call(self, method, **parameters):
        self.last += 1
        request = {"jsonrpc": "2.0", "id": self.last, "method": method, "params": parameters}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = self.line()
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer["params"])

    def event(self, kind, inner=None):
        """The next event of a type; the ones before it are dropped."""
        while True:
            event = self.events.pop(0) if self.events else self.line()["params"]
            if event["type"] == kind and (inner is None or event["data"].get("type") == inner):
                return event["data"]


def private_environment(work):
    """That of a daemon that no service manager started; what it remembers of plugins stays in work."""
    mine = ("NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_", "RUNTIME_DIRECTORY", "CACHE_DIRECTORY")
    os.makedirs(work + "/cache", exist_ok=True)
    return {**{k: v for k, v in os.environ.items() if not k.startswith(mine)},
            "XDG_CACHE_HOME": work + "/cache"}


def start_parleyd(stage, work, runtime, environment, *arguments):
    with open(work + "/parleyd.log", "ab") as log:
        process = subprocess.Popen(
            [stage + "/bin/parleyd", "--config", work + "/parley.toml", "--runtime-directory", runtime,
             "--trust-transport-directory", work + "/transports", *arguments],
            env=environment, stderr=log)
    # None outlives a benchmark that fails.
    atexit.register(lambda: process.poll() is None and process.kill())
    return process


class Daemon:
    def __init__(self, stage, work, environment, *arguments, **more):
        self.runtime = tempfile.mkdtemp(dir=work)
        self.control = self.runtime + "/control.sock"
        start = now_ns()
        self.process = start_parleyd(
            stage, work, self.runtime, {**environment, **more}, *arguments)
        while True:
            probe = socket.socket(socket.AF_UNIX)
            try:
                probe.connect(self.control)
                probe.sendall(b'{"jsonrpc":"2.0","id":1,"method":"gateway.info"}\n')
                probe.recv(65536)
                break
            except OSError:
                if self.process.poll() is not None or now_ns() - start > 10e9:
                    raise SystemExit(f"parleyd does not start: see {work}/parleyd.log")
                time.sleep(0.0003)
        self.ready_ms = (now_ns() - start) / 1e6
        probe.close()

    def processes(self):
        return [self.process.pid] + children(self.process.pid)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Program:
    """A program on the audio socket."""

    def __init__(self, daemon, session, **greeting):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(daemon.runtime + "/audio.sock")
        self.socket.sendall(json.dumps({"session": session, **greeting}).encode() + b"\n")
        line = b""
        while not line.endswith(b"\n"):
            byte = self.socket.recv(1)
            if not byte:
                raise ConnectionError("parleyd closed the audio socket")
            line += byte
        self.rate = json.loads(line)["rate"]
        self.socket.setblocking(False)

    def read(self, timeout=5.0):
        if not select.select([self.socket], [], [], timeout)[0]:
            return b""
        return self.socket.recv(1 << 16)


class Conversation(threading.Thread):
    """Programs that speak all the time, one for each session, a little ahead of the daemon's clock."""

    FRAME = array.array("h", (int(9000 * math.sin(n * math.pi / 60)) for n in range(960))).tobytes()
    AHEAD = 4

    def __init__(self, daemon, sessions):
        super().__init__(daemon=True)
        self.programs = [Program(daemon, session) for session in sessions]
        self.heard = [0] * len(sessions)
        self.is_over = False
        self.start()

    def run(self):
        due, frames = now_ns(), self.AHEAD
        while not self.is_over:
            for number, program in enumerate(self.programs):
                try:
                    program.socket.send(self.FRAME * frames)
                    self.heard[number] += len(program.read(0)) // 2
                except (BlockingIOError, BrokenPipeError, ConnectionResetError):
                    pass  # it takes no more now, or its session ends
            frames = 1
            due += 20_000_000
            time.sleep(max(0, due - now_ns()) / 1e9)

    def end(self):
        self.is_over = True
        self.join()
        for program in self.programs:
            program.socket.close()


def stream_session(client, name, rate=24000, **options):
    """A program's session on the transport that tells times."""
    client.call("sessions.create", transport="timing", name=name, wait=True, options=options,
                local={"kind": "stream", "rate": rate})


def opus_sessions(client, count, transport="loopback", **options):
    """Sessions of programs, sound at 48 kHz, packets of Opus both ways. Returns their ids."""
    return [client.call("sessions.create", transport=transport, wait=True, options=options,
                        local={"kind": "stream", "rate": 48000})["session"] for _ in range(count)]


def concealed_ms(client, sessions):
    """What was made up for packets that had not come when they were due."""
    found = [client.call("sessions.get", session=name, limit=0) for name in sessions]
    return sum(session["statistics"]["concealedSamples"] for session in found) / 48


def is_loud(data):
    return max(map(abs, array.array("h", data[: len(data) & ~1])), default=0) > 16


def sound_server(work, environment):
    os.mkdir(work + "/pulse", 0o700)
    process = subprocess.Popen(
        ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
         "--log-target=file:" + work + "/pulse.log",
         f"--load=module-native-protocol-unix socket={work}/pulse/native auth-anonymous=1",
         "--load=module-null-sink sink_name=speaker", "--load=module-null-sink sink_name=voice"],
        env={**environment, "HOME": work, "XDG_RUNTIME_DIR": work + "/pulse"})
    environment["PULSE_SERVER"] = f"unix:{work}/pulse/native"
    for _ in range(100):
        if subprocess.run(["pactl", "info"], env=environment, capture_output=True).returncode == 0:
            return process
        time.sleep(0.1)
    raise SystemExit("the private PulseAudio does not answer")


def write_speech(path):
    """Three seconds like speech, 48 kHz: a gliding buzz of harmonics with syllables and breath."""
    seed, phase, samples = 1, 0.0, array.array("h")
    for i in range(48000 * 3):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        t = i / 48000
        phase += (120 + 30 * math.sin(2.1 * t)) / 48000
        buzz = sum(math.sin(2 * math.pi * k * phase) / k for k in range(1, 9))
        level = max(0.0, math.sin(2 * math.pi * 3.3 * t)) * 0.25
        samples.append(int(32767 * (level * buzz + 0.02 * (seed / 0x40000000 - 1))) // 2)
    with open(path, "wb") as file:
        samples.tofile(file)
