/* Makes the rows of plans out of the store: the port of core/port/upload_rows.h.
 *
 * For each task of the plan's range, a few hundred at a time: its history up to the plan's end, put
 * in order of arrival, judged, and its rows written with what the checks say of them, task after
 * task by tenant and id. What is written follows from the store up to the plan's end, from the
 * plan and from the rules, so that it can be made again.
 *
 * Threads: one. */
#ifndef TT_UPLOAD_MAKER_H
#define TT_UPLOAD_MAKER_H

#include "core/model/lifecycle.h"
#include "core/model/tenants.h"
#include "core/port/crypto.h"
#include "core/port/outbox.h"
#include "core/port/spool.h"
#include "core/port/store.h"
#include "core/port/upload_rows.h"

/* Where readers of the store come from: one for each plan that is made. */
struct tt_reader_source {
    void *context;
    enum tt_err (*open)(void *context, const struct tt_store_reader **ret_reader,
                        struct tt_fault *fault);
    void (*close)(void *context);
};

struct tt_maker_options {
    struct tt_reader_source readers;
    const struct tt_crypto *crypto;
    const struct tt_spool *spool;
    const struct tt_outbox *outbox;
    struct tt_str destination;
    struct tt_str store; /* names it among those that have files in the same spool; or absent */
    /* The rules. */
    const struct tt_lifecycle_set *lifecycles;  /* NULL: none */
    const struct tt_tenants *tenants;           /* NULL: everything is wanted */
    struct tt_str lifecycle_text, tenants_text; /* the files, as they were read */
    bool ties_by_arrival;
    int64_t max_future_us;
    bool hold;                /* rows of tasks with errors wait */
    uint64_t batch_bytes_max; /* compressed; 0: TT_UPLOAD_BYTES_MAX */
};

/* All but the rules' texts is borrowed until tt_maker_destroy. Errors: NO_MEMORY. */
enum tt_err tt_maker_create(const struct tt_maker_options *options, struct tt_upload_rows *ret_rows,
                            struct tt_fault *fault) TT_MUST_CHECK;
void tt_maker_destroy(struct tt_upload_rows *rows);

#endif
