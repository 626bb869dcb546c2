/* The short form of tools/chaos: each kind of mischief once. */
#include "tests/lib/chaos.h"
#include "tests/lib/suite.h"

#include <stdlib.h>
#include <unistd.h>

TT_TEST(the_fleet_loses_and_doubles_nothing_among_failures)
{
    const char *seed = getenv("TT_CHAOS_SEED");
    const struct tt_chaos_options options = {.seed = seed == NULL ? (uint64_t)getpid()
                                                                  : strtoull(seed, NULL, 10),
                                             .postgres = false,
                                             .rate = 2000,
                                             .workers = 8};
    tt_chaos_run(&options);
}
TT_END

TT_SUITE_LIMIT("chaos on sqlite", 400, the_fleet_loses_and_doubles_nothing_among_failures)
