/* An uploader's world: an outbox in a real SQLite file, and a sink, rows and a clock of the test's
 * own, which fail at the call they are told to: before or after its effect, as an error or as the
 * death of the process. */
#ifndef TT_TESTS_LIB_UPLOAD_WORLD_H
#define TT_TESTS_LIB_UPLOAD_WORLD_H

#include "core/engine/uploader.h"

enum tt_upload_trouble {
    TT_TROUBLE_NONE,
    TT_TROUBLE_AWAY_BEFORE, /* an error of class RETRY; nothing happened */
    TT_TROUBLE_AWAY_AFTER,  /* the same, but it happened: the answer was lost */
    TT_TROUBLE_DEATH_BEFORE,
    TT_TROUBLE_DEATH_AFTER,
    TT_TROUBLE_PAUSE, /* this process stands still until its lease is over and another is done */
    TT_TROUBLES
};

enum { TT_UPLOAD_WORLD_ROWS = 12, TT_UPLOAD_WORLD_HANDLES = 64 };

struct tt_upload_attempt {
    char handle[160], id[160];
    enum tt_upload_table_id table;
    int64_t first, last; /* rows, by number */
    bool sent, committed;
    enum tt_sink_state state; /* once sent, or committed where that is needed */
    int polls;                /* answers RUNNING so often */
};

struct tt_upload_world {
    /* How the sink behaves. */
    bool needs_commit, names_bad_row, at_least_once;
    int runs_for;        /* answers RUNNING so often */
    int fails_for;       /* so many attempts fail for a passing reason */
    int64_t bad_rows[3]; /* numbers of rows of the audit table that are refused; 0: none */
    unsigned loads_per_day;
    enum tt_err begin_fails; /* always, until it is TT_OK */
    enum tt_err tables_fail; /* always, until it is TT_OK */
    bool table_refuses;      /* as long as tables_fail, all rows are refused */
    bool doubts;             /* what is refused fails in doubt */
    uint64_t miscounts;      /* added to the count it tells */
    bool has_rival;          /* somebody else renews the lease in time */
    bool stops_in_send;      /* the process is asked to stop meanwhile */
    int too_long_for;        /* so many of its answers are too long to be read */
    int quota_for;           /* so often nothing is taken, and it says to come back */
    int64_t quota_wait_us;   /* then; 0: in a minute */
    int64_t limit_rows;      /* rows that fit one batch; 0: any number */
    /* Where it goes wrong: at call number trouble_at (1 and up). */
    enum tt_upload_trouble trouble;
    int trouble_at;
    /* State. */
    struct tt_outbox *outbox; /* the real one */
    char destination[40];
    int64_t rows_in_store;
    int calls;
    bool dead, is_other; /* is_other: the one that works while the first stands still */
    int64_t now_us;
    struct tt_upload_attempt attempts[TT_UPLOAD_WORLD_HANDLES];
    size_t attempt_count;
    int64_t planned_first, planned_last;
    uint64_t body_from, body_rows;
    int64_t body_first;
    enum tt_upload_table_id body_table;
    char broken[200]; /* what must never happen, and did */
    int64_t batch_rows;
    bool daemon;
    int64_t stop_at_us;
    int64_t set_back_at_us, set_back_us; /* then the clock is set back by so much, once */
    size_t kept;                         /* batches whose files were asked to be kept */
    volatile int stop;
};

/* Runs an uploader in it. */
enum tt_err tt_upload_world_run(struct tt_upload_world *world, const char *holder,
                                struct tt_uploader_counts *counts, struct tt_fault *fault);
/* How often a row is visible at the sink. */
int tt_upload_world_seen(const struct tt_upload_world *world, enum tt_upload_table_id table,
                         int64_t row);

#endif
