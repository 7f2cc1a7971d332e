"""A client of the Parley daemon: JSON-RPC over control.sock, raw sound over audio.sock.

Python 3.9 or later, standard library only. docs/ControlProtocol.md describes what goes over the wire.
"""

import collections
import json
import os
import socket


class Refused(Exception):
    """The daemon said no. `code` is its stable word, such as "unknown_session", or a number."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error.get("data", {}).get("code", error["code"])


def directories():
    """Where the daemon's sockets may be, best first: as parleyctl looks for them."""
    named = os.environ.get("PARLEY_SOCKET")
    if named:
        return [named if os.path.isdir(named) else os.path.dirname(named) or "."]
    user = os.environ.get("XDG_RUNTIME_DIR")
    return ([os.path.join(user, "parley")] if user else []) + ["/run/parley"]


def connect(name):
    """Connects to one of the daemon's sockets."""
    tried = []
    for directory in directories():
        path = os.path.join(directory, name)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(path)
            return connection
        except OSError as error:
            connection.close()
            tried.append(f"{path}: {error.strerror}")
    raise ConnectionError("no daemon answers; start parleyd. Tried " + ", ".join(tried))


class Gateway:
    """The control connection. For one thread."""

    def __init__(self):
        self._socket = connect("control.sock")
        self._unread = b""
        self._events = collections.deque()
        self._calls = 0

    def fileno(self):
        """For select: readable when `receive()` has something to read."""
        return self._socket.fileno()

    def call(self, method, **parameters):
        """Calls a method and waits for its answer; events that come before it are kept."""
        self._calls += 1
        request = {"jsonrpc": "2.0", "id": self._calls, "method": method, "params": parameters}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        answer = None
        while answer is None:
            for message in self._receive():
                if message.get("method") == "event":
                    self._events.append(message["params"])
                else:
                    answer = message
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def events(self):
        """The events that have come and were not read yet, oldest first; doesn't wait."""
        while self._events:
            yield self._events.popleft()

    def next_event(self):
        """The next event, however long it takes."""
        while not self._events:
            self.receive()
        return self._events.popleft()

    def receive(self):
        """Reads from the socket once; what came is in `events()`."""
        self._events.extend(message["params"] for message in self._receive())

    def _receive(self):
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the daemon has closed the connection")
        *lines, self._unread = (self._unread + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()


class Audio:
    """The sound of a session with a stream leg: 16-bit little-endian mono samples, both ways.

    Reading and writing may be done by two threads.
    """

    def __init__(self, session, **options):
        self._socket = connect("audio.sock")
        self._socket.sendall(json.dumps({"session": session, **options}).encode() + b"\n")
        line = b""
        while not line.endswith(b"\n"):
            # Byte by byte: what follows the line is sound already.
            byte = self._socket.recv(1)
            if not byte:
                raise ConnectionError("the daemon has closed the audio connection")
            line += byte
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(answer["error"])
        self.rate = answer["rate"]

    def fileno(self):
        return self._socket.fileno()

    def write(self, samples):
        """Writes bytes; waits while the daemon has enough, so it goes on in real time."""
        self._socket.sendall(samples)

    def read(self, size=65536):
        """What has come; empty at the end."""
        return self._socket.recv(size)

    def finish(self):
        """Ends the input. The output goes on until the session has been quiet for two seconds."""
        self._socket.shutdown(socket.SHUT_WR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
