#include "core/model/upload_batch.h"

#include <stdio.h>

static const char *const names[TT_UPLOAD_STATE_COUNT] = {
#define TT_UPLOAD_STATE_NAME(upper, lower) [TT_UPLOAD_##upper] = #lower,
    TT_UPLOAD_STATES(TT_UPLOAD_STATE_NAME)
#undef TT_UPLOAD_STATE_NAME
};

const char *tt_upload_state_name(enum tt_upload_state state)
{
    return names[state];
}

bool tt_upload_state_named(struct tt_str name, enum tt_upload_state *ret_state)
{
    for (int i = 0; i < TT_UPLOAD_STATE_COUNT; i++)
        if (tt_str_equal(name, tt_str_from(names[i]))) {
            *ret_state = (enum tt_upload_state)i;
            return true;
        }
    return false;
}

void tt_upload_id(char id[static TT_UPLOAD_ID_BYTES], struct tt_str destination,
                  const struct tt_upload_batch *batch)
{
    static const char tables[TT_UPLOAD_TABLES] = {'a', 'd'};
    const unsigned char *digest = batch->made.digest;
    snprintf(id, TT_UPLOAD_ID_BYTES,
             "tt_%08x_%c_%lld_%lld_%llu_%llu_%02x%02x%02x%02x%02x%02x%02x%02x_g%lld",
             (unsigned)(tt_str_hash(destination, 0) >> 32), tables[batch->table],
             (long long)batch->plan.first, (long long)batch->plan.last,
             (unsigned long long)batch->made.row_from, (unsigned long long)batch->made.rows,
             digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
             (long long)batch->generation);
}
