/* parley-transport-host: the process that a transport plugin lives in, and the spawner that starts such
 * processes. Both are started by parleyd and speak parley_wire.h over inherited descriptors. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <parley_sandbox.h>

#include "host.h"
#include "spawner.h"
#include "unit.h"
#include "wire.h"

static int is_packet_socket(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

/* What parleyd was told by --sandbox; "on" when nothing was said. */
static parley_sandbox_mode sandbox_mode(const char *name) {
    int mode = parley_sandbox_mode_named(name);
    return mode < 0 ? PARLEY_SANDBOX_ON : (parley_sandbox_mode)mode;
}

#define OOM_SCORE_MORE 100

/* When memory runs out, a plugin goes before the daemon and the spawner. Raising the score needs no right, but a
 * process that may not be dumped may not even look at its own. */
static void offer_to_be_killed(void) {
    int score = 0;
    FILE *file = fopen("/proc/self/oom_score_adj", "r+e");
    if (!file)
        return;
    if (fscanf(file, "%d", &score) == 1) {
        rewind(file);
        fprintf(file, "%d", score > 1000 - OOM_SCORE_MORE ? 1000 : score + OOM_SCORE_MORE);
    }
    fclose(file);
}

/* --spawner SANDBOX, --host NAME SANDBOX READABLE, or --unit [SANDBOX]. */
int main(int count, char **arguments) {
    const char *mode = count > 1 ? arguments[1] : "";

    if (strcmp(mode, "--version") == 0) {
        printf("parley-transport-host: plugin interface %u.%u, host protocol %u\n", PARLEY_ABI_MAJOR,
               PARLEY_ABI_MINOR, PARLEY_WIRE_VERSION);
        return 0;
    }
    if (strcmp(mode, "--host") == 0)
        offer_to_be_killed();
    prctl(PR_SET_DUMPABLE, 0);
    /* Whoever stops the service signals every process of it. Peers are told first: the daemon closes
     * its sockets when it is done, and that is what ends these processes. */
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    if (strcmp(mode, "--spawner") == 0 && is_packet_socket(PARLEY_WIRE_SPAWNER_FD)) {
        prctl(PR_SET_NAME, "parley-spawner");
        return run_spawner(sandbox_mode(count > 2 ? arguments[2] : ""));
    }
    if (strcmp(mode, "--host") == 0 && is_packet_socket(PARLEY_WIRE_CONTROL_FD) &&
        is_packet_socket(PARLEY_WIRE_AUDIO_FD)) {
        prctl(PR_SET_NAME, "parley-host");
        return run_host(sandbox_mode(count > 3 ? arguments[3] : ""),
                        count > 4 ? atoi(arguments[4]) : 0);
    }
    if (strcmp(mode, "--unit") == 0 && is_packet_socket(PARLEY_WIRE_CONTROL_FD)) {
        prctl(PR_SET_NAME, "parley-host");
        parley_sandbox_mode sandbox = sandbox_mode(count > 2 ? arguments[2] : "");
        int readable = become_unit(sandbox);
        return run_host(sandbox, readable);
    }
    fprintf(stderr, "parley-transport-host is started by parleyd, not by hand; it knows --version\n");
    return 2;
}
