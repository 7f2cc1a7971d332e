#define _GNU_SOURCE
#include "spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire.h"

#define HOST_FDS 4 /* at least: what its plugin may read comes behind */
#define OUTPUT 3
#define HOST_FDS_MAX (HOST_FDS + PARLEY_WIRE_READABLE_MAX)
#define VARIABLES_MAX 32
#define FIRST_FREE_FD 32 /* behind all that hosts are given */

struct process {
    struct process *next;
    uint32_t host;
    pid_t pid;
};
static struct process *processes;
static const char *sandbox_name; /* what hosts are told */

/* What a host may know of the daemon's environment. Nothing here is secret, except what somebody
 * wrote into a proxy's URL for every program of the machine to see. */
static const char *const passed[] = {
    "PATH", "LANG", "LC_ALL", "TZ", "HOME", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
    "NO_PROXY", "PARLEY_LIBRARY_PATH",
};

static char **host_environment(void) {
    static char *variables[VARIABLES_MAX];
    int count = 0;

    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
        const char *value = getenv(passed[i]);
        if (value && asprintf(&variables[count], "%s=%s", passed[i], value) >= 0)
            count++;
    }
    /* A Swift plugin that crashes would print what its registers point to, secrets perhaps. */
    static char no_backtrace[] = "SWIFT_BACKTRACE=enable=no";
    variables[count++] = no_backtrace;
    variables[count] = NULL;
    return variables;
}

static void report(uint32_t kind, uint32_t host, int32_t status) {
    parley_spawn_message message = {.version = PARLEY_WIRE_VERSION, .kind = kind, .host = host,
                                    .status = status};
    while (send(PARLEY_WIRE_SPAWNER_FD, &message, sizeof message, MSG_NOSIGNAL) < 0 && errno == EINTR) {
    }
}

/* The child's half of a start. Only calls that are safe after fork(). */
_Noreturn static void become_host(const int *fds, int count, char **arguments, char **environment,
                                  pid_t spawner) {
    int high[HOST_FDS_MAX];
    sigset_t none;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != spawner)
        _exit(1); /* it died before the line above */
    for (int i = 0; i < count; i++)
        if ((high[i] = fcntl(fds[i], F_DUPFD, FIRST_FREE_FD)) < 0)
            _exit(126);
    for (int i = 0; i < count; i++)
        if (dup2(high[i], i < OUTPUT    ? PARLEY_WIRE_CONTROL_FD + i
                          : i == OUTPUT ? STDOUT_FILENO
                                        : PARLEY_WIRE_READABLE_FD + i - HOST_FDS) < 0)
            _exit(126);
    if (dup2(high[OUTPUT], STDERR_FILENO) < 0)
        _exit(126);
    close_range((unsigned)(PARLEY_WIRE_READABLE_FD + count - HOST_FDS), ~0u, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve("/proc/self/exe", arguments, environment);
    _exit(127);
}

static void start_host(parley_spawn_message *request, const int *fds, int count) {
    static char program[] = "parley-transport-host", host[] = "--host";
    char readable[12];
    char *arguments[] = {program, host, request->name, (char *)sandbox_name, readable, NULL};
    struct process *process = malloc(sizeof *process);
    pid_t spawner = getpid();
    snprintf(readable, sizeof readable, "%d", count - HOST_FDS);
    pid_t pid = process ? fork() : -1;

    if (pid == 0)
        become_host(fds, count, arguments, host_environment(), spawner);
    if (pid < 0) {
        report(PARLEY_SPAWN_STARTED, request->host, process ? -errno : -ENOMEM);
        free(process);
        return;
    }
    setpgid(pid, pid); /* the child does it too: whoever comes first */
    *process = (struct process){.next = processes, .host = request->host, .pid = pid};
    processes = process;
    report(PARLEY_SPAWN_STARTED, request->host, pid);
}

static void kill_host(uint32_t host) {
    for (struct process *process = processes; process; process = process->next)
        if (process->host == host) {
            kill(-process->pid, SIGKILL);
            kill(process->pid, SIGKILL);
        }
}

/* Buries whoever died. The group is killed before its leader is reaped, while its number can't have
 * passed to somebody else. */
static void reap(void) {
    siginfo_t info = {0};
    int status;

    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
        struct process **link = &processes;
        while (*link && (*link)->pid != info.si_pid)
            link = &(*link)->next;
        struct process *process = *link;
        if (process)
            kill(-process->pid, SIGKILL);
        if (waitpid(info.si_pid, &status, 0) < 0)
            status = 0;
        if (process) {
            *link = process->next;
            report(PARLEY_SPAWN_EXITED, process->host, status);
            free(process);
        }
        info.si_pid = 0;
    }
}

/* Takes one message with its descriptors. Returns false when the daemon is gone. */
static bool serve(void) {
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int) * HOST_FDS_MAX)];
    } control;
    parley_spawn_message request;
    struct iovec part = {&request, sizeof request};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    int fds[HOST_FDS_MAX], count = 0;

    ssize_t size = recvmsg(PARLEY_WIRE_SPAWNER_FD, &message, MSG_CMSG_CLOEXEC);
    if (size < 0 && errno == EINTR)
        return true;
    if (size <= 0)
        return false;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        int came = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int i = 0; i < came; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + sizeof fd * (size_t)i, sizeof fd);
            if (count < HOST_FDS_MAX)
                fds[count++] = fd;
            else
                close(fd);
        }
    }
    if (size != sizeof request || request.version != PARLEY_WIRE_VERSION ||
        (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
        die("a request of the daemon is malformed: it comes from a different build");
    request.name[sizeof request.name - 1] = 0;
    if (request.kind == PARLEY_SPAWN && count >= HOST_FDS)
        start_host(&request, fds, count);
    else if (request.kind == PARLEY_SPAWN_KILL && count == 0)
        kill_host(request.host);
    else
        die("the daemon asked for %u with %d descriptors", request.kind, count);
    for (int i = 0; i < count; i++)
        close(fds[i]);
    return true;
}

int run_spawner(parley_sandbox_mode mode) {
    sigset_t children;
    struct signalfd_siginfo signal_info;

    sandbox_name = parley_sandbox_mode_name(mode);
    int fault = parley_sandbox_confine(PARLEY_SANDBOX_SPAWNER, mode);
    if (fault)
        die("this kernel can't filter system calls (errno %d): see --sandbox of parleyd", -fault);
    close_range(PARLEY_WIRE_SPAWNER_FD + 1, ~0u, 0);
    fcntl(PARLEY_WIRE_SPAWNER_FD, F_SETFD, FD_CLOEXEC);
    setpgid(0, 0);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_SETMASK, &children, NULL);
    int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        die("no descriptor for signals: errno %d", errno);

    for (;;) {
        struct pollfd ready[] = {{.fd = PARLEY_WIRE_SPAWNER_FD, .events = POLLIN},
                                 {.fd = signals, .events = POLLIN}};
        if (poll(ready, 2, -1) < 0 && errno != EINTR)
            die("can't wait: errno %d", errno);
        if (ready[1].revents) {
            while (read(signals, &signal_info, sizeof signal_info) > 0) {
            }
            reap();
        }
        if (ready[0].revents && !serve())
            break;
    }
    while (processes) {
        struct process *process = processes;
        processes = process->next;
        kill(-process->pid, SIGKILL);
        kill(process->pid, SIGKILL);
        waitpid(process->pid, NULL, 0);
        free(process);
    }
    return 0;
}
