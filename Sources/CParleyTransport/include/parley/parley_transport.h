/*
 * The Parley transport plugin interface, version 1.
 *
 * A transport plugin is one shared object that carries a conversation to a peer: a WebSocket
 * service, a WebRTC call, a telephone line. Parley runs it in a process of its own, one process
 * per plugin, all sessions of the plugin inside it. The daemon owns the sound devices, the codecs,
 * the playout clock and the decision to reconnect; the plugin owns the protocol of its peer.
 *
 * The object exports one function, parley_transport_entry_v1(), and nothing else is looked up.
 * This header is all that is needed to write one; it includes only <stdint.h> and <stddef.h>.
 *
 * Life of a plugin in its process
 *
 *   entry = parley_transport_entry_v1()     once, right after the object was loaded
 *   t = entry->create(host)                 once per session
 *   entry->connect(t, ...)                  once per connection; again after a disconnect
 *   entry->send_audio / command / playback  while the session lives
 *   entry->close(t)                         ask the peer to end; answer by on_status(disconnected)
 *   entry->destroy(t)                       nothing of t is touched afterwards
 *
 * Threads
 *
 *   [main-thread]   the host's loop thread. Every function of the plugin is called there, never
 *                   two at once, and must return within 100 ms: what waits uses a thread of the
 *                   plugin's own or the extension parley.loop/1.
 *   [thread-safe]   callable from any thread, the main thread included.
 *
 * Ownership: pointers given to a function are valid until it returns, unless its comment says
 * otherwise; whoever wants the bytes longer copies them. Strings are UTF-8 and end with NUL. JSON
 * text is one object unless said otherwise, at most 16 MiB.
 *
 * Growth: structs begin with their size and grow at the end; a reader looks at struct_size before
 * it touches a member that was added after 1.0 and treats a missing one as zero. The layout of
 * 1.0 is the same on every 64-bit platform.
 */
#ifndef PARLEY_TRANSPORT_H
#define PARLEY_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_ABI_MAJOR 1u
#define PARLEY_ABI_MINOR 2u

/* Limits that the daemon enforces; a plugin beyond one is refused or its message is dropped. */
#define PARLEY_ID_MAX 63u            /* bytes of a plugin id or an item id, NUL not counted */
#define PARLEY_FRAME_DATA_MAX 61440u /* bytes of audio in one frame */
#define PARLEY_JSON_MAX 16777216u    /* bytes of one JSON text */
#define PARLEY_FORMATS_MAX 16u       /* formats of one direction */

/* ---- Results --------------------------------------------------------------------------------- */

typedef int32_t parley_result_t;
enum {
    PARLEY_OK = 0,
    PARLEY_PENDING = 1,             /* a command was taken; complete() will follow */
    PARLEY_ERROR_INVALID = -1,      /* an argument is malformed */
    PARLEY_ERROR_NOT_SUPPORTED = -2,/* this transport can't do that */
    PARLEY_ERROR_NOT_CONNECTED = -3,
    PARLEY_ERROR_FULL = -4,         /* a bounded queue is full; nothing was taken */
    PARLEY_ERROR_NO_MEMORY = -5,
    PARLEY_ERROR_FAILED = -6        /* anything else; the log or complete() says what */
};

/* ---- Audio ----------------------------------------------------------------------------------- */

typedef uint32_t parley_codec_t;
enum {
    PARLEY_CODEC_PCM_S16LE = 1, /* mono, signed 16 bit, little endian; 8000, 16000, 24000, 48000 Hz */
    PARLEY_CODEC_PCMU = 2,      /* G.711 mu-law, 8000 Hz */
    PARLEY_CODEC_PCMA = 3,      /* G.711 A-law, 8000 Hz */
    PARLEY_CODEC_OPUS = 4       /* one RFC 6716 packet per frame; rate_hz is 48000 always */
};

typedef struct parley_format {
    parley_codec_t codec;
    uint32_t rate_hz;
} parley_format_t;

