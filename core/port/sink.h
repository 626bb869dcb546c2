/* A sink: where checked rows go (BigQuery by load jobs or the Storage Write API, Pub/Sub, files).
 *
 * Exactly once rests on one rule: what names an attempt (the handle) is stored before the first
 * byte leaves, and every step can be repeated under the same handle:
 *
 *   begin -> [handle is stored] -> send -> [commit_sent is stored] -> commit -> ask ... -> DONE
 *
 * send moves the rows; RUNNING from a sink with commit means that all of them are moved and wait
 * for it. ask tells the same later: ABSENT means send (or, once commit_sent, commit) again.
 *
 * After anything unclear (an error of class RETRY, a crash) the caller asks first. FAILED means
 * that nothing of the handle's rows is there or ever will be, and so does REFUSED, but of sinks of
 * at_least_once: only then a new generation, with a new handle, may be begun.
 *
 * Errors of class RETRY: away, too many requests, answer lost: the outcome is unknown, ask. So it
 * is after one of class POISON: something on the way was too long to be read. Errors never blame
 * rows: that is what REFUSED is for.
 * REFUSE: nothing will succeed before somebody has changed the set-up (rights, tables, quota of the
 * project); the fault says what to do. Threads: one.
 */
#ifndef TT_PORT_SINK_H
#define TT_PORT_SINK_H

#include "core/base/buf.h"
#include "core/model/upload_table.h"
#include "core/port/body.h"

enum tt_sink_state {
    TT_SINK_ABSENT,  /* the sink knows nothing of the handle: send it */
    TT_SINK_RUNNING, /* it works on it: ask again later */
    TT_SINK_DONE,    /* all rows are there */
    TT_SINK_FAILED,  /* no row is there, for a passing reason or in doubt: next generation */
    /* some row cannot be taken: bad_row, or bisect; none is there, but of at_least_once some may */
    TT_SINK_REFUSED,
};

struct tt_sink_answer {
    enum tt_sink_state state;
    uint64_t rows;   /* DONE: as the sink counts them */
    int64_t bad_row; /* REFUSED: 0-based; -1: not known which */
    bool doubt;      /* FAILED: the request was refused, for its table or for some row */
    int64_t wait_us; /* RUNNING, FAILED: what the sink asks to wait; 0: nothing said */
    char reason[64]; /* of the sink: "invalid", "backendError" */
    char message[TT_FAULT_TEXT_BYTES];
};

struct tt_sink_batch {
    struct tt_str id; /* letters, digits, _ and -; other content or generation: another id */
    const struct tt_upload_table *table;
    const struct tt_body *body; /* never NULL; for ask it has its counts alone, nothing to read */
    struct tt_str handle;       /* as begin gave it; absent before */
    bool commit_sent;
};

struct tt_sink {
    void *context;
    const char *name; /* "load" */
    /* Rows can be there twice after a lost answer; views take them out. */
    bool at_least_once;
    /* Loads that a table takes within 24 hours, failed ones counted; 0: any number. */
    unsigned loads_per_day;
    /* Tables are there and take our rows; makes them and adds columns where `create` is set. */
    enum tt_err (*tables)(void *context, const struct tt_upload_table *const *tables, size_t count,
                          bool create, struct tt_fault *fault);
    /* Gives the handle (text, at most 1 KB, no secret). A crash right after it leaves nothing that
     * anybody sees. */
    enum tt_err (*begin)(void *context, const struct tt_sink_batch *batch, struct tt_buf *handle,
                         struct tt_fault *fault);
    /* Moves the rows. */
    enum tt_err (*send)(void *context, const struct tt_sink_batch *batch,
                        struct tt_sink_answer *ret_answer, struct tt_fault *fault);
    /* Makes them visible, all at once; NULL: send does. */
    enum tt_err (*commit)(void *context, const struct tt_sink_batch *batch,
                          struct tt_sink_answer *ret_answer, struct tt_fault *fault);
    enum tt_err (*ask)(void *context, const struct tt_sink_batch *batch,
                       struct tt_sink_answer *ret_answer, struct tt_fault *fault);
};

#endif
