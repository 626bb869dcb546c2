/* The promises of docs/guarantees.md, held against what is left after a run. */
#include "tests/sim/world.h"

#include <stdlib.h>

static bool same_text(struct tt_str a, struct tt_str b)
{
    return tt_str_equal(a, b);
}

/* The same entry, for all that anybody can tell: content and place. Where the server lost an entry
 * and the very same event came to its place there are two of them. */
static bool is_same_entry(const struct tt_sim_entry *a, const struct tt_sim_entry *b)
{
    return a->partition == b->partition && tt_model_id_compare(a->id, b->id) == 0 &&
           same_text(a->payload, b->payload);
}

static bool is_row_of(const struct tt_audit_row *row, const struct tt_sim_entry *entry)
{
    return entry->kind == TT_SIM_GOOD && row->place.partition == entry->partition &&
           row->place.entry_ms == entry->id.ms && row->place.entry_seq == entry->id.seq &&
           tt_event_equal(&row->event, &entry->event);
}

static bool is_letter_of(const struct tt_model_letter *letter, unsigned partition,
                         const struct tt_sim_entry *entry)
{
    return (entry->kind == TT_SIM_UNDECODABLE || entry->kind == TT_SIM_UNSTORABLE) &&
           entry->partition == partition && tt_model_id_compare(letter->entry_id, entry->id) == 0 &&
           same_text(letter->payload, entry->payload) &&
           (entry->kind == TT_SIM_UNSTORABLE) == (letter->reason[2] == 's');
}

static size_t count_rows(const struct tt_sim *sim, const struct tt_sim_entry *entry)
{
    size_t count = 0;
    for (size_t i = 0; i < sim->tables.audit_count; i++)
        count += is_row_of(&sim->tables.audit[i], entry);
    return count;
}

static size_t count_letters(const struct tt_sim *sim, const struct tt_sim_entry *entry)
{
    const struct tt_model_partition *p = &sim->server.partitions[entry->partition];
    size_t count = 0;
    for (size_t i = 0; i < p->letter_count; i++)
        count += is_letter_of(&p->letters[i], entry->partition, entry);
    return count;
}

/* G1 and G2: every entry, once. */
static void check_entries(struct tt_sim *sim)
{
    for (size_t i = 0; i < sim->ledger.count; i++) {
        const struct tt_sim_entry *entry = &sim->ledger.entries[i];
        size_t found =
            entry->kind == TT_SIM_GOOD ? count_rows(sim, entry) : count_letters(sim, entry);
        bool kept = !entry->lost;
        if (entry->kind == TT_SIM_EXCLUDED)
            continue; /* rows and letters are looked at from their side */
        for (size_t k = 0; k < sim->ledger.count && !kept; k++)
            kept = !sim->ledger.entries[k].lost && is_same_entry(entry, &sim->ledger.entries[k]);
        if (entry->dropped) /* and perhaps lost with its letter, and found again */
            kept = false;
        if (kept && found == 0)
            tt_sim_fail(sim, "G1: event %zu at %u:%lld-%lld has neither row nor letter", i,
                        entry->partition, (long long)entry->id.ms, (long long)entry->id.seq);
        if (found > 1)
            tt_sim_fail(sim, "G2: event %zu at %u:%lld-%lld is there %zu times", i,
                        entry->partition, (long long)entry->id.ms, (long long)entry->id.seq, found);
    }
}

/* G1 and G2, the other way round: nothing else is there. */
static void check_nothing_else(struct tt_sim *sim)
{
    for (size_t i = 0; i < sim->tables.audit_count; i++) {
        const struct tt_audit_row *row = &sim->tables.audit[i];
        bool found = false;
        for (size_t k = 0; k < sim->ledger.count && !found; k++)
            found = is_row_of(row, &sim->ledger.entries[k]);
        if (!found || row->enqueued_at_us != row->place.entry_ms * 1000 ||
            row->fence < !sim->plan->unlocked || row->attempt < 1 ||
            row->apply_seq != (int64_t)i + 1)
            tt_sim_fail(sim, "row %zu is of no event, or is wrong", i);
        for (size_t k = 0; k < i; k++) {
            const struct tt_place *a = &sim->tables.audit[k].place, *b = &row->place;
            if (a->epoch == b->epoch && a->partition == b->partition &&
                a->entry_ms == b->entry_ms && a->entry_seq == b->entry_seq)
                tt_sim_fail(sim, "G2: rows %zu and %zu stand at one place", k, i);
        }
    }
    for (unsigned number = 0; number < sim->plan->partitions; number++) {
        const struct tt_model_partition *p = &sim->server.partitions[number];
        sim->result->letters += p->letter_count;
        for (size_t i = 0; i < p->letter_count; i++) {
            bool found = false;
            for (size_t k = 0; k < sim->ledger.count && !found; k++)
                found = is_letter_of(&p->letters[i], number, &sim->ledger.entries[k]);
            if (!found)
                tt_sim_fail(sim, "dead letter %zu of partition %u is of no event", i, number);
        }
    }
}

/* When the row's entry arrived; SIZE_MAX: two are alike. Whether the server lost it later. */
static size_t arrival_of(const struct tt_sim *sim, const struct tt_audit_row *row, bool *ret_lost)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < sim->ledger.count; i++) {
        if (!is_row_of(row, &sim->ledger.entries[i]))
            continue;
        if (found != SIZE_MAX)
            return SIZE_MAX;
        found = i;
        *ret_lost = sim->ledger.entries[i].lost;
    }
    return found;
}

