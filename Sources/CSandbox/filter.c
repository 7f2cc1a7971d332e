/* Classic BPF, written by hand. A rule about a call is a jump over its body; a body ends with an answer,
 * so that the accumulator holds the call's number wherever a rule begins. */
#include "filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#define X32_CALLS 0x40000000u
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE_ARCHITECTURE AUDIT_ARCH_RISCV64
#else
#error "say here how the kernel names this architecture, and see whether rules.c fits its calls"
#endif

/* The newest call that the rules were written for: set_mempolicy_home_node, of Linux 5.17. From 424 on
 * numbers are the same everywhere. */
#define LAST_KNOWN_CALL 450u

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW_HALF 0u
#else
#define LOW_HALF 4u
#endif

static void emit(struct filter *filter, struct sock_filter instruction) {
    if (filter->size == FILTER_ROOM) {
        filter->is_full = true;
        return;
    }
    filter->code[filter->size++] = instruction;
}

static void load(struct filter *filter, size_t offset) {
    emit(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void jump(struct filter *filter, uint16_t test, uint32_t value, uint8_t yes, uint8_t no) {
    emit(filter, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | test | BPF_K), value, yes, no));
}

void filter_answer(struct filter *filter, int error) {
    uint32_t action = error ? SECCOMP_RET_ERRNO | (uint32_t)error : SECCOMP_RET_ALLOW;
    emit(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

void filter_begin(struct filter *filter) {
    filter->size = 0;
    filter->is_full = false;
    load(filter, offsetof(struct seccomp_data, arch));
    jump(filter, BPF_JEQ, NATIVE_ARCHITECTURE, 1, 0);
    filter_answer(filter, EPERM);
    load(filter, offsetof(struct seccomp_data, nr));
#ifdef X32_CALLS
    jump(filter, BPF_JGE, X32_CALLS, 0, 1);
    filter_answer(filter, ENOSYS);
#endif
}

void filter_allow(struct filter *filter, int call) { filter_deny(filter, call, 0); }

void filter_deny(struct filter *filter, int call, int error) {
    jump(filter, BPF_JEQ, (uint32_t)call, 0, 1);
    filter_answer(filter, error);
}

size_t filter_open_rule(struct filter *filter, int call) {
    jump(filter, BPF_JEQ, (uint32_t)call, 0, 0);
    return filter->size - 1u;
}

void filter_close_rule(struct filter *filter, size_t rule) {
    filter_answer(filter, 0);
    size_t body = filter->size - 1u - rule;
    if (body > UINT8_MAX)
        filter->is_full = true;
    filter->code[rule].jf = (uint8_t)body;
}

void filter_load(struct filter *filter, struct argument argument) {
    load(filter, offsetof(struct seccomp_data, args) + 8u * argument.number + LOW_HALF);
    if (argument.mask)
        emit(filter, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, argument.mask));
}

void filter_unless(struct filter *filter, uint32_t value, uint8_t skip) {
    jump(filter, BPF_JEQ, value, 0, skip);
}

void filter_require(struct filter *filter, const uint32_t *values, size_t count, int error) {
    for (size_t i = 0; i < count; i++)
        jump(filter, BPF_JEQ, values[i], (uint8_t)(count - i), 0);
    filter_answer(filter, error);
}

void filter_only(struct filter *filter, int call, struct argument argument, const uint32_t *values,
                 size_t count, int error) {
    size_t rule = filter_open_rule(filter, call);
    filter_load(filter, argument);
    filter_require(filter, values, count, error);
    filter_close_rule(filter, rule);
}

void filter_not(struct filter *filter, int call, struct argument argument, const uint32_t *values,
                size_t count, int error) {
    size_t rule = filter_open_rule(filter, call);
    filter_load(filter, argument);
    for (size_t i = 0; i < count; i++) {
        filter_unless(filter, values[i], 1);
        filter_answer(filter, error);
    }
    filter_close_rule(filter, rule);
}

void filter_end(struct filter *filter) {
    jump(filter, BPF_JGT, LAST_KNOWN_CALL, 0, 1);
    filter_answer(filter, ENOSYS);
    filter_answer(filter, 0);
}
