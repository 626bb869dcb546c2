#include "core/engine/fences.h"

enum tt_err tt_fences_begin(struct tt_fences *fences, const struct tt_store *store,
                            struct tt_fault *fault)
{
    int64_t reserved = 0;
    enum tt_err err = store->reserve_fences(store->context, 0, &reserved, fault);
    if (err == TT_OK)
        *fences = (struct tt_fences){.above = reserved - TT_FENCE_STEP, .reserved = reserved};
    return err;
}

enum tt_err tt_fences_extend(struct tt_fences *fences, const struct tt_store *store, int64_t newest,
                             struct tt_fault *fault)
{
    return store->reserve_fences(store->context, newest + TT_FENCE_STEP / 2, &fences->reserved,
                                 fault);
}

bool tt_fences_are_few(const struct tt_fences *fences, int64_t newest)
{
    return newest > fences->reserved - TT_FENCE_STEP / 2;
}

int64_t tt_fences_newest(const struct tt_queue_batch *batch)
{
    int64_t newest = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->entries[i].fence > newest)
            newest = batch->entries[i].fence;
    return newest;
}
