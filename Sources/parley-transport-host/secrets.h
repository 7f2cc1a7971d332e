/* The secrets that a session's plugin was given, to strike them from what it says about failures: peers
 * repeat what they refuse. A plugin that wants to can tell them all the same. */
#ifndef PARLEY_HOST_SECRETS_H
#define PARLEY_HOST_SECRETS_H

#include <pthread.h>

#define SECRETS_MAX 8 /* the last ones */

struct secrets {
    pthread_mutex_t lock;
    char *values[SECRETS_MAX]; /* the longest first: one may begin with another */
    unsigned ages[SECRETS_MAX];
    unsigned count, last_age;
};

void open_secrets(struct secrets *secrets);

/* Wipes all of them. */
void close_secrets(struct secrets *secrets);

/* Keeps a copy. One that is shorter than 8 bytes could be any word, and is not kept. */
void remember_secret(struct secrets *secrets, const char *value);

/* A copy of the text with "[secret]" for each of them, to be freed; NULL when none is in it. [thread-safe] */
char *strike_secrets(struct secrets *secrets, const char *text);

#endif
