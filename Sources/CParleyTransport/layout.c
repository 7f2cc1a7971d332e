/* Holds the layout of the interface: a change here breaks every plugin that exists. */
#include "parley/parley_transport.h"

_Static_assert(sizeof(parley_format_t) == 8, "parley_format_t");
_Static_assert(sizeof(parley_audio_frame_t) == 64, "parley_audio_frame_t");
_Static_assert(offsetof(parley_audio_frame_t, timestamp) == 24, "timestamp");
_Static_assert(offsetof(parley_audio_frame_t, item_id) == 40, "item_id");
_Static_assert(sizeof(parley_playback_t) == 48, "parley_playback_t");
_Static_assert(sizeof(parley_transport_descriptor_t) == 88, "parley_transport_descriptor_t");
_Static_assert(sizeof(parley_status_report_t) == 40, "parley_status_report_t");
_Static_assert(offsetof(parley_status_report_t, listens) == 32, "listens");
_Static_assert(sizeof(parley_host_t) == 112, "parley_host_t");
_Static_assert(sizeof(parley_connect_t) == 48, "parley_connect_t");
_Static_assert(sizeof(parley_transport_entry_t) == 104, "parley_transport_entry_t");
_Static_assert(offsetof(parley_transport_entry_t, listeners) == 96, "listeners");
_Static_assert(sizeof(parley_loop_t) == 48, "parley_loop_t");
