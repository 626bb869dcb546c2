#include "replay/numbering.h"

static enum tt_err intern_statuses(const struct tt_lifecycle *lifecycle, struct tt_intern *names,
                                   struct tt_intern_cache *cache, uint32_t **ret_statuses)
{
    int states = tt_lifecycle_status_count(lifecycle);
    uint32_t *statuses = *ret_statuses = tt_mem_array((size_t)states + 1, sizeof *statuses);
    if (statuses == NULL)
        return TT_ERR_NO_MEMORY;
    for (int s = 0; s < states; s++)
        if (tt_intern_number(names, cache, tt_lifecycle_status_name(lifecycle, s), &statuses[s]) !=
            TT_OK)
            return TT_ERR_NO_MEMORY;
    return TT_OK;
}

enum tt_err tt_numbering_make(struct tt_numbering *numbering, const struct tt_lifecycle_set *set,
                              struct tt_intern *names)
{
    size_t count = set == NULL ? 0 : tt_lifecycle_count(set);
    struct tt_intern_cache cache = {0};
    numbering->state_of = tt_mem_zalloc((count + 1) * sizeof *numbering->state_of);
    numbering->status_of = tt_mem_zalloc((count + 1) * sizeof *numbering->status_of);
    if (numbering->state_of == NULL || numbering->status_of == NULL)
        return TT_ERR_NO_MEMORY;
    numbering->lifecycle_count = count;
    for (size_t i = 0; i < count; i++)
        if (intern_statuses(tt_lifecycle_at(set, i), names, &cache, &numbering->status_of[i]) !=
            TT_OK)
            return TT_ERR_NO_MEMORY;
    numbering->status_count = names->count;
    for (size_t i = 0; i < count; i++) {
        int32_t *state_of = numbering->state_of[i] =
            tt_mem_array(names->count + 1, sizeof *state_of);
        if (state_of == NULL)
            return TT_ERR_NO_MEMORY;
        for (size_t n = 0; n < names->count; n++)
            state_of[n] = TT_STATUS_UNKNOWN;
        int states = tt_lifecycle_status_count(tt_lifecycle_at(set, i));
        for (int s = 0; s < states; s++)
            state_of[numbering->status_of[i][s]] = s;
    }
    return TT_OK;
}

void tt_numbering_done(struct tt_numbering *numbering)
{
    for (size_t i = 0; i < numbering->lifecycle_count; i++) {
        tt_mem_free(numbering->state_of[i]);
        tt_mem_free(numbering->status_of[i]);
    }
    tt_mem_free(numbering->state_of);
    tt_mem_free(numbering->status_of);
    *numbering = (struct tt_numbering){0};
}