/* Flags of a frame. */
enum {
    /* The frame follows a real-time clock of the peer: sequence and timestamp are those of RTP, the
     * daemon's jitter buffer orders it and hides loss. Without the flag, frames are queued in the
     * order in which they come and may come faster than real time. Opus frames always carry it. */
    PARLEY_FRAME_PACKET = 1u << 0,
    /* Something before this frame was lost on purpose (a queue overran, a connection was renewed). */
    PARLEY_FRAME_DISCONTINUITY = 1u << 1,
    /* First packet of a talk spurt (the RTP marker bit of RFC 3551). */
    PARLEY_FRAME_MARKER = 1u << 2,
    /* Last audio of (item_id, content_index); the frame may be empty. */
    PARLEY_FRAME_END_OF_ITEM = 1u << 3
};

/* A piece of audio, in either direction. */
typedef struct parley_audio_frame {
    uint32_t struct_size;
    uint32_t flags;
    parley_format_t format;
    uint32_t sample_count;  /* samples in the frame at format.rate_hz; for Opus at 48000 */
    uint32_t sequence;      /* packets: RTP sequence number, 16 bit; else counts frames, wraps */
    uint64_t timestamp;     /* position of the first sample, in samples at format.rate_hz */
    uint32_t generation;    /* see parley_playback_t; 0 towards the plugin */
    uint32_t content_index; /* part of the item, 0 where the peer has none */
    const char *item_id;    /* item that this speech belongs to, or NULL; at most PARLEY_ID_MAX */
    const uint8_t *data;    /* may be NULL when data_size is 0 */
    uint32_t data_size;     /* at most PARLEY_FRAME_DATA_MAX */
    uint32_t reserved;      /* 0 */
} parley_audio_frame_t;

/* What became of speech that the plugin delivered: [main-thread], through playback(). */
typedef uint32_t parley_playback_kind_t;
enum {
    PARLEY_PLAYBACK_STARTED = 1,  /* first sample of the item reached the listener */
    PARLEY_PLAYBACK_FINISHED = 2, /* last sample of the item reached the listener, or passed while
                                   * nobody listened: then fewer were heard than received */
    PARLEY_PLAYBACK_FLUSHED = 3,  /* an unfinished item was cut off; one call per item, oldest first */
    PARLEY_PLAYBACK_FLUSH_END = 4,/* the flush is complete: adopt generation; item_id is NULL */
    PARLEY_PLAYBACK_RAN_DRY = 5   /* the queue emptied before END_OF_ITEM */
};

typedef uint32_t parley_cause_t;
enum {
    PARLEY_CAUSE_SPEECH = 1, /* the peer heard the user speak */
    PARLEY_CAUSE_CLIENT = 2, /* a program asked by session.interrupt */
    PARLEY_CAUSE_PEER = 3,   /* the peer cleared its output for a reason of its own */
    PARLEY_CAUSE_CLOSE = 4   /* the session ends or reconnects */
};

typedef struct parley_playback {
    uint32_t struct_size;
    parley_playback_kind_t kind;
    parley_cause_t cause;      /* FLUSHED and FLUSH_END */
    /* FLUSH_END: from now on the plugin puts this number in its frames. Frames that still carry an
     * older one belong to what was cut off, and the daemon drops them. Starts at 1 with connect(). */
    uint32_t generation;
    const char *item_id;       /* NULL for audio that named none */
    uint32_t content_index;
    uint32_t rate_hz;          /* rate of the two counts */
    uint64_t heard_samples;    /* of this item, really played: the device's latency is taken off */
    uint64_t received_samples; /* of this item, received from the plugin */
} parley_playback_t;

/* ---- Descriptor ------------------------------------------------------------------------------ */

/* Capabilities, a bit each. What a transport does not claim is answered `not_supported` by the
 * daemon without asking the plugin. */
