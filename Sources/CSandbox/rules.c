#define _GNU_SOURCE
#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <netinet/in.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SOCKET_TYPES 0xfu /* the rest of the argument is flags: SOCK_TYPE_MASK of the kernel */

/* Calls that one architecture has and another lacks are listed as numbers where they exist. */
static const int tracing[] = {
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise, SYS_kcmp,
    SYS_pidfd_getfd, SYS_perf_event_open, SYS_bpf, SYS_userfaultfd, SYS_personality,
};
static const int kernel[] = {
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load,
    SYS_reboot, SYS_syslog, SYS_acct, SYS_swapon, SYS_swapoff, SYS_quotactl, SYS_quotactl_fd,
    SYS_sethostname, SYS_setdomainname, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime,
    SYS_adjtimex, SYS_vhangup,
#ifdef SYS_iopl
    SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
};
static const int namespaces[] = {
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_move_mount, SYS_open_tree, SYS_fsopen,
    SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_unshare, SYS_setns,
    SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_fanotify_init, SYS_fanotify_mark,
};
static const int keys[] = {SYS_keyctl, SYS_add_key, SYS_request_key};
/* Rings do system calls that no filter sees. */
static const int rings[] = {SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register};
/* Memory and queues that are shared by number, beyond the modes of files. */
static const int system_v[] = {
    SYS_shmget, SYS_shmat, SYS_shmctl, SYS_shmdt, SYS_semget, SYS_semop, SYS_semctl, SYS_semtimedop,
    SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl, SYS_mq_open, SYS_mq_unlink,
};
static const int pages[] = {
    SYS_mbind, SYS_set_mempolicy, SYS_migrate_pages, SYS_move_pages, SYS_remap_file_pages,
    SYS_lookup_dcookie,
};
static const int identity[] = {
    SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setgroups,
    SYS_setfsuid, SYS_setfsgid,
};
static const int programs[] = {
    SYS_execve, SYS_execveat,
#ifdef SYS_fork
    SYS_fork, SYS_vfork,
#endif
};
/* Whatever changes a file, a directory or what is said about one. */
static const int changes[] = {
    SYS_mkdirat, SYS_mknodat, SYS_unlinkat, SYS_symlinkat, SYS_linkat, SYS_renameat2, SYS_truncate,
    SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_setxattr, SYS_lsetxattr,
    SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_mkdir
    SYS_mkdir, SYS_rmdir, SYS_mknod, SYS_unlink, SYS_symlink, SYS_link, SYS_rename, SYS_chmod,
    SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat, SYS_creat,
#endif
};
/* Signals that carry a value, and handles of processes. */
static const int others[] = {SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_tkill,
                             SYS_pidfd_send_signal, SYS_pidfd_open, SYS_setpgid, SYS_setsid};

static void deny_all(struct filter *filter, const int *calls, size_t count, int error) {
    for (size_t i = 0; i < count; i++)
        filter_deny(filter, calls[i], error);
}
#define DENY(filter, calls, error) deny_all(filter, calls, COUNT(calls), error)

#define ONLY(filter, call, argument, error, ...)                                                    \
    do {                                                                                            \
        const uint32_t values[] = {__VA_ARGS__};                                                    \
        filter_only(filter, call, argument, values, COUNT(values), error);                          \
    } while (0)
#define NOT(filter, call, argument, error, ...)                                                     \
    do {                                                                                            \
        const uint32_t values[] = {__VA_ARGS__};                                                    \
        filter_not(filter, call, argument, values, COUNT(values), error);                           \
    } while (0)

#define REQUIRE(filter, error, ...)                                                                 \
    do {                                                                                            \
        const uint32_t values[] = {__VA_ARGS__};                                                    \
        filter_require(filter, values, COUNT(values), error);                                       \
    } while (0)

static struct argument argument(unsigned number) { return (struct argument){.number = number}; }
static struct argument masked(unsigned number, uint32_t mask) {
    return (struct argument){.number = number, .mask = mask};
}

/* What runs for every frame of sound. Kernels from 5.11 on remember what is allowed whatever its
 * arguments are; older ones walk down the list for each call. */
