/* The host's end of the control socket: bounded messages, parts, assembling. */
#ifndef PARLEY_HOST_WIRE_H
#define PARLEY_HOST_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley_wire.h"

/* Says what is wrong on standard error and aborts: the daemon broke the protocol, or the machine is
 * out of memory. Nobody could go on from there. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One assembled message. body has a NUL after its last byte. */
struct message {
    parley_wire_header header;
    const uint8_t *body;
    size_t size;
    uint8_t *owned; /* to be freed, wiped before */
};

/* What receive_message() found. */
enum received { RECEIVED_MESSAGE, RECEIVED_NOTHING, RECEIVED_END };

/* Reads the next whole message without waiting. [main-thread] */
enum received receive_message(struct message *message);

/* Wipes and frees it: a body may hold a secret. */
void release_message(struct message *message);

/* Walks over a body: first the fixed struct, then strings. Both die on a body that is too short. */
struct cursor {
    const uint8_t *next;
    size_t left;
};
void take_struct(struct cursor *cursor, void *to, size_t size);
const char *take_string(struct cursor *cursor);
void expect_end(const struct cursor *cursor);

/* A piece of a body to be sent. */
struct piece {
    const void *bytes;
    size_t size;
};

/* Sends a message, in parts where it is longer than one packet. Waits while the daemon is behind: a
 * plugin that floods is slowed down, not buffered. Returns false when the daemon is gone. An id of 0
 * gets a number that keeps parts apart. [thread-safe] */
bool send_message(uint16_t kind, uint32_t session, uint32_t id, uint64_t audio_position,
                  const struct piece *pieces, int count);

/* The piece that a string makes, its NUL included; NULL counts as the empty string. */
struct piece string_piece(const char *text);

#endif
