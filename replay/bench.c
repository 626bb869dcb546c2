#include "replay/task.h"

enum tt_err tt_bench_init(struct tt_bench *bench, const struct tt_rules *rules)
{
    *bench = (struct tt_bench){.rules = rules};
    tt_arena_init(&bench->arena, 0);
    bench->path = tt_mem_array(TT_LIFECYCLE_STATUSES_MAX, sizeof *bench->path);
    return bench->path == NULL ? TT_ERR_NO_MEMORY : TT_OK;
}

void tt_bench_done(struct tt_bench *bench)
{
    tt_arena_done(&bench->arena);
    tt_mem_free(bench->findings);
    tt_mem_free(bench->events);
    tt_mem_free(bench->originals);
    tt_mem_free(bench->timeline);
    tt_mem_free(bench->work);
    tt_mem_free(bench->intervals);
    tt_mem_free(bench->times);
    tt_mem_free(bench->path);
    *bench = (struct tt_bench){0};
}

struct tt_str tt_bench_id(struct tt_bench *bench, const struct tt_tev *event)
{
    struct tt_str text = TT_STR_NONE;
    if (tt_rec_id_text(event->rec, &bench->arena, &text) != TT_OK)
        bench->out_of_memory = true;
    return text;
}

struct tt_finding *tt_bench_found(struct tt_bench *bench, enum tt_kind kind,
                                  const struct tt_tev *event)
{
    if (tt_mem_reserve((void **)&bench->findings, &bench->finding_capacity,
                       bench->finding_count + 1, sizeof *bench->findings) != TT_OK) {
        bench->out_of_memory = true;
        return NULL;
    }
    struct tt_finding *finding = &bench->findings[bench->finding_count++];
    *finding = (struct tt_finding){
        .kind = kind,
        .arrival = event->arrival,
        .event_time_us = event->time_us,
        .event_id = tt_bench_id(bench, event),
        .status = tt_status_text(bench, event->status),
    };
    return finding;
}

uint32_t *tt_bench_work(struct tt_bench *bench, size_t count)
{
    if (tt_mem_reserve((void **)&bench->work, &bench->work_capacity, count, sizeof *bench->work) ==
        TT_OK)
        return bench->work;
    bench->out_of_memory = true;
    return NULL;
}

int64_t *tt_bench_times(struct tt_bench *bench, size_t count)
{
    if (tt_mem_reserve((void **)&bench->times, &bench->time_capacity, count,
                       sizeof *bench->times) == TT_OK)
        return bench->times;
    bench->out_of_memory = true;
    return NULL;
}
