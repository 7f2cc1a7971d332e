/* The spawner mode: starts hosts for a daemon that may not fork any more, and buries them. */
#ifndef PARLEY_HOST_SPAWNER_H
#define PARLEY_HOST_SPAWNER_H

#include <parley_sandbox.h>

/* Serves PARLEY_WIRE_SPAWNER_FD until the daemon closes it; then kills every host and returns the exit
 * status. Hosts confine themselves as mode says. */
int run_spawner(parley_sandbox_mode mode);

#endif
