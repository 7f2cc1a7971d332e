/* A seccomp filter as it is put together: see filter.c. */
#ifndef FILTER_H
#define FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_ROOM 1024

struct filter {
    struct sock_filter code[FILTER_ROOM];
    unsigned short size;
    bool is_full;
};

/* Checks of one argument: its low 32 bits, as the kernel reads an int. */
struct argument {
    unsigned number; /* from 0 */
    uint32_t mask;   /* 0 for all bits */
};

/* What every filter begins with: other ABIs than the native one are denied. */
void filter_begin(struct filter *filter);
/* A call that is always allowed; those that are made often come first. */
void filter_allow(struct filter *filter, int call);
void filter_deny(struct filter *filter, int call, int error);
/* Denies a call unless the argument has one of the values. Says the last word about the call. */
void filter_only(struct filter *filter, int call, struct argument argument, const uint32_t *values,
                 size_t count, int error);
/* Denies a call when the argument has one of the values. Says the last word about the call. */
void filter_not(struct filter *filter, int call, struct argument argument, const uint32_t *values,
                size_t count, int error);
/* Calls with greater numbers than Parley knows answer ENOSYS, as an older kernel does; the rest is
 * allowed. */
void filter_end(struct filter *filter);

/* ---- for a rule that looks at several arguments ---- */

/* Opens a rule about a call; filter_close_rule() ends it and allows what was not decided in between. */
size_t filter_open_rule(struct filter *filter, int call);
void filter_load(struct filter *filter, struct argument argument);
/* With the loaded argument: jumps over the next `skip` instructions unless it has the value. */
void filter_unless(struct filter *filter, uint32_t value, uint8_t skip);
/* With the loaded argument: denies unless it has one of the values. */
void filter_require(struct filter *filter, const uint32_t *values, size_t count, int error);
void filter_answer(struct filter *filter, int error); /* 0: allow */
void filter_close_rule(struct filter *filter, size_t rule);

#endif
