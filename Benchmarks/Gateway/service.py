"""Starts, reloads, stops and deaths, as a service manager sees them: rows of `make bench PARTS=service`."""
import os, random, socket, subprocess, tempfile, time

from harness import FAST, Client, Program, children, now_ns, percentile

SESSIONS = 4


class Served:
    """A parleyd with a service manager that listens (sd_notify(3)), and nobody who polls its sockets."""

    def __init__(self, stage, work, environment, runtime):
        self.runtime, self.control = runtime, runtime + "/control.sock"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        place = tempfile.mkdtemp(dir=work) + "/notify"
        self.notify.bind(place)
        start = now_ns()
        self.process = subprocess.Popen(
            [stage + "/bin/parleyd", "--config", work + "/parley.toml", "--runtime-directory", runtime,
             "--trust-transport-directory", work + "/transports"],
            env={**environment, "NOTIFY_SOCKET": place}, stderr=open(work + "/parleyd.log", "ab"))
        self.notify.settimeout(10)
        while b"READY=1" not in self.notify.recv(8192):
            pass
        self.ready_ms = (now_ns() - start) / 1e6

    def sessions(self, wait=True):
        client = Client(self.control)
        for _ in range(SESSIONS):
            client.call("sessions.create", transport="loopback", wait=wait,
                        options={"format": "opus"}, local={"kind": "stream", "rate": 48000})
        return client

    def close(self):
        self.notify.close()


def exec_to_ready(stage, work, environment, table):
    times = []
    runtime = tempfile.mkdtemp(dir=work)
    for _ in range(10 if FAST else 50):
        daemon = Served(stage, work, environment, runtime)
        times.append(daemon.ready_ms)
        daemon.process.terminate()
        daemon.process.wait(10)
        daemon.close()
    p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
    table.row("exec to READY=1, sound server connected, p50 p95", f"{p50:.0f} {p95:.0f} ms", "p95 40 ms", p95 <= 40)


def total(value, name):
    if isinstance(value, dict):
        return sum(v if k == name else total(v, name) for k, v in value.items())
    return 0


def reloads(stage, work, environment, table):
    """Opus both ways all the time, so that a packet that comes late has to be made up for."""
    daemon = Served(stage, work, environment, tempfile.mkdtemp(dir=work))
    client = daemon.sessions()
    names = [session["session"] for session in client.call("sessions.list")["sessions"]]
    programs = [Program(daemon, name) for name in names]
    frame = b"\x01\x02" * 960
    count = 100 if FAST else 1000

    def figures():
        states = [client.call("sessions.get", session=name) for name in names]
        concealed = sum(total(state, "concealedSamples") for state in states)
        return concealed, sum(state["state"] == "connected" for state in states)

    def pump(seconds, work_between):
        end, done = now_ns() + seconds * 1e9, 0
        due = now_ns()
        while now_ns() < end or done < count:
            if now_ns() >= due:
                due += 20_000_000
                for program in programs:
                    try:
                        program.socket.send(frame)
                    except BlockingIOError:
                        pass
                    program.read(0)
            done = work_between(done)
            time.sleep(max(0, min(0.005, (due - now_ns()) / 1e9)))

    pump(2, lambda done: count)
    before, _ = figures()

    def reload(done):
        if done < count:
            client.call("gateway.reload")
            done += 1
        return done

    pump(0, reload)
    after, connected = figures()
    ms = (after - before) / 48
    table.row(f"{count} reloads, {SESSIONS} Opus sessions: concealed", f"{ms:.0f} ms", "0 ms",
              ms == 0 and connected == SESSIONS)
    start = now_ns()
    daemon.process.terminate()
    status = daemon.process.wait(10)
    took = (now_ns() - start) / 1e6
    left = [name for name in os.listdir(daemon.runtime) if name.endswith(".sock")]
    table.row(f"SIGTERM to exit, {SESSIONS} sessions", f"{took:.0f} ms, code {status}", "1000 ms, 0",
              took <= 1000 and status == 0 and not left)
    daemon.close()


def is_there(pid):
    """Whether a process runs; one that only waits to be reaped by init does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def deaths(stage, work, environment, table):
    runtime = tempfile.mkdtemp(dir=work)
    count = 20 if FAST else 200
    times, orphans, lost = [], 0, 0
    daemon = Served(stage, work, environment, runtime)
    for _ in range(count):
        daemon.sessions(wait=False)
        time.sleep(random.uniform(0, 0.08))
        family = children(daemon.process.pid)
        daemon.process.kill()
        daemon.process.wait()
        daemon.close()
        daemon = Served(stage, work, environment, runtime)
        times.append(daemon.ready_ms)
        # Answers on its socket: what the dead one left did not stand in the way.
        Client(daemon.control).call("gateway.info")
        end = now_ns() + 2e9
        while any(map(is_there, family)) and now_ns() < end:
            time.sleep(0.002)
        orphans += sum(map(is_there, family))
    daemon.process.terminate()
    daemon.process.wait(10)
    daemon.close()
    worst = max(times)
    table.row(f"{count} times SIGKILL: next READY=1, worst", f"{worst:.0f} ms", "150 ms", worst <= 150)
    table.row(f"{count} times SIGKILL: orphans", f"{orphans}", "0", orphans == 0)


def measure(stage, work, environment, table):
    exec_to_ready(stage, work, environment, table)
    reloads(stage, work, environment, table)
    deaths(stage, work, environment, table)
