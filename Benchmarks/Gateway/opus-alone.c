/* opus-alone FILE: encodes and decodes 48 kHz mono 16-bit samples in frames of 20 ms as Parley does by
 * default, and nothing else. Prints nanoseconds of CPU per frame. */
#include <opus/opus.h>

#include <stdio.h>
#include <time.h>

#define FRAME 960

static double cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int count, char **arguments) {
    static opus_int16 samples[FRAME];
    static float sound[FRAME], back[5760];
    unsigned char packet[1275];
    int error, frames = 0;
    FILE *file = count > 1 ? fopen(arguments[1], "rb") : NULL;
    OpusEncoder *encoder = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &error);
    OpusDecoder *decoder = opus_decoder_create(48000, 1, &error);
    if (!file || !encoder || !decoder)
        return 1;
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(32000));
    opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(5));
    opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(1));
    double start = cpu_ns();
    for (; frames < 1000; frames++) {
        if (fread(samples, 2, FRAME, file) != FRAME) {
            rewind(file);
            if (fread(samples, 2, FRAME, file) != FRAME)
                return 1;
        }
        for (int i = 0; i < FRAME; i++)
            sound[i] = (float)samples[i] / 32768;
        int size = opus_encode_float(encoder, sound, FRAME, packet, sizeof packet);
        if (size < 0 || opus_decode_float(decoder, packet, size, back, 5760, 0) < 0)
            return 1;
    }
    printf("%.0f\n", (cpu_ns() - start) / frames);
    return 0;
}
