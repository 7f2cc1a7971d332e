"""Starts, reloads, stops and deaths, as a service manager sees them: rows of `make bench PARTS=service`."""
import ctypes, os, random, signal, socket, tempfile, time

from harness import (
    FAST, Client, Conversation, children, concealed_ms, now_ns, opus_sessions, percentile,
    start_parleyd)

SESSIONS = 4
SOCKETS = {"control.sock", "monitor.sock", "audio.sock", "metrics.sock"}


class Served:
    """A parleyd with a service manager that listens (sd_notify(3)), and nobody who polls its sockets."""

    def __init__(self, stage, work, environment, runtime):
        self.runtime, self.control = runtime, runtime + "/control.sock"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        place = tempfile.mkdtemp(dir=work) + "/notify"
        self.notify.bind(place)
        self.start = now_ns()
        self.process = start_parleyd(stage, work, runtime, {**environment, "NOTIFY_SOCKET": place})

    def ready_ms(self):
        """Waits until it says so, and returns how long that took since it was started."""
        self.notify.settimeout(10)
        while b"READY=1" not in self.notify.recv(8192):
            pass
        return (now_ns() - self.start) / 1e6

    def listen(self):
        """Takes what else it says: a manager that is deaf to ten messages makes it wait."""
        self.notify.setblocking(False)
        try:
            while self.notify.recv(8192):
                pass
        except BlockingIOError:
            pass

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        status = self.process.wait(10)
        self.notify.close()
        return status


def exec_to_ready(stage, work, environment, table):
    times = []
    runtime = tempfile.mkdtemp(dir=work)
    for _ in range(20 if FAST else 100):
        daemon = Served(stage, work, environment, runtime)
        times.append(daemon.ready_ms())
        daemon.end()
    p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
    table.row("exec to READY=1, sound server connected, p50 p95", f"{p50:.0f} {p95:.0f} ms",
              "p95 40 ms", p95 <= 40)


def reloads(stage, work, environment, table):
    """With Opus both ways all the time: a packet that comes late has to be made up for."""
    daemon = Served(stage, work, environment, tempfile.mkdtemp(dir=work))
    daemon.ready_ms()
    client = Client(daemon.control)
    sessions = opus_sessions(client, SESSIONS, format="opus")
    conversation = Conversation(daemon, sessions)
    time.sleep(2)
    before, heard, began = concealed_ms(client, sessions), sum(conversation.heard), now_ns()
    count = 100 if FAST else 1000
    for number in range(count):
        # Every other time there is something new in it.
        with open(work + "/parley.toml", "w") as file:
            file.write("version = 1\n" + "[opus]\nframe = \"10ms\"\n" * (number // 2 % 2))
        client.call("gateway.reload")
        daemon.listen()
        # A client may ask a hundred times a second.
        time.sleep(0.01)
    with open(work + "/parley.toml", "w") as file:
        file.write("version = 1\n")
    ms = concealed_ms(client, sessions) - before
    missed = (now_ns() - began) / 1e6 - (sum(conversation.heard) - heard) / 48 / SESSIONS
    states = [session["state"] for session in client.call("sessions.list")["sessions"]]
    # Two frames may be under way at either end.
    table.row(f"{count} reloads, {SESSIONS} Opus sessions: concealed", f"{ms:.0f} ms", "0 ms",
              ms == 0 and missed <= 80 and states == ["connected"] * SESSIONS)
    start = now_ns()
    status = daemon.end()
    took = (now_ns() - start) / 1e6
    conversation.end()
    left = SOCKETS & set(os.listdir(daemon.runtime))
    table.row(f"SIGTERM to exit, {SESSIONS} sessions", f"{took:.0f} ms, code {status}", "1000 ms, 0",
              took <= 1000 and status == 0 and not left)
    table.row("  sockets left", f"{len(left)}", "0", not left)


def adopt_orphans():
    """From now on processes whose parent dies become this one's children: prctl(2)."""
    pr_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def is_gone(pid):
    """Whether an orphan has ended; buries it then."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def deaths(stage, work, environment, table):
    """Kills at any moment between exec and sessions that speak, and starts anew in the same place."""
    adopt_orphans()
    runtime = tempfile.mkdtemp(dir=work)
    others = set(children(os.getpid()))
    moments = random.Random(1)
    count = 20 if FAST else 200
    times, orphans, refused, early = [], 0, 0, 0
    for _ in range(count):
        victim = Served(stage, work, environment, runtime)
        moment = victim.start + moments.uniform(0, 120e6)
        if moments.random() < 0.7:
            victim.ready_ms()
            client = Client(victim.control)
            for number in range(SESSIONS):
                client.socket.sendall(
                    b'{"jsonrpc":"2.0","id":%d,"method":"sessions.create","params":{"transport":'
                    b'"loopback","options":{"format":"opus"},"local":{"kind":"stream"}}}\n' % number)
            moment = now_ns() + moments.uniform(0, 120e6)
        else:
            early += 1
        time.sleep(max(0, moment - now_ns()) / 1e9)
        victim.end(signal.SIGKILL)
        daemon = Served(stage, work, environment, runtime)
        times.append(daemon.ready_ms())
        # Each of its sockets answers: what the dead one left did not stand in the way.
        for name in SOCKETS:
            try:
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.connect(f"{runtime}/{name}")
            except OSError:
                refused += 1
        Client(daemon.control).call("gateway.info")
        alive = {daemon.process.pid, *children(daemon.process.pid)}
        family = set(children(os.getpid())) - others - alive
        end = now_ns() + 1e9
        while family and now_ns() < end:
            family = {pid for pid in family if not is_gone(pid)}
            time.sleep(0.001)
        orphans += len(family)
        daemon.end()
    left = SOCKETS & set(os.listdir(runtime))
    p50, worst = percentile(times, 0.5), max(times)
    table.row(f"{count} times SIGKILL, {early} before READY=1: next one, p50 max",
              f"{p50:.0f} {worst:.0f} ms", "150 ms", worst <= 150)
    table.row("  orphans; sockets that refuse; sockets left", f"{orphans}; {refused}; {len(left)}",
              "0; 0; 0", orphans + refused + len(left) == 0)


def measure(stage, work, environment, table):
    exec_to_ready(stage, work, environment, table)
    reloads(stage, work, environment, table)
    deaths(stage, work, environment, table)
