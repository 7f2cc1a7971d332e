/* sandbox-probe MODE: confines itself as parleyd does, tries what parleyd must not be able to do and what
 * it must, on things that are not there, so that nothing happens where it is allowed, and prints a line "errno attempt" for each; 0 is a success. A second thread, that was there
 * before, tries too: lines with "thread: " before the attempt. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <parley_sandbox.h>

static const char *who = "";
static sem_t is_confined;

static void note(const char *what, long result) { printf("%d %s%s\n", result < 0 ? errno : 0, who, what); }

static long try_socket(int family, int type, int protocol) {
    int fd = socket(family, type, protocol);
    if (fd >= 0)
        close(fd);
    return fd;
}

static long run_program(void) {
    char *arguments[] = {"program", NULL};
    return execve("/nonexistent/program", arguments, arguments + 1); /* ENOENT where it is allowed */
}

static long try_fork(void) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid < 0 ? -1 : waitpid(pid, NULL, 0);
}

static long map_code(int protection, int kind) {
    void *page = mmap(NULL, 4096, protection, kind | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? -1 : munmap(page, 4096);
}

static long make_device(void) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/parley-probe-%d", (int)getpid());
    long result = mknod(path, S_IFCHR | 0600, 0x103);
    return result < 0 ? result : unlink(path);
}

static void *nothing(void *data) { return data; }

static long start_thread(void) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, nothing, NULL);
    errno = error;
    return error ? -1 : pthread_join(thread, NULL);
}

static void try_all(void) {
    int pair[2];
    note("unix", try_socket(AF_UNIX, SOCK_STREAM, 0));
    note("pair", socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
    note("tcp", try_socket(AF_INET, SOCK_STREAM, 0));
    note("udp", try_socket(AF_INET, SOCK_DGRAM, 0));
    note("tcp6", try_socket(AF_INET6, SOCK_STREAM, 0));
    note("udp6", try_socket(AF_INET6, SOCK_DGRAM, 0));
    note("raw", try_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    note("packet", try_socket(AF_PACKET, SOCK_RAW, 0));
    note("netlink", try_socket(AF_NETLINK, SOCK_RAW, 0));
    note("vsock", try_socket(40 /* AF_VSOCK */, SOCK_STREAM, 0));
    note("exec", run_program());
    note("fork", try_fork());
    note("thread", start_thread());
    note("code", map_code(PROT_WRITE | PROT_EXEC, MAP_PRIVATE));
    note("shared code", map_code(PROT_READ | PROT_EXEC, MAP_SHARED));
    note("ptrace", ptrace(PTRACE_ATTACH, 0, 0, 0));
    note("kill", kill(getppid(), SIGCONT));
    note("is there", kill(getppid(), 0));
    note("kill by descriptor", fcntl(pair[0], F_SETOWN, getppid()));
    note("signal of a descriptor", fcntl(pair[0], F_SETSIG, SIGURG));
    note("flags of a descriptor", fcntl(pair[0], F_SETFL, O_NONBLOCK));
    note("terminal", ioctl(pair[0], TIOCSPGRP, &(pid_t){1}));
    note("own signal", kill(getpid(), SIGURG));
    note("io_uring", syscall(SYS_io_uring_setup, 1, NULL));
    note("keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
    note("mount", syscall(SYS_mount, "none", "/nonexistent", "tmpfs", 0, NULL));
    note("unshare", unshare(0));
    note("device", make_device());
    note("real time", sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){0}));
}

static void *try_later(void *data) {
    while (sem_wait(&is_confined) < 0) {
    }
    who = "thread: ";
    note("tcp", try_socket(AF_INET, SOCK_STREAM, 0));
    note("fork", try_fork());
    return data;
}

int main(int count, char **arguments) {
    pthread_t thread;
    int mode = parley_sandbox_mode_named(count > 1 ? arguments[1] : "on");

    if (mode < 0)
        return 2;
    sem_init(&is_confined, 0, 0);
    int landlock = parley_sandbox_restrict_daemon((parley_sandbox_mode)mode);
    pthread_create(&thread, NULL, try_later, NULL);
    int fault = parley_sandbox_confine(PARLEY_SANDBOX_DAEMON, (parley_sandbox_mode)mode);
    printf("%d confined\n%d landlock\n", -fault, landlock);
    try_all();
    fflush(stdout);
    sem_post(&is_confined);
    pthread_join(thread, NULL);
    return 0;
}
