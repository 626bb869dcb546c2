/* bench_store: how many events a second the applier brings into a store.
 *
 *   bench_store --store URL [--events N] [--batch N] [--partitions N] [--sync full|normal] FILE
 *
 * FILE holds events as NDJSON in the order of their arrival (tests/bench/generate.c). They are
 * given to the applier as a worker that holds all partitions would: in batches, in each batch the
 * entries of a partition together. Measured is what the applier does, from the bytes of a batch to
 * the commit; reading the file is not. Prints one line.
 */
#include "adapters/postgres/store.h"
#include "adapters/sqlite/store.h"
#include "adapters/system/clock.h"
#include "core/base/limits.h"
#include "core/engine/applier.h"
#include "core/model/decoder.h"
#include "core/model/task_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct line {
    struct tt_str text;
    unsigned partition;
    int64_t number;
};

struct bench {
    const char *store_url, *file;
    size_t events, batch;
    unsigned partitions;
    bool relaxed;
    struct line *lines;
    size_t line_count;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_store: %s: %s\n", what, why);
    exit(2);
}

static enum tt_err keep_partition(void *context, const struct tt_event *event)
{
    struct bench *bench = context;
    struct line *line = &bench->lines[bench->line_count];
    line->partition = tt_task_partition(event->tenant, event->task_id, bench->partitions);
    return TT_OK;
}

static void read_lines(struct bench *bench)
{
    struct stat info;
    int fd = open(bench->file, O_RDONLY);
    if (fd < 0 || fstat(fd, &info) != 0)
        die(bench->file, strerror(errno));
    char *text = mmap(NULL, (size_t)info.st_size + 1, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (text == MAP_FAILED)
        die(bench->file, strerror(errno));
    const struct tt_decoder_options options = {.json_depth_max = TT_JSON_DEPTH_DEFAULT};
    const struct tt_decoder_sink sink = {.context = bench, .event = keep_partition};
    struct tt_decoder *decoder = NULL;
    struct tt_fault fault = {0};
    if (tt_decoder_create("native", &options, &decoder, &fault) != TT_OK)
        die("decoder", fault.text);
    bench->lines = tt_mem_array(bench->events, sizeof *bench->lines);
    if (bench->lines == NULL)
        die("lines", "out of memory");
    const char *at = text, *end = text + info.st_size;
    while (at < end && bench->line_count < bench->events) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        struct line *line = &bench->lines[bench->line_count];
        *line =
            (struct line){.text = {at, (size_t)(stop - at)}, .number = (int64_t)bench->line_count};
        if (tt_decoder_line(decoder, line->text, &sink, &fault) != TT_OK)
            die(bench->file, fault.text);
        bench->line_count++;
        at = stop + 1;
    }
    tt_decoder_destroy(decoder);
}

static int by_partition(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static void observe(void *context, enum tt_observation what, int64_t number, const char *text)
{
    (void)context;
    (void)what;
    (void)number;
    (void)text;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of this process: what else the machine does changes it little. */
static double cpu_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static double apply_all(struct bench *bench, struct tt_applier *applier)
{
    struct tt_queue_entry *entries = tt_mem_array(bench->batch, sizeof *entries);
    double spent = 0;
    uint64_t rows = 0, all = 0;
    if (entries == NULL)
        die("entries", "out of memory");
    for (size_t first = 0; first < bench->line_count; first += bench->batch) {
        size_t count = bench->line_count - first;
        if (count > bench->batch)
            count = bench->batch;
        qsort(bench->lines + first, count, sizeof *bench->lines, by_partition);
        for (size_t i = 0; i < count; i++) {
            const struct line *line = &bench->lines[first + i];
            entries[i] = (struct tt_queue_entry){.partition = line->partition,
                                                 .id_ms = 1772366400000 + line->number / 100,
                                                 .id_seq = line->number,
                                                 .deliveries = 1,
                                                 .fence = 1,
                                                 .payload = line->text};
        }
        const struct tt_queue_batch batch = {.entries = entries, .count = count};
        const struct tt_poison *poison;
        size_t poisoned = 0;
        struct tt_fault fault = {0};
        double started = seconds();
        if (tt_applier_apply(applier, &batch, 1772366400000000, &poison, &poisoned, &rows,
                             &fault) != TT_OK)
            die("apply", fault.text);
        spent += seconds() - started;
        if (poisoned > 0)
            die("poison", poison[0].reason);
        all += rows;
    }
    if (all != bench->line_count)
        die("rows", "not every event has a row");
    tt_mem_free(entries);
    return spent;
}

static void parse(struct bench *bench, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            bench->file = argv[i];
        else if (i + 1 == argc)
            die(argv[i], "a value is missing");
        else if (strcmp(argv[i], "--store") == 0)
            bench->store_url = argv[++i];
        else if (strcmp(argv[i], "--events") == 0)
            bench->events = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--batch") == 0)
            bench->batch = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--sync") == 0)
            bench->relaxed = strcmp(argv[++i], "normal") == 0;
        else if (strcmp(argv[i], "--partitions") == 0)
            bench->partitions = (unsigned)strtoul(argv[++i], NULL, 10);
        else
            die(argv[i], "unknown option");
    }
    if (bench->file == NULL || bench->store_url == NULL || bench->batch == 0 ||
        bench->partitions == 0)
        die("usage",
            "--store URL [--events N] [--batch N] [--partitions N] [--sync full|normal] FILE");
}

static bool is_file(const char *url)
{
    return strncmp(url, "sqlite:", 7) == 0;
}

static void open_store(const struct bench *bench, struct tt_store *store)
{
    struct tt_fault fault = {0};
    const char *url = bench->store_url;
    enum tt_err err = is_file(url)
                          ? tt_sqlite_store_open(url + 7, TT_SQLITE_BUSY_MS_DEFAULT, store, &fault)
                          : tt_pg_store_open(url, NULL, store, &fault);
    if (err == TT_OK && bench->relaxed)
        err =
            is_file(url) ? tt_sqlite_store_relax(store, &fault) : tt_pg_store_relax(store, &fault);
    if (err != TT_OK)
        die(url, fault.text);
}

int main(int argc, char **argv)
{
    struct bench bench = {.events = 1000000, .batch = 500, .partitions = 64};
    struct tt_store store = {0};
    struct tt_applier *applier = NULL;
    struct tt_fault fault = {0};
    parse(&bench, argc, argv);
    read_lines(&bench);
    open_store(&bench, &store);
    const volatile int stop = 0;
    const struct tt_clock clock = tt_system_clock(&stop);
    const struct tt_observer observer = {.tell = observe};
    const struct tt_applier_options options = {
        .store = &store,
        .clock = &clock,
        .observer = &observer,
        .worker = TT_STR("bench"),
        .json_depth_max = TT_JSON_DEPTH_DEFAULT,
    };
    if (tt_applier_create(&options, &applier, &fault) != TT_OK)
        die("applier", fault.text);
    tt_applier_set_epoch(applier, 1);
    double cpu = cpu_seconds(), spent = apply_all(&bench, applier);
    printf("%zu events in batches of %zu: %.2f s, %.0f events/s, %.2f s of CPU\n", bench.line_count,
           bench.batch, spent, (double)bench.line_count / spent, cpu_seconds() - cpu);
    tt_applier_destroy(applier);
    if (is_file(bench.store_url))
        tt_sqlite_store_done(&store);
    else
        tt_pg_store_done(&store);
    tt_mem_free(bench.lines);
    return 0;
}
