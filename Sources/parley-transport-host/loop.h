/* The host's loop: the daemon's sockets, and what plugins add by parley.loop/1. All [main-thread]
 * except the extension's post(). With nothing to do it sleeps without end. */
#ifndef PARLEY_HOST_LOOP_H
#define PARLEY_HOST_LOOP_H

#include "parley/parley_transport.h"

/* Makes the loop; once, before anything else here. */
void loop_open(void);

/* Serves descriptors, timers and posts until loop_stop(). */
void loop_run(void);
void loop_stop(void);

/* Watches a descriptor of the host itself. */
void loop_watch_own(int fd, void (*ready)(void));

/* Forgets every watch, timer and post of a session that ends. */
void loop_forget(const parley_host_t *host);

/* Whether the caller is the main thread. [thread-safe] */
int loop_is_current(void);

extern const parley_loop_t loop_extension;

#endif
