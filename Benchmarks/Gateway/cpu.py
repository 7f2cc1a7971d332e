"""CPU of a frame, beside libopus alone, with the sandbox and without: rows of `make bench PARTS=cpu`."""
import array, subprocess, time

from harness import FAST, Client, Daemon, Program, cpu_ns, now_ns, stream_session


class Load:
    """Programs of a daemon that speak and hear in real time, PCM at 24 kHz or Opus."""

    def __init__(self, daemon, client, work, count, is_opus):
        self.daemon, self.client, self.count = daemon, client, count
        rate = 48000 if is_opus else 24000
        self.size = rate // 50 * 2
        with open(work + "/speech.raw", "rb") as file:
            wide = file.read()
        self.sound = wide if is_opus else array.array("h", array.array("h", wide)[::2]).tobytes()
        self.names, self.programs = [f"cpu{n}" for n in range(count)], []
        for name in self.names:
            stream_session(client, name, rate, opus=is_opus, echo=True)
            self.programs.append(Program(daemon, name))
            # Not more requests than one client may make.
            time.sleep(0.011)
        self.processes = daemon.processes()
        self.used, self.frames, self.heard = dict.fromkeys(self.processes, 0), 0, 0

    def drive(self, seconds):
        frames, due = int(seconds * 50), now_ns()
        for number in range(frames):
            at = number * self.size % (len(self.sound) - self.size)
            for program in self.programs:
                program.socket.send(self.sound[at : at + self.size])
                try:
                    self.heard += len(program.socket.recv(1 << 16))
                except BlockingIOError:
                    pass
            due += 20_000_000
            time.sleep(max(0, due - now_ns()) / 1e9)
        return frames

    def measure(self, seconds):
        """After a second that does not count. Adds to what was measured before."""
        heard = self.heard
        self.drive(1)
        self.heard, before = heard, {pid: cpu_ns(pid) for pid in self.processes}
        self.frames += self.drive(seconds)
        for pid in self.processes:
            self.used[pid] += cpu_ns(pid) - before[pid]

    def each_ns(self, pid=None):
        used = sum(self.used.values()) if pid is None else self.used[pid]
        return used / self.frames / self.count

    def end(self):
        for name in self.names:
            self.client.call("sessions.close", session=name)
            time.sleep(0.011)
        for program in self.programs:
            program.socket.close()


def per_session(stage, work, environment, table):
    def alone_ns(*sessions):
        command = [work + "/opus-alone", work + "/speech.raw", *map(str, sessions)]
        return float(subprocess.check_output(command))

    daemon = Daemon(stage, work, environment)
    client = Client(daemon.control)
    table.row("libopus in a tight loop, a 20 ms frame both ways", f"{alone_ns() / 1e3:.0f} us")
    seconds = 3 if FAST else 6
    for is_opus in (False, True):
        for count in (1, 8, 16, 64):
            load = Load(daemon, client, work, count, is_opus)
            load.measure(seconds)
            load.end()
            each = load.each_ns()
            back = load.heard / (load.frames * count * load.size)
            what = f"CPU of a 20 ms frame both ways, {count} {'Opus' if is_opus else 'PCM'}"
            figures = f"{each / 1e3:.0f} us (daemon {load.each_ns(daemon.process.pid) / 1e3:.0f})"
            if is_opus:
                table.row(f"{what} ({back:.0%} returned)", figures)
                peer_ns = alone_ns(count)
                ratio = each / peer_ns
                table.row(f"  beside libopus in real time ({peer_ns / 1e3:.0f} us)", f"{ratio:.2f} x",
                          "1.25 x from 8", None if count < 8 else ratio <= 1.25)
            else:
                table.row(f"{what} ({back:.0%} returned)", figures, "40 us at 16",
                          None if count < 16 else each <= 40e3)
    daemon.stop()


def sandbox(stage, work, environment, table):
    """Two daemons that take turns, so that both meet the same machine."""
    for is_opus, count in ((False, 16), (True, 8)):
        daemons = {mode: Daemon(stage, work, environment, "--sandbox", mode) for mode in ("on", "off")}
        loads = {mode: Load(daemon, Client(daemon.control), work, count, is_opus)
                 for mode, daemon in daemons.items()}
        for _ in range(2 if FAST else 6):
            for load in loads.values():
                load.measure(2)
        on, off = loads["on"].each_ns(), loads["off"].each_ns()
        table.row(f"sandbox on beside off, {count} {'Opus' if is_opus else 'PCM'} sessions",
                  f"{on / 1e3:.1f} {off / 1e3:.1f} us, {on / off:.2f} x")
        for daemon in daemons.values():
            daemon.stop()


def measure(stage, work, environment, table):
    per_session(stage, work, environment, table)
    sandbox(stage, work, environment, table)
