/* Which rows of the batch in hand are there already, kept in memory: where a call failed midway,
 * the next one goes on. After a crash nothing is known, and all is sent again. Threads: one. */
#ifndef TT_ADAPTERS_BIGQUERY_SENT_H
#define TT_ADAPTERS_BIGQUERY_SENT_H

#include "core/base/buf.h"

struct tt_sent {
    struct tt_buf id;     /* of the batch */
    unsigned char *rows;  /* a bit each; owned */
    uint64_t count, done; /* rows in all, and there */
};

/* Zero-initialise. Forgets another batch. Errors: NO_MEMORY. */
enum tt_err tt_sent_of(struct tt_sent *sent, struct tt_str id, uint64_t rows,
                       struct tt_fault *fault) TT_MUST_CHECK;
bool tt_sent_has(const struct tt_sent *sent, uint64_t row);
void tt_sent_set(struct tt_sent *sent, uint64_t row);
/* Whether it is this batch, and all of it. */
bool tt_sent_is_whole(const struct tt_sent *sent, struct tt_str id);
void tt_sent_done(struct tt_sent *sent);

#endif
