#include "session.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "loop.h"
#include "secrets.h"

#define BUCKETS 64u
#define AUDIO_WAIT_MS 20
#define LINE_MAX_SIZE 4097 /* of a line for people, its NUL included */
#define NAME_MAX_SIZE 1100 /* of a name; the daemon allows less and says so */

const parley_transport_entry_t *plugin;

struct session {
    struct session *next;
    uint32_t number;
    parley_transport_t *transport;
    uint64_t audio_taken;
    _Atomic uint64_t audio_sent; /* counted by whichever thread of the plugin sends */
    struct secrets secrets;
    parley_host_t host;
};

static struct session *buckets[BUCKETS];

static struct session *session_of(const parley_host_t *host) { return host->host_data; }

uint64_t audio_taken(const struct session *session) { return session->audio_taken; }

/* ---- what the plugin calls -------------------------------------------------------------------- */

static void tell(const parley_host_t *host, uint16_t kind, uint32_t id, const struct piece *pieces,
                 int count) {
    struct session *session = session_of(host);
    send_message(kind, session->number, id, atomic_load(&session->audio_sent), pieces, count);
}

/* A string of which no more than room is sent, cut between characters. */
static struct piece short_piece(const char *text, char *room, size_t size) {
    size_t length = text ? strnlen(text, size) : 0;

    if (length < size)
        return string_piece(text);
    for (length = size - 1; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80; length--) {
    }
    memcpy(room, text, length);
    room[length] = 0;
    return (struct piece){room, length + 1};
}

static void host_log(const parley_host_t *host, parley_log_level_t level, const char *text) {
    char room[LINE_MAX_SIZE];
    parley_wire_log fixed = {.level = level};
    char *struck = strike_secrets(&session_of(host)->secrets, text);
    struct piece pieces[] = {{&fixed, sizeof fixed},
                             short_piece(struck ? struck : text, room, sizeof room)};
    tell(host, PARLEY_WIRE_LOG, 0, pieces, 2);
    free(struck);
}

/* Whether a JSON text may be sent. The daemon reads it; here only its length counts. */
static bool fits(const parley_host_t *host, const char *what, const char *json) {
    if (!json || strnlen(json, (size_t)PARLEY_JSON_MAX + 1) <= PARLEY_JSON_MAX)
        return true;
    host_log(host, PARLEY_LOG_ERROR, what);
    return false;
}

static void host_on_status(const parley_host_t *host, const parley_status_report_t *report) {
    if (!report || report->struct_size < offsetof(parley_status_report_t, listens))
        return;
    parley_wire_status fixed = {.status = report->status, .retry = report->retry,
                                .retry_after_ms = report->retry_after_ms,
                                .listens = report->struct_size >= sizeof *report && report->listens};
    struct secrets *secrets = &session_of(host)->secrets;
    char *struck_code = strike_secrets(secrets, report->code);
    char *struck_reason = strike_secrets(secrets, report->reason);
    char code[NAME_MAX_SIZE], reason[LINE_MAX_SIZE];
    struct piece pieces[] = {
        {&fixed, sizeof fixed},
        short_piece(struck_code ? struck_code : report->code, code, sizeof code),
        short_piece(struck_reason ? struck_reason : report->reason, reason, sizeof reason)};
    tell(host, PARLEY_WIRE_STATUS, 0, pieces, 3);
    free(struck_code);
    free(struck_reason);
}

static void host_on_event(const parley_host_t *host, const char *type, const char *json) {
    char room[NAME_MAX_SIZE];
    if (!fits(host, "an event of the plugin is over 16 MiB and was dropped", json))
        return;
    bool is_fault = type && strcmp(type, "error") == 0; /* others are not looked through: there are many */
    char *struck = is_fault ? strike_secrets(&session_of(host)->secrets, json) : NULL;
    struct piece pieces[] = {short_piece(type, room, sizeof room),
                             string_piece(struck ? struck : json ? json : "{}")};
    tell(host, PARLEY_WIRE_EVENT, 0, pieces, 2);
    free(struck);
}

static bool is_format_of(const parley_format_t *formats, uint32_t count, parley_format_t format) {
    for (uint32_t i = 0; i < count; i++)
        if (formats[i].codec == format.codec && formats[i].rate_hz == format.rate_hz)
            return true;
    return false;
}

