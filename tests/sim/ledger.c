#include "tests/sim/ledger.h"

#include "core/base/assert.h"
#include <stdio.h>

static const char *const statuses[] = {"QUEUED", "RUNNING", "FAILED", "SUCCEEDED"};
static const char *const tasks[TT_SIM_TASKS_MAX] = {"a", "b", "c", "d", "e",
                                                    "f", "g", "h", "i", "j"};
enum { STEP_US = 1000 };
#define FIRST_US INT64_C(1700000000000000)

static struct tt_str number_text(struct tt_sim_ledger *ledger, const char *prefix, size_t number)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%s%zu", prefix, number);
    char *copy = tt_arena_copy(&ledger->arena, text, (size_t)len);
    tt_assert(copy != NULL);
    return (struct tt_str){copy, (size_t)len};
}

static int64_t event_time(const struct tt_sim_ledger *ledger, const struct tt_sim_plan *plan,
                          uint64_t *chance)
{
    int64_t number = (int64_t)ledger->count;
    if (tt_sim_percent(chance, plan->late))
        number -= (int64_t)tt_sim_below(chance, 20);
    else if (tt_sim_percent(chance, plan->tie) && number > 0)
        number -= 1 + (int64_t)tt_sim_below(chance, 2);
    return FIRST_US + number * STEP_US;
}

static struct tt_event make_event(struct tt_sim_ledger *ledger, const struct tt_sim_plan *plan,
                                  unsigned task, uint64_t *c)
{
    struct tt_event event = {
        .tenant = task % 3 == 2 ? TT_STR("other") : TT_STR("default"),
        .task_id = tt_str_from(tasks[task]),
        .status = tt_str_from(statuses[tt_sim_below(c, 4)]),
        .event_time_us = event_time(ledger, plan, c),
        .received_at_us = TT_TIME_NONE,
        .has_seq = tt_sim_percent(c, 40),
    };
    if (tt_sim_percent(c, 40))
        event.task_type = tt_sim_percent(c, 50) ? TT_STR("NOISE") : TT_STR("INGEST");
    event.seq = event.has_seq ? (int64_t)tt_sim_below(c, 5) : 0;
    if (tt_sim_percent(c, 70))
        event.event_id = number_text(ledger, "e", ledger->count);
    if (tt_sim_percent(c, 40))
        event.stage = tt_sim_percent(c, 50) ? TT_STR("s1") : TT_STR("s2");
    if (tt_sim_percent(c, 50)) {
        event.correlation_id = TT_STR("request");
        event.dataset_id = tt_sim_percent(c, 80) ? TT_STR("set") : TT_STR("rest");
    }
    if (tt_sim_percent(c, 10))
        event.attributes =
            tt_sim_percent(c, 50) ? TT_STR("{\"record_count\":7}") : TT_STR("{\"record_count\":8}");
    if (tt_sim_percent(c, 30))
        event.message = number_text(ledger, "message ", ledger->count);
    return event;
}

static struct tt_str keep_payload(struct tt_sim_ledger *ledger, const struct tt_event *event)
{
    struct tt_buf buf;
    tt_buf_init(&buf, 0);
    tt_event_write_json(&buf, event);
    struct tt_str text = {tt_arena_copy(&ledger->arena, buf.data, buf.len), buf.len};
    tt_assert(buf.err == TT_OK && text.ptr != NULL);
    tt_buf_done(&buf);
    return text;
}

/* Some name their task all the same, and so have its turn. */
static void spoil(struct tt_sim_entry *entry, uint64_t *chance)
{
    entry->kind = TT_SIM_UNDECODABLE;
    switch (tt_sim_below(chance, 3)) {
    case 0: entry->payload = TT_STR("{\"task_id\":\"a\",\"note\":\"no status\"}"); break;
    case 1:
        entry->payload = TT_STR("{broken");
        entry->key[0] = '\0';
        break;
    default: entry->payload = TT_STR_NONE; entry->key[0] = '\0';
    }
    if (entry->key[0] != '\0')
        snprintf(entry->key, sizeof entry->key, "default/a");
}

struct tt_sim_entry *tt_sim_ledger_add(struct tt_sim_ledger *ledger, const struct tt_sim_plan *plan,
                                       int whose, uint64_t *chance)
{
    unsigned task = (unsigned)tt_sim_below(chance, plan->tasks);
    if (tt_sim_percent(chance, plan->hot))
        task = 0;
    if (whose >= 0)
        task = (unsigned)whose;
    tt_assert(ledger->count < TT_SIM_LEDGER_MAX);
    struct tt_sim_entry *entry = &ledger->entries[ledger->count];
    *entry = (struct tt_sim_entry){.partition = task % plan->partitions};
    if (whose < 0 && ledger->count > 0 && tt_sim_percent(chance, plan->duplicate)) {
        const struct tt_sim_entry *before = &ledger->entries[tt_sim_below(chance, ledger->count)];
        if (before->kind == TT_SIM_GOOD || before->kind == TT_SIM_EXCLUDED) { /* sent once more */
            *entry = *before;
            entry->lost = false;
            ledger->count++;
            return entry;
        }
    }
    entry->event = make_event(ledger, plan, task, chance);
    snprintf(entry->key, sizeof entry->key, "%.*s/%.*s", TT_STR_ARGS(entry->event.tenant),
             TT_STR_ARGS(entry->event.task_id));
    if (plan->tenants && tt_str_equal(entry->event.tenant, TT_STR("other")) &&
        tt_str_equal(entry->event.task_type, TT_STR("NOISE"))) {
        entry->kind = TT_SIM_EXCLUDED;
    } else if (tt_sim_percent(chance, plan->unstorable)) {
        entry->kind = TT_SIM_UNSTORABLE;
        entry->event.message = TT_STR(TT_SIM_UNSTORABLE_MESSAGE);
    }
    entry->payload = keep_payload(ledger, &entry->event);
    if (entry->kind != TT_SIM_EXCLUDED && tt_sim_percent(chance, plan->undecodable)) {
        spoil(entry, chance);
        if (entry->key[0] != '\0')
            entry->partition = 0;
    }
    ledger->count++;
    return entry;
}
