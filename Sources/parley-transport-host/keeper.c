/* A plugin can close any descriptor of its process and undo whatever hangs on one, but it can't reach its parent:
 * that is not dumpable, and the plugin may signal nobody but itself. */
#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire.h"

static void wake(int signal) {}

/* Whoever reads the journal of the service manager learns how the plugin ended. */
_Noreturn static void end_as(int status) {
    if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* Sleeps until the daemon hangs up or the host ends. A signal that comes in between is not lost: it is let
 * in by ppoll() alone. */
_Noreturn static void keep(pid_t host, int life, parley_sandbox_mode mode, const sigset_t *with_children) {
    struct pollfd end = {.fd = life, .events = POLLIN};
    int status = 0;

    prctl(PR_SET_NAME, "parley-keeper");
    close_range(PARLEY_WIRE_CONTROL_FD, (unsigned)life - 1, 0);
    close_range((unsigned)life + 1, ~0u, 0);
    /* The host is denied what its keeper is, and more: where this fails, the host says so. */
    parley_sandbox_confine(PARLEY_SANDBOX_SPAWNER, mode);
    while (waitpid(host, &status, WNOHANG) == 0) {
        if (ppoll(&end, 1, NULL, with_children) < 0 && errno == EINTR)
            continue;
        kill(host, SIGKILL); /* also when it is stopped */
        waitpid(host, &status, 0);
        break;
    }
    end_as(status);
}

void live_under_keeper(int life, parley_sandbox_mode mode) {
    struct sigaction waking = {.sa_handler = wake, .sa_flags = SA_NOCLDSTOP};
    sigset_t children, before;
    pid_t keeper = getpid();

    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, &before);
    sigaction(SIGCHLD, &waking, NULL);
    pid_t host = fork();
    if (host < 0)
        die("no process for the plugin: errno %d", errno);
    sigdelset(&before, SIGCHLD);
    if (host > 0)
        keep(host, life, mode, &before);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != keeper)
        _exit(1); /* it died before the line above */
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(life);
}
