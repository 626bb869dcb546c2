#include "replay/report.h"

#include "core/base/assert.h"

const char *tt_verdict_name(enum tt_verdict verdict)
{
    static const char *const names[] = {"clean", "reordered", "clock_suspect", "violation"};
    tt_assert(verdict < TT_VERDICT_COUNT);
    return names[verdict];
}

int64_t tt_lateness_bucket_us(int bucket)
{
    static const int64_t bounds[TT_LATENESS_BUCKETS] = {
        INT64_C(1000),        INT64_C(10000),       INT64_C(100000),       INT64_C(1000000),
        INT64_C(10000000),    INT64_C(60000000),    INT64_C(600000000),    INT64_C(3600000000),
        INT64_C(21600000000), INT64_C(86400000000), INT64_C(604800000000), INT64_MAX,
    };
    tt_assert(bucket >= 0 && bucket < TT_LATENESS_BUCKETS);
    return bounds[bucket];
}
