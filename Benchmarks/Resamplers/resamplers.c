/*
 * Compares the resamplers that Debian has, at the conversions that Parley makes, in 20 ms blocks.
 * Prints one row per engine and conversion; `make` in this folder builds and runs it. The choice
 * that came of it: docs/decisions/0002-resampler.md.
 *
 *   ripple   largest deviation from 0 dB from 100 Hz to 0.85 of the lower Nyquist frequency
 *   reject   down: loudest remainder of tones from 1.15 of the lower Nyquist frequency on, in dB
 *            up:   loudest remainder beside a tone of the pass band
 *   delay    of a sample, in ms: group delay in the output, plus what the engine holds back
 *   us       CPU of a block by the thread's clock, the median of 2000
 *   mallocs  allocations in 2000 blocks after 100
 */
#define _GNU_SOURCE
#include <math.h>
#include <samplerate.h>
#include <soxr.h>
#include <speex/speex_resampler.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
static long allocations;
void *malloc(size_t n) { allocations++; return __libc_malloc(n); }
void *calloc(size_t m, size_t n) { allocations++; return __libc_calloc(m, n); }
void *realloc(void *p, size_t n) { allocations++; return __libc_realloc(p, n); }

enum { LONGEST = 48000 * 2 };

typedef struct engine {
    const char *name;
    int library; /* 0 speex, 1 soxr, 2 samplerate */
    int quality;
} engine;

typedef struct state {
    const engine *e;
    int in, out;
    void *p;
} state;

static void start(state *s) {
    int code = 0;
    soxr_error_t problem = NULL;
    switch (s->e->library) {
    case 0: s->p = speex_resampler_init(1, s->in, s->out, s->e->quality, &code); break;
    case 1: {
        soxr_quality_spec_t q = soxr_quality_spec(s->e->quality, 0);
        s->p = soxr_create(s->in, s->out, 1, &problem, NULL, &q, NULL);
        break;
    }
    case 2: s->p = src_new(s->e->quality, 1, &code); break;
    }
    if (!s->p) { fprintf(stderr, "%s can't convert %d to %d\n", s->e->name, s->in, s->out); exit(1); }
}

static void stop(state *s) {
    switch (s->e->library) {
    case 0: speex_resampler_destroy(s->p); break;
    case 1: soxr_delete(s->p); break;
    case 2: src_delete(s->p); break;
    }
}

static int step(state *s, const float *in, int count, float *out, int room) {
    switch (s->e->library) {
    case 0: {
        unsigned consumed = count, produced = room;
        speex_resampler_process_float(s->p, 0, in, &consumed, out, &produced);
        return produced;
    }
    case 1: {
        size_t consumed, produced;
        soxr_process(s->p, in, count, &consumed, out, room, &produced);
        return produced;
    }
    default: {
        SRC_DATA d = {.data_in = in, .data_out = out, .input_frames = count, .output_frames = room,
                      .src_ratio = (double)s->out / s->in};
        src_process(s->p, &d);
        return d.output_frames_gen;
    }
    }
}

/* Converts in blocks of 20 ms; *held is the most that was held back, in seconds. */
static int convert(state *s, const float *in, int count, float *out, double *held) {
    int block = s->in / 50, produced = 0;
    double most = 0;
    for (int i = 0; i + block <= count; i += block) {
        produced += step(s, in + i, block, out + produced, LONGEST - produced);
        double behind = (double)(i + block) / s->in - (double)produced / s->out;
        if (i > s->in / 5 && behind > most) most = behind;
    }
    if (held) *held = most;
    return produced;
}

static float input[LONGEST], output[LONGEST];

/* Amplitude of the tone in the second half of the output, its delay phase and the remainder's RMS. */
static double fit(int count, double hz, int rate, double *phase, double *rest) {
    int from = count / 2;
    double ss = 0, cc = 0, sc = 0, ys = 0, yc = 0;
    for (int i = from; i < count - rate / 20; i++) {
        double w = 2 * M_PI * hz * i / rate, si = sin(w), co = cos(w);
        ss += si * si; cc += co * co; sc += si * co;
        ys += output[i] * si; yc += output[i] * co;
    }
    double det = ss * cc - sc * sc, a = (ys * cc - yc * sc) / det, b = (yc * ss - ys * sc) / det;
    double sum = 0;
    int n = 0;
    for (int i = from; i < count - rate / 20; i++, n++) {
        double w = 2 * M_PI * hz * i / rate, r = output[i] - a * sin(w) - b * cos(w);
        sum += r * r;
    }
    if (phase) *phase = atan2(b, a);
    if (rest) *rest = sqrt(sum / n);
    return sqrt(a * a + b * b);
}