/* Whether a frame keeps the header's rules. The daemon checks again; this tells the plugin. */
static bool is_valid(const parley_audio_frame_t *frame) {
    const parley_transport_descriptor_t *descriptor = plugin->descriptor;
    const uint32_t known = PARLEY_FRAME_PACKET | PARLEY_FRAME_DISCONTINUITY | PARLEY_FRAME_MARKER |
                           PARLEY_FRAME_END_OF_ITEM;

    if (!frame || frame->struct_size < sizeof *frame || (frame->flags & ~known))
        return false;
    if (frame->data_size > PARLEY_FRAME_DATA_MAX || (frame->data_size && !frame->data))
        return false;
    if (frame->item_id && strnlen(frame->item_id, PARLEY_ID_MAX + 1) > PARLEY_ID_MAX)
        return false;
    if (!is_format_of(descriptor->formats_out, descriptor->formats_out_count, frame->format))
        return false;
    if (frame->data_size == 0)
        return frame->sample_count == 0 && (frame->flags & PARLEY_FRAME_END_OF_ITEM);
    switch (frame->format.codec) {
    case PARLEY_CODEC_PCM_S16LE:
        return frame->data_size == 2 * (uint64_t)frame->sample_count;
    case PARLEY_CODEC_PCMU:
    case PARLEY_CODEC_PCMA:
        return frame->data_size == frame->sample_count;
    case PARLEY_CODEC_OPUS:
        return (frame->flags & PARLEY_FRAME_PACKET) && frame->sample_count > 0 &&
               frame->sample_count <= 5760 && frame->data_size <= 1500;
    default:
        return false;
    }
}

