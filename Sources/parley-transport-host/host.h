/* The host mode: one plugin and all its sessions. */
#ifndef PARLEY_HOST_HOST_H
#define PARLEY_HOST_HOST_H

/* Loads the plugin on PARLEY_WIRE_PLUGIN_FD, serves it until the daemon closes the control socket, and
 * returns the exit status. */
int run_host(void);

#endif
