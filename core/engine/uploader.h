/* The uploader: plans what is new in the store, and brings every planned batch to its end at the
 * sink, once, whatever fails in between.
 *
 * What a batch is (its range, its rows' digest) is in the outbox before anything leaves; what names
 * an attempt (the sink's handle) is there before the first byte does. A batch that is read back as
 * OPEN or COMMITTING is asked about, never sent at once. A new generation is begun only after the
 * sink has said that the one before has failed for good.
 *
 * Threads: one. */
#ifndef TT_ENGINE_UPLOADER_H
#define TT_ENGINE_UPLOADER_H

#include "core/port/clock.h"
#include "core/port/observer.h"
#include "core/port/outbox.h"
#include "core/port/random.h"
#include "core/port/sink.h"
#include "core/port/upload_rows.h"

struct tt_uploader_options {
    const struct tt_outbox *outbox;
    const struct tt_sink *sink;
    const struct tt_upload_rows *rows;
    const struct tt_clock *clock;
    const struct tt_random *random;
    const struct tt_observer *observer;
    struct tt_str destination; /* names the outbox's line of plans */
    struct tt_str holder;      /* names this process */
    int64_t batch_rows;        /* of the write sequence in a plan */
    int64_t max_age_us;        /* what is new waits so long for more to come */
    int64_t min_interval_us;   /* between two loads of a table */
    int64_t lease_us;
    unsigned loads_per_day; /* of a table; 0: the sink's own limit */
    bool once;              /* up to what is there now, then end */
    unsigned tries_max;     /* once: failures in a row before giving up */
    const volatile int *stop;
};

struct tt_uploader_counts {
    uint64_t rows[TT_UPLOAD_TABLES]; /* uploaded */
    uint64_t batches, bytes;
    uint64_t line_bytes, column_bytes; /* of these rows: struct tt_upload_rows_made */
    uint64_t plans, excluded;
    uint64_t held_rows, released_rows; /* in the plans made */
    uint64_t quarantined_rows, retries;
};

/* once: TT_OK when everything is uploaded but what is held or in quarantine; else what kept the
 * rest back, a quota or a budget that is used up among it: the rest stays planned. Not once:
 * returns when it is stopped. Errors: those of outbox, rows and sink that do not pass; once: also
 * UNAVAILABLE, BUSY (another uploader) and STOPPED. */
enum tt_err tt_uploader_run(const struct tt_uploader_options *options,
                            struct tt_uploader_counts *ret_counts,
                            struct tt_fault *fault) TT_MUST_CHECK;

/* Plans whose batches are blocked as they were made with other rules, and of which nothing was
 * begun, are made anew with the rules of now; *ret_plans of them, also after a failure. Errors:
 * BUSY (another uploader); DENIED: rows of such a plan may be there, so that its rows cannot change
 * any more (the others were made anew); those of outbox and rows. */
enum tt_err tt_uploader_replan(const struct tt_uploader_options *options, uint64_t *ret_plans,
                               struct tt_fault *fault) TT_MUST_CHECK;

#endif
