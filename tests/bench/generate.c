/* generate: a workload of status events on stdout, in the order of their arrival, as NDJSON.
 *
 *   generate [--events N] [--seed N] [--tasks-per-second N]
 *            [--late SHARE] [--duplicate SHARE] [--illegal SHARE]
 *
 * The same arguments give the same bytes. A task walks through the lifecycle of
 * tests/bench/lifecycle.json, about two seconds a step, five events a task; now and then one fails
 * and is retried dozens of times. With 500 tasks a second, thousands are in flight at once. An
 * event arrives milliseconds after it happened; a late one only after one or more later events of
 * its task; a duplicate is an exact copy that arrives after its original; an illegal step is one
 * that the lifecycle does not list. Event times of a task are distinct.
 *
 * How: the whole history of a task is drawn when it starts, each event is put into a heap by its
 * time of arrival, and what arrives before the next task starts is taken out and printed.
 */
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/time.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status { CREATED, QUEUED, RUNNING, SUCCEEDED, FAILED, RETRYING, CANCELLED, STATUSES };
static const char *const status_name[] = {"CREATED", "QUEUED",   "RUNNING",  "SUCCEEDED",
                                          "FAILED",  "RETRYING", "CANCELLED"};
#define BIT(status) (1u << (status))
static const unsigned allowed[] = {
    [CREATED] = BIT(QUEUED) | BIT(CANCELLED),
    [QUEUED] = BIT(RUNNING) | BIT(CANCELLED),
    [RUNNING] = BIT(SUCCEEDED) | BIT(FAILED) | BIT(CANCELLED),
    [FAILED] = BIT(RETRYING),
    [RETRYING] = BIT(QUEUED),
    [SUCCEEDED] = 0,
    [CANCELLED] = 0,
};
static const char *const type_name[] = {"SQL_PROCESSING", "DATA_INGESTION",    "FILE_TRANSFER",
                                        "REPORT_BUILD",   "INDEX_MAINTENANCE", "NOTIFICATION"};
static const char *const failure[] = {"deadline exceeded after 30 s", "connection reset by peer",
                                      "table \\\"staging\\\" does not exist", "no free slot"};

enum {
    SOURCES = 64,
    TENANTS = 20,
    HISTORY_MAX = 1000, /* events of one task */
    STEP_US = 2000000,  /* mean time between two events of a task */
    TRANSIT_US = 5000,  /* mean time from happening to arriving */
    LATE_US = 1000000,  /* mean time of a late event behind the one it waits for */
    COPY_US = 2000000,  /* mean time of a duplicate behind its original */
};
#define START_US INT64_C(1772366400000000) /* 2026-03-01T12:00:00Z */
#define FLAPPING 0.02                      /* share of tasks that keep failing */
#define FAIL     0.05                      /* chance that a run of another task fails */
#define FLAP     0.9                       /* chance that a run of a flapping task fails */
#define CANCEL   0.01

struct options {
    uint64_t events, seed, tasks_per_second;
    double late, duplicate, illegal;
};

struct item {
    int64_t arrival_us, event_time_us;
    uint64_t order; /* among equal arrivals: as drawn */
    uint64_t id[2]; /* random part of the event id */
    uint32_t task;
    enum status status;
};

struct generator {
    const struct options *options;
    uint64_t random;
    struct item *heap; /* smallest arrival first */
    size_t heap_count, heap_capacity;
    uint64_t drawn;
};

static void die(const char *what)
{
    fprintf(stderr, "generate: %s\n", what);
    exit(2);
}

