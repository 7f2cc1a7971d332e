#!/usr/bin/env python3
"""The service with hosts in units of their own, measured in a Debian that a systemd of its own runs: rows of
`make bench PARTS=units`. Runs in there, as root, with the package in /packages."""
import glob, json, os, signal, socket, subprocess, sys, time

FAST = "fast" in sys.argv


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def row(what, measured, budget=""):
    print(f"{what:<76} {measured:<22} {budget}", flush=True)


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


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
    names = {"parleyd", "parley-host", "parley-spawner"}
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


def pss_mb():
    total = 0
    for process in processes():
        with open(f"/proc/{process}/smaps_rollup") as file:
            total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    return total / 1024


def restarts():
    """From the manager's exec, which sets up the sandbox of the unit first, to READY=1."""
    times = []
    for _ in range(10 if FAST else 50):
        run("systemctl", "restart", "parleyd.service")
        shown = run("systemctl", "show", "parleyd.service", "--property=ExecMainStartTimestampMonotonic",
                    "--property=ActiveEnterTimestampMonotonic")
        begun, ready = (int(line.split("=")[1]) for line in sorted(shown.split(), reverse=True))
        times.append((ready - begun) / 1000)
    row("unit started to active, sandbox of the unit included, p50, p95",
        f"{percentile(times, 0.5):.0f}, {percentile(times, 0.95):.0f} ms", "40 ms")


def kills():
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
    row(f"{len(times)} times SIGKILL to a host in a unit: session connected again, p50, p95, max",
        f"{percentile(times, 0.5):.0f}, {percentile(times, 0.95):.0f}, {max(times):.0f} ms", "150 ms")
    client.call("sessions.close", session="killed")


def idle():
    time.sleep(5)
    seconds = 20 if FAST else 60
    before = wake_ups()
    time.sleep(seconds)
    row(f"wake-ups idle in {seconds} s, watchdog of 30 s fed, sound server connected",
        f"{(wake_ups() - before) / seconds:.2f} /s", "0.2 /s")
    row("PSS idle, the machine's only Swift program", f"{pss_mb():.1f} MB", "16 MB")


run("sh", "-c", "dpkg --install /packages/parley_*.deb")
run("systemctl", "enable", "--now", "parleyd.service")
time.sleep(2)
restarts()
kills()
idle()
