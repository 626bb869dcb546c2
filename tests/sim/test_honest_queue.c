/* The model of the queue is honest: random scripts of commands from several workers, lost keys and
 * ended leases among them, are given to the model and to the adapter on a real redis-server. Each
 * answer is the same, and what stands in the server too. The seed is printed; TT_SEED sets it. */
#include "adapters/redis/view.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/suite.h"
#include "tests/sim/honest_pair.h"
#include "tests/sim/plan.h"

#include "core/model/task_key.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { WORKERS = 3, STEPS = 80 };

static unsigned requeues, drops, holds; /* that came about */
static struct tt_honest_pair workers[WORKERS];

struct chosen {
    size_t left;
    char id[TT_LETTER_ID_BYTES];
    unsigned partition;
    size_t number; /* within the partition */
};

static enum tt_err choose(void *context, const struct tt_dead_letter *letter)
{
    struct chosen *chosen = context;
    chosen->number = letter->partition == chosen->partition ? chosen->number + 1 : 1;
    chosen->partition = letter->partition;
    snprintf(chosen->id, sizeof chosen->id, "%s", letter->id);
    return chosen->left-- == 0 ? TT_ERR_STOPPED : TT_OK;
}

/* Somebody drops a letter, or requeues one that a task waits behind. */
static void see_to_letter(void)
{
    const struct tt_redis_view_options options = {.url = tt_honest.server.url, .prefix = "t"};
    struct tt_redis_view *view = NULL;
    struct tt_fault fault = {0};
    struct chosen chosen = {.left = tt_honest_below(4), .partition = TT_HONEST_PARTITIONS};
    tt_honest_must(tt_redis_view_open(&options, &view, &fault), &fault);
    enum tt_err err = tt_redis_view_letters(view, TT_HONEST_ENTRIES, choose, &chosen, &fault);
    ck_assert(err == TT_OK || err == TT_ERR_STOPPED);
    tt_fault_clear(&fault);
    if (chosen.partition < TT_HONEST_PARTITIONS) {
        struct tt_model_partition *p = &tt_honest.model.partitions[chosen.partition];
        struct tt_model_parked *parked = NULL;
        const struct tt_model_letter *letter = &p->letters[chosen.number - 1];
        if (letter->parked != NULL)
            parked = tt_model_find_parked(p, letter->parked);
        bool requeue = tt_honest_below(2) == 0 && parked != NULL &&
                       tt_model_id_compare(parked->id, letter->entry_id) == 0 &&
                       tt_model_find(p, letter->entry_id) != NULL;
        tt_honest_must(requeue ? tt_redis_view_requeue(view, chosen.id, &fault)
                               : tt_redis_view_drop(view, chosen.id, &fault),
                       &fault);
        requeues += requeue;
        drops += !requeue;
        tt_model_unbury(&tt_honest.model, chosen.partition, chosen.number - 1, requeue);
    }
    tt_redis_view_close(view);
}

static struct tt_honest_pair holder;
static struct tt_redis_hold held; /* fence 0: nothing */
static const char *held_key;

static void must_let_go(void)
{
    struct tt_fault fault = {0};
    tt_honest_must(tt_redis_queue_let_go(&holder.real, &held, &fault), &fault);
    tt_model_finish(&tt_honest.model, held.partition, holder.client.token, NULL, 0, &held_key, 1);
    held.fence = 0;
}

/* Somebody holds an id, or lets it go. */
static void hold_or_let_go(void)
{
    struct tt_fault fault = {0};
    unsigned task = (unsigned)tt_honest_below(TT_HONEST_TASKS);
    char name = (char)('a' + task), key[16];
    snprintf(key, sizeof key, "default/%c", name);
    const char *kept = tt_model_key(&tt_honest.model, key);
    unsigned partition =
        tt_task_partition(TT_STR("default"), (struct tt_str){&name, 1}, TT_HONEST_PARTITIONS);
    if (held.fence > 0) {
        must_let_go();
        return;
    }
    tt_honest_must(tt_redis_queue_hold(&holder.real, TT_STR("default"), (struct tt_str){&name, 1},
                                       0, &held, &fault),
                   &fault);
    int64_t fence = tt_model_hold_id(&tt_honest.model, partition, holder.client.token, kept,
                                     TT_HONEST_LEASE_MS, 0);
    ck_assert_int_eq(held.fence, fence);
    held_key = kept;
    holds += fence > 0;
}

