#pragma once
#include <opus/opus.h>

/*
 * Why this file is more than an include:
 * - opus_encoder_ctl and opus_decoder_ctl are variadic, which Swift can't call: one function per
 *   request that is used.
 * - Swift lets code under @_noLocks call a C function only if that says @_noLocks itself. libopus
 *   allocates and locks nothing after create (its scratch memory is the stack: the builds of Debian
 *   use variable-length arrays), so the functions of the hot path are wrapped to say so.
 */
#define PARLEY_NO_LOCKS __attribute__((swift_attr("@_noLocks")))

/* [hot path] */

PARLEY_NO_LOCKS static inline opus_int32 parley_opus_encode(
    OpusEncoder *encoder, const float *samples, int count, unsigned char *bytes,
    opus_int32 capacity) {
    return opus_encode_float(encoder, samples, count, bytes, capacity);
}

PARLEY_NO_LOCKS static inline int parley_opus_decode(
    OpusDecoder *decoder, const unsigned char *bytes, opus_int32 size, float *samples, int count,
    int fec) {
    return opus_decode_float(decoder, bytes, size, samples, count, fec);
}

PARLEY_NO_LOCKS static inline int parley_opus_packet_samples(
    const unsigned char *bytes, opus_int32 size, opus_int32 rate) {
    return opus_packet_get_nb_samples(bytes, size, rate);
}

PARLEY_NO_LOCKS static inline int parley_opus_encoder_set_bitrate(OpusEncoder *encoder, opus_int32 v) {
    return opus_encoder_ctl(encoder, OPUS_SET_BITRATE(v));
}

PARLEY_NO_LOCKS static inline int parley_opus_encoder_set_loss(OpusEncoder *encoder, opus_int32 v) {
    return opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(v));
}

PARLEY_NO_LOCKS static inline int parley_opus_encoder_set_fec(OpusEncoder *encoder, opus_int32 v) {
    return opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(v));
}

PARLEY_NO_LOCKS static inline int parley_opus_encoder_reset(OpusEncoder *encoder) {
    return opus_encoder_ctl(encoder, OPUS_RESET_STATE);
}

PARLEY_NO_LOCKS static inline int parley_opus_decoder_reset(OpusDecoder *decoder) {
    return opus_decoder_ctl(decoder, OPUS_RESET_STATE);
}

/* [setting up] */

static inline int parley_opus_encoder_set_complexity(OpusEncoder *encoder, opus_int32 v) {
    return opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(v));
}

static inline int parley_opus_encoder_set_dtx(OpusEncoder *encoder, opus_int32 v) {
    return opus_encoder_ctl(encoder, OPUS_SET_DTX(v));
}

static inline int parley_opus_encoder_set_signal(OpusEncoder *encoder, opus_int32 v) {
    return opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(v));
}

static inline int parley_opus_encoder_set_vbr(OpusEncoder *encoder, opus_int32 v) {
    return opus_encoder_ctl(encoder, OPUS_SET_VBR(v));
}

static inline int parley_opus_encoder_lookahead(OpusEncoder *encoder, opus_int32 *v) {
    return opus_encoder_ctl(encoder, OPUS_GET_LOOKAHEAD(v));
}