/* ---- chance: splitmix64 ---- */
static uint64_t scramble(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t draw(struct generator *g)
{
    return scramble(g->random += UINT64_C(0x9e3779b97f4a7c15));
}

static double share(struct generator *g)
{
    return (double)(draw(g) >> 11) * 0x1p-53;
}

static int64_t wait_us(struct generator *g, double mean_us)
{
    return 1 + (int64_t)(-mean_us * log1p(-share(g)));
}

/* ---- the heap ---- */
static bool before(const struct item *a, const struct item *b)
{
    return a->arrival_us != b->arrival_us ? a->arrival_us < b->arrival_us : a->order < b->order;
}

static void put(struct generator *g, struct item item)
{
    void *heap = g->heap;
    if (tt_mem_reserve(&heap, &g->heap_capacity, g->heap_count + 1, sizeof item) != TT_OK)
        die("out of memory");
    g->heap = heap;
    item.order = g->drawn++;
    size_t at = g->heap_count++;
    for (size_t up; at > 0 && before(&item, &g->heap[up = (at - 1) / 2]); at = up)
        g->heap[at] = g->heap[up];
    g->heap[at] = item;
}

static struct item take(struct generator *g)
{
    struct item first = g->heap[0];
    struct item last = g->heap[--g->heap_count];
    size_t at = 0, down;
    while ((down = 2 * at + 1) < g->heap_count) {
        if (down + 1 < g->heap_count && before(&g->heap[down + 1], &g->heap[down]))
            down++;
        if (!before(&g->heap[down], &last))
            break;
        g->heap[at] = g->heap[down];
        at = down;
    }
    g->heap[at] = last;
    return first;
}

/* ---- one task ---- */
static enum status illegal_step(struct generator *g, enum status from)
{
    enum status to;
    do
        to = (enum status)(draw(g) % STATUSES);
    while (allowed[from] & BIT(to));
    return to;
}

static enum status legal_step(struct generator *g, enum status from, double fail)
{
    double chance = share(g);
    switch (from) {
    case CREATED: return chance < CANCEL / 3 ? CANCELLED : QUEUED;
    case QUEUED: return chance < CANCEL / 3 ? CANCELLED : RUNNING;
    case RUNNING: return chance < fail ? FAILED : chance < fail + CANCEL ? CANCELLED : SUCCEEDED;
    case FAILED: return RETRYING;
    default: return QUEUED;
    }
}

/* Draws the statuses and times of a task that starts at start_us. Returns how many. */
static size_t draw_history(struct generator *g, int64_t start_us, struct item *history)
{
    double fail = share(g) < FLAPPING ? FLAP : FAIL;
    int64_t now_us = start_us;
    enum status status = CREATED;
    size_t count = 0;
    for (;;) {
        history[count++] = (struct item){.event_time_us = now_us, .status = status};
        if (count == HISTORY_MAX)
            return count;
        now_us += wait_us(g, STEP_US);
        if (share(g) < g->options->illegal)
            status = illegal_step(g, status);
        else if (allowed[status] == 0)
            return count;
        else
            status = legal_step(g, status, fail);
    }
}

static void start_task(struct generator *g, uint32_t task, int64_t start_us)
{
    static struct item history[HISTORY_MAX];
    size_t count = draw_history(g, start_us, history);
    for (size_t i = 0; i < count; i++) {
        struct item item = history[i];
        item.task = task;
        item.id[0] = draw(g);
        item.id[1] = draw(g);
        item.arrival_us = item.event_time_us + wait_us(g, TRANSIT_US);
        if (share(g) < g->options->late && i + 1 < count) {
            size_t behind = i + 1;
            while (behind + 1 < count && share(g) < 0.6)
                behind++;
            item.arrival_us = history[behind].event_time_us + wait_us(g, LATE_US);
        }
        put(g, item);
        if (share(g) < g->options->duplicate) {
            item.arrival_us += wait_us(g, COPY_US);
            put(g, item);
        }
    }
}

/* ---- printing ---- */
static void digits(struct tt_buf *out, uint64_t value, int width, int base)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* Crockford's 32 */
    char text[32];
    for (int i = width - 1; i >= 0; i--, value /= (uint64_t)base)
        text[i] = alphabet[value % (uint64_t)base];
    tt_buf_add(out, text, (size_t)width);
}

