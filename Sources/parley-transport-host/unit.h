/* The unit mode: a host that a service manager started for a connection. */
#ifndef PARLEY_HOST_UNIT_H
#define PARLEY_HOST_UNIT_H

#include <parley_sandbox.h>

/* Takes the first message on PARLEY_WIRE_CONTROL_FD and puts its descriptors where a host has them, so that
 * run_host() can go on, in a child process that ends with the daemon: keeper.h. Returns how many descriptors
 * from PARLEY_WIRE_READABLE_FD on the plugin may read; ends the process when nothing of the kind comes. */
int become_unit(parley_sandbox_mode mode);

#endif
