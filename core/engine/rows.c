#include "core/engine/rows.h"

/* Where a partition stands. */
struct tt_row_place {
    int64_t epoch;               /* its newest; rows are written under this one */
    bool seen;                   /* an entry of it came before in this batch, ... */
    int64_t entry_ms, entry_seq; /* ... the newest of them with this id */
    bool repeats;                /* ids do not only grow in this batch: look for the same one */
};

void tt_rows_done(struct tt_rows *rows)
{
    tt_mem_free(rows->list);
    tt_mem_free(rows->origins);
    tt_mem_free(rows->slots.list);
    tt_mem_free(rows->places);
}

static enum tt_err make_room(struct tt_rows *rows, const struct tt_store_batch *batch)
{
    if (tt_mem_reserve((void **)&rows->list, &rows->capacity, batch->entry_count,
                       sizeof *rows->list) != TT_OK ||
        tt_mem_reserve((void **)&rows->origins, &rows->origin_capacity, batch->entry_count,
                       sizeof *rows->origins) != TT_OK ||
        tt_mem_reserve((void **)&rows->places, &rows->place_capacity, batch->partition_count,
                       sizeof *rows->places) != TT_OK)
        return TT_ERR_NO_MEMORY;
    return tt_slots_reset(&rows->slots, batch->entry_count);
}

/* Whether an earlier entry of the batch is the same event. Remembers this one. */
static bool same_in_batch(struct tt_rows *rows, const struct tt_store_batch *batch, size_t index)
{
    const struct tt_store_entry *entry = &batch->entries[index];
    uint64_t hash = (entry->task * UINT64_C(0x9e3779b97f4a7c15)) ^ entry->identity;
    uint32_t *slot = tt_slots_first(&rows->slots, hash ^ hash >> 32);
    for (; *slot != 0; slot = tt_slots_next(&rows->slots, slot)) {
        const struct tt_store_entry *other = &batch->entries[*slot - 1];
        if (other->task == entry->task && other->identity == entry->identity &&
            tt_event_is_same(&other->event, &entry->event))
            return true;
    }
    *slot = (uint32_t)index + 1;
    return false;
}

struct finding {
    bool known;      /* this very entry has its row */
    bool reused;     /* its id has a row of another one, */
    bool taken_home; /* under the partition's newest epoch */
};

static void find(struct finding *finding, const struct tt_event *there, int64_t epoch,
                 const struct tt_event *event, int64_t home)
{
    if (tt_event_equal(there, event)) {
        finding->known = true;
    } else {
        finding->reused = true;
        finding->taken_home = finding->taken_home || epoch == home;
    }
}

static void find_in_batch(struct finding *finding, const struct tt_rows *rows,
                          const struct tt_store_entry *entry, int64_t home)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct tt_place *place = &rows->list[i].place;
        if (place->partition == entry->place.partition &&
            place->entry_ms == entry->place.entry_ms && place->entry_seq == entry->place.entry_seq)
            find(finding, &rows->list[i].event, place->epoch, &entry->event, home);
    }
}

/* Ids of a partition grow; where they do not, one may be there twice. */
static void note_id(struct tt_row_place *place, const struct tt_place *id)
{
    bool newer = !place->seen || id->entry_ms > place->entry_ms ||
                 (id->entry_ms == place->entry_ms && id->entry_seq > place->entry_seq);
    place->seen = true;
    if (!newer) {
        place->repeats = true;
        return;
    }
    place->entry_ms = id->entry_ms;
    place->entry_seq = id->entry_seq;
}

static struct tt_audit_row make_row(const struct tt_store_entry *entry,
                                    const struct tt_row_stamp *stamp)
{
    int64_t ms = entry->place.entry_ms;
    return (struct tt_audit_row){
        .place = entry->place,
        .event = entry->event,
        .enqueued_at_us = ms > TT_TIME_MAX_US / 1000 ? TT_TIME_MAX_US : ms * 1000,
        .read_started_at_us = stamp->read_started_us,
        .write_started_at_us = stamp->write_started_us,
        .worker = stamp->worker,
        .fence = entry->fence,
        .attempt = entry->attempt,
    };
}

enum tt_err tt_rows_make(struct tt_rows *rows, const struct tt_store_batch *batch,
                         const struct tt_row_stamp *stamp)
{
    rows->count = 0;
    rows->reused = 0;
    if (make_room(rows, batch) != TT_OK)
        return TT_ERR_NO_MEMORY;
    for (size_t i = 0; i < batch->partition_count; i++) {
        int64_t newest = batch->partitions[i].newest_epoch;
        rows->places[i] =
            (struct tt_row_place){.epoch = newest > batch->epoch ? newest : batch->epoch};
    }
    size_t taken = 0;
    for (size_t i = 0; i < batch->entry_count; i++) {
        const struct tt_store_entry *entry = &batch->entries[i];
        struct tt_row_place *place = &rows->places[entry->partition];
        struct finding finding = {0};
        bool same = entry->stored_same || same_in_batch(rows, batch, i);
        for (; taken < batch->taken_count && batch->taken[taken].entry == i; taken++)
            find(&finding, &batch->taken[taken].event, batch->taken[taken].epoch, &entry->event,
                 place->epoch);
        note_id(place, &entry->place);
        if (place->repeats)
            find_in_batch(&finding, rows, entry, place->epoch);
        if (finding.known)
            continue;
        place->epoch += finding.taken_home;
        rows->reused += finding.reused;
        struct tt_audit_row *row = &rows->list[rows->count];
        *row = make_row(entry, stamp);
        row->place.epoch = place->epoch;
        row->duplicate = same;
        rows->origins[rows->count++] = i;
    }
    return TT_OK;
}