/* As a worker does. */
static void claim(struct tt_honest_pair *w)
{
    tt_honest_pair_claim(w);
    if (w->has_batch && tt_honest_below(2) == 0)
        tt_honest_pair_ask_ahead(w);
}

static void take_step(bool lose)
{
    struct tt_honest_pair *w = &workers[tt_honest_below(WORKERS)];
    uint64_t what = tt_honest_below(100);
    tt_honest.model.now_ms++;
    tt_honest.mono_us += (int64_t)tt_honest_below(TT_HONEST_LEASE_MS / 8) * 1000;
    if (what < 30)
        tt_honest_add();
    else if (what < 34)
        tt_honest_expire(w->name);
    else if (what < 38)
        tt_honest_pair_connect(w);
    else if (what < 42 && lose)
        tt_honest_lose_a_key();
    else if (what < 44 && lose)
        tt_honest_delete();
    else if (what < 45 && lose)
        tt_honest_cut_a_claim();
    else if (what < 50)
        tt_honest_pair_look_after(w);
    else if (what < 53)
        see_to_letter();
    else if (what < 56)
        hold_or_let_go();
    else if (what < 70 && (w->client.looks.count > 0 || w->client.looks.peek))
        tt_honest_pair_carry_on(w);
    else if (!w->has_batch)
        claim(w);
    else if (what < 60)
        tt_honest_pair_renew(w);
    else if (what < 68)
        tt_honest_pair_ask_ahead(w);
    else if (what < 69)
        tt_honest_pair_bury(w);
    else if (what < 73)
        tt_honest_pair_park(w);
    else if (what < 77)
        tt_honest_pair_give_back(w);
    else
        tt_honest_pair_finish(w);
}

/* ---- Scripts */

static void run_script(bool lose)
{
    tt_honest_begin();
    for (unsigned i = 0; i < WORKERS; i++)
        tt_honest_pair_begin(&workers[i], i);
    tt_honest_pair_begin(&holder, WORKERS);
    held.fence = 0;
    for (tt_honest.step = 0; tt_honest.step < STEPS; tt_honest.step++) {
        take_step(lose);
        tt_honest_compare();
    }
    for (unsigned i = 0; i < WORKERS; i++)
        tt_redis_queue_destroy(&workers[i].real);
    tt_redis_queue_destroy(&holder.real);
}

static void run(const char *name, bool lose)
{
    tt_honest.chance = tt_sim_chance(tt_test_seed(20260401));
    tt_redis_server_start(&tt_honest.server, name);
    tt_honest.redis = tt_redis_server_connect(&tt_honest.server);
    for (tt_honest.script = 0; tt_honest.script < TT_SIM_SCRIPTS; tt_honest.script++)
        run_script(lose);
    ck_assert_uint_gt(tt_honest_seen.parks, 0);
    ck_assert_uint_gt(requeues, 0);
    ck_assert_uint_gt(drops, 0);
    ck_assert_uint_gt(tt_honest_seen.losses, 0);
    ck_assert_uint_gt(tt_honest_seen.aheads, 0);
    ck_assert_uint_gt(tt_honest_seen.late, 0);
    ck_assert_uint_gt(holds, 0);
    ck_assert(tt_honest_seen.vanished > 0 || !lose);
    ck_assert(tt_honest.cuts > 0 || !lose);
    printf("%u parked, %u requeued, %u dropped, %u vanished, %u turns lost, %u asked ahead, %u "
           "offers late\n",
           tt_honest_seen.parks, requeues, drops, tt_honest_seen.vanished, tt_honest_seen.losses,
           tt_honest_seen.aheads, tt_honest_seen.late);
    redisFree(tt_honest.redis);
    tt_redis_server_stop(&tt_honest.server, SIGTERM);
}

TT_TEST(the_model_answers_as_the_queue_does)
{
    run("honest", false);
}
TT_END

TT_TEST(so_it_does_where_keys_and_entries_are_lost)
{
    run("losses", true);
}
TT_END

TT_SUITE("sim/honest_queue", the_model_answers_as_the_queue_does,
         so_it_does_where_keys_and_entries_are_lost)
