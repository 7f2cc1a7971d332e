/* call-alone FILE CALLS: encodes 48 kHz mono 16-bit samples in frames of 20 ms as Parley does by default,
 * protects, sends by UDP over loopback, receives, checks and decodes them, and nothing else: the least that
 * any program must pay for one end of a call. So many ends run in real time, one wake-up every 20 ms for all
 * of them. Prints nanoseconds of CPU per frame. */
#include <opus/opus.h>
#include <srtp2/srtp.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define FRAME 960
#define FRAMES 200
#define CALLS_MAX 256
#define HEADER 12

struct call {
    OpusEncoder *encoder;
    OpusDecoder *decoder;
    srtp_t out, in;
    int from, to;
    unsigned sequence;
};

static double cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int open_srtp(srtp_t *srtp, srtp_ssrc_type_t kind) {
    static unsigned char key[28] = {1, 2, 3};
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    policy.ssrc.type = kind;
    policy.key = key;
    return srtp_create(srtp, &policy) == srtp_err_status_ok ? 0 : -1;
}

static int open_call(struct call *c) {
    int error;
    c->encoder = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &error);
    c->decoder = opus_decoder_create(48000, 1, &error);
    if (!c->encoder || !c->decoder || open_srtp(&c->out, ssrc_any_outbound) != 0 ||
        open_srtp(&c->in, ssrc_any_inbound) != 0)
        return -1;
    opus_encoder_ctl(c->encoder, OPUS_SET_BITRATE(32000));
    opus_encoder_ctl(c->encoder, OPUS_SET_COMPLEXITY(5));
    opus_encoder_ctl(c->encoder, OPUS_SET_INBAND_FEC(1));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    c->from = socket(AF_INET, SOCK_DGRAM, 0);
    c->to = socket(AF_INET, SOCK_DGRAM, 0);
    return bind(c->to, (struct sockaddr *)&address, size) ||
           getsockname(c->to, (struct sockaddr *)&address, &size) ||
           connect(c->from, (struct sockaddr *)&address, size);
}

static int exchange(struct call *c, const opus_int16 *samples) {
    static float sound[FRAME], back[5760];
    unsigned char packet[1500] = {0x80, 111};
    for (int i = 0; i < FRAME; i++)
        sound[i] = (float)samples[i] / 32768;
    packet[2] = (unsigned char)(c->sequence >> 8);
    packet[3] = (unsigned char)c->sequence++;
    int size = opus_encode_float(c->encoder, sound, FRAME, packet + HEADER, 1275);
    if (size < 0)
        return -1;
    size += HEADER;
    if (srtp_protect(c->out, packet, &size) != srtp_err_status_ok ||
        send(c->from, packet, (size_t)size, MSG_DONTWAIT) != size)
        return -1;
    size = (int)recv(c->to, packet, sizeof packet, MSG_DONTWAIT);
    if (size < 0 || srtp_unprotect(c->in, packet, &size) != srtp_err_status_ok)
        return -1;
    return opus_decode_float(c->decoder, packet + HEADER, size - HEADER, back, 5760, 0) < 0 ? -1 : 0;
}

int main(int count, char **arguments) {
    static opus_int16 samples[FRAME];
    static struct call calls[CALLS_MAX];
    int number = count == 3 ? atoi(arguments[2]) : 0;
    FILE *file = count == 3 ? fopen(arguments[1], "rb") : NULL;
    if (!file || number < 1 || number > CALLS_MAX || srtp_init() != srtp_err_status_ok)
        return 1;
    for (int n = 0; n < number; n++)
        if (open_call(&calls[n]) != 0)
            return 1;
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    double start = cpu_ns();
    for (int frame = 0; frame < FRAMES; frame++) {
        if (fread(samples, 2, FRAME, file) != FRAME) {
            rewind(file);
            if (fread(samples, 2, FRAME, file) != FRAME)
                return 1;
        }
        for (int n = 0; n < number; n++)
            if (exchange(&calls[n], samples) != 0)
                return 1;
        due.tv_nsec += 20000000;
        if (due.tv_nsec >= 1000000000) {
            due.tv_sec++;
            due.tv_nsec -= 1000000000;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
    printf("%.0f\n", (cpu_ns() - start) / FRAMES / number);
    return 0;
}
