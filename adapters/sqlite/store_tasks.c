/* Tasks of a piece of the write sequence, and their histories.
 *
 * There is no index on apply_seq: rows are only ever added, so they stand in its order, and where a
 * piece begins is found by halving. A row's rowid may be another number than its apply_seq, as
 * VACUUM may number rows anew, but it keeps their order. */
#include "adapters/sqlite/reader.h"
#include "adapters/sqlite/rows.h"
#include "adapters/sqlite/statements.h"

/* The first row from `rowid` on; *ret_rowid INT64_MAX: there is none. */
static enum tt_err row_from(const struct tt_db *db, sqlite3_stmt *s, int64_t rowid,
                            int64_t *ret_rowid, int64_t *ret_seq, struct tt_fault *fault)
{
    bool row = false;
    enum tt_err err = tt_db_step_bound(db, s, tt_db_bind_int(s, 1, rowid), &row, fault);
    if (err != TT_OK)
        return err;
    *ret_rowid = row ? sqlite3_column_int64(s, 0) : INT64_MAX;
    *ret_seq = row ? sqlite3_column_int64(s, 1) : INT64_MAX;
    sqlite3_reset(s);
    return TT_OK;
}

static enum tt_err row_span(const struct tt_db *db, int64_t *ret_low, int64_t *ret_high,
                            struct tt_fault *fault)
{
    sqlite3_stmt *s = NULL;
    bool row = false;
    enum tt_err err = tt_db_prepare(db, tt_sql_text(TT_SQL_ROW_SPAN), &s, fault);
    if (err == TT_OK)
        err = tt_db_step(db, s, &row, fault);
    if (err == TT_OK && row) {
        *ret_low = sqlite3_column_int64(s, 0);
        *ret_high = sqlite3_column_int64(s, 1) + 1;
    }
    sqlite3_finalize(s);
    return err;
}

/* The first rowid whose apply_seq is not below seq, or one behind the last row. */
static enum tt_err find_rowid(const struct tt_db *db, int64_t seq, int64_t *ret_rowid,
                              struct tt_fault *fault)
{
    sqlite3_stmt *s = NULL;
    int64_t low = 0, high = 0, rowid = 0, found = INT64_MAX;
    enum tt_err err = row_span(db, &low, &high, fault);
    if (err == TT_OK)
        err = tt_db_prepare(db, tt_sql_text(TT_SQL_ROW_FROM), &s, fault);
    while (err == TT_OK && low < high) {
        int64_t middle = low + (high - low) / 2;
        err = row_from(db, s, middle, &rowid, &found, fault);
        if (found < seq)
            low = rowid + 1;
        else
            high = middle;
    }
    sqlite3_finalize(s);
    *ret_rowid = low;
    return err;
}

/* ---- Each task once */

/* Tasks seen so far: a table of open addressing, small enough to stay near at hand, that leads to
 * their keys, whose texts live in an arena. */
struct seen {
    struct tt_arena arena;
    struct tt_store_task_key *keys;
    size_t count, capacity;
    struct seen_slot {
        uint32_t hash;  /* so that most others are told apart without their texts */
        uint32_t place; /* of the key, from 1 on; 0: empty */
    } * slots;
    size_t slot_count; /* a power of two; at most half of them are used */
};

static struct seen_slot *find_slot(const struct seen *seen, const struct tt_store_task_key *key,
                                   uint32_t hash)
{
    size_t mask = seen->slot_count - 1, at = hash & mask;
    for (const struct seen_slot *slot; (slot = &seen->slots[at])->place != 0; at = (at + 1) & mask)
        if (slot->hash == hash && tt_str_equal(seen->keys[slot->place - 1].task_id, key->task_id) &&
            tt_str_equal(seen->keys[slot->place - 1].tenant, key->tenant))
            break;
    return &seen->slots[at];
}

static void put_slot(struct seen *seen, struct seen_slot slot)
{
    size_t mask = seen->slot_count - 1, at = slot.hash & mask;
    while (seen->slots[at].place != 0)
        at = (at + 1) & mask;
    seen->slots[at] = slot;
}

static enum tt_err make_room(struct seen *seen)
{
    struct seen larger = {.slot_count = seen->slot_count == 0 ? 1024 : seen->slot_count * 2};
    larger.slots = tt_mem_zalloc(larger.slot_count * sizeof *larger.slots);
    if (larger.slots == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t i = 0; i < seen->slot_count; i++)
        if (seen->slots[i].place != 0)
            put_slot(&larger, seen->slots[i]);
    tt_mem_free(seen->slots);
    seen->slots = larger.slots;
    seen->slot_count = larger.slot_count;
    return TT_OK;
}

