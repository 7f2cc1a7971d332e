/* What kind of build this is. */
#ifndef BUILD_H
#define BUILD_H

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || defined(__SANITIZE_ADDRESS__)
#define PARLEY_IS_SANITIZED 1
#else
#define PARLEY_IS_SANITIZED 0
#endif

#endif