static parley_result_t host_on_audio(const parley_host_t *host, const parley_audio_frame_t *frame) {
    struct session *session = session_of(host);

    if (!is_valid(frame))
        return PARLEY_ERROR_INVALID;
    parley_wire_audio packet = {
        .version = PARLEY_WIRE_VERSION,
        .item_id_size = frame->item_id ? (uint16_t)strlen(frame->item_id) : 0,
        .session = session->number,
        .flags = frame->flags,
        .codec = frame->format.codec,
        .rate_hz = frame->format.rate_hz,
        .sample_count = frame->sample_count,
        .sequence = frame->sequence,
        .generation = frame->generation,
        .timestamp = frame->timestamp,
        .content_index = frame->content_index,
        .data_size = frame->data_size,
    };
    if (frame->item_id)
        memcpy(packet.item_id, frame->item_id, packet.item_id_size);
    struct iovec parts[] = {{&packet, sizeof packet}, {(void *)frame->data, frame->data_size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = frame->data_size ? 2 : 1};
    for (bool has_waited = false;;) {
        if (sendmsg(PARLEY_WIRE_AUDIO_FD, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
            atomic_fetch_add(&session->audio_sent, 1);
            return PARLEY_OK;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS)
            return PARLEY_ERROR_FAILED;
        if (has_waited)
            return PARLEY_ERROR_FULL;
        struct pollfd room = {.fd = PARLEY_WIRE_AUDIO_FD, .events = POLLOUT};
        if (poll(&room, 1, AUDIO_WAIT_MS) == 0)
            return PARLEY_ERROR_FULL;
        has_waited = true;
    }
}

static void host_on_format(const parley_host_t *host, parley_direction_t direction,
                           const parley_format_t *format, uint32_t ptime_ms) {
    if (!format)
        return;
    parley_wire_format fixed = {.direction = direction, .codec = format->codec,
                                .rate_hz = format->rate_hz, .ptime_ms = ptime_ms};
    tell(host, PARLEY_WIRE_FORMAT, 0, &(struct piece){&fixed, sizeof fixed}, 1);
}

static void host_on_network(const parley_host_t *host, uint32_t loss_percent, uint32_t bitrate_bps,
                            uint32_t ptime_ms) {
    parley_wire_network fixed = {.loss_percent = loss_percent, .bitrate_bps = bitrate_bps,
                                 .ptime_ms = ptime_ms};
    tell(host, PARLEY_WIRE_NETWORK, 0, &(struct piece){&fixed, sizeof fixed}, 1);
}

static void host_on_statistics(const parley_host_t *host, const char *json) {
    struct piece piece = string_piece(json ? json : "{}");
    if (fits(host, "statistics of the plugin are over 16 MiB and were dropped", json))
        tell(host, PARLEY_WIRE_STATISTICS, 0, &piece, 1);
}

static void host_on_incoming(const parley_host_t *host, const char *call_id, const char *json) {
    char room[NAME_MAX_SIZE];
    struct piece pieces[] = {short_piece(call_id, room, sizeof room), string_piece(json ? json : "{}")};
    if (fits(host, "a call's description is over 16 MiB and was dropped", json))
        tell(host, PARLEY_WIRE_INCOMING, 0, pieces, 2);
}

static void host_interrupt(const parley_host_t *host, parley_cause_t cause) {
    parley_wire_interrupt fixed = {.cause = cause};
    tell(host, PARLEY_WIRE_INTERRUPT, 0, &(struct piece){&fixed, sizeof fixed}, 1);
}

static void host_complete(const parley_host_t *host, uint32_t command_id, parley_result_t result,
                          const char *json) {
    parley_wire_result fixed = {.result = result};
    if (!fits(host, "the result of a command is over 16 MiB and was dropped", json)) {
        fixed.result = PARLEY_ERROR_FAILED;
        json = "{\"message\":\"the result is over 16 MiB\"}";
    }
    /* A result is the plugin's answer, and stays as it is; a failure tells what a peer said. */
    char *struck = result < 0 ? strike_secrets(&session_of(host)->secrets, json) : NULL;
    struct piece pieces[] = {{&fixed, sizeof fixed}, string_piece(struck ? struck : json)};
    tell(host, PARLEY_WIRE_COMPLETE, command_id, pieces, 2);
    free(struck);
}

static void host_request_secret(const parley_host_t *host, const char *name) {
    char room[NAME_MAX_SIZE];
    struct piece piece = short_piece(name, room, sizeof room);
    tell(host, PARLEY_WIRE_REQUEST_SECRET, 0, &piece, 1);
}

static const void *host_get_extension(const parley_host_t *host, const char *extension_id) {
    return extension_id && strcmp(extension_id, PARLEY_EXT_LOOP) == 0 ? &loop_extension : NULL;
}

static const parley_host_t host_functions = {
    .struct_size = sizeof(parley_host_t),
    .abi_minor = PARLEY_ABI_MINOR,
    .on_status = host_on_status,
    .on_event = host_on_event,
    .on_audio = host_on_audio,
    .on_format = host_on_format,
    .on_network = host_on_network,
    .on_statistics = host_on_statistics,
    .on_incoming = host_on_incoming,
    .interrupt = host_interrupt,
    .complete = host_complete,
    .request_secret = host_request_secret,
    .log = host_log,
    .get_extension = host_get_extension,
};

/* ---- what the daemon asks --------------------------------------------------------------------- */

struct session *find_session(uint32_t number) {
    struct session *session = buckets[number % BUCKETS];
    while (session && session->number != number)
        session = session->next;
    return session;
}

void create_session(uint32_t number) {
    if (number == 0 || find_session(number))
        die("the daemon made session %u twice", number);
    struct session *session = calloc(1, sizeof *session);
    if (!session)
        die("out of memory for a session");
    session->number = number;
    open_secrets(&session->secrets);
    session->host = host_functions;
    session->host.host_data = session;
    session->next = buckets[number % BUCKETS];
    buckets[number % BUCKETS] = session;
    session->transport = plugin->create(&session->host);

    parley_wire_result fixed = {.result = session->transport ? PARLEY_OK : PARLEY_ERROR_FAILED};
    tell(&session->host, PARLEY_WIRE_CREATED, 0, &(struct piece){&fixed, sizeof fixed}, 1);
}

void destroy_session(struct session *session) {
    uint32_t number = session->number;
    struct session **link = &buckets[number % BUCKETS];

    if (session->transport)
        plugin->destroy(session->transport);
    loop_forget(&session->host);
    close_secrets(&session->secrets);
    while (*link != session)
        link = &(*link)->next;
    *link = session->next;
    send_message(PARLEY_WIRE_DESTROYED, number, 0, atomic_load(&session->audio_sent), NULL, 0);
    free(session);
}

static void connect_session(struct session *session, struct cursor body) {
    parley_wire_connect fixed;
    take_struct(&body, &fixed, sizeof fixed);
    parley_connect_t request = {.struct_size = sizeof request, .resume = fixed.resume,
                                .attempt = fixed.attempt, .generation = fixed.generation};
    request.options_json = take_string(&body);
    request.config_json = take_string(&body);
    request.items_json = take_string(&body);
    const char *call_id = take_string(&body);
    request.call_id = fixed.has_call_id ? call_id : NULL;
    expect_end(&body);

    if (plugin->connect(session->transport, &request) < 0) {
        parley_status_report_t report = {
            .struct_size = sizeof report, .status = PARLEY_DISCONNECTED, .retry = PARLEY_RETRY_NEVER,
            .code = "transport_refused", .reason = "the transport refused to connect"};
        host_on_status(&session->host, &report);
    }
}

static void command_session(struct session *session, uint32_t id, struct cursor body) {
    const char *name = take_string(&body);
    const char *json = take_string(&body);
    expect_end(&body);
    parley_result_t result = plugin->command(session->transport, id, name, json);
    if (result != PARLEY_PENDING)
        host_complete(&session->host, id, result, NULL);
}

static void play_session(struct session *session, struct cursor body) {
    parley_wire_playback fixed;
    take_struct(&body, &fixed, sizeof fixed);
    const char *item_id = take_string(&body);
    expect_end(&body);
    parley_playback_t playback = {
        .struct_size = sizeof playback,
        .kind = fixed.kind,
        .cause = fixed.cause,
        .generation = fixed.generation,
        .item_id = fixed.has_item_id ? item_id : NULL,
        .content_index = fixed.content_index,
        .rate_hz = fixed.rate_hz,
        .heard_samples = fixed.heard_samples,
        .received_samples = fixed.received_samples,
    };
    plugin->playback(session->transport, &playback);
}

static void give_secret(struct session *session, struct cursor body) {
    parley_wire_secret fixed;
    take_struct(&body, &fixed, sizeof fixed);
    const char *name = take_string(&body);
    const char *value = take_string(&body);
    expect_end(&body);
    if (fixed.has_value)
        remember_secret(&session->secrets, value);
    plugin->secret(session->transport, name, fixed.has_value ? value : NULL);
}

/* Plugins of version 1.0 end before the member. */
static void tell_listeners(struct session *session, struct cursor body) {
    parley_wire_listeners fixed;
    take_struct(&body, &fixed, sizeof fixed);
    expect_end(&body);
    if (plugin->struct_size >= sizeof *plugin && plugin->listeners)
        plugin->listeners(session->transport, fixed.heard);
}

void obey(struct session *session, const struct message *message) {
    struct cursor body = {message->body, message->size};

    if (message->header.kind == PARLEY_WIRE_DESTROY) {
        destroy_session(session);
        return;
    }
    if (!session->transport)
        return; /* create() failed, and what the daemon had sent on can't be done */
    switch (message->header.kind) {
    case PARLEY_WIRE_CONNECT:
        connect_session(session, body);
        break;
    case PARLEY_WIRE_CLOSE:
        plugin->close(session->transport);
        break;
    case PARLEY_WIRE_COMMAND:
        command_session(session, message->header.id, body);
        break;
    case PARLEY_WIRE_PLAYBACK:
        play_session(session, body);
        break;
    case PARLEY_WIRE_SECRET:
        give_secret(session, body);
        break;
    case PARLEY_WIRE_LISTENERS:
        tell_listeners(session, body);
        break;
    default:
        die("the daemon sent a message of kind %u", message->header.kind);
    }
}

void take_audio(struct session *session, const parley_wire_audio *frame, const uint8_t *data) {
    session->audio_taken++;
    if (frame->flags & PARLEY_WIRE_FRAME_BARRIER) {
        if (session->transport)
            plugin->drop_audio(session->transport);
        tell(&session->host, PARLEY_WIRE_BARRIER_PASSED, frame->sequence, NULL, 0);
        return;
    }
    if (!session->transport)
        return;
    parley_audio_frame_t given = {
        .struct_size = sizeof given,
        .flags = frame->flags,
        .format = {frame->codec, frame->rate_hz},
        .sample_count = frame->sample_count,
        .sequence = frame->sequence,
        .timestamp = frame->timestamp,
        .content_index = frame->content_index,
        .item_id = frame->item_id_size ? frame->item_id : NULL,
        .data = frame->data_size ? data : NULL,
        .data_size = frame->data_size,
    };
    plugin->send_audio(session->transport, &given);
}
