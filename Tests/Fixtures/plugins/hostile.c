/* A plugin for tests: what it is comes from macros, what it does from commands. Without either it is a
 * well-behaved transport that connects at once and hears. */
#include <parley/parley_transport.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef ID
#define ID "hostile"
#endif
#ifndef NAME
#define NAME "Hostile"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef SCHEMA
#define SCHEMA NULL
#endif
#ifndef MAJOR
#define MAJOR PARLEY_ABI_MAJOR
#endif
#ifndef MINOR
#define MINOR PARLEY_ABI_MINOR
#endif
#ifndef FORMATS_COUNT
#define FORMATS_COUNT 1
#endif
#ifndef RATE
#define RATE 24000
#endif
#ifndef ENTRY_SIZE
#define ENTRY_SIZE sizeof entry
#endif
#ifndef CREATE
#define CREATE create
#endif

extern char **environ;

struct parley_transport {
    const parley_host_t *host;
    unsigned frames, dropped;
    pthread_t thread;
    int has_thread;
    uint32_t pending;
};

#ifdef CRASH_AT_LOAD
__attribute__((constructor)) static void crash(void) { raise(SIGSEGV); }
#endif
#ifdef HANG_AT_LOAD
__attribute__((constructor)) static void hang(void) { for (;;) pause(); }
#endif
#ifdef SLOW_AT_LOAD
__attribute__((constructor)) static void dawdle(void) { usleep(500000); }
#endif
#ifdef EXIT_AT_LOAD
__attribute__((constructor)) static void leave(void) { exit(3); }
#endif

__attribute__((unused)) static parley_transport_t *refuse(const parley_host_t *host) { return NULL; }

__attribute__((unused)) static parley_transport_t *create(const parley_host_t *host) {
    parley_transport_t *t = calloc(1, sizeof *t);
    t->host = host;
    return t;
}

static void destroy(parley_transport_t *t) {
    if (t->has_thread)
        pthread_join(t->thread, NULL);
    free(t);
}

static void tell_status(parley_transport_t *t, parley_status_t status) {
    parley_status_report_t report = {.struct_size = sizeof report, .status = status,
                                     .retry = PARLEY_RETRY_ENDED, .code = "bye", .reason = "as asked"};
    t->host->on_status(t->host, &report);
}

#ifdef PRINT
/* Prints without end, lines that never end and control characters among it. */
static void *print(void *data) {
    for (int i = 1;; i++) {
        printf("printed %d\n", i);
        fflush(stdout);
        if (i % 16 == 0)
            fprintf(stderr, "\x1b[31mred \x07%d", i);
        usleep(100);
    }
    return data;
}
#endif

#ifdef NAG
/* All that the daemon could say something about, as often as it goes. Calls end at once. */
static void nag(parley_transport_t *t) {
    for (int i = 0; i < NAG; i++) {
        t->host->on_format(t->host, PARLEY_FROM_PEER, &(parley_format_t){PARLEY_CODEC_OPUS, 48000}, 20);
        t->host->request_secret(t->host, "apiKey");
        if (i % 8 == 0)
            t->host->on_incoming(t->host, "call", "{}");
    }
}
#endif

static parley_result_t connect_to_peer(parley_transport_t *t, const parley_connect_t *request) {
    if (strstr(request->options_json, "refuse"))
        return PARLEY_ERROR_FAILED;
    char text[256];
    snprintf(text, sizeof text, "{\"resume\":%u,\"attempt\":%u,\"generation\":%u,\"configBytes\":%zu}",
             request->resume, request->attempt, request->generation, strlen(request->config_json));
    t->host->on_event(t->host, "connected_with", text);
#ifdef CHATTER
    for (int i = 1; i <= CHATTER; i++) {
        snprintf(text, sizeof text, "chatter %d", i);
        t->host->log(t->host, PARLEY_LOG_INFO, text);
    }
#endif
#ifdef PRINT
    pthread_t printer;
    if (pthread_create(&printer, NULL, print, NULL) == 0)
        pthread_detach(printer);
#endif
#ifdef NAG
    if (request->call_id) {
        tell_status(t, PARLEY_DISCONNECTED);
        return PARLEY_OK;
    }
    nag(t);
#endif
#ifdef ECHO_SECRET
    t->host->request_secret(t->host, "apiKey");
#endif
    tell_status(t, PARLEY_CONNECTED);
    return PARLEY_OK;
}

