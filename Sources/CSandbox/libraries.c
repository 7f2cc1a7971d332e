#define _GNU_SOURCE
#include "parley_sandbox.h"

#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>

static char directories[8 * PATH_MAX];

static bool has(const char *directory, size_t length) {
    for (const char *entry = directories; *entry;) {
        size_t size = strcspn(entry, ":");
        if (size == length && memcmp(entry, directory, length) == 0)
            return true;
        entry += size + (entry[size] == ':');
    }
    return false;
}

static int visit(struct dl_phdr_info *object, size_t size, void *data) {
    const char *name = object->dlpi_name, *slash = strrchr(name, '/');
    if (*name != '/' || slash == name)
        return 0;
    size_t length = (size_t)(slash - name), used = strlen(directories);
    if (strncmp(name, "/usr/", 5) == 0 || strncmp(name, "/lib", 4) == 0 || has(name, length) ||
        used + length + 2 > sizeof directories)
        return 0;
    if (used)
        directories[used++] = ':';
    memcpy(directories + used, name, length);
    directories[used + length] = 0;
    return 0;
}

const char *parley_sandbox_library_directories(void) {
    directories[0] = 0;
    dl_iterate_phdr(visit, NULL);
    return directories;
}
