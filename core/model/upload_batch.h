/* What is uploaded together: a plan is a range of the store's write sequence, judged at its end;
 * its batches are the rows of it that travel together, one for each table at first. Data alone.
 *
 * The bytes of a plan's rows follow from the plan and the store, so that they can be made again. */
#ifndef TT_MODEL_UPLOAD_BATCH_H
#define TT_MODEL_UPLOAD_BATCH_H

#include "core/base/err.h"
#include "core/model/upload_table.h"

enum {
    TT_UPLOAD_DIGEST_BYTES = 32,
    TT_UPLOAD_RULES_BYTES = 33,    /* 32 hexadecimal digits and a NUL */
    TT_UPLOAD_HANDLE_BYTES = 1025, /* text and a NUL */
    TT_UPLOAD_ID_BYTES = 128,
};

struct tt_upload_plan {
    int64_t number;      /* 1 and up, of a destination */
    int64_t first, last; /* apply_seq; first = last + 1: nothing but rows that were held */
    int64_t written_at_us;
    char rules[TT_UPLOAD_RULES_BYTES]; /* what else the rows follow from, as a digest */
};

/* Some rows of a plan: those of one table from row_from on, in the order they are made in. */
struct tt_upload_rows_made {
    uint64_t row_from, rows;
    uint64_t bytes;                               /* of the gzip file */
    unsigned char digest[TT_UPLOAD_DIGEST_BYTES]; /* SHA-256 of the lines */
    uint64_t line_bytes;                          /* of the lines */
    uint64_t column_bytes; /* as BigQuery counts the rows; near enough for what they cost */
};

#define TT_UPLOAD_STATES(X)                                                                        \
    X(PLANNED, planned)         /* nothing has left */                                             \
    X(OPEN, open)               /* the handle is stored; rows may be on their way */               \
    X(COMMITTING, committing)   /* all rows are moved; the commit may be on its way */             \
    X(DONE, done)               /* they are there */                                               \
    X(SPLIT, split)             /* refused; its rows travel in other batches, but for a bad one */ \
    X(QUARANTINED, quarantined) /* refused, its one row with it */                                 \
    X(REPLACED, replaced)       /* nothing has left; its plan's rows were made anew */

enum tt_upload_state {
#define TT_UPLOAD_STATE_ENUM(upper, lower) TT_UPLOAD_##upper,
    TT_UPLOAD_STATES(TT_UPLOAD_STATE_ENUM)
#undef TT_UPLOAD_STATE_ENUM
        TT_UPLOAD_STATE_COUNT
};
const char *tt_upload_state_name(enum tt_upload_state state);
/* False, *ret_state untouched: no such name. */
bool tt_upload_state_named(struct tt_str name, enum tt_upload_state *ret_state);
static inline bool tt_upload_state_is_final(enum tt_upload_state state)
{
    return state >= TT_UPLOAD_DONE;
}

struct tt_upload_batch {
    int64_t number; /* given by the outbox */
    struct tt_upload_plan plan;
    enum tt_upload_table_id table;
    struct tt_upload_rows_made made;
    int64_t generation; /* 1 and up: one more after each attempt that failed */
    enum tt_upload_state state;
    int64_t version; /* grows with every change */
    char handle[TT_UPLOAD_HANDLE_BYTES];
    int64_t attempts;                  /* failures since something last went well */
    int64_t next_try_us;               /* wall time; not before */
    bool blocked;                      /* somebody has to change something first */
    char problem[TT_FAULT_TEXT_BYTES]; /* what went wrong last; "": nothing */
};

/* A row that no sink takes. */
struct tt_upload_bad_row {
    uint64_t row; /* of the plan's rows of that table */
    const char *uid, *reason, *message;
};

/* The rows of one task that one plan left out, as the task has discrepancies. */
struct tt_upload_hold {
    struct tt_str tenant, task_id;
    int64_t plan, first, last; /* the plan that left them out, and its range */
    uint64_t rows;
    bool wanted;         /* somebody wants them uploaded as they are */
    int64_t released_in; /* the plan they travel with; 0: none yet */
};

/* The id of an attempt: letters, digits and _. The same for the same rows and generation; other
 * rows give another one. */
void tt_upload_id(char id[static TT_UPLOAD_ID_BYTES], struct tt_str destination,
                  const struct tt_upload_batch *batch);

#endif
