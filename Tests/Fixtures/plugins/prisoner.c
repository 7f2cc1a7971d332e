/* A hostile plugin that tries what the sandbox must deny: from its constructor on, and again when it
 * connects. Each attempt's errno goes into an event; 0 is a success. What it tries things on is compiled
 * in; the processes may be named by options too. */
#define _GNU_SOURCE
#include <parley/parley_transport.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef PLACE
#define PLACE "/nonexistent" /* a directory of the test: socket, secret, and room to write */
#endif
#ifndef DAEMON
#define DAEMON 0
#endif
#ifndef NEIGHBOUR
#define NEIGHBOUR 0
#endif

struct parley_transport { const parley_host_t *host; };

static char first[8192], second[8192];
static int daemon_pid = DAEMON, neighbour_pid = NEIGHBOUR;

static void note(char *report, const char *what, long result) {
    size_t used = strlen(report);
    snprintf(report + used, sizeof first - used, "%s\"%s\":%d", used > 1 ? "," : "", what,
             result < 0 ? errno : 0);
}

static long open_and_close(const char *path, int flags) {
    int fd = open(path, flags, 0600);
    if (fd >= 0)
        close(fd);
    return fd;
}

static long connect_unix(const char *path, int is_abstract) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    snprintf(address.sun_path + is_abstract, sizeof address.sun_path - 1, "%s", path);
    return connect(fd, (struct sockaddr *)&address, sizeof address);
}

/* A pair of datagram sockets could be connected to a name. */
static long reuse_pair(int type, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int pair[2];
    if (socketpair(AF_UNIX, type, 0, pair) < 0)
        return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    close(pair[1]);
    long result = connect(pair[0], (struct sockaddr *)&address, sizeof address);
    int saved = errno;
    close(pair[0]);
    errno = saved;
    return result;
}

static long open_socket(int family, int type, int protocol) {
    int fd = socket(family, type, protocol);
    if (fd >= 0)
        close(fd);
    return fd;
}

static long read_memory(int pid) {
    char here[8];
    struct iovec local = {here, sizeof here}, remote = {here, sizeof here};
    return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

static long spawn(void) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid;
}

static long vspawn(void) { return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }

static long execute(void) {
    char *arguments[] = {"/bin/true", NULL};
    return execve("/bin/true", arguments, NULL);
}

static long execute_descriptor(void) {
    char *arguments[] = {"x", NULL};
    int fd = open("/usr/bin/true", O_RDONLY);
    return fd < 0 ? -1 : fexecve(fd, arguments, arguments + 1);
}

static long write_and_execute(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return -1;
    munmap(page, 4096);
    return 0;
}

static long execute_later(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? 0 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

/* Two mappings of one piece of memory could be made of it. */
static long execute_shared(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? -1 : munmap(page, 4096);
}

static long watch(const char *path) {
    int fd = inotify_init1(IN_CLOEXEC);
    return fd < 0 ? 0 : inotify_add_watch(fd, path, IN_ALL_EVENTS);
}

static long schedule(int policy, int priority) {
    return sched_setscheduler(0, policy, &(struct sched_param){.sched_priority = priority});
}

static long schedule_by_attributes(void) {
    struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t deadline[3]; }
        attributes = {.size = sizeof attributes, .policy = SCHED_FIFO, .priority = 1};
    return syscall(SYS_sched_setattr, 0, &attributes, 0);
}

static long raise_limit(int resource, rlim_t value) {
    return setrlimit(resource, &(struct rlimit){value, value});
}

#if defined(__x86_64__)
/* getpid() by the ABI of 32 bits: 20. */
static long call_foreign(void) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
    if (result >= 0)
        return 0;
    errno = (int)-result;
    return -1;
}
static long call_x32(void) { return syscall(0x40000000 + SYS_getpid); }
#endif

