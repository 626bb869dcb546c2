/* bench_stalls: how long the machine itself stands still.
 *
 *   bench_stalls [SECONDS]
 *
 * A thread for each processor does nothing but read the clock; where two readings are far apart
 * something else had the processor: the kernel, another program, or the machine's host. Prints p99
 * and the longest in milliseconds: how long it takes, from a moment drawn with equal chance, until
 * the processor goes on. What is measured beside it can hardly be quicker than that at p99. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STALLS_MAX = 100000, PROCESSORS_MAX = 256, SHORTEST_NS = 20 * 1000, SECONDS_MAX = 600 };

struct watch {
    int64_t until_ns;
    size_t count;
    int64_t *stalls_ns;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void *look(void *context)
{
    struct watch *watch = context;
    for (int64_t before = now_ns(), now; before < watch->until_ns; before = now) {
        now = now_ns();
        if (now - before >= SHORTEST_NS && watch->count < STALLS_MAX)
            watch->stalls_ns[watch->count++] = now - before;
    }
    return NULL;
}

/* The part of the time from which it takes longer than that. */
static double share_beyond(const struct watch *watches, long processors, double total_ns, double ns)
{
    double sum = 0;
    for (long i = 0; i < processors; i++)
        for (size_t k = 0; k < watches[i].count; k++)
            if ((double)watches[i].stalls_ns[k] > ns)
                sum += (double)watches[i].stalls_ns[k] - ns;
    return sum / total_ns;
}

int main(int argc, char **argv)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 3;
    struct watch watches[PROCESSORS_MAX] = {0};
    pthread_t threads[PROCESSORS_MAX];
    int64_t longest_ns = 0;
    if (processors > PROCESSORS_MAX)
        processors = PROCESSORS_MAX;
    if (seconds < 1 || seconds > SECONDS_MAX || argc > 2) {
        fprintf(stderr, "usage: bench_stalls [SECONDS], 1 to %d\n", SECONDS_MAX);
        return 2;
    }
    int64_t until_ns = now_ns() + (int64_t)seconds * 1000000000;
    for (long i = 0; i < processors; i++) {
        watches[i].until_ns = until_ns;
        watches[i].stalls_ns = calloc(STALLS_MAX, sizeof *watches[i].stalls_ns);
        int code = watches[i].stalls_ns == NULL
                       ? ENOMEM
                       : pthread_create(&threads[i], NULL, look, &watches[i]);
        if (code != 0) {
            fprintf(stderr, "bench_stalls: %s\n", strerror(code));
            return 2;
        }
    }
    for (long i = 0; i < processors; i++) {
        pthread_join(threads[i], NULL);
        for (size_t k = 0; k < watches[i].count; k++)
            if (watches[i].stalls_ns[k] > longest_ns)
                longest_ns = watches[i].stalls_ns[k];
    }
    double total_ns = (double)processors * (double)seconds * 1e9, low = 0;
    for (double high = (double)longest_ns; high - low > 1000;) {
        double middle = (low + high) / 2;
        *(share_beyond(watches, processors, total_ns, middle) > 0.01 ? &low : &high) = middle;
    }
    for (long i = 0; i < processors; i++)
        free(watches[i].stalls_ns);
    printf("%.2f %.2f\n", low / 1e6, (double)longest_ns / 1e6);
    return 0;
}