enum {
    PARLEY_CAN_INTERRUPT = 1u << 0,            /* command interrupt */
    PARLEY_CAN_OWN_OUTPUT_BUFFER = 1u << 1,    /* the peer keeps the speech queue, not the daemon */
    PARLEY_CAN_REMOTE_TRUNCATE = 1u << 2,      /* the peer learns how much was heard */
    PARLEY_CAN_MUTE_REMOTE = 1u << 3,          /* command mute: the peer is told */
    PARLEY_CAN_EDIT_HISTORY = 1u << 4,         /* resetHistory */
    PARLEY_CAN_TOOLS = 1u << 5,                /* function_call, sendFunctionCallOutput */
    PARLEY_CAN_MCP = 1u << 6,                  /* mcp_* events, sendMcpResponse */
    PARLEY_CAN_IMAGES = 1u << 7,               /* addImage */
    PARLEY_CAN_TURN_EVENTS = 1u << 8,          /* turn_started, turn_done; requestResponse */
    PARLEY_CAN_TIMELINE_MS = 1u << 9,          /* events carry positions in ms of input audio */
    PARLEY_CAN_DTMF = 1u << 10,                /* sendDtmf, event dtmf */
    PARLEY_CAN_LISTEN = 1u << 11,              /* on_incoming: the transport can be called */
    PARLEY_CAN_ATTACH_BY_CALL_ID = 1u << 12,   /* option callId joins a running call */
    PARLEY_CAN_MESSAGES = 1u << 13,            /* sendMessage */
    PARLEY_CAN_RAW_EVENTS = 1u << 14,          /* sendEvent, transport_event */
    PARLEY_CAN_COMMIT_AUDIO = 1u << 15,        /* commitAudio, clearAudio: push to talk */
    PARLEY_CAN_UPDATE_CONFIG = 1u << 16        /* updateSessionConfig */
};

/* What a plugin is. Static: the pointers stay valid as long as the object is loaded. */
typedef struct parley_transport_descriptor {
    uint32_t struct_size;
    uint32_t max_session_s;          /* longest connection the peer allows; 0 for no limit */
    uint64_t capabilities;
    const char *id;                  /* [a-z0-9][a-z0-9.-]*, at most PARLEY_ID_MAX */
    const char *name;                /* for people */
    const char *version;             /* semantic version */
    const char *vendor;              /* may be NULL */
    const char *description;         /* may be NULL */
    /* JSON Schema of the options, or NULL for none. The daemon checks options before it connects and
     * knows this subset: one object; properties of type string, integer, number, boolean, array of
     * those, or object (passed through); enum, default, minimum, maximum, description; required;
     * x-secret (true: the property is a secret, asked for by request_secret, never in options);
     * x-secret-for (of a secret: the option that says who gets it, unless that is "url");
     * x-file (true: the property names a file or a directory that the plugin reads; only config may
     * name one, and the plugin can open no other but the system's libraries and certificates). */
    const char *options_schema;
    const parley_format_t *formats_in;  /* taken by send_audio, best first */
    const parley_format_t *formats_out; /* given to on_audio, best first */
    uint32_t formats_in_count;          /* 1 to PARLEY_FORMATS_MAX */
    uint32_t formats_out_count;
} parley_transport_descriptor_t;

/* ---- Host: what a plugin may call ------------------------------------------------------------ */

/* The status of the transport layer. Connected means configured and acknowledged by the peer. */
typedef uint32_t parley_status_t;
enum {
    PARLEY_DISCONNECTED = 0,
    PARLEY_CONNECTING = 1,
    PARLEY_CONNECTED = 2,
    PARLEY_DISCONNECTING = 3
};

/* Whether it makes sense to connect again. Only the daemon reconnects. */
typedef uint32_t parley_retry_t;
enum {
    PARLEY_RETRY_NOW = 0,   /* the connection broke */
    PARLEY_RETRY_LATER = 1, /* not before retry_after_ms */
    PARLEY_RETRY_NEVER = 2, /* fatal: a wrong key, no such model */
    PARLEY_RETRY_ENDED = 3  /* the conversation is over: either side hung up */
};

typedef struct parley_status_report {
    uint32_t struct_size;
    parley_status_t status;
    parley_retry_t retry;    /* with PARLEY_DISCONNECTED */
    uint32_t retry_after_ms; /* with PARLEY_RETRY_LATER */
    const char *code;        /* stable word for programs, such as "unauthorized"; may be NULL */
    const char *reason;      /* sentence for people; may be NULL */
    /* Since 1.2. With PARLEY_CONNECTED, 1: this session waits for callers (on_incoming) and has no
     * sound of its own, so the daemon lets go of the microphone and of all that keeps time for it. */
    uint32_t listens;
    uint32_t reserved; /* 0 */
} parley_status_report_t;

typedef uint32_t parley_direction_t;
enum { PARLEY_TO_PEER = 0, PARLEY_FROM_PEER = 1 };

typedef uint32_t parley_log_level_t;
enum { PARLEY_LOG_ERROR = 3, PARLEY_LOG_WARNING = 4, PARLEY_LOG_INFO = 6, PARLEY_LOG_DEBUG = 7 };

typedef struct parley_host parley_host_t;

