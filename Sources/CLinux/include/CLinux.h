/* What Swift's Glibc module leaves out of Linux: headers it does not import, macros, and calls that
 * take a msghdr with control data. */
#ifndef PARLEY_CLINUX_H
#define PARLEY_CLINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Descriptors that one message may carry. */
#define PARLEY_RIGHTS_MAX 16

/* sendmsg() with SCM_RIGHTS: count descriptors beside the bytes. Returns as sendmsg(); flags
 * MSG_NOSIGNAL is always set. */
ssize_t parley_send_rights(int socket, const void *bytes, size_t size, const int *fds, int count,
                           int flags);

/* recvmsg() with SCM_RIGHTS. *count: in the room in fds (up to PARLEY_RIGHTS_MAX), out how many came;
 * they are close-on-exec. *truncated is set when bytes or descriptors did not fit (surplus ones are
 * closed by the kernel). Returns as recvmsg(). */
ssize_t parley_receive_rights(int socket, void *bytes, size_t size, int *fds, int *count,
                              int *truncated, int flags);

/* Packets of one parley_send_packets() at the most. */
#define PARLEY_PACKETS_MAX 16

/* sendmmsg() of count packets, each one piece of memory, without blocking and without SIGPIPE. Returns
 * how many were sent, from the first on; 0 when none was. */
int parley_send_packets(int socket, const struct iovec *packets, int count);

/* Gives every job of Swift's concurrency runtime that no executor of its own takes to `take`, on the
 * thread that made it. Once, before there are tasks. The runtime's hook has Swift's calling convention. */
void parley_take_global_jobs(void (*take)(void *job));

/* Who is at the other end of a Unix socket (SO_PEERCRED). Returns 0 or -1 with errno. */
int parley_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid);

/* The errno of this thread: Swift's accessor is not callable where locks are forbidden. */
int parley_errno(void);

/* accept4() with SOCK_CLOEXEC and SOCK_NONBLOCK. */
int parley_accept(int socket);

/* Names the calling thread for ps and gdb, at most 15 bytes. */
int parley_name_thread(const char *name);

/* The kernel's number of the calling thread (gettid()). */
pid_t parley_thread_id(void);

/* Threads that parley_demote_on_overrun() takes. */
#define PARLEY_DEMOTED_MAX 8

/* From now on, when a real-time thread has run for as long as the soft limit RLIMIT_RTTIME allows (the kernel
 * sends SIGXCPU then, and SIGKILL at the hard limit), these threads become ordinary ones, and the eventfd `bell`
 * is rung. Once in a process. Returns 0 or -1 with errno. */
int parley_demote_on_overrun(const pid_t *threads, int count, int bell);

/* openat() with O_PATH, O_NOFOLLOW and O_CLOEXEC: a place that can be examined without being opened. */
int parley_open_path(int directory, const char *name, int flags);

/* Whether what a descriptor, perhaps one by O_PATH, stands for has a POSIX access control list beside its mode,
 * or may have one that can't be seen. */
bool parley_has_access_list(int descriptor);

/* Keeps the memory of this process from others of the same user, and out of core dumps. */
int parley_forbid_dumps(void);

/* openat2() with RESOLVE_NO_SYMLINKS; -1 and ENOSYS before Linux 5.6. */
int parley_open_no_links(int directory, const char *path, int flags);

/* A SEQPACKET socket that is connected to a path, non-blocking and close-on-exec, or -1. */
int parley_connect_packets(const char *path);

/* pipe2() with O_CLOEXEC and O_NONBLOCK: ends[0] to read from, ends[1] to write to. Returns 0 or -1 with errno. */
int parley_pipe(int ends[2]);

/* Whether somebody keeps the wall clock right, as the kernel knows it (adjtimex()): 1, 0, or -1 when it
 * does not tell. Changes nothing. */
int parley_clock_is_kept(void);

#endif
