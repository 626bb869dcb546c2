/* Feeders come and go; what one needed serves the next. */
#include "replay/pass_parts.h"

void tt_feeder_destroy(struct tt_feeder *feeder)
{
    if (feeder == NULL)
        return;
    tt_blocks_done(&feeder->blocks);
    tt_origin_cache_done(&feeder->origin_cache);
    tt_mem_free(feeder->recent.slots);
    tt_mem_free(feeder->chunks);
    tt_mem_free(feeder);
}

/* A table of recent tasks: that of a feeder that ended, or a new one. */
static struct tt_recent_slot *recent_slots(struct tt_pass *pass)
{
    struct tt_recent_slot *slots = pass->spare_slots;
    pass->spare_slots = NULL;
    if (slots == NULL)
        slots = tt_mem_huge(TT_RECENT_BYTES);
    if (slots != NULL)
        memset(slots, 0, TT_RECENT_BYTES);
    return slots;
}

void tt_feeder_end(struct tt_feeder *feeder)
{
    struct tt_pass *pass = feeder->pass;
    tt_mem_free(pass->spare_slots);
    pass->spare_slots = feeder->recent.slots;
    feeder->recent.slots = NULL;
}

enum tt_err tt_pass_feeder(struct tt_pass *pass, struct tt_feeder **ret_feeder,
                           struct tt_fault *fault)
{
    struct tt_feeder *feeder = tt_mem_zalloc(sizeof *feeder);
    if (feeder != NULL) {
        feeder->pass = pass;
        feeder->picks = pass->options.only_task.ptr != NULL || pass->options.shards > 1;
        feeder->namer.dictionary = &pass->dictionary;
        tt_blocks_init(&feeder->blocks, &pass->budget);
        feeder->recent.slots = recent_slots(pass);
    }
    if (feeder == NULL || feeder->recent.slots == NULL ||
        tt_mem_reserve((void **)&pass->feeders, &pass->feeder_capacity, pass->feeder_count + 1,
                       sizeof *pass->feeders) != TT_OK) {
        tt_feeder_destroy(feeder);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    pass->feeders[pass->feeder_count++] = feeder;
    if (pass->feeder_count == 1) {
        enum tt_err err = tt_feeder_chunk(feeder, 0, fault);
        if (err != TT_OK)
            return err;
    }
    *ret_feeder = feeder;
    return TT_OK;
}
