/* A store with a history of its own, and whether the stand-in for BigQuery has it, row by row. */
#ifndef TT_TESTS_LIB_UPLOADED_H
#define TT_TESTS_LIB_UPLOADED_H

#include "tests/lib/standin.h"

struct tt_uploaded {
    char path[400], url[420]; /* of the store */
    int events;
};

/* Through Redis and a worker into a SQLite store: so many events, five a task, each with an int64
 * beyond what a double holds and a microsecond of its own. */
void tt_uploaded_make(struct tt_uploaded *uploaded, int events);
/* Fails the test unless p.d.task_status_audit has every row once, with its time and its number. */
void tt_uploaded_compare(const struct tt_uploaded *uploaded, struct tt_standin *standin);

#endif
