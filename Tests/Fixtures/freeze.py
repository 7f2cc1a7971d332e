"""freeze.py PROCESS THREAD MOMENT: stops the thread of that name alone, says so, and lets it go on when the
standard input ends or the thread has been killed. MOMENT: "waits" stops it while it sleeps until something
happens, "works" while it does not, "any" at once. By ptrace(2): a signal would stop all threads."""
import ctypes, os, platform, select, sys, time

SEIZE, INTERRUPT, CONTINUE = 0x4206, 0x4207, 7
ANY_THREAD = 0x40000000  # __WALL
# poll, epoll_wait, epoll_pwait, ppoll, restart_syscall: of unistd.h.
WAITS = {"x86_64": {7, 232, 281, 271, 219}, "aarch64": {22, 73, 128}}[platform.machine()]

process, name, moment = sys.argv[1:]
for task in os.listdir(f"/proc/{process}/task"):
    with open(f"/proc/{process}/task/{task}/comm") as file:
        if file.read().strip() == name:
            break
else:
    sys.exit(f"process {process} has no thread {name}")
libc = ctypes.CDLL(None, use_errno=True)


def trace(request):
    if libc.ptrace(request, int(task), None, None) != 0:
        sys.exit(f"ptrace: {os.strerror(ctypes.get_errno())}")


def is_waiting():
    """Whether the stopped thread is in a call that waits; -1 and "running" stand for no call at all."""
    with open(f"/proc/{process}/task/{task}/syscall") as file:
        call = file.read().split()[0]
    return call.lstrip("-").isdigit() and int(call) in WAITS


trace(SEIZE)
while True:
    trace(INTERRUPT)
    os.waitpid(int(task), ANY_THREAD)
    if moment == "any" or is_waiting() == (moment == "waits"):
        break
    trace(CONTINUE)
    time.sleep(0.0007)  # Shorter than its turns, and no multiple of them.
print("frozen", flush=True)
# A dead thread is a zombie, and its process with it, until its tracer has seen that.
while not select.select([sys.stdin], [], [], 0.05)[0]:
    if os.waitpid(int(task), ANY_THREAD | os.WNOHANG)[0] != 0:
        break