/* One per session; valid from create() until destroy() returns. Every function takes the host as
 * first argument and is [thread-safe] unless its comment says otherwise. */
struct parley_host {
    uint32_t struct_size;
    uint32_t abi_minor; /* what the host implements; major is 1 */
    void *host_data;    /* the host's own */

    /* Tells a change of status. A disconnect names its cause and whether to retry. */
    void (*on_status)(const parley_host_t *host, const parley_status_report_t *report);

    /* An event. type "transport_event": json is the peer's raw event, any JSON object. Every other
     * type is an event of the transport layer ("audio_done", "turn_started", ...) and json its data.
     * A raw event comes before the typed ones made from it. */
    void (*on_event)(const parley_host_t *host, const char *type, const char *json);

    /* Speech from the peer. PARLEY_ERROR_FULL: the daemon has 15 minutes queued or does not read;
     * nothing was taken, try again later. PARLEY_ERROR_INVALID: the frame breaks a rule above. */
    parley_result_t (*on_audio)(const parley_host_t *host, const parley_audio_frame_t *frame);

    /* The format of a direction after negotiation; one of the descriptor's. ptime_ms is the length of
     * a frame that the peer wants (Opus: 10, 20, 40, 60); 0 leaves it to the daemon. Before the first
     * call the first format of each list is in force. */
    void (*on_format)(const parley_host_t *host, parley_direction_t direction,
                      const parley_format_t *format, uint32_t ptime_ms);

    /* What the network reports, for the encoder: loss in percent (0 to 100), bit rate in bit/s and
     * frame length in ms that it bears; 0 for unknown. */
    void (*on_network)(const parley_host_t *host, uint32_t loss_percent, uint32_t bitrate_bps,
                       uint32_t ptime_ms);

    /* Statistics for sessions.get, W3C webrtc-stats names where one exists. Replaces the last. */
    void (*on_statistics)(const parley_host_t *host, const char *json);

    /* Someone calls (PARLEY_CAN_LISTEN). call_id names the caller in connect(); json describes it. */
    void (*on_incoming)(const parley_host_t *host, const char *call_id, const char *json);

    /* The user barged in or the peer cleared its output: the daemon fades out, drops the queue and
     * answers by playback(FLUSHED ...) and playback(FLUSH_END). Hold new speech back until then. */
    void (*interrupt)(const parley_host_t *host, parley_cause_t cause);

    /* Ends a command that returned PARLEY_PENDING. json: the result or, with an error, an object
     * {"message": "..."}; may be NULL. */
    void (*complete)(const parley_host_t *host, uint32_t command_id, parley_result_t result,
                     const char *json);

    /* Asks for a secret that config or the client holds under this name; the answer comes by
     * secret(), at once or when somebody provides it. Ask again at each connect. */
    void (*request_secret)(const parley_host_t *host, const char *name);

    /* One line for the daemon's log. Never a secret, a transcript or audio. */
    void (*log)(const parley_host_t *host, parley_log_level_t level, const char *text);

    /* [main-thread] An extension by its id, such as PARLEY_EXT_LOOP, or NULL. Static memory. */
    const void *(*get_extension)(const parley_host_t *host, const char *extension_id);
};

/* ---- Plugin: what the host calls -------------------------------------------------------------- */

typedef struct parley_transport parley_transport_t; /* the plugin's own */

typedef struct parley_connect {
    uint32_t struct_size;
    uint32_t resume;          /* 1: the connection before this one broke; go on with items */
    uint32_t attempt;         /* 1 for the first try since the session was last connected */
    uint32_t generation;      /* put it into the frames until a FLUSH_END says otherwise */
    const char *options_json; /* checked against the schema, defaults filled in, secrets left out */
    const char *config_json;  /* the realtime session config, {} when none */
    const char *items_json;   /* array: the conversation so far, [] when none */
    const char *call_id;      /* of on_incoming: answer that call; else NULL */
} parley_connect_t;

/* What clients of the daemon listen to, for listeners(). */
enum {
    PARLEY_HEARD_RAW_EVENTS = 1u << 0, /* "transport_event" */
    PARLEY_HEARD_RAW_AUDIO = 1u << 1   /* the audio inside of raw events */
};

