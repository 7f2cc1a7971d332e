/* The host mode: one plugin and all its sessions. */
#ifndef PARLEY_HOST_HOST_H
#define PARLEY_HOST_HOST_H

#include <parley_sandbox.h>

/* Confines itself, loads the plugin on PARLEY_WIRE_PLUGIN_FD, which may read what lies on as many
 * descriptors from PARLEY_WIRE_READABLE_FD on, serves it until the daemon closes the control socket, and
 * returns the exit status. */
int run_host(parley_sandbox_mode mode, int readable_count);

#endif
