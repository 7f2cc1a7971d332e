/* A shared object, but no plugin. */
int parley_transport_entry_v0(void) { return 0; }
