/* Runs seeds one after another, in a process of their own: where the engine asserts, its seed is
 * told and the next one begins. tools/sim says how to call it. */
#include "tests/sim/sim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* What outlives a process. */
struct shared {
    uint64_t seed, seeds, failed;
    struct tt_sim_result total;
};

static void tell(const struct shared *shared, const char *failure)
{
    printf("seed %llu: %s\n  again: tools/sim --seed %llu --trace\n",
           (unsigned long long)shared->seed, failure, (unsigned long long)shared->seed);
    fflush(stdout);
}

static void add(struct tt_sim_result *total, const struct tt_sim_result *result)
{
    total->calls += result->calls;
    total->time_us += result->time_us;
    total->events += result->events;
    total->rows += result->rows;
    total->letters += result->letters;
    total->lost += result->lost;
    total->vanished += result->vanished;
    total->fenced += result->fenced;
    total->reused += result->reused;
    total->turns_lost += result->turns_lost;
    total->kills += result->kills;
    total->pauses += result->pauses;
    total->tails += result->tails;
    total->halves += result->halves;
}

static void run_seeds(struct shared *shared, uint64_t end, FILE *trace)
{
    static struct tt_sim_plan plan;
    static struct tt_sim_result result;
    for (; shared->seed < end; shared->seed++) {
        tt_sim_plan_make(&plan, shared->seed);
        if (!tt_sim_run(&plan, trace, &result)) {
            shared->failed++;
            tell(shared, result.failure);
        }
        shared->seeds++;
        add(&shared->total, &result);
    }
    tt_sim_done();
}

/* Until all are done. */
static void run_all(struct shared *shared, uint64_t end, FILE *trace)
{
    while (shared->seed < end) {
        int status = 0;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            run_seeds(shared, end, trace);
            exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) != child) {
            perror("sim");
            exit(1);
        }
        if (status == 0)
            continue;
        shared->failed++;
        shared->seeds++;
        tell(shared, "the process died");
        shared->seed++;
    }
}

static void sum_up(const struct shared *shared)
{
    const struct tt_sim_result *t = &shared->total;
    printf("%llu seeds, %llu failed: %llu calls in %lld simulated hours\n"
           "%llu events: %llu rows, %llu dead letters, %llu lost by the server\n"
           "%llu kills, %llu pauses, %llu times a lost tail, %llu claims cut off, %llu turns lost, "
           "%llu times fenced, %llu times ids reused, %llu entries vanished\n",
           (unsigned long long)shared->seeds, (unsigned long long)shared->failed,
           (unsigned long long)t->calls, (long long)(t->time_us / 3600000000LL),
           (unsigned long long)t->events, (unsigned long long)t->rows,
           (unsigned long long)t->letters, (unsigned long long)t->lost,
           (unsigned long long)t->kills, (unsigned long long)t->pauses,
           (unsigned long long)t->tails, (unsigned long long)t->halves,
           (unsigned long long)t->turns_lost, (unsigned long long)t->fenced,
           (unsigned long long)t->reused, (unsigned long long)t->vanished);
}

static uint64_t number(const char *option, const char *text)
{
    char *end = NULL;
    uint64_t value = text == NULL ? 0 : strtoull(text, &end, 10);
    if (text == NULL || *text < '0' || *text > '9' || *end != '\0') {
        fprintf(stderr, "sim: %s: expected a number\n", option);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    uint64_t first = 1, seeds = 2000;
    FILE *trace = NULL;
    for (int i = 1; i < argc; i++) {
        const char *option = argv[i];
        if (strcmp(option, "--trace") == 0) {
            trace = stdout;
        } else if (strcmp(option, "--seeds") == 0) {
            seeds = number(option, argv[++i]);
        } else if (strcmp(option, "--first") == 0) {
            first = number(option, argv[++i]);
        } else if (strcmp(option, "--seed") == 0) {
            first = number(option, argv[++i]);
            seeds = 1;
        } else {
            fprintf(stderr,
                    "sim: unknown option '%s': expected --seeds N, --first SEED, --seed "
                    "SEED or --trace\n",
                    option);
            return 2;
        }
    }
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("sim");
        return 1;
    }
    shared->seed = first;
    run_all(shared, first + seeds, trace);
    sum_up(shared);
    return shared->failed == 0 ? 0 : 1;
}
