/* What becomes of each call of a port. */
#include "tests/sim/world.h"

enum { BUSY_TRIES = 60, IDLE_IN_TRANSACTION_US = 30 * 1000 * 1000 };

const char *tt_sim_call_name(enum tt_sim_call call)
{
    static const char *const names[] = {
#define TT_SIM_CALL_NAME(upper, lower) #lower,
        TT_SIM_CALLS(TT_SIM_CALL_NAME)
#undef TT_SIM_CALL_NAME
    };
    return names[call];
}

static bool is_of_queue(enum tt_sim_call call)
{
    return call <= TT_SIM_BACKLOG;
}

static enum tt_err say(struct tt_sim_worker *w, enum tt_sim_call call, const char *when,
                       enum tt_err err, struct tt_fault *fault)
{
    tt_sim_note(w->sim, w, "%s %s %s", tt_sim_call_name(call), when, tt_err_name(err));
    tt_sim_mix(w->sim, (uint64_t)call << 8 | err);
    return err == TT_OK
               ? TT_OK
               : tt_fault_set(fault, err, "simulated, %s %s", tt_sim_call_name(call), when);
}

/* Mostly short, sometimes longer than a lease. */
static int64_t latency(struct tt_sim *sim)
{
    if (tt_sim_rarely(sim, sim->plan->slow))
        return tt_sim_between(sim, 0, 3 * sim->plan->lease_us);
    return tt_sim_between(sim, 20, 1500);
}

static bool strikes(struct tt_sim *sim, uint64_t number, enum tt_sim_strike strike)
{
    for (size_t i = 0; i < sizeof sim->plan->strikes / sizeof *sim->plan->strikes; i++)
        if (sim->plan->strikes[i].what == strike && sim->plan->strikes[i].at == number)
            return true;
    return false;
}

/* An error that the server gives, the connection staying. */
static enum tt_err refusal(struct tt_sim *sim, enum tt_sim_call call)
{
    bool writes = call == TT_SIM_WRITE || call == TT_SIM_COMMIT;
    if (is_of_queue(call) || call == TT_SIM_ROLLBACK || call == TT_SIM_RESERVE)
        return TT_OK;
    if (writes && sim->now_us < sim->disk_full_us)
        return TT_ERR_NO_SPACE;
    return tt_sim_rarely(sim, sim->plan->refused) ? TT_ERR_BUSY : TT_OK;
}

static enum tt_err there(void *context, enum tt_sim_call call, struct tt_fault *fault)
{
    struct tt_sim_worker *w = context;
    struct tt_sim *sim = w->sim;
    if (w->crashed)
        return say(w, call, "there", TT_ERR_IO, fault);
    uint64_t number = w->calls[call] = sim->result->calls++;
    if (strikes(sim, number, TT_SIM_STRIKE_DIES_BEFORE)) {
        tt_sim_worker_kill(w);
        return say(w, call, "there", TT_ERR_IO, fault);
    }
    int64_t way_us = latency(sim);
    if (strikes(sim, number, TT_SIM_STRIKE_PAUSES))
        way_us += 2 * sim->plan->lease_us;
    tt_sim_worker_sleep(w, way_us);
    if (w->crashed && tt_sim_percent(&sim->chance, 50)) /* else the call is on its way */
        return say(w, call, "there", TT_ERR_IO, fault);
    tt_sim_server_clock(sim);
    bool lost = tt_sim_rarely(sim, sim->plan->lost_before) ||
                strikes(sim, number, TT_SIM_STRIKE_LOST_BEFORE);
    if (is_of_queue(call)) {
        lost |= sim->now_us < sim->queue_away_us;
        if (call == TT_SIM_CONNECT && !lost)
            w->connection = sim->connection;
        lost |= w->connection != sim->connection;
    } else {
        lost |= sim->now_us < sim->store_away_us;
        if (w->store.tx != NULL)
            w->store.tx->used_us = sim->now_us;
    }
    if (strikes(sim, number, TT_SIM_STRIKE_DIES_AFTER))
        tt_sim_worker_kill(w);
    if (lost)
        return say(w, call, "there", TT_ERR_UNAVAILABLE, fault);
    return say(w, call, "there", refusal(sim, call), fault);
}

static enum tt_err back(void *context, enum tt_sim_call call, struct tt_fault *fault)
{
    struct tt_sim_worker *w = context;
    struct tt_sim *sim = w->sim;
    if (call == TT_SIM_COMMIT)
        tt_sim_check_parked(sim);
    bool lost = tt_sim_rarely(sim, sim->plan->lost_after) ||
                strikes(sim, w->calls[call], TT_SIM_STRIKE_LOST_AFTER);
    tt_sim_worker_sleep(w, latency(sim));
    if (w->crashed)
        return say(w, call, "back", TT_ERR_IO, fault);
    lost |= is_of_queue(call) && w->connection != sim->connection;
    return say(w, call, "back", lost ? TT_ERR_UNAVAILABLE : TT_OK, fault);
}

static enum tt_err between(void *context, struct tt_fault *fault)
{
    struct tt_sim_worker *w = context;
    struct tt_sim *sim = w->sim;
    if (tt_sim_percent(&sim->chance, 20))
        tt_sim_worker_sleep(w, tt_sim_between(sim, 1, 500));
    tt_sim_server_clock(sim);
    if (w->connection == sim->connection && !tt_sim_rarely(sim, sim->plan->lost_before))
        return TT_OK;
    return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "simulated, between");
}

struct tt_link tt_sim_link(struct tt_sim_worker *worker)
{
    return (struct tt_link){worker, there, back, between};
}

/* ---- Transactions of others */

/* As PostgreSQL does: whoever stands still in a transaction is thrown out. */
static void throw_out(struct tt_sim *sim)
{
    for (size_t i = 0; i < TT_MODEL_TX_MAX; i++) {
        struct tt_model_tx *tx = &sim->tables.tx[i];
        if (tx->open && !tx->orphan && sim->now_us - tx->used_us > IDLE_IN_TRANSACTION_US)
            tt_model_tx_rollback(tx);
    }
}

bool tt_sim_store_wait(void *context, unsigned tries)
{
    struct tt_sim_worker *w = context;
    struct tt_sim *sim = w->sim;
    if (w->crashed || (sim->plan->one_writer && tries >= BUSY_TRIES))
        return false;
    tt_sim_worker_sleep(w, tt_sim_between(sim, 1000, 100000));
    if (w->store.tx != NULL)
        w->store.tx->used_us = sim->now_us;
    if (!sim->plan->one_writer)
        throw_out(sim);
    return !w->crashed;
}

bool tt_sim_store_has_time(void *context)
{
    return tt_sim_percent(&((struct tt_sim_worker *)context)->sim->chance, 80);
}

/* The server notices at once, or later; and a commit that was on its way may come then. */
void tt_sim_store_leave(void *context, struct tt_model_tx *tx, bool committing)
{
    const struct tt_sim_worker *w = context;
    struct tt_sim *sim = w->sim;
    bool commits =
        committing && !sim->healed && tt_sim_percent(&sim->chance, sim->plan->late_commit);
    if (sim->plan->one_writer || (!commits && tt_sim_percent(&sim->chance, 70))) {
        tt_model_tx_rollback(tx);
        return;
    }
    tx->orphan = true;
    tx->orphan_commits = commits;
    tx->orphan_until_us = sim->now_us + tt_sim_between(sim, 100, 2 * sim->plan->lease_us);
    tt_sim_note(sim, w, "leaves a transaction that %s", commits ? "commits" : "is rolled back");
}
