#define _GNU_SOURCE
#include "loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

#define NS_PER_S 1000000000ull
#define TIMERS_MAX 100000u

/* A watched descriptor. Events name it by fd and generation, because a callback may end a watch
 * whose event waits later in the same batch. */
struct watch {
    struct watch *next;
    const parley_host_t *host; /* NULL: the host's own */
    int fd;
    uint32_t generation;
    parley_fd_callback_t callback;
    void *user_data;
    void (*own)(void);
};

struct timer {
    uint64_t deadline_ns, id;
    const parley_host_t *host;
    parley_callback_t callback;
    void *user_data;
};

struct post {
    struct post *next;
    const parley_host_t *host;
    parley_callback_t callback;
    void *user_data;
};

static int epoll_fd, post_fd;
static bool running;
static pthread_t main_thread;
static struct watch *watches;
static uint32_t last_generation;
static struct timer *timers; /* a binary heap, the soonest first */
static size_t timer_count, timer_room;
static uint64_t last_timer;
static pthread_mutex_t post_lock = PTHREAD_MUTEX_INITIALIZER;
static struct post *posts, **posts_end = &posts;
static struct post *taken_posts;

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

int loop_is_current(void) { return pthread_equal(pthread_self(), main_thread); }

static void silence_posts(void) {
    uint64_t count;
    while (read(post_fd, &count, sizeof count) < 0 && errno == EINTR) {
    }
}

void loop_open(void) {
    main_thread = pthread_self();
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    post_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (epoll_fd < 0 || post_fd < 0)
        die("no descriptors for the loop: errno %d", errno);
    loop_watch_own(post_fd, silence_posts);
}

/* ---- descriptors ------------------------------------------------------------------------------ */

static struct watch **find_watch(int fd) {
    struct watch **link = &watches;
    while (*link && (*link)->fd != fd)
        link = &(*link)->next;
    return link;
}

static struct epoll_event event_of(const struct watch *watch, uint32_t interest) {
    struct epoll_event event = {.data.u64 = (uint64_t)watch->generation << 32 | (uint32_t)watch->fd};
    if (interest & PARLEY_LOOP_READ)
        event.events |= EPOLLIN;
    if (interest & PARLEY_LOOP_WRITE)
        event.events |= EPOLLOUT;
    return event;
}

static struct watch *new_watch(int fd) {
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->fd = fd;
    watch->generation = ++last_generation;
    watch->next = watches;
    watches = watch;
    return watch;
}

void loop_watch_own(int fd, void (*ready)(void)) {
    struct watch *watch = new_watch(fd);
    if (!watch)
        die("out of memory");
    watch->own = ready;
    struct epoll_event event = event_of(watch, PARLEY_LOOP_READ);
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
        die("can't watch descriptor %d: errno %d", fd, errno);
}

static void remove_watch(struct watch **link) {
    struct watch *watch = *link;
    *link = watch->next;
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    free(watch);
}

static parley_result_t plugin_watch(const parley_host_t *host, int fd, uint32_t interest,
                                    parley_fd_callback_t callback, void *user_data) {
    if (!host || !callback || fd < 0 || !loop_is_current() ||
        (interest & ~(uint32_t)(PARLEY_LOOP_READ | PARLEY_LOOP_WRITE)))
        return PARLEY_ERROR_INVALID;
    struct watch *watch = *find_watch(fd);
    if (watch && watch->own)
        return PARLEY_ERROR_INVALID;
    int operation = watch ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (!watch && !(watch = new_watch(fd)))
        return PARLEY_ERROR_NO_MEMORY;
    watch->host = host;
    watch->callback = callback;
    watch->user_data = user_data;
    struct epoll_event event = event_of(watch, interest);
    int result = epoll_ctl(epoll_fd, operation, fd, &event);
    /* A descriptor that was closed under its watch has left the set without a word. */
    if (result < 0 && errno == ENOENT)
        result = epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    if (result < 0) {
        remove_watch(find_watch(fd));
        return PARLEY_ERROR_INVALID;
    }
    return PARLEY_OK;
}

static void plugin_unwatch(const parley_host_t *host, int fd) {
    struct watch **link = find_watch(fd);
    if (loop_is_current() && *link && (*link)->host == host && !(*link)->own)
        remove_watch(link);
}

static void dispatch(const struct epoll_event *event) {
    int fd = (int)(uint32_t)event->data.u64;
    struct watch *watch = *find_watch(fd);

    if (!watch || watch->generation != (uint32_t)(event->data.u64 >> 32))
        return;
    if (watch->own) {
        watch->own();
        return;
    }
    uint32_t ready = (event->events & EPOLLIN ? PARLEY_LOOP_READ : 0u) |
                     (event->events & EPOLLOUT ? PARLEY_LOOP_WRITE : 0u) |
                     (event->events & (EPOLLERR | EPOLLHUP) ? PARLEY_LOOP_ERROR : 0u);
    watch->callback(watch->user_data, fd, ready);
}

/* ---- timers ----------------------------------------------------------------------------------- */

static bool is_sooner(size_t a, size_t b) {
    if (timers[a].deadline_ns != timers[b].deadline_ns)
        return timers[a].deadline_ns < timers[b].deadline_ns;
    return timers[a].id < timers[b].id;
}

static void swap_timers(size_t a, size_t b) {
    struct timer timer = timers[a];
    timers[a] = timers[b];
    timers[b] = timer;
}

static void sift_up(size_t place) {
    for (; place > 0 && is_sooner(place, (place - 1) / 2); place = (place - 1) / 2)
        swap_timers(place, (place - 1) / 2);
}

