#include "wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define PART_MAX (PARLEY_WIRE_MESSAGE_MAX - sizeof(parley_wire_header))
#define PIECES_MAX 8

/* A body that has not come whole yet. The daemon sends one at a time per session, so there are few. */
struct assembly {
    struct assembly *next;
    parley_wire_header header;
    uint8_t *body;
    size_t size, room;
};
static struct assembly *assemblies;

void die(const char *format, ...) {
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "parley-transport-host: %s\n", text);
    abort();
}

static struct assembly **find_assembly(const parley_wire_header *header) {
    struct assembly **link = &assemblies;

    while (*link && ((*link)->header.kind != header->kind || (*link)->header.id != header->id ||
                     (*link)->header.session != header->session))
        link = &(*link)->next;
    return link;
}

/* Adds a part. Grows by copying, because realloc() would leave a secret behind in freed memory. */
static void append(struct assembly *assembly, const uint8_t *bytes, size_t size) {
    if (size > PARLEY_WIRE_BODY_MAX - assembly->size)
        die("a message of the daemon is over %u bytes", PARLEY_WIRE_BODY_MAX);
    if (assembly->size + size + 1 > assembly->room) {
        size_t room = (assembly->size + size + 1) * 2;
        uint8_t *body = malloc(room);
        if (!body)
            die("out of memory for a message of %zu bytes", room);
        if (assembly->body) {
            memcpy(body, assembly->body, assembly->size);
            explicit_bzero(assembly->body, assembly->size);
            free(assembly->body);
        }
        assembly->body = body;
        assembly->room = room;
    }
    memcpy(assembly->body + assembly->size, bytes, size);
    assembly->size += size;
}

enum received receive_message(struct message *message) {
    static uint8_t packet[PARLEY_WIRE_MESSAGE_MAX + 1];

    for (;;) {
        ssize_t size = recv(PARLEY_WIRE_CONTROL_FD, packet, PARLEY_WIRE_MESSAGE_MAX,
                            MSG_DONTWAIT | MSG_TRUNC);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return RECEIVED_NOTHING;
        if (size <= 0)
            return RECEIVED_END;
        if ((size_t)size < sizeof(parley_wire_header) || size > (ssize_t)PARLEY_WIRE_MESSAGE_MAX)
            die("a message of the daemon has %zd bytes", size);

        memset(message, 0, sizeof *message);
        memcpy(&message->header, packet, sizeof message->header);
        if (message->header.version != PARLEY_WIRE_VERSION)
            die("the daemon speaks version %u of the host protocol, this is version %u: they come "
                "from different builds", message->header.version, PARLEY_WIRE_VERSION);
        const uint8_t *body = packet + sizeof message->header;
        size_t body_size = (size_t)size - sizeof message->header;

        struct assembly **link = find_assembly(&message->header);
        if (!*link && !(message->header.flags & PARLEY_WIRE_MORE)) {
            packet[size] = 0;
            message->body = body;
            message->size = body_size;
            return RECEIVED_MESSAGE;
        }
        if (!*link) {
            *link = calloc(1, sizeof **link);
            if (!*link)
                die("out of memory");
            (*link)->header = message->header;
        }
        struct assembly *assembly = *link;
        append(assembly, body, body_size);
        explicit_bzero(packet, (size_t)size);
        if (message->header.flags & PARLEY_WIRE_MORE)
            continue;
        *link = assembly->next;
        assembly->body[assembly->size] = 0;
        message->body = message->owned = assembly->body;
        message->size = assembly->size;
        free(assembly);
        return RECEIVED_MESSAGE;
    }
}

void release_message(struct message *message) {
    explicit_bzero((void *)message->body, message->size);
    free(message->owned);
    message->owned = NULL;
}

void take_struct(struct cursor *cursor, void *to, size_t size) {
    if (cursor->left < size)
        die("a message of the daemon is too short");
    memcpy(to, cursor->next, size);
    cursor->next += size;
    cursor->left -= size;
}

const char *take_string(struct cursor *cursor) {
    const uint8_t *end = memchr(cursor->next, 0, cursor->left);
    const char *text = (const char *)cursor->next;

    if (!end)
        die("a string of the daemon does not end");
    cursor->left -= (size_t)(end + 1 - cursor->next);
    cursor->next = end + 1;
    return text;
}

void expect_end(const struct cursor *cursor) {
    if (cursor->left != 0)
        die("a message of the daemon has %zu bytes too many", cursor->left);
}

struct piece string_piece(const char *text) {
    if (!text)
        text = "";
    return (struct piece){.bytes = text, .size = strlen(text) + 1};
}

static bool send_packet(const parley_wire_header *header, struct iovec *parts, int count) {
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};

    parts[0] = (struct iovec){.iov_base = (void *)header, .iov_len = sizeof *header};
    for (;;) {
        if (sendmsg(PARLEY_WIRE_CONTROL_FD, &message, MSG_NOSIGNAL) >= 0)
            return true;
        if (errno != EINTR && errno != ENOBUFS)
            return false;
    }
}

bool send_message(uint16_t kind, uint32_t session, uint32_t id, uint64_t audio_position,
                  const struct piece *pieces, int count) {
    static atomic_uint last_id;
    parley_wire_header header = {.version = PARLEY_WIRE_VERSION, .kind = kind, .session = session,
                                 .id = id ? id : atomic_fetch_add(&last_id, 1) + 1,
                                 .audio_position = audio_position};
    int piece = 0;
    size_t offset = 0;

    for (;;) {
        struct iovec parts[PIECES_MAX + 1];
        size_t room = PART_MAX;
        int used = 1;
        while (piece < count && room > 0 && used <= PIECES_MAX) {
            size_t size = pieces[piece].size - offset;
            if (size > room)
                size = room;
            parts[used++] = (struct iovec){
                .iov_base = (uint8_t *)pieces[piece].bytes + offset, .iov_len = size};
            room -= size;
            offset += size;
            if (offset == pieces[piece].size) {
                piece++;
                offset = 0;
            }
        }
        header.flags = piece < count ? PARLEY_WIRE_MORE : 0;
        if (!send_packet(&header, parts, used))
            return false;
        if (piece >= count)
            return true;
    }
}
