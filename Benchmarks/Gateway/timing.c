/*
 * A transport for the benchmark: tells when sound came, speaks on demand and returns what it hears.
 *
 * Raw events of the client: {"type":"say","ms":N} speaks an item of N ms in one go; {"type":"times"}
 * answers when each frame since the last question came. Times are CLOCK_MONOTONIC in ns.
 */
#include <parley/parley_transport.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef TRANSPORT_ID
#define TRANSPORT_ID "timing"
#endif
#define TIMES_MAX 1024
#define ITEM_RATE 24000

struct parley_transport {
    const parley_host_t *host;
    parley_format_t format;
    int echoes;
    uint32_t generation, sequence, items;
    uint64_t timestamp;
    unsigned count;
    uint64_t times[TIMES_MAX];
};

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void tell_status(parley_transport_t *t, parley_status_t status, parley_retry_t retry) {
    parley_status_report_t report = {.struct_size = sizeof report, .status = status, .retry = retry};
    t->host->on_status(t->host, &report);
}

static parley_transport_t *create(const parley_host_t *host) {
    parley_transport_t *t = calloc(1, sizeof *t);
    if (t)
        t->host = host;
    return t;
}

static void destroy(parley_transport_t *t) { free(t); }

static parley_result_t connect_to_peer(parley_transport_t *t, const parley_connect_t *request) {
    int is_opus = strstr(request->options_json, "\"opus\":true") != NULL;
    t->echoes = strstr(request->options_json, "\"echo\":true") != NULL;
    t->generation = request->generation;
    t->format = is_opus ? (parley_format_t){PARLEY_CODEC_OPUS, 48000}
                        : (parley_format_t){PARLEY_CODEC_PCM_S16LE, ITEM_RATE};
    tell_status(t, PARLEY_CONNECTING, PARLEY_RETRY_NOW);
    t->host->on_format(t->host, PARLEY_TO_PEER, &t->format, 20);
    t->host->on_format(t->host, PARLEY_FROM_PEER, &t->format, 20);
    tell_status(t, PARLEY_CONNECTED, PARLEY_RETRY_NOW);
    return PARLEY_OK;
}

static void close_connection(parley_transport_t *t) {
    tell_status(t, PARLEY_DISCONNECTED, PARLEY_RETRY_ENDED);
}

/* A square wave, loud from its first sample on, in frames of 100 ms. */
static void say(parley_transport_t *t, unsigned ms) {
    char event[96], item[PARLEY_ID_MAX + 1];
    int16_t sound[ITEM_RATE / 10];
    for (unsigned i = 0; i < ITEM_RATE / 10; i++)
        sound[i] = i / 24 % 2 ? -8000 : 8000;
    snprintf(item, sizeof item, "item_%u", ++t->items);
    snprintf(event, sizeof event, "{\"type\":\"said\",\"ns\":%llu}", (unsigned long long)now_ns());
    for (unsigned done = 0; done < ms; done += 100) {
        parley_audio_frame_t frame = {
            .struct_size = sizeof frame, .format = t->format, .sample_count = ITEM_RATE / 10,
            .flags = done + 100 >= ms ? PARLEY_FRAME_END_OF_ITEM : 0, .item_id = item,
            .sequence = t->sequence++, .timestamp = t->timestamp, .generation = t->generation,
            .data = (const uint8_t *)sound, .data_size = sizeof sound};
        t->timestamp += frame.sample_count;
        t->host->on_audio(t->host, &frame);
    }
    t->host->on_event(t->host, "transport_event", event);
}

static void tell_times(parley_transport_t *t) {
    static char text[TIMES_MAX * 21 + 64];
    int size = sprintf(text, "{\"type\":\"times\",\"ns\":[");
    for (unsigned i = 0; i < t->count; i++)
        size += sprintf(text + size, "%s%llu", i ? "," : "", (unsigned long long)t->times[i]);
    sprintf(text + size, "]}");
    t->count = 0;
    t->host->on_event(t->host, "transport_event", text);
}

static parley_result_t command(parley_transport_t *t, uint32_t id, const char *name,
                               const char *json) {
    const char *ms;
    (void)id;
    if (strcmp(name, "sendEvent") != 0)
        return strcmp(name, "interrupt") == 0 ? PARLEY_OK : PARLEY_ERROR_NOT_SUPPORTED;
    if (strstr(json, "\"times\""))
        tell_times(t);
    else if ((ms = strstr(json, "\"ms\":")))
        say(t, (unsigned)strtoul(ms + 5, NULL, 10));
    return PARLEY_OK;
}

static void send_audio(parley_transport_t *t, const parley_audio_frame_t *in) {
    parley_audio_frame_t out = *in;
    if (t->count < TIMES_MAX)
        t->times[t->count++] = now_ns();
    if (!t->echoes)
        return;
    out.generation = t->generation;
    t->host->on_audio(t->host, &out);
}

static void drop(parley_transport_t *t) { (void)t; }

static void playback(parley_transport_t *t, const parley_playback_t *report) {
    if (report->kind == PARLEY_PLAYBACK_FLUSH_END)
        t->generation = report->generation;
}

static void secret(parley_transport_t *t, const char *name, const char *value) {
    (void)t, (void)name, (void)value;
}

static const parley_format_t formats[] = {{PARLEY_CODEC_PCM_S16LE, ITEM_RATE},
                                          {PARLEY_CODEC_OPUS, 48000}};

static const parley_transport_descriptor_t descriptor = {
    .struct_size = sizeof descriptor,
    .capabilities = PARLEY_CAN_INTERRUPT | PARLEY_CAN_RAW_EVENTS,
    .id = TRANSPORT_ID,
    .name = "Timing",
    .version = "1.0.0",
    .options_schema = "{\"type\":\"object\",\"properties\":{"
                      "\"opus\":{\"type\":\"boolean\",\"default\":false},"
                      "\"echo\":{\"type\":\"boolean\",\"default\":false}}}",
    .formats_in = formats,
    .formats_out = formats,
    .formats_in_count = 2,
    .formats_out_count = 2,
};

static const parley_transport_entry_t entry = {
    .struct_size = sizeof entry, .abi_major = PARLEY_ABI_MAJOR, .abi_minor = PARLEY_ABI_MINOR,
    .descriptor = &descriptor, .create = create, .destroy = destroy, .connect = connect_to_peer,
    .close = close_connection, .command = command, .send_audio = send_audio, .drop_audio = drop,
    .playback = playback, .secret = secret,
};

const parley_transport_entry_t *parley_transport_entry_v1(void) { return &entry; }
