/* Every task of a pass, by several threads: each takes the next partition until none is left. */
#include "replay/partition_parts.h"

struct walker {
    struct tt_pass *pass;
    const struct tt_task_visit *visit;
    pthread_t thread;
    bool started;
    enum tt_err err;
    struct tt_fault fault;
};

static void *walk_partitions(void *argument)
{
    struct walker *walker = argument;
    struct tt_pass *pass = walker->pass;
    struct tt_partition tables = {0};
    struct tt_bench bench;
    walker->err = tt_bench_init(&bench, &pass->rules);
    if (walker->err != TT_OK)
        tt_fault_set(&walker->fault, walker->err, "out of memory");
    while (walker->err == TT_OK) {
        unsigned partition = atomic_fetch_add(&pass->next_partition, 1);
        if (partition >= TT_BLOCK_PARTITIONS)
            break;
        walker->err =
            tt_partition_walk(pass, partition, &tables, &bench, walker->visit, &walker->fault);
        if (walker->err == TT_OK && walker->visit->through != NULL)
            walker->visit->through(pass, walker->visit->context, partition);
    }
    if (walker->err != TT_OK)
        atomic_store(&pass->next_partition, TT_BLOCK_PARTITIONS); /* the others may stop */
    tt_partition_done(&tables);
    tt_bench_done(&bench);
    return NULL;
}

enum tt_err tt_pass_walk(struct tt_pass *pass, const struct tt_task_visit *visits,
                         struct tt_fault *fault)
{
    size_t threads = pass->options.threads;
    struct walker *walkers = tt_mem_zalloc(threads * sizeof *walkers);
    if (walkers == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    for (size_t t = 0; t < threads; t++) {
        walkers[t].pass = pass;
        walkers[t].visit = &visits[t];
        /* A thread that cannot be started is no failure: the others do its share. */
        if (t > 0)
            walkers[t].started =
                pthread_create(&walkers[t].thread, NULL, walk_partitions, &walkers[t]) == 0;
    }
    walk_partitions(&walkers[0]);
    enum tt_err err = TT_OK;
    for (size_t t = 0; t < threads; t++) {
        if (walkers[t].started)
            pthread_join(walkers[t].thread, NULL);
        if (err == TT_OK && walkers[t].err != TT_OK)
            err = tt_fault_set(fault, walkers[t].err, "%s", walkers[t].fault.text);
    }
    tt_mem_free(walkers);
    /* What is told of a task was copied. */
    for (size_t f = 0; visits[0].through == NULL && f < pass->feeder_count; f++)
        tt_blocks_done(&pass->feeders[f]->blocks);
    return err;
}
