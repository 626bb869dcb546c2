#include "replay/pass.h"

#include "core/base/assert.h"
#include "replay/partition_parts.h"

enum tt_err tt_pass_create(const struct tt_pass_options *options, struct tt_pass **ret_pass,
                           struct tt_fault *fault)
{
    tt_assert(options->threads >= 1);
    struct tt_pass *pass = tt_mem_zalloc(sizeof *pass);
    if (pass == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    pass->options = *options;
    tt_intern_init(&pass->names);
    tt_origins_init(&pass->origins);
    tt_dictionary_init(&pass->dictionary);
    tt_arena_init(&pass->story_arena, 0);
    tt_arena_init(&pass->picture_arena, 0);
    /* A quarter is left for judging: a partition read back, its table, the findings. */
    pass->budget.max = (size_t)(options->memory_bytes / 4 * 3);
    pass->budget.temp_dir = options->temp_dir;
    *ret_pass = pass;
    return TT_OK;
}

void tt_pass_destroy(struct tt_pass *pass)
{
    if (pass == NULL)
        return;
    for (size_t c = 0; c < pass->collector_count; c++)
        tt_collector_done(&pass->collectors[c]);
    for (size_t f = 0; f < pass->feeder_count; f++)
        tt_feeder_destroy(pass->feeders[f]); /* collectors borrow from it */
    for (size_t l = 0; l < pass->learner_count; l++)
        tt_learner_done(&pass->learners[l]);
    for (size_t i = 0; pass->steps != NULL && i < pass->lifecycle_count; i++)
        tt_mem_free(pass->steps[i].allowed);
    tt_numbering_done(&pass->numbering);
    tt_mem_free(pass->spare_slots);
    tt_mem_free(pass->steps);
    tt_mem_free(pass->lifecycle_of);
    tt_mem_free(pass->feeders);
    tt_mem_free(pass->collectors);
    tt_mem_free(pass->learners);
    tt_mem_free((void *)(uintptr_t)pass->learned.rows);
    tt_mem_free(pass->chunk_base);
    tt_mem_free((void *)pass->findings);
    tt_mem_free(pass->tasks);
    tt_mem_free(pass->stories);
    tt_arena_done(&pass->story_arena);
    tt_arena_done(&pass->picture_arena);
    tt_intern_done(&pass->names);
    tt_origins_done(&pass->origins);
    tt_dictionary_done(&pass->dictionary);
    tt_mem_free(pass);
}

/* Arrival ordinals: how many events all chunks before each chunk held. */
static enum tt_err count_chunks(struct tt_pass *pass)
{
    uint32_t last = 0;
    for (size_t f = 0; f < pass->feeder_count; f++) {
        struct tt_feeder *feeder = pass->feeders[f];
        if (feeder->chunk_count == 0)
            continue;
        feeder->chunks[feeder->chunk_count - 1].events = feeder->ordinal;
        if (feeder->chunks[feeder->chunk_count - 1].chunk > last)
            last = feeder->chunks[feeder->chunk_count - 1].chunk;
    }
    pass->chunk_base_count = (size_t)last + 2;
    pass->chunk_base = tt_mem_zalloc(pass->chunk_base_count * sizeof *pass->chunk_base);
    if (pass->chunk_base == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t f = 0; f < pass->feeder_count; f++)
        for (size_t i = 0; i < pass->feeders[f]->chunk_count; i++)
            pass->chunk_base[pass->feeders[f]->chunks[i].chunk + 1] +=
                pass->feeders[f]->chunks[i].events;
    for (size_t i = 1; i < pass->chunk_base_count; i++)
        pass->chunk_base[i] += pass->chunk_base[i - 1];
    return TT_OK;
}

static enum tt_err make_steps(const struct tt_lifecycle *lifecycle, struct tt_steps *steps)
{
    int states = tt_lifecycle_status_count(lifecycle);
    steps->states = (size_t)states;
    steps->allowed = tt_mem_zalloc((steps->states + 1) * steps->states + 1);
    if (steps->allowed == NULL)
        return TT_ERR_NO_MEMORY;
    for (int to = 0; to < states; to++)
        steps->allowed[to] = !tt_lifecycle_start_violates(lifecycle, to);
    for (int from = 0; from < states; from++)
        for (int to = 0; to < states; to++)
            steps->allowed[(size_t)(from + 1) * steps->states + (size_t)to] =
                tt_lifecycle_allows(lifecycle, from, to);
    return TT_OK;
}

/* What is looked up for every task or event: lifecycles by type, steps by state. */
static enum tt_err make_tables(struct tt_pass *pass)
{
    const struct tt_lifecycle_set *set = pass->options.lifecycles;
    size_t groups = set == NULL ? 1 : tt_lifecycle_group_count(set), types = pass->names.count + 1;
    pass->group_count = groups;
    pass->lifecycle_of = tt_mem_array(groups * types, sizeof *pass->lifecycle_of);
    pass->steps = tt_mem_zalloc((pass->lifecycle_count + 1) * sizeof *pass->steps);
    if (pass->lifecycle_of == NULL || pass->steps == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t at = 0; at < groups * types; at++) {
        size_t t = at % types;
        struct tt_str type = t == 0 ? TT_STR_NONE : tt_intern_text(&pass->names, (uint32_t)t - 1);
        const struct tt_lifecycle *lifecycle =
            set == NULL ? NULL : tt_lifecycle_for_in(set, at / types, type);
        size_t index = 0;
        while (index < pass->lifecycle_count && tt_lifecycle_at(set, index) != lifecycle)
            index++;
        pass->lifecycle_of[at] = (uint32_t)index;
    }
    for (size_t i = 0; i < pass->lifecycle_count; i++)
        if (make_steps(tt_lifecycle_at(set, i), &pass->steps[i]) != TT_OK)
            return TT_ERR_NO_MEMORY;
    return TT_OK;
}

enum tt_err tt_pass_settle(struct tt_pass *pass, struct tt_fault *fault)
{
    enum tt_err err = count_chunks(pass);
    if (err == TT_OK)
        err = tt_numbering_make(&pass->numbering, pass->options.lifecycles, &pass->names);
    pass->state_of = pass->numbering.state_of;
    pass->lifecycle_count = pass->numbering.lifecycle_count;
    if (err != TT_OK || make_tables(pass) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    pass->rules = (struct tt_rules){
        .lifecycles = pass->options.lifecycles,
        .names = &pass->names,
        .state_of = pass->state_of,
        .status_of = pass->numbering.status_of,
        .ties_by_arrival = pass->options.ties_by_arrival,
        .apply_by_arrival = pass->options.apply_by_arrival,
        .tenants = pass->options.tenants,
        .from_store = pass->options.from_store,
        .now_us = pass->options.now_us,
        .max_future_us = pass->options.max_future_us,
    };
    for (size_t f = 0; f < pass->feeder_count; f++) {
        struct tt_feeder *feeder = pass->feeders[f];
        feeder->pending_count = 0; /* of an input that broke off */
        tt_blocks_close(&feeder->blocks);
        tt_mem_free(feeder->recent.slots);
        feeder->recent.slots = NULL;
    }
    tt_mem_free(pass->spare_slots);
    pass->spare_slots = NULL;
    return TT_OK;
}

static bool count_plain(struct tt_pass *pass, void *context, const struct tt_partition *part,
                        uint32_t task)
{
    const struct tt_task_list *list = &part->tasks[task];
    return tt_plain_count(&list->plain, pass, part->entries[list->first].event_time_us, context);
}

static void begin_partition(void *context, uint32_t partition)
{
    tt_collector_partition(context, partition);
}

/* The memory of the records serves for what was found in them. */
static void end_partition(struct tt_pass *pass, void *context, uint32_t partition)
{
    struct tt_collector *collector = context;
    for (size_t f = 0; f < pass->feeder_count; f++)
        tt_blocks_lend(&pass->feeders[f]->blocks, partition, &collector->arena);
}

static enum tt_err judge_task(struct tt_pass *pass, void *context, struct tt_task *task,
                              struct tt_bench *bench, struct tt_fault *fault)
{
    enum tt_verdict verdict;
    enum tt_err err = tt_task_judge(task, bench, &verdict, fault);
    if (err == TT_OK)
        err = tt_collector_add(context, task, bench, verdict, fault);
    if (err == TT_OK && pass->options.want_picture)
        err = tt_pass_keep_picture(pass, task, bench, verdict);
    return err;
}

/* Gives back half of the records' memory, unless what was found needs it: the report then takes
 * memory that the kernel has at hand, instead of touching more. */
static void trim(struct tt_pass *pass)
{
    for (size_t c = 0; c < pass->collector_count; c++)
        if (tt_arena_took_spare(&pass->collectors[c].arena))
            return;
    for (size_t c = 0; c < pass->collector_count; c++)
        tt_arena_forget_spare(&pass->collectors[c].arena);
    for (size_t f = 0; f < pass->feeder_count; f++)
        tt_blocks_trim(&pass->feeders[f]->blocks);
}

static enum tt_err judge_all(struct tt_pass *pass, struct tt_fault *fault)
{
    size_t threads = pass->options.threads;
    struct tt_task_visit *visits = tt_mem_array(threads, sizeof *visits);
    pass->collectors = tt_mem_zalloc(threads * sizeof *pass->collectors);
    if (visits == NULL || pass->collectors == NULL) {
        tt_mem_free(visits);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    pass->collector_count = threads;
    for (size_t t = 0; t < threads; t++) {
        tt_collector_init(&pass->collectors[t]);
        visits[t] = (struct tt_task_visit){.context = &pass->collectors[t],
                                           .task = judge_task,
                                           .partition = begin_partition,
                                           .through = end_partition,
                                           .quick = count_plain};
    }
    enum tt_err err = tt_pass_walk(pass, visits, fault);
    tt_mem_free(visits);
    if (err == TT_OK)
        trim(pass);
    return err;
}

enum tt_err tt_pass_judge(struct tt_pass *pass, struct tt_fault *fault)
{
    tt_assert(pass->collectors == NULL && pass->learners == NULL);
    enum tt_err err = tt_pass_settle(pass, fault);
    return err == TT_OK ? judge_all(pass, fault) : err;
}

enum tt_err tt_pass_finish(struct tt_pass *pass, const struct tt_report **ret_report,
                           struct tt_fault *fault)
{
    bool imported = pass->imported.shards > 0;
    enum tt_err err = imported ? tt_pass_all_imported(pass, fault) : tt_pass_judge(pass, fault);
    if (err == TT_OK)
        err = tt_collectors_merge(pass, fault);
    if (err != TT_OK)
        return err;
    pass->report.has_lifecycle =
        imported ? pass->imported.has_lifecycle : pass->options.lifecycles != NULL;
    pass->report.from_store = imported ? pass->imported.from_store : pass->options.from_store;
    pass->report.now_us = imported ? pass->imported.now_us : pass->options.now_us;
    pass->picture.report = &pass->report;
    pass->picture.task = pass->report.task_count > 0 ? pass->report.tasks[0] : &pass->picture_task;
    *ret_report = &pass->report;
    return TT_OK;
}

unsigned tt_pass_progress(const struct tt_pass *pass)
{
    unsigned next = atomic_load(&pass->next_partition);
    return (next > TT_BLOCK_PARTITIONS ? TT_BLOCK_PARTITIONS : next) * 1000 / TT_BLOCK_PARTITIONS;
}

const struct tt_task_picture *tt_pass_picture(const struct tt_pass *pass)
{
    return pass->has_picture ? &pass->picture : NULL;
}