static void allow_what_is_frequent(struct filter *filter) {
    static const int calls[] = {
        SYS_epoll_pwait, SYS_epoll_pwait2, SYS_recvmmsg, SYS_sendmsg, SYS_sendmmsg, SYS_recvmsg,
        SYS_read, SYS_write, SYS_recvfrom, SYS_sendto, SYS_futex, SYS_ppoll, SYS_clock_nanosleep,
#ifdef SYS_epoll_wait
        SYS_epoll_wait, SYS_poll,
#endif
        SYS_writev, SYS_readv, SYS_timerfd_settime, SYS_epoll_ctl, SYS_clock_gettime, SYS_close,
    };
    for (size_t i = 0; i < COUNT(calls); i++)
        filter_allow(filter, calls[i]);
}

/* Whom the kernel is to signal when a descriptor has news, and by which signal, is a way to kill whoever has
 * the same user: it asks who set it, not who the descriptor belongs to. The terminal of a shell is not to
 * be taken over: who reads from it, what its input goes through, and characters put in there as if its user
 * had typed them. */
static void deny_by_descriptor(struct filter *filter) {
    NOT(filter, SYS_fcntl, argument(1), EPERM, F_SETOWN, F_SETOWN_EX, F_SETSIG);
    NOT(filter, SYS_ioctl, argument(1), EPERM, FIOSETOWN, SIOCSPGRP, TIOCSPGRP, TIOCSCTTY, TIOCSETD,
        TIOCSTI, TIOCLINUX);
}

/* Nobody who runs plugins or sound needs these. */
static void deny_to_everyone(struct filter *filter) {
    deny_by_descriptor(filter);
    DENY(filter, tracing, EPERM);
    DENY(filter, kernel, EPERM);
    DENY(filter, namespaces, EPERM);
    DENY(filter, keys, EPERM);
    DENY(filter, rings, EPERM);
    DENY(filter, system_v, EPERM);
    DENY(filter, pages, EPERM);
    DENY(filter, identity, EPERM);
}

/* A piece of memory is written or executed, never both, and what is executed comes from a file. (A file that
 * the process may write, in memory or not, can still be mapped twice.) */
static void deny_new_code(struct filter *filter) {
    const uint32_t both = PROT_WRITE | PROT_EXEC;
    size_t rule = filter_open_rule(filter, SYS_mmap);
    filter_load(filter, masked(2, both));
    filter_unless(filter, both, 1);
    filter_answer(filter, EPERM);
    filter_unless(filter, PROT_EXEC, 4); /* loads with a mask are two instructions */
    filter_load(filter, masked(3, MAP_ANONYMOUS));
    filter_unless(filter, MAP_ANONYMOUS, 1);
    filter_answer(filter, EPERM);
    filter_close_rule(filter, rule);
    NOT(filter, SYS_mprotect, masked(2, PROT_EXEC), EPERM, PROT_EXEC);
    NOT(filter, SYS_pkey_mprotect, masked(2, PROT_EXEC), EPERM, PROT_EXEC);
}

/* Threads, but no processes. What clone3() is asked for lies in memory, where a filter can't look:
 * glibc falls back on clone(). */
static void deny_processes(struct filter *filter) {
    filter_deny(filter, SYS_clone3, ENOSYS);
    ONLY(filter, SYS_clone, masked(0, CLONE_THREAD), EPERM, CLONE_THREAD);
    DENY(filter, programs, EPERM);
}

/* Nothing that acts on another process, whose number would be an argument. */
static void deny_other_processes(struct filter *filter) {
    const uint32_t own = (uint32_t)getpid();
    size_t rule = filter_open_rule(filter, SYS_kill);
    filter_load(filter, argument(0));
    filter_unless(filter, own, 1);
    filter_answer(filter, 0);
    filter_load(filter, argument(1)); /* no signal: only whether the process is there */
    REQUIRE(filter, EPERM, 0);
    filter_close_rule(filter, rule);
    ONLY(filter, SYS_tgkill, argument(0), EPERM, own);
    ONLY(filter, SYS_prlimit64, argument(0), EPERM, 0, own);
    DENY(filter, others, EPERM);
}

void add_spawner_rules(struct filter *filter) { deny_to_everyone(filter); }

