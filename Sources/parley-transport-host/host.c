#define _GNU_SOURCE
#include "host.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptor.h"
#include "loop.h"
#include "session.h"
#include "wire.h"

/* Messages and frames of one turn, so that the plugin's own descriptors and timers get theirs. */
#define CONTROL_TURN 16
#define AUDIO_TURN 64

static bool read_frame(void) {
    static uint8_t packet[PARLEY_WIRE_MESSAGE_MAX];
    parley_wire_audio frame;
    ssize_t size;

    do
        size = recv(PARLEY_WIRE_AUDIO_FD, packet, sizeof packet, MSG_DONTWAIT | MSG_TRUNC);
    while (size < 0 && errno == EINTR);
    if (size <= 0)
        return false; /* nothing there, or the daemon closed: the control socket tells */
    if ((size_t)size < sizeof frame || size > (ssize_t)sizeof packet)
        die("a frame of the daemon has %zd bytes", size);
    memcpy(&frame, packet, sizeof frame);
    if (frame.version != PARLEY_WIRE_VERSION || frame.item_id_size > PARLEY_ID_MAX ||
        frame.item_id[frame.item_id_size] != 0 || frame.data_size > PARLEY_FRAME_DATA_MAX ||
        frame.data_size != (size_t)size - sizeof frame)
        die("a frame of the daemon is malformed");
    struct session *session = find_session(frame.session);
    if (session) /* else it was on its way when its session ended */
        take_audio(session, &frame, packet + sizeof frame);
    return true;
}

static void audio_ready(void) {
    for (int i = 0; i < AUDIO_TURN && read_frame(); i++) {
    }
}

/* Gives the plugin every frame that was sent before this message. What the sender counted is on the
 * socket already, so an empty socket ends the wait. */
static void catch_up(const struct session *session, uint64_t position) {
    while (audio_taken(session) < position && read_frame()) {
    }
}

static void obey_message(const struct message *message) {
    const parley_wire_header *header = &message->header;

    if (header->kind == PARLEY_WIRE_PING) {
        send_message(PARLEY_WIRE_PONG, 0, header->id, 0, NULL, 0);
    } else if (header->kind == PARLEY_WIRE_CREATE) {
        create_session(header->session);
    } else {
        struct session *session = find_session(header->session);
        if (!session)
            return; /* nothing can be done for it any more */
        catch_up(session, header->audio_position);
        obey(session, message);
    }
}

static void control_ready(void) {
    for (int i = 0; i < CONTROL_TURN; i++) {
        struct message message;
        switch (receive_message(&message)) {
        case RECEIVED_MESSAGE:
            obey_message(&message);
            release_message(&message);
            break;
        case RECEIVED_NOTHING:
            return;
        case RECEIVED_END:
            loop_stop();
            return;
        }
    }
}

static int refuse(const char *reason) {
    struct piece piece = string_piece(reason);
    send_message(PARLEY_WIRE_REFUSED, 0, 0, 0, &piece, 1);
    return 1;
}

/* Loads the file that the daemon opened and checked, whatever its name leads to by now. */
static const parley_transport_entry_t *load(const char **fault) {
    static char path[32], text[512];
    snprintf(path, sizeof path, "/proc/self/fd/%d", PARLEY_WIRE_PLUGIN_FD);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        const char *error = dlerror();
        size_t prefix = strlen(path);
        if (error && strncmp(error, path, prefix) == 0 && strncmp(error + prefix, ": ", 2) == 0)
            error += prefix + 2; /* the name says nothing to anyone */
        snprintf(text, sizeof text, "not a shared object that loads here: %s", error ? error : "?");
        *fault = text;
        return NULL;
    }
    const parley_transport_entry_t *(*get_entry)(void);
    *(void **)&get_entry = dlsym(object, "parley_transport_entry_v1");
    if (!get_entry) {
        *fault = "not a transport plugin: it does not export parley_transport_entry_v1()";
        return NULL;
    }
    const parley_transport_entry_t *entry = get_entry();
    *fault = entry_fault(entry, text, sizeof text);
    return *fault ? NULL : entry;
}

static bool say_hello(void) {
    parley_wire_hello hello = {.wire_version = PARLEY_WIRE_VERSION, .abi_major = plugin->abi_major,
                               .abi_minor = plugin->abi_minor, .pid = (uint32_t)getpid()};
    char *json = descriptor_json(plugin->descriptor);
    if (!json)
        die("out of memory for the descriptor");
    struct piece pieces[] = {{&hello, sizeof hello}, string_piece(json)};
    bool is_sent = send_message(PARLEY_WIRE_HELLO, 0, 0, 0, pieces, 2);
    free(json);
    return is_sent;
}

int run_host(void) {
    const char *fault = NULL;

    loop_open();
    /* The host confines itself here, before a line of the plugin runs. */
    plugin = load(&fault);
    if (fault)
        return refuse(fault);
    close(PARLEY_WIRE_PLUGIN_FD);
    if (!say_hello())
        return 1;
    loop_watch_own(PARLEY_WIRE_CONTROL_FD, control_ready);
    loop_watch_own(PARLEY_WIRE_AUDIO_FD, audio_ready);
    loop_run();
    /* The plugin's destructors are not run: its threads may still be at work, and nothing of it
     * outlives the process. */
    fflush(NULL);
    _exit(0);
}
