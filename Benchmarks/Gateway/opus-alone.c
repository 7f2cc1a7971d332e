/* opus-alone FILE [SESSIONS]: encodes and decodes 48 kHz mono 16-bit samples in frames of 20 ms as
 * Parley does by default, with one send and one recv a frame, and nothing else. Prints nanoseconds of
 * CPU per frame.
 *
 * Without SESSIONS one encoder runs as fast as it can. With SESSIONS that many run in real time, one
 * wake-up every 20 ms for all of them: the least that any program must pay for such calls. */
#include <opus/opus.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define FRAME 960
#define FRAMES 1000
#define SESSIONS_MAX 256

struct session {
    OpusEncoder *encoder;
    OpusDecoder *decoder;
    int ends[2];
};

static double cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int open_session(struct session *s) {
    int error;
    s->encoder = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &error);
    s->decoder = opus_decoder_create(48000, 1, &error);
    if (!s->encoder || !s->decoder || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s->ends) != 0)
        return -1;
    opus_encoder_ctl(s->encoder, OPUS_SET_BITRATE(32000));
    opus_encoder_ctl(s->encoder, OPUS_SET_COMPLEXITY(5));
    opus_encoder_ctl(s->encoder, OPUS_SET_INBAND_FEC(1));
    return 0;
}

static int exchange(struct session *s, const opus_int16 *samples) {
    static float sound[FRAME], back[5760];
    unsigned char packet[1275];
    for (int i = 0; i < FRAME; i++)
        sound[i] = (float)samples[i] / 32768;
    int size = opus_encode_float(s->encoder, sound, FRAME, packet, sizeof packet);
    if (size < 0 || send(s->ends[0], packet, (size_t)size, MSG_DONTWAIT) != size)
        return -1;
    size = (int)recv(s->ends[1], packet, sizeof packet, MSG_DONTWAIT);
    return opus_decode_float(s->decoder, packet, size, back, 5760, 0) < 0 ? -1 : 0;
}

int main(int count, char **arguments) {
    static opus_int16 samples[FRAME];
    static struct session sessions[SESSIONS_MAX];
    int is_paced = count > 2, number = is_paced ? atoi(arguments[2]) : 1;
    int frames = is_paced ? 200 : FRAMES;
    FILE *file = count > 1 ? fopen(arguments[1], "rb") : NULL;
    if (!file || number < 1 || number > SESSIONS_MAX)
        return 1;
    for (int n = 0; n < number; n++)
        if (open_session(&sessions[n]) != 0)
            return 1;
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    double start = cpu_ns();
    for (int frame = 0; frame < frames; frame++) {
        if (fread(samples, 2, FRAME, file) != FRAME) {
            rewind(file);
            if (fread(samples, 2, FRAME, file) != FRAME)
                return 1;
        }
        for (int n = 0; n < number; n++)
            if (exchange(&sessions[n], samples) != 0)
                return 1;
        due.tv_nsec += 20000000;
        if (due.tv_nsec >= 1000000000) {
            due.tv_sec++;
            due.tv_nsec -= 1000000000;
        }
        if (is_paced)
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
    printf("%.0f\n", (cpu_ns() - start) / frames / number);
    return 0;
}
