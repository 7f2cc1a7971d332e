#define _GNU_SOURCE /* struct ucred; not in the header, where it would change what Glibc imports */
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/timex.h>
#include <sys/xattr.h>
#include <unistd.h>

ssize_t parley_send_rights(int socket, const void *bytes, size_t size, const int *fds, int count,
                           int flags) {
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int) * PARLEY_RIGHTS_MAX)];
    } control;
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (count < 0 || count > PARLEY_RIGHTS_MAX) {
        errno = EINVAL;
        return -1;
    }
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * (size_t)count);
    }
    return sendmsg(socket, &message, flags | MSG_NOSIGNAL);
}

ssize_t parley_receive_rights(int socket, void *bytes, size_t size, int *fds, int *count,
                              int *truncated, int flags) {
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int) * PARLEY_RIGHTS_MAX)];
    } control;
    struct iovec part = {.iov_base = bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room};
    int room = *count < PARLEY_RIGHTS_MAX ? *count : PARLEY_RIGHTS_MAX;

    message.msg_controllen = room > 0 ? CMSG_SPACE(sizeof(int) * (size_t)room) : 0;
    *count = 0;
    *truncated = 0;
    ssize_t received = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
    if (received < 0)
        return received;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        int came = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int i = 0; i < came; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + sizeof(int) * (size_t)i, sizeof fd);
            if (*count < room)
                fds[(*count)++] = fd;
            else
                close(fd); /* CMSG_SPACE rounds up, so one more than asked for may fit */
        }
    }
    *truncated = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    return received;
}

int parley_send_packets(int socket, const struct iovec *packets, int count) {
    struct mmsghdr messages[PARLEY_PACKETS_MAX] = {0};
    if (count > PARLEY_PACKETS_MAX)
        count = PARLEY_PACKETS_MAX;
    for (int i = 0; i < count; i++) {
        messages[i].msg_hdr.msg_iov = (struct iovec *)&packets[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int sent = sendmmsg(socket, messages, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? sent : 0;
}

/* swift/Runtime/Concurrency.h; weak, since not everything that links this file has tasks. */
#define SWIFTCALL __attribute__((swiftcall))
extern SWIFTCALL void (*swift_task_enqueueGlobal_hook)(void *job, SWIFTCALL void (*original)(void *job))
    __attribute__((weak));

static void (*take_job)(void *job);

static SWIFTCALL void take_global_job(void *job, SWIFTCALL void (*original)(void *job)) {
    take_job(job);
}

void parley_take_global_jobs(void (*take)(void *job)) {
    take_job = take;
    if (&swift_task_enqueueGlobal_hook)
        swift_task_enqueueGlobal_hook = take_global_job;
}

int parley_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid) {
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return -1;
    *pid = peer.pid;
    *uid = peer.uid;
    *gid = peer.gid;
    return 0;
}

int parley_errno(void) { return errno; }

int parley_accept(int socket) {
    return accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int parley_name_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

pid_t parley_thread_id(void) { return gettid(); }

static struct {
    pid_t threads[PARLEY_DEMOTED_MAX];
    int count, bell;
} overrun;

/* In a signal handler: system calls alone. */
static void demote(int signal) {
    (void)signal;
    const int error = errno;
    const uint64_t ring = 1;
    for (int i = 0; i < overrun.count; i++) /* without the flag it would ask for a privilege */
        sched_setscheduler(overrun.threads[i], SCHED_OTHER | SCHED_RESET_ON_FORK,
                           &(struct sched_param){0});
    if (write(overrun.bell, &ring, sizeof ring) < 0) {
        /* It rings already. */
    }
    errno = error;
}

int parley_demote_on_overrun(const pid_t *threads, int count, int bell) {
    if (count < 0 || count > PARLEY_DEMOTED_MAX) {
        errno = EINVAL;
        return -1;
    }
    memcpy(overrun.threads, threads, sizeof *threads * (size_t)count);
    overrun.count = count;
    overrun.bell = bell;
    struct sigaction action = {.sa_handler = demote, .sa_flags = SA_RESTART};
    return sigaction(SIGXCPU, &action, NULL);
}

int parley_open_path(int directory, const char *name, int flags) {
    return openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | flags);
}

int parley_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int parley_open_no_links(int directory, const char *path, int flags) {
    struct open_how how = {.flags = (unsigned)flags, .resolve = RESOLVE_NO_SYMLINKS};

    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

bool parley_has_access_list(int descriptor) {
    char path[32];

    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor); /* fgetxattr() takes none by O_PATH */
    return getxattr(path, "system.posix_acl_access", NULL, 0) >= 0 || (errno != ENODATA && errno != EOPNOTSUPP);
}

int parley_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK); }

int parley_clock_is_kept(void) {
    struct timex state = {.modes = 0};
    int answer = adjtimex(&state);

    return answer < 0 ? -1 : answer != TIME_ERROR;
}

int parley_connect_packets(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);

    if (length >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, length + 1);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}
