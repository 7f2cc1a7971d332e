#pragma once
/* As CLinux: glibc's headers differ with it, and one Swift module sees both. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pulse/pulseaudio.h>