void add_daemon_rules(struct filter *filter) {
    allow_what_is_frequent(filter);
    ONLY(filter, SYS_socket, argument(0), EAFNOSUPPORT, AF_UNIX);
    ONLY(filter, SYS_socketpair, argument(0), EAFNOSUPPORT, AF_UNIX);
    deny_new_code(filter);
    deny_processes(filter);
    deny_other_processes(filter);
    deny_to_everyone(filter);
}

/* TCP and UDP, and netlink for the addresses of the machine. No Unix socket but pairs that are connected
 * for good: one that isn't could be connected to the sound server, and no filter sees the name. */
static void limit_sockets(struct filter *filter) {
    size_t rule = filter_open_rule(filter, SYS_socket);
    filter_load(filter, argument(0));
    filter_unless(filter, AF_NETLINK, 4);
    filter_load(filter, argument(2));
    filter_unless(filter, 0 /* NETLINK_ROUTE */, 1);
    filter_answer(filter, 0);
    filter_answer(filter, EPROTONOSUPPORT);
    REQUIRE(filter, EAFNOSUPPORT, AF_INET, AF_INET6);
    filter_load(filter, masked(1, SOCKET_TYPES));
    REQUIRE(filter, EPERM, SOCK_STREAM, SOCK_DGRAM);
    filter_load(filter, argument(2));
    REQUIRE(filter, EPROTONOSUPPORT, 0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_MPTCP);
    filter_close_rule(filter, rule);

    rule = filter_open_rule(filter, SYS_socketpair);
    filter_load(filter, argument(0));
    REQUIRE(filter, EAFNOSUPPORT, AF_UNIX);
    filter_load(filter, masked(1, SOCKET_TYPES));
    REQUIRE(filter, EPERM, SOCK_STREAM, SOCK_SEQPACKET);
    filter_close_rule(filter, rule);
}

/* For a host every file system is read-only, whatever Landlock says. */
static void deny_writing(struct filter *filter) {
    const uint32_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
    ONLY(filter, SYS_openat, masked(2, writing), EROFS, 0);
#ifdef SYS_open
    ONLY(filter, SYS_open, masked(1, writing), EROFS, 0);
#endif
    filter_deny(filter, SYS_openat2, ENOSYS); /* its flags lie in memory */
    DENY(filter, changes, EROFS);
}

/* What would let a host outlive the daemon, be looked into, or hinder others. */
static void keep_terms(struct filter *filter) {
    const uint32_t own = (uint32_t)getpid();
    NOT(filter, SYS_prctl, argument(0), EPERM, PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_PTRACER,
        PR_SET_MM, PR_SET_CHILD_SUBREAPER, PR_SET_SECUREBITS, PR_CAP_AMBIENT);
    size_t rule = filter_open_rule(filter, SYS_sched_setscheduler);
    filter_load(filter, argument(0));
    REQUIRE(filter, EPERM, 0, own);
    filter_load(filter, masked(1, ~(uint32_t)SCHED_RESET_ON_FORK)); /* nothing that is real time */
    REQUIRE(filter, EPERM, SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE);
    filter_close_rule(filter, rule);
    filter_deny(filter, SYS_sched_setattr, EPERM); /* what it asks for lies in memory */
    ONLY(filter, SYS_sched_setparam, argument(0), EPERM, 0, own);
    ONLY(filter, SYS_sched_setaffinity, argument(0), EPERM, 0, own);
    rule = filter_open_rule(filter, SYS_setpriority);
    filter_load(filter, argument(0));
    REQUIRE(filter, EPERM, 0 /* PRIO_PROCESS */);
    filter_load(filter, argument(1));
    REQUIRE(filter, EPERM, 0, own);
    filter_close_rule(filter, rule);
    filter_deny(filter, SYS_ioprio_set, EPERM);
}

void add_host_rules(struct filter *filter) {
    allow_what_is_frequent(filter);
    limit_sockets(filter);
    deny_writing(filter);
    deny_new_code(filter);
    deny_processes(filter);
    deny_other_processes(filter);
    keep_terms(filter);
    filter_deny(filter, SYS_inotify_add_watch, EPERM); /* Landlock lets any file be watched */
    deny_to_everyone(filter);
}