static void print_item(struct tt_buf *out, const struct item *item)
{
    char time_text[TT_TIME_TEXT_BYTES];
    uint64_t traits = scramble(item->task + UINT64_C(0x5851f42d4c957f2d));
    tt_buf_add_text(out, "{\"event_id\":\"");
    digits(out, (uint64_t)(item->event_time_us / 1000), 10, 32);
    digits(out, item->id[0], 8, 32);
    digits(out, item->id[1], 8, 32);
    tt_buf_add_text(out, "\",\"tenant\":\"t");
    digits(out, traits % TENANTS, 2, 10);
    tt_buf_add_text(out, "\",\"task_id\":\"task-");
    digits(out, item->task, 8, 10);
    tt_buf_add_text(out, "\",\"task_type\":\"");
    tt_buf_add_text(out, type_name[(traits >> 8) % (sizeof type_name / sizeof *type_name)]);
    tt_buf_add_text(out, "\",\"status\":\"");
    tt_buf_add_text(out, status_name[item->status]);
    tt_buf_add_text(out, "\",\"event_time\":\"");
    tt_time_format(item->event_time_us, time_text);
    tt_buf_add_text(out, time_text);
    tt_buf_add_text(out, "\",\"source\":\"worker-");
    digits(out, (traits >> 16) % SOURCES, 2, 10);
    tt_buf_add_text(out, "\",\"correlation_id\":\"");
    digits(out, scramble(traits), 16, 16);
    digits(out, traits, 8, 16);
    if (item->status == FAILED) {
        tt_buf_add_text(out, "\",\"message\":\"");
        tt_buf_add_text(out, failure[item->id[0] % (sizeof failure / sizeof *failure)]);
    }
    tt_buf_add_text(out, "\"}\n");
}

static void flush(struct tt_buf *out)
{
    if (out->err != TT_OK)
        die("out of memory");
    if (fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout) != 0)
        die(strerror(errno));
    tt_buf_clear(out);
}

static void run(const struct options *options)
{
    struct generator g = {.options = options, .random = scramble(options->seed + 1)};
    struct tt_buf out;
    tt_buf_init(&out, 0);
    int64_t start_us = START_US;
    uint32_t task = 0;
    for (uint64_t printed = 0; printed < options->events; printed++) {
        while (g.heap_count == 0 || start_us <= g.heap[0].arrival_us) {
            start_task(&g, task++, start_us);
            start_us += wait_us(&g, 1e6 / (double)options->tasks_per_second);
        }
        struct item item = take(&g);
        print_item(&out, &item);
        if (out.len > 1 << 20)
            flush(&out);
    }
    flush(&out);
    tt_buf_done(&out);
    tt_mem_free(g.heap);
}

static uint64_t count_of(const char *flag, const char *text)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || *text < '0' || *text > '9' || value > UINT32_MAX) {
        fprintf(stderr, "generate: %s: '%s': expected a number from 0 to 4294967295\n", flag, text);
        exit(2);
    }
    return value;
}

static double share_of(const char *flag, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= 0 && value <= 0.5)) {
        fprintf(stderr, "generate: %s: '%s': expected a share from 0 to 0.5\n", flag, text);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    struct options options = {.events = 1000000,
                              .seed = 1,
                              .tasks_per_second = 500,
                              .late = 0.02,
                              .duplicate = 0.005,
                              .illegal = 0.001};
    for (int i = 1; i < argc; i += 2) {
        const char *flag = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(flag, "--events") == 0)
            options.events = count_of(flag, value);
        else if (strcmp(flag, "--seed") == 0)
            options.seed = count_of(flag, value);
        else if (strcmp(flag, "--tasks-per-second") == 0)
            options.tasks_per_second = count_of(flag, value);
        else if (strcmp(flag, "--late") == 0)
            options.late = share_of(flag, value);
        else if (strcmp(flag, "--duplicate") == 0)
            options.duplicate = share_of(flag, value);
        else if (strcmp(flag, "--illegal") == 0)
            options.illegal = share_of(flag, value);
        else
            die("expected --events, --seed, --tasks-per-second, --late, --duplicate or --illegal");
    }
    if (options.tasks_per_second == 0)
        die("--tasks-per-second: expected at least 1");
    run(&options);
    return 0;
}
