/* The spawner mode: starts hosts for a daemon that may not fork any more, and buries them. */
#ifndef PARLEY_HOST_SPAWNER_H
#define PARLEY_HOST_SPAWNER_H

/* Serves PARLEY_WIRE_SPAWNER_FD until the daemon closes it; then kills every host and returns the exit
 * status. program is what hosts run: this executable. */
int run_spawner(void);

#endif
