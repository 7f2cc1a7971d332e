/*
 * What parleyd and parley-transport-host say to each other. Internal: both are built from one tree
 * and refuse another version, so this may change with any release, unlike parley_transport.h.
 *
 * Three kinds of SOCK_SEQPACKET pairs; a message is one packet, in host byte order:
 *
 *   spawner   parleyd <-> spawner   start a host, end it, learn that it ended
 *   control   parleyd <-> host      everything but audio
 *   audio     parleyd <-> host      frames and mute barriers, so that an event never delays a frame
 *
 * A control message is a parley_wire_header and a body: the fixed struct that its kind names (if
 * any), then NUL-terminated strings. A body longer than one message goes in parts that carry the
 * same kind, session and id, all but the last with PARLEY_WIRE_MORE; parts of different ids may
 * interleave. The receiver of either side checks every length, and the daemon takes nothing that a
 * host says for granted.
 */
#ifndef PARLEY_WIRE_H
#define PARLEY_WIRE_H

#include "parley/parley_transport.h"

#define PARLEY_WIRE_VERSION 3u
#define PARLEY_WIRE_MESSAGE_MAX 65536u  /* bytes of one packet, header included */
#define PARLEY_WIRE_BODY_MAX 17825792u  /* bytes of an assembled body: 16 MiB of JSON and some names */

/* Descriptors of a host, set up by the spawner before exec. Standard output and error are a pipe to the
 * daemon, which makes lines of its log of what comes. */
enum {
    PARLEY_WIRE_CONTROL_FD = 3,
    PARLEY_WIRE_AUDIO_FD = 4,
    PARLEY_WIRE_PLUGIN_FD = 5,  /* the plugin's file, open for reading: what was checked is loaded */
    PARLEY_WIRE_READABLE_FD = 6, /* and on: what config names for the plugin to read, by O_PATH */
    PARLEY_WIRE_READABLE_MAX = 12,
    PARLEY_WIRE_SPAWNER_FD = 3  /* of the spawner itself */
};

/* ---- spawner ---------------------------------------------------------------------------------- */

enum {
    PARLEY_SPAWN = 1,         /* to spawner, with descriptors: control, audio, plugin, output, what it may read */
    PARLEY_SPAWN_KILL = 2,    /* to spawner: SIGKILL the host and its group */
    PARLEY_SPAWN_STARTED = 3, /* from spawner; status is the pid, or -errno */
    PARLEY_SPAWN_EXITED = 4   /* from spawner; status as of waitpid() */
};

typedef struct parley_spawn_message {
    uint32_t version;
    uint32_t kind;
    uint32_t host;   /* the daemon's number for this host process */
    int32_t status;
    char name[64];   /* plugin id or file name, for the process list; NUL-terminated */
} parley_spawn_message;

/* ---- control ---------------------------------------------------------------------------------- */

enum {
    /* daemon to host */
    PARLEY_WIRE_CREATE = 1,         /* session */
    PARLEY_WIRE_CONNECT = 2,        /* session; parley_wire_connect; options, config, items, call id */
    PARLEY_WIRE_CLOSE = 3,          /* session */
    PARLEY_WIRE_DESTROY = 4,        /* session; answered by DESTROYED */
    PARLEY_WIRE_COMMAND = 5,        /* session, id; name, json */
    PARLEY_WIRE_PLAYBACK = 6,       /* session; parley_wire_playback; item id */
    PARLEY_WIRE_SECRET = 7,         /* session; parley_wire_secret; name, value */
    PARLEY_WIRE_PING = 8,           /* id; answered by PONG with the same id */
    PARLEY_WIRE_LISTENERS = 9,      /* session; parley_wire_listeners */
    /* host to daemon */
    PARLEY_WIRE_HELLO = 64,         /* parley_wire_hello; descriptor as JSON. First message of a host */
    PARLEY_WIRE_REFUSED = 65,       /* instead of HELLO: reason. The host exits */
    PARLEY_WIRE_PONG = 66,
    PARLEY_WIRE_CREATED = 67,       /* session; parley_wire_result */
    PARLEY_WIRE_DESTROYED = 68,     /* session */
    PARLEY_WIRE_STATUS = 69,        /* session; parley_wire_status; code, reason */
    PARLEY_WIRE_EVENT = 70,         /* session; type, json */
    PARLEY_WIRE_FORMAT = 71,        /* session; parley_wire_format */
    PARLEY_WIRE_NETWORK = 72,       /* session; parley_wire_network */
    PARLEY_WIRE_STATISTICS = 73,    /* session; json */
    PARLEY_WIRE_INCOMING = 74,      /* session; call id, json */
    PARLEY_WIRE_INTERRUPT = 75,     /* session; parley_wire_interrupt */
    PARLEY_WIRE_COMPLETE = 76,      /* session, id; parley_wire_result; json */
    PARLEY_WIRE_REQUEST_SECRET = 77,/* session; name */
    PARLEY_WIRE_LOG = 78,           /* session or 0; parley_wire_log; text */
    PARLEY_WIRE_BARRIER_PASSED = 79 /* session, id: the plugin's drop_audio() returned */
};

