/* Runs seeds one after another; tools/sim says how. */
#include "tests/sim/sim.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct tt_sim_plan plan;

/* An assertion of the engine ends the process: which seed was it? */
static void on_abort(int number)
{
    char text[64];
    int len = snprintf(text, sizeof text, "seed %llu: aborted\n", (unsigned long long)plan.seed);
    (void)number;
    if (len < 0 || write(STDERR_FILENO, text, (size_t)len) < 0)
        _exit(3);
}

static bool run(uint64_t seed, FILE *trace, struct tt_sim_result *total)
{
    struct tt_sim_result result;
    tt_sim_plan_make(&plan, seed);
    bool ok = tt_sim_run(&plan, trace, &result);
    if (!ok)
        printf("seed %llu: %s\n  again: tools/sim --seed %llu --trace\n", (unsigned long long)seed,
               result.failure, (unsigned long long)seed);
    total->calls += result.calls;
    total->time_us += result.time_us / 1000000;
    total->events += result.events;
    total->rows += result.rows;
    total->letters += result.letters;
    total->lost += result.lost;
    total->vanished += result.vanished;
    total->fenced += result.fenced;
    total->reused += result.reused;
    total->turns_lost += result.turns_lost;
    total->kills += result.kills;
    total->pauses += result.pauses;
    total->tails += result.tails;
    return ok;
}

static uint64_t number(const char *text)
{
    char *end;
    uint64_t value = text == NULL ? 0 : strtoull(text, &end, 10);
    if (text == NULL || *text == '\0' || *end != '\0') {
        fprintf(stderr, "sim: expected a number\n");
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    uint64_t first = 1, seeds = 2000, failed = 0;
    struct tt_sim_result total = {.hash = 0};
    FILE *trace = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0) {
            trace = stdout;
        } else if (strcmp(argv[i], "--seeds") == 0) {
            seeds = number(argv[++i]);
        } else if (strcmp(argv[i], "--first") == 0) {
            first = number(argv[++i]);
        } else if (strcmp(argv[i], "--seed") == 0) {
            first = number(argv[++i]);
            seeds = 1;
        } else {
            fprintf(stderr, "sim: unknown option '%s'\n", argv[i]);
            return 2;
        }
    }
    signal(SIGABRT, on_abort);
    for (uint64_t seed = first; seed < first + seeds; seed++)
        failed += !run(seed, trace, &total);
    tt_sim_done();
    printf("%llu seeds, %llu failed; %llu calls, %lld simulated hours; %llu events: %llu rows, "
           "%llu letters, %llu lost by the server\n"
           "%llu kills, %llu pauses, %llu tails lost, %llu turns lost, %llu fenced, %llu ids "
           "reused, %llu vanished\n",
           (unsigned long long)seeds, (unsigned long long)failed, (unsigned long long)total.calls,
           (long long)total.time_us / 3600, (unsigned long long)total.events,
           (unsigned long long)total.rows, (unsigned long long)total.letters,
           (unsigned long long)total.lost, (unsigned long long)total.kills,
           (unsigned long long)total.pauses, (unsigned long long)total.tails,
           (unsigned long long)total.turns_lost, (unsigned long long)total.fenced,
           (unsigned long long)total.reused, (unsigned long long)total.vanished);
    return failed == 0 ? 0 : 1;
}
