#define _GNU_SOURCE
#include "parley_sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "build.h"
#include "rules.h"

static const char *const names[] = {"on", "off", "log"};

const char *parley_sandbox_mode_name(parley_sandbox_mode mode) {
    return names[mode > PARLEY_SANDBOX_LOG ? PARLEY_SANDBOX_ON : mode];
}

int parley_sandbox_mode_named(const char *name) {
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}

/* A host of a daemon that runs as root must not be root but in name. Low ports may still be bound: a
 * service that was given that right was given it for its plugins. */
static int drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};

    if (syscall(SYS_capget, &header, data) < 0)
        return -errno;
    const uint32_t kept = 1u << CAP_NET_BIND_SERVICE;
    bool has_more = false;
    for (int i = 0; i < 2; i++) {
        const uint32_t mask = i == 0 ? kept : 0;
        has_more |= ((data[i].effective | data[i].permitted) & ~mask) || data[i].inheritable;
        data[i].effective &= mask;
        data[i].permitted &= mask;
        data[i].inheritable = 0;
    }
    if (!has_more)
        return 0; /* where there is nothing to give up, a unit may deny the call itself */
    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* What the daemon may do for its sound is no business of its plugins; a great number of descriptors none either. */
static int drop_limits(void) {
    static const struct { int resource; rlim_t most; } limits[] = {
        {RLIMIT_RTPRIO, 0}, {RLIMIT_NICE, 0}, {RLIMIT_NOFILE, 4096},
    };

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct rlimit limit;
        const rlim_t most = limits[i].most;
        if (getrlimit(limits[i].resource, &limit) < 0)
            return -errno;
        if (limit.rlim_max <= most)
            continue;
        limit.rlim_max = most;
        if (limit.rlim_cur > most)
            limit.rlim_cur = most;
        if (setrlimit(limits[i].resource, &limit) < 0)
            return -errno;
    }
    return 0;
}

/* The filter is for every thread. It does not make the kernel slow down speculation, which old kernels
 * do for each filtered process: nothing here relies on it. */
static int install(struct filter *filter, parley_sandbox_mode mode) {
    struct sock_fprog program = {.len = filter->size, .filter = filter->code};
    unsigned flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    if (mode == PARLEY_SANDBOX_LOG)
        flags |= SECCOMP_FILTER_FLAG_LOG;

    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (result < 0 && errno == EINVAL) /* before 4.17 */
        result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (result > 0)
        return -EBUSY; /* a thread has a filter of its own, which none of ours has */
    return result < 0 ? -errno : 0;
}

int parley_sandbox_confine(parley_sandbox_role role, parley_sandbox_mode mode) {
    struct filter filter;

    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return -errno;
    if (mode == PARLEY_SANDBOX_OFF || PARLEY_IS_SANITIZED)
        return 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    filter_begin(&filter);
    switch (role) {
    case PARLEY_SANDBOX_DAEMON:
        add_daemon_rules(&filter);
        break;
    case PARLEY_SANDBOX_SPAWNER:
        add_spawner_rules(&filter);
        break;
    case PARLEY_SANDBOX_HOST:
        add_host_rules(&filter);
        break;
    default:
        return -EINVAL;
    }
    filter_end(&filter);
    if (filter.is_full)
        return -E2BIG;
    int fault = role == PARLEY_SANDBOX_HOST ? drop_limits() : 0;
    if (!fault && role == PARLEY_SANDBOX_HOST)
        fault = drop_capabilities();
    return fault ? fault : install(&filter, mode);
}
