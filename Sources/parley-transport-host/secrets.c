#define _GNU_SOURCE
#include "secrets.h"

#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define SHORTEST 8
static const char placeholder[] = "[secret]";

void open_secrets(struct secrets *secrets) { pthread_mutex_init(&secrets->lock, NULL); }

static void wipe(char *text) {
    explicit_bzero(text, strlen(text));
    free(text);
}

static void forget(struct secrets *secrets, unsigned place) {
    wipe(secrets->values[place]);
    secrets->count--;
    for (unsigned i = place; i < secrets->count; i++) {
        secrets->values[i] = secrets->values[i + 1];
        secrets->ages[i] = secrets->ages[i + 1];
    }
}

void close_secrets(struct secrets *secrets) {
    while (secrets->count > 0)
        forget(secrets, 0);
    pthread_mutex_destroy(&secrets->lock);
}

static void forget_oldest(struct secrets *secrets) {
    unsigned oldest = 0;
    for (unsigned i = 1; i < secrets->count; i++)
        if (secrets->ages[i] < secrets->ages[oldest])
            oldest = i;
    forget(secrets, oldest);
}

void remember_secret(struct secrets *secrets, const char *value) {
    size_t size = strlen(value);
    if (size < SHORTEST)
        return;
    pthread_mutex_lock(&secrets->lock);
    for (unsigned i = 0; i < secrets->count; i++)
        if (strcmp(secrets->values[i], value) == 0) {
            forget(secrets, i); /* to be the latest again */
            break;
        }
    if (secrets->count == SECRETS_MAX)
        forget_oldest(secrets);
    unsigned place = secrets->count++;
    for (; place > 0 && strlen(secrets->values[place - 1]) < size; place--) {
        secrets->values[place] = secrets->values[place - 1];
        secrets->ages[place] = secrets->ages[place - 1];
    }
    secrets->ages[place] = ++secrets->last_age;
    if (!(secrets->values[place] = strdup(value)))
        die("out of memory for a secret");
    pthread_mutex_unlock(&secrets->lock);
}

/* The text with the placeholder for each place where the value is. */
static char *replaced(const char *text, const char *value) {
    size_t size = strlen(value), count = 0;
    for (const char *found = text; (found = strstr(found, value)); found += size)
        count++;
    char *result = malloc(strlen(text) + count * sizeof placeholder + 1), *end = result;
    if (!result)
        die("out of memory for a line");
    for (const char *found; (found = strstr(text, value)); text = found + size) {
        end = mempcpy(end, text, (size_t)(found - text));
        end = mempcpy(end, placeholder, sizeof placeholder - 1);
    }
    strcpy(end, text);
    return result;
}

char *strike_secrets(struct secrets *secrets, const char *text) {
    char *result = NULL;

    if (!text)
        return NULL;
    pthread_mutex_lock(&secrets->lock);
    for (unsigned i = 0; i < secrets->count; i++) {
        const char *before = result ? result : text;
        if (!strstr(before, secrets->values[i]))
            continue;
        char *next = replaced(before, secrets->values[i]);
        if (result)
            wipe(result); /* the others may be in it */
        result = next;
    }
    pthread_mutex_unlock(&secrets->lock);
    return result;
}
