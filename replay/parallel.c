#include "replay/parallel.h"

#include "core/base/assert.h"
#include <pthread.h>
#include <stdbool.h>

struct part {
    void (*run)(void *context, size_t part);
    void *context;
    size_t number;
    pthread_t thread;
    bool started;
};

static void *run_part(void *argument)
{
    const struct part *part = argument;
    part->run(part->context, part->number);
    return NULL;
}

void tt_parallel(size_t parts, void (*run)(void *context, size_t part), void *context)
{
    struct part all[TT_PARALLEL_MAX];
    tt_assert(parts <= TT_PARALLEL_MAX);
    for (size_t p = 0; p < parts; p++) {
        all[p] = (struct part){.run = run, .context = context, .number = p};
        if (p > 0)
            all[p].started = pthread_create(&all[p].thread, NULL, run_part, &all[p]) == 0;
    }
    for (size_t p = 0; p < parts; p++)
        if (!all[p].started)
            run_part(&all[p]);
    for (size_t p = 1; p < parts; p++)
        if (all[p].started)
            pthread_join(all[p].thread, NULL);
}
