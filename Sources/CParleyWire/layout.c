/* No struct of the wire has padding: what is not written is never sent. */
#include "parley_wire.h"

_Static_assert(sizeof(parley_spawn_message) == 80, "parley_spawn_message");
_Static_assert(sizeof(parley_wire_header) == 24, "parley_wire_header");
_Static_assert(sizeof(parley_wire_hello) == 16, "parley_wire_hello");
_Static_assert(sizeof(parley_wire_connect) == 16, "parley_wire_connect");
_Static_assert(sizeof(parley_wire_playback) == 40, "parley_wire_playback");
_Static_assert(sizeof(parley_wire_status) == 16, "parley_wire_status");
_Static_assert(sizeof(parley_wire_audio) == 112, "parley_wire_audio");
_Static_assert(PARLEY_FRAME_DATA_MAX + sizeof(parley_wire_audio) <= PARLEY_WIRE_MESSAGE_MAX,
               "a frame fits one packet");