static void sift_down(size_t place) {
    for (;;) {
        size_t first = place, left = 2 * place + 1, right = left + 1;
        if (left < timer_count && is_sooner(left, first))
            first = left;
        if (right < timer_count && is_sooner(right, first))
            first = right;
        if (first == place)
            return;
        swap_timers(place, first);
        place = first;
    }
}

static void remove_timer(size_t place) {
    timers[place] = timers[--timer_count];
    if (place < timer_count) {
        sift_down(place);
        sift_up(place);
    }
}

static uint64_t plugin_start_timer(const parley_host_t *host, uint64_t delay_ns,
                                   parley_callback_t callback, void *user_data) {
    if (!host || !callback || !loop_is_current() || timer_count >= TIMERS_MAX)
        return 0;
    if (timer_count == timer_room) {
        size_t room = timer_room ? timer_room * 2 : 16;
        struct timer *more = realloc(timers, room * sizeof *more);
        if (!more)
            return 0;
        timers = more;
        timer_room = room;
    }
    uint64_t now = now_ns();
    timers[timer_count] = (struct timer){
        .deadline_ns = delay_ns > UINT64_MAX - now ? UINT64_MAX : now + delay_ns,
        .id = ++last_timer, .host = host, .callback = callback, .user_data = user_data};
    sift_up(timer_count++);
    return last_timer;
}

static void plugin_stop_timer(const parley_host_t *host, uint64_t timer_id) {
    if (!loop_is_current())
        return;
    for (size_t i = 0; i < timer_count; i++)
        if (timers[i].id == timer_id && timers[i].host == host) {
            remove_timer(i);
            return;
        }
}

/* Fires what is due now. A timer that a callback starts with no delay waits for the next turn, so
 * that the daemon's messages get their share. */
static void fire_timers(void) {
    uint64_t newest = last_timer, now = now_ns();
    while (running && timer_count > 0 && timers[0].deadline_ns <= now && timers[0].id <= newest) {
        struct timer timer = timers[0];
        remove_timer(0);
        timer.callback(timer.user_data);
    }
}

/* ---- posts ------------------------------------------------------------------------------------ */

static parley_result_t plugin_post(const parley_host_t *host, parley_callback_t callback,
                                   void *user_data) {
    struct post *post = callback && host ? malloc(sizeof *post) : NULL;
    uint64_t one = 1;

    if (!callback || !host)
        return PARLEY_ERROR_INVALID;
    if (!post)
        return PARLEY_ERROR_NO_MEMORY;
    *post = (struct post){.host = host, .callback = callback, .user_data = user_data};
    pthread_mutex_lock(&post_lock);
    bool must_ring = !posts;
    *posts_end = post;
    posts_end = &post->next;
    pthread_mutex_unlock(&post_lock);
    if (must_ring && write(post_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        return PARLEY_ERROR_FAILED;
    return PARLEY_OK;
}

static void run_posts(void) {
    pthread_mutex_lock(&post_lock);
    taken_posts = posts;
    posts = NULL;
    posts_end = &posts;
    pthread_mutex_unlock(&post_lock);
    while (taken_posts) {
        struct post *post = taken_posts;
        taken_posts = post->next;
        post->callback(post->user_data);
        free(post);
    }
}

static void forget_posts(struct post **link, const parley_host_t *host) {
    while (*link) {
        struct post *post = *link;
        if (post->host != host) {
            link = &post->next;
            continue;
        }
        *link = post->next;
        free(post);
    }
}

void loop_forget(const parley_host_t *host) {
    for (struct watch **link = &watches; *link;) {
        if ((*link)->host == host && !(*link)->own)
            remove_watch(link);
        else
            link = &(*link)->next;
    }
    for (size_t i = timer_count; i > 0; i--)
        if (timers[i - 1].host == host)
            timers[i - 1] = timers[--timer_count];
    for (size_t i = timer_count / 2; i > 0; i--)
        sift_down(i - 1);
    forget_posts(&taken_posts, host);
    pthread_mutex_lock(&post_lock);
    forget_posts(&posts, host);
    for (posts_end = &posts; *posts_end;)
        posts_end = &(*posts_end)->next;
    pthread_mutex_unlock(&post_lock);
}

/* ---- the loop --------------------------------------------------------------------------------- */

/* To the nanosecond where the kernel can (5.11), else to the millisecond, rounded up. */
static int wait_for_events(struct epoll_event *events, int room) {
    static bool is_coarse;
    if (timer_count == 0)
        return epoll_wait(epoll_fd, events, room, -1);
    uint64_t now = now_ns(), deadline = timers[0].deadline_ns;
    uint64_t left = deadline > now ? deadline - now : 0;
    if (!is_coarse) {
        struct timespec timeout = {.tv_sec = (time_t)(left / NS_PER_S), .tv_nsec = (long)(left % NS_PER_S)};
        int count = epoll_pwait2(epoll_fd, events, room, &timeout, NULL);
        if (count >= 0 || (errno != ENOSYS && errno != EPERM))
            return count;
        is_coarse = true;
    }
    uint64_t left_ms = (left + 999999) / 1000000;
    return epoll_wait(epoll_fd, events, room, left_ms > 1000000 ? 1000000 : (int)left_ms);
}

void loop_run(void) {
    running = true;
    while (running) {
        struct epoll_event events[32];
        int count = wait_for_events(events, 32);
        if (count < 0 && errno != EINTR)
            die("the loop can't wait: errno %d", errno);
        for (int i = 0; i < count && running; i++)
            dispatch(&events[i]);
        if (running)
            fire_timers();
        if (running)
            run_posts();
    }
}

void loop_stop(void) { running = false; }

const parley_loop_t loop_extension = {
    .struct_size = sizeof loop_extension,
    .watch = plugin_watch,
    .unwatch = plugin_unwatch,
    .start_timer = plugin_start_timer,
    .stop_timer = plugin_stop_timer,
    .post = plugin_post,
};
