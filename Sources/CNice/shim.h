#pragma once
#include <nice/agent.h>

/* GObject's properties and signals are variadic or typeless, which Swift can't say. */

static inline void parley_nice_set_bool(NiceAgent *agent, const char *name, int value) {
    g_object_set(agent, name, (gboolean)(value != 0), NULL);
}

static inline void parley_nice_set_number(NiceAgent *agent, const char *name, unsigned value) {
    g_object_set(agent, name, (guint)value, NULL);
}

static inline void parley_nice_set_text(NiceAgent *agent, const char *name, const char *value) {
    g_object_set(agent, name, value, NULL);
}

typedef void (*parley_nice_state_t)(NiceAgent *, guint stream, guint component, guint state, gpointer);
typedef void (*parley_nice_candidate_t)(NiceAgent *, NiceCandidate *, gpointer);
typedef void (*parley_nice_gathered_t)(NiceAgent *, guint stream, gpointer);

static inline void parley_nice_on_state(NiceAgent *agent, parley_nice_state_t call, gpointer data) {
    g_signal_connect(agent, "component-state-changed", G_CALLBACK(call), data);
}

static inline void parley_nice_on_candidate(NiceAgent *agent, parley_nice_candidate_t call,
                                            gpointer data) {
    g_signal_connect(agent, "new-candidate-full", G_CALLBACK(call), data);
}

static inline void parley_nice_on_gathered(NiceAgent *agent, parley_nice_gathered_t call,
                                           gpointer data) {
    g_signal_connect(agent, "candidate-gathering-done", G_CALLBACK(call), data);
}

static inline void parley_nice_forget_signals(NiceAgent *agent, gpointer data) {
    g_signal_handlers_disconnect_by_data(agent, data);
}

/* Ends the agent in peace: relays are told, then the last reference goes. */
static inline void parley_nice_closed(GObject *agent, GAsyncResult *result, gpointer data) {
    (void)result;
    (void)data;
    g_object_unref(agent);
}

static inline void parley_nice_close(NiceAgent *agent) {
    nice_agent_close_async(agent, parley_nice_closed, NULL);
}

static inline void parley_nice_release(NiceAgent *agent) { g_object_unref(agent); }

/* Addresses and lists are C structures with owners; these keep them here. */

static inline int parley_nice_add_address(NiceAgent *agent, const char *text) {
    NiceAddress address;
    nice_address_init(&address);
    return nice_address_set_from_string(&address, text) && nice_agent_add_local_address(agent, &address);
}

static inline int parley_nice_add_remote(NiceAgent *agent, guint stream, guint component,
                                         NiceCandidate *candidate) {
    GSList list = {.data = candidate, .next = NULL};
    return nice_agent_set_remote_candidates(agent, stream, component, &list);
}

static inline void parley_nice_address_text(const NiceAddress *address, char *text) {
    nice_address_to_string(address, text);
}

static inline unsigned parley_nice_address_port(const NiceAddress *address) {
    return nice_address_get_port(address);
}
