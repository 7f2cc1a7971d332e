"""What goes wrong around a parleyd that is soaked. Each fault ends by itself; then all must come back."""
import ctypes, os, shutil, signal, subprocess, time

from harness import Client, children, now_ns, sound_server

CLONE_NEWNS = 0x20000
ROOM = 16 << 20


def small_file_system(place):
    """A file system of 16 MB at a place, which goes with this process. False without the right to it."""
    if os.getuid() != 0 or ctypes.CDLL(None).unshare(CLONE_NEWNS) != 0:
        return False
    subprocess.check_call(["mount", "--make-rprivate", "/"])
    subprocess.check_call(["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=755", "soak", place])
    return True


class Faults:
    def __init__(self, soak, has_small_disk):
        self.soak, self.random = soak, soak.random
        self.kinds = [self.sound_server_killed, self.sound_server_stopped, self.host_killed,
                      self.host_stopped, self.peer_killed, self.client_killed]
        if has_small_disk:
            self.kinds.append(self.disk_full)
        self.rest = []

    def strike(self):
        """One of them, drawn so that each has its turn in every round. Returns its name."""
        if not self.rest:
            self.rest = self.random.sample(self.kinds, len(self.kinds))
        fault = self.rest.pop()
        fault()
        return fault.__name__.replace("_", " ")

    def pause(self, most):
        time.sleep(self.random.uniform(0, most))

    def sound_server_killed(self):
        self.soak.server.kill()
        self.soak.server.wait()
        self.pause(3)
        shutil.rmtree(self.soak.work + "/pulse")
        self.soak.server = sound_server(self.soak.work, self.soak.environment)

    def sound_server_stopped(self):
        self.soak.server.send_signal(signal.SIGSTOP)
        self.pause(6)
        self.soak.server.send_signal(signal.SIGCONT)

    def host(self):
        # The daemon's own child comes first: the spawner, without which there are no hosts any more.
        return self.random.choice(children(self.soak.daemon.process.pid)[1:])

    def host_killed(self):
        os.kill(self.host(), signal.SIGKILL)

    def host_stopped(self):
        """For good: the daemon has to notice, by the sound that is left lying, and to kill it."""
        host = self.host()
        os.kill(host, signal.SIGSTOP)
        end = now_ns() + 30e9
        while host in children(self.soak.daemon.process.pid):
            if now_ns() > end:
                raise SystemExit("nobody noticed in 30 s that a host had stopped")
            time.sleep(0.05)

    def peer_killed(self):
        self.soak.fake.kill()
        self.soak.fake.wait()
        self.pause(3)
        self.soak.start_fake()

    def client_killed(self):
        """A program in the middle of its speech, and somebody who subscribed to everything."""
        watcher = Client(self.soak.daemon.control)
        watcher.call("events.subscribe")
        talker = self.random.choice(self.soak.talkers)
        talker.kill()
        watcher.socket.close()
        self.pause(1)
        talker.start()

    def disk_full(self):
        """Where sockets, cache and log are, while there is something to write: a plugin looks new."""
        ballast = self.soak.work + "/ballast"
        try:
            with open(ballast, "wb", buffering=0) as file:
                while file.write(bytes(1 << 16)):
                    pass
        except OSError:
            pass
        self.soak.plugin_changes()
        self.pause(4)
        os.unlink(ballast)
        self.soak.plugin_changes()
