/* A transport for tests that can be called: a session without a call id listens, and every digit that it
 * is told to send is a caller. A session with a call id is that call; a digit hangs it up. */
#include <parley/parley_transport.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef LISTENS
#define LISTENS 1
#endif
#ifndef CAPABILITIES
#define CAPABILITIES (PARLEY_CAN_DTMF | PARLEY_CAN_LISTEN)
#endif

struct parley_transport {
    const parley_host_t *host;
    char call_id[32];
    int calls;
};

static parley_transport_t *create(const parley_host_t *host) {
    parley_transport_t *t = calloc(1, sizeof *t);
    if (t)
        t->host = host;
    return t;
}

static void destroy(parley_transport_t *t) { free(t); }

static void tell(parley_transport_t *t, parley_status_t status, const char *reason) {
    parley_status_report_t report = {.struct_size = sizeof report, .status = status,
                                     .retry = PARLEY_RETRY_ENDED, .code = "hung_up", .reason = reason,
                                     .listens = LISTENS && !t->call_id[0]};
    t->host->on_status(t->host, &report);
}

static parley_result_t connect_to_peer(parley_transport_t *t, const parley_connect_t *request) {
    if (request->call_id)
        snprintf(t->call_id, sizeof t->call_id, "%s", request->call_id);
    tell(t, PARLEY_CONNECTED, "");
    char text[96];
    snprintf(text, sizeof text, "{\"type\":\"answered\",\"call\":\"%s\"}", t->call_id);
    t->host->on_event(t->host, "transport_event", text);
    return PARLEY_OK;
}

static void close_connection(parley_transport_t *t) { tell(t, PARLEY_DISCONNECTED, "closed"); }

static parley_result_t command(parley_transport_t *t, uint32_t id, const char *name,
                               const char *json) {
    (void)id, (void)json;
    if (strcmp(name, "sendDtmf") != 0)
        return PARLEY_ERROR_NOT_SUPPORTED;
    if (t->call_id[0]) {
        tell(t, PARLEY_DISCONNECTED, "the caller hung up");
        return PARLEY_OK;
    }
    char call_id[32];
    snprintf(call_id, sizeof call_id, "call-%d", ++t->calls);
    t->host->on_incoming(t->host, call_id, "{\"from\":\"alice\"}");
    return PARLEY_OK;
}

static void send_audio(parley_transport_t *t, const parley_audio_frame_t *frame) {
    (void)t, (void)frame;
}
static void drop_audio(parley_transport_t *t) { (void)t; }
static void playback(parley_transport_t *t, const parley_playback_t *report) {
    (void)t, (void)report;
}
static void secret(parley_transport_t *t, const char *name, const char *value) {
    (void)t, (void)name, (void)value;
}

static const parley_format_t formats[] = {{PARLEY_CODEC_PCMU, 8000}};

static const parley_transport_descriptor_t descriptor = {
    .struct_size = sizeof descriptor,
    .capabilities = CAPABILITIES,
    .id = "switchboard",
    .name = "Switchboard",
    .version = "1.0.0",
    .formats_in = formats,
    .formats_out = formats,
    .formats_in_count = 1,
    .formats_out_count = 1,
};

static const parley_transport_entry_t entry = {
    .struct_size = sizeof entry, .abi_major = PARLEY_ABI_MAJOR, .abi_minor = PARLEY_ABI_MINOR,
    .descriptor = &descriptor, .create = create, .destroy = destroy, .connect = connect_to_peer,
    .close = close_connection, .command = command, .send_audio = send_audio,
    .drop_audio = drop_audio, .playback = playback, .secret = secret,
};

const parley_transport_entry_t *parley_transport_entry_v1(void) { return &entry; }
