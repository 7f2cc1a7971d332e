/* Counts calls of malloc and its relatives, per thread. Linked into a program, it takes the place of
 * the C library's functions, which do the work. Frees of NULL are not counted. */
#pragma once
#include <stdint.h>

/* Calls of malloc, calloc, realloc, aligned_alloc, posix_memalign, memalign and free that the calling
 * thread ever made. */
uint64_t parley_allocation_calls(void);
