"""freeze.py PROCESS THREAD: stops the thread of that name alone, says so, and lets it go on when the standard
input ends or the thread has been killed. By ptrace(2): a signal would stop all threads."""
import ctypes, os, select, sys

SEIZE, INTERRUPT = 0x4206, 0x4207
process, name = sys.argv[1:]
for task in os.listdir(f"/proc/{process}/task"):
    with open(f"/proc/{process}/task/{task}/comm") as file:
        if file.read().strip() == name:
            break
else:
    sys.exit(f"process {process} has no thread {name}")
libc = ctypes.CDLL(None, use_errno=True)
for request in SEIZE, INTERRUPT:
    if libc.ptrace(request, int(task), None, None) != 0:
        sys.exit(f"ptrace: {os.strerror(ctypes.get_errno())}")
os.waitpid(int(task), 0x40000000)  # __WALL
print("frozen", flush=True)
# A dead thread is a zombie, and its process with it, until its tracer has seen that.
while not select.select([sys.stdin], [], [], 0.05)[0]:
    if os.waitpid(int(task), 0x40000000 | os.WNOHANG)[0] != 0:
        break
