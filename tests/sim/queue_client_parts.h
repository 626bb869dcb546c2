/* Inside of the model's client: queue_client.c (life, holding, waiting), queue_client_claim.c,
 * queue_client_ahead.c, queue_client_tend.c (dead letters, trimming, what is left). */
#ifndef TT_TESTS_SIM_QUEUE_CLIENT_PARTS_H
#define TT_TESTS_SIM_QUEUE_CLIENT_PARTS_H

#include "tests/sim/queue_client.h"

/* The way there and back; after a failure it is not connected. Whatever else is sent offers first
 * what was looked at ahead. */
enum tt_err tt_model_client_there(struct tt_model_queue *q, enum tt_sim_call call,
                                  struct tt_fault *fault);
enum tt_err tt_model_client_back(struct tt_model_queue *q, enum tt_sim_call call,
                                 struct tt_fault *fault);
/* Between two steps of a call: others may come in between. */
enum tt_err tt_model_client_between(struct tt_model_queue *q, struct tt_fault *fault);
/* The same between the partitions of a call, not before the first. */
enum tt_err tt_model_client_step(struct tt_model_queue *q, unsigned *done, struct tt_fault *fault);
enum tt_err tt_model_client_no_group(struct tt_model_queue *q, struct tt_fault *fault);
void tt_model_client_forget_batch(struct tt_model_queue *q, unsigned hand);
/* New entries behind the last one known; the call to look again. */
bool tt_model_client_see_events(struct tt_model_queue *q, unsigned partition);
bool tt_model_client_see_call(struct tt_model_queue *q, unsigned partition);
/* Whether a wait of that length is for calls as well. */
bool tt_model_client_with_calls(struct tt_model_queue *q, int64_t wait_ms);
bool tt_model_client_is_own(const struct tt_model_queue *q, unsigned partition);
enum tt_err tt_model_client_claim(void *context, size_t max, int64_t fence_min,
                                  struct tt_queue_batch *ret_batch, struct tt_fault *fault);
/* queue_client_claim.c: the steps of a claim */
void tt_model_client_ask_anew(struct tt_model_queue *q);
void tt_model_client_forget_seen(struct tt_model_queue *q); /* what a wait found */
/* Up to `limit` partitions that have something, or (maybe) may have; those that have something in
 * hand are left out. */
size_t tt_model_client_choose(struct tt_model_queue *q, bool own, bool maybe, size_t limit,
                              unsigned *list);
void tt_model_client_look(struct tt_model_queue *q, unsigned partition, size_t each, unsigned hand);
enum tt_err tt_model_client_offer(struct tt_model_queue *q, unsigned partition, size_t each,
                                  int64_t floor, struct tt_fault *fault);
/* queue_client_ahead.c */
bool tt_model_client_is_ahead(const struct tt_model_queue *q);
enum tt_err tt_model_client_prefetch(void *context, size_t max, int64_t fence_min, bool *ret_asked,
                                     struct tt_fault *fault);
/* Without `wait` no answer has come yet, and a peek is not sent either. */
enum tt_err tt_model_client_carry_on(void *context, bool wait, bool *ret_asked,
                                     struct tt_fault *fault);
/* What was looked at is offered. */
enum tt_err tt_model_client_go_on(struct tt_model_queue *q, struct tt_fault *fault);
/* What finishes said that were not waited for. */
void tt_model_client_take_finishes(struct tt_model_queue *q);
/* What was looked at ahead is not asked for. */
enum tt_err tt_model_client_drop_looks(struct tt_model_queue *q, struct tt_fault *fault);
/* queue_client_tend.c */
enum tt_err tt_model_client_bury(void *context, const struct tt_queue_entry *entry,
                                 const char *reason, const char *error, struct tt_fault *fault);
enum tt_err tt_model_client_park(void *context, const struct tt_queue_parking *parking,
                                 struct tt_fault *fault);
enum tt_err tt_model_client_trim(void *context, unsigned count, struct tt_fault *fault);
enum tt_err tt_model_client_backlog(void *context, struct tt_queue_backlog *ret_backlog,
                                    struct tt_fault *fault);

#endif