typedef struct parley_transport_entry {
    uint32_t struct_size;
    uint32_t abi_major; /* PARLEY_ABI_MAJOR; another value is refused */
    uint32_t abi_minor; /* what the plugin was built with */
    uint32_t reserved;  /* 0 */
    const parley_transport_descriptor_t *descriptor;

    /* All [main-thread]. */

    /* A transport for one session; NULL when it can't. host stays valid until destroy() returns. */
    parley_transport_t *(*create)(const parley_host_t *host);

    /* Frees it. No call of the host's functions for this session may be running on another thread
     * when it returns. */
    void (*destroy)(parley_transport_t *transport);

    /* Begins to connect; on_status tells how it goes. An error ends the attempt as fatal. */
    parley_result_t (*connect)(parley_transport_t *transport, const parley_connect_t *request);

    /* Ends the connection; on_status(PARLEY_DISCONNECTED) must follow within a second. May be called
     * in any status. */
    void (*close)(parley_transport_t *transport);

    /* A member of the transport layer: sendEvent, sendMessage, addImage, requestResponse,
     * updateSessionConfig, mute, sendFunctionCallOutput, interrupt, resetHistory, sendMcpResponse,
     * commitAudio, clearAudio, sendDtmf. json holds its arguments under the names of the control
     * protocol. All audio that was sent before the command has been given to send_audio. Answers
     * PARLEY_OK, PARLEY_PENDING or an error. interrupt comes before the flush that it causes. */
    parley_result_t (*command)(parley_transport_t *transport, uint32_t command_id, const char *name,
                               const char *json);

    /* Sound from the local leg, in the format in force, also while connecting. */
    void (*send_audio)(parley_transport_t *transport, const parley_audio_frame_t *frame);

    /* Drops every sample of the microphone that the plugin still holds. When it returns, none of
     * what send_audio was given before may reach the network: the mute barrier. */
    void (*drop_audio)(parley_transport_t *transport);

    /* What became of the speech. */
    void (*playback)(parley_transport_t *transport, const parley_playback_t *playback);

    /* The answer to request_secret; value is NULL when there is none. Wiped when it returns. */
    void (*secret)(parley_transport_t *transport, const char *name, const char *value);

    /* Since 1.1; may be NULL. What somebody listens to (PARLEY_HEARD_...), now and after each change:
     * the rest need not be told, which saves its making. Everything counts as heard before the first
     * call. Of raw audio that is not heard a raw event has {"bytes": n} instead. */
    void (*listeners)(parley_transport_t *transport, uint32_t heard);
} parley_transport_entry_t;

/* The one exported symbol. Returns static memory; NULL is a refusal to load. */
const parley_transport_entry_t *parley_transport_entry_v1(void);

/* ---- Extension parley.loop/1 ------------------------------------------------------------------ */

/* Descriptors and timers on the host's own loop, for a plugin without a thread of its own. */
#define PARLEY_EXT_LOOP "parley.loop/1"

enum { PARLEY_LOOP_READ = 1u << 0, PARLEY_LOOP_WRITE = 1u << 1, PARLEY_LOOP_ERROR = 1u << 2 };

typedef void (*parley_fd_callback_t)(void *user_data, int fd, uint32_t ready);
typedef void (*parley_callback_t)(void *user_data);

typedef struct parley_loop {
    uint32_t struct_size;
    uint32_t reserved;

    /* [main-thread] Watches fd for interest (PARLEY_LOOP_READ, _WRITE); level-triggered. The fd stays
     * the plugin's. Watching it again changes interest, callback and data. */
    parley_result_t (*watch)(const parley_host_t *host, int fd, uint32_t interest,
                             parley_fd_callback_t callback, void *user_data);

    /* [main-thread] Ends the watch, before the fd is closed. No callback follows. */
    void (*unwatch)(const parley_host_t *host, int fd);

    /* [main-thread] Calls back once at now + delay_ns (CLOCK_MONOTONIC). Returns an id above 0, or 0
     * when there is no memory. */
    uint64_t (*start_timer)(const parley_host_t *host, uint64_t delay_ns, parley_callback_t callback,
                            void *user_data);

    /* [main-thread] Cancels; an id that fired or is unknown is ignored. */
    void (*stop_timer)(const parley_host_t *host, uint64_t timer_id);

    /* [thread-safe] Calls back on the main thread soon. */
    parley_result_t (*post)(const parley_host_t *host, parley_callback_t callback, void *user_data);
} parley_loop_t;

#ifdef __cplusplus
}
#endif

#endif
