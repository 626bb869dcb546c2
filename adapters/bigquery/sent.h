/* What sinks of the at-least-once kind share. Which rows of the batches in hand are there already
 * is kept in memory: where a call failed midway, the next one goes on, whatever other batches were
 * sent in between. After a crash nothing is known, and all is sent again. A batch's handle is the
 * way's name, a colon and the batch's id, so that another way knows that it is not its own.
 * Threads: one. */
#ifndef TT_ADAPTERS_BIGQUERY_SENT_H
#define TT_ADAPTERS_BIGQUERY_SENT_H

#include "core/port/sink.h"

/* More than an uploader has open: its open batches are asked for again and again, so that those
 * asked for or sent longest ago, which are forgotten first, are done. */
enum { TT_SENT_BATCHES_MAX = 64 };

struct tt_sent_batch {
    struct tt_buf id;
    unsigned char *rows;  /* a bit each; owned */
    uint64_t count, done; /* rows in all, and there */
    uint64_t used;        /* number of its newest use; 0: no batch */
};

struct tt_sent { /* zero-initialise */
    struct tt_sent_batch batches[TT_SENT_BATCHES_MAX];
    struct tt_sent_batch *now; /* the one in hand, since tt_sent_start */
    uint64_t uses;
};

/* Of the batch in hand. */
bool tt_sent_has(const struct tt_sent *sent, uint64_t row);
void tt_sent_set(struct tt_sent *sent, uint64_t row);
void tt_sent_done(struct tt_sent *sent);

/* What the port's begin does. Errors: NO_MEMORY. */
enum tt_err tt_sent_begin(const char *way, const struct tt_sink_batch *batch, struct tt_buf *handle,
                          struct tt_fault *fault) TT_MUST_CHECK;
/* What its ask does: DONE where all of the batch is known to be there, else ABSENT. Errors: INVALID
 * (another way's batch). */
enum tt_err tt_sent_ask(struct tt_sent *sent, const char *way, const struct tt_sink_batch *batch,
                        struct tt_sink_answer *ret_answer, struct tt_fault *fault) TT_MUST_CHECK;
/* How its send begins: takes the batch in hand. Errors: INVALID (another way's batch), NO_MEMORY.
 */
enum tt_err tt_sent_start(struct tt_sent *sent, const char *way, const struct tt_sink_batch *batch,
                          struct tt_fault *fault) TT_MUST_CHECK;
/* And how it ends, with what came of it: all rows are there, or a row is REFUSED (STOPPED with that
 * answer), or the error, which leaves ret_answer alone. */
enum tt_err tt_sent_end(const struct tt_sent *sent, enum tt_err err, struct tt_sink_answer *answer,
                        struct tt_sink_answer *ret_answer) TT_MUST_CHECK;

#endif