static void close_connection(parley_transport_t *t) { tell_status(t, PARLEY_DISCONNECTED); }

static void *complete_later(void *data) {
    parley_transport_t *t = data;
    t->host->complete(t->host, t->pending, PARLEY_OK, "{\"from\":\"a thread\"}");
    return NULL;
}

static void *flood(void *data) {
    parley_transport_t *t = data;
    for (int i = 0; i < 30000; i++)
        t->host->on_event(t->host, "transport_event", "{\"type\":\"flood\"}");
    t->host->on_event(t->host, "flood_done", "{}");
    return NULL;
}

/* An event with a string of so many bytes. */
static void big_event(parley_transport_t *t, size_t size) {
    char *text = malloc(size + 64);
    size_t head = (size_t)sprintf(text, "{\"text\":\"");
    memset(text + head, 'x', size);
    strcpy(text + head + size, "\"}");
    t->host->on_event(t->host, "transport_event", text);
    free(text);
}

static parley_result_t bad_frames(parley_transport_t *t) {
    static const uint8_t data[8];
    parley_audio_frame_t good = {.struct_size = sizeof good, .format = {PARLEY_CODEC_PCM_S16LE, RATE},
                                 .sample_count = 4, .data = data, .data_size = 8};
    parley_audio_frame_t frames[] = {good, good, good, good, good, good, good, good};
    frames[0].sample_count = 5;
    frames[1].data_size = PARLEY_FRAME_DATA_MAX + 1;
    frames[2].format.rate_hz = 44100;
    frames[3].format.codec = PARLEY_CODEC_OPUS;
    frames[4].flags = 1u << 31;
    frames[5].item_id = "an item id that is far too long for the interface: sixty-four bytes.";
    frames[6].struct_size = 8;
    frames[7].data = NULL;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        if (t->host->on_audio(t->host, &frames[i]) != PARLEY_ERROR_INVALID)
            return PARLEY_OK;
    return t->host->on_audio(t->host, &good) == PARLEY_OK ? PARLEY_ERROR_INVALID : PARLEY_OK;
}

/* Fills the audio socket that nobody reads; answers how many frames it took and how long the last. */
static void fill_audio(parley_transport_t *t, uint32_t id) {
    static uint8_t data[9600];
    parley_audio_frame_t frame = {.struct_size = sizeof frame, .format = {PARLEY_CODEC_PCM_S16LE, RATE},
                                  .sample_count = sizeof data / 2, .data = data,
                                  .data_size = sizeof data};
    struct timespec before, after;
    int count = 0;
    parley_result_t result;
    do {
        clock_gettime(CLOCK_MONOTONIC, &before);
        result = t->host->on_audio(t->host, &frame);
        clock_gettime(CLOCK_MONOTONIC, &after);
        count += result == PARLEY_OK;
    } while (result == PARLEY_OK && count < 100000);
    char text[128];
    long ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    snprintf(text, sizeof text, "{\"taken\":%d,\"result\":%d,\"ms\":%ld}", count, result, ms);
    t->host->complete(t->host, id, PARLEY_OK, text);
}

static void describe_process(parley_transport_t *t, uint32_t id) {
    char text[4096] = "{\"environment\":[";
    for (char **variable = environ; *variable; variable++) {
        char *end = strchr(*variable, '=');
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s\"%.*s\"", variable == environ ? "" : ",",
                 (int)(end - *variable), *variable);
    }
    int descriptors = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory && readdir(directory))
        descriptors++;
    size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "],\"descriptors\":%d,\"pid\":%d}", descriptors - 3,
             (int)getpid());
    if (directory)
        closedir(directory);
    t->host->complete(t->host, id, PARLEY_OK, text);
}

