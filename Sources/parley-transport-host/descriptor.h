/* What a plugin says of itself, as the text that HELLO carries. */
#ifndef PARLEY_HOST_DESCRIPTOR_H
#define PARLEY_HOST_DESCRIPTOR_H

#include "parley/parley_transport.h"

/* Why this entry can't be used, as a sentence, or NULL. Looks at what the host itself relies on; the
 * daemon checks the rest. The text is static or in the caller's room. */
const char *entry_fault(const parley_transport_entry_t *entry, char *room, size_t size);

/* The descriptor as one JSON object, to be freed, or NULL when there is no memory. */
char *descriptor_json(const parley_transport_descriptor_t *descriptor);

#endif