enum { PARLEY_WIRE_MORE = 1u << 0 };

typedef struct parley_wire_header {
    uint16_t version;
    uint16_t kind;
    uint32_t session; /* the daemon's number, never used twice in one host; 0 for the host itself */
    uint32_t id;      /* command, ping or barrier; else a count that keeps parts apart */
    uint32_t flags;
    /* Frames of this session that the sender had put on the audio socket before this message. The
     * host reads up to there before it obeys. */
    uint64_t audio_position;
} parley_wire_header;

typedef struct parley_wire_hello {
    uint32_t wire_version;
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t pid;
} parley_wire_hello;

typedef struct parley_wire_connect {
    uint32_t resume;
    uint32_t attempt;
    uint32_t generation;
    uint32_t has_call_id;
} parley_wire_connect;

typedef struct parley_wire_playback {
    uint32_t kind;
    uint32_t cause;
    uint32_t generation;
    uint32_t content_index;
    uint32_t rate_hz;
    uint32_t has_item_id;
    uint64_t heard_samples;
    uint64_t received_samples;
} parley_wire_playback;

typedef struct parley_wire_secret { uint32_t has_value; } parley_wire_secret;

typedef struct parley_wire_listeners { uint32_t heard; } parley_wire_listeners;

typedef struct parley_wire_result { int32_t result; } parley_wire_result;

typedef struct parley_wire_status {
    uint32_t status;
    uint32_t retry;
    uint32_t retry_after_ms;
    uint32_t listens; /* with PARLEY_CONNECTED: 1 for a session that waits for callers */
} parley_wire_status;

typedef struct parley_wire_format {
    uint32_t direction;
    uint32_t codec;
    uint32_t rate_hz;
    uint32_t ptime_ms;
} parley_wire_format;

typedef struct parley_wire_network {
    uint32_t loss_percent;
    uint32_t bitrate_bps;
    uint32_t ptime_ms;
} parley_wire_network;

typedef struct parley_wire_interrupt { uint32_t cause; } parley_wire_interrupt;

typedef struct parley_wire_log { uint32_t level; } parley_wire_log;

/* ---- audio ------------------------------------------------------------------------------------ */

/* Beside the PARLEY_FRAME_ flags. Daemon to host only: drop what is held of the microphone, then
 * answer BARRIER_PASSED with the frame's sequence as id. Carries no audio. */
enum { PARLEY_WIRE_FRAME_BARRIER = 1u << 31 };

/* One packet: this, then data_size bytes. */
typedef struct parley_wire_audio {
    uint16_t version;
    uint16_t item_id_size; /* 0 to PARLEY_ID_MAX; 0 for none */
    uint32_t session;
    uint32_t flags;
    uint32_t codec;
    uint32_t rate_hz;
    uint32_t sample_count;
    uint32_t sequence;
    uint32_t generation;
    uint64_t timestamp;
    uint32_t content_index;
    uint32_t data_size;
    char item_id[64];      /* item_id_size bytes, the rest 0 */
} parley_wire_audio;

#endif
