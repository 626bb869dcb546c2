/* The producer: a process of its own that adds events in pipelines, sends again what was not
 * confirmed, and writes down what was. */
#include "tests/lib/chaos_parts.h"

#include "core/model/task_key.h"
#include "tests/lib/process.h"
#include "tests/lib/store_rows.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { RECORDS_MAX = 1 << 24, PIPELINE = 50, GENERATION = 5000, TASKS = 100, HOT = 8 };

struct event {
    uint32_t number;
    unsigned partition;
    bool nonsense, confirmed;
    char text[160];
};

struct tt_chaos_ledger *tt_chaos_ledger_make(void)
{
    /* Pages come as they are written. */
    void *memory =
        mmap(NULL, sizeof(struct tt_chaos_ledger) + RECORDS_MAX * sizeof(struct tt_chaos_record),
             PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ck_assert_ptr_ne(memory, MAP_FAILED);
    return memory;
}

/* Half of the events go to a few tasks. After a generation all tasks are new ones. */
static void make_event(struct event *event, uint32_t number, uint64_t *chance)
{
    char task[40];
    uint64_t drawn = tt_test_next(chance);
    unsigned pick = (unsigned)(drawn >> 8) % ((drawn & 1) != 0 ? HOT : TASKS);
    *event = (struct event){.number = number, .nonsense = number % 97 == 96};
    snprintf(task, sizeof task, "t%u-%u", (unsigned)number / GENERATION, pick);
    event->partition = tt_task_partition(TT_STR("default"), tt_str_from(task), TT_CHAOS_PARTITIONS);
    if (event->nonsense)
        snprintf(event->text, sizeof event->text, "nonsense %u", (unsigned)number);
    else
        snprintf(event->text, sizeof event->text,
                 "{\"event_id\":\"e%u\",\"task_id\":\"%s\",\"status\":\"S%u\",\"event_time\":%u}",
                 (unsigned)number, task, (unsigned)number % 7, (unsigned)number + 1);
}

static void record(struct tt_chaos_ledger *ledger, const struct event *event, const char *id)
{
    size_t count = atomic_load(&ledger->count);
    char *end;
    if (count == RECORDS_MAX)
        _exit(3);
    ledger->records[count] = (struct tt_chaos_record){
        .number = event->number,
        .partition = (uint16_t)event->partition,
        .nonsense = event->nonsense,
    };
    ledger->records[count].ms = strtoll(id, &end, 10);
    ledger->records[count].seq = strtoll(end + 1, NULL, 10);
    atomic_store(&ledger->count, count + 1);
}

/* Sends what is not confirmed; false when the connection is lost. */
static bool send_all(redisContext *context, struct tt_chaos_ledger *ledger, struct event *events)
{
    size_t sent[PIPELINE], count = 0;
    for (size_t i = 0; i < PIPELINE; i++) {
        if (events[i].confirmed)
            continue;
        redisAppendCommand(context, "XADD {tasktrail:%u}:events * e %s", events[i].partition,
                           events[i].text);
        sent[count++] = i;
    }
    for (size_t i = 0; i < count; i++) {
        redisReply *reply = NULL;
        if (redisGetReply(context, (void **)&reply) != REDIS_OK)
            return false;
        if (reply->type == REDIS_REPLY_STRING) {
            record(ledger, &events[sent[i]], reply->str);
            events[sent[i]].confirmed = true;
        }
        freeReplyObject(reply);
    }
    return true;
}

static redisContext *connect_again(const struct tt_chaos *chaos, redisContext *context)
{
    struct tt_chaos_ledger *ledger = chaos->ledger;
    if (context != NULL)
        redisFree(context);
    atomic_store(&ledger->holding, true);
    for (;;) {
        while (atomic_load(&ledger->hold))
            tt_pause();
        atomic_store(&ledger->holding, false);
        if (!atomic_load(&ledger->hold)) {
            context = redisConnectUnix(chaos->redis.socket);
            if (context != NULL && context->err == 0)
                return context;
            if (context != NULL)
                redisFree(context);
        }
        atomic_store(&ledger->holding, true);
        tt_pause();
    }
}

static bool all_confirmed(const struct event *events)
{
    for (size_t i = 0; i < PIPELINE; i++)
        if (!events[i].confirmed)
            return false;
    return true;
}

static _Noreturn void produce(const struct tt_chaos *chaos)
{
    struct tt_chaos_ledger *ledger = chaos->ledger;
    uint64_t chance = chaos->options->seed * 2 + 1;
    int64_t start_ms = tt_chaos_now_ms();
    redisContext *context = connect_again(chaos, NULL);
    for (uint32_t number = 0; !atomic_load(&ledger->stop);) {
        struct event events[PIPELINE];
        for (size_t i = 0; i < PIPELINE; i++)
            make_event(&events[i], number++, &chance);
        atomic_store(&ledger->tried, number);
        while (!all_confirmed(events)) {
            if (!send_all(context, ledger, events))
                context = connect_again(chaos, context);
            else if (!all_confirmed(events))
                tt_pause(); /* full, loading, a replica */
        }
        while ((tt_chaos_now_ms() - start_ms) * chaos->options->rate / 1000 < number)
            tt_pause();
    }
    _exit(0);
}

pid_t tt_chaos_producer_start(struct tt_chaos *chaos)
{
    pid_t parent = getpid(), pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    produce(chaos);
}

static bool is_behind(const struct tt_chaos_record *record, int64_t ms, int64_t seq)
{
    return record->ms > ms || (record->ms == ms && record->seq > seq);
}

/* The newest id that a stream has ever had, as far as Redis knows. */
static void last_id(redisContext *context, unsigned partition, int64_t *ret_ms, int64_t *ret_seq)
{
    redisReply *reply = redisCommand(context, "XINFO STREAM {tasktrail:%u}:events", partition);
    *ret_ms = *ret_seq = 0;
    ck_assert_ptr_nonnull(reply);
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2)
        if (strcmp(reply->element[i]->str, "last-generated-id") == 0) {
            char *end;
            *ret_ms = strtoll(reply->element[i + 1]->str, &end, 10);
            *ret_seq = strtoll(end + 1, NULL, 10);
        }
    freeReplyObject(reply); /* an error: the stream is not there at all */
}

void tt_chaos_ledger_mark_lost(struct tt_chaos *chaos)
{
    struct tt_chaos_ledger *ledger = chaos->ledger;
    int64_t ms[TT_CHAOS_PARTITIONS], seq[TT_CHAOS_PARTITIONS];
    size_t lost = 0;
    redisContext *context = tt_redis_server_connect(&chaos->redis);
    for (unsigned i = 0; i < TT_CHAOS_PARTITIONS; i++)
        last_id(context, i, &ms[i], &seq[i]);
    redisFree(context);
    size_t count = atomic_load(&ledger->count);
    for (size_t i = 0; i < count; i++) {
        struct tt_chaos_record *record = &ledger->records[i];
        if (!record->lost && is_behind(record, ms[record->partition], seq[record->partition])) {
            record->lost = true;
            lost++;
        }
    }
    tt_chaos_say(chaos, "  redis lost %zu of %zu confirmed entries", lost, count);
}