/* Misdeeds that a client of the daemon can ask for, by a telephone digit. */
static void misbehave(parley_transport_t *t, const char *json) {
    static const char *const events[] = {
        "audio_interrupted", "connection_change", "session_created", "session_closed", "session_state",
        "device_added", "device_removed", "device_changed", "sound_server", "transport_added",
        "transport_removed", "transport_failed", "secret_needed", "levels", "lost"};
    char name[32];

    if (strchr(json, '1')) {
        for (size_t i = 0; i < sizeof events / sizeof *events; i++)
            t->host->on_event(t->host, events[i], "{\"name\":\"forged\",\"state\":\"forged\"}");
        t->host->on_event(t->host, "dtmf", "{\"digits\":\"1\"}");
    }
    if (strchr(json, '2')) {
        for (int i = 0; i < 100; i++) {
            snprintf(name, sizeof name, "name-%d", i);
            t->host->request_secret(t->host, name);
        }
        t->host->on_event(t->host, "dtmf", "{\"digits\":\"2\"}");
    }
    if (strchr(json, '3')) /* the audio socket (PARLEY_WIRE_AUDIO_FD) */
        send(4, "junk", 4, MSG_NOSIGNAL);
}

static parley_result_t command(parley_transport_t *t, uint32_t id, const char *name,
                               const char *json) {
    const parley_host_t *host = t->host;
    char text[256];
    if (strcmp(name, "sendDtmf") == 0) {
        misbehave(t, json);
        return PARLEY_OK;
    }
    if (strcmp(name, "crash") == 0)
        raise(SIGSEGV);
    if (strcmp(name, "exit") == 0)
        _exit(7);
    if (strcmp(name, "hang") == 0)
        for (;;)
            pause();
    if (strcmp(name, "flood") == 0) {
        t->has_thread = pthread_create(&t->thread, NULL, flood, t) == 0;
        return PARLEY_OK;
    }
    if (strcmp(name, "big") == 0) {
        big_event(t, (size_t)atol(strchr(json, ':') + 1));
        return PARLEY_OK;
    }
    if (strcmp(name, "badEvents") == 0) {
        host->on_event(host, "transport_event", "{\"unfinished");
        host->on_event(host, "transport_event", "[]");
        host->on_event(host, "transport_event", "{\"text\":\"\xff\"}");
        host->on_event(host, "no such\nname", "{}");
        host->on_event(host, NULL, NULL);
        host->on_statistics(host, "7");
        host->on_format(host, 9, &(parley_format_t){77, 1}, 5000);
        host->interrupt(host, 99);
        host->on_incoming(host, "", "{}");
        host->request_secret(host, "../../etc/passwd");
        host->on_status(host, &(parley_status_report_t){.struct_size = sizeof(parley_status_report_t),
                                                        .status = 44});
        host->on_status(host, NULL);
        return PARLEY_OK;
    }
    if (strcmp(name, "longTexts") == 0) {
        size_t size = 40u << 20;
        char *long_text = malloc(size + 1);
        for (size_t i = 0; i < size; i += 2)
            memcpy(long_text + i, "\xc3\xa9", 2);
        long_text[size] = 0;
        host->log(host, PARLEY_LOG_INFO, long_text);
        host->on_event(host, long_text, long_text);
        host->request_secret(host, long_text);
        host->on_status(host, &(parley_status_report_t){
            .struct_size = sizeof(parley_status_report_t), .reason = long_text, .code = long_text});
        free(long_text);
        return PARLEY_OK;
    }
    if (strcmp(name, "badFrames") == 0)
        return bad_frames(t);
    if (strcmp(name, "fillAudio") == 0) {
        fill_audio(t, id);
        return PARLEY_PENDING;
    }
    if (strcmp(name, "later") == 0) {
        t->pending = id;
        t->has_thread = pthread_create(&t->thread, NULL, complete_later, t) == 0;
        return PARLEY_PENDING;
    }
    if (strcmp(name, "secret") == 0) {
        host->request_secret(host, "apiKey");
        return PARLEY_OK;
    }
    if (strcmp(name, "heard") == 0) {
        snprintf(text, sizeof text, "{\"frames\":%u,\"dropped\":%u}", t->frames, t->dropped);
        host->complete(host, id, PARLEY_OK, text);
        return PARLEY_PENDING;
    }
    if (strcmp(name, "process") == 0) {
        describe_process(t, id);
        return PARLEY_PENDING;
    }
    if (strcmp(name, "size") == 0) {
        snprintf(text, sizeof text, "{\"bytes\":%zu}", strlen(json));
        host->complete(host, id, PARLEY_OK, text);
        return PARLEY_PENDING;
    }
    if (strcmp(name, "everything") == 0) {
        host->on_network(host, 7, 24000, 40);
        host->on_format(host, PARLEY_FROM_PEER, &(parley_format_t){PARLEY_CODEC_OPUS, 48000}, 20);
        host->on_statistics(host, "{\"packetsLost\":3}");
        host->on_incoming(host, "call-1", "{\"from\":\"alice\"}");
        host->interrupt(host, PARLEY_CAUSE_SPEECH);
        host->log(host, PARLEY_LOG_WARNING, "a line\nwith \x1b[31m colour");
        return PARLEY_OK;
    }
    return PARLEY_ERROR_NOT_SUPPORTED;
}

