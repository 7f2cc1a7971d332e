"""activate.py DIRECTORY NAMES PROGRAM ARGUMENT...: takes the place of PROGRAM with listening sockets as
systemd passes them: DIRECTORY/NAME.sock for each of NAMES (separated by colons), from descriptor 3 on."""
import os, socket, sys

directory, names, *program = sys.argv[1:]
sockets = []
for name in names.split(":"):
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"{directory}/{name}.sock")
    listening.listen(128)
    # Out of the way of the numbers that they get in the end.
    sockets.append(os.dup2(listening.fileno(), 50 + len(sockets), inheritable=False))
for place, descriptor in enumerate(sockets):
    os.dup2(descriptor, 3 + place)
os.environ.update(LISTEN_FDS=str(len(sockets)), LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES=names)
os.execv(program[0], program)
