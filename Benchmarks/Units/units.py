#!/usr/bin/env python3
"""The service with hosts in units of their own, measured in a Debian that a systemd of its own runs: rows of
`make bench PARTS=units`. Runs in there, as root, with the package in /packages."""
import glob, json, os, signal, socket, subprocess, sys, time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import Table, percentile, pss_kb

FAST = "fast" in sys.argv


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


class Client:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect("/run/parley/control.sock")
        self.lines = self.socket.makefile("r")
        self.last = 0

    def call(self, method, **parameters):
        self.last += 1
        request = {"jsonrpc": "2.0", "id": self.last, "method": method, "params": parameters}
        self.socket.sendall((json.dumps(request) + "\n").encode())
        while (answer := json.loads(self.lines.readline())).get("id") != self.last:
            pass
        if "error" in answer:
            sys.exit(f"{method}: {answer['error']}")
        return answer["result"]

    def wait_until_connected(self):
        while json.loads(self.lines.readline())["params"]["data"].get("state") != "connected":
            pass


def processes():
    """The daemon and the hosts of plugins."""
    names = {"parleyd", "parley-host", "parley-keeper", "parley-spawner"}
    for place in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(place) as file:
                if file.read().strip() in names:
                    yield int(place.split("/")[2])
        except OSError:
            pass


def host():
    for process in processes():
        with open(f"/proc/{process}/maps") as file:
            if "transports/loopback.so" in file.read():
                return process
    sys.exit("no process has the loopback loaded")


def wake_ups():
    total = 0
    for process in processes():
        for status in glob.glob(f"/proc/{process}/task/*/status"):
            with open(status) as file:
                total += sum(int(line.split()[1]) for line in file
                             if line.startswith("voluntary_ctxt_switches"))
    return total


def restarts(table):
    """From the manager's exec, which sets up the sandbox of the unit first, to READY=1."""
    times = []
    for _ in range(10 if FAST else 50):
        # So many at once would count as a service that can't start.
        run("systemctl", "reset-failed", "parleyd.service")
        run("systemctl", "restart", "parleyd.service")
        shown = run("systemctl", "show", "parleyd.service", "--property=ExecMainStartTimestampMonotonic",
                    "--property=ActiveEnterTimestampMonotonic")
        begun, ready = (int(line.split("=")[1]) for line in sorted(shown.split(), reverse=True))
        times.append((ready - begun) / 1000)
    p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
    # The budget is that of parleyd from exec on; systemd lays out the sandbox before.
    table.row("unit started to active, its sandbox included, p50 p95", f"{p50:.0f} {p95:.0f} ms")


def kills(table):
    client = Client()
    client.call("sessions.create", transport="loopback", name="killed", wait=True, local={"kind": "stream"})
    client.call("events.subscribe", types=["session_state"])
    times = []
    for _ in range(20 if FAST else 100):
        time.sleep(1.2)  # one that served for a second is replaced at once
        victim = host()
        begun = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        client.wait_until_connected()
        times.append((time.monotonic() - begun) * 1000)
    p50, worst = percentile(times, 0.5), max(times)
    table.row(f"{len(times)} times SIGKILL to a host in a unit: connected, p50 max", f"{p50:.0f} {worst:.0f} ms",
              "150 ms", worst <= 150)
    client.call("sessions.close", session="killed")


def idle(table):
    time.sleep(5)
    seconds = 20 if FAST else 60
    before = wake_ups()
    time.sleep(seconds)
    rate = (wake_ups() - before) / seconds
    table.row(f"wake-ups idle in {seconds} s, watchdog of 30 s fed", f"{rate:.2f} /s", "0.2 /s", rate <= 0.2)
    pss = sum(map(pss_kb, processes())) / 1024
    table.row("PSS idle, the machine's only Swift program", f"{pss:.1f} MB", "16 MB", pss <= 16)


run("sh", "-c", "dpkg --install /packages/parley_*.deb")
run("systemctl", "enable", "--now", "parleyd.service")
time.sleep(2)
table = Table()
table.head()
restarts(table)
kills(table)
idle(table)
sys.exit(1 if table.missed else 0)