/* Who is to be told of a descriptor's news: the kernel would send what F_SETSIG says, SIGKILL for one. */
static void own_descriptor(char *report, const char *whose, int pid) {
    static int pair[2] = {-1, -1};
    char name[64];
    if (pair[0] < 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return;
    snprintf(name, sizeof name, "%s owner", whose);
    note(report, name, fcntl(pair[0], F_SETOWN, pid));
    snprintf(name, sizeof name, "%s owner of a kind", whose);
    note(report, name, fcntl(pair[0], F_SETOWN_EX, &(struct f_owner_ex){F_OWNER_PID, pid}));
    snprintf(name, sizeof name, "%s owner by ioctl", whose);
    note(report, name, ioctl(pair[0], FIOSETOWN, &pid));
    snprintf(name, sizeof name, "%s group by ioctl", whose);
    note(report, name, ioctl(pair[0], SIOCSPGRP, &pid));
    snprintf(name, sizeof name, "%s signal", whose);
    note(report, name, fcntl(pair[0], F_SETSIG, SIGKILL));
}

static void of_process(char *report, const char *whose, int pid) {
    char path[64], name[64];
    static const char *const files[] = {"mem", "environ", "maps", "fd", "root", "cwd"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "/proc/%d/%s", pid, files[i]);
        snprintf(name, sizeof name, "%s %s", whose, files[i]);
        note(report, name, open_and_close(path, O_RDONLY));
    }
    snprintf(name, sizeof name, "%s ptrace", whose);
    note(report, name, ptrace(PTRACE_ATTACH, pid, 0, 0));
    snprintf(name, sizeof name, "%s readv", whose);
    note(report, name, read_memory(pid));
    snprintf(name, sizeof name, "%s kill", whose);
    note(report, name, kill(pid, SIGKILL));
    snprintf(name, sizeof name, "%s tgkill", whose);
    note(report, name, syscall(SYS_tgkill, pid, pid, SIGKILL));
    snprintf(name, sizeof name, "%s sigqueue", whose);
    note(report, name, sigqueue(pid, SIGKILL, (union sigval){0}));
    snprintf(name, sizeof name, "%s pidfd", whose);
    note(report, name, syscall(SYS_pidfd_open, pid, 0));
    snprintf(name, sizeof name, "%s prlimit", whose);
    note(report, name, prlimit(pid, RLIMIT_NOFILE, &(struct rlimit){3, 3}, NULL));
    snprintf(name, sizeof name, "%s priority", whose);
    note(report, name, setpriority(PRIO_PROCESS, (id_t)pid, 19));
    snprintf(name, sizeof name, "%s affinity", whose);
    note(report, name, sched_setaffinity(pid, sizeof(cpu_set_t), &(cpu_set_t){{1}}));
    own_descriptor(report, whose, pid);
}

