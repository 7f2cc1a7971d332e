#define _GNU_SOURCE
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper.h"
#include "wire.h"

/* Descriptors of the first message: the one that tells by its end that the host has ended, audio, the plugin,
 * where to print, and what it may read. */
#define UNIT_FDS 4
#define PLUGIN 2
#define OUTPUT 3
#define UNIT_FDS_MAX (UNIT_FDS + PARLEY_WIRE_READABLE_MAX)
#define FIRST_FREE_FD 32
#define FIRST_MESSAGE_MS 10000

static int receive(parley_spawn_message *message, int *fds) {
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int) * UNIT_FDS_MAX)];
    } control;
    struct iovec part = {message, sizeof *message};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room,
                            .msg_controllen = sizeof control.room};
    struct pollfd ready = {.fd = PARLEY_WIRE_CONTROL_FD, .events = POLLIN};

    if (poll(&ready, 1, FIRST_MESSAGE_MS) != 1)
        die("nobody says what to load: parley-host@.service is started by parleyd alone");
    ssize_t size = recvmsg(PARLEY_WIRE_CONTROL_FD, &header, MSG_CMSG_CLOEXEC);
    if (size != sizeof *message || message->version != PARLEY_WIRE_VERSION ||
        message->kind != PARLEY_SPAWN || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
        die("the daemon's first message is malformed: it comes from a different build");
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    if (!rights || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS)
        die("the daemon's first message has no descriptors");
    int count = (int)((rights->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    if (count < UNIT_FDS || count > UNIT_FDS_MAX)
        die("the daemon's first message has %d descriptors", count);
    memcpy(fds, CMSG_DATA(rights), sizeof *fds * (size_t)count);
    return count;
}

/* The daemon has looked at the file already, more closely. This keeps somebody who has taken the daemon over from
 * running code of his own with the network that the daemon lacks. A file that has been replaced meanwhile, as by an
 * upgrade, is as good as before. */
static void check_plugin(int fd) {
    struct stat status;

    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_uid != 0 ||
        status.st_mode & (S_IWGRP | S_IWOTH))
        die("the plugin is not a file that root owns and nobody else may write: as a unit nothing else is loaded");
}

int become_unit(parley_sandbox_mode mode) {
    parley_spawn_message message;
    int fds[UNIT_FDS_MAX], count;

    /* As the spawner does: a Swift plugin that crashes would print what its registers point to. */
    setenv("SWIFT_BACKTRACE", "enable=no", 1);
    count = receive(&message, fds);
    check_plugin(fds[PLUGIN]);
    for (int i = 0; i < count; i++)
        if ((fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FIRST_FREE_FD)) < 0)
            die("no descriptors: errno %d", errno);
    live_under_keeper(fds[0], mode);
    for (int i = 1; i < count; i++)
        if (dup2(fds[i], i < OUTPUT    ? PARLEY_WIRE_AUDIO_FD + i - 1
                         : i == OUTPUT ? STDOUT_FILENO
                                       : PARLEY_WIRE_READABLE_FD + i - UNIT_FDS) < 0)
            die("no descriptors: errno %d", errno);
    if (dup2(fds[OUTPUT], STDERR_FILENO) < 0)
        die("no descriptors: errno %d", errno);
    close_range((unsigned)(PARLEY_WIRE_READABLE_FD + count - UNIT_FDS), ~0u, 0);
    return count - UNIT_FDS;
}
