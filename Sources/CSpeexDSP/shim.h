#pragma once
#include <speex/speex_resampler.h>

/*
 * Swift lets code under @_noLocks call a C function only if that says @_noLocks itself. Processing
 * works in memory that init allocated, so it may.
 */
#define PARLEY_NO_LOCKS __attribute__((swift_attr("@_noLocks")))

/* [hot path] *count and *room come in as what there is and go out as what was used. */
PARLEY_NO_LOCKS static inline int parley_resampler_process(
    SpeexResamplerState *state, const float *input, unsigned *count, float *output, unsigned *room) {
    return speex_resampler_process_float(state, 0, input, count, output, room);
}

PARLEY_NO_LOCKS static inline int parley_resampler_reset(SpeexResamplerState *state) {
    return speex_resampler_reset_mem(state);
}
