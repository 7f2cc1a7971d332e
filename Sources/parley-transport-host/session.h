/* One session of the plugin: what the plugin may call (parley_host_t), and what the daemon asks of
 * it. [main-thread] where nothing else is said. */
#ifndef PARLEY_HOST_SESSION_H
#define PARLEY_HOST_SESSION_H

#include <stdbool.h>

#include "wire.h"

/* The plugin of this process; set once it is loaded. */
extern const parley_transport_entry_t *plugin;

struct session;

struct session *find_session(uint32_t number);

/* Makes the session and answers CREATED. */
void create_session(uint32_t number);

/* Ends it and answers DESTROYED. */
void destroy_session(struct session *session);

/* Obeys a message to this session. */
void obey(struct session *session, const struct message *message);

/* Gives a frame of the daemon to the plugin, or passes a mute barrier. */
void take_audio(struct session *session, const parley_wire_audio *frame, const uint8_t *data);

/* Packets of this session that were read from the audio socket, barriers included. */
uint64_t audio_taken(const struct session *session);

#endif