static void tone(double hz, int rate, int count) {
    for (int i = 0; i < count; i++) input[i] = 0.5 * sin(2 * M_PI * hz * i / rate);
}

static double db(double x) { return 20 * log10(x > 1e-9 ? x : 1e-9); }

static int later(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const engine *e, int in, int out) {
    state s = {e, in, out, NULL};
    double low = (in < out ? in : out) / 2.0, ripple = 0, reject = -200, held = 0;
    int count = in * 6 / 10;
    for (double hz = 100; hz <= 0.85 * low; hz += low / 60) {
        tone(hz, in, count);
        start(&s);
        int n = convert(&s, input, count, output, NULL);
        stop(&s);
        double rest, level = db(fit(n, hz, out, NULL, &rest) / 0.5);
        if (fabs(level) > ripple) ripple = fabs(level);
        if (out > in && db(rest * M_SQRT2 / 0.5) > reject) reject = db(rest * M_SQRT2 / 0.5);
    }
    if (out < in)
        for (double hz = 1.15 * low; hz < in / 2 * 0.98; hz += low / 30) {
            tone(hz, in, count);
            start(&s);
            int n = convert(&s, input, count, output, NULL);
            stop(&s);
            double sum = 0;
            for (int i = n / 2; i < n; i++) sum += output[i] * output[i];
            double level = db(sqrt(2 * sum / (n - n / 2)) / 0.5);
            if (level > reject) reject = level;
        }

    /* Group delay by the phase of a low tone, unambiguous from -1 to 9 ms. */
    tone(100, in, count);
    start(&s);
    int n = convert(&s, input, count, output, &held);
    double phase;
    fit(n, 100, out, &phase, NULL);
    double delay = -phase / (2 * M_PI * 100);
    if (delay < -1e-3) delay += 0.01;

    enum { BLOCKS = 2000 };
    static double cost[BLOCKS];
    int block = in / 50;
    for (int i = 0; i < LONGEST; i++) input[i] = 0.1 * (rand() / (double)RAND_MAX - 0.5);
    long before = 0;
    for (int i = -100; i < BLOCKS; i++) {
        struct timespec a, b;
        if (i == 0) before = allocations;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
        step(&s, input + (i + 100) % 50 * block, block, output, LONGEST);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
        if (i >= 0) cost[i] = (b.tv_sec - a.tv_sec) * 1e6 + (b.tv_nsec - a.tv_nsec) / 1e3;
    }
    long made = allocations - before;
    qsort(cost, BLOCKS, sizeof *cost, later);
    stop(&s);
    printf("| %-20s | %2d to %2d | %6.2f | %6.1f | %5.2f | %6.1f | %5ld |\n", e->name, in / 1000,
           out / 1000, ripple, reject, (delay + held) * 1e3, cost[BLOCKS / 2], made);
}

int main(void) {
    static const engine engines[] = {
        {"speexdsp 1", 0, 1},  {"speexdsp 2", 0, 2}, {"speexdsp 3", 0, 3}, {"speexdsp 4", 0, 4},
        {"speexdsp 5", 0, 5},  {"speexdsp 7", 0, 7}, {"speexdsp 10", 0, 10},
        {"soxr quick", 1, SOXR_QQ}, {"soxr low", 1, SOXR_LQ}, {"soxr medium", 1, SOXR_MQ},
        {"soxr high", 1, SOXR_HQ}, {"soxr high, minimum", 1, SOXR_HQ | SOXR_MINIMUM_PHASE},
        {"samplerate fastest", 2, SRC_SINC_FASTEST}, {"samplerate medium", 2, SRC_SINC_MEDIUM_QUALITY},
    };
    static const int pairs[][2] = {{48000, 24000}, {48000, 16000}, {48000, 8000},
                                   {24000, 48000}, {16000, 48000}, {8000, 48000}};
    printf("| engine               | kHz      | ripple dB | reject dB | delay ms | us | mallocs |\n");
    printf("|---|---|---|---|---|---|---|\n");
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++)
        for (size_t e = 0; e < sizeof engines / sizeof *engines; e++)
            measure(&engines[e], pairs[p][0], pairs[p][1]);
    return 0;
}
