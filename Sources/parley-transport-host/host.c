#define _GNU_SOURCE
#include "host.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <parley_sandbox.h>

#include "descriptor.h"
#include "loop.h"
#include "session.h"
#include "wire.h"

/* Messages and frames of one turn, so that the plugin's own descriptors and timers get theirs. */
#define CONTROL_TURN 16
#define AUDIO_TURN 64

/* Frames that one system call took off the socket and that are not given to the plugin yet. */
#define FRAMES_AT_ONCE 16
static struct {
    struct mmsghdr messages[FRAMES_AT_ONCE];
    struct iovec rooms[FRAMES_AT_ONCE];
    uint8_t packets[FRAMES_AT_ONCE][PARLEY_WIRE_MESSAGE_MAX];
    int count, next;
} taken;

static bool take_frames(void) {
    int count;

    for (int i = 0; i < FRAMES_AT_ONCE; i++) {
        taken.rooms[i] = (struct iovec){taken.packets[i], sizeof taken.packets[i]};
        taken.messages[i].msg_hdr = (struct msghdr){.msg_iov = &taken.rooms[i], .msg_iovlen = 1};
    }
    do
        count = recvmmsg(PARLEY_WIRE_AUDIO_FD, taken.messages, FRAMES_AT_ONCE,
                         MSG_DONTWAIT, NULL);
    while (count < 0 && errno == EINTR);
    taken.count = count > 0 ? count : 0;
    taken.next = 0;
    return count > 0; /* else nothing is there, or the daemon closed: the control socket tells */
}

static bool has_taken_frames(void) { return taken.next < taken.count; }

/* Gives the plugin the oldest frame; false when there is none. */
static bool pass_frame(void) {
    parley_wire_audio frame;

    if (!has_taken_frames() && !take_frames())
        return false;
    const struct mmsghdr *message = &taken.messages[taken.next];
    const uint8_t *packet = taken.packets[taken.next++];
    size_t size = message->msg_len;
    if (size == 0)
        return false; /* the daemon closed */
    if (size < sizeof frame || message->msg_hdr.msg_flags & MSG_TRUNC)
        die("a frame of the daemon has %zu bytes", size);
    memcpy(&frame, packet, sizeof frame);
    if (frame.version != PARLEY_WIRE_VERSION || frame.item_id_size > PARLEY_ID_MAX ||
        frame.item_id[frame.item_id_size] != 0 || frame.data_size > PARLEY_FRAME_DATA_MAX ||
        frame.data_size != size - sizeof frame)
        die("a frame of the daemon is malformed");
    struct session *session = find_session(frame.session);
    if (session) /* else it was on its way when its session ended */
        take_audio(session, &frame, packet + sizeof frame);
    return true;
}

static void audio_ready(void) {
    /* To the end of what was taken: nothing would tell of it again. */
    for (int i = 0; (i < AUDIO_TURN || has_taken_frames()) && pass_frame(); i++) {
    }
}

/* Gives the plugin every frame that was sent before this message. What the sender counted is on the
 * socket already, so an empty socket ends the wait. */
static void catch_up(const struct session *session, uint64_t position) {
    while (audio_taken(session) < position && pass_frame()) {
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

/* Takes one message; false when there is none, or no more. */
static bool obey_next(void) {
    struct message message;

    switch (receive_message(&message)) {
    case RECEIVED_MESSAGE:
        obey_message(&message);
        release_message(&message);
        return true;
    case RECEIVED_END:
        loop_stop();
        return false;
    case RECEIVED_NOTHING:
        break;
    }
    return false;
}

static void control_ready(void) {
    for (int i = 0; i < CONTROL_TURN && obey_next(); i++) {
    }
    while (has_taken_frames() && pass_frame()) { /* what came after the messages, taken with the rest */
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

/* Before a line of the plugin runs, its constructors included. */
static const char *confine(parley_sandbox_mode mode, int readable_count) {
    static char text[128];
    int readable[1 + PARLEY_WIRE_READABLE_MAX] = {PARLEY_WIRE_PLUGIN_FD};

    if (readable_count < 0 || readable_count > PARLEY_WIRE_READABLE_MAX)
        readable_count = 0;
    for (int i = 0; i < readable_count; i++)
        readable[1 + i] = PARLEY_WIRE_READABLE_FD + i;
    int files = parley_sandbox_restrict_host(mode, readable, 1 + readable_count);
    for (int i = 0; i < readable_count; i++)
        close(PARLEY_WIRE_READABLE_FD + i);
    int calls = files < 0 ? files : parley_sandbox_confine(PARLEY_SANDBOX_HOST, mode);
    if (calls >= 0)
        return NULL;
    snprintf(text, sizeof text, "this kernel can't confine a plugin (errno %d): see --sandbox of parleyd",
             -calls);
    return text;
}

int run_host(parley_sandbox_mode mode, int readable_count) {
    loop_open();
    const char *fault = confine(mode, readable_count);
    if (!fault)
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
