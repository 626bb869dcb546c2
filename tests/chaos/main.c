/* The long form of the chaos, for tools/chaos. */
#include "tests/lib/chaos.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tt_chaos_options options = {.seed = 1, .rate = 3000, .workers = 8, .verbose = true};

TT_TEST(the_fleet_loses_and_doubles_nothing_among_failures)
{
    tt_chaos_run(&options);
}
TT_END

static unsigned long long number(const char *text, unsigned long long most)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value > most) {
        fprintf(stderr, "chaos: \"%s\" is no number up to %llu\n", text, most);
        exit(2);
    }
    return value;
}

/* chaos MINUTES SEED STORE RATE WORKERS */
int main(int argc, char **argv)
{
    const TTest *list[] = {the_fleet_loses_and_doubles_nothing_among_failures};
    if (argc != 6) {
        fprintf(stderr,
                "usage: chaos MINUTES SEED sqlite|postgres RATE WORKERS; see tools/chaos\n");
        return 2;
    }
    options.run_ms = (int64_t)number(argv[1], 1440) * 60 * 1000;
    options.seed = number(argv[2], UINT64_MAX);
    options.postgres = strcmp(argv[3], "postgres") == 0;
    options.rate = (unsigned)number(argv[4], 100000);
    options.workers = (unsigned)number(argv[5], 16);
    return tt_suite_run("chaos", list, 1, (double)options.run_ms / 1000 + 1800);
}