static void send_audio(parley_transport_t *t, const parley_audio_frame_t *frame) { t->frames++; }
static void drop_audio(parley_transport_t *t) {
#ifdef HANG_AT_DROP
    for (;;) pause();
#endif
#ifdef ESCAPE_AT_DROP
    /* Nothing that the daemon could end it by is left in this process. */
    for (int fd = 3; fd < 4096; fd++) {
        fcntl(fd, F_SETFL, 0);
        close(fd);
    }
    for (;;) raise(SIGSTOP);
#endif
    t->dropped++;
}

static void playback(parley_transport_t *t, const parley_playback_t *report) {
    char text[256];
    snprintf(text, sizeof text,
             "{\"kind\":%u,\"cause\":%u,\"generation\":%u,\"item\":\"%s\",\"heard\":%llu}", report->kind,
             report->cause, report->generation, report->item_id ? report->item_id : "none",
             (unsigned long long)report->heard_samples);
    t->host->on_event(t->host, "played", text);
}

static void secret(parley_transport_t *t, const char *name, const char *value) {
    char text[256];
    snprintf(text, sizeof text, "{\"name\":\"%s\",\"length\":%d}", name, value ? (int)strlen(value) : -1);
    t->host->on_event(t->host, "got_secret", text);
#ifdef ECHO_SECRET
    if (!value)
        return;
    snprintf(text, sizeof text, "the key %s is wrong, %s!", value, value);
    t->host->log(t->host, PARLEY_LOG_WARNING, text);
    parley_status_report_t report = {.struct_size = sizeof report, .status = PARLEY_DISCONNECTED,
                                     .retry = PARLEY_RETRY_NEVER, .code = value, .reason = text};
    snprintf(text, sizeof text, "{\"type\":\"error\",\"error\":{\"message\":\"%s\"}}", value);
    t->host->on_event(t->host, "error", text);
    snprintf(text, sizeof text, "the key %s is wrong", value);
    t->host->on_status(t->host, &report);
#endif
}

static const parley_format_t formats[17] = {
    {PARLEY_CODEC_PCM_S16LE, RATE}, {PARLEY_CODEC_PCM_S16LE, RATE}};

static const parley_transport_descriptor_t descriptor = {
    .struct_size = sizeof descriptor,
    .capabilities = PARLEY_CAN_INTERRUPT | PARLEY_CAN_DTMF,
    .max_session_s = 3600,
    .id = ID,
    .name = NAME,
    .version = VERSION,
    .options_schema = SCHEMA,
    .formats_in = formats,
    .formats_out = formats,
    .formats_in_count = FORMATS_COUNT,
    .formats_out_count = FORMATS_COUNT,
};

static const parley_transport_entry_t entry = {
    .struct_size = ENTRY_SIZE, .abi_major = MAJOR, .abi_minor = MINOR, .descriptor = &descriptor,
    .create = CREATE, .destroy = destroy, .connect = connect_to_peer, .close = close_connection,
    .command = command, .send_audio = send_audio, .drop_audio = drop_audio, .playback = playback,
    .secret = secret,
};

const parley_transport_entry_t *parley_transport_entry_v1(void) {
#ifdef NO_ENTRY_VALUE
    return NULL;
#elif defined(WILD_ENTRY)
    return (const parley_transport_entry_t *)16;
#else
    return &entry;
#endif
}
