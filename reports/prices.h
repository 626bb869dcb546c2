/* What Google asks for, as a file that anybody can edit: fixtures/prices.json, which is also built
 * in. List prices of one region on one date. */
#ifndef TT_REPORTS_PRICES_H
#define TT_REPORTS_PRICES_H

#include "core/base/err.h"
#include "core/base/str.h"

enum { TT_PRICES_FILE_BYTES_MAX = 1 << 20, TT_PRICES_TEXT_BYTES = 64 };

/* Every number of the file, all of them required, none negative. gib and tib: 2^30 and 2^40 bytes;
 * free: a month and billing account. */
#define TT_PRICES(X)                                                                               \
    X(load_gib)                                                                                    \
    X(write_gib)                                                                                   \
    X(write_free_gib)                                                                              \
    X(insertall_gib)                                                                               \
    X(insertall_row_bytes_min) /* a row counts as no less */                                       \
    X(pubsub_publish_tib)                                                                          \
    X(pubsub_publish_free_gib)                                                                     \
    X(pubsub_request_bytes_min)                                                                    \
    X(pubsub_message_bytes_more) /* what each message counts beyond data and attributes */         \
    X(pubsub_delivery_tib)       /* into BigQuery */                                               \
    X(storage_gib_month)                                                                           \
    X(storage_old_gib_month) /* of a partition that nobody changed for storage_old_days */         \
    X(storage_old_days)                                                                            \
    X(storage_free_gib)                                                                            \
    X(query_tib)                                                                                   \
    X(query_bytes_min)                                                                             \
    X(query_free_tib)

struct tt_prices {
    char date[TT_PRICES_TEXT_BYTES], currency[TT_PRICES_TEXT_BYTES], region[TT_PRICES_TEXT_BYTES];
#define TT_PRICES_MEMBER(name) double name;
    TT_PRICES(TT_PRICES_MEMBER)
#undef TT_PRICES_MEMBER
};

/* Errors: INVALID (says which key), NO_MEMORY. */
enum tt_err tt_prices_parse(struct tt_str text, struct tt_prices *ret_prices,
                            struct tt_fault *fault) TT_MUST_CHECK;
/* The text of the file that is built in. */
struct tt_str tt_prices_text(void);

#endif
