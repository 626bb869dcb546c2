/* What happens in the engine and its adapters, for logs and metrics. Libraries never log: they tell
 * here. Threads: called by the thread the thing happens in. */
#ifndef TT_PORT_OBSERVER_H
#define TT_PORT_OBSERVER_H

#include "core/base/err.h"
#include <stdint.h>

#define TT_OBSERVATIONS(X)                                                                         \
    X(QUEUE_AWAY, queue_away) /* the queue cannot be reached; text says why */                     \
    X(QUEUE_BACK, queue_back)                                                                      \
    X(STORE_AWAY, store_away) /* the store cannot be written for the moment */                     \
    X(STORE_BACK, store_back)                                                                      \
    X(TURN_LOST, turn_lost)               /* a lease ended before its batch was finished */        \
    X(FENCED, fenced)                     /* the store knows a newer fence; nothing was written */ \
    X(DEAD_LETTER, dead_letter)           /* an entry can never succeed; text says why */          \
    X(ENTRIES_VANISHED, entries_vanished) /* number = pending entries whose content is gone */     \
    X(ENTRY_ID_REUSED, entry_id_reused)   /* number = entries that came back with other content */ \
    X(EXCLUDED, excluded)                 /* number = entries that tenants do not want audited */  \
    X(PARKED, parked) /* number = entries that wait behind a dead letter from now on */            \
    X(BATCH_APPLIED, batch_applied)     /* number = rows written */                                \
    X(BATCH_UPLOADED, batch_uploaded)   /* number = rows; text is the batch's id */                \
    X(UPLOAD_RETRIED, upload_retried)   /* a step of a batch failed and is tried again */          \
    X(UPLOAD_BLOCKED, upload_blocked)   /* nothing goes on before somebody changes something */    \
    X(UPLOAD_SPLIT, upload_split)       /* number = rows that are sent in smaller batches */       \
    X(ROW_QUARANTINED, row_quarantined) /* the sink takes it never; text says which and why */     \
    X(UPLOAD_WAITS, upload_waits)       /* the loads of a day are used up, or others upload */

enum tt_observation {
#define TT_OBSERVATION_ENUM(upper, lower) TT_OBSERVED_##upper,
    TT_OBSERVATIONS(TT_OBSERVATION_ENUM)
#undef TT_OBSERVATION_ENUM
        TT_OBSERVATION_COUNT
};

struct tt_observer {
    void *context;
    void (*tell)(void *context, enum tt_observation what, int64_t number, const char *text);
};

#endif