static void try_all(char *report) {
    char uring[256] = {0};
    strcpy(report, "{");
    /* the sound server, devices of sound, the daemon's own doors */
    note(report, "sound server", connect_unix(PLACE "/pulse", 0));
    note(report, "abstract socket", connect_unix("parley-test", 1));
    note(report, "control socket", connect_unix(PLACE "/run/control.sock", 0));
    note(report, "stream pair", reuse_pair(SOCK_STREAM, PLACE "/run/control.sock"));
    note(report, "datagram pair", reuse_pair(SOCK_DGRAM, PLACE "/pulse"));
    note(report, "own control socket", connect(3, (struct sockaddr *)&(struct sockaddr_un){
        .sun_family = AF_UNIX, .sun_path = PLACE "/run/control.sock"}, sizeof(struct sockaddr_un)));
    note(report, "sound device", open_and_close("/dev/snd/seq", O_RDONLY));
    note(report, "sound devices", open_and_close("/dev/snd", O_RDONLY | O_DIRECTORY));
    /* files */
    note(report, "secret", open_and_close(PLACE "/secret", O_RDONLY));
    note(report, "list", open_and_close(PLACE, O_RDONLY | O_DIRECTORY));
    note(report, "credentials", open_and_close(PLACE "/credentials/openai-api-key", O_RDONLY));
    note(report, "shadow", open_and_close("/etc/shadow", O_RDONLY));
    note(report, "ssh", open_and_close(PLACE "/.ssh/id_ed25519", O_RDONLY));
    note(report, "private keys", open_and_close("/etc/ssl/private", O_RDONLY | O_DIRECTORY));
    note(report, "link to a secret", open_and_close(PLACE "/link", O_RDONLY));
    note(report, "root by proc", open_and_close("/proc/self/root" PLACE "/secret", O_RDONLY));
    note(report, "configured file", open_and_close(PLACE "/configured.pem", O_RDONLY));
    note(report, "authorities", open_and_close("/etc/ssl/certs", O_RDONLY | O_DIRECTORY));
    note(report, "names", open_and_close("/etc/hosts", O_RDONLY));
    note(report, "resolver", open_and_close("/etc/resolv.conf", O_RDONLY));
    note(report, "beside the resolver", open_and_close("/run/parley-secret", O_RDONLY));
    note(report, "watch", watch(PLACE "/secret"));
    note(report, "own map", open_and_close("/proc/self/maps", O_RDONLY));
    note(report, "write", open_and_close(PLACE "/written", O_WRONLY | O_CREAT));
    note(report, "write configured", open_and_close(PLACE "/configured.pem", O_WRONLY));
    note(report, "write /tmp", open_and_close("/tmp/parley-prisoner", O_RDWR | O_CREAT));
    note(report, "temporary", open_and_close("/tmp", O_RDWR | O_TMPFILE));
    note(report, "truncate", truncate(PLACE "/secret", 0));
    note(report, "mkdir", mkdir(PLACE "/made", 0700));
    note(report, "unlink", unlink(PLACE "/secret"));
    note(report, "rename", rename(PLACE "/secret", PLACE "/moved"));
    note(report, "link", link(PLACE "/secret", PLACE "/linked"));
    note(report, "symlink", symlink("/", PLACE "/symlinked"));
    note(report, "mkfifo", mkfifo(PLACE "/fifo", 0600));
    note(report, "chmod", chmod(PLACE "/secret", 0666));
    note(report, "chown", chown(PLACE "/secret", 1, 1));
    note(report, "openat2", syscall(SYS_openat2, AT_FDCWD, PLACE "/secret",
                                    &(uint64_t[3]){O_RDWR, 0, 0}, 24));
    /* other sockets */
    note(report, "packets", open_socket(AF_PACKET, SOCK_RAW, 0));
    note(report, "raw", open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    note(report, "kernel crypto", open_socket(AF_ALG, SOCK_SEQPACKET, 0));
    note(report, "audit", open_socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT));
    note(report, "sctp", open_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP));
    note(report, "tcp", open_socket(AF_INET, SOCK_STREAM, 0));
    note(report, "udp6", open_socket(AF_INET6, SOCK_DGRAM, 0));
    note(report, "routes", open_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
    /* processes */
    note(report, "fork", spawn());
    note(report, "clone", vspawn());
    note(report, "exec", execute());
    note(report, "fexec", execute_descriptor());
    note(report, "kill all", kill(-1, 0x7f));
    of_process(report, "parent", getppid());
    of_process(report, "daemon", daemon_pid);
    of_process(report, "neighbour", neighbour_pid);
    /* the terms it lives by */
    note(report, "outlive", prctl(PR_SET_PDEATHSIG, 0));
    note(report, "dumpable", prctl(PR_SET_DUMPABLE, 1));
    note(report, "session", setsid());
    note(report, "group", setpgid(0, getppid()));
    note(report, "nice all", setpriority(PRIO_USER, 0, 19));
    note(report, "terminal", ioctl(0, TIOCSTI, "x"));
    note(report, "terminal's reader", ioctl(0, TIOCSPGRP, &(pid_t){getpid()}));
    note(report, "terminal's session", ioctl(0, TIOCSCTTY, 1));
    note(report, "terminal's discipline", ioctl(0, TIOCSETD, &(int){0}));
    note(report, "first in, first out", schedule(SCHED_FIFO, 1));
    note(report, "round robin", schedule(SCHED_RR, 1));
    note(report, "real time by attributes", schedule_by_attributes());
    note(report, "batch", schedule(SCHED_BATCH, 0));
    note(report, "ordinary", schedule(SCHED_OTHER, 0));
    note(report, "real-time limit", raise_limit(RLIMIT_RTPRIO, 1));
    note(report, "nice limit", raise_limit(RLIMIT_NICE, 21));
    note(report, "descriptor limit", raise_limit(RLIMIT_NOFILE, 4097));
    /* the kernel */
    note(report, "io_uring", syscall(SYS_io_uring_setup, 4, uring));
    note(report, "bpf", syscall(SYS_bpf, 0, uring, sizeof uring));
    note(report, "userfaultfd", syscall(SYS_userfaultfd, 0));
    note(report, "keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
    note(report, "perf", syscall(SYS_perf_event_open, uring, 0, -1, -1, 0));
    note(report, "mount", mount("none", "/nonexistent", "tmpfs", 0, NULL));
    note(report, "unshare", unshare(CLONE_NEWUSER));
    note(report, "chroot", chroot("/nonexistent"));
    note(report, "setuid", setuid(0));
    note(report, "shared memory", syscall(SYS_shmget, 0, 4096, 0600));
    note(report, "write and execute", write_and_execute());
    note(report, "execute later", execute_later());
    note(report, "execute shared", execute_shared());
    note(report, "unknown call", syscall(10000));
#if defined(__x86_64__)
    note(report, "foreign call", call_foreign());
    note(report, "x32 call", call_x32());
#endif
    strcat(report, "}");
}

__attribute__((constructor)) static void begin(void) { try_all(first); }

static parley_transport_t *create(const parley_host_t *host) {
    parley_transport_t *t = calloc(1, sizeof *t);
    t->host = host;
    return t;
}

static void destroy(parley_transport_t *t) { free(t); }

static void tell_status(parley_transport_t *t, parley_status_t status) {
    parley_status_report_t report = {.struct_size = sizeof report, .status = status,
                                     .retry = PARLEY_RETRY_ENDED};
    t->host->on_status(t->host, &report);
}

static int number(const char *json, const char *name) {
    const char *place = strstr(json, name);
    return place ? atoi(place + strlen(name) + 2) : 0;
}

static parley_result_t connect_to_peer(parley_transport_t *t, const parley_connect_t *request) {
    char event[16 + sizeof first];
    if (number(request->options_json, "daemon"))
        daemon_pid = number(request->options_json, "daemon");
    if (number(request->options_json, "neighbour"))
        neighbour_pid = number(request->options_json, "neighbour");
    try_all(second);
    const char *const reports[] = {first, second}, *const when[] = {"constructor", "connect"};
    for (int i = 0; i < 2; i++) {
        snprintf(event, sizeof event, "{\"type\":\"%s\",\"errnos\":%s}", when[i], reports[i]);
        t->host->on_event(t->host, "transport_event", event);
    }
    tell_status(t, PARLEY_CONNECTED);
    return PARLEY_OK;
}

static void close_connection(parley_transport_t *t) { tell_status(t, PARLEY_DISCONNECTED); }
static parley_result_t command(parley_transport_t *t, uint32_t id, const char *name, const char *json) {
    return PARLEY_ERROR_NOT_SUPPORTED;
}
static void send_audio(parley_transport_t *t, const parley_audio_frame_t *frame) {}
static void drop_audio(parley_transport_t *t) {}
static void playback(parley_transport_t *t, const parley_playback_t *report) {}
static void secret(parley_transport_t *t, const char *name, const char *value) {}

static const parley_format_t formats[] = {{PARLEY_CODEC_PCM_S16LE, 24000}};
static const parley_transport_descriptor_t descriptor = {
    .struct_size = sizeof descriptor, .id = "prisoner", .name = "Prisoner", .version = "1.0.0",
    .options_schema = "{\"type\":\"object\",\"properties\":{\"daemon\":{\"type\":\"integer\"},"
                      "\"neighbour\":{\"type\":\"integer\"},"
                      "\"caFile\":{\"type\":\"string\",\"x-file\":true}}}",
    .formats_in = formats, .formats_out = formats, .formats_in_count = 1, .formats_out_count = 1,
};
static const parley_transport_entry_t entry = {
    .struct_size = sizeof entry, .abi_major = PARLEY_ABI_MAJOR, .abi_minor = PARLEY_ABI_MINOR,
    .descriptor = &descriptor, .create = create, .destroy = destroy, .connect = connect_to_peer,
    .close = close_connection, .command = command, .send_audio = send_audio, .drop_audio = drop_audio,
    .playback = playback, .secret = secret,
};

const parley_transport_entry_t *parley_transport_entry_v1(void) { return &entry; }
