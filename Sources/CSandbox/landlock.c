/* Landlock(7). The constants are our own: what the kernel has is asked at run time, and the headers of
 * the machine that built this may be older. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "build.h"
#include "parley_sandbox.h"

enum {
    FS_EXECUTE = 1 << 0,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_MAKE_CHAR = 1 << 6,
    FS_MAKE_BLOCK = 1 << 11,
    FS_ALL = (1 << 13) - 1,
    FS_REFER = 1 << 13,     /* 2 */
    FS_TRUNCATE = 1 << 14,  /* 3 */
    FS_IOCTL_DEV = 1 << 15, /* 5 */
    NET_BIND_TCP = 1 << 0,  /* 4 */
    NET_CONNECT_TCP = 1 << 1,
    SCOPE_ABSTRACT_UNIX = 1 << 0, /* 6 */
    SCOPE_SIGNAL = 1 << 1,
};
#define FS_READ (FS_READ_FILE | FS_READ_DIR)

struct ruleset {
    uint64_t fs, net, scoped;
};

struct __attribute__((packed)) beneath {
    uint64_t access;
    int32_t fd;
};

static int abi_of_kernel(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u);
    return version > 0 ? (int)version : 0;
}

static int create(const struct ruleset *ruleset, int abi) {
    size_t size = abi < 4 ? offsetof(struct ruleset, net)
                          : abi < 6 ? offsetof(struct ruleset, scoped) : sizeof *ruleset;
    return (int)syscall(SYS_landlock_create_ruleset, ruleset, size, 0u);
}

/* Who has no right to administrate must give new privileges up before. */
static int enforce(int rules) {
    int result = 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_landlock_restrict_self, rules, 0u) < 0)
        result = -errno;
    close(rules);
    return result;
}

/* Grants what can be granted: a file is never listed. What isn't there needs no rule. */
static void grant(int rules, int fd, uint64_t access) {
    struct stat status;
    if (fstat(fd, &status) < 0)
        return;
    if (!S_ISDIR(status.st_mode))
        access &= ~(uint64_t)FS_READ_DIR;
    struct beneath rule = {.access = access, .fd = fd};
    syscall(SYS_landlock_add_rule, rules, 1 /* PATH_BENEATH */, &rule, 0u);
}

static void grant_path(int rules, const char *path, uint64_t access) {
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return;
    grant(rules, fd, access);
    close(fd);
}

/* Each of the paths in a list with colons between. */
static void grant_list(int rules, const char *list) {
    char path[PATH_MAX];
    while (list && *list) {
        size_t length = strcspn(list, ":");
        if (length > 1 && length < sizeof path && *list == '/') {
            memcpy(path, list, length);
            path[length] = 0;
            grant_path(rules, path, FS_READ);
        }
        list += length + (list[length] == ':');
    }
}

/* The resolver's file is often a link into a directory of the service that writes it, anew and by rename
 * whenever the network changes: the directory must be granted, or names stop to resolve. /run itself is no
 * such directory: there the file alone is granted, as it is elsewhere. */
static void grant_resolver(int rules) {
    char path[PATH_MAX];
    if (!realpath("/etc/resolv.conf", path))
        return;
    char *name = strrchr(path, '/');
    if (name && strncmp(path, "/run/", 5) == 0 && name > path + strlen("/run")) {
        *name = 0;
        grant_path(rules, path, FS_READ_FILE);
    }
}

static const char *const readable_paths[] = {
    /* programs' shared parts: nobody keeps secrets here */
    "/usr", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache",
    /* names and times */
    "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
    "/etc/services", "/etc/protocols", "/etc/localtime",
    /* certificates of authorities, and how to use them; keys lie beside them in /etc/ssl/private */
    "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/ca-certificates", "/etc/pki/tls/certs",
    "/etc/pki/ca-trust", "/etc/crypto-policies",
    "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random",
    "/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
};

int parley_sandbox_restrict_host(parley_sandbox_mode mode, const int *readable, int count) {
    int abi = abi_of_kernel();
    if (mode == PARLEY_SANDBOX_OFF || PARLEY_IS_SANITIZED || abi == 0)
        return 0;
    struct ruleset all = {
        .fs = FS_ALL | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) |
              (abi >= 5 ? FS_IOCTL_DEV : 0),
        .scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL,
    };
    int rules = create(&all, abi);
    if (rules < 0)
        return -errno;
    for (size_t i = 0; i < sizeof readable_paths / sizeof *readable_paths; i++)
        grant_path(rules, readable_paths[i], FS_READ);
    grant_resolver(rules);
    grant_list(rules, getenv("LD_LIBRARY_PATH"));
    grant_list(rules, getenv("PARLEY_LIBRARY_PATH"));
    grant_list(rules, getenv("SSL_CERT_FILE"));
    grant_list(rules, getenv("SSL_CERT_DIR"));
    for (int i = 0; i < count; i++)
        grant(rules, readable[i], FS_READ);
    int fault = enforce(rules);
    return fault ? fault : abi;
}

int parley_sandbox_restrict_daemon(parley_sandbox_mode mode) {
    int abi = abi_of_kernel();
    if (mode == PARLEY_SANDBOX_OFF || PARLEY_IS_SANITIZED || abi == 0)
        return 0;
    struct ruleset some = {.fs = FS_EXECUTE | FS_MAKE_CHAR | FS_MAKE_BLOCK,
                           .net = NET_BIND_TCP | NET_CONNECT_TCP};
    int rules = create(&some, abi);
    if (rules < 0)
        return -errno;
    int fault = enforce(rules);
    return fault ? fault : abi;
}
