"""Clients without manners, and how those beside them fare: rows of `make bench PARTS=crowd`."""
import json, os, select, socket, time

from harness import FAST, Client, Daemon, Program, now_ns, percentile


def open_to_everybody(daemon):
    os.chmod(os.path.dirname(daemon.runtime), 0o755)
    os.chmod(daemon.runtime, 0o755)
    for name in os.listdir(daemon.runtime):
        if name.endswith(".sock"):
            os.chmod(f"{daemon.runtime}/{name}", 0o666)


def as_user(user, work):
    """Runs work() in a process of that user until the function that is returned is called."""
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.setresuid(user, user, user)
        held = work()
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        os._exit(0 if held else 1)
    os.read(ready[0], 1)

    def end():
        os.write(go[1], b"x")
        os.waitpid(child, 0)
        for fd in (*ready, *go):
            os.close(fd)

    return end


def idle_connections(stage, work, environment, table):
    """A user with 1,000 connections to each of the sockets in turn, and the requests of another."""
    if os.getuid() != 0:
        table.row("1,000 idle connections of one user: needs root", "-")
        return
    for name in ("control", "monitor", "audio", "metrics"):
        idle_connections_of(name, stage, work, environment, table)


def idle_connections_of(name, stage, work, environment, table):
    daemon = Daemon(stage, work, environment)
    open_to_everybody(daemon)

    def crowd():
        held = []
        for _ in range(1000):
            one = socket.socket(socket.AF_UNIX)
            one.connect(f"{daemon.runtime}/{name}.sock")
            held.append(one)
        return held

    end = as_user(65001, crowd)
    times = []
    for _ in range(50 if FAST else 200):
        began = now_ns()
        client = Client(daemon.control)
        client.call("gateway.info")
        client.socket.close()
        times.append((now_ns() - began) / 1e6)
    end()
    daemon.stop()
    table.row(f"1,000 idle connections of one user to {name}.sock: another is served, p50 max",
              f"{percentile(times, .5):.1f} {max(times):.1f} ms", "50 ms", max(times) <= 50)


def deaf_subscriber(stage, work, environment, table):
    """One who subscribes and never reads, 31 others with 10 requests a second, and a session's sound."""
    daemon = Daemon(stage, work, environment)
    clients = [Client(daemon.control) for _ in range(31)]
    first = clients[0]
    first.call("sessions.create", transport="loopback", name="line", wait=True,
               local={"kind": "stream", "rate": 24000}, options={"packets": True, "mode": "tone"})
    deaf = Client(daemon.control)
    deaf.call("events.subscribe")
    program = Program(daemon, "line", continuous=True)
    pad = "x" * 4000
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "gateway.info"}).encode() + b"\n"
    event = json.dumps({
        "jsonrpc": "2.0", "id": 1, "method": "session.sendEvent",
        "params": {"session": "line", "event": {"type": "x", "pad": pad}}}).encode() + b"\n"
    times, heard = [], 0
    began = now_ns()
    seconds, number = (8 if FAST else 15), 0
    while now_ns() - began < seconds * 1e9:
        client = clients[number % 31]
        # One of ten makes the peer say something that goes to the subscriber.
        sent = now_ns()
        client.socket.sendall(event if number % 10 == 0 else request)
        client.line()
        times.append((now_ns() - sent) / 1e6)
        number += 1
        while select.select([program.socket], [], [], 0)[0]:
            heard += len(program.socket.recv(1 << 16)) // 2
        time.sleep(max(0, began + number * 1e9 / 310 - now_ns()) / 1e9)
    took = (now_ns() - began) / 1e9
    p50, p99 = percentile(times, .5), percentile(times, .99)
    table.row(f"{len(times)} requests of 31 clients beside a deaf subscriber, p50 p99",
              f"{p50:.2f} {p99:.2f} ms", "p99 5 ms", p99 <= 5)
    # He is cut: what the kernel holds for him ends.
    deaf.socket.settimeout(1)
    is_cut = False
    try:
        while not is_cut:
            is_cut = not deaf.socket.recv(1 << 20)
    except (TimeoutError, ConnectionError) as error:
        is_cut = isinstance(error, ConnectionError)
    table.row("  the subscriber that never reads", "cut" if is_cut else "served", "cut", is_cut)
    session = first.call("sessions.get", session="line")["statistics"]
    lost = session["framesDropped"] + session["packetsLost"] + session["concealedSamples"]
    share = heard / (24000 * took)
    table.row("  sound of a session meanwhile: samples heard, lost", f"{share:.1%} {lost}",
              "99 %, 0", share >= 0.99 and lost == 0)
    program.socket.close()
    daemon.stop()


def measure(stage, work, environment, table):
    idle_connections(stage, work, environment, table)
    deaf_subscriber(stage, work, environment, table)
