"""What a parleyd takes that has nothing to do: rows of `make bench PARTS=idle`."""
import os, socket, time

from harness import FAST, Client, Daemon, Wakeups, now_ns, pss_kb


def measure(stage, work, environment, table):
    """Each with all its sockets open, the metrics' too, and the sandbox on, as it is without options."""
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(work + "/notify")
    places = {
        "server connected, one quiet client": {},
        "the same, fed watchdog of 30 s":
            {"NOTIFY_SOCKET": work + "/notify", "WATCHDOG_USEC": "30000000"},
        "no sound server": {"PULSE_SERVER": f"unix:{work}/none"},
        "after a session": {},
    }
    daemons, clients = {}, []
    for what, more in places.items():
        daemons[what] = Daemon(stage, work, environment, **more)
        clients.append(Client(daemons[what].control))
        clients[-1].call("gateway.info")
        if what == "after a session":
            made = clients[-1].call("sessions.create", transport="loopback", wait=True,
                                    local={"kind": "stream"})
            clients[-1].call("sessions.close", session=made["session"])
        time.sleep(2)
        if len(daemons) == 1:
            # As long as there is one: what several daemons share would count less.
            pids = daemons[what].processes()
            pss = sum(map(pss_kb, pids)) / 1024
            table.row(f"PSS idle, {len(pids)} processes", f"{pss:.1f} MB", "16 MB", pss <= 16)
    processes = {what: daemon.processes() for what, daemon in daemons.items()}
    counters = {what: Wakeups(pids) for what, pids in processes.items()}
    began = now_ns()
    time.sleep(10 if FAST else 40)
    seconds = (now_ns() - began) / 1e9
    for what, daemon in daemons.items():
        pids = processes[what]
        if daemon.processes() != pids or not all(map(is_filtered, pids)):
            raise SystemExit(f"{what}: processes came and went, or one is without a filter")
        rate = counters[what].count() / seconds
        table.row(f"wake-ups idle, {len(pids)} processes: {what}", f"{rate:.2f} /s", "0.2 /s", rate <= 0.2)
    for daemon in daemons.values():
        daemon.stop()
    manager.close()
    os.unlink(work + "/notify")


def is_filtered(pid):
    """Whether seccomp filters its system calls."""
    with open(f"/proc/{pid}/status") as file:
        return "Seccomp:\t2\n" in file.read()
