/* The parent of a host that a service manager started. */
#ifndef PARLEY_HOST_KEEPER_H
#define PARLEY_HOST_KEEPER_H

#include <parley_sandbox.h>

/* Returns in a child process. What called it stays behind as its keeper: it kills the child when the daemon
 * hangs up on `life`, or says anything there, and ends with the child and as the child did, which closes
 * `life` and so tells the daemon. The kernel kills the child should the keeper end before. Of the child's
 * descriptors from 3 on the keeper has only `life`, and the child all the others. Call before there is a second
 * thread. */
void live_under_keeper(int life, parley_sandbox_mode mode);

#endif