static enum tt_err note_task(struct seen *seen, const struct tt_store_task_key *key,
                             bool *ret_is_new)
{
    const uint32_t hash = (uint32_t)tt_str_hash(key->task_id, tt_str_hash(key->tenant, 0));
    if (seen->count * 2 >= seen->slot_count && make_room(seen) != TT_OK)
        return TT_ERR_NO_MEMORY;
    struct seen_slot *slot = find_slot(seen, key, hash);
    *ret_is_new = slot->place == 0;
    if (!*ret_is_new)
        return TT_OK;
    struct tt_store_task_key copy = {
        {tt_arena_copy(&seen->arena, key->tenant.ptr, key->tenant.len), key->tenant.len},
        {tt_arena_copy(&seen->arena, key->task_id.ptr, key->task_id.len), key->task_id.len}};
    if (copy.tenant.ptr == NULL || copy.task_id.ptr == NULL ||
        tt_mem_reserve((void **)&seen->keys, &seen->capacity, seen->count + 1,
                       sizeof *seen->keys) != TT_OK)
        return TT_ERR_NO_MEMORY;
    seen->keys[seen->count++] = copy;
    *slot = (struct seen_slot){hash, (uint32_t)seen->count};
    return TT_OK;
}

enum tt_err tt_sqlite_read_tasks(void *context, int64_t first, int64_t last,
                                 enum tt_err (*task)(void *, const struct tt_store_task_key *),
                                 void *task_context, struct tt_fault *fault)
{
    struct tt_sqlite_reader *r = context;
    sqlite3_stmt *s = NULL;
    int64_t begin = 0, end = 0;
    bool more = true;
    enum tt_err err = tt_sqlite_reader_begin(r, fault);
    if (err == TT_OK)
        err = find_rowid(&r->db, first, &begin, fault);
    if (err == TT_OK)
        err = find_rowid(&r->db, last == INT64_MAX ? last : last + 1, &end, fault);
    if (err == TT_OK)
        err = tt_db_prepare(&r->db, tt_sql_text(TT_SQL_SCAN_TASKS), &s, fault);
    if (err == TT_OK)
        err = tt_db_bound(&r->db, tt_db_bind_int(s, 1, begin) | tt_db_bind_int(s, 2, end), fault);
    struct seen seen = {.count = 0};
    tt_arena_init(&seen.arena, 0);
    while (err == TT_OK && (err = tt_db_step(&r->db, s, &more, fault)) == TT_OK && more) {
        const struct tt_store_task_key key = {tt_db_text(s, 0), tt_db_text(s, 1)};
        bool is_new = false;
        if (note_task(&seen, &key, &is_new) != TT_OK)
            err = tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
        if (err == TT_OK && is_new)
            err = task(task_context, &key);
    }
    sqlite3_finalize(s);
    tt_mem_free(seen.slots);
    tt_mem_free(seen.keys);
    tt_arena_done(&seen.arena);
    return err;
}

enum tt_err tt_sqlite_read_histories(void *context, const struct tt_store_task_key *keys,
                                     size_t count, int64_t last,
                                     enum tt_err (*row)(void *, size_t,
                                                        const struct tt_audit_row *),
                                     void *row_context, struct tt_fault *fault)
{
    struct tt_sqlite_reader *r = context;
    enum tt_err err = tt_sqlite_reader_begin(r, fault);
    if (err == TT_OK && r->history == NULL)
        err = tt_db_prepare(&r->db, tt_sql_text(TT_SQL_HISTORY), &r->history, fault);
    for (size_t i = 0; i < count && err == TT_OK; i++) {
        sqlite3_stmt *s = r->history;
        bool more = true;
        err = tt_db_bound(&r->db,
                          tt_row_bind_task(s, keys[i].tenant, keys[i].task_id) |
                              tt_db_bind_int(s, 3, last),
                          fault);
        while (err == TT_OK && (err = tt_db_step(&r->db, s, &more, fault)) == TT_OK && more) {
            struct tt_audit_row audit;
            tt_row_audit(s, &audit);
            err = row(row_context, i, &audit);
        }
        sqlite3_reset(s);
    }
    return err;
}
