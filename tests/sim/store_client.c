#include "tests/sim/store_client.h"

#include "core/base/assert.h"

/* Its transaction may have been ended by others, and its place taken. */
static bool has_tx(const struct tt_model_store *s)
{
    return s->tx != NULL && s->tx->open && s->tx->serial == s->serial;
}

static void leave(struct tt_model_store *s, bool committing)
{
    struct tt_model_tx *tx = has_tx(s) ? s->tx : NULL;
    s->tx = NULL;
    if (tx == NULL)
        return;
    if (s->leave != NULL)
        s->leave(s->wait_context, tx, committing);
    else
        tt_model_tx_rollback(tx);
}

/* Refused by the server: the transaction stays until it is rolled back. Anything worse: the
 * connection is gone. */
static bool is_refusal(enum tt_err err)
{
    return err == TT_ERR_BUSY || err == TT_ERR_NO_SPACE;
}

static enum tt_err there(struct tt_model_store *s, enum tt_sim_call call, struct tt_fault *fault)
{
    bool within = call != TT_SIM_BEGIN && call != TT_SIM_RESERVE;
    if (within && !has_tx(s))
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "store: the connection is gone");
    enum tt_err err = s->link->there(s->link->context, call, fault);
    if (err == TT_OK && within && !has_tx(s)) /* thrown out meanwhile */
        err = tt_fault_set(fault, TT_ERR_UNAVAILABLE, "store: the connection was ended");
    if (err != TT_OK && !is_refusal(err))
        leave(s, call == TT_SIM_COMMIT);
    return err;
}

static enum tt_err back(struct tt_model_store *s, enum tt_sim_call call, struct tt_fault *fault)
{
    enum tt_err err = s->link->back(s->link->context, call, fault);
    if (err != TT_OK && !is_refusal(err))
        leave(s, false);
    return err;
}

static enum tt_err keep_out_others(struct tt_model_store *s, bool all, uint32_t partitions,
                                   struct tt_fault *fault)
{
    struct tt_model_tx *tx = s->tx;
    for (unsigned tries = 0; tt_model_tx_is_kept_out(s->tables, tx, all, partitions); tries++) {
        if (s->wait == NULL || !s->wait(s->wait_context, tries))
            return tt_fault_set(fault, TT_ERR_BUSY, "store: somebody else writes");
        if (!has_tx(s))
            return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "store: the connection was ended");
    }
    tx->all |= all;
    tx->partitions |= partitions;
    return TT_OK;
}

static enum tt_err s_begin(void *context, struct tt_fault *fault)
{
    struct tt_model_store *s = context;
    tt_assert(s->tx == NULL);
    enum tt_err err = there(s, TT_SIM_BEGIN, fault);
    if (err != TT_OK)
        return err;
    s->tx = tt_model_tx_open(s->tables);
    s->serial = s->tx->serial;
    if (s->one_writer)
        err = keep_out_others(s, true, 0, fault);
    return err == TT_OK ? back(s, TT_SIM_BEGIN, fault) : err;
}

static enum tt_err s_fence(void *context, const struct tt_store_partition *partitions, size_t count,
                           struct tt_fault *fault)
{
    struct tt_model_store *s = context;
    enum tt_err err = there(s, TT_SIM_FENCE, fault);
    for (size_t i = 0; i < count && err == TT_OK && !s->one_writer; i++)
        err = keep_out_others(s, false, UINT32_C(1) << partitions[i].partition, fault);
    if (err != TT_OK)
        return err;
    tt_model_tx_fence(s->tables, s->tx, partitions, count);
    return back(s, TT_SIM_FENCE, fault);
}

static enum tt_err s_reserve_fences(void *context, int64_t up_to, int64_t *ret_reserved,
                                    struct tt_fault *fault)
{
    struct tt_model_store *s = context;
    enum tt_err err = there(s, TT_SIM_RESERVE, fault);
    if (err != TT_OK)
        return err;
    int64_t reserved = tt_model_reserve_fences(s->tables, up_to);
    err = back(s, TT_SIM_RESERVE, fault);
    if (err == TT_OK)
        *ret_reserved = reserved;
    return err;
}

static enum tt_err s_load(void *context, struct tt_store_batch *batch, struct tt_arena *arena,
                          struct tt_fault *fault)
{
    struct tt_model_store *s = context;
    enum tt_err err = there(s, TT_SIM_LOAD, fault);
    if (err == TT_OK)
        err = tt_model_load(s->tables, batch, arena, fault);
    return err == TT_OK ? back(s, TT_SIM_LOAD, fault) : err;
}

static enum tt_err s_histories(void *context, struct tt_store_history *histories, size_t count,
                               struct tt_arena *arena, struct tt_fault *fault)
{
    struct tt_model_store *s = context;
    enum tt_err err = there(s, TT_SIM_HISTORIES, fault);
    if (err != TT_OK)
        return err;
    tt_model_histories(s->tables, histories, count, arena);
    return back(s, TT_SIM_HISTORIES, fault);
}

/* With one writer, as SQLite does, before anything is written; else while the server writes. */
static void go_on_meanwhile(struct tt_model_store *s, const struct tt_store_changes *changes)
{
    if (changes->meanwhile.call != NULL && (s->has_time == NULL || s->has_time(s->wait_context)))
        changes->meanwhile.call(changes->meanwhile.context, true);
}

static enum tt_err s_write(void *context, const struct tt_store_changes *changes,
                           struct tt_fault *fault)
{
    struct tt_model_store *s = context;
    enum tt_err err = there(s, TT_SIM_WRITE, fault);
    if (err == TT_OK && s->one_writer)
        go_on_meanwhile(s, changes);
    if (err == TT_OK && !has_tx(s))
        err = tt_fault_set(fault, TT_ERR_UNAVAILABLE, "store: the connection was ended");
    if (err == TT_OK)
        err = tt_model_write(s->tables, s->tx, changes, fault);
    if (err == TT_OK && !s->one_writer)
        go_on_meanwhile(s, changes);
    return err == TT_OK ? back(s, TT_SIM_WRITE, fault) : err;
}

static enum tt_err s_commit(void *context, struct tt_fault *fault)
{
    struct tt_model_store *s = context;
    enum tt_err err = there(s, TT_SIM_COMMIT, fault);
    if (err != TT_OK)
        return err;
    tt_model_tx_commit(s->tables, s->tx);
    s->tx = NULL;
    return back(s, TT_SIM_COMMIT, fault);
}

static void s_rollback(void *context)
{
    struct tt_model_store *s = context;
    struct tt_fault ignored = {0};
    if (!has_tx(s)) {
        s->tx = NULL;
        return;
    }
    if (there(s, TT_SIM_ROLLBACK, &ignored) != TT_OK) {
        leave(s, false);
        return;
    }
    tt_model_tx_rollback(s->tx);
    s->tx = NULL;
    (void)back(s, TT_SIM_ROLLBACK, &ignored);
}

struct tt_store tt_model_store_port(struct tt_model_store *store)
{
    return (struct tt_store){.context = store,
                             .begin = s_begin,
                             .commit = s_commit,
                             .rollback = s_rollback,
                             .fence = s_fence,
                             .reserve_fences = s_reserve_fences,
                             .load = s_load,
                             .histories = s_histories,
                             .write = s_write};
}
