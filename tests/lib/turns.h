/* Workers of one partition on a real redis-server, without a store: what each claims, as text. */
#ifndef TT_TESTS_LIB_TURNS_H
#define TT_TESTS_LIB_TURNS_H

#include "core/port/clock.h"
#include "core/port/queue.h"
#include "tests/lib/redis_server.h"

/* A queue with the prefix "t" and one partition, connected. Its clock stands still but for claims,
 * each of which looks everywhere; leases are by the server's clock. */
struct tt_queue tt_test_queue_open(const struct tt_redis_server *server, const char *worker,
                                   int64_t lease_ms);
/* The same at any URL. */
struct tt_queue tt_test_queue_open_at(const char *url, const char *worker, int64_t lease_ms);
/* The same with more partitions. */
struct tt_queue tt_test_queue_open_wide(const char *url, const char *worker, int64_t lease_ms,
                                        unsigned partitions);
/* The same with a clock of one's own, which must stay. */
struct tt_queue tt_test_queue_open_by(const char *url, const char *worker, int64_t lease_ms,
                                      unsigned partitions, const struct tt_clock *clock);
/* Event n of a task is added. */
void tt_test_queue_add(const struct tt_redis_server *server, const char *task, int n);
/* To another partition than the first. */
void tt_test_queue_add_to(const struct tt_redis_server *server, int partition, const char *task,
                          int n);

/* One claim: "a1*1 " for event 1 of task a, delivered once; another payload as it is. The text is
 * overwritten by the next call. */
const char *tt_test_queue_claim(struct tt_queue *queue, size_t max,
                                struct tt_queue_batch *ret_batch);
/* Fails the test on an error; true when the lease had ended. */
bool tt_test_queue_finish(struct tt_queue *queue);
/* Ends the leases of all holdings of this worker, as time would. */
void tt_test_queue_expire(const struct tt_redis_server *server, const char *worker);

#endif
