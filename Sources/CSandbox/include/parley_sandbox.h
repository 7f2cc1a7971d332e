/*
 * What Parley's processes forbid themselves, whatever started them: system calls by seccomp, files by
 * Landlock. Nothing here can be undone, and all of it passes to children, so the spawner of hosts starts
 * before the daemon confines itself. docs/decisions/0008-sandbox.md says why it is as it is.
 *
 * A denied call answers an errno and never ends the process.
 *
 * In a build with a sanitizer nothing is put in force: sanitizers trace their own process.
 */
#ifndef PARLEY_SANDBOX_H
#define PARLEY_SANDBOX_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum parley_sandbox_role {
    PARLEY_SANDBOX_DAEMON = 1,  /* Unix sockets only; starts no program, takes no signals to others */
    PARLEY_SANDBOX_SPAWNER = 2, /* what no process of Parley needs; hosts of a spawner inherit it */
    PARLEY_SANDBOX_HOST = 3     /* IP and netlink route sockets only; no program, no file is written */
} parley_sandbox_role;

typedef enum parley_sandbox_mode {
    PARLEY_SANDBOX_ON = 0,
    PARLEY_SANDBOX_OFF = 1, /* for debugging: nothing is in force */
    PARLEY_SANDBOX_LOG = 2  /* as ON, and the kernel's log tells what was denied */
} parley_sandbox_mode;

/* "on", "off" or "log"; -1 for anything else. [thread-safe] */
int parley_sandbox_mode_named(const char *name);
const char *parley_sandbox_mode_name(parley_sandbox_mode mode);

/*
 * Puts the role's system-call filter in force for every thread of this process, with no_new_privs, and
 * makes the process undumpable. A host gives its capabilities up too, but for binding low ports, and its limits
 * for priority.
 * Returns 0 or a negative errno; -ENOSYS when this kernel cannot filter.
 */
int parley_sandbox_confine(parley_sandbox_role role, parley_sandbox_mode mode);

/*
 * Confines the calling thread, and those it starts from here on, to no program and no new device node,
 * and to no TCP. Call before there is a second thread.
 * Returns the version of the kernel's Landlock, 0 where it has none, or a negative errno.
 */
int parley_sandbox_restrict_daemon(parley_sandbox_mode mode);

/*
 * Confines the calling thread, and those it starts from here on, to reading: libraries, what a resolver
 * needs, certificates of authorities, and the files or directories that `readable` are descriptors of.
 * Returns as parley_sandbox_restrict_daemon().
 */
int parley_sandbox_restrict_host(parley_sandbox_mode mode, const int *readable, int count);

/*
 * The directories outside of /usr that the calling process has libraries from, with colons between: a
 * Swift toolchain's in a debug build. Valid until the process ends. Not thread-safe.
 */
const char *parley_sandbox_library_directories(void);

#ifdef __cplusplus
}
#endif

#endif
