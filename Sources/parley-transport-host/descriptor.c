#include "descriptor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "wire.h"

#define TEXT_MAX 4096u
#define SCHEMA_MAX (1u << 20)

const char *entry_fault(const parley_transport_entry_t *entry, char *room, size_t size) {
    if (!entry)
        return "parley_transport_entry_v1() returned NULL: the plugin does not want to be loaded";
    if (entry->abi_major != PARLEY_ABI_MAJOR) {
        snprintf(room, size, "the plugin is built for version %u of the plugin interface; this Parley "
                 "has version %u", entry->abi_major, PARLEY_ABI_MAJOR);
        return room;
    }
    if (entry->struct_size < offsetof(parley_transport_entry_t, listeners)) {
        snprintf(room, size, "the plugin's entry says that it is %u bytes long; version 1.0 has %zu",
                 entry->struct_size, offsetof(parley_transport_entry_t, listeners));
        return room;
    }
    const struct {
        const char *name;
        int is_there;
    } functions[] = {
        {"create", entry->create != NULL},         {"destroy", entry->destroy != NULL},
        {"connect", entry->connect != NULL},       {"close", entry->close != NULL},
        {"command", entry->command != NULL},       {"send_audio", entry->send_audio != NULL},
        {"drop_audio", entry->drop_audio != NULL}, {"playback", entry->playback != NULL},
        {"secret", entry->secret != NULL},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (!functions[i].is_there) {
            snprintf(room, size, "the plugin's entry has no %s()", functions[i].name);
            return room;
        }
    const parley_transport_descriptor_t *descriptor = entry->descriptor;
    if (!descriptor)
        return "the plugin's entry has no descriptor";
    if (descriptor->struct_size < sizeof *descriptor) {
        snprintf(room, size, "the plugin's descriptor says that it is %u bytes long; version 1.0 has "
                 "%zu", descriptor->struct_size, sizeof *descriptor);
        return room;
    }
    if (!descriptor->id || !descriptor->name || !descriptor->version)
        return "the plugin's descriptor lacks an id, a name or a version";
    if (descriptor->formats_in_count > PARLEY_FORMATS_MAX ||
        descriptor->formats_out_count > PARLEY_FORMATS_MAX) {
        snprintf(room, size, "the plugin lists %u and %u formats; %u are allowed in each direction",
                 descriptor->formats_in_count, descriptor->formats_out_count, PARLEY_FORMATS_MAX);
        return room;
    }
    if ((descriptor->formats_in_count && !descriptor->formats_in) ||
        (descriptor->formats_out_count && !descriptor->formats_out))
        return "the plugin counts formats but lists none";
    return NULL;
}

/* Writes text as a JSON string. Bytes that are no UTF-8 go out as they are: the daemon refuses them. */
static void write_string(FILE *out, const char *text, size_t max) {
    size_t size = strnlen(text, max + 1); /* one too many, so that the daemon sees the excess */

    fputc('"', out);
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '"' || byte == '\\')
            fprintf(out, "\\%c", byte);
        else if (byte < 0x20)
            fprintf(out, "\\u%04x", byte);
        else
            fputc(byte, out);
    }
    fputc('"', out);
}

static void write_member(FILE *out, const char *name, const char *text, size_t max) {
    if (!text)
        return;
    fprintf(out, ",\"%s\":", name);
    write_string(out, text, max);
}

static void write_formats(FILE *out, const char *name, const parley_format_t *formats, uint32_t count) {
    fprintf(out, ",\"%s\":[", name);
    for (uint32_t i = 0; i < count; i++)
        fprintf(out, "%s[%" PRIu32 ",%" PRIu32 "]", i ? "," : "", formats[i].codec, formats[i].rate_hz);
    fputc(']', out);
}

char *descriptor_json(const parley_transport_descriptor_t *descriptor) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    /* 64 bits do not fit a JSON number safely, so the capabilities come as a string. */
    fprintf(out, "{\"maxSessionS\":%" PRIu32 ",\"capabilities\":\"%" PRIu64 "\"",
            descriptor->max_session_s, descriptor->capabilities);
    write_member(out, "id", descriptor->id, PARLEY_ID_MAX);
    write_member(out, "name", descriptor->name, TEXT_MAX);
    write_member(out, "version", descriptor->version, TEXT_MAX);
    write_member(out, "vendor", descriptor->vendor, TEXT_MAX);
    write_member(out, "description", descriptor->description, TEXT_MAX);
    write_member(out, "optionsSchema", descriptor->options_schema, SCHEMA_MAX);
    write_formats(out, "formatsIn", descriptor->formats_in, descriptor->formats_in_count);
    write_formats(out, "formatsOut", descriptor->formats_out, descriptor->formats_out_count);
    fputc('}', out);
    return fclose(out) == 0 ? text : NULL;
}
