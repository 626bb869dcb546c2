#include "tests/bench/stalls.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Shorter ones are not told from an ordinary wake-up. */
enum { WAKE_EVERY_US = 500, SHORTEST_US = 500 };

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool be_first(int processor)
{
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(processor, &here);
    pthread_setaffinity_np(pthread_self(), sizeof here, &here);
    return pthread_setschedparam(pthread_self(), SCHED_FIFO,
                                 &(struct sched_param){.sched_priority = 99}) == 0;
}

static void *look(void *context)
{
    struct stall_watch *watch = context;
    watch->is_first = be_first(watch->processor);
    for (int64_t wanted = now_us() + WAKE_EVERY_US; !*watch->stop;) {
        const struct timespec until = {wanted / 1000000, wanted % 1000000 * 1000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        int64_t now = now_us();
        if (now - wanted >= SHORTEST_US && watch->count < STALLS_MAX)
            watch->stalls[watch->count++] = (struct stall){wanted, now};
        wanted = (now - wanted >= WAKE_EVERY_US ? now : wanted) + WAKE_EVERY_US;
    }
    return NULL;
}

bool stalls_begin(struct stalls *s)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    s->count = 0;
    atomic_init(&s->stop, false);
    for (int i = 0; i < processors && i < STALL_PROCESSORS_MAX; i++) {
        struct stall_watch *watch = &s->watches[i];
        *watch = (struct stall_watch){.stop = &s->stop, .processor = i};
        watch->stalls = calloc(STALLS_MAX, sizeof *watch->stalls);
        if (watch->stalls == NULL || pthread_create(&watch->thread, NULL, look, watch) != 0) {
            free(watch->stalls);
            stalls_end(s);
            stalls_done(s);
            return false;
        }
        s->count++;
    }
    return true;
}

void stalls_end(struct stalls *s)
{
    s->stop = true;
    for (int i = 0; i < s->count; i++)
        pthread_join(s->watches[i].thread, NULL);
}

void stalls_done(struct stalls *s)
{
    for (int i = 0; i < s->count; i++)
        free(s->watches[i].stalls);
    s->count = 0;
}

/* The first stall of a processor that ends after a moment; they are in order. */
static size_t first_after(const struct stall_watch *watch, int64_t us)
{
    size_t low = 0, high = watch->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (watch->stalls[middle].until_us <= us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool stalls_touch(const struct stalls *s, int64_t from_us, int64_t until_us)
{
    for (int i = 0; i < s->count; i++) {
        const struct stall_watch *watch = &s->watches[i];
        size_t at = first_after(watch, from_us);
        if (at < watch->count && watch->stalls[at].from_us < until_us)
            return true;
    }
    return false;
}

double stalls_share(const struct stalls *s, int64_t from_us, int64_t until_us)
{
    int64_t sum_us = 0;
    for (int i = 0; i < s->count; i++) {
        const struct stall_watch *watch = &s->watches[i];
        for (size_t at = first_after(watch, from_us);
             at < watch->count && watch->stalls[at].from_us < until_us; at++)
            sum_us += watch->stalls[at].until_us - watch->stalls[at].from_us;
    }
    return s->count == 0 || until_us <= from_us
               ? 0
               : (double)sum_us / (double)(until_us - from_us) / s->count;
}

bool stalls_are_first(const struct stalls *s)
{
    bool all = s->count > 0;
    for (int i = 0; i < s->count; i++)
        all = all && s->watches[i].is_first;
    return all;
}
