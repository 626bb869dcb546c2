/* label: threads */
#include "replay/parallel.h"

#include "tests/lib/suite.h"

static void mark(void *context, size_t part)
{
    ((int *)context)[part]++;
}

TT_TEST(parallel_work_is_done_once_each)
{
    for (size_t parts = 0; parts <= TT_PARALLEL_MAX; parts++) {
        int done[TT_PARALLEL_MAX + 1] = {0};
        tt_parallel(parts, mark, done);
        for (size_t p = 0; p <= TT_PARALLEL_MAX; p++)
            ck_assert_int_eq(done[p], p < parts);
    }
}
TT_END

TT_SUITE("replay/parallel", parallel_work_is_done_once_each)