/* The rows of the task, in the order given. Those of entries that the server lost count where rows
 * stand as they were written: a new entry may have an older id than a lost one, so where they are
 * read back nothing is promised of them. */
static void check_arrivals(struct tt_sim *sim, const struct tt_model_task *task,
                           const struct tt_audit_row *const *rows, size_t count, bool lost_count,
                           const char *what)
{
    size_t newest = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (!tt_str_equal(rows[i]->event.task_id, task->row.task_id) ||
            !tt_str_equal(rows[i]->event.tenant, task->row.tenant))
            continue;
        bool lost = false;
        size_t arrival = arrival_of(sim, rows[i], &lost);
        if (arrival == SIZE_MAX || (lost && !lost_count))
            continue;
        if (newest != SIZE_MAX && arrival < newest)
            tt_sim_fail(sim, "G3: task %.*s: event %zu %s event %zu",
                        TT_STR_ARGS(task->row.task_id), newest, what, arrival);
        newest = arrival;
    }
}

static int by_reading(const void *a, const void *b)
{
    const struct tt_place *x = &(*(const struct tt_audit_row *const *)a)->place;
    const struct tt_place *y = &(*(const struct tt_audit_row *const *)b)->place;
    if (x->epoch != y->epoch)
        return x->epoch < y->epoch ? -1 : 1;
    return tt_model_id_compare((struct tt_model_id){x->entry_ms, x->entry_seq},
                               (struct tt_model_id){y->entry_ms, y->entry_seq});
}

/* G3: per task in the order of arrival, as applied and as read back. G4: fences only grow. */
static void check_order(struct tt_sim *sim)
{
    const struct tt_audit_row *rows[TT_SIM_LEDGER_MAX + 1];
    size_t count = sim->tables.audit_count;
    for (size_t i = 0; i < count; i++)
        rows[i] = &sim->tables.audit[i];
    for (size_t k = 0; k < sim->tables.task_count; k++) {
        const struct tt_model_task *task = &sim->tables.tasks[k];
        int64_t fence = 0;
        check_arrivals(sim, task, rows, count, true, "was applied before");
        for (size_t i = 0; i < count; i++) {
            if (!tt_str_equal(rows[i]->event.task_id, task->row.task_id) ||
                !tt_str_equal(rows[i]->event.tenant, task->row.tenant))
                continue;
            if (rows[i]->fence < fence)
                tt_sim_fail(sim, "G4: task %.*s: written under fence %lld after %lld",
                            TT_STR_ARGS(task->row.task_id), (long long)rows[i]->fence,
                            (long long)fence);
            fence = rows[i]->fence;
        }
    }
    qsort((void *)rows, count, sizeof *rows, by_reading);
    for (size_t k = 0; k < sim->tables.task_count; k++)
        check_arrivals(sim, &sim->tables.tasks[k], rows, count, false, "is read back before");
}

/* G5, where tasks are parked: nothing of one is written while its letter is there. (Where the
 * server lost what it knew, a letter may come back while somebody has what stood behind it.) */
void tt_sim_check_parked(struct tt_sim *sim)
{
    const unsigned losses = 1U << TT_SIM_TAIL | 1U << TT_SIM_FORGET_TURNS |
                            1U << TT_SIM_FORGET_KEY | 1U << TT_SIM_LOSE_GROUP;
    for (; sim->rows_seen < sim->tables.audit_count; sim->rows_seen++) {
        const struct tt_audit_row *row = &sim->tables.audit[sim->rows_seen];
        struct tt_model_partition *p = &sim->server.partitions[row->place.partition];
        char key[TT_MODEL_KEY_BYTES];
        snprintf(key, sizeof key, "%.*s/%.*s", TT_STR_ARGS(row->event.tenant),
                 TT_STR_ARGS(row->event.task_id));
        const struct tt_model_parked *parked = tt_model_find_parked(p, key);
        if (parked != NULL && (sim->plan->troubles & losses) == 0 &&
            tt_model_id_compare((struct tt_model_id){row->place.entry_ms, row->place.entry_seq},
                                parked->id) > 0)
            tt_sim_fail(sim, "G5: task %s is parked, and row %zu was written", key, sim->rows_seen);
    }
}

/* G5: nothing is left. (A task may still be held by nobody, until a lease ends that came back from
 * the past; the last events of a run have shown that it holds up nothing.) */
static void check_quiet(struct tt_sim *sim)
{
    for (unsigned i = 0; i < sim->plan->partitions; i++) {
        const struct tt_model_partition *p = &sim->server.partitions[i];
        struct tt_queue_backlog backlog = tt_model_backlog(&sim->server, i);
        if (backlog.unread > 0 || backlog.pending > 0 || p->wait_count > 0)
            tt_sim_fail(sim, "G5: partition %u: %llu unread, %llu pending, %zu wait", i,
                        (unsigned long long)backlog.unread, (unsigned long long)backlog.pending,
                        p->wait_count);
    }
    for (size_t i = 0; i < TT_MODEL_TX_MAX; i++)
        if (sim->tables.tx[i].open && !sim->tables.tx[i].orphan)
            tt_sim_fail(sim, "a transaction was left open");
}

void tt_sim_check(struct tt_sim *sim)
{
    if (sim->tables.audit_count > TT_SIM_LEDGER_MAX) {
        tt_sim_fail(sim, "G2: more rows than events");
        return;
    }
    check_quiet(sim);
    check_entries(sim);
    check_nothing_else(sim);
    check_order(sim);
    tt_sim_check_state(sim);
}
