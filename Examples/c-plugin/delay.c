/*
 * A transport in plain C: the peer is an echo. What the microphone says comes back a fixed time later,
 * which is enough to hear a room's acoustics, or to test a line.
 *
 * It needs no thread and no library: parley.loop/1 calls it back when the oldest frame is due.
 */
#include <parley/parley_transport.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef VERSION
#define VERSION "1.0.0"
#endif
#define FRAMES_MAX 2048 /* 40 s of 20 ms frames */

/* A frame that waits for its time, with its bytes behind it. */
struct frame {
    struct frame *next;
    uint64_t due_ns;
    uint32_t flags, sample_count, size;
    parley_format_t format;
    uint8_t data[];
};

struct parley_transport {
    const parley_host_t *host;
    const parley_loop_t *loop;
    struct frame *first, **end; /* oldest first */
    unsigned count;
    uint64_t delay_ns, timer, timestamp;
    uint32_t sequence, generation;
    int is_connected;
};

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void tell_status(parley_transport_t *t, parley_status_t status, parley_retry_t retry) {
    parley_status_report_t report = {.struct_size = sizeof report, .status = status, .retry = retry};
    t->is_connected = status == PARLEY_CONNECTED;
    t->host->on_status(t->host, &report);
}

/* Forgets what waits. */
static void drop(parley_transport_t *t) {
    t->loop->stop_timer(t->host, t->timer);
    t->timer = 0;
    while (t->first) {
        struct frame *frame = t->first;
        t->first = frame->next;
        free(frame);
    }
    t->end = &t->first;
    t->count = 0;
}

/* Returns the oldest frame to where it came from, and waits for the next. */
static void frame_is_due(void *user_data) {
    parley_transport_t *t = user_data;
    uint64_t now = now_ns();

    t->timer = 0;
    while (t->first && t->first->due_ns <= now) {
        struct frame *frame = t->first;
        parley_audio_frame_t out = {
            .struct_size = sizeof out,
            .flags = PARLEY_FRAME_PACKET | frame->flags,
            .format = frame->format,
            .sample_count = frame->sample_count,
            .sequence = t->sequence++ & 0xffff,
            .timestamp = t->timestamp,
            .generation = t->generation,
            .data = frame->data,
            .data_size = frame->size,
        };
        t->timestamp += frame->sample_count;
        t->host->on_audio(t->host, &out); /* late audio is worth nothing: full means lost */
        t->first = frame->next;
        if (!t->first)
            t->end = &t->first;
        t->count--;
        free(frame);
    }
    if (t->first)
        t->timer = t->loop->start_timer(t->host, t->first->due_ns - now, frame_is_due, t);
}

static parley_transport_t *create(const parley_host_t *host) {
    parley_transport_t *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->host = host;
    t->end = &t->first;
    t->loop = host->get_extension(host, PARLEY_EXT_LOOP);
    if (!t->loop) {
        host->log(host, PARLEY_LOG_ERROR, "this host has no " PARLEY_EXT_LOOP);
        free(t);
        return NULL;
    }
    return t;
}

static void destroy(parley_transport_t *t) {
    drop(t);
    free(t);
}

static parley_result_t connect_to_peer(parley_transport_t *t, const parley_connect_t *request) {
    /* The daemon has checked the options and filled in the default, so the number is there. */
    const char *delay = strstr(request->options_json, "\"delayMs\":");
    t->delay_ns = (delay ? strtoull(delay + 10, NULL, 10) : 500) * 1000000u;
    t->generation = request->generation;
    tell_status(t, PARLEY_CONNECTING, PARLEY_RETRY_NOW);
    tell_status(t, PARLEY_CONNECTED, PARLEY_RETRY_NOW);
    return PARLEY_OK;
}

static void close_connection(parley_transport_t *t) {
    drop(t);
    tell_status(t, PARLEY_DISCONNECTED, PARLEY_RETRY_ENDED);
}

static parley_result_t command(parley_transport_t *t, uint32_t id, const char *name,
                               const char *json) {
    (void)id, (void)json;
    if (strcmp(name, "interrupt") != 0)
        return PARLEY_ERROR_NOT_SUPPORTED;
    drop(t);
    return PARLEY_OK;
}

static void send_audio(parley_transport_t *t, const parley_audio_frame_t *in) {
    struct frame *frame;
    if (!t->is_connected || t->count == FRAMES_MAX || !(frame = malloc(sizeof *frame + in->data_size)))
        return;
    *frame = (struct frame){.due_ns = now_ns() + t->delay_ns, .sample_count = in->sample_count,
                            .flags = in->flags & PARLEY_FRAME_MARKER, .size = in->data_size,
                            .format = in->format};
    if (in->data_size)
        memcpy(frame->data, in->data, in->data_size);
    *t->end = frame;
    t->end = &frame->next;
    t->count++;
    if (!t->timer)
        t->timer = t->loop->start_timer(t->host, t->delay_ns, frame_is_due, t);
}

static void playback(parley_transport_t *t, const parley_playback_t *report) {
    if (report->kind == PARLEY_PLAYBACK_FLUSH_END)
        t->generation = report->generation;
}

static void secret(parley_transport_t *t, const char *name, const char *value) {
    (void)t, (void)name, (void)value; /* it asks for none */
}

static const parley_format_t formats[] = {{PARLEY_CODEC_PCM_S16LE, 24000},
                                          {PARLEY_CODEC_PCM_S16LE, 48000},
                                          {PARLEY_CODEC_PCM_S16LE, 16000}};

static const parley_transport_descriptor_t descriptor = {
    .struct_size = sizeof descriptor,
    .capabilities = PARLEY_CAN_INTERRUPT,
    .id = "delay",
    .name = "Delayed echo",
    .version = VERSION,
    .vendor = "Parley",
    .description = "Returns what it hears after a fixed time.",
    .options_schema = "{\"type\":\"object\",\"properties\":{\"delayMs\":{\"type\":\"integer\","
                      "\"description\":\"Milliseconds until the echo\",\"default\":500,"
                      "\"minimum\":0,\"maximum\":30000}}}",
    .formats_in = formats,
    .formats_out = formats,
    .formats_in_count = 3,
    .formats_out_count = 3,
};

static const parley_transport_entry_t entry = {
    .struct_size = sizeof entry, .abi_major = PARLEY_ABI_MAJOR, .abi_minor = PARLEY_ABI_MINOR,
    .descriptor = &descriptor, .create = create, .destroy = destroy, .connect = connect_to_peer,
    .close = close_connection, .command = command, .send_audio = send_audio, .drop_audio = drop,
    .playback = playback, .secret = secret,
};

const parley_transport_entry_t *parley_transport_entry_v1(void) { return &entry; }
